//! The Rust SDK of RTM back ends: the calls that a customer's own servers make.
//!
//! Every function gives a [`Call`]; nothing is sent before it is awaited, waited for, or given a
//! callback:
//!
//! ```no_run
//! use halloo_client::{QuestError, RtmServerClient};
//!
//! async fn greet() -> Result<(), QuestError> {
//!     let client = RtmServerClient::new(90_000_001, "secret", "127.0.0.1:13315");
//!
//!     // Any executor may await.
//!     client.set_user_info(123, Some("Ada"), None).await?;
//!
//!     // A thread may wait.
//!     let (public, _private) = client.get_user_info(123).wait()?;
//!     assert_eq!(public, "Ada");
//!
//!     // Or the answer comes to a closure, on a thread of the client.
//!     client.get_online_users(&[123, 456]).callback(|result| match result {
//!         Ok(online) => println!("{} online", online.len()),
//!         Err(error) => println!("failed: {error}"),
//!     });
//!     Ok(())
//! }
//! ```
//!
//! # Connection
//!
//! A client connects with its first call and keeps one connection, over which calls are pipelined:
//! they take effect in the order in which they were sent, and are answered in any order. When the
//! connection is lost, calls without an answer fail with 20002 and the client connects again by
//! itself: at once, but after five connections in a row that failed or lived less than 1.5 s with
//! pauses that grow in five steps from 2 s to 120 s. A call that finds no connection joins the
//! attempt that is under way or starts one; it fails with 20012 as soon as that attempt fails, so
//! that a back end never piles up calls to a server that is away. Within a second after a failed
//! attempt calls fail at once. **No call is ever repeated by the client.**
//!
//! # Threads
//!
//! A client has one thread for its connection and one for callbacks, both started when they are
//! first needed. So a call works without a runtime and under any. [`Call::wait`] blocks its thread
//! and nothing else, even a thread of an async runtime. Callbacks run one after the other, but not
//! always in the order of the answers; they may call the client, and may panic.
//!
//! # Ids, times, errors
//!
//! Ids of users, groups and rooms are positive. Durations of bans are whole seconds from now, zero
//! and below for ever. A failed call gives a [`QuestError`] with a code: 20002, 20003, 20006, 20011
//! or 20012 made by the client (see [`codes`]), any other by the server.
//!
//! To add a function: one method in `functions/`, in the file of its noun, with the wire name, the
//! parameters and the reader of its answer.

mod backoff;
mod builder;
mod call;
mod callbacks;
mod client;
mod error;
mod functions;
mod link;
mod sign;

pub use builder::{Builder, EncryptionError};
pub use call::{Answering, Call};
pub use client::RtmServerClient;
pub use error::{QuestError, error_code};
pub use functions::{PushOption, PushOptions};
pub use halloo_fpnn::transport::Keepalive;
pub use halloo_fpnn::{Fields, List, Map, Mode, PublicKey, Strength, codes};
