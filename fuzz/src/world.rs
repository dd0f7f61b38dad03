//! The server under test, without sockets.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use halloo_core::apps::{App, AppKey, Registration};
use halloo_core::ports::{Clock, Entropy};
use halloo_core::tokens::Ttl;
use halloo_core::users::Draft;
use halloo_core::{Core, HashCost, Limits, Millis};
use halloo_gate_rest::{RestGate, Settings};
use halloo_store::{Log, Sqlite};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use tokio::runtime::{Builder, Runtime};

use crate::Answer;

/// One gate for all inputs, since making one takes longer than asking it. What an input leaves
/// behind is deleted before the next.
pub struct World {
    runtime: Runtime,
    core: Core,
    gate: RestGate,
    app: Arc<App>,
    app_token: String,
}

/// One input's time in the world. In it is the app `o/a` with the users `maya`, whose password is
/// `pw`, and `omar`, who has none; they are friends.
pub struct Visit {
    world: &'static World,
    /// The app.
    pub app: &'static App,
    /// A token of it.
    pub app_token: &'static str,
    /// A token of maya.
    pub user_token: String,
}

impl World {
    /// Begins with the next input.
    pub fn visit() -> Visit {
        static WORLD: LazyLock<World> = LazyLock::new(World::new);
        let (core, app) = (&WORLD.core, &*WORLD.app);
        let user_token = WORLD.runtime.block_on(async {
            let maya = Draft {
                name: "maya".parse().expect("a legal name"),
                password: "pw".into(),
                nickname: None,
            };
            let maya = core
                .users
                .register(app.id, maya)
                .await
                .expect("maya is new");
            let omar = "omar".parse().expect("a legal name");
            let omar = core
                .users
                .find_or_create(app.id, omar)
                .await
                .expect("omar is new");
            core.contacts
                .add(app.id, &maya, &omar)
                .await
                .expect("there is room for a friend");
            let granted = core
                .tokens
                .grant_inherit(app, "maya", false, Ttl::Default)
                .await;
            granted.expect("maya may log in").0.token
        });
        Visit {
            world: &WORLD,
            app,
            app_token: &WORLD.app_token,
            user_token,
        }
    }

    fn new() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let core = new_core();
        let (app, app_token) = runtime.block_on(async {
            let key = AppKey::new("o", "a").expect("a legal key");
            let app = core
                .apps
                .create(key, Registration::Open)
                .await
                .expect("the first app");
            let (id, secret) = (&app.client_id, app.client_secret.reveal());
            let granted = core.tokens.grant_app(&app, id, secret, Ttl::Never).await;
            let token = granted.expect("its own credentials").token;
            (app, token)
        });
        let gate = RestGate::new(core.clone(), Settings::default());
        Self {
            runtime,
            core,
            gate,
            app,
            app_token,
        }
    }
}

impl Visit {
    /// Asks the gate.
    /// # Panics
    /// When the answer breaks a rule that holds for every answer.
    pub fn ask(&self, request: Request<Full<Bytes>>) -> Answer {
        let method = request.method().clone();
        let (parts, body) = self.world.runtime.block_on(async {
            let (parts, body) = self.world.gate.serve(request).await.into_parts();
            let body = body
                .collect()
                .await
                .expect("a body out of memory")
                .to_bytes();
            (parts, body)
        });
        Answer::check(&method, &parts, &body)
    }
}

impl Drop for Visit {
    /// Deletes every user. Whoever counted them must have known how many there are.
    fn drop(&mut self) {
        let World {
            runtime, core, app, ..
        } = self.world;
        runtime.block_on(delete_users(core, app));
    }
}

/// Deletes every user of `app`. Whoever counted them must have known how many there are.
pub(crate) async fn delete_users(core: &Core, app: &App) {
    let counted = core.apps.user_count(app).await.expect("a count");
    let (mut deleted, mut more) = (0, true);
    while more {
        let page = core.users.delete_page(app.id, None, u32::MAX).await;
        let users;
        (users, more) = page.expect("deletion works");
        deleted += users.len() as u64;
    }
    assert_eq!(counted, deleted);
}

/// A domain over a database in memory, with limits that are soon reached.
pub(crate) fn new_core() -> Core {
    // The hash is not what is looked at.
    let hash = HashCost {
        memory_kib: 8,
        passes: 1,
        ..HashCost::default()
    };
    let limits = Limits {
        hash,
        contacts: 3,
        blocks: 3,
        ignored_groups: 3,
        friends: 3,
        group_members: 3,
        groups_per_app: Some(3),
        rooms: 2,
        data_keys: 2,
        devices: 2,
        push_mutes: 3,
        ..Limits::default()
    };
    let store = Arc::new(Sqlite::in_memory().expect("a database"));
    // Messages know no memory of their own; what an earlier process left is not looked at.
    let folder = std::env::temp_dir().join(format!("halloo-fuzz-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let log = Arc::new(Log::open(&folder).expect("a folder for messages"));
    let (clock, entropy) = (Arc::new(Standing), Arc::new(Repeatable::default()));
    Core::new(store, log, clock, entropy, limits)
}

/// When the clock stands, in Unix milliseconds.
pub(crate) const NOW: i64 = 1_735_689_600_000;

/// A clock that stands, so that an input does the same each time.
struct Standing;

impl Clock for Standing {
    fn now(&self) -> Millis {
        Millis(NOW)
    }
}

/// Bytes that look random and are the same in each run: `SplitMix64`.
#[derive(Default)]
struct Repeatable(AtomicU64);

impl Entropy for Repeatable {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let step = 0x9E37_79B9_7F4A_7C15;
            let mut z = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let random = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
    }
}
