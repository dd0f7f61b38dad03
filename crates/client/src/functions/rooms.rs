//! Rooms: their members leave with their session.

use std::collections::HashMap;

use halloo_fpnn::{Map, Value};

use super::{by_id, info, nothing, ok, uids, with_info};
use crate::{Call, RtmServerClient};

fn count(value: Value<'_>) -> Option<i64> {
    value.integer()
}

fn room(rid: i64) -> Map {
    Map::new().integer("rid", rid)
}

impl RtmServerClient {
    /// Puts user `uid` into room `rid`, which comes into being. Succeeds when he is there.
    /// # Errors
    /// 200001 when `uid` is not positive, 200047 when he is in 10 rooms.
    pub fn add_room_member(&self, rid: i64, uid: i64) -> Call<()> {
        self.call("addroommember", room(rid).integer("uid", uid), nothing)
    }

    /// Takes user `uid` out of room `rid`. Succeeds when he is not there.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn delete_room_member(&self, rid: i64, uid: i64) -> Call<()> {
        self.call("delroommember", room(rid).integer("uid", uid), nothing)
    }

    /// Sets the public and the private text of room `rid`, at most 65,535 bytes each; what is
    /// `None` stays, empty text clears.
    /// # Errors
    /// 200030 for longer text, 200033 when both are `None`.
    pub fn set_room_info(&self, rid: i64, oinfo: Option<&str>, pinfo: Option<&str>) -> Call<()> {
        self.call("setroominfo", with_info(room(rid), oinfo, pinfo), nothing)
    }

    /// The public and the private text of room `rid`, empty where never set.
    /// # Errors
    /// 200034 when `rid` is not positive.
    pub fn get_room_info(&self, rid: i64) -> Call<(String, String)> {
        self.call("getroominfo", room(rid), info)
    }

    /// Mutes user `uid` in room `rid`, or in all rooms when `rid` is not positive, for `btime`
    /// seconds from now, zero and below for ever. Takes the place of an earlier mute.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn add_room_ban(&self, rid: i64, uid: i64, btime: i32) -> Call<()> {
        let parameters = room(rid).integer("uid", uid).integer("btime", btime.into());
        self.call("addroomban", parameters, nothing)
    }

    /// Lifts the mute of user `uid` in room `rid`, or the one in all rooms when `rid` is not
    /// positive.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn remove_room_ban(&self, rid: i64, uid: i64) -> Call<()> {
        self.call("removeroomban", room(rid).integer("uid", uid), nothing)
    }

    /// Whether user `uid` is muted in room `rid` now, there or in all rooms.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn is_ban_of_room(&self, rid: i64, uid: i64) -> Call<bool> {
        self.call("isbanofroom", room(rid).integer("uid", uid), ok)
    }

    /// The members of room `rid`, in any order; none in an unknown one.
    /// # Errors
    /// 200034 when `rid` is not positive.
    pub fn get_room_members(&self, rid: i64) -> Call<Vec<i64>> {
        self.call("getroommembers", room(rid), uids)
    }

    /// How many members each of the rooms `rids` has.
    /// # Errors
    /// 200033 for no ids.
    pub fn get_room_count(&self, rids: &[i64]) -> Call<HashMap<i64, i64>> {
        let parameters = Map::new().integers("rids", rids.iter().copied());
        self.call("getroomcount", parameters, |answer| {
            by_id(answer, "cn", count)
        })
    }
}
