//! The client against a small gate in the same process, through real sockets.
#![cfg(test)]

mod calls;
mod connection;
mod functions;
mod support;
