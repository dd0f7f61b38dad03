use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::tokens::{Token, TokenHash, TokenKind, TokenOwner, TokenStore};
use halloo_core::users::{UserId, UserName, Wanted};
use halloo_core::{Error, Millis, Result};
use rusqlite::{OptionalExtension as _, Row, params};

use super::users::{exists, needed, revoke_logins};
use super::{Failure, Outcome, Sqlite};

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
                     user_generation, expires, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    token.hash.0,
                    token.app.0,
                    user,
                    name,
                    token.app_generation,
                    token.user_generation,
                    token.expires.map(|end| end.0),
                    match token.kind {
                        TokenKind::Bearer => 0,
                        TokenKind::Login => 1,
                    },
                ])?;
            Ok(())
        })
        .await
    }

    async fn add_login_token(
        &self,
        app: AppId,
        user: Wanted,
        hash: TokenHash,
        app_generation: i64,
        expires: Millis,
    ) -> Result<()> {
        self.write(move |connection| {
            let user = needed(connection, app, user)?;
            connection
                .prepare_cached(
                    "INSERT INTO tokens (hash, kind, app, user, user_name, app_generation, \
                     user_generation, expires) \
                     SELECT ?1, 1, ?2, id, name, ?3, token_generation, ?4 FROM users WHERE id = ?5",
                )?
                .execute(params![hash.0, app.0, app_generation, expires.0, user.0])?;
            Ok(())
        })
        .await
    }

    async fn token(&self, hash: TokenHash) -> Result<Option<Token>> {
        self.look_up(move |connection| {
            connection
                .prepare_cached(
                    "SELECT app, user, user_name, app_generation, user_generation, expires, kind \
                     FROM tokens WHERE hash = ?1",
                )?
                .query_row([hash.0], |row| Ok(token(hash, row)))
                .optional()?
                .transpose()
        })
        .await
    }

    async fn revoke_logins(&self, app: AppId, user: UserId, now: Millis) -> Result<()> {
        self.write(move |connection| {
            if exists(connection, app, user)? {
                revoke_logins(connection, user, now)?;
            }
            Ok(())
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
            let mut all = swept as u64;
            // CROSS keeps the order: the few apps first.
            for void in [
                "DELETE FROM tokens WHERE hash IN (SELECT tokens.hash FROM apps CROSS JOIN \
                 tokens ON tokens.app = apps.id AND tokens.kind = 0 \
                 AND tokens.app_generation < apps.token_generation LIMIT ?1)",
                "DELETE FROM tokens WHERE hash IN (SELECT tokens.hash FROM apps CROSS JOIN \
                 tokens ON tokens.app = apps.id AND tokens.kind = 1 \
                 AND tokens.app_generation < apps.login_generation LIMIT ?1)",
            ] {
                let left = i64::try_from(u64::from(limit).saturating_sub(all)).unwrap_or(0);
                all += connection.prepare_cached(void)?.execute([left])? as u64;
            }
            Ok(all)
        })
        .await
    }
}

fn token(hash: TokenHash, row: &Row<'_>) -> Outcome<Token> {
    let user: Option<i64> = row.get(1)?;
    let name: Option<Box<str>> = row.get(2)?;
    let owner = user
        .zip(name)
        .map_or(TokenOwner::App, |(id, name)| TokenOwner::User {
            id: UserId(id),
            name: UserName::from_stored(name),
        });
    let kind = match row.get(6)? {
        0 => TokenKind::Bearer,
        1 => TokenKind::Login,
        other => {
            return Err(Failure::Impossible {
                table: "tokens",
                column: "kind",
                value: i64::to_string(&other),
            });
        }
    };
    Ok(Token {
        hash,
        kind,
        app: AppId(row.get(0)?),
        owner,
        app_generation: row.get(3)?,
        user_generation: row.get(4)?,
        expires: row.get::<_, Option<i64>>(5)?.map(Millis),
    })
}
