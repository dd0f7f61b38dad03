use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::bans::Place;
use halloo_core::groups::{Group, GroupId, GroupLimits, GroupStore};
use halloo_core::info::{Info, InfoChange};
use halloo_core::users::{Actor, Named, UidTarget, UserId, Wanted};
use halloo_core::{Error, Millis, Result};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::bans::unmute_all;
use super::users::{exists, found, needed};
use super::{Failure, Outcome, Sqlite, info, named, snapshot};

#[async_trait]
impl GroupStore for Sqlite {
    async fn put_group(&self, app: AppId, group: Group) -> Result<()> {
        self.write(move |connection| {
            for user in group.members.iter().chain(&group.owner) {
                if !exists(connection, app, *user)? {
                    return Err(Failure::Domain(Error::UnknownUser));
                }
            }
            make(connection, app, group.id, group.created, None)?;
            connection
                .prepare_cached("DELETE FROM group_members WHERE app = ?1 AND group_id = ?2")?
                .execute([app.0, group.id.0])?;
            let members = insert(connection, app, group.id, &group.members, group.created)?;
            connection
                .prepare_cached(
                    "UPDATE groups SET owner = ?3, created = ?4, members = ?5 \
                     WHERE app = ?1 AND id = ?2",
                )?
                .execute(params![
                    app.0,
                    group.id.0,
                    group.owner.map(|owner| owner.0),
                    group.created.0,
                    members,
                ])?;
            Ok(())
        })
        .await
    }

