"""Every method of the client gate but those about messages: what it answers, what it refuses.
RTM client gate section 3."""

import time

from case import SdkTest, fresh
from fpnn import ONE_WAY, quest_of
from sdk import Int64, packed

NO_USER, TOO_MANY, EMPTY, INVALID = 200001, 200032, 200033, 200034
NOT_IN_ROOM, NO_MEMBER, TOO_MANY_ROOMS, TOO_MANY_FRIENDS = 200040, 200041, 200047, 200048
TOO_LARGE = (200030, 200035)
MISSING, WRONG_TYPE, UNKNOWN = 10009, 10010, 20004
NOT_ENABLED, FORBIDDEN = 200060, 200020

# What each cannot do without, with a possible value. Section 3.
REQUIRED = {
    "addattrs": {"attrs": {"a": "b"}},
    "kickout": {"ce": "10.0.0.1:1"},
    "enterroom": {"rid": 5},
    "enterrooms": {"rids": [5]},
    "leaveroom": {"rid": 5},
    "getroommembers": {"rid": 5},
    "getroomcount": {"rids": [5]},
    "setroominfo": {"rid": 5},
    "getroominfo": {"rid": 5},
    "getroomopeninfo": {"rid": 5},
    "getroomsopeninfo": {"rids": [5]},
    "addgroupmembers": {"gid": 5, "uids": [5]},
    "delgroupmembers": {"gid": 5, "uids": [5]},
    "getgroupmembers": {"gid": 5},
    "getgroupcount": {"gid": 5},
    "setgroupinfo": {"gid": 5},
    "getgroupinfo": {"gid": 5},
    "getgroupopeninfo": {"gid": 5},
    "getgroupsopeninfo": {"gids": [5]},
    "addfriends": {"friends": [5]},
    "delfriends": {"friends": [5]},
    "addblacks": {"blacks": [5]},
    "delblacks": {"blacks": [5]},
    "getonlineusers": {"uids": [5]},
    "getuseropeninfo": {"uids": [5]},
    "dataset": {"key": "k", "val": "v"},
    "dataget": {"key": "k"},
    "datadel": {"key": "k"},
    "dbset": {"key": "k", "val": "v"},
    "dbget": {"key": "k"},
    "adddevice": {"apptype": "fcm", "devicetoken": "t"},
    "removedevice": {"devicetoken": "t"},
    "addoption": {"type": 0, "xid": 5},
    "removeoption": {"type": 0, "xid": 5},
}
LISTS = {
    "enterrooms": "rids",
    "getroomcount": "rids",
    "getroomsopeninfo": "rids",
    "getgroupsopeninfo": "gids",
    "addfriends": "friends",
    "delfriends": "friends",
    "addblacks": "blacks",
    "delblacks": "blacks",
    "getonlineusers": "uids",
}
AT_MOST = {"getonlineusers": 200}
VALUE_ADDED = (
    "setlang translate profanity tcheck icheck acheck vcheck speech2text speechtranslation"
    " transcribe stranscribe"
).split()
ELSEWHERE = (
    "imclient_addfriend imclient_joingroup imclient_joinroom imclient_getuserinfos createRTCRoom enterRTCRoom"
    " requestP2PRTC adminCommand"
).split()
OF_BACK_ENDS = (
    "gettoken removetoken addprojectblack removeprojectblack isprojectblack addroommember"
    " delroommember addgroupban delgroup isfriend broadcastmsg setlisten"
).split()


class MethodTest(SdkTest):
    """`self.rtm` is a user of the client gate."""

    def setUp(self):
        super().setUp()
        self.uid = fresh()
        self.rtm = self.login(self.uid, websocket=True)


