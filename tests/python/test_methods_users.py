"""Tokens, presence, the project's black list, texts. RTM server gate sections 3 and 4."""

from functools import partial

from case import GateTest, fresh


class Tokens(GateTest):
    def test_a_token_is_short_printable_and_new_each_time(self):
        user = fresh()
        tokens = [
            self.rtm.call("gettoken", uid=user, version="PYTHON-2.2.6")["token"] for _ in range(20)
        ]
        self.assertEqual(len(set(tokens)), 20)
        for token in tokens:
            self.assertTrue(token.isascii() and token.isprintable() and 0 < len(token) <= 32, token)

    def test_removing_tokens_leaves_the_user_able_to_get_another(self):
        user = fresh()
        first = self.rtm.call("gettoken", uid=user)["token"]
        self.assert_done("removetoken", uid=user)
        self.assertNotEqual(self.rtm.call("gettoken", uid=user)["token"], first)


class Presence(GateTest):
    def test_nobody_is_online_without_a_session(self):
        users = fresh(200)
        self.rtm.call("gettoken", uid=users[0])
        self.assert_result({"uids": []}, "getonlineusers", uids=users)

    def test_at_most_200_are_asked_about(self):
        users = fresh(201)
        self.assert_refused(200032, "getonlineusers", uids=users)
        self.assert_result({"uids": []}, "getonlineusers", uids=users[:200] + users[:50])

    def test_kicking_somebody_who_is_not_there_succeeds(self):
        for endpoint in ({}, {"ce": ""}, {"ce": "10.0.0.1:13321"}):
            self.assert_done("kickout", uid=fresh(), **endpoint)


class BlackList(GateTest):
    def assert_black(self, expected, user):
        self.assert_result({"ok": expected}, "isprojectblack", uid=user)

    def test_is_entered_and_left(self):
        user, other = fresh(2)
        self.assert_black(False, user)
        self.assert_done("addprojectblack", uid=user, btime=3600)
        self.assert_black(True, user)
        self.assert_black(False, other)
        self.assert_done("removeprojectblack", uid=user)
        self.assert_black(False, user)

    def test_is_for_ever_when_no_time_is_given(self):
        for btime in (
            {},
            {"btime": None},
            {"btime": 0},
            {"btime": -1},
            {"btime": -(1 << 31)},
            {"btime": (1 << 31) - 1},
        ):
            user = fresh()
            self.assert_done("addprojectblack", uid=user, **btime)
            self.assert_black(True, user)

    def test_and_mute_of_the_project_are_two_things(self):
        user = fresh()
        self.assert_done("addprojectban", uid=user, btime=60)
        self.assert_result({"ok": True}, "isprojectban", uid=user)
        self.assert_black(False, user)
        self.assert_done("addprojectblack", uid=user, btime=60)
        self.assert_done("removeprojectban", uid=user)
        self.assert_result({"ok": False}, "isprojectban", uid=user)
        self.assert_black(True, user)

    def test_a_mute_of_the_project_is_none_of_a_room_or_group(self):
        user, place = fresh(2)
        self.assert_done("addprojectban", uid=user)
        self.assert_result({"ok": True}, "isprojectban", uid=user)
        self.assert_done("addroomban", uid=fresh())
        self.assert_result({"ok": False}, "isprojectban", uid=place)


class BansEnd(GateTest):
    """A second is waited for here, by asking until it is over; all kinds share that second."""

    def test_when_their_time_is_over_also_if_they_were_for_ever_before(self):
        user, place = fresh(2)
        kinds = [
            ("addprojectblack", "isprojectblack", {"uid": user}),
            ("addprojectban", "isprojectban", {"uid": user}),
            ("addroomban", "isbanofroom", {"uid": user, "rid": place}),
            ("addgroupban", "isbanofgroup", {"uid": user, "gid": place}),
        ]
        for add, ask, params in kinds:
            self.assert_done(add, **params)
            self.assert_result({"ok": True}, ask, **params)
        for add, _, params in kinds:
            self.assert_done(add, **params, btime=1)
        for _, ask, params in kinds:
            self.wait_until(partial(self.is_over, ask, params))

    def is_over(self, ask, params):
        return not self.rtm.call(ask, **params)["ok"]


class Texts(GateTest):
    """The texts of users, rooms and groups follow the same rules."""

    NOUNS = (("user", "uid"), ("room", "rid"), ("group", "gid"))

    def each(self):
        """Each noun with an id of its own."""
        for self.noun, id_name in self.NOUNS:
            self.id = {id_name: fresh()}
            with self.subTest(self.noun):
                yield

    def set(self, **texts):
        """Sets texts."""
        self.assert_done(f"set{self.noun}info", **self.id, **texts)

    def assert_texts(self, open_text, private):
        """Looks at them."""
        self.assert_result({"oinfo": open_text, "pinfo": private}, f"get{self.noun}info", **self.id)

    def test_only_what_is_given_changes(self):
        for _ in self.each():
            self.assert_texts("", "")
            self.set(oinfo="open")
            self.assert_texts("open", "")
            self.set(pinfo="private")
            self.assert_texts("open", "private")
            self.set(oinfo="", pinfo=None)
            self.assert_texts("", "private")
            self.set(oinfo="both", pinfo="")
            self.assert_texts("both", "")

    def test_something_must_be_given(self):
        for _ in self.each():
            self.assert_refused(200033, f"set{self.noun}info", **self.id)
            self.assert_refused(200033, f"set{self.noun}info", **self.id, oinfo=None, pinfo=None)

    def test_65535_bytes_each_are_the_most(self):
        most, more = "é" * 32767 + "a", "é" * 32768
        for _ in self.each():
            self.set(oinfo=most, pinfo=most)
            self.assert_texts(most, most)
            for field in ("oinfo", "pinfo"):
                self.assert_refused(
                    200030, f"set{self.noun}info", **self.id | {"oinfo": "new", field: more}
                )
            self.assert_texts(most, most)

    def test_open_texts_are_told_of_every_user_asked_about(self):
        users = fresh(100)
        for user in users[::10]:
            self.rtm.call("setuserinfo", uid=user, oinfo=f"I am {user}", pinfo="secret")
        expected = {str(user): "" for user in users} | {
            str(user): f"I am {user}" for user in users[::10]
        }
        self.assert_result({"info": expected}, "getuseropeninfo", uids=users)
        self.assert_result({"info": expected}, "getuseropeninfo", uids=users + users)

    def test_an_answer_that_would_be_too_large_for_an_sdk_is_refused(self):
        users = fresh(70)
        for user in users:
            self.rtm.call("setuserinfo", uid=user, oinfo="a" * 65535)
        self.assert_refused(200032, "getuseropeninfo", uids=users)
        self.assertEqual(len(self.rtm.call("getuseropeninfo", uids=users[:60])["info"]), 60)
