//! The four curves, and the little arithmetic that is asked of them. Source: FPNN sections 7.1 and 7.6.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use elliptic_curve::zeroize::Zeroizing;
use elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey, SecretKey};

/// The curve of a key. Nothing on the wire names it: client and server have to agree beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// Coordinates of 32 bytes; the one of most examples.
    Secp256k1,
    /// Coordinates of 32 bytes; also called P-256. The one that Java 16 and later has.
    Secp256r1,
    /// Coordinates of 28 bytes; also called P-224.
    Secp224r1,
    /// Coordinates of 24 bytes; also called P-192.
    Secp192r1,
}

/// No curve has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("curve {0} is unknown; there are secp256k1, secp256r1, secp224r1 and secp192r1")]
pub struct UnknownCurve(pub String);

impl Curve {
    /// Every curve.
    pub const ALL: [Self; 4] = [
        Self::Secp256k1,
        Self::Secp256r1,
        Self::Secp224r1,
        Self::Secp192r1,
    ];

    /// Bytes of a coordinate, and of a private key.
    pub fn bytes(self) -> usize {
        match self {
            Self::Secp256k1 | Self::Secp256r1 => 32,
            Self::Secp224r1 => 28,
            Self::Secp192r1 => 24,
        }
    }

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Secp256k1 => "secp256k1",
            Self::Secp256r1 => "secp256r1",
            Self::Secp224r1 => "secp224r1",
            Self::Secp192r1 => "secp192r1",
        }
    }

    /// The object identifier of the curve as DER has it, without tag and length.
    pub(super) fn object_identifier(self) -> &'static [u8] {
        match self {
            Self::Secp256k1 => &[0x2b, 0x81, 0x04, 0x00, 0x0a],
            Self::Secp256r1 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
            Self::Secp224r1 => &[0x2b, 0x81, 0x04, 0x00, 0x21],
            Self::Secp192r1 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01],
        }
    }

    pub(super) fn arithmetic(self) -> &'static dyn Arithmetic {
        match self {
            Self::Secp256k1 => &Of::<k256::Secp256k1>(PhantomData),
            Self::Secp256r1 => &Of::<p256::NistP256>(PhantomData),
            Self::Secp224r1 => &Of::<p224::NistP224>(PhantomData),
            Self::Secp192r1 => &Of::<p192::NistP192>(PhantomData),
        }
    }
}

impl FromStr for Curve {
    type Err = UnknownCurve;

    fn from_str(name: &str) -> Result<Self, UnknownCurve> {
        Self::ALL
            .into_iter()
            .find(|curve| curve.name() == name)
            .ok_or_else(|| UnknownCurve(name.to_owned()))
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// What the keys of a curve are computed with, in bytes. Points are SEC1: a tag, then one or both
/// coordinates. `None` means that the scalar is not below the order, or zero, or that the point is
/// not on the curve, or infinity.
pub(super) trait Arithmetic {
    /// Both coordinates of a point.
    fn coordinates(&self, point: &[u8]) -> Option<Vec<u8>>;

    /// Both coordinates of the public key that belongs to a private one.
    fn public(&self, scalar: &[u8]) -> Option<Vec<u8>>;

    /// The first coordinate of the product, always of the same length.
    fn agree(&self, scalar: &[u8], point: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
}

/// Any curve of the crates named in [`Curve::arithmetic`].
struct Of<C>(PhantomData<C>);

impl<C> Arithmetic for Of<C>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    fn coordinates(&self, point: &[u8]) -> Option<Vec<u8>> {
        let key = PublicKey::<C>::from_sec1_bytes(point).ok()?;
        Some(uncompressed(&key))
    }

    fn public(&self, scalar: &[u8]) -> Option<Vec<u8>> {
        let key = SecretKey::<C>::from_slice(scalar).ok()?;
        Some(uncompressed(&key.public_key()))
    }

    fn agree(&self, scalar: &[u8], point: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let own = SecretKey::<C>::from_slice(scalar).ok()?;
        let peer = PublicKey::<C>::from_sec1_bytes(point).ok()?;
        let secret = own.diffie_hellman(&peer);
        Some(Zeroizing::new(secret.raw_secret_bytes().to_vec()))
    }
}

/// The coordinates of a point, without the tag before them.
fn uncompressed<C>(key: &PublicKey<C>) -> Vec<u8>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    let point = key.to_sec1_point(false);
    point.as_bytes().iter().copied().skip(1).collect()
}
