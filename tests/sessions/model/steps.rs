//! The steps, and the server's side of each.

use std::collections::BTreeMap;

use halloo_core::sessions::DeviceKind;
use halloo_testkit::rtm::RtmClient;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::people::{Ban, Model, NAMES, ROOMS};
use crate::world::{Door, Person, Place};

/// Sessions are chosen by a number that is taken modulo how many there are.
#[derive(Clone, Debug)]
pub(super) enum Step {
    LogIn(usize, Door, DeviceKind),
    Drop(usize),
    Bye(usize),
    KickAll(usize, usize),
    KickOne(usize, usize),
    Ban(usize, Option<i64>),
    Unban(usize, bool),
    Password(usize),
    Delete(usize),
    Enter(usize, i64),
    Leave(usize, i64),
    PutIn(usize, i64),
    TakeOut(usize, i64),
    Wait(i64),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let person = || 0..NAMES.len();
    let session = 0..64_usize;
    let room = || proptest::sample::select(&ROOMS);
    let door = proptest::sample::select(&Door::ALL);
    let kind = prop_oneof![
        Just(DeviceKind::Mobile),
        Just(DeviceKind::Web),
        Just(DeviceKind::Desktop)
    ];
    let ban = prop_oneof![Just(None), (1..40_i64).prop_map(Some)];
    prop_oneof![
        12 => (person(), door, kind).prop_map(|(p, d, k)| Step::LogIn(p, d, k)),
        2 => session.clone().prop_map(Step::Drop),
        2 => session.clone().prop_map(Step::Bye),
        2 => (person(), 0..4_usize).prop_map(|(p, by)| Step::KickAll(p, by)),
        3 => (session.clone(), 0..4_usize).prop_map(|(s, by)| Step::KickOne(s, by)),
        2 => (person(), ban).prop_map(|(p, seconds)| Step::Ban(p, seconds)),
        2 => (person(), any::<bool>()).prop_map(|(p, rest)| Step::Unban(p, rest)),
        1 => person().prop_map(Step::Password),
        1 => person().prop_map(Step::Delete),
        5 => (session.clone(), room()).prop_map(|(s, r)| Step::Enter(s, r)),
        2 => (session, room()).prop_map(|(s, r)| Step::Leave(s, r)),
        2 => (person(), room()).prop_map(|(p, r)| Step::PutIn(p, r)),
        2 => (person(), room()).prop_map(|(p, r)| Step::TakeOut(p, r)),
        2 => (0..30_000_i64).prop_map(Step::Wait),
    ]
}

/// The server's side: the people and their clients, numbered like the sessions of the model.
pub(super) struct Real {
    pub(super) people: Vec<Person>,
    clients: BTreeMap<usize, RtmClient>,
    next: usize,
}

impl Real {
    pub(super) async fn new(place: &mut Place) -> Self {
        let mut people = Vec::new();
        for name in NAMES {
            people.push(place.person(name).await);
        }
        let clients = BTreeMap::new();
        Self {
            people,
            clients,
            next: 0,
        }
    }

    /// Carries a step out on both sides. Returns whether something of it comes later.
    pub(super) async fn apply(
        &mut self,
        place: &mut Place,
        model: &mut Model,
        step: &Step,
    ) -> Result<bool, TestCaseError> {
        let live = model.live();
        let chosen = |n: usize| (!live.is_empty()).then(|| live[n % live.len()]);
        match *step {
            Step::LogIn(person, door, kind) => {
                return self.log_in(place, model, (person, door, kind)).await;
            }
            Step::Wait(millis) => {
                place.advance_ms(millis);
                model.now += millis;
            }
            Step::Drop(n) => {
                let Some(number) = chosen(n) else {
                    return Ok(false);
                };
                self.clients.remove(&number);
                model.end(number, "connection_lost");
                model.sessions.remove(&number);
                return Ok(true);
            }
            Step::Bye(n) => {
                let Some(number) = chosen(n) else {
                    return Ok(false);
                };
                self.ask(number, "bye", json!({})).await?;
                model.end(number, "logged_out");
            }
            Step::KickOne(n, by) => {
                let Some(number) = chosen(n) else {
                    return Ok(false);
                };
                self.kick_one(place, model, number, by).await?;
            }
            Step::Enter(n, room) => {
                let Some(number) = chosen(n) else {
                    return Ok(false);
                };
                self.ask(number, "enterroom", json!({"rid": room})).await?;
                model.enter(number, room);
            }
            Step::Leave(n, room) => {
                let Some(number) = chosen(n) else {
                    return Ok(false);
                };
                self.ask(number, "leaveroom", json!({"rid": room})).await?;
                model.leave(number, room);
            }
            Step::KickAll(person, _)
            | Step::Ban(person, _)
            | Step::Unban(person, _)
            | Step::Password(person)
            | Step::Delete(person)
            | Step::PutIn(person, _)
            | Step::TakeOut(person, _) => {
                if model.people[person].is_there {
                    self.act_on(place, model, person, step).await;
                }
            }
        }
        Ok(false)
    }

