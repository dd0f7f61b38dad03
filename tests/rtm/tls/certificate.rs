//! A certificate that signs itself, made of its few bytes. Source: RFC 5280, 5480 and 5958.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use halloo_fpnn::{Curve, PrivateKey};
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::sign::any_ecdsa_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const IDENTIFIER: u8 = 0x06;
const UTF8: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const GENERAL_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// 1.2.840.10045.2.1: a key of an elliptic curve.
const ELLIPTIC_CURVE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// 1.2.840.10045.3.1.7
const SECP256R1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// 1.2.840.10045.4.3.2: ECDSA with SHA-256.
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
/// 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// 2.5.29.17
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// A certificate for `localhost` and 127.0.0.1, and its private key.
pub(super) struct Certificate {
    pub(super) der: CertificateDer<'static>,
    key: Vec<u8>,
}

/// One element.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let head = match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=127), _) => vec![tag, short],
        (Ok(byte), _) => vec![tag, 0x81, byte],
        (_, Ok(word)) => [&[tag, 0x82], word.to_be_bytes().as_slice()].concat(),
        _ => panic!("certificates are short"),
    };
    [head, content].concat()
}

impl Certificate {
    /// Signed with this private key.
    pub(super) fn of(scalar: [u8; 32]) -> Self {
        let private = PrivateKey::from_bytes(Curve::Secp256r1, &scalar).expect("a key");
        let public = private.public_key();
        let point = element(BITS, &[&[0], &public.to_sec1()]);
        let curve = element(
            SEQUENCE,
            &[
                &element(IDENTIFIER, &[ELLIPTIC_CURVE]),
                &element(IDENTIFIER, &[SECP256R1]),
            ],
        );
        let inner = element(
            SEQUENCE,
            &[
                &element(INTEGER, &[&[1]]),
                &element(OCTETS, &[&scalar]),
                &element(0xa1, &[&point]),
            ],
        );
        let key = element(
            SEQUENCE,
            &[
                &element(INTEGER, &[&[0]]),
                &curve,
                &element(OCTETS, &[&inner]),
            ],
        );

        let name = element(
            SEQUENCE,
            &[
                &element(IDENTIFIER, &[COMMON_NAME]),
                &element(UTF8, &[b"localhost"]),
            ],
        );
        let name = element(SEQUENCE, &[&element(SET, &[&name])]);
        let validity = element(
            SEQUENCE,
            &[
                &element(UTC_TIME, &[b"200101000000Z"]),
                &element(GENERAL_TIME, &[b"21000101000000Z"]),
            ],
        );
        let names = element(
            SEQUENCE,
            &[
                &element(0x82, &[b"localhost"]),
                &element(0x87, &[&[127, 0, 0, 1]]),
            ],
        );
        let extension = element(
            SEQUENCE,
            &[
                &element(IDENTIFIER, &[ALTERNATIVE_NAME]),
                &element(OCTETS, &[&names]),
            ],
        );
        let algorithm = element(SEQUENCE, &[&element(IDENTIFIER, &[ECDSA])]);
        let signed = element(
            SEQUENCE,
            &[
                &element(0xa0, &[&element(INTEGER, &[&[2]])]),
                &element(INTEGER, &[&[1]]),
                &algorithm,
                &name,
                &validity,
                &name,
                &public.to_der(),
                &element(0xa3, &[&element(SEQUENCE, &[&extension])]),
            ],
        );
        let signature = element(BITS, &[&[0], &sign(&key, &signed)]);
        let der = element(SEQUENCE, &[&signed, &algorithm, &signature]);
        Self {
            der: der.into(),
            key,
        }
    }

    /// Both as PEM: the certificate, the private key.
    pub(super) fn pem(&self) -> (String, String) {
        (pem("CERTIFICATE", &self.der), pem("PRIVATE KEY", &self.key))
    }
}

fn sign(key: &[u8], message: &[u8]) -> Vec<u8> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()));
    let key = any_ecdsa_type(&key).expect("a key");
    let scheme = SignatureScheme::ECDSA_NISTP256_SHA256;
    let signer = key.choose_scheme(&[scheme]).expect("its scheme");
    signer.sign(message).expect("a signature")
}

fn pem(what: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .filter_map(|at| text.get(at..text.len().min(at + 64)))
        .collect();
    format!(
        "-----BEGIN {what}-----\n{}\n-----END {what}-----\n",
        lines.join("\n")
    )
}
