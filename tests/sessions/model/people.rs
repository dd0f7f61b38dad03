//! The model: who is there, on which sessions, and in which rooms.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use halloo_core::apps::RoomPolicy;
use halloo_core::sessions::{DeviceKind, LoginPolicy};
use halloo_testkit::rtm::Push;
use serde_json::{Value, json};

use crate::world::kickout;

/// Everybody whom the steps are about.
pub(super) const NAMES: [&str; 4] = ["1001", "maya.lin", "1002", "omar"];
/// Every room.
pub(super) const ROOMS: [i64; 3] = [31, 32, 33];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ban {
    Never,
    Until(i64),
    Forever,
}

/// A user; rooms that he is in, by whatever way.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) is_there: bool,
    pub(super) ban: Ban,
    /// Whether the token that he has opens anything.
    pub(super) has_token: bool,
    last: Value,
    rooms: BTreeSet<i64>,
}

impl Person {
    fn new() -> Self {
        Self {
            is_there: true,
            ban: Ban::Never,
            has_token: true,
            last: json!([null, null]),
            rooms: BTreeSet::new(),
        }
    }
}

/// A session, or one that has ended and whose client has not read yet what it was told.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) person: usize,
    pub(super) address: String,
    kind: DeviceKind,
    entered: BTreeSet<i64>,
    /// What its client is told, in order.
    pub(super) told: VecDeque<Push>,
    pub(super) has_ended: bool,
}

pub(super) struct Model {
    pub(super) now: i64,
    logins: LoginPolicy,
    room_policy: RoomPolicy,
    pub(super) people: Vec<Person>,
    /// By number, which rises.
    pub(super) sessions: BTreeMap<usize, Session>,
}

impl Model {
    pub(super) fn new(logins: LoginPolicy, room_policy: RoomPolicy, now: i64) -> Self {
        Self {
            now,
            logins,
            room_policy,
            people: NAMES.map(|_| Person::new()).to_vec(),
            sessions: BTreeMap::new(),
        }
    }

    /// The sessions of a person, oldest first.
    pub(super) fn of(&self, person: usize) -> Vec<usize> {
        let all = self.sessions.iter();
        let his = all.filter(|(_, session)| session.person == person && !session.has_ended);
        his.map(|(number, _)| *number).collect()
    }

    /// The live sessions of everybody.
    pub(super) fn live(&self) -> Vec<usize> {
        let all = self.sessions.iter();
        let live = all.filter(|(_, session)| !session.has_ended);
        live.map(|(number, _)| *number).collect()
    }

    pub(super) fn is_banned(&self, person: usize) -> bool {
        match self.people[person].ban {
            Ban::Never => false,
            Ban::Until(end) => self.now < end,
            Ban::Forever => true,
        }
    }

    /// What a login is answered.
    pub(super) fn admission(&self, person: usize) -> Result<bool, u32> {
        if !self.people[person].has_token {
            Ok(false)
        } else if self.is_banned(person) {
            Err(200_024)
        } else {
            Ok(true)
        }
    }

    /// A session begins. Returns whether others had to give way.
    pub(super) fn open(
        &mut self,
        number: usize,
        person: usize,
        kind: DeviceKind,
        address: &str,
    ) -> bool {
        let gives_way = |old: DeviceKind| match self.logins {
            LoginPolicy::AllDevices => false,
            LoginPolicy::OnePerKind => old == kind,
            LoginPolicy::Single => true,
        };
        let old = self.of(person).into_iter();
        let old: Vec<_> = old
            .filter(|old| gives_way(self.sessions[old].kind))
            .collect();
        let session = Session {
            person,
            address: address.to_owned(),
            kind,
            entered: BTreeSet::new(),
            told: VecDeque::new(),
            has_ended: false,
        };
        self.sessions.insert(number, session);
        for old in &old {
            self.throw_out(*old, "replaced");
        }
        !old.is_empty()
    }

