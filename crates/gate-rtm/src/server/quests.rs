//! The whole surface of the server gate on one page.

use halloo_fpnn::transport::Order;

use super::{Call, listen, message as logs, token, user as admin};
use crate::call::Handled;
use crate::error::codes;
use crate::handlers::{data, device, friend, group, history, message, room, user};
use crate::table::{self, ABSENT, FORBIDDEN, entry};

/// One method.
pub(super) type Entry = table::Entry<Handler>;

/// What answers a method.
#[derive(Clone, Copy)]
pub(super) enum Handler {
    /// This function.
    Call(fn(Call<'_>) -> Handled),
    /// This code and text, once the quest has proved itself.
    Refused(u32, &'static str),
    /// This code and text at once: a token of its own stands for the signature.
    RefusedUnsigned(u32, &'static str),
}

const fn read(method: &'static str, handler: fn(Call<'_>) -> Handled) -> Entry {
    entry(method, Order::Read, Handler::Call(handler))
}

/// For a handler that begins with its one store operation.
const fn write(method: &'static str, handler: fn(Call<'_>) -> Handled) -> Entry {
    entry(method, Order::Write, Handler::Call(handler))
}

/// For what sends: it looks up who may and to whom first, and keeps its own order.
const fn append(method: &'static str, handler: fn(Call<'_>) -> Handled) -> Entry {
    entry(method, Order::Append, Handler::Call(handler))
}

/// For a handler of several steps.
const fn alone(method: &'static str, handler: fn(Call<'_>) -> Handled) -> Entry {
    entry(method, Order::Alone, Handler::Call(handler))
}

/// Files and listening, which this server does not have yet; services of other providers.
const fn absent(method: &'static str) -> Entry {
    let refused = Handler::Refused(codes::NOT_ENABLED, ABSENT);
    entry(method, Order::Read, refused)
}

/// As [`absent`], for what authenticates itself by a token.
const fn absent_unsigned(method: &'static str) -> Entry {
    let refused = Handler::RefusedUnsigned(codes::NOT_ENABLED, ABSENT);
    entry(method, Order::Read, refused)
}

/// Features that an app would have to be allowed to use.
const fn forbidden(method: &'static str) -> Entry {
    let refused = Handler::Refused(codes::FORBIDDEN_METHOD, FORBIDDEN);
    entry(method, Order::Read, refused)
}

