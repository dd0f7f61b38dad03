//! Users: presence, black list, mutes, texts. Source: RTM server gate sections 3 (U1 to U8) and 4.2.

use halloo_testkit::rtm::sorted;
use serde_json::{Value, json};

use crate::world::Gate;

#[tokio::test]
async fn online_users_are_those_asked_for_who_have_a_session() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let phone = gate.session(1, "android_1").await;
    let laptop = gate.session(1, "web_2").await;
    let other = gate.session(3, "ios_3").await;
    gate.session(4, "ios_4").await;
    let ask = json!({"uids": [3, 1, 2, 3, 1, 77]});
    let online = caller.field("getonlineusers", &ask, "uids").await;
    assert_eq!(sorted(&online), [1, 3], "4 was not asked for");
    gate.log_out(&phone);
    assert_eq!(
        sorted(&caller.field("getonlineusers", &ask, "uids").await),
        [1, 3]
    );
    gate.log_out(&laptop);
    assert_eq!(
        caller.field("getonlineusers", &ask, "uids").await,
        json!([3])
    );
    gate.log_out(&other);
    assert_eq!(
        caller.field("getonlineusers", &ask, "uids").await,
        json!([])
    );
    assert_eq!(gate.users().await, 3);
}

#[tokio::test]
async fn two_hundred_users_are_asked_for_at_once_and_not_one_more() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    gate.session(200, "web").await;
    let uids = |last: i64| json!({"uids": (1..=last).collect::<Vec<_>>()});
    let online = caller.call("getonlineusers", uids(200)).await;
    assert_eq!(online, Ok(json!({"uids": [200]})));
    assert_eq!(caller.call("getonlineusers", uids(201)).await, Err(200_032));
    // An id that stands twice is one.
    let mut twice: Vec<i64> = (1..=200).collect();
    twice.extend(1..=200);
    let online = caller.call("getonlineusers", json!({"uids": twice})).await;
    assert_eq!(online, Ok(json!({"uids": [200]})));
}

#[tokio::test]
async fn a_black_listing_lasts_to_the_millisecond_of_its_end() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let listed = json!({"uid": 1});
    assert!(!caller.holds("isprojectblack", &listed).await);
    caller
        .done("addprojectblack", json!({"uid": 1, "btime": 60}))
        .await;
    assert!(caller.holds("isprojectblack", &listed).await);
    assert!(!gate.may_log_in(1).await);
    gate.advance_ms(59_999);
    assert!(caller.holds("isprojectblack", &listed).await);
    assert!(!gate.may_log_in(1).await);
    gate.advance_ms(1);
    assert!(!caller.holds("isprojectblack", &listed).await);
    assert!(gate.may_log_in(1).await);
    // Nobody else was meant.
    assert!(!caller.holds("isprojectblack", json!({"uid": 2})).await);
}

#[tokio::test]
async fn a_black_listing_that_is_not_for_a_time_is_for_ever() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let times = [
        json!(0),
        json!(-1),
        json!(i32::MIN),
        json!(null),
        json!(i32::MAX),
    ];
    for (uid, btime) in (1..).zip(&times) {
        caller
            .done("addprojectblack", json!({"uid": uid, "btime": btime}))
            .await;
    }
    caller.done("addprojectblack", json!({"uid": 6})).await;
    // 60 years.
    gate.advance_ms(60 * 365 * 86_400_000);
    for uid in 1..=6 {
        assert!(
            caller.holds("isprojectblack", json!({"uid": uid})).await,
            "{uid}"
        );
    }
    // 2^31 seconds are 68 years.
    gate.advance_ms(9 * 365 * 86_400_000);
    assert!(!caller.holds("isprojectblack", json!({"uid": 5})).await);
    assert!(caller.holds("isprojectblack", json!({"uid": 6})).await);
}

