//! Every method of the client gate as the specification lists it, and what holds for all of them.

mod checks;
#[path = "../../rtm/methods/kinds.rs"]
#[expect(dead_code, reason = "the server gate has more kinds of parameters")]
mod kinds;
mod messages;
mod served;
mod state;
mod statuses;
mod unserved;

use std::collections::BTreeSet;

pub(crate) use kinds::{FieldKind, Kind};
use serde_json::Value;

/// What becomes of a quest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Answered, logged in or not.
    Open,
    /// Answered after a login.
    Served,
    /// 200060.
    NotEnabled,
    /// 200020.
    Forbidden,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// One field of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: FieldKind,
    pub(crate) always: bool,
}

/// One method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) status: Status,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) answer: &'static [Field],
    sample: &'static str,
    test: &'static str,
    pub(crate) note: &'static str,
}

/// A parameter that a method needs.
const fn need(name: &'static str, kind: Kind) -> Parameter {
    let required = true;
    Parameter {
        name,
        kind,
        required,
    }
}

/// A parameter that a method takes.
const fn take(name: &'static str, kind: Kind) -> Parameter {
    let required = false;
    Parameter {
        name,
        kind,
        required,
    }
}

/// A field that every answer has.
const fn field(name: &'static str, kind: FieldKind) -> Field {
    let always = true;
    Field { name, kind, always }
}

/// A field that some answers have.
const fn maybe(name: &'static str, kind: FieldKind) -> Field {
    let always = false;
    Field { name, kind, always }
}

impl Method {
    /// Every method, those that are answered first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let absent = unserved::NOT_ENABLED.iter();
        let forbidden = unserved::FORBIDDEN.iter();
        let absent = absent.map(|name| Self::refused(name, Status::NotEnabled));
        let forbidden = forbidden.map(|name| Self::refused(name, Status::Forbidden));
        let answered = served::METHODS.iter().chain(messages::METHODS).copied();
        answered.chain(absent).chain(forbidden)
    }

    /// Those of one status.
    pub(crate) fn with(status: Status) -> impl Iterator<Item = Self> {
        Self::all().filter(move |method| method.status == status)
    }

    fn refused(name: &'static str, status: Status) -> Self {
        Self {
            name,
            status,
            parameters: &[],
            answer: &[],
            sample: "{}",
            test: "",
            note: "",
        }
    }

    /// Good parameters in the state that `state.rs` lays out.
    fn sample(&self) -> Value {
        serde_json::from_str(self.sample).expect("samples are JSON")
    }

    /// Where its meaning is tested.
    pub(crate) fn tested_in(&self) -> &'static str {
        match self.status {
            Status::Open | Status::Served => self.test,
            Status::NotEnabled => "methods::statuses::what_is_not_enabled_says_so",
            Status::Forbidden => "methods::statuses::what_is_not_allowed_is_refused_as_forbidden",
        }
    }
}

#[test]
fn the_table_has_every_method_of_the_gate_and_no_other() {
    let listed: Vec<_> = Method::all().map(|method| method.name).collect();
    let of_gate: Vec<_> = halloo_gate_rtm::client::methods().collect();
    let names = |list: &[&'static str]| list.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(names(&listed), names(&of_gate));
    assert_eq!(names(&listed).len(), listed.len(), "each stands once here");
    assert_eq!(names(&of_gate).len(), of_gate.len(), "and in the gate");
}
