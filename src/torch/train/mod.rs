//! The trainer: recipe, batches, steps, checkpoints, figures. Calls [`crate::ian`] and [`crate::data`].

pub mod adam;
pub mod adversary;
pub mod batches;
pub mod checkpoint;
pub mod export;
pub mod game;
pub mod measure;
pub mod recipe;
pub mod run;
pub mod step;