class Everybody(MethodTest):
    def test_asks_the_time_and_says_things_for_the_log(self):
        before = time.time() * 1000
        answer = self.rtm.call("getservertime")
        self.assertEqual(list(answer), ["mts"])
        self.assertTrue(before - 1 <= answer["mts"] <= time.time() * 1000 + 1)
        self.assertEqual(list(self.rtm.call("*ping")), ["ts"])
        self.assert_done("ping")
        self.assert_done("adddebuglog", msg="a", attrs="b")
        self.assert_done("addvariables", var={"k": "v"})

    def test_knows_nobody_at_first(self):
        self.assert_result({"rooms": []}, "getuserrooms")
        self.assert_result({"gids": []}, "getusergroups")
        self.assert_result({"uids": []}, "getfriends")
        self.assert_result({"uids": []}, "getblacks")
        self.assert_result({"oinfo": "", "pinfo": ""}, "getuserinfo")
        self.assert_result({"p2p": {}, "group": {}}, "getoption")
        self.assert_result({}, "dataget", key="k")

    def test_has_friends_and_blocks_whom_the_back_end_sees(self):
        a, b, c = fresh(3)
        for add, remove, get, field in (
            ("addfriends", "delfriends", "getfriends", "friends"),
            ("addblacks", "delblacks", "getblacks", "blacks"),
        ):
            for _ in range(2):
                self.assert_done(add, **{field: [a, b, c, a]})
            self.assert_members([a, b, c], get, "uids")
            self.assert_done(remove, **{field: [b, fresh()]})
            self.assert_members([a, c], get, "uids")
            self.assertCountEqual(self.backend.call(get, uid=self.uid)["uids"], [a, c])
        self.assertEqual(self.backend.call("isblack", uid=a, buid=self.uid), {"ok": True})

    def test_has_300_friends_at_most(self):
        friends = fresh(301)
        for first in (0, 100, 200):
            self.assert_done("addfriends", friends=friends[first : first + 100])
        self.assert_refused(TOO_MANY_FRIENDS, "addfriends", friends=friends[300:])
        self.assert_members(friends[:300], "getfriends", "uids")

    def test_has_texts_and_reads_those_of_others(self):
        other, nobody = fresh(2)
        self.backend.call("setuserinfo", uid=other, oinfo="öffen", pinfo="secret")
        self.assert_done("setuserinfo", oinfo="o", pinfo="p")
        self.assert_done("setuserinfo", oinfo="o2", pinfo=None)
        self.assert_result({"oinfo": "o2", "pinfo": "p"}, "getuserinfo")
        info = {str(self.uid): "o2", str(other): "öffen", str(nobody): ""}
        self.assert_result({"info": info}, "getuseropeninfo", uids=[self.uid, other, nobody])
        self.assert_refused(EMPTY, "setuserinfo")
        self.assert_done("setuserinfo", oinfo="a" * 65535, pinfo="b" * 65535)
        self.assertIn(self.refusal(self.rtm, "setuserinfo", oinfo="a" * 65536), TOO_LARGE)

    def test_has_data_that_only_he_sees(self):
        other = self.login(fresh())
        for set_it, get in (("dataset", "dataget"), ("dbset", "dbget")):
            for value in ("", "v", "é" * 30000, "a" * 65535):
                self.assert_done(set_it, key="k" * 128, val=value)
                self.assert_result({"val": value}, get, key="k" * 128)
            self.assertEqual(other.call(get, key="k" * 128), {})
        for _ in range(2):
            self.assert_done("datadel", key="k" * 128)
        self.assert_result({}, "dataget", key="k" * 128)
        for key, val in (("k" * 129, ""), ("k", "a" * 65536)):
            self.assertIn(self.refusal(self.rtm, "dataset", key=key, val=val), TOO_LARGE)

    def test_has_devices_and_says_what_not_to_push(self):
        for kind in ("fcm", "apns"):
            self.assert_done("adddevice", apptype=kind, devicetoken="t")
            self.assert_done("adddevice", apptype=kind, devicetoken="t", tag="g")
        self.assert_done("removedevice", devicetoken="t", tag="g")
        self.assert_done("removedevice", devicetoken="t")
        self.assert_done("addoption", type=0, xid=7)
        self.assert_done("addoption", type=1, xid=8, mtypes=[51, 30])
        options = self.rtm.call("getoption")
        self.assertEqual(set(options), {"p2p", "group"})
        self.assertIn(0, options["p2p"]["7"])
        self.assertCountEqual(options["group"]["8"], [30, 51])
        self.assert_done("removeoption", type=0, xid=7)
        self.assert_done("removeoption", type=1, xid=8, mtypes=[51])
        self.assert_result({"p2p": {}, "group": {"8": [30]}}, "getoption")
        self.assertEqual(self.backend.call("getoption", uid=self.uid)["group"], {"8": [30]})

    def test_sees_who_is_online(self):
        friend, absent = fresh(2)
        sdk = self.login(friend)
        asked = [friend, absent, self.uid, friend]
        self.assert_members([friend, self.uid], "getonlineusers", "uids", uids=asked)
        sdk.call("bye")
        self.assert_members([self.uid], "getonlineusers", "uids", uids=asked)


