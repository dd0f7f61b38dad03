//! Devices that get pushes, and what they want none of.

use std::collections::HashMap;

use halloo_fpnn::{Map, Value};

use super::{by_id, nothing};
use crate::{Call, RtmServerClient};

/// What kind of conversation a push option is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PushOption {
    /// With the user whose id is given.
    P2p,
    /// The group whose id is given.
    Group,
}

/// The conversations of a user that push nothing while he is away: by the id of the other user or
/// of the group, the types of messages, 0 standing for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushOptions {
    /// Conversations with users.
    pub p2p: HashMap<i64, Vec<i64>>,
    /// Groups.
    pub group: HashMap<i64, Vec<i64>>,
}

fn option(uid: i64, kind: PushOption, xid: i64, mtypes: Option<&[i8]>) -> Map {
    let kind = match kind {
        PushOption::P2p => 0,
        PushOption::Group => 1,
    };
    let parameters = Map::new().integer("uid", uid).integer("type", kind);
    let parameters = parameters.integer("xid", xid);
    match mtypes {
        Some(mtypes) => parameters.integers("mtypes", mtypes.iter().copied().map(i64::from)),
        None => parameters,
    }
}

fn types(value: Value<'_>) -> Option<Vec<i64>> {
    value.list()?.map(Value::integer).collect()
}

impl RtmServerClient {
    /// Registers a device of user `uid` for pushes: `app_type` is `apns` or `fcm`, `device_token`
    /// what that service calls the device.
    /// # Errors
    /// 200034 for another `app_type`.
    pub fn add_device(&self, uid: i64, app_type: &str, device_token: &str) -> Call<()> {
        let parameters = Map::new().integer("uid", uid).text("apptype", app_type);
        let parameters = parameters.text("devicetoken", device_token);
        self.call("adddevice", parameters, nothing)
    }

    /// Takes a device of user `uid` out. Succeeds when it is not registered.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn remove_device(&self, uid: i64, device_token: &str) -> Call<()> {
        let parameters = Map::new().integer("uid", uid);
        self.call(
            "removedevice",
            parameters.text("devicetoken", device_token),
            nothing,
        )
    }

    /// Has a conversation of user `uid` push nothing: the one with user `xid`, or group `xid`, all
    /// messages of it or those of the types `mtypes`.
    /// # Errors
    /// 200034 for an id or a type that can not be.
    pub fn add_device_push_option(
        &self,
        uid: i64,
        kind: PushOption,
        xid: i64,
        mtypes: Option<&[i8]>,
    ) -> Call<()> {
        self.call("addoption", option(uid, kind, xid, mtypes), nothing)
    }

    /// Undoes [`add_device_push_option`](Self::add_device_push_option).
    /// # Errors
    /// 200034 for an id or a type that can not be.
    pub fn remove_device_push_option(
        &self,
        uid: i64,
        kind: PushOption,
        xid: i64,
        mtypes: Option<&[i8]>,
    ) -> Call<()> {
        self.call("removeoption", option(uid, kind, xid, mtypes), nothing)
    }

    /// The conversations of user `uid` that push nothing.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn get_device_push_option(&self, uid: i64) -> Call<PushOptions> {
        self.call("getoption", Map::new().integer("uid", uid), |answer| {
            Ok(PushOptions {
                p2p: by_id(answer, "p2p", types)?,
                group: by_id(answer, "group", types)?,
            })
        })
    }
}
