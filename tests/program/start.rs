use std::path::Path;

use halloo_testkit::Program;

/// The program under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_halloo");

#[tokio::test]
async fn the_first_start_makes_an_app_and_says_how_to_use_it() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(Path::new(BINARY), &folder.path().join("data"), &[]).await;
    let health = program.client().call("GET", "/healthz", None, None).await;
    assert_eq!(health.status, 200);
    assert!(program.terminate().await);
}
