//! Every example of the two vendor documents, with invented names: the request in the documents'
//! form, the whole answer as a snapshot.

mod accounts;
mod messages;
mod presence;
mod push;
mod redact;
mod relations;

use halloo_core::apps::Registration;
use halloo_core::sessions::Session;
use halloo_testkit::{Reply, TestApp, TestServer, device, open_session};
use std::sync::Arc;

use redact::Redactor;

/// Endpoint and variant of every example.
pub(crate) const EXAMPLES: &[(&str, &str)] = &[
    ("token.app", "client_credentials"),
    ("token.user.password", "login"),
    ("token.user.inherit", "by_name"),
    ("user.register.open", "with_a_nickname"),
    ("user.register.open", "without_a_nickname"),
    ("user.register.authorized", "object"),
    ("user.register.authorized", "array_with_a_nickname"),
    ("user.register.authorized", "array_without_a_nickname"),
    ("user.register.bulk", "two_with_nicknames"),
    ("user.register.bulk", "two_without_nicknames"),
    ("user.register.bulk", "three_with_nicknames_and_one_taken"),
    (
        "user.register.bulk",
        "three_without_nicknames_and_one_taken",
    ),
    ("user.get", "one"),
    ("user.list", "first_page"),
    ("user.list", "middle_page"),
    ("user.list", "last_page"),
    ("user.delete", "one"),
    ("user.delete.bulk", "two_of_more"),
    ("user.delete.bulk", "the_last"),
    ("user.password", "change"),
    ("user.push.nickname", "set"),
    ("user.push.display_style", "as_text"),
    ("user.push.no_disturbing", "on"),
    ("user.push.no_disturbing", "off"),
    ("contact.add", "one"),
    ("contact.remove", "one"),
    ("contact.list", "two"),
    ("block.list", "one"),
    ("block.list", "page"),
    ("block.add", "one"),
    ("block.remove", "one"),
    ("user.status", "offline"),
    ("user.status", "online"),
    ("user.status.batch", "two"),
    ("user.offline_msg_count", "none"),
    ("user.offline_msg_count", "one"),
    ("user.offline_msg_status", "delivered"),
    ("user.offline_msg_status", "undelivered"),
    ("user.deactivate", "one"),
    ("user.activate", "one"),
    ("user.disconnect", "all"),
    ("user.disconnect.device", "one"),
    ("user.resources", "one"),
    ("user.resources", "none"),
    ("message.users", "txt"),
    ("message.users", "img"),
    ("message.users", "audio"),
    ("message.users", "video"),
    ("message.users", "file"),
    ("message.users", "loc"),
    ("message.users", "cmd"),
    ("message.users", "custom"),
    ("message.chatgroups", "txt"),
    ("message.chatrooms", "txt"),
    ("message.older", "success"),
    ("message.older", "ids"),
];

/// The file name of an example's snapshot, without `.snap`.
pub(crate) fn snapshot_name(endpoint: &str, variant: &str) -> String {
    format!("{endpoint}-{variant}")
}

/// How `curl` sends what it is given.
#[derive(Clone, Copy)]
enum Sent {
    /// `-d` without a content type.
    Bare,
    /// `-H 'Content-Type: application/json' -H 'Accept: application/json'`
    Json,
}

/// One app on one server, on which a document's examples are played.
struct Stage {
    server: TestServer,
    app: TestApp,
    redactor: Redactor,
}

impl Stage {
    async fn open(registration: Registration) -> Self {
        let server = TestServer::start().await;
        let app = server.app("acme-im", "chat-prod", registration).await;
        let redactor = Redactor::new(&server, &app);
        Self {
            server,
            app,
            redactor,
        }
    }

    /// An app whose users `names` have a nickname each, registered one second after another.
    async fn with_users(names: &[&str]) -> Self {
        let mut stage = Self::open(Registration::Authorised).await;
        for name in names {
            let user = serde_json::json!({
                "username": name, "password": format!("pw-{name}"),
                "nickname": format!("I am {name}"),
            });
            let answer = stage.app.call("POST", "/users", Some(user)).await.ok();
            stage.redactor.learn(&answer);
            stage.server.clock.advance_ms(1000);
        }
        stage
    }

    /// Plays an example with the app token and compares its whole answer with its snapshot.
    async fn show(
        &mut self,
        example: (&str, &str),
        call: (&str, &str),
        sent: Sent,
        body: &str,
    ) -> Reply {
        let token = self.app.token.clone();
        self.show_as(Some(&token), example, call, sent, body).await
    }

    async fn show_as(
        &mut self,
        token: Option<&str>,
        example: (&str, &str),
        (method, path): (&str, &str),
        sent: Sent,
        body: &str,
    ) -> Reply {
        assert!(EXAMPLES.contains(&example), "{example:?} is not listed");
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = match sent {
            Sent::Bare if body.is_empty() => vec![],
            Sent::Bare => vec![("content-type", "application/x-www-form-urlencoded")],
            Sent::Json if body.is_empty() => vec![("accept", "application/json")],
            Sent::Json => vec![
                ("content-type", "application/json"),
                ("accept", "application/json"),
            ],
        };
        headers.extend(
            bearer
                .iter()
                .map(|bearer| ("authorization", bearer.as_str())),
        );
        let target = format!("{}{path}", self.app.base());
        let mut client = self.server.client();
        let reply = client
            .send(method, &target, &headers, body.to_owned())
            .await
            .unwrap();
        assert_eq!(
            reply.headers["content-type"],
            "application/json;charset=UTF-8"
        );
        let redacted = self.redactor.answer(&reply.ok());
        let mut settings = insta::Settings::clone_current();
        settings.set_sort_maps(true);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_snapshot_path("../snapshots");
        settings.set_omit_expression(true);
        let shown = self.redactor.text(&format!("{method} {path}\n{body}"));
        settings.set_description(shown.trim_end());
        settings.bind(|| {
            insta::assert_json_snapshot!(snapshot_name(example.0, example.1), redacted);
        });
        reply
    }

    /// Opens a session on a phone.
    async fn connect(&self, user: &str, resource: &str) -> Arc<Session> {
        let core = &self.server.core;
        let found = core.users.find(self.app.app.id, user).await.unwrap();
        let uuid = "0b2f4c8e-31d5-4e7a-9a55-6f1f0f3b7c11";
        let resource = device(resource, uuid, "Pixel-8");
        open_session(core, &self.app.app, &found, resource)
            .await
            .unwrap()
    }
}
