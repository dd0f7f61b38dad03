//! The settings and sub-commands of the RTM gate.

use std::os::unix::fs::PermissionsExt as _;

use halloo_fpnn::{Curve, PrivateKey, PublicKey};

use crate::site::{Site, refused};

/// What the sub-command prints, as bytes.
async fn printed_key(site: &Site, more: &[&str]) -> Vec<u8> {
    let arguments = [&["rtm-key"], more].concat();
    let output = site.command(&arguments).output().await.unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    output.stdout
}

/// The public key as the sub-command prints it for most SDKs.
async fn key(site: &Site, more: &[&str]) -> PublicKey {
    let pem = String::from_utf8(printed_key(site, more).await).unwrap();
    PublicKey::from_pem(&pem).unwrap()
}

#[tokio::test]
async fn the_key_stays_and_is_printed_in_every_form_that_sdks_read() {
    let site = Site::new();
    let program = site.start().await;
    let shown = key(&site, &[]).await;
    assert_eq!(shown.curve(), Curve::Secp256k1);
    assert_eq!(
        printed_key(&site, &["--format", "der"]).await,
        shown.to_der()
    );
    assert_eq!(printed_key(&site, &["--format", "raw"]).await, shown.raw());
    let compressed = printed_key(&site, &["--format", "compressed"]).await;
    assert_eq!(compressed, shown.to_sec1_compressed());

    let file = site.data().join("rtm-secp256k1.key");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let private = PrivateKey::from_bytes(Curve::Secp256k1, &std::fs::read(file).unwrap()).unwrap();
    assert_eq!(private.public_key().raw(), shown.raw());

    // It has no such listener, so it has made no such key, and nobody else may.
    let line = site.refused(&["rtm-key", "--curve", "secp256r1"]).await;
    assert!(line.contains("secp256r1"), "{line}");
    assert!(program.terminate().await);
    assert_eq!(key(&site, &[]).await.raw(), shown.raw());
    let made = key(&site, &["--curve", "secp256r1"]).await;
    let again = key(&site, &["--curve", "secp256r1"]).await;
    assert_eq!(made.raw(), again.raw());
}

#[tokio::test]
async fn an_operators_key_takes_the_place_of_ours() {
    let site = Site::new();
    let scalar = [7; 28];
    std::fs::write(site.beside("mine.key"), scalar).unwrap();
    site.write(
        "halloo.toml",
        "[rtm]\ncurve = \"secp224r1\"\nkey_file = \"mine.key\"\n",
    );
    let program = site.start().await;
    let mine = PrivateKey::from_bytes(Curve::Secp224r1, &scalar).unwrap();
    let shown = key(&site, &[]).await;
    assert_eq!(shown.curve(), Curve::Secp224r1);
    assert_eq!(shown.raw(), mine.public_key().raw());
    assert!(!site.data().join("rtm-secp224r1.key").exists());
    assert!(program.terminate().await);
}

#[tokio::test]
async fn settings_that_can_not_be_are_refused_in_one_line() {
    let site = Site::new();
    std::fs::write(site.beside("short.key"), [7; 31]).unwrap();
    site.write("no.pem", "nothing");
    let tls = "[listen]\nrtm_server_tls = \"127.0.0.1:0\"\n";
    for (settings, named) in [
        ("[rtm]\ncurve = \"secp521r1\"\n", "secp521r1"),
        ("[rtm]\nkey_file = \"absent.key\"\n", "absent.key"),
        ("[rtm]\nkey_file = \"short.key\"\n", "short.key"),
        ("[rtm]\ntls_certificate = \"no.pem\"\n", "rtm.tls_key"),
        (tls, "rtm.tls_certificate"),
        (
            &format!("{tls}[rtm]\ntls_certificate = \"no.pem\"\ntls_key = \"no.pem\"\n"),
            "no.pem",
        ),
        (
            "[listen]\nrtm_server_secp256r1 = \"here\"\n",
            "rtm_server_secp256r1",
        ),
        ("[rtm]\nmax_connections = 0\n", "rtm.max_connections"),
        ("[rtm]\nmax_frame = \"1KiB\"\n", "rtm.max_frame"),
        ("[limits]\nsessions = 0\n", "limits.sessions"),
        ("[rtm]\nclient_ping = \"50s\"\n", "rtm.client_ping"),
        ("[rtm]\nclient_silence = \"61s\"\n", "rtm.client_silence"),
        (
            "[rtm]\nrefuse_replays = true\ntime_window_seconds = 0\n",
            "rtm.time_window_seconds",
        ),
        (
            "[rtm]\ntime_window_seconds = -1\n",
            "rtm.time_window_seconds",
        ),
    ] {
        site.write("halloo.toml", settings);
        let line = refused(site.serving()).await;
        assert!(line.contains(named), "{settings}: {line}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named_and_leaves_nothing_behind() {
    let site = Site::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    for name in [
        "RTM_SERVER",
        "RTM_SERVER_SECP256R1",
        "RTM_CLIENT",
        "RTM_CLIENT_SECP256R1",
        "RTM_DISPATCH",
    ] {
        let mut command = site.serving();
        command.env(format!("HALLOO_LISTEN__{name}"), &taken);
        let line = refused(command).await;
        assert!(line.contains(&taken), "{line}");
        for name in ["halloo.db", "rtm-secp256k1.key"] {
            assert!(!site.data().join(name).exists(), "{name} was left behind");
        }
    }
}

#[tokio::test]
async fn the_legacy_signature_is_switched_per_app() {
    let site = Site::new();
    site.run(&["app", "create", "acme/chat"]).await;
    for word in ["off", "on"] {
        let changed = site
            .json(&["app", "set-legacy-signatures", "acme/chat", word])
            .await;
        assert_eq!(changed["app"], "chat");
        let listed = site.json(&["app", "list"]).await;
        assert_eq!(listed[0]["legacy_signatures"], word == "on", "{listed}");
    }
    let mut wrong = site.command(&["app", "set-legacy-signatures", "acme/chat", "maybe"]);
    assert!(!wrong.output().await.unwrap().status.success());
    let line = site
        .refused(&["app", "set-legacy-signatures", "acme/none", "on"])
        .await;
    assert!(line.contains("acme/none"), "{line}");
}
