//! Accounts. One file per thing done to them; the routes stand in `routes.rs`.

pub(crate) mod activation;
pub(crate) mod delete;
pub(crate) mod disconnect;
pub(crate) mod list;
pub(crate) mod offline;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod register;
pub(crate) mod resources;
pub(crate) mod show;
pub(crate) mod status;
