//! Starts that are refused: one line, a failure, nothing left half made.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use halloo_testkit::Program;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::site::{DemoApp, Site, refused};

/// Refuses to serve with this settings file.
async fn refused_file(site: &Site, text: &str) -> String {
    let file = site.write("settings.toml", text);
    let mut command = site.serving();
    command.arg("--config").arg(file);
    refused(command).await
}

/// Refuses to serve with this variable.
async fn refused_variable(site: &Site, name: &str, value: &str) -> String {
    let mut command = site.serving();
    command.env(name, value);
    refused(command).await
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::fs::DirEntry| entry.file_name().into_string().expect("text");
    let mut names: Vec<_> = entries
        .map(|entry| name(entry.expect("an entry")))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_wrong_key_or_value_in_the_file_is_named_with_the_file() {
    let site = Site::new();
    for (text, culprit) in [
        ("[http]\nidle_timeot = \"5s\"\n", "idle_timeot"),
        ("[htpp]\nidle_timeout = \"5s\"\n", "htpp"),
        ("colour = 3\n", "colour"),
        ("[http]\nhead_timeout = \"soon\"\n", "http.head_timeout"),
        ("[http]\nhead_timeout = 10\n", "http.head_timeout"),
        ("[http]\nmax_body = \"1mb\"\n", "http.max_body"),
        (
            "[listen]\nrtm_client_secp256r1 = \"localhost\"\n",
            "listen.rtm_client_secp256r1",
        ),
        ("[log]\nformat = \"xml\"\n", "log.format"),
        ("[rates]\ntoken = -1\n", "rates.token"),
        ("[http\n", ""),
    ] {
        let line = refused_file(&site, text).await;
        assert!(line.contains(culprit), "{line}");
        assert!(line.contains("settings.toml"), "{line}");
    }
    assert!(!site.data().exists());
}

#[tokio::test]
async fn a_wrong_key_or_value_in_the_environment_is_named() {
    let site = Site::new();
    for (name, value, culprit) in [
        ("HALLOO_HTTP__IDLE_TIMEOT", "5s", "idle_timeot"),
        ("HALLOO_HTPP__IDLE_TIMEOUT", "5s", "htpp"),
        ("HALLOO_HTTP__HEAD_TIMEOUT", "soon", "http.head_timeout"),
        ("HALLOO_HTTP__HEAD_TIMEOUT", "0s", "http.head_timeout"),
        (
            "HALLOO_HTTP__MAX_CONNECTIONS",
            "many",
            "http.max_connections",
        ),
        ("HALLOO_HTTP__MAX_CONNECTIONS", "0", "http.max_connections"),
        ("HALLOO_HTTP__MAX_HEAD", "1KiB", "http.max_head"),
        (
            "HALLOO_HTTP__PUBLIC_URL",
            "im.example.net",
            "http.public_url",
        ),
        ("HALLOO_PASSWORDS__QUEUE", "1", "passwords.queue"),
        ("HALLOO_PASSWORDS__PASSES", "0", "passwords.passes"),
        (
            "HALLOO_LISTEN__RTM_CLIENT",
            "everywhere",
            "listen.rtm_client",
        ),
        ("HALLOO_LOG__FORMAT", "xml", "log.format"),
    ] {
        let line = refused_variable(&site, name, value).await;
        assert!(line.to_lowercase().contains(culprit), "{line}");
    }
    assert!(!site.data().exists());
}

#[tokio::test]
async fn a_misspelt_log_level_is_refused_rather_than_silencing_the_log() {
    let site = Site::new();
    for level in ["loud", "wran", "infos,hyper=warn", "halloo=loud"] {
        let line = refused_variable(&site, "HALLOO_LOG__LEVEL", level).await;
        assert!(line.contains("log.level"), "{line}");
    }
}

#[tokio::test]
async fn a_settings_file_that_is_not_there_is_named() {
    let site = Site::new();
    let missing = site.beside("missing.toml");
    let line = site.refused(&["--config", missing.to_str().unwrap()]).await;
    assert!(line.contains("missing.toml"), "{line}");
    let line = refused_variable(&site, "HALLOO_CONFIG", "absent.toml").await;
    assert!(line.contains("absent.toml"), "{line}");
    assert!(!site.data().exists());
}

#[tokio::test]
async fn a_taken_port_is_named_and_the_next_start_is_still_the_first() {
    let site = Site::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let line = site.refused(&["serve", "--http", &taken]).await;
    assert!(line.contains(&taken), "{line}");
    for name in ["halloo.db", "operator.token", "control.sock"] {
        assert!(!site.data().join(name).exists(), "{name} was left behind");
    }
    let program = site.start().await;
    program.signal("TERM").await;
    assert!(program.ended().await.1.contains("First app"));
}

#[tokio::test]
async fn a_data_folder_that_can_not_be_made_is_named() {
    let site = Site::new();
    let file = site.write("file", "mine");
    for data in [file.join("below"), file.clone()] {
        let mut command = Program::command(Site::binary(), &data);
        command
            .current_dir(site.beside(""))
            .args(["serve", "--http", "127.0.0.1:0"]);
        let line = refused(command).await;
        assert!(line.contains(data.to_str().unwrap()), "{line}");
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
}

#[tokio::test]
async fn a_folder_with_other_files_that_is_open_to_others_is_left_alone() {
    let site = Site::with_data("home/of/others");
    std::fs::create_dir(site.data()).unwrap();
    std::fs::set_permissions(site.data(), PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::write(site.data().join("letter.txt"), "dear maya").unwrap();
    for arguments in [
        &["serve", "--http", "127.0.0.1:0"][..],
        &["app", "create", "acme/chat"],
    ] {
        let line = site.refused(arguments).await;
        assert!(line.contains(site.data().to_str().unwrap()), "{line}");
        assert!(line.contains("--data"), "{line}");
    }
    assert_eq!(names_in(site.data()), ["letter.txt"]);
    let mode = std::fs::metadata(site.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
}

#[tokio::test]
async fn a_data_folder_in_use_is_refused_and_its_server_goes_on() {
    let site = Site::new();
    let program = site.start().await;
    let line = site.refused(&["serve", "--http", "127.0.0.1:0"]).await;
    assert!(
        line.contains("in use") || line.contains("is using"),
        "{line}"
    );
    assert!(line.contains(site.data().to_str().unwrap()), "{line}");
    DemoApp::enter(&site, &program)
        .await
        .register("maya", "pw")
        .await;
    assert!(program.terminate().await);
}

#[tokio::test]
async fn of_two_first_starts_at_once_one_serves() {
    let site = Site::new();
    let start = || async {
        let mut command = site.serving();
        let command = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().expect("the program starts");
        let mut printed = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        (printed.next_line().await.expect("text"), child)
    };
    let (one, other) = tokio::join!(start(), start());
    let served = [&one, &other].map(|(line, _)| line.is_some());
    assert!(served[0] != served[1], "{:?} and {:?}", one.0, other.0);
    assert_eq!(
        site.json(&["app", "list"]).await.as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_stays_as_it_is() {
    let site = Site::new();
    std::fs::create_dir(site.data()).unwrap();
    std::fs::set_permissions(site.data(), PermissionsExt::from_mode(0o700)).unwrap();
    let file = site.data().join("halloo.db");
    let text = "this was something else. ".repeat(400);
    std::fs::write(&file, &text).unwrap();
    for arguments in [&["serve", "--http", "127.0.0.1:0"][..], &["app", "list"]] {
        let line = site.refused(arguments).await;
        assert!(line.contains(site.data().to_str().unwrap()), "{line}");
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), text);
}

#[tokio::test]
async fn a_database_of_a_later_program_is_refused_and_stays_as_it_is() {
    let site = Site::new();
    site.run(&["app", "create", DemoApp::KEY]).await;
    let file = site.data().join("halloo.db");
    let mut bytes = std::fs::read(&file).unwrap();
    // The schema version is the big-endian number at byte 60 of the file.
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&file, &bytes).unwrap();
    for arguments in [&["serve", "--http", "127.0.0.1:0"][..], &["app", "list"]] {
        let line = site.refused(arguments).await;
        assert!(line.contains("version 99"), "{line}");
    }
    assert!(
        std::fs::read(&file).unwrap() == bytes,
        "the file was changed"
    );
}
