use std::collections::HashSet;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::task::{self, Poll, Waker};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use smallvec::SmallVec;
use tokio::task::JoinHandle;
use tracing::{error, info};

use super::budgets::Budgets;
use super::{
    Attributes, CloseReason, Event, LastSeen, LoginPolicy, Outlet, Resource, Session, SessionId,
    State, check_attributes,
};
use crate::apps::{App, AppId};
use crate::listeners::Occasion;
use crate::messages::{Lane, Members};
use crate::rooms::RoomId;
use crate::users::{Actor, Named, Uid, User, UserId, UserName};
use crate::{Context, Error, Result};

/// Sessions that may displace each other in a row; see [`Session::duels`].
const MOST_DUELS: u32 = 10;
/// A session that displaces one younger than this may be duelling with it.
const DUEL_MS: i64 = 10_000;
/// Users taken offline in one store operation after the server was killed.
const FORGET_BATCH: u32 = 500;

type OfUser = SmallVec<[Arc<Session>; 1]>;

/// The sessions of one app.
#[derive(Default)]
struct OfApp {
    by_name: DashMap<UserName, OfUser>,
    /// Whoever has a session in `by_name`. Written only under the lock of his entry.
    online: RwLock<HashSet<Uid>>,
}

/// A change of the store that was begun and goes on by itself.
pub(crate) type Noting = JoinHandle<Result<()>>;

/// Sessions that were ended, and what follows from that.
#[derive(Default)]
pub struct Closed {
    count: usize,
    /// Notes that the user is offline, or takes him out of rooms.
    following: SmallVec<[Noting; 1]>,
}

impl Closed {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.following.extend(other.following);
    }

    /// Waits until everything that follows is done. Returns how many there were.
    pub async fn settle(self) -> usize {
        for following in self.following {
            // What failed there stands in the log.
            let _ = following.await;
        }
        self.count
    }
}

/// Every live session of this process, by app and user name.
pub struct Sessions {
    apps: DashMap<AppId, Arc<OfApp>>,
    next: AtomicU64,
    budgets: Budgets,
    context: Context,
}

impl Sessions {
    pub(crate) fn new(context: Context) -> Self {
        Self {
            apps: DashMap::new(),
            next: AtomicU64::new(1),
            budgets: Budgets::new(&context.limits),
            context,
        }
    }

    /// Makes a session visible. Returns what notes in the store that its user is online.
    /// [`crate::Core::open_session`] is the way in for gates.
    /// # Errors
    /// [`Error::RateLimited`] when two devices keep displacing each other, or the user has no call left;
    /// [`Error::TooMany`] and [`Error::TooLong`] of the attributes.
    pub(crate) fn register(
        &self,
        app: &App,
        user: &User,
        resource: Resource,
        attributes: Attributes,
        outlet: Box<dyn Outlet>,
    ) -> Result<(Arc<Session>, Noting)> {
        check_attributes(&attributes, &self.context.limits)?;
        self.budgets.call(app.id, user.id)?;
        let opened = self.context.clock.now();
        let of_app = Arc::clone(&self.apps.entry(app.id).or_default());
        let mut of_user = of_app.by_name.entry(user.name.clone()).or_default();
        let duels = of_user
            .iter()
            .filter(|old| app.logins.displaces(resource.kind, old.resource.kind))
            .filter(|old| (0..DUEL_MS).contains(&(opened.0 - old.opened.0)))
            .map(|old| old.duels + 1)
            .max()
            .unwrap_or(0);
        if duels > MOST_DUELS {
            return Err(Error::RateLimited);
        }
        let session = Arc::new(Session {
            id: SessionId(self.next.fetch_add(1, Ordering::Relaxed)),
            app: app.id,
            user: user.id,
            name: user.name.clone(),
            resource,
            opened,
            duels,
            outlet,
            ended: OnceLock::new(),
            lane: Lane::default(),
            announced: AtomicU8::new(0),
            state: Mutex::new(State {
                attributes,
                rooms: SmallVec::new(),
            }),
        });
        of_app.set_online(session.uid(), true);
        of_user.push(Arc::clone(&session));
        let noted = self.note_online(&session);
        drop(of_user);
        Ok((session, noted))
    }

