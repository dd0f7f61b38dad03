//! A session's own affairs. Source: RTM client gate section 3.1.

use halloo_core::Error;
use halloo_core::sessions::Session;
use halloo_fpnn::{FieldError, List, Map, Value};
use tracing::debug;

use super::Call;
use super::auth::attributes;
use crate::call::Handled;
use crate::error::refusal;

/// Characters of a client's log line that are kept.
const LOG_CHARS: usize = 1024;

/// `ping`
pub(super) fn ping(call: Call<'_>) -> Handled {
    call.now(|_, _| Ok(Map::empty()))
}

/// `getservertime`
pub(super) fn time(call: Call<'_>) -> Handled {
    call.now(|core, _| Ok(Map::new().integer("mts", core.now().0).finish()))
}

/// `adddebuglog`
pub(super) fn log(call: Call<'_>) -> Handled {
    let text: String = call.fields.text("msg")?.chars().take(LOG_CHARS).collect();
    let name = &call.caller.session.name;
    debug!(user.name = %name, "The client of {name} says: {}", text.escape_debug());
    call.now(|_, _| Ok(Map::empty()))
}

/// `addattrs`
pub(super) fn add_attributes(call: Call<'_>) -> Handled {
    add(call, "attrs")
}

/// `addvariables`, the forerunner of `addattrs`.
pub(super) fn add_variables(call: Call<'_>) -> Handled {
    add(call, "var")
}

fn add(call: Call<'_>, key: &'static str) -> Handled {
    let added = attributes(&call.fields, key)?;
    if call.fields.get(key).is_none_or(Value::is_nil) {
        return Err(FieldError::Missing(key).into());
    }
    let session = std::sync::Arc::clone(&call.caller.session);
    call.now(|core, _| {
        if added.is_empty() {
            return Err(Error::Empty("the list of attributes"));
        }
        session.add_attributes(added, core.limits())?;
        Ok(Map::empty())
    })
}

/// `getattrs`, in the form that the SDK understands: of every session of the user, or of this one.
pub(super) fn get_attributes(call: Call<'_>) -> Handled {
    let client = call.caller.clone();
    call.now(|core, app| {
        let answer = Map::new();
        let own = &client.session;
        Ok(if client.lists_attributes {
            let sessions = core.sessions.of_user(app.id, &own.name);
            let all: List = sessions
                .iter()
                .map(|session| described(session, session.id == own.id))
                .collect();
            answer.list("attrs", all)
        } else {
            let attributes = own.attributes().into_iter();
            let texts = attributes.fold(Map::new(), |map, (name, text)| map.text(&name, &text));
            answer.map("attrs", texts)
        }
        .finish())
    })
}

/// What we say of a session in the list of all; an attribute of such a name is not shown there.
const DESCRIPTION: [&str; 3] = ["ce", "login", "my"];

/// One session with its attributes.
fn described(session: &Session, is_own: bool) -> Map {
    let seconds = session.opened.0.div_euclid(1000).to_string();
    let mut map = Map::new()
        .text("ce", &session.resource.id)
        .text("login", &seconds);
    if is_own {
        map = map.text("my", "1");
    }
    let attributes = session.attributes().into_iter();
    let others = attributes.filter(|(name, _)| !DESCRIPTION.contains(&&**name));
    others.fold(map, |map, (name, text)| map.text(&name, &text))
}

/// `kickout`: ends another session of the same user.
pub(super) fn kick(call: Call<'_>) -> Handled {
    let resource = call.fields.text("ce")?.to_owned();
    let session = std::sync::Arc::clone(&call.caller.session);
    if *session.resource.id == *resource {
        return Err(refusal(&Error::SelfKick));
    }
    call.later(async move |scope| {
        let (sessions, app) = (&scope.core().sessions, scope.app.id);
        sessions.kick(app, &session.named(), Some(&resource)).await;
        Ok(Map::empty())
    })
}
