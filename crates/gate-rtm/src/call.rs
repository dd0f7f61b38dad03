//! One quest on its way to the core.

use std::sync::Arc;

use bytes::Bytes;
use halloo_core::apps::App;
use halloo_core::groups::GroupId;
use halloo_core::info::{Info, InfoChange};
use halloo_core::messages::{Conversation, Form, Kinds, Lane, Message, Sender};
use halloo_core::rooms::RoomId;
use halloo_core::users::{Actor, Uid, UserId};
use halloo_core::{Core, Error};
use halloo_fpnn::transport::Reply;
use halloo_fpnn::{FieldError, Fields, Kind, Map, Refusal, Value};

use crate::content::Bodies;
use crate::error::{codes, refusal};

/// What a handler gives: an answer now or later, or why not.
pub(crate) type Handled = Result<Reply, Refusal>;

/// Who sends quests.
pub(crate) trait Caller: Clone + Send + Sync + 'static {
    /// The user whose things a quest is about: the one that it names, or whoever asks.
    fn subject(call: &Call<'_, Self>) -> Result<Uid, Refusal>;

    /// On whose behalf it asks.
    fn actor(&self) -> Actor;

    /// How it takes bodies that are no text.
    const BODIES: Bodies;

    /// In whose name a quest sends: in that of `from`, or of whoever asks.
    fn author(call: &Call<'_, Self>) -> Result<Uid, Refusal>;

    /// Who sends what `author` writes.
    fn sender(&self, author: Uid) -> Sender<'_>;

    /// Keeps in order what comes over its connection.
    fn lane(&self) -> &Lane;

    /// The two between whom a message was sent that is named by its sender, `from`, and by `xid`.
    fn pair(&self, from: Uid, xid: Uid) -> (Uid, Uid);

    /// It is about to be answered with these messages of a log; `whole` when none between the first and the
    /// last was left out.
    fn fetched(&self, _conversation: Conversation, _messages: &[Message], _whole: bool) {}
}

/// A quest whose sender is known.
pub(crate) struct Call<'a, C> {
    core: Arc<Core>,
    app: Arc<App>,
    /// Who sent it.
    pub(crate) caller: C,
    /// Its parameters.
    pub(crate) fields: Fields<'a>,
    /// What they were read from.
    payload: &'a Bytes,
}

/// What the asynchronous part of a handler works with.
pub(crate) struct Scope<C> {
    core: Arc<Core>,
    /// The app that it is about.
    pub(crate) app: Arc<App>,
    /// Who sent the quest.
    pub(crate) caller: C,
}

impl<C: Caller> Scope<C> {
    /// The domain.
    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// On whose behalf the quest asks.
    pub(crate) fn actor(&self) -> Actor {
        self.caller.actor()
    }

    /// The log between two users, and who the first one is: whoever asks, if that is a user. `None` when
    /// one of them does not exist.
    pub(crate) async fn pair(
        &self,
        one: Uid,
        other: Uid,
    ) -> halloo_core::Result<Option<(UserId, Conversation)>> {
        let Actor::User(asker) = self.actor() else {
            return self.core.messages.pair(self.app.id, one, other).await;
        };
        let other = self.core.messages.peer(self.app.id, other).await?;
        Ok(other.map(|other| (asker, Conversation::pair(asker, other))))
    }
}

impl<'a, C: Caller> Call<'a, C> {
    /// `fields` are those of `payload`.
    pub(crate) fn new(
        core: Arc<Core>,
        app: Arc<App>,
        caller: C,
        fields: Fields<'a>,
        payload: &'a Bytes,
    ) -> Self {
        Self {
            core,
            app,
            caller,
            fields,
            payload,
        }
    }

    /// Answers with what `work` makes of the core.
    #[expect(clippy::unnecessary_wraps, reason = "what every handler ends with")]
    pub(crate) fn later<F, W>(self, work: W) -> Handled
    where
        W: FnOnce(Scope<C>) -> F,
        F: Future<Output = halloo_core::Result<Bytes>> + Send + 'static,
    {
        let answer = work(Scope {
            core: self.core,
            app: self.app,
            caller: self.caller,
        });
        Ok(Reply::later(async move {
            answer.await.map_err(|error| refusal(&error))
        }))
    }

    /// Answers with what `work` makes of the core at once.
    #[expect(clippy::unnecessary_wraps, reason = "what every handler ends with")]
    pub(crate) fn now(
        self,
        work: impl FnOnce(&Core, &App) -> halloo_core::Result<Bytes>,
    ) -> Handled {
        let answer = work(&self.core, &self.app);
        Ok(Reply::Ready(answer.map_err(|error| refusal(&error))))
    }

    /// The user whose things the quest is about.
    pub(crate) fn subject(&self) -> Result<Uid, Refusal> {
        C::subject(self)
    }

    /// A user.
    pub(crate) fn uid(&self, key: &'static str) -> Result<Uid, Refusal> {
        Ok(Uid(self.fields.integer(key)?))
    }

