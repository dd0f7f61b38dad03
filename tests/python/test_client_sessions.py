"""Connections of one user: their attributes, who else sees them, and what ends them.
RTM client gate sections 2.6 to 2.8, 3.1 and 6; REST sections 3.18 to 3.25."""

import collections
import functools
import time

from case import SdkTest, fresh
from fpnn import Closed, quest
from rtm import signed
from server import FIRST_APP

NOT_ONESELF, BANNED = 200012, 200024
OF_MANY = ("WebSocket_2.7.6", "Android-2.7.0", "Android-livedataLib-1.1.3", "iOS_2.7.0")
OF_ONE = ("C#-2.7.0", "Unity-2.7.26", "Unreal-1.0.0", None)


class Attributes(SdkTest):
    def test_are_a_map_of_this_connection_for_some_sdks(self):
        for version in OF_ONE:
            uid = fresh()
            self.login(uid, version="Android-2.7.0", attrs={"other": "connection"})
            for websocket in (False, True):
                self.rtm = self.login(uid, version=version, websocket=websocket)
                self.assert_result({"attrs": {}}, "getattrs")
                self.assert_done("addattrs", attrs={"a": "1", "b": "2"})
                self.assert_done("addattrs", attrs={"b": "3", "é": ""})
                self.assert_result({"attrs": {"a": "1", "b": "3", "é": ""}}, "getattrs")
            self.rtm = self.login(uid, version=version, attrs={"user": "a"})
            self.assert_result({"attrs": {"user": "a"}}, "getattrs")

    def test_are_a_list_of_all_connections_of_the_user_for_others(self):
        for version in OF_MANY:
            uid, before = fresh(), int(time.time())
            self.login(fresh(), version=version, attrs={"of": "another"})
            first = self.login(uid, attrs={"a": "1"})
            self.rtm = self.login(uid, version=version, websocket=True)
            self.assert_done("addattrs", attrs={"b": "2"})
            listed = {found["ce"]: found for found in self.rtm.call("getattrs")["attrs"]}
            self.assertEqual(list(map(len, (listed, self.my(listed)))), [2, 1])
            mine, other = listed[self.rtm.endpoint], listed[first.endpoint]
            self.assertEqual(self.my(listed), [mine])
            self.assertEqual((mine["b"], other["a"]), ("2", "1"))
            self.assertEqual(set(mine) - {"my", "b"}, set(other) - {"a"})
            for found in (mine, other):
                self.assertLessEqual(set(found), {"ce", "login", "my", "a", "b"})
                self.assertTrue(all(isinstance(value, str) for value in found.values()), found)
                self.assertTrue(before <= int(found["login"]) <= time.time(), found)

    def my(self, listed):
        return [found for found in listed.values() if "my" in found]

    def test_can_not_be_what_the_server_says_of_a_connection(self):
        """No key comes twice (section 8.2), and nobody passes for another connection."""
        uid, before = fresh(), int(time.time())
        false = {"ce": "10.0.0.1:1", "login": "0", "my": "0"}
        for sdk in (self.login(uid, version=OF_MANY[0], attrs=false), self.login(uid)):
            self.refusal(sdk, "addattrs", attrs=false)
        asking = self.login(uid, version=OF_MANY[0])
        for found in asking.call("getattrs")["attrs"]:
            self.assertNotEqual(found["ce"], false["ce"])
            self.assertGreaterEqual(int(found["login"]), before)
            self.assertEqual("my" in found, found["ce"] == asking.endpoint)

    def test_must_be_a_map_of_texts(self):
        self.rtm = self.login(fresh())
        for wrong in (5, "x", [1], {1: "a"}, {"a": [1]}):
            self.assertIn(self.refusal(self.rtm, "addattrs", attrs=wrong), (10010, 200034), wrong)
        self.assertIn(self.refusal(self.rtm, "addattrs"), (10009, 200033))
        self.assert_result({"attrs": {}}, "getattrs")


