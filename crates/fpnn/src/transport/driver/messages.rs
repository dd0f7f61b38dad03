//! FPNN in the messages of a WebSocket.

use tokio::io::{AsyncRead, AsyncWrite};
use tungstenite::protocol::frame::coding::{CloseCode, Control};

use crate::WireError;
use crate::encryption::LENGTH_BYTES;
use crate::transport::driver::{Driver, Input};
use crate::transport::websocket::Piece;
use crate::transport::{Closed, Service};

impl<S: Service, IO: AsyncRead + AsyncWrite + Unpin> Driver<S, IO> {
    /// Takes received bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        match &mut self.messages {
            None => self.decoder.feed(bytes),
            Some(messages) => messages.feed(bytes),
        }
    }

    /// Whether a message was begun and has not ended.
    pub(super) fn is_in_message(&self) -> bool {
        let messages = self.messages.as_ref();
        messages.is_some_and(|messages| messages.is_in_message())
    }

    /// Gives the decoder the next bytes out of a message, or does what a control frame asks for.
    /// Returns whether there was such a thing. Only what stands behind everything that was begun is
    /// looked at, so that a message is measured by the trust that the one before it has earned.
    pub(super) fn unframe(&mut self) -> bool {
        let most = self.max_frame_bytes().saturating_add(LENGTH_BYTES);
        let Some(messages) = &mut self.messages else {
            return false;
        };
        match messages.next(most) {
            Ok(None) => return false,
            Ok(Some(Piece::Payload(bytes))) => self.decoder.feed(&bytes),
            Ok(Some(Piece::Ping(payload))) => self.output.control(Control::Pong, &payload),
            Ok(Some(Piece::Pong)) => {}
            Ok(Some(Piece::Close)) => {
                if self.input == Input::Open {
                    self.reached_end();
                }
            }
            Err(why) => self.fail(why),
        }
        true
    }

    /// Says that nothing comes behind this, unless that was said. Returns whether it did.
    pub(super) fn send_close(&mut self) -> bool {
        let Some(messages) = &mut self.messages else {
            return false;
        };
        if std::mem::replace(&mut messages.is_close_sent, true) {
            return false;
        }
        let code = match &self.why {
            None | Some(Closed::ByPeer | Closed::ByUs | Closed::Lost(_)) => CloseCode::Normal,
            Some(Closed::Stopping) => CloseCode::Away,
            Some(Closed::WebSocket(_)) => CloseCode::Protocol,
            Some(Closed::Malformed(WireError::TooLarge { .. })) => CloseCode::Size,
            Some(_) => CloseCode::Policy,
        };
        self.output
            .control(Control::Close, &u16::from(code).to_be_bytes());
        true
    }
}
