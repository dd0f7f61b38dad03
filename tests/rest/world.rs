//! What the tests of several modules stand on: users in every state and every kind of token.

use halloo_core::apps::{AppKey, Registration};
use halloo_core::tokens::Ttl;
use halloo_testkit::{Client, Reply, TestApp, TestServer};
use serde_json::Value;

/// Milliseconds after which a token of [`SHORT`] has ended.
pub(crate) const SHORT_MS: i64 = 1000;
const SHORT: Ttl = Ttl::Seconds(1);

/// Whose token a request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// None at all.
    Nobody,
    /// Text that no server issued.
    Garbage,
    /// The app's.
    App,
    /// The app's, its time over.
    ExpiredApp,
    /// The app's, from before its client secret changed.
    RevokedApp,
    /// Another app's.
    OtherApp,
    /// That of the user in the path.
    Owner,
    /// That of the user in the path, its time over.
    ExpiredOwner,
    /// That of the user in the path, from before his password changed.
    RevokedOwner,
    /// Another user's.
    OtherUser,
    /// That of the user in the path, from before he was banned.
    Banned,
    /// That of the user in the path, from before he was deleted.
    Deleted,
}

impl Credential {
    /// Every one.
    pub(crate) const ALL: [Self; 12] = [
        Self::Nobody,
        Self::Garbage,
        Self::App,
        Self::ExpiredApp,
        Self::RevokedApp,
        Self::OtherApp,
        Self::Owner,
        Self::ExpiredOwner,
        Self::RevokedOwner,
        Self::OtherUser,
        Self::Banned,
        Self::Deleted,
    ];

    /// Whether it is a token that opens nothing in the app, wherever it is shown.
    pub(crate) fn is_void(self) -> bool {
        !matches!(
            self,
            Self::Nobody | Self::App | Self::Owner | Self::OtherUser
        )
    }
}

/// Two apps on one server; the secret of the first was rotated once.
pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) app: TestApp,
    pub(crate) other_app: TestApp,
    revoked_app_token: String,
}

/// Calls an app with its token over one connection that is kept; where a test calls often, so that
/// it leaves no crowd of closed connections behind.
pub(crate) struct Line {
    client: Client,
    app: TestApp,
}

impl Line {
    pub(crate) fn to(server: &TestServer, app: &TestApp) -> Self {
        Self {
            client: server.client(),
            app: app.clone(),
        }
    }

    pub(crate) async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let path = format!("{}{path}", self.app.base());
        self.client
            .call(method, &path, Some(&self.app.token), body.as_ref())
            .await
    }

    /// As [`Line::call`], with these headers and exactly this body.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<bytes::Bytes>,
    ) -> Reply {
        let bearer = format!("Bearer {}", self.app.token);
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        let path = format!("{}{path}", self.app.base());
        self.client
            .send(method, &path, &all, body)
            .await
            .expect("the server answers")
    }
}

/// The names of a [`Cast`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    pub(crate) owner: &'a str,
    pub(crate) other: &'a str,
    pub(crate) banned: &'a str,
    pub(crate) deleted: &'a str,
}

/// Users in every state, and the tokens that they and their app have or had.
pub(crate) struct Cast {
    tokens: Vec<(Credential, String)>,
}

impl World {
    /// Makes `acme-im/chat` and `acme-im/twin` on `server`.
    pub(crate) async fn on(server: TestServer, registration: Registration) -> Self {
        let first = server.app("acme-im", "chat", registration).await;
        let key: AppKey = first.app.key.clone();
        let rotated = server.core.apps.rotate_client_secret(&key).await;
        let app = server.enter(rotated.expect("the app exists")).await;
        Self {
            other_app: server.app("acme-im", "twin", registration).await,
            revoked_app_token: first.token,
            server,
            app,
        }
    }

    /// Registers the users of a cast, past every limit on calls, and moves the clock until the
    /// short-lived tokens have ended.
    pub(crate) async fn cast(&self, names: Names<'_>) -> Cast {
        let (core, app) = (&self.server.core, &self.app.app);
        for name in [names.owner, names.other, names.banned, names.deleted] {
            self.register(&self.app, name).await;
        }
        let user_token = async |name: &str, ttl| {
            let granted = core.tokens.grant_inherit(app, name, false, ttl).await;
            granted.expect("a token").0.token
        };
        let (id, secret) = (&app.client_id, app.client_secret.reveal());
        let expired_app = core.tokens.grant_app(app, id, secret, SHORT).await;
        let revoked_owner = user_token(names.owner, Ttl::Default).await;
        self.renew_password(names.owner).await;
        let banned = user_token(names.banned, Ttl::Default).await;
        let user = core.users.find(app.id, names.banned).await.expect("a user");
        let ban = halloo_core::bans::Ban::Forever;
        let done = core.users.set_ban(app.id, &user, ban).await;
        done.expect("a ban");
        let deleted = user_token(names.deleted, Ttl::Default).await;
        let user = core.users.find(app.id, names.deleted).await;
        let done = core.users.delete(app.id, &user.expect("a user")).await;
        done.expect("a deletion");
        let tokens = vec![
            (Credential::Garbage, "YWMt-not-a-token".to_owned()),
            (Credential::App, self.app.token.clone()),
            (Credential::ExpiredApp, expired_app.expect("a token").token),
            (Credential::RevokedApp, self.revoked_app_token.clone()),
            (Credential::OtherApp, self.other_app.token.clone()),
            (
                Credential::Owner,
                user_token(names.owner, Ttl::Default).await,
            ),
            (
                Credential::ExpiredOwner,
                user_token(names.owner, SHORT).await,
            ),
            (Credential::RevokedOwner, revoked_owner),
            (
                Credential::OtherUser,
                user_token(names.other, Ttl::Default).await,
            ),
            (Credential::Banned, banned),
            (Credential::Deleted, deleted),
        ];
        self.server.clock.advance_ms(SHORT_MS);
        Cast { tokens }
    }

    /// Registers a user with password `pw-NAME`.
    pub(crate) async fn register(&self, app: &TestApp, name: &str) {
        let draft = halloo_core::users::Draft {
            name: name.parse().unwrap(),
            password: format!("pw-{name}"),
            nickname: None,
        };
        let registered = self.server.core.users.register(app.app.id, draft).await;
        registered.expect("a free name");
    }

    /// Sets the password that a user has already, which ends his tokens.
    async fn renew_password(&self, name: &str) {
        let (users, app) = (&self.server.core.users, self.app.app.id);
        let user = users.find(app, name).await.expect("a user");
        let password = Some(format!("pw-{name}"));
        let changed = users.change_password(app, &user, password).await;
        changed.expect("a new password");
    }
}

impl Cast {
    /// The text of a token; `None` for nobody's.
    pub(crate) fn token(&self, credential: Credential) -> Option<&str> {
        let found = self.tokens.iter().find(|(whose, _)| *whose == credential);
        found.map(|(_, token)| token.as_str())
    }
}
