//! Bodies under any type, in odd spellings, and where none belongs.

use bytes::Bytes;
use halloo_testkit::RawConnection;
use serde_json::{Value, json};

use super::Place;
use crate::endpoints::ENDPOINTS;
use crate::world::Line;

const TYPES: [Option<&str>; 8] = [
    None,
    Some("application/json"),
    Some("application/json; charset=UTF-8"),
    Some("application/x-www-form-urlencoded"),
    Some("text/plain"),
    Some("application/octet-stream"),
    Some("multipart/form-data; boundary=x"),
    Some("no type / at all"),
];

#[tokio::test]
async fn a_json_body_is_read_whatever_its_content_type() {
    let place = Place::make().await;
    for (number, kind) in TYPES.into_iter().enumerate() {
        let headers: Vec<_> = kind.iter().map(|kind| ("content-type", *kind)).collect();
        for (method, path, body) in [
            (
                "POST",
                "/users",
                json!({"username": format!("u{number}"), "password": "pw"}),
            ),
            ("PUT", "/users/omar", json!({"nickname": number})),
            ("PUT", "/users/omar/password", json!({"newpassword": "n3w"})),
            (
                "POST",
                "/users/omar/blocks/users",
                json!({"usernames": ["maya.lin"]}),
            ),
            (
                "POST",
                "/users/batch/status",
                json!({"usernames": ["omar"]}),
            ),
            (
                "POST",
                "/token",
                json!({"grant_type": "password", "username": "omar", "password": "n3w"}),
            ),
        ] {
            let reply = place.send(method, path, &headers, body.to_string()).await;
            assert_eq!(reply.status, 200, "{method} {path} as {kind:?}");
        }
    }
}

#[tokio::test]
async fn a_chunked_body_without_a_content_type_is_read() {
    let place = Place::make().await;
    let mut raw = RawConnection::open(place.server.address).await;
    let chunks = ["{\"nickname\":", "\"from ", "Java\"}"];
    let chunks: String = chunks
        .map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len()))
        .concat();
    raw.write(format!(
        "PUT /acme-im/chat/users/omar HTTP/1.1\r\nHost: im.example.net\r\n\
         Authorization: Bearer {}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n",
        place.app.token
    ))
    .await;
    let changed = raw.answer().await.unwrap().ok();
    assert_eq!(changed["entities"][0]["nickname"], "from Java");
}

#[tokio::test]
async fn a_body_is_sent_after_it_was_asked_for() {
    let place = Place::make().await;
    let mut raw = RawConnection::open(place.server.address).await;
    let body = json!({"nickname": "asked"}).to_string();
    raw.write(format!(
        "PUT /acme-im/chat/users/omar HTTP/1.1\r\nHost: im.example.net\r\n\
         Authorization: Bearer {}\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        place.app.token,
        body.len()
    ))
    .await;
    assert_eq!(raw.answer().await.unwrap().status, 100);
    raw.write(body).await;
    let changed = raw.answer().await.unwrap().ok();
    assert_eq!(changed["entities"][0]["nickname"], "asked");
}

