use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::preload::APP;
use crate::random::Random;

/// What names of users begin with where nothing else is said.
pub(crate) const PREFIX: &str = "user";
/// Stands in a request where a number goes, one `#` per digit. Nothing else in them has a `#`.
const BLANK: &str = "#######";
/// The greatest number that fits, and thereby the most users.
pub(crate) const MOST_USERS: u32 = 9_999_999;
/// Names in one batch status request.
const BATCH: usize = 100;

/// Where the numbers in a request come from.
#[derive(Clone)]
pub(crate) enum Numbers {
    /// There are none.
    None,
    /// Uniformly random below this, no two neighbours the same.
    Below(u32),
    /// Each once: counted up across all connections.
    Fresh(Arc<AtomicU32>),
}

/// A request whose bytes are built once; from one to the next only the digits of numbers change.
#[derive(Clone)]
pub(crate) struct Requests {
    bytes: Vec<u8>,
    /// Where the numbers stand.
    blanks: Vec<usize>,
    numbers: Numbers,
    random: Random,
}

/// Whom the requests go to.
pub(crate) struct Target {
    /// Address of the server.
    pub(crate) address: SocketAddr,
    /// Token of the app.
    pub(crate) token: String,
    /// What names of users begin with; their numbers follow, with seven digits.
    pub(crate) prefix: &'static str,
    /// Users that are registered, from number 0 on.
    pub(crate) users: u32,
}

impl Requests {
    fn new(text: String, numbers: Numbers) -> Self {
        let blanks = text.match_indices(BLANK).map(|(at, _)| at).collect();
        Self {
            bytes: text.into_bytes(),
            blanks,
            numbers,
            random: Random::seeded(0),
        }
    }

    /// The same requests with other random numbers.
    pub(crate) fn seeded(&self, seed: u64) -> Self {
        Self {
            random: Random::seeded(seed),
            ..self.clone()
        }
    }

    /// The bytes of the next request.
    pub(crate) fn next(&mut self) -> &[u8] {
        let mut last = None;
        for &blank in &self.blanks {
            let number = match &self.numbers {
                Numbers::None => 0,
                Numbers::Fresh(count) => count.fetch_add(1, Ordering::Relaxed),
                Numbers::Below(end) => {
                    let number = self.random.below(*end);
                    if last == Some(number) {
                        (number + 1) % end
                    } else {
                        number
                    }
                }
            };
            last = Some(number);
            let mut rest = number;
            let digits = self
                .bytes
                .get_mut(blank..blank + BLANK.len())
                .unwrap_or_default();
            for digit in digits.iter_mut().rev() {
                *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
                rest /= 10;
            }
        }
        &self.bytes
    }
}

/// The name of preloaded user `number`.
pub(crate) fn name(number: u32) -> String {
    format!("user{number:0width$}", width = BLANK.len())
}

/// `GET /` of the ceiling.
pub(crate) fn hello(address: SocketAddr) -> Requests {
    Requests::new(
        format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n"),
        Numbers::None,
    )
}

/// An app token for client credentials.
pub(crate) fn token(address: SocketAddr, id: &str, secret: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"grant_type":"client_credentials","client_id":"{id}","client_secret":"{secret}"}}"#
    );
    format!(
        "POST /{APP}/token HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

impl Target {
    /// Get one user.
    pub(crate) fn get_user(&self) -> Requests {
        Requests::new(
            self.request("GET", &format!("/users/{}{BLANK}", self.prefix), ""),
            self.any(),
        )
    }

    /// Status of one user.
    pub(crate) fn status(&self) -> Requests {
        Requests::new(
            self.request("GET", &format!("/users/{}{BLANK}/status", self.prefix), ""),
            self.any(),
        )
    }

    /// Status of 100 users.
    pub(crate) fn batch_status(&self) -> Requests {
        let names = vec![format!("\"{}{BLANK}\"", self.prefix); BATCH].join(",");
        let body = format!(r#"{{"usernames":[{names}]}}"#);
        Requests::new(
            self.request("POST", "/users/batch/status", &body),
            self.any(),
        )
    }

    /// Make two users friends.
    pub(crate) fn add_contact(&self) -> Requests {
        let prefix = self.prefix;
        let path = format!("/users/{prefix}{BLANK}/contacts/users/{prefix}{BLANK}");
        Requests::new(self.request("POST", &path, ""), self.any())
    }

    /// Register a user whose number nobody had; numbers count up from `fresh`.
    pub(crate) fn register(&self, fresh: &Arc<AtomicU32>) -> Requests {
        let body = format!(r#"{{"username":"new{BLANK}","password":"correct horse battery"}}"#);
        let numbers = Numbers::Fresh(Arc::clone(fresh));
        Requests::new(self.request("POST", "/users", &body), numbers)
    }

    /// Force the user called `name` off.
    pub(crate) fn disconnect(&self, name: &str) -> Vec<u8> {
        let path = format!("/users/{name}/disconnect");
        self.request("GET", &path, "").into_bytes()
    }

    fn any(&self) -> Numbers {
        Numbers::Below(self.users)
    }

    fn request(&self, verb: &str, path: &str, body: &str) -> String {
        let Self { address, token, .. } = self;
        let content = match (verb, body.len()) {
            ("GET", _) => String::new(),
            (_, 0) => "Content-Length: 0\r\n".to_owned(),
            (_, bytes) => {
                format!("Content-Type: application/json\r\nContent-Length: {bytes}\r\n")
            }
        };
        format!(
            "{verb} /{APP}{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             {content}\r\n{body}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        let address = "127.0.0.1:1".parse().unwrap();
        Target {
            address,
            token: "T".into(),
            prefix: PREFIX,
            users: 1000,
        }
    }

    #[test]
    fn only_numbers_change_and_neighbours_differ() {
        let mut requests = target().add_contact().seeded(3);
        for _ in 0..10_000 {
            let text = str::from_utf8(requests.next()).unwrap();
            let (owner, rest) = text
                .strip_prefix("POST /demo-org/demo-app/users/user")
                .unwrap()
                .split_at(7);
            let (friend, rest) = rest
                .strip_prefix("/contacts/users/user")
                .unwrap()
                .split_at(7);
            assert!(owner.parse::<u32>().unwrap() < 1000 && friend.parse::<u32>().unwrap() < 1000);
            assert_ne!(owner, friend);
            assert!(
                rest.ends_with("Bearer T\r\nContent-Length: 0\r\n\r\n"),
                "{rest}"
            );
        }
    }

    #[test]
    fn a_body_is_as_long_as_its_head_says() {
        let text = String::from_utf8(target().batch_status().seeded(0).next().to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.ends_with(&format!("Content-Length: {}", body.len())),
            "{head}"
        );
        assert_eq!(body.matches("user0000").count(), 100);
    }

    #[test]
    fn names_match_the_requests() {
        assert_eq!(name(42), "user0000042");
        assert_eq!(name(MOST_USERS).len(), "user".len() + BLANK.len());
    }
}