    /// Ends the sessions that the app's policy, or the limit on their number, leaves no room for beside
    /// `session`, which was just admitted.
    pub(crate) fn displace(&self, policy: LoginPolicy, session: &Session) {
        if session.closed().is_some() {
            return;
        }
        let all = self.of_user(session.app, &session.name);
        let older: Vec<_> = all.iter().filter(|old| old.id < session.id).collect();
        let excess = all.len().saturating_sub(self.context.limits.sessions);
        for (place, old) in older.into_iter().enumerate() {
            if place < excess || policy.displaces(session.resource.kind, old.resource.kind) {
                self.close(old, CloseReason::Replaced);
            }
        }
    }

    /// Takes one call from the budget of the user of `session`.
    /// # Errors
    /// [`Error::RateLimited`] when none is left this second.
    pub fn admit(&self, session: &Session) -> Result<()> {
        self.budgets.call(session.app, session.user)
    }

    /// Takes `count` uids that may turn out to be new users from the budget of `actor`.
    pub(crate) fn admit_naming(&self, app: AppId, actor: Actor, count: usize) -> Result<()> {
        match actor {
            Actor::App => Ok(()),
            Actor::User(user) => self.budgets.name(app, user, count),
        }
    }

    /// Forgets budgets that are full.
    pub(crate) fn sweep(&self) {
        self.budgets.sweep();
    }

    /// Takes a session out whose connection is gone, or whose client logged out. Does nothing the
    /// second time.
    pub fn end(&self, session: &Session, reason: CloseReason) -> Closed {
        let Some(of_app) = self.of_app(session.app) else {
            return Closed::default();
        };
        let Entry::Occupied(mut of_user) = of_app.by_name.entry(session.name.clone()) else {
            return Closed::default();
        };
        if !session.finish(reason) {
            return Closed::default();
        }
        of_user.get_mut().retain(|other| other.id != session.id);
        let others = of_user.get();
        let following = if others.iter().any(|other| other.user == session.user) {
            let left = without(session.entered(), others.iter().map(|other| &**other));
            (!left.is_empty()).then(|| self.leave(session, left))
        } else {
            Some(self.note_offline(session, reason))
        };
        // Whoever has the name by now may have the same uid.
        if !others.iter().any(|other| other.uid() == session.uid()) {
            of_app.set_online(session.uid(), false);
        }
        if others.is_empty() {
            of_user.remove();
        }
        self.tell_end(session);
        Closed {
            count: 1,
            following: following.into_iter().collect(),
        }
    }

    /// Tells listeners of a session that was let in.
    pub(crate) fn announce(&self, session: &Session) {
        self.tell(session, Occasion::Login);
        session.announced.store(1, Ordering::SeqCst);
        // Whoever ended it meanwhile left the rest to us.
        if session.closed().is_some() {
            self.tell_end(session);
        }
    }

    /// Tells listeners that a session ended of whose login they heard.
    fn tell_end(&self, session: &Session) {
        let order = Ordering::SeqCst;
        if session
            .announced
            .compare_exchange(1, 2, order, order)
            .is_ok()
        {
            self.tell(session, Occasion::Logout);
        }
    }

    fn tell(&self, session: &Session, occasion: Occasion) {
        let event = Event::Presence {
            occasion,
            uid: session.uid(),
            resource: session.resource.id.clone(),
            at: self.context.clock.now(),
        };
        self.context.listeners.tell(session.app, &event);
    }

    /// [`Sessions::end`] on the server's own account: the client hears of it.
    fn close(&self, session: &Session, reason: CloseReason) -> Closed {
        let closed = self.end(session, reason);
        if closed.count > 0 {
            tell_why(session, reason);
        }
        closed
    }

    /// Begins what `work` makes of the sessions of the user of `session`, this one included, in order with
    /// whatever else begins for him. `work` runs under the lock of his entry.
    pub(crate) fn in_order(
        &self,
        session: &Session,
        what: &'static str,
        work: impl FnOnce(&[Arc<Session>]) -> BoxFuture<Result<()>>,
    ) -> Noting {
        let of_app = Arc::clone(&self.apps.entry(session.app).or_default());
        // Nobody else is to look at his sessions meanwhile.
        let of_user = of_app.by_name.get_mut(&session.name);
        let all = of_user.as_ref().map_or(&[][..], |all| all.as_slice());
        self.begin(what, work(all))
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

    /// When and why the last session of a user ended; `None` when he never had one.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn last_seen(&self, app: AppId, user: UserId) -> Result<Option<LastSeen>> {
        self.context.store.last_seen(app, user).await
    }

