use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::site::{DemoApp, Site, succeeded};

/// A copy of `backup` as a data folder, as the help says.
fn restored(backup: &Path) -> Site {
    let site = Site::new();
    copy(backup, site.data());
    site
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(from, to).expect("a file can be copied");
        }
    }
}

async fn names(site: &Site) -> BTreeSet<String> {
    let users = site
        .json(&["user", "list", DemoApp::KEY, "--limit", "100000"])
        .await;
    let users = users.as_array().expect("a list").iter();
    users
        .map(|user| user["username"].as_str().expect("a name").to_owned())
        .collect()
}

#[tokio::test]
async fn a_backup_of_a_busy_server_holds_whatever_was_answered_before_it() {
    let site = Site::new();
    let program = site.start().await;
    let mut app = DemoApp::enter(&site, &program).await;
    for number in 0..50 {
        app.register(&format!("before-{number}"), "pw").await;
    }
    let mut writer = DemoApp {
        token: app.token.clone(),
        client: program.client(),
    };
    let target = site.beside("copy");
    let backup = site.command(&["backup", target.to_str().unwrap()]).output();
    tokio::pin!(backup);
    let mut during = 0;
    let done = loop {
        let name = format!("during-{during}");
        tokio::select! {
            biased;
            done = &mut backup => break done.unwrap(),
            () = writer.register(&name, "pw") => during += 1,
        }
    };
    succeeded(done);
    app.register("after", "pw").await;

    let copy = restored(&target);
    let program = copy.start().await;
    let found = names(&copy).await;
    assert!(
        (0..50).all(|number| found.contains(&format!("before-{number}"))),
        "{found:?}"
    );
    // Of what was written meanwhile it holds the first part, without a gap.
    let held = found
        .iter()
        .filter(|name| name.starts_with("during-"))
        .count();
    assert!(held <= during + 1);
    assert!(
        (0..held).all(|number| found.contains(&format!("during-{number}"))),
        "{found:?}"
    );
    assert!(!found.contains("after"));

    // It is a whole data folder: tokens and passwords of then open it, and it takes changes.
    let mut app = DemoApp {
        token: app.token.clone(),
        client: program.client(),
    };
    app.call("GET", "/users/before-7", None).await.ok();
    app.log_in("before-7", "pw").await.ok();
    app.register("restored", "pw").await;
    let mode = std::fs::metadata(copy.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn a_backup_of_a_stopped_folder_is_whole() {
    let site = Site::new();
    let made = site.json(&["app", "create", DemoApp::KEY]).await;
    site.run(&["user", "add", DemoApp::KEY, "maya", "--password", "pw"])
        .await;
    site.run(&["backup", "copy"]).await;
    let copy = restored(&site.beside("copy"));
    assert_eq!(
        copy.json(&["app", "show", DemoApp::KEY, "--secrets"]).await,
        made
    );
    let program = copy.start().await;
    DemoApp::enter(&copy, &program)
        .await
        .log_in("maya", "pw")
        .await
        .ok();
}

#[tokio::test]
async fn a_backup_goes_to_the_named_file_or_is_refused() {
    let site = Site::new();
    site.run(&["app", "create", DemoApp::KEY]).await;
    for name in [
        &b"it's.db"[..],
        b"100%?x=1#.db",
        b"-copy",
        "Sicherung-\u{fc}.db".as_bytes(),
        b"byte-\xff.db",
    ] {
        let name = OsStr::from_bytes(name);
        let before = std::fs::read_dir(site.beside("")).unwrap().count();
        let mut command = site.command(&["backup", "--"]);
        let output = command.arg(name).output().await.unwrap();
        let target = site.beside("").join(name);
        let after = std::fs::read_dir(site.beside("")).unwrap().count();
        if output.status.success() {
            assert_eq!(
                restored(&target).json(&["app", "list"]).await[0]["org"],
                json!("demo-org")
            );
            assert_eq!(after, before + 1, "{name:?} made another file");
        } else {
            assert_eq!(after, before, "{name:?} left something behind");
        }
    }
}
