//! The functions of the three SDK manuals, called through our own SDK.

mod group;
mod room;
mod user;

use std::sync::mpsc;

use halloo_client::{QuestError, RtmServerClient};

use crate::world::Gate;

/// A server and a client of its project.
struct Sdk {
    gate: Gate,
    client: RtmServerClient,
}

impl Sdk {
    async fn start() -> Self {
        // The SDK takes the time of the machine, and the test server's clock stands still.
        let gate = Gate::start_with(|config| config.rtm.time_window_seconds = 0).await;
        let endpoint = gate.server.rtm.server.to_string();
        let secret = gate.app.rtm_secret.reveal();
        let client = RtmServerClient::new(gate.app.pid, secret, &endpoint);
        Self { gate, client }
    }
}

/// The code of a refusal.
fn code<T>(result: Result<T, QuestError>) -> u32 {
    result.map_or_else(|error| error.code, |_| 0)
}

fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_may_be_awaited_waited_for_or_answered_to_a_callback() {
    let Sdk { gate, client } = Sdk::start().await;
    client.add_group_members(5, &[1]).await.unwrap();
    let waiting = client.clone();
    let waited = tokio::task::spawn_blocking(move || waiting.get_group_members(5).wait()).await;
    assert_eq!(waited.unwrap(), Ok(vec![1]));
    let (sender, receiver) = mpsc::channel();
    client
        .get_group_members(5)
        .callback(move |result| sender.send(result).unwrap());
    let heard = tokio::task::spawn_blocking(move || receiver.recv()).await;
    assert_eq!(heard.unwrap(), Ok(Ok(vec![1])));
    // Calls that were made and not yet answered take effect in order.
    let calls: Vec<_> = (2..=100)
        .map(|uid| client.add_group_members(5, &[uid]).into_future())
        .collect();
    assert_eq!(client.get_group_members(5).await.unwrap().len(), 100);
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(gate.users().await, 100);
}

#[tokio::test]
async fn a_wrong_secret_is_told_by_its_code() {
    let Sdk { gate, client } = Sdk::start().await;
    assert_eq!(code(client.get_user_info(1).await), 0);
    let endpoint = gate.server.rtm.server.to_string();
    let client = RtmServerClient::new(gate.app.pid, "wrong", &endpoint);
    assert_eq!(code(client.get_user_info(1).await), 200_002);
    let client = RtmServerClient::new(gate.app.pid + 1000, "wrong", &endpoint);
    assert_eq!(code(client.get_user_info(1).await), 200_002);
}
