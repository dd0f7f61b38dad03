//! Everything that names a user for a change or a removal, so that what holds for naming is a law once.

use halloo_core::bans::{Ban, Place};
use halloo_core::groups::{GroupId, GroupLimits};
use halloo_core::info::InfoChange;
use halloo_core::push::{Device, EVERY_TYPE, PushConversation};
use halloo_core::rooms::RoomId;
use halloo_core::users::{Actor, UidTarget, User, UserId, Wanted};
use halloo_core::{Error, Result};

use super::{NOW, World, existing};

/// Limits that no law reaches by accident.
pub(super) const ROOMY: GroupLimits = GroupLimits {
    members: 1000,
    groups: Some(1000),
};

/// Something that a user has once a change named him.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A public text.
    Info,
    /// A value under a key.
    Data,
    /// The hub on his roster.
    Friends,
    /// A place on the hub's roster.
    Friend,
    /// The hub on his block list.
    Blocks,
    /// A place on the hub's block list.
    Blocked,
    /// Membership of group 1.
    Group,
    /// A place in room 1, which he entered.
    Rooms,
    /// A place in room 2, which was filled.
    Room,
    /// A mute in the whole app.
    Mute,
    /// A push device.
    Device,
    /// A conversation muted for push.
    PushMute,
}

impl Use {
    pub(super) const ALL: [Self; 12] = [
        Self::Info,
        Self::Data,
        Self::Friends,
        Self::Friend,
        Self::Blocks,
        Self::Blocked,
        Self::Group,
        Self::Rooms,
        Self::Room,
        Self::Mute,
        Self::Device,
        Self::PushMute,
    ];

    /// Gives it to `user`.
    pub(super) async fn give(self, world: World<'_>, hub: &User, user: Wanted) -> Result<()> {
        let World { store, app } = world;
        let hub = existing(hub);
        match self {
            Self::Info => {
                let change = InfoChange {
                    open: Some("text".into()),
                    private: None,
                };
                store.set_user_info(app, user, change).await
            }
            Self::Data => {
                let (key, value) = ("key".into(), "value".into());
                store.set_data(app, user, key, value, 1000).await
            }
            Self::Friends => store.add_friends(app, user, vec![hub], 1000).await,
            Self::Friend => store.add_friends(app, hub, vec![user], 1000).await,
            Self::Blocks => store.add_blocks(app, user, vec![hub], 1000).await,
            Self::Blocked => store.add_blocks(app, hub, vec![user], 1000).await,
            Self::Group => {
                let group = GroupId(1);
                store
                    .add_group_members(app, group, Actor::App, vec![user], ROOMY, NOW)
                    .await
            }
            Self::Rooms => {
                let rooms = vec![RoomId(1)];
                store.enter_rooms(app, user, rooms, 1000, NOW).await
            }
            Self::Room => {
                let filled = store
                    .fill_room(app, RoomId(2), vec![user], 1000, NOW)
                    .await?;
                // Here alone a user who is gone does not refuse the others.
                match filled.as_slice() {
                    [true] => Ok(()),
                    [false] => Err(Error::UnknownUser),
                    answers => panic!("{answers:?}"),
                }
            }
            Self::Mute => store.mute(app, Place::App, user, Ban::Forever).await,
            Self::Device => {
                let device = Device {
                    provider: None,
                    token: "token".into(),
                };
                store.add_device(app, user, device, 1000).await
            }
            Self::PushMute => {
                let conversation = PushConversation::Group(GroupId(1));
                store
                    .mute_push(app, user, conversation, vec![EVERY_TYPE], 1000)
                    .await
            }
        }
    }

    /// Whether the user with this row number has it.
    pub(super) async fn has(self, world: World<'_>, hub: &User, user: UserId) -> bool {
        let World { store, app } = world;
        let one = vec![user];
        match self {
            Self::Info => &*store.user_infos(app, one).await.unwrap()[0].open == "text",
            Self::Data => {
                let value = store.data(app, user, "key").await.unwrap();
                value.as_deref() == Some("value")
            }
            Self::Friends => {
                let friends = store.friends_among(app, user, vec![hub.id]).await;
                friends.unwrap() == [hub.id]
            }
            Self::Friend => store.friends_among(app, hub.id, one).await.unwrap() == [user],
            Self::Blocks => store.blocking(app, one, hub.id).await.unwrap() == [user],
            Self::Blocked => {
                let owners = store.blocking(app, vec![hub.id], user).await;
                owners.unwrap() == [hub.id]
            }
            Self::Group => {
                let group = GroupId(1);
                store.is_group_member(app, group, user).await.unwrap()
            }
            Self::Rooms | Self::Room => {
                let room = RoomId(if self == Self::Rooms { 1 } else { 2 });
                let members = store.room_members(app, room).await.unwrap();
                members.iter().any(|member| member.id == user)
            }
            Self::Mute => {
                let mutes = store.mutes(app, vec![Place::App], user).await.unwrap();
                mutes == [Ban::Forever]
            }
            Self::Device => !store.devices(app, user).await.unwrap().is_empty(),
            Self::PushMute => !store.muted_push(app, user).await.unwrap().is_empty(),
        }
    }

    /// Takes it from `user`; nothing takes a text away.
    pub(super) async fn take(self, world: World<'_>, hub: &User, user: UidTarget) {
        let World { store, app } = world;
        let hub = UidTarget::Name(hub.name.clone());
        let taken = match self {
            Self::Info => Ok(()),
            Self::Data => store.remove_data(app, user, "key".into()).await,
            Self::Friends => store.remove_friends(app, user, vec![hub]).await,
            Self::Friend => store.remove_friends(app, hub, vec![user]).await,
            Self::Blocks => store.remove_blocks(app, user, vec![hub]).await,
            Self::Blocked => store.remove_blocks(app, hub, vec![user]).await,
            Self::Group => {
                let group = GroupId(1);
                store
                    .remove_group_members(app, group, Actor::App, vec![user])
                    .await
            }
            Self::Rooms => {
                let left = store.leave_rooms(app, user, vec![RoomId(1)]).await;
                left.map(|left| assert!(left.len() <= 1, "{left:?}"))
            }
            Self::Room => {
                let answers = store.empty_room(app, RoomId(2), vec![user]).await;
                answers.map(|answers| assert_eq!(answers.len(), 1))
            }
            Self::Mute => store.unmute(app, Place::App, user).await,
            Self::Device => store.remove_device(app, user, "token".into()).await,
            Self::PushMute => {
                let conversation = PushConversation::Group(GroupId(1));
                store
                    .unmute_push(app, user, conversation, vec![EVERY_TYPE])
                    .await
            }
        };
        taken.unwrap();
    }
}
