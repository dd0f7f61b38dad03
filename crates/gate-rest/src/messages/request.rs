//! The fields of a call that sends. Source: Easemob REST 4.1.

use halloo_content::{BodyType, written};
use halloo_core::messages::{Draft, NamedSend};
use halloo_core::users::UserName;
use serde_json::Value;

use super::bodies;
use super::targets::{Kind, Spellings, Targets};
use crate::body::{self, Fields};
use crate::error::Failure;

/// Whoever a message is from when nobody is named.
const NOBODY: &str = "admin";
/// Names in `roam_ignore_users`.
const MAX_IGNORED: usize = 20;

/// Reads `{from, to, type, body, …}`.
pub(super) fn read(kind: Kind, fields: &Fields) -> Result<(NamedSend, Spellings), Failure> {
    let from = from(fields)?;
    let targets = Targets::read(kind, fields, "to")?;
    let of = body_type(fields)?;
    let body = fields.object("body")?.ok_or_else(|| empty("body"))?;
    assemble(fields, from, targets, of, &body)
}

/// Reads `{target_type, target, msg: {type, …}, from, …}`, the older form.
pub(super) fn read_older(fields: &Fields) -> Result<(NamedSend, Spellings), Failure> {
    let from = from(fields)?;
    let named = fields.text("target_type")?.filter(|name| !name.is_empty());
    let named = named.ok_or_else(|| empty("target_type"))?;
    let kind = Kind::of(&named).ok_or_else(|| {
        Failure::message_send(format!("param target_type [{named}] is not known"))
    })?;
    let targets = Targets::read(kind, fields, "target")?;
    let body = fields.object("msg")?.ok_or_else(|| empty("msg"))?;
    let of = body_type(&body)?;
    assemble(fields, from, targets, of, &body)
}

fn assemble(
    fields: &Fields,
    from: UserName,
    targets: Targets,
    of: BodyType,
    body: &Fields,
) -> Result<(NamedSend, Spellings), Failure> {
    let body = bodies::read(of, body)?;
    let ext = match fields.raw("ext") {
        None => None,
        Some(Value::Object(ext)) => Some(ext.clone()),
        Some(_) => return Err(Failure::message_send("param ext must be JSONObject")),
    };
    check_unused(fields)?;
    let (copies, online_only) = (fields.boolean("sync_device")?, is_online_only(fields)?);
    let (to, spellings) = targets.into_parts();
    let send = NamedSend {
        from,
        to,
        draft: Draft {
            client_id: 0,
            content: written(of, body, ext),
        },
        copies: copies.unwrap_or(false),
        online_only,
    };
    Ok((send, spellings))
}

fn empty(name: &str) -> Failure {
    Failure::message_send(format!("param {name} can't be empty"))
}

fn from(fields: &Fields) -> Result<UserName, Failure> {
    let from = fields.text("from")?;
    if from.as_deref() == Some("") {
        return Err(empty("from"));
    }
    Ok(from.as_deref().unwrap_or(NOBODY).parse()?)
}

fn body_type(fields: &Fields) -> Result<BodyType, Failure> {
    let name = fields.text("type")?.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| empty("type"))?;
    BodyType::of(&name)
        .ok_or_else(|| Failure::message_send(format!("param type [{name}] is not known")))
}

/// Whether the message is dropped for those who are away.
fn is_online_only(fields: &Fields) -> Result<bool, Failure> {
    match fields.text("routetype")?.as_deref() {
        None | Some("" | "ROUTE_ALL") => Ok(false),
        Some("ROUTE_ONLINE") => Ok(true),
        Some(_) => Err(Failure::illegal(
            "routetype must be ROUTE_ALL or ROUTE_ONLINE",
        )),
    }
}

/// What changes nothing yet is to be of the right type all the same.
fn check_unused(fields: &Fields) -> Result<(), Failure> {
    fields.boolean("need_group_ack")?;
    match fields.text("chatroom_msg_level")?.as_deref() {
        None | Some("" | "high" | "normal" | "low") => {}
        Some(_) => {
            return Err(Failure::illegal(
                "chatroom_msg_level must be high, normal or low",
            ));
        }
    }
    let is_list_of_names = match fields.value("roam_ignore_users") {
        None => true,
        Some(Value::Array(names)) => {
            names.len() <= MAX_IGNORED && names.iter().all(|name| body::text(name).is_some())
        }
        Some(_) => false,
    };
    if is_list_of_names {
        Ok(())
    } else {
        Err(Failure::illegal(
            "roam_ignore_users must be an array of at most 20 strings",
        ))
    }
}
