"""The recorded packages of FPNN section 12: this client must be right before it may judge."""

import unittest

from cryptography.hazmat.primitives.asymmetric import ec

from encryption import Exchange, raw
from fpnn import JSON, MSGPACK, one_way, quest
from rtm import Project, digest, signed, signed_as_before_2020

PROJECT = Project(90000001, "00000000-1111-2222-3333-444444444444")
SERVER_KEY = b"""-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEhL91YiYrvWlACFdI875q+lKuMXFVGB7O
MbZjUcz/pLCMxD1jsoWdRp/uFfMcnttTJCZub9BAfoc4LWD8RRGs2A==
-----END PUBLIC KEY-----
"""
CLIENT_KEY = ec.derive_private_key(int.from_bytes(range(0x21, 0x41), "big"), ec.SECP256K1())
PING = {0: "46504e4e0080010501000000020000002a70696e6780"}
PING[1] = PING[0].replace("4e4e0080", "4e4e0180")


def exchange(**mode):
    """The recorded exchange."""
    return Exchange(SERVER_KEY, private=CLIENT_KEY, **mode)


class TheClientAgreesWithRecordedPackages(unittest.TestCase):
    def test_quests_are_laid_out_as_recorded(self):
        self.assertEqual(quest("*ping").hex(), "46504e4e0180010501000000010000002a70696e6780")
        self.assertEqual(quest("*ping", version=0, seq=2).hex(), PING[0])
        self.assertEqual(
            one_way("demo", {"a": 1}).hex(), "46504e4e018000040400000064656d6f81a16101"
        )
        recorded = "46504e4e01400105020000000b0000002a70696e677b7d"
        self.assertEqual(quest("*ping", seq=11, flags=JSON).hex(), recorded)

    def test_signatures_are_those_recorded(self):
        current = signed(PROJECT, "gettoken", salt=7529877615132852353, ts=1700000000)
        self.assertEqual(current["sign"], "C67600CF3CBCC51F80ACF0A81484FE73")
        legacy = signed_as_before_2020(PROJECT, {"uid": 123}, salt=123456789)
        self.assertEqual(legacy["sign"], "B571031882325CABFF5691EFEBAA4D06")
        file = digest("cf0be5077e7ed25a944c353d77df0f10", "FILETOKEN0123456789").lower()
        self.assertEqual(file, "be63a3dcb3ab9d0a6a0337faea835969")

    def test_the_shared_secret_is_the_recorded_one(self):
        self.assertTrue(raw(CLIENT_KEY.public_key()).hex().startswith("207bba70bc66309baa582a6a"))
        long, short = exchange(bits=256).secret, exchange(bits=128).secret
        self.assertEqual(long.iv.hex(), "66214cf474653ec044f6ca429b0e8ab8")
        self.assertEqual(
            long.key.hex(), "f40bb548d147b2c3cdcf635658c3fca87a3c1f85c7ac006e9b9e80d4dc70d84d"
        )
        self.assertEqual(short.key, long.key[:16])

    def test_packages_are_enciphered_as_recorded(self):
        for bits, version, recorded in [
            (128, 0, "16000000ca81e172164134fd5d37d742a668878fffeb30f473c2"),
            (256, 0, "160000003afff1d2c5a2b0028e274aa6f6f1def9cf24728f9557"),
        ]:
            cipher = exchange(bits=bits).cipher()
            for _ in range(2):  # Each package begins anew.
                self.assertEqual(cipher.seal(bytes.fromhex(PING[version])).hex(), recorded)

    def test_streams_are_enciphered_as_recorded(self):
        cipher = exchange(bits=256, stream=True).cipher()
        self.assertEqual(
            cipher.seal(bytes.fromhex(PING[1])).hex(),
            "3afff1d2c4a2b0028e274aa6f6f1def9a245f9a38014",
        )
        received = bytes.fromhex(
            "3afff1d2c4a2b3078e274aa6f5f1def912"
            "6e7b7834f25338464e98c9da783a513fa46f9446dc119e71c8081d9ec3"
        )
        take = iter(received)
        packages = [cipher.read(lambda n: bytes(next(take) for _ in range(n))) for _ in range(2)]
        self.assertEqual(packages[0].hex(), "46504e4e01800200010000000100000080")
        self.assertEqual(packages[1][5], MSGPACK)
        self.assertTrue(packages[1].endswith(bytes.fromhex("81a27473cf0000018bcfe5687b")))
