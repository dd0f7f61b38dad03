use std::sync::mpsc;
use std::time::Duration;

use halloo_client::{Map, Mode, RtmServerClient, Strength, error_code};
use halloo_fpnn::{Curve, PrivateKey};

use crate::support::*;

#[test]
fn a_call_without_a_server_fails_with_20012() {
    for endpoint in ["127.0.0.1:1", "nonsense", "127.0.0.1", "127.0.0.1:99999"] {
        let client = RtmServerClient::new(PID, SECRET, endpoint);
        assert_eq!(
            error_code(&client.kickout(7, None).wait()),
            20_012,
            "{endpoint}"
        );
    }
}

#[test]
fn the_connection_is_encrypted_with_a_key_from_pem() {
    let key = PrivateKey::from_random(Curve::Secp256k1, &[7; 32]).unwrap();
    let pem = key.public_key().to_pem();
    let gate = Gate::start(Some(key));
    gate.answer("gettoken", Map::new().text("token", "0123"));
    let file = std::env::temp_dir().join(format!("halloo-client-{}.pem", std::process::id()));
    std::fs::write(&file, &pem).unwrap();
    let ways = [
        (pem.as_str(), Mode::Package, Strength::Aes128),
        (file.to_str().unwrap(), Mode::Stream, Strength::Aes256),
    ];
    for (pem, mode, strength) in ways {
        let builder = RtmServerClient::builder(PID, SECRET, &gate.address.to_string());
        let client = builder
            .encryption_from_pem(pem, mode, strength)
            .unwrap()
            .build();
        assert_eq!(client.get_token(7).wait().unwrap(), "0123");
        let connections = gate.script.connections.lock().unwrap();
        assert!(connections.last().unwrap().is_encrypted());
    }
    std::fs::remove_file(&file).unwrap();
    let builder = || RtmServerClient::builder(PID, SECRET, "");
    let wrong = |pem| {
        builder()
            .encryption_from_pem(pem, Mode::Package, Strength::Aes128)
            .is_err()
    };
    assert!(wrong(
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
    ));
    assert!(wrong("/nowhere/key.pem"));
}

#[test]
fn a_server_with_another_key_is_no_connection() {
    let gate = Gate::start(None);
    let key = PrivateKey::from_random(Curve::Secp256k1, &[7; 32]).unwrap();
    let client = RtmServerClient::builder(PID, SECRET, &gate.address.to_string())
        .encryption(key.public_key(), Mode::Package, Strength::Aes128)
        .auto_reconnect(false)
        .build();
    assert_eq!(error_code(&client.kickout(7, None).wait()), 20_012);
}

#[test]
fn a_lost_connection_fails_its_calls_and_is_made_again() {
    let gate = Gate::start(None);
    let (sender, told) = mpsc::channel();
    let also = sender.clone();
    let client = RtmServerClient::builder(PID, SECRET, &gate.address.to_string())
        .on_connected(move |_| sender.send("connected".to_owned()).unwrap())
        .on_closed(move |_, why| also.send(why.to_owned()).unwrap())
        .build();
    let (sender, results) = mpsc::channel();
    client.kickout(7, None).wait().unwrap();
    assert_eq!(next(&told), "connected");
    client
        .quest("wait", Map::new())
        .callback(move |result| sender.send(result).unwrap());
    client.kickout(7, None).wait().unwrap();
    gate.script.connections.lock().unwrap()[0].abort();
    assert_eq!(error_code(&next(&results)), 20_002);
    assert_eq!(next(&told), "closed by the peer");
    assert_eq!(next(&told), "connected");
    client.kickout(7, None).wait().unwrap();
    assert_eq!(gate.methods(), ["kickout", "wait", "kickout", "kickout"]);
    client.close();
    assert_eq!(next(&told), "closed by us");
    assert_eq!(error_code(&client.kickout(7, None).wait()), 20_002);
}

#[test]
fn callbacks_are_called_even_when_the_client_goes_away() {
    let gate = Gate::start(None);
    let client = gate.client();
    client.kickout(7, None).wait().unwrap();
    let (sender, results) = mpsc::channel();
    for _ in 0..3 {
        let sender = sender.clone();
        client
            .quest("wait", Map::new())
            .callback(move |result| sender.send(result).unwrap());
    }
    drop(client);
    for _ in 0..3 {
        assert_eq!(error_code(&next(&results)), 20_002);
    }
}

#[test]
fn callbacks_are_called_even_when_nothing_was_connected() {
    let client = RtmServerClient::builder(PID, SECRET, "127.0.0.1:1")
        .connect_timeout(Duration::from_secs(20))
        .build();
    let (sender, results) = mpsc::channel();
    client
        .kickout(7, None)
        .callback(move |result| sender.send(result).unwrap());
    drop(client);
    assert!([20_002, 20_012].contains(&error_code(&next(&results))));
}

#[tokio::test]
async fn a_call_that_is_awaited_keeps_its_client() {
    let gate = Gate::start(None);
    gate.answer("gettoken", Map::new().text("token", "0123"));
    assert_eq!(gate.client().get_token(7).await.unwrap(), "0123");
}

#[test]
fn a_close_fails_what_waits_for_an_answer() {
    let gate = Gate::start(None);
    let client = gate.client();
    client.kickout(7, None).wait().unwrap();
    let waiting = client.quest("wait", Map::new()).into_future();
    client.close();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert_eq!(error_code(&runtime.block_on(waiting)), 20_002);
}
