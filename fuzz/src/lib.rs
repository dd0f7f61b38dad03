//! What the fuzz targets share: a gate over a database in memory, and what every answer must be.

mod answer;
mod world;

pub use answer::Answer;
pub use world::{Visit, World};
