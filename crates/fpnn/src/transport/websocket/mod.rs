//! FPNN inside of `WebSocket` messages: one package in each towards the client, bytes in them from it.
//! Source: RTM client gate section 1.5, RFC 6455.
//!
//! The library knows the handshake and the headers of frames. What they mean is here, because the
//! library keeps whole messages: an idle connection would keep the memory of its longest one, and a
//! message that arrives slowly would look like silence.

mod handshake;
mod messages;

pub(super) use handshake::shake_hands;
pub(super) use messages::{Messages, Piece, begin_with_header};
