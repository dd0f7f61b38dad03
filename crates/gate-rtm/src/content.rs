//! What RTM is shown of a message, whatever dialect it was written in. Sources: RTM server gate sections 5.2
//! and 5.3, RTM client gate sections 4.3, 5.1 and 8.3.

use std::borrow::Cow;

use halloo_content::rtm;
use halloo_core::messages::{Content, Message};
use halloo_fpnn::{List, Map};

/// How a side takes bodies that are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// As `str`, since clients take every `bin` for bytes, and look themselves whether a `str` is text.
    AsText,
    /// As `bin`.
    AsBytes,
}

/// A content in RTM's words.
pub(crate) struct Shown<'a> {
    /// `mtype`
    pub(crate) kind: i64,
    /// `msg`
    pub(crate) body: Body<'a>,
    /// `attrs`
    pub(crate) attributes: Cow<'a, str>,
}

/// What a message says.
pub(crate) struct Body<'a> {
    /// Its bytes.
    pub(crate) bytes: Cow<'a, [u8]>,
    is_text: bool,
}

/// The one place where a content becomes what RTM knows.
pub(crate) fn shown(content: &Content) -> Shown<'_> {
    let shown = rtm(content);
    Shown {
        kind: shown.kind.number().into(),
        body: Body {
            bytes: shown.body,
            is_text: shown.is_text,
        },
        attributes: shown.attributes,
    }
}

impl Body<'_> {
    /// Adds it to `map` as `msg`.
    pub(crate) fn put(self, map: Map, bodies: Bodies) -> Map {
        if self.is_text || bodies == Bodies::AsText {
            map.bytes_as_text("msg", &self.bytes)
        } else {
            map.bytes("msg", &self.bytes)
        }
    }

    fn add(self, list: List, bodies: Bodies) -> List {
        if self.is_text || bodies == Bodies::AsText {
            list.bytes_as_text(&self.bytes)
        } else {
            list.bytes(&self.bytes)
        }
    }
}

/// A message as a record of a log: exactly eight columns, the second being who sent it or, in a pair, which
/// way it went. Source: RTM server gate section 5.3.
pub(crate) fn row(message: &Message, second: i64, bodies: Bodies) -> List {
    let shown = shown(&message.content);
    let row = List::new()
        .integer(record_number(message))
        .integer(second)
        .integer(shown.kind)
        .integer(message.client_id)
        .boolean(false);
    let row = shown.body.add(row, bodies);
    row.text(&shown.attributes).integer(message.sent.0)
}

/// Stands for the message of a conversation that has none. Source: RTM client gate section 3.4.
pub(crate) fn no_row() -> List {
    let row = List::new().integer(0).integer(0).integer(0).integer(0);
    row.boolean(false).text("").text("").integer(0)
}

/// What RTM calls the place of a message in its log.
pub(crate) fn record_number(message: &Message) -> i64 {
    i64::try_from(message.sequence.0).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use halloo_core::Millis;
    use halloo_core::groups::GroupId;
    use halloo_core::messages::{Conversation, Form, Kind, MessageId, Sequence};
    use halloo_core::users::{Named, UserId};

    use super::*;

    fn message(form: Form, body: &'static [u8]) -> Message {
        Message {
            id: MessageId(1),
            conversation: Conversation::Group(GroupId(555)),
            sequence: Sequence(7),
            sender: Named {
                id: UserId(9),
                name: "111".parse().unwrap(),
            },
            client_id: 1_700_000_000_000_001,
            sent: Millis(1_700_000_000_001),
            content: Content {
                kind: Kind::new(51).unwrap(),
                form,
                body: body.into(),
                attributes: "{}".into(),
            },
        }
    }

    fn written(message: &Message, bodies: Bodies) -> Vec<u8> {
        let rows = Map::new().list("", row(message, message.sender.uid().0, bodies));
        rows.finish().split_off(2).to_vec()
    }

    fn eight(body: &[u8]) -> Vec<u8> {
        [
            b"\x98\x07\x6f\x33\xcf\x00\x06\x0a\x24\x18\x1e\x40\x01\xc2".as_slice(),
            body,
            b"\xa2{}\xcf\x00\x00\x01\x8b\xcf\xe5\x68\x01",
        ]
        .concat()
    }

    #[test]
    fn a_record_has_eight_columns() {
        let message = message(Form::Text, b"hello");
        for bodies in [Bodies::AsText, Bodies::AsBytes] {
            assert_eq!(written(&message, bodies), eight(b"\xa5hello"));
        }
        assert_eq!(
            Map::new().list("", no_row()).finish().as_ref(),
            b"\x81\xa0\x98\x00\x00\x00\x00\xc2\xa0\xa0\x00"
        );
    }

    #[test]
    fn bytes_that_are_no_text_go_out_as_each_side_takes_them() {
        let message = message(Form::Binary, b"\xff\x00\x01");
        let (as_text, as_bytes) = (eight(b"\xa3\xff\x00\x01"), eight(b"\xc4\x03\xff\x00\x01"));
        assert_eq!(written(&message, Bodies::AsText), as_text);
        assert_eq!(written(&message, Bodies::AsBytes), as_bytes);
    }
}
