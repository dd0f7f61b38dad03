"""How the server leaves its clients, and how they find it again. RTM client gate sections 2.4, 6."""

import signal

from case import SdkTest, fresh
from fpnn import PATIENCE
from rtm import now
from sdk import signed_token


class ClientsOfAServerThatStops(SdkTest):
    def choose_server(self):
        return self.own_server()

    def test_are_closed_without_being_kicked_and_log_in_again_with_what_they_have(self):
        self.server.stay_where_it_is()
        uid, made, room, group, friend = fresh(5)
        token, ts = self.token(uid), now()
        sign = {"ts": ts, "authv": 2, "token": signed_token(self.project, made, ts)}
        self.backend.call("addgroupmembers", gid=group, uids=[uid, friend])
        self.assertIs(self.open().auth(self.project.pid, made, **sign)["ok"], True)
        for how in (signal.SIGTERM, signal.SIGKILL):
            self.rtm = self.login(uid, token=token, attrs={"a": "b"})
            other = self.login(made, websocket=True, **sign)
            stranger = self.open(websocket=True)
            self.assert_done("enterroom", rid=room)
            self.assert_done("addfriends", friends=[friend])
            self.assert_done("setuserinfo", oinfo="o")
            self.assert_done("dataset", key="k", val="v")
            self.server.process.send_signal(how)
            for sdk in (self.rtm, other, stranger):
                self.assertEqual(sdk.methods_of_rest(), [])
                sdk.close()
            self.backend.close()
            self.server.process.wait(PATIENCE)
            if how == signal.SIGTERM:
                self.assertEqual(self.server.process.returncode, 0)
                self.assertEqual(other.cipher.farewell[:2], (1001).to_bytes(2, "big"))
            self.server.process.stdout.close()
            gate, dispatch = self.server.gate, self.server.dispatch
            self.server.start()
            self.assertEqual((self.server.gate, self.server.dispatch), (gate, dispatch))
            self.backend = self.connect()
            self.assertEqual(self.online(uid, made), [])
            for sdk in [self.login(uid, token=token) for _ in range(3)]:
                self.rtm = sdk
                self.assert_result({"rooms": []}, "getuserrooms")
                self.assert_result({"gids": [group]}, "getusergroups")
                self.assert_result({"uids": [friend]}, "getfriends")
                self.assert_result({"oinfo": "o", "pinfo": ""}, "getuserinfo")
                self.assert_result({"val": "v"}, "dataget", key="k")
                self.assert_result({"attrs": {}}, "getattrs")
            self.assert_result({"uids": []}, "getroommembers", rid=room)
            again = self.open()
            self.assertIs(again.auth(self.project.pid, made, **sign)["ok"], True)
