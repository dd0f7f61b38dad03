"""Friends and black lists. RTM server gate section 4.5."""

from case import GateTest, fresh

LISTS = (
    ("addfriends", "delfriends", "getfriends", "friends"),
    ("addblacks", "delblacks", "getblacks", "blacks"),
)


class Lists(GateTest):
    """Friends and blocked users are kept alike."""

    def each(self):
        """Each of the two, with an owner."""
        for self.add, self.remove, self.get, self.field in LISTS:
            self.owner = fresh()
            with self.subTest(self.field):
                yield

    def assert_listed(self, expected, owner=None):
        self.assert_members(expected, self.get, "uids", uid=owner or self.owner)

    def change(self, method, *others):
        self.assert_done(method, uid=self.owner, **{self.field: list(others)})

    def test_grow_and_shrink_in_one_direction(self):
        for _ in self.each():
            a, b, c = fresh(3)
            for _ in range(2):
                self.change(self.add, a, b, a)
                self.assert_listed([a, b])
            self.change(self.add, c)
            self.assert_listed([a, b, c])
            for other in (a, b, c):
                self.assert_listed([], other)
            for _ in range(2):
                self.change(self.remove, a, fresh())
                self.assert_listed([b, c])

    def test_change_a_hundred_at_a_time_at_most(self):
        for _ in self.each():
            others = fresh(101)
            for method in (self.add, self.remove):
                self.assert_refused(200032, method, uid=self.owner, **{self.field: others})
                self.change(method, *others[:100], *others[:100])
                self.assert_listed(others[:100] if method == self.add else [])

    def test_are_independent_of_each_other(self):
        owner, friend, foe = fresh(3)
        self.rtm.call("addfriends", uid=owner, friends=[friend])
        self.rtm.call("addblacks", uid=owner, blacks=[foe, friend])
        self.assert_members([friend], "getfriends", "uids", uid=owner)
        self.assert_members([foe, friend], "getblacks", "uids", uid=owner)
        self.rtm.call("delblacks", uid=owner, blacks=[friend])
        self.assert_members([friend], "getfriends", "uids", uid=owner)


class Friends(GateTest):
    def test_are_asked_about_from_the_side_of_their_owner(self):
        owner, friend, other = fresh(3)
        self.rtm.call("addfriends", uid=owner, friends=[friend])
        self.assert_result({"ok": True}, "isfriend", uid=owner, fuid=friend)
        self.assert_result({"ok": False}, "isfriend", uid=friend, fuid=owner)
        self.assert_result({"ok": False}, "isfriend", uid=owner, fuid=other)
        self.assert_result(
            {"fuids": [friend]}, "isfriends", uid=owner, fuids=[other, friend, friend]
        )
        self.assert_result({"fuids": []}, "isfriends", uid=friend, fuids=[owner])

    def test_are_asked_about_a_hundred_at_a_time_at_most(self):
        users = fresh(101)
        for method, field in (("isfriends", "fuids"), ("isblacks", "buids")):
            self.assert_refused(200032, method, **{"uid": fresh(), field: users})
            self.assert_result({field: []}, method, **{"uid": fresh(), field: users[:100]})

    def test_are_300_at_most_and_beyond_nothing_is_added(self):
        owner = fresh()
        friends = fresh(302)
        for first in (0, 100):
            self.assert_done("addfriends", uid=owner, friends=friends[first : first + 100])
        self.assert_done("addfriends", uid=owner, friends=friends[200:299])
        self.assert_refused(200048, "addfriends", uid=owner, friends=friends[299:301])
        self.assert_members(friends[:299], "getfriends", "uids", uid=owner)
        self.assert_done("addfriends", uid=owner, friends=friends[299:300])
        self.assert_refused(200048, "addfriends", uid=owner, friends=friends[301:])
        self.assert_done("addfriends", uid=owner, friends=friends[:100])
        self.assert_members(friends[:300], "getfriends", "uids", uid=owner)


class Blocks(GateTest):
    def test_are_asked_about_from_the_side_of_whom_they_hit(self):
        """`isblack` asks whether the second blocks the first: the reverse of `addblacks`."""
        owner, foe, other = fresh(3)
        self.rtm.call("addblacks", uid=owner, blacks=[foe])
        self.assert_result({"ok": True}, "isblack", uid=foe, buid=owner)
        self.assert_result({"ok": False}, "isblack", uid=owner, buid=foe)
        self.assert_result({"buids": [owner]}, "isblacks", uid=foe, buids=[other, owner, owner])
        self.assert_result({"buids": []}, "isblacks", uid=owner, buids=[foe, other])