    /// A list of users. Nil is an empty one.
    pub(crate) fn uids(&self, key: &'static str) -> Result<Vec<Uid>, Refusal> {
        Ok(self.ids(key)?.into_iter().map(Uid).collect())
    }

    /// A list of ids. Nil is an empty one, as SDKs send for a caller who left it out.
    /// Source: RTM server gate section 2.
    pub(crate) fn ids(&self, key: &'static str) -> Result<Vec<i64>, Refusal> {
        let nil = |(name, value): (&[u8], Value<'_>)| name == key.as_bytes() && value.is_nil();
        match self.fields.integers(key) {
            Err(FieldError::Missing(_)) if self.fields.iter().any(nil) => Ok(Vec::new()),
            ids => Ok(ids?),
        }
    }

    /// The group of the quest.
    pub(crate) fn group(&self) -> Result<GroupId, Refusal> {
        GroupId::new(self.fields.integer("gid")?).map_err(|error| refusal(&error))
    }

    /// The room of the quest.
    pub(crate) fn room(&self) -> Result<RoomId, Refusal> {
        RoomId::new(self.fields.integer("rid")?).map_err(|error| refusal(&error))
    }

    /// The rooms of the quest.
    pub(crate) fn rooms(&self) -> Result<Vec<RoomId>, Refusal> {
        let rooms = self.ids("rids")?.into_iter().map(RoomId::new);
        rooms
            .collect::<Result<_, Error>>()
            .map_err(|error| refusal(&error))
    }

    /// The groups of the quest.
    pub(crate) fn groups(&self) -> Result<Vec<GroupId>, Refusal> {
        let groups = self.ids("gids")?.into_iter().map(GroupId::new);
        groups
            .collect::<Result<_, Error>>()
            .map_err(|error| refusal(&error))
    }

    /// An integer that may be left out.
    pub(crate) fn integer_or_zero(&self, key: &'static str) -> Result<i64, Refusal> {
        Ok(Fields::optional(self.fields.integer(key))?.unwrap_or(0))
    }

    /// A boolean that may be left out.
    pub(crate) fn is_set(&self, key: &'static str) -> Result<bool, Refusal> {
        Ok(Fields::optional(self.fields.boolean(key))?.unwrap_or(false))
    }

    /// `mtypes`, or else `otherwise`: an empty list is as good as none, since SDKs send one for that.
    /// Source: RTM server gate section 5.4.
    pub(crate) fn kinds(&self, otherwise: Kinds) -> Result<Kinds, Refusal> {
        let numbers = Fields::optional(self.fields.integers("mtypes"))?;
        let numbers = numbers.filter(|numbers| !numbers.is_empty());
        Ok(numbers.map_or(otherwise, Kinds::of))
    }

    /// `msg`, and how to read it. Sources: RTM server gate section 5.2, RTM client gate section 8.3.
    pub(crate) fn body(&self) -> Result<(Form, Bytes), Refusal> {
        let value = self.fields.get("msg").ok_or(FieldError::Missing("msg"))?;
        let body = value.bytes().ok_or(FieldError::WrongType("msg"))?;
        let is_text = value.kind() == Kind::Text && std::str::from_utf8(body).is_ok();
        let form = if is_text { Form::Text } else { Form::Binary };
        Ok((form, self.payload.slice_ref(body)))
    }

    /// `attrs` of a message; left out, it is empty.
    pub(crate) fn attributes(&self) -> Result<Box<str>, Refusal> {
        let attributes = Fields::optional(self.fields.text("attrs"))?;
        Ok(attributes.unwrap_or_default().into())
    }

    /// Seconds of a ban; left out, it is for ever. Source: RTM server gate section 2.
    pub(crate) fn btime(&self) -> Result<i64, Refusal> {
        self.integer_or_zero("btime")
    }

    /// `oinfo` and `pinfo`, as far as they are given.
    pub(crate) fn info_change(&self) -> Result<InfoChange, Refusal> {
        let text = |key| -> Result<Option<Box<str>>, Refusal> {
            Ok(Fields::optional(self.fields.text(key))?.map(Into::into))
        };
        Ok(InfoChange {
            open: text("oinfo")?,
            private: text("pinfo")?,
        })
    }
}

/// `oinfo` and `pinfo`.
pub(crate) fn info(info: &Info) -> Bytes {
    Map::new()
        .text("oinfo", &info.open)
        .text("pinfo", &info.private)
        .finish()
}

/// One yes or no.
pub(crate) fn ok(yes: bool) -> Bytes {
    Map::new().boolean("ok", yes).finish()
}

/// One list of users.
pub(crate) fn uids(key: &str, uids: &[Uid]) -> Bytes {
    Map::new()
        .integers(key, uids.iter().map(|uid| uid.0))
        .finish()
}

/// A count, in the 32 bits that SDKs have for it.
pub(crate) fn count(count: u64) -> i64 {
    i32::try_from(count).unwrap_or(i32::MAX).into()
}

/// A value that is none of those allowed.
pub(crate) fn illegal(what: &str) -> Refusal {
    Refusal::new(codes::INVALID_PARAMETER, what)
}
