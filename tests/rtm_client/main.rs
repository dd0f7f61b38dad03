//! The RTM client gate over real sockets, against a server inside the test whose clock is moved by hand.
#![cfg(test)]

mod attributes;
mod compatibility;
mod connections;
mod data;
mod devices;
mod dispatch;
mod encryption;
mod friends;
mod groups;
mod kicks;
mod login;
mod memberships;
mod methods;
mod policies;
mod rooms;
mod signatures;
mod tls;
mod tokens;
mod users;
mod vectors;
mod views;
mod world;
