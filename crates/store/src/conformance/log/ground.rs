//! What laws of the message log are set up with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use bytes::Bytes;
use halloo_core::apps::AppId;
use halloo_core::groups::GroupId;
use halloo_core::messages::{
    Appended, Appending, Audience, Confirmation, Content, Conversation, Form, Kind, Kinds, Message,
    MessageStore, NewMessage, Range, Select, Sequence, Waiting,
};
use halloo_core::rooms::RoomId;
use halloo_core::users::{Named, UserId};
use halloo_core::{Millis, Result};

pub(super) const APP: AppId = AppId(7);
pub(super) const OTHER_APP: AppId = AppId(8);
pub(super) const ALICE: UserId = UserId(11);
pub(super) const BOB: UserId = UserId(12);
pub(super) const CAROL: UserId = UserId(13);
/// Of Alice and Bob.
pub(super) const PAIR: Conversation = Conversation::Pair(ALICE, BOB);
pub(super) const GROUP: Conversation = Conversation::Group(GroupId(1));
pub(super) const ROOM: Conversation = Conversation::Room(RoomId(1));
/// One of each sort.
pub(super) const EACH: [Conversation; 4] = [PAIR, GROUP, ROOM, Conversation::Broadcast];
/// All the time there is.
pub(super) const EVER: Range = Range {
    begin: Millis(i64::MIN),
    end: Millis(i64::MAX),
};
/// A whole log.
pub(super) const ALL: Select = Select {
    descending: false,
    after: None,
    range: EVER,
    kinds: Kinds::ALL,
    limit: 1_000_000,
};

/// Some milliseconds after the beginning of the law.
pub(super) fn at(ms: i64) -> Millis {
    Millis(1_735_689_600_000 + ms)
}

/// From some milliseconds to others.
pub(super) fn between(begin: i64, end: i64) -> Range {
    Range {
        begin: at(begin),
        end: at(end),
    }
}

/// A user with his name.
pub(super) fn named(id: UserId) -> Named {
    Named {
        id,
        name: format!("user-{}", id.0).parse().unwrap(),
    }
}

pub(super) fn kind(number: i64) -> Kind {
    Kind::new(number).unwrap()
}

/// A text of a chat.
pub(super) fn text(text: &str) -> Content {
    Content {
        kind: Kind::CHAT,
        form: Form::Text,
        body: Bytes::copy_from_slice(text.as_bytes()),
        attributes: "".into(),
    }
}

/// A message without a name.
pub(super) fn new(conversation: Conversation, sender: UserId, body: &str) -> NewMessage {
    let receiver = conversation.peer_of(sender);
    NewMessage {
        conversation,
        sender: named(sender),
        origin: None,
        audience: receiver.map_or(Audience::Everybody, |peer| Audience::User(named(peer))),
        copies: true,
        client_id: 0,
        strict: false,
        retried_since: EVER.begin,
        content: text(body),
        now: at(0),
    }
}

/// A message that its sender calls `client_id`.
pub(super) fn called(
    conversation: Conversation,
    sender: UserId,
    client_id: i64,
    body: &str,
) -> NewMessage {
    NewMessage {
        client_id,
        ..new(conversation, sender, body)
    }
}

/// A message that is sent some milliseconds after the beginning.
pub(super) fn sent(conversation: Conversation, ms: i64) -> NewMessage {
    NewMessage {
        now: at(ms),
        ..new(conversation, ALICE, &ms.to_string())
    }
}

/// Everything that waits for `reader` in `conversation`.
pub(super) fn waiting(reader: UserId, conversation: Conversation) -> Waiting {
    Waiting {
        reader,
        conversation,
        range: EVER,
        kinds: Kinds::ALL,
        confirmed_too: false,
        most: u64::MAX,
    }
}

/// What messages say.
pub(super) fn texts(messages: &[Message]) -> Vec<&str> {
    let bodies = messages.iter().map(|message| &message.content.body);
    bodies
        .map(|body| std::str::from_utf8(body).unwrap())
        .collect()
}

/// Numbers of messages.
pub(super) fn numbers(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.sequence.0).collect()
}

/// How a backend opens the log in a folder.
pub type Open = fn(&Path) -> Arc<dyn MessageStore>;

/// A log that a law has for itself.
pub struct Ground {
    folder: PathBuf,
    open: Open,
    log: Option<Arc<dyn MessageStore>>,
}

