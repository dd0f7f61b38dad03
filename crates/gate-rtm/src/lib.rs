//! The RTM dialect: quests over FPNN in, core calls, answers out.
//!
//! [`server`] is what RTM's server SDKs speak to, [`client`] what its client SDKs do. This crate holds no
//! rules: it checks who asks, decodes parameters, calls one service of the core and encodes its answer.
//!
//! To add a quest: a handler in the file of its noun (under `handlers` if both gates have it), and one line
//! in the gate's table `QUESTS`. To answer a new error of the core: `error.rs`, which does not build
//! without it.

mod call;
pub mod client;
mod content;
mod error;
mod handlers;
pub mod server;
mod table;

const CONNECTIONS: &str = "halloo_rtm_connections";