#[tokio::test]
async fn more_seconds_than_there_are_do_not_end_in_the_past() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for btime in [1_i64 << 31, 1 << 53, 9_223_372_036_854_775, i64::MAX] {
        for (add, ask, params) in [
            (
                "addprojectblack",
                "isprojectblack",
                json!({"uid": 1, "btime": btime}),
            ),
            (
                "addprojectban",
                "isprojectban",
                json!({"uid": 1, "btime": btime}),
            ),
            (
                "addgroupban",
                "isbanofgroup",
                json!({"gid": 1, "uid": 1, "btime": btime}),
            ),
            (
                "addroomban",
                "isbanofroom",
                json!({"rid": 1, "uid": 1, "btime": btime}),
            ),
        ] {
            caller.done(add, &params).await;
            assert!(caller.holds(ask, &params).await, "{add} for {btime}");
        }
    }
}

#[tokio::test]
async fn a_black_listing_can_be_lifted_and_renewed() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let listed = json!({"uid": 1});
    // Lifting what is not there makes nobody.
    caller.done("removeprojectblack", &listed).await;
    assert_eq!(gate.users().await, 0);
    caller
        .done("addprojectblack", json!({"uid": 1, "btime": 0}))
        .await;
    caller.done("removeprojectblack", &listed).await;
    caller.done("removeprojectblack", &listed).await;
    assert!(!caller.holds("isprojectblack", &listed).await);
    assert!(gate.may_log_in(1).await);
    // A later one replaces an earlier one, be it shorter or longer.
    caller
        .done("addprojectblack", json!({"uid": 1, "btime": 0}))
        .await;
    caller
        .done("addprojectblack", json!({"uid": 1, "btime": 10}))
        .await;
    gate.advance_ms(5000);
    caller
        .done("addprojectblack", json!({"uid": 1, "btime": 10}))
        .await;
    gate.advance_ms(9999);
    assert!(caller.holds("isprojectblack", &listed).await);
    gate.advance_ms(1);
    assert!(!caller.holds("isprojectblack", &listed).await);
    caller
        .done("addprojectblack", json!({"uid": 1, "btime": 10}))
        .await;
    caller
        .done("addprojectblack", json!({"uid": 1, "btime": -1}))
        .await;
    gate.advance_ms(10_000);
    assert!(caller.holds("isprojectblack", &listed).await);
}

#[tokio::test]
async fn a_mute_in_the_project_is_not_a_ban_from_it() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let muted = json!({"uid": 1});
    caller.done("removeprojectban", &muted).await;
    assert_eq!(gate.users().await, 0);
    let session = gate.session(1, "web_1").await;
    caller
        .done("addprojectban", json!({"uid": 1, "btime": 60}))
        .await;
    assert!(caller.holds("isprojectban", &muted).await);
    assert!(!caller.holds("isprojectblack", &muted).await);
    assert_eq!(session.closed(), None);
    assert!(gate.may_log_in(1).await);
    // Groups and rooms have mutes of their own.
    assert!(
        !caller
            .holds("isbanofgroup", json!({"gid": 1, "uid": 1}))
            .await
    );
    assert!(
        !caller
            .holds("isbanofroom", json!({"rid": 1, "uid": 1}))
            .await
    );
    gate.advance_ms(59_999);
    assert!(caller.holds("isprojectban", &muted).await);
    gate.advance_ms(1);
    assert!(!caller.holds("isprojectban", &muted).await);
    caller
        .done("addprojectban", json!({"uid": 1, "btime": 0}))
        .await;
    gate.advance_ms(1_000_000_000);
    assert!(caller.holds("isprojectban", &muted).await);
    caller
        .done("addprojectban", json!({"uid": 1, "btime": 1}))
        .await;
    gate.advance_ms(1000);
    assert!(!caller.holds("isprojectban", &muted).await);
    caller.done("addprojectban", json!({"uid": 1})).await;
    caller.done("removeprojectban", &muted).await;
    caller.done("removeprojectban", &muted).await;
    assert!(!caller.holds("isprojectban", &muted).await);
}

