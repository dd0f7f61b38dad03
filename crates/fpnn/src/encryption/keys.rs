//! Key pairs and the forms in which they are handed on. Source: FPNN section 7.6.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use elliptic_curve::zeroize::Zeroizing;

use super::curve::Curve;

/// A private key: a number below the order of its curve.
#[derive(Clone)]
pub struct PrivateKey {
    curve: Curve,
    scalar: Zeroizing<Vec<u8>>,
}

/// A public key: a point that is known to lie on its curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    curve: Curve,
    /// Both coordinates, big-endian.
    coordinates: Vec<u8>,
}

/// Why bytes are no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A key of this curve and form has another length.
    #[error("a key of {curve} in this form has not {found} bytes")]
    Length {
        /// The curve.
        curve: Curve,
        /// Bytes that were given.
        found: usize,
    },
    /// The number is zero, or not below the order of the curve.
    #[error("the private key is not in the range of {0}")]
    Range(Curve),
    /// The coordinates are no point of the curve.
    #[error("the public key is not a point of {0}")]
    NotOnCurve(Curve),
    /// The text is not a PEM block `PUBLIC KEY`.
    #[error("the text is not a public key in PEM")]
    Pem,
    /// The bytes are not the public key of a curve that is known.
    #[error("the bytes are not a public key of a known curve in DER")]
    Der,
    /// Two keys that were to be used together are of different curves.
    #[error("one key is of {0}, the other of {1}")]
    OtherCurve(Curve, Curve),
}

impl PrivateKey {
    /// Reads a key of `curve`: the number in big-endian, as long as a coordinate.
    /// # Errors
    /// [`KeyError::Length`] and [`KeyError::Range`].
    pub fn from_bytes(curve: Curve, scalar: &[u8]) -> Result<Self, KeyError> {
        if scalar.len() != curve.bytes() {
            let found = scalar.len();
            return Err(KeyError::Length { curve, found });
        }
        let public = curve.arithmetic().public(scalar);
        public.ok_or(KeyError::Range(curve))?;
        Ok(Self {
            curve,
            scalar: Zeroizing::new(scalar.to_vec()),
        })
    }

    /// Makes a key out of random bytes; `None` for the few that are no key, then draw again. Of
    /// shorter curves the first bytes are taken.
    pub fn from_random(curve: Curve, random: &[u8; 32]) -> Option<Self> {
        Self::from_bytes(curve, random.get(..curve.bytes())?).ok()
    }

    /// Its curve.
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// The number in big-endian: what is stored in a file. Keep it secret.
    pub fn as_bytes(&self) -> &[u8] {
        &self.scalar
    }

    /// The key that belongs to it.
    pub fn public_key(&self) -> PublicKey {
        let coordinates = self.curve.arithmetic().public(&self.scalar);
        PublicKey {
            curve: self.curve,
            coordinates: coordinates.expect("the number was found to be in range"),
        }
    }

    /// The secret that only the holders of this key and of the one that belongs to `peer` know.
    pub(super) fn agree(&self, peer: &PublicKey) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if self.curve != peer.curve {
            return Err(KeyError::OtherCurve(self.curve, peer.curve));
        }
        let arithmetic = self.curve.arithmetic();
        let secret = arithmetic.agree(&self.scalar, &peer.to_sec1());
        secret.ok_or(KeyError::NotOnCurve(self.curve))
    }
}

/// Says the curve, never the number.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PrivateKey({})", self.curve)
    }
}

impl PublicKey {
    /// Reads both coordinates without a tag before them: the form on the wire.
    /// # Errors
    /// [`KeyError::Length`] and [`KeyError::NotOnCurve`].
    pub fn from_raw(curve: Curve, coordinates: &[u8]) -> Result<Self, KeyError> {
        if coordinates.len() != 2 * curve.bytes() {
            let found = coordinates.len();
            return Err(KeyError::Length { curve, found });
        }
        Self::from_sec1(curve, &[&[UNCOMPRESSED], coordinates].concat())
    }

