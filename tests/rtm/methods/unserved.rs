//! The methods that are not served, and those of the transport.
//!
//! As in `served.rs`, without what nobody asks of them; `unsigned` where no signature goes with them.
//! Source: RTM server gate sections 5 to 9.

use super::{Method, others};

pub(super) const UNSERVED: &[Method] = others![
    // Files.
    "filetoken" NotEnabled (from: I64, cmd: Text; to: I64, tos: Ids, rid: I64, gid: I64)
        -> (token: Text, endpoint: Text) [200_002, 200_010] "";
    // Uploads.
    "sendfile" NotEnabled unsigned (pid: I32, token: Text, mtype: I8, from: I64, to: I64, mid: I64,
        file: Opaque, attrs: Text; )
        -> (mtime: Int) [200_003, 200_004, 200_007, 200_031] "not signed: a token proves it";
    "sendfiles" NotEnabled unsigned (pid: I32, token: Text, mtype: I8, from: I64, tos: Ids, mid:
        I64, file: Opaque, attrs: Text; )
        -> (mtime: Int) [200_003, 200_004, 200_007, 200_031, 200_032] "not signed: a token proves
        it";
    "sendgroupfile" NotEnabled unsigned (pid: I32, token: Text, mtype: I8, from: I64, gid: I64, mid:
        I64, file: Opaque, attrs: Text; )
        -> (mtime: Int) [200_003, 200_004, 200_007, 200_031, 200_041] "not signed: a token proves
        it";
    "sendroomfile" NotEnabled unsigned (pid: I32, token: Text, mtype: I8, from: I64, rid: I64, mid:
        I64, file: Opaque, attrs: Text; )
        -> (mtime: Int) [200_003, 200_004, 200_007, 200_031, 200_040] "not signed: a token proves
        it";
    "broadcastfile" NotEnabled unsigned (pid: I32, token: Text, mtype: I8, from: I64, mid: I64,
        file: Opaque, attrs: Text; )
        -> (mtime: Int) [200_003, 200_004, 200_007, 200_031, 200_026] "not signed: a token proves
        it";
    // Services of other providers.
    "translate" NotEnabled (text: Text, dst: Text;
        src: Text, type: Text, profanity: Text, postProfanity: Bool, uid: I64)
        -> (source: Text, target: Text, sourceText: Text, targetText: Text) [200_050, 200_051,
        200_056, 200_057, 200_060] "";
    "profanity" NotEnabled (text: Text; classify: Bool, uid: I64)
        -> (text: Text, classification: List maybe) [200_060] "";
    "tcheck" NotEnabled (text: Text; uid: I64)
        -> (result: Int, text: Text maybe, tags: List maybe, wlist: List maybe) [200_060] "";
    "icheck" NotEnabled (image: Opaque, type: I8; uid: I64)
        -> (result: Int, tags: List maybe) [200_060] "";
    "acheck" NotEnabled (audio: Opaque, type: I8, lang: Text; codec: Text, srate: I32, uid: I64)
        -> (result: Int, tags: List maybe) [200_060] "";
    "vcheck" NotEnabled (video: Opaque, type: I8, videoName: Text; uid: I64)
        -> (result: Int, tags: List maybe) [200_060] "";
    "speech2text" NotEnabled (audio: Opaque, type: I8, lang: Text;
        codec: Text, srate: I32, uid: I64) -> (text: Text, lang: Text) [200_060, 200_061] "";
    "transcribe" NotEnabled (audio: Opaque; uid: I64, profanityFilter: Bool, lang: Text)
        -> (text: Text, lang: Text) [200_060] "";
    "stranscribe" NotEnabled (from: I64, mid: I64, xid: I64, type: I8; profanityFilter: Bool)
        -> (text: Text, lang: Text) [200_070] "";
    // Real-time rooms.
    "inviteUserIntoRTCRoom" Forbidden (rid: I64, toUids: Ids, fromUid: I64; ) -> () [] "";
    "closeRTCRoom" Forbidden (rid: I64; ) -> () [] "";
    "kickoutFromRTCRoom" Forbidden (uid: I64, rid: I64, fromUid: I64; ) -> () [] "";
    "getRTCRoomList" Forbidden (; ) -> (rids: Ids) [] "";
    "getRTCRoomMembers" Forbidden (rid: I64; )
        -> (uids: Ids, administrators: Ids, managers: Ids, owner: Int) [] "";
    "getRTCRoomMemberCount" Forbidden (rid: I64; ) -> (count: Int) [] "";
    "setRTCRoomMicStatus" Forbidden (rid: I64, status: Bool; ) -> () [] "";
    "pullIntoRTCRoom" Forbidden (rid: I64, toUids: Ids;
        type: I32, voiceRange: I32, maxReceiveStreams: I32) -> () [] "";
    "adminCommand" Forbidden (rid: I64, uids: Ids, command: I32; ) -> () [] "";
    // IM library.
    "imserver_setuserinfos" Forbidden (uid: I64, infos: TextMap; ) -> () [] "";
    "imserver_setgroupinfos" Forbidden (gid: I64, infos: TextMap; ) -> () [] "";
    "imserver_getuserinfos" Forbidden (uids: Ids; ) -> (infos: Map) [] "";
    "imserver_getgroupinfos" Forbidden (gids: Ids; ) -> (infos: Map) [] "";
    "imserver_setapplygrant" Forbidden (type: I32, xid: I64, grant_type: I32; extra: Text)
        -> () [] "";
    "imserver_getapplygrant" Forbidden (type: I32, xid: I64; ) -> (grant_type: Int) [] "";
    "imserver_setinvitegrant" Forbidden (type: I32, xid: I64, invite_type: I32, invite_manage_type:
        I32; ) -> () [] "";
    "imserver_getinvitegrant" Forbidden (type: I32, xid: I64; )
        -> (invite_type: Int, invite_manage_type: Int) [] "";
    "imserver_creategroup" Forbidden (gid: I64, owner_uid: I64, infos: TextMap, permissions:
        TextMap; ) -> () [] "";
    "imserver_dismissgroup" Forbidden (gid: I64; ) -> () [] "";
    "imserver_addgroupmembers" Forbidden (gid: I64, uids: Ids; ) -> () [] "";
    // Legacy.
    "setpushname" Unknown (uid: I64, pushname: Text; ) -> () [] "2018";
    "getpushname" Unknown (uid: I64; ) -> (pushname: Text) [] "2018";
    "setgeo" Unknown (uid: I64, lat: Float, lng: Float; ) -> () [] "2018";
    "getgeo" Unknown (uid: I64; ) -> (lat: Float, lng: Float) [] "2018";
    "getgeos" Unknown (uids: Ids; ) -> (geos: List) [] "2018";
    "dbgets" Unknown (uid: I64, keys: Texts; ) -> () [] "its answer is not documented";
    // Real-time rooms.
    "inviteUserIntoVoiceRoom" Forbidden (rid: I64, toUids: Ids, fromUid: I64; ) -> () [] "";
    "closeVoiceRoom" Forbidden (rid: I64; ) -> () [] "";
    "kickoutFromVoiceRoom" Forbidden (uid: I64, rid: I64, fromUid: I64; ) -> () [] "";
    "getVoiceRoomList" Forbidden (; ) -> (rids: Ids) [] "";
    "getVoiceRoomMembers" Forbidden (rid: I64; )
        -> (uids: Ids, administrators: Ids, managers: Ids, owner: Int) [] "";
    "getVoiceRoomMemberCount" Forbidden (rid: I64; ) -> (count: Int) [] "";
    "setVoiceRoomMicStatus" Forbidden (rid: I64, status: Bool; ) -> () [] "";
    "pullIntoVoiceRoom" Forbidden (rid: I64, toUids: Ids; ) -> () [] "";
    // The transport.
    "*ping" Transport unsigned (; )
        -> (ts: Int) [] "not signed; before and without encryption, too";
    "*key" Transport unsigned (publicKey: Opaque; streamMode: Bool, bits: I32)
        -> () [] "not signed; the first package only";
    "*status" Unknown unsigned (; )
        -> (status: Bool) [] "an operator call of the vendor's framework";
    "*infos" Unknown unsigned (; ) -> () [] "an operator call of the vendor's framework";
    "*tune" Unknown unsigned (key: Text, value: Text; )
        -> (return: Bool maybe) [] "an operator call of the vendor's framework";
];
