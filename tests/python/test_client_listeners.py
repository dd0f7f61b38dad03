"""Addresses of the client gate: where it is asked for, TLS, keys. RTM client gate sections 1.1, 1.2,
1.6 and 1.7."""

import itertools
import ssl

from case import SdkTest, fresh
from certificate import certify, new_folder
from encryption import Exchange
from fpnn import ANSWER, JSON, U32, Closed, header, quest, quest_of
from sdk import Sdk, packed
from server import address
from test_listeners import free_port
from websocket import upgrade

NO_SUCH_SERVICE, UNAUTHORIZED = 100001, 200022


class Dispatch(SdkTest):
    def asked(self):
        """Connections to both ports, bare and as WebSockets."""
        for place, websocket in itertools.product(
            (self.server.gate, self.server.dispatch), (False, True)
        ):
            with self.subTest(place, websocket=websocket):
                sdk = Sdk.over_websocket(place) if websocket else Sdk(place)
                self.addCleanup(sdk.close)
                yield sdk

    def test_says_where_the_gate_is(self):
        uid = fresh()
        for sdk in self.asked():
            for params in (
                {"what": "rtmGated"},
                {"what": "rtmGated@cluster"},
                {"what": "rtmGated", "addrType": "ipv4", "proto": "tcp", "version": "x"},
                {"what": "rtmGated", "pid": self.project.pid, "uid": uid},
                {"what": "rtmGated", "addrType": None, "proto": None},
            ):
                found = sdk.call("which", **params)
                self.assertEqual(list(found), ["endpoint"])
                gate = Sdk(address(found["endpoint"]))
                self.addCleanup(gate.close)
                self.assert_login(gate, uid)
                all_of_them = sdk.call("whichall", **params)
                self.assertEqual(all_of_them, {"endpoints": [found["endpoint"]]})

    def test_answers_byte_by_byte_as_recorded_but_for_the_address(self):
        for sdk in self.asked():
            sdk.send(
                bytes.fromhex(
                    "46504e4e01800105180000003e600400776869636881a477686174b172746d476174656440636c75"
                    "7374657258"
                )
            )
            endpoint = sdk.receive_answer(0x0004603E).value["endpoint"]
            payload = packed({"endpoint": endpoint})
            expected = header(kind=ANSWER, size=len(payload)) + U32.pack(0x0004603E) + payload
            self.assertEqual(sdk.last.hex(), expected.hex())

    def test_says_the_address_that_the_operator_says(self):
        self.server = self.own_server(RTM__PUBLIC_ENDPOINT="gate.example.net:13321")
        for sdk in self.asked():
            endpoint = "gate.example.net:13321"
            self.assertEqual(sdk.call("which", what="rtmGated"), {"endpoint": endpoint})
            self.assertEqual(sdk.call("whichall", what="rtmGated"), {"endpoints": [endpoint]})

    def test_refuses_what_is_none(self):
        for sdk in self.asked():
            for wrong in (
                {"what": "nosuch"},
                {"what": ""},
                {"what": "rtmGated", "addrType": "ipx"},
                {"what": "rtmGated", "proto": "carrier pigeon"},
            ):
                for method in ("which", "whichall"):
                    self.assertEqual(self.refusal(sdk, method, **wrong), NO_SUCH_SERVICE, wrong)
            self.assertEqual(self.refusal(sdk, "which"), 10009)
            self.assertEqual(list(sdk.call("which", what="rtmGated")), ["endpoint"])

    def test_answers_nothing_where_there_is_no_gate_of_this_kind(self):
        for sdk in self.asked():
            for params in ({"proto": "ssl"}, {"proto": "tls"}, {"proto": "udp"}):
                self.assertEqual(sdk.call("which", what="rtmGated", **params), {"endpoint": ""})

    def test_is_answered_to_users_too(self):
        self.rtm = self.login(fresh())
        self.assertEqual(list(self.rtm.call("which", what="rtmGated")), ["endpoint"])


