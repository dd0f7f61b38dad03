//! Why the domain said no.

use crate::bans::Place;
use crate::users::UserName;

/// A cause kept for the operator's log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The domain's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the domain said no. Every gate answers each case in one table of its own.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No app has this key.
    #[error("no app is called {org}/{name}")]
    UnknownApp {
        /// Organisation part of the key.
        org: String,
        /// App part of the key.
        name: String,
    },
    /// The key of a new app is taken.
    #[error("the app exists already")]
    AppExists,
    /// The key of a new app breaks the rules of [`crate::apps::AppKey`].
    #[error("{0}")]
    IllegalAppKey(String),

    /// No user has this name or uuid.
    #[error("no such user")]
    UnknownUser,
    /// A registration without a name.
    #[error("a user name is required")]
    NameMissing,
    /// A name with a byte outside `a-z 0-9 _ - .`, empty, `.` or `..`; carries it as it was sent.
    #[error("user name [{0}] is not legal")]
    NameIllegal(String),
    /// A name over 64 bytes.
    #[error("the user name is longer than 64 bytes")]
    NameTooLong,
    /// A registration without a password.
    #[error("a password is required")]
    PasswordMissing,
    /// A password over 64 characters.
    #[error("the password is longer than 64 characters")]
    PasswordTooLong,
    /// A nickname over 100 characters.
    #[error("the nickname is longer than 100 characters")]
    NicknameTooLong,
    /// The name of a new user is taken.
    #[error("user name {0} is taken")]
    UserExists(UserName),
    /// One bulk registration names a user twice with different passwords.
    #[error("user {0} appears twice with different passwords")]
    PasswordsDiffer(UserName),
    /// A bulk registration of none or too many users; carries how many were sent.
    #[error("{0} users can not be registered in one call")]
    BatchSize(usize),
    /// The app holds as many users as it may.
    #[error("the app's user quota is reached")]
    UserQuotaReached,
    /// More groups ignored for push than the limit allows.
    #[error("too many groups are ignored for push")]
    IgnoredGroupLimit,

    /// A bearer token opened nothing.
    #[error("token refused: {0}")]
    Token(TokenFault),
    /// A client id that is not the app's.
    #[error("the client id does not match")]
    ClientIdMismatch,
    /// A client secret that is not the app's.
    #[error("the client secret does not match")]
    ClientSecretMismatch,
    /// A password that is not the user's.
    #[error("wrong password")]
    WrongPassword,
    /// The account is banned.
    #[error("the user is banned")]
    UserBanned,
    /// A login was signed at a time that is still to come.
    #[error("the login was signed at a time that is too far ahead")]
    LoginTooEarly,
    /// A public key that is none, or on a curve that is not supported.
    #[error("this is no public key on P-256, secp256k1 or Ed25519")]
    LoginKeyIllegal,

    /// A user as his own contact.
    #[error("nobody is his own contact")]
    SelfContact,
    /// One of the two rosters is full.
    #[error("a roster is full")]
    ContactLimit,
    /// The block list is full.
    #[error("the block list is full")]
    BlockLimit,
    /// A cursor that this server did not make.
    #[error("the cursor is not valid")]
    BadCursor,

    /// A user id that is not positive.
    #[error("a user id must be positive")]
    UidIllegal,
    /// The id of a group or room that is not positive.
    #[error("the id of a group or room must be positive")]
    IdIllegal,
    /// A list without anything in it, or a change that changes nothing.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A list that is too long.
    #[error("{what} has {sent} entries, at most {most} are allowed")]
    TooMany {
        /// Which list.
        what: &'static str,
        /// How many it has.
        sent: usize,
        /// How many it may have.
        most: usize,
    },
    /// A text that is too long.
    #[error("{what} has {sent} bytes, at most {most} are allowed")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// Its bytes.
        sent: usize,
        /// How many it may have.
        most: usize,
    },
    /// Who asks is no member of the group.
    #[error("not a member of the group")]
    NotGroupMember,
    /// Who asks is not in the room.
    #[error("not in the room")]
    NotInRoom,
    /// A session that would end itself as if it were another.
    #[error("a session does not kick itself")]
    SelfKick,
    /// The group would have more members than it may.
    #[error("the group is full")]
    GroupFull,
    /// The app holds as many groups as it may.
    #[error("the app's group quota is reached")]
    GroupQuotaReached,
    /// As many rooms have texts as users may give texts to.
    #[error("the app's room quota is reached")]
    RoomQuotaReached,
    /// The user would be in more rooms than he may.
    #[error("the user is in too many rooms")]
    RoomLimit,
    /// The user would have more push devices, or more conversations muted for push, than he may.
    #[error("the user has too many push settings")]
    PushLimit,
    /// The user would have more data keys than he may.
    #[error("the user has too many data keys")]
    DataLimit,

    /// A message whose kind is not 1 to 127.
    #[error("a message is of a kind from 1 to 127")]
    KindIllegal,
    /// An app that would keep its messages for less than a minute.
    #[error("messages are kept for a minute at least")]
    RetentionIllegal,
    /// A message to its own sender.
    #[error("nobody writes to himself")]
    SelfMessage,
    /// The recipient blocks the sender.
    #[error("the recipient blocks the sender")]
    BlockedByRecipient,
    /// The sender is muted there.
    #[error("the sender is muted")]
    Muted(Place),
    /// A message to a group without members.
    #[error("the group has no members")]
    GroupEmpty,
    /// Only administrators write to everybody.
    #[error("only an administrator writes to everybody")]
    NotAdministrator,
    /// Somebody else's message.
    #[error("not the sender of the message")]
    NotSender,
    /// There is no such message, or none any more.
    #[error("no such message")]
    UnknownMessage,
    /// Another message of the sender is called so.
    #[error("another message of the sender has this id")]
    DuplicateId,

    /// Too many calls of this app.
    #[error("too many requests")]
    RateLimited,
    /// The hashing pool is full.
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    /// The store failed.
    #[error("storage is unavailable")]
    Unavailable(#[source] BoxError),
}

impl Error {
    /// Wraps a failure of the store.
    pub fn unavailable(cause: impl Into<BoxError>) -> Self {
        Self::Unavailable(cause.into())
    }
}

/// Why a bearer token opened nothing. Told apart for logs and for the few calls whose answer
/// differs; everywhere else callers get one text, so that it leaks nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenFault {
    /// No token was sent.
    #[error("absent")]
    Absent,
    /// What was sent can not be a token of ours.
    #[error("malformed")]
    Malformed,
    /// Never issued, revoked, or its user is gone or banned.
    #[error("revoked or never issued")]
    Revoked,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// Valid, but for another app.
    #[error("belongs to another app")]
    OtherApp,
    /// Valid, but a user's where an app's is due, or another user's.
    #[error("wrong kind")]
    WrongKind,
}

impl TokenFault {
    /// A word for logs and metric labels.
    pub fn label(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Malformed => "malformed",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::OtherApp => "other_app",
            Self::WrongKind => "wrong_kind",
        }
    }
}
