"""The whole surface: what each method answers about things nobody has heard of, what it cannot do
without, and what this server does not have. RTM server gate sections 2 to 9."""

from case import GateTest, fresh
from fpnn import quest_of
from rtm import check_encoding, signed

ID, IDS, TEXT, SECONDS, KIND = 5, [5], "fcm", 60, 1

# Method, its required parameters with possible values, its result for ids that are new.
METHODS = {
    "gettoken": ({"uid": ID}, ...),
    "removetoken": ({"uid": ID}, {}),
    "kickout": ({"uid": ID}, {}),
    "getonlineusers": ({"uids": IDS}, {"uids": []}),
    "addprojectblack": ({"uid": ID}, {}),
    "removeprojectblack": ({"uid": ID}, {}),
    "isprojectblack": ({"uid": ID}, {"ok": False}),
    "setuserinfo": ({"uid": ID}, None),
    "getuserinfo": ({"uid": ID}, {"oinfo": "", "pinfo": ""}),
    "getuseropeninfo": ({"uids": IDS}, ...),
    "addprojectban": ({"uid": ID}, {}),
    "removeprojectban": ({"uid": ID}, {}),
    "isprojectban": ({"uid": ID}, {"ok": False}),
    "addroommember": ({"rid": ID, "uid": ID}, {}),
    "delroommember": ({"rid": ID, "uid": ID}, {}),
    "addroommembers": ({"rid": ID, "uids": IDS}, ...),
    "delroommembers": ({"rid": ID, "uids": IDS}, {"successedUids": []}),
    "adduserrooms": ({"rids": IDS, "uid": ID}, {}),
    "deleteuserrooms": ({"rids": IDS, "uid": ID}, {}),
    "getroommembers": ({"rid": ID}, {"uids": []}),
    "setroominfo": ({"rid": ID}, None),
    "getroominfo": ({"rid": ID}, {"oinfo": "", "pinfo": ""}),
    "addroomban": ({"uid": ID}, {}),
    "removeroomban": ({"uid": ID}, {}),
    "isbanofroom": ({"rid": ID, "uid": ID}, {"ok": False}),
    "addgroupmembers": ({"gid": ID, "uids": IDS}, {}),
    "delgroupmembers": ({"gid": ID, "uids": IDS}, {}),
    "delgroup": ({"gid": ID}, {}),
    "getgroupmembers": ({"gid": ID}, {"uids": []}),
    "getgroupcount": ({"gid": ID}, {"cn": 0}),
    "isgroupmember": ({"gid": ID, "uid": ID}, {"ok": False}),
    "getusergroups": ({"uid": ID}, {"gids": []}),
    "setgroupinfo": ({"gid": ID}, None),
    "getgroupinfo": ({"gid": ID}, {"oinfo": "", "pinfo": ""}),
    "addgroupban": ({"uid": ID}, {}),
    "removegroupban": ({"uid": ID}, {}),
    "isbanofgroup": ({"gid": ID, "uid": ID}, {"ok": False}),
    "addfriends": ({"uid": ID, "friends": IDS}, {}),
    "delfriends": ({"uid": ID, "friends": IDS}, {}),
    "getfriends": ({"uid": ID}, {"uids": []}),
    "isfriend": ({"uid": ID, "fuid": ID}, {"ok": False}),
    "isfriends": ({"uid": ID, "fuids": IDS}, {"fuids": []}),
    "addblacks": ({"uid": ID, "blacks": IDS}, {}),
    "delblacks": ({"uid": ID, "blacks": IDS}, {}),
    "getblacks": ({"uid": ID}, {"uids": []}),
    "isblack": ({"uid": ID, "buid": ID}, {"ok": False}),
    "isblacks": ({"uid": ID, "buids": IDS}, {"buids": []}),
    "dataset": ({"uid": ID, "key": TEXT, "val": TEXT}, {}),
    "dataget": ({"uid": ID, "key": TEXT}, {}),
    "datadel": ({"uid": ID, "key": TEXT}, {}),
    "dbset": ({"uid": ID, "key": TEXT, "val": TEXT}, {}),
    "dbget": ({"uid": ID, "key": TEXT}, {}),
    "adddevice": ({"uid": ID, "devicetoken": TEXT}, {}),
    "removedevice": ({"uid": ID, "devicetoken": TEXT}, {}),
    "addoption": ({"uid": ID, "type": KIND, "xid": ID}, {}),
    "removeoption": ({"uid": ID, "type": KIND, "xid": ID}, {}),
    "getoption": ({"uid": ID}, {"p2p": {}, "group": {}}),
}

