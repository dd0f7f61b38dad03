//! To whom a message goes, and under which names that is answered. Source: Easemob REST 4.1.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use halloo_core::groups::GroupId;
use halloo_core::messages::{MessageId, NamedRecipients};
use halloo_core::rooms::RoomId;
use serde_json::Value;

use crate::body::{self, Fields};
use crate::error::Failure;

/// What a call sends to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Users,
    Groups,
    Rooms,
}

impl Kind {
    /// The kind that `target_type` names.
    pub(super) fn of(name: &str) -> Option<Self> {
        let all = [Self::Users, Self::Groups, Self::Rooms];
        all.into_iter().find(|kind| kind.name() == name)
    }

    /// As `target_type` and paths name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "chatgroups",
            Self::Rooms => "chatrooms",
        }
    }

    /// Targets of one call.
    fn most(self) -> usize {
        match self {
            Self::Users => 600,
            Self::Groups => 3,
            Self::Rooms => 10,
        }
    }
}

/// A set of targets: whoever is named in several spellings gets one message.
#[derive(Debug)]
pub(super) struct Targets {
    spelt: Spellings,
    each: Each,
}

#[derive(Debug)]
enum Each {
    Users(Vec<Box<str>>),
    Groups(Vec<GroupId>),
    Rooms(Vec<RoomId>),
}

impl Targets {
    /// The targets that the field `name` lists.
    pub(super) fn read(kind: Kind, fields: &Fields, name: &str) -> Result<Self, Failure> {
        let empty = || Failure::message_send(format!("param {name} can't be empty"));
        let list = match fields.value(name).ok_or_else(empty)? {
            Value::Array(list) if list.is_empty() => return Err(empty()),
            Value::Array(list) => list,
            _ => return Err(Failure::illegal(format!("{name} must be an array"))),
        };
        let illegal = |what| move || Failure::illegal(format!("{name} must be an array of {what}"));
        let mut spelt = Vec::with_capacity(list.len());
        for target in list {
            let target = body::text(target).ok_or_else(illegal("strings"))?;
            if target.is_empty() {
                return Err(empty());
            }
            spelt.push(target);
        }
        let (spelt, each) = match kind {
            Kind::Users => {
                let (spelt, names) = distinct(spelt, |name| Some(name.to_ascii_lowercase()))
                    .ok_or_else(illegal("strings"))?;
                (
                    spelt,
                    Each::Users(names.into_iter().map(Into::into).collect()),
                )
            }
            Kind::Groups => {
                let (spelt, ids) = distinct(spelt, |id| GroupId::new(number(id)?).ok())
                    .ok_or_else(illegal("ids"))?;
                (spelt, Each::Groups(ids))
            }
            Kind::Rooms => {
                let (spelt, ids) = distinct(spelt, |id| RoomId::new(number(id)?).ok())
                    .ok_or_else(illegal("ids"))?;
                (spelt, Each::Rooms(ids))
            }
        };
        let targets = Self { spelt, each };
        let most = kind.most();
        if targets.len() > most {
            let text = format!("params {name}'s size can't exceed limit {most}");
            return Err(Failure::message_send(text));
        }
        Ok(targets)
    }

    fn len(&self) -> usize {
        match &self.each {
            Each::Users(each) => each.len(),
            Each::Groups(each) => each.len(),
            Each::Rooms(each) => each.len(),
        }
    }

    /// Those that a message is sent to, and how they were spelt.
    pub(super) fn into_parts(self) -> (NamedRecipients, Spellings) {
        let to = match self.each {
            Each::Users(each) => NamedRecipients::Users(each),
            Each::Groups(each) => NamedRecipients::Groups(each),
            Each::Rooms(each) => NamedRecipients::Rooms(each),
        };
        (to, self.spelt)
    }
}

/// How the caller spelt his targets, and the place of whom each spelling means in the list of recipients.
#[derive(Debug)]
pub(super) struct Spellings(Vec<(String, usize)>);

impl Spellings {
    /// Each spelling with the id of its message.
    pub(super) fn with(self, ids: &[MessageId]) -> Vec<(String, MessageId)> {
        let spelt = self.0.into_iter();
        spelt
            .filter_map(|(target, place)| Some((target, *ids.get(place)?)))
            .collect()
    }
}

/// Every spelling once, and what they mean, each meaning once. `None` when one means nothing.
fn distinct<T: Clone + Eq + Hash>(
    spelt: Vec<String>,
    meaning: impl Fn(&str) -> Option<T>,
) -> Option<(Spellings, Vec<T>)> {
    let (mut places, mut each) = (HashMap::new(), Vec::new());
    let (mut seen, mut places_of) = (HashSet::new(), Vec::new());
    for target in spelt {
        if !seen.insert(target.clone()) {
            continue;
        }
        let meant = meaning(&target)?;
        let place = *places.entry(meant.clone()).or_insert_with(|| {
            each.push(meant);
            each.len() - 1
        });
        places_of.push((target, place));
    }
    Some((Spellings(places_of), each))
}

/// An id as we write it: decimal digits.
fn number(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
