//! Reading and removing what was said. A user reads his pairs, the groups that he is a member of, the rooms
//! that he is in, and what went to everybody. Sources: RTM server gate sections 5.3 to 5.5, RTM client gate
//! section 3.3.

use super::{
    Content, Conversation, Count, Edit, Form, Kinds, Message, Messages, Range, Removal, Scope,
    Select, Sequence,
};
use crate::apps::{App, AppId};
use crate::users::{Actor, Uid, UserId};
use crate::{Error, Millis, Result};

/// A page of a log.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Newest first.
    pub descending: bool,
    /// The message to go on behind.
    pub after: Option<Sequence>,
    /// Sent then.
    pub range: Range,
    /// What sorts.
    pub kinds: Kinds,
    /// How many at most; [`crate::Limits::history_page`] bounds it.
    pub size: usize,
}

impl Range {
    /// From `begin` to `end`, where zero and less is no bound. Source: RTM server gate section 5.4.
    pub fn of(begin: i64, end: i64) -> Self {
        Self {
            begin: Millis(begin.max(0)),
            end: Millis(if end > 0 { end } else { i64::MAX }),
        }
    }

    /// What of it is not before `oldest`.
    pub(super) fn since(self, oldest: Millis) -> Self {
        Self {
            begin: self.begin.max(oldest),
            end: self.end,
        }
    }
}

impl Messages {
    /// The log between two users; `None` when one of them does not exist.
    /// # Errors
    /// [`Error::UidIllegal`].
    pub async fn pair(
        &self,
        app: AppId,
        one: Uid,
        other: Uid,
    ) -> Result<Option<(UserId, Conversation)>> {
        let one = self.peer(app, one).await?;
        let other = self.peer(app, other).await?;
        Ok(one
            .zip(other)
            .map(|(one, other)| (one, Conversation::pair(one, other))))
    }

    /// Whoever has the uid `uid`, be he a user or somebody in whose name the back end sends; `None` for zero
    /// and where there is nobody.
    /// # Errors
    /// [`Error::UidIllegal`] below zero.
    pub async fn sender(&self, app: AppId, uid: Uid) -> Result<Option<UserId>> {
        if uid.0 == 0 {
            return Ok(None);
        }
        if let Some(stranger) = uid.stranger() {
            return Ok(Some(stranger));
        }
        let user = self.users.of_uid(app, uid).await?;
        Ok(user.map(|user| user.id))
    }

    /// [`Messages::sender`] of somebody who must be named.
    /// # Errors
    /// [`Error::UidIllegal`] when it is not positive.
    pub async fn peer(&self, app: AppId, uid: Uid) -> Result<Option<UserId>> {
        if uid.0 == 0 {
            return Err(Error::UidIllegal);
        }
        self.sender(app, uid).await
    }

    /// One page of a log, without what is older than the app keeps.
    /// # Errors
    /// [`Error::NotGroupMember`], [`Error::NotInRoom`]; [`Error::UnknownMessage`] for a pair of others.
    pub async fn page(
        &self,
        app: &App,
        actor: Actor,
        conversation: Conversation,
        page: Page,
    ) -> Result<Vec<Message>> {
        self.check_reader(app.id, actor, conversation).await?;
        let select = Select {
            descending: page.descending,
            after: page.after,
            range: page.range.since(self.retained_since(app)),
            kinds: page.kinds,
            limit: page.size.min(self.context.limits.history_page),
        };
        self.context
            .log
            .messages(app.id, conversation, select)
            .await
    }

    /// The message of `sender`, or of anybody, that he calls `client_id`.
    /// # Errors
    /// [`Error::UnknownMessage`] when there is none, or none any more; [`Error::NotGroupMember`],
    /// [`Error::NotInRoom`].
    pub async fn called(
        &self,
        app: &App,
        actor: Actor,
        conversation: Conversation,
        sender: Option<UserId>,
        client_id: i64,
    ) -> Result<Message> {
        self.check_reader(app.id, actor, conversation).await?;
        let log = &self.context.log;
        let found = log
            .message_called(app.id, conversation, sender, client_id)
            .await?;
        let kept = found.filter(|message| message.sent >= self.retained_since(app));
        kept.ok_or(Error::UnknownMessage)
    }

    /// How many messages of a log there are, and how many users sent them.
    /// # Errors
    /// [`Error::NotGroupMember`], [`Error::NotInRoom`].
    pub async fn count(
        &self,
        app: &App,
        actor: Actor,
        conversation: Conversation,
        range: Range,
        kinds: Kinds,
    ) -> Result<Count> {
        self.check_reader(app.id, actor, conversation).await?;
        let range = range.since(self.retained_since(app));
        self.context
            .log
            .count_messages(app.id, conversation, range, kinds)
            .await
    }

