//! Every method of the server gate as the specification lists it, and what holds for all of them.

mod kinds;
mod limits;

mod served;
mod shapes;
mod statuses;
mod types;
mod unserved;

use serde_json::Value;

pub(crate) use kinds::{Family, FieldKind, Kind};

/// What becomes of a quest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Served,
    /// 200060.
    NotEnabled,
    /// 200020.
    Forbidden,
    /// 20004.
    Unknown,
    /// Answered below the gate.
    Transport,
}

/// What a quest does to what can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Reads,
    Writes,
    /// Changes what no quest shows.
    Hidden,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// Other spellings of its name, which older SDKs use.
    pub(crate) aliases: &'static [&'static str],
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
    pub(crate) effect: Effect,
    pub(crate) signed: bool,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) answer: &'static [Field],
    /// Codes that the specification names for it.
    pub(crate) codes: &'static [u32],
    sample: &'static str,
    /// Its name in the SDK manuals; empty: they have none.
    pub(crate) function: &'static str,
    /// The test of its meaning.
    pub(crate) test: &'static str,
    pub(crate) note: &'static str,
}

macro_rules! parameters {
    (($($need:ident: $needed:ident $(| $alias:ident)*),*)
     ($($take:ident: $taken:ident $(| $other:ident)*),*)) => {
        &[
            $($crate::methods::Parameter {
                name: stringify!($need),
                kind: $crate::methods::Kind::$needed,
                required: true,
                aliases: &[$(stringify!($alias)),*],
            },)*
            $($crate::methods::Parameter {
                name: stringify!($take),
                kind: $crate::methods::Kind::$taken,
                required: false,
                aliases: &[$(stringify!($other)),*],
            },)*
        ]
    };
}
use parameters;

macro_rules! answer {
    ($($field:ident: $kind:ident $($maybe:ident)?),*) => {
        &[$({
            const MAYBE: &[&str] = &[$(stringify!($maybe))?];
            $crate::methods::Field {
                name: stringify!($field),
                kind: $crate::methods::FieldKind::$kind,
                always: MAYBE.is_empty(),
            }
        }),*]
    };
}
use answer;

macro_rules! methods {
    ($($name:literal $effect:ident ($($needs:tt)*) -> ($($fields:tt)*) [$($code:literal),*]
        $sample:literal $function:literal $test:literal $note:literal;)*) => {
        &[$($crate::methods::Method {
            name: $name,
            status: $crate::methods::Status::Served,
            effect: $crate::methods::Effect::$effect,
            signed: true,
            parameters: $crate::methods::split!([] $($needs)*),
            answer: $crate::methods::answer!($($fields)*),
            codes: &[$($code),*],
            sample: $sample,
            function: $function,
            test: $test,
            note: $note,
        }),*]
    };
}
use methods;

macro_rules! others {
    ($($name:literal $status:ident $($unsigned:ident)? ($($needs:tt)*) -> ($($fields:tt)*)
        [$($code:literal),*] $note:literal;)*) => {
        &[$({
            const UNSIGNED: &[&str] = &[$(stringify!($unsigned))?];
            $crate::methods::Method {
                name: $name,
                status: $crate::methods::Status::$status,
                effect: $crate::methods::Effect::Reads,
                signed: UNSIGNED.is_empty(),
                parameters: $crate::methods::split!([] $($needs)*),
                answer: $crate::methods::answer!($($fields)*),
                codes: &[$($code),*],
                sample: "",
                function: "",
                test: "",
                note: $note,
            }
        }),*]
    };
}
use others;

/// Parts parameters at the `;` between those that are needed and those that are taken.
macro_rules! split {
    ([$($needs:tt)*] ; $($takes:tt)*) => {
        $crate::methods::parameters!(($($needs)*) ($($takes)*))
    };
    ([$($needs:tt)*] $next:tt $($rest:tt)*) => {
        $crate::methods::split!([$($needs)* $next] $($rest)*)
    };
}
use split;

impl Method {
    /// Every method, those that are served first.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        served::SERVED.iter().chain(unserved::UNSERVED)
    }

    /// Those that are served.
    pub(crate) fn served() -> impl Iterator<Item = &'static Self> {
        served::SERVED.iter()
    }

    /// Those of one status.
    pub(crate) fn with(status: Status) -> impl Iterator<Item = &'static Self> {
        Self::all().filter(move |method| method.status == status)
    }

    /// Good parameters in the state that [`crate::state::State::lay_out`] makes.
    pub(crate) fn sample(&self) -> Value {
        if self.sample.is_empty() {
            let one = |parameter: &Parameter| (parameter.name.to_owned(), parameter.kind.sample());
            return Value::Object(self.parameters.iter().map(one).collect());
        }
        serde_json::from_str(self.sample).expect("samples are JSON")
    }

    /// Where its meaning is tested.
    pub(crate) fn tested_in(&self) -> &'static str {
        match (self.status, self.name) {
            (Status::Served, _) => self.test,
            (Status::NotEnabled, _) => "methods::statuses::what_is_not_enabled_says_so",
            (Status::Forbidden, _) => {
                "methods::statuses::what_is_not_allowed_is_refused_as_forbidden"
            }
            (Status::Unknown, _) => "methods::statuses::what_is_not_there_is_an_unknown_method",
            (Status::Transport, "*ping") => {
                "hostile::a_ping_is_answered_with_the_time_of_the_server"
            }
            (Status::Transport, _) => "encryption::every_mode_and_strength_works_on_both_curves",
        }
    }
}

#[test]
fn every_method_stands_once_in_the_table() {
    let mut names: Vec<_> = Method::all().map(|method| method.name).collect();
    assert_eq!(names.len(), 136, "as many as the specification lists");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 136);
    let functions = Method::all().filter(|method| !method.function.is_empty());
    assert_eq!(functions.count(), 26, "the functions of the three manuals");
    for method in Method::served() {
        let sample = method.sample();
        for parameter in method.parameters.iter().filter(|p| p.required) {
            let sampled = sample.get(parameter.name).is_some();
            assert!(sampled, "{} without {}", method.name, parameter.name);
        }
    }
}
