//! Cursors: where the next page begins, opaque to the caller and tied to app and list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use halloo_core::Error;
use halloo_core::apps::AppId;

/// Which list a cursor pages through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Users in order of registration.
    Users = 1,
    /// A user's block list.
    Blocks = 2,
}

/// ```text
/// list u8 | app i64 BE | position i64 BE, in base64url without padding
/// ```
pub(crate) fn encode(list: List, app: AppId, position: i64) -> String {
    let mut bytes = [0; 17];
    bytes[0] = list as u8;
    bytes[1..9].copy_from_slice(&app.0.to_be_bytes());
    bytes[9..].copy_from_slice(&position.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The position in a cursor that [`encode`] made for the same list and app.
/// # Errors
/// [`Error::BadCursor`] for anything else.
pub(crate) fn decode(text: &str, list: List, app: AppId) -> Result<i64, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::BadCursor)?;
    let (head, position) = bytes.split_at_checked(9).ok_or(Error::BadCursor)?;
    let ours = head.split_first() == Some((&(list as u8), &app.0.to_be_bytes()[..]));
    let position = position
        .try_into()
        .map(i64::from_be_bytes)
        .map_err(|_| Error::BadCursor)?;
    if ours && position >= 0 {
        Ok(position)
    } else {
        Err(Error::BadCursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_its_own_list_only() {
        let cursor = encode(List::Users, AppId(3), 77);
        assert_eq!(decode(&cursor, List::Users, AppId(3)).unwrap(), 77);
        assert!(decode(&cursor, List::Blocks, AppId(3)).is_err());
        assert!(decode(&cursor, List::Users, AppId(4)).is_err());
        for garbage in ["", "x", "AAAA", "!!!!", &format!("{cursor}AA")] {
            assert!(decode(garbage, List::Users, AppId(3)).is_err(), "{garbage}");
        }
    }
}
