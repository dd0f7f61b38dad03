"""The gate's further addresses: a key on another curve, TLS. FPNN sections 7.6 and 8."""

import socket
import ssl

from case import GateTest, fresh
from certificate import certify, new_folder
from encryption import Exchange
from fpnn import quest
from rtm import Client


def free_port():
    """A port of loopback that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class FurtherListeners(GateTest):
    def on(self, address):
        """A connection to one of them."""
        client = Client(address, self.server.first_project)
        self.addCleanup(client.close)
        return client

    def test_one_may_have_a_key_on_secp256r1(self):
        address = ("127.0.0.1", free_port())
        self.server = self.own_server(LISTEN__RTM_SERVER_SECP256R1="%s:%d" % address)
        key = self.server.public_key("--curve", "secp256r1")
        for bits in (128, 256):
            self.rtm = Exchange(key, bits=bits).agree(self.on(address))
            self.assert_done("removetoken", uid=fresh())
        self.rtm = Exchange(self.server.public_key()).agree(self.connect())
        self.assert_done("removetoken", uid=fresh())
        other_curve = self.on(address)
        other_curve.send(quest("*key", Exchange(self.server.public_key()).params()))
        self.assert_closed(other_curve)

    def test_one_may_be_over_tls_where_no_key_is_taken(self):
        address, folder = ("127.0.0.1", free_port()), new_folder(self)
        certify(folder)
        self.server = self.own_server(
            LISTEN__RTM_SERVER_TLS="%s:%d" % address,
            RTM__TLS_CERTIFICATE=folder / "certificate.pem",
            RTM__TLS_KEY=folder / "key.pem",
        )
        trusted = ssl.create_default_context(cafile=folder / "certificate.pem")
        for refused in (False, True):
            self.rtm = self.on(address)
            self.rtm.socket = trusted.wrap_socket(self.rtm.socket, server_hostname=address[0])
            if refused:
                self.rtm.send(quest("*key", Exchange(self.server.public_key()).params()))
                self.assert_closed(self.rtm)
            else:
                self.assert_done("setuserinfo", uid=fresh(), oinfo="a" * 65535)
                self.assert_usable()