class Groups(MethodTest):
    def setUp(self):
        super().setUp()
        self.group, self.other, self.third = fresh(3)
        self.backend.call("addgroupmembers", gid=self.group, uids=[self.uid, self.other])

    def test_are_changed_and_seen_by_members(self):
        group = {"gid": self.group}
        self.assert_result({"gids": [self.group]}, "getusergroups")
        self.assert_members([self.uid, self.other], "getgroupmembers", "uids", **group)
        self.assert_done("addgroupmembers", **group, uids=[self.third, self.other])
        self.assert_done("delgroupmembers", **group, uids=[self.other, fresh()])
        listed = self.rtm.call("getgroupmembers", **group, online=True)
        self.assertEqual(set(listed), {"uids", "onlines"})
        self.assertCountEqual(listed["uids"], [self.uid, self.third])
        self.assertEqual(listed["onlines"], [self.uid])
        for not_asked in ({}, {"online": False}, {"online": None}):
            listed = self.rtm.call("getgroupmembers", **group, **not_asked)
            self.assertCountEqual(listed["uids"], [self.uid, self.third])
            self.assert_result({"cn": 2}, "getgroupcount", **group, **not_asked)
        self.assert_result({"cn": 2, "online": 1}, "getgroupcount", **group, online=True)
        backend = self.backend.call("getgroupmembers", **group)["uids"]
        self.assertCountEqual(backend, [self.uid, self.third])

    def test_have_texts(self):
        group, none = {"gid": self.group}, fresh()
        self.assert_done("setgroupinfo", **group, oinfo="o", pinfo="p")
        self.assert_done("setgroupinfo", **group, pinfo="q")
        self.assert_result({"oinfo": "o", "pinfo": "q"}, "getgroupinfo", **group)
        self.rtm = self.login(fresh())
        self.assert_result({"oinfo": "o"}, "getgroupopeninfo", **group)
        info = {str(self.group): "o", str(none): ""}
        self.assert_result({"info": info}, "getgroupsopeninfo", gids=[self.group, none])

    def test_are_no_business_of_others(self):
        stranger = fresh()
        self.rtm = self.login(stranger)
        group = {"gid": self.group}
        self.assert_refused(NO_MEMBER, "addgroupmembers", **group, uids=[stranger])
        self.assert_refused(NO_MEMBER, "delgroupmembers", **group, uids=[self.uid])
        self.assert_refused(NO_MEMBER, "setgroupinfo", **group, oinfo="x")
        self.assert_refused(NO_MEMBER, "getgroupinfo", **group)
        self.assert_refused(NO_MEMBER, "addgroupmembers", gid=fresh(), uids=[stranger])
        self.assert_result({"gids": []}, "getusergroups")
        kept = self.backend.call("getgroupmembers", **group)["uids"]
        self.assertCountEqual(kept, [self.uid, self.other])

    def test_can_be_left_and_stay_left_at_the_next_login(self):
        self.assert_done("delgroupmembers", gid=self.group, uids=[self.uid])
        self.assert_refused(NO_MEMBER, "getgroupinfo", gid=self.group)
        self.rtm = self.login(self.uid)
        self.assert_result({"gids": []}, "getusergroups")


