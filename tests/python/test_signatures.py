"""Who may ask: signatures, their time, their order of checks. RTM server gate section 1."""

from case import SignatureTest, fresh
from fpnn import quest
from rtm import Project, now, signed

WINDOW = 600


class EveryQuestProvesItself(SignatureTest):
    def test_pid_sign_and_salt_are_required_and_typed(self):
        good = self.signed("removetoken", {"uid": fresh()})
        for field, wrong in [("pid", "a"), ("sign", 5), ("salt", "a"), ("ts", "a")]:
            if field != "ts":
                without = {name: value for name, value in good.items() if name != field}
                self.assert_code(10009, "removetoken", without)
                self.assert_code(10009, "removetoken", good | {field: None})
            self.assert_code(10010, "removetoken", good | {field: wrong})
            self.assert_code(10010, "removetoken", good | {field: [1]})

    def test_every_part_is_signed(self):
        good = self.signed("removetoken", {"uid": fresh()})
        self.assert_code(0, "removetoken", good)
        for change in (
            {"salt": good["salt"] + 1},
            {"ts": good["ts"] + 1},
            {"pid": good["pid"] + 1},
        ):
            self.assert_code(200002, "removetoken", good | change)
        self.assert_code(200002, "gettoken", good)
        wrong = Project(self.rtm.project.pid, self.rtm.project.secret + "x")
        self.assert_code(200002, "removetoken", signed(wrong, "removetoken", {"uid": fresh()}))

    def test_a_signature_may_be_in_small_letters_but_not_else_different(self):
        good = self.signed("removetoken", {"uid": fresh()})
        sign = good["sign"]
        self.assert_code(0, "removetoken", good | {"sign": sign.lower()})
        for wrong in (
            "",
            sign[:-1],
            sign + "0",
            " " + sign,
            sign[::-1],
            "g" * 32,
            "é" * 16,
            "0" * 32,
        ):
            self.assert_code(200002, "removetoken", good | {"sign": wrong})

    def test_salts_have_63_bits_and_a_sign(self):
        for salt in (0, 1, -1, (1 << 63) - 1, -(1 << 63)):
            self.assert_code(
                0, "removetoken", self.signed("removetoken", {"uid": fresh()}, salt=salt)
            )

    def test_unknown_projects_and_wrong_secrets_look_the_same(self):
        stranger = Project(self.rtm.project.pid + 99, "secret")
        unknown = self.rtm.ask("removetoken", signed(stranger, "removetoken", {"uid": 1}))
        wrong = self.rtm.ask(
            "removetoken", self.signed("removetoken", {"uid": 1}) | {"sign": "0" * 32}
        )
        self.assertEqual(unknown.payload, wrong.payload)
        for pid in (0, -1, -(1 << 31), (1 << 31) - 1):
            self.assert_code(
                200002, "removetoken", signed(Project(pid, ""), "removetoken", {"uid": 1})
            )

    def test_the_same_signature_may_come_twice(self):
        params = self.signed("removetoken", {"uid": fresh()})
        self.rtm.send(quest("removetoken", params, seq=1), quest("removetoken", params, seq=2))
        self.assertEqual([self.rtm.receive().status for _ in range(2)], [0, 0])

    def test_built_in_methods_need_none(self):
        self.assert_code(0, "*ping", {"pid": "wrong", "sign": 5})


class ChecksHaveAnOrder(SignatureTest):
    """Each quest is wrong in two ways or more; the earlier check answers."""

    def test_the_method_comes_first(self):
        self.assert_code(20004, "nosuch", {})
        self.assert_code(20004, "nosuch", {"pid": "a", "sign": 5})

    def test_then_the_fields_of_the_proof(self):
        old = self.signed("gettoken", ts=1)
        self.assert_code(10009, "gettoken", {"pid": old["pid"], "salt": 1, "ts": 1})
        self.assert_code(10010, "gettoken", old | {"pid": "a"})

    def test_then_the_project(self):
        self.assert_code(200002, "gettoken", signed(Project(1, "x"), "gettoken", ts=1))

    def test_then_the_time(self):
        self.assert_code(200008, "gettoken", self.signed("gettoken", ts=1) | {"sign": ""})

    def test_then_the_signature(self):
        for method in ("gettoken", "closeRTCRoom", "translate"):
            self.assert_code(200002, method, self.signed(method) | {"sign": "0" * 32})

    def test_then_whether_the_method_is_allowed(self):
        self.assert_code(200020, "closeRTCRoom", self.signed("closeRTCRoom"))
        self.assert_code(200060, "translate", self.signed("translate"))

    def test_then_its_parameters(self):
        self.assert_code(10009, "gettoken", self.signed("gettoken"))
        self.assert_code(200001, "gettoken", self.signed("gettoken", {"uid": 0}))


class SignaturesAreOfTheirTime(SignatureTest):
    def assert_code_at(self, code, ts):
        self.assert_code(
            code, "removetoken", self.signed("removetoken", {"uid": fresh()}, ts=ts), ts - now()
        )

    def test_ten_minutes_either_way_unless_set(self):
        for offset in (0, 5, -5, WINDOW - 60, 60 - WINDOW):
            self.assert_code_at(0, now() + offset)
        for offset in (WINDOW + 60, -WINDOW - 60):
            self.assert_code_at(200008, now() + offset)
        for ts in (0, 1, -1, (1 << 31) - 1, 1 << 40, now() * 1000, (1 << 63) - 1, -(1 << 63)):
            self.assert_code_at(200008, ts)

    def test_always_when_the_window_is_off(self):
        self.server = self.own_server(RTM__TIME_WINDOW_SECONDS=0)
        self.rtm = self.connect()
        for ts in (0, 1, now(), 1 << 40, (1 << 63) - 1):
            self.assert_code_at(0, ts)

    def test_as_narrowly_as_it_is_set(self):
        self.server = self.own_server(RTM__TIME_WINDOW_SECONDS=100)
        self.rtm = self.connect()
        self.assert_code_at(0, now() - 40)
        self.assert_code_at(200008, now() - 160)
        self.assert_code_at(200008, now() + 160)