# Parameters that a quest may do without, with a value of the wrong type.
OPTIONAL = {
    "kickout": {"ce": 5},
    "addprojectblack": {"btime": "a"},
    "addprojectban": {"btime": "a"},
    "addroomban": {"btime": "a", "rid": "a"},
    "removeroomban": {"rid": "a"},
    "addgroupban": {"btime": "a", "gid": "a"},
    "removegroupban": {"gid": "a"},
    "setuserinfo": {"oinfo": 5, "pinfo": 5},
    "setroominfo": {"oinfo": 5, "pinfo": 5},
    "setgroupinfo": {"oinfo": 5, "pinfo": 5},
    "adddevice": {"apptype": 5},
    "addoption": {"mtypes": "a", "mtype": "a"},
    "removeoption": {"mtypes": "a"},
    "getroomcount": {"rid": "a", "rids": "a"},
}

LATER = (
    "filetoken translate profanity tcheck icheck acheck vcheck speech2text transcribe stranscribe"
).split()
LATER_UNSIGNED = "sendfile sendfiles sendgroupfile sendroomfile broadcastfile".split()
FORBIDDEN = (
    "inviteUserIntoRTCRoom closeRTCRoom kickoutFromRTCRoom getRTCRoomList getRTCRoomMembers"
    " getRTCRoomMemberCount setRTCRoomMicStatus pullIntoRTCRoom adminCommand"
    " inviteUserIntoVoiceRoom closeVoiceRoom kickoutFromVoiceRoom getVoiceRoomList"
    " getVoiceRoomMembers getVoiceRoomMemberCount setVoiceRoomMicStatus pullIntoVoiceRoom"
    " imserver_setuserinfos imserver_setgroupinfos imserver_getuserinfos"
    " imserver_getgroupinfos imserver_setapplygrant imserver_getapplygrant"
    " imserver_setinvitegrant imserver_getinvitegrant imserver_creategroup"
    " imserver_dismissgroup imserver_addgroupmembers"
).split()


def about_new_ids(params):
    """These parameters, about ids that nobody used before."""
    return {
        name: fresh() if value is ID else [fresh()] if value is IDS else value
        for name, value in params.items()
    }


