//! Values that the project stores with a user.

use halloo_fpnn::{Fields, Map};

use super::nothing;
use crate::{Call, RtmServerClient};

impl RtmServerClient {
    /// Stores `value`, at most 65,535 bytes, under `key`, at most 128 bytes, with user `uid`.
    /// # Errors
    /// 200001 when `uid` is not positive, 200030 for longer ones.
    pub fn data_set(&self, uid: i64, key: &str, value: &str) -> Call<()> {
        let parameters = Map::new().integer("uid", uid).text("key", key);
        self.call("dataset", parameters.text("val", value), nothing)
    }

    /// What is stored under `key` with user `uid`; `None` when nothing is.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn data_get(&self, uid: i64, key: &str) -> Call<Option<String>> {
        let parameters = Map::new().integer("uid", uid).text("key", key);
        self.call("dataget", parameters, |answer| {
            let value = Fields::optional(answer.text("val"))?;
            Ok(value.map(str::to_owned))
        })
    }

    /// Removes what is stored under `key` with user `uid`. Succeeds when nothing is.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn data_delete(&self, uid: i64, key: &str) -> Call<()> {
        let parameters = Map::new().integer("uid", uid).text("key", key);
        self.call("datadel", parameters, nothing)
    }
}