    async fn group(&self, app: AppId, id: GroupId) -> Result<Option<Group>> {
        self.scan(move |connection| {
            snapshot(connection, || {
                let found: Option<(Option<i64>, i64)> = connection
                    .prepare_cached("SELECT owner, created FROM groups WHERE app = ?1 AND id = ?2")?
                    .query_row([app.0, id.0], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                let Some((owner, created)) = found else {
                    return Ok(None);
                };
                let members = connection
                .prepare_cached(
                    "SELECT user FROM group_members WHERE app = ?1 AND group_id = ?2 ORDER BY user",
                )?
                .query_map([app.0, id.0], |row| Ok(UserId(row.get(0)?)))?
                .collect::<Result<_, _>>()?;
                Ok(Some(Group {
                    id,
                    owner: owner.map(UserId),
                    members,
                    created: Millis(created),
                }))
            })
        })
        .await
    }

    async fn add_group_members(
        &self,
        app: AppId,
        group: GroupId,
        actor: Actor,
        members: Vec<Wanted>,
        limits: GroupLimits,
        now: Millis,
    ) -> Result<()> {
        self.write(move |connection| {
            check_member(connection, app, group, actor)?;
            let members = members
                .into_iter()
                .map(|member| needed(connection, app, member))
                .collect::<Outcome<Vec<_>>>()?;
            make(connection, app, group, now, limits.groups)?;
            let added = insert(connection, app, group, &members, now)?;
            if added > 0 && grow(connection, app, group, added)? > limits.members {
                return Err(Failure::Domain(Error::GroupFull));
            }
            Ok(())
        })
        .await
    }

    async fn remove_group_members(
        &self,
        app: AppId,
        group: GroupId,
        actor: Actor,
        members: Vec<UidTarget>,
    ) -> Result<()> {
        self.write(move |connection| {
            check_member(connection, app, group, actor)?;
            let mut delete = connection.prepare_cached(
                "DELETE FROM group_members WHERE app = ?1 AND group_id = ?2 AND user = ?3",
            )?;
            let mut removed: i64 = 0;
            for member in members {
                if let Some(user) = found(connection, app, &member)? {
                    removed += i64::from(delete.execute([app.0, group.0, user.0])? == 1);
                }
            }
            if removed > 0 {
                grow(connection, app, group, -removed)?;
            }
            Ok(())
        })
        .await
    }

    async fn delete_group(&self, app: AppId, group: GroupId) -> Result<()> {
        self.write(move |connection| {
            delete(connection, app, group)?;
            Ok(())
        })
        .await
    }

    async fn delete_some_groups(&self, app: AppId, rows: u32) -> Result<bool> {
        self.write(move |connection| {
            let (most, mut gone) = (rows.max(1) as usize, 0);
            loop {
                match first(connection, app)? {
                    None => return Ok(false),
                    Some(_) if gone >= most => return Ok(true),
                    Some(group) => gone += delete(connection, app, group)?,
                }
            }
        })
        .await
    }

    // The sender of a message waits in line for it; members are cached above.
    async fn group_members(&self, app: AppId, group: GroupId) -> Result<Vec<Named>> {
        self.look_up(move |connection| {
            connection
                .prepare_cached(
                    "SELECT users.id, users.name FROM group_members \
                     JOIN users ON users.id = group_members.user \
                     WHERE group_members.app = ?1 AND group_members.group_id = ?2",
                )?
                .query_map([app.0, group.0], named)?
                .map(|member| Ok(member?))
                .collect()
        })
        .await
    }

    async fn group_size(&self, app: AppId, group: GroupId) -> Result<u32> {
        self.look_up(move |connection| {
            let size = connection
                .prepare_cached("SELECT members FROM groups WHERE app = ?1 AND id = ?2")?
                .query_row([app.0, group.0], |row| row.get(0))
                .optional()?;
            Ok(size.unwrap_or(0))
        })
        .await
    }

    async fn is_group_member(&self, app: AppId, group: GroupId, user: UserId) -> Result<bool> {
        self.look_up(move |connection| is_member(connection, app, group, user))
            .await
    }

    async fn memberships(&self, app: AppId, user: UserId) -> Result<Vec<(GroupId, Millis)>> {
        self.look_up(move |connection| {
            connection
                .prepare_cached(
                    "SELECT group_id, joined FROM group_members WHERE user = ?1 AND app = ?2 \
                     ORDER BY group_id",
                )?
                .query_map([user.0, app.0], |row| {
                    Ok((GroupId(row.get(0)?), Millis(row.get(1)?)))
                })?
                .map(|membership| Ok(membership?))
                .collect()
        })
        .await
    }

    async fn groups_of(&self, app: AppId, user: UserId) -> Result<Vec<GroupId>> {
        self.scan(move |connection| {
            connection
                .prepare_cached(
                    "SELECT group_id FROM group_members WHERE user = ?1 AND app = ?2 \
                     ORDER BY group_id",
                )?
                .query_map([user.0, app.0], |row| Ok(GroupId(row.get(0)?)))?
                .map(|group| Ok(group?))
                .collect()
        })
        .await
    }

    async fn set_group_info(
        &self,
        app: AppId,
        group: GroupId,
        actor: Actor,
        change: InfoChange,
        limits: GroupLimits,
        now: Millis,
    ) -> Result<()> {
        self.write(move |connection| {
            check_member(connection, app, group, actor)?;
            make(connection, app, group, now, limits.groups)?;
            connection
                .prepare_cached(
                    "INSERT INTO group_infos (app, group_id, open_info, private_info) \
                     VALUES (?1, ?2, coalesce(?3, ''), coalesce(?4, '')) \
                     ON CONFLICT (app, group_id) DO UPDATE SET \
                     open_info = coalesce(?3, open_info), \
                     private_info = coalesce(?4, private_info)",
                )?
                .execute(params![app.0, group.0, change.open, change.private])?;
            Ok(())
        })
        .await
    }

    async fn group_open_infos(&self, app: AppId, groups: Vec<GroupId>) -> Result<Vec<Box<str>>> {
        self.scan(move |connection| {
            snapshot(connection, || {
                let mut text = connection.prepare_cached(
                    "SELECT open_info FROM group_infos WHERE app = ?1 AND group_id = ?2",
                )?;
                let mut texts = Vec::with_capacity(groups.len());
                for group in groups {
                    let found: Option<Box<str>> = text
                        .query_row([app.0, group.0], |row| row.get(0))
                        .optional()?;
                    texts.push(found.unwrap_or_default());
                }
                Ok(texts)
            })
        })
        .await
    }

    async fn group_info(&self, app: AppId, group: GroupId) -> Result<Info> {
        self.look_up(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT open_info, private_info FROM group_infos \
                     WHERE app = ?1 AND group_id = ?2",
                )?
                .query_row([app.0, group.0], info)
                .optional()?;
            Ok(found.unwrap_or_default())
        })
        .await
    }
}

