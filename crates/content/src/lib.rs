//! Message contents across the dialects. A message is stored in the words of whoever wrote it; here they become
//! the other dialect's. Pure functions: no rules, no clock, nothing that can fail.
//!
//! A gate asks [`easemob()`] or [`rtm()`] for what its clients are shown, and makes what they write with
//! [`written`] or, in RTM, as it came. What returns to the dialect that it was written in is as it was.
//! To add a type of message: its name and kind in `kinds.rs`, and what the other dialect makes of it.

mod easemob;
mod files;
mod kinds;
mod rtm;
mod written;

pub use easemob::{Easemob, easemob};
pub use kinds::BodyType;
pub use rtm::{Rtm, rtm};
pub use written::written;

#[cfg(test)]
mod tests;
