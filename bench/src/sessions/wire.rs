//! One client of the RTM client gate: frames cut by hand, and no memory while nothing comes.
//! Source: RTM client gate sections 1.3 and 1.5.

use std::io;
use std::net::SocketAddr;

use halloo_fpnn::Fields;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// Bytes taken from the socket at a time.
const CHUNK_BYTES: usize = 4 * 1024;
/// What every frame of FPNN begins with.
const HEAD_BYTES: usize = 12;
/// Of any frame that comes; beyond that something is wrong.
const MOST_BYTES: usize = 64 * 1024;
/// What asks for a WebSocket, in two parts around the server's address.
const ASK: [&str; 2] = [
    "GET /service/websocket HTTP/1.1\r\nHost: ",
    "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
];
/// What a server that agrees begins with.
const AGREED: &[u8] = b"HTTP/1.1 101 ";
/// First byte of a message in binary, all in one frame, and what the second byte of a masked one has.
const BINARY: u8 = 0x82;
const MASKED: u8 = 0x80;
/// Stands in the second byte where the length takes the two bytes behind it.
const LONG: u8 = 126;
/// First byte of the end of a WebSocket.
const CLOSE: u8 = 0x88;
/// The same for every message: what counts is that the server has to undo it.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// How a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// FPNN alone.
    Bare,
    /// Every frame in a message of a WebSocket.
    WebSocket,
}

impl Transport {
    /// `frame` as it is sent.
    pub(crate) fn wrap(self, frame: &[u8]) -> Vec<u8> {
        let Self::WebSocket = self else {
            return frame.to_vec();
        };
        let mut message = vec![BINARY];
        match u8::try_from(frame.len()) {
            Ok(length) if length < LONG => message.push(MASKED | length),
            _ => {
                message.push(MASKED | LONG);
                let length = u16::try_from(frame.len()).unwrap_or(u16::MAX);
                message.extend_from_slice(&length.to_be_bytes());
            }
        }
        message.extend_from_slice(&MASK);
        let masked = frame.iter().zip(MASK.iter().cycle());
        message.extend(masked.map(|(byte, mask)| byte ^ mask));
        message
    }
}

/// What the server sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// An answer: `ok` of it, or the refusal.
    Answer(Result<bool, String>),
    /// A ping that wants an answer with this number.
    Ping(u32),
    /// The session is over.
    Kicked,
    /// Something else.
    Other,
}

/// A connection.
pub(crate) struct Wire {
    stream: TcpStream,
    transport: Transport,
    /// What came and is not whole. Without memory while it is empty.
    inbox: Vec<u8>,
}

