//! What laws are set up with.

use std::hash::{BuildHasher as _, RandomState};

use halloo_core::apps::{AppId, AppKey, NewApp, Registration, Secret};
use halloo_core::groups::GroupId;
use halloo_core::ports::Store;
use halloo_core::rooms::RoomId;
use halloo_core::tokens::{Token, TokenHash, TokenKind, TokenOwner};
use halloo_core::users::{Actor, Named, NewUser, UidTarget, User, UserChange, UserName, Wanted};
use halloo_core::{Millis, Uuid};

use super::uses::ROOMY;

/// The present time of most laws.
pub(super) const NOW: Millis = Millis(1_735_689_600_000);
/// Milliseconds in a day.
pub(super) const DAY: i64 = 24 * 3600 * 1000;

/// Bits that no other law, process or earlier run has used.
pub(super) fn fresh() -> u128 {
    let half = || u128::from(RandomState::new().hash_one(NOW));
    (half() << 64) | half()
}

/// A user name.
pub(super) fn name(text: &str) -> UserName {
    text.parse().unwrap()
}

/// A user without password and nickname.
pub(super) fn new_user(text: &str) -> NewUser {
    NewUser {
        name: name(text),
        uuid: Uuid::from_u128(fresh()),
        password: None,
        nickname: None,
    }
}

/// A user who is there, as changes name him.
pub(super) fn existing(user: &User) -> Wanted {
    Wanted::Existing(user.id)
}

/// Whoever is called so, or a new user, as changes name him.
pub(super) fn wanted(text: &str) -> Wanted {
    Wanted::Named {
        new: new_user(text),
        quota: None,
        now: NOW,
    }
}

/// Whoever is called so, as removals name him.
pub(super) fn called(text: &str) -> UidTarget {
    UidTarget::Name(name(text))
}

/// Row number and name of a user.
pub(super) fn named(user: &User) -> Named {
    Named {
        id: user.id,
        name: user.name.clone(),
    }
}

/// Names as text.
pub(super) fn texts(users: &[Named]) -> Vec<&str> {
    users.iter().map(|user| user.name.as_str()).collect()
}

fn sorted(users: &[Named]) -> Vec<String> {
    let mut names: Vec<String> = texts(users).into_iter().map(Into::into).collect();
    names.sort_unstable();
    names
}

/// A store and an app in it that belongs to one law.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) app: AppId,
}

impl<'a> World<'a> {
    /// Makes the app.
    pub(super) async fn new(store: &'a dyn Store) -> Self {
        let app = store.create_app(Self::new_app()).await.unwrap();
        Self { store, app: app.id }
    }

    /// An app that exists nowhere yet.
    pub(super) fn new_app() -> NewApp {
        let text = format!("{:032x}", fresh());
        NewApp {
            key: AppKey::new("law", &text).unwrap(),
            application: Uuid::from_u128(fresh()),
            client_id: format!("id-{text}").into(),
            client_secret: Secret::new(format!("client-{text}")),
            rtm_secret: Secret::new(format!("rtm-{text}")),
            registration: Registration::Authorised,
            created: NOW,
        }
    }

    /// Registers these users, who are new.
    pub(super) async fn users<const N: usize>(&self, names: [&str; N]) -> [User; N] {
        let users = names.iter().map(|name| new_user(name)).collect();
        let stored = self
            .store
            .register(self.app, users, None, NOW)
            .await
            .unwrap();
        stored
            .into_iter()
            .map(Option::unwrap)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap()
    }

    /// The user of this name.
    pub(super) async fn user(&self, text: &str) -> Option<User> {
        self.store
            .user_by_name(self.app, &name(text))
            .await
            .unwrap()
    }

    /// The names of all users in order.
    pub(super) async fn user_names(&self) -> Vec<String> {
        let users = self.store.users_page(self.app, None, 1000).await.unwrap();
        users.iter().map(|user| user.name.to_string()).collect()
    }

    /// How many users the app counts.
    pub(super) async fn count(&self) -> u64 {
        self.store.user_count(self.app).await.unwrap()
    }

    /// Makes users members of a group.
    pub(super) async fn join(&self, group: GroupId, members: &[&User]) {
        let members = members.iter().map(|user| existing(user)).collect();
        self.store
            .add_group_members(self.app, group, Actor::App, members, ROOMY, NOW)
            .await
            .unwrap();
    }

    /// The groups of a user and since when he is a member, in milliseconds after `NOW`.
    pub(super) async fn memberships(&self, user: &User) -> Vec<(i64, i64)> {
        let groups = self.store.memberships(self.app, user.id).await.unwrap();
        let groups = groups.into_iter();
        groups
            .map(|(group, since)| (group.0, since.0 - NOW.0))
            .collect()
    }

