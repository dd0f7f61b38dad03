//! Frames as they stand on the wire. Source: FPNN sections 2 to 4.

use std::borrow::{Borrow, Cow};
use std::fmt;

use bytes::Bytes;

use crate::map::{close_map, write_integer, write_text};
use crate::{Fields, Value, WireError, codes, json};

/// The first bytes of every frame.
pub(crate) const MAGIC: [u8; 4] = *b"FPNN";
/// The version byte of quests of ours.
const VERSION: u8 = 1;
/// What stands before the sequence number, or before the method of a one-way quest.
pub(crate) const HEADER_BYTES: usize = 12;

/// How a payload is encoded. Source: FPNN section 2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Flag `0x80`.
    MessagePack,
    /// Flag `0x40`.
    Json,
}

/// A method name: 1 to 255 bytes, compared as bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Method(Bytes);

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quest {
    /// Version byte, to be echoed in the answer.
    pub version: u8,
    /// Encoding that it came in, to be used for the answer.
    pub encoding: Encoding,
    /// `None`: one-way, never answered.
    pub sequence: Option<u32>,
    /// What is asked for.
    pub method: Method,
    /// Parameters, always MessagePack; not yet checked, see [`crate::Fields`].
    pub payload: Bytes,
}

/// What a quest is answered with: a MessagePack map, or a refusal.
pub type Answer = Result<Bytes, Refusal>;

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text} ({code})")]
pub struct Refusal {
    /// `code` on the wire.
    pub code: u32,
    /// `ex` on the wire.
    pub text: String,
}

/// One frame. As it comes out of a [`crate::Decoder`], method and payload are parts of the received
/// bytes: copy what is to be kept, or it keeps all that arrived with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A request.
    Quest(Quest),
    /// A reply.
    Answer {
        /// The sequence number of the quest.
        sequence: u32,
        /// What it says. A payload is always MessagePack; not yet checked, see [`crate::Fields`].
        answer: Answer,
    },
}

/// What has to be remembered of a two-way quest until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyTo {
    /// The version byte of the quest.
    pub version: u8,
    /// The encoding of the quest.
    pub encoding: Encoding,
    /// The sequence number of the quest.
    pub sequence: u32,
}

impl Encoding {
    /// The flag byte.
    pub fn flag(self) -> u8 {
        match self {
            Self::MessagePack => 0x80,
            Self::Json => 0x40,
        }
    }

    /// The encoding that a flag byte names; `None` for neither and for both. The other bits were
    /// never used and say nothing.
    pub(crate) fn from_flag(flag: u8) -> Option<Self> {
        match flag & 0xc0 {
            0x80 => Some(Self::MessagePack),
            0x40 => Some(Self::Json),
            _ => None,
        }
    }
}

impl Method {
    /// A name known beforehand; usable in constants.
    /// # Panics
    /// When `name` is not 1 to 255 bytes long: in a constant this stops the build.
    pub const fn new(name: &'static str) -> Self {
        assert!(
            !name.is_empty() && name.len() <= 255,
            "a method name has 1 to 255 bytes"
        );
        Self(Bytes::from_static(name.as_bytes()))
    }

    /// The name on the wire.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name for people; what is not UTF-8 is replaced.
    pub fn as_str(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// A name as received; the caller has checked its length.
    pub(crate) fn received(name: Bytes) -> Self {
        Self(name)
    }
}

/// A method name is 1 to 255 bytes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a method name has 1 to 255 bytes, this one has {0}")]
pub struct MethodLength(pub usize);

impl TryFrom<&[u8]> for Method {
    type Error = MethodLength;

    fn try_from(name: &[u8]) -> Result<Self, MethodLength> {
        if (1..=255).contains(&name.len()) {
            Ok(Self(Bytes::copy_from_slice(name)))
        } else {
            Err(MethodLength(name.len()))
        }
    }
}

/// So that a table of methods can be asked with the bytes of a quest.
impl Borrow<[u8]> for Method {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.as_str())
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.as_str(), out)
    }
}

impl Refusal {
    /// A refusal with a code of [`codes`] or of the application.
    pub fn new(code: u32, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }

