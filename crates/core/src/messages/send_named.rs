//! What a back end sends by names: in the name of anybody, to anybody, whether they are users or not.
//! Source: Easemob REST 4.1.

use smallvec::SmallVec;

use super::send::Known;
use super::{Audience, Conversation, Draft, MessageId, Messages, NewMessage};
use crate::apps::App;
use crate::groups::GroupId;
use crate::rooms::RoomId;
use crate::users::{User, UserName};
use crate::{Error, Result};

/// To whom it goes.
#[derive(Clone, Debug)]
pub enum NamedRecipients {
    /// Users, in any letter case.
    Users(Vec<Box<str>>),
    /// Groups.
    Groups(Vec<GroupId>),
    /// Rooms.
    Rooms(Vec<RoomId>),
}

/// What a back end sends by names.
#[derive(Clone, Debug)]
pub struct NamedSend {
    /// In whose name.
    pub from: UserName,
    /// To whom.
    pub to: NamedRecipients,
    /// What.
    pub draft: Draft,
    /// Whether the devices of the sender are told, too, of what goes to users.
    pub copies: bool,
    /// Whether it is dropped for users who are not online.
    pub online_only: bool,
}

impl Messages {
    /// Sends to each recipient, and answers once all of it is on the disk. One id per recipient, in order.
    /// Whoever does not exist, blocks the sender or is not online where he should be gets nothing, but there
    /// is an id for it.
    /// # Errors
    /// Nothing is stored then: [`Error::TooLong`], [`Error::Empty`],
    /// [`Error::UserQuotaReached`] of senders who are no users.
    pub async fn send_named(&self, app: &App, send: NamedSend) -> Result<Vec<MessageId>> {
        let content = &send.draft.content;
        let (sent, most) = (
            content.body.len() + content.attributes.len(),
            self.context.limits.named_message_bytes,
        );
        if sent > most {
            let what = "the message";
            return Err(Error::TooLong { what, sent, most });
        }
        let known = Known {
            user: self
                .users
                .user_or_stranger(app.id, send.from.clone())
                .await?,
            session: None,
            is_bound: false,
            is_administrator: false,
        };
        let mut slots = Vec::new();
        match &send.to {
            NamedRecipients::Users(names) => {
                for name in names {
                    slots.push(self.for_user(app, &known, name, &send).await?);
                }
            }
            NamedRecipients::Groups(groups) => {
                for group in groups {
                    let members = self.members_of_group(app.id, *group).await?;
                    let to = Conversation::Group(*group);
                    let is_group = !members.is_empty();
                    let audience = Audience::Members(members);
                    let draft = send.draft.clone();
                    slots
                        .push(is_group.then(|| self.new_message(app, &known, to, audience, draft)));
                }
            }
            NamedRecipients::Rooms(rooms) => {
                for room in rooms {
                    let members = self.members_of_room(app.id, *room).await?;
                    let to = Conversation::Room(*room);
                    let audience = Audience::Members(members);
                    let draft = send.draft.clone();
                    slots.push(Some(self.new_message(app, &known, to, audience, draft)));
                }
            }
        }
        if slots.is_empty() {
            return Err(Error::Empty("the list of recipients"));
        }
        let stored: Vec<bool> = slots.iter().map(Option::is_some).collect();
        let new: SmallVec<[NewMessage; 1]> = slots.into_iter().flatten().collect();
        let mut appended = self.context.log.append(app.id, new).await?.into_iter();
        let mut ids = Vec::with_capacity(stored.len());
        for is_stored in stored {
            let message = if is_stored { appended.next() } else { None };
            ids.push(match message {
                Some(message) => message.id,
                None => {
                    self.context
                        .log
                        .unstored_id(self.context.clock.now())
                        .await?
                }
            });
        }
        Ok(ids)
    }

    /// The message for one user, if there is to be one.
    async fn for_user(
        &self,
        app: &App,
        known: &Known,
        name: &str,
        send: &NamedSend,
    ) -> Result<Option<NewMessage>> {
        let Ok(name) = name.parse::<UserName>() else {
            return Ok(None);
        };
        let Some(user) = self.users.named(app.id, &name).await? else {
            return Ok(None);
        };
        let user: &User = &user;
        let is_online = || self.users.sessions.is_online(app.id, user.name.as_str());
        if send.online_only && !is_online() {
            return Ok(None);
        }
        if self.refuses(app, &[user], known).await?.contains(&user.id) {
            return Ok(None);
        }
        let to = Conversation::pair(known.user.id, user.id);
        let audience = Audience::User(user.named());
        let mut message = self.new_message(app, known, to, audience, send.draft.clone());
        message.copies = send.copies;
        Ok(Some(message))
    }
}
