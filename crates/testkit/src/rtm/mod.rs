//! What tests of the RTM gates speak with: [`Wire`], a bare FPNN connection; [`Project`], which signs for the
//! server gate; [`Caller`], a back end that signs with it;
//! [`RtmClient`], a client that logs in; JSON values for parameters and answers.

mod caller;
mod client;
mod project;
mod values;
mod websocket;
mod wire;

pub use caller::Caller;
pub use client::{Answers, Push, RtmClient, Stream};
pub use project::Project;
pub use values::{Parameters, packed, read, sorted};
pub use websocket::WebSocketIo;
pub use wire::Wire;
