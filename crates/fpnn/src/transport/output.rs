//! What waits to be written to the socket.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::Sealer;
use crate::transport::websocket;

/// Written bytes are moved out of the way once there are this many of them and more than is left.
const COMPACT_BYTES: usize = 16 * 1024;
/// Capacity that a busy connection keeps between writes.
const KEPT_BYTES: usize = 64 * 1024;

/// Frames in the order in which they leave, sealed as they come in.
pub(super) struct Output {
    bytes: Vec<u8>,
    written: usize,
    flushed: bool,
    sealer: Option<Sealer>,
    /// Whether every frame is a message of a WebSocket.
    in_messages: bool,
}

impl Output {
    pub(super) fn new(in_messages: bool) -> Self {
        Self {
            bytes: Vec::new(),
            written: 0,
            flushed: true,
            sealer: None,
            in_messages,
        }
    }

    /// Bytes that the socket has not taken.
    pub(super) fn unsent(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// Whether bytes wait in here or in the socket's own buffers.
    pub(super) fn is_busy(&self) -> bool {
        !self.flushed
    }

    /// Appends the frame that `encode` appends.
    pub(super) fn frame(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        let from = self.bytes.len();
        encode(&mut self.bytes);
        if let Some(sealer) = &mut self.sealer {
            sealer.seal(&mut self.bytes, from);
        }
        if self.in_messages {
            websocket::begin_with_header(&mut self.bytes, from, OpCode::Data(Data::Binary));
        }
        self.flushed = false;
    }

    /// Appends a control frame of the WebSocket, behind whole messages as all of them are.
    pub(super) fn control(&mut self, control: Control, payload: &[u8]) {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(payload);
        websocket::begin_with_header(&mut self.bytes, from, OpCode::Control(control));
        self.flushed = false;
    }

    /// Seals every frame from here on.
    pub(super) fn seal_with(&mut self, sealer: Sealer) {
        self.sealer = Some(sealer);
    }

    /// Writes until everything is out. Sets `progress` when the socket took something.
    pub(super) fn poll_write<W: AsyncWrite + Unpin>(
        &mut self,
        context: &mut Context<'_>,
        socket: &mut W,
        progress: &mut bool,
    ) -> Poll<io::Result<()>> {
        loop {
            let rest = self.bytes.get(self.written..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            match ready!(Pin::new(&mut *socket).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => {
                    self.written += count;
                    *progress = true;
                }
            }
            self.compact();
        }
        if !self.flushed {
            ready!(Pin::new(socket).poll_flush(context))?;
            self.flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    fn compact(&mut self) {
        if self.written == self.bytes.len() {
            self.bytes.clear();
            self.written = 0;
            self.bytes.shrink_to(KEPT_BYTES);
        } else if self.written >= COMPACT_BYTES.max(self.unsent()) {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }

    /// Forgets everything: there is no socket any more.
    pub(super) fn discard(&mut self) {
        self.bytes = Vec::new();
        self.written = 0;
        self.flushed = true;
    }

    /// Gives memory back once nothing waits.
    pub(super) fn release(&mut self) {
        if self.bytes.is_empty() && self.bytes.capacity() > 0 {
            self.bytes = Vec::new();
        }
    }
}