    /// A session ends.
    pub(super) fn end(&mut self, number: usize, reason: &str) {
        let session = self.sessions.get_mut(&number).expect("it is there");
        session.has_ended = true;
        let (person, entered) = (session.person, session.entered.clone());
        let left = self.of(person);
        if left.is_empty() {
            self.people[person].last = json!([self.now, reason]);
            self.people[person].rooms.clear();
        } else {
            let kept = self.entered_by(&left);
            let rooms = &mut self.people[person].rooms;
            rooms.retain(|room| !entered.contains(room) || kept.contains(room));
        }
    }

    /// The server ends a session and says so.
    pub(super) fn throw_out(&mut self, number: usize, reason: &str) {
        self.end(number, reason);
        let session = self.sessions.get_mut(&number).expect("it is there");
        session.told.push_back(kickout(reason));
    }

    pub(super) fn throw_all_out(&mut self, person: usize, reason: &str) {
        for number in self.of(person) {
            self.throw_out(number, reason);
        }
    }

    fn entered_by(&self, sessions: &[usize]) -> BTreeSet<i64> {
        let entered = sessions.iter().map(|number| &self.sessions[number].entered);
        entered.flatten().copied().collect()
    }

    fn others(&self, number: usize) -> Vec<usize> {
        let mut others = self.of(self.sessions[&number].person);
        others.retain(|other| *other != number);
        others
    }

    /// A session enters a room.
    pub(super) fn enter(&mut self, number: usize, room: i64) {
        let elsewhere = self.entered_by(&self.others(number));
        let one = self.room_policy == RoomPolicy::One;
        let session = self.sessions.get_mut(&number).expect("it is there");
        if one {
            session.entered.clear();
        }
        session.entered.insert(room);
        let rooms = &mut self.people[session.person].rooms;
        if one {
            rooms.retain(|other| elsewhere.contains(other));
        }
        rooms.insert(room);
    }

    /// A session leaves a room.
    pub(super) fn leave(&mut self, number: usize, room: i64) {
        let elsewhere = self.entered_by(&self.others(number));
        let session = self.sessions.get_mut(&number).expect("it is there");
        session.entered.remove(&room);
        if !elsewhere.contains(&room) {
            self.people[session.person].rooms.remove(&room);
        }
    }

    /// The app puts somebody into a room.
    pub(super) fn put_in(&mut self, person: usize, room: i64) {
        self.people[person].rooms.insert(room);
    }

    /// The app takes somebody out of a room.
    pub(super) fn take_out(&mut self, person: usize, room: i64) {
        if self.people[person].rooms.remove(&room) {
            for number in self.of(person) {
                let session = self.sessions.get_mut(&number).expect("it is there");
                session.entered.remove(&room);
                let told = Push::one_way("kickoutroom", json!({"rid": room}));
                session.told.push_back(told);
            }
        }
    }

    /// Somebody is deleted.
    pub(super) fn delete(&mut self, person: usize) {
        self.throw_all_out(person, "user_deleted");
        self.people[person] = Person {
            is_there: false,
            has_token: false,
            ..Person::new()
        };
    }

    /// Somebody registers under a name that was free.
    pub(super) fn register(&mut self, person: usize) {
        self.people[person] = Person::new();
    }

    /// What can be seen.
    pub(super) fn seen(&self) -> Value {
        let each = self.people.iter().enumerate().map(|(number, person)| {
            let devices = self.of(number).into_iter();
            let devices: Vec<_> = devices.map(|n| &self.sessions[&n].address).collect();
            let banned = self.is_banned(number);
            person
                .is_there
                .then(|| json!([devices, person.last, banned]))
        });
        let is_online = |number: usize| !self.of(number).is_empty();
        let batch = NAMES.iter().enumerate().map(|(number, name)| {
            let word = if is_online(number) {
                "online"
            } else {
                "offline"
            };
            json!({*name: word})
        });
        let online = (0..NAMES.len()).filter(|number| is_online(*number));
        let rooms = ROOMS.map(|room| {
            let people = self.people.iter().zip(NAMES);
            let members = people.filter(|(person, _)| person.rooms.contains(&room));
            members.map(|(_, name)| name).collect::<Vec<_>>()
        });
        json!({
            "each": each.collect::<Vec<_>>(),
            "batch": batch.collect::<Vec<_>>(),
            "online": online.map(|number| NAMES[number]).collect::<Vec<_>>(),
            "rooms": rooms,
        })
    }
}
