use std::sync::Arc;
use std::time::Duration;

use halloo_fpnn::transport::{Agree, ClientOptions, Limits, Options, connect};
use halloo_fpnn::{Fields, Map};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_util::task::TaskTracker;

use crate::support::*;

/// A certificate for `localhost`, signed by itself. It and its key were made once for these tests
/// and guard nothing.
const CERTIFICATE: &[u8] = include_bytes!("fixtures/localhost.cert.der");
const KEY: &[u8] = include_bytes!("fixtures/localhost.key.der");

pub(crate) fn served() -> Options {
    let certificates = vec![CertificateDer::from(CERTIFICATE)];
    let key = PrivateKeyDer::try_from(KEY).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    Options {
        tls: Some(Arc::new(
            config.with_single_cert(certificates, key).unwrap(),
        )),
        ..options()
    }
}

pub(crate) fn trusting(name: &'static str) -> ClientOptions {
    let name = ServerName::try_from(name).unwrap();
    ClientOptions {
        tls: Some((Arc::new(trusted()), name)),
        ..client_options()
    }
}

pub(crate) fn trusted() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(CERTIFICATE)).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots);
    config.with_no_client_auth()
}

#[tokio::test]
async fn quests_and_pushes_pass_through_tls() {
    let server = start(served()).await;
    let tasks = TaskTracker::new();
    let options = trusting("localhost");
    let connection = soon(connect(server.address, &options, Agree.into(), &tasks))
        .await
        .unwrap();
    assert!(connection.is_tls());
    let limit = Duration::from_secs(20);
    for bytes in [0, 100, 20_000, 300_000] {
        let text = "x".repeat(bytes);
        let payload = Map::new().text("text", &text).finish();
        let answer = soon(connection.quest(method("echo"), payload, limit))
            .await
            .unwrap();
        assert_eq!(
            Fields::parse(&answer).unwrap().text("text"),
            Ok(text.as_str())
        );
    }
    let pushed = soon(server.script.connections.next()).await;
    assert!(pushed.is_tls());
    assert_eq!(
        soon(pushed.quest(method("ping"), empty(), limit)).await,
        Ok(empty())
    );
    connection.close();
    soon(connection.closed()).await;
    assert_eq!(soon(server.script.ended.next()).await, "closed by the peer");
}

#[tokio::test]
async fn a_certificate_of_another_name_is_refused() {
    let server = start(served()).await;
    let tasks = TaskTracker::new();
    let options = trusting("elsewhere.example");
    let refused = soon(connect(server.address, &options, Agree.into(), &tasks)).await;
    assert!(refused.err().unwrap().to_string().contains("certificate"));
}

#[tokio::test]
async fn a_key_exchange_inside_tls_closes_the_connection() {
    let key = halloo_fpnn::PrivateKey::from_random(halloo_fpnn::Curve::Secp256k1, &[3; 32]);
    let options = Options {
        key: key.map(Arc::new),
        ..served()
    };
    let server = start(options).await;
    let tasks = TaskTracker::new();
    let options = trusting("localhost");
    let connection = soon(connect(server.address, &options, Agree.into(), &tasks))
        .await
        .unwrap();
    let exchange = Map::new().bytes("publicKey", &[1; 64]).finish();
    let refused = connection.quest(method("*key"), exchange, Duration::from_secs(20));
    assert_eq!(code(&soon(refused).await), 20_002);
    assert_eq!(
        soon(server.script.ended.next()).await,
        "refused key exchange"
    );
}

#[tokio::test]
async fn a_tls_handshake_that_does_not_come_is_not_waited_for() {
    let options = Options {
        limits: Limits {
            tls_timeout: Duration::from_millis(50),
            ..Limits::default()
        },
        ..served()
    };
    let server = start(options).await;
    let mut peer = server.peer().await;
    soon(peer.expect_end()).await;
}
