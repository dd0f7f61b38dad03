"""Pings, and what becomes of those who do not answer them. RTM client gate sections 1.8 and 2.3."""

import select
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from case import SdkTest, fresh
from fpnn import Closed, quest, quest_of
from sdk import EMPTY, Push, answer_to, promptly
from websocket import frame, request

INTERVAL, SILENCE, LOGIN = 0.5, 2, 1
PINGS = 6  # As many as show that a connection outlives the silence that is allowed.

HALVES = [
    quest("*ping")[:3],
    quest("*ping")[:-1],
    quest_of("auth", EMPTY * 9)[:20],
    b"G",
    b"GET /service/websocket HTTP/1.1\r\nHost: a\r\n",
    request("dGhlIHNhbXBsZSBub25jZQ==") + frame(quest("*ping"))[:9],
    request("dGhlIHNhbXBsZSBub25jZQ==") + frame(quest("*ping"), fin=False),
    request("dGhlIHNhbXBsZSBub25jZQ==") + frame(quest("*ping")[:-1]),
]


@dataclass
class Seen:
    """What became of a connection."""

    sdk: object
    began: float
    ended: float = 0
    closed: bool = False

    @property
    def lived(self):
        """Seconds."""
        return self.ended - self.began

    @property
    def gaps(self):
        """Seconds between one ping and the next, and from the login to the first."""
        times = [self.began] + [push.received for push in self.sdk.pushes]
        return [after - before for before, after in zip(times, times[1:])]


def silently(push):
    """No answer."""
    return []


def twice(push):
    """Two answers, the second an error, as Android gives when its handler throws."""
    error = {"code": 20001, "ex": 5}
    return [answer_to(push), answer_to(push, error, status=1)]


def by_an_error(push):
    """An error, as the oldest SDKs give on a current JVM."""
    return [answer_to(push, {"code": 20001, "ex": "lost", "raiser": "x"}, status=1)]


def with_strangers(push):
    """The right answer between two that nobody waits for."""
    stray = Push("kickout", None, b"", 0)
    return [answer_to(stray), answer_to(push), answer_to(stray, {"code": 1, "ex": ""}, status=1)]


class Pings(SdkTest):
    def choose_server(self):
        return self.own_server(
            RTM__CLIENT_PING=f"{INTERVAL * 1000:.0f}ms",
            RTM__CLIENT_SILENCE=f"{SILENCE}s",
            RTM__LOGIN_TIMEOUT=f"{LOGIN}s",
        )

    def test_come_to_everybody_and_whoever_gives_no_sign_of_life_is_closed(self):
        """All of these wait at the same time."""
        self.uids = {name: fresh() for name in self.WATCHED}
        with ThreadPoolExecutor(2 * len(self.WATCHED) + 3 + len(HALVES)) as pool:
            seen = {
                (name, websocket): pool.submit(watch, self.sdk_of(name, answers, websocket))
                for name, (watch, answers) in self.WATCHED.items()
                for websocket in (False, True)
            }
            strangers = [
                pool.submit(watch, self.stranger(answers, websocket))
                for watch, answers, websocket in [
                    (self.wait, promptly, False),
                    (self.wait, promptly, True),
                    (self.chat, promptly, False),
                ]
            ]
            for half in HALVES:
                stranger = self.stranger(promptly, False)
                stranger.sdk.send_bytes(half)
                strangers.append(pool.submit(self.wait_raw, stranger))
            # The silent ones are gone before the others have stopped.
            for (name, websocket), future in seen.items():
                with self.subTest(name, websocket=websocket):
                    if name == "silent":
                        self.assert_closed_for_silence(future.result())
                    else:
                        self.assert_pinged(future.result())
            for future in strangers:
                self.assert_closed_before_login(future.result())
        self.wait_until_offline(self.uids["silent"])
        rest = self.server.rest()
        status = rest.call("GET", f"users/{self.uids['silent']}/status")["data"]
        self.assertEqual(status, {str(self.uids["silent"]): "offline"})
        others = [uid for name, uid in self.uids.items() if name != "silent"]
        self.assertCountEqual(self.online(*others), others)

    def sdk_of(self, name, answers, websocket):
        """A connection that answers pings like this."""
        sdk = self.login(self.uids[name], websocket=websocket)
        sdk.answers = answers
        return Seen(sdk, time.monotonic())

    def stranger(self, answers, websocket):
        """A connection that does not log in."""
        return Seen(self.open(websocket=websocket), time.monotonic())

    def wait(seen):
        """Says nothing by itself."""
        return until_enough(seen, lambda sdk: sdk.receive_push())

    def chat(seen):
        """Asks all the time."""

        def ask(sdk):
            sdk.call("*ping")
            select.select([sdk.socket], [], [], 0.05)

        return until_enough(seen, ask)

    def wait_raw(self, seen):
        """Waits for the end, whatever comes before it."""
        try:
            while True:
                seen.sdk.take(1)
        except Closed:
            pass
        seen.closed, seen.ended = True, time.monotonic()
        return seen

    WATCHED = {
        "idle": (wait, promptly),
        "busy": (chat, promptly),
        "answers by an error": (wait, by_an_error),
        "answers twice": (wait, twice),
        "answers also what was not asked": (wait, with_strangers),
        "asks but does not answer": (chat, silently),
        "silent": (wait, silently),
    }
    wait, chat = staticmethod(wait), staticmethod(chat)

    def assert_pinged(self, seen):
        self.assertFalse(seen.closed)
        self.assertEqual({push.method for push in seen.sdk.pushes}, {"ping"})
        self.assertEqual({push.payload for push in seen.sdk.pushes}, {b"\x80"})
        numbers = [push.seq for push in seen.sdk.pushes]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        mean = sum(seen.gaps) / len(seen.gaps)
        self.assertTrue(0.7 * INTERVAL < mean < 1.3 * INTERVAL, seen.gaps)
        self.assertLess(max(seen.gaps), 2.5 * INTERVAL)
        self.assertGreater(seen.lived, SILENCE)
        self.assertEqual(seen.sdk.call("getfriends"), {"uids": []})

    def assert_closed_for_silence(self, seen):
        self.assertTrue(seen.closed)
        self.assertEqual({push.method for push in seen.sdk.pushes}, {"ping"})
        self.assertTrue(0.8 * SILENCE < seen.lived < 1.6 * SILENCE, seen.lived)

    def assert_closed_before_login(self, seen):
        self.assertTrue(seen.closed)
        self.assertEqual(seen.sdk.pushes, [])
        self.assertTrue(0.8 * LOGIN < seen.lived < 2.5 * LOGIN, seen.lived)


def until_enough(seen, turn):
    """Takes turns until there were enough pings or the server closed."""
    try:
        while len(seen.sdk.pushes) < PINGS:
            turn(seen.sdk)
    except Closed:
        seen.closed = True
    seen.ended = time.monotonic()
    return seen


class StrangeAnswers(SdkTest):
    def test_do_no_harm(self):
        stray = Push("kickout", None, b"", 0)
        error = {"code": 20001, "ex": 5}
        for sdk in self.each_transport():
            uid = fresh()
            for when in ("before login", "after it"):
                for seq in (None, 0, 1, 77, 0xFFFFFFFF):
                    push = Push("ping", seq, b"", 0)
                    sdk.send(answer_to(push), answer_to(push))
                    sdk.send(answer_to(push, error, status=1), answer_to(stray, error, status=255))
                self.assert_usable(sdk)
                if when == "before login":
                    self.assert_login(sdk, uid)
            self.assertEqual(sdk.call("getfriends"), {"uids": []})
