//! Friends and blocks.

use halloo_fpnn::Map;

use super::{nothing, ok, uids};
use crate::{Call, RtmServerClient};

fn user(uid: i64) -> Map {
    Map::new().integer("uid", uid)
}

impl RtmServerClient {
    /// Adds friends of user `uid`; at most 100 ids, 300 friends in all.
    /// # Errors
    /// 200032 for more ids, 200033 for none, 200048 for more friends.
    pub fn add_friends(&self, uid: i64, friends: &[i64]) -> Call<()> {
        let parameters = user(uid).integers("friends", friends.iter().copied());
        self.call("addfriends", parameters, nothing)
    }

    /// Removes friends of user `uid`; at most 100 ids.
    /// # Errors
    /// 200032 for more ids, 200033 for none.
    pub fn delete_friends(&self, uid: i64, friends: &[i64]) -> Call<()> {
        let parameters = user(uid).integers("friends", friends.iter().copied());
        self.call("delfriends", parameters, nothing)
    }

    /// The friends of user `uid`, in any order.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn get_friends(&self, uid: i64) -> Call<Vec<i64>> {
        self.call("getfriends", user(uid), uids)
    }

    /// Whether `fuid` is a friend of user `uid`.
    /// # Errors
    /// 200001 when an id is not positive.
    pub fn is_friend(&self, uid: i64, fuid: i64) -> Call<bool> {
        self.call("isfriend", user(uid).integer("fuid", fuid), ok)
    }

    /// Those of `fuids` that are friends of user `uid`; at most 100 ids.
    /// # Errors
    /// 200032 for more ids, 200033 for none.
    pub fn is_friends(&self, uid: i64, fuids: &[i64]) -> Call<Vec<i64>> {
        let parameters = user(uid).integers("fuids", fuids.iter().copied());
        self.call("isfriends", parameters, |answer| {
            Ok(answer.integers("fuids")?)
        })
    }

    /// Has user `uid` block others: they can not send to him any more. At most 100 ids.
    /// # Errors
    /// 200032 for more ids, 200033 for none.
    pub fn add_blacks(&self, uid: i64, blacks: &[i64]) -> Call<()> {
        let parameters = user(uid).integers("blacks", blacks.iter().copied());
        self.call("addblacks", parameters, nothing)
    }

    /// Has user `uid` unblock others; at most 100 ids.
    /// # Errors
    /// 200032 for more ids, 200033 for none.
    pub fn delete_blacks(&self, uid: i64, blacks: &[i64]) -> Call<()> {
        let parameters = user(uid).integers("blacks", blacks.iter().copied());
        self.call("delblacks", parameters, nothing)
    }

    /// Whom user `uid` blocks, in any order.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn get_blacks(&self, uid: i64) -> Call<Vec<i64>> {
        self.call("getblacks", user(uid), uids)
    }

    /// Whether `buid` blocks user `uid`: the other direction than in
    /// [`add_blacks`](Self::add_blacks).
    /// # Errors
    /// 200001 when an id is not positive.
    pub fn is_black(&self, uid: i64, buid: i64) -> Call<bool> {
        self.call("isblack", user(uid).integer("buid", buid), ok)
    }

    /// Those of `buids` that block user `uid`; at most 100 ids.
    /// # Errors
    /// 200032 for more ids, 200033 for none.
    pub fn is_blacks(&self, uid: i64, buids: &[i64]) -> Call<Vec<i64>> {
        let parameters = user(uid).integers("buids", buids.iter().copied());
        self.call("isblacks", parameters, |answer| {
            Ok(answer.integers("buids")?)
        })
    }
}
