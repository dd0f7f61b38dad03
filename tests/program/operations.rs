use std::collections::BTreeSet;
use std::fs::File;

use halloo_testkit::{Client, Program, Reply};
use serde_json::{Value, json};

use crate::site::{DemoApp, Site};

/// What only the operator may see, unless he sits at the machine.
const PROTECTED: [&str; 3] = ["/metrics", "/openapi.json", "/docs"];

async fn get(client: &mut Client, path: &str, headers: &[(&str, &str)]) -> Reply {
    client
        .send("GET", path, headers, "")
        .await
        .expect("the server answers")
}

async fn served() -> (Site, Program, DemoApp) {
    let site = Site::new();
    let program = site.start().await;
    let app = DemoApp::enter(&site, &program).await;
    (site, program, app)
}

fn text(reply: &Reply) -> &str {
    assert_eq!(reply.status, 200);
    std::str::from_utf8(&reply.body).expect("text")
}

#[tokio::test]
async fn health_says_yes_to_everybody() {
    let (_site, program, _app) = served().await;
    let mut client = program.client();
    for (path, status) in [("/healthz", "ok"), ("/readyz", "ready")] {
        for headers in [&[][..], &[("x-forwarded-for", "203.0.113.9")]] {
            let reply = get(&mut client, path, headers).await;
            assert_eq!(reply.ok(), json!({"status": status}));
            assert_eq!(reply.headers["cache-control"], "no-store");
        }
        let head = client.send("HEAD", path, &[], "").await.unwrap();
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
        let refused = client.send("POST", path, &[], "").await.unwrap();
        assert_eq!(refused.refusal().0, 405);
        assert_eq!(refused.headers["allow"], "GET, HEAD");
    }
}

#[tokio::test]
async fn behind_a_proxy_the_rest_asks_for_the_operators_token() {
    let (site, program, app) = served().await;
    let operator = std::fs::read_to_string(site.data().join("operator.token")).unwrap();
    let bearer = format!("Bearer {}", operator.trim());
    let mut client = program.client();
    for path in PROTECTED {
        assert_eq!(get(&mut client, path, &[]).await.status, 200);
        let signs = ["x-forwarded-for", "forwarded", "x-real-ip", "via"];
        let signs = signs.map(|name| (name, "for=203.0.113.9"));
        // A proxy that says nothing passes the name on that it was asked for.
        let names = ["im.example.net", "im.example.net:8080"].map(|name| ("host", name));
        for proxied in signs.into_iter().chain(names) {
            let refusal = get(&mut client, path, &[proxied]).await;
            assert_eq!(refusal.refusal().0, 401, "{path} {proxied:?}");
            assert_eq!(refusal.headers["www-authenticate"], "Bearer");
            for wrong in [
                "Bearer",
                "Bearer ",
                "Bearer operator",
                &format!("Bearer {}", app.token),
            ] {
                let reply = get(&mut client, path, &[proxied, ("authorization", wrong)]).await;
                assert_eq!(reply.refusal().0, 401, "{path} {wrong:?}");
            }
            let shown = get(&mut client, path, &[proxied, ("authorization", &bearer)]).await;
            assert_eq!(shown.status, 200, "{path} {proxied:?}");
        }
    }
}

/// The value of the series whose name and labels are `series`.
fn value(metrics: &str, series: &str) -> Option<f64> {
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|number| number.parse().expect("a number"))
}

