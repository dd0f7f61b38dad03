"""The recorded frames of the client gate, section 9: this client lays them out like the real SDKs,
and the server takes them and answers byte by byte as recorded."""

import unittest

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from case import SdkTest, fresh
from certificate import new_folder
from encryption import Exchange
from fpnn import quest_of
from rtm import Project, now
from sdk import Int64, Push, answer_to, packed, signed_token
from websocket import accept_of, frame, length_of

RECORDED = {
    "J": "46504e4e018001044b000000010000006175746885a3706964ce00a7d8c1a3756964d3000000000009fbf1a574"
    "6f6b656ea7544f4b454e2d31a776657273696f6eaf576562536f636b65745f322e372e36a5617474727381a47573"
    "6572a161",
    "C": "46504e4e0180010446000000b9030c006175746886a3706964ce00a7d8c1a3756964ce0009fbf1a5746f6b656e"
    "a5544f4b454ea776657273696f6ea843232d322e372e30a46c616e67a2656ea5617474727381a475736572a161",
    "A": "46504e4e018001045e0000008b510a006175746887a5617474727381a475736572a161a6646576696365ad7374"
    "75622d686561646c657373a46c616e67a0a3706964ce00a7d8c1a5746f6b656ea5544f4b454ea3756964ce0009fb"
    "f1a776657273696f6ead416e64726f69642d322e372e30",
    "U": "46504e4e0180010479000000046301006175746887a3706964ce00a7d8c1a3756964ce0009fbf1a5746f6b656e"
    "d92c727370375634373938654f68327057774469335169336b792f43597146716444774e6951457779705841733d"
    "a27473ce691fed20a5617574687602a776657273696f6eac556e6974792d322e372e3236a5617474727381a47573"
    "6572a161",
    "V18": "46504e4e01800104230000009d4604006175746884a3706964ce00a7d8c1a5746f6b656ea154a3756964ce"
    "0009fbf1a6756e72656164c3",
}
SEQ = {"J": 1, "C": 0x0C03B9, "A": 0x0A518B, "U": 0x016304, "V18": 0x04469D}
ATTRS = {"user": "a"}

PROJECT = Project(11000001, "c2VjcmV0LWtleS1mb3ItdGVzdHM=")
UID = 654321
UNITY_TOKEN = "rsp7V4798eOh2pWwDi3Qi3ky/CYqFqdDwNiQEwypXAs="


def auth(sdk, pid, uid, token, ts=0):
    """A login as one SDK writes it: its integers, its order, its sequence number."""
    attrs = {"attrs": ATTRS}
    user = {"pid": pid, "uid": uid, "token": token}
    params = {
        "J": {"pid": pid, "uid": Int64(uid), "token": token, "version": "WebSocket_2.7.6"} | attrs,
        "C": user | {"version": "C#-2.7.0", "lang": "en"} | attrs,
        "A": attrs
        | {"device": "stub-headless", "lang": "", "pid": pid, "token": token, "uid": uid}
        | {"version": "Android-2.7.0"},
        "U": user | {"ts": ts, "authv": 2, "version": "Unity-2.7.26"} | attrs,
        "V18": {"pid": pid, "token": token, "uid": uid, "unread": True},
    }[sdk]
    return quest_of("auth", packed(params), seq=SEQ[sdk])