class Rooms(MethodTest):
    def assert_in(self, uids, room):
        self.assert_members(uids, "getroommembers", "uids", rid=room)
        self.assert_result({"cn": {str(room): len(uids)}}, "getroomcount", rids=[room])
        self.assertCountEqual(self.backend.call("getroommembers", rid=room)["uids"], uids)

    def own_app(self, policy):
        """An app where one connection may be in so many rooms."""
        app = f"org/app-{fresh()}"
        self.server.command("app", "create", app)
        self.server.command("app", "set-rooms", app, policy)
        self.project = self.server.project(app)
        self.backend = self.connect(self.project)
        self.rtm = self.login(self.uid)

    def test_are_entered_and_left(self):
        room, other = fresh(2)
        for _ in range(2):
            self.assert_done("enterroom", rid=room)
            self.assert_in([self.uid], room)
            self.assert_result({"rooms": [room]}, "getuserrooms")
        self.assert_done("leaveroom", rid=other)
        self.assert_in([], other)
        for _ in range(2):
            self.assert_done("leaveroom", rid=room)
            self.assert_in([], room)
        self.assert_result({"rooms": []}, "getuserrooms")
        self.assert_done("enterrooms", rids=[room])
        self.assert_result({"rooms": [room]}, "getuserrooms")

    def test_are_one_at_a_time_and_another_leaves_the_first(self):
        room, other = fresh(2)
        self.assert_done("enterroom", rid=room)
        self.assert_done("enterroom", rid=other)
        self.assert_in([], room)
        self.assert_in([self.uid], other)
        self.assert_refused(TOO_MANY_ROOMS, "enterrooms", rids=[room, fresh()])
        self.assert_result({"rooms": [other]}, "getuserrooms")
        self.assertEqual(self.rtm.pushes, [])

    def test_may_be_ten_where_the_app_says_several(self):
        self.own_app("several")
        rooms = fresh(11)
        self.assert_done("enterroom", rid=rooms[0])
        self.assert_done("enterrooms", rids=rooms[1:10])
        self.assert_members(rooms[:10], "getuserrooms", "rooms")
        self.assert_refused(TOO_MANY_ROOMS, "enterroom", rid=rooms[10])
        self.assert_done("leaveroom", rid=rooms[0])
        self.assert_done("enterroom", rid=rooms[10])
        counts = {str(room): int(room != rooms[0]) for room in rooms}
        self.assert_result({"cn": counts}, "getroomcount", rids=rooms)
        self.rtm.call("bye")
        for room in rooms:
            self.assertEqual(self.backend.call("getroommembers", rid=room), {"uids": []})

    def test_are_left_with_the_connection_however_it_ends(self):
        room = fresh()
        self.rtm = self.login(fresh())
        for end in ("bye", "close", "kick", "ban"):
            uid = fresh()
            sdk = self.login(uid, websocket=end == "close")
            sdk.call("enterroom", rid=room)
            self.assert_in([uid], room)
            if end == "bye":
                sdk.call("bye")
            elif end == "close":
                sdk.close()
                self.wait_until(lambda: not self.rtm.call("getroommembers", rid=room)["uids"])
            elif end == "kick":
                self.backend.call("kickout", uid=uid)
            else:
                self.backend.call("addprojectblack", uid=uid)
            self.assert_in([], room)

    def test_are_of_a_connection_and_a_user_is_in_until_his_last_has_left(self):
        room = fresh()
        second = self.login(self.uid)
        self.assert_done("enterroom", rid=room)
        second.call("enterroom", rid=room)
        self.assert_in([self.uid], room)
        second.call("bye")
        self.assert_in([self.uid], room)
        third = self.login(self.uid)
        self.rtm.call("bye")
        self.rtm = third
        self.assert_in([], room)

    def test_are_left_by_whom_the_back_end_puts_out(self):
        for method, params in [
            ("delroommember", lambda room: {"rid": room, "uid": self.uid}),
            ("delroommembers", lambda room: {"rid": room, "uids": [self.uid]}),
            ("deleteuserrooms", lambda room: {"rids": [room], "uid": self.uid}),
        ]:
            room = fresh()
            self.assert_done("enterroom", rid=room)
            self.backend.call(method, **params(room))
            push = self.rtm.receive_push()
            expected = ("kickoutroom", None, packed({"rid": room}))
            self.assertEqual((push.method, push.seq, push.payload), expected)
            self.assert_result({"rooms": []}, "getuserrooms")
            self.assert_refused(NOT_IN_ROOM, "getroominfo", rid=room)

    def test_are_entered_by_whom_the_back_end_puts_in(self):
        room = fresh()
        self.backend.call("addroommember", rid=room, uid=self.uid)
        self.assert_result({"rooms": [room]}, "getuserrooms")
        self.assert_in([self.uid], room)
        self.assert_result({"oinfo": "", "pinfo": ""}, "getroominfo", rid=room)

    def test_have_texts_for_those_within_and_open_ones_for_all(self):
        room, none = fresh(2)
        self.assert_refused(NOT_IN_ROOM, "getroominfo", rid=room)
        self.assert_done("enterroom", rid=room)
        self.assert_done("setroominfo", rid=room, oinfo="o", pinfo="p")
        self.assert_done("setroominfo", rid=room, oinfo=None, pinfo="q")
        self.assert_result({"oinfo": "o", "pinfo": "q"}, "getroominfo", rid=room)
        self.rtm = self.login(fresh())
        self.assert_refused(NOT_IN_ROOM, "getroominfo", rid=room)
        self.assert_result({"oinfo": "o"}, "getroomopeninfo", rid=room)
        info = {str(room): "o", str(none): ""}
        self.assert_result({"info": info}, "getroomsopeninfo", rids=[room, none])

    def test_are_numbered_in_every_way_that_sdks_write_numbers(self):
        for room in (5, 200, 70_000, 5_000_000_000, (1 << 53) + 1, (1 << 63) - 1):
            for written in (room, Int64(room), float(room)):
                if int(written) == room:
                    self.assert_done("enterroom", rid=written)
                    self.assert_result({"rooms": [room]}, "getuserrooms")
        for wrong in (1.5, float("nan"), float("inf"), 1e30, "5", True):
            self.assertNotEqual(self.refusal(self.rtm, "enterroom", rid=wrong), 0, wrong)