fn is_member(connection: &Connection, app: AppId, group: GroupId, user: UserId) -> Outcome<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM group_members WHERE app = ?1 AND group_id = ?2 AND user = ?3",
        )?
        .exists([app.0, group.0, user.0])?)
}

/// Refuses a user who is no member.
fn check_member(connection: &Connection, app: AppId, group: GroupId, actor: Actor) -> Outcome<()> {
    match actor {
        Actor::User(user) if !is_member(connection, app, group, user)? => {
            Err(Failure::Domain(Error::NotGroupMember))
        }
        Actor::App | Actor::User(_) => Ok(()),
    }
}

/// Makes a group without owner and members if there is none.
fn make(
    connection: &Connection,
    app: AppId,
    group: GroupId,
    now: Millis,
    quota: Option<u64>,
) -> Outcome<()> {
    let made = connection
        .prepare_cached(
            "INSERT INTO groups (app, id, created) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute([app.0, group.0, now.0])?;
    if made == 0 {
        return Ok(());
    }
    let total: i64 = connection
        .prepare_cached("UPDATE apps SET groups = groups + 1 WHERE id = ?1 RETURNING groups")?
        .query_row([app.0], |row| row.get(0))?;
    if quota.is_some_and(|quota| u64::try_from(total).is_ok_and(|n| n > quota)) {
        return Err(Failure::Domain(Error::GroupQuotaReached));
    }
    Ok(())
}

/// Inserts rows of `group_members`; those that are there stay as they are. Returns how many are new.
fn insert(
    connection: &Connection,
    app: AppId,
    group: GroupId,
    users: &[UserId],
    joined: Millis,
) -> Outcome<i64> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO group_members (app, group_id, user, joined) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT DO NOTHING",
    )?;
    let mut added = 0;
    for user in users {
        added += i64::from(insert.execute([app.0, group.0, user.0, joined.0])? == 1);
    }
    Ok(added)
}

/// Counts `by` members more. Returns how many there are.
fn grow(connection: &Connection, app: AppId, group: GroupId, by: i64) -> Outcome<u32> {
    Ok(connection
        .prepare_cached(
            "UPDATE groups SET members = members + ?3 WHERE app = ?1 AND id = ?2 \
             RETURNING members",
        )?
        .query_row([app.0, group.0, by], |row| row.get(0))?)
}

/// Some group of the app, be it one that stands in a mute only.
fn first(connection: &Connection, app: AppId) -> Outcome<Option<GroupId>> {
    for statement in [
        "SELECT id FROM groups WHERE app = ?1 ORDER BY id LIMIT 1",
        "SELECT place FROM mutes WHERE app = ?1 AND kind = 0 ORDER BY place LIMIT 1",
    ] {
        let found = connection
            .prepare_cached(statement)?
            .query_row([app.0], |row| row.get(0))
            .optional()?;
        if let Some(group) = found {
            return Ok(Some(GroupId(group)));
        }
    }
    Ok(None)
}

/// Deletes a group with everything that is its. Returns how many rows went.
pub(super) fn delete(connection: &Connection, app: AppId, group: GroupId) -> Outcome<usize> {
    let there = connection
        .prepare_cached("DELETE FROM groups WHERE app = ?1 AND id = ?2")?
        .execute([app.0, group.0])?;
    // A mute needs no group.
    let mutes = unmute_all(connection, app, Place::Group(group))?;
    if there == 0 {
        return Ok(mutes);
    }
    connection
        .prepare_cached("UPDATE apps SET groups = groups - 1 WHERE id = ?1")?
        .execute([app.0])?;
    let members = connection
        .prepare_cached("DELETE FROM group_members WHERE app = ?1 AND group_id = ?2")?
        .execute([app.0, group.0])?;
    let infos = connection
        .prepare_cached("DELETE FROM group_infos WHERE app = ?1 AND group_id = ?2")?
        .execute([app.0, group.0])?;
    Ok(there + members + infos + mutes)
}
