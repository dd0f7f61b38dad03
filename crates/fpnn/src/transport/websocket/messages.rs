//! Frames of a WebSocket and what is in them.

use std::io::Cursor;

use bytes::{Buf, BytesMut};
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::WireError;
use crate::transport::Closed;

/// Longest header of a frame that we send.
const HEADER_BYTES: usize = 10;
/// Longest payload of a control frame. Source: RFC 6455, section 5.5.
const CONTROL_BYTES: u64 = 125;

/// Takes the frames of a client apart. Payloads are passed on as they arrive, so that it holds no more
/// than was read at once, whatever length a frame declares.
#[derive(Default)]
pub(crate) struct Messages {
    received: BytesMut,
    /// Bytes of the payload that are still to come.
    left: u64,
    /// What they are masked with.
    mask: [u8; 4],
    /// Bytes of a message of several frames, while it has not ended.
    begun: Option<u64>,
    is_closed: bool,
    /// Whether a close frame is among our output.
    pub(crate) is_close_sent: bool,
}

/// What frames bring.
pub(crate) enum Piece {
    /// The next bytes of the packages.
    Payload(BytesMut),
    Ping(BytesMut),
    Pong,
    /// Nothing comes behind it.
    Close,
}

impl Messages {
    /// Appends received bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    /// Whether a frame or a message was begun and has not ended.
    pub(crate) fn is_in_message(&self) -> bool {
        !self.received.is_empty() || self.left > 0 || self.begun.is_some()
    }

    /// The next piece, or `None` until more bytes arrive.
    /// # Errors
    /// [`Closed`] when the bytes are not those of a client that sends binary messages of up to
    /// `max_bytes`; close the connection.
    pub(crate) fn next(&mut self, max_bytes: usize) -> Result<Option<Piece>, Closed> {
        if self.is_closed {
            self.received.clear();
        } else if self.left > 0 && !self.received.is_empty() {
            let here = usize::try_from(self.left).unwrap_or(usize::MAX);
            let payload = self.take(here.min(self.received.len()));
            return Ok(Some(Piece::Payload(payload)));
        } else if self.left == 0 {
            return self.begin_frame(max_bytes);
        }
        Ok(None)
    }

    fn begin_frame(&mut self, max_bytes: usize) -> Result<Option<Piece>, Closed> {
        let mut cursor = Cursor::new(&self.received);
        let parsed = FrameHeader::parse(&mut cursor);
        let parsed = parsed.map_err(|_| Closed::WebSocket("a frame of an unknown kind"))?;
        let header_bytes = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
        let Some((header, length)) = parsed else {
            return Ok(None);
        };
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Closed::WebSocket("an extension that was not agreed on"));
        }
        let Some(mask) = header.mask else {
            return Err(Closed::WebSocket("a frame that is not masked"));
        };
        match header.opcode {
            OpCode::Control(control) => {
                if !header.is_final || length > CONTROL_BYTES {
                    return Err(Closed::WebSocket("a control frame in parts, or a long one"));
                }
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                if self.received.len() - header_bytes < length {
                    return Ok(None);
                }
                self.begin_payload(header_bytes, length as u64, mask);
                let payload = self.take(length);
                Ok(Some(self.control(control, payload)))
            }
            OpCode::Data(data) => {
                let before = match (data, self.begun) {
                    (Data::Binary, None) => 0,
                    (Data::Continue, Some(before)) => before,
                    (Data::Text, _) => return Err(Closed::WebSocket("a text message")),
                    _ => return Err(Closed::WebSocket("frames out of order")),
                };
                let declared = before.saturating_add(length);
                if declared > max_bytes as u64 {
                    let max = max_bytes;
                    return Err(WireError::TooLarge { declared, max }.into());
                }
                self.begun = (!header.is_final).then_some(declared);
                self.begin_payload(header_bytes, length, mask);
                Ok(Some(Piece::Payload(BytesMut::new())))
            }
        }
    }

    fn control(&mut self, control: Control, payload: BytesMut) -> Piece {
        match control {
            Control::Ping => Piece::Ping(payload),
            Control::Close => {
                self.is_closed = true;
                Piece::Close
            }
            Control::Pong | Control::Reserved(_) => Piece::Pong,
        }
    }

    fn begin_payload(&mut self, header_bytes: usize, length: u64, mask: [u8; 4]) {
        self.received.advance(header_bytes);
        (self.left, self.mask) = (length, mask);
    }

    /// Cuts `count` bytes of the payload and unmasks them.
    fn take(&mut self, count: usize) -> BytesMut {
        let mut bytes = self.received.split_to(count);
        for quarter in bytes.chunks_mut(4) {
            for (byte, mask) in quarter.iter_mut().zip(self.mask) {
                *byte ^= mask;
            }
        }
        self.left -= count as u64;
        self.mask.rotate_left(count % 4);
        bytes
    }

    /// Gives memory back once nothing waits.
    pub(crate) fn release(&mut self) {
        if self.received.is_empty() && self.received.capacity() > 0 {
            self.received = BytesMut::new();
        }
    }
}

/// Makes what `out` holds from `from` on the payload of one frame.
pub(crate) fn begin_with_header(out: &mut Vec<u8>, from: usize, opcode: OpCode) {
    let header = FrameHeader {
        opcode,
        ..FrameHeader::default()
    };
    let mut bytes = [0; HEADER_BYTES];
    let mut cursor = Cursor::new(bytes.as_mut_slice());
    header
        .format((out.len() - from) as u64, &mut cursor)
        .expect("a header has at most ten bytes");
    let length = usize::try_from(cursor.position()).unwrap_or(HEADER_BYTES);
    out.splice(from..from, bytes.into_iter().take(length));
}
