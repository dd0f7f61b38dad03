//! Why a call failed.

use halloo_fpnn::{FieldError, Refusal, WireError, codes};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code})")]
pub struct QuestError {
    /// 20002: the connection was closed before the answer came; whether the call took effect is
    /// unknown. 20003: no answer in time; the same. 20006: the answer can not be understood. 20011:
    /// too many calls wait to be sent. 20012: no connection could be made; nothing was sent. 10007:
    /// the name of a raw quest is empty or longer than 255 bytes. Any other code is the server's.
    pub code: u32,
    /// For people.
    pub message: String,
}

/// The code of a result, 0 standing for success: how the manuals of other languages tell.
///
/// ```
/// # use halloo_client::{QuestError, error_code};
/// let refused = QuestError { code: 200_032, message: "too many ids".into() };
/// assert_eq!(error_code(&Ok(())), 0);
/// assert_eq!(error_code::<()>(&Err(refused)), 200_032);
/// ```
pub fn error_code<T>(result: &Result<T, QuestError>) -> u32 {
    result.as_ref().err().map_or(0, |error| error.code)
}

impl QuestError {
    pub(crate) fn new(code: u32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The connection ended, or will not be made any more.
    pub(crate) fn closed() -> Self {
        Self::new(codes::CONNECTION_CLOSED, "connection closed")
    }

    pub(crate) fn late() -> Self {
        Self::new(codes::TIMEOUT, "no answer in time")
    }
}

impl From<Refusal> for QuestError {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.text)
    }
}

/// An answer that is not what the documents say.
impl From<FieldError> for QuestError {
    fn from(error: FieldError) -> Self {
        Self::new(codes::DECODING, format!("of the answer, {error}"))
    }
}

impl From<WireError> for QuestError {
    fn from(error: WireError) -> Self {
        Self::new(codes::DECODING, error.to_string())
    }
}
