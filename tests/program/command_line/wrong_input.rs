//! One clear line for whatever can not be done.

use super::{APP, site};
use crate::site::Site;

#[tokio::test]
async fn wrong_input_is_one_clear_line() {
    for running in [false, true] {
        let (site, _program) = site(running).await;
        site.run(&["user", "add", APP, "maya", "--password", "pw"])
            .await;
        site.write("taken.db", "mine");
        let (long, nowhere) = ("n".repeat(65), site.beside("no/such/folder/copy"));
        let cases: [(&[&str], &str); 22] = [
            (&["app", "show", "acme/none"], "acme/none"),
            (&["app", "rotate-secret", "acme/none"], "acme/none"),
            (
                &["app", "set-registration", "acme/none", "open"],
                "acme/none",
            ),
            (&["user", "list", "acme/none"], "acme/none"),
            (&["user", "add", "acme/none", "liu"], "acme/none"),
            (&["app", "show", "acme"], "ORG/APP"),
            (&["app", "create", "acme/chat_2"], "chat_2"),
            (&["app", "create", "acme/chat/more"], "chat/more"),
            (&["app", "create", "/chat"], "organisation"),
            (&["app", "create", APP], "exists already"),
            (
                &["app", "create", "acme/chat", "--registration", "closed"],
                "closed",
            ),
            (&["app", "set-registration", APP, "Open"], "Open"),
            (&["user", "add", APP, "MAYA"], "maya is taken"),
            (&["user", "add", APP, "not legal"], "not legal"),
            (&["user", "add", APP, &long], "64"),
            (&["user", "add", APP, "liu", "--password", ""], "password"),
            (&["user", "ban", APP, "nobody"], "user"),
            (&["user", "unban", APP, "nobody"], "user"),
            (&["user", "kick", APP, "nobody"], "user"),
            (
                &["user", "ban", APP, "maya", "--seconds=0"],
                "at least one second",
            ),
            (&["backup", "taken.db"], "exists already"),
            (&["backup", nowhere.to_str().unwrap()], "copy"),
        ];
        for (arguments, culprit) in cases {
            let line = site.refused(arguments).await;
            assert!(line.contains(culprit), "no {culprit:?} in {line}");
        }
        assert_eq!(
            std::fs::read_to_string(site.beside("taken.db")).unwrap(),
            "mine"
        );
        assert!(!nowhere.exists());
        assert_eq!(
            site.json(&["app", "list"]).await.as_array().unwrap().len(),
            1
        );
        assert_eq!(site.json(&["user", "list", APP]).await[0]["banned"], "no");
    }
}

#[tokio::test]
async fn a_negative_ban_is_refused_as_such() {
    let (site, _program) = site(false).await;
    site.run(&["user", "add", APP, "maya"]).await;
    for seconds in [&["--seconds=-5"][..], &["--seconds", "-5"]] {
        let line = site
            .refused(&[&["user", "ban", APP, "maya"], seconds].concat())
            .await;
        assert!(line.contains("at least one second"), "{line}");
    }
}

#[tokio::test]
async fn a_user_who_is_not_there_is_named() {
    let (site, _program) = site(false).await;
    let line = site.refused(&["user", "ban", APP, "nobody"]).await;
    assert!(line.contains("nobody"), "{line}");
}

#[tokio::test]
async fn a_folder_without_a_database_is_no_data_folder_for_most_sub_commands() {
    let site = Site::new();
    for arguments in [
        &["app", "list"][..],
        &["user", "list", APP],
        &["backup", "copy"],
    ] {
        let line = site.refused(arguments).await;
        assert!(line.contains(site.data().to_str().unwrap()), "{line}");
        assert!(line.contains("--data"), "{line}");
    }
    assert!(!site.data().exists() && !site.beside("copy").exists());
}
