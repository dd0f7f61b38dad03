"""Devices, push options and data: what is kept for end users. RTM server gate section 8."""

from case import GateTest, fresh


class Data(GateTest):
    def test_is_set_read_and_removed(self):
        user, other = fresh(2)
        self.assert_result({}, "dataget", uid=user, key="k")
        for value in ("v", "", "é 世界 🌍", "w"):
            self.assert_done("dataset", uid=user, key="k", val=value)
            self.assert_result({"val": value}, "dataget", uid=user, key="k")
        self.assert_result({}, "dataget", uid=other, key="k")
        self.assert_result({}, "dataget", uid=user, key="K")
        for _ in range(2):
            self.assert_done("datadel", uid=user, key="k")
        self.assert_result({}, "dataget", uid=user, key="k")

    def test_has_other_names_that_mean_the_same(self):
        user = fresh()
        self.assert_done("dbset", uid=user, key="k", val="v")
        self.assert_result({"val": "v"}, "dataget", uid=user, key="k")
        self.assert_result({"val": "v"}, "dbget", uid=user, key="k")

    def test_has_keys_of_128_and_values_of_65535_bytes_at_most(self):
        user = fresh()
        key, value = "é" * 64, "é" * 32767 + "a"
        self.assert_done("dataset", uid=user, key=key, val=value)
        self.assert_result({"val": value}, "dataget", uid=user, key=key)
        self.assert_refused(200030, "dataset", uid=user, key=key + "a", val="v")
        self.assert_refused(200030, "dataset", uid=user, key=key, val=value + "a")
        self.assert_result({"val": value}, "dataget", uid=user, key=key)
        self.assert_done("datadel", uid=user, key=key)


class Devices(GateTest):
    def test_are_added_and_removed(self):
        user = fresh()
        for kind in ({"apptype": "apns"}, {"apptype": "fcm"}, {}, {"apptype": None}):
            for _ in range(2):
                self.assert_done("adddevice", uid=user, devicetoken="token", **kind)
        for _ in range(2):
            self.assert_done("removedevice", uid=user, devicetoken="token")

    def test_are_of_a_known_kind(self):
        for kind in ("", "APNS!", "other"):
            self.assert_refused(200034, "adddevice", uid=fresh(), apptype=kind, devicetoken="token")

    def test_may_be_spelled_as_older_sdks_do(self):
        user = fresh()
        self.assert_done("adddevice", uid=user, appType="fcm", deviceToken="token")
        self.assert_done("adddevice", uid=user, adddevice="token")
        self.assert_refused(200034, "adddevice", uid=user, appType="other", deviceToken="token")
        self.assert_done("removedevice", uid=user, deviceToken="token")


class PushOptions(GateTest):
    def setUp(self):
        super().setUp()
        self.user, self.peer, self.group = fresh(3)

    def change(self, method, kind, xid, **types):
        self.assert_done(method, uid=self.user, type=kind, xid=xid, **types)

    def assert_options(self, p2p, group):
        pairs, groups = ({str(xid): types for xid, types in side.items()} for side in (p2p, group))
        self.assert_result({"p2p": pairs, "group": groups}, "getoption", uid=self.user)

    def test_without_types_mean_every_type(self):
        for types in ({}, {"mtypes": []}, {"mtypes": None}, {"mtypes": [0]}):
            self.change("addoption", 0, self.peer, **types)
            self.assert_options({self.peer: [0]}, {})
            self.change("removeoption", 0, self.peer, **types)
            self.assert_options({}, {})

    def test_are_kept_for_pairs_and_groups_apart(self):
        self.change("addoption", 0, self.peer, mtypes=[30, 32, 30])
        self.change("addoption", 1, self.peer, mtypes=[40])
        self.change("addoption", 1, self.group)
        self.assert_options({self.peer: [30, 32]}, {self.peer: [40], self.group: [0]})
        self.change("removeoption", 1, self.peer, mtypes=[40, 41])
        self.assert_options({self.peer: [30, 32]}, {self.group: [0]})

    def test_add_up(self):
        for types in ([30], [32, 30], [127]):
            self.change("addoption", 0, self.peer, mtypes=types)
        self.assert_options({self.peer: [30, 32, 127]}, {})
        self.change("removeoption", 0, self.peer, mtypes=[32])
        self.assert_options({self.peer: [30, 127]}, {})
        self.change("removeoption", 0, self.peer)
        self.assert_options({}, {})

    def test_may_be_spelled_as_the_cpp_sdk_does(self):
        self.change("addoption", 1, self.group, mtype=[30])
        self.assert_options({}, {self.group: [30]})
        self.change("removeoption", 1, self.group, mtype=[30])
        self.assert_options({}, {})

    def test_are_of_a_known_kind(self):
        for method in ("addoption", "removeoption"):
            for kind in (-1, 2, 127):
                self.assert_refused(200034, method, uid=self.user, type=kind, xid=self.peer)
