//! What the tests share: a server inside the test with a clock moved by hand ([`TestServer`]), the
//! real program as a child process ([`Program`]), and an HTTP client for both ([`Client`]).

mod client;
mod clock;
mod page;
mod program;
pub mod rtm;
mod server;
mod session;

pub use client::{Client, RawConnection, Reply, raw_exchange};
pub use clock::ManualClock;
pub use page::assert_page_shows;
pub use program::Program;
pub use server::{TestApp, TestServer};
pub use session::{device, open_session, send_text};
