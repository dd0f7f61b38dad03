use halloo_core::bans::Ban;
use halloo_core::push::{DisplayStyle, Hour};
use halloo_core::users::{PasswordHash, ProfileChange, UserId};
use halloo_core::{Error, Millis};
use rusqlite::{Connection, params};

use crate::sqlite::bans::end_of;
use crate::sqlite::{Failure, Outcome};

pub(super) fn set_password(
    connection: &Connection,
    user: UserId,
    hash: &PasswordHash,
    now: Millis,
) -> Outcome<()> {
    connection
        .prepare_cached("UPDATE users SET password = ?2 WHERE id = ?1")?
        .execute(params![user.0, hash.as_str()])?;
    revoke_bearers(connection, user)?;
    revoke_logins(connection, user, now)
}

/// Voids the login tokens of a user, and what his app signed for him up to now.
pub(in crate::sqlite) fn revoke_logins(
    connection: &Connection,
    user: UserId,
    now: Millis,
) -> Outcome<()> {
    connection
        .prepare_cached("UPDATE users SET logins_since = max(logins_since, ?2) WHERE id = ?1")?
        .execute([user.0, now.0])?;
    connection
        .prepare_cached("DELETE FROM tokens WHERE user = ?1 AND kind = 1")?
        .execute([user.0])?;
    Ok(())
}

fn revoke_bearers(connection: &Connection, user: UserId) -> Outcome<()> {
    connection
        .prepare_cached("UPDATE users SET token_generation = token_generation + 1 WHERE id = ?1")?
        .execute([user.0])?;
    connection
        .prepare_cached("DELETE FROM tokens WHERE user = ?1 AND kind = 0")?
        .execute([user.0])?;
    Ok(())
}

pub(super) fn set_ban(connection: &Connection, user: UserId, ban: Ban) -> Outcome<()> {
    connection
        .prepare_cached("UPDATE users SET banned_until = ?2 WHERE id = ?1")?
        .execute(params![user.0, end_of(ban)])?;
    if ban != Ban::Never {
        revoke_bearers(connection, user)?;
    }
    Ok(())
}

pub(super) fn set_profile(
    connection: &Connection,
    user: UserId,
    change: ProfileChange,
    ignored_groups: u32,
) -> Outcome<()> {
    if let Some(nickname) = change.nickname {
        connection
            .prepare_cached("UPDATE users SET nickname = nullif(?2, '') WHERE id = ?1")?
            .execute(params![user.0, nickname])?;
    }
    connection
        .prepare_cached(
            "UPDATE users SET display_style = coalesce(?2, display_style), \
             do_not_disturb = coalesce(?3, do_not_disturb), \
             quiet_from_hour = coalesce(?4, quiet_from_hour), \
             quiet_to_hour = coalesce(?5, quiet_to_hour) WHERE id = ?1",
        )?
        .execute(params![
            user.0,
            change.display_style.map(DisplayStyle::number),
            change.do_not_disturb,
            change.quiet_from_hour.map(Hour::get),
            change.quiet_to_hour.map(Hour::get),
        ])?;
    if change.ignored_groups.is_empty() {
        return Ok(());
    }
    let mut put = connection.prepare_cached(
        "INSERT INTO push_ignored_groups (user, group_id, ignored) VALUES (?1, ?2, ?3) \
         ON CONFLICT (user, group_id) DO UPDATE SET ignored = excluded.ignored",
    )?;
    for (group, ignored) in change.ignored_groups {
        put.execute(params![user.0, group, ignored])?;
    }
    let mut groups = count_groups(connection, user)?;
    if groups > ignored_groups {
        // Those that are heard again are kept only while there is room.
        connection
            .prepare_cached("DELETE FROM push_ignored_groups WHERE user = ?1 AND ignored = 0")?
            .execute([user.0])?;
        groups = count_groups(connection, user)?;
    }
    if groups > ignored_groups {
        return Err(Failure::Domain(Error::IgnoredGroupLimit));
    }
    Ok(())
}

/// Brings the column that counts a user's rows of `push_ignored_groups` up to date.
fn count_groups(connection: &Connection, user: UserId) -> Outcome<u32> {
    Ok(connection
        .prepare_cached(
            "UPDATE users SET ignored_groups = \
             (SELECT count(*) FROM push_ignored_groups WHERE user = ?1) \
             WHERE id = ?1 RETURNING ignored_groups",
        )?
        .query_row([user.0], |row| row.get(0))?)
}
