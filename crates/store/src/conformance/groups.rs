//! Laws of [`GroupStore`](halloo_core::groups::GroupStore).

use halloo_core::bans::{Ban, Place};
use halloo_core::groups::{Group, GroupId, GroupLimits};
use halloo_core::info::{Info, InfoChange};
use halloo_core::users::{Actor, User, Wanted};
use halloo_core::{Error, Millis};

use super::uses::ROOMY;
use super::{NOW, Store, World, called, existing, named, wanted};

const GROUP: GroupId = GroupId(1);
const LATER: Millis = Millis(NOW.0 + 1);

pub async fn a_group_is_found_as_it_was_put(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let members = vec![ada.id, bo.id];
    // The greatest id that every dialect can write.
    let group = Group {
        id: GroupId(999_999_999_999_999),
        owner: Some(bo.id),
        members,
        created: NOW,
    };
    store.put_group(world.app, group.clone()).await.unwrap();
    assert_eq!(store.group(world.app, group.id).await.unwrap(), Some(group));
    assert_eq!(store.group(world.app, GroupId(1)).await.unwrap(), None);
}

pub async fn a_group_put_again_is_replaced(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    let members = vec![ada.id, bo.id];
    let old = Group {
        id: GroupId(1),
        owner: Some(ada.id),
        members,
        created: NOW,
    };
    let members = vec![bo.id, cy.id];
    let new = Group {
        id: GroupId(1),
        owner: Some(cy.id),
        members,
        created: Millis(NOW.0 + 1),
    };
    store.put_group(world.app, old).await.unwrap();
    store.put_group(world.app, new.clone()).await.unwrap();
    assert_eq!(store.group(world.app, GroupId(1)).await.unwrap(), Some(new));
}

pub async fn group_ids_are_per_app(store: &dyn Store) {
    let (here, there) = (World::new(store).await, World::new(store).await);
    let [ada] = here.users(["ada"]).await;
    let [bo] = there.users(["bo"]).await;
    let group = |owner| Group {
        id: GroupId(1),
        owner: Some(owner),
        members: vec![owner],
        created: NOW,
    };
    store.put_group(here.app, group(ada.id)).await.unwrap();
    assert_eq!(store.group(there.app, GroupId(1)).await.unwrap(), None);
    store.put_group(there.app, group(bo.id)).await.unwrap();
    assert_eq!(
        store.group(here.app, GroupId(1)).await.unwrap(),
        Some(group(ada.id))
    );
}

pub async fn a_group_may_be_nobodys(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada] = world.users(["ada"]).await;
    let group = |owner: Option<&User>| Group {
        id: GROUP,
        owner: owner.map(|user| user.id),
        members: vec![ada.id],
        created: NOW,
    };
    for owner in [None, Some(&ada), None] {
        store.put_group(world.app, group(owner)).await.unwrap();
        let found = store.group(world.app, GROUP).await.unwrap();
        assert_eq!(found, Some(group(owner)));
    }
    // So it outlives everybody.
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    let left = Group {
        members: vec![],
        ..group(None)
    };
    assert_eq!(store.group(world.app, GROUP).await.unwrap(), Some(left));
}

pub async fn everybody_in_a_group_that_is_put_must_exist(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, gone] = world.users(["ada", "gone"]).await;
    let [stranger] = other.users(["stranger"]).await;
    store.delete_user(world.app, gone.id, NOW).await.unwrap();
    for missing in [&gone, &stranger] {
        for (owner, member) in [(missing, &ada), (&ada, missing)] {
            let group = Group {
                id: GROUP,
                owner: Some(owner.id),
                members: vec![member.id],
                created: NOW,
            };
            assert_refused!(store.put_group(world.app, group).await, Error::UnknownUser);
        }
    }
    assert_eq!(store.group(world.app, GROUP).await.unwrap(), None);
    assert_eq!(store.groups_of(world.app, ada.id).await.unwrap(), []);
}

pub async fn the_first_members_make_their_group(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    assert_eq!(world.members(GROUP).await, [""; 0]);
    world.join(GROUP, &[&bo, &ada]).await;
    let mut expected = Group {
        id: GROUP,
        owner: None,
        members: vec![ada.id, bo.id],
        created: NOW,
    };
    let found = || store.group(world.app, GROUP);
    assert_eq!(found().await.unwrap(), Some(expected.clone()));
    // Who joins later does not make it anew.
    store
        .add_group_members(
            world.app,
            GROUP,
            Actor::App,
            vec![existing(&cy)],
            ROOMY,
            LATER,
        )
        .await
        .unwrap();
    expected.members.push(cy.id);
    assert_eq!(found().await.unwrap(), Some(expected));
    assert_eq!(world.members(GROUP).await, ["ada", "bo", "cy"]);
    let mut members = store.group_members(world.app, GROUP).await.unwrap();
    members.sort_by_key(|member| member.id);
    assert_eq!(members, [&ada, &bo, &cy].map(named));
    // Even nobody makes a group.
    world.join(GroupId(2), &[]).await;
    assert!(store.group(world.app, GroupId(2)).await.unwrap().is_some());
}

