//! What both gates answer alike. [`Caller`](crate::call::Caller) says whose things a quest is about.

pub(crate) mod data;
pub(crate) mod device;
pub(crate) mod friend;
pub(crate) mod group;
pub(crate) mod history;
pub(crate) mod message;
pub(crate) mod mute;
pub(crate) mod room;
pub(crate) mod user;
