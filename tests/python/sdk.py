"""The RTM client dialect: a user who logs in by a token, stays, and is told things.

Written from the wire specification of the client gate alone, like everything here.
"""

import base64
import hashlib
import hmac
import struct
import time
from dataclasses import dataclass

import msgpack

from fpnn import (
    ANSWER,
    HEADER,
    MSGPACK,
    ONE_WAY,
    U32,
    Closed,
    Connection,
    Package,
    header,
    quest_of,
)
from rtm import Refused, check_encoding
from websocket import upgrade

EMPTY = b"\x80"
FOUR_MIB = 4 << 20  # What C#, Unity and Unity WebSocket take at most.


class Int64(int):
    """An integer that the JavaScript SDK writes in nine bytes, whatever its value."""


def packed(value):
    """msgpack as the SDKs write it: the shortest form, but for `Int64`."""
    packer = msgpack.Packer()
    if isinstance(value, Int64):
        return b"\xd3" + struct.pack(">q", value)
    if isinstance(value, dict):
        pairs = (packed(part) for pair in value.items() for part in pair)
        return packer.pack_map_header(len(value)) + b"".join(pairs)
    if isinstance(value, list):
        return packer.pack_array_header(len(value)) + b"".join(map(packed, value))
    return packer.pack(value)


@dataclass(frozen=True)
class Push:
    """A quest of the server."""

    method: str
    seq: int | None  # None: one-way
    payload: bytes
    received: float  # time.monotonic()

    @property
    def value(self):
        """Its parameters."""
        return msgpack.unpackb(self.payload, raw=False, strict_map_key=True)


def answer_to(push, value=None, *, status=0):
    """An answer, by default the empty one that every current SDK gives at once."""
    payload = packed(value or {})
    number = U32.pack(push.seq or 0)
    return header(kind=ANSWER, ss=status, size=len(payload)) + number + payload


def promptly(push):
    """What current SDKs answer."""
    return [] if push.seq is None else [answer_to(push)]


def signed_token(project, uid, ts):
    """A token that the app makes by itself. Client gate section 2.2, generation 2."""
    text = f"{project.pid}:{uid}:{ts}".encode()
    secret = base64.b64decode(project.secret, validate=True)
    return base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()


class Sdk(Connection):
    """One connection to the client gate. What the server asks meanwhile is kept in `pushes`."""

    def __init__(self, address):
        super().__init__(address)
        self.pushes = []
        self.answers = promptly
        self.last = None

    @classmethod
    def over_websocket(cls, address, **how):
        """A connection that begins as a WebSocket."""
        sdk = cls(address)
        upgrade(sdk, **how)
        return sdk

    @property
    def endpoint(self):
        """Its own address, as the gate sees it."""
        return "%s:%d" % self.socket.getsockname()

    def receive(self):
        """The next answer or push, whatever it is. Raises `Closed` when there is none."""
        self.last = data = self.cipher.read(self.take)
        magic, version, flags, kind, ss, size = HEADER.unpack_from(data)
        assert magic == b"FPNN", f"not a package: {data!r}"
        assert kind <= ANSWER, data
        at = HEADER.size + (0 if kind == ONE_WAY else 4)
        seq = None if kind == ONE_WAY else U32.unpack_from(data, HEADER.size)[0]
        if kind == ANSWER:
            method, payload = None, data[at:]
        else:
            method, payload = data[at : at + ss].decode(), data[at + ss :]
        assert len(payload) == size, f"payload of {len(payload)} bytes is declared as {size}"
        assert 0 < size < FOUR_MIB, f"payload of {size} bytes"
        if kind == ANSWER:
            return Package(version, flags, kind, ss, seq, payload)
        assert (version, flags) == (1, MSGPACK), f"version {version}, flags {flags:#x}"
        push = Push(method, seq, payload, time.monotonic())
        assert isinstance(push.value, dict), push
        return push

    def receive_answer(self, seq):
        """The next answer, which must be to this quest."""
        while True:
            package = self.receive()
            if isinstance(package, Package):
                assert package.seq == seq, f"not the answer to {seq}: {package}"
                return package
            self.take_push(package)

    def receive_push(self):
        """The next push, answered like any other."""
        push = self.receive()
        assert isinstance(push, Push), f"an answer that nobody waits for: {push}"
        self.take_push(push)
        return push

    def take_push(self, push):
        """Keeps it and answers it."""
        self.pushes.append(push)
        self.send(*self.answers(push))

    def methods_of_rest(self):
        """Methods of all pushes until the server closes; there must be nothing else."""
        from_here = len(self.pushes)
        try:
            while True:
                self.receive_push()
        except Closed:
            return [push.method for push in self.pushes[from_here:]]

    def ask(self, method, params=None, **head):
        """Sends a two-way quest and gives its answer."""
        head.setdefault("seq", self.next_seq())
        self.send(quest_of(method, packed(params or {}), **head))
        answer = self.receive_answer(head["seq"])
        assert (answer.version, answer.flags) == (1, MSGPACK), answer
        check_encoding(answer)
        return answer

    def call(self, method, /, **params):
        """The result of a quest. Raises `Refused` with the code of an error answer."""
        answer = self.ask(method, params)
        if answer.status:
            raise Refused(method, answer.value)
        return answer.value

    def auth(self, pid, uid, token, **more):
        """The result of one login."""
        return self.call("auth", pid=pid, uid=uid, token=token, **more)
