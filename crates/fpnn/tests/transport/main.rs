//! The transport through real sockets, and over a pipe where time has to stand still.
#![cfg(test)]

mod answers;
mod closing;
mod encryption;
mod limits;
mod order;
mod pushes;
mod support;
mod tls;
