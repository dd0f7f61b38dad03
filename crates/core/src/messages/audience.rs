use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use tokio::sync::Mutex as AsyncMutex;

use crate::apps::AppId;
use crate::bans::{Ban, Place};
use crate::groups::GroupId;
use crate::ports::Store;
use crate::read_cache::ReadCache;
use crate::rooms::RoomId;
use crate::users::{Named, UserId, UserName};
use crate::{Limits, Millis, Result};

/// Who is told of a message, beside the other devices of its sender.
#[derive(Clone, Debug)]
pub enum Audience {
    /// The other one of a pair.
    User(Named),
    /// Who is in a group or room.
    Members(Arc<Members>),
    /// Every user of the app.
    Everybody,
}

/// Who is in a group or room, and who of them is muted there.
#[derive(Debug, Default)]
pub struct Members {
    names: HashMap<UserId, UserName>,
    muted: HashMap<UserId, Ban>,
}

impl Members {
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn contains(&self, user: UserId) -> bool {
        self.names.contains_key(&user)
    }

    pub(super) fn mutes(&self, user: UserId, now: Millis) -> bool {
        self.muted.get(&user).is_some_and(|ban| ban.holds(now))
    }

    /// Whether a user hears what is said.
    pub(crate) fn hears(&self, user: UserId, now: Millis) -> bool {
        self.contains(user) && !self.mutes(user, now)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (UserId, &UserName)> {
        self.names.iter().map(|(id, name)| (*id, name))
    }
}

/// Loads of members at the same time.
const LOADING: usize = 32;

/// The members of groups and rooms that are written to, in memory.
pub(crate) struct Audiences {
    members: ReadCache<(AppId, Room), Arc<Members>>,
    /// Held while members are loaded, by key.
    loading: [AsyncMutex<()>; LOADING],
    hasher: RandomState,
}

/// What has members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Room {
    Group(GroupId),
    Room(RoomId),
}

impl Audiences {
    pub(crate) fn new(limits: &Limits) -> Self {
        let weigh = |members: &Arc<Members>| 1 + members.names.len() as u64;
        Self {
            members: ReadCache::new(limits.cached_members, weigh),
            loading: std::array::from_fn(|_| AsyncMutex::new(())),
            hasher: RandomState::new(),
        }
    }

    /// Who is in a group.
    pub(super) async fn of_group(
        &self,
        store: &dyn Store,
        app: AppId,
        group: GroupId,
    ) -> Result<Arc<Members>> {
        self.of(store, app, Room::Group(group)).await
    }

    /// Who is in a room.
    pub(super) async fn of_room(
        &self,
        store: &dyn Store,
        app: AppId,
        room: RoomId,
    ) -> Result<Arc<Members>> {
        self.of(store, app, Room::Room(room)).await
    }

    async fn of(&self, store: &dyn Store, app: AppId, room: Room) -> Result<Arc<Members>> {
        let load = || async {
            let (members, place) = match room {
                Room::Group(id) => (store.group_members(app, id).await?, Place::Group(id)),
                Room::Room(id) => (store.room_members(app, id).await?, Place::Room(id)),
            };
            let names: HashMap<_, _> = members.into_iter().map(|m| (m.id, m.name)).collect();
            let mut muted: HashMap<UserId, Ban> = HashMap::new();
            for (user, ban) in store.muted_at(app, place.covering()).await? {
                if names.contains_key(&user) {
                    let longest = muted.entry(user).or_insert(ban);
                    *longest = longest.longer(ban);
                }
            }
            // What nobody is in is not worth a place.
            Ok((!names.is_empty()).then(|| Arc::new(Members { names, muted })))
        };
        let key = (app, room);
        if let Some(found) = self.members.known(&key) {
            return Ok(found);
        }
        // Whoever comes second finds what the first has loaded.
        let _alone = self.loading(&key).lock().await;
        let found = self.members.get(&key, load).await?;
        Ok(found.unwrap_or_default())
    }

    fn loading(&self, key: &(AppId, Room)) -> &AsyncMutex<()> {
        let [first, ..] = &self.loading;
        let place = self.hasher.hash_one(key) % LOADING as u64;
        let place = usize::try_from(place).unwrap_or(0);
        self.loading.get(place).unwrap_or(first)
    }

    /// To be called after the members or mutes of a group changed.
    pub(crate) fn group_changed(&self, app: AppId, group: GroupId) {
        self.members.forget(&(app, Room::Group(group)));
    }

    /// To be called after somebody entered or left rooms, or was muted there.
    pub(crate) fn rooms_changed(&self, app: AppId, rooms: &[RoomId]) {
        for room in rooms {
            self.members.forget(&(app, Room::Room(*room)));
        }
    }

    /// To be called after a mute of `place` changed.
    pub(crate) fn mutes_changed(&self, app: AppId, place: Place) {
        match place {
            Place::Group(group) => self.group_changed(app, group),
            Place::Room(room) => self.rooms_changed(app, &[room]),
            Place::EveryGroup | Place::EveryRoom => self.forget_all(app),
            Place::App => {}
        }
    }

    /// To be called after something changed for more groups and rooms of an app than are told.
    pub(crate) fn forget_all(&self, app: AppId) {
        self.members.forget_all(|(of, _)| *of == app);
    }
}
