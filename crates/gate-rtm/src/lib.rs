//! The RTM dialect: quests over FPNN in, core calls, answers out.
//!
//! [`server`] is what RTM's server SDKs speak to. This crate holds no rules: it checks signatures,
//! decodes parameters, calls one service of the core and encodes its answer.
//!
//! To add a quest: a handler in the file of its noun, and one line in [`server`]'s table `QUESTS`. To
//! answer a new error of the core: `error.rs`, which does not build without it.

mod error;
pub mod server;
