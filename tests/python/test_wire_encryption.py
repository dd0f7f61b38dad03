"""Encrypted connections: both modes, both strengths, and what is no key. FPNN section 7."""

import itertools

import msgpack
from cryptography.hazmat.primitives.asymmetric import ec

from case import GateTest, fresh
from encryption import Exchange, raw
from fpnn import HEADER, U32, Closed, quest, quest_of
from rtm import signed

MODES = list(itertools.product((False, True), (128, 256)))
P = (1 << 256) - (1 << 32) - 977  # The field of secp256k1.


class EncryptedTest(GateTest):
    def setUp(self):
        super().setUp()
        self.key = self.server.public_key()

    def each_mode(self):
        """An exchange and a connection for each mode and strength."""
        for stream, bits in MODES:
            with self.subTest(stream=stream, bits=bits):
                yield Exchange(self.key, stream=stream, bits=bits), self.connect()


class EncryptedConnectionsWork(EncryptedTest):
    def test_like_others(self):
        user = fresh()
        for exchange, self.rtm in self.each_mode():
            exchange.agree(self.rtm)
            for text in ("", "short", "a" * 65535):
                self.rtm.call("setuserinfo", uid=user, oinfo=text)
                self.assert_result({"oinfo": text, "pinfo": ""}, "getuserinfo", uid=user)
            self.assert_refused(200001, "getuserinfo", uid=0)
            self.assert_usable()

    def test_with_quests_right_behind_the_key(self):
        for exchange, connection in self.each_mode():
            cipher = exchange.cipher()
            sent = quest("*key", exchange.params(), seq=1)
            sent += b"".join(cipher.seal(quest("*ping", seq=seq)) for seq in range(2, 200))
            connection.cipher = cipher
            connection.send_bytes(sent)
            connection.end()
            answers = connection.receive_rest()
            self.assertEqual(answers[0].seq, 1)
            self.assertCountEqual([answer.seq for answer in answers], range(1, 200))

    def test_byte_by_byte(self):
        for exchange, connection in self.each_mode():
            connection.send_slowly(quest("*key", exchange.params(), seq=1))
            connection.cipher = exchange.cipher()
            connection.send_slowly(quest("*ping", seq=2), quest("nosuch", seq=3))
            answers = [connection.receive() for _ in range(3)]
            self.assertCountEqual([answer.seq for answer in answers], [1, 2, 3])

    def test_with_packages_of_every_size(self):
        for exchange, connection in self.each_mode():
            exchange.agree(connection)
            connection.call("isprojectblack", uid=1)
            for size in (*range(40), 16 << 10, (16 << 10) + 1, 1 << 20):
                params = {"x": "a" * size}
                self.assertEqual(
                    connection.ask("*ping", params, version=size % 3).version, size % 3
                )

    def test_in_json(self):
        for exchange, connection in self.each_mode():
            exchange.agree(connection)
            self.assertEqual(connection.ask("*ping", flags=0x40).flags, 0x40)

    def test_with_a_key_that_was_used_before(self):
        exchange = Exchange(self.key)
        for _ in range(3):
            self.assert_usable(exchange.agree(self.connect()))

    def test_with_the_answer_to_the_key_in_its_version(self):
        exchange = Exchange(self.key)
        self.rtm.send(quest("*key", exchange.params(), seq=0xFFFFFFFE, version=0))
        self.rtm.cipher = exchange.cipher()
        answer = self.rtm.receive()
        self.assertEqual((answer.version, answer.seq, answer.payload), (0, 0xFFFFFFFE, b"\x80"))

    def test_in_package_mode_of_128_bits_unless_said_otherwise(self):
        exchange = Exchange(self.key)
        self.assert_usable(exchange.agree(self.connect(), {"publicKey": exchange.point}))

    def test_with_the_key_in_a_text_as_some_sdks_write_it(self):
        for exchange, connection in self.each_mode():
            rest = {name: value for name, value in exchange.params().items() if name != "publicKey"}
            payload = msgpack.packb({"publicKey": ""} | rest)
            payload = payload.replace(b"publicKey\xa0", b"publicKey\xd9\x40" + exchange.point)
            connection.send(quest_of("*key", payload))
            connection.cipher = exchange.cipher()
            self.assertEqual(connection.receive().value, {})
            self.assert_usable(connection)


