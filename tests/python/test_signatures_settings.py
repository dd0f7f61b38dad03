"""What may be set about signatures: old ones, replays, rates. RTM server gate section 1."""

from case import SignatureTest, fresh
from fpnn import quest
from rtm import Project, now, signed, signed_as_before_2020
from server import FIRST_APP


class OldSignaturesAreTakenWhileTheAppSaysSo(SignatureTest):
    def legacy(self):
        return signed_as_before_2020(self.rtm.project, {"uid": fresh()})

    def set_legacy(self, state):
        self.server.command("app", "set-legacy-signatures", FIRST_APP, state)

    def choose_server(self):
        return self.own_server()

    def test_and_the_change_is_effective_at_once(self):
        for _ in range(2):
            self.set_legacy("on")
            self.assert_code(0, "removetoken", self.legacy())
            self.assert_code(0, "removetoken", self.legacy() | {"ts": None})
            self.assert_code(200002, "removetoken", self.legacy() | {"sign": "0" * 32})
            self.set_legacy("off")
            self.assert_code(200002, "removetoken", self.legacy())
            self.assert_code(0, "removetoken", self.signed("removetoken", {"uid": fresh()}))

    def test_a_time_makes_a_signature_a_current_one(self):
        self.set_legacy("on")
        self.assert_code(200002, "removetoken", self.legacy() | {"ts": now()})
        good = self.signed("removetoken", {"uid": fresh()})
        del good["ts"]
        self.assert_code(200002, "removetoken", good)

    def test_the_method_is_no_part_of_it(self):
        self.set_legacy("on")
        params = self.legacy()
        for method in ("removetoken", "getuserinfo", "isprojectblack"):
            self.assert_code(0, method, params)


class ReplaysAreRefusedWhereThatIsSet(SignatureTest):
    def choose_server(self):
        return self.own_server(RTM__REFUSE_REPLAYS="true")

    def test_a_signature_counts_once_on_any_connection(self):
        params = self.signed("removetoken", {"uid": fresh()})
        self.assert_code(0, "removetoken", params)
        self.assert_code(200006, "removetoken", params)
        self.rtm = self.connect()
        self.assert_code(200006, "removetoken", params | {"sign": params["sign"].lower()})
        self.assert_code(0, "removetoken", self.signed("removetoken", {"uid": fresh()}))

    def test_a_wrong_signature_uses_nothing_up(self):
        params = self.signed("removetoken", {"uid": fresh()})
        self.assert_code(200002, "removetoken", params | {"sign": "0" * 32})
        self.assert_code(200008, "removetoken", params | {"ts": 1})
        self.assert_code(0, "removetoken", params)

    def test_what_its_quest_led_to_does_not_matter(self):
        for code, method, params in [
            (10009, "gettoken", {}),
            (200001, "gettoken", {"uid": 0}),
            (200020, "closeRTCRoom", {}),
            (200060, "translate", {}),
        ]:
            params = self.signed(method, params)
            self.assert_code(code, method, params)
            self.assert_code(200006, method, params)

    def test_equal_salts_of_different_methods_or_times_are_different(self):
        salt, ts, user = 12345, now(), {"uid": fresh()}
        self.assert_code(0, "removetoken", self.signed("removetoken", user, salt=salt, ts=ts))
        self.assert_code(0, "getuserinfo", self.signed("getuserinfo", user, salt=salt, ts=ts))
        self.assert_code(0, "removetoken", self.signed("removetoken", user, salt=salt, ts=ts - 1))


class CallsAreLimitedWhereThatIsSet(SignatureTest):
    RATE = 5
    BURST = 400

    def choose_server(self):
        return self.own_server(RATES__RTM_SERVER=self.RATE)

    def codes(self, method, params):
        """Codes of the answers to many quests sent at once."""
        self.rtm.send(*(quest(method, params(), seq=seq) for seq in range(self.BURST)))
        answers = [self.rtm.receive() for _ in range(self.BURST)]
        return [answer.value.get("code", 0) for answer in answers]

    def test_beyond_the_burst_calls_are_refused_and_the_connection_stays(self):
        user = fresh()
        codes = self.codes("removetoken", lambda: self.signed("removetoken", {"uid": user}))
        self.assertEqual(set(codes), {0, 200010})
        self.assertGreaterEqual(codes.count(0), self.RATE)
        self.assert_usable()

    def test_the_limit_comes_before_method_and_parameters(self):
        self.assertEqual(
            set(self.codes("gettoken", lambda: self.signed("gettoken"))), {10009, 200010}
        )
        self.assertIn(200010, self.codes("closeRTCRoom", lambda: self.signed("closeRTCRoom")))

    def test_wrong_signatures_and_pings_do_not_count(self):
        wrong = self.signed("removetoken", {"uid": 1}) | {"sign": "0" * 32}
        self.assertEqual(set(self.codes("removetoken", lambda: wrong)), {200002})
        self.assertEqual(set(self.codes("*ping", dict)), {0})
        for _ in range(self.RATE):
            self.assert_code(0, "removetoken", self.signed("removetoken", {"uid": fresh()}))

    def test_each_app_has_its_own(self):
        self.server.command("app", "create", "other-org/other-app")
        other = self.server.project("other-org/other-app")
        self.assertIn(
            200010, self.codes("removetoken", lambda: self.signed("removetoken", {"uid": 1}))
        )
        self.assert_code(0, "removetoken", signed(other, "removetoken", {"uid": 1}))


class OneConnectionServesManyProjects(SignatureTest):
    def test_each_with_its_own_users(self):
        self.server.command("app", "create", "second-org/second-app")
        user, group = fresh(2)
        projects = [self.rtm.project, self.server.project("second-org/second-app")]
        for project in projects:
            for method, params in [
                ("setuserinfo", {"uid": user, "oinfo": str(project.pid)}),
                ("addgroupmembers", {"gid": group, "uids": [project.pid]}),
            ]:
                self.assert_code(0, method, signed(project, method, params))
        for self.rtm.project in projects:
            pid = self.rtm.project.pid
            self.assert_result({"oinfo": str(pid), "pinfo": ""}, "getuserinfo", uid=user)
            self.assert_result({"uids": [pid]}, "getgroupmembers", gid=group)
        first, second = projects
        crossed = Project(first.pid, second.secret)
        self.assert_code(200002, "getuserinfo", signed(crossed, "getuserinfo", {"uid": user}))
