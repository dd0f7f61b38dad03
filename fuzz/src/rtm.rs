//! The RTM server gate under test, on a connection in memory.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use halloo_core::Core;
use halloo_core::apps::{App, AppKey, Registration};
use halloo_core::users::Uid;
use halloo_fpnn::transport::{Options, Service, serve_stream};
use halloo_fpnn::{Decoder, Fields, Frame, MAX_FRAME_BYTES, Map};
use halloo_gate_rtm::client::{self, ClientGate};
use halloo_gate_rtm::server::{ServerGate, Settings};
use md5::{Digest as _, Md5};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex, split};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::world::{NOW, delete_users, new_core};

/// Every code that an input may lead to. A handler that failed, or a store that did, is not among them.
const CODES: &[u32] = &[
    10_009, 10_010, 20_004, 100_001, 200_001, 200_002, 200_008, 200_012, 200_020, 200_021, 200_022,
    200_023, 200_030, 200_032, 200_033, 200_034, 200_040, 200_041, 200_042, 200_047, 200_048,
    200_060,
];

/// Both gates for all inputs. What an input leaves behind is deleted before the next.
pub struct RtmWorld {
    runtime: Runtime,
    core: Arc<Core>,
    server: Arc<ServerGate>,
    client: Arc<ClientGate>,
    app: Arc<App>,
}

/// One input's time in the world, which has one app and nobody in it.
pub struct RtmVisit(&'static RtmWorld);

impl RtmWorld {
    /// Begins with the next input.
    pub fn visit() -> RtmVisit {
        static WORLD: LazyLock<RtmWorld> = LazyLock::new(RtmWorld::new);
        RtmVisit(&WORLD)
    }

    fn new() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let core = Arc::new(new_core());
        let app = runtime.block_on(async {
            let key = AppKey::new("o", "a").expect("a legal key");
            let app = core.apps.create(key, Registration::Open).await;
            app.expect("the first app")
        });
        let settings = Settings {
            time_window_seconds: 600,
            refuse_replays: false,
        };
        let of_client = client::Settings {
            endpoint: None,
            port: 1,
            has_tls: false,
        };
        Self {
            server: Arc::new(ServerGate::new(Arc::clone(&core), &settings)),
            client: Arc::new(ClientGate::new(Arc::clone(&core), of_client)),
            runtime,
            core,
            app,
        }
    }
}

impl RtmVisit {
    /// `parameters` with what proves that the app sends them.
    pub fn signed(&self, method: &str, parameters: Map) -> Map {
        let (pid, secret, ts) = (self.0.app.pid, self.0.app.rtm_secret.reveal(), NOW / 1000);
        let digest = Md5::digest(format!("{pid}:{secret}:1:{method}:{ts}"));
        let sign: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        parameters
            .integer("pid", pid.into())
            .text("sign", &sign)
            .integer("salt", 1)
            .integer("ts", ts)
    }

    /// `parameters` with what lets a client in as user 1 or 2.
    /// # Panics
    /// When no token is given.
    pub fn login(&self, uid: i64, parameters: Map) -> Map {
        let RtmWorld {
            runtime, core, app, ..
        } = self.0;
        let token = runtime.block_on(core.tokens.grant_login(app, Uid(uid)));
        parameters
            .integer("pid", app.pid.into())
            .integer("uid", uid)
            .text("token", &token.expect("a token"))
    }

    /// Sends `wire` to the server gate on a connection of its own and returns what comes back until it is
    /// closed.
    /// # Panics
    /// When that is no answer, or breaks a rule that holds for every answer.
    pub fn exchange(&self, wire: &[u8]) -> Vec<Frame> {
        let frames = self.talk(&self.0.server, wire);
        let answers = frames
            .iter()
            .all(|frame| matches!(frame, Frame::Answer { .. }));
        assert!(answers, "a quest to somebody who did not listen");
        frames
    }

    /// [`RtmVisit::exchange`] with the client gate, which may also push.
    /// # Panics
    /// As above, and when somebody is online afterwards.
    pub fn exchange_as_client(&self, wire: &[u8]) -> Vec<Frame> {
        let frames = self.talk(&self.0.client, wire);
        let everybody: Vec<Uid> = (1..=4).map(Uid).collect();
        let online = self.0.core.sessions.online_uids(self.0.app.id, &everybody);
        assert!(online.is_empty(), "{online:?} without a connection");
        frames
    }

    fn talk<S: Service>(&self, gate: &Arc<S>, wire: &[u8]) -> Vec<Frame> {
        let gate = Arc::clone(gate);
        let options = Options::new(Arc::new(|| NOW));
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let received = self.0.runtime.block_on(async {
            let (ours, theirs) = duplex(64 * 1024);
            let serve = serve_stream(
                theirs,
                address,
                false,
                gate,
                options,
                CancellationToken::new(),
            );
            let (mut reader, mut writer) = split(ours);
            let send = async {
                // It may close before it has read everything.
                let _ = writer.write_all(wire).await;
                let _ = writer.shutdown().await;
            };
            let mut received = Vec::new();
            let receive = async {
                let _ = reader.read_to_end(&mut received).await;
            };
            tokio::join!(serve, send, receive);
            received
        });
        let mut decoder = Decoder::new(MAX_FRAME_BYTES);
        decoder.feed(&received);
        let mut frames = Vec::new();
        while let Some(frame) = decoder.next().expect("frames") {
            check(&frame);
            frames.push(frame);
        }
        frames
    }
}

fn check(frame: &Frame) {
    let answer = match frame {
        Frame::Answer { answer, .. } => answer,
        Frame::Quest(quest) => {
            let known = [&b"kickout"[..], b"kickoutroom"].contains(&quest.method.as_bytes());
            assert!(known && quest.sequence.is_none(), "{quest:?}");
            return;
        }
    };
    match answer {
        Err(refusal) => assert!(CODES.contains(&refusal.code), "{refusal:?}"),
        Ok(payload) => {
            let fields = Fields::parse(payload).expect("an answer is a map");
            assert!(
                fields.iter().all(|(_, value)| !value.is_nil()),
                "{fields:?}"
            );
        }
    }
}

impl Drop for RtmVisit {
    /// Deletes every user and group. Whoever counted the users must have known how many there are.
    fn drop(&mut self) {
        let RtmWorld {
            runtime, core, app, ..
        } = self.0;
        runtime.block_on(async {
            delete_users(core, app).await;
            core.groups
                .delete_all(app.id)
                .await
                .expect("deletion works");
        });
    }
}
