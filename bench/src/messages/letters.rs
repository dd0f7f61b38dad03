//! What stands in a message, so that whoever gets it can tell whether it is the next one and how long it
//! took, and what its quest looks like.

use std::cmp::Ordering;

use anyhow::{Context as _, Result};
use halloo_fpnn::{Fields, Kind, Map, Method, Quest};

use crate::fpnn::asks::uid;

/// The type of a chat, whose body is pushed inside a map. Source: RTM client gate section 4.3.
pub(crate) const CHAT: i64 = 30;
/// Bytes of a message at least: what is checked, and something more.
pub(crate) const LEAST_BYTES: u32 = 40;
/// Its parts, digits but for the spaces between them: who sent it, which number it has, and when.
const FROM: std::ops::Range<usize> = 0..10;
const NUMBER: std::ops::Range<usize> = 11..21;
const MICROS: std::ops::Range<usize> = 22..34;
const FILLER_AT: usize = 35;
/// What the rest is filled with, over and over.
const FILLER: &str = "who reads this likes long walks and short answers; ";
/// The `mid` of number 0; the others follow. Takes nine bytes encoded, like theirs.
const FIRST_MID: u64 = 1 << 52;
/// Where the sequence number stands in a two-way quest.
const SEQUENCE_AT: usize = 12;

/// What all messages of a load have in common.
#[derive(Clone, Debug)]
pub(crate) struct Style {
    pub(crate) mtype: i64,
    filler: String,
}

/// What stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) from: i64,
    /// Counts up from 1 for each direction.
    pub(crate) number: u32,
    /// When it was sent, since the clients began.
    pub(crate) micros: u64,
}

impl Letter {
    /// What its sender calls it.
    pub(crate) fn mid(&self) -> u64 {
        FIRST_MID + u64::from(self.number)
    }
}

impl Style {
    /// Messages of this type with so many bytes; not less than [`LEAST_BYTES`].
    pub(crate) fn new(mtype: i64, bytes: u32) -> Self {
        let rest = usize::try_from(bytes).unwrap_or_default();
        let rest = rest.saturating_sub(FILLER_AT);
        let filler = FILLER.chars().cycle().take(rest).collect();
        Self { mtype, filler }
    }

    fn body(&self, from: i64) -> String {
        format!("{from:010} {:010} {:012} {}", 0, 0, self.filler)
    }

    /// What stands in `body`. `None` when it is none of ours, or not as it was sent.
    pub(crate) fn read(&self, body: &[u8]) -> Option<Letter> {
        let intact = body.get(FILLER_AT..)? == self.filler.as_bytes();
        intact.then_some(())?;
        Some(Letter {
            from: digits(body.get(FROM)?)?.try_into().ok()?,
            number: digits(body.get(NUMBER)?)?.try_into().ok()?,
            micros: digits(body.get(MICROS)?)?,
        })
    }

    /// The body of a push. Source: RTM client gate sections 4.2 and 4.3.
    pub(crate) fn pushed<'a>(&self, fields: &Fields<'a>) -> Option<&'a [u8]> {
        let body = fields.get("msg")?;
        if self.mtype != CHAT {
            return body.bytes().filter(|_| body.kind() == Kind::Text);
        }
        let mut parts = body.entries()?;
        let is_text = |key: halloo_fpnn::Value<'_>| key.bytes() == Some(b"sourceText");
        parts.find(|(key, _)| is_text(*key))?.1.bytes()
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        Some(number * 10 + u64::from(digit))
    })
}

fn put_digits(place: &mut [u8], number: u64) {
    let mut rest = number;
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
}

/// To whom messages go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum To {
    /// The user with this number.
    User(u32),
    /// The group with this id.
    Group(i64),
}

/// The messages from one user to another or to a group: a quest whose bytes are built once.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    frame: Vec<u8>,
    mid_at: usize,
    body_at: usize,
    /// How many were sent; the number of the last one.
    pub(crate) sent: u32,
    /// How many may be.
    pub(crate) most: u32,
}

impl Post {
    /// Nothing sent yet by user `from`.
    /// # Errors
    /// When the quest is not as expected.
    pub(crate) fn new(style: &Style, from: u32, to: To) -> Result<Self> {
        let body = style.body(uid(from));
        let (method, map) = match to {
            To::User(user) => ("sendmsg", Map::new().integer("to", uid(user))),
            To::Group(group) => ("sendgroupmsg", Map::new().integer("gid", group)),
        };
        let payload = map
            .integer("mid", i64::try_from(FIRST_MID)?)
            .integer("mtype", style.mtype)
            .text("msg", &body)
            .text("attrs", "")
            .finish();
        let mut frame = Vec::new();
        Quest::two_way(0, Method::new(method), payload).encode(&mut frame);
        let find = |bytes: &[u8]| {
            let mut windows = frame.windows(bytes.len());
            windows.position(|window| window == bytes)
        };
        let mid_at = find(&FIRST_MID.to_be_bytes());
        let body_at = find(body.as_bytes());
        Ok(Self {
            mid_at: mid_at.context("no mid stands in the quest")?,
            body_at: body_at.context("no body stands in the quest")?,
            frame,
            sent: 0,
            most: u32::MAX,
        })
    }