impl Wire {
    /// Connects, and agrees on a WebSocket if it shall be one.
    /// # Errors
    /// When the server refuses.
    pub(crate) async fn open(address: SocketAddr, transport: Transport) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let inbox = Vec::new();
        let mut wire = Self {
            stream,
            transport,
            inbox,
        };
        if transport == Transport::WebSocket {
            let [before, behind] = ASK;
            let ask = format!("{before}{address}{behind}");
            wire.send(ask.as_bytes()).await?;
            wire.agree().await?;
        }
        Ok(wire)
    }

    async fn agree(&mut self) -> io::Result<()> {
        loop {
            self.receive().await?;
            let mut ends = self.inbox.windows(4);
            if let Some(end) = ends.position(|bytes| bytes == b"\r\n\r\n") {
                let agreed = self.inbox.starts_with(AGREED);
                self.take(end + 4);
                return agreed
                    .then_some(())
                    .ok_or_else(|| invalid("no WebSocket is given"));
            }
        }
    }

    /// Sends what [`Transport::wrap`] made.
    /// # Errors
    /// When the connection has ended.
    pub(crate) async fn send(&mut self, wrapped: &[u8]) -> io::Result<()> {
        self.stream.write_all(wrapped).await
    }

    /// Answers the ping with this number.
    /// # Errors
    /// When the connection has ended.
    pub(crate) async fn answer_ping(&mut self, sequence: u32) -> io::Result<()> {
        let mut answer = *b"FPNN\x01\x80\x02\x00\x01\x00\x00\x00____\x80";
        if let Some(place) = answer.get_mut(HEAD_BYTES..HEAD_BYTES + 4) {
            place.copy_from_slice(&sequence.to_le_bytes());
        }
        let answer = self.transport.wrap(&answer);
        self.send(&answer).await
    }

    /// What comes next.
    /// # Errors
    /// When the connection has ended, or what came can not be read.
    pub(crate) async fn next(&mut self) -> io::Result<Heard> {
        loop {
            if let Some((heard, length)) = cut(self.transport, &self.inbox)? {
                self.take(length);
                return Ok(heard);
            }
            self.receive().await?;
        }
    }

    fn take(&mut self, bytes: usize) {
        self.inbox.drain(..bytes);
        if self.inbox.is_empty() {
            self.inbox = Vec::new();
        }
    }

    async fn receive(&mut self) -> io::Result<()> {
        loop {
            self.stream.readable().await?;
            let mut chunk = [0; CHUNK_BYTES];
            match self.stream.try_read(&mut chunk) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    self.inbox
                        .extend_from_slice(chunk.get(..read).unwrap_or_default());
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// What stands at the start of `bytes`, and how long it is. `None` until it is whole.
fn cut(transport: Transport, bytes: &[u8]) -> io::Result<Option<(Heard, usize)>> {
    if transport == Transport::Bare {
        return read(bytes);
    }
    let Some((&[first, length], rest)) = bytes.split_first_chunk() else {
        return Ok(None);
    };
    let (length, rest) = match (length, rest.split_first_chunk()) {
        (LONG, None) => return Ok(None),
        (LONG, Some((length, rest))) => (usize::from(u16::from_be_bytes(*length)), rest),
        (..LONG, _) => (usize::from(length), rest),
        _ => return Err(invalid("a message is masked or too long")),
    };
    let Some(payload) = rest.get(..length) else {
        return Ok(None);
    };
    let heard = match first {
        BINARY => match read(payload)? {
            Some((heard, read)) if read == length => heard,
            _ => return Err(invalid("a message is not exactly one frame")),
        },
        CLOSE => return Err(io::ErrorKind::UnexpectedEof.into()),
        _ => return Err(invalid("a message is not binary")),
    };
    Ok(Some((heard, bytes.len() - rest.len() + length)))
}

/// The frame at the start of `bytes`, and how long it is. `None` until it is whole.
fn read(bytes: &[u8]) -> io::Result<Option<(Heard, usize)>> {
    let Some(head) = bytes.first_chunk::<HEAD_BYTES>() else {
        return Ok(None);
    };
    let [b'F', b'P', b'N', b'N', 1, 0x80, kind, short, length @ ..] = *head else {
        return Err(invalid("what came is no frame in MessagePack"));
    };
    let sequence_bytes = if kind == 0 { 0 } else { 4 };
    let method_bytes = if kind == 2 { 0 } else { usize::from(short) };
    let payload_bytes = usize::try_from(u32::from_le_bytes(length)).map_err(invalid)?;
    let method_at = HEAD_BYTES + sequence_bytes;
    let payload_at = method_at + method_bytes;
    let end = payload_at.saturating_add(payload_bytes);
    if end > MOST_BYTES {
        return Err(invalid("a frame is too long"));
    }
    let Some(payload) = bytes.get(payload_at..end) else {
        return Ok(None);
    };
    let method = bytes.get(method_at..payload_at).unwrap_or_default();
    let sequence = bytes.get(HEAD_BYTES..).and_then(<[u8]>::first_chunk);
    let heard = match (kind, method) {
        (0, b"kickout") => Heard::Kicked,
        (1, b"ping") => Heard::Ping(sequence.copied().map_or(0, u32::from_le_bytes)),
        (2, _) => Heard::Answer(answer(short == 0, payload)),
        _ => Heard::Other,
    };
    Ok(Some((heard, end)))
}

fn answer(granted: bool, payload: &[u8]) -> Result<bool, String> {
    let shown = || payload.escape_ascii().to_string();
    let fields = Fields::parse(payload).map_err(|_| shown())?;
    if granted {
        return fields.boolean("ok").map_err(|_| shown());
    }
    let code = fields.integer::<i64>("code").unwrap_or_default();
    let text = fields.text("ex").unwrap_or_default();
    Err(format!("{code} {text}"))
}

fn invalid(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use halloo_fpnn::{Encoding, Map, Method, Quest, Refusal, ReplyTo};

    use super::*;

    fn answered(said: &Result<Bytes, Refusal>) -> Vec<u8> {
        let reply_to = ReplyTo {
            version: 1,
            encoding: Encoding::MessagePack,
            sequence: 9,
        };
        let mut out = Vec::new();
        reply_to.encode(said, &mut out);
        out
    }

    fn asked(quest: &Quest) -> Vec<u8> {
        let mut out = Vec::new();
        quest.encode(&mut out);
        out
    }

    #[test]
    fn frames_are_read_once_they_are_whole() {
        let yes = Map::new().boolean("ok", true).finish();
        let refused = Err(Refusal::new(200_024, "no"));
        let frames = [
            (answered(&Ok(yes)), Heard::Answer(Ok(true))),
            (
                answered(&refused),
                Heard::Answer(Err("200024 no".to_owned())),
            ),
            (
                asked(&Quest::two_way(
                    0x0102_0304,
                    Method::new("ping"),
                    Map::empty(),
                )),
                Heard::Ping(0x0102_0304),
            ),
            (
                asked(&Quest::one_way(Method::new("kickout"), Map::empty())),
                Heard::Kicked,
            ),
            (
                asked(&Quest::one_way(Method::new("kickoutroom"), Map::empty())),
                Heard::Other,
            ),
        ];
        for (frame, heard) in frames {
            let message = [&[BINARY, u8::try_from(frame.len()).unwrap()], &frame[..]].concat();
            for (transport, bytes) in [
                (Transport::Bare, frame.clone()),
                (Transport::WebSocket, message),
            ] {
                for end in 0..bytes.len() {
                    assert_eq!(cut(transport, &bytes[..end]).unwrap(), None);
                }
                let more = [&bytes[..], b"FP"].concat();
                let (read, length) = cut(transport, &more).unwrap().unwrap();
                assert_eq!((&read, length), (&heard, bytes.len()));
            }
        }
        assert!(cut(Transport::Bare, b"HTTP/1.1 400 Bad Request").is_err());
        assert!(cut(Transport::WebSocket, &[CLOSE, 0]).is_err());
    }

    #[test]
    fn a_message_says_its_length_and_is_masked() {
        for length in [1, 125, 126, 300] {
            let frame: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            assert_eq!(Transport::Bare.wrap(&frame), frame);
            let message = Transport::WebSocket.wrap(&frame);
            let head = if length < 126 { 2 } else { 4 };
            assert_eq!(message.len(), head + 4 + length);
            assert_eq!(usize::from(message[1] & 0x7f), length.min(126));
            let masked = message[head + 4..].iter().zip(MASK.iter().cycle());
            let unmasked: Vec<u8> = masked.map(|(byte, mask)| byte ^ mask).collect();
            assert_eq!(unmasked, frame);
        }
    }
}
