//! Laws of [`GroupStore::memberships`](halloo_core::groups::GroupStore::memberships).

use halloo_core::Millis;
use halloo_core::groups::{Group, GroupId};
use halloo_core::info::InfoChange;
use halloo_core::users::{Actor, User};

use super::uses::ROOMY;
use super::{NOW, Store, World, called, existing};

const GROUP: GroupId = GroupId(1);

pub async fn a_membership_is_as_old_as_the_call_that_made_it(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let join = async |user: &User, after_ms| {
        let (members, now) = (vec![existing(user)], Millis(NOW.0 + after_ms));
        store
            .add_group_members(world.app, GROUP, Actor::App, members, ROOMY, now)
            .await
            .unwrap();
    };
    join(&ada, 1).await;
    join(&bo, 2).await;
    // Who is one already stays one since then, also when the clock went back.
    for again in [5, -5] {
        join(&ada, again).await;
        assert_eq!(world.memberships(&ada).await, [(1, 1)]);
    }
    // Nobody else's comings and goings change it, nor the texts of the group.
    let change = InfoChange {
        open: Some("open".into()),
        private: None,
    };
    store
        .set_group_info(world.app, GROUP, Actor::App, change, ROOMY, NOW)
        .await
        .unwrap();
    store
        .remove_group_members(world.app, GROUP, Actor::App, vec![called("ada")])
        .await
        .unwrap();
    assert_eq!(world.memberships(&ada).await, []);
    join(&ada, 7).await;
    assert_eq!(world.memberships(&ada).await, [(1, 7)]);
    assert_eq!(world.memberships(&bo).await, [(1, 2)]);
    // So does a new group of that id begin anew.
    store.delete_group(world.app, GROUP).await.unwrap();
    assert_eq!(world.memberships(&bo).await, []);
    join(&bo, 8).await;
    assert_eq!(world.memberships(&bo).await, [(1, 8)]);
    // Whoever comes with a group that is put is in it from its beginning.
    let group = Group {
        id: GROUP,
        owner: None,
        members: vec![ada.id],
        created: Millis(NOW.0 + 9),
    };
    store.put_group(world.app, group).await.unwrap();
    assert_eq!(world.memberships(&ada).await, [(1, 9)]);
    assert_eq!(world.memberships(&bo).await, []);
}

pub async fn memberships_are_listed_in_order_and_within_their_app(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let [namesake] = other.users(["ada"]).await;
    for id in [30, 4, i64::MAX, 100] {
        world.join(GroupId(id), &[&ada]).await;
    }
    world.join(GroupId(4), &[&bo]).await;
    other.join(GroupId(4), &[&namesake]).await;
    let all = [4, 30, 100, i64::MAX].map(|id| (id, 0));
    assert_eq!(world.memberships(&ada).await, all);
    assert_eq!(world.memberships(&bo).await, [(4, 0)]);
    assert_eq!(other.memberships(&namesake).await, [(4, 0)]);
    assert_eq!(other.memberships(&ada).await, []);
    assert_eq!(world.memberships(&namesake).await, []);
}
