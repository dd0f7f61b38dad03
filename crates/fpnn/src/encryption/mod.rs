//! The encryption that a client can ask for with its first quest. Source: FPNN section 7.
//!
//! Both ends derive one AES key from their key pairs; nothing is authenticated, and each direction
//! starts from the same key and vector. TLS is the better choice wherever the client knows it.

mod cipher;
mod curve;
mod exchange;
mod keys;

pub(crate) use cipher::LENGTH_BYTES;
pub use cipher::{Opener, Sealer};
pub use curve::{Curve, UnknownCurve};
pub use exchange::{Exchange, ExchangeError, Mode, Strength};
pub use keys::{KeyError, PrivateKey, PublicKey};
