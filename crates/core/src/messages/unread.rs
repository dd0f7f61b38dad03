//! What waits for a user: sent by others, and confirmed by none of his devices. Sources: Easemob REST 3.20
//! and 3.21, RTM client gate section 3.4.

use super::{Conversation, Kinds, Message, MessageId, Messages, Range, Select, Sequence, Waiting};
use crate::apps::{App, AppId};
use crate::groups::GroupId;
use crate::users::{Actor, Named, Uid, UserId, UserName, distinct};
use crate::{Error, Millis, Result};

/// Conversations in which something waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Who wrote.
    pub users: Vec<Named>,
    /// Groups in which somebody wrote.
    pub groups: Vec<GroupId>,
}

/// A conversation of a user, how much waits there, and its last message.
#[derive(Clone, Debug)]
pub struct LastMessage {
    /// The other one of a pair.
    pub peer: Option<Named>,
    /// The log.
    pub conversation: Conversation,
    /// How much waits.
    pub unread: u64,
    /// `None` when there is none any more.
    pub last: Option<Message>,
}

/// A conversation that a user reads.
struct Log {
    conversation: Conversation,
    peer: Option<Named>,
    /// Whether it is not on his list.
    hidden: bool,
    /// What is older is not for him.
    since: Millis,
}

impl Messages {
    /// How many messages wait for a user. Source: Easemob REST 3.20.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn waiting_count(&self, app: &App, user: UserId) -> Result<u64> {
        self.receipts.note().await?;
        let mut count = 0;
        for log in self.logs_of(app, user).await? {
            count += self
                .waiting_in(app.id, user, &log, None, Kinds::ALL, u64::MAX)
                .await?;
        }
        Ok(count)
    }

    /// Whether message `id` waits for `user`. Source: Easemob REST 3.21.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_waiting(&self, app: &App, user: UserId, id: MessageId) -> Result<bool> {
        self.receipts.note().await?;
        let log = &self.context.log;
        let Some(message) = log.message(app.id, id).await? else {
            return Ok(false);
        };
        let since = match message.conversation {
            Conversation::Pair(..) if message.conversation.peer_of(user).is_some() => {
                self.retained_since(app)
            }
            Conversation::Group(group) => {
                let memberships = self.context.store.memberships(app.id, user).await?;
                let Some((_, joined)) = memberships.into_iter().find(|(id, _)| *id == group) else {
                    return Ok(false);
                };
                self.retained_since(app).max(joined)
            }
            _ => return Ok(false),
        };
        if message.sender.id == user || message.sent < since {
            return Ok(false);
        }
        log.is_waiting(app.id, user, message.conversation, message.sequence)
            .await
    }

    /// The conversations of `user` in which something waits of the sorts that chats are made of; with `clear`
    /// nothing of it waits any more.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unread(&self, app: &App, user: UserId, clear: bool) -> Result<Unread> {
        self.receipts.note().await?;
        // Before it is counted: what comes meanwhile goes on waiting.
        let ends = if clear {
            Some(self.ends(app, user).await?)
        } else {
            None
        };
        let mut unread = Unread::default();
        for log in self.listed_logs(app, user).await? {
            let (since, kinds) = (None, Kinds::CHAT);
            if self.waiting_in(app.id, user, &log, since, kinds, 1).await? > 0 {
                unread.add(log);
            }
        }
        if let Some(ends) = ends {
            self.clear_up_to(app, user, ends).await?;
        }
        Ok(unread)
    }

    /// Every conversation of `user` that something was said in.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn conversations(&self, app: &App, user: UserId) -> Result<Unread> {
        let mut all = Unread::default();
        for log in self.listed_logs(app, user).await? {
            let last = self
                .context
                .log
                .last_sequence(app.id, log.conversation)
                .await?;
            if !log.hidden && (log.peer.is_some() || last > Sequence(0)) {
                all.add(log);
            }
        }
        Ok(all)
    }

    /// How much of what these users wrote to `user` waits, or with `since` how much they wrote after it; and
    /// when the last message of each conversation was sent, 0 where there is none.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`], [`Error::UidIllegal`].
    pub async fn unread_of_users(
        &self,
        app: &App,
        user: UserId,
        peers: &[(Uid, Option<Millis>)],
        kinds: Kinds,
    ) -> Result<Vec<(Uid, u64, Millis)>> {
        self.check_count(peers.len())?;
        self.receipts.note().await?;
        let mut counts = Vec::with_capacity(peers.len());
        for (uid, since) in peers {
            let peer = self.peer(app.id, *uid).await?;
            let (count, last) = match peer {
                Some(peer) => {
                    let log = Log {
                        conversation: Conversation::pair(user, peer),
                        peer: None,
                        hidden: false,
                        since: self.retained_since(app),
                    };
                    self.unread_in(app, user, &log, *since, kinds).await?
                }
                None => (0, Millis(0)),
            };
            counts.push((*uid, count, last));
        }
        Ok(counts)
    }

    /// [`Messages::unread_of_users`] for groups; 0 for one that `user` is no member of.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`].
    pub async fn unread_of_groups(
        &self,
        app: &App,
        user: UserId,
        groups: &[(GroupId, Option<Millis>)],
        kinds: Kinds,
    ) -> Result<Vec<(GroupId, u64, Millis)>> {
        self.check_count(groups.len())?;
        self.receipts.note().await?;
        let logs = self.groups_of(app, user).await?;
        let mut counts = Vec::with_capacity(groups.len());
        for (group, since) in groups {
            let conversation = Conversation::Group(*group);
            let (count, last) = match logs.iter().find(|log| log.conversation == conversation) {
                Some(log) => self.unread_in(app, user, log, *since, kinds).await?,
                None => (0, Millis(0)),
            };
            counts.push((*group, count, last));
        }
        Ok(counts)
    }

    /// The conversations of `user` with their last message: pairs, groups or both, all of them or those in
    /// which something waits, or was said after `since`.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn last_messages(
        &self,
        app: &App,
        user: UserId,
        wanted: impl Fn(Conversation) -> bool,
        only_unread: bool,
        since: Option<Millis>,
        kinds: Kinds,
    ) -> Result<Vec<LastMessage>> {
        self.receipts.note().await?;
        let mut all = Vec::new();
        for log in self.listed_logs(app, user).await? {
            if log.hidden || !wanted(log.conversation) {
                continue;
            }
            let unread = self
                .waiting_in(app.id, user, &log, since, kinds, u64::MAX)
                .await?;
            if only_unread && unread == 0 {
                continue;
            }
            let last = self.last_of(app, &log, kinds).await?;
            if log.peer.is_none() && last.is_none() {
                continue;
            }
            all.push(LastMessage {
                peer: log.peer,
                conversation: log.conversation,
                unread,
                last,
            });
        }
        Ok(all)
    }

    /// Nothing waits any more for `user`.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn clear_unread(&self, app: &App, user: UserId) -> Result<()> {
        let ends = self.ends(app, user).await?;
        self.clear_up_to(app, user, ends).await
    }

    /// Where the logs end that `user` reads, to be cleared up to there.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ends(&self, app: &App, user: UserId) -> Result<Vec<(Conversation, Sequence)>> {
        let mut ends = Vec::new();
        for log in self.logs_of(app, user).await? {
            let store = &self.context.log;
            let last = store.last_sequence(app.id, log.conversation).await?;
            ends.push((log.conversation, last));
        }
        Ok(ends)
    }

    /// Nothing waits any more for `user` up to these ends: what came since goes on waiting.
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn clear_up_to(
        &self,
        app: &App,
        user: UserId,
        ends: Vec<(Conversation, Sequence)>,
    ) -> Result<()> {
        for (log, last) in ends {
            if last > Sequence(0) {
                self.receipts
                    .confirm_run(app.id, user, log, Sequence(1), last);
            }
        }
        self.receipts.note().await
    }

    /// Nothing waits any more for `user` of what these users and groups wrote.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`], [`Error::UidIllegal`], [`Error::NotGroupMember`]; nothing changes
    /// then.
    pub async fn clear_unread_of(
        &self,
        app: &App,
        user: UserId,
        peers: &[Uid],
        groups: &[GroupId],
    ) -> Result<()> {
        self.check_count(peers.len() + groups.len())?;
        let mut logs: Vec<_> = groups.iter().map(|id| Conversation::Group(*id)).collect();
        for log in &logs {
            self.check_reader(app.id, Actor::User(user), *log).await?;
        }
        for uid in peers {
            let peer = self.peer(app.id, *uid).await?;
            logs.extend(peer.map(|peer| Conversation::pair(user, peer)));
        }
        let mut ends = Vec::with_capacity(logs.len());
        for log in logs {
            let last = self.context.log.last_sequence(app.id, log).await?;
            ends.push((log, last));
        }
        self.clear_up_to(app, user, ends).await
    }

    /// Puts conversations with these users on the list of `user`, or takes them off until their next message.
    /// Users who are listed come into being if they are new.
    /// # Errors
    /// [`Error::Empty`], [`Error::TooMany`], [`Error::UidIllegal`]; [`Error::UnknownUser`],
    /// [`Error::UserQuotaReached`] of those who are listed.
    pub async fn list_conversations(
        &self,
        app: &App,
        user: UserId,
        peers: &[Uid],
        listed: bool,
    ) -> Result<()> {
        let most = self.context.limits.unread_ids;
        for uid in distinct("the list of conversations", peers, most)? {
            let peer = match (listed, uid.stranger()) {
                (true, _) => Some(self.users.of_uid_or_new(app.id, uid).await?.named()),
                // Whatever he is called, he is on the list already, or is not.
                (false, Some(id)) => Some(Named {
                    id,
                    name: UserName::from_stored(""),
                }),
                (false, None) => {
                    let peer = self.users.of_uid(app.id, uid).await?;
                    peer.map(|peer| peer.named())
                }
            };
            if let Some(peer) = peer.filter(|peer| peer.id != user) {
                let log = &self.context.log;
                log.list_pair(app.id, user, peer, listed).await?;
            }
        }
        Ok(())
    }

    fn check_count(&self, sent: usize) -> Result<()> {
        let (what, most) = ("the list of conversations", self.context.limits.unread_ids);
        match sent {
            0 => Err(Error::Empty(what)),
            sent if sent > most => Err(Error::TooMany { what, sent, most }),
            _ => Ok(()),
        }
    }

    async fn unread_in(
        &self,
        app: &App,
        user: UserId,
        log: &Log,
        since: Option<Millis>,
        kinds: Kinds,
    ) -> Result<(u64, Millis)> {
        let count = self
            .waiting_in(app.id, user, log, since, kinds, u64::MAX)
            .await?;
        let last = self.last_of(app, log, Kinds::ALL).await?;
        Ok((count, last.map_or(Millis(0), |message| message.sent)))
    }

    async fn waiting_in(
        &self,
        app: AppId,
        reader: UserId,
        log: &Log,
        since: Option<Millis>,
        kinds: Kinds,
        most: u64,
    ) -> Result<u64> {
        let after = since.map_or(0, |since| since.0.saturating_add(1));
        let waiting = Waiting {
            reader,
            conversation: log.conversation,
            range: Range::of(after, 0).since(log.since),
            kinds,
            confirmed_too: since.is_some(),
            most,
        };
        self.context.log.waiting_count(app, waiting).await
    }

    async fn last_of(&self, app: &App, log: &Log, kinds: Kinds) -> Result<Option<Message>> {
        let select = Select {
            descending: true,
            after: None,
            range: Range::of(0, 0).since(self.retained_since(app)),
            kinds,
            limit: 1,
        };
        let found = self.context.log.messages(app.id, log.conversation, select);
        Ok(found.await?.pop())
    }

    /// The logs that `user` can name: not those with somebody who is gone, whose name another may have by now.
    async fn listed_logs(&self, app: &App, user: UserId) -> Result<Vec<Log>> {
        let mut listed = Vec::new();
        for log in self.logs_of(app, user).await? {
            let is_there = match &log.peer {
                Some(peer) if peer.id.0 > 0 => {
                    let found = self.users.named(app.id, &peer.name).await?;
                    found.is_some_and(|found| found.id == peer.id)
                }
                _ => true,
            };
            if is_there {
                listed.push(log);
            }
        }
        Ok(listed)
    }

    /// Every log that `user` reads.
    async fn logs_of(&self, app: &App, user: UserId) -> Result<Vec<Log>> {
        let pairs = self.context.log.pairs_of(app.id, user).await?;
        let since = self.retained_since(app);
        let pairs = pairs.into_iter().map(|reading| Log {
            conversation: reading.conversation,
            peer: Some(reading.peer),
            hidden: reading.hidden,
            since,
        });
        let mut logs: Vec<_> = pairs.collect();
        logs.extend(self.groups_of(app, user).await?);
        Ok(logs)
    }

    async fn groups_of(&self, app: &App, user: UserId) -> Result<Vec<Log>> {
        let memberships = self.context.store.memberships(app.id, user).await?;
        let retained = self.retained_since(app);
        let logs = memberships.into_iter().map(|(group, joined)| Log {
            conversation: Conversation::Group(group),
            peer: None,
            hidden: false,
            since: retained.max(joined),
        });
        Ok(logs.collect())
    }
}

impl Unread {
    fn add(&mut self, log: Log) {
        match (log.peer, log.conversation) {
            (Some(peer), _) => self.users.push(peer),
            (None, Conversation::Group(group)) => self.groups.push(group),
            (None, _) => {}
        }
    }
}
