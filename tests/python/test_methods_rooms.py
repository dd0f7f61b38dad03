"""Rooms: who is in them, who is mute there and in groups. RTM server gate sections 3 and 4.3."""

from case import GateTest, fresh


class RoomMembers(GateTest):
    def assert_in_room(self, expected, room):
        self.assert_members(expected, "getroommembers", "uids", rid=room)
        self.assert_result({"cn": {str(room): len(expected)}}, "getroomcount", rids=[room])

    def test_enter_and_leave(self):
        room, other_room, user, other = fresh(4)
        for _ in range(2):
            self.assert_done("addroommember", rid=room, uid=user)
            self.assert_in_room([user], room)
        self.assert_done("addroommember", rid=room, uid=other)
        self.assert_in_room([user, other], room)
        self.assert_in_room([], other_room)
        for _ in range(2):
            self.assert_done("delroommember", rid=room, uid=user)
            self.assert_in_room([other], room)

    def test_are_in_ten_rooms_at_most(self):
        user, *rooms = fresh(12)
        for room in rooms[:10]:
            self.assert_done("addroommember", rid=room, uid=user)
        self.assert_refused(200047, "addroommember", rid=rooms[10], uid=user)
        self.assert_in_room([], rooms[10])
        self.assert_done("addroommember", rid=rooms[0], uid=user)
        self.assert_done("delroommember", rid=rooms[0], uid=user)
        self.assert_done("addroommember", rid=rooms[10], uid=user)

    def test_come_and_go_together(self):
        room, full, *users = fresh(6)
        for place in fresh(10):
            self.rtm.call("addroommember", rid=place, uid=full)
        self.assert_members(users, "addroommembers", "successedUids", rid=room, uids=users + [full])
        self.assert_in_room(users, room)
        self.assert_members(users, "addroommembers", "successedUids", rid=room, uids=users)
        gone = [users[0], fresh()]
        self.assert_result({"successedUids": users[:1]}, "delroommembers", rid=room, uids=gone)
        self.assert_in_room(users[1:], room)

    def test_enter_several_rooms_at_once_or_none(self):
        user, *rooms = fresh(12)
        self.assert_done("adduserrooms", rids=rooms[:9], uid=user)
        self.assert_refused(200047, "adduserrooms", rids=rooms[9:], uid=user)
        self.assert_in_room([], rooms[9])
        self.assert_done("adduserrooms", rids=rooms[8:10], uid=user)
        self.assert_in_room([user], rooms[9])
        self.assert_done("deleteuserrooms", rids=rooms, uid=user)
        for room in rooms:
            self.assert_in_room([], room)

    def test_are_counted_in_every_room_asked_about(self):
        rooms = fresh(5)
        for place, room in enumerate(rooms):
            for user in fresh(place + 1) if place else []:
                self.rtm.call("addroommember", rid=room, uid=user)
        counts = {str(room): (place + 1 if place else 0) for place, room in enumerate(rooms)}
        self.assert_result({"cn": counts}, "getroomcount", rids=rooms + rooms)
        self.assert_result({"cn": {str(rooms[3]): 4}}, "getroomcount", rid=rooms[3])


class Mutes(GateTest):
    """Mutes in rooms and in groups follow the same rules."""

    KINDS = (
        ("addroomban", "removeroomban", "isbanofroom", "rid"),
        ("addgroupban", "removegroupban", "isbanofgroup", "gid"),
    )

    def each(self):
        """Each kind of place, with a user."""
        for self.add, self.remove, self.ask, self.place in self.KINDS:
            self.user = fresh()
            with self.subTest(self.place):
                yield fresh(2)

    def assert_muted(self, expected, place):
        self.assert_result({"ok": expected}, self.ask, uid=self.user, **{self.place: place})

    def test_are_made_and_lifted_whoever_is_a_member(self):
        for here, there in self.each():
            for btime in ({"btime": 3600}, {"btime": -1}, {"btime": 0}, {"btime": None}, {}):
                for _ in range(2):
                    self.assert_done(self.add, uid=self.user, **{self.place: here}, **btime)
                self.assert_muted(True, here)
                self.assert_muted(False, there)
                for _ in range(2):
                    self.assert_done(self.remove, uid=self.user, **{self.place: here})
                self.assert_muted(False, here)

    def test_of_every_place_and_of_one_are_independent(self):
        for here, there in self.each():
            for everywhere in ({}, {self.place: None}, {self.place: 0}, {self.place: -1}):
                self.assert_done(self.add, uid=self.user, **{self.place: here})
                self.assert_done(self.add, uid=self.user, **everywhere)
                self.assert_muted(True, here)
                self.assert_muted(True, there)
                self.assert_done(self.remove, uid=self.user, **everywhere)
                self.assert_muted(True, here)
                self.assert_muted(False, there)
                self.assert_done(self.add, uid=self.user, **everywhere)
                self.assert_done(self.remove, uid=self.user, **{self.place: here})
                self.assert_muted(True, here)
                self.assert_done(self.remove, uid=self.user, **everywhere)
                self.assert_muted(False, here)

    def test_in_rooms_are_none_in_groups(self):
        user, place = fresh(2)
        self.assert_done("addroomban", uid=user)
        self.assert_done("addroomban", uid=user, rid=place)
        self.assert_result({"ok": False}, "isbanofgroup", uid=user, gid=place)
