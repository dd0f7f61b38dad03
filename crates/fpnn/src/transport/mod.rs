//! Connections over tokio, for servers and clients.
//!
//! [`serve`] accepts connections and gives every quest to a [`Service`]; [`connect`] makes a
//! connection to a server. Either end holds a [`Connection`], through which it sends quests of its
//! own. One task drives each connection: it reads a chunk, starts every quest in it, and writes all
//! answers that are there at once. Nothing is spawned per quest.
//!
//! What a method means, who may call it and what its payload says is the service's business; the
//! transport itself answers `*ping` and `*key` only. Source: FPNN sections 1 to 7 and 10.

mod client;
mod connection;
mod driver;
mod handlers;
mod opening;
mod options;
mod output;
mod places;
mod server;
mod service;
mod stop;
mod waiting;
mod websocket;

pub use client::{Agree, connect, connect_stream};
pub use connection::{Awaiting, Connection};
pub use options::{
    ClientOptions, Clock, Encryption, Entropy, Keepalive, Limits, Opening, Options, Stranger,
};
pub use places::{Place, Places, Pool};
pub use server::{serve, serve_stream};
pub use service::{Closed, Order, Peer, Reply, Service};