def answer(payload, seq, status=0):
    """An answer, from hex."""
    size = (len(payload) // 2).to_bytes(4, "little").hex()
    return f"46504e4e018002{status:02x}{size}{seq.to_bytes(4, 'little').hex()}{payload}"


class TheClientAgreesWithRecordedFrames(unittest.TestCase):
    def test_of_logins(self):
        tokens = {"J": "TOKEN-1", "C": "TOKEN", "A": "TOKEN", "U": UNITY_TOKEN, "V18": "T"}
        for sdk, token in tokens.items():
            frame_of_it = auth(sdk, PROJECT.pid, UID, token, ts=1763700000)
            self.assertEqual(frame_of_it.hex(), RECORDED[sdk], sdk)

    def test_of_tokens_that_the_app_makes(self):
        self.assertEqual(signed_token(PROJECT, UID, 1763700000), UNITY_TOKEN)

    def test_of_answers(self):
        self.assertEqual(
            answer_to(Push("ping", 0x65, b"", 0)).hex(), "46504e4e01800200010000006500000080"
        )
        self.assertEqual(
            answer_to(Push("kickout", None, b"", 0)).hex(), "46504e4e01800200010000000000000080"
        )

    def test_of_websockets(self):
        self.assertEqual(accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        sent = frame(bytes.fromhex(RECORDED["J"]), mask=bytes.fromhex("37fa213d")).hex()
        self.assertEqual(
            sent,
            "82df37fa213d71aa6f73367a20397cfa213d36fa213d568f5555b25951545334219aef3b82485e9ef23d37"
            "fa213d3e01d09843954a58595d75727cbf6f10065d5758458948525955765855a94e5e5c9f556205d41613"
            "015f4049438852bc938f5258455b40",
        )
        for size, recorded in [
            (125, "7d"),
            (126, "7e007e"),
            (127, "7e007f"),
            (65535, "7effff"),
            (65536, "7f0000000000010000"),
        ]:
            self.assertEqual(length_of(size).hex(), recorded)


class TheServerAgreesWithRecordedFrames(SdkTest):
    def exchange(self, sdk, sent):
        """The bytes of the answer to these."""
        sdk.send(sent)
        sdk.receive()
        return sdk.last.hex()

    def test_of_logins(self):
        for name in RECORDED:
            for sdk in self.each_transport():
                uid, ts = fresh(), now()
                token = signed_token(self.project, uid, ts) if name == "U" else self.token(uid)
                pid = self.project.pid
                refused = self.exchange(sdk, auth(name, pid, uid, "TOKEN-1", ts))
                self.assertEqual(refused, answer("81a26f6bc2", SEQ[name]), name)
                taken = self.exchange(sdk, auth(name, pid, uid, token, ts))
                self.assertEqual(taken, answer("81a26f6bc3", SEQ[name]), name)
                self.assertEqual(self.online(uid), [uid])

    def test_of_a_room_number_as_a_float_and_of_leaving(self):
        for sdk in self.each_transport():
            self.assert_login(sdk, fresh(), version="WebSocket_2.7.6")
            entered = self.exchange(
                sdk,
                bytes.fromhex(
                    "46504e4e018001090e0000000f000000656e746572726f6f6d81a3726964cb41f2a05f20000000"
                ),
            )
            self.assertEqual(entered, answer("80", 15))
            self.assertEqual(sdk.call("getuserrooms"), {"rooms": [5_000_000_000]})
            left = self.exchange(sdk, bytes.fromhex("46504e4e01800103010000000200000062796580"))
            self.assertEqual(left, "46504e4e01800200010000000200000080")

    def test_of_being_put_out_of_a_room(self):
        uid = fresh()
        sdk = self.login(uid)
        sdk.call("enterroom", rid=777)
        self.backend.call("delroommember", rid=777, uid=uid)
        self.assertEqual(sdk.receive_push().value, {"rid": 777})
        self.assertEqual(
            sdk.last.hex(), "46504e4e0180000b080000006b69636b6f7574726f6f6d81a3726964cd0309"
        )

    def test_of_errors_but_for_their_text(self):
        sdk = self.open()
        pid, uid = self.project.pid, fresh()
        banned = {"pid": pid, "uid": fresh()}
        banned["token"] = self.token(banned["uid"])
        self.backend.call("addprojectblack", uid=banned["uid"])
        user = {"pid": pid, "uid": uid, "token": self.token(uid)}
        for code, method, params in [
            ("030d41", "auth", user | {"pid": 1}),
            ("030d56", "getfriends", {}),
            ("030d58", "auth", banned),
            (None, "auth", user),
            ("030d57", "auth", user),
            ("030d68", "getroominfo", {"rid": fresh()}),
            ("030d69", "getgroupinfo", {"gid": fresh()}),
        ]:
            got = self.exchange(sdk, quest_of(method, packed(params), seq=1))
            if code:
                self.assertEqual(got[14:16], "01", got)
                self.assertTrue(got[32:].startswith(f"82a4636f6465ce00{code}a26578"), got)


class TheServerAgreesWithTheRecordedEncryption(SdkTest):
    SERVER, CLIENT = b"\x11" * 32, b"\x22" * 32

    def choose_server(self):
        file = new_folder(self) / "key"
        file.write_bytes(self.SERVER)
        return self.own_server(RTM__CURVE="secp256r1", RTM__KEY_FILE=file)

    def test_byte_by_byte(self):
        pem = self.server.public_key()
        point = serialization.load_pem_public_key(pem).public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.assertEqual(
            point.hex(),
            "3059301306072a8648ce3d020106082a8648ce3d030107034200040217e617f0b6443928278f96999e69a2"
            "3a4f2c152bdf6d6cdf66e5b80282d4ed194a7debcb97712d2dda3ca85aa8765a56f45fc758599652f2897c"
            "65306e5794",
        )
        private = ec.derive_private_key(int.from_bytes(self.CLIENT, "big"), ec.SECP256R1())
        exchange = Exchange(pem, private=private)
        self.assertEqual(exchange.secret.key.hex(), "ccfc261f58193c98ca4ad4a53bbac6f0")
        self.assertEqual(exchange.secret.iv.hex(), "24b51009b5ff60001591fddbea919c1a")
        key = quest_of("*key", packed(exchange.params()))
        self.assertEqual(
            key.hex(),
            "46504e4e0180010460000000010000002a6b657983a97075626c69634b6579c440d65a93977caa3d1b0818"
            "52ff57a79e465f1660577304baead505dd3a48589cf350185e895372df6221ea3a137557e473fddb6755f0"
            "5bd507c3c533fce9c91285aa73747265616d4d6f6465c2a462697473cc80",
        )
        uid = fresh()
        login = packed({"pid": self.project.pid, "uid": uid, "token": self.token(uid)})
        sdk = self.open()
        sdk.send_bytes(key + exchange.cipher().seal(quest_of("auth", login, seq=2)))
        self.assertEqual(sdk.take(21).hex(), "110000001786c54ad36949968bcda009f12f1a56d8")
        self.assertEqual(sdk.take(25).hex(), "150000001786c54ad36949968fcda009f22f1a569e4d569f52")