#[tokio::test]
async fn what_has_ended_is_still_ended_after_it_was_swept_away() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for (add, params) in [
        ("addprojectban", json!({"uid": 1, "btime": 10})),
        ("addprojectban", json!({"uid": 2, "btime": 0})),
        ("addgroupban", json!({"gid": 1, "uid": 1, "btime": 10})),
        ("addroomban", json!({"uid": 1, "btime": 10})),
        ("addroomban", json!({"uid": 2, "btime": 11})),
    ] {
        caller.done(add, params).await;
    }
    gate.advance_ms(10_000);
    // The server sweeps by itself as well, so nothing is said of how many there were.
    gate.core().sweep().await.expect("a sweep");
    for (ask, params, holds) in [
        ("isprojectban", json!({"uid": 1}), false),
        ("isprojectban", json!({"uid": 2}), true),
        ("isbanofgroup", json!({"gid": 1, "uid": 1}), false),
        ("isbanofroom", json!({"rid": 1, "uid": 1}), false),
        ("isbanofroom", json!({"rid": 1, "uid": 2}), true),
    ] {
        assert_eq!(caller.holds(ask, &params).await, holds, "{ask} {params}");
    }
}

#[tokio::test]
async fn texts_change_one_at_a_time_and_can_be_cleared() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let about = json!({"uid": 1});
    let texts = |open: &str, private: &str| Ok(json!({"oinfo": open, "pinfo": private}));
    assert_eq!(caller.call("getuserinfo", &about).await, texts("", ""));
    for (change, open, private) in [
        (json!({"uid": 1, "oinfo": "o"}), "o", ""),
        (json!({"uid": 1, "pinfo": "p"}), "o", "p"),
        (json!({"uid": 1, "oinfo": null, "pinfo": "p2"}), "o", "p2"),
        (json!({"uid": 1, "oinfo": "", "pinfo": null}), "", "p2"),
        (
            json!({"uid": 1, "oinfo": "\u{0}\u{1f600}\n", "pinfo": ""}),
            "\u{0}\u{1f600}\n",
            "",
        ),
    ] {
        caller.done("setuserinfo", &change).await;
        assert_eq!(
            caller.call("getuserinfo", &about).await,
            texts(open, private),
            "{change}"
        );
    }
    for nothing in [
        about.clone(),
        json!({"uid": 1, "oinfo": null, "pinfo": null}),
    ] {
        assert_eq!(caller.call("setuserinfo", &nothing).await, Err(200_033));
    }
    let open = caller.call("getuserinfo", &about).await;
    assert_eq!(open, texts("\u{0}\u{1f600}\n", ""));
}

#[tokio::test]
async fn a_text_has_65535_bytes_and_not_one_more() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for (set, get, id) in [
        ("setuserinfo", "getuserinfo", "uid"),
        ("setgroupinfo", "getgroupinfo", "gid"),
        ("setroominfo", "getroominfo", "rid"),
    ] {
        let (most, more) = ("x".repeat(65_535), "x".repeat(65_536));
        caller
            .done(set, json!({id: 1, "oinfo": most, "pinfo": most}))
            .await;
        for change in [
            json!({id: 1, "oinfo": more}),
            json!({id: 1, "pinfo": more}),
            json!({id: 1, "oinfo": "small", "pinfo": more}),
            json!({id: 1, "oinfo": more, "pinfo": "small"}),
        ] {
            assert_eq!(caller.call(set, change).await, Err(200_030), "{set}");
        }
        let kept = caller.call(get, json!({id: 1})).await;
        assert_eq!(kept, Ok(json!({"oinfo": most, "pinfo": most})), "{get}");
    }
}

