//! Live sessions over every door: presence, kicks, bans, loss, load.
//!
//! `world.rs` is a server inside the test whose clock is moved by hand, `site.rs` the real program,
//! `proxy.rs` a network that can go dead.
#![cfg(test)]

mod blackhole;
mod command_line;
mod kicks;
mod model;
mod presence;
mod program;
mod proxy;
mod races;
mod reasons;
mod site;
mod slow;
mod storm;
mod strangers;
mod world;
