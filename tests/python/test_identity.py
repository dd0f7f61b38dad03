"""One user, two dialects: what REST knows about him and what RTM does is the same.

RTM names a user by a number: his name if that is a decimal number, and else 2^62 plus his row.
"""

from case import GateTest, fresh
from server import FIRST_APP

NAMED = 1 << 62


class IdentityTest(GateTest):
    def setUp(self):
        super().setUp()
        self.rest = self.server.rest()

    def named(self, count=1):
        """New users with names that are no numbers: names and uids."""
        names = [f"user-{number}" for number in fresh(max(count, 2))[:count]]
        self.rest.register(*names)
        uids = self.uids()
        return [(name, uids[name]) for name in names]

    def uids(self):
        """Uid of every user, as the command line shows it."""
        users = self.server.json_of("user", "list", FIRST_APP, "--limit", "1000000")
        return {user["username"]: user["uid"] for user in users}

    def texts(self, uid):
        return self.rtm.call("getuserinfo", uid=uid)


class UsersAreTheSame(IdentityTest):
    def test_named_at_rest_numbered_at_rtm(self):
        [(name, uid)] = self.named()
        self.assertGreater(uid, NAMED)
        self.assert_done("setuserinfo", uid=uid, oinfo="of a name")
        self.assertEqual(self.texts(uid)["oinfo"], "of a name")
        self.assertEqual(self.uids()[name], uid)

    def test_numbers_that_are_names_are_the_uids(self):
        number = fresh()
        self.rest.register(str(number))
        self.assertEqual(self.uids()[str(number)], number)
        self.assert_done("setuserinfo", uid=number, oinfo="a")

    def test_names_that_only_look_like_numbers_are_names(self):
        number = fresh()
        names = [f"0{number}", f"-{number}", f"{number}.0", str(NAMED + 1), str(1 << 63), "0"]
        self.rest.register(*names)
        uids = self.uids()
        for name in names:
            self.assertGreater(uids[name], NAMED, name)
            self.rtm.call("setuserinfo", uid=uids[name], oinfo=name)
            self.assertEqual(self.texts(uids[name])["oinfo"], name)

    def test_rtm_makes_a_user_by_changing_something_and_rest_sees_him(self):
        for method, params in [
            ("setuserinfo", {"oinfo": "a"}),
            ("addfriends", {"friends": [5]}),
            ("addblacks", {"blacks": [5]}),
            ("addprojectblack", {"btime": 60}),
            ("addgroupmembers", {"gid": fresh(), "uids": []}),
            ("addroommember", {"rid": fresh()}),
            ("dataset", {"key": "k", "val": "v"}),
            ("gettoken", {}),
            ("adddevice", {"devicetoken": "t"}),
        ]:
            uid = fresh()
            params = params | {"uids": [uid]} if "uids" in params else params | {"uid": uid}
            self.assertIsNone(self.rest.user(uid))
            self.rtm.call(method, **params)
            self.assertEqual(self.rest.user(uid)["username"], str(uid), method)

    def test_rtm_makes_nobody_by_asking(self):
        uid, other = fresh(2)
        for method, params in [
            ("getuserinfo", {}),
            ("isprojectblack", {}),
            ("removeprojectblack", {}),
            ("kickout", {}),
            ("removetoken", {}),
            ("getfriends", {}),
            ("isfriends", {"fuids": [other]}),
            ("delfriends", {"friends": [other]}),
            ("delblacks", {"blacks": [other]}),
            ("isblack", {"buid": other}),
            ("dataget", {"key": "k"}),
            ("datadel", {"key": "k"}),
            ("getoption", {}),
            ("removeroomban", {"rid": 1}),
            ("delroommember", {"rid": 1}),
            ("getusergroups", {}),
        ]:
            self.rtm.call(method, uid=uid, **params)
        self.rtm.call("getuseropeninfo", uids=[uid, other])
        self.assertEqual((self.rest.user(uid), self.rest.user(other)), (None, None))


class RelationsAreTheSame(IdentityTest):
    def setUp(self):
        super().setUp()
        (self.maya, self.maya_uid), (self.omar, self.omar_uid) = self.named(2)

    def test_contacts_are_friends_both_ways(self):
        self.rest.add_contact(self.maya, self.omar)
        self.assert_result({"uids": [self.omar_uid]}, "getfriends", uid=self.maya_uid)
        self.assert_result({"uids": [self.maya_uid]}, "getfriends", uid=self.omar_uid)
        self.assert_result({"ok": True}, "isfriend", uid=self.omar_uid, fuid=self.maya_uid)
        self.rest.remove_contact(self.omar, self.maya)
        self.assert_result({"uids": []}, "getfriends", uid=self.maya_uid)
        self.assert_result({"uids": []}, "getfriends", uid=self.omar_uid)

    def test_friends_are_contacts_one_way(self):
        number = fresh()
        self.assert_done("addfriends", uid=self.maya_uid, friends=[self.omar_uid, number])
        self.assertCountEqual(self.rest.contacts(self.maya), [self.omar, str(number)])
        self.assertEqual(self.rest.contacts(self.omar), [])
        self.assertEqual(self.rest.contacts(number), [])
        self.assert_done("delfriends", uid=self.maya_uid, friends=[number])
        self.assertEqual(self.rest.contacts(self.maya), [self.omar])

    def test_blocks_are_blacks_one_way(self):
        self.rest.block(self.maya, self.omar)
        self.assert_result({"uids": [self.omar_uid]}, "getblacks", uid=self.maya_uid)
        self.assert_result({"ok": True}, "isblack", uid=self.omar_uid, buid=self.maya_uid)
        self.assert_result({"ok": False}, "isblack", uid=self.maya_uid, buid=self.omar_uid)
        self.assert_done("addblacks", uid=self.omar_uid, blacks=[self.maya_uid])
        self.assertEqual(self.rest.blocks(self.omar), [self.maya])
        self.rest.unblock(self.omar, self.maya)
        self.assert_result({"uids": []}, "getblacks", uid=self.omar_uid)
        self.assert_done("delblacks", uid=self.maya_uid, blacks=[self.omar_uid])
        self.assertEqual(self.rest.blocks(self.maya), [])


