//! Sending: every rule in one place, whatever gate asks. Sources: RTM server gate section 5.2, RTM client
//! gate sections 3.2 and 6, Easemob REST 3.27 and 4.1.

use std::sync::Arc;

use smallvec::SmallVec;
use tokio::sync::Mutex;

use super::{Appended, Appending, Audience, Content, Conversation, Members, Messages, NewMessage};
use crate::apps::{App, SenderPolicy};
use crate::bans::Place;
use crate::groups::GroupId;
use crate::rooms::RoomId;
use crate::sessions::Session;
use crate::users::{Actor, Named, Uid, User, distinct};
use crate::{Error, Millis, Result};

/// What somebody wants to say.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What its sender calls it; 0: nothing.
    pub client_id: i64,
    /// What it says.
    pub content: Content,
}

/// Who sends a message.
#[derive(Clone, Copy, Debug)]
pub enum Sender<'a> {
    /// A user, on one of his devices.
    Session(&'a Arc<Session>),
    /// The app's back end, in the name of a user, who comes into being if he is new.
    BackEnd(Uid),
}

/// To whom a message goes.
#[derive(Clone, Debug)]
pub enum Recipient {
    /// One user.
    User(Uid),
    /// Several users, each in his own conversation.
    Users(Vec<Uid>),
    /// A group.
    Group(GroupId),
    /// A room.
    Room(RoomId),
    /// Everybody.
    Everybody,
}

/// What was sent is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// When it was accepted.
    pub at: Millis,
    /// Where it stands; one for each user who was not left out, in any order, if it went to several.
    pub messages: SmallVec<[Appended; 1]>,
}

/// Keeps the messages of one connection in order while their senders and recipients are looked up.
#[derive(Debug, Default)]
pub struct Lane(Mutex<()>);

/// A sender whose rules are known.
pub(super) struct Known {
    pub(super) user: Named,
    pub(super) session: Option<Arc<Session>>,
    /// Whether the rules of groups, rooms, blocks and bans hold for him.
    pub(super) is_bound: bool,
    /// Whether he may write where he is no member.
    pub(super) is_administrator: bool,
}

impl Messages {
    /// Sends `draft`, and answers once it is on the disk. What is begun earlier on the same `lane` is earlier
    /// in its log. A retry is answered like the first.
    /// # Errors
    /// Nothing is stored then: [`Error::TooLong`]; [`Error::UidIllegal`], [`Error::UnknownUser`];
    /// [`Error::SelfMessage`], [`Error::BlockedByRecipient`]; [`Error::GroupEmpty`], [`Error::NotGroupMember`],
    /// [`Error::NotInRoom`]; [`Error::Muted`], [`Error::UserBanned`]; [`Error::NotAdministrator`];
    /// [`Error::Empty`] and [`Error::TooMany`] of the recipients; [`Error::DuplicateId`] in an app that is
    /// strict; [`Error::RateLimited`] for a user who names too many new ones.
    pub async fn send(
        &self,
        app: &App,
        lane: &Lane,
        sender: Sender<'_>,
        recipient: Recipient,
        draft: Draft,
    ) -> Result<Sent> {
        draft.content.check(&self.context.limits)?;
        let turn = lane.0.lock().await;
        let appending = self.begin(app, sender, recipient, draft).await?;
        drop(turn);
        let messages = appending.await?;
        let at = messages.iter().map(|message| message.sent).max();
        Ok(Sent {
            at: at.unwrap_or_else(|| self.context.clock.now()),
            messages,
        })
    }

    async fn begin(
        &self,
        app: &App,
        sender: Sender<'_>,
        recipient: Recipient,
        draft: Draft,
    ) -> Result<Appending> {
        self.check_stranger(app, sender, &recipient).await?;
        let known = self.known(app, sender).await?;
        let mut new = SmallVec::new();
        match recipient {
            Recipient::User(uid) => {
                let user = self.recipient(app, sender, uid).await?;
                if user.id == known.user.id {
                    return Err(Error::SelfMessage);
                }
                if known.is_bound
                    && self
                        .refuses(app, &[&user], &known)
                        .await?
                        .contains(&user.id)
                {
                    return Err(Error::BlockedByRecipient);
                }
                new.push(self.to_user(app, &known, &user, &draft));
            }
            Recipient::Users(uids) => {
                let users = self.recipients(app, sender, &uids).await?;
                let refs: Vec<_> = users.iter().map(|user| &**user).collect();
                let refusing = if known.is_bound {
                    self.refuses(app, &refs, &known).await?
                } else {
                    Vec::new()
                };
                for user in users {
                    if user.id != known.user.id && !refusing.contains(&user.id) {
                        new.push(self.to_user(app, &known, &user, &draft));
                    }
                }
            }
            Recipient::Group(group) => {
                let members = self.members_of_group(app.id, group).await?;
                if members.is_empty() {
                    return Err(Error::GroupEmpty);
                }
                self.check_place(&known, &members, Place::Group(group), Error::NotGroupMember)?;
                let audience = Audience::Members(members);
                let to = Conversation::Group(group);
                new.push(self.new_message(app, &known, to, audience, draft));
            }
            Recipient::Room(room) => {
                let members = self.members_of_room(app.id, room).await?;
                self.check_place(&known, &members, Place::Room(room), Error::NotInRoom)?;
                let audience = Audience::Members(members);
                let to = Conversation::Room(room);
                new.push(self.new_message(app, &known, to, audience, draft));
            }
            Recipient::Everybody => {
                let to = Conversation::Broadcast;
                new.push(self.new_message(app, &known, to, Audience::Everybody, draft));
            }
        }
        if let Sender::Session(session) = sender
            && session.closed().is_some()
        {
            // It was ended while this waited.
            return Err(crate::revoked());
        }
        Ok(self.context.log.append(app.id, new))
    }

