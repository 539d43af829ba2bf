//! What a person can turn on an edit.

use crate::error::{Error, Result};
use crate::limits;
use serde::{Deserialize, Serialize};

/// How a stroke moves the latents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Solver {
    /// Descends on brush + keep-the-rest + prior, never accepts a worse step, stops within its budget.
    #[default]
    Guided,
    /// The published brush (arXiv 1609.07093, section 2): one plain gradient step of fixed size a dab.
    Published,
}

/// How strokes act from now on. Recorded with each stroke.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StrokeSettings {
    /// Which solver.
    pub solver: Solver,
    /// 0..1: how far towards the colour a stroke goes; 1 is all the way.
    pub strength: f32,
    /// 0..1: how far a stroke may move the face, and the rest of the face change with the brushed part.
    pub freedom: f32,
    /// Budget of solver steps a stroke.
    pub steps: u32,
}

impl Default for StrokeSettings {
    fn default() -> Self {
        Self { solver: Solver::Guided, strength: 1.0, freedom: 0.5, steps: 30 }
    }
}

/// How the change is blended into the photo. Takes effect at once, on all strokes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlendSettings {
    /// 0..8: gain on the interpolation mask; 1 is the paper's.
    pub mask: f32,
    /// 0..1: how much of the photo's own detail stays in changed places (where they become lighter it grows with the light); 0 is the paper's.
    pub detail: f32,
    /// 0..1: how much the change is confined to the surroundings of what was brushed; 0 is the paper's.
    pub locality: f32,
}

impl Default for BlendSettings {
    fn default() -> Self {
        Self { mask: 2.0, detail: 0.3, locality: 0.8 }
    }
}

fn in_range(name: &str, value: f32, max: f32) -> Result<()> {
    if (0.0..=max).contains(&value) {
        Ok(())
    } else {
        Err(Error::invalid(format!("{name} is {value}; it must be 0 to {max}")))
    }
}

impl StrokeSettings {
    /// # Errors
    /// With the first value out of its range.
    pub fn check(&self) -> Result<()> {
        in_range("strength", self.strength, 1.0)?;
        in_range("freedom", self.freedom, 1.0)?;
        if self.steps == 0 || self.steps > limits::SOLVER_STEPS {
            return Err(Error::invalid(format!(
                "steps is {}; it must be 1 to {}",
                self.steps,
                limits::SOLVER_STEPS
            )));
        }
        Ok(())
    }
}

impl BlendSettings {
    /// # Errors
    /// With the first value out of its range.
    pub fn check(&self) -> Result<()> {
        in_range("mask", self.mask, 8.0)?;
        in_range("detail", self.detail, 1.0)?;
        in_range("locality", self.locality, 1.0)
    }
}
