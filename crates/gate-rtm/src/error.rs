//! The only place that knows RTM's numbers. Sources: RTM server gate section 11, RTM client gate section 7.

use halloo_core::Error;
use halloo_core::bans::Place;
use halloo_fpnn::Refusal;
use tracing::error;

/// Codes that are given without an error of the core.
pub(crate) mod codes {
    pub(crate) const INVALID_PID_OR_UID: u32 = 200_001;
    pub(crate) const UNKNOWN_SERVICE: u32 = 100_001;
    pub(crate) const INVALID_SIGN: u32 = 200_002;
    pub(crate) const SAME_SIGN: u32 = 200_006;
    pub(crate) const INVALID_SERVER_TIME: u32 = 200_008;
    pub(crate) const FORBIDDEN_METHOD: u32 = 200_020;
    pub(crate) const UNAUTHORISED: u32 = 200_022;
    pub(crate) const DUPLICATED_AUTH: u32 = 200_023;
    pub(crate) const TOO_MANY_ITEMS: u32 = 200_032;
    pub(crate) const EMPTY_PARAMETER: u32 = 200_033;
    pub(crate) const INVALID_PARAMETER: u32 = 200_034;
    pub(crate) const NOT_ENABLED: u32 = 200_060;
}

/// What a caller is told of an error.
pub(crate) fn refusal(error: &Error) -> Refusal {
    if let Error::Unavailable(cause) = error {
        error!("A quest failed: {cause}");
    }
    Refusal::new(code(error), error.to_string())
}

fn code(error: &Error) -> u32 {
    match error {
        Error::UidIllegal | Error::UnknownUser => codes::INVALID_PID_OR_UID,
        Error::UnknownApp { .. } => codes::INVALID_SIGN,
        Error::RateLimited | Error::Busy => 200_010,
        Error::LoginTooEarly => codes::INVALID_SERVER_TIME,
        Error::KindIllegal => 200_005,
        Error::SelfKick => 200_012,
        Error::UserBanned => 200_024,
        Error::Token(_) => 200_027,
        Error::TooLong { .. }
        | Error::NameTooLong
        | Error::PasswordTooLong
        | Error::NicknameTooLong => 200_030,
        Error::TooMany { .. }
        | Error::BatchSize(_)
        | Error::GroupQuotaReached
        | Error::RoomQuotaReached
        | Error::BlockLimit
        | Error::IgnoredGroupLimit
        | Error::PushLimit
        | Error::DataLimit => codes::TOO_MANY_ITEMS,
        Error::Empty(_) | Error::NameMissing | Error::PasswordMissing => codes::EMPTY_PARAMETER,
        Error::IdIllegal
        | Error::SelfContact
        | Error::RetentionIllegal
        | Error::BadCursor
        | Error::NameIllegal(_)
        | Error::IllegalAppKey(_)
        | Error::PasswordsDiffer(_) => codes::INVALID_PARAMETER,
        Error::NotAdministrator => 200_026,
        Error::NotInRoom => 200_040,
        Error::NotGroupMember => 200_041,
        Error::GroupFull => 200_042,
        Error::Muted(Place::Group(_) | Place::EveryGroup) => 200_044,
        Error::Muted(Place::Room(_) | Place::EveryRoom) => 200_045,
        Error::GroupEmpty => 200_046,
        Error::RoomLimit => 200_047,
        Error::ContactLimit => 200_048,
        Error::BlockedByRecipient => 200_049,
        Error::SelfMessage => 200_052,
        Error::DuplicateId => 200_053,
        Error::UnknownMessage => 200_070,
        Error::UserQuotaReached
        | Error::Muted(Place::App)
        | Error::NotSender
        // No call of this dialect leads to the rest.
        | Error::AppExists
        | Error::LoginKeyIllegal
        | Error::UserExists(_)
        | Error::ClientIdMismatch
        | Error::ClientSecretMismatch
        | Error::WrongPassword => 200_021,
        Error::Unavailable(_) => 200_999,
    }
}