pub async fn who_is_a_member_stays_one_member(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    world.join(GROUP, &[&ada]).await;
    world.join(GROUP, &[&ada]).await;
    world.join(GROUP, &[&bo, &ada, &bo]).await;
    assert_eq!(world.members(GROUP).await, ["ada", "bo"]);
    let is_member = |user: &User| store.is_group_member(world.app, GROUP, user.id);
    assert!(is_member(&ada).await.unwrap() && is_member(&bo).await.unwrap());
}

pub async fn past_the_limit_of_members_nobody_joins(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let add = |members: Vec<Wanted>, most| {
        let limits = GroupLimits {
            members: most,
            ..ROOMY
        };
        store.add_group_members(world.app, GROUP, Actor::App, members, limits, NOW)
    };
    let both = || vec![existing(&ada), existing(&bo)];
    // Neither the group nor the new user stays.
    let with_new = vec![existing(&ada), wanted("new")];
    assert_refused!(add(with_new, 1).await, Error::GroupFull);
    assert_eq!(store.group(world.app, GROUP).await.unwrap(), None);
    assert_eq!(world.user_names().await, ["ada", "bo"]);
    assert_eq!(world.count().await, 2);

    add(both(), 2).await.unwrap();
    assert_refused!(add(vec![wanted("new")], 2).await, Error::GroupFull);
    assert_eq!(world.members(GROUP).await, ["ada", "bo"]);
    assert_eq!(world.count().await, 2);
    // Who is there takes no second place, even if the limit was lowered meanwhile.
    for most in [2, 1, 0] {
        add(both(), most).await.unwrap();
    }
    assert_refused!(add(vec![wanted("new")], 1).await, Error::GroupFull);
    // Who leaves makes room, and so does who is deleted.
    store
        .remove_group_members(world.app, GROUP, Actor::App, vec![called("ada")])
        .await
        .unwrap();
    add(vec![wanted("new"), existing(&bo)], 2).await.unwrap();
    store.delete_user(world.app, bo.id, NOW).await.unwrap();
    add(vec![existing(&ada)], 2).await.unwrap();
    assert_refused!(add(vec![wanted("more")], 2).await, Error::GroupFull);
    assert_eq!(world.members(GROUP).await, ["ada", "new"]);
}

pub async fn past_the_quota_no_group_is_made(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada] = world.users(["ada"]).await;
    let limits = |groups| GroupLimits { groups, ..ROOMY };
    let add = |id, member, quota| {
        let limits = limits(Some(quota));
        store.add_group_members(
            world.app,
            GroupId(id),
            Actor::App,
            vec![member],
            limits,
            NOW,
        )
    };
    let set_info = |id, quota| {
        let change = InfoChange {
            open: Some("text".into()),
            private: None,
        };
        let limits = limits(Some(quota));
        store.set_group_info(world.app, GroupId(id), Actor::App, change, limits, NOW)
    };
    let put = |id| Group {
        id: GroupId(id),
        owner: None,
        members: vec![],
        created: NOW,
    };
    world.join(GroupId(1), &[&ada]).await;
    other.join(GroupId(9), &[]).await;
    // What is put counts, too, once however often it is put.
    store.put_group(world.app, put(2)).await.unwrap();
    store.put_group(world.app, put(2)).await.unwrap();
    set_info(3, 3).await.unwrap();
    assert_refused!(add(4, wanted("new"), 3).await, Error::GroupQuotaReached);
    assert_refused!(set_info(4, 3).await, Error::GroupQuotaReached);
    assert_eq!(store.group(world.app, GroupId(4)).await.unwrap(), None);
    let info = store.group_info(world.app, GroupId(4)).await.unwrap();
    assert_eq!(info, Info::default());
    assert_eq!(world.user_names().await, ["ada"]);
    // A group that is there needs no place, even if the quota was lowered meanwhile.
    add(3, existing(&ada), 0).await.unwrap();
    set_info(1, 0).await.unwrap();
    // A deleted group leaves its place once.
    for _twice in 0..2 {
        store.delete_group(world.app, GroupId(2)).await.unwrap();
    }
    add(4, existing(&ada), 3).await.unwrap();
    assert_refused!(set_info(5, 3).await, Error::GroupQuotaReached);
    // So does one whose owner is deleted.
    let owned = Group {
        owner: Some(ada.id),
        ..put(4)
    };
    store.put_group(world.app, owned).await.unwrap();
    store.delete_user(world.app, ada.id, NOW).await.unwrap();
    set_info(5, 3).await.unwrap();
    assert_refused!(set_info(6, 3).await, Error::GroupQuotaReached);
    // Without a quota there is room.
    let change = InfoChange::default();
    let none = limits(None);
    store
        .set_group_info(world.app, GroupId(6), Actor::App, change, none, NOW)
        .await
        .unwrap();
}

