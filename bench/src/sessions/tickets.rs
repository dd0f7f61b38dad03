//! What clients log in with. Source: RTM client gate sections 2.1 and 2.2.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use halloo::system::SystemClock;
use halloo_core::ports::Clock as _;
use halloo_fpnn::{Fields, Map, Method, Quest};

use super::crowd::Login;
use crate::fpnn::asks::uid;
use crate::fpnn::link::{Link, Said};
use crate::fpnn::quests::Signer;

/// Base64 as secrets are written: with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Quests under way at once: as many as the server takes from one connection.
const WINDOW: usize = 1000;
/// What the SDK calls itself.
const VERSION: &str = "C#-2.7.0";
/// The first uid that nobody has.
const FIRST_NEW: i64 = 4_000_000_000;

/// Logins of one project.
pub(crate) struct Office {
    signer: Signer,
    key: hmac::Key,
    next_new: i64,
}

impl Office {
    /// Of the project of `signer`.
    pub(crate) fn new(signer: Signer) -> Self {
        let standard = signer.secret.replace('-', "+").replace('_', "/");
        let secret = LENIENT.decode(standard);
        let secret = secret.unwrap_or_else(|_| signer.secret.as_bytes().to_vec());
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &secret),
            signer,
            next_new: FIRST_NEW,
        }
    }

    /// Logins of `users` with tokens that the app signed by itself.
    pub(crate) fn signed(&self, users: impl IntoIterator<Item = u32>) -> Vec<Login> {
        let sign = |user| self.sign(user, uid(user));
        users.into_iter().map(sign).collect()
    }

    /// The same of `count` users whom the server has never heard of.
    pub(crate) fn newcomers(&mut self, count: u32) -> Vec<Login> {
        let first = self.next_new;
        self.next_new += i64::from(count);
        let uids = (0..count).zip(first..);
        uids.map(|(user, uid)| self.sign(user, uid)).collect()
    }

    fn sign(&self, user: u32, uid: i64) -> Login {
        let (pid, ts) = (self.signer.pid, SystemClock.now().0 / 1000);
        let tag = hmac::sign(&self.key, format!("{pid}:{uid}:{ts}").as_bytes());
        let token = STANDARD.encode(tag);
        let signed = |map: Map| map.integer("ts", ts).integer("authv", 2);
        self.login(user, uid, &token, signed)
    }

    /// Logins of `users` with tokens that the server gate at `address` gives.
    /// # Errors
    /// When it gives one of them none.
    pub(crate) async fn granted(
        &self,
        address: SocketAddr,
        users: impl IntoIterator<Item = u32>,
    ) -> Result<Vec<Login>> {
        let mut link = Link::open(address, None).await?;
        let users: Vec<_> = users.into_iter().collect();
        let mut logins = Vec::new();
        for batch in users.chunks(WINDOW) {
            for &user in batch {
                let asked = |map: Map| map.integer("uid", uid(user));
                link.put(&self.signer.quest("gettoken", user, asked));
            }
            link.send().await?;
            let mut refused = None;
            let (before, wanted) = (logins.len(), batch.len());
            while logins.len() < before + wanted && refused.is_none() {
                link.receive().await?;
                link.answers(|user, said| match token(said) {
                    Ok(token) => logins.push(self.login(user, uid(user), &token, |map| map)),
                    Err(why) => refused = Some(why),
                })?;
            }
            if let Some(why) = refused {
                return Err(why);
            }
        }
        Ok(logins)
    }

    fn login(&self, user: u32, uid: i64, token: &str, more: impl FnOnce(Map) -> Map) -> Login {
        let map = Map::new()
            .integer("pid", self.signer.pid.into())
            .integer("uid", uid)
            .text("token", token)
            .text("version", VERSION);
        let mut quest = Vec::new();
        Quest::two_way(1, Method::new("auth"), more(map).finish()).encode(&mut quest);
        Login { user, quest }
    }
}

fn token(said: Said<'_>) -> Result<String> {
    let payload = said.context("the server gives no token")?;
    let fields = Fields::parse(payload)?;
    Ok(fields.text("token")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_what_the_secret_signs() {
        // Source: RTM client gate section 9.2.
        let office = Office::new(Signer {
            pid: 11_000_001,
            secret: "c2VjcmV0LWtleS1mb3ItdGVzdHM=".to_owned(),
        });
        let tag = hmac::sign(&office.key, b"11000001:654321:1763700000");
        let token = STANDARD.encode(tag);
        assert_eq!(token, "rsp7V4798eOh2pWwDi3Qi3ky/CYqFqdDwNiQEwypXAs=");
    }

    #[test]
    fn newcomers_come_once() {
        let mut office = Office::new(Signer {
            pid: 1,
            secret: "s".to_owned(),
        });
        let mut quests = Vec::new();
        for _ in 0..2 {
            quests.extend(office.newcomers(2).into_iter().map(|login| login.quest));
        }
        quests.sort();
        quests.dedup();
        assert_eq!(quests.len(), 4);
    }
}
