"""Groups: who is in them, what is left of them. RTM server gate sections 3 (G1 to G11) and 4.4."""

from case import GateTest, fresh


class GroupMembers(GateTest):
    def assert_in_group(self, expected, group):
        self.assert_members(expected, "getgroupmembers", "uids", gid=group)
        self.assert_result({"cn": len(expected)}, "getgroupcount", gid=group)

    def test_are_added_and_taken_away(self):
        group, other_group, *users = fresh(6)
        for _ in range(2):
            self.assert_done("addgroupmembers", gid=group, uids=users[:3])
            self.assert_in_group(users[:3], group)
        self.assert_done("addgroupmembers", gid=group, uids=users[2:])
        self.assert_in_group(users, group)
        self.assert_in_group([], other_group)
        for _ in range(2):
            self.assert_done("delgroupmembers", gid=group, uids=users[:2] + [fresh()])
            self.assert_in_group(users[2:], group)
        for user in users:
            self.assert_result({"ok": user in users[2:]}, "isgroupmember", gid=group, uid=user)
            self.assert_result({"gids": [group] * (user in users[2:])}, "getusergroups", uid=user)

    def test_may_be_in_many_groups(self):
        user, *groups = fresh(50)
        for group in groups:
            self.rtm.call("addgroupmembers", gid=group, uids=[user])
        self.assert_members(groups, "getusergroups", "gids", uid=user)

    def test_come_and_go_a_hundred_at_a_time_at_most(self):
        group = fresh()
        users = fresh(101)
        for method in ("addgroupmembers", "delgroupmembers"):
            self.assert_refused(200032, method, gid=group, uids=users)
            self.assert_done(method, gid=group, uids=users[:100] + users[:1])
            self.assert_in_group(users[:100] if method == "addgroupmembers" else [], group)

    def test_are_all_added_or_none(self):
        group, user = fresh(2)
        self.assert_refused(200001, "addgroupmembers", gid=group, uids=[user, 0])
        self.assert_in_group([], group)


class DeletedGroups(GateTest):
    def test_leave_no_members_texts_or_mutes(self):
        group, user, muted = fresh(3)
        self.rtm.call("addgroupmembers", gid=group, uids=[user])
        self.rtm.call("setgroupinfo", gid=group, oinfo="o", pinfo="p")
        self.rtm.call("addgroupban", gid=group, uid=muted)
        for _ in range(2):
            self.assert_done("delgroup", gid=group)
        self.assert_result({"uids": []}, "getgroupmembers", gid=group)
        self.assert_result({"gids": []}, "getusergroups", uid=user)
        self.assert_result({"oinfo": "", "pinfo": ""}, "getgroupinfo", gid=group)
        self.assert_result({"ok": False}, "isbanofgroup", gid=group, uid=muted)

    def test_leave_a_mute_of_every_group_alone(self):
        group, user = fresh(2)
        self.rtm.call("addgroupban", uid=user)
        self.rtm.call("addgroupmembers", gid=group, uids=[user])
        self.rtm.call("delgroup", gid=group)
        self.assert_result({"ok": True}, "isbanofgroup", gid=group, uid=user)


class LimitsOfGroups(GateTest):
    MEMBERS, GROUPS = 120, 3

    def choose_server(self):
        return self.own_server(
            LIMITS__GROUP_MEMBERS=self.MEMBERS, LIMITS__GROUPS_PER_APP=self.GROUPS
        )

    def assert_size(self, size, group):
        self.assert_result({"cn": size}, "getgroupcount", gid=group)

    def test_a_full_group_takes_nobody_not_even_those_who_would_fit(self):
        users = fresh(self.MEMBERS + 1)
        self.assert_done("addgroupmembers", gid=1, uids=users[:100])
        self.assert_refused(200042, "addgroupmembers", gid=1, uids=users[100:])
        self.assert_size(100, 1)
        self.assert_done("addgroupmembers", gid=1, uids=users[100 : self.MEMBERS])
        self.assert_size(self.MEMBERS, 1)
        self.assert_refused(200042, "addgroupmembers", gid=1, uids=users[-1:])
        self.assert_done("addgroupmembers", gid=1, uids=users[:100])
        self.assert_done("delgroupmembers", gid=1, uids=users[:1])
        self.assert_done("addgroupmembers", gid=1, uids=users[-1:])
        self.assert_size(self.MEMBERS, 1)

    def test_a_project_has_so_many_groups_and_deleting_one_makes_room(self):
        for group in range(1, self.GROUPS + 1):
            self.assert_done("addgroupmembers", gid=group, uids=[1])
        self.assert_refused(200032, "addgroupmembers", gid=99, uids=[1])
        self.assert_refused(200032, "setgroupinfo", gid=99, oinfo="a")
        self.assert_done("delgroup", gid=1)
        self.assert_done("setgroupinfo", gid=99, oinfo="a")

    def test_clearing_the_project_deletes_every_group(self):
        for group in range(1, self.GROUPS + 1):
            self.rtm.call("addgroupmembers", gid=group, uids=fresh(10))
            self.rtm.call("setgroupinfo", gid=group, oinfo="a")
        for _ in range(2):
            self.assert_done("clearprojectgroup")
        for group in range(1, self.GROUPS + 1):
            self.assert_size(0, group)
            self.assert_result({"oinfo": "", "pinfo": ""}, "getgroupinfo", gid=group)
            self.assert_done("addgroupmembers", gid=group + 100, uids=[1])
