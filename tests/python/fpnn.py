"""FPNN over a TCP socket: packages, answers, and connections that may be encrypted.

Written from the wire specification alone. It shares nothing with the server, so that the two can
only agree by both being right.

    "FPNN" | version u8 | flags u8 | type u8 | method length or status u8 | payload length u32 LE
           | sequence u32 LE (absent in one-way quests) | method | payload
"""

import json
import socket
import struct
from dataclasses import dataclass

import msgpack

MSGPACK, JSON = 0x80, 0x40
ONE_WAY, TWO_WAY, ANSWER = 0, 1, 2

HEADER = struct.Struct("<4sBBBBI")
U32 = struct.Struct("<I")

# Seconds after which a test fails instead of waiting for ever. Nothing is meant to come near it.
PATIENCE = 30


class Closed(Exception):
    """The server closed the connection."""


def header(*, magic=b"FPNN", version=1, flags=MSGPACK, kind=TWO_WAY, ss=0, size=0):
    """The twelve bytes that every package begins with, right or wrong."""
    return HEADER.pack(magic, version, flags, kind, ss, size)


def quest_of(method, payload, *, seq=1, version=1, flags=MSGPACK, kind=TWO_WAY):
    """A quest around these payload bytes, whatever they are."""
    name = method.encode()
    head = header(version=version, flags=flags, kind=kind, ss=len(name), size=len(payload))
    number = b"" if kind == ONE_WAY else U32.pack(seq)
    return head + number + name + payload


def quest(method, params=None, *, flags=MSGPACK, **head):
    """A two-way quest with these parameters, as msgpack or JSON."""
    return quest_of(method, encode(params or {}, flags), flags=flags, **head)


def one_way(method, params=None):
    """A quest that must never be answered."""
    return quest(method, params, kind=ONE_WAY)


def encode(value, flags=MSGPACK):
    """A payload in the encoding that these flags name."""
    return json.dumps(value).encode() if flags == JSON else msgpack.packb(value)


@dataclass(frozen=True)
class Package:
    """A package as the server sent it."""

    version: int
    flags: int
    kind: int
    status: int
    seq: int
    payload: bytes

    @property
    def value(self):
        """The payload. Raises unless all text is UTF-8 and all keys are text."""
        if self.flags == JSON:
            return json.loads(self.payload)
        return msgpack.unpackb(self.payload, raw=False, strict_map_key=True)


class Plain:
    """What a connection is before, and without, the exchange of a key."""

    def seal(self, package):
        """Package to wire bytes."""
        return package

    def read(self, take):
        """The next whole package, with `take(n)` giving the next n wire bytes."""
        head = take(HEADER.size)
        kind, ss, size = HEADER.unpack(head)[3:]
        return head + take((0 if kind == ONE_WAY else 4) + (0 if kind == ANSWER else ss) + size)


class Connection:
    """One TCP connection to a gate."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.cipher = Plain()
        self.seq = 0

    def close(self):
        """Closes it."""
        self.socket.close()

    def next_seq(self):
        """A sequence number that this connection has not used."""
        self.seq += 1
        return self.seq

    def send_bytes(self, data):
        """Sends these bytes and nothing else. A server that has closed already may refuse them."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # Whether it closed, and what it said before, is seen by reading.

    def send(self, *packages):
        """Sends packages in one go, encrypted if the connection is."""
        self.send_bytes(b"".join(map(self.cipher.seal, packages)))

    def send_slowly(self, *packages):
        """Sends packages byte by byte."""
        for byte in b"".join(map(self.cipher.seal, packages)):
            self.send_bytes(bytes([byte]))

    def end(self):
        """Says that nothing more will be sent; what was sent is still answered."""
        self.socket.shutdown(socket.SHUT_WR)

    def receive(self):
        """The next package. Raises `Closed` when there is none."""
        data = self.cipher.read(self.take)
        magic, version, flags, kind, status, size = HEADER.unpack_from(data)
        assert magic == b"FPNN", f"not a package: {data!r}"
        seq, payload = U32.unpack_from(data, HEADER.size)[0], data[HEADER.size + 4 :]
        assert len(payload) == size, f"payload of {len(payload)} bytes is declared as {size}"
        return Package(version, flags, kind, status, seq, payload)

    def receive_rest(self):
        """Every package until the server closes."""
        rest = []
        try:
            while True:
                rest.append(self.receive())
        except Closed:
            return rest

    def ask(self, method, params=None, **head):
        """Sends a two-way quest and gives the next package, which must be its answer."""
        head.setdefault("seq", self.next_seq())
        self.send(quest(method, params, **head))
        answer = self.receive()
        assert answer.kind == ANSWER and answer.seq == head["seq"], f"not its answer: {answer}"
        return answer

    def take(self, count):
        """The next so many wire bytes. Raises `Closed` when there are fewer."""
        data = bytearray()
        while len(data) < count:
            try:
                piece = self.socket.recv(min(count - len(data), 1 << 20))
            except ConnectionResetError:
                piece = b""
            if not piece:
                raise Closed(f"{len(data)} of {count} bytes received")
            data += piece
        return bytes(data)
