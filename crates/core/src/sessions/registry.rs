use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use smallvec::SmallVec;
use tokio::task::JoinHandle;
use tracing::{error, info};

use super::{CloseReason, Resource, Session, SessionId};
use crate::apps::AppId;
use crate::users::{Uid, User, UserName};
use crate::{Context, Millis};

type OfUser = SmallVec<[Arc<Session>; 1]>;

/// The sessions of one app.
#[derive(Default)]
struct OfApp {
    by_name: DashMap<UserName, OfUser>,
    /// Whoever has an entry in `by_name`. Written only under the lock of that entry.
    online: RwLock<HashSet<Uid>>,
}

/// Sessions that were closed.
#[derive(Default)]
pub(crate) struct Closed {
    count: usize,
    /// Takes the user out of his rooms, if that was his last session.
    leaving: Option<JoinHandle<()>>,
}

impl Closed {
    /// Waits until everything that follows is done. Returns how many there were.
    pub(crate) async fn settle(self) -> usize {
        if let Some(leaving) = self.leaving {
            // What failed there stands in the log.
            let _ = leaving.await;
        }
        self.count
    }
}

/// Every live session of this process, by app and user name.
pub struct Sessions {
    apps: DashMap<AppId, Arc<OfApp>>,
    next: AtomicU64,
    context: Context,
}

impl Sessions {
    pub(crate) fn new(context: Context) -> Self {
        Self {
            apps: DashMap::new(),
            next: AtomicU64::new(1),
            context,
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
        let outbox_bytes = self.context.limits.outbox_bytes;
        let session = Arc::new(Session::new(id, owner, resource, now, outbox_bytes));
        let of_app = Arc::clone(&self.apps.entry(app).or_default());
        let mut of_user = of_app.by_name.entry(user.name.clone()).or_default();
        if of_user.is_empty() {
            of_app.set_online(user.uid(), true);
        }
        of_user.push(Arc::clone(&session));
        drop(of_user);
        session
    }

    /// Takes a session out: its connection is gone. Does nothing the second time.
    pub fn remove(&self, session: &Session) {
        self.take_out(session);
    }

    /// [`Sessions::remove`]; the task that follows if it was the user's last session.
    fn take_out(&self, session: &Session) -> Option<JoinHandle<()>> {
        let of_app = self.of_app(session.app)?;
        let Entry::Occupied(mut of_user) = of_app.by_name.entry(session.name.clone()) else {
            return None;
        };
        of_user.get_mut().retain(|other| other.id != session.id);
        if !of_user.get().is_empty() {
            return None;
        }
        of_app.set_online(Uid::of(session.user, &session.name), false);
        of_user.remove();
        Some(self.leave_rooms(&of_app, session))
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
            std::str::from_utf8(folded).is_ok_and(|name| of_app.by_name.contains_key(name))
        })
    }

    /// Those of `uids` who are online, each once, in order of their numbers.
    pub fn online_uids(&self, app: AppId, uids: &[Uid]) -> Vec<Uid> {
        let Some(of_app) = self.of_app(app) else {
            return Vec::new();
        };
        let online = of_app.online.read().unwrap_or_else(PoisonError::into_inner);
        let on = |uid: &Uid| online.contains(uid);
        let mut hit: Vec<Uid> = uids.iter().copied().filter(on).collect();
        drop(online);
        hit.sort_unstable();
        hit.dedup();
        hit
    }

    /// The sessions of a user, oldest first.
    pub fn of_user(&self, app: AppId, name: &UserName) -> Vec<Arc<Session>> {
        let of_user = self
            .of_app(app)
            .and_then(|a| a.by_name.get(name).map(|of_user| of_user.to_vec()));
        of_user.unwrap_or_default()
    }

    /// Closes the sessions of a user, on `resource` only if one is given. He is offline there, and out
    /// of his rooms if that was all, when this returns. Returns how many there were.
    /// Sources: Easemob REST 3.24 and 3.25, RTM server gate 4.2.
    pub async fn kick(&self, app: AppId, name: &UserName, resource: Option<&str>) -> usize {
        let closed = match resource {
            Some(resource) => self.close_resource(app, name, resource, CloseReason::Kicked),
            None => self.close_all(app, name, CloseReason::Kicked),
        };
        closed.settle().await
    }

    /// Closes every session of a user. He is offline when this returns.
    pub(crate) fn close_all(&self, app: AppId, name: &UserName, reason: CloseReason) -> Closed {
        let Some(of_app) = self.of_app(app) else {
            return Closed::default();
        };
        let Entry::Occupied(of_user) = of_app.by_name.entry(name.clone()) else {
            return Closed::default();
        };
        if let Some(session) = of_user.get().first() {
            of_app.set_online(Uid::of(session.user, name), false);
        }
        let sessions = of_user.remove();
        for session in &sessions {
            close(session, reason);
        }
        Closed {
            count: sessions.len(),
            leaving: sessions
                .first()
                .map(|session| self.leave_rooms(&of_app, session)),
        }
    }

    /// Closes the sessions of a user on one resource.
    fn close_resource(
        &self,
        app: AppId,
        name: &UserName,
        resource: &str,
        reason: CloseReason,
    ) -> Closed {
        let mut closed = Closed::default();
        for session in self.of_user(app, name) {
            if &*session.resource.id == resource {
                closed.count += 1;
                closed.leaving = self.take_out(&session).or(closed.leaving);
                close(&session, reason);
            }
        }
        closed
    }

    /// Closes everything, for shutting down.
    pub fn close_everything(&self) {
        for of_app in &self.apps {
            for of_user in &of_app.by_name {
                for session in of_user.value() {
                    session.outbox.close(CloseReason::ShuttingDown);
                }
            }
        }
    }

    /// Takes a user who went offline out of his rooms, unless he is back before that begins.
    /// Source: RTM server gate section 3, R1.
    fn leave_rooms(&self, of_app: &Arc<OfApp>, session: &Session) -> JoinHandle<()> {
        let (of_app, store) = (Arc::clone(of_app), Arc::clone(&self.context.store));
        let (app, user, name) = (session.app, session.user, session.name.clone());
        self.context.tasks.spawn(async move {
            if of_app.by_name.contains_key(&name) {
                return;
            }
            if let Err(error) = store.leave_every_room(app, user).await {
                error!(user.name = %name, "{name} could not be taken out of his rooms: {error}");
            }
        })
    }

    fn of_app(&self, app: AppId) -> Option<Arc<OfApp>> {
        self.apps.get(&app).map(|of_app| Arc::clone(&of_app))
    }
}

impl OfApp {
    fn set_online(&self, uid: Uid, online: bool) {
        let mut all = self.online.write().unwrap_or_else(PoisonError::into_inner);
        if online {
            all.insert(uid);
        } else {
            all.remove(&uid);
        }
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