    /// Reads SEC1: tag 4 and both coordinates, or tag 2 or 3 and the first.
    /// # Errors
    /// [`KeyError::Length`] and [`KeyError::NotOnCurve`].
    pub fn from_sec1(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let length = match point.first() {
            Some(&UNCOMPRESSED) => 2 * curve.bytes(),
            Some(&(EVEN | ODD)) => curve.bytes(),
            _ => return Err(KeyError::NotOnCurve(curve)),
        };
        if point.len() != 1 + length {
            let found = point.len();
            return Err(KeyError::Length { curve, found });
        }
        let coordinates = curve.arithmetic().coordinates(point);
        Ok(Self {
            curve,
            coordinates: coordinates.ok_or(KeyError::NotOnCurve(curve))?,
        })
    }

    /// Reads the DER of `SubjectPublicKeyInfo`; the curve is recognised. Source: RFC 5480.
    /// # Errors
    /// [`KeyError::Der`] and [`KeyError::NotOnCurve`].
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        for curve in Curve::ALL {
            for point_bytes in [1 + curve.bytes(), 1 + 2 * curve.bytes()] {
                let point = der.strip_prefix(der_prefix(curve, point_bytes).as_slice());
                if let Some(point) = point.filter(|point| point.len() == point_bytes) {
                    return Self::from_sec1(curve, point);
                }
            }
        }
        Err(KeyError::Der)
    }

    /// Reads a PEM block `PUBLIC KEY`; the curve is recognised.
    /// # Errors
    /// [`KeyError::Pem`], [`KeyError::Der`] and [`KeyError::NotOnCurve`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let body = pem.trim().strip_prefix(PEM_BEGIN);
        let body = body.and_then(|body| body.strip_suffix(PEM_END));
        let mut body = body.ok_or(KeyError::Pem)?.to_owned();
        body.retain(|letter| !letter.is_ascii_whitespace());
        Self::from_der(&STANDARD.decode(body).map_err(|_| KeyError::Pem)?)
    }

    /// Its curve.
    pub fn curve(&self) -> Curve {
        self.curve
    }

    /// Both coordinates in big-endian, without a tag before them.
    pub fn raw(&self) -> &[u8] {
        &self.coordinates
    }

    /// SEC1, uncompressed: tag 4 and both coordinates.
    pub fn to_sec1(&self) -> Vec<u8> {
        [&[UNCOMPRESSED], self.raw()].concat()
    }

    /// SEC1, compressed: tag 2 or 3 and the first coordinate.
    pub fn to_sec1_compressed(&self) -> Vec<u8> {
        let odd = self.coordinates.last().is_some_and(|byte| byte % 2 == 1);
        let first = self.coordinates.iter().copied().take(self.curve.bytes());
        std::iter::once(if odd { ODD } else { EVEN })
            .chain(first)
            .collect()
    }

    /// The DER of `SubjectPublicKeyInfo`: a named curve and the uncompressed point.
    pub fn to_der(&self) -> Vec<u8> {
        let point = self.to_sec1();
        [der_prefix(self.curve, point.len()), point].concat()
    }

    /// The same as a PEM block `PUBLIC KEY`.
    pub fn to_pem(&self) -> String {
        let mut pem = PEM_BEGIN.to_owned();
        for (at, letter) in STANDARD.encode(self.to_der()).char_indices() {
            if at % 64 == 0 {
                pem.push('\n');
            }
            pem.push(letter);
        }
        pem + "\n" + PEM_END + "\n"
    }
}

/// What stands before a point of `point_bytes` in the DER of a public key.
///
/// ```text
/// 30 length                                  SubjectPublicKeyInfo
///    30 length                               algorithm
///       06 07 2a 86 48 ce 3d 02 01           a key of an elliptic curve
///       06 length object identifier          which curve
///    03 length 00 point                      no unused bits
/// ```
fn der_prefix(curve: Curve, point_bytes: usize) -> Vec<u8> {
    const ELLIPTIC_CURVE: [u8; 9] = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let short = |length| u8::try_from(length).expect("a part of a key has less than 128 bytes");
    let identifier = curve.object_identifier();
    let algorithm = ELLIPTIC_CURVE.len() + 2 + identifier.len();
    let all = 2 + algorithm + 3 + point_bytes;
    [
        &[0x30, short(all), 0x30, short(algorithm)],
        ELLIPTIC_CURVE.as_slice(),
        &[0x06, short(identifier.len())],
        identifier,
        &[0x03, short(1 + point_bytes), 0x00],
    ]
    .concat()
}

const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";

// Tags of SEC1.
const EVEN: u8 = 2;
const ODD: u8 = 3;
const UNCOMPRESSED: u8 = 4;
