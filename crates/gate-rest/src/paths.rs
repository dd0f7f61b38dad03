//! Request paths as clients really send them. Source: Easemob REST 1.1, "Trailing junk".

use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What a segment keeps as it is; everything else is written `%XX`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b',')
    .remove(b'@');

/// A segment that is not UTF-8 or holds a NUL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnreadablePath;

/// The same URI with white space around each segment, and empty segments at the end, taken away.
/// `None` when nothing is to be changed. `%2F` stays data.
pub(crate) fn normalise(uri: &Uri) -> Result<Option<Uri>, UnreadablePath> {
    let path = uri.path();
    if !path.contains('%') && (path == "/" || !path.ends_with('/')) {
        return Ok(None);
    }
    let mut segments = Vec::new();
    for segment in path.split('/').skip(1) {
        let decoded = percent_decode_str(segment)
            .decode_utf8()
            .map_err(|_| UnreadablePath)?;
        if decoded.contains('\0') {
            return Err(UnreadablePath);
        }
        let trimmed = decoded.trim_matches(|c: char| c.is_ascii_whitespace());
        segments.push(utf8_percent_encode(trimmed, ESCAPED).to_string());
    }
    while segments.last().is_some_and(String::is_empty) {
        segments.pop();
    }
    let mut target = format!("/{}", segments.join("/"));
    if let Some(query) = uri.query() {
        target.push('?');
        target.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).map_err(|_| UnreadablePath)?);
    Uri::from_parts(parts).map(Some).map_err(|_| UnreadablePath)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normal(path: &'static str) -> String {
        let uri = Uri::from_static(path);
        normalise(&uri).unwrap().unwrap_or(uri).to_string()
    }

    #[test]
    fn junk_goes_and_data_stays() {
        assert_eq!(normal("/o/a/users/x?limit=2"), "/o/a/users/x?limit=2");
        assert_eq!(normal("/o/a/users/x%20"), "/o/a/users/x");
        assert_eq!(normal("/o/a/users%20/%20x%09?q=%20"), "/o/a/users/x?q=%20");
        assert_eq!(normal("/o/a/contacts/users/"), "/o/a/contacts/users");
        assert_eq!(normal("/o/a/users/%20//"), "/o/a/users");
        assert_eq!(normal("/o/a/users/a%2Fb"), "/o/a/users/a%2Fb");
        assert_eq!(normal("/o/a/users/M%61ya"), "/o/a/users/Maya");
        assert_eq!(normal("/"), "/");
        assert_eq!(normal("//"), "/");
    }

    #[test]
    fn what_is_not_text_is_unreadable() {
        for path in ["/o/a/users/%FF", "/o/a/users/a%00b"] {
            assert_eq!(
                normalise(&Uri::from_static(path)),
                Err(UnreadablePath),
                "{path}"
            );
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(path in "(/[a-z%0-9A-F +]{0,6}){0,5}") {
            let Ok(uri) = path.parse::<Uri>() else { return Ok(()) };
            let Ok(once) = normalise(&uri) else { return Ok(()) };
            let once = once.unwrap_or(uri);
            let twice = normalise(&once).unwrap().unwrap_or_else(|| once.clone());
            prop_assert_eq!(once, twice);
        }
    }
}