    /// Closes the sessions of a user, on `resource` only if one is given. He is offline there, and out
    /// of his rooms if that was all, when this returns. Returns how many there were.
    /// Sources: Easemob REST 3.24 and 3.25, RTM server gate 4.2.
    pub async fn kick(&self, app: AppId, user: &Named, resource: Option<&str>) -> usize {
        let (id, name, reason) = (user.id, &user.name, CloseReason::Kicked);
        let closed = match resource {
            Some(resource) => self.close_resource(app, id, name, resource, reason),
            None => self.close_all(app, id, name, reason),
        };
        closed.settle().await
    }

    /// Closes every session of the user with this row number and name. He is offline when this returns.
    pub(crate) fn close_all(
        &self,
        app: AppId,
        user: UserId,
        name: &UserName,
        reason: CloseReason,
    ) -> Closed {
        let mut all = Closed::default();
        for session in self.of_user(app, name) {
            // Whoever has the name by now is another.
            if session.user == user {
                all.add(self.close(&session, reason));
            }
        }
        all
    }

    /// Closes the sessions of a user on one resource.
    fn close_resource(
        &self,
        app: AppId,
        user: UserId,
        name: &UserName,
        resource: &str,
        reason: CloseReason,
    ) -> Closed {
        let mut all = Closed::default();
        for session in self.of_user(app, name) {
            if session.user == user && &*session.resource.id == resource {
                all.add(self.close(&session, reason));
            }
        }
        all
    }

    /// Closes everything, for shutting down.
    pub fn close_everything(&self) {
        for of_app in self.all_apps() {
            let all = of_app.by_name.iter().flat_map(|of_user| of_user.to_vec());
            for session in all.collect::<Vec<_>>() {
                self.close(&session, CloseReason::ShuttingDown);
            }
        }
    }

    /// Notes whoever was online when the server was killed as offline, and takes him out of his rooms.
    pub(crate) async fn forget_lost(&self) -> Result<()> {
        let last_seen = LastSeen {
            at: self.context.clock.now(),
            reason: CloseReason::ServerLost,
        };
        let store = &self.context.store;
        while store.forget_online(last_seen, FORGET_BATCH).await? {}
        Ok(())
    }

    /// Queues `event` for the sessions of a user, but for the one that it comes from.
    pub(crate) fn deliver_to(
        &self,
        app: AppId,
        user: UserId,
        name: &UserName,
        origin: Option<SessionId>,
        event: &Event,
    ) {
        let Some(of_app) = self.of_app(app) else {
            return;
        };
        let Some(of_user) = of_app.by_name.get(name) else {
            return;
        };
        for session in of_user.iter() {
            if session.user == user && Some(session.id) != origin {
                session.deliver(event);
            }
        }
    }

    /// Queues `event` for the sessions of those of `members` who hear it.
    pub(crate) fn deliver_among(
        &self,
        app: AppId,
        members: &Members,
        hears: impl Fn(UserId) -> bool,
        event: &Event,
    ) {
        let Some(of_app) = self.of_app(app) else {
            return;
        };
        let tell = |of_user: &OfUser| {
            for session in of_user.iter().filter(|session| hears(session.user)) {
                session.deliver(event);
            }
        };
        // Whichever are fewer are gone through.
        if of_app.by_name.len() < members.len() {
            of_app.by_name.iter().for_each(|of_user| tell(&of_user));
            return;
        }
        for (_, name) in members.all() {
            if let Some(of_user) = of_app.by_name.get(name) {
                tell(&of_user);
            }
        }
    }

    /// Queues `event` for every session of an app, but for the one that it comes from.
    pub(crate) fn deliver_to_all(&self, app: AppId, origin: Option<SessionId>, event: &Event) {
        let Some(of_app) = self.of_app(app) else {
            return;
        };
        for of_user in &of_app.by_name {
            for session in of_user.iter().filter(|session| Some(session.id) != origin) {
                session.deliver(event);
            }
        }
    }

