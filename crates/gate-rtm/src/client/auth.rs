//! Logging in and out. Source: RTM client gate section 2.

use std::sync::Arc;

use halloo_core::Error;
use halloo_core::apps::App;
use halloo_core::messages::Unread;
use halloo_core::sessions::{Attributes, CloseReason, DeviceKind, Resource, check_attributes};
use halloo_core::users::Uid;
use halloo_fpnn::transport::{Peer, Reply};
use halloo_fpnn::{FieldError, Fields, Map, Quest, Refusal};
use tracing::warn;

use super::fetched::Fetched;
use super::outlet::{ConnectionOutlet, Reader};
use super::{Client, ClientGate, State, endpoint, unauthorised};
use crate::call::ok;
use crate::error::{codes, refusal};

/// Logins that one connection may be refused.
const MOST_REFUSED: u32 = 8;
/// Characters of the name of a device that are kept.
const NAME_CHARS: usize = 128;

/// What `authv` says of a token that the app signed by itself.
const SIGNED: i64 = 2;

/// What a client shows to be let in.
struct Credentials {
    pid: i32,
    uid: Uid,
    token: String,
    /// Unix seconds; only with tokens that the app signed by itself.
    signed: Option<i64>,
    sdk: Sdk,
    /// What the device, or else the SDK, calls itself.
    device_name: String,
    attributes: Attributes,
    /// Whether it knows `pushunread`, and wants it.
    wants_unread: bool,
}

impl Credentials {
    fn read(fields: &Fields<'_>) -> Result<Self, Refusal> {
        let text = |key| -> Result<String, Refusal> {
            Ok(Fields::optional(fields.text(key))?
                .unwrap_or_default()
                .to_owned())
        };
        let generation = Fields::optional(fields.integer::<i64>("authv"))?;
        let signed = if generation == Some(SIGNED) {
            Some(fields.integer("ts")?)
        } else {
            None
        };
        let (version, device) = (text("version")?, text("device")?);
        Ok(Self {
            // A project that can not be is as unknown as any other.
            pid: i32::try_from(fields.integer::<i64>("pid")?).unwrap_or(0),
            uid: Uid(fields.integer("uid")?),
            token: fields.text("token")?.to_owned(),
            signed,
            sdk: Sdk::of(&version),
            device_name: shown(if device.is_empty() { &version } else { &device }),
            attributes: attributes(fields, "attrs")?,
            wants_unread: fields.boolean("unread").unwrap_or(false),
        })
    }
}

/// `name` without what does not belong into one.
fn shown(name: &str) -> String {
    let shown = name.chars().filter(|c| !c.is_control());
    shown.take(NAME_CHARS).collect()
}

/// The SDKs that are told apart, by the beginning of the version that they send.
/// Source: RTM client gate section 2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sdk {
    WebSocket,
    Android,
    Ios,
    Unity,
    Other,
}

impl Sdk {
    fn of(version: &str) -> Self {
        let known = [
            ("WebSocket", Self::WebSocket),
            ("Android", Self::Android),
            ("iOS", Self::Ios),
            ("Unity", Self::Unity),
        ];
        let found = known.iter().find(|(name, _)| version.starts_with(name));
        found.map_or(Self::Other, |(_, sdk)| *sdk)
    }

    fn kind(self) -> DeviceKind {
        match self {
            Self::WebSocket => DeviceKind::Web,
            Self::Android | Self::Ios | Self::Unity => DeviceKind::Mobile,
            Self::Other => DeviceKind::Desktop,
        }
    }

    /// Whether it takes the attributes of every session as a list, and not its own as a map.
    /// Source: RTM client gate section 3.1.
    fn lists_attributes(self) -> bool {
        matches!(self, Self::WebSocket | Self::Android | Self::Ios)
    }
}

/// A map of texts; absent or nil is an empty one. What is no text is taken as one, as far as it can be:
/// SDKs pass on what applications give them.
pub(super) fn attributes(fields: &Fields<'_>, key: &'static str) -> Result<Attributes, FieldError> {
    let illegal = || FieldError::WrongType(key);
    let Some(value) = fields.get(key).filter(|value| !value.is_nil()) else {
        return Ok(Attributes::new());
    };
    let mut attributes = Attributes::new();
    for (name, value) in value.entries().ok_or_else(illegal)? {
        let name = name.text().ok_or_else(illegal)?;
        if value.is_nil() {
            continue;
        }
        let text: Box<str> = match (value.text_or_integer(), value.boolean(), value.float()) {
            (Some(text), ..) => text.into(),
            (_, Some(yes), _) => yes.to_string().into(),
            (.., Some(number)) => number.to_string().into(),
            _ => return Err(illegal()),
        };
        attributes.insert(name.into(), text);
    }
    Ok(attributes)
}

