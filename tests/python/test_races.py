"""Many connections at once: limits hold, nobody is made twice, what was answered is seen."""

from case import GateTest, fresh
from fpnn import quest
from rtm import signed
from server import FIRST_APP

CONNECTIONS = 20


class RacesAreDecided(GateTest):
    def setUp(self):
        super().setUp()
        self.connections = [self.connect() for _ in range(CONNECTIONS)]

    def all_at_once(self, method, each):
        """Asks on every connection before reading any answer; gives the codes, 0 for success."""
        for place, connection in enumerate(self.connections):
            connection.send(quest(method, signed(connection.project, method, each(place))))
        answers = [connection.receive() for connection in self.connections]
        return [answer.value["code"] if answer.status else 0 for answer in answers]

    def test_a_user_is_in_ten_rooms_at_most(self):
        user, *rooms = fresh(CONNECTIONS + 1)
        codes = self.all_at_once("addroommember", lambda place: {"uid": user, "rid": rooms[place]})
        self.assertCountEqual(codes, [0] * 10 + [200047] * 10)
        counts = self.rtm.call("getroomcount", rids=rooms)["cn"]
        self.assertEqual([counts[str(room)] for room in rooms], [int(code == 0) for code in codes])

    def test_a_user_has_300_friends_at_most(self):
        user = fresh()
        hundreds = [fresh(100) for _ in self.connections]
        codes = self.all_at_once(
            "addfriends", lambda place: {"uid": user, "friends": hundreds[place]}
        )
        self.assertCountEqual(codes, [0] * 3 + [200048] * (CONNECTIONS - 3))
        friends = [
            friend for code, hundred in zip(codes, hundreds) if code == 0 for friend in hundred
        ]
        self.assert_members(friends, "getfriends", "uids", uid=user)

    def test_a_new_user_comes_into_being_once(self):
        user = fresh()
        codes = self.all_at_once(
            "dataset", lambda place: {"uid": user, "key": f"k{place}", "val": str(place)}
        )
        self.assertEqual(set(codes), {0})
        for place in range(CONNECTIONS):
            self.assert_result({"val": str(place)}, "dataget", uid=user, key=f"k{place}")
        users = self.server.json_of("user", "list", FIRST_APP, "--limit", "1000000")
        self.assertEqual([each["username"] for each in users].count(str(user)), 1)

    def test_a_group_gets_everybody(self):
        group, *users = fresh(CONNECTIONS + 1)
        codes = self.all_at_once(
            "addgroupmembers", lambda place: {"gid": group, "uids": [users[place]]}
        )
        self.assertEqual(set(codes), {0})
        self.assert_members(users, "getgroupmembers", "uids", gid=group)

    def test_what_one_connection_was_answered_every_other_sees(self):
        user = fresh()
        for place, writer in enumerate(self.connections):
            writer.call("setuserinfo", uid=user, oinfo=str(place))
            reader = self.connections[place - 1]
            self.assertEqual(reader.call("getuserinfo", uid=user)["oinfo"], str(place))
