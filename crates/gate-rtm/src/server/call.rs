//! One quest on its way to the core.

use std::sync::Arc;

use bytes::Bytes;
use halloo_core::apps::App;
use halloo_core::groups::GroupId;
use halloo_core::info::{Info, InfoChange};
use halloo_core::rooms::RoomId;
use halloo_core::users::Uid;
use halloo_core::{Core, Error};
use halloo_fpnn::transport::Reply;
use halloo_fpnn::{FieldError, Fields, Map, Refusal, Value};

use super::ServerGate;
use crate::error::{codes, refusal};

/// What a handler gives: an answer now or later, or why not.
pub(super) type Handled = Result<Reply, Refusal>;

/// A quest that proved itself.
pub(super) struct Call<'a> {
    gate: Arc<ServerGate>,
    app: Arc<App>,
    /// Its parameters.
    pub(super) fields: Fields<'a>,
}

/// What the asynchronous part of a handler works with.
pub(super) struct Scope {
    gate: Arc<ServerGate>,
    /// The app that asks.
    pub(super) app: Arc<App>,
}

impl Scope {
    /// The domain.
    pub(super) fn core(&self) -> &Core {
        &self.gate.core
    }
}

impl<'a> Call<'a> {
    pub(super) fn new(gate: Arc<ServerGate>, app: Arc<App>, fields: Fields<'a>) -> Self {
        Self { gate, app, fields }
    }

    /// Answers with what `work` makes of the core.
    #[expect(clippy::unnecessary_wraps, reason = "what every handler ends with")]
    pub(super) fn later<F, W>(self, work: W) -> Handled
    where
        W: FnOnce(Scope) -> F,
        F: Future<Output = halloo_core::Result<Bytes>> + Send + 'static,
    {
        let answer = work(Scope {
            gate: self.gate,
            app: self.app,
        });
        Ok(Reply::later(async move {
            answer.await.map_err(|error| refusal(&error))
        }))
    }

    /// Answers with what `work` makes of the core at once.
    #[expect(clippy::unnecessary_wraps, reason = "what every handler ends with")]
    pub(super) fn now(
        self,
        work: impl FnOnce(&Core, &App) -> halloo_core::Result<Bytes>,
    ) -> Handled {
        let answer = work(&self.gate.core, &self.app);
        Ok(Reply::Ready(answer.map_err(|error| refusal(&error))))
    }

    /// A user.
    pub(super) fn uid(&self, key: &'static str) -> Result<Uid, Refusal> {
        Ok(Uid(self.fields.integer(key)?))
    }

    /// A list of users. Nil is an empty one.
    pub(super) fn uids(&self, key: &'static str) -> Result<Vec<Uid>, Refusal> {
        Ok(self.ids(key)?.into_iter().map(Uid).collect())
    }

    /// A list of ids. Nil is an empty one, as SDKs send for a caller who left it out.
    /// Source: RTM server gate section 2.
    pub(super) fn ids(&self, key: &'static str) -> Result<Vec<i64>, Refusal> {
        let nil = |(name, value): (&[u8], Value<'_>)| name == key.as_bytes() && value.is_nil();
        match self.fields.integers(key) {
            Err(FieldError::Missing(_)) if self.fields.iter().any(nil) => Ok(Vec::new()),
            ids => Ok(ids?),
        }
    }

    /// The group of the quest.
    pub(super) fn group(&self) -> Result<GroupId, Refusal> {
        GroupId::new(self.fields.integer("gid")?).map_err(|error| refusal(&error))
    }

    /// The room of the quest.
    pub(super) fn room(&self) -> Result<RoomId, Refusal> {
        RoomId::new(self.fields.integer("rid")?).map_err(|error| refusal(&error))
    }

    /// The rooms of the quest.
    pub(super) fn rooms(&self) -> Result<Vec<RoomId>, Refusal> {
        let rooms = self.ids("rids")?.into_iter().map(RoomId::new);
        rooms
            .collect::<Result<_, Error>>()
            .map_err(|error| refusal(&error))
    }

    /// Seconds of a ban; left out, it is for ever. Source: RTM server gate section 2.
    pub(super) fn btime(&self) -> Result<i64, Refusal> {
        Ok(Fields::optional(self.fields.integer("btime"))?.unwrap_or(0))
    }

    /// `oinfo` and `pinfo`, as far as they are given.
    pub(super) fn info_change(&self) -> Result<InfoChange, Refusal> {
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
pub(super) fn info(info: &Info) -> Bytes {
    Map::new()
        .text("oinfo", &info.open)
        .text("pinfo", &info.private)
        .finish()
}

/// One yes or no.
pub(super) fn ok(yes: bool) -> Bytes {
    Map::new().boolean("ok", yes).finish()
}

/// One list of users.
pub(super) fn uids(key: &str, uids: &[Uid]) -> Bytes {
    Map::new()
        .integers(key, uids.iter().map(|uid| uid.0))
        .finish()
}

/// A value that is none of those allowed.
pub(super) fn illegal(what: &str) -> Refusal {
    Refusal::new(codes::INVALID_PARAMETER, what)
}
