//! Headers in odd spellings, and what the server does with those it answers by.

use std::collections::BTreeSet;

use halloo_core::apps::Registration;
use halloo_testkit::{RawConnection, Reply, TestServer, device, open_session};
use serde_json::{Value, json};

use super::Place;

/// Sends a GET with these header lines.
async fn get(place: &Place, path: &str, lines: &[&str]) -> Reply {
    let mut raw = RawConnection::open(place.server.address).await;
    let lines = lines.join("\r\n");
    raw.write(format!("GET {path} HTTP/1.1\r\n{lines}\r\n\r\n"))
        .await;
    raw.answer().await.expect("an answer")
}

#[tokio::test]
async fn a_token_is_found_in_every_spelling_of_its_header() {
    let place = Place::make().await;
    let token = place.app.token.clone();
    for line in [
        format!("Authorization: Bearer {token}"),
        format!("authorization:Bearer {token}"),
        format!("AUTHORIZATION:   Bearer {token}  "),
        format!("Authorization: bearer {token}"),
        format!("Authorization: BEARER {token}"),
        format!("Authorization:  Bearer    {token}"),
        format!("Authorization:\tBearer\t{token}\t"),
    ] {
        let reply = get(
            &place,
            "/acme-im/chat/users",
            &["Host: im.example.net", &line],
        )
        .await;
        assert_eq!(reply.status, 200, "{line}");
    }
    for line in [
        format!("Authorization: {token}"),
        format!("Authorization: Basic {token}"),
        format!("Authorization: Bearer{token}"),
        format!("Authorization: Bearer {token}x"),
        format!("Authorization: Bearer Bearer {token}"),
        format!("Authorization: Bearer \"{token}\""),
        format!("Authorization: Token {token}"),
        "Authorization: Bearer".to_owned(),
        "Authorization: Bearer \u{e9}".to_owned(),
    ] {
        let reply = get(
            &place,
            "/acme-im/chat/users",
            &["Host: im.example.net", &line],
        )
        .await;
        assert_eq!(
            reply.refusal().2,
            "Unable to authenticate (OAuth)",
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_blank_token_header_is_none_at_all() {
    let place = Place::make().await;
    let open = place
        .server
        .app("acme-im", "open", Registration::Open)
        .await;
    for (number, blank) in ["", " ", "\t "].into_iter().enumerate() {
        let headers = [("authorization", blank)];
        let mut client = place.server.client();
        let user = json!({"username": format!("u{number}"), "password": "pw"}).to_string();
        let path = format!("{}/users", open.base());
        client
            .send("POST", &path, &headers, user.clone())
            .await
            .unwrap()
            .ok();
        let closed = client
            .send("POST", "/acme-im/chat/users", &headers, user)
            .await
            .unwrap();
        let text = "Open registration doesn't allow, so register user need token";
        assert_eq!(closed.refusal().2, text);
    }
}

#[tokio::test]
async fn the_answer_is_json_whatever_the_caller_accepts() {
    let place = Place::make().await;
    for accept in [
        "text/html",
        "image/*",
        "application/xml;q=1, */*;q=0",
        "",
        "nonsense",
    ] {
        let reply = place
            .send("GET", "/users/omar", &[("accept", accept)], "")
            .await;
        assert_eq!(reply.status, 200, "{accept}");
        assert_eq!(
            reply.headers["content-type"],
            "application/json;charset=UTF-8"
        );
    }
}

#[tokio::test]
async fn addresses_begin_with_the_host_that_was_asked() {
    let place = Place::make().await;
    let line = format!("Authorization: Bearer {}", place.app.token);
    for (host, shown) in [
        ("im.example.net", "im.example.net"),
        ("im.example.net:8443", "im.example.net:8443"),
        ("[::1]:80", "[::1]:80"),
        ("10.0.0.1", "10.0.0.1"),
        ("", "localhost"),
        ("evil.example/path", "localhost"),
        ("a\"b", "localhost"),
        ("<script>", "localhost"),
        ("user@evil.example", "localhost"),
        ("a b", "localhost"),
    ] {
        let host = format!("Host: {host}");
        let lines = [
            &*host,
            &*line,
            "X-Forwarded-Host: evil.example",
            "Forwarded: host=evil",
        ];
        let reply = get(&place, "/acme-im/chat/users/omar", &lines).await.ok();
        assert_eq!(
            reply["uri"],
            format!("http://{shown}/acme-im/chat/users/omar"),
            "{host}"
        );
    }
}

#[tokio::test]
async fn addresses_begin_with_the_public_url_where_there_is_one() {
    let server = TestServer::start_with(|config| {
        config.http.public_url = "https://im.example.net/".to_owned();
    });
    let place = Place::on(server.await).await;
    let uuid = place.user("maya.lin").await["uuid"]
        .as_str()
        .unwrap()
        .to_owned();
    let blocked = json!({"usernames": ["omar"]});
    for (method, path, body, uri) in [
        ("GET", "/users?limit=1", None, "/users"),
        ("GET", "/users/Omar?_v=1", None, "/users/Omar"),
        ("PUT", "/users/omar", Some(json!({})), "/users"),
        ("POST", "/users/maya.lin/blocks/users", Some(blocked), ""),
        (
            "GET",
            "/users/omar/offline_msg_count",
            None,
            "/users/omar/offline_msg_count",
        ),
        (
            "POST",
            "/users/maya.lin/contacts/users/omar",
            None,
            &format!("/users/{uuid}/contacts"),
        ),
        ("DELETE", "/users/omar", None, "/users"),
    ] {
        let reply = place.app.call(method, path, body).await.ok();
        assert_eq!(
            reply["uri"],
            format!("https://im.example.net/acme-im/chat{uri}")
        );
    }
}

#[tokio::test]
async fn head_is_refused_and_does_nothing() {
    let place = Place::make().await;
    let core = &place.server.core;
    let user = core.users.find(place.app.app.id, "omar").await.unwrap();
    let session = open_session(core, &place.app.app, &user, device("web_1", "", ""))
        .await
        .unwrap();
    for path in [
        "/users",
        "/users/omar",
        "/users/omar/disconnect",
        "/users/omar/disconnect/web_1",
    ] {
        let reply = place.app.call("HEAD", path, None).await;
        assert_eq!(reply.status, 405, "{path}");
        assert!(reply.body.is_empty(), "{path}");
    }
    assert_eq!(session.closed(), None);
}

#[tokio::test]
async fn a_wrong_verb_is_told_the_right_ones() {
    let place = Place::make().await;
    let document = place
        .server
        .client()
        .call("GET", "/openapi.json", None, None)
        .await
        .ok();
    for (route, methods) in document["paths"].as_object().unwrap() {
        let mut right: BTreeSet<String> = methods
            .as_object()
            .unwrap()
            .keys()
            .map(|method| method.to_uppercase())
            .collect();
        if route.ends_with("/batch/status") {
            // The status of a user called so.
            right.insert("GET".to_owned());
        }
        let path = route.replace("/{org}/{app}", "").replace(['{', '}'], "");
        for wrong in [
            "PATCH", "HEAD", "TRACE", "PURGE", "POST", "PUT", "DELETE", "GET",
        ] {
            if right.contains(wrong) {
                continue;
            }
            let reply = place.app.call(wrong, &path, None).await;
            assert_eq!(reply.status, 405, "{wrong} {path}");
            let allow = reply.headers["allow"].to_str().unwrap();
            let told = allow
                .split(',')
                .map(|verb| verb.trim().to_owned())
                .collect();
            assert_eq!(right, told, "{wrong} {path} is told {allow}");
            assert_eq!(reply.headers["access-control-allow-origin"], "*");
            if wrong != "HEAD" {
                let text = "Service operation not supported".to_owned();
                let expected = (405, "unsupported_service_operation".to_owned(), text);
                assert_eq!(reply.refusal(), expected);
            }
        }
    }
}

#[tokio::test]
async fn a_preflight_needs_no_token_and_no_app() {
    let place = Place::make().await;
    let asks = [
        ("origin", "https://web.example"),
        ("access-control-request-method", "DELETE"),
        (
            "access-control-request-headers",
            "authorization, content-type",
        ),
    ];
    for path in [
        "/acme-im/chat/users",
        "/acme-im/chat/token",
        "/acme-im/nope/users/x",
        "/nothing",
        "/acme-im/chat/users/%FF",
    ] {
        let mut client = place.server.client();
        let reply = client.send("OPTIONS", path, &asks, "").await.unwrap();
        assert!(
            matches!(reply.status.as_u16(), 200 | 204),
            "{path}: {}",
            reply.status
        );
        let header = |name: &str| reply.headers[name].to_str().unwrap().to_ascii_lowercase();
        assert!(["*", "https://web.example"].contains(&&*header("access-control-allow-origin")));
        let methods = header("access-control-allow-methods");
        for method in ["get", "post", "put", "delete", "options"] {
            assert!(methods.contains(method), "{path}: {methods}");
        }
        let headers = header("access-control-allow-headers");
        for name in [
            "authorization",
            "content-type",
            "accept",
            "x-requested-with",
            "restrict-access",
            "share-secret",
            "thumbnail",
            "thumbnail-height",
            "thumbnail-width",
        ] {
            assert!(
                headers.split(", ").any(|allowed| allowed == name),
                "{path}: {headers}"
            );
        }
        assert_eq!(header("access-control-max-age"), "86400");
    }
}

#[tokio::test]
async fn every_answer_may_be_read_by_any_origin() {
    let place = Place::make().await;
    for (method, path, status) in [
        ("GET", "/users/omar", 200),
        ("GET", "/users/nobody", 404),
        ("POST", "/users", 400),
        ("PATCH", "/users", 405),
        ("GET", "/nothing", 404),
        ("GET", "/users/%FF", 404),
        ("POST", "/users/omar/contacts/users/omar", 400),
    ] {
        let reply = place
            .send(method, path, &[("origin", "https://web.example")], "")
            .await;
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(
            reply.headers["access-control-allow-origin"], "*",
            "{method} {path}"
        );
    }
    let reply = place.app.call_as(None, "GET", "/users", None).await;
    assert_eq!(reply.status, 401);
    assert_eq!(reply.headers["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn a_refused_call_whose_body_was_not_read_leaves_the_connection_usable() {
    let place = Place::make().await;
    let user = json!({"username": "rosa", "password": "pw"}).to_string();
    let large = "x".repeat(200 * 1024);
    let mut raw = RawConnection::open(place.server.address).await;
    for (verb, path, token, status) in [
        ("POST", "/acme-im/chat/users", "garbage", 401),
        ("PUT", "/acme-im/chat/users/omar", "garbage", 401),
        ("POST", "/acme-im/nope/users", &*place.app.token, 404),
        ("POST", "/acme-im/chat/nothing", &place.app.token, 404),
        ("PATCH", "/acme-im/chat/users", &place.app.token, 405),
        ("PUT", "/acme-im/chat/users/%FF", &place.app.token, 404),
        (
            "DELETE",
            "/acme-im/chat/users/nobody",
            &place.app.token,
            404,
        ),
        ("POST", "/acme-im/chat/users", &place.app.token, 400),
    ] {
        raw.write(format!(
            "{verb} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {}\r\n\r\n{large}",
            large.len()
        ))
        .await;
        let reply = raw.answer().await.expect("the connection is open");
        assert_eq!(reply.status, status, "{verb} {path}");
    }
    raw.write(format!(
        "POST /acme-im/chat/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Length: {}\r\n\r\n{user}",
        place.app.token,
        user.len()
    ))
    .await;
    let registered: Value = raw.answer().await.expect("the connection is open").ok();
    assert_eq!(registered["entities"][0]["username"], "rosa");
}
