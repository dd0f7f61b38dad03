use std::os::unix::fs::{FileTypeExt as _, PermissionsExt};
use std::path::Path;

use halloo_testkit::Program;
use serde_json::{Deserializer, Value};
use tokio::process::Command;

use crate::site::{DemoApp, Site, succeeded};

/// What is printed from the banner's first app to its last command.
async fn first_app_banner(program: &mut Program) -> String {
    let mut text = String::new();
    while !text.ends_with("/status\n") {
        let line = program.next_line().await;
        text += &line.unwrap_or_else(|| panic!("the banner breaks off after {text}"));
        text.push('\n');
    }
    text
}

/// The value of a line `  name   value` of the banner.
fn field<'a>(banner: &'a str, name: &str) -> &'a str {
    let mut lines = banner
        .lines()
        .filter_map(|line| line.trim().strip_prefix(name));
    let value = lines
        .next()
        .unwrap_or_else(|| panic!("no {name} in {banner}"));
    value.trim()
}

#[tokio::test]
async fn the_first_start_makes_an_app_and_says_how_to_use_it() {
    let site = Site::new();
    let mut program = site.start().await;
    let health = program.client().call("GET", "/healthz", None, None).await;
    assert_eq!(health.status, 200);

    let rest = format!("http://{}", program.address);
    assert_eq!(field(&program.banner, "REST"), rest);
    assert_eq!(field(&program.banner, "API page"), format!("{rest}/docs"));
    assert_eq!(
        field(&program.banner, "Data"),
        site.data().to_str().unwrap()
    );

    let banner = first_app_banner(&mut program).await;
    let app = site.json(&["app", "show", DemoApp::KEY, "--secrets"]).await;
    assert_eq!(field(&banner, "First app"), DemoApp::KEY);
    assert_eq!(field(&banner, "client_id"), app["client_id"]);
    let show = field(&banner, "client_secret")
        .strip_prefix("shown by: ")
        .unwrap();
    let shown = Command::new("sh")
        .args(["-c", show])
        .output()
        .await
        .unwrap();
    assert!(succeeded(shown).contains(app["client_secret"].as_str().unwrap()));
    assert_eq!(app["registration"], "authorised");
    assert!(program.terminate().await);
}

#[tokio::test]
async fn secrets_are_printed_only_on_demand() {
    let (quiet, loud) = (Site::new(), Site::new());
    let program = quiet.start().await;
    let app = quiet
        .json(&["app", "show", DemoApp::KEY, "--secrets"])
        .await;
    let operator = std::fs::read_to_string(quiet.data().join("operator.token")).unwrap();
    let banner = program.banner.clone();
    program.signal("TERM").await;
    let printed = banner + &program.ended().await.1;
    let secrets = [&app["client_secret"], &app["rtm_secret"]].map(|s| s.as_str().unwrap());
    for secret in [secrets[0], secrets[1], operator.trim()] {
        assert!(!printed.contains(secret), "{printed}");
    }

    let mut command = loud.serving();
    command.arg("--show-secrets");
    let mut program = Program::serve(command).await;
    let app = loud.json(&["app", "show", DemoApp::KEY, "--secrets"]).await;
    let banner = first_app_banner(&mut program).await;
    assert_eq!(field(&banner, "client_secret"), app["client_secret"]);
    assert!(
        !banner.contains(app["rtm_secret"].as_str().unwrap()),
        "{banner}"
    );
}

/// Pastes the commands of the banner into a shell that knows nothing else.
async fn try_what_the_banner_says(site: &Site) {
    for tool in ["curl", "sed"] {
        let found = Command::new("sh")
            .args(["-c", &format!("command -v {tool}")])
            .output()
            .await;
        assert!(found.unwrap().status.success(), "this test needs {tool}");
    }
    let mut program = site.start().await;
    let banner = first_app_banner(&mut program).await;
    let (_, commands) = banner.split_once("Try it:\n\n").unwrap();
    assert_eq!(commands.lines().count(), 3, "{commands}");
    let pasted = Command::new("sh")
        .args(["-c", commands])
        .current_dir("/")
        .output()
        .await
        .unwrap();
    let printed = String::from_utf8_lossy(&pasted.stdout);
    assert!(
        pasted.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&pasted.stderr)
    );
    let answers = Deserializer::from_str(&printed).into_iter::<Value>();
    let answers: Vec<Value> = answers.map(|answer| answer.expect("JSON")).collect();
    let [registered, status] = answers.as_slice() else {
        panic!("{answers:?}")
    };
    assert_eq!(
        registered["entities"][0]["username"], "maya",
        "{registered}"
    );
    assert_eq!(status["data"]["maya"], "offline", "{status}");
}

