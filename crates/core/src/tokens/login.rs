//! What an RTM client logs in with. Source: RTM client gate section 2.2.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256K1_SHA256_ASN1, ED25519, ParsedPublicKey,
};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::service::hash;
use super::{TokenKind, TokenOwner, Tokens};
use crate::apps::App;
use crate::users::{Uid, UidTarget, User};
use crate::{Error, Millis, Result, TokenFault};

/// Base64 as the various SDKs write it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A public key whose owner logs users of an app in, by signing for them.
#[derive(Clone)]
pub struct LoginKey {
    der: Box<[u8]>,
    key: Arc<ParsedPublicKey>,
}

impl LoginKey {
    /// Bytes of the longest supported key.
    const MOST_BYTES: usize = 128;

    /// Reads a `SubjectPublicKeyInfo` in DER: P-256 and secp256k1 (ECDSA with SHA-256) or Ed25519.
    /// # Errors
    /// [`Error::LoginKeyIllegal`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        // What stands in the DER of a key to say which it is.
        let names = |identifier: &[u8]| der.windows(identifier.len()).any(|at| at == identifier);
        let key = if der.len() > Self::MOST_BYTES {
            None
        } else if names(b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07") {
            ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, der).ok()
        } else if names(b"\x06\x05\x2b\x81\x04\x00\x0a") {
            ParsedPublicKey::new(&ECDSA_P256K1_SHA256_ASN1, der).ok()
        } else if names(b"\x06\x03\x2b\x65\x70") {
            ParsedPublicKey::new(&ED25519, der).ok()
        } else {
            None
        };
        Ok(Self {
            der: der.into(),
            key: Arc::new(key.ok_or(Error::LoginKeyIllegal)?),
        })
    }

    /// The key as [`LoginKey::from_der`] reads it.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(text, signature).is_ok()
    }
}

impl PartialEq for LoginKey {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for LoginKey {}

impl fmt::Debug for LoginKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginKey")
    }
}

impl Tokens {
    /// The user who logs in as `uid`. `signed` is the time in Unix seconds at which the app signed the
    /// token by itself; without one the token is one that [`Tokens::grant_login`] gave. A user whom the
    /// app signed for comes into being if he is new.
    /// # Errors
    /// [`Error::UidIllegal`]; [`Error::Token`] when the token opens nothing; [`Error::UserBanned`] when it
    /// does, but the account is shut; [`Error::LoginTooEarly`]; [`Error::UserQuotaReached`].
    pub async fn login(
        &self,
        app: &App,
        uid: Uid,
        token: &str,
        signed: Option<i64>,
    ) -> Result<Arc<User>> {
        uid.target().ok_or(Error::UidIllegal)?;
        let user = match signed {
            None => self.granted(app, uid, token).await?,
            Some(seconds) => self.signed(app, uid, token, seconds).await?,
        };
        if user.ban.holds(self.context.clock.now()) {
            return Err(Error::UserBanned);
        }
        Ok(user)
    }

    /// The token is read from the store each time, so that one that was taken back is void at once; and
    /// after the user, so that a password that changes meanwhile shows when the session is opened.
    async fn granted(&self, app: &App, uid: Uid, token: &str) -> Result<Arc<User>> {
        let revoked = || Error::Token(TokenFault::Revoked);
        let user = self.users.of_uid(app.id, uid).await?;
        let found = self.context.store.token(hash(token)).await?;
        let (user, found) = user.zip(found).ok_or_else(revoked)?;
        let is_his = matches!(found.owner, TokenOwner::User { id, .. } if id == user.id);
        let is_good = found.kind == TokenKind::Login
            && found.app == app.id
            && found.app_generation == app.login_generation;
        if !is_his || !is_good {
            return Err(revoked());
        }
        let now = self.context.clock.now();
        if found.expires.is_some_and(|end| end <= now) {
            return Err(Error::Token(TokenFault::Expired));
        }
        Ok(user)
    }