    /// Appends the quest with the next one.
    pub(crate) fn write(&mut self, sequence: u32, micros: u64, out: &mut Vec<u8>) {
        self.sent += 1;
        let Self { mid_at, sent, .. } = *self;
        let mid = FIRST_MID + u64::from(sent);
        self.put(SEQUENCE_AT..SEQUENCE_AT + 4, |at| {
            at.copy_from_slice(&sequence.to_le_bytes());
        });
        self.put(mid_at..mid_at + 8, |at| {
            at.copy_from_slice(&mid.to_be_bytes());
        });
        self.put_part(NUMBER, u64::from(sent));
        self.put_part(MICROS, micros);
        out.extend_from_slice(&self.frame);
    }

    fn put_part(&mut self, part: std::ops::Range<usize>, number: u64) {
        let at = self.body_at;
        self.put(at + part.start..at + part.end, |place| {
            put_digits(place, number);
        });
    }

    fn put(&mut self, place: std::ops::Range<usize>, write: impl FnOnce(&mut [u8])) {
        if let Some(place) = self.frame.get_mut(place) {
            write(place);
        }
    }
}

/// What came in one direction so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ledger {
    /// Number of the last one.
    pub(crate) last: u32,
    mtime: i64,
}

impl Ledger {
    /// Notes one that came, sent at `mtime` as the server says.
    /// # Errors
    /// When another one should have come.
    pub(crate) fn note(&mut self, letter: &Letter, mtime: i64) -> Result<(), String> {
        let Letter { from, number, .. } = *letter;
        let (last, before) = (self.last, self.mtime);
        self.last = last.max(number);
        self.mtime = before.max(mtime);
        match number.cmp(&(last + 1)) {
            Ordering::Less => Err(format!(
                "number {number} of {from} comes after {last}: doubled or late"
            )),
            Ordering::Greater => Err(format!(
                "number {number} of {from} comes after {last}: one is lost or late"
            )),
            Ordering::Equal if mtime < before => Err(format!(
                "number {number} of {from} is of {mtime}, the one before it of {before}"
            )),
            Ordering::Equal => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::frames;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        for (mtype, bytes, to) in [(51, 40, To::User(7)), (CHAT, 200, To::Group(3_000_000_001))] {
            let style = Style::new(mtype, bytes);
            let mut post = Post::new(&style, 5, to).unwrap();
            let mut out = Vec::new();
            post.write(8, 1234, &mut out);
            out.clear();
            post.write(9, 123_456_789, &mut out);
            let frame = frames::next(&out).unwrap().unwrap();
            assert_eq!((frame.sequence, frame.length), (9, out.len()));
            let fields = Fields::parse(frame.payload).unwrap();
            let body = fields.bytes("msg").unwrap();
            assert_eq!(body.len(), bytes as usize);
            let letter = Letter {
                from: uid(5),
                number: 2,
                micros: 123_456_789,
            };
            assert_eq!(style.read(body), Some(letter));
            assert_eq!(fields.integer::<i64>("mid"), Ok((1 << 52) + 2));
            let mut damaged = body.to_vec();
            *damaged.last_mut().unwrap() ^= 1;
            assert_eq!(style.read(&damaged), None);
            assert_eq!(style.read(&body[..30]), None);
        }
    }

    #[test]
    fn chats_are_pushed_inside_a_map() {
        let inner = Map::new().text("source", "").text("sourceText", "hi");
        let chat = Map::new().map("msg", inner).finish();
        let plain = Map::new().text("msg", "hi").finish();
        let read = |mtype, payload: &[u8]| {
            let style = Style::new(mtype, LEAST_BYTES);
            let fields = Fields::parse(payload).unwrap();
            style.pushed(&fields).map(<[u8]>::to_vec)
        };
        assert_eq!(read(CHAT, &chat).unwrap(), b"hi");
        assert_eq!(read(51, &plain).unwrap(), b"hi");
        assert_eq!((read(51, &chat), read(CHAT, &plain)), (None, None));
    }

    #[test]
    fn only_the_next_one_is_right() {
        let letter = |number| Letter {
            from: uid(1),
            number,
            micros: 0,
        };
        let mut ledger = Ledger::default();
        let mut note = |number, mtime| ledger.note(&letter(number), mtime).is_ok();
        assert!(note(1, 10) && note(2, 10) && note(3, 11));
        assert!(!note(3, 11), "doubled");
        assert!(!note(5, 11), "one is missing");
        assert!(!note(4, 11), "late");
        assert!(note(6, 12));
        assert!(!note(7, 11), "sent before the one before it");
    }
}
