//! The quest `*key`, and what both ends derive from it. Source: FPNN sections 7.1 and 7.2.

use std::sync::Arc;

use md5::Md5;
use sha2::{Digest, Sha256};

use super::cipher::{Key, Opener, Sealer};
use super::keys::{KeyError, PrivateKey, PublicKey};
use crate::{FieldError, Fields, Map, Method, Quest};

/// The quest that switches encryption on; only the first of a connection may be one.
const METHOD: Method = Method::new("*key");

/// How many bits the AES key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strength {
    /// 128 bits.
    Aes128,
    /// 256 bits.
    Aes256,
}

/// What is encrypted as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Each frame for itself, with its length before it.
    Package,
    /// All bytes of a direction.
    Stream,
}

/// What a client asks for with the quest `*key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange<'a> {
    /// Both coordinates of its public key; whether they are a point is checked on acceptance.
    pub public_key: &'a [u8],
    /// What is to be encrypted as one.
    pub mode: Mode,
    /// The length of the AES key.
    pub strength: Strength,
}

/// Why no key can be agreed on. A server closes the connection without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// A parameter of the quest is missing or has the wrong type.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// There is no AES key of so many bits.
    #[error("a key of {0} bits was asked for; there are 128 and 256")]
    Bits(i64),
    /// The public key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Strength {
    /// `bits` on the wire.
    pub fn bits(self) -> u16 {
        match self {
            Self::Aes128 => 128,
            Self::Aes256 => 256,
        }
    }
}

impl<'a> Exchange<'a> {
    /// Reads the parameters of a quest `*key`. Package mode and 128 bits are what is meant where
    /// nothing is said.
    /// # Errors
    /// [`ExchangeError`]; close the connection.
    pub fn read(fields: &Fields<'a>) -> Result<Self, ExchangeError> {
        let stream = Fields::optional(fields.boolean("streamMode"))?;
        let strength = match Fields::optional(fields.integer("bits"))? {
            None | Some(128) => Strength::Aes128,
            Some(256) => Strength::Aes256,
            Some(bits) => return Err(ExchangeError::Bits(bits)),
        };
        Ok(Self {
            public_key: fields.bytes("publicKey")?,
            mode: match stream {
                Some(true) => Mode::Stream,
                Some(false) | None => Mode::Package,
            },
            strength,
        })
    }
}

impl PrivateKey {
    /// The server's half: what its frames are sealed with, the answer to `exchange` being the first
    /// of them, and what everything behind the quest is opened with.
    /// # Errors
    /// [`KeyError`] when the client's key is not a point of this key's curve; close the connection.
    pub fn accept(&self, exchange: &Exchange<'_>) -> Result<(Sealer, Opener), KeyError> {
        let peer = PublicKey::from_raw(self.curve(), exchange.public_key)?;
        self.derive(&peer, exchange.mode, exchange.strength)
    }

    /// The client's half: the quest to send first and unsealed, what everything behind it is sealed
    /// with, and what all that comes is opened with. Take a new key for each connection.
    /// # Errors
    /// [`KeyError::OtherCurve`].
    pub fn offer(
        &self,
        server: &PublicKey,
        mode: Mode,
        strength: Strength,
        sequence: u32,
    ) -> Result<(Quest, Sealer, Opener), KeyError> {
        let (sealer, opener) = self.derive(server, mode, strength)?;
        let payload = Map::new()
            .bytes("publicKey", self.public_key().raw())
            .boolean("streamMode", mode == Mode::Stream)
            .integer("bits", strength.bits().into())
            .finish();
        Ok((Quest::two_way(sequence, METHOD, payload), sealer, opener))
    }

    fn derive(
        &self,
        peer: &PublicKey,
        mode: Mode,
        strength: Strength,
    ) -> Result<(Sealer, Opener), KeyError> {
        let secret = self.agree(peer)?;
        let vector = Md5::digest(secret.as_slice()).into();
        let digest: [u8; 32] = Sha256::digest(secret.as_slice()).into();
        let key = match strength {
            Strength::Aes128 => {
                let half = secret.first_chunk();
                Key::aes_128(half.expect("a coordinate has 24 bytes or more"), vector)
            }
            // Where the secret is shorter than the key, its digest is the key.
            Strength::Aes256 => Key::aes_256(secret.first_chunk().unwrap_or(&digest), vector),
        };
        let key = Arc::new(key);
        Ok((Sealer::new(Arc::clone(&key), mode), Opener::new(key, mode)))
    }
}
