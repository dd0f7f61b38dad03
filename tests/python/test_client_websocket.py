"""WebSocket: the handshake, messages and frames, and what is none. RTM client gate section 1.5,
RFC 6455, FPNN section 8."""

from case import SdkTest, fresh
from fpnn import Closed, quest
from sdk import Sdk
from websocket import (
    CLOSE,
    CONTINUED,
    PING,
    PONG,
    TEXT,
    NoWebSocket,
    frame,
    in_pieces,
    upgrade,
)

PACKAGE = quest("*ping")
NORMAL, PROTOCOL_ERROR = 1000, 1002


class Handshakes(SdkTest):
    def upgraded(self, **how):
        """Header fields of the answer; the connection must be of use."""
        sdk = Sdk(self.server.gate)
        self.addCleanup(sdk.close)
        fields = upgrade(sdk, **how)
        self.assert_usable(sdk)
        return fields

    def test_are_taken_from_every_browser(self):
        for how in (
            {},
            {"Origin": "https://app.example"},
            {"Origin": "null"},
            {"Upgrade": "WebSocket", "Connection": "keep-alive, Upgrade"},
            {"Cookie": "a=b", "User_Agent": "x" * 1000, "Pragma": "no-cache"},
            {"Host": "gate.example:13321"},
        ):
            with self.subTest(how):
                self.assertNotIn("sec-websocket-protocol", self.upgraded(**how))

    def test_echo_the_subprotocol_and_decline_extensions(self):
        fields = self.upgraded(Sec_WebSocket_Protocol="arraybuffer")
        self.assertEqual(fields["sec-websocket-protocol"], "arraybuffer")
        offered = "permessage-deflate; client_max_window_bits"
        self.assertNotIn(
            "sec-websocket-extensions", self.upgraded(Sec_WebSocket_Extensions=offered)
        )

    def test_are_refused_when_they_are_none(self):
        for how in (
            {"path": "/"},
            {"path": "/service/auth"},
            {"path": "/service/websocket/more"},
            {"path": "/service/websocke"},
            {"method": "POST"},
            {"method": "HEAD"},
            {"Upgrade": None},
            {"Upgrade": "h2c"},
            {"Connection": "close"},
            {"Sec_WebSocket_Version": "8"},
            {"Sec_WebSocket_Version": None},
            {"Sec_WebSocket_Key": None},
            {"Sec_WebSocket_Key": "short"},
            {"Cookie": "a" * 100_000},
        ):
            with self.subTest(str(how)[:50]):
                sdk = self.open()
                with self.assertRaises((NoWebSocket, Closed)):
                    upgrade(sdk, **how)
                with self.assertRaises(Closed):
                    sdk.take(1 << 20)

    def test_may_be_followed_at_once_or_come_in_pieces(self):
        for sizes in ((1000,), (1,), (7,)):
            sdk = self.open()
            send = sdk.send_bytes
            packages = frame(PACKAGE)
            sdk.send_bytes = lambda data: [send(piece) for piece in pieces(data + packages, *sizes)]
            upgrade(sdk)
            self.assertEqual(list(sdk.receive_answer(1).value), ["ts"])


