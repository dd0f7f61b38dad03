"""The ways in which SDKs write the same parameter. FPNN sections 3 and 9."""

import json

import msgpack

from case import GateTest, fresh
from fpnn import JSON, quest_of
from rtm import Refused, check_encoding, signed


def key(name):
    """A map key."""
    return msgpack.packb(name)


class ParametersHaveManyForms(GateTest):
    def ask_raw(self, method, params, *extra):
        """Asks with signed `params` and further entries that are packed already."""
        entries = [
            msgpack.packb(k) + msgpack.packb(v)
            for k, v in signed(self.rtm.project, method, params).items()
        ]
        entries += extra
        payload = b"\xde" + len(entries).to_bytes(2, "big") + b"".join(entries)
        self.rtm.send(quest_of(method, payload))
        answer = self.rtm.receive()
        check_encoding(answer)
        return answer.value

    def test_an_integer_may_have_any_width(self):
        self.rtm.call("setuserinfo", uid=100, oinfo="a hundred")
        for packed in ("64", "cc64", "cd0064", "ce00000064", "cf" + "0" * 14 + "64",
                       "d064", "d10064", "d200000064", "d3" + "0" * 14 + "64"):  # fmt: skip
            value = self.ask_raw("getuserinfo", {}, key("uid") + bytes.fromhex(packed))
            self.assertEqual(value, {"oinfo": "a hundred", "pinfo": ""}, packed)

    def test_an_integer_past_63_bits_is_of_the_wrong_type(self):
        value = self.ask_raw("getuserinfo", {}, key("uid") + b"\xcf" + b"\xff" * 8)
        self.assertEqual(value["code"], 10010)

    def test_the_largest_integers_are_taken_as_they_are(self):
        for uid in ((1 << 62) - 1, 1 << 62):
            self.rtm.call("setuserinfo", uid=uid, oinfo=str(uid))
            self.assert_result({"info": {str(uid): str(uid)}}, "getuseropeninfo", uids=[uid])
        group = (1 << 63) - 1
        self.rtm.call("addgroupmembers", gid=group, uids=[1 << 62])
        self.assert_result({"gids": [group]}, "getusergroups", uid=1 << 62)

    def test_text_may_be_sent_as_bytes_and_in_old_forms(self):
        user = fresh()
        text = "é".encode()
        for packed in (b"\xa2", b"\xd9\x02", b"\xda\x00\x02", b"\xdb\x00\x00\x00\x02",
                       b"\xc4\x02", b"\xc5\x00\x02", b"\xc6\x00\x00\x00\x02"):  # fmt: skip
            self.rtm.call("setuserinfo", uid=user, oinfo="")
            self.assertEqual(
                self.ask_raw("setuserinfo", {"uid": user}, key("oinfo") + packed + text), {}
            )
            self.assert_result({"oinfo": "é", "pinfo": ""}, "getuserinfo", uid=user)

    def test_text_that_is_not_utf8_is_of_the_wrong_type(self):
        value = self.ask_raw("setuserinfo", {"uid": fresh()}, key("oinfo") + b"\xa2\xff\xfe")
        self.assertEqual(value["code"], 10010)
        self.assert_usable()

    def test_ids_may_be_the_values_or_the_keys_of_a_map(self):
        users = sorted(fresh(3))
        as_values = {str(place): user for place, user in enumerate(users)}
        as_number_keys = {user: {} for user in users}
        as_text_keys = {str(user): {} for user in users}
        for ids in (users, tuple(users), as_values, as_number_keys, as_text_keys):
            group = fresh()
            self.rtm.call("addgroupmembers", gid=group, uids=ids)
            self.assert_members(users, "getgroupmembers", "uids", gid=group)

    def test_nil_is_as_if_absent(self):
        user = fresh()
        self.rtm.call("setuserinfo", uid=user, oinfo="o", pinfo="p")
        self.rtm.call("setuserinfo", uid=user, oinfo=None, pinfo="q")
        self.assert_result({"oinfo": "o", "pinfo": "q"}, "getuserinfo", uid=user)
        self.rtm.call("kickout", uid=user, ce=None)
        self.assert_refused(10009, "getuserinfo", uid=None)

    def test_unknown_parameters_are_ignored(self):
        user = fresh()
        for extra in (
            {"__void__": 1},
            {"version": "PYTHON-2.2.6"},
            {"deep": [{"a": [1.5, None, b"\xff"]}]},
        ):
            self.assert_done("removetoken", uid=user, **extra)
        for extra in (
            {5: 6},
            {"a": {-1: {}}},
            [[[]]],
            b"",
            -1.5,
            msgpack.ExtType(5, b"a"),
            msgpack.Timestamp(1),
        ):
            self.assertEqual(
                self.ask_raw("removetoken", {"uid": user}, key("x") + msgpack.packb(extra)), {}
            )

    def test_of_a_repeated_parameter_the_last_counts(self):
        first, last = fresh(2)
        self.rtm.call("setuserinfo", uid=last, oinfo="last")
        value = self.ask_raw("getuserinfo", {"uid": first}, key("uid") + msgpack.packb(last))
        self.assertEqual(value["oinfo"], "last")

    def test_text_comes_back_as_it_was(self):
        user = fresh()
        for text in (
            "",
            "a" * 31,
            "a" * 32,
            "a" * 255,
            "a" * 256,
            "世界 🌍",
            '\0\n"\\',
            "a" * 65535,
        ):
            self.rtm.call("setuserinfo", uid=user, oinfo=text, pinfo=text)
            self.assert_result({"oinfo": text, "pinfo": text}, "getuserinfo", uid=user)