class Encrypted(SdkTest):
    def test_connections_are_like_others(self):
        key = self.server.public_key()
        for stream, bits in itertools.product((False, True), (128, 256)):
            with self.subTest(stream=stream, bits=bits):
                uid = fresh()
                self.rtm = Exchange(key, stream=stream, bits=bits).agree(self.open())
                self.assertEqual(self.refusal(self.rtm, "getfriends"), UNAUTHORIZED)
                self.assert_login(self.rtm, uid, version="Android-2.7.0")
                for text in ("", "short", "a" * 65535):
                    self.assert_done("setuserinfo", oinfo=text)
                    self.assert_result({"oinfo": text, "pinfo": ""}, "getuserinfo")
                self.assert_done("enterroom", rid=uid)
                self.backend.call("delroommember", rid=uid, uid=uid)
                self.assertEqual(self.rtm.receive_push().method, "kickoutroom")
                self.backend.call("kickout", uid=uid)
                self.assert_kicked(self.rtm)

    def test_keys_that_are_none_end_the_connection(self):
        exchange = Exchange(self.server.public_key())
        good = exchange.params()
        for before, params in [
            (None, {}),
            (None, good | {"publicKey": exchange.point[:63]}),
            (None, good | {"publicKey": exchange.point[:-1] + bytes([exchange.point[-1] ^ 1])}),
            (None, good | {"bits": 192}),
            ("*ping", good),
            ("getfriends", good),
        ]:
            sdk = self.open()
            if before:
                sdk.ask(before)
            sdk.send(quest("*key", params))
            self.assert_closed(sdk)
        logged_in = self.login(fresh())
        logged_in.send(quest("*key", good))
        self.assert_closed(logged_in)

    def test_connections_may_use_another_curve_at_another_address(self):
        place = ("127.0.0.1", free_port())
        self.server = self.own_server(LISTEN__RTM_CLIENT_SECP256R1="%s:%d" % place)
        self.project = self.server.first_project
        self.backend = self.connect()
        key = self.server.public_key("--curve", "secp256r1")
        sdk = Sdk(place)
        self.addCleanup(sdk.close)
        uid = fresh()
        self.assert_login(Exchange(key).agree(sdk), uid)
        self.assertEqual(sdk.call("getonlineusers", uids=[uid]), {"uids": [uid]})
        self.assert_usable(Exchange(self.server.public_key()).agree(self.open()))


class OverTls(SdkTest):
    def test_is_spoken_by_whoever_begins_with_it_at_the_same_address(self):
        folder = new_folder(self)
        certify(folder)
        self.server = self.own_server(
            RTM__TLS_CERTIFICATE=folder / "certificate.pem", RTM__TLS_KEY=folder / "key.pem"
        )
        self.project = self.server.first_project
        self.backend = self.connect()
        trusted = ssl.create_default_context(cafile=folder / "certificate.pem")
        uid = fresh()
        for websocket in (True, False):
            self.rtm = self.open()
            self.rtm.socket = trusted.wrap_socket(
                self.rtm.socket, server_hostname=self.server.gate[0]
            )
            self.addCleanup(self.rtm.close)
            if websocket:
                upgrade(self.rtm)
            self.assert_login(self.rtm, uid, version="WebSocket_2.7.6")
            self.assert_done("setuserinfo", oinfo="a" * 65535)
            self.assert_result({"oinfo": "a" * 65535, "pinfo": ""}, "getuserinfo")
        self.backend.call("kickout", uid=uid)
        self.assert_kicked(self.rtm)
        for sdk in self.each_transport():
            self.assert_login(sdk, uid)
        with_key = self.open()
        with_key.socket = trusted.wrap_socket(with_key.socket, server_hostname=self.server.gate[0])
        self.addCleanup(with_key.close)
        with_key.send(quest("*key", Exchange(self.server.public_key()).params()))
        self.assert_closed(with_key)


