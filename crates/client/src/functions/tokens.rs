//! Login tokens of end users.

use halloo_fpnn::Map;

use super::nothing;
use crate::{Call, RtmServerClient};

impl RtmServerClient {
    /// A token with which user `uid` logs in to the client gate. He need not exist before.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn get_token(&self, uid: i64) -> Call<String> {
        self.call("gettoken", Map::new().integer("uid", uid), |answer| {
            Ok(answer.text("token")?.to_owned())
        })
    }

    /// Makes every token of user `uid` invalid. Succeeds when there is none.
    /// # Errors
    /// 200001 when `uid` is not positive.
    pub fn remove_token(&self, uid: i64) -> Call<()> {
        self.call("removetoken", Map::new().integer("uid", uid), nothing)
    }
}