    /// Tells the sessions of a user that the app took him out of `rooms`.
    pub(crate) fn taken_out_of_rooms(&self, app: AppId, name: &UserName, rooms: &[RoomId]) {
        for session in self.of_user(app, name) {
            session.left(rooms);
            for room in rooms {
                session.deliver(&Event::TakenOutOfRoom(*room));
            }
        }
    }

    fn note_online(&self, session: &Session) -> Noting {
        let store = Arc::clone(&self.context.store);
        let (app, user, id) = (session.app, session.user, session.id);
        self.begin(
            "a login",
            async move { store.came_online(app, user, id).await },
        )
    }

    /// Notes that a user went offline with `session`, and takes him out of his rooms.
    /// Source: RTM server gate section 3, R1.
    fn note_offline(&self, session: &Session, reason: CloseReason) -> Noting {
        let store = Arc::clone(&self.context.store);
        let (app, user) = (session.app, session.user);
        // The newest number: no session of his is left, and a later one will have a greater.
        let id = SessionId(self.next.load(Ordering::Relaxed) - 1);
        let at = self.context.clock.now();
        let audiences = Arc::clone(&self.context.audiences);
        self.begin("the end of a session", async move {
            let last_seen = LastSeen { at, reason };
            let left = store.went_offline(app, user, id, last_seen).await?;
            audiences.rooms_changed(app, &left);
            Ok(())
        })
    }

    /// Takes a user out of rooms that only an ended session of his had entered.
    fn leave(&self, session: &Session, rooms: Vec<RoomId>) -> Noting {
        let store = Arc::clone(&self.context.store);
        let (app, user) = (session.app, session.user);
        let audiences = Arc::clone(&self.context.audiences);
        self.begin("that a session left its rooms", async move {
            let done = store.left_rooms(app, user, rooms.clone()).await;
            audiences.rooms_changed(app, &rooms);
            done
        })
    }

    /// Has the store carry out `work` after whatever was begun before it: its first poll, which is here,
    /// hands it over. Called under the lock of the user's entry, so that what is noted of him is noted in
    /// the order in which it happened.
    fn begin(
        &self,
        what: &'static str,
        work: impl Future<Output = Result<()>> + Send + 'static,
    ) -> Noting {
        let mut work = Box::pin(tokio::task::coop::unconstrained(work));
        let first = work
            .as_mut()
            .poll(&mut task::Context::from_waker(Waker::noop()));
        self.context.tasks.spawn(async move {
            let done = match first {
                Poll::Ready(done) => done,
                Poll::Pending => work.await,
            };
            done.inspect_err(|error| {
                if let Error::Unavailable(cause) = error {
                    error!("The store could not note {what}: {cause}");
                }
            })
        })
    }

    fn of_app(&self, app: AppId) -> Option<Arc<OfApp>> {
        self.apps.get(&app).map(|of_app| Arc::clone(&of_app))
    }

    fn all_apps(&self) -> Vec<Arc<OfApp>> {
        self.apps.iter().map(|of_app| Arc::clone(&of_app)).collect()
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

impl Session {
    /// The rooms that it entered by itself.
    pub(crate) fn entered(&self) -> Vec<RoomId> {
        self.state().rooms.to_vec()
    }

    /// It enters `rooms`.
    pub(crate) fn enter(&self, rooms: &[RoomId]) {
        let mut state = self.state();
        for room in rooms {
            if !state.rooms.contains(room) {
                state.rooms.push(*room);
            }
        }
    }

    /// It is in `rooms` no more.
    pub(crate) fn left(&self, rooms: &[RoomId]) {
        self.state().rooms.retain(|room| !rooms.contains(room));
    }
}

/// Work for the store.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// `rooms` without those that any of `sessions` entered.
pub(crate) fn without<'a>(
    mut rooms: Vec<RoomId>,
    sessions: impl IntoIterator<Item = &'a Session>,
) -> Vec<RoomId> {
    for session in sessions {
        let entered = session.entered();
        rooms.retain(|room| !entered.contains(room));
    }
    rooms
}

fn tell_why(session: &Session, reason: CloseReason) {
    session.outlet.close(reason);
    info!(
        user.name = %session.name,
        session.resource = %session.resource.id,
        "Session of {} on {} closed: {reason}", session.name, session.resource.id
    );
}