#[tokio::test]
async fn metrics_count_by_route_and_name_nobody() {
    let (site, _program, mut app) = served().await;
    let shown = site.json(&["app", "show", DemoApp::KEY, "--secrets"]).await;
    app.register("findme-name", "findme-password").await;
    for _ in 0..3 {
        app.call("GET", "/users/findme-name", None).await.ok();
    }
    app.call("GET", "/users/findme-other", None).await.refusal();
    app.log_in("findme-name", "findme-wrong").await.refusal();
    app.call_as(Some("YWMt-findme-token"), "GET", "/users", None)
        .await
        .refusal();
    get(&mut app.client, "/findme/path/of/nobody", &[])
        .await
        .refusal();

    let reply = get(&mut app.client, "/metrics", &[]).await;
    assert!(
        reply.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain")
    );
    let metrics = text(&reply);
    let route = r#"halloo_http_requests_total{route="/{org}/{app}/users/{username}",status="#;
    assert_eq!(value(metrics, &format!(r#"{route}"2xx"}}"#)), Some(3.0));
    assert_eq!(value(metrics, &format!(r#"{route}"4xx"}}"#)), Some(1.0));
    let route = r#"halloo_http_requests_total{route="unmatched",status="4xx"}"#;
    assert_eq!(value(metrics, route), Some(1.0));
    let count = r#"halloo_http_request_duration_seconds_count{route="/{org}/{app}/users"}"#;
    assert_eq!(value(metrics, count), Some(2.0));
    for private in [
        "findme",
        "demo-org",
        &app.token,
        shown["client_id"].as_str().unwrap(),
    ] {
        assert!(!metrics.contains(private), "{private} in {metrics}");
    }
    for secret in ["client_secret", "rtm_secret"].map(|key| shown[key].as_str().unwrap()) {
        assert!(!metrics.contains(secret), "{metrics}");
    }
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let (_site, _program, mut app) = served().await;
    app.register("maya", "pw").await;
    let reply = get(&mut app.client, "/metrics", &[]).await;
    let mut typed = BTreeSet::new();
    for line in text(&reply).lines().filter(|line| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.split(' ');
            if words.next() == Some("TYPE") {
                let name = words.next().unwrap();
                assert!(typed.insert(name), "{name} is typed twice");
                assert!(
                    ["counter", "gauge", "histogram", "summary"].contains(&words.next().unwrap())
                );
            }
            continue;
        }
        let (series, number) = line.rsplit_once(' ').unwrap();
        number.parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
        let name = series.split('{').next().unwrap();
        assert!(series == name || series.ends_with('}'), "{line}");
        assert!(name.starts_with("halloo_"), "{line}");
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        assert!(
            typed.contains(name) || family.is_some_and(|f| typed.contains(f)),
            "{line}"
        );
    }
    assert!(typed.contains("halloo_store_commits_total"), "{typed:?}");
}

/// Verb and path of every call of the user system, as the OpenAPI document writes them.
const ROUTES: [&str; 26] = [
    "post /token",
    "post /users",
    "get /users",
    "delete /users",
    "get /users/{username}",
    "put /users/{username}",
    "delete /users/{username}",
    "put /users/{username}/password",
    "post /users/{username}/password",
    "get /users/{username}/status",
    "post /users/batch/status",
    "get /users/{username}/offline_msg_count",
    "get /users/{username}/offline_msg_status/{msg_id}",
    "post /users/{username}/deactivate",
    "post /users/{username}/activate",
    "get /users/{username}/disconnect",
    "post /users/{username}/disconnect",
    "get /users/{username}/disconnect/{resource}",
    "delete /users/{username}/disconnect/{resource}",
    "get /users/{username}/resources",
    "get /users/{username}/contacts/users",
    "post /users/{username}/contacts/users/{friend}",
    "delete /users/{username}/contacts/users/{friend}",
    "get /users/{username}/blocks/users",
    "post /users/{username}/blocks/users",
    "delete /users/{username}/blocks/users/{blocked}",
];

#[tokio::test]
async fn the_openapi_document_has_every_route() {
    let (_site, program, _app) = served().await;
    let reply = get(&mut program.client(), "/openapi.json", &[]).await;
    assert!(
        reply.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("application/json")
    );
    let document = reply.ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let (mut described, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/{org}/{app}").unwrap_or(path);
        for (verb, operation) in item.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            assert!(ids.insert(id.to_owned()), "{id} stands twice");
            assert!(operation["responses"].is_object(), "{id}");
            described.insert(format!("{verb} {path}"));
        }
    }
    for route in ROUTES {
        assert!(described.contains(route), "no {route} in {described:#?}");
    }
}

#[tokio::test]
async fn the_api_page_is_whole_in_itself() {
    let (_site, program, _app) = served().await;
    let reply = get(&mut program.client(), "/docs", &[]).await;
    assert_eq!(reply.headers["content-type"], "text/html; charset=utf-8");
    let policy = reply.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let page = text(&reply);
    assert!(page.to_lowercase().starts_with("<!doctype html>"));
    assert!(page.contains("/openapi.json"));
    for foreign in [
        "src=\"http",
        "src=\"//",
        "href=\"http",
        "@import",
        "import(",
    ] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[tokio::test]
async fn a_plain_request_id_comes_back_and_any_other_is_replaced() {
    let (_site, program, _app) = served().await;
    let mut client = program.client();
    let longest = "r".repeat(64);
    for path in ["/healthz", "/nowhere", "/demo-org/demo-app/users/maya"] {
        for plain in ["a", "7f3-B_c.9", &longest] {
            let reply = get(&mut client, path, &[("x-request-id", plain)]).await;
            assert_eq!(reply.headers["x-request-id"], plain);
        }
        let mut ours = BTreeSet::new();
        let long = "r".repeat(65);
        for odd in [
            "",
            "two words",
            "a\"b",
            "<script>",
            "a;b",
            "r\u{e9}sum\u{e9}",
            &long,
        ] {
            let reply = get(&mut client, path, &[("x-request-id", odd)]).await;
            let id = reply.headers["x-request-id"].to_str().unwrap().to_owned();
            assert!(
                !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric()),
                "{id}"
            );
            assert!(ours.insert(id), "given twice");
        }
        let reply = get(&mut client, path, &[]).await;
        assert!(ours.insert(reply.headers["x-request-id"].to_str().unwrap().to_owned()));
    }
}

/// A token out of an answer.
fn token(granted: &Value) -> String {
    granted["access_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

#[tokio::test]
async fn logs_are_one_json_object_per_line_and_tell_no_secret() {
    let site = Site::new();
    let log = site.beside("log");
    let mut command = site.serving();
    command
        .env("HALLOO_LOG__LEVEL", "trace")
        .env("HALLOO_LOG__FORMAT", "json")
        .stderr(File::create(&log).unwrap());
    let program = Program::serve(command).await;
    let mut app = DemoApp::enter(&site, &program).await;
    let before = site.json(&["app", "show", DemoApp::KEY, "--secrets"]).await;
    let mut secrets = vec![app.token.clone()];

    app.register("maya", "sesame-one").await;
    secrets.push(token(&app.log_in("maya", "sesame-one").await.ok()));
    app.log_in("maya", "sesame-wrong").await.refusal();
    let body = json!([{"username": "liu", "password": "sesame-two", "nickname": "sesame-nick"}]);
    app.call("POST", "/users", Some(&body)).await.ok();
    let body = json!({"newpassword": "sesame-three"});
    app.call("PUT", "/users/maya/password", Some(&body))
        .await
        .ok();
    let body = json!({"grant_type": "inherit", "username": "liu"});
    secrets.push(token(&app.call("POST", "/token", Some(&body)).await.ok()));
    app.call_as(Some("YWMt-sesame-token"), "GET", "/users/maya", None)
        .await
        .refusal();
    app.call(
        "POST",
        "/users",
        Some(&json!({"username": "", "password": "sesame-four"})),
    )
    .await;
    let wrong = json!({"client_id": before["client_id"], "client_secret": "sesame-five"});
    app.grant_app(&wrong).await.refusal();
    app.client
        .send(
            "POST",
            "/demo-org/demo-app/token",
            &[],
            "{\"password\":\"sesame-six",
        )
        .await
        .unwrap();
    let operator = std::fs::read_to_string(site.data().join("operator.token")).unwrap();
    let bearer = format!("Bearer {}", operator.trim());
    get(
        &mut app.client,
        "/metrics",
        &[("authorization", &bearer), ("via", "x")],
    )
    .await;
    site.run(&[
        "user",
        "add",
        DemoApp::KEY,
        "kim",
        "--password",
        "sesame-seven",
    ])
    .await;
    let after = site.json(&["app", "rotate-secret", DemoApp::KEY]).await;
    secrets.push(token(&app.grant_app(&after).await.ok()));
    let added = site.json(&["user", "add", DemoApp::KEY, "ann"]).await;
    secrets.push(added["password"].as_str().unwrap().to_owned());
    for shown in [&before, &after] {
        let both = ["client_secret", "rtm_secret"].map(|key| shown[key].as_str().unwrap());
        secrets.extend(both.map(ToOwned::to_owned));
    }
    secrets.extend([
        operator.trim().to_owned(),
        "sesame".into(),
        "$argon2".into(),
    ]);
    assert!(program.terminate().await);

    let logged = std::fs::read_to_string(log).unwrap();
    assert!(
        logged.contains("/demo-org/demo-app/users/maya"),
        "requests are logged"
    );
    for line in logged.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(
            entry["message"].is_string() && entry["level"].is_string(),
            "{line}"
        );
        assert!(entry["timestamp"].is_string(), "{line}");
        for secret in &secrets {
            assert!(!line.contains(secret.as_str()), "{secret} in {line}");
        }
    }
}

#[tokio::test]
async fn a_log_for_people_has_one_line_per_event_and_no_colours_in_a_file() {
    let site = Site::new();
    let log = site.beside("log");
    let mut command = site.serving();
    command
        .env("HALLOO_LOG__LEVEL", "info")
        .stderr(File::create(&log).unwrap());
    let program = Program::serve(command).await;
    assert!(program.terminate().await);
    let logged = std::fs::read_to_string(log).unwrap();
    assert!(
        logged.lines().any(|line| line.ends_with("Stopped")),
        "{logged}"
    );
    assert!(!logged.contains('\u{1b}'), "{logged:?}");
}
