//! The REST surface over real sockets, against a server inside the test whose clock is moved by hand.
//!
//! `endpoints.rs` lists what is covered; `examples` and `errors` hold what the two vendor documents
//! show and refuse; `compatibility.rs` renders both lists into `docs/compatibility.md`.
#![cfg(test)]

mod compatibility;
mod effects;
mod endpoints;
mod errors;
mod examples;
mod leniency;
mod matrix;
mod messages;
mod model;
mod paging;
mod world;