class OneUserKicks(SdkTest):
    def test_his_other_connections_and_only_those(self):
        uid = fresh()
        for websocket in (False, True):
            self.rtm = self.login(uid)
            kicked, other = self.login(uid, websocket=websocket), self.login(fresh())
            self.assert_refused(NOT_ONESELF, "kickout", ce=self.rtm.endpoint)
            for nobody in (other.endpoint, "10.0.0.1:1", "", "x" * 1000):
                self.assert_done("kickout", ce=nobody)
            self.assert_done("kickout", ce=kicked.endpoint)
            self.assert_kicked(kicked)
            self.assert_usable(other)
            self.assertEqual(self.online(uid), [uid])
            self.assert_done("bye")

    def test_and_needs_to_say_which(self):
        self.rtm = self.login(fresh())
        self.assert_refused(10009, "kickout")


class BackEndKicks(SdkTest):
    def test_all_connections_of_a_user(self):
        uid, other = fresh(2)
        sdks = [self.login(uid, websocket=number % 2) for number in range(4)]
        bystander = self.login(other)
        self.backend.call("kickout", uid=uid)
        self.assertEqual(self.online(uid, other), [other])
        for sdk in sdks:
            self.assert_kicked(sdk)
        self.assert_usable(bystander)
        self.assertEqual(bystander.pushes, [])

    def test_and_closes_what_the_sdk_does_not_a_moment_later(self):
        uid = fresh()
        sdk = self.login(uid)
        self.backend.call("kickout", uid=uid)
        self.assertEqual(sdk.receive_push().method, "kickout")
        began = time.monotonic()
        self.assertEqual(sdk.methods_of_rest(), [])
        self.assertTrue(0.05 < time.monotonic() - began < 3)

    def test_one_connection_by_its_endpoint(self):
        uid = fresh()
        kicked, other = self.login(uid), self.login(uid, websocket=True)
        for nobody in ("10.0.0.1:1", "x"):
            self.backend.call("kickout", uid=uid, ce=nobody)
        self.backend.call("kickout", uid=uid, ce=kicked.endpoint)
        self.assert_kicked(kicked)
        self.assert_usable(other)
        self.assertEqual(self.online(uid), [uid])

    def test_and_the_token_is_as_good_as_before(self):
        uid = fresh()
        token = self.token(uid)
        for _ in range(3):
            sdk = self.login(uid, token=token)
            self.backend.call("kickout", uid=uid)
            self.assert_kicked(sdk)

    def test_and_the_connection_is_not_logged_in_from_then_on(self):
        uid = fresh()
        sdk = self.login(uid)
        self.backend.call("kickout", uid=uid)
        self.assertEqual(sdk.receive_push().method, "kickout")
        try:
            self.assertNotEqual(self.refusal(sdk, "setuserinfo", oinfo="after"), 0)
        except Closed:
            pass
        self.assertEqual(self.backend.call("getuserinfo", uid=uid)["oinfo"], "")


