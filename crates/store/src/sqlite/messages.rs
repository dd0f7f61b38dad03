use async_trait::async_trait;
use halloo_core::apps::AppId;
use halloo_core::messages::{Conversation, MessageId, MessageStore, NewMessage};
use halloo_core::users::UserId;
use halloo_core::{Error, Millis, Result};
use rusqlite::{Connection, params};

use super::users::exists;
use super::{Failure, Outcome, Sqlite};

#[async_trait]
impl MessageStore for Sqlite {
    async fn append_message(&self, app: AppId, message: NewMessage) -> Result<i64> {
        self.write(move |connection| {
            let Conversation::Pair(one, other) = message.conversation;
            for user in [one, other] {
                if !exists(connection, app, user)? {
                    return Err(Failure::Domain(Error::UnknownUser));
                }
            }
            let (conversation, sequence): (i64, i64) = connection
                .prepare_cached(
                    "UPDATE conversations SET last_sequence = last_sequence + 1 WHERE id = ?1 \
                     RETURNING id, last_sequence",
                )?
                .query_row(
                    [find_or_create(connection, app, message.conversation)?],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?;
            let mut open = connection.prepare_cached(
                "INSERT OR IGNORE INTO cursors (user, conversation, sequence) VALUES (?1, ?2, ?3)",
            )?;
            for reader in [one, other] {
                open.execute([reader.0, conversation, sequence - 1])?;
            }
            connection
                .prepare_cached(
                    "INSERT INTO messages (conversation, sequence, app, id, sender, body, sent) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    conversation,
                    sequence,
                    app.0,
                    message.id.0,
                    message.sender.0,
                    &*message.body,
                    message.sent.0,
                ])?;
            Ok(sequence)
        })
        .await
    }

    async fn confirm(
        &self,
        app: AppId,
        reader: UserId,
        conversation: Conversation,
        sequence: i64,
    ) -> Result<()> {
        self.write(move |connection| {
            let conversation = find_or_create(connection, app, conversation)?;
            connection
                .prepare_cached(
                    "UPDATE cursors SET sequence = max(sequence, min(?3, (SELECT last_sequence \
                     FROM conversations WHERE id = ?2))) WHERE user = ?1 AND conversation = ?2",
                )?
                .execute([reader.0, conversation, sequence])?;
            Ok(())
        })
        .await
    }

    async fn waiting_count(&self, _app: AppId, reader: UserId, since: Millis) -> Result<u64> {
        self.scan(move |connection| {
            let count: i64 = connection
                .prepare_cached(
                    "SELECT count(*) FROM cursors JOIN messages \
                     ON messages.conversation = cursors.conversation \
                     AND messages.sequence > cursors.sequence \
                     WHERE cursors.user = ?1 AND messages.sender <> ?1 AND messages.sent >= ?2",
                )?
                .query_row([reader.0, since.0], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or(0))
        })
        .await
    }

    async fn is_waiting(
        &self,
        app: AppId,
        reader: UserId,
        id: MessageId,
        since: Millis,
    ) -> Result<bool> {
        self.look_up(move |connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT 1 FROM messages JOIN cursors \
                     ON cursors.conversation = messages.conversation \
                     AND cursors.sequence < messages.sequence \
                     WHERE messages.app = ?1 AND messages.id = ?2 AND messages.sent >= ?3 \
                     AND messages.sender <> ?4 AND cursors.user = ?4",
                )?
                .exists([app.0, id.0, since.0, reader.0])?)
        })
        .await
    }
}

fn find_or_create(connection: &Connection, app: AppId, conversation: Conversation) -> Outcome<i64> {
    let Conversation::Pair(one, other) = conversation;
    let (low, high) = (one.0.min(other.0), one.0.max(other.0));
    connection
        .prepare_cached(
            "INSERT INTO conversations (app, kind, low, high) VALUES (?1, 0, ?2, ?3) \
             ON CONFLICT DO NOTHING",
        )?
        .execute([app.0, low, high])?;
    Ok(connection
        .prepare_cached(
            "SELECT id FROM conversations WHERE app = ?1 AND kind = 0 AND low = ?2 AND high = ?3",
        )?
        .query_row([app.0, low, high], |row| row.get(0))?)
}
