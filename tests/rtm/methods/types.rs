//! Types of parameters: which values pass for which type. Source: FPNN sections 4.2 and 9.3, RTM server
//! gate section 2.

use halloo_fpnn::Map;
use halloo_testkit::rtm::{Parameters as _, packed};
use serde_json::{Value, json};

use super::kinds::{Encoded, Family};
use super::{Effect, Kind, Method, Parameter};
use crate::state::{all_at_once, lay_out, seen};
use crate::world::Gate;

const MISSING: u32 = 10_009;
const WRONG_TYPE: u32 = 10_010;
const EMPTY: u32 = 200_033;

/// Every parameter of every method that is served.
fn parameters() -> impl Iterator<Item = (&'static Method, &'static Parameter)> {
    Method::served().flat_map(|method| method.parameters.iter().map(move |p| (method, p)))
}

/// The sample of a method without one parameter.
fn without(method: &Method, name: &str) -> Value {
    let mut sample = method.sample();
    if (method.name, name) == ("getroomcount", "rid") {
        // Which is asked for where `rids` is not.
        return json!({});
    }
    sample.as_object_mut().expect("an object").remove(name);
    sample
}

/// The sample of a method with `value` for the parameter called `name`, put last.
fn with(method: &Method, name: &str, value: &[u8]) -> Map {
    without(method, name).into_map().raw(name, value)
}

#[tokio::test]
async fn a_parameter_of_another_type_is_refused_and_changes_nothing() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    lay_out(&gate, &mut caller).await;
    let before = seen(&gate, &mut caller).await;
    for (method, parameter) in parameters() {
        let wrong = parameter.kind.wrong();
        for name in [parameter.name].iter().chain(parameter.aliases) {
            let quests = wrong.iter().map(|(_, value)| {
                let params = without(method, parameter.name).into_map();
                (method.name, params.raw(name, value))
            });
            let answers = all_at_once(&mut caller, quests).await;
            for ((what, _), answer) in wrong.iter().zip(answers) {
                assert_eq!(answer, Err(WRONG_TYPE), "{}: {name} is {what}", method.name);
            }
        }
        let after = seen(&gate, &mut caller).await;
        assert_eq!(after, before, "{}: {}", method.name, parameter.name);
    }
}

#[tokio::test]
async fn a_parameter_that_is_missing_is_refused_and_changes_nothing() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    lay_out(&gate, &mut caller).await;
    let before = seen(&gate, &mut caller).await;
    for (method, parameter) in parameters().filter(|(_, parameter)| parameter.required) {
        let bare = without(method, parameter.name);
        let nil = with(method, parameter.name, &[0xc0]);
        let bare = caller.call(method.name, bare).await;
        assert_eq!(bare, Err(MISSING), "{}: {}", method.name, parameter.name);
        // Python sends nil where its caller left a list out.
        let code = match parameter.kind.family() {
            Family::Ids => EMPTY,
            _ => MISSING,
        };
        let nil = caller.call(method.name, nil).await;
        assert_eq!(nil, Err(code), "{}: {}", method.name, parameter.name);
    }
    assert_eq!(seen(&gate, &mut caller).await, before);
}

#[tokio::test]
async fn a_parameter_that_may_be_left_out_may_be_nil_and_means_the_same() {
    let gate = Gate::start().await;
    let mut number = 0;
    for (method, parameter) in parameters().filter(|(_, parameter)| !parameter.required) {
        if method.name == "getroomcount" {
            // One of its two is needed; see `rooms.rs`.
            continue;
        }
        if parameter.name == "mid" {
            // A message without a name is given one; see `tests/messages`.
            continue;
        }
        let rest = without(method, parameter.name);
        let mut outcomes = Vec::new();
        for params in [rest.into_map(), with(method, parameter.name, &[0xc0])] {
            number += 1;
            let app = gate.other(&format!("nil-{number}")).await;
            let gate = Gate::beside(&gate, app);
            let mut caller = gate.caller().await;
            lay_out(&gate, &mut caller).await;
            let answer = caller.call(method.name, params).await;
            outcomes.push((answer, seen(&gate, &mut caller).await));
        }
        let [left_out, nil] = &outcomes[..] else {
            panic!("two outcomes");
        };
        assert!(left_out.0.is_ok(), "{}: {}", method.name, parameter.name);
        assert_eq!(left_out, nil, "{}: {}", method.name, parameter.name);
    }
}

#[tokio::test]
async fn every_form_of_a_value_means_the_same() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    lay_out(&gate, &mut caller).await;
    let reads = parameters().filter(|(method, _)| method.effect == Effect::Reads);
    for (method, parameter) in reads {
        let sample = method.sample();
        let Some(value) = sample.get(parameter.name) else {
            continue;
        };
        let expected = caller.call(method.name, &sample).await;
        assert!(expected.is_ok(), "{}: {expected:?}", method.name);
        for (what, value) in parameter.kind.right(value) {
            let answer = caller
                .call(method.name, with(method, parameter.name, &value))
                .await;
            assert_eq!(
                answer, expected,
                "{}: {} as {what}",
                method.name, parameter.name
            );
        }
    }
}

