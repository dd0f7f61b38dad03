//! Listeners: connections of an app's back end that get a copy of what its users say to each other, and hear
//! of logins. What they want ends with the connection. Source: RTM server gate section 6.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use dashmap::DashMap;

use crate::apps::AppId;
use crate::groups::GroupId;
use crate::messages::{Conversation, Posted};
use crate::rooms::RoomId;
use crate::sessions::{Event, Outlet};
use crate::users::{Named, Uid};
use crate::{Error, Limits, Result};

/// What is heard beside messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// A session was opened.
    Login,
    /// A session ended.
    Logout,
}

impl Occasion {
    /// The one called `login` or `logout`.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "login" => Some(Self::Login),
            "logout" => Some(Self::Logout),
            _ => None,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Logout => "logout",
        }
    }
}

/// What a listener wants to hear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the wire"
)]
struct Wants {
    /// What these write in pairs, and what is written to them there.
    users: HashSet<Uid>,
    /// What is said in these groups.
    groups: HashSet<GroupId>,
    /// What is said in these rooms.
    rooms: HashSet<RoomId>,
    /// These occasions.
    occasions: HashSet<Occasion>,
    /// What is said in every pair.
    every_user: bool,
    /// What is said in every group.
    every_group: bool,
    /// What is said in every room.
    every_room: bool,
    /// Every occasion.
    every_occasion: bool,
}

impl Wants {
    fn check(&self, limits: &Limits) -> Result<()> {
        let most = limits.listened_ids;
        for (what, sent) in [
            ("the list of users", self.users.len()),
            ("the list of groups", self.groups.len()),
            ("the list of rooms", self.rooms.len()),
        ] {
            if sent > most {
                return Err(Error::TooMany { what, sent, most });
            }
        }
        Ok(())
    }

    fn message(&self, posted: &Posted) -> bool {
        let message = &posted.message;
        match message.conversation {
            Conversation::Pair(..) => {
                let receiver = posted.receiver.as_ref().map(Named::uid);
                let is_listed = || {
                    let both = [Some(message.sender.uid()), receiver];
                    both.into_iter()
                        .flatten()
                        .any(|uid| self.users.contains(&uid))
                };
                self.every_user || (!self.users.is_empty() && is_listed())
            }
            Conversation::Group(group) => self.every_group || self.groups.contains(&group),
            Conversation::Room(room) => self.every_room || self.rooms.contains(&room),
            // No back end knows a push for it.
            Conversation::Broadcast => false,
        }
    }

    fn occasion(&self, occasion: Occasion) -> bool {
        self.every_occasion || self.occasions.contains(&occasion)
    }
}

/// How a listener changes what it wants: lists that are given, flags that are given.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Users.
    pub users: Option<Vec<Uid>>,
    /// Groups.
    pub groups: Option<Vec<GroupId>>,
    /// Rooms.
    pub rooms: Option<Vec<RoomId>>,
    /// Occasions.
    pub occasions: Option<Vec<Occasion>>,
    /// Every pair, or not.
    pub every_user: Option<bool>,
    /// Every group, or not.
    pub every_group: Option<bool>,
    /// Every room, or not.
    pub every_room: Option<bool>,
    /// Every occasion, or not.
    pub every_occasion: Option<bool>,
}

/// What becomes of the lists that are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// They are added.
    Add,
    /// They are taken away.
    Remove,
    /// They take the place of what there was.
    Set,
}

fn change<T: Copy + Eq + Hash>(all: &mut HashSet<T>, change: Change, given: Option<Vec<T>>) {
    match (change, given) {
        (_, None) => {}
        (Change::Add, Some(given)) => all.extend(given),
        (Change::Remove, Some(given)) => given.iter().for_each(|one| {
            all.remove(one);
        }),
        (Change::Set, Some(given)) => *all = given.into_iter().collect(),
    }
}

/// One connection that listens.
pub struct Listener {
    id: u64,
    app: AppId,
    wants: RwLock<Wants>,
    outlet: Box<dyn Outlet>,
}

impl Listener {
    /// Changes what it wants to hear. Flags say what holds from now on, whatever becomes of the lists.
    /// # Errors
    /// [`Error::TooMany`]; nothing changes then.
    pub fn change(&self, how: Change, wanted: Wanted, limits: &Limits) -> Result<()> {
        let mut wants = self.wants.write().unwrap_or_else(PoisonError::into_inner);
        let mut new = wants.clone();
        change(&mut new.users, how, wanted.users);
        change(&mut new.groups, how, wanted.groups);
        change(&mut new.rooms, how, wanted.rooms);
        change(&mut new.occasions, how, wanted.occasions);
        new.every_user = wanted.every_user.unwrap_or(new.every_user);
        new.every_group = wanted.every_group.unwrap_or(new.every_group);
        new.every_room = wanted.every_room.unwrap_or(new.every_room);
        new.every_occasion = wanted.every_occasion.unwrap_or(new.every_occasion);
        new.check(limits)?;
        *wants = new;
        Ok(())
    }

    fn hears(&self, event: &Event) -> bool {
        let wants = self.wants.read().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Message(posted) => wants.message(posted),
            Event::Presence { occasion, .. } => wants.occasion(*occasion),
            Event::TakenOutOfRoom(_) => false,
        }
    }
}

/// The listeners of every app.
#[derive(Default)]
pub struct Listeners {
    apps: DashMap<AppId, Vec<Arc<Listener>>>,
    next: AtomicU64,
}

impl Listeners {
    /// A connection of `app`'s back end listens from now on, to nothing at first. What it hears goes to
    /// `outlet`.
    pub fn listen(&self, app: AppId, outlet: Box<dyn Outlet>) -> Arc<Listener> {
        let listener = Arc::new(Listener {
            id: self.next.fetch_add(1, Ordering::Relaxed),
            app,
            wants: RwLock::default(),
            outlet,
        });
        self.apps
            .entry(app)
            .or_default()
            .push(Arc::clone(&listener));
        listener
    }

    /// The connection is gone.
    pub fn end(&self, listener: &Listener) {
        if let Some(mut of_app) = self.apps.get_mut(&listener.app) {
            of_app.retain(|other| other.id != listener.id);
        }
        self.apps
            .remove_if(&listener.app, |_, of_app| of_app.is_empty());
    }

    /// Tells `event` to those who want to hear it.
    pub(crate) fn tell(&self, app: AppId, event: &Event) {
        if self.apps.is_empty() {
            return;
        }
        let Some(of_app) = self.apps.get(&app) else {
            return;
        };
        for listener in of_app.iter().filter(|listener| listener.hears(event)) {
            listener.outlet.deliver(event);
        }
    }
}