    async fn signed(&self, app: &App, uid: Uid, token: &str, seconds: i64) -> Result<Arc<User>> {
        let refused = |fault| Err(Error::Token(fault));
        let Ok(signature) = LENIENT.decode(token) else {
            return refused(TokenFault::Malformed);
        };
        let text = format!("{}:{}:{seconds}", app.pid, uid.0);
        let by_secret = || {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &secret_bytes(app.rtm_secret.reveal()));
            hmac::verify(&key, text.as_bytes(), &signature).is_ok()
        };
        let by_key = || {
            let key = app.login_key.as_ref();
            key.is_some_and(|key| key.verifies(text.as_bytes(), &signature))
        };
        if !by_secret() && !by_key() {
            return refused(TokenFault::Revoked);
        }
        let (now, limits) = (self.context.clock.now(), &self.context.limits);
        let age = now.0.div_euclid(1000).saturating_sub(seconds);
        if age < -limits.login_skew_seconds {
            return Err(Error::LoginTooEarly);
        }
        if age > limits.login_validity_seconds {
            return refused(TokenFault::Expired);
        }
        let is_void = |since: Millis| seconds <= since.0.div_euclid(1000);
        if let Some(UidTarget::Name(name)) = uid.target() {
            // Nobody who was deleted comes back by reconnecting.
            let since = self.context.store.logins_void_since(app.id, &name).await?;
            if since.is_some_and(is_void) {
                return refused(TokenFault::Revoked);
            }
        }
        let user = self.users.of_uid_or_new(app.id, uid).await?;
        if is_void(user.logins_since) {
            return refused(TokenFault::Revoked);
        }
        Ok(user)
    }
}

/// What `secret` spells in base64, URL-safe letters and missing padding included; a secret that is no
/// base64 stands for itself.
fn secret_bytes(secret: &str) -> Vec<u8> {
    let standard = secret.replace('-', "+").replace('_', "/");
    LENIENT
        .decode(&standard)
        .unwrap_or_else(|_| secret.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::encoding::PublicKeyX509Der;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256K1_SHA256_ASN1_SIGNING,
        ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
        KeyPair as _,
    };

    use super::*;

    #[test]
    fn the_documented_token_is_what_the_secret_signs() {
        // Source: RTM client gate section 9.2.
        let key = hmac::Key::new(
            hmac::HMAC_SHA256,
            &secret_bytes("c2VjcmV0LWtleS1mb3ItdGVzdHM="),
        );
        let token = "rsp7V4798eOh2pWwDi3Qi3ky/CYqFqdDwNiQEwypXAs=";
        let signature = LENIENT.decode(token).unwrap();
        assert!(hmac::verify(&key, b"11000001:654321:1763700000", &signature).is_ok());
        assert!(hmac::verify(&key, b"11000001:654321:1763700001", &signature).is_err());
    }

    #[test]
    fn secrets_are_read_in_every_spelling_of_base64() {
        assert_eq!(secret_bytes("+/8="), [0xfb, 0xff]);
        assert_eq!(secret_bytes("-_8"), [0xfb, 0xff]);
        assert_eq!(secret_bytes("not base64!"), b"not base64!");
    }

    fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, text: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let key: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let signature = pair.sign(&SystemRandom::new(), text).unwrap();
        (key.as_ref().to_vec(), signature.as_ref().to_vec())
    }

    #[test]
    fn keys_on_every_supported_curve_verify_what_they_signed_and_nothing_else() {
        let text = b"11000001:7:1763700000";
        let edwards = Ed25519KeyPair::generate().unwrap();
        let der: PublicKeyX509Der<'_> = edwards.public_key().as_der().unwrap();
        let of_edwards = (der.as_ref().to_vec(), edwards.sign(text).as_ref().to_vec());
        for (der, signature) in [
            ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, text),
            ecdsa(&ECDSA_P256K1_SHA256_ASN1_SIGNING, text),
            of_edwards,
        ] {
            let key = LoginKey::from_der(&der).unwrap();
            assert_eq!(key.to_der(), der);
            assert!(key.verifies(text, &signature), "{key:?}");
            assert!(!key.verifies(b"11000001:8:1763700000", &signature));
            let mut damaged = signature.clone();
            *damaged.last_mut().unwrap() ^= 1;
            assert!(!key.verifies(text, &damaged));
        }
    }

    #[test]
    fn what_is_no_supported_key_is_refused() {
        let (p384, _) = ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, b"text");
        let (p256, _) = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, b"text");
        let cut = p256.split_last().unwrap().1;
        let long = [p256.as_slice(), &[0; 128]].concat();
        for der in [&[][..], b"key", &p384, cut, &long] {
            let refused = LoginKey::from_der(der);
            assert!(matches!(refused, Err(Error::LoginKeyIllegal)), "{der:?}");
        }
    }
}
