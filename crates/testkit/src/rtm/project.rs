use halloo_core::apps::App;
use halloo_fpnn::Map;
use md5::{Digest as _, Md5};

use super::Parameters;

/// What signs quests.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its number.
    pub pid: i32,
    /// Its secret.
    pub secret: String,
}

impl Project {
    /// The project that `app` is.
    pub fn of(app: &App) -> Self {
        Self {
            pid: app.pid,
            secret: app.rtm_secret.reveal().to_owned(),
        }
    }

    /// The signature of a quest; without a time, as older SDKs make it. Source: RTM server gate 1.2.
    pub fn sign(&self, method: &str, salt: i64, ts: Option<i64>) -> String {
        let (pid, secret) = (self.pid, &self.secret);
        upper_md5(&match ts {
            Some(ts) => format!("{pid}:{secret}:{salt}:{method}:{ts}"),
            None => format!("{pid}:{secret}:{salt}"),
        })
    }

    /// `params` with everything that proves them.
    pub fn signed(
        &self,
        method: &str,
        params: impl Parameters,
        (salt, ts): (i64, Option<i64>),
    ) -> Map {
        let map = params
            .into_map()
            .integer("pid", self.pid.into())
            .text("sign", &self.sign(method, salt, ts))
            .integer("salt", salt);
        match ts {
            Some(ts) => map.integer("ts", ts),
            None => map,
        }
    }
}

fn upper_md5(text: &str) -> String {
    let digest = <[u8; 16]>::from(Md5::digest(text.as_bytes()));
    format!("{:032X}", u128::from_be_bytes(digest))
}
