//! The proof that each quest carries. Source: RTM server gate sections 1.1 to 1.3.

use std::collections::HashSet;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use halloo_core::Millis;
use halloo_core::apps::App;
use halloo_fpnn::{Fields, Refusal};
use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;

/// Signatures that are remembered at most, twice over; beyond them the oldest are forgotten early.
const REMEMBERED: usize = 1_000_000;

/// MD5 of what was signed.
pub(super) type SignatureDigest = [u8; 16];

/// The fields that a quest proves itself with.
pub(super) struct Signature<'a> {
    /// RTM project id.
    pub(super) pid: i32,
    sign: &'a str,
    salt: i64,
    /// Absent in the legacy form.
    ts_seconds: Option<i64>,
}

impl<'a> Signature<'a> {
    /// Reads `pid`, `sign`, `salt` and, if it is there, `ts`.
    pub(super) fn read(fields: &Fields<'a>) -> Result<Self, Refusal> {
        Ok(Self {
            pid: fields.integer("pid")?,
            sign: fields.text("sign")?,
            salt: fields.integer("salt")?,
            ts_seconds: Fields::optional(fields.integer("ts"))?,
        })
    }

    /// Whether it was made within `window` seconds of `now`. The legacy form has no time to be wrong.
    pub(super) fn is_recent(&self, now: Millis, window: i64) -> bool {
        let now = now.0.div_euclid(1000);
        self.ts_seconds
            .is_none_or(|ts| now.abs_diff(ts) <= window.unsigned_abs())
    }

    /// What was signed, if it was signed with the secret of `app` in a form that the app takes.
    pub(super) fn check(&self, app: &App, method: &str) -> Option<SignatureDigest> {
        let (pid, secret, salt) = (self.pid, app.rtm_secret.reveal(), self.salt);
        let mut source = Source(Md5::new());
        let written = match self.ts_seconds {
            Some(ts) => write!(source, "{pid}:{secret}:{salt}:{method}:{ts}"),
            None if app.legacy_signatures => write!(source, "{pid}:{secret}:{salt}"),
            None => return None,
        };
        written.ok()?;
        let digest: SignatureDigest = source.0.finalize().into();
        let sent = decode_hex(self.sign)?;
        bool::from(digest.ct_eq(&sent)).then_some(digest)
    }
}

/// Hashes text as it is formatted.
struct Source(Md5);

impl fmt::Write for Source {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// 32 hexadecimal digits in either case.
fn decode_hex(text: &str) -> Option<SignatureDigest> {
    let digits = text.as_bytes().as_chunks::<2>();
    if text.len() != 32 {
        return None;
    }
    let mut decoded = SignatureDigest::default();
    for (byte, [high, low]) in decoded.iter_mut().zip(digits.0) {
        let value = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(value(*high)? * 16 + value(*low)?).ok()?;
    }
    Some(decoded)
}

/// Signatures that were used lately.
pub(super) struct Replays {
    window_ms: i64,
    /// Held for one look-up.
    seen: Mutex<Seen>,
}

/// Two generations: a signature is remembered for at least one window after it was seen.
#[derive(Default)]
struct Seen {
    younger: HashSet<SignatureDigest>,
    older: HashSet<SignatureDigest>,
    turned: i64,
}

impl Replays {
    /// Remembers for as long as a signature with a time can be valid.
    pub(super) fn new(time_window_seconds: i64) -> Self {
        Self {
            // A time ahead of ours stays valid for two windows.
            window_ms: time_window_seconds.saturating_mul(2000).max(60_000),
            seen: Mutex::default(),
        }
    }

    /// Whether this signature is new.
    pub(super) fn is_first(&self, digest: SignatureDigest, now: Millis) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.younger.len() >= REMEMBERED || now.0.saturating_sub(seen.turned) >= self.window_ms {
            seen.older = std::mem::take(&mut seen.younger);
            seen.turned = now.0;
        }
        !seen.older.contains(&digest) && seen.younger.insert(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_read_in_either_case() {
        let lower = "c67600cf3cbcc51f80acf0a81484fe73";
        assert_eq!(decode_hex(lower), decode_hex(&lower.to_uppercase()));
        assert_eq!(decode_hex(lower).unwrap()[0], 0xc6);
        for wrong in ["", "c6", &format!("{lower}0"), &lower.replace('c', "g")] {
            assert_eq!(decode_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_signature_is_new_once_within_its_window() {
        let replays = Replays::new(600);
        let digest = [7; 16];
        assert!(replays.is_first(digest, Millis(0)));
        assert!(!replays.is_first(digest, Millis(1_199_999)));
        assert!(replays.is_first([8; 16], Millis(0)));
        // Remembered through one turn, forgotten by the second.
        assert!(!replays.is_first(digest, Millis(1_200_000)));
        assert!(replays.is_first(digest, Millis(2_400_000)));
    }
}
