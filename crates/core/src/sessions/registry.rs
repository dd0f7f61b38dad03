use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use smallvec::SmallVec;
use tracing::info;

use super::{CloseReason, Resource, Session, SessionId};
use crate::apps::AppId;
use crate::users::{User, UserName};
use crate::{Limits, Millis};

type OfUser = SmallVec<[Arc<Session>; 1]>;

/// Every live session of this process, by app and user name.
pub struct Sessions {
    apps: DashMap<AppId, Arc<DashMap<UserName, OfUser>>>,
    next: AtomicU64,
    outbox_bytes: usize,
}

impl Sessions {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            apps: DashMap::new(),
            next: AtomicU64::new(1),
            outbox_bytes: limits.outbox_bytes,
        }
    }

    /// Makes a session visible. [`crate::Core::open_session`] is the way in for gates.
    pub(crate) fn register(
        &self,
        user: &User,
        app: AppId,
        resource: Resource,
        now: Millis,
    ) -> Arc<Session> {
        let id = SessionId(self.next.fetch_add(1, Ordering::Relaxed));
        let owner = (app, user.id, user.name.clone());
        let session = Arc::new(Session::new(id, owner, resource, now, self.outbox_bytes));
        let of_app = Arc::clone(&self.apps.entry(app).or_default());
        of_app
            .entry(user.name.clone())
            .or_default()
            .push(Arc::clone(&session));
        session
    }

    /// Takes a session out: its connection is gone. Does nothing the second time.
    pub fn remove(&self, session: &Session) {
        let Some(of_app) = self.of_app(session.app) else {
            return;
        };
        if let Entry::Occupied(mut of_user) = of_app.entry(session.name.clone()) {
            of_user.get_mut().retain(|other| other.id != session.id);
            if of_user.get().is_empty() {
                of_user.remove();
            }
        }
    }

    /// Whether the user called `name`, in any letter case, has a session. Names that nobody has are
    /// offline.
    pub fn is_online(&self, app: AppId, name: &str) -> bool {
        self.online_among(app, [name]).next().unwrap_or(false)
    }

    /// [`Sessions::is_online`] for each of `names`, in order.
    pub fn online_among<'a>(
        &self,
        app: AppId,
        names: impl IntoIterator<Item = &'a str>,
    ) -> impl Iterator<Item = bool> {
        let of_app = self.of_app(app);
        names.into_iter().map(move |name| {
            let Some(of_app) = &of_app else { return false };
            let mut folded = [0; UserName::MOST_BYTES];
            let Some(folded) = folded.get_mut(..name.len()) else {
                return false;
            };
            folded.copy_from_slice(name.as_bytes());
            folded.make_ascii_lowercase();
            std::str::from_utf8(folded).is_ok_and(|name| of_app.contains_key(name))
        })
    }

    /// The sessions of a user, oldest first.
    pub fn of_user(&self, app: AppId, name: &UserName) -> Vec<Arc<Session>> {
        let of_user = self
            .of_app(app)
            .and_then(|a| a.get(name).map(|of_user| of_user.to_vec()));
        of_user.unwrap_or_default()
    }

    /// Closes every session of a user. He is offline when this returns. Returns how many there were.
    pub fn close_all(&self, app: AppId, name: &UserName, reason: CloseReason) -> usize {
        let removed = self.of_app(app).and_then(|of_app| of_app.remove(name));
        let sessions = removed.map(|(_, sessions)| sessions).unwrap_or_default();
        for session in &sessions {
            close(session, reason);
        }
        sessions.len()
    }

    /// Closes the sessions of a user on one resource. Returns how many there were.
    pub fn close_resource(
        &self,
        app: AppId,
        name: &UserName,
        resource: &str,
        reason: CloseReason,
    ) -> usize {
        let sessions = self.of_user(app, name);
        let hit = sessions
            .iter()
            .filter(|session| &*session.resource.id == resource);
        hit.map(|session| {
            self.remove(session);
            close(session, reason);
        })
        .count()
    }

    /// Closes everything, for shutting down.
    pub fn close_everything(&self) {
        for of_app in &self.apps {
            for of_user in of_app.iter() {
                for session in of_user.value() {
                    session.outbox.close(CloseReason::ShuttingDown);
                }
            }
        }
    }

    fn of_app(&self, app: AppId) -> Option<Arc<DashMap<UserName, OfUser>>> {
        self.apps.get(&app).map(|of_app| Arc::clone(&of_app))
    }
}

fn close(session: &Session, reason: CloseReason) {
    session.outbox.close(reason);
    info!(
        user.name = %session.name,
        session.resource = %session.resource.id,
        "Session of {} on {} closed: {reason}", session.name, session.resource.id
    );
}