impl Ground {
    /// Makes the log in `folder`, beside which copies may be put.
    pub fn new(folder: &Path, open: Open) -> Self {
        let folder = folder.join("log");
        Self {
            log: Some(open(&folder)),
            folder,
            open,
        }
    }

    /// The log.
    pub(super) fn log(&self) -> &Arc<dyn MessageStore> {
        self.log.as_ref().unwrap()
    }

    /// Closes the log and opens it again.
    pub(super) fn reopen(&mut self) {
        let log = self.log.take().unwrap();
        assert_eq!(Arc::strong_count(&log), 1, "somebody else uses it");
        drop(log);
        self.log = Some((self.open)(&self.folder));
    }

    /// A place for a copy.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.with_file_name(name)
    }

    /// The log at such a place.
    pub(super) fn opened(&self, folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            open: self.open,
            log: Some((self.open)(folder)),
        }
    }

    /// Begins to append.
    pub(super) fn begin(&self, messages: impl IntoIterator<Item = NewMessage>) -> Appending {
        self.log().append(APP, messages.into_iter().collect())
    }

    pub(super) async fn append(&self, message: NewMessage) -> Result<Appended> {
        Ok(self.begin([message]).await?[0])
    }

    /// Appends a message without a name.
    pub(super) async fn say(&self, conversation: Conversation, by: UserId, body: &str) -> Appended {
        self.append(new(conversation, by, body)).await.unwrap()
    }

    /// Appends `count` messages of Alice at the times 1, 2, 3 and so on.
    pub(super) async fn fill(&self, conversation: Conversation, count: i64) -> Vec<Appended> {
        let messages = (1..=count).map(|ms| sent(conversation, ms));
        self.begin(messages).await.unwrap().to_vec()
    }

    pub(super) async fn select(&self, conversation: Conversation, select: Select) -> Vec<Message> {
        self.log()
            .messages(APP, conversation, select)
            .await
            .unwrap()
    }

    /// All messages of a log.
    pub(super) async fn all(&self, conversation: Conversation) -> Vec<Message> {
        self.select(conversation, ALL).await
    }

    /// How many messages a log has.
    pub(super) async fn count(&self, conversation: Conversation) -> u64 {
        let log = self.log();
        log.count_messages(APP, conversation, EVER, Kinds::ALL)
            .await
            .unwrap()
            .messages
    }

    /// The number of the last message of a log.
    pub(super) async fn last(&self, conversation: Conversation) -> u64 {
        self.log().last_sequence(APP, conversation).await.unwrap().0
    }

    pub(super) async fn confirm(
        &self,
        reader: UserId,
        conversation: Conversation,
        run: (u64, u64),
    ) {
        let confirmed = vec![Confirmation {
            app: APP,
            reader,
            conversation,
            first: Sequence(run.0),
            last: Sequence(run.1),
        }];
        self.log().confirm(confirmed).await.unwrap();
    }

    /// How many messages wait.
    pub(super) async fn waits(&self, reader: UserId, conversation: Conversation) -> u64 {
        let waiting = waiting(reader, conversation);
        self.log().waiting_count(APP, waiting).await.unwrap()
    }

    /// Keeps the log from committing, so that what is begun meanwhile shares one commit.
    pub(super) async fn hold(&self) -> Hold {
        let (begun, mut waiting) = tokio::sync::mpsc::unbounded_channel();
        let (release, released) = mpsc::channel::<()>();
        self.log().subscribe(Box::new(move |_| {
            let _ = begun.send(());
            // Ends at once when there is nothing to wait for any more.
            let _ = released.recv();
        }));
        let message = new(Conversation::Broadcast, ALICE, "held");
        let appending = self
            .log()
            .append(AppId(-1), [message].into_iter().collect());
        waiting.recv().await.unwrap();
        Hold { release, appending }
    }
}

/// Until it is let go, nothing is committed.
pub(super) struct Hold {
    release: mpsc::Sender<()>,
    appending: Appending,
}

impl Hold {
    /// Lets the log go on.
    pub(super) async fn end(self) {
        drop(self.release);
        self.appending.await.unwrap();
    }
}

/// Begins something and goes away before it is done.
pub(super) async fn abandon<T>(call: impl Future<Output = T>) {
    tokio::select! {
        biased;
        _ = call => panic!("it was done at once"),
        () = std::future::ready(()) => {}
    }
}
