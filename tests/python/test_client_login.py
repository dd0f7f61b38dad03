"""Logging in and out. RTM client gate section 2."""

import base64

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from case import SdkTest, fresh
from certificate import new_folder
from fpnn import quest_of
from rtm import now
from sdk import Int64, packed, signed_token
from server import FIRST_APP

UNKNOWN_USER, UNAUTHORIZED, LOGGED_IN_ALREADY, BANNED = 200001, 200022, 200023, 200024
TIME_IS_OFF, INVALID = 200008, 200034
MISSING, WRONG_TYPE, UNKNOWN_METHOD = 10009, 10010, 20004
HOUR = 3600


class LoginTest(SdkTest):
    def try_login(self, uid, token, *, sdk=None, **more):
        """Whether the user is let in, or the code of the refusal."""
        params = {"pid": self.project.pid, "uid": uid, "token": token} | more
        answer = (sdk or self.open()).ask("auth", params)
        return answer.value["code"] if answer.status else answer.value["ok"]


class FetchedTokens(LoginTest):
    def test_let_in_whatever_else_is_said(self):
        for more in (
            {},
            {"version": "WebSocket_2.7.6", "attrs": {"user": "a"}},
            {"version": "C#-2.7.0", "lang": "en", "attrs": {}},
            {"attrs": None, "lang": None, "device": None, "version": None, "unread": None},
            {"device": "ACME-1", "lang": "", "authv": 1},
            {"unread": True},
            {"authv": None, "ts": None},
            {"nobody": [{"knows": "this"}], "field": 1.5},
        ):
            for sdk in self.each_transport():
                uid = fresh()
                self.assertIs(self.try_login(uid, self.token(uid), sdk=sdk, **more), True, more)
                self.assertEqual(self.online(uid), [uid])
                self.assertEqual(sdk.pushes, [])

    def test_are_good_any_number_of_times_and_each_of_several(self):
        uid = fresh()
        tokens = [self.token(uid) for _ in range(3)]
        for token in tokens * 2:
            self.assertIs(self.try_login(uid, token), True)

    def test_of_somebody_else_are_no_error_but_a_no_and_one_may_try_again(self):
        uid, other = fresh(2)
        token = self.token(uid)
        for sdk in self.each_transport():
            for wrong in (self.token(other), "", "x", token.lower(), token + "0", "é" * 100):
                self.assertIs(self.try_login(uid, wrong, sdk=sdk), False)
            self.assertEqual(self.refusal(sdk, "getfriends"), UNAUTHORIZED)
            self.assertEqual(self.online(uid, other), [])
            self.assertIs(self.try_login(uid, token, sdk=sdk), True)
            self.assertEqual(sdk.call("getfriends"), {"uids": []})
            sdk.call("bye")

    def test_are_no_good_after_they_were_removed_but_a_session_stays(self):
        uid = fresh()
        token = self.token(uid)
        sdk = self.login(uid, token=token)
        self.backend.call("removetoken", uid=uid)
        self.assertIs(self.try_login(uid, token), False)
        self.assertEqual(sdk.call("getfriends"), {"uids": []})
        self.assertIs(self.try_login(uid, self.token(uid)), True)

    def test_let_in_however_sdks_write_numbers_and_texts(self):
        pid = self.project.pid
        for uid in (fresh(), 5_000_000_000 + fresh()):
            token = self.token(uid)
            for written in (
                {"pid": Int64(pid), "uid": Int64(uid)},
                {"pid": float(pid), "uid": float(uid)},
                {"token": token.encode()},
            ):
                self.assertIs(self.try_login(**{"uid": uid, "token": token} | written), True)
            ts = now()
            token = signed_token(self.project, uid, ts)
            for ts, authv in ((Int64(ts), Int64(2)), (float(ts), 2.0)):
                self.assertIs(self.try_login(uid, token, ts=ts, authv=authv), True)

    def test_of_a_deleted_user_are_none_also_when_he_comes_into_being_again(self):
        uid = fresh()
        token = self.token(uid)
        self.server.rest().delete(uid)
        self.assertIs(self.try_login(uid, token), False)
        later = self.token(uid)
        self.assertIs(self.try_login(uid, token), False)
        self.assertIs(self.try_login(uid, later), True)

    def test_of_a_user_nobody_has_heard_of_are_none(self):
        uid = fresh()
        self.assertIs(self.try_login(uid, "x"), False)
        self.assertIsNone(self.server.rest().user(uid))

    def test_are_of_one_app(self):
        uid, app = fresh(2)
        other = self.server.json_of("app", "create", f"org/app-{app}")
        token = self.token(uid)
        self.assertIs(self.try_login(uid, token, pid=other["pid"]), False)


