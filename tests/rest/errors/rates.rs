//! Refusals of those who call too often, and of those who come when the server is full.
//! Source: Easemob REST section 5.

use halloo_core::apps::{AppKey, Registration};
use halloo_core::tokens::Ttl;
use halloo_testkit::{Client, Reply, TestServer};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::envelope_faults;
use crate::endpoints::{Access, ENDPOINTS, Endpoint};

/// Calls that are far more than a bucket of one per second lets through.
const MANY: usize = 200;

/// An app on a server with tight rates, made without spending its budget.
struct Tight {
    client: Client,
    base: String,
    token: String,
    key: AppKey,
    client_id: String,
    client_secret: String,
}

impl Tight {
    async fn app(server: &TestServer, name: &str, registration: Registration) -> Self {
        let core = &server.core;
        let key = AppKey::new("acme-im", name).unwrap();
        let app = core.apps.create(key.clone(), registration).await.unwrap();
        let (id, secret) = (
            app.client_id.to_string(),
            app.client_secret.reveal().to_owned(),
        );
        let token = core
            .tokens
            .grant_app(&app, &id, &secret, Ttl::Default)
            .await
            .unwrap()
            .token;
        for name in ["maya.lin", "omar"] {
            let draft = halloo_core::users::Draft {
                name: name.parse().unwrap(),
                password: format!("pw-{name}"),
                nickname: None,
            };
            core.users.register(app.id, draft).await.unwrap();
        }
        Self {
            client: server.client(),
            base: format!("/{key}"),
            token,
            key,
            client_id: id,
            client_secret: secret,
        }
    }

    async fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("{}{path}", self.base);
        self.client
            .call(method, &path, Some(&self.token), body)
            .await
    }

    /// Sends the endpoint's sample request.
    async fn sample(&mut self, endpoint: &Endpoint) -> Reply {
        let mut body = endpoint.sample();
        if endpoint.id == "token.app" {
            body = Some(json!({
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
            }));
        }
        let token = (endpoint.access != Access::Open).then_some(self.token.as_str());
        let path = format!("{}{}", self.base, endpoint.sample_path);
        self.client
            .call(endpoint.method, &path, token, body.as_ref())
            .await
    }

    /// Sends the sample request until it is refused for its rate.
    async fn exhaust(&mut self, endpoint: &Endpoint) -> Reply {
        for _ in 0..MANY {
            let reply = self.sample(endpoint).await;
            if reply.status == 429 {
                return reply;
            }
        }
        panic!("{} was never refused", endpoint.id);
    }
}

async fn tight_server() -> TestServer {
    TestServer::start_with(|config| {
        config.rates.user_system = 1;
        config.rates.token = 1;
        config.rates.bulk_delete = 1;
        config.rates.batch_status = 1;
        config.rates.blocks = 1;
    })
    .await
}

fn reach_limit() -> (u16, String, String) {
    (
        429,
        "reach_limit".into(),
        "This request has reached api limit".into(),
    )
}

#[tokio::test]
async fn every_endpoint_refuses_who_calls_too_often() {
    let server = tight_server().await;
    for (number, endpoint) in ENDPOINTS.iter().enumerate() {
        let mode = if endpoint.id == "user.register.open" {
            Registration::Open
        } else {
            Registration::Authorised
        };
        let mut app = Tight::app(&server, &format!("app-{number}"), mode).await;
        let refused = app.exhaust(endpoint).await;
        assert_eq!(refused.refusal(), reach_limit(), "{}", endpoint.id);
        assert_eq!(refused.headers["retry-after"], "1", "{}", endpoint.id);
        let faults = envelope_faults(&refused);
        assert!(faults.is_empty(), "{}: {faults:?}", endpoint.id);
    }
}

