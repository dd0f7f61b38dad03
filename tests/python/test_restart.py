"""What outlives the server, and how it leaves. RTM server gate section 12, FPNN section 11."""

import signal

from case import GateTest, fresh
from encryption import Exchange
from fpnn import PATIENCE, quest
from rtm import signed

STOPPING = 20014


class RestartTest(GateTest):
    def choose_server(self):
        return self.own_server()

    def restart(self, how=signal.SIGTERM):
        """Stops the server, which waits a moment for open connections, and starts it again."""
        self.rtm.close()
        self.server.restart(how)
        self.rtm = self.connect()


class EverythingIsThereAfterARestart(RestartTest):
    KEPT = [
        ("setuserinfo", {"uid": 1, "oinfo": "o", "pinfo": "p"}, "getuserinfo", {"uid": 1}),
        ("setroominfo", {"rid": 1, "oinfo": "o"}, "getroominfo", {"rid": 1}),
        ("setgroupinfo", {"gid": 1, "pinfo": "p"}, "getgroupinfo", {"gid": 1}),
        ("addgroupmembers", {"gid": 1, "uids": [1, 2]}, "getgroupmembers", {"gid": 1}),
        ("addfriends", {"uid": 1, "friends": [2, 3]}, "getfriends", {"uid": 1}),
        ("addblacks", {"uid": 1, "blacks": [4]}, "getblacks", {"uid": 1}),
        ("addprojectblack", {"uid": 5, "btime": 3600}, "isprojectblack", {"uid": 5}),
        ("addprojectban", {"uid": 6}, "isprojectban", {"uid": 6}),
        ("addroomban", {"uid": 6, "btime": 3600}, "isbanofroom", {"rid": 9, "uid": 6}),
        ("addgroupban", {"uid": 6, "gid": 9}, "isbanofgroup", {"gid": 9, "uid": 6}),
        ("dataset", {"uid": 1, "key": "k", "val": "v"}, "dataget", {"uid": 1, "key": "k"}),
        ("addoption", {"uid": 1, "type": 1, "xid": 7}, "getoption", {"uid": 1}),
    ]

    def test_that_was_answered_also_when_it_was_killed(self):
        for change, params, _, _ in self.KEPT:
            self.rtm.call(change, **params)
        answers = [self.rtm.call(ask, **params) for _, _, ask, params in self.KEPT]
        for how in (signal.SIGTERM, signal.SIGKILL):
            self.restart(how)
            for (_, _, ask, params), answer in zip(self.KEPT, answers):
                self.assert_result(answer, ask, **params)

    def test_and_the_key_is_the_same(self):
        key = self.server.public_key()
        self.restart()
        self.assertEqual(self.server.public_key(), key)
        self.assert_usable(Exchange(key, stream=True, bits=256).agree(self.connect()))


class AServerThatStops(RestartTest):
    QUESTS = 3000

    def test_answers_what_it_has_read_and_keeps_what_it_confirmed(self):
        for encrypted in (False, True):
            group = fresh()
            connection = self.connect()
            if encrypted:
                Exchange(self.server.public_key(), stream=True).agree(connection)
            connection.send(*(self.adding(group, user) for user in range(1, self.QUESTS + 1)))
            answers = [connection.receive()]
            self.server.process.terminate()
            answers += connection.receive_rest()
            # Nothing in the middle is left without an answer.
            self.assertCountEqual([answer.seq for answer in answers], range(1, len(answers) + 1))
            confirmed = [answer.seq for answer in answers if answer.status == 0]
            refused = {answer.value["code"] for answer in answers if answer.status}
            self.assertLessEqual(refused, {STOPPING})
            connection.close()
            self.restart()
            members = self.rtm.call("getgroupmembers", gid=group)["uids"]
            self.assertCountEqual(members, confirmed)

    def adding(self, group, user):
        params = signed(self.rtm.project, "addgroupmembers", {"gid": group, "uids": [user]})
        return quest("addgroupmembers", params, seq=user)

    def test_lets_idle_connections_go(self):
        connections = [self.connect() for _ in range(50)]
        for connection in connections[:25]:
            self.assert_usable(connection)
        for connection in connections[25:40]:
            connection.send_bytes(quest("*ping")[:9])
        self.rtm.close()
        self.server.process.terminate()
        for connection in connections:
            self.assert_closed(connection)
            connection.close()
        self.assertEqual(self.server.process.wait(PATIENCE), 0)