    /// The app does something to somebody who is there.
    async fn act_on(&self, place: &mut Place, model: &mut Model, person: usize, step: &Step) {
        let (name, uid) = (NAMES[person], self.people[person].uid);
        let path = |rest: &str| format!("/users/{name}/{rest}");
        match *step {
            Step::KickAll(_, by) => {
                match by {
                    0 => drop(place.rest("GET", &path("disconnect"), None).await.ok()),
                    1 => drop(place.rest("POST", &path("disconnect"), None).await.ok()),
                    _ => place.back_end.done("kickout", json!({"uid": uid})).await,
                }
                model.throw_all_out(person, "kicked");
            }
            Step::Ban(_, None) => {
                place.rest("POST", &path("deactivate"), None).await.ok();
                model.people[person].ban = Ban::Forever;
                model.throw_all_out(person, "banned");
            }
            Step::Ban(_, Some(seconds)) => {
                let black = json!({"uid": uid, "btime": seconds});
                place.back_end.done("addprojectblack", black).await;
                model.people[person].ban = Ban::Until(model.now + seconds * 1000);
                model.throw_all_out(person, "banned");
            }
            Step::Unban(_, over_rest) => {
                if over_rest {
                    place.rest("POST", &path("activate"), None).await.ok();
                } else {
                    let white = json!({"uid": uid});
                    place.back_end.done("removeprojectblack", white).await;
                }
                model.people[person].ban = Ban::Never;
            }
            Step::Password(_) => {
                let new = json!({"newpassword": "another"});
                place.rest("PUT", &path("password"), Some(&new)).await.ok();
                model.people[person].has_token = false;
                model.throw_all_out(person, "password_changed");
            }
            Step::Delete(_) => {
                let path = format!("/users/{name}");
                place.rest("DELETE", &path, None).await.ok();
                model.delete(person);
            }
            Step::PutIn(_, room) => {
                let member = json!({"rid": room, "uid": uid});
                place.back_end.done("addroommember", member).await;
                model.put_in(person, room);
            }
            Step::TakeOut(_, room) => {
                let member = json!({"rid": room, "uid": uid});
                place.back_end.done("delroommember", member).await;
                model.take_out(person, room);
            }
            _ => panic!("{step:?} is done elsewhere"),
        }
    }

    async fn log_in(
        &mut self,
        place: &mut Place,
        model: &mut Model,
        (person, door, kind): (usize, Door, DeviceKind),
    ) -> Result<bool, TestCaseError> {
        // Devices that displace each other within seconds are another story.
        place.advance_ms(10_000);
        model.now += 10_000;
        if !model.people[person].is_there {
            self.people[person] = place.person(NAMES[person]).await;
            model.register(person);
        } else if !model.people[person].has_token {
            self.people[person].token = place.token(self.people[person].uid).await;
            model.people[person].has_token = true;
        }
        let version = match kind {
            DeviceKind::Mobile => "Android-2.7.0",
            DeviceKind::Web => "WebSocket_2.7.6",
            DeviceKind::Desktop => "C#-2.7.0",
        };
        let Person { uid, token, .. } = &self.people[person];
        let params = json!({"uid": uid, "token": token, "version": version});
        let mut client = place.connect(door).await;
        let answer = client.log_in_with(params).await;
        prop_assert_eq!(answer, model.admission(person));
        if answer != Ok(true) {
            return Ok(false);
        }
        let displaces = model.open(self.next, person, kind, &client.address);
        self.clients.insert(self.next, client);
        self.next += 1;
        Ok(displaces)
    }

    async fn kick_one(
        &mut self,
        place: &mut Place,
        model: &mut Model,
        number: usize,
        by: usize,
    ) -> Result<(), TestCaseError> {
        let session = &model.sessions[&number];
        let (person, resource) = (session.person, session.address.clone());
        let (name, uid) = (NAMES[person], self.people[person].uid);
        let other = model.of(person).into_iter().find(|other| *other != number);
        match (by, other) {
            (0, Some(other)) => {
                let quest = json!({"ce": resource});
                self.ask(other, "kickout", quest).await?;
            }
            (1, _) => {
                let path = format!("/users/{name}/disconnect/{resource}");
                let done = place.data("DELETE", &path, None).await;
                prop_assert_eq!(done, json!({"result": true}));
            }
            _ => {
                let quest = json!({"uid": uid, "ce": resource});
                place.back_end.done("kickout", quest).await;
            }
        }
        model.throw_out(number, "kicked");
        Ok(())
    }

    /// A client asks for a change.
    async fn ask(
        &mut self,
        number: usize,
        method: &str,
        params: Value,
    ) -> Result<(), TestCaseError> {
        let client = self.clients.get_mut(&number).expect("it is connected");
        let asked = client.ask(method, params);
        let answer = client.answer(asked).await;
        prop_assert_eq!(answer, Some(Ok(json!({}))), "{}", method);
        Ok(())
    }

    /// Every client hears what it is told, and those that are thrown out nothing else.
    pub(super) async fn hear(&mut self, model: &mut Model) -> Result<(), TestCaseError> {
        for (number, session) in &mut model.sessions {
            let client = self.clients.get_mut(number).expect("it is connected");
            while let Some(told) = session.told.pop_front() {
                prop_assert_eq!(client.push().await, Some(told));
            }
        }
        let ended = |number: &usize| model.sessions[number].has_ended;
        self.clients.retain(|number, _| !ended(number));
        model.sessions.retain(|_, session| !session.has_ended);
        Ok(())
    }

    /// Whoever may not log in is refused.
    pub(super) async fn knock(&self, place: &Place, model: &Model) -> Result<(), TestCaseError> {
        for (number, person) in self.people.iter().enumerate() {
            let expected = model.admission(number);
            if expected != Ok(true) {
                prop_assert_eq!(place.tries(person).await, expected, "{}", NAMES[number]);
            }
        }
        Ok(())
    }
}