    /// The names of a group's members in alphabetical order; there are as many as the group says.
    pub(super) async fn members(&self, group: GroupId) -> Vec<String> {
        let members = self.store.group_members(self.app, group).await.unwrap();
        let size = self.store.group_size(self.app, group).await.unwrap();
        assert_eq!(members.len(), size as usize, "{members:?}");
        sorted(&members)
    }

    /// Puts a user into rooms.
    pub(super) async fn enter(&self, user: &User, rooms: &[i64]) {
        let rooms = rooms.iter().copied().map(RoomId).collect();
        self.store
            .enter_rooms(self.app, existing(user), rooms, 1000, NOW)
            .await
            .unwrap();
    }

    /// The names of who is in a room, in alphabetical order; there are as many as the room says.
    pub(super) async fn inside(&self, room: RoomId) -> Vec<String> {
        let members = self.store.room_members(self.app, room).await.unwrap();
        let sizes = self.store.room_sizes(self.app, vec![room]).await.unwrap();
        assert_eq!([u32::try_from(members.len()).unwrap()], *sizes);
        sorted(&members)
    }

    /// The numbers of the rooms that a user is in.
    pub(super) async fn rooms(&self, user: &User) -> Vec<i64> {
        let rooms = self.store.rooms_of(self.app, user.id).await.unwrap();
        rooms.into_iter().map(|room| room.0).collect()
    }

    /// Changes `user` a day after `NOW`; he ignores 1000 groups at most.
    pub(super) async fn change(&self, user: &User, change: UserChange) -> Option<User> {
        let now = Millis(NOW.0 + DAY);
        self.store
            .change_user(self.app, user.id, change, 1000, now)
            .await
            .unwrap()
    }

    /// A token of `user`, or of the app, that ends at `expires`.
    pub(super) fn new_token(app: AppId, user: Option<&User>, expires: Option<Millis>) -> Token {
        let mut hash = [0; 32];
        hash[..16].copy_from_slice(&fresh().to_le_bytes());
        let owner = user.map_or(TokenOwner::App, |user| TokenOwner::User {
            id: user.id,
            name: user.name.clone(),
        });
        let user_generation = user.map_or(0, |user| user.token_generation);
        Token {
            hash: TokenHash(hash),
            kind: TokenKind::Bearer,
            app,
            owner,
            app_generation: 0,
            user_generation,
            expires,
        }
    }

    /// Stores such a token.
    pub(super) async fn token(&self, user: Option<&User>, expires: Option<Millis>) -> TokenHash {
        let token = Self::new_token(self.app, user, expires);
        let hash = token.hash;
        self.store.add_token(token).await.unwrap();
        hash
    }

    /// Stores a login token of `user`, or one that is nobody's.
    pub(super) async fn login_token(&self, user: Option<&User>) -> TokenHash {
        let token = Token {
            kind: TokenKind::Login,
            ..Self::new_token(self.app, user, None)
        };
        let hash = token.hash;
        self.store.add_token(token).await.unwrap();
        hash
    }

    /// Whether a token is there.
    pub(super) async fn has_token(&self, hash: TokenHash) -> bool {
        self.store.token(hash).await.unwrap().is_some()
    }

    /// Makes two users contacts of each other.
    pub(super) async fn befriend(&self, owner: &User, friend: &User) {
        self.store
            .add_contact(self.app, owner.id, friend.id, 1000)
            .await
            .unwrap();
    }

    /// Puts users on `owner`'s roster.
    pub(super) async fn add_friends(&self, owner: &User, friends: &[&User]) {
        let friends = friends.iter().map(|user| existing(user)).collect();
        self.store
            .add_friends(self.app, existing(owner), friends, 1000)
            .await
            .unwrap();
    }

    /// The names on `owner`'s roster.
    pub(super) async fn contacts(&self, owner: &User) -> Vec<String> {
        let friends = self.store.contacts(self.app, owner.id).await.unwrap();
        texts(&friends).into_iter().map(Into::into).collect()
    }

    /// Puts users on `owner`'s block list.
    pub(super) async fn block(&self, owner: &User, blocked: &[&User]) {
        let blocked = blocked.iter().map(|user| existing(user)).collect();
        self.store
            .add_blocks(self.app, existing(owner), blocked, 1000)
            .await
            .unwrap();
    }

    /// The names on `owner`'s block list.
    pub(super) async fn blocks(&self, owner: &User) -> Vec<String> {
        let page = self
            .store
            .blocks(self.app, owner.id, None, 1000)
            .await
            .unwrap();
        assert_eq!(page.next, None, "a page that is not full is the last");
        texts(&page.users).into_iter().map(Into::into).collect()
    }
}
