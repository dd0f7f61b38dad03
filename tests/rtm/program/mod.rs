//! The real program as a child process.

mod crash;

use std::path::{Path, PathBuf};

use halloo_fpnn::{Curve, Map, Mode, PrivateKey, PublicKey, Strength};
use halloo_testkit::Program;
use halloo_testkit::rtm::{Project, Wire, read};
use serde_json::{Value, json};

/// The app that the program makes on its first start.
const APP: &str = "demo-org/demo-app";

/// The program in a folder of its own.
struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn binary() -> &'static Path {
        Path::new(env!("CARGO_BIN_EXE_halloo"))
    }

    async fn start(&self) -> Program {
        Program::start(Self::binary(), &self.data(), &[]).await
    }

    /// What a sub-command prints.
    async fn run(&self, arguments: &[&str]) -> Vec<u8> {
        let output = Program::run(Self::binary(), &self.data(), arguments).await;
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        output.stdout
    }

    /// The project that the program makes on its first start.
    async fn project(&self) -> Project {
        let shown = self.run(&["app", "show", APP, "--json", "--secrets"]).await;
        let shown: Value = serde_json::from_slice(&shown).expect("JSON");
        Project {
            pid: shown["pid"]
                .as_i64()
                .and_then(|pid| pid.try_into().ok())
                .expect("a pid"),
            secret: shown["rtm_secret"].as_str().expect("a secret").to_owned(),
        }
    }
}

/// Asks over a connection to the program, with signatures that need no clock.
struct Line {
    wire: Wire,
    project: Project,
    salt: i64,
}

impl Line {
    async fn to(program: &Program, project: &Project) -> Self {
        Self {
            wire: Wire::open(program.rtm).await,
            project: project.clone(),
            salt: 0,
        }
    }

    fn ask(&mut self, method: &str, params: &Value) -> u32 {
        self.salt += 1;
        let payload = self
            .project
            .signed(method, params, (self.salt, None))
            .finish();
        self.wire.ask(method, payload)
    }

    async fn call(&mut self, method: &str, params: &Value) -> Value {
        self.answer(method, params).await.expect("an answer")
    }

    async fn answer(&mut self, method: &str, params: &Value) -> Result<Value, u32> {
        let asked = self.ask(method, params);
        let answer = self.wire.answer(asked).await;
        answer
            .map(|payload| read(&payload))
            .map_err(|refusal| refusal.code)
    }
}

#[tokio::test]
async fn the_key_that_the_program_prints_is_the_one_it_agrees_on() {
    let site = Site::new();
    let mut printed = Vec::new();
    // It makes the key on its first start and keeps it.
    for _ in 0..2 {
        let program = site.start().await;
        let pem = String::from_utf8(site.run(&["rtm-key"]).await).expect("text");
        let server = PublicKey::from_pem(&pem).expect("a public key");
        printed.push(pem);
        let raw = site.run(&["rtm-key", "--format", "raw"]).await;
        assert_eq!(raw, server.raw());
        let own = PrivateKey::from_bytes(Curve::Secp256k1, &[0x21; 32]).expect("a key");
        let offer = own.offer(&server, Mode::Stream, Strength::Aes256, 1);
        let (quest, sealer, opener) = offer.expect("the usual curve");
        let mut line = Line::to(&program, &site.project().await).await;
        line.wire.lay_out_quest(&quest);
        line.wire.encrypt(sealer, opener);
        line.wire.sequence = 1;
        assert_eq!(line.wire.answer(1).await, Ok(Map::empty()));
        let texts = line.call("getuserinfo", &json!({"uid": 1})).await;
        assert_eq!(texts, json!({"oinfo": "", "pinfo": ""}));
        program.kill().await;
    }
    assert_eq!(printed[0], printed[1]);
}

#[tokio::test]
async fn a_secret_that_the_command_line_rotates_ends_at_once() {
    let site = Site::new();
    let program = site.start().await;
    let old = site.project().await;
    let mut line = Line::to(&program, &old).await;
    line.call("addfriends", &json!({"uid": 1, "friends": [2]}))
        .await;
    site.run(&["app", "rotate-secret", APP, "--rtm"]).await;
    let refused = line
        .answer("addfriends", &json!({"uid": 1, "friends": [3]}))
        .await;
    assert_eq!(refused, Err(200_002));
    line.project = site.project().await;
    assert_ne!(line.project.secret, old.secret);
    let friends = line.call("getfriends", &json!({"uid": 1})).await;
    assert_eq!(friends, json!({"uids": [2]}));
    assert!(program.terminate().await);
}