class TokensThatTheAppMakes(LoginTest):
    def made(self, uid, ts, **more):
        """Whether such a token lets in."""
        token = signed_token(self.project, uid, ts)
        return self.try_login(uid, token, **{"ts": ts, "authv": 2} | more)

    def test_let_in_also_a_user_who_is_new(self):
        for websocket in (False, True):
            uid = fresh()
            sdk = self.open(websocket=websocket)
            self.assertIs(self.made(uid, now(), sdk=sdk), True)
            self.assertEqual(sdk.call("getfriends"), {"uids": []})
            self.assertEqual(self.server.rest().user(uid)["username"], str(uid))

    def test_are_good_for_hours_again_and_again(self):
        uid = fresh()
        for ts in (now(), now() - 2 * HOUR, now() - 23 * HOUR, now() + 60):
            for _ in range(2):
                self.assertIs(self.made(uid, ts), True)

    def test_of_the_number_of_a_user_who_has_a_name_make_no_other(self):
        name = f"user-{fresh()}"
        self.server.rest().register(name)
        uid = self.server.json_of("user", "show", FIRST_APP, name)["uid"]
        self.assertIs(self.made(uid, now()), True)
        for nobody in (uid + 1_000_000_000, (1 << 63) - 1):
            self.assertEqual(self.made(nobody, now()), UNKNOWN_USER)

    def test_are_not_good_for_ever(self):
        uid = fresh()
        for ts in (now() - 25 * HOUR, now() + 25 * HOUR, 0, 1, (1 << 63) - 1):
            self.assertIn(self.made(uid, ts), (False, TIME_IS_OFF), ts)

    def test_are_good_only_for_what_was_signed(self):
        uid, other, ts = *fresh(2), now()
        token = signed_token(self.project, uid, ts)
        for more in ({"ts": ts + 1}, {"authv": 1}, {"authv": None}, {"authv": 3}):
            how = {"ts": ts, "authv": 2} | more
            self.assertIs(self.try_login(uid, token, **how), False, more)
        self.assertIs(self.try_login(other, token, ts=ts, authv=2), False)
        for wrong in (
            "",
            "x",
            base64.b64encode(bytes(32)).decode(),
            base64.b64encode(base64.b64decode(token)[:-1]).decode(),
            base64.b64encode(base64.b64decode(token) + b"\0").decode(),
            base64.b64decode(token).hex(),
            self.token(uid),
        ):
            self.assertIs(self.try_login(uid, wrong, ts=ts, authv=2), False, wrong)
        self.assertIn(self.try_login(uid, token, authv=2), (False, MISSING))

    def test_may_be_made_with_a_private_key_whose_public_one_the_app_registered(self):
        app = f"org/app-{fresh()}"
        self.server.command("app", "create", app)
        self.project = self.server.project(app)
        file = new_folder(self) / "key.pem"
        of_a_curve, edwards = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey
        for private, how in [
            (of_a_curve, (ec.ECDSA(hashes.SHA256()),)),
            (edwards.generate(), ()),
        ]:
            pem = serialization.Encoding.PEM
            kind = serialization.PublicFormat.SubjectPublicKeyInfo
            file.write_bytes(private.public_key().public_bytes(pem, kind))
            self.server.command("app", "set-login-key", app, file)
            uid, ts = fresh(), now()
            signature = private.sign(f"{self.project.pid}:{uid}:{ts}".encode(), *how)
            token = base64.b64encode(signature).decode()
            self.assertIs(self.try_login(uid, token, ts=ts, authv=2), True)
            self.assertIs(self.try_login(uid + 1, token, ts=ts, authv=2), False)
            self.assertIs(self.made(uid, ts), True)