class Wire(SdkTest):
    """What the bare transport takes. The server gate's tests look at the rest."""

    def test_takes_json_and_answers_in_kind(self):
        for sdk in self.each_transport():
            uid = fresh()
            user = {"pid": self.project.pid, "uid": uid, "token": self.token(uid)}
            sdk.send(quest("auth", user, flags=JSON))
            answer = sdk.receive_answer(1)
            self.assertEqual((answer.flags, answer.value), (JSON, {"ok": True}))
            self.backend.call("kickout", uid=uid)
            self.assert_kicked(sdk)

    def test_echoes_every_sequence_number(self):
        for sdk in self.each_transport():
            self.assert_login(sdk, fresh())
            for seq in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1):
                self.assertEqual(sdk.ask("getfriends", seq=seq).value, {"uids": []})

    def test_takes_packages_in_bits_and_all_at_once(self):
        uid = fresh()
        login = {"pid": self.project.pid, "uid": uid, "token": self.token(uid)}
        sdk = self.open()
        sdk.send_slowly(quest("auth", login, seq=1), quest("getfriends", seq=2))
        self.assertEqual(sdk.receive_answer(1).value, {"ok": True})
        self.assertEqual(sdk.receive_answer(2).value, {"uids": []})
        hasty = self.open()
        hasty.send(quest("auth", login, seq=1), quest("getfriends", seq=2), quest("bye", seq=3))
        self.assertEqual(hasty.receive_answer(1).value, {"ok": True})
        self.assertEqual(hasty.receive_answer(2).value, {"uids": []})
        self.assertEqual(hasty.receive_answer(3).value, {})

    def test_ends_what_is_no_fpnn(self):
        tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
        for what, sent in {
            "zeros": bytes(64),
            "ones": b"\xff" * 64,
            "TLS without a certificate": tls,
            "GET": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST": b"POST /service/auth HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
            "OPTIONS": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(20),
            "binary HTTP": b"GET " + b"\xff" * 20 + b"\r\n\r\n",
            "a long request": b"GET /" + b"a" * 200_000,
            "wrong magic": header(magic=b"FPNX", ss=1) + bytes(20),
            "type 3": header(kind=3, ss=1) + bytes(20),
            "no encoding": header(flags=0, ss=1) + bytes(20),
            "two encodings": header(flags=0xC0, ss=1) + bytes(20),
            "no method": header(ss=0, size=1) + bytes(20),
            "no payload": quest_of("auth", b""),
            "an array": quest_of("auth", b"\x90"),
            "nil": quest_of("auth", b"\xc0"),
            "half a map": quest_of("auth", b"\x81\xa1"),
            "deep": quest_of("auth", b"\x81\xa1a" + b"\x91" * 50_000 + b"\xc0"),
            "a huge map": quest_of("auth", b"\xdf\xff\xff\xff\xff"),
            "too much for a stranger": header(ss=4, size=65 << 10) + bytes(20),
            "too much for anybody": header(ss=4, size=(1 << 32) - 1) + bytes(20),
        }.items():
            with self.subTest(what):
                sdk = self.open()
                sdk.send_bytes(sent)
                # HTTP may be told so, before it is closed.
                if sent[:1] in (b"G", b"P", b"O"):
                    self.assertRegex(read_all(sdk), rb"\A(HTTP/1.1 4\d\d [^\0]*)?\Z")
                else:
                    self.assertEqual(read_all(sdk), b"")
        logged_in = self.login(fresh())
        logged_in.send_bytes(header(ss=4, size=9 << 20))
        self.assertEqual(read_all(logged_in), b"")
        self.login(fresh())

    def test_takes_large_texts_after_the_login_only(self):
        sdk = self.open()
        self.assert_login(sdk, fresh())
        texts = {"oinfo": "a" * 65535, "pinfo": "b" * 65535}
        self.assertEqual(sdk.call("setuserinfo", **texts), {})
        self.assertEqual(sdk.call("getuserinfo"), texts)
        self.assertNotEqual(self.refusal(sdk, "setuserinfo", oinfo="a" * (7 << 20)), 0)
        self.assert_usable(sdk)


def read_all(sdk):
    """Every byte until the server closes."""
    data = b""
    try:
        while True:
            data += sdk.take(1)
    except Closed:
        return data