class JsonIsAnsweredInJson(GateTest):
    def call_json(self, method, /, **params):
        """The answer to a quest in JSON."""
        answer = self.rtm.ask(method, signed(self.rtm.project, method, params), flags=JSON)
        self.assertEqual(answer.flags, JSON)
        if answer.status:
            raise Refused(method, answer.value)
        return answer.value

    def test_ping(self):
        answer = self.rtm.ask("*ping", flags=JSON, version=0, seq=0xFFFFFFFE)
        self.assertEqual(
            (answer.flags, answer.version, answer.seq, answer.status), (JSON, 0, 0xFFFFFFFE, 0)
        )
        self.assertEqual(list(answer.value), ["ts"])

    def test_results_and_empty_results(self):
        user, other = fresh(2)
        text = 'é 世界 🌍 "\\\n\0'
        self.assertEqual(self.call_json("setuserinfo", uid=user, oinfo=text), {})
        self.assertEqual(self.call_json("getuserinfo", uid=user), {"oinfo": text, "pinfo": ""})
        self.assertEqual(self.call_json("addfriends", uid=user, friends=[other]), {})
        self.assertEqual(self.call_json("isfriend", uid=user, fuid=other), {"ok": True})
        self.assertEqual(self.call_json("getfriends", uid=user), {"uids": [other]})
        self.assertEqual(self.call_json("getroomcount", rids=[other]), {"cn": {str(other): 0}})

    def test_numbers_may_have_a_fraction_of_nothing(self):
        self.assertEqual(self.call_json("removetoken", uid=float(fresh())), {})
        with self.assertRaises(Refused) as refusal:
            self.call_json("removetoken", uid=1.5)
        self.assertEqual(refusal.exception.code, 10010)

    def test_numbers_of_63_bits_are_exact(self):
        group = (1 << 63) - 2
        self.call_json("addgroupmembers", gid=group, uids=[(1 << 62) - 3])
        self.assertEqual(self.call_json("getusergroups", uid=(1 << 62) - 3), {"gids": [group]})

    def test_errors(self):
        for code, method, params in [
            (20004, "nosuch", {}),
            (10009, "gettoken", {}),
            (200001, "gettoken", {"uid": 0}),
        ]:
            with self.assertRaises(Refused) as refusal:
                self.call_json(method, **params)
            self.assertEqual(refusal.exception.code, code)
        self.assert_usable()

    def test_both_encodings_share_a_connection(self):
        user = fresh()
        self.call_json("setuserinfo", uid=user, oinfo="json")
        self.assert_result({"oinfo": "json", "pinfo": ""}, "getuserinfo", uid=user)
        self.assertEqual(self.call_json("getuserinfo", uid=user)["oinfo"], "json")

    def test_space_around_it_does_not_matter(self):
        payload = json.dumps(
            signed(self.rtm.project, "removetoken", {"uid": fresh()}), indent=4
        ).encode()
        self.rtm.send(quest_of("removetoken", b"\r\n\t " + payload + b" \n", flags=JSON))
        self.assertEqual(self.rtm.receive().payload, b"{}")