    /// Removes one message for good. A user removes his own ones only.
    /// # Errors
    /// Those of [`Messages::called`]; [`Error::NotSender`].
    pub async fn remove(
        &self,
        app: &App,
        actor: Actor,
        conversation: Conversation,
        sender: Option<UserId>,
        client_id: i64,
    ) -> Result<()> {
        let message = self
            .called(app, actor, conversation, sender, client_id)
            .await?;
        if let Actor::User(user) = actor
            && user != message.sender.id
        {
            return Err(Error::NotSender);
        }
        let removal = Removal::One(message.sequence);
        match self
            .context
            .log
            .remove_messages(app.id, conversation, removal)
            .await?
        {
            0 => Err(Error::UnknownMessage),
            _ => Ok(()),
        }
    }

    /// Removes what was sent in `range`. Returns how many there were.
    /// # Errors
    /// [`Error::Unavailable`]; some are gone then.
    pub async fn remove_sent(
        &self,
        app: &App,
        conversation: Conversation,
        range: Range,
    ) -> Result<u64> {
        let removal = Removal::Sent(range);
        self.context
            .log
            .remove_messages(app.id, conversation, removal)
            .await
    }

    /// Removes what a user and others said to each other in pairs.
    /// # Errors
    /// [`Error::UidIllegal`], [`Error::Unavailable`]; some are gone then.
    pub async fn clear_user(&self, app: &App, uid: Uid) -> Result<()> {
        let Some(user) = self.users.of_uid(app.id, uid).await? else {
            return Ok(());
        };
        for pair in self.context.log.pairs_of(app.id, user.id).await? {
            self.remove_sent(app, pair.conversation, Range::of(0, 0))
                .await?;
        }
        Ok(())
    }

    /// Removes everything of some sorts of conversations.
    /// # Errors
    /// [`Error::Unavailable`]; some are gone then.
    pub async fn clear(&self, app: &App, scopes: &[Scope]) -> Result<()> {
        for scope in scopes {
            self.context.log.clear_messages(app.id, *scope).await?;
        }
        Ok(())
    }

    /// Changes what a message says that is at most `within` milliseconds old; 0: however old it is.
    /// # Errors
    /// [`Error::UnknownMessage`], also when it is older; [`Error::TooLong`].
    pub async fn edit(
        &self,
        app: &App,
        conversation: Conversation,
        (sender, client_id): (Option<UserId>, i64),
        (form, body): (Form, bytes::Bytes),
        attributes: Box<str>,
        within: i64,
    ) -> Result<()> {
        let actor = Actor::App;
        let message = self
            .called(app, actor, conversation, sender, client_id)
            .await?;
        let age = self.context.clock.now().0.saturating_sub(message.sent.0);
        if within > 0 && age > within {
            return Err(Error::UnknownMessage);
        }
        let content = Content {
            form,
            body,
            attributes,
            ..message.content
        };
        content.check(&self.context.limits)?;
        let edit = Edit {
            sequence: message.sequence,
            content,
        };
        let edited = self.context.log.edit_message(app.id, conversation, edit);
        if !edited.await? {
            return Err(Error::UnknownMessage);
        }
        Ok(())
    }

    /// Gives the room back that old messages of an app take.
    pub(crate) async fn reclaim(&self, app: &App) -> Result<()> {
        let before = self.retained_since(app);
        while self.context.log.reclaim(app.id, before, RECLAIMED).await? {}
        Ok(())
    }

    pub(super) async fn check_reader(
        &self,
        app: AppId,
        actor: Actor,
        conversation: Conversation,
    ) -> Result<()> {
        let Actor::User(user) = actor else {
            return Ok(());
        };
        let store = &self.context.store;
        match conversation {
            Conversation::Group(group) if !store.is_group_member(app, group, user).await? => {
                Err(Error::NotGroupMember)
            }
            Conversation::Room(room) if !store.is_in_room(app, room, user).await? => {
                Err(Error::NotInRoom)
            }
            // As if there were no such thing.
            Conversation::Pair(..) if conversation.peer_of(user).is_none() => {
                Err(Error::UnknownMessage)
            }
            _ => Ok(()),
        }
    }
}

/// Messages whose room is given back in one store operation, so that others get their turn.
const RECLAIMED: usize = 500;
