//! What can be wrong with received bytes. Source: FPNN section 5.

use crate::codes;

/// Why received bytes can not be FPNN. The connection is to be closed without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A frame does not begin with `FPNN`.
    #[error("a frame does not begin with FPNN")]
    Magic,
    /// The message type is above 2.
    #[error("message type {0} does not exist")]
    MessageType(u8),
    /// The flag byte names no encoding, or both.
    #[error("flag byte {0:#04x} names not exactly one encoding")]
    Encoding(u8),
    /// A quest with a method name of no bytes.
    #[error("a quest has no method name")]
    NoMethod,
    /// A frame or an encrypted package is declared longer than allowed.
    #[error("a frame of {declared} bytes is over the maximum of {max}")]
    TooLarge {
        /// Bytes of the frame, header included, as its header says.
        declared: u64,
        /// Bytes allowed.
        max: usize,
    },
    /// An encrypted package holds less or more than one frame.
    #[error("an encrypted package is not exactly one frame")]
    Package,
    /// The payload has no bytes; an empty map has one.
    #[error("the payload is empty")]
    EmptyPayload,
    /// The payload is cut short, goes on behind its end, or is no MessagePack.
    #[error("the payload is not MessagePack")]
    MessagePack,
    /// The payload of a JSON frame is not a JSON object, or not UTF-8.
    #[error("the payload is not a JSON object")]
    Json,
    /// The payload is not a map.
    #[error("the payload is not a map")]
    NotAMap,
    /// The payload has more than [`crate::MAX_FIELDS`] fields.
    #[error("the payload has too many fields")]
    TooManyFields,
    /// A key of the payload is neither text nor bytes.
    #[error("a key of the payload is not text")]
    KeyNotText,
    /// The payload is nested deeper than [`crate::MAX_NESTING`].
    #[error("the payload is nested too deep")]
    TooDeep,
}

impl WireError {
    /// The code of the transport that says the same, for what a client tells its callers.
    pub fn code(self) -> u32 {
        match self {
            Self::Magic | Self::TooLarge { .. } | Self::Package | Self::EmptyPayload => {
                codes::INVALID_PACKAGE
            }
            Self::MessageType(_) | Self::NoMethod => codes::INVALID_METHOD,
            Self::Encoding(_) => codes::UNKNOWN_ENCODING,
            Self::Json => codes::JSON_CONVERSION,
            Self::NotAMap => codes::NOT_A_MAP,
            Self::KeyNotText => codes::KEY_NOT_TEXT,
            Self::MessagePack | Self::TooManyFields | Self::TooDeep => codes::DECODING,
        }
    }
}
