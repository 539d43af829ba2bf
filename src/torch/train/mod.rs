//! The trainer: recipe, batches, steps, checkpoints, figures. Calls [`crate::ian`] and [`crate::data`].

pub mod adam;
pub mod adversary;
pub mod attributes;
pub mod batches;
pub mod card;
pub mod checkpoint;
pub mod cycle;
pub mod evaluate;
pub mod export;
pub mod game;
pub mod loss;
pub mod measure;
pub mod pictures;
pub mod plot;
pub mod recipe;
pub mod response;
pub mod run;
pub mod ssim;
pub mod step;
pub mod unfold;
pub mod wasserstein;
