//! The calls of a back end, one file per noun. Source: RTM server gate, sections 3, 4 and 8; the
//! User, Room and Group manuals of the server SDKs.

mod data;
mod devices;
mod groups;
mod relations;
mod rooms;
mod tokens;
mod users;

use std::collections::HashMap;

use halloo_fpnn::{Fields, Map, Value};

pub use devices::{PushOption, PushOptions};

use crate::QuestError;

/// The answer says no more than that it worked.
#[expect(
    clippy::unnecessary_wraps,
    reason = "one signature for readers of every answer"
)]
fn nothing(_: &Fields<'_>) -> Result<(), QuestError> {
    Ok(())
}

fn ok(answer: &Fields<'_>) -> Result<bool, QuestError> {
    Ok(answer.boolean("ok")?)
}

fn uids(answer: &Fields<'_>) -> Result<Vec<i64>, QuestError> {
    Ok(answer.integers("uids")?)
}

/// Public and private text.
fn info(answer: &Fields<'_>) -> Result<(String, String), QuestError> {
    let (public, private) = (answer.text("oinfo")?, answer.text("pinfo")?);
    Ok((public.to_owned(), private.to_owned()))
}

/// The two texts of a `set…info` call; one that is not given stays as it is.
fn with_info(parameters: Map, oinfo: Option<&str>, pinfo: Option<&str>) -> Map {
    with_text(with_text(parameters, "oinfo", oinfo), "pinfo", pinfo)
}

fn with_text(parameters: Map, key: &str, text: Option<&str>) -> Map {
    match text {
        Some(text) => parameters.text(key, text),
        None => parameters,
    }
}

/// A map whose keys are ids as decimal text.
fn by_id<T>(
    answer: &Fields<'_>,
    key: &'static str,
    read: fn(Value<'_>) -> Option<T>,
) -> Result<HashMap<i64, T>, QuestError> {
    use halloo_fpnn::FieldError::{Missing, WrongType};
    let map = answer.get(key).ok_or(Missing(key))?;
    let mut found = HashMap::new();
    for (id, value) in map.entries().ok_or(WrongType(key))? {
        let id = id.id().ok_or(WrongType(key))?;
        found.insert(id, read(value).ok_or(WrongType(key))?);
    }
    Ok(found)
}