/// Every method of the server gate. Source: RTM server gate sections 4 to 9.
pub(super) const QUESTS: &[Entry] = &[
    write("gettoken", token::get),
    alone("removetoken", token::remove),
    //
    alone("kickout", admin::kickout),
    read("getonlineusers", user::online),
    alone("addprojectblack", admin::ban),
    alone("removeprojectblack", admin::unban),
    read("isprojectblack", admin::is_banned),
    write("setuserinfo", user::set_info),
    read("getuserinfo", user::get_info),
    read("getuseropeninfo", user::get_open_infos),
    write("addprojectban", admin::mute),
    write("removeprojectban", admin::unmute),
    read("isprojectban", admin::is_muted),
    //
    write("addroommember", room::add_member),
    write("delroommember", room::remove_member),
    write("addroommembers", room::add_members),
    write("delroommembers", room::remove_members),
    write("adduserrooms", room::add_rooms),
    write("deleteuserrooms", room::remove_rooms),
    read("getroommembers", room::members),
    read("getroomcount", room::counts),
    write("setroominfo", room::set_info),
    read("getroominfo", room::get_info),
    write("addroomban", room::mute),
    write("removeroomban", room::unmute),
    read("isbanofroom", room::is_muted),
    //
    write("addgroupmembers", group::add_members),
    write("delgroupmembers", group::remove_members),
    write("delgroup", group::delete),
    alone("clearprojectgroup", group::delete_all),
    read("getgroupmembers", group::members),
    read("getgroupcount", group::count),
    read("isgroupmember", group::is_member),
    read("getusergroups", group::of_user),
    write("setgroupinfo", group::set_info),
    read("getgroupinfo", group::get_info),
    write("addgroupban", group::mute),
    write("removegroupban", group::unmute),
    read("isbanofgroup", group::is_muted),
    //
    write("addfriends", friend::add),
    write("delfriends", friend::remove),
    read("getfriends", friend::list),
    read("isfriend", friend::is_one),
    read("isfriends", friend::among),
    write("addblacks", friend::add_blocks),
    write("delblacks", friend::remove_blocks),
    read("getblacks", friend::list_blocks),
    read("isblack", friend::is_blocked),
    read("isblacks", friend::blocked_by),
    //
    write("dataset", data::set),
    read("dataget", data::get),
    write("datadel", data::remove),
    // Names that one SDK used for the three above for a month.
    write("dbset", data::set),
    read("dbget", data::get),
    //
    write("adddevice", device::add),
    write("removedevice", device::remove),
    write("addoption", device::mute),
    write("removeoption", device::unmute),
    read("getoption", device::muted),
    //
    append("sendmsg", message::to_user),
    append("sendmsgs", message::to_users),
    append("sendgroupmsg", message::to_group),
    append("sendroommsg", message::to_room),
    append("broadcastmsg", message::to_everybody),
    read("getgroupmsg", history::of_group),
    read("getroommsg", history::of_room),
    read("getbroadcastmsg", history::of_everybody),
    read("getp2pmsg", history::of_pair),
    read("getmsg", message::get),
    alone("delmsg", message::remove),
    read("getmsgnum", logs::count),
    alone("editmsg", logs::edit),
    alone("cleanmsg", logs::remove_sent),
    alone("delconversationmsgs", logs::remove_all),
    alone("clearprojectmsg", logs::clear),
    alone("clearusermsg", logs::clear_user),
    alone("clearusermessage", logs::clear_user),
    alone("addsessions", logs::list_conversations),
    alone("removesessions", logs::unlist_conversations),
    //
    alone("addlisten", listen::add),
    alone("removelisten", listen::remove),
    alone("setlisten", listen::set),
    //
    absent("filetoken"),
    absent_unsigned("sendfile"),
    absent_unsigned("sendfiles"),
    absent_unsigned("sendgroupfile"),
    absent_unsigned("sendroomfile"),
    absent_unsigned("broadcastfile"),
    //
    absent("translate"),
    absent("profanity"),
    absent("tcheck"),
    absent("icheck"),
    absent("acheck"),
    absent("vcheck"),
    absent("speech2text"),
    absent("transcribe"),
    absent("stranscribe"),
    //
    forbidden("inviteUserIntoRTCRoom"),
    forbidden("closeRTCRoom"),
    forbidden("kickoutFromRTCRoom"),
    forbidden("getRTCRoomList"),
    forbidden("getRTCRoomMembers"),
    forbidden("getRTCRoomMemberCount"),
    forbidden("setRTCRoomMicStatus"),
    forbidden("pullIntoRTCRoom"),
    forbidden("adminCommand"),
    forbidden("inviteUserIntoVoiceRoom"),
    forbidden("closeVoiceRoom"),
    forbidden("kickoutFromVoiceRoom"),
    forbidden("getVoiceRoomList"),
    forbidden("getVoiceRoomMembers"),
    forbidden("getVoiceRoomMemberCount"),
    forbidden("setVoiceRoomMicStatus"),
    forbidden("pullIntoVoiceRoom"),
    //
    forbidden("imserver_setuserinfos"),
    forbidden("imserver_setgroupinfos"),
    forbidden("imserver_getuserinfos"),
    forbidden("imserver_getgroupinfos"),
    forbidden("imserver_setapplygrant"),
    forbidden("imserver_getapplygrant"),
    forbidden("imserver_setinvitegrant"),
    forbidden("imserver_getinvitegrant"),
    forbidden("imserver_creategroup"),
    forbidden("imserver_dismissgroup"),
    forbidden("imserver_addgroupmembers"),
];