class Refusals(LoginTest):
    def test_of_projects_and_users_that_can_not_be(self):
        uid = fresh()
        token = self.token(uid)
        for pid, user in [(1, uid), (0, uid), (-1, uid), (None, 0), (None, -1), (None, -(1 << 63))]:
            sdk = self.open()
            pid = self.project.pid if pid is None else pid
            self.assertEqual(self.try_login(user, token, sdk=sdk, pid=pid), UNKNOWN_USER)
            ts = now()
            made = {"ts": ts, "authv": 2}
            self.assertEqual(self.try_login(user, token, sdk=sdk, pid=pid, **made), UNKNOWN_USER)
        self.assertIs(self.try_login(uid, token, sdk=sdk), True)

    def test_of_parameters_that_are_not_there_or_of_another_type(self):
        uid = fresh()
        good = {"pid": self.project.pid, "uid": uid, "token": self.token(uid)}
        for name in good:
            sdk = self.open()
            rest = {key: value for key, value in good.items() if key != name}
            self.assertEqual(self.refusal(sdk, "auth", **rest), MISSING, name)
            self.assertEqual(self.refusal(sdk, "auth", **good | {name: None}), MISSING, name)
            self.assertEqual(self.refusal(sdk, "auth", **good | {name: [1]}), WRONG_TYPE, name)
        sdk = self.open()
        for wrong in ({"attrs": [1]}, {"attrs": {"a": [1]}}, {"ts": "x", "authv": 2}):
            code = self.refusal(sdk, "auth", **good | wrong)
            self.assertIn(code, (WRONG_TYPE, INVALID), wrong)
        self.assertEqual(sdk.call("auth", **good), {"ok": True})

    def test_of_everything_before_the_login_but_what_is_not_of_a_user(self):
        for sdk in self.each_transport():
            for method in (
                "bye getattrs addattrs getfriends enterroom kickout sendmsg getunread ping"
            ).split():
                self.assertEqual(self.refusal(sdk, method), UNAUTHORIZED, method)
            self.assertEqual(list(sdk.call("*ping")), ["ts"])
            self.assertEqual(list(sdk.call("which", what="rtmGated")), ["endpoint"])

    def test_of_a_second_login_on_one_connection_whoever_it_is(self):
        uid, other = fresh(2)
        token = self.token(uid)
        for sdk in self.each_transport():
            self.assert_login(sdk, uid, token=token)
            for user, what in [(uid, token), (uid, "wrong"), (other, self.token(other))]:
                self.assertEqual(self.try_login(user, what, sdk=sdk), LOGGED_IN_ALREADY)
            self.assertEqual(self.online(uid, other), [uid])
            self.assertEqual(sdk.call("getfriends"), {"uids": []})

    def test_of_the_banned(self):
        uid = fresh()
        token = self.token(uid)
        self.backend.call("addprojectblack", uid=uid)
        sdk = self.open()
        self.assertEqual(self.try_login(uid, token, sdk=sdk), BANNED)
        ts = now()
        made = {"token": signed_token(self.project, uid, ts), "ts": ts, "authv": 2}
        self.assertEqual(self.try_login(uid, sdk=sdk, **made), BANNED)
        self.backend.call("removeprojectblack", uid=uid)
        self.assertIs(self.try_login(uid, token, sdk=sdk), True)


class Goodbyes(LoginTest):
    def test_put_offline_and_one_may_log_in_again_also_as_somebody_else(self):
        uid, other = fresh(2)
        for sdk in self.each_transport():
            for user in (uid, uid, other):
                self.assert_login(sdk, user)
                self.assertEqual(self.online(uid, other), [user])
                self.assertEqual(sdk.call("bye"), {})
                self.assertEqual(self.online(uid, other), [])
                self.assertEqual(self.refusal(sdk, "bye"), UNAUTHORIZED)

    def test_leave_nothing_of_the_session_behind(self):
        uid, room = fresh(2)
        sdk = self.login(uid, attrs={"a": "b"})
        sdk.call("enterroom", rid=room)
        sdk.call("bye")
        self.assert_login(sdk, uid)
        self.assertEqual(sdk.call("getuserrooms"), {"rooms": []})
        self.assertEqual(sdk.call("getattrs"), {"attrs": {}})
        self.assertEqual(self.backend.call("getroommembers", rid=room), {"uids": []})

    def test_without_a_word_put_offline_too(self):
        for sdk in self.each_transport():
            uid = fresh()
            self.assert_login(sdk, uid)
            sdk.close()
            self.wait_until_offline(uid)


class ManyLoginsAtOnce(LoginTest):
    def test_of_one_user_all_succeed(self):
        uid = fresh()
        token = self.token(uid)
        sdks = [self.open(websocket=number % 2) for number in range(20)]
        params = {"pid": self.project.pid, "uid": uid, "token": token}
        for sdk in sdks:
            sdk.send(*(quest_of("auth", packed(params)) for _ in range(2)))
        for sdk in sdks:
            first, second = sdk.receive_answer(1), sdk.receive_answer(1)
            self.assertEqual(first.value, {"ok": True})
            self.assertEqual(second.value["code"], LOGGED_IN_ALREADY)
        self.assertEqual(self.online(uid), [uid])
        for sdk in sdks[1:]:
            sdk.call("bye")
            self.assertEqual(self.online(uid), [uid])
        sdks[0].close()
        self.wait_until_offline(uid)
