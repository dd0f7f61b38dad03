//! What the fuzz targets share: gates over a database in memory, and what every answer must be.

mod answer;
mod quests;
mod rtm;
mod world;

pub use answer::Answer;
pub use quests::{framed, parameters};
pub use rtm::{RtmVisit, RtmWorld};
pub use world::{Visit, World};