/// `auth`
pub(super) fn log_in(
    gate: &Arc<ClientGate>,
    _: &Quest,
    fields: &Fields<'_>,
    peer: &Arc<Peer<State>>,
) -> Result<Reply, Refusal> {
    if let Some(client) = peer.state.login() {
        return Err(match client.session.closed() {
            None => Refusal::new(codes::DUPLICATED_AUTH, "logged in already"),
            // The connection is about to be closed.
            Some(_) => unauthorised(),
        });
    }
    let credentials = Credentials::read(fields)?;
    let (gate, peer) = (Arc::clone(gate), Arc::clone(peer));
    Ok(Reply::later(async move {
        let admitted = admit(&gate, &credentials, &peer).await;
        match &admitted {
            Ok(Some(outlet)) => outlet.release(),
            Ok(None) | Err(_) if peer.state.refuse() >= MOST_REFUSED => peer.connection.close(),
            Ok(None) | Err(_) => {}
        }
        admitted.map(|outlet| ok(outlet.is_some()))
    }))
}

/// Lets the client in. Returns what is to be released with the answer. `None`: his token opens nothing, which
/// is to be told apart from errors, since SDKs fetch a new one then.
async fn admit(
    gate: &ClientGate,
    credentials: &Credentials,
    peer: &Peer<State>,
) -> Result<Option<ConnectionOutlet>, Refusal> {
    let unknown = || Refusal::new(codes::INVALID_PID_OR_UID, "there is no such project");
    let app = gate.core.apps.of_pid(credentials.pid).await;
    let app = app.map_err(|error| refusal(&error))?.ok_or_else(unknown)?;
    match open(gate, &app, credentials, peer).await {
        Ok(outlet) => Ok(Some(outlet)),
        Err(Error::Token(_)) => Ok(None),
        Err(error) => Err(refusal(&error)),
    }
}

async fn open(
    gate: &ClientGate,
    app: &Arc<App>,
    credentials: &Credentials,
    peer: &Peer<State>,
) -> halloo_core::Result<ConnectionOutlet> {
    let (core, attributes) = (&gate.core, credentials.attributes.clone());
    // First, so that a login which is refused makes nobody.
    check_attributes(&attributes, core.limits())?;
    let user = core
        .tokens
        .login(app, credentials.uid, &credentials.token, credentials.signed)
        .await?;
    let resource = Resource {
        id: endpoint(peer.connection.address()).into(),
        device_uuid: "".into(),
        device_name: credentials.device_name.as_str().into(),
        kind: credentials.sdk.kind(),
    };
    let reader = Reader {
        app: app.id,
        user: user.id,
        receipts: Arc::clone(core.messages.receipts()),
    };
    let outlet = ConnectionOutlet::new(peer.connection.clone(), reader.clone());
    let session = core
        .open_session(app, &user, resource, attributes, Box::new(outlet.clone()))
        .await?;
    gate.sessions.increment(1);
    peer.state.set_login(Some(Client {
        app: Arc::clone(app),
        session,
        lists_attributes: credentials.sdk.lists_attributes(),
        fetched: Arc::new(Fetched::new(reader, peer.connection.clone())),
    }));
    peer.connection.trust();
    if credentials.wants_unread {
        match core.messages.unread(app, user.id, false).await {
            Ok(unread) if unread == Unread::default() => {}
            Ok(unread) => outlet.tell_unread(unread),
            // He is in all the same, and may still ask.
            Err(error) => warn!("What waits for {} could not be read: {error}", user.name),
        }
    }
    Ok(outlet)
}

/// `bye`. The connection may log in again.
pub(super) fn log_out(
    gate: &Arc<ClientGate>,
    _: &Quest,
    _: &Fields<'_>,
    peer: &Arc<Peer<State>>,
) -> Result<Reply, Refusal> {
    let client = peer.state.login().ok_or_else(unauthorised)?;
    let (gate, peer) = (Arc::clone(gate), Arc::clone(peer));
    Ok(Reply::later(async move {
        let ended = gate
            .core
            .sessions
            .end(&client.session, CloseReason::LoggedOut);
        let was_open = ended.settle().await > 0;
        if was_open {
            gate.sessions.decrement(1);
            peer.state.set_login(None);
            peer.connection.distrust();
        }
        Ok::<_, Refusal>(Map::empty())
    }))
}