#[tokio::test]
async fn a_refused_call_has_no_effect_and_its_body_is_not_looked_at() {
    let server = tight_server().await;
    let mut app = Tight::app(&server, "chat", Registration::Authorised).await;
    let mut registered = 2;
    let mut refused = 0;
    for i in 0..MANY {
        let body = json!({"username": format!("u{i}"), "password": "pw"});
        match app
            .call("POST", "/users", Some(&body))
            .await
            .status
            .as_u16()
        {
            200 => registered += 1,
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    let found = server
        .core
        .apps
        .find(&app.key.org, &app.key.name)
        .await
        .unwrap();
    assert_eq!(
        server.core.apps.user_count(&found).await.unwrap(),
        registered
    );
    assert!(refused > 0);

    let mut refused = 0;
    for _ in 0..MANY {
        let junk = json!("no user");
        match app.call("POST", "/users", Some(&junk)).await.refusal().0 {
            400 => {}
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn calls_of_the_user_system_share_one_budget_and_apps_share_none() {
    let server = tight_server().await;
    let (status, resources) = (Endpoint::of("user.status"), Endpoint::of("user.resources"));
    let mut shared = false;
    // Were each call given a budget of its own, the first of its kind would never be refused.
    for number in 0..MANY {
        let mut app = Tight::app(&server, &format!("app-{number}"), Registration::Authorised).await;
        app.exhaust(status).await;
        if app.sample(resources).await.status == 429 {
            shared = true;
            break;
        }
    }
    assert!(shared);
    let mut other = Tight::app(&server, "other", Registration::Authorised).await;
    other.sample(status).await.ok();
}

#[tokio::test]
async fn some_calls_have_a_budget_of_their_own_beside_the_shared_one() {
    let server = TestServer::start_with(|config| {
        config.rates.token = 1;
        config.rates.bulk_delete = 1;
        config.rates.batch_status = 1;
        config.rates.blocks = 1;
    })
    .await;
    let mut app = Tight::app(&server, "chat", Registration::Authorised).await;
    let own = [
        "block.list",
        "block.add",
        "block.remove",
        "user.status.batch",
        "token.app",
    ];
    for endpoint in own.map(Endpoint::of) {
        // Whoever went before has spent nothing of this one's.
        app.sample(endpoint).await.ok();
        app.exhaust(endpoint).await;
    }
    for _ in 0..20 {
        app.sample(Endpoint::of("user.get")).await.ok();
    }
    app.exhaust(Endpoint::of("user.delete.bulk")).await;
}

#[tokio::test]
async fn a_stranger_can_not_spend_an_apps_budget() {
    let server = tight_server().await;
    let mut app = Tight::app(&server, "chat", Registration::Authorised).await;
    let token = std::mem::replace(&mut app.token, "YWMt-garbage".to_owned());
    for _ in 0..20 {
        for endpoint in ["user.status", "user.register.authorized"] {
            let refused = app.sample(Endpoint::of(endpoint)).await;
            assert_eq!(refused.refusal().0, 401);
        }
    }
    app.token = token;
    app.sample(Endpoint::of("user.status")).await.ok();
}

#[tokio::test]
async fn by_default_nobody_calls_too_often() {
    let server = TestServer::start().await;
    let mut app = Tight::app(&server, "chat", Registration::Authorised).await;
    for _ in 0..MANY {
        app.sample(Endpoint::of("user.status")).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_too_many_passwords_wait_callers_are_told_to_come_back() {
    let server = TestServer::start_with(|config| {
        config.passwords.memory.0 = 512 * 1024;
        config.passwords.passes = 10;
        config.passwords.threads = 1;
        config.passwords.queue = 60;
    })
    .await;
    let app = server
        .app("acme-im", "chat", Registration::Authorised)
        .await;
    let mut bulks = JoinSet::new();
    for bulk in 0..6 {
        let app = app.clone();
        bulks.spawn(async move {
            let user = |i| json!({"username": format!("u{bulk}-{i}"), "password": "pw"});
            app.call("POST", "/users", Some((0..60).map(user).collect()))
                .await
        });
    }
    let (mut registered, mut refused) = (0, 0);
    while let Some(reply) = bulks.join_next().await {
        let reply = reply.unwrap();
        if reply.status == 200 {
            registered += 60;
            continue;
        }
        let (status, error, _) = reply.refusal();
        assert_eq!((status, &*error), (503, "service_unavailable"));
        assert_eq!(reply.headers["retry-after"], "1");
        refused += 1;
    }
    assert!(refused > 0 && registered > 0);
    assert_eq!(
        server.core.apps.user_count(&app.app).await.unwrap(),
        registered
    );
}
