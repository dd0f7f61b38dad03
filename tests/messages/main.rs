//! Messages at both RTM gates over real sockets, against a server inside the test whose clock is moved by hand.
#![cfg(test)]

mod ends;
mod history;
mod listen;
mod live;
mod order;
mod places;
mod races;
mod readers;
mod refusals;
mod removal;
mod retries;
mod single;
mod talk;
mod unread;
mod vectors;
mod waiting;
#[path = "../rtm_client/world.rs"]
#[expect(dead_code, reason = "its other suite needs more of it")]
mod world;
