use std::sync::Arc;

use halloo_core::apps::App;
use halloo_core::messages::{Content, Draft, Form, Kind, MessageId, NamedRecipients, NamedSend};
use halloo_core::sessions::{
    Attributes, CloseReason, DeviceKind, Event, Outlet, Resource, Session,
};
use halloo_core::users::User;
use halloo_core::{Core, Result};

/// The end of a session that has no client.
struct NoClient;

impl Outlet for NoClient {
    fn deliver(&self, _: &Event) {}

    fn close(&self, _: CloseReason) {}
}

/// Opens a session that no client is behind.
/// # Errors
/// As [`Core::open_session`].
pub async fn open_session(
    core: &Core,
    app: &App,
    user: &User,
    resource: Resource,
) -> Result<Arc<Session>> {
    core.open_session(app, user, resource, Attributes::new(), Box::new(NoClient))
        .await
}

/// A device of no particular kind.
pub fn device(id: &str, uuid: &str, name: &str) -> Resource {
    Resource {
        id: id.into(),
        device_uuid: uuid.into(),
        device_name: name.into(),
        kind: DeviceKind::Desktop,
    }
}

/// Has the back end send a text in the name of `from`. Returns its id.
/// # Panics
/// When it can not be sent.
pub async fn send_text(core: &Core, app: &App, from: &str, to: &str, text: &str) -> MessageId {
    let content = Content {
        kind: Kind::CHAT,
        form: Form::Text,
        body: text.to_owned().into(),
        attributes: "".into(),
    };
    let send = NamedSend {
        from: from.parse().expect("a user name"),
        to: NamedRecipients::Users(vec![to.into()]),
        draft: Draft {
            client_id: 0,
            content,
        },
        copies: false,
        online_only: false,
    };
    let sent = core.messages.send_named(app, send).await;
    let ids = sent.expect("it is sent");
    *ids.first().expect("one recipient has one message")
}