#[tokio::test]
async fn public_texts_have_an_entry_for_everybody_asked_for() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    caller
        .done(
            "setuserinfo",
            json!({"uid": 1, "oinfo": "one", "pinfo": "secret"}),
        )
        .await;
    caller
        .done("setuserinfo", json!({"uid": 2, "pinfo": "secret"}))
        .await;
    let named = gate.rest().await.register("maya").await;
    assert_eq!(named["username"], "maya");
    let user = gate.core().users.find(gate.id(), "maya").await.unwrap();
    let maya = user.uid().0;
    caller
        .done("setuserinfo", json!({"uid": maya, "oinfo": "Maya"}))
        .await;
    let asked = json!({"uids": [2, 1, 3, 1, maya, maya + 1]});
    let infos = caller.call("getuseropeninfo", asked).await;
    let expected =
        json!({"1": "one", "2": "", "3": "", maya.to_string(): "Maya", (maya + 1).to_string(): ""});
    assert_eq!(infos, Ok(json!({"info": expected})));
    assert_eq!(gate.users().await, 3);
}

#[tokio::test]
async fn an_answer_that_would_be_too_large_for_an_sdk_is_refused() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    let text = "x".repeat(65_535);
    let uids: Vec<i64> = (1..=64).collect();
    for uid in &uids {
        caller
            .done("setuserinfo", json!({"uid": uid, "oinfo": text}))
            .await;
    }
    // 4 MiB are 64 times 65,536 bytes: 64 texts of one byte less and their names do not fit in.
    let infos = caller
        .field("getuseropeninfo", json!({"uids": uids[..63]}), "info")
        .await;
    let whole = |text: &Value| text.as_str().is_some_and(|text| text.len() == 65_535);
    assert_eq!(infos.as_object().unwrap().len(), 63);
    assert!(infos.as_object().unwrap().values().all(whole));
    let all = caller.call("getuseropeninfo", json!({"uids": uids})).await;
    assert_eq!(all, Err(200_032));
    // And the connection goes on.
    assert!(caller.call("getuserinfo", json!({"uid": 1})).await.is_ok());
}

#[tokio::test]
async fn nobody_is_made_beyond_the_quota_of_users() {
    let gate = Gate::start_with(|config| config.limits.users_per_app = 2).await;
    let mut caller = gate.caller().await;
    caller
        .done("addgroupmembers", json!({"gid": 1, "uids": [1, 2]}))
        .await;
    for (method, params) in [
        ("gettoken", json!({"uid": 3})),
        ("setuserinfo", json!({"uid": 3, "oinfo": "x"})),
        ("addprojectblack", json!({"uid": 3})),
        ("addprojectban", json!({"uid": 3})),
        ("addroommember", json!({"rid": 1, "uid": 3})),
        ("addroommembers", json!({"rid": 1, "uids": [1, 3]})),
        ("adduserrooms", json!({"rids": [1], "uid": 3})),
        ("addroomban", json!({"uid": 3})),
        ("addgroupmembers", json!({"gid": 2, "uids": [1, 3]})),
        ("addgroupban", json!({"uid": 3})),
        ("addfriends", json!({"uid": 1, "friends": [2, 3]})),
        ("addblacks", json!({"uid": 1, "blacks": [2, 3]})),
        ("dataset", json!({"uid": 3, "key": "k", "val": "v"})),
        ("adddevice", json!({"uid": 3, "devicetoken": "t"})),
        ("addoption", json!({"uid": 3, "type": 0, "xid": 1})),
    ] {
        assert_eq!(caller.call(method, params).await, Err(200_021), "{method}");
    }
    // Nothing of them was done.
    assert_eq!(gate.users().await, 2);
    let none = json!([]);
    assert_eq!(
        caller.field("getfriends", json!({"uid": 1}), "uids").await,
        none
    );
    assert_eq!(
        caller.field("getblacks", json!({"uid": 1}), "uids").await,
        none
    );
    assert_eq!(
        caller
            .field("getgroupmembers", json!({"gid": 2}), "uids")
            .await,
        none
    );
    assert_eq!(
        caller
            .field("getroommembers", json!({"rid": 1}), "uids")
            .await,
        none
    );
    caller
        .done("addfriends", json!({"uid": 1, "friends": [2]}))
        .await;
}
