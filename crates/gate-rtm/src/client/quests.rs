//! The whole surface of the client gate on one page.

use std::sync::Arc;

use halloo_fpnn::transport::{Order, Peer, Reply};
use halloo_fpnn::{Fields, Quest, Refusal};

use super::{
    Call, ClientGate, State, auth, dispatch, history as own_history, room as own_room, session,
    unread,
};
use crate::call::Handled;
use crate::error::codes;
use crate::handlers::{data, device, friend, group, history, message, room, user};
use crate::table::{self, ABSENT, FORBIDDEN, entry};

type Entry = table::Entry<Handler>;

/// What answers a quest that needs no login.
type Open = fn(&Arc<ClientGate>, &Quest, &Fields<'_>, &Arc<Peer<State>>) -> Result<Reply, Refusal>;

/// What answers a method.
#[derive(Clone, Copy)]
pub(super) enum Handler {
    /// This function, logged in or not.
    Open(Open),
    /// This function, once the connection is logged in.
    Call(fn(Call<'_>) -> Handled),
    /// This code and text, once the connection is logged in.
    Refused(u32, &'static str),
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

/// For what a connection may ask for before it is logged in.
const fn open(method: &'static str, handler: Open) -> Entry {
    entry(method, Order::Alone, Handler::Open(handler))
}

/// Files, which this server does not have yet; services of other providers.
const fn absent(method: &'static str) -> Entry {
    let refused = Handler::Refused(codes::NOT_ENABLED, ABSENT);
    entry(method, Order::Read, refused)
}

/// Features that an app would have to be allowed to use.
const fn forbidden(method: &'static str) -> Entry {
    let refused = Handler::Refused(codes::FORBIDDEN_METHOD, FORBIDDEN);
    entry(method, Order::Read, refused)
}

/// Every method of the client gate. Source: RTM client gate sections 1.6, 2 and 3.
pub(super) const QUESTS: &[Entry] = &[
    open("which", dispatch::which),
    open("whichall", dispatch::which_all),
    open("auth", auth::log_in),
    open("bye", auth::log_out),
    //
    read("ping", session::ping),
    read("getservertime", session::time),
    read("adddebuglog", session::log),
    alone("addattrs", session::add_attributes),
    alone("addvariables", session::add_variables),
    read("getattrs", session::get_attributes),
    alone("kickout", session::kick),
    //
    alone("enterroom", own_room::enter),
    alone("enterrooms", own_room::enter_several),
    alone("leaveroom", own_room::leave),
    read("getuserrooms", own_room::of_user),
    read("getroommembers", room::members),
    read("getroomcount", room::counts),
    write("setroominfo", room::set_info),
    read("getroominfo", room::get_info),
    read("getroomopeninfo", room::get_open_info),
    read("getroomsopeninfo", room::get_open_infos),
    //
    write("addgroupmembers", group::add_members),
    write("delgroupmembers", group::remove_members),
    read("getgroupmembers", group::members),
    read("getgroupcount", group::count),
    read("getusergroups", group::of_user),
    write("setgroupinfo", group::set_info),
    read("getgroupinfo", group::get_info),
    read("getgroupopeninfo", group::get_open_info),
    read("getgroupsopeninfo", group::get_open_infos),
    //
    write("addfriends", friend::add),
    write("delfriends", friend::remove),
    read("getfriends", friend::list),
    write("addblacks", friend::add_blocks),
    write("delblacks", friend::remove_blocks),
    read("getblacks", friend::list_blocks),
    //
    read("getonlineusers", user::online),
    write("setuserinfo", user::set_info),
    read("getuserinfo", user::get_info),
    read("getuseropeninfo", user::get_open_infos),
    //
    write("dataset", data::set),
    read("dataget", data::get),
    write("datadel", data::remove),
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
    read("getp2pmsg", history::of_pair),
    read("getgroupmsg", history::of_group),
    read("getroommsg", history::of_room),
    read("getbroadcastmsg", history::of_everybody),
    read("getp2pmsgbymessageid", own_history::of_pair_behind),
    read("getgroupmsgbymessageid", own_history::of_group_behind),
    read("getroommsgbymessageid", own_history::of_room_behind),
    read(
        "getbroadcastmsgbymessageid",
        own_history::of_everybody_behind,
    ),
    read("getp2pmsgcount", own_history::count_of_pair),
    read("getgroupmsgcount", own_history::count_of_group),
    read("getroommsgcount", own_history::count_of_room),
    read("getbroadcastmsgcount", own_history::count_of_everybody),
    read("getmsg", message::get),
    alone("delmsg", message::remove),
    //
    alone("getunread", unread::get),
    alone("cleanunread", unread::clear),
    alone("cleantargetunread", unread::clear_some),
    read("getp2punread", unread::of_users),
    read("getgroupunread", unread::of_groups),
    read("getp2punreadbytime", unread::of_users_by_time),
    read("getgroupunreadbytime", unread::of_groups_by_time),
    read("getsession", unread::conversations),
    alone("removesession", unread::unlist),
    read("getp2pconversationlist", unread::pairs),
    read("getp2punreadconversationlist", unread::unread_pairs),
    read("getgroupconversationlist", unread::groups),
    read("getgroupunreadconversationlist", unread::unread_groups),
    alone("getunreadconversationlist", unread::unread_conversations),
    // Names of an SDK of 2018.
    read("checkunreadmsg", unread::older),
    read("getunreadmsg", unread::older),
    alone("cleanunreadmsg", unread::clear),
    read("getuserroomsandlastmsg", own_room::with_last_messages),
    //
    absent("filetoken"),
    absent("sendfile"),
    absent("sendfiles"),
    absent("sendgroupfile"),
    absent("sendroomfile"),
    absent("uploadfile"),
    //
    absent("setpushname"),
    absent("getpushname"),
    absent("setgeo"),
    absent("getgeo"),
    absent("getgeos"),
    //
    absent("setlang"),
    absent("translate"),
    absent("profanity"),
    absent("tcheck"),
    absent("icheck"),
    absent("acheck"),
    absent("vcheck"),
    absent("speech2text"),
    absent("speechtranslation"),
    absent("transcribe"),
    absent("stranscribe"),
    //
    forbidden("getRTCGateEndpoint"),
    forbidden("createRTCRoom"),
    forbidden("enterRTCRoom"),
    forbidden("exitRTCRoom"),
    forbidden("inviteUserIntoRTCRoom"),
    forbidden("getRTCRoomMembers"),
    forbidden("getRTCRoomMemberCount"),
    forbidden("blockUserVoiceInRTCRoom"),
    forbidden("unblockUserVoiceInRTCRoom"),
    forbidden("getBlockInfoInRTCRoom"),
    forbidden("subscribeVideo"),
    forbidden("unsubscribeVideo"),
    forbidden("adminCommand"),
    forbidden("roomEvent"),
    forbidden("requestP2PRTC"),
    forbidden("cancelP2PRTC"),
    forbidden("closeP2PRTC"),
    forbidden("acceptP2PRTC"),
    forbidden("refuseP2PRTC"),
    forbidden("startAudit"),
    forbidden("stopAudit"),
    //
    forbidden("imclient_addfriend"),
    forbidden("imclient_ackaddfriend"),
    forbidden("imclient_setfriendalias"),
    forbidden("imclient_getfriendalias"),
    forbidden("imclient_getfriendapplylist"),
    forbidden("imclient_getfriendrequestlist"),
    forbidden("imclient_getuserinfo"),
    forbidden("imclient_getuserinfos"),
    forbidden("imclient_joingroup"),
    forbidden("imclient_ackjoingroup"),
    forbidden("imclient_inviteintogroup"),
    forbidden("imclient_ackinviteintogroup"),
    forbidden("imclient_leavegroup"),
    forbidden("imclient_dismissgroup"),
    forbidden("imclient_removegroupmembers"),
    forbidden("imclient_transfergroup"),
    forbidden("imclient_addgroupmanagers"),
    forbidden("imclient_removegroupmanagers"),
    forbidden("imclient_addgroupmemberban"),
    forbidden("imclient_removegroupmemberban"),
    forbidden("imclient_getgroupmembers"),
    forbidden("imclient_getgroupmembercount"),
    forbidden("imclient_getgrouproomnick"),
    forbidden("imclient_getgroupinfo"),
    forbidden("imclient_getgroupinfos"),
    forbidden("imclient_getgroupapplylist"),
    forbidden("imclient_getgrouprequestlist"),
    forbidden("imclient_getgroupinvitelist"),
    forbidden("imclient_creategroup"),
    forbidden("imclient_joinroom"),
    forbidden("imclient_ackjoinroom"),
    forbidden("imclient_inviteintoroom"),
    forbidden("imclient_ackinviteintoroom"),
    forbidden("imclient_leaveroom"),
    forbidden("imclient_dismissroom"),
    forbidden("imclient_removeroommembers"),
    forbidden("imclient_transferroom"),
    forbidden("imclient_addroommanagers"),
    forbidden("imclient_removeroommanagers"),
    forbidden("imclient_addroommemberban"),
    forbidden("imclient_removeroommemberban"),
    forbidden("imclient_getroommembers"),
    forbidden("imclient_getroommembercount"),
    forbidden("imclient_getroominfo"),
    forbidden("imclient_getroominfos"),
    forbidden("imclient_getroomapplylist"),
    forbidden("imclient_getroomrequestlist"),
    forbidden("imclient_getroominvitelist"),
];