class BansAreTheSame(IdentityTest):
    def test_the_black_list_of_a_project_and_deactivation(self):
        for name, uid in (*self.named(), (str(number := fresh()), number)):
            self.assert_done("addprojectblack", uid=uid, btime=3600)
            self.assertFalse(self.rest.user(name)["activated"])
            self.assert_done("removeprojectblack", uid=uid)
            self.assertTrue(self.rest.user(name)["activated"])
            self.rest.call("POST", f"users/{name}/deactivate")
            self.assert_result({"ok": True}, "isprojectblack", uid=uid)
            self.rest.call("POST", f"users/{name}/activate")
            self.assert_result({"ok": False}, "isprojectblack", uid=uid)


class DeletedUsersAreGone(IdentityTest):
    def test_with_everything_that_was_theirs(self):
        group, room, friend = fresh(3)
        for name, uid in (*self.named(), (str(number := fresh()), number)):
            self.rtm.call("setuserinfo", uid=uid, oinfo="o", pinfo="p")
            self.rtm.call("addgroupmembers", gid=group, uids=[uid])
            self.rtm.call("addroommember", rid=room, uid=uid)
            self.rtm.call("addfriends", uid=friend, friends=[uid])
            self.rtm.call("addfriends", uid=uid, friends=[friend])
            self.rtm.call("addblacks", uid=friend, blacks=[uid])
            self.rtm.call("addgroupban", uid=uid, gid=group)
            self.rtm.call("addoption", uid=uid, type=0, xid=friend)
            self.rtm.call("dataset", uid=uid, key="k", val="v")
            self.rest.delete(name)
            self.assertEqual(self.texts(uid), {"oinfo": "", "pinfo": ""})
            self.assert_result({"uids": []}, "getgroupmembers", gid=group)
            self.assert_result({"cn": 0}, "getgroupcount", gid=group)
            self.assert_result({"uids": []}, "getroommembers", rid=room)
            self.assert_result({"cn": {str(room): 0}}, "getroomcount", rid=room)
            self.assert_result({"uids": []}, "getfriends", uid=friend)
            self.assert_result({"uids": []}, "getfriends", uid=uid)
            self.assert_result({"uids": []}, "getblacks", uid=friend)
            self.assert_result({"ok": False}, "isbanofgroup", gid=group, uid=uid)
            self.assert_result({"p2p": {}, "group": {}}, "getoption", uid=uid)
            self.assert_result({}, "dataget", uid=uid, key="k")

    def test_and_their_uids_with_them_unless_those_are_names(self):
        [(name, uid)] = self.named()
        number = fresh()
        self.rtm.call("setuserinfo", uid=number, oinfo="before")
        for gone in (name, number):
            self.rest.delete(gone)
        self.assert_refused(200001, "setuserinfo", uid=uid, oinfo="after")
        self.assert_refused(200001, "addgroupmembers", gid=fresh(), uids=[fresh(), uid])
        self.assert_refused(200001, "gettoken", uid=uid)
        self.assert_done("setuserinfo", uid=number, pinfo="after")
        self.assertEqual(self.texts(number), {"oinfo": "", "pinfo": "after"})

    def test_and_a_later_owner_of_the_name_inherits_nothing(self):
        [(name, uid)] = self.named()
        self.rtm.call("setuserinfo", uid=uid, oinfo="old")
        self.rest.delete(name)
        self.rest.register(name)
        self.assertNotEqual(self.uids()[name], uid)
        self.assertEqual(self.texts(self.uids()[name])["oinfo"], "")
        self.assertEqual(self.texts(uid)["oinfo"], "")

    def test_a_uid_of_a_row_that_never_was_is_nobody(self):
        for uid in (NAMED + 1_000_000_000, (1 << 63) - 1):
            self.assertEqual(self.texts(uid), {"oinfo": "", "pinfo": ""})
            self.assert_refused(200001, "setuserinfo", uid=uid, oinfo="a")

    def test_a_user_with_a_number_for_a_name_has_no_second_uid(self):
        number = fresh()
        [(_, before)] = self.named()
        self.rtm.call("setuserinfo", uid=number, oinfo="one")
        [(_, after)] = self.named()
        for uid in range(before + 1, after):
            self.assertEqual(self.texts(uid)["oinfo"], "")
            self.assert_refused(200001, "setuserinfo", uid=uid, oinfo="two")
