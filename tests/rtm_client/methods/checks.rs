//! Parameters and answers of every method that is served: which values pass for which type. Source: RTM client
//! gate sections 3 and 8, FPNN 9.3.

use halloo_testkit::rtm::{Parameters as _, packed};
use serde_json::{Value, json};

use super::kinds::{Encoded, Family};
use super::state::{lay_out, seen};
use super::{Kind, Method, Parameter, Status};
use crate::world::World;

const MISSING: u32 = 10_009;
const WRONG_TYPE: u32 = 10_010;
const EMPTY: u32 = 200_033;

/// Every parameter of every method that is served.
fn parameters() -> impl Iterator<Item = (Method, Parameter)> {
    Method::with(Status::Served)
        .flat_map(|method| method.parameters.iter().map(move |p| (method, *p)))
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

/// Values of other types.
fn wrong(kind: Kind) -> Vec<Encoded> {
    match kind {
        Kind::Bool => vec![
            ("0", vec![0x00]),
            ("1", vec![0x01]),
            ("text", packed(&json!("true"))),
            ("a list", packed(&json!([true]))),
            ("an extension", vec![0xd4, 1, 2]),
        ],
        // Attributes: see `login.rs`.
        Kind::TextMap => Vec::new(),
        _ => kind.wrong(),
    }
}

#[tokio::test]
async fn a_parameter_of_another_type_is_refused_and_changes_nothing() {
    let world = World::start().await;
    let mut client = lay_out(&world).await;
    let before = seen(&world, &mut client).await;
    for (method, parameter) in parameters() {
        let name = parameter.name;
        for (what, value) in wrong(parameter.kind) {
            let params = without(&method, name).into_map().raw(name, &value);
            let answer = client.call(method.name, params).await;
            assert_eq!(answer, Err(WRONG_TYPE), "{}: {name} is {what}", method.name);
        }
        let after = seen(&world, &mut client).await;
        assert_eq!(after, before, "{}: {name}", method.name);
    }
}

#[tokio::test]
async fn a_parameter_that_is_missing_or_nil_is_refused_and_changes_nothing() {
    let world = World::start().await;
    let mut client = lay_out(&world).await;
    let before = seen(&world, &mut client).await;
    for (method, parameter) in parameters().filter(|(_, parameter)| parameter.required) {
        let name = parameter.name;
        let (missing, nil) = match parameter.kind {
            kind if kind.family() == Family::Ids => (MISSING, EMPTY),
            _ => (MISSING, MISSING),
        };
        let bare = client.call(method.name, without(&method, name)).await;
        assert_eq!(bare, Err(missing), "{}: {name}", method.name);
        let with_nil = without(&method, name).into_map().raw(name, &[0xc0]);
        let with_nil = client.call(method.name, with_nil).await;
        assert_eq!(with_nil, Err(nil), "{}: {name}", method.name);
    }
    for nothing in [json!({}), json!({"rids": null, "rid": null})] {
        let answer = client.call("getroomcount", nothing).await;
        assert_eq!(answer, Err(EMPTY));
    }
    assert_eq!(seen(&world, &mut client).await, before);
}

#[tokio::test]
async fn a_parameter_that_may_be_left_out_may_be_nil_and_means_the_same() {
    for (method, parameter) in parameters().filter(|(_, parameter)| !parameter.required) {
        if method.name == "getroomcount" {
            // One of its two is needed.
            continue;
        }
        if method.name == "delmsg" || (method.name.starts_with("send") && parameter.name == "mid") {
            // A second time that means another message; see `tests/messages`.
            continue;
        }
        let (world, name) = (World::start().await, parameter.name);
        let mut client = lay_out(&world).await;
        let bare = client.call(method.name, without(&method, name)).await;
        assert!(bare.is_ok(), "{}: {name}: {bare:?}", method.name);
        let after = seen(&world, &mut client).await;
        let nil = without(&method, name).into_map().raw(name, &[0xc0]);
        assert_eq!(
            client.call(method.name, nil).await,
            bare,
            "{}: {name}",
            method.name
        );
        assert_eq!(
            seen(&world, &mut client).await,
            after,
            "{}: {name}",
            method.name
        );
    }
}

#[tokio::test]
async fn every_form_of_a_value_means_the_same() {
    let world = World::start().await;
    let mut client = lay_out(&world).await;
    for (method, parameter) in parameters() {
        let (name, sample) = (parameter.name, method.sample());
        let Some(value) = sample.get(name) else {
            continue;
        };
        if method.name == "delmsg" {
            // A second time it is gone.
            continue;
        }
        // Samples may come again without changing anything more.
        let expected = client.call(method.name, &sample).await;
        assert!(expected.is_ok(), "{}: {expected:?}", method.name);
        let state = seen(&world, &mut client).await;
        for (what, value) in parameter.kind.right(value) {
            let params = without(&method, name).into_map().raw(name, &value);
            let answer = client.call(method.name, params).await;
            assert_eq!(answer, expected, "{}: {name} as {what}", method.name);
        }
        assert_eq!(seen(&world, &mut client).await, state, "{}", method.name);
    }
}

#[tokio::test]
async fn answers_have_their_fields_and_no_others() {
    let world = World::start().await;
    let mut client = lay_out(&world).await;
    for method in Method::with(Status::Served) {
        let sampled = method.sample();
        for parameter in method.parameters.iter().filter(|p| p.required) {
            assert!(sampled.get(parameter.name).is_some(), "{}", method.name);
        }
        let answer = client.call(method.name, sampled).await;
        let answer = answer.unwrap_or_else(|code| panic!("{}: {code}", method.name));
        let answer = answer.as_object().expect("a map");
        for field in method.answer {
            let value = answer.get(field.name);
            assert!(
                value.is_some() || !field.always,
                "{}: {}",
                method.name,
                field.name
            );
            let fits = value.is_none_or(|value| field.kind.fits(value));
            assert!(fits, "{}: {} is {value:?}", method.name, field.name);
        }
        for name in answer.keys() {
            let known = method.answer.iter().any(|field| field.name == name);
            assert!(known, "{}: {name}", method.name);
        }
    }
}

#[tokio::test]
async fn every_list_takes_its_longest_and_not_one_more() {
    let world = World::start().await;
    let mut client = lay_out(&world).await;
    for (method, parameter) in parameters() {
        let Some(most) = parameter.kind.most() else {
            continue;
        };
        if method.name == "enterrooms" {
            // See `rooms.rs`: it takes far fewer.
            continue;
        }
        if ["cleantargetunread", "sendmsgs"].contains(&method.name) {
            // The two lists of the one share what they take, and the other may not name so many strangers; see
            // `tests/messages`.
            continue;
        }
        let name = parameter.name;
        let with = |count: i64| {
            let ids: Value = (100_000..100_000 + count).collect();
            without(&method, name).into_map().raw(name, &packed(&ids))
        };
        let longest = client.call(method.name, with(most)).await;
        assert!(longest.is_ok(), "{}: {longest:?}", method.name);
        let before = seen(&world, &mut client).await;
        let longer = client.call(method.name, with(most + 1)).await;
        assert_eq!(longer, Err(200_032), "{}", method.name);
        assert_eq!(seen(&world, &mut client).await, before, "{}", method.name);
    }
}

/// What is to be seen after each method's sample, in order; which port the client comes from is left out.
async fn course(is_one_way: bool) -> Vec<(&'static str, String)> {
    let world = World::start().await;
    let mut client = lay_out(&world).await;
    let mut course = Vec::new();
    for method in Method::with(Status::Served) {
        if is_one_way {
            let params = method.sample().into_map().finish();
            client.wire.tell(method.name, params);
        } else {
            let answer = client.call(method.name, method.sample()).await;
            assert!(answer.is_ok(), "{}", method.name);
        }
        let seen = seen(&world, &mut client).await.to_string();
        course.push((method.name, seen.replace(&client.address, "ce")));
    }
    course
}

#[tokio::test]
async fn quests_that_want_no_answer_have_the_same_effect() {
    let (two_way, one_way) = (course(false).await, course(true).await);
    for (expected, seen) in two_way.iter().zip(&one_way) {
        assert_eq!(seen, expected);
    }
    let changes = two_way.windows(2).filter(|pair| pair[0].1 != pair[1].1);
    assert!(changes.count() > 12, "most changes can be seen");
}
