//! FPNN: quests and answers in frames, MessagePack or JSON inside, optionally encrypted.
//!
//! Bytes in, frames out: [`Decoder`] cuts what was received into frames, [`Fields`] reads their
//! payloads, [`Map`] writes payloads, [`Quest::encode`] and [`ReplyTo::encode`] write frames, and
//! [`PrivateKey`] agrees on what a [`Sealer`] and an [`Opener`] encrypt with. The codec knows no
//! socket, no clock and no randomness but what it is given. What a method means, who may call it and
//! which codes it refuses with is the business of whoever uses this crate. The feature `transport`
//! adds connections over tokio for both ends.
//!
//! To read one more type of field: an accessor of [`Value`], and one of [`Fields`] that names what is
//! wrong. To write one more: a function of [`Map`] and one of [`List`], with the shortest form that
//! every SDK reads. To refuse one more kind of bytes: a case of [`WireError`], with its code. What an
//! SDK was seen to send goes into `tests/it/vectors.json`.
//!
//! ```
//! use halloo_fpnn::{Decoder, Fields, Frame, MAX_FRAME_BYTES, Map, Method, Quest};
//!
//! let mut wire = Vec::new();
//! let payload = Map::new().integer("uid", 7).finish();
//! Quest::two_way(1, Method::new("getuserinfo"), payload).encode(&mut wire);
//!
//! let mut decoder = Decoder::new(MAX_FRAME_BYTES);
//! decoder.feed(&wire);
//! while let Some(frame) = decoder.next()? {
//!     if let Frame::Quest(quest) = frame {
//!         let fields = Fields::parse(&quest.payload)?;
//!         let answer = fields.integer("uid").map(|user: i64| {
//!             Map::new().text("oinfo", &format!("user {user}")).finish()
//!         });
//!         wire.clear();
//!         quest.encode_answer(&answer.map_err(Into::into), &mut wire);
//!     }
//! }
//! assert_eq!(wire, b"FPNN\x01\x80\x02\0\x0e\0\0\0\x01\0\0\0\x81\xa5oinfo\xa6user 7");
//! # Ok::<(), halloo_fpnn::WireError>(())
//! ```

pub mod codes;
mod decoder;
mod encryption;
mod error;
mod fields;
mod frame;
mod json;
mod map;
#[cfg(feature = "transport")]
pub mod transport;
mod value;

pub use decoder::Decoder;
pub use encryption::{
    Curve, Exchange, ExchangeError, KeyError, Mode, Opener, PrivateKey, PublicKey, Sealer,
    Strength, UnknownCurve,
};
pub use error::WireError;
pub use fields::{FieldError, Fields, MAX_FIELDS};
pub use frame::{Answer, Encoding, Frame, Method, MethodLength, Quest, Refusal, ReplyTo};
pub use map::{List, Map};
pub use value::{Entries, Items, Kind, MAX_NESTING, Value};

/// Bytes of a frame, header included, unless told otherwise. Source: FPNN section 5.
pub const MAX_FRAME_BYTES: usize = 8 * 1024 * 1024;
