"""As much of Easemob's REST dialect as it takes to see users from the other side."""

import json
import urllib.error
import urllib.request

from fpnn import PATIENCE


class Rest:
    """One app, spoken to with its own credentials."""

    def __init__(self, url, client_id, client_secret):
        self.url, self.token = url, None
        grant = {"grant_type": "client_credentials"}
        grant |= {"client_id": client_id, "client_secret": client_secret}
        self.token = self.call("POST", "token", grant)["access_token"]

    def call(self, method, path, body=None):
        """The decoded reply; raises `urllib.error.HTTPError` for a refusal."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return json.load(reply)

    def register(self, *names):
        """Makes users with these names."""
        users = [{"username": name, "password": "secret"} for name in names]
        self.call("POST", "users", users)

    def user(self, name):
        """A user, or `None`."""
        try:
            return self.call("GET", f"users/{name}")["entities"][0]
        except urllib.error.HTTPError as refusal:
            with refusal:
                assert refusal.code == 404, refusal
                return None

    def delete(self, name):
        """Deletes a user."""
        self.call("DELETE", f"users/{name}")

    def contacts(self, name):
        """Names of a user's contacts."""
        return self.call("GET", f"users/{name}/contacts/users")["data"]

    def add_contact(self, name, friend):
        """Makes two users contacts of each other."""
        self.call("POST", f"users/{name}/contacts/users/{friend}")

    def remove_contact(self, name, friend):
        """Ends that."""
        self.call("DELETE", f"users/{name}/contacts/users/{friend}")

    def blocks(self, name):
        """Names of those whom a user blocks."""
        return self.call("GET", f"users/{name}/blocks/users")["data"]

    def block(self, name, *others):
        """Makes a user block others."""
        self.call("POST", f"users/{name}/blocks/users", {"usernames": others})

    def unblock(self, name, other):
        """Ends that."""
        self.call("DELETE", f"users/{name}/blocks/users/{other}")
