"""What tests of the gate have in common."""

import contextlib
import itertools
import time
import unittest

import server
from fpnn import PATIENCE
from rtm import Refused, signed
from sdk import packed

_ids = itertools.count(1_000_000, 1000)


def fresh(count=1):
    """Ids that no other test uses: one, or a list of up to 1000."""
    first = next(_ids)
    return first if count == 1 else list(range(first, first + count))


class GateTest(unittest.TestCase):
    """A test that talks to the shared server through a connection of its own."""

    def setUp(self):
        self.server = self.choose_server()
        self.rtm = self.connect()

    def choose_server(self):
        """The server to talk to."""
        return server.shared()

    def own_server(self, **settings):
        """A server with these settings, for this test alone."""
        own = server.Server(**settings)
        self.addCleanup(own.remove)
        return own

    def tearDown(self):
        self.assertNotIn("panicked", self.server.log())

    def connect(self, project=None):
        """Another connection, closed with the test."""
        client = self.server.connect(project)
        self.addCleanup(client.close)
        return client

    def assert_result(self, expected, method, /, **params):
        """The answer has exactly these fields with these values."""
        self.assertEqual(self.rtm.call(method, **params), expected, f"{method} {short(params)}")

    def assert_done(self, method, /, **params):
        """The answer is the empty one."""
        self.assert_result({}, method, **params)

    def assert_refused(self, code, method, /, **params):
        """The answer is this error."""
        with self.assertRaises(Refused, msg=f"{method} {short(params)}") as refusal:
            self.rtm.call(method, **params)
        self.assertEqual(refusal.exception.code, code, refusal.exception)

    def assert_members(self, expected, method, field, /, **params):
        """The answer has this one field, and it lists exactly these, in any order, each once."""
        result = self.rtm.call(method, **params)
        self.assertEqual(list(result), [field], method)
        self.assertCountEqual(result[field], expected, f"{method} {short(params)}")

    def wait_until(self, condition):
        """Asks until it is so."""
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end, "it never came")

    def assert_usable(self, connection=None):
        """The connection is still there and in step."""
        answer = (connection or self.rtm).ask("*ping")
        self.assertEqual(answer.status, 0)

    def assert_closed(self, connection, *, after=0):
        """The server closes the connection, after so many packages."""
        self.assertEqual(len(connection.receive_rest()), after)


class SdkTest(GateTest):
    """A test of the client gate. `self.backend` signs its quests, `self.rtm` is who is asked."""

    @classmethod
    def setUpClass(cls):
        cls.kicked = []

    @classmethod
    def tearDownClass(cls):
        # SDKs have a moment to go by themselves; the tests wait for it all together.
        for sdk in cls.kicked:
            with contextlib.closing(sdk):
                rest = sdk.receive_rest()
                assert rest == [], f"after a kickout: {rest}"

    def setUp(self):
        super().setUp()
        self.backend = self.rtm
        self.project = self.server.first_project

    def open(self, *, websocket=False):
        """A new connection to the client gate, closed with the test."""
        sdk = self.server.sdk(websocket=websocket)
        self.addCleanup(lambda: sdk in self.kicked or sdk.close())
        return sdk

    def each_transport(self):
        """A new connection, bare and as a WebSocket."""
        for websocket in (False, True):
            with self.subTest(websocket=websocket):
                yield self.open(websocket=websocket)

    def token(self, uid):
        """A token for a user, who comes into being by it."""
        return self.backend.call("gettoken", uid=uid)["token"]

    def login(self, uid, *, websocket=False, **more):
        """A new connection of a user."""
        sdk = self.open(websocket=websocket)
        self.assert_login(sdk, uid, **more)
        return sdk

    def assert_login(self, sdk, uid, *, token=None, **more):
        """The user is let in."""
        result = sdk.auth(self.project.pid, uid, token or self.token(uid), **more)
        self.assertEqual(result, {"ok": True})

    def refusal(self, sdk, method, /, **params):
        """The code that a quest is refused with, 0 for success. Both keys are looked at."""
        answer = sdk.ask(method, params)
        return answer.value["code"] if answer.status else 0

    def assert_kicked(self, sdk, **why):
        """It is told so by `kickout`, one-way, and closed after that. No reason: it is empty."""
        self.assertEqual(sdk.receive_push().method, "kickout")
        last = sdk.last
        if self.server is server.shared():
            self.kicked.append(sdk)
        else:
            self.assert_closed(sdk)
        payload = packed(why)
        sent = f"46504e4e01800007{len(payload):02x}0000006b69636b6f7574{payload.hex()}"
        self.assertEqual(last.hex(), sent)

    def online(self, *uids):
        """Who of these is online."""
        return self.backend.call("getonlineusers", uids=list(uids))["uids"]

    def wait_until_offline(self, uid):
        """Waits until the user is."""
        self.wait_until(lambda: not self.online(uid))


class SignatureTest(GateTest):
    """A test of quests with proofs of its own making."""

    def code(self, method, params):
        """The code of the answer, 0 for success. The connection must stay usable."""
        answer = self.rtm.ask(method, params)
        self.assert_usable()
        return answer.value["code"] if answer.status else 0

    def assert_code(self, code, method, params, message=None):
        """The answer has this code."""
        self.assertEqual(self.code(method, params), code, message or f"{method} {params}")

    def signed(self, method, params=None, **how):
        """Parameters signed for the first app."""
        return signed(self.rtm.project, method, params, **how)


def short(params):
    """Parameters for a message."""
    shown = repr(params)
    return shown if len(shown) < 200 else shown[:200] + "…"