#[tokio::test]
async fn the_commands_of_the_banner_work_when_pasted_into_a_shell() {
    try_what_the_banner_says(&Site::new()).await;
}

#[tokio::test]
async fn the_commands_of_the_banner_work_for_a_data_folder_with_blanks_and_quotes() {
    try_what_the_banner_says(&Site::with_data("Maya's data")).await;
}

#[tokio::test]
async fn the_commands_of_the_banner_work_for_a_relative_data_folder() {
    let site = Site::new();
    let mut command = Command::new(Site::binary());
    command
        .current_dir(site.beside(""))
        .args(["--data", "there", "--http", "127.0.0.1:0"]);
    let mut program = Program::serve(command).await;
    let banner = first_app_banner(&mut program).await;
    let show = field(&banner, "client_secret")
        .strip_prefix("shown by: ")
        .unwrap();
    let mut shell = Command::new("sh");
    let shown = shell
        .args(["-c", show])
        .current_dir(site.beside(""))
        .output()
        .await
        .unwrap();
    assert!(succeeded(shown).contains(DemoApp::KEY));
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn the_data_folder_and_everything_in_it_is_private_whatever_the_umask() {
    let site = Site::new();
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"umask 0; exec "$@""#, "sh"])
        .arg(Site::binary())
        .args(["--http", "127.0.0.1:0", "--data"])
        .arg(site.data());
    let program = Program::serve(command).await;
    DemoApp::enter(&site, &program)
        .await
        .register("maya", "pw")
        .await;

    assert_eq!(mode(site.data()), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(site.data()).unwrap() {
        let entry = entry.unwrap();
        // Nobody gets at what is in a folder of his.
        let expected = if entry.path().is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&entry.path()), expected, "{:?}", entry.path());
        names.push(entry.file_name().into_string().unwrap());
    }
    for name in [
        "halloo.db",
        "messages",
        "halloo.lock",
        "operator.token",
        "control.sock",
    ] {
        assert!(
            names.iter().any(|found| found == name),
            "no {name} in {names:?}"
        );
    }
    let socket = std::fs::symlink_metadata(site.data().join("control.sock")).unwrap();
    assert!(socket.file_type().is_socket());
}

#[tokio::test]
async fn an_empty_folder_that_was_open_to_others_is_made_private() {
    let site = Site::new();
    std::fs::create_dir(site.data()).unwrap();
    std::fs::set_permissions(site.data(), PermissionsExt::from_mode(0o755)).unwrap();
    let _program = site.start().await;
    assert_eq!(mode(site.data()), 0o700);
}

#[tokio::test]
async fn a_second_start_prints_no_credentials_and_makes_no_second_app() {
    let site = Site::new();
    let program = site.start().await;
    let mut app = DemoApp::enter(&site, &program).await;
    app.register("maya", "pw").await;
    let shown = site.json(&["app", "show", DemoApp::KEY, "--secrets"]).await;
    assert!(program.terminate().await);

    let program = site.start().await;
    let mut again = program.client();
    let path = format!("/{}/users/maya", DemoApp::KEY);
    again.call("GET", &path, Some(&app.token), None).await.ok();
    assert_eq!(
        site.json(&["app", "show", DemoApp::KEY, "--secrets"]).await,
        shown
    );
    assert_eq!(
        site.json(&["app", "list"]).await.as_array().unwrap().len(),
        1
    );
    let banner = program.banner.clone();
    program.signal("TERM").await;
    let (success, rest) = program.ended().await;
    assert!(success);
    let printed = banner + &rest;
    for secret in ["client_id", "client_secret"].map(|key| shown[key].as_str().unwrap()) {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(!printed.contains("First app"), "{printed}");
}

#[tokio::test]
async fn no_first_app_is_made_beside_one_that_was_made_by_hand() {
    let site = Site::new();
    site.run(&["app", "create", "acme/chat"]).await;
    let program = site.start().await;
    let apps = site.json(&["app", "list"]).await;
    assert_eq!(apps[0]["org"], "acme");
    assert_eq!(apps.as_array().unwrap().len(), 1);
    program.signal("TERM").await;
    assert_eq!(program.ended().await.1.trim(), "");
}

#[tokio::test]
async fn without_a_sub_command_the_program_serves() {
    let site = Site::new();
    let program = Program::serve(site.command(&["--http", "127.0.0.1:0"])).await;
    let ready = program
        .client()
        .call("GET", "/readyz", None, None)
        .await
        .ok();
    assert_eq!(ready["status"], "ready");
}