#[tokio::test]
async fn every_form_of_a_value_changes_the_same() {
    let gate = Gate::start().await;
    let mut number = 0;
    let writes = parameters().filter(|(method, _)| method.effect == Effect::Writes);
    for (method, parameter) in writes {
        let sample = method.sample();
        let Some(value) = sample.get(parameter.name) else {
            continue;
        };
        // One form of each is enough here: they are read like those of the questions.
        let forms = parameter.kind.right(value);
        let form: Encoded = forms[number % forms.len()].clone();
        let mut outcomes = Vec::new();
        for value in [packed(value), form.1] {
            number += 1;
            let app = gate.other(&format!("form-{number}")).await;
            let gate = Gate::beside(&gate, app);
            let mut caller = gate.caller().await;
            lay_out(&gate, &mut caller).await;
            let answer = caller
                .call(method.name, with(method, parameter.name, &value))
                .await;
            outcomes.push((answer, seen(&gate, &mut caller).await));
        }
        let what = format!("{}: {} as {}", method.name, parameter.name, form.0);
        assert!(outcomes[0].0.is_ok(), "{what}");
        assert_eq!(outcomes[0], outcomes[1], "{what}");
    }
}

#[tokio::test]
async fn other_spellings_of_a_parameter_mean_the_same() {
    let gate = Gate::start().await;
    let mut number = 0;
    for (method, parameter) in parameters() {
        let sample = method.sample();
        let Some(value) = sample.get(parameter.name) else {
            continue;
        };
        let mut outcomes = Vec::new();
        for name in [parameter.name].iter().chain(parameter.aliases) {
            if parameter.aliases.is_empty() {
                continue;
            }
            number += 1;
            let app = gate.other(&format!("alias-{number}")).await;
            let gate = Gate::beside(&gate, app);
            let mut caller = gate.caller().await;
            lay_out(&gate, &mut caller).await;
            let params = without(method, parameter.name).into_map();
            let answer = caller
                .call(method.name, params.raw(name, &packed(value)))
                .await;
            assert!(answer.is_ok(), "{}: {name}", method.name);
            outcomes.push((*name, answer, seen(&gate, &mut caller).await));
        }
        for other in outcomes.iter().skip(1) {
            let first = &outcomes[0];
            assert_eq!(
                (&other.1, &other.2),
                (&first.1, &first.2),
                "{}: {}",
                method.name,
                other.0
            );
        }
    }
    assert_eq!(number, 3 + 8 * 2, "as many spellings as there are");
}

#[tokio::test]
async fn keys_that_nobody_knows_are_ignored() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    lay_out(&gate, &mut caller).await;
    for method in Method::served().filter(|method| method.effect == Effect::Reads) {
        let expected = caller.call(method.name, method.sample()).await;
        let sample = method.sample();
        let known = sample.as_object().expect("an object").iter();
        let noise = Map::new()
            .integer("__void__", 1)
            .raw("", &[0xc3])
            .raw("version", b"\xd4\x01\x02")
            .raw("UID", &[0xa1, 0xff])
            .raw("Gid", &[vec![0x91; 20], vec![0xc0]].concat());
        let params = known.fold(noise, |map, (key, value)| map.raw(key, &packed(value)));
        let params = (0..40).fold(params, |map, n| map.integer(&format!("x{n}"), n));
        let answer = caller.call(method.name, params).await;
        assert_eq!(answer, expected, "{}", method.name);
    }
}

#[tokio::test]
async fn of_equal_keys_the_last_counts() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    lay_out(&gate, &mut caller).await;
    for (method, parameter) in parameters().filter(|(method, _)| method.effect == Effect::Reads) {
        let sample = method.sample();
        let Some(value) = sample.get(parameter.name) else {
            continue;
        };
        let name = parameter.name;
        let right = packed(value);
        let wrong = match parameter.kind {
            Kind::Bool => [0x00],
            _ => [0xc3],
        };
        let rest = || without(method, name).into_map();
        let expected = caller.call(method.name, &sample).await;
        let last_right = rest()
            .raw(name, &wrong)
            .raw(name, &[0xc0])
            .raw(name, &right);
        let last_right = caller.call(method.name, last_right).await;
        assert_eq!(last_right, expected, "{}: {name}", method.name);
        let last_wrong = caller.call(method.name, rest().raw(name, &right).raw(name, &wrong));
        assert_eq!(last_wrong.await, Err(WRONG_TYPE), "{}: {name}", method.name);
        if parameter.required && parameter.kind.family() != Family::Ids {
            let last_nil = caller.call(method.name, rest().raw(name, &right).raw(name, &[0xc0]));
            assert_eq!(last_nil.await, Err(MISSING), "{}: {name}", method.name);
        }
    }
}

#[tokio::test]
async fn a_version_of_any_type_goes_with_a_token() {
    let gate = Gate::start().await;
    let mut caller = gate.caller().await;
    for version in [
        json!("PYTHON-2.2.6"),
        json!(7),
        json!({"a": []}),
        json!(null),
    ] {
        let params = json!({"uid": 5, "version": version});
        assert!(caller.call("gettoken", params).await.is_ok());
    }
}