    /// Reads an error answer of a peer. Some leave out the code or the text, or put a number in
    /// place of the text; that an error was meant is certain in any case.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, WireError> {
        let fields = Fields::parse(payload)?;
        let code = fields.integer("code").unwrap_or(codes::PROTOCOL_UNKNOWN);
        let text = fields.get("ex").and_then(Value::text_or_integer);
        Ok(Self::new(code, text.unwrap_or_default()))
    }

    /// Appends the payload of the error answer: exactly `code` and `ex`.
    fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.push(0);
        write_text(out, "code");
        write_integer(out, self.code.into());
        write_text(out, "ex");
        write_text(out, &self.text);
        close_map(out, start, 2);
    }
}

impl Quest {
    /// A two-way quest of ours: version 1, MessagePack.
    /// `payload` is a MessagePack map; see [`crate::Map`].
    pub fn two_way(sequence: u32, method: Method, payload: Bytes) -> Self {
        Self {
            version: VERSION,
            encoding: Encoding::MessagePack,
            sequence: Some(sequence),
            method,
            payload,
        }
    }

    /// A one-way quest of ours.
    pub fn one_way(method: Method, payload: Bytes) -> Self {
        Self {
            version: VERSION,
            encoding: Encoding::MessagePack,
            sequence: None,
            method,
            payload,
        }
    }

    /// What an answer has to repeat; `None` for a one-way quest, which gets none.
    pub fn reply_to(&self) -> Option<ReplyTo> {
        self.sequence.map(|sequence| ReplyTo {
            version: self.version,
            encoding: self.encoding,
            sequence,
        })
    }

    /// Appends the frame to `out`; a JSON quest's payload is written as JSON, and as `{}` where it
    /// is no MessagePack map.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let method = self.method.as_bytes();
        let header = Header {
            version: self.version,
            encoding: self.encoding,
            kind: u8::from(self.sequence.is_some()),
            status: u8::try_from(method.len()).expect("a method name has at most 255 bytes"),
            sequence: self.sequence,
        };
        header.encode(out, method, |out| match self.encoding {
            Encoding::MessagePack => out.extend_from_slice(&self.payload),
            Encoding::Json => {
                if json::from_message_pack(&self.payload, out).is_err() {
                    out.extend_from_slice(b"{}");
                }
            }
        });
    }

    /// Appends the frame of an answer to this quest, in its version and encoding. Nothing for a
    /// one-way quest.
    pub fn encode_answer(&self, answer: &Answer, out: &mut Vec<u8>) {
        if let Some(reply_to) = self.reply_to() {
            reply_to.encode(answer, out);
        }
    }
}

impl ReplyTo {
    /// Appends the frame of `answer` to `out`. An answer that can not be written as JSON becomes
    /// error 10004.
    pub fn encode(self, answer: &Answer, out: &mut Vec<u8>) {
        let start = out.len();
        match (answer, self.encoding) {
            (Ok(payload), Encoding::MessagePack) => self.header(0).encode(out, &[], |out| {
                out.extend_from_slice(payload);
            }),
            (Err(refusal), Encoding::MessagePack) => {
                self.header(1).encode(out, &[], |out| refusal.encode(out));
            }
            (Ok(payload), Encoding::Json) => {
                let mut written = Ok(());
                self.header(0).encode(out, &[], |out| {
                    written = json::from_message_pack(payload, out);
                });
                if written.is_err() {
                    out.truncate(start);
                    let text = "the answer can not be written as JSON";
                    self.encode(&Err(Refusal::new(codes::JSON_CONVERSION, text)), out);
                }
            }
            (Err(refusal), Encoding::Json) => self.header(1).encode(out, &[], |out| {
                json::refusal(refusal, out);
            }),
        }
    }

    fn header(self, status: u8) -> Header {
        Header {
            version: self.version,
            encoding: self.encoding,
            kind: 2,
            status,
            sequence: Some(self.sequence),
        }
    }
}

/// What a frame begins with, less the length of its payload.
///
/// ```text
/// "FPNN" | version u8 | flags u8 | type u8 | method length or status u8 | payload length u32 LE
///        | sequence u32 LE (absent in one-way quests) | method | payload
/// ```
struct Header {
    version: u8,
    encoding: Encoding,
    kind: u8,
    status: u8,
    sequence: Option<u32>,
}

