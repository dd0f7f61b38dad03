//! Settings: the file, over it the environment, over it the flags.

use crate::site::{DemoApp, Site, succeeded};
use halloo_testkit::Program;
use serde_json::{Value, json};
use tokio::process::Command;

/// What `check --json` says is in force.
async fn in_force(command: &mut Command) -> Value {
    let output = command
        .args(["check", "--json"])
        .output()
        .await
        .expect("the program runs");
    serde_json::from_str(&succeeded(output)).expect("JSON")
}

/// The program without any flag.
fn bare(site: &Site) -> Command {
    let mut command = Command::new(Site::binary());
    command.current_dir(site.beside(""));
    command
}

#[tokio::test]
async fn the_defaults_are_on_loopback_and_checking_them_makes_nothing() {
    let site = Site::new();
    let defaults = in_force(&mut bare(&site)).await;
    let expected = json!({
        "data": "halloo-data",
        "http": "127.0.0.1:8080",
        "rtm_server": "127.0.0.1:13315",
        "rtm_client": "127.0.0.1:13321",
        "rtm_dispatch": "127.0.0.1:13325",
    });
    assert_eq!(defaults, expected);
    assert_eq!(std::fs::read_dir(site.beside("")).unwrap().count(), 0);
    let told = succeeded(bare(&site).arg("check").output().await.unwrap());
    assert!(told.contains("127.0.0.1:8080"), "{told}");
}

#[tokio::test]
async fn the_environment_wins_over_the_file_and_a_flag_over_both() {
    let site = Site::new();
    site.write(
        "halloo.toml",
        "[listen]\nhttp = \"127.0.0.1:1111\"\n[data]\ndir = \"from-file\"\n",
    );
    let mut command = bare(&site);
    assert_eq!(in_force(&mut command).await["http"], "127.0.0.1:1111");

    let mut command = bare(&site);
    command.env("HALLOO_LISTEN__HTTP", "127.0.0.1:2222");
    let two = in_force(&mut command).await;
    assert_eq!(
        (&two["http"], &two["data"]),
        (&json!("127.0.0.1:2222"), &json!("from-file"))
    );

    let mut command = bare(&site);
    command
        .env("HALLOO_LISTEN__HTTP", "127.0.0.1:2222")
        .env("HALLOO_DATA__DIR", "from-environment")
        .args(["--http", "127.0.0.1:3333", "--data", "from-flag"]);
    let three = in_force(&mut command).await;
    assert_eq!(
        (&three["http"], &three["data"]),
        (&json!("127.0.0.1:3333"), &json!("from-flag"))
    );
}

#[tokio::test]
async fn every_address_has_a_flag() {
    let site = Site::new();
    let mut command = bare(&site);
    command
        .args(["--http", "127.0.0.2:1", "--rtm-server", "127.0.0.2:2"])
        .args(["--rtm-client", "127.0.0.2:3", "--rtm-dispatch", "[::1]:4"]);
    let shown = in_force(&mut command).await;
    assert_eq!(shown["http"], "127.0.0.2:1");
    assert_eq!(shown["rtm_server"], "127.0.0.2:2");
    assert_eq!(shown["rtm_client"], "127.0.0.2:3");
    assert_eq!(shown["rtm_dispatch"], "[::1]:4");
}

#[tokio::test]
async fn a_named_file_takes_the_place_of_the_one_in_the_working_folder() {
    let site = Site::new();
    site.write(
        "halloo.toml",
        "[data]\ndir = \"usual\"\n[listen]\nhttp = \"127.0.0.1:1111\"\n",
    );
    site.write("other.toml", "[listen]\nhttp = \"127.0.0.1:4444\"\n");
    for command in [
        bare(&site).args(["--config", "other.toml"]),
        bare(&site).env("HALLOO_CONFIG", "other.toml"),
        bare(&site)
            .env("HALLOO_CONFIG", "absent.toml")
            .args(["--config", "other.toml"]),
    ] {
        let shown = in_force(command).await;
        assert_eq!(shown["http"], "127.0.0.1:4444");
        assert_eq!(shown["data"], "halloo-data");
    }
}

#[tokio::test]
async fn an_empty_file_starts_a_working_server() {
    let site = Site::new();
    site.write("halloo.toml", "");
    let program = Program::serve(site.serving()).await;
    DemoApp::enter(&site, &program)
        .await
        .register("maya", "pw")
        .await;
    assert!(program.terminate().await);
}

#[tokio::test]
async fn a_setting_of_the_file_reaches_the_answers() {
    let site = Site::new();
    site.write(
        "halloo.toml",
        "[http]\npublic_url = \"https://im.example.net/\"\n",
    );
    let program = site.start().await;
    let mut app = DemoApp::enter(&site, &program).await;
    app.register("maya", "pw").await;
    let found = app.call("GET", "/users/maya", None).await.ok();
    assert_eq!(
        found["uri"],
        "https://im.example.net/demo-org/demo-app/users/maya"
    );
}

#[tokio::test]
async fn settings_that_can_not_be_are_found_by_check() {
    let site = Site::new();
    site.write("halloo.toml", "[http]\nmax_connections = 0\n");
    let line = site.refused(&["check"]).await;
    assert!(line.contains("http.max_connections"), "{line}");
}
