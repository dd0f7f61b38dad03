//! The transport through real sockets, and over a pipe where time has to stand still.
#![cfg(test)]

mod answers;
mod browser;
mod closing;
mod encryption;
mod heartbeat;
mod limits;
mod opening;
mod order;
mod pushes;
mod support;
mod tls;
mod websocket;