impl Header {
    /// Appends a frame whose payload is what `payload` appends.
    fn encode(self, out: &mut Vec<u8>, method: &[u8], payload: impl FnOnce(&mut Vec<u8>)) {
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[self.version, self.encoding.flag(), self.kind, self.status]);
        let length_at = out.len();
        out.extend_from_slice(&[0; 4]);
        if let Some(sequence) = self.sequence {
            out.extend_from_slice(&sequence.to_le_bytes());
        }
        out.extend_from_slice(method);
        let start = out.len();
        payload(out);
        let length = u32::try_from(out.len() - start).expect("a payload is below 4 GiB");
        if let Some(field) = out.get_mut(length_at..).and_then(<[u8]>::first_chunk_mut) {
            *field = length.to_le_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Map;

    fn json_reply() -> ReplyTo {
        ReplyTo {
            version: 1,
            encoding: Encoding::Json,
            sequence: 1,
        }
    }

    #[test]
    fn a_method_is_found_by_the_bytes_of_its_name() {
        const PING: Method = Method::new("*ping");
        let table = std::collections::HashMap::from([(PING, 1)]);
        assert_eq!(table.get(&b"*ping"[..]), Some(&1));
        assert_eq!(table.get(&b"*PING"[..]), None);
        assert_eq!(Method::try_from(&b"*ping"[..]), Ok(PING));
    }

    #[test]
    fn a_method_name_has_1_to_255_bytes() {
        assert_eq!(Method::try_from(&[][..]), Err(MethodLength(0)));
        assert_eq!(Method::try_from(&[b'm'; 256][..]), Err(MethodLength(256)));
        let longest = Method::try_from(&[b'm'; 255][..]).unwrap();
        assert_eq!(longest.as_bytes().len(), 255);
    }

    #[test]
    fn a_method_name_that_is_not_text_can_be_shown() {
        let method = Method::try_from(&b"a\xff"[..]).unwrap();
        assert_eq!(method.to_string(), "a\u{fffd}");
        assert_eq!(format!("{method:?}"), "\"a\u{fffd}\"");
    }

    #[test]
    fn an_answer_that_can_not_be_json_says_so() {
        let payload = Bytes::from_static(b"\x81\xa1k\x81\xc3\x01");
        let mut out = b"before".to_vec();
        json_reply().encode(&Ok(payload), &mut out);
        let expected = b"beforeFPNN\x01\x40\x02\x01\x3b\0\0\0\x01\0\0\0\
            {\"code\":10004,\"ex\":\"the answer can not be written as JSON\"}";
        assert_eq!(
            out.escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
    }

    #[test]
    fn a_refusal_is_json_to_who_asked_in_json() {
        let mut out = Vec::new();
        json_reply().encode(&Err(Refusal::new(20_004, "\"x\"")), &mut out);
        let expected =
            b"FPNN\x01\x40\x02\x01\x1b\0\0\0\x01\0\0\0{\"code\":20004,\"ex\":\"\\\"x\\\"\"}";
        assert_eq!(
            out.escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
    }

    #[test]
    fn a_json_quest_that_can_not_be_json_is_empty() {
        let mut quest = Quest::one_way(Method::new("m"), Bytes::from_static(&[0x90]));
        quest.encoding = Encoding::Json;
        let mut out = Vec::new();
        quest.encode(&mut out);
        assert_eq!(out, b"FPNN\x01\x40\0\x01\x02\0\0\0m{}");
    }

    #[test]
    fn frames_are_appended_one_after_the_other() {
        let mut out = Vec::new();
        let reply_to = ReplyTo {
            encoding: Encoding::MessagePack,
            ..json_reply()
        };
        reply_to.encode(&Err(Refusal::new(5, "")), &mut out);
        Quest::one_way(Method::new("m"), Map::empty()).encode(&mut out);
        let expected = b"FPNN\x01\x80\x02\x01\x0b\0\0\0\x01\0\0\0\x82\xa4code\x05\xa2ex\xa0\
            FPNN\x01\x80\0\x01\x01\0\0\0m\x80";
        assert_eq!(
            out.escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
    }
}
