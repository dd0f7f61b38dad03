//! Proof that a quest comes from who holds the project's secret. Source: RTM server gate, section
//! 1.2.

use std::sync::atomic::{AtomicU16, Ordering};

use bytes::Bytes;
use halloo_fpnn::Map;
use halloo_fpnn::transport::Clock;
use md5::{Digest, Md5};

/// Bits of a salt below the time: ten that tell clients apart, then twelve that count.
const INSTANCE_SHIFT: u32 = 12;
const TIME_SHIFT: u32 = 22;

/// Signs the quests of one project.
pub(crate) struct Signer {
    pid: i32,
    secret: Box<str>,
    clock: Clock,
    instance: i64,
    counter: AtomicU16,
}

impl Signer {
    /// `random` tells apart clients that sign in the same millisecond.
    pub(crate) fn new(pid: i32, secret: &str, clock: Clock, random: u16) -> Self {
        Self {
            pid,
            secret: secret.into(),
            clock,
            instance: i64::from(random % (1 << (TIME_SHIFT - INSTANCE_SHIFT))),
            counter: AtomicU16::new(0),
        }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// The payload of a quest of `method`, with the common parameters.
    pub(crate) fn sign(&self, method: &str, parameters: Map) -> Bytes {
        let now = (self.clock)();
        let (salt, seconds) = (self.salt(now), now / 1000);
        parameters
            .integer("pid", self.pid.into())
            .text("sign", &self.signature(method, salt, seconds))
            .integer("salt", salt)
            .integer("ts", seconds)
            .finish()
    }

    /// Never the same twice, unless one client makes more than 4,096 quests in one millisecond.
    fn salt(&self, now: i64) -> i64 {
        let count = i64::from(self.counter.fetch_add(1, Ordering::Relaxed) % (1 << INSTANCE_SHIFT));
        let time = (now << TIME_SHIFT) & i64::MAX;
        time | self.instance << INSTANCE_SHIFT | count
    }

    fn signature(&self, method: &str, salt: i64, seconds: i64) -> String {
        let (pid, secret) = (self.pid, &self.secret);
        let digest = Md5::digest(format!("{pid}:{secret}:{salt}:{method}:{seconds}"));
        format!("{:032X}", u128::from_be_bytes(digest.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use halloo_fpnn::Fields;

    use super::*;

    fn signer(now: i64) -> Signer {
        let secret = "00000000-1111-2222-3333-444444444444";
        Signer::new(90_000_001, secret, Arc::new(move || now), 0xffff)
    }

    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let signature = signer(0).signature("gettoken", 7_529_877_615_132_852_353, 1_700_000_000);
        assert_eq!(signature, "C67600CF3CBCC51F80ACF0A81484FE73");
    }

    #[test]
    fn a_signed_quest_carries_what_was_signed() {
        let signer = signer(1_700_000_000_999);
        let payload = signer.sign("kickout", Map::new().integer("uid", 7));
        let fields = Fields::parse(&payload).unwrap();
        assert_eq!(fields.integer("pid"), Ok(90_000_001));
        assert_eq!(fields.integer("ts"), Ok(1_700_000_000));
        assert_eq!(fields.integer("uid"), Ok(7));
        let salt: i64 = fields.integer("salt").unwrap();
        let expected = signer.signature("kickout", salt, 1_700_000_000);
        assert_eq!(fields.text("sign"), Ok(expected.as_str()));
    }

    #[test]
    fn salts_are_positive_and_differ_within_a_millisecond() {
        let signer = signer(4_000_000_000_000);
        let salts: HashSet<i64> = (0..4096).map(|_| signer.salt(4_000_000_000_000)).collect();
        assert_eq!(salts.len(), 4096);
        assert!(salts.iter().all(|salt| *salt > 0));
    }
}
