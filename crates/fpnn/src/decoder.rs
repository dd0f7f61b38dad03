//! Cuts received bytes into frames. Source: FPNN sections 2 and 5.

use bytes::{Buf, Bytes, BytesMut};

use crate::encryption::{LENGTH_BYTES, Mode, Opener};
use crate::frame::{Encoding, Frame, HEADER_BYTES, MAGIC, Method, Quest, Refusal};
use crate::value::to_size;
use crate::{WireError, json};

/// Bytes that there is room for before anything arrives.
const CHUNK_BYTES: usize = 4 * 1024;
/// After so many bytes of frames the memory they came in is left to them, and what follows gets its own.
const SHARED_BYTES: usize = 64 * 1024;

/// Cuts received bytes into frames. Every declared length is checked before anything is allocated for
/// it.
///
/// ```text
/// "FPNN" | version u8 | flags u8 | type u8 | method length or status u8 | payload length u32 LE
///        | sequence u32 LE (absent in one-way quests) | method | payload
/// ```
///
/// A frame is cut out of the buffer without a copy. Its payload is looked at only where the decoder
/// has to: JSON becomes MessagePack, an error answer becomes a [`Refusal`]. Any other is checked once,
/// by [`crate::Fields::parse`] of whoever uses it, who closes the connection on an error as well.
///
/// Besides the frames it gave away the decoder holds at most about twice the bytes that wait to be
/// cut and 64 KiB, whatever length a frame declares; nothing when no bytes wait.
pub struct Decoder {
    max_frame_bytes: usize,
    buffer: BytesMut,
    /// Bytes of frames that share the memory of the buffer.
    shared_bytes: usize,
    encryption: Option<Encryption>,
}

struct Encryption {
    opener: Opener,
    /// Of a stream, the bytes at the beginning of the buffer that are decrypted already.
    opened: usize,
}

impl Decoder {
    /// A decoder that takes frames of up to `max_frame_bytes`, header included.
    pub fn new(max_frame_bytes: usize) -> Self {
        Self {
            max_frame_bytes,
            buffer: BytesMut::new(),
            shared_bytes: 0,
            encryption: None,
        }
    }

    /// Where received bytes are to be appended. It has room for some, so call this when there is
    /// something to read: an idle connection then takes no memory.
    pub fn buffer(&mut self) -> &mut BytesMut {
        // Doubles when it is full: a long frame is given memory as it arrives, not as it declares.
        self.buffer.reserve(CHUNK_BYTES);
        &mut self.buffer
    }

    /// Appends received bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// From now on takes frames of up to `max_frame_bytes`.
    pub fn limit(&mut self, max_frame_bytes: usize) {
        self.max_frame_bytes = max_frame_bytes;
    }

    /// Bytes that have arrived and are not yet cut: of a frame that is incomplete, once there is no next.
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Takes all that has arrived and is not yet cut, and all that will arrive, as encrypted.
    pub fn encrypt(&mut self, opener: Opener) {
        self.encryption = Some(Encryption { opener, opened: 0 });
    }

