//! The listener inside TLS. Source: FPNN section 8.

mod certificate;

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use certificate::Certificate;
use halloo::config::{Config, Maybe};
use halloo_client::RtmServerClient;
use halloo_fpnn::{Curve, Map, Mode, PrivateKey, Strength};
use halloo_testkit::rtm::Wire;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::state::{lay_out, seen};
use crate::world::{Caller, Gate};

/// The private key of the certificate that the server shows.
const KEY: [u8; 32] = [0x37; 32];

/// A server with a listener inside TLS.
async fn gate() -> Gate {
    Gate::start_with(|config: &mut Config| {
        let dir = config.data.dir.clone();
        // Otherwise it takes the folder for somebody else's.
        let private = Permissions::from_mode(0o700);
        std::fs::set_permissions(&dir, private).expect("our own folder");
        let (certificate, key) = Certificate::of(KEY).pem();
        let put = |name: &str, text: String| {
            let path = dir.join(name);
            std::fs::write(&path, text).expect("a file can be written");
            Maybe(Some(path))
        };
        config.rtm.tls_certificate = put("certificate.pem", certificate);
        config.rtm.tls_key = put("key.pem", key);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        config.listen.rtm_server_tls = Maybe(Some(any));
        config.rtm.time_window_seconds = 0;
    })
    .await
}

fn address(gate: &Gate) -> SocketAddr {
    gate.server.rtm.server_tls.expect("it listens")
}

/// Trusts the certificate that is signed with this key.
fn trusting(key: [u8; 32]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(Certificate::of(key).der).expect("a certificate");
    let config = ClientConfig::builder().with_root_certificates(roots);
    Arc::new(config.with_no_client_auth())
}

async fn connect(
    gate: &Gate,
    name: &'static str,
    config: Arc<ClientConfig>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address(gate)).await?;
    let name = ServerName::try_from(name).expect("a name");
    TlsConnector::from(config).connect(name, stream).await
}

async fn caller(gate: &Gate) -> Caller<TlsStream<TcpStream>> {
    let stream = connect(gate, "localhost", trusting(KEY)).await;
    let wire = Wire::over(stream.expect("TLS is agreed on"));
    gate.caller_over(wire, &gate.app)
}

#[tokio::test]
async fn quests_are_answered_inside_tls_as_outside() {
    let gate = gate().await;
    let mut plain = gate.caller().await;
    lay_out(&gate, &mut plain).await;
    let expected = seen(&gate, &mut plain).await;
    let mut caller = caller(&gate).await;
    let questions = ["getuserinfo", "getfriends", "getblacks", "getusergroups"];
    for method in questions {
        let outside = plain.call(method, json!({"uid": 11})).await;
        assert_eq!(
            caller.call(method, json!({"uid": 11})).await,
            outside,
            "{method}"
        );
    }
    caller
        .done("setuserinfo", json!({"uid": 11, "oinfo": "inside"}))
        .await;
    let open = plain
        .field("getuserinfo", json!({"uid": 11}), "oinfo")
        .await;
    assert_eq!(open, "inside");
    plain
        .done("setuserinfo", json!({"uid": 11, "oinfo": "open"}))
        .await;
    assert_eq!(seen(&gate, &mut plain).await, expected);
    let asked: Vec<u32> = (0..500)
        .map(|_| caller.ask("getgroupcount", json!({"gid": 21})))
        .collect();
    for sequence in asked {
        assert_eq!(caller.answer(sequence).await, Ok(json!({"cn": 2})));
    }
    caller.wire.shut().await;
    assert!(caller.wire.ends().await);
}

#[tokio::test]
async fn our_sdk_connects_inside_tls() {
    let gate = gate().await;
    let secret = gate.app.rtm_secret.reveal();
    let endpoint = address(&gate).to_string();
    let builder = |key| {
        let builder = RtmServerClient::builder(gate.app.pid, secret, &endpoint);
        builder.tls(trusting(key)).build()
    };
    let client = builder(KEY);
    client.add_group_members(5, &[1, 2]).await.unwrap();
    assert_eq!(client.is_group_member(5, 2).await, Ok(true));
    // One that trusts another certificate says nothing to this server.
    let stranger = builder([0x38; 32]);
    let refused = stranger.add_group_members(5, &[3]).await;
    assert_eq!(halloo_client::error_code(&refused), 20_012);
    assert_eq!(client.is_group_member(5, 3).await, Ok(false));
}

#[tokio::test]
async fn a_client_that_trusts_another_certificate_or_name_is_not_connected() {
    let gate = gate().await;
    assert!(
        connect(&gate, "localhost", trusting([0x38; 32]))
            .await
            .is_err()
    );
    assert!(connect(&gate, "example.org", trusting(KEY)).await.is_err());
    assert!(connect(&gate, "127.0.0.1", trusting(KEY)).await.is_ok());
}

#[tokio::test]
async fn a_key_exchange_inside_tls_ends_the_connection() {
    let gate = gate().await;
    for curve in [Curve::Secp256k1, Curve::Secp256r1] {
        let own = PrivateKey::from_bytes(curve, &[0x21; 32]).unwrap();
        let server = PrivateKey::from_bytes(curve, &[0x22; 32])
            .unwrap()
            .public_key();
        let offer = own.offer(&server, Mode::Package, Strength::Aes128, 1);
        let mut caller = caller(&gate).await;
        caller.wire.lay_out_quest(&offer.unwrap().0);
        assert!(caller.wire.ends().await);
    }
    let mut caller = caller(&gate).await;
    caller.wire.ask("*key", Map::empty());
    assert!(caller.wire.ends().await);
}

#[tokio::test]
async fn what_is_no_tls_is_cut_off_and_does_nothing() {
    let gate = gate().await;
    let mut plain = gate.caller().await;
    let payload = plain.payload("setuserinfo", json!({"uid": 1, "oinfo": "plain"}));
    plain.wire.ask("setuserinfo", payload);
    let quest = plain.wire.take_unsent();
    for bytes in [
        quest.as_slice(),
        b"GET / HTTP/1.1\r\n\r\n",
        &[0; 100],
        &vec![0xff; 40_000],
    ] {
        let mut stream = TcpStream::connect(address(&gate)).await.unwrap();
        let _ = stream.write_all(bytes).await;
        // An alert of TLS may come first.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(!rest.starts_with(b"FPNN"));
        let mut inside = caller(&gate).await;
        assert!(inside.call("getuserinfo", json!({"uid": 1})).await.is_ok());
    }
    assert_eq!(gate.users().await, 0);
    // TLS on the plain port is no FPNN.
    let stream = TcpStream::connect(gate.server.rtm.server).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(trusting(KEY));
    assert!(connector.connect(name, stream).await.is_err());
}