    /// Refuses what needs no look at the sender's account, so that nobody comes into being for it.
    async fn check_stranger(
        &self,
        app: &App,
        sender: Sender<'_>,
        recipient: &Recipient,
    ) -> Result<()> {
        let settings = &app.messages;
        let uid = match sender {
            Sender::BackEnd(uid) => uid,
            Sender::Session(_) if matches!(recipient, Recipient::Everybody) => {
                return Err(Error::NotAdministrator);
            }
            Sender::Session(_) => return Ok(()),
        };
        let is_administrator = settings.administrators.contains(&uid);
        let is_free = is_administrator || settings.back_end == SenderPolicy::Free;
        match recipient {
            Recipient::Everybody if !is_administrator && !settings.administrators.is_empty() => {
                Err(Error::NotAdministrator)
            }
            Recipient::User(to) if to.0 <= 0 => Err(Error::UidIllegal),
            Recipient::User(to) if *to == uid => Err(Error::SelfMessage),
            Recipient::Group(_) | Recipient::Room(_)
                if !is_free && self.users.of_uid(app.id, uid).await?.is_none() =>
            {
                match recipient {
                    Recipient::Room(_) => Err(Error::NotInRoom),
                    _ => Err(Error::NotGroupMember),
                }
            }
            _ => Ok(()),
        }
    }

    /// The sender, if he may send at all.
    async fn known(&self, app: &App, sender: Sender<'_>) -> Result<Known> {
        let (user, session, free) = match sender {
            Sender::Session(session) => (session.named(), Some(Arc::clone(session)), false),
            Sender::BackEnd(uid) => {
                let user = self.users.of_uid_or_new(app.id, uid).await?;
                let free = app.messages.back_end == SenderPolicy::Free;
                if !free && user.ban.holds(self.context.clock.now()) {
                    return Err(Error::UserBanned);
                }
                (user.named(), None, free)
            }
        };
        let is_administrator = app.messages.administrators.contains(&user.uid());
        let is_bound = !free;
        if is_bound {
            let mutes = self.context.store.mutes(app.id, vec![Place::App], user.id);
            let now = self.context.clock.now();
            if mutes.await?.into_iter().any(|ban| ban.holds(now)) {
                return Err(Error::Muted(Place::App));
            }
        }
        Ok(Known {
            user,
            session,
            is_bound,
            is_administrator,
        })
    }

    /// The user to write to, made if he is new.
    async fn recipient(&self, app: &App, sender: Sender<'_>, uid: Uid) -> Result<Arc<User>> {
        if let Some(user) = self.users.of_uid(app.id, uid).await? {
            return Ok(user);
        }
        if let Sender::Session(session) = sender {
            let sessions = &self.users.sessions;
            sessions.admit_naming(app.id, Actor::User(session.user), 1)?;
        }
        self.users.of_uid_or_new(app.id, uid).await
    }

    /// The users to write to, each once; whoever is gone is left out.
    async fn recipients(
        &self,
        app: &App,
        sender: Sender<'_>,
        uids: &[Uid],
    ) -> Result<Vec<Arc<User>>> {
        let most = self.context.limits.recipients;
        let uids = distinct("the list of recipients", uids, most)?;
        let (mut users, mut missing) = (Vec::with_capacity(uids.len()), Vec::new());
        for uid in uids {
            match self.users.of_uid(app.id, uid).await? {
                Some(user) => users.push(user),
                None => missing.push(uid),
            }
        }
        if let Sender::Session(session) = sender {
            let sessions = &self.users.sessions;
            sessions.admit_naming(app.id, Actor::User(session.user), missing.len())?;
        }
        // Together, so that they share a commit.
        let made = missing
            .into_iter()
            .map(|uid| self.users.of_uid_or_new(app.id, uid));
        for user in futures_util::future::join_all(made).await {
            match user {
                Ok(user) => users.push(user),
                Err(Error::UnknownUser) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(users)
    }

    /// Those of `users` who block the sender.
    pub(super) async fn refuses(
        &self,
        app: &App,
        users: &[&User],
        known: &Known,
    ) -> Result<Vec<crate::users::UserId>> {
        let owners = users.iter().map(|user| user.id).collect();
        self.context
            .store
            .blocking(app.id, owners, known.user.id)
            .await
    }

    /// Whether the sender may write to a group or room.
    fn check_place(
        &self,
        known: &Known,
        members: &Members,
        place: Place,
        outside: Error,
    ) -> Result<()> {
        if !known.is_bound {
            return Ok(());
        }
        if !known.is_administrator && !members.contains(known.user.id) {
            return Err(outside);
        }
        if members.mutes(known.user.id, self.context.clock.now()) {
            return Err(Error::Muted(place));
        }
        Ok(())
    }

    fn to_user(&self, app: &App, known: &Known, user: &User, draft: &Draft) -> NewMessage {
        let conversation = Conversation::pair(known.user.id, user.id);
        let audience = Audience::User(user.named());
        self.new_message(app, known, conversation, audience, draft.clone())
    }

    pub(super) fn new_message(
        &self,
        app: &App,
        known: &Known,
        conversation: Conversation,
        audience: Audience,
        draft: Draft,
    ) -> NewMessage {
        let now = self.context.clock.now();
        NewMessage {
            conversation,
            sender: known.user.clone(),
            origin: known.session.as_ref().map(|session| session.id),
            audience,
            copies: true,
            client_id: draft.client_id,
            strict: app.messages.strict_ids,
            content: draft.content,
            retried_since: Millis(now.0.saturating_sub(self.context.limits.retry_ms)),
            now,
        }
    }
}