class EveryMethod(MethodTest):
    def test_refuses_what_lacks_a_parameter_or_has_a_wrong_one(self):
        for method, params in REQUIRED.items():
            for name in params:
                rest = {key: value for key, value in params.items() if key != name}
                for less in (rest, rest | {name: None}):
                    code = self.refusal(self.rtm, method, **less)
                    if (method, name) == ("adddevice", "apptype"):
                        continue
                    self.assertIn(code, (MISSING, EMPTY), f"{method} without {name}")
                wrong = [[]] if not isinstance(params[name], (list, dict)) else 5
                code = self.refusal(self.rtm, method, **params | {name: wrong})
                self.assertIn(code, (WRONG_TYPE, INVALID), f"{method} with a wrong {name}")

    def test_refuses_ids_that_nobody_has(self):
        for method, params in REQUIRED.items():
            for name, value in params.items():
                if name == "type" or value not in (5, [5]):
                    continue
                code = NO_USER if name in ("uids", "friends", "blacks") else INVALID
                for illegal in (0, -1, -(1 << 63)):
                    illegal = [1, illegal] if value == [5] else illegal
                    got = self.refusal(self.rtm, method, **params | {name: illegal})
                    allowed = {code, NO_MEMBER} if method.endswith("groupmembers") else {code}
                    self.assertIn(got, allowed, f"{method} {name} {illegal}")

    def test_takes_lists_up_to_their_limit(self):
        for method, name in LISTS.items():
            most = AT_MOST.get(method, 100)
            self.assert_refused(EMPTY, method, **{name: []})
            if method not in ("enterrooms", "getroomcount"):  # No such limit is stated.
                self.assert_refused(TOO_MANY, method, **{name: fresh(most + 1)})
                self.assertEqual(self.refusal(self.rtm, method, **{name: fresh(most)}), 0, method)

    def test_asks_for_the_texts_of_100_users_at_most(self):
        """Section 3.7 says 100, and section 6 which code is above."""
        self.assert_refused(EMPTY, "getuseropeninfo", uids=[])
        self.assertEqual(len(self.rtm.call("getuseropeninfo", uids=fresh(100))["info"]), 100)
        self.assert_refused(TOO_MANY, "getuseropeninfo", uids=fresh(101))

    def test_takes_unknown_keys_and_nil_for_what_is_optional(self):
        for method in ("getfriends", "getuserrooms", "getservertime", "getattrs", "ping"):
            answer = self.rtm.call(method, nobody="knows", this=None, other={"a": [1.5]})
            self.assertEqual(set(answer), set(self.rtm.call(method)))

    def test_is_done_without_an_answer_when_asked_one_way(self):
        self.rtm.send(quest_of("setuserinfo", packed({"oinfo": "a"}), kind=ONE_WAY))
        self.rtm.send(quest_of("nosuch", b"\x80", kind=ONE_WAY))
        self.rtm.send(quest_of("getfriends", b"\x80", kind=ONE_WAY))
        self.wait_until(lambda: self.rtm.call("getuserinfo")["oinfo"] == "a")

    def test_that_is_not_there_is_said_to_be_so(self):
        for method in VALUE_ADDED:
            self.assert_refused(NOT_ENABLED, method)
        for method in ELSEWHERE:
            self.assertIn(self.refusal(self.rtm, method), (FORBIDDEN, UNKNOWN), method)
        for method in ("nosuch", "*nosuch", "Auth", "getFriends", "é", "a" * 255):
            self.assert_refused(UNKNOWN, method)

    def test_of_the_other_gate_is_not_there(self):
        for method in OF_BACK_ENDS:
            self.assertIn(self.refusal(self.rtm, method, uid=self.uid), (FORBIDDEN, UNKNOWN))

    def test_is_about_the_user_who_asks_whatever_is_said(self):
        victim = fresh()
        self.rtm.call("setuserinfo", oinfo="mine", uid=victim)
        self.rtm.call("addfriends", friends=[1], uid=victim)
        self.assertEqual(self.backend.call("getuserinfo", uid=victim)["oinfo"], "")
        self.assertEqual(self.backend.call("getfriends", uid=victim), {"uids": []})