pub async fn a_group_without_members_stays(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    world.join(GROUP, &[&ada, &bo]).await;
    world.join(GroupId(2), &[&ada]).await;
    let remove = |id, names: &[&str]| {
        let members = names.iter().map(|name| called(name)).collect();
        store.remove_group_members(world.app, GroupId(id), Actor::App, members)
    };
    remove(1, &["bo", "cy", "nobody"]).await.unwrap();
    assert_eq!(world.members(GROUP).await, ["ada"]);
    let is_member = |user: &User| store.is_group_member(world.app, GROUP, user.id);
    assert!(is_member(&ada).await.unwrap());
    assert!(!is_member(&bo).await.unwrap() && !is_member(&cy).await.unwrap());
    for _twice in 0..2 {
        remove(1, &["ada"]).await.unwrap();
        let left = Group {
            id: GROUP,
            owner: None,
            members: vec![],
            created: NOW,
        };
        assert_eq!(store.group(world.app, GROUP).await.unwrap(), Some(left));
        assert_eq!(world.members(GROUP).await, [""; 0]);
    }
    assert_eq!(world.members(GroupId(2)).await, ["ada"]);
    // Where there is no group, none is made.
    remove(3, &["ada"]).await.unwrap();
    assert_eq!(store.group(world.app, GroupId(3)).await.unwrap(), None);
}

pub async fn a_deleted_group_begins_anew(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let [namesake] = other.users(["ada"]).await;
    let text = |text: &str| InfoChange {
        open: Some(text.into()),
        private: Some(text.into()),
    };
    for id in [1, 2] {
        world.join(GroupId(id), &[&ada, &bo]).await;
        store
            .set_group_info(world.app, GroupId(id), Actor::App, text("here"), ROOMY, NOW)
            .await
            .unwrap();
    }
    other.join(GROUP, &[&namesake]).await;
    store
        .set_group_info(other.app, GROUP, Actor::App, text("there"), ROOMY, NOW)
        .await
        .unwrap();

    for _twice in 0..2 {
        store.delete_group(world.app, GROUP).await.unwrap();
        assert_eq!(store.group(world.app, GROUP).await.unwrap(), None);
        assert_eq!(world.members(GROUP).await, [""; 0]);
        let member = store.is_group_member(world.app, GROUP, ada.id).await;
        assert!(!member.unwrap());
        let info = store.group_info(world.app, GROUP).await.unwrap();
        assert_eq!(info, Info::default());
        let groups = store.groups_of(world.app, ada.id).await.unwrap();
        assert_eq!(groups, [GroupId(2)]);
    }
    assert_eq!(world.members(GroupId(2)).await, ["ada", "bo"]);
    let info = store.group_info(world.app, GroupId(2)).await.unwrap();
    assert_eq!(&*info.private, "here");
    assert_eq!(other.members(GROUP).await, ["ada"]);
    let info = store.group_info(other.app, GROUP).await.unwrap();
    assert_eq!(&*info.open, "there");

    store
        .add_group_members(
            world.app,
            GROUP,
            Actor::App,
            vec![existing(&bo)],
            ROOMY,
            LATER,
        )
        .await
        .unwrap();
    let anew = Group {
        id: GROUP,
        owner: None,
        members: vec![bo.id],
        created: LATER,
    };
    assert_eq!(store.group(world.app, GROUP).await.unwrap(), Some(anew));
    assert_eq!(world.members(GROUP).await, ["bo"]);
    let info = store.group_info(world.app, GROUP).await.unwrap();
    assert_eq!(info, Info::default());
}