#[tokio::test]
async fn marks_blanks_duplicate_and_unknown_keys_are_no_trouble() {
    let place = Place::make().await;
    for (body, nickname) in [
        ("\u{FEFF}{\"nickname\":\"marked\"}", "marked"),
        (" \r\n\t{ \"nickname\" :\"blanks\" } \n", "blanks"),
        (r#"{"nickname":"first","nickname":"last"}"#, "last"),
        (r#"{"unknown":{"a":[1]},"nickname":"known"}"#, "known"),
        (r#"{"nickname":"\u004d\ud83d\ude00 é"}"#, "M😀 é"),
    ] {
        let changed = place.send("PUT", "/users/omar", &[], body).await.ok();
        assert_eq!(changed["entities"][0]["nickname"], nickname, "{body}");
    }
    let user = r#"{"username":"one","username":"TWO","password":"a","password":"b"}"#;
    let registered = place.send("POST", "/users", &[], user).await.ok();
    assert_eq!(registered["entities"][0]["username"], "two");
    assert!(place.opens("two", json!("b")).await);
}

#[tokio::test]
async fn a_number_is_read_where_a_text_is_meant() {
    let place = Place::make().await;
    let user = json!({"username": 13_800_138_000_i64, "password": 123_456, "nickname": 7});
    let done = place.app.call("POST", "/users", Some(user)).await.ok();
    assert_eq!(done["entities"][0]["username"], "13800138000");
    assert_eq!(done["entities"][0]["nickname"], "7");
    for password in [json!("123456"), json!(123_456)] {
        assert!(place.opens("13800138000", password).await);
    }
    let many = json!([{"username": 1, "password": 1}, {"username": 2, "password": 2}]);
    place.app.call("POST", "/users", Some(many)).await.ok();
    let body = json!({"usernames": [1, "2"]});
    let done = place
        .app
        .call("POST", "/users/omar/blocks/users", Some(body.clone()))
        .await
        .ok();
    assert_eq!(done["data"], json!(["1", "2"]));
    let done = place
        .app
        .call("POST", "/users/batch/status", Some(body))
        .await
        .ok();
    assert_eq!(done["data"], json!([{"1": "offline"}, {"2": "offline"}]));
    let body = json!({"newpassword": 654_321});
    place
        .app
        .call("PUT", "/users/1/password", Some(body))
        .await
        .ok();
    assert!(place.opens("1", json!("654321")).await);
}

#[tokio::test]
async fn a_number_of_many_digits_is_kept_or_refused_but_never_rounded() {
    let place = Place::make().await;
    let digits = "12345678901234567890123";
    let body = format!(r#"{{"username":"rosa","password":{digits}}}"#);
    if place.send("POST", "/users", &[], body).await.status == 200 {
        assert!(place.opens("rosa", json!(digits)).await);
    }
    let body = format!(r#"{{"username":{digits},"password":"pw"}}"#);
    if place.send("POST", "/users", &[], body).await.status == 200 {
        assert_eq!(place.user(digits).await["username"], digits);
    }
    let users = place.app.call("GET", "/users", None).await.ok();
    for user in users["entities"].as_array().unwrap() {
        let name = user["username"].as_str().unwrap();
        assert!(
            ["maya.lin", "omar", "rosa", digits].contains(&name),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_text_is_read_where_a_number_is_meant() {
    let place = Place::make().await;
    for (ttl, expires) in [
        (json!("1024000"), 1_024_000),
        (json!(60), 60),
        (json!(0), i32::MAX),
        (json!("0"), i32::MAX),
        (json!(2_147_483_647), i32::MAX),
        (json!(9_000_000_000_i64), i32::MAX),
        (Value::Null, 5_184_000),
    ] {
        let body = json!({
            "grant_type": "password", "username": "omar", "password": "pw-omar", "ttl": ttl,
        });
        let granted = place
            .app
            .call_as(None, "POST", "/token", Some(body))
            .await
            .ok();
        assert_eq!(granted["expires_in"], expires, "{ttl}");
    }
    for (sent, shown) in [
        (json!("0"), 0),
        (json!("1"), 1),
        (json!(0), 0),
        (json!(1), 1),
    ] {
        let body = json!({"notification_display_style": sent});
        let done = place.app.call("PUT", "/users/omar", Some(body)).await.ok();
        assert_eq!(done["entities"][0]["notification_display_style"], shown);
    }
}

#[tokio::test]
async fn a_boolean_is_read_in_every_spelling() {
    let place = Place::make().await;
    let spellings = [
        (
            true,
            [
                json!(true),
                json!("true"),
                json!("TRUE"),
                json!("True"),
                json!(1),
                json!("1"),
            ],
        ),
        (
            false,
            [
                json!(false),
                json!("false"),
                json!("FALSE"),
                json!("False"),
                json!(0),
                json!("0"),
            ],
        ),
    ];
    for (value, spellings) in spellings {
        for (number, spelling) in spellings.into_iter().enumerate() {
            let body = json!({
                "notification_no_disturbing": spelling,
                "notification_ignore_63112447328257": spelling,
            });
            let done = place.app.call("PUT", "/users/omar", Some(body)).await.ok();
            let user = &done["entities"][0];
            assert_eq!(user["notification_no_disturbing"], value, "{spelling}");
            assert_eq!(
                user["notification_ignore_63112447328257"], value,
                "{spelling}"
            );
            let body = json!({
                "grant_type": "inherit", "username": format!("made-{value}-{number}"),
                "autoCreateUser": spelling,
            });
            let granted = place.app.call("POST", "/token", Some(body)).await;
            assert_eq!(granted.status == 200, value, "{spelling}");
        }
    }
}

#[tokio::test]
async fn null_means_absent_and_an_empty_nickname_means_none() {
    let place = Place::make().await;
    let user = json!({"username": "rosa", "password": "pw", "nickname": null});
    place.app.call("POST", "/users", Some(user)).await.ok();
    let user = json!({"username": "tom", "password": "pw", "nickname": ""});
    place.app.call("POST", "/users", Some(user)).await.ok();
    for name in ["rosa", "tom"] {
        assert_eq!(place.user(name).await.get("nickname"), None, "{name}");
    }
    let body = json!({"nickname": "Rosa", "notification_no_disturbing": true});
    place.app.call("PUT", "/users/rosa", Some(body)).await.ok();
    let before = place.user("rosa").await;
    place.server.clock.advance_ms(1000);
    for body in [
        json!({}),
        json!({"nickname": null, "notification_no_disturbing": null}),
        json!({"notification_ignore_1": null}),
        json!({"entities": null}),
        json!({"entities": []}),
        json!({"entities": [{}]}),
        json!({
            "username": "other", "uuid": "x", "type": "group", "password": "other",
            "activated": false, "created": 1, "modified": 1,
        }),
    ] {
        let done = place
            .app
            .call("PUT", "/users/rosa", Some(body.clone()))
            .await
            .ok();
        assert_eq!(done["entities"][0], before, "{body}");
        assert_eq!(place.user("rosa").await, before, "{body}");
    }
    assert!(place.opens("rosa", json!("pw")).await);
    let done = place
        .app
        .call("PUT", "/users/rosa", Some(json!({"nickname": ""})))
        .await
        .ok();
    let user = &done["entities"][0];
    assert_eq!(user.get("nickname"), None);
    assert_eq!(
        user["modified"].as_i64().unwrap(),
        before["modified"].as_i64().unwrap() + 1000
    );
}

#[tokio::test]
async fn what_the_web_sdk_wraps_is_set_as_if_it_were_not_wrapped() {
    let place = Place::make().await;
    let token = place.app.log_in("omar").await;
    let body = json!({"entities": [{"notification_ignore_63112447328257": true, "nickname": "O"}]});
    let done = place
        .app
        .call_as(Some(&token), "PUT", "/users/omar", Some(body))
        .await
        .ok();
    assert_eq!(
        done["entities"][0]["notification_ignore_63112447328257"],
        true
    );
    assert_eq!(done["entities"][0]["nickname"], "O");
    let body = json!({"notification_ignore_63112447328257": false});
    let done = place
        .app
        .call_as(Some(&token), "PUT", "/users/omar", Some(body))
        .await
        .ok();
    assert_eq!(
        done["entities"][0]["notification_ignore_63112447328257"],
        false
    );
    assert_eq!(place.user("omar").await, done["entities"][0]);
}

#[tokio::test]
async fn a_body_where_none_belongs_is_ignored() {
    let place = Place::make().await;
    let bodies: [&[u8]; 8] = [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\"\"",
        b"{\"limit\":1,",
        b"grant_type=password&x=%FF",
        b"\xFF\xFE\x00junk",
    ];
    let mut line = Line::to(&place.server, &place.app);
    for endpoint in ENDPOINTS
        .iter()
        .filter(|endpoint| endpoint.sample_body.is_none())
    {
        for body in bodies {
            for kind in [None, Some("application/json"), Some("image/png")] {
                let headers: Vec<_> = kind.iter().map(|kind| ("content-type", *kind)).collect();
                let body = Bytes::from_static(body);
                let reply = line
                    .send(endpoint.method, endpoint.sample_path, &headers, body)
                    .await;
                assert_eq!(reply.status, 200, "{} {kind:?}", endpoint.id);
                if endpoint.id.starts_with("user.delete") {
                    let gone = &reply.json()["entities"][0]["username"];
                    place.app.register(gone.as_str().unwrap()).await;
                }
            }
        }
    }
}
