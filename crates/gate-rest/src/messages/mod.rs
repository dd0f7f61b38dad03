//! Messages that a back end sends.

mod bodies;
mod request;
pub(crate) mod send;
mod targets;