class OtherCurvesWork(EncryptedTest):
    def choose_server(self):
        return self.own_server(RTM__CURVE="secp256r1")

    def test_secp256r1(self):
        for exchange, connection in self.each_mode():
            self.assert_usable(exchange.agree(connection))

    def test_secp224r1_whose_secret_is_hashed_to_256_bits(self):
        self.server = self.own_server(RTM__CURVE="secp224r1")
        self.key = self.server.public_key()
        for exchange, connection in self.each_mode():
            self.assertEqual(len(exchange.point), 56)
            self.assert_usable(exchange.agree(connection))


class WrongKeysEndTheConnection(EncryptedTest):
    def assert_key_ends(self, params, *, before=()):
        """`*key` with these parameters is answered by the end of the connection."""
        connection = self.connect()
        for package in before:
            connection.send(package)
            connection.receive()
        connection.send(quest("*key", params))
        self.assert_closed(connection)

    def test_when_they_are_not_the_first_package(self):
        params = Exchange(self.key).params()
        self.assert_key_ends(params, before=[quest("*ping")])
        self.assert_key_ends(params, before=[quest("nosuch")])

    def test_when_there_is_one_already(self):
        for exchange, connection in self.each_mode():
            exchange.agree(connection)
            connection.send(quest("*key", exchange.params()))
            self.assert_closed(connection)

    def test_when_they_have_the_wrong_length_or_are_absent(self):
        point = Exchange(self.key).point
        for wrong in (
            b"",
            point[:1],
            point[:33],
            point[:63],
            point + b"\0",
            b"\x04" + point,
            point * 2,
        ):
            self.assert_key_ends({"publicKey": wrong})
        for wrong in ({}, {"publicKey": None}, {"publicKey": 5}, {"publicKey": [1] * 64}):
            self.assert_key_ends(wrong)

    def test_when_they_are_no_point_of_the_curve(self):
        point = Exchange(self.key).point
        other_curve = raw(ec.generate_private_key(ec.SECP256R1()).public_key())
        x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
        for x, y in [(0, 0), (x, y ^ 1), (x, 0), (0, y), (P, y), (x, P), ((1 << 256) - 1,) * 2]:
            self.assert_key_ends({"publicKey": x.to_bytes(32, "big") + y.to_bytes(32, "big")})
        self.assert_key_ends({"publicKey": other_curve})

    def test_when_bits_or_mode_are_none(self):
        good = Exchange(self.key).params()
        for bits in (0, 1, 64, 127, 192, 512, -128, "128", 1 << 40):
            self.assert_key_ends(good | {"bits": bits})
        self.assert_key_ends(good | {"streamMode": "yes"})

    def test_and_others_go_on(self):
        self.assert_key_ends({})
        self.assert_usable()


class WrongCiphertextEndsTheConnection(EncryptedTest):
    def test_when_it_is_plain(self):
        for exchange, connection in self.each_mode():
            exchange.agree(connection)
            connection.send_bytes(quest("*ping") * 10)
            self.assert_closed(connection)

    def test_when_it_is_of_another_key(self):
        for exchange, connection in self.each_mode():
            exchange.agree(connection)
            other = Exchange(self.key, stream=exchange.stream, bits=exchange.bits).cipher()
            connection.send_bytes(other.seal(quest("*ping")))
            self.assert_closed(connection)

    def test_when_the_declared_length_is_none_or_too_long(self):
        for length in (0, 1, HEADER.size - 1, (8 << 20) + 1, 1 << 31, (1 << 32) - 1):
            connection = Exchange(self.key).agree(self.connect())
            connection.send_bytes(U32.pack(length) + bytes(min(length, 64)))
            connection.end()
            self.assert_closed(connection)

    def test_when_there_is_more_or_less_than_a_package_in_the_envelope(self):
        for package in (quest("*ping") + b"\0", quest("*ping") * 2, quest("*ping")[:-1]):
            connection = Exchange(self.key).agree(self.connect())
            connection.send(package)
            connection.end()
            self.assertLessEqual(len(connection.receive_rest()), 1)

    def test_and_nothing_of_it_takes_effect(self):
        user = fresh()
        connection = Exchange(self.key).agree(self.connect())
        connection.send_bytes(
            quest(
                "setuserinfo", signed(self.rtm.project, "setuserinfo", {"uid": user, "oinfo": "x"})
            )
        )
        with self.assertRaises(Closed):
            connection.receive()
        self.assert_result({"oinfo": "", "pinfo": ""}, "getuserinfo", uid=user)