class OneUserHasManyConnections(SdkTest):
    def own_app(self, *settings):
        """An app with such settings, which later logins are about."""
        app = f"org/app-{fresh()}"
        self.server.command("app", "create", app)
        for name, value in settings:
            self.server.command("app", name, app, value)
        self.project = self.server.project(app)
        self.backend = self.rtm = self.connect(self.project)

    def test_and_is_online_until_the_last_has_gone(self):
        uid, other = fresh(2)
        sdks = [self.login(uid, websocket=number % 2) for number in range(3)]
        for sdk in sdks:
            self.assertEqual(sdk.call("getonlineusers", uids=[uid, other]), {"uids": [uid]})
        sdks[0].call("bye")
        sdks[1].close()
        self.assertEqual(self.online(uid), [uid])
        self.backend.call("kickout", uid=uid, ce=sdks[2].endpoint)
        self.wait_until_offline(uid)

    def test_or_one_where_the_newest_wins(self):
        self.own_app(("set-logins", "single"))
        uid = fresh()
        old = self.login(uid, version="Android-2.7.0")
        for websocket in (True, False):
            new = self.login(uid, version="WebSocket_2.7.6", websocket=websocket)
            self.assert_kicked(old, reason="replaced")
            self.assertEqual(self.online(uid), [uid])
            old = new
        self.assert_usable(new)

    def test_or_one_also_when_all_come_at_once(self):
        self.own_app(("set-logins", "single"))
        uid = fresh()
        params = {"pid": self.project.pid, "uid": uid, "token": self.token(uid)}
        sdks = [self.open(websocket=number % 2) for number in range(10)]
        for sdk in sdks:
            sdk.send(quest("auth", params))
        answers = [sdk.receive_answer(1).value for sdk in sdks]
        one = self.login(uid, version="Android-2.7.0")
        before = sum(len(sdk.pushes) for sdk in sdks)
        for sdk, answer in zip(sdks, answers):
            sdk.methods_of_rest()
            # One that was displaced before its answer was told so by that.
            ended = answer != {"ok": True}
            self.assertIn(
                [push.method for push in sdk.pushes], (["kickout"], []) if ended else (["kickout"],)
            )
            self.assertIn(answer.get("code"), (None, 200022))
        listed = one.call("getattrs")["attrs"]
        self.assertEqual([found["ce"] for found in listed], [one.endpoint])
        # Section 6: a session begins with its answer, so nothing is pushed to it before.
        self.assertEqual(before, 0, "connections were kicked before they were logged in")

    def test_at_most_so_many(self):
        self.server = self.own_server(LIMITS__SESSIONS=2)
        self.project = self.server.first_project
        self.backend = self.rtm = self.connect()
        uid = fresh()
        first, second, third = (self.login(uid) for _ in range(3))
        self.assert_kicked(first, reason="replaced")
        for sdk in (second, third):
            self.assert_usable(sdk)

    def test_which_meet_nobody_of_another_app(self):
        uid, room, group = fresh(3)
        stranger = self.login(uid)
        stranger.call("enterroom", rid=room)
        stranger.call("setuserinfo", oinfo="of the first app")
        self.own_app()
        sdk = self.login(uid)
        self.assertEqual(sdk.call("getroommembers", rid=room), {"uids": []})
        self.assertEqual(sdk.call("getuserinfo"), {"oinfo": "", "pinfo": ""})
        sdk.call("bye")
        self.assertEqual(sdk.call("which", what="rtmGated")["endpoint"], "%s:%d" % self.server.gate)
        self.assertEqual(self.online(uid), [])
        self.backend.call("kickout", uid=uid)
        self.backend.call("delroommember", rid=room, uid=uid)
        self.assertEqual(stranger.call("getuserrooms"), {"rooms": [room]})
        self.assertEqual(stranger.pushes, [])


