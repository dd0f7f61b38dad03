"""Packages that are right: framing, order, versions, numbers. FPNN sections 1, 2 and 4."""

import random

from case import GateTest, fresh
from fpnn import ANSWER, MSGPACK, U32, header, one_way, quest, quest_of
from rtm import check_encoding, signed


class PackagesAreAnswered(GateTest):
    def test_ping_tells_the_time_in_milliseconds(self):
        answer = self.rtm.ask("*ping")
        check_encoding(answer)
        self.assertEqual(list(answer.value), ["ts"])
        self.assertGreater(answer.value["ts"], 1_600_000_000_000)

    def test_an_answer_repeats_version_and_number_of_its_quest(self):
        for version in (0, 1, 7, 255):
            for seq in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF):
                answer = self.rtm.ask("*ping", version=version, seq=seq)
                head = (answer.version, answer.flags, answer.kind, answer.status, answer.seq)
                self.assertEqual(head, (version, MSGPACK, ANSWER, 0, seq))

    def test_a_number_may_be_used_again(self):
        user = fresh()
        for _ in range(3):
            self.assertEqual(self.rtm.ask("*ping", seq=user).seq, user)
        self.rtm.send(*[self.info_quest(user)] * 10)
        self.assertEqual([self.rtm.receive().seq for _ in range(10)], [user] * 10)

    def test_an_empty_result_is_one_byte(self):
        params = signed(self.rtm.project, "removetoken", {"uid": fresh()})
        self.assertEqual(self.rtm.ask("removetoken", params).payload, b"\x80")

    def test_many_quests_in_one_segment_are_each_answered_once(self):
        seqs = random.sample(range(1 << 32), 1000)
        self.rtm.send(*(quest("*ping", seq=seq) for seq in seqs))
        self.rtm.end()
        self.assertCountEqual([answer.seq for answer in self.rtm.receive_rest()], seqs)

    def test_answers_belong_to_the_quests_with_their_numbers(self):
        users = fresh(300)
        for user in users[::3]:
            self.rtm.call("setuserinfo", uid=user, oinfo=f"I am {user}")
        self.rtm.send(*(self.info_quest(user) for user in users))
        self.rtm.end()
        texts = {answer.seq: answer.value["oinfo"] for answer in self.rtm.receive_rest()}
        expected = dict.fromkeys(users, "") | {user: f"I am {user}" for user in users[::3]}
        self.assertEqual(texts, expected)

    def info_quest(self, user):
        params = signed(self.rtm.project, "getuserinfo", {"uid": user})
        return quest("getuserinfo", params, seq=user)

    def test_a_package_may_arrive_byte_by_byte(self):
        user = fresh()
        self.rtm.call("setuserinfo", uid=user, oinfo="slow")
        self.rtm.send_slowly(quest("*ping", seq=1), self.info_quest(user), quest("*ping", seq=3))
        answers = {answer.seq: answer for answer in (self.rtm.receive() for _ in range(3))}
        self.assertEqual(set(answers), {1, 3, user})
        self.assertEqual(answers[user].value, {"oinfo": "slow", "pinfo": ""})

    def test_a_client_that_has_said_all_is_answered_before_the_end(self):
        self.rtm.send(self.info_quest(fresh()))
        self.rtm.end()
        self.assertEqual(len(self.rtm.receive_rest()), 1)

    def test_nothing_arrives_unasked(self):
        self.rtm.call("getonlineusers", uids=[fresh()])
        self.rtm.end()
        self.assertEqual(self.rtm.receive_rest(), [])

    def test_quests_of_one_connection_take_effect_in_their_order(self):
        group, users = fresh(), fresh(40)
        quests, expected = [], []
        for index, user in enumerate(users):
            quests += [
                ("addgroupmembers", {"gid": group, "uids": [user]}),
                ("getgroupmembers", {"gid": group}),
            ]
            expected.append(index + 1)
            if index % 2:
                quests += [("delgroup", {"gid": group}), ("getgroupmembers", {"gid": group})]
                expected.append(0)
                group = fresh()
        packages = [
            quest(method, signed(self.rtm.project, method, params), seq=seq)
            for seq, (method, params) in enumerate(quests)
        ]
        self.rtm.send(*packages)
        answers = {answer.seq: answer.value for answer in (self.rtm.receive() for _ in packages)}
        sizes = [len(answers[seq]["uids"]) for seq in sorted(answers) if "uids" in answers[seq]]
        self.assertEqual(sizes, [1, 2, 0] * (len(users) // 2))


class MethodsAreKnownOrNot(GateTest):
    def test_an_unknown_method_is_refused_whatever_its_parameters(self):
        for method in ("nosuch", "GETTOKEN", "gettoken ", "*nosuch", "*", "é", "x" * 255):
            for params in ({}, {"pid": "wrong"}):
                answer = self.rtm.ask(method, params)
                check_encoding(answer)
                self.assertEqual((answer.status, answer.value["code"]), (1, 20004), method)

    def test_the_code_of_an_error_is_a_short_number(self):
        self.assertIn(b"\xa4code\xcd\x4e\x24", self.rtm.ask("nosuch").payload)

    def test_a_method_name_that_is_no_text_is_unknown_too(self):
        head = header(ss=2, size=1)
        self.rtm.send(head + U32.pack(9) + b"\xff\xfe" + b"\x80")
        answer = self.rtm.receive()
        self.assertEqual((answer.seq, answer.value["code"]), (9, 20004))

    def test_one_way_quests_are_never_answered(self):
        user = fresh()
        wrong = {"pid": 1, "sign": "", "salt": 1}
        self.rtm.send(
            one_way("nosuch"),
            one_way("*ping"),
            one_way("gettoken"),
            one_way("gettoken", wrong),
            one_way("getuserinfo", signed(self.rtm.project, "getuserinfo", {"uid": user})),
            one_way("setuserinfo", signed(self.rtm.project, "setuserinfo", {"uid": -1})),
            quest("*ping", seq=77),
        )
        self.rtm.end()
        self.assertEqual([answer.seq for answer in self.rtm.receive_rest()], [77])

    def test_one_way_quests_take_effect(self):
        user = fresh()
        params = signed(self.rtm.project, "setuserinfo", {"uid": user, "oinfo": "one way"})
        self.rtm.send(one_way("setuserinfo", params))
        self.assert_result({"oinfo": "one way", "pinfo": ""}, "getuserinfo", uid=user)

    def test_answers_to_nothing_are_ignored(self):
        for status, payload in ((0, b"\x80"), (1, b"\x81\xa4code\x01")):
            self.rtm.send(header(kind=ANSWER, ss=status, size=len(payload)) + U32.pack(3) + payload)
        self.assert_usable()

    def test_a_connection_stays_usable_after_every_error_answer(self):
        for code, method, params in [
            (20004, "nosuch", {}),
            (10009, "gettoken", {}),
            (10010, "gettoken", {"uid": "a"}),
            (200001, "gettoken", {"uid": 0}),
            (200032, "getonlineusers", {"uids": fresh(201)}),
            (200033, "getonlineusers", {"uids": []}),
            (200034, "getgroupmembers", {"gid": 0}),
            (200060, "translate", {}),
            (200020, "closeRTCRoom", {}),
        ]:
            self.assert_refused(code, method, **params)
            self.assert_usable()
        for code, params in [
            (10009, {}),
            (10010, {"pid": "a"}),
            (200002, {"pid": 1, "sign": "", "salt": 1}),
        ]:
            for _ in range(20):
                self.assertEqual(self.rtm.ask("gettoken", params).value["code"], code)
        self.assert_usable()

    def test_a_stranger_sends_packages_of_160_kib_at_most(self):
        for size, fits in ((160 << 10, True), ((160 << 10) + 1, False)):
            connection = self.connect()
            padding = size - len(quest_of("*ping", b"")) - len(b"\x81\xa1x\xc6") - 4
            payload = b"\x81\xa1x\xc6" + padding.to_bytes(4, "big") + bytes(padding)
            connection.send(quest_of("*ping", payload))
            if fits:
                self.assertEqual(connection.receive().status, 0)
            else:
                self.assert_closed(connection)

    def test_the_largest_package_is_8_mib(self):
        for too_much in (0, 1):
            connection = self.connect()
            size = (8 << 20) - len(quest_of("*ping", b"")) + too_much
            padding = size - len(b"\x81\xa1x\xc6") - 4
            payload = b"\x81\xa1x\xc6" + padding.to_bytes(4, "big") + bytes(padding)
            connection.call("isprojectblack", uid=1)
            connection.send(quest_of("*ping", payload))
            if too_much:
                self.assert_closed(connection)
            else:
                self.assertEqual(connection.receive().status, 0)
