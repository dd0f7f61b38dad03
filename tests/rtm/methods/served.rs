//! The methods that are served, in the order of the specification.
//!
//! Name, status, what it does to the state that [`crate::state`] lays out; parameters that it needs;
//! those that it takes; fields of its answer; codes that are documented for it. Then a quest of that
//! state, its name in the SDK manuals, the test of its meaning, and what a reader should know. Source:
//! RTM server gate sections 4 to 6 and 8.

use super::{Method, methods};

pub(super) const SERVED: &[Method] = methods![
    // Token.
    "gettoken" Hidden (uid: Uid; ) -> (token: Text) [200_001, 200_002]
        r#"{"uid": 11}"# ""
        "tokens::a_login_token_is_32_hexadecimal_digits_and_each_is_another"
        "makes the user; 32 upper-case hexadecimal digits";
    "removetoken" Hidden (uid: Uid; ) -> () [200_001]
        r#"{"uid": 11}"# ""
        "tokens::removing_tokens_ends_every_login_token_of_one_user_and_no_bearer_token"
        "";
    // User.
    "kickout" Writes (uid: Uid; ce: Resource) -> () [200_001, 200_012]
        r#"{"uid": 11, "ce": "android_1"}"# "kickout"
        "identity::sessions::a_kick_closes_every_session_or_those_of_one_resource"
        "with `ce` the sessions on that resource only; an unknown user or resource is no error";
    "getonlineusers" Reads (uids: Ids200; ) -> (uids: Ids) [200_032, 200_033]
        r#"{"uids": [11, 12]}"# "get_online_users"
        "users::online_users_are_those_asked_for_who_have_a_session"
        "1 to 200 users";
    "addprojectblack" Writes (uid: Uid; btime: Seconds) -> () [200_001]
        r#"{"uid": 12, "btime": 60}"# "add_project_black"
        "users::a_black_listing_lasts_to_the_millisecond_of_its_end"
        "the account ban of the other dialects";
    "removeprojectblack" Writes (uid: Uid; ) -> () [200_001]
        r#"{"uid": 14}"# "remove_project_black"
        "users::a_black_listing_can_be_lifted_and_renewed"
        "";
    "isprojectblack" Reads (uid: Uid; ) -> (ok: Bool) [200_001]
        r#"{"uid": 14}"# "is_project_black"
        "users::a_black_listing_lasts_to_the_millisecond_of_its_end"
        "";
    "setuserinfo" Writes (uid: Uid; oinfo: Info, pinfo: Info) -> () [200_001, 200_030, 200_033]
        r#"{"uid": 12, "oinfo": "new", "pinfo": "new"}"# "set_user_info"
        "users::texts_change_one_at_a_time_and_can_be_cleared"
        "makes the user; 65,535 bytes each";
    "getuserinfo" Reads (uid: Uid; ) -> (oinfo: Text, pinfo: Text) [200_001]
        r#"{"uid": 11}"# "get_user_info"
        "users::texts_change_one_at_a_time_and_can_be_cleared"
        "";
    "getuseropeninfo" Reads (uids: Ids1000; ) -> (info: TextMap) [200_032, 200_033]
        r#"{"uids": [11, 12]}"# "get_user_open_info"
        "users::public_texts_have_an_entry_for_everybody_asked_for"
        "1 to 1000 users";
    "addprojectban" Writes (uid: Uid; btime: Seconds) -> () [200_001]
        r#"{"uid": 11, "btime": 60}"# ""
        "users::a_mute_in_the_project_is_not_a_ban_from_it"
        "what he sends is refused: 200021";
    "removeprojectban" Writes (uid: Uid; ) -> () [200_001]
        r#"{"uid": 12}"# ""
        "users::a_mute_in_the_project_is_not_a_ban_from_it"
        "";
    "isprojectban" Reads (uid: Uid; ) -> (ok: Bool) [200_001]
        r#"{"uid": 12}"# ""
        "users::a_mute_in_the_project_is_not_a_ban_from_it"
        "";
    // Room.
    "addroommember" Writes (rid: Room, uid: Uid; ) -> () [200_001, 200_047]
        r#"{"rid": 31, "uid": 12}"# "add_room_member"
        "rooms::members_come_and_go_and_both_are_idempotent"
        "10 rooms of one user";
    "delroommember" Writes (rid: Room, uid: Uid; ) -> () [200_001]
        r#"{"rid": 31, "uid": 11}"# "delete_room_member"
        "rooms::members_come_and_go_and_both_are_idempotent"
        "";
    "setroominfo" Writes (rid: Room; oinfo: Info, pinfo: Info) -> () [200_030, 200_033]
        r#"{"rid": 31, "oinfo": "new", "pinfo": "new"}"# "set_room_info"
        "rooms::texts_change_one_at_a_time_and_can_be_cleared"
        "before there are members, too";
    "getroominfo" Reads (rid: Room; ) -> (oinfo: Text, pinfo: Text) []
        r#"{"rid": 31}"# "get_room_info"
        "rooms::texts_change_one_at_a_time_and_can_be_cleared"
        "";
    "addroomban" Writes (uid: Uid; rid: AnyRoom, btime: Seconds) -> () [200_001]
        r#"{"rid": 31, "uid": 11, "btime": 60}"# "add_room_ban"
        "rooms::a_mute_lasts_to_the_millisecond_of_its_end"
        "without `rid`, or with one that is not positive: in every room";
    "removeroomban" Writes (uid: Uid; rid: AnyRoom) -> () [200_001]
        r#"{"rid": 31, "uid": 12}"# "remove_room_ban"
        "rooms::mutes_of_one_room_and_of_every_room_are_independent"
        "";
    "isbanofroom" Reads (rid: AnyRoom, uid: Uid; ) -> (ok: Bool) [200_001]
        r#"{"rid": 31, "uid": 12}"# "is_ban_of_room"
        "rooms::mutes_of_one_room_and_of_every_room_are_independent"
        "";
    "getroommembers" Reads (rid: Room; ) -> (uids: Ids) []
        r#"{"rid": 31}"# ""
        "rooms::members_come_and_go_and_both_are_idempotent"
        "";
    "getroomcount" Reads (; rids: Rooms, rid: Room) -> (cn: IntMap) [200_033]
        r#"{"rids": [31, 32]}"# ""
        "rooms::counts_have_one_answer_for_both_forms_of_the_question"
        "a map also for the one `rid` of the C++ SDK";
    "addroommembers" Writes (rid: Room, uids: Ids1000; ) -> (successedUids: Ids) [200_032, 200_033]
        r#"{"rid": 31, "uids": [12, 13]}"# ""
        "rooms::many_members_come_and_go_and_the_answer_says_who"
        "";
    "delroommembers" Writes (rid: Room, uids: Ids1000; ) -> (successedUids: Ids) [200_032, 200_033]
        r#"{"rid": 31, "uids": [11]}"# ""
        "rooms::many_members_come_and_go_and_the_answer_says_who"
        "";
    "adduserrooms" Writes (rids: Rooms, uid: Uid; ) -> () [200_047, 200_032, 200_033]
        r#"{"rids": [31, 32], "uid": 12}"# ""
        "rooms::one_user_enters_and_leaves_many_rooms_at_once"
        "all or none";
    "deleteuserrooms" Writes (rids: Rooms, uid: Uid; ) -> () [200_032, 200_033]
        r#"{"rids": [31], "uid": 11}"# ""
        "rooms::one_user_enters_and_leaves_many_rooms_at_once"
        "";
    // Group.
    "addgroupmembers" Writes (gid: Group, uids: Ids100; ) -> () [200_032, 200_033, 200_042]
        r#"{"gid": 21, "uids": [13]}"# "add_group_members"
        "groups::members_come_and_go_and_both_are_idempotent"
        "makes users and group; all or none";
    "delgroupmembers" Writes (gid: Group, uids: Ids100; ) -> () [200_032, 200_033]
        r#"{"gid": 21, "uids": [12]}"# "delete_group_members"
        "groups::members_come_and_go_and_both_are_idempotent"
        "";
    "delgroup" Writes (gid: Group; ) -> () []
        r#"{"gid": 21}"# "delete_group"
        "groups::a_deleted_group_takes_its_members_texts_and_mutes_with_it"
        "";
    "getgroupmembers" Reads (gid: Group; ) -> (uids: Ids) []
        r#"{"gid": 21}"# "get_group_members"
        "groups::members_come_and_go_and_both_are_idempotent"
        "empty for an unknown group";
    "isgroupmember" Reads (gid: Group, uid: Uid; ) -> (ok: Bool) []
        r#"{"gid": 21, "uid": 11}"# "is_group_member"
        "groups::members_come_and_go_and_both_are_idempotent"
        "also what the Java SDK sends for `isBanOfGroup`";
    "getusergroups" Reads (uid: Uid; ) -> (gids: Ids) [200_001]
        r#"{"uid": 11}"# "get_user_groups"
        "groups::the_groups_of_a_user_follow_his_memberships"
        "";
    "addgroupban" Writes (uid: Uid; gid: AnyGroup, btime: Seconds) -> () [200_001]
        r#"{"gid": 21, "uid": 11, "btime": 60}"# "add_group_ban"
        "groups::a_mute_lasts_to_the_millisecond_of_its_end"
        "without `gid`, or with one that is not positive: in every group";
    "removegroupban" Writes (uid: Uid; gid: AnyGroup) -> () [200_001]
        r#"{"gid": 21, "uid": 12}"# "remove_group_ban"
        "groups::mutes_of_one_group_and_of_every_group_are_independent"
        "";
    "isbanofgroup" Reads (gid: AnyGroup, uid: Uid; ) -> (ok: Bool) [200_001]
        r#"{"gid": 21, "uid": 12}"# "is_ban_of_group"
        "groups::mutes_of_one_group_and_of_every_group_are_independent"
        "";
    "setgroupinfo" Writes (gid: Group; oinfo: Info, pinfo: Info) -> () [200_030, 200_033]
        r#"{"gid": 21, "oinfo": "new", "pinfo": "new"}"# "set_group_info"
        "groups::texts_change_one_at_a_time_and_can_be_cleared"
        "before there are members, too";
    "getgroupinfo" Reads (gid: Group; ) -> (oinfo: Text, pinfo: Text) []
        r#"{"gid": 21}"# "get_group_info"
        "groups::texts_change_one_at_a_time_and_can_be_cleared"
        "";
    "getgroupcount" Reads (gid: Group; ) -> (cn: Int) []
        r#"{"gid": 21}"# ""
        "groups::members_come_and_go_and_both_are_idempotent"
        "a number, unlike `getroomcount`";
    "clearprojectgroup" Writes (; ) -> () []
        "{}" ""
        "groups::clearing_the_project_deletes_its_groups_and_nothing_else"
        "";
    // Friend.
    "addfriends" Writes (uid: Uid, friends: Ids100; ) -> () [200_032, 200_033, 200_048]
        r#"{"uid": 11, "friends": [13]}"# ""
        "friends::friendship_is_directed"
        "300 friends of one user";
    "delfriends" Writes (uid: Uid, friends: Ids100; ) -> () [200_032, 200_033]
        r#"{"uid": 11, "friends": [12]}"# ""
        "friends::friendship_is_directed"
        "";
    "getfriends" Reads (uid: Uid; ) -> (uids: Ids) [200_001]
        r#"{"uid": 11}"# ""
        "friends::friendship_is_directed"
        "";
    "isfriend" Reads (uid: Uid, fuid: Uid; ) -> (ok: Bool) [200_001]
        r#"{"uid": 11, "fuid": 12}"# ""
        "friends::friendship_is_directed"
        "";
    "isfriends" Reads (uid: Uid, fuids: Ids100; ) -> (fuids: Ids) [200_032, 200_033]
        r#"{"uid": 11, "fuids": [12, 13]}"# ""
        "friends::friendship_is_directed"
        "";
    // Black.
    "addblacks" Writes (uid: Uid, blacks: Ids100; ) -> () [200_032, 200_033]
        r#"{"uid": 11, "blacks": [13]}"# ""
        "friends::is_black_asks_the_other_way_round"
        "500 blocked users of one user";
    "delblacks" Writes (uid: Uid, blacks: Ids100; ) -> () [200_032, 200_033]
        r#"{"uid": 11, "blacks": [12]}"# ""
        "friends::is_black_asks_the_other_way_round"
        "";
    "getblacks" Reads (uid: Uid; ) -> (uids: Ids) [200_001]
        r#"{"uid": 11}"# ""
        "friends::is_black_asks_the_other_way_round"
        "";
    "isblack" Reads (uid: Uid, buid: Uid; ) -> (ok: Bool) [200_001]
        r#"{"uid": 12, "buid": 11}"# ""
        "friends::is_black_asks_the_other_way_round"
        "whether `buid` blocks `uid`";
    "isblacks" Reads (uid: Uid, buids: Ids100; ) -> (buids: Ids) [200_032, 200_033]
        r#"{"uid": 12, "buids": [11, 13]}"# ""
        "friends::is_black_asks_the_other_way_round"
        "those of `buids` who block `uid`";
    // Data.
    "dataset" Writes (uid: Uid, key: Key, val: Value; ) -> () [200_030]
        r#"{"uid": 11, "key": "k2", "val": "v2"}"# ""
        "data::a_value_is_stored_replaced_and_removed"
        "1000 keys of one user";
    "dataget" Reads (uid: Uid, key: Key; ) -> (val: Text maybe) []
        r#"{"uid": 11, "key": "k"}"# ""
        "data::a_value_is_stored_replaced_and_removed"
        "no `val` when there is no such key";
    "datadel" Writes (uid: Uid, key: Key; ) -> () []
        r#"{"uid": 11, "key": "k"}"# ""
        "data::a_value_is_stored_replaced_and_removed"
        "";
    // Device.
    "adddevice" Writes (uid: Uid, devicetoken: Token | deviceToken | adddevice;
        apptype: AppType | appType) -> () [200_034]
        r#"{"uid": 11, "apptype": "fcm", "devicetoken": "t2"}"# ""
        "devices::a_device_is_registered_replaced_and_removed"
        "100 devices of one user; without `apptype` as older SDKs send it";
    "removedevice" Writes (uid: Uid, devicetoken: Token | deviceToken; ) -> () []
        r#"{"uid": 11, "devicetoken": "t"}"# ""
        "devices::a_device_is_registered_replaced_and_removed"
        "";
    "addoption" Writes (uid: Uid, type: ZeroOrOne, xid: Peer; mtypes: Types | mtype) -> () [200_034]
        r#"{"uid": 11, "type": 1, "xid": 21, "mtypes": [30]}"# ""
        "devices::conversations_are_muted_by_type_of_message"
        "1000 entries of one user";
    "removeoption" Writes (uid: Uid, type: ZeroOrOne, xid: Peer; mtypes: Types | mtype)
        -> () [200_034]
        r#"{"uid": 11, "type": 0, "xid": 12, "mtypes": [30]}"# ""
        "devices::conversations_are_muted_by_type_of_message"
        "without types: whatever was muted there";
    "getoption" Reads (uid: Uid; ) -> (p2p: TypesMap, group: TypesMap) []
        r#"{"uid": 11}"# ""
        "devices::conversations_are_muted_by_type_of_message"
        "";
    // Message.
    "sendmsg" Writes (from: Uid, to: Uid, mtype: MessageType, msg: Body; mid: I64, attrs: Attributes)
        -> (mtime: Int) [200_001, 200_005, 200_021, 200_024, 200_030, 200_049, 200_052, 200_053]
        r#"{"from": 11, "to": 13, "mtype": 51, "msg": "new", "mid": 2, "attrs": "a"}"# ""
        "messages::live::what_a_back_end_says_arrives_with_every_field"
        "makes both users; without `mid`, or with 0, the server chooses; the same again within a day is a retry";
    "sendmsgs" Writes (from: Uid, tos: Ids2000, mtype: MessageType, msg: Body; mid: I64, attrs: Attributes)
        -> (mtime: Int) [200_001, 200_005, 200_021, 200_024, 200_030, 200_032, 200_033, 200_053]
        r#"{"from": 11, "tos": [13, 14], "mtype": 51, "msg": "new", "mid": 2, "attrs": "a"}"# ""
        "messages::live::one_message_to_several_arrives_at_each_as_his_own"
        "1 to 2000 users; whoever blocks the sender is left out";
    "sendgroupmsg" Writes (from: Uid, gid: Group, mtype: MessageType, msg: Body; mid: I64, attrs: Attributes)
        -> (mtime: Int) [200_001, 200_005, 200_021, 200_024, 200_030, 200_041, 200_044, 200_046, 200_053]
        r#"{"from": 11, "gid": 21, "mtype": 51, "msg": "new", "mid": 2, "attrs": "a"}"# ""
        "messages::live::what_a_back_end_says_arrives_with_every_field"
        "members and administrators, or anybody where the project exempts its back end";
    "sendroommsg" Writes (from: Uid, rid: Room, mtype: MessageType, msg: Body; mid: I64, attrs: Attributes)
        -> (mtime: Int) [200_001, 200_005, 200_021, 200_024, 200_030, 200_040, 200_045, 200_053]
        r#"{"from": 11, "rid": 31, "mtype": 51, "msg": "new", "mid": 2, "attrs": "a"}"# ""
        "messages::live::what_a_back_end_says_arrives_with_every_field"
        "as `sendgroupmsg`";
    "broadcastmsg" Writes (from: Uid, mtype: MessageType, msg: Body; mid: I64, attrs: Attributes)
        -> (mtime: Int) [200_001, 200_005, 200_021, 200_024, 200_026, 200_030, 200_053]
        r#"{"from": 11, "mtype": 51, "msg": "new", "mid": 2, "attrs": "a"}"# ""
        "messages::live::a_broadcast_reaches_every_session_of_the_project_and_no_other"
        "administrators, or anybody where the project has none";
    "getgroupmsg" Reads (gid: Group, desc: Bool, num: I64;
        begin: I64, end: I64, lastid: I64 | lastId, mtypes: Filter)
        -> (num: Int, lastid: Int, begin: Int, end: Int, msgs: List) []
        r#"{"gid": 21, "desc": true, "num": 5, "begin": 1, "end": 2, "lastid": 7, "mtypes": [51]}"# ""
        "messages::history::a_page_goes_forward_from_its_begin_or_back_from_its_end"
        "`uid` is not looked at; 1 to 20 rows";
    "getroommsg" Reads (rid: Room, desc: Bool, num: I64;
        begin: I64, end: I64, lastid: I64 | lastId, mtypes: Filter)
        -> (num: Int, lastid: Int, begin: Int, end: Int, msgs: List) []
        r#"{"rid": 31, "desc": false, "num": 5, "begin": 1, "end": 0, "lastid": 0, "mtypes": [51]}"# ""
        "messages::history::a_page_goes_forward_from_its_begin_or_back_from_its_end"
        "as `getgroupmsg`";
    "getbroadcastmsg" Reads (desc: Bool, num: I64;
        begin: I64, end: I64, lastid: I64 | lastId, mtypes: Filter)
        -> (num: Int, lastid: Int, begin: Int, end: Int, msgs: List) []
        r#"{"desc": false, "num": 5, "begin": 0, "end": 0, "lastid": 0, "mtypes": [51, 30]}"# ""
        "messages::history::a_page_goes_forward_from_its_begin_or_back_from_its_end"
        "as `getgroupmsg`";
    "getp2pmsg" Reads (uid: Uid, ouid: Uid, desc: Bool, num: I64;
        begin: I64, end: I64, lastid: I64 | lastId, mtypes: Filter)
        -> (num: Int, lastid: Int, begin: Int, end: Int, msgs: List) [200_001]
        r#"{"uid": 11, "ouid": 12, "desc": true, "num": 5, "begin": 0, "end": 0, "lastid": 9, "mtypes": [51]}"# ""
        "messages::history::a_row_has_eight_columns_and_a_pair_is_seen_from_its_side"
        "";
    "getmsg" Reads (mid: I64, from: Uid, xid: Uid, type: Log; )
        -> (id: Int, mtype: Int, msg: Text, attrs: Text, mtime: Int) [200_070]
        r#"{"mid": 1, "from": 11, "xid": 12, "type": 1}"# ""
        "messages::single::a_message_is_found_by_its_name_sender_and_place"
        "the latest that is called so; in broadcasts, groups and rooms of anybody where `from` is 0";
    "delmsg" Writes (mid: I64, from: Uid, xid: Uid; type: Log) -> () [200_070]
        r#"{"mid": 1, "from": 11, "xid": 12, "type": 1}"# ""
        "messages::single::what_was_removed_is_nowhere_any_more"
        "without `type`: of a pair";
    "getmsgnum" Reads (type: GroupOrRoom, xid: Group; mtypes: Filter, begin: I64, end: I64)
        -> (sender: Int, num: Int) [200_034]
        r#"{"type": 2, "xid": 21, "mtypes": [51], "begin": 1, "end": 0}"# ""
        "messages::history::counts_say_how_many_messages_pages_have"
        "";
    "editmsg" Writes (mid: I64, from: Uid, xid: Uid, type: Log, msg: Body, timeLimit: I64; attrs: Attributes)
        -> () [200_030, 200_070]
        r#"{"mid": 1, "from": 11, "xid": 12, "type": 1, "msg": "other", "attrs": "b", "timeLimit": 0}"# ""
        "messages::single::a_message_is_changed_within_the_time_that_is_given"
        "`timeLimit` in milliseconds, 0: however old; the text is the new one for whoever reads it then";
    "cleanmsg" Writes (from: Uid, xid: Uid, type: Log, begin: I64, end: I64; ) -> () []
        r#"{"from": 11, "xid": 12, "type": 1, "begin": 1, "end": 0}"# ""
        "messages::removal::a_span_of_time_is_cut_out_of_a_log"
        "0 is no bound";
    "delconversationmsgs" Writes (from: Uid, xid: Uid, type: Log; ) -> () []
        r#"{"from": 12, "xid": 11, "type": 1}"# ""
        "messages::removal::one_log_is_emptied_and_goes_on"
        "";
    "clearprojectmsg" Writes (type: Sort; ) -> () []
        r#"{"type": 4}"# ""
        "messages::removal::a_project_is_cleared_of_one_sort_or_of_all"
        "0 pairs, 1 rooms, 2 groups, 3 broadcasts, 4 all";
    "clearusermsg" Writes (uid: Uid; ) -> () [200_001]
        r#"{"uid": 12}"# ""
        "messages::removal::a_user_is_cleared_of_his_pairs_under_both_names"
        "what was said in pairs with him, by whomever";
    "clearusermessage" Writes (uid: Uid; ) -> () [200_001]
        r#"{"uid": 12}"# ""
        "messages::removal::a_user_is_cleared_of_his_pairs_under_both_names"
        "as `clearusermsg`";
    // Conversation lists.
    "addsessions" Hidden (uid: Uid, uids: Ids100; ) -> () [200_001, 200_032, 200_033]
        r#"{"uid": 11, "uids": [12, 13]}"# ""
        "messages::unread::conversations_come_onto_the_list_and_go_off_it"
        "1 to 100 users";
    "removesessions" Hidden (uid: Uid, uids: Ids100; ) -> () [200_001, 200_032, 200_033]
        r#"{"uid": 11, "uids": [12, 13]}"# ""
        "messages::unread::conversations_come_onto_the_list_and_go_off_it"
        "`oneway` is not looked at: the list of `uid` changes";
    // Listening.
    "addlisten" Hidden (; gids: Listened, rids: Listened, uids: Listened, events: Texts, p2p: Bool)
        -> () [200_032, 200_034]
        r#"{"gids": [77], "rids": [77], "uids": [77], "events": ["other"], "p2p": false}"# ""
        "messages::listen::a_list_is_added_to_taken_from_and_replaced"
        "10,000 ids of each kind; of `uids` what they say and what they are told";
    "removelisten" Hidden (; gids: Listened, rids: Listened, uids: Listened, events: Texts, p2p: Bool)
        -> () [200_034]
        r#"{"gids": [77], "rids": [77], "uids": [77], "events": ["other"], "p2p": false}"# ""
        "messages::listen::a_list_is_added_to_taken_from_and_replaced"
        "";
    "setlisten" Hidden (; gids: Listened, rids: Listened, uids: Listened, events: Texts, p2p: Bool,
        group: Bool, room: Bool, ev: Bool, all: Bool) -> () [200_032, 200_034]
        r#"{"gids": [77], "rids": [77], "uids": [77], "events": ["other"], "p2p": false, "group": false,
            "room": false, "ev": false, "all": false}"# ""
        "messages::listen::sdks_that_come_back_restore_lists_and_flags_in_either_order"
        "replaces what it names and keeps the rest";
    // Legacy.
    "dbget" Reads (uid: Uid, key: Key; ) -> (val: Text maybe) []
        r#"{"uid": 11, "key": "k"}"# ""
        "data::the_older_names_mean_the_same"
        "as `dataget`";
    "dbset" Writes (uid: Uid, key: Key, val: Value; ) -> () []
        r#"{"uid": 11, "key": "k2", "val": "v2"}"# ""
        "data::the_older_names_mean_the_same"
        "as `dataset`";
];
