"""WebSocket as a client speaks it: the handshake, masked frames, one message for each package.

    fin 1 bit | reserved 3 bits | opcode 4 bits | mask 1 bit | length 7 bits, or 126 and u16 BE,
    or 127 and u64 BE | four bytes to mask with, from clients only | payload

Source: RFC 6455; RTM client gate sections 1.5 and 9.6.
"""

import base64
import hashlib
import itertools
import os
import struct

from fpnn import Closed

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

PATH = "/service/websocket"


class NoWebSocket(Exception):
    """The server answered the handshake by something else."""


def accept_of(key):
    """What proves that a server has understood this key."""
    guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1((key + guid).encode()).digest()).decode()


def length_of(size):
    """A length in as few bytes as there are, without the mask bit."""
    if size < 126:
        return bytes([size])
    return struct.pack(">BH", 126, size) if size < 1 << 16 else struct.pack(">BQ", 127, size)


def frame(payload, *, opcode=BINARY, fin=True, mask=None, reserved=0):
    """A frame of a client; without a mask if that is empty."""
    mask = os.urandom(4) if mask is None else mask
    length = length_of(len(payload))
    head = bytes([fin << 7 | reserved << 4 | opcode, length[0] | bool(mask) << 7]) + length[1:]
    return head + mask + masked(payload, mask or bytes(4))


def masked(payload, mask):
    """Exclusive or, which is its own reverse."""
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return number.to_bytes(len(payload), "big")


def request(key, *, path=PATH, method="GET", **fields):
    """The request that begins it. `Origin="x"` adds a header field, `None` takes one away."""
    fields = {name.replace("_", "-"): value for name, value in fields.items()}
    fields = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
    } | fields
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class WebSocket:
    """Packages in messages. Takes the place of a cipher on a connection that began like this."""

    def __init__(self, connection):
        self.connection = connection
        self.pongs = []
        self.farewell = None

    def seal(self, package):
        """Package to wire bytes."""
        return frame(package)

    def read(self, take):
        """The next message, which must be whole, binary and not masked."""
        while True:
            opcode, payload = self.frame(take)
            if opcode == BINARY:
                return payload
            if opcode == PONG:
                self.pongs.append(payload)
            elif opcode == PING:
                self.connection.send_bytes(frame(payload, opcode=PONG))
            else:
                assert opcode == CLOSE, f"opcode {opcode}"
                self.farewell = payload
                raise Closed(f"by a frame that says {payload!r}")

    def frame(self, take):
        """The next frame, of any kind."""
        first, length = take(2)
        assert first & 0xF0 == 0x80, f"not whole, or of an extension: {first:#x}"
        assert length < 0x80, "masked by the server"
        if length >= 126:
            short, size = length, 2 if length == 126 else 8
            length = int.from_bytes(take(size), "big")
            assert length_of(length)[0] == short, f"length {length} after {short}"
        assert first & 0xF < 8 or length < 126, "a control frame of more than 125 bytes"
        return first & 0xF, take(length)


def upgrade(connection, **how):
    """Makes a new connection a WebSocket; gives the header fields of the answer."""
    key = base64.b64encode(os.urandom(16)).decode()
    connection.send_bytes(request(key, **how))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.take(1)
    status, *lines = head.decode().split("\r\n")[:-2]
    if not status.startswith("HTTP/1.1 101 "):
        raise NoWebSocket(status)
    fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    assert fields["sec-websocket-accept"] == accept_of(key), fields
    assert fields["upgrade"].lower() == "websocket", fields
    assert fields["connection"].lower() == "upgrade", fields
    connection.cipher = WebSocket(connection)
    return fields


def in_pieces(package, count):
    """A message in so many frames."""
    size = len(package) // count + 1
    pieces = [package[at : at + size] for at in range(0, len(package), size)]
    opcodes = itertools.chain([BINARY], itertools.repeat(CONTINUED))
    return [
        frame(piece, opcode=opcode, fin=piece is pieces[-1])
        for piece, opcode in zip(pieces, opcodes)
    ]