class Messages(SdkTest):
    def setUp(self):
        super().setUp()
        self.sdk = self.open(websocket=True)

    def test_hold_one_package_each_both_ways_at_every_length_of_a_frame(self):
        self.assert_login(self.sdk, fresh())
        around = [size + step for size in (0, 126, 65536) for step in range(-60, 60)]
        for size in (size for size in around if 0 <= size <= 65535):
            self.sdk.send(quest_with("dataset", key="k", val="a" * size))
            self.sdk.send(quest_with("dataget", key="k"))
            self.assertEqual(self.sdk.receive_answer(1).value, {})
            self.assertEqual(self.sdk.receive_answer(1).value, {"val": "a" * size})

    def test_may_be_in_frames_with_pings_between(self):
        for count in (2, 3, len(PACKAGE)):
            for between in (b"", frame(b"alive", opcode=PING), frame(b"", opcode=PONG)):
                self.sdk.send_bytes(between.join(in_pieces(PACKAGE, count)))
                self.assertEqual(list(self.sdk.receive_answer(1).value), ["ts"])
        empty_frames = [
            frame(b"", fin=False),
            frame(PACKAGE, opcode=CONTINUED, fin=False),
            frame(b"", opcode=CONTINUED),
        ]
        self.sdk.send_bytes(b"".join(empty_frames))
        self.assertEqual(list(self.sdk.receive_answer(1).value), ["ts"])
        self.assertIn(b"alive", self.sdk.cipher.pongs)

    def test_may_come_byte_by_byte_or_many_at_a_time(self):
        for piece in pieces(frame(PACKAGE), 1):
            self.sdk.send_bytes(piece)
        self.assertEqual(list(self.sdk.receive_answer(1).value), ["ts"])
        self.sdk.send(*(quest("*ping", seq=seq) for seq in range(1, 501)))
        answered = {self.sdk.receive().seq for _ in range(500)}
        self.assertEqual(answered, set(range(1, 501)))

    def test_keep_the_order_of_what_one_connection_does(self):
        uid = fresh()
        self.assert_login(self.sdk, uid)
        sent = [quest_with("dataset", key="k", val=str(number)) for number in range(100)]
        self.sdk.send(*sent, quest_with("dataget", key="k"))
        answers = [self.sdk.receive_answer(1).value for _ in range(101)]
        self.assertIn({"val": "99"}, answers)

    def test_of_text_and_frames_that_are_wrong_end_the_connection(self):
        for what, sent in {
            "text": frame(PACKAGE, opcode=TEXT),
            "not masked": frame(PACKAGE, mask=b""),
            "an extension": frame(PACKAGE, reserved=4),
            "an unknown opcode": frame(PACKAGE, opcode=3),
            "an unknown control opcode": frame(b"", opcode=0xB),
            "the rest of nothing": frame(PACKAGE, opcode=CONTINUED),
            "a message within another": frame(PACKAGE[:5], fin=False) + frame(PACKAGE),
            "a ping in pieces": frame(b"", opcode=PING, fin=False),
            "a long ping": frame(b"a" * 126, opcode=PING),
            "too long for a stranger": b"\x82\xff" + (1 << 20).to_bytes(8, "big") + bytes(4),
            "too long for anybody": b"\x82\xff" + (1 << 62).to_bytes(8, "big") + bytes(4),
            "a negative length": b"\x82\xff" + b"\xff" * 8 + bytes(4),
            "no FPNN": frame(b"garbage garbage garbage"),
            "no payload": frame(PACKAGE[:-1].replace(b"\1\0\0\0\1", b"\0\0\0\0\1")),
            "garbage": b"\xff" * 50,
            "FPNN without WebSocket": PACKAGE,
        }.items():
            with self.subTest(what):
                sdk = self.open(websocket=True)
                sdk.send_bytes(sent)
                self.assert_closed(sdk)
        self.assert_usable(self.sdk)

    def test_that_are_too_long_are_so_after_the_login_too(self):
        self.assert_login(self.sdk, fresh())
        self.sdk.send_bytes(b"\x82\xff" + (9 << 20).to_bytes(8, "big") + bytes(100))
        self.assert_closed(self.sdk)


class ControlFrames(SdkTest):
    def test_of_pings_are_answered_with_their_payload(self):
        sdk = self.open(websocket=True)
        payloads = [b"", b"hello", bytes(range(125))]
        sdk.send_bytes(b"".join(frame(payload, opcode=PING) for payload in payloads))
        self.assert_usable(sdk)
        self.assertEqual(sdk.cipher.pongs, payloads)
        sdk.send_bytes(frame(b"nobody asked", opcode=PONG))
        self.assert_usable(sdk)

    def test_of_a_close_are_answered_and_put_offline(self):
        for farewell, codes in [
            (b"", {b"", code(NORMAL)}),
            (code(NORMAL), {code(NORMAL)}),
            (code(1001) + "bye é".encode(), {code(1001), code(NORMAL)}),
            (code(3000), {code(3000), code(NORMAL)}),
            (b"x", {code(PROTOCOL_ERROR), code(NORMAL)}),
        ]:
            uid = fresh()
            sdk = self.login(uid, websocket=True)
            sdk.send_bytes(frame(farewell, opcode=CLOSE))
            self.assertEqual(sdk.methods_of_rest(), [])
            self.assertIn(sdk.cipher.farewell[:2], codes)
            self.assertEqual(sdk.socket.recv(1), b"")
            self.wait_until_offline(uid)

    def test_of_a_close_come_after_the_answers_to_what_came_before(self):
        sdk = self.open(websocket=True)
        sdk.send_bytes(frame(PACKAGE) * 20 + frame(code(NORMAL), opcode=CLOSE))
        self.assertLessEqual(len(sdk.receive_rest()), 20)
        self.assertIsNotNone(sdk.cipher.farewell)


def code(number):
    """The payload of a close frame."""
    return number.to_bytes(2, "big")


def quest_with(method, **params):
    """A quest with these parameters."""
    return quest(method, params)


def pieces(data, size):
    """Data in pieces of so many bytes."""
    return [data[at : at + size] for at in range(0, len(data), size)]