pub async fn groups_are_deleted_some_at_a_time(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let users = world.users(["ada", "bo", "cy", "di"]).await;
    let [ada, ..] = &users;
    let some = |rows| store.delete_some_groups(world.app, rows);
    assert!(!some(100).await.unwrap());
    let left = || async { store.groups_of(world.app, ada.id).await.unwrap().len() };
    for id in 1..=6 {
        let everybody: Vec<&User> = users.iter().collect();
        world.join(GroupId(id), &everybody).await;
    }
    store
        .mute(world.app, Place::Group(GROUP), existing(ada), Ban::Forever)
        .await
        .unwrap();
    other.join(GROUP, &[]).await;
    // A group of four is more than one row, and it goes whole.
    for (rows, more, expected) in [(0, true, 5), (1, true, 4)] {
        assert_eq!(some(rows).await.unwrap(), more);
        assert_eq!(left().await, expected);
    }
    // Two of them are ten rows.
    assert!(some(6).await.unwrap());
    assert_eq!(left().await, 2);
    assert!(!some(1000).await.unwrap());
    assert!(!some(1000).await.unwrap());
    for id in 1..=6 {
        assert_eq!(store.group(world.app, GroupId(id)).await.unwrap(), None);
        assert_eq!(world.members(GroupId(id)).await, [""; 0]);
    }
    let mutes = store.mutes(world.app, vec![Place::Group(GROUP)], ada.id);
    assert_eq!(mutes.await.unwrap(), []);
    assert!(store.group(other.app, GROUP).await.unwrap().is_some());
    // All their places are free.
    let limits = GroupLimits {
        groups: Some(1),
        ..ROOMY
    };
    store
        .add_group_members(
            world.app,
            GROUP,
            Actor::App,
            vec![existing(ada)],
            limits,
            NOW,
        )
        .await
        .unwrap();
    // Exactly the last one.
    assert!(!some(1).await.unwrap());
}

pub async fn the_groups_of_a_user_are_listed_in_order(store: &dyn Store) {
    let (world, other) = (World::new(store).await, World::new(store).await);
    let [ada, bo] = world.users(["ada", "bo"]).await;
    let [namesake] = other.users(["ada"]).await;
    for id in [30, 4, i64::MAX, 100] {
        world.join(GroupId(id), &[&ada]).await;
    }
    world.join(GroupId(5), &[&bo]).await;
    other.join(GroupId(6), &[&namesake]).await;
    let groups = |app, user: &User| store.groups_of(app, user.id);
    assert_eq!(
        groups(world.app, &ada).await.unwrap(),
        [4, 30, 100, i64::MAX].map(GroupId)
    );
    assert_eq!(groups(world.app, &bo).await.unwrap(), [GroupId(5)]);
    assert_eq!(groups(other.app, &namesake).await.unwrap(), [GroupId(6)]);
    assert_eq!(groups(other.app, &ada).await.unwrap(), []);
    assert_eq!(groups(world.app, &namesake).await.unwrap(), []);
}

pub async fn members_are_per_app_and_group(store: &dyn Store) {
    let (here, there) = (World::new(store).await, World::new(store).await);
    let [ada] = here.users(["ada"]).await;
    let [bo] = there.users(["bo"]).await;
    here.join(GROUP, &[&ada]).await;
    assert_eq!(there.members(GROUP).await, [""; 0]);
    there.join(GROUP, &[&bo]).await;
    assert_eq!(here.members(GROUP).await, ["ada"]);
    assert_eq!(there.members(GROUP).await, ["bo"]);
    let is_member =
        |world: World<'_>, id, user: &User| store.is_group_member(world.app, GroupId(id), user.id);
    assert!(is_member(here, 1, &ada).await.unwrap());
    assert!(is_member(there, 1, &bo).await.unwrap());
    assert!(!is_member(here, 2, &ada).await.unwrap());
    assert!(!is_member(there, 1, &ada).await.unwrap());
    assert!(!is_member(here, 1, &bo).await.unwrap());
    store.delete_group(there.app, GROUP).await.unwrap();
    assert_eq!(here.members(GROUP).await, ["ada"]);
}

pub async fn a_group_put_again_counts_its_new_members(store: &dyn Store) {
    let world = World::new(store).await;
    let [ada, bo, cy] = world.users(["ada", "bo", "cy"]).await;
    for members in [
        vec![ada.id, bo.id, cy.id, bo.id],
        vec![bo.id],
        vec![],
        vec![cy.id, ada.id],
    ] {
        let group = Group {
            id: GROUP,
            owner: None,
            members: members.clone(),
            created: NOW,
        };
        store.put_group(world.app, group).await.unwrap();
        // Asks the group how many there are, too.
        let names = world.members(GROUP).await;
        for user in [&ada, &bo, &cy] {
            let there = members.contains(&user.id);
            assert_eq!(names.iter().any(|name| *name == *user.name.as_str()), there);
            let groups = store.groups_of(world.app, user.id).await.unwrap();
            assert_eq!(groups.len(), usize::from(there));
        }
    }
}
