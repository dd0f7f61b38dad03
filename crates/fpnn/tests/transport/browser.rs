//! The client end of a WebSocket, byte by byte.

use halloo_fpnn::Answer;
use halloo_fpnn::transport::{Opening, Options};
use halloo_fpnn::{Decoder, Frame, Quest};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::support::*;

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

pub(crate) fn any() -> Options {
    Options {
        opening: Opening::Any,
        ..options()
    }
}

/// The request of the specification, for `path` and with further lines.
pub(crate) fn request(path: &str, lines: &str) -> Vec<u8> {
    let text = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n"
    );
    text.into_bytes()
}

/// A frame of a client, masked.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..126 => bytes.push(0x80 | u8::try_from(short).unwrap()),
        middling @ 126..65536 => {
            bytes.push(0xfe);
            bytes.extend(u16::try_from(middling).unwrap().to_be_bytes());
        }
        long => {
            bytes.push(0xff);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b));
    bytes
}

/// A message in one frame.
pub(crate) fn message(payload: &[u8]) -> Vec<u8> {
    frame(0x80 | BINARY, payload)
}

pub(crate) struct Browser<IO> {
    pub(crate) stream: IO,
    /// What was read and not looked at.
    read: Vec<u8>,
    pub(crate) decoder: Decoder,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Browser<IO> {
    /// A WebSocket over `stream`.
    pub(crate) async fn open(stream: IO) -> Self {
        let mut browser = Self::over(stream);
        browser.send(&request("/service/websocket", "")).await;
        let head = browser.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        browser
    }

    /// A WebSocket of which nothing was said yet.
    pub(crate) fn over(stream: IO) -> Self {
        Self {
            stream,
            read: Vec::new(),
            decoder: Decoder::new(1 << 26),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Whether `count` bytes are there.
    async fn fill(&mut self, count: usize) -> bool {
        while self.read.len() < count {
            match self.stream.read_buf(&mut self.read).await {
                Ok(0) | Err(_) => return false,
                Ok(_) => {}
            }
        }
        true
    }

    async fn take(&mut self, count: usize) -> Vec<u8> {
        assert!(self.fill(count).await, "it ends amidst a frame");
        self.read.drain(..count).collect()
    }

    /// The head of an HTTP answer.
    pub(crate) async fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.fill(1).await, "it ends after {head:?}");
            head.push(char::from(self.read.remove(0)));
        }
        head
    }

    /// The next frame as it came: its two first bytes, what else is in its header, and its payload.
    pub(crate) async fn frame(&mut self) -> Option<([u8; 2], Vec<u8>, Vec<u8>)> {
        if !self.fill(1).await {
            return None;
        }
        let first: [u8; 2] = self.take(2).await.try_into().unwrap();
        let extended = match first[1] {
            126 => self.take(2).await,
            127 => self.take(8).await,
            _ => vec![],
        };
        let extended_length = extended
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let length = match first[1] {
            126 | 127 => extended_length,
            short => usize::from(short),
        };
        let payload = self.take(length).await;
        Some((first, extended, payload))
    }

    /// The payload of the next frame, which has to begin with `first`.
    pub(crate) async fn expect(&mut self, first: u8) -> Vec<u8> {
        let ([found, _], _, payload) = self.frame().await.expect("a frame");
        assert_eq!(found, first);
        payload
    }

    /// The package of the next message.
    pub(crate) async fn package(&mut self) -> Frame {
        let payload = self.expect(0x80 | BINARY).await;
        self.decoder.feed(&payload);
        let package = self.decoder.next().unwrap().expect("a whole package");
        assert_eq!(self.decoder.buffered(), 0, "one package in a message");
        package
    }

    pub(crate) async fn answer(&mut self) -> (u32, Answer) {
        match self.package().await {
            Frame::Answer { sequence, answer } => (sequence, answer),
            other @ Frame::Quest(_) => panic!("expected an answer, not {other:?}"),
        }
    }

    pub(crate) async fn quest(&mut self) -> Quest {
        match self.package().await {
            Frame::Quest(quest) => quest,
            other @ Frame::Answer { .. } => panic!("expected a quest, not {other:?}"),
        }
    }

    /// Waits for a close frame with `code` and for the end behind it.
    pub(crate) async fn expect_close(&mut self, code: u16) {
        assert_eq!(self.expect(0x80 | CLOSE).await, code.to_be_bytes());
        assert!(!self.fill(1).await, "nothing comes behind a close frame");
    }
}
