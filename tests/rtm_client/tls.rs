//! Clients inside TLS, on the port of all others. Source: RTM client gate sections 1.1 and 1.7.

#[path = "../rtm/tls/certificate.rs"]
mod certificate;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use certificate::Certificate;
use halloo::config::{Config, Maybe};
use halloo_testkit::rtm::{RtmClient, WebSocketIo};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::connections::thin_path;
use crate::world::{Ask as _, World};

/// The private key of the certificate that the server shows.
const KEY: [u8; 32] = [0x37; 32];

async fn world() -> World {
    World::start_with(|config: &mut Config| {
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
    })
    .await
}

/// A stream inside TLS to the client gate, and where it comes from.
async fn connect(world: &World) -> (TlsStream<TcpStream>, String) {
    let mut roots = RootCertStore::empty();
    roots.add(Certificate::of(KEY).der).expect("a certificate");
    let config = ClientConfig::builder().with_root_certificates(roots);
    let connector = TlsConnector::from(Arc::new(config.with_no_client_auth()));
    let stream = TcpStream::connect(world.server.rtm.client).await;
    let stream = stream.expect("the server accepts");
    let from = stream.local_addr().expect("an address").to_string();
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = connector.connect(name, stream).await;
    (stream.expect("TLS is agreed on"), from)
}

async fn websocket(world: &World) -> RtmClient {
    let (stream, from) = connect(world).await;
    let socket = WebSocketIo::agree(stream, "/service/websocket").await;
    RtmClient::over(socket, &world.project().await, from)
}

async fn bare(world: &World) -> RtmClient {
    let (stream, from) = connect(world).await;
    RtmClient::over(stream, &world.project().await, from)
}

#[tokio::test]
async fn clients_are_answered_inside_tls_as_outside_on_the_same_port() {
    let world = world().await;
    let mut plain = world.stranger().await;
    let expected = thin_path(&world, &mut plain).await;
    let mut inside = websocket(&world).await;
    assert_eq!(thin_path(&world, &mut inside).await, expected);
    let mut inside = bare(&world).await;
    assert_eq!(thin_path(&world, &mut inside).await, expected);
    let project = world.project().await;
    let mut outside = RtmClient::open_websocket(world.server.rtm.client, &project).await;
    assert_eq!(thin_path(&world, &mut outside).await, expected);
}

#[tokio::test]
async fn sessions_inside_and_outside_are_one_users() {
    let world = world().await;
    let token = world.token(7).await;
    let mut inside = websocket(&world).await;
    assert_eq!(inside.log_in(7, &token).await, Ok(true));
    let mut outside = world.client(7).await;
    inside.done("addfriends", json!({"friends": [8]})).await;
    assert_eq!(outside.ids("getfriends", json!({}), "uids").await, [8]);
    outside.done("bye", json!({})).await;
    assert!(world.is_online(7).await);
    inside.wire.shut().await;
    world.until_offline(7).await;
}

#[tokio::test]
async fn whoever_asks_for_tls_is_sent_to_the_gate() {
    let world = world().await;
    let mut client = world.stranger().await;
    let gate = world.server.rtm.client.to_string();
    for proto in ["ssl", "tls", "tcp"] {
        let params = json!({"what": "rtmGated", "proto": proto});
        let one = client.field("which", params, "endpoint").await;
        assert_eq!(one, gate, "{proto}");
    }
}
