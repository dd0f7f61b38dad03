//! Random logins, ends, kicks, bans and rooms against the server and against a model of a few lines; whatever
//! can be seen of both is compared after every step. A failure prints the steps that led to it, as few as
//! were found; `PROPTEST_RNG_SEED=n` repeats a run.

mod people;
mod steps;

use std::time::{Duration, Instant};

use halloo_core::apps::RoomPolicy;
use halloo_core::sessions::LoginPolicy;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use self::people::{Model, NAMES, ROOMS};
use self::steps::{Real, Step, step};
use crate::world::Place;

/// How long what nobody waits for may take: the end of a connection, and what follows from it.
const PATIENCE: Duration = Duration::from_secs(20);

/// What can be seen of the server, in the form of [`Model::seen`].
async fn seen(place: &mut Place, real: &Real) -> Value {
    let mut each = Vec::new();
    let mut online = Vec::new();
    for (person, name) in real.people.iter().zip(NAMES) {
        let path = format!("/users/{name}/resources");
        let shown = place.rest("GET", &path, None).await;
        if shown.status == 404 {
            each.push(Value::Null);
            continue;
        }
        let devices = place.devices(person).await;
        if !devices.is_empty() {
            online.push(name);
        }
        let banned = json!({"uid": person.uid});
        let banned = place.back_end.holds("isprojectblack", banned).await;
        each.push(json!([devices, place.last(person).await, banned]));
    }
    let body = json!({"usernames": NAMES});
    let batch = place.data("POST", "/users/batch/status", Some(&body)).await;
    let mut rooms = Vec::new();
    for room in ROOMS {
        let members = place.in_room(room).await;
        let names = real.people.iter().zip(NAMES);
        let names = names.filter(|(person, _)| members.contains(&person.uid));
        let names: Vec<_> = names.map(|(_, name)| name).collect();
        assert_eq!(names.len(), members.len(), "somebody else is in {room}");
        rooms.push(names);
    }
    json!({"each": each, "batch": batch, "online": online, "rooms": rooms})
}

/// Waits for the end of a connection and what follows from it, for which nobody has an answer. What is
/// looked at here is what changes last; whether everything agrees is looked at afterwards.
async fn settle(place: &mut Place, real: &Real, model: &Model) {
    let begun = Instant::now();
    let expected = model.seen();
    loop {
        let mut is_settled = true;
        for (number, person) in real.people.iter().enumerate() {
            if model.people[number].is_there {
                let found = place.resources(person).await["data"].clone();
                let found = found.as_array().map(Vec::len);
                is_settled &= found == Some(model.of(number).len());
                is_settled &= place.last(person).await == expected["each"][number][1];
            }
        }
        for (number, room) in ROOMS.into_iter().enumerate() {
            let asked = json!({"rid": room});
            let found = place.back_end.field("getroommembers", asked, "uids").await;
            let found = found.as_array().map(Vec::len);
            is_settled &= found == expected["rooms"][number].as_array().map(Vec::len);
        }
        if is_settled || begun.elapsed() > PATIENCE {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn agree(
    place: &mut Place,
    real: &mut Real,
    model: &mut Model,
    step: &Step,
) -> Result<(), TestCaseError> {
    if real.apply(place, model, step).await? {
        settle(place, real, model).await;
    }
    prop_assert_eq!(seen(place, real).await, model.seen());
    real.hear(model).await?;
    real.knock(place, model).await
}

#[test]
fn every_answer_about_sessions_is_what_a_simple_model_says() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: 16,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let logins = prop_oneof![
        2 => Just(LoginPolicy::AllDevices),
        1 => Just(LoginPolicy::OnePerKind),
        1 => Just(LoginPolicy::Single),
    ];
    let rooms = prop_oneof![Just(RoomPolicy::One), Just(RoomPolicy::Several)];
    let case = (logins, rooms, proptest::collection::vec(step(), 1..40));
    let server = std::cell::Cell::new(Some(runtime.block_on(Place::start())));
    let number = std::cell::Cell::new(0);
    let outcome = TestRunner::new(config).run(&case, |(logins, rooms, steps)| {
        number.set(number.get() + 1);
        let place = server.take().expect("it was put back");
        runtime.block_on(async {
            let name = format!("app-{}", number.get());
            let mut place = place.move_to_app(&name).await;
            place.set_logins(logins).await;
            place.set_rooms(rooms).await;
            let mut model = Model::new(logins, rooms, place.now());
            let mut real = Real::new(&mut place).await;
            let mut outcome = Ok(());
            for (at, step) in steps.iter().enumerate() {
                outcome = agree(&mut place, &mut real, &mut model, step).await;
                if let Err(why) = outcome {
                    outcome = Err(TestCaseError::fail(format!("step {at}, {step:?}: {why}")));
                    break;
                }
            }
            server.set(Some(place));
            outcome
        })
    });
    outcome.unwrap();
}
