//! Pages: nothing is lost and nothing comes twice, whatever happens between two of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use halloo_core::apps::Registration;
use halloo_testkit::{Client, TestApp, TestServer};
use serde_json::{Value, json};

use crate::errors::crowd;
use crate::world::Line;

async fn app(server: &TestServer, name: &str) -> TestApp {
    server.app("acme-im", name, Registration::Authorised).await
}

fn names(page: &Value) -> Vec<String> {
    let users = page["entities"].as_array().unwrap();
    users
        .iter()
        .map(|user| user["username"].as_str().unwrap().to_owned())
        .collect()
}

fn cursor(page: &Value) -> Option<String> {
    page.get("cursor")
        .map(|cursor| cursor.as_str().unwrap().to_owned())
}

/// Walks through every page of `limit`, calling `between` after each. Returns each page's names.
async fn walk(
    app: &TestApp,
    limit: usize,
    mut between: impl AsyncFnMut(&Value),
) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut path = format!("/users?limit={limit}");
    loop {
        let page = app.call("GET", &path, None).await.ok();
        pages.push(names(&page));
        assert_eq!(page["count"], pages.last().unwrap().len());
        between(&page).await;
        match cursor(&page) {
            Some(cursor) => path = format!("/users?limit={limit}&cursor={cursor}"),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn pages_hold_every_user_once_in_order_of_registration() {
    let server = TestServer::start().await;
    let app = app(&server, "chat").await;
    let empty = app.call("GET", "/users?limit=5", None).await.ok();
    assert_eq!(
        (&empty["entities"], &empty["count"]),
        (&json!([]), &json!(0))
    );
    assert_eq!(empty.get("cursor"), None);
    let all = crowd(&app, 250).await;
    for limit in [7, 50, 100] {
        let pages = walk(&app, limit, async |_| ()).await;
        assert_eq!(pages.concat(), all, "pages of {limit}");
        assert_eq!(
            pages.len(),
            all.len().div_ceil(limit),
            "no empty page at the end"
        );
    }
    let first = app.call("GET", "/users?limit=1", None).await.ok();
    assert_eq!(names(&first), all[..1]);
    let created: Vec<i64> = app.call("GET", "/users?limit=100", None).await.ok()["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["created"].as_i64().unwrap())
        .collect();
    assert!(created.is_sorted());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paging_among_others_who_register_and_delete_neither_loses_nor_repeats_a_user() {
    let server = TestServer::start().await;
    let app = app(&server, "chat").await;
    let all = crowd(&app, 250).await;
    let over = Arc::new(AtomicBool::new(false));
    let churn = async |worker: usize| {
        let mut client = Client::new(server.address);
        let mut gone = Vec::new();
        let mut round = 0;
        while !over.load(Ordering::Relaxed) {
            let late = json!({"username": format!("late-{worker}-{round}"), "password": "pw"});
            let path = format!("{}/users", app.base());
            client
                .call("POST", &path, Some(&app.token), Some(&late))
                .await
                .ok();
            // Users all over the list: before, inside and behind the page that is being read.
            let victim = (round * 37 + worker * 5) % 250;
            if victim.is_multiple_of(2) {
                let path = format!("{path}/u{}", victim + 1);
                let status = client
                    .call("DELETE", &path, Some(&app.token), None)
                    .await
                    .status;
                assert!([200, 404].contains(&status.as_u16()));
                gone.push(format!("u{}", victim + 1));
            }
            if round % 3 == 0 {
                let path = format!("{path}/late-{worker}-{}", round / 2);
                client.call("DELETE", &path, Some(&app.token), None).await;
            }
            round += 1;
        }
        gone
    };
    let read = async {
        let mut seen = Vec::new();
        for _ in 0..3 {
            // The list grows while it is read, but no faster than it is read.
            seen.push(walk(&app, 9, async |_| ()).await.concat());
        }
        over.store(true, Ordering::Relaxed);
        seen
    };
    let (seen, first, second) = tokio::join!(read, churn(1), churn(2));
    let gone: BTreeSet<String> = first.into_iter().chain(second).collect();
    assert!(!gone.is_empty());
    for walk in seen {
        let distinct: BTreeSet<&String> = walk.iter().collect();
        assert_eq!(distinct.len(), walk.len(), "a user came twice");
        let old: Vec<&String> = walk.iter().filter(|name| name.starts_with('u')).collect();
        let survivors: Vec<&String> = all.iter().filter(|name| !gone.contains(*name)).collect();
        let seen: Vec<&String> = old
            .iter()
            .copied()
            .filter(|name| !gone.contains(*name))
            .collect();
        assert_eq!(seen, survivors, "a user was lost");
        assert!(
            walk.iter()
                .position(|n| n.starts_with("late"))
                .is_none_or(|at| at >= old.len())
        );
    }
}

#[tokio::test]
async fn a_cursor_whose_user_was_deleted_still_points_between_his_neighbours() {
    let server = TestServer::start().await;
    let app = app(&server, "chat").await;
    let all = crowd(&app, 10).await;
    let first = app.call("GET", "/users?limit=4", None).await.ok();
    let cursor = cursor(&first).unwrap();
    for name in ["u3", "u4", "u5"] {
        app.call("DELETE", &format!("/users/{name}"), None)
            .await
            .ok();
    }
    let next = app
        .call("GET", &format!("/users?limit=4&cursor={cursor}"), None)
        .await
        .ok();
    assert_eq!(names(&next), all[5..9]);
    // Whoever takes his name is a new user at the end.
    app.register("u4").await;
    let next = app
        .call("GET", &format!("/users?limit=9&cursor={cursor}"), None)
        .await
        .ok();
    assert_eq!(names(&next), ["u6", "u7", "u8", "u9", "u10", "u4"]);
    // A cursor at what has become the end gives an empty page.
    for name in ["u6", "u7", "u8", "u9", "u10", "u4"] {
        app.call("DELETE", &format!("/users/{name}"), None)
            .await
            .ok();
    }
    let last = app
        .call("GET", &format!("/users?limit=4&cursor={cursor}"), None)
        .await
        .ok();
    assert_eq!((&last["entities"], last.get("cursor")), (&json!([]), None));
}

#[tokio::test]
async fn a_cursor_opens_no_list_but_its_own() {
    let server = TestServer::start().await;
    let (one, other) = (app(&server, "chat").await, app(&server, "twin").await);
    for app in [&one, &other] {
        crowd(app, 4).await;
        let body = json!({"usernames": ["u2", "u3"]});
        app.call("POST", "/users/u1/blocks/users", Some(body))
            .await
            .ok();
    }
    let users = cursor(&one.call("GET", "/users?limit=1", None).await.ok()).unwrap();
    let path = "/users/u1/blocks/users?pageSize=1";
    let blocks = cursor(&one.call("GET", path, None).await.ok()).unwrap();
    let refused = (
        400,
        "illegal_argument".to_owned(),
        "invalid cursor".to_owned(),
    );
    for (app, method, path) in [
        (&other, "GET", format!("/users?cursor={users}")),
        (&other, "DELETE", format!("/users?cursor={users}")),
        (&one, "GET", format!("/users?cursor={blocks}")),
        (&one, "DELETE", format!("/users?cursor={blocks}")),
        (
            &one,
            "GET",
            format!("/users/u1/blocks/users?cursor={users}"),
        ),
        (
            &other,
            "GET",
            format!("/users/u1/blocks/users?cursor={blocks}"),
        ),
        (&one, "GET", format!("/users?cursor={users}A")),
        (&one, "GET", format!("/users?cursor=A{users}")),
        (&one, "GET", format!("/users?cursor={users}%20x")),
        (&one, "GET", "/users?cursor=1".to_owned()),
        (&one, "GET", format!("/users?cursor={}", "A".repeat(4000))),
    ] {
        let reply = app.call(method, &path, None).await;
        assert_eq!(reply.refusal(), refused, "{method} {path}");
    }
    assert_eq!(one.call("GET", "/users", None).await.ok()["count"], 4);
    assert_eq!(other.call("GET", "/users", None).await.ok()["count"], 4);
}

#[tokio::test]
async fn deleting_page_by_page_ends_with_nobody_left() {
    let server = TestServer::start().await;
    let app = app(&server, "chat").await;
    let all = crowd(&app, 250).await;
    let mut deleted = Vec::new();
    // As an old script does it: without the cursor, until no cursor comes back.
    loop {
        let page = app.call("DELETE", "/users?limit=60", None).await.ok();
        deleted.extend(names(&page));
        if cursor(&page).is_none() {
            break;
        }
    }
    assert_eq!(deleted, all);
    assert_eq!(app.call("GET", "/users", None).await.ok()["count"], 0);
    let nobody = app.call("DELETE", "/users?limit=60", None).await.ok();
    assert_eq!(
        (&nobody["entities"], nobody.get("cursor")),
        (&json!([]), None)
    );

    // As a new one does it: with the cursor, which skips nobody.
    crowd(&app, 130).await;
    let mut path = "/users?limit=50".to_owned();
    let mut sizes = Vec::new();
    loop {
        let page = app.call("DELETE", &path, None).await.ok();
        sizes.push(names(&page).len());
        let Some(cursor) = cursor(&page) else { break };
        path = format!("/users?limit=50&cursor={cursor}");
    }
    assert_eq!(sizes, [50, 50, 30]);
    assert_eq!(app.call("GET", "/users", None).await.ok()["count"], 0);
}

#[tokio::test]
async fn deleting_behind_a_cursor_leaves_those_before_it() {
    let server = TestServer::start().await;
    let app = app(&server, "chat").await;
    let all = crowd(&app, 10).await;
    let kept = app.call("GET", "/users?limit=3", None).await.ok();
    let cursor = cursor(&kept).unwrap();
    let page = app
        .call("DELETE", &format!("/users?limit=4&cursor={cursor}"), None)
        .await
        .ok();
    assert_eq!(names(&page), all[3..7]);
    let left = app.call("GET", "/users", None).await.ok();
    assert_eq!(names(&left), ["u1", "u2", "u3", "u8", "u9", "u10"]);
}

#[tokio::test]
async fn a_page_that_ends_with_the_last_user_has_no_cursor() {
    let server = TestServer::start().await;
    let app = app(&server, "chat").await;
    crowd(&app, 6).await;
    let half = app.call("GET", "/users?limit=3", None).await.ok();
    let path = format!("/users?limit=3&cursor={}", cursor(&half).unwrap());
    assert_eq!(cursor(&app.call("GET", &path, None).await.ok()), None);
    assert_eq!(
        cursor(&app.call("GET", "/users?limit=6", None).await.ok()),
        None
    );
    app.register("u7").await;
    assert!(cursor(&app.call("GET", &path, None).await.ok()).is_some());
}

#[tokio::test]
async fn a_block_list_is_paged_newest_first_without_loss_or_repeats() {
    let server = TestServer::start().await;
    let app = app(&server, "chat").await;
    let all = crowd(&app, 131).await;
    for some in all[1..].chunks(65) {
        let body = json!({"usernames": some});
        app.call("POST", "/users/u1/blocks/users", Some(body))
            .await
            .ok();
    }
    let mut line = Line::to(&server, &app);
    let whole = line.call("GET", "/users/u1/blocks/users", None).await.ok();
    let newest_first: Vec<&String> = all[1..].iter().rev().collect();
    assert_eq!(whole["data"], json!(newest_first));
    for size in [1, 7, 50] {
        let mut paged: Vec<Value> = Vec::new();
        let mut path = format!("/users/u1/blocks/users?pageSize={size}");
        loop {
            let page = line.call("GET", &path, None).await.ok();
            paged.extend(page["data"].as_array().unwrap().iter().cloned());
            // What is blocked or let go meanwhile disturbs nobody else.
            let body = json!({"usernames": ["u1"]});
            line.call("POST", "/users/u1/blocks/users", Some(body))
                .await
                .ok();
            line.call("DELETE", "/users/u1/blocks/users/u1", None)
                .await
                .ok();
            let Some(cursor) = cursor(&page) else { break };
            path = format!("/users/u1/blocks/users?pageSize={size}&cursor={cursor}");
        }
        assert_eq!(json!(paged), json!(newest_first), "pages of {size}");
    }
}
