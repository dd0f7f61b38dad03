//! Groups: their members stay.

use halloo_fpnn::Map;

use super::{info, nothing, ok, uids, with_info};
use crate::{Call, RtmServerClient};

fn group(gid: i64) -> Map {
    Map::new().integer("gid", gid)
}

impl RtmServerClient {
    /// Puts users into group `gid`, which comes into being; who is there stays. At most 100 ids.
    /// # Errors
    /// 200032 for more ids, 200033 for none, 200042 when the group would have more than 10,000
    /// members: nobody is added then.
    pub fn add_group_members(&self, gid: i64, uids: &[i64]) -> Call<()> {
        let parameters = group(gid).integers("uids", uids.iter().copied());
        self.call("addgroupmembers", parameters, nothing)
    }

    /// Takes users out of group `gid`. At most 100 ids.
    /// # Errors
    /// 200032 for more ids, 200033 for none.
    pub fn delete_group_members(&self, gid: i64, uids: &[i64]) -> Call<()> {
        let parameters = group(gid).integers("uids", uids.iter().copied());
        self.call("delgroupmembers", parameters, nothing)
    }

    /// Deletes group `gid` with its members, texts and mutes. Succeeds when there is none.
    /// # Errors
    /// 200034 when `gid` is not positive.
    pub fn delete_group(&self, gid: i64) -> Call<()> {
        self.call("delgroup", group(gid), nothing)
    }

    /// The members of group `gid`, in any order; none in an unknown one.
    /// # Errors
    /// 200034 when `gid` is not positive.
    pub fn get_group_members(&self, gid: i64) -> Call<Vec<i64>> {
        self.call("getgroupmembers", group(gid), uids)
    }

    /// Whether user `uid` is a member of group `gid`.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn is_group_member(&self, gid: i64, uid: i64) -> Call<bool> {
        self.call("isgroupmember", group(gid).integer("uid", uid), ok)
    }

    /// The groups of user `uid`, in any order.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn get_user_groups(&self, uid: i64) -> Call<Vec<i64>> {
        self.call("getusergroups", Map::new().integer("uid", uid), |answer| {
            Ok(answer.integers("gids")?)
        })
    }

    /// Mutes user `uid` in group `gid`, or in all groups when `gid` is not positive, for `btime`
    /// seconds from now, zero and below for ever. Takes the place of an earlier mute.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn add_group_ban(&self, gid: i64, uid: i64, btime: i32) -> Call<()> {
        let parameters = group(gid)
            .integer("uid", uid)
            .integer("btime", btime.into());
        self.call("addgroupban", parameters, nothing)
    }

    /// Lifts the mute of user `uid` in group `gid`, or the one in all groups when `gid` is not
    /// positive.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn remove_group_ban(&self, gid: i64, uid: i64) -> Call<()> {
        self.call("removegroupban", group(gid).integer("uid", uid), nothing)
    }

    /// Whether user `uid` is muted in group `gid` now, there or in all groups.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn is_ban_of_group(&self, gid: i64, uid: i64) -> Call<bool> {
        self.call("isbanofgroup", group(gid).integer("uid", uid), ok)
    }

    /// Sets the public and the private text of group `gid`, at most 65,535 bytes each; what is
    /// `None` stays, empty text clears. The group needs no members.
    /// # Errors
    /// 200030 for longer text, 200033 when both are `None`.
    pub fn set_group_info(&self, gid: i64, oinfo: Option<&str>, pinfo: Option<&str>) -> Call<()> {
        self.call("setgroupinfo", with_info(group(gid), oinfo, pinfo), nothing)
    }

    /// The public and the private text of group `gid`, empty where never set.
    /// # Errors
    /// 200034 when `gid` is not positive.
    pub fn get_group_info(&self, gid: i64) -> Call<(String, String)> {
        self.call("getgroupinfo", group(gid), info)
    }
}
