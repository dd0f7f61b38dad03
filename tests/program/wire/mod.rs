//! HTTP as hostile or odd clients send it.

mod bodies;
mod connections;
mod heads;
mod slow_clients;

use halloo_testkit::{Program, RawConnection, Reply};

use crate::site::{DemoApp, Site};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

/// A running program, and how to speak to it byte by byte.
struct Wire {
    program: Program,
    _site: Site,
    app: DemoApp,
}

impl Wire {
    async fn start() -> Self {
        let site = Site::new();
        let program = site.start().await;
        let app = DemoApp::enter(&site, &program).await;
        Self {
            program,
            _site: site,
            app,
        }
    }

    async fn open(&self) -> RawConnection {
        RawConnection::open(self.program.address).await
    }

    /// Writes `bytes` on a fresh connection and expects a refusal with this status, after which the
    /// server closes.
    async fn refused(&self, bytes: impl AsRef<[u8]>, status: u16) -> Reply {
        let shown = String::from_utf8_lossy(bytes.as_ref());
        let shown: String = shown.chars().take(200).collect();
        let mut connection = self.open().await;
        connection.write(&bytes).await;
        let reply = connection.answer().await;
        let reply = reply.unwrap_or_else(|| panic!("no answer to {shown}"));
        assert_eq!(reply.status, status, "{shown}");
        whole_refusal(&reply, &shown);
        assert!(connection.closes().await, "more than one answer to {shown}");
        reply
    }

    /// A request with the app token, without the empty line at its end.
    fn head(&self, method: &str, path: &str, more: &str) -> String {
        format!(
            "{method} /{}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{more}",
            DemoApp::KEY,
            self.app.token
        )
    }
}

/// Checks that a refusal has its envelope and its headers.
fn whole_refusal(reply: &Reply, shown: &str) {
    reply.refusal();
    assert_eq!(
        reply.headers["content-type"], "application/json;charset=UTF-8",
        "{shown}"
    );
}

/// The head of a POST to the token call with these lines, and what follows.
fn token_call(lines: &str, rest: &str) -> String {
    format!(
        "POST /{}/token HTTP/1.1\r\nHost: x\r\n{lines}\r\n{rest}",
        DemoApp::KEY
    )
}