    /// The next whole frame, or `None` until more bytes arrive. Behind a quest `*key` that is accepted
    /// call [`Decoder::encrypt`] before this.
    /// # Errors
    /// [`WireError`] when the bytes can not be FPNN or exceed `max_frame_bytes`; close the connection.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would end where this waits for more bytes"
    )]
    pub fn next(&mut self) -> Result<Option<Frame>, WireError> {
        let frame = match &mut self.encryption {
            None => self.next_frame(),
            Some(encryption) => match encryption.opener.mode() {
                Mode::Package => self.next_package(),
                Mode::Stream => {
                    let closed = self.buffer.get_mut(encryption.opened..);
                    encryption.opener.open(closed.unwrap_or_default());
                    encryption.opened = self.buffer.len();
                    self.next_frame()
                }
            },
        }?;
        if frame.is_none() && (self.buffer.is_empty() || self.shared_bytes > SHARED_BYTES) {
            // What is left is a part of one frame, and is copied only once.
            self.buffer = BytesMut::from(self.buffer.as_ref());
            self.shared_bytes = 0;
        }
        Ok(frame)
    }

    /// The next frame of the buffer, which is not encrypted or is so no more.
    fn next_frame(&mut self) -> Result<Option<Frame>, WireError> {
        let Some(header) = Header::read(&self.buffer, self.max_frame_bytes)? else {
            return Ok(None);
        };
        let Some(frame) = self.cut(header.frame_bytes) else {
            return Ok(None);
        };
        if let Some(encryption) = &mut self.encryption {
            encryption.opened -= frame.len();
        }
        header.read_frame(frame.freeze()).map(Some)
    }

    /// The next frame out of a package: its length in four bytes, and then one frame encrypted.
    fn next_package(&mut self) -> Result<Option<Frame>, WireError> {
        let Some(length) = self.buffer.first_chunk() else {
            return Ok(None);
        };
        let declared = u32::from_le_bytes(*length);
        let frame_bytes = to_size(declared);
        if frame_bytes > self.max_frame_bytes {
            return Err(WireError::TooLarge {
                declared: declared.into(),
                max: self.max_frame_bytes,
            });
        }
        let Some(mut frame) = self.cut(LENGTH_BYTES + frame_bytes) else {
            return Ok(None);
        };
        frame.advance(LENGTH_BYTES);
        if let Some(encryption) = &mut self.encryption {
            encryption.opener.open(&mut frame);
        }
        match Header::read(&frame, self.max_frame_bytes)? {
            Some(header) if header.frame_bytes == frame_bytes => {
                header.read_frame(frame.freeze()).map(Some)
            }
            _ => Err(WireError::Package),
        }
    }

    /// Takes `length` bytes, once that many are there.
    fn cut(&mut self, length: usize) -> Option<BytesMut> {
        if self.buffer.len() < length {
            return None;
        }
        self.shared_bytes += length;
        Some(self.buffer.split_to(length))
    }
}

/// A header that has been checked.
struct Header {
    version: u8,
    encoding: Encoding,
    kind: Kind,
    /// Length of the method, or status of an answer.
    status: u8,
    /// All of the frame.
    frame_bytes: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    OneWay,
    TwoWay,
    Answer,
}

impl Header {
    /// Reads what `bytes` begin with; `None` when that is less than a header.
    fn read(bytes: &[u8], max_frame_bytes: usize) -> Result<Option<Self>, WireError> {
        // The first wrong byte is enough: whoever speaks another protocol may wait for us now.
        if bytes.iter().zip(MAGIC).any(|(byte, magic)| *byte != magic) {
            return Err(WireError::Magic);
        }
        let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let [_, _, _, _, version, flag, kind, status, length @ ..] = *header;
        let encoding = Encoding::from_flag(flag).ok_or(WireError::Encoding(flag))?;
        let kind = match kind {
            0 => Kind::OneWay,
            1 => Kind::TwoWay,
            2 => Kind::Answer,
            _ => return Err(WireError::MessageType(kind)),
        };
        let between = match kind {
            Kind::OneWay => u64::from(status),
            Kind::TwoWay => 4 + u64::from(status),
            Kind::Answer => 4,
        };
        if kind != Kind::Answer && status == 0 {
            return Err(WireError::NoMethod);
        }
        let payload_bytes = u32::from_le_bytes(length);
        if payload_bytes == 0 {
            return Err(WireError::EmptyPayload);
        }
        let declared = HEADER_BYTES as u64 + between + u64::from(payload_bytes);
        match usize::try_from(declared) {
            Ok(frame_bytes) if frame_bytes <= max_frame_bytes => Ok(Some(Self {
                version,
                encoding,
                kind,
                status,
                frame_bytes,
            })),
            _ => Err(WireError::TooLarge {
                declared,
                max: max_frame_bytes,
            }),
        }
    }

    /// Takes apart the whole frame that begins with this header.
    fn read_frame(self, mut frame: Bytes) -> Result<Frame, WireError> {
        frame.advance(HEADER_BYTES);
        let sequence = (self.kind != Kind::OneWay).then(|| frame.get_u32_le());
        let method = match self.kind {
            Kind::Answer => None,
            Kind::OneWay | Kind::TwoWay => Some(frame.split_to(self.status.into())),
        };
        let payload = match self.encoding {
            Encoding::MessagePack => frame,
            Encoding::Json => Bytes::from(json::to_message_pack(&frame)?),
        };
        Ok(match (method, sequence) {
            (Some(method), sequence) => Frame::Quest(Quest {
                version: self.version,
                encoding: self.encoding,
                sequence,
                method: Method::received(method),
                payload,
            }),
            (None, sequence) => Frame::Answer {
                sequence: sequence.unwrap_or_default(),
                answer: match self.status {
                    0 => Ok(payload),
                    _ => Err(Refusal::read(&payload)?),
                },
            },
        })
    }
}
