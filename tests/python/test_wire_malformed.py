"""What is no FPNN: the connection ends without an answer, and that is all. FPNN section 5."""

from case import GateTest
from fpnn import (
    ANSWER,
    HEADER,
    JSON,
    MSGPACK,
    ONE_WAY,
    TWO_WAY,
    U32,
    header,
    quest,
    quest_of,
)

MAX_PACKAGE = 8 << 20
MAX_GROWTH = 24 << 20

WRONG_HEADERS = {
    "magic": header(magic=b"FPNM", ss=1),
    "lower-case magic": header(magic=b"fpnn", ss=1),
    "type 3": header(kind=3, ss=1),
    "type 255": header(kind=255, ss=1),
    "no encoding": header(flags=0, ss=1),
    "both encodings": header(flags=MSGPACK | JSON, ss=1),
    "only compressed": header(flags=0x20, ss=1),
    "no method": header(ss=0, size=1),
    "no one-way method": header(ss=0, size=1, kind=ONE_WAY),
}

WRONG_PAYLOADS = {
    "nothing": b"",
    "an array": b"\x90",
    "a number": b"\x01",
    "nil": b"\xc0",
    "text": b"\xa1a",
    "a map cut short": b"\x81",
    "a key cut short": b"\x81\xa4ab",
    "a value cut short": b"\x81\xa1a\xcd\x01",
    "a reserved byte": b"\xc1",
    "a reserved byte within": b"\x81\xa1a\xc1",
    "a map of four billion": b"\xdf\xff\xff\xff\xff",
    "an array of four billion": b"\x81\xa1a\xdd\xff\xff\xff\xff",
    "a text of four billion": b"\x81\xa1a\xdb\xff\xff\xff\xff",
    "bytes of four billion": b"\x81\xa1a\xc6\xff\xff\xff\xff",
    "100,000 arrays within each other": b"\x81\xa1a" + b"\x91" * 100_000 + b"\xc0",
}

WRONG_JSON = [
    b"",
    b"[]",
    b"1",
    b"null",
    b'"a"',
    b"{",
    b"{}x",
    b"{a:1}",
    b'{"a":\xff}',
    b"[" * 100_000,
]


class MalformedPackagesEndTheConnection(GateTest):
    def assert_ends(self, *sent, after=0):
        """A connection that sends these bytes is closed after so many answers."""
        connection = self.connect()
        connection.send_bytes(b"".join(sent))
        self.assert_closed(connection, after=after)

    def test_by_their_header(self):
        for what, head in WRONG_HEADERS.items():
            with self.subTest(what):
                self.assert_ends(head, U32.pack(1), b"\x80" * 16)

    def test_by_their_payload(self):
        for method in ("*ping", "getuserinfo", "nosuch"):
            for what, payload in WRONG_PAYLOADS.items():
                with self.subTest(f"{method}: {what}"):
                    self.assert_ends(quest_of(method, payload))

    def test_by_their_json(self):
        for method in ("*ping", "getuserinfo"):
            for payload in WRONG_JSON:
                with self.subTest(method, payload=payload[:20]):
                    self.assert_ends(quest_of(method, payload, flags=JSON))

    def test_one_way_too(self):
        self.assert_ends(quest_of("getuserinfo", b"\x90", kind=ONE_WAY))

    def test_also_when_they_are_of_another_protocol(self):
        for sent in (
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
            bytes(64),
            b"\xff" * 64,
        ):
            with self.subTest(sent[:12]):
                self.assert_ends(sent)

    def test_only_after_what_came_before_them_was_answered(self):
        self.rtm.send(quest("*ping", seq=1))
        self.assertEqual(self.rtm.receive().seq, 1)
        self.rtm.send_bytes(b"garbage garbage")
        self.assert_closed(self.rtm)

    def test_and_only_that_one(self):
        self.assert_ends(b"garbage garbage")
        self.assert_usable()


class DeclaredLengthsAreNotBelieved(GateTest):
    def choose_server(self):
        return self.own_server()

    def setUp(self):
        super().setUp()
        self.memory = self.server.most_memory()

    def tearDown(self):
        super().tearDown()
        if self.memory is not None:
            self.assertLess(self.server.most_memory() - self.memory, MAX_GROWTH)

    def test_too_long_a_package_ends_the_connection_by_its_header_alone(self):
        for size in (MAX_PACKAGE, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1):
            for kind in (ONE_WAY, TWO_WAY, ANSWER):
                for _ in range(5):
                    connection = self.connect()
                    connection.send_bytes(header(kind=kind, ss=1, size=size))
                    self.assert_closed(connection)

    def test_a_package_takes_no_memory_before_it_is_there(self):
        connections = [self.connect() for _ in range(100)]
        for connection in connections:
            connection.send_bytes(header(ss=5, size=MAX_PACKAGE - HEADER.size - 9) + bytes(100))
            connection.end()
        for connection in connections:
            self.assert_closed(connection)
