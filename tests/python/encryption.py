"""FPNN encryption: the `*key` quest and AES in CFB mode, package by package or as one stream."""

import hashlib

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from fpnn import U32, Plain, quest


class Secret:
    """What both sides derive from the shared point's X coordinate."""

    def __init__(self, x, bits):
        long_key = x if len(x) == 32 else hashlib.sha256(x).digest()
        self.key = x[:16] if bits == 128 else long_key
        self.iv = hashlib.md5(x).digest()

    def cipher(self):
        """AES-CFB from its beginning."""
        return Cipher(algorithms.AES(self.key), CFB(self.iv))


class PackageMode:
    """Each package for itself: u32 LE length, then the package enciphered from the beginning."""

    def __init__(self, secret):
        self.secret = secret

    def seal(self, package):
        """Package to wire bytes."""
        return U32.pack(len(package)) + self.secret.cipher().encryptor().update(package)

    def read(self, take):
        """The next whole package."""
        (length,) = U32.unpack(take(4))
        return self.secret.cipher().decryptor().update(take(length))


class StreamMode(Plain):
    """One cipher stream for each direction, without any framing of its own."""

    def __init__(self, secret):
        self.encryptor = secret.cipher().encryptor()
        self.decryptor = secret.cipher().decryptor()

    def seal(self, package):
        """Package to wire bytes."""
        return self.encryptor.update(package)

    def read(self, take):
        """The next whole package."""
        return super().read(lambda count: self.decryptor.update(take(count)))


class Exchange:
    """The client's half of a key exchange with a server whose public key it holds."""

    def __init__(self, server_pem, *, stream=False, bits=128, private=None):
        server = load_pem_public_key(server_pem)
        private = private or ec.generate_private_key(server.curve)
        self.stream, self.bits = stream, bits
        self.point = raw(private.public_key())
        self.secret = Secret(private.exchange(ec.ECDH(), server), bits)

    def params(self):
        """Parameters of `*key`."""
        return {"publicKey": self.point, "streamMode": self.stream, "bits": self.bits}

    def cipher(self):
        """What encrypts everything after `*key`."""
        return (StreamMode if self.stream else PackageMode)(self.secret)

    def begin(self, connection, params=None):
        """Sends `*key` as the first package and encrypts from there on. Reads no answer."""
        connection.send(quest("*key", params or self.params(), seq=connection.next_seq()))
        connection.cipher = self.cipher()

    def agree(self, connection, params=None):
        """Begins, and reads the answer, which is encrypted already and says nothing."""
        self.begin(connection, params)
        answer = connection.receive()
        assert (answer.status, answer.value) == (0, {}), answer
        return connection


def raw(public_key):
    """X and Y of a point, big-endian, without a prefix."""
    numbers = public_key.public_numbers()
    size = (public_key.curve.key_size + 7) // 8
    return numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")
