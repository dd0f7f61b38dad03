use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::tokens::{Token, TokenHash, TokenOwner, TokenStore};
use halloo_core::users::{UserId, UserName};
use halloo_core::{Error, Millis, Result};
use rusqlite::{OptionalExtension as _, params};

use super::users::exists;
use super::{Failure, Sqlite};

#[async_trait]
impl TokenStore for Sqlite {
    async fn add_token(&self, token: Token) -> Result<()> {
        self.write(move |connection| {
            if let TokenOwner::User { id, .. } = token.owner
                && !exists(connection, token.app, id)?
            {
                return Err(Failure::Domain(Error::UnknownUser));
            }
            let (user, name) = match &token.owner {
                TokenOwner::App => (None, None),
                TokenOwner::User { id, name } => (Some(id.0), Some(name.as_str())),
            };
            connection
                .prepare_cached(
                    "INSERT INTO tokens (hash, app, user, user_name, app_generation, \
                     user_generation, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    token.hash.0,
                    token.app.0,
                    user,
                    name,
                    token.app_generation,
                    token.user_generation,
                    token.expires.map(|end| end.0),
                ])?;
            Ok(())
        })
        .await
    }

    async fn token(&self, hash: TokenHash) -> Result<Option<Token>> {
        self.look_up(move |connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT app, user, user_name, app_generation, user_generation, expires \
                     FROM tokens WHERE hash = ?1",
                )?
                .query_row([hash.0], |row| {
                    let user: Option<i64> = row.get(1)?;
                    let name: Option<Box<str>> = row.get(2)?;
                    let owner =
                        user.zip(name)
                            .map_or(TokenOwner::App, |(id, name)| TokenOwner::User {
                                id: UserId(id),
                                name: UserName::from_stored(name),
                            });
                    Ok(Token {
                        hash,
                        app: AppId(row.get(0)?),
                        owner,
                        app_generation: row.get(3)?,
                        user_generation: row.get(4)?,
                        expires: row.get::<_, Option<i64>>(5)?.map(Millis),
                    })
                })
                .optional()?)
        })
        .await
    }

    async fn sweep_tokens(&self, now: Millis, limit: u32) -> Result<u64> {
        self.write(move |connection| {
            let swept = connection
                .prepare_cached(
                    "DELETE FROM tokens WHERE hash IN (SELECT hash FROM tokens \
                     WHERE expires IS NOT NULL AND expires <= ?1 ORDER BY expires LIMIT ?2)",
                )?
                .execute(params![now.0, limit])?;
            let left = u64::from(limit).saturating_sub(swept as u64);
            let voided = connection
                .prepare_cached(
                    "DELETE FROM tokens WHERE hash IN (SELECT tokens.hash FROM apps JOIN tokens \
                     ON tokens.app = apps.id AND tokens.app_generation < apps.token_generation \
                     LIMIT ?1)",
                )?
                .execute([i64::try_from(left).unwrap_or(0)])?;
            Ok((swept + voided) as u64)
        })
        .await
    }
}
