"""The RTM server dialect: quests that prove themselves by a signature."""

import hashlib
import itertools
import time
from dataclasses import dataclass

import msgpack

from fpnn import Connection

# Odd steps, so that no two quests of a run share a salt.
_salts = itertools.count(time.time_ns() & ((1 << 62) - 1), 7)


@dataclass(frozen=True)
class Project:
    """An app, as RTM knows it."""

    pid: int
    secret: str


class Refused(Exception):
    """An error answer."""

    def __init__(self, method, value):
        super().__init__(f"{method}: {value['code']} {value['ex']}")
        self.code, self.text = value["code"], value["ex"]


def now():
    """This side's time, in seconds since 1970."""
    return int(time.time())


def digest(*parts):
    """The signature over these parts."""
    return hashlib.md5(":".join(map(str, parts)).encode()).hexdigest().upper()


def signed(project, method, params=None, *, ts=None, salt=None):
    """Parameters with a current proof: pid, secret, salt, method and time."""
    salt = next(_salts) if salt is None else salt
    ts = now() if ts is None else ts
    sign = digest(project.pid, project.secret, salt, method, ts)
    return {"pid": project.pid, "sign": sign, "salt": salt, "ts": ts, **(params or {})}


def signed_as_before_2020(project, params=None, *, salt=None):
    """Parameters with the legacy proof, which knows no method and no time."""
    salt = next(_salts) if salt is None else salt
    sign = digest(project.pid, project.secret, salt)
    return {"pid": project.pid, "sign": sign, "salt": salt, **(params or {})}


class Client(Connection):
    """A connection on which quests are signed for one project."""

    def __init__(self, address, project):
        super().__init__(address)
        self.project = project

    def call(self, method, /, **params):
        """The result of a quest. Raises `Refused` with the code of an error answer."""
        answer = self.ask(method, signed(self.project, method, params))
        check_encoding(answer)
        if answer.status:
            raise Refused(method, answer.value)
        return answer.value


def check_encoding(answer):
    """What every answer must be, for the sake of the strictest SDKs. FPNN section 9.2."""
    value = answer.value
    assert isinstance(value, dict), f"not a map: {value!r}"
    assert msgpack.packb(value) == answer.payload, f"not in the shortest form: {answer.payload!r}"
    assert not holds_nil(value), f"nil in {value!r}"
    assert len(answer.payload) < 4 << 20, "too large for C#"
    if answer.status:
        assert answer.status == 1 and set(value) == {"code", "ex"}, answer
        assert isinstance(value["code"], int) and isinstance(value["ex"], str), answer


def holds_nil(value):
    """Whether there is a nil anywhere within."""
    if isinstance(value, dict):
        return any(map(holds_nil, value.values()))
    if isinstance(value, list):
        return any(map(holds_nil, value))
    return value is None
