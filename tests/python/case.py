"""What tests of the gate have in common."""

import itertools
import time
import unittest

import server
from fpnn import PATIENCE
from rtm import Refused, signed

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