class RestSeesConnections(SdkTest):
    @functools.cached_property
    def rest(self):
        return self.server.rest()

    def status(self, uid):
        return self.rest.call("GET", f"users/{uid}/status")["data"]

    def resources(self, uid):
        return [found["res"] for found in self.rest.call("GET", f"users/{uid}/resources")["data"]]

    def test_come_and_go(self):
        uid, other = fresh(2)
        self.token(uid)
        self.assertEqual(self.status(uid), {str(uid): "offline"})
        self.assertEqual(self.resources(uid), [])
        sdks = [self.login(uid, websocket=websocket) for websocket in (False, True)]
        self.assertEqual(self.status(uid), {str(uid): "online"})
        self.assertCountEqual(self.resources(uid), [sdk.endpoint for sdk in sdks])
        names = {"usernames": [str(uid), str(other)]}
        self.assertEqual(
            self.rest.call("POST", "users/batch/status", names)["data"],
            [{str(uid): "online"}, {str(other): "offline"}],
        )
        sdks[0].call("bye")
        self.assertEqual(self.resources(uid), [sdks[1].endpoint])
        sdks[1].close()
        self.wait_until(lambda: self.status(uid) == {str(uid): "offline"})
        self.assertEqual(self.resources(uid), [])

    def test_of_named_users_too(self):
        name = f"user-{fresh()}"
        self.rest.register(name)
        uid = self.server.json_of("user", "show", FIRST_APP, name)["uid"]
        sdk = self.login(uid)
        self.assertEqual(self.status(name), {name: "online"})
        self.assertEqual(self.resources(name), [sdk.endpoint])
        self.rest.call("GET", f"users/{name}/disconnect")
        self.assert_kicked(sdk)

    def test_and_ends_them_all(self):
        uid = fresh()
        token = self.token(uid)
        for method in ("GET", "POST"):
            sdks = [self.login(uid, token=token, websocket=number % 2) for number in range(3)]
            done = self.rest.call(method, f"users/{uid}/disconnect")
            self.assertEqual(done["data"], {"result": True})
            self.assertEqual(self.status(uid), {str(uid): "offline"})
            for sdk in sdks:
                self.assert_kicked(sdk)
            done = self.rest.call(method, f"users/{uid}/disconnect")
            self.assertEqual(done["data"], {"result": True})

    def test_and_ends_one_by_its_endpoint(self):
        uid = fresh()
        for method in ("DELETE", "GET"):
            kicked, other = self.login(uid, websocket=method == "GET"), self.login(uid)
            path = f"users/{uid}/disconnect/{kicked.endpoint}"
            done = self.rest.call(method, path)
            self.assertEqual((done["data"], done["action"]), ({"result": True}, method.lower()))
            self.assert_kicked(kicked)
            self.assertEqual(self.resources(uid), [other.endpoint])
            self.assertEqual(self.rest.call(method, path)["data"], {"result": False})
            self.assert_usable(other)
            other.call("bye")

    def test_and_not_those_of_others(self):
        uid, other = fresh(2)
        sdk = self.login(uid)
        self.token(other)
        path = f"users/{other}/disconnect/{sdk.endpoint}"
        self.assertEqual(self.rest.call("DELETE", path)["data"], {"result": False})
        self.rest.call("GET", f"users/{other}/disconnect")
        self.assert_usable(sdk)
        self.assertEqual(sdk.pushes, [])

    def test_end_with_the_account(self):
        for method, path in [("POST", "users/{}/deactivate"), ("DELETE", "users/{}")]:
            uid = fresh()
            sdk = self.login(uid)
            self.rest.call(method, path.format(uid))
            self.assert_kicked(sdk)
            self.assertEqual(self.online(uid), [])


class Bans(SdkTest):
    def test_put_out_at_once_and_let_in_again_when_they_are_over(self):
        """All kinds of connections share the second that this takes."""
        uid = fresh()
        token = self.token(uid)
        sdks = [self.login(uid, token=token, websocket=websocket) for websocket in (False, True)]
        params = {"pid": self.project.pid, "uid": uid, "token": token}
        self.backend.call("addprojectblack", uid=uid, btime=1)
        for sdk in sdks:
            self.assert_kicked(sdk)
        self.assertEqual(self.refusal(self.open(), "auth", **params), BANNED)
        self.assertEqual(self.online(uid), [])
        self.wait_until(lambda: self.refusal(self.open(), "auth", **params) == 0)

    def test_that_come_while_he_logs_in_put_out_whoever_was_let_in_and_say_so_to_the_rest(self):
        """Section 2.3: a banned user is refused by 200024 and by nothing else."""
        codes = collections.Counter()
        for _ in range(20):
            uid = fresh()
            params = {"pid": self.project.pid, "uid": uid, "token": self.token(uid)}
            sdks = [self.open(websocket=number % 2) for number in range(6)]
            ban = signed(self.backend.project, "addprojectblack", {"uid": uid})
            for sdk in sdks[:3]:
                sdk.send(quest("auth", params))
            self.backend.send(quest("addprojectblack", ban))
            for sdk in sdks[3:]:
                sdk.send(quest("auth", params))
            self.assertEqual(self.backend.receive().status, 0)
            for sdk in sdks:
                answer = sdk.receive_answer(1)
                if answer.status:
                    codes[answer.value["code"]] += 1
                else:
                    self.assertEqual(answer.value, {"ok": True})
                    self.assert_kicked(sdk)
            self.assertEqual(self.online(uid), [])
        self.assertLessEqual(set(codes), {BANNED}, codes)

    def test_that_are_lifted_are_over_at_once(self):
        uid = fresh()
        token = self.token(uid)
        self.backend.call("addprojectblack", uid=uid, btime=3600)
        self.backend.call("removeprojectblack", uid=uid)
        self.login(uid, token=token)
