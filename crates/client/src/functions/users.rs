//! Users.

use std::collections::HashMap;

use halloo_fpnn::{Map, Value};

use super::{by_id, info, nothing, ok, uids, with_info, with_text};
use crate::{Call, RtmServerClient};

impl RtmServerClient {
    /// Closes the live sessions of user `uid`; with `ce` only the one on that client endpoint.
    /// Succeeds when the user is offline.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn kickout(&self, uid: i64, ce: Option<&str>) -> Call<()> {
        let parameters = with_text(Map::new().integer("uid", uid), "ce", ce);
        self.call("kickout", parameters, nothing)
    }

    /// Those of `uids` that have a live session, in any order. At most 200 ids.
    /// # Errors
    /// 200032 for more ids, 200033 for none.
    pub fn get_online_users(&self, uids: &[i64]) -> Call<Vec<i64>> {
        let parameters = Map::new().integers("uids", uids.iter().copied());
        self.call("getonlineusers", parameters, self::uids)
    }

    /// Bars user `uid` from the project for `btime` seconds from now, zero and below for ever, and
    /// closes his sessions. Takes the place of an earlier bar.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn add_project_black(&self, uid: i64, btime: i32) -> Call<()> {
        let parameters = Map::new()
            .integer("uid", uid)
            .integer("btime", btime.into());
        self.call("addprojectblack", parameters, nothing)
    }

    /// Admits user `uid` to the project again. Succeeds when he was not barred.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn remove_project_black(&self, uid: i64) -> Call<()> {
        self.call(
            "removeprojectblack",
            Map::new().integer("uid", uid),
            nothing,
        )
    }

    /// Whether user `uid` is barred from the project now.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn is_project_black(&self, uid: i64) -> Call<bool> {
        self.call("isprojectblack", Map::new().integer("uid", uid), ok)
    }

    /// Sets the public (`oinfo`) and the private (`pinfo`) text of user `uid`, at most 65,535 bytes
    /// each; what is `None` stays, empty text clears.
    /// # Errors
    /// 200001 when `uid` is not positive, 200030 for longer text, 200033 when both are `None`.
    pub fn set_user_info(&self, uid: i64, oinfo: Option<&str>, pinfo: Option<&str>) -> Call<()> {
        let parameters = with_info(Map::new().integer("uid", uid), oinfo, pinfo);
        self.call("setuserinfo", parameters, nothing)
    }

    /// The public and the private text of user `uid`, empty where never set.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn get_user_info(&self, uid: i64) -> Call<(String, String)> {
        self.call("getuserinfo", Map::new().integer("uid", uid), info)
    }

    /// The public text of each of `uids`, empty where never set.
    /// # Errors
    /// 200032 for too many ids, 200033 for none.
    pub fn get_user_open_info(&self, uids: &[i64]) -> Call<HashMap<i64, String>> {
        let parameters = Map::new().integers("uids", uids.iter().copied());
        self.call("getuseropeninfo", parameters, |answer| {
            by_id(answer, "info", |value: Value<'_>| {
                value.text().map(str::to_owned)
            })
        })
    }
}
