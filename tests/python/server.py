"""The real program as a child process, on free ports and a data folder that goes away with it."""

import atexit
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from fpnn import PATIENCE
from rest import Rest
from rtm import Client, Project
from sdk import Sdk

FIRST_APP = "demo-org/demo-app"


class Server:
    """A server with these settings: `Server(RTM__REFUSE_REPLAYS="true")`."""

    def __init__(self, **settings):
        self.binary = Path(os.environ["HALLOO_BINARY"]).resolve()
        self.folder = Path(tempfile.mkdtemp(prefix="halloo-python-"))
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HALLOO_")},
            "HALLOO_LISTEN__HTTP": "127.0.0.1:0",
            "HALLOO_LISTEN__RTM_SERVER": "127.0.0.1:0",
            "HALLOO_LISTEN__RTM_CLIENT": "127.0.0.1:0",
            "HALLOO_LISTEN__RTM_DISPATCH": "127.0.0.1:0",
            "HALLOO_PASSWORDS__MEMORY": "64KiB",
            **{f"HALLOO_{name}": str(value) for name, value in settings.items()},
        }
        self.process = None
        atexit.register(self.remove)
        self.start()

    def start(self):
        """Starts it and waits until it says where it answers."""
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "--data", self.folder / "data"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        banner = ""
        for line in self.process.stdout:
            banner += line
            if line.strip().startswith("Data "):
                break
        else:
            raise AssertionError(f"the program did not start:\n{banner}{self.log()}")
        self.url = re.search(r"REST +(\S+)", banner)[1]
        self.address = address(re.search(r"RTM +(\S+) for server SDKs", banner)[1])
        said = re.search(r"(\S+) for client SDKs, FPNN and WebSocket\n", banner)
        self.gate = address(said[1])
        self.dispatch = address(re.search(r"(\S+) for older client SDKs\n", banner)[1])

    def stop(self, how=signal.SIGTERM):
        """Asks it to end, and waits until it has."""
        self.process.send_signal(how)
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def restart(self, how=signal.SIGTERM):
        """Stops it and starts it on the same data."""
        self.stop(how)
        self.start()

    def stay_where_it_is(self):
        """Makes it come back at the same addresses of the client gate."""
        self.environment["HALLOO_LISTEN__RTM_CLIENT"] = "%s:%d" % self.gate
        self.environment["HALLOO_LISTEN__RTM_DISPATCH"] = "%s:%d" % self.dispatch

    def remove(self):
        """Ends it and removes its data."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.remove)

    def log(self):
        """What it logged so far."""
        return (self.folder / "log").read_text(errors="replace")

    def command(self, *arguments):
        """What `halloo ARGUMENTS` prints."""
        arguments = [self.binary, *arguments, "--data", self.folder / "data"]
        printed = subprocess.run(
            arguments, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, check=True
        )
        return printed.stdout

    def json_of(self, *arguments):
        """What `halloo ARGUMENTS --json` prints, decoded."""
        return json.loads(self.command(*arguments, "--json"))

    def project(self, app=FIRST_APP):
        """An app as RTM knows it."""
        shown = self.json_of("app", "show", app, "--secrets")
        return Project(shown["pid"], shown["rtm_secret"])

    def rest(self, app=FIRST_APP):
        """An app as REST knows it."""
        shown = self.json_of("app", "show", app, "--secrets")
        return Rest(f"{self.url}/{app}", shown["client_id"], shown["client_secret"])

    def connect(self, project=None):
        """A new connection, for the first app unless another one is named."""
        return Client(self.address, project or self.first_project)

    def sdk(self, *, websocket=False):
        """A new connection to the client gate."""
        return Sdk.over_websocket(self.gate) if websocket else Sdk(self.gate)

    @functools.cached_property
    def first_project(self):
        """The app that a new server has."""
        return self.project()

    def public_key(self, *arguments):
        """The key for encrypted sessions, as PEM."""
        return self.command("rtm-key", *arguments)

    def most_memory(self):
        """Bytes that it held at most since it started; `None` where that can not be asked."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return None
        return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1])


@functools.cache
def shared():
    """The server with default settings that most tests talk to, each about users of its own."""
    return Server()


def address(text):
    """Host and port."""
    host, port = text.rsplit(":", 1)
    return host, int(port)