class EveryMethod(GateTest):
    def test_answers_every_field_about_what_is_new(self):
        for method, (params, result) in METHODS.items():
            if isinstance(result, dict):
                self.assert_result(result, method, **about_new_ids(params))

    def test_answers_the_rest_too(self):
        uid, rid = fresh(2)
        self.assertEqual(list(self.rtm.call("gettoken", uid=uid)), ["token"])
        self.assert_result({"info": {str(uid): ""}}, "getuseropeninfo", uids=[uid])
        self.assert_result({"successedUids": [uid]}, "addroommembers", rid=rid, uids=[uid])
        self.assert_result({"cn": {str(rid): 1}}, "getroomcount", rids=[rid])
        self.assert_result({"cn": {str(rid): 1}}, "getroomcount", rid=rid)
        for noun, name in (("user", "uid"), ("room", "rid"), ("group", "gid")):
            self.assert_done(f"set{noun}info", **{name: fresh(), "oinfo": "a"})

    def test_says_which_parameter_is_missing(self):
        for method, (params, _) in METHODS.items():
            for missing in params:
                rest = {name: value for name, value in params.items() if name != missing}
                self.assert_refused(10009, method, **rest)

    def test_takes_nil_as_missing_or_as_an_empty_list(self):
        for method, (params, _) in METHODS.items():
            for missing in params:
                code = 200033 if params[missing] is IDS else 10009
                self.assert_refused(code, method, **params | {missing: None})

    def test_says_which_parameter_is_of_the_wrong_type(self):
        for method, (params, _) in METHODS.items():
            for name, value in params.items():
                for wrong in (5, "a", {"a": "b"}, [], ["a"], [1.5], 1.5, True, [None]):
                    if self.is_of_another_type(value, wrong):
                        self.assert_refused(10010, method, **params | {name: wrong})
            for name, wrong in OPTIONAL.get(method, {}).items():
                self.assert_refused(10010, method, **params | {name: wrong})

    def is_of_another_type(self, value, wrong):
        """Whether `wrong` is of no type that would do in place of `value`."""
        if isinstance(value, list):
            return wrong != []
        return type(wrong) is not type(value)

    def test_refuses_ids_that_nobody_has(self):
        for method, (params, _) in METHODS.items():
            for name, value in params.items():
                for illegal in (0, -1, -(1 << 63)):
                    code = 200034 if name in ("rid", "rids", "gid", "xid") else 200001
                    if value is IDS:
                        self.assert_refused(code, method, **params | {name: [1, illegal]})
                    elif value is ID and (method, name) not in MUTES_EVERYWHERE:
                        self.assert_refused(code, method, **params | {name: illegal})

    def test_refuses_an_empty_list(self):
        for method, (params, _) in METHODS.items():
            for name, value in params.items():
                if value is IDS:
                    for empty in ([], {}):
                        self.assert_refused(200033, method, **params | {name: empty})
        self.assert_refused(200033, "getroomcount", rids=[])
        self.assert_refused(200033, "getroomcount")

    def test_takes_a_list_with_repetitions_as_one_without(self):
        for method, (params, _) in METHODS.items():
            ids = {name: fresh(2) * 100 for name, value in params.items() if value is IDS}
            if ids:
                result = self.rtm.call(method, **about_new_ids(params) | ids)
                for listed in result.values():
                    self.assertLessEqual(len(listed), 2, method)

    def test_does_not_mind_being_asked_twice(self):
        for method, (params, result) in METHODS.items():
            if result == {}:
                params = about_new_ids(params)
                for _ in range(3):
                    self.assert_done(method, **params)


# Where an id that nobody has stands for all of them.
MUTES_EVERYWHERE = {("isbanofroom", "rid"), ("isbanofgroup", "gid")}


class WhatIsNotThere(GateTest):
    def test_is_said_to_be_not_enabled(self):
        for method in LATER:
            for params in ({}, {"uid": "wrong"}):
                self.assert_refused(200060, method, **params)

    def test_is_said_to_be_not_enabled_to_files_without_a_signature(self):
        for method in LATER_UNSIGNED:
            for params in ({}, {"pid": 1, "token": "t", "file": b"\xff"}):
                answer = self.rtm.ask(method, params)
                check_encoding(answer)
                self.assertEqual(answer.value["code"], 200060, method)

    def test_is_said_to_be_forbidden(self):
        for method in FORBIDDEN:
            self.assert_refused(200020, method)

    def test_is_refused_to_strangers_first(self):
        for method in LATER + FORBIDDEN:
            wrong = signed(self.rtm.project, method) | {"sign": "0" * 32}
            self.assertEqual(self.rtm.ask(method, wrong).value["code"], 200002)

    def test_takes_a_file_of_5_mib_to_say_so(self):
        attrs = b"\x82\xa3pid\x01\xa4file\xdb" + (5 << 20).to_bytes(4, "big") + b"\xff" * (5 << 20)
        self.rtm.call("isprojectblack", uid=1)  # a stranger may not send so much
        self.rtm.send(quest_of("sendfile", attrs))
        self.assertEqual(self.rtm.receive().value["code"], 200060)
