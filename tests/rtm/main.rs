//! The RTM server gate over real sockets, against a server inside the test whose clock is moved by hand.
//!
//! `methods` lists what is covered; the client is `halloo_testkit::rtm`; `compatibility.rs` renders the list into
//! `docs/compatibility.md`.
#![cfg(test)]

mod compatibility;
mod connections;
mod data;
mod devices;
mod encryption;
mod friends;
mod groups;
mod hostile;
mod identity;
mod manuals;
mod methods;
mod order;
mod program;
mod rooms;
mod signatures;
mod state;
mod tls;
mod tokens;
mod users;
mod world;
