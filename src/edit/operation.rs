//! What a person did, as it is kept for undo, in stroke files, in the hosts' documents.

use super::settings::StrokeSettings;
use crate::brush::{Mode, Painted, Stroke};
use crate::error::{Error, ErrorKind, Result};
use crate::generator::check_values;
use crate::limits;
use serde::{Deserialize, Serialize};

/// One undoable step of an edit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Operation {
    /// A brush stroke.
    Stroke {
        /// The path.
        #[serde(flatten)]
        stroke: Stroke,
        /// How it acted.
        settings: StrokeSettings,
    },
    /// A painted layer, on the network's grid.
    Paint {
        /// What it did.
        mode: Mode,
        /// The layer.
        layer: GridLayer,
        /// How it acted.
        settings: StrokeSettings,
    },
    /// The latents were set: sliders, tiles, a sample.
    Latents {
        /// All of them.
        latents: Vec<f32>,
        /// Shown without the interpolation mask, as a sample is.
        #[serde(default)]
        whole: bool,
    },
    /// Back to the photo.
    Reset,
    /// The result became the photo, and was encoded anew.
    Update,
}

/// A painted layer reduced to the network's grid, in bytes so that a stroke file replays exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridLayer {
    /// Side of the grid.
    pub size: usize,
    /// `[size][size]`, 0..255.
    pub weight: Vec<u8>,
    /// `[size][size][3]`, 0..255, sRGB.
    pub color: Vec<u8>,
}

impl GridLayer {
    /// Rounds to bytes.
    pub(super) fn from_painted(painted: &Painted, size: usize) -> Self {
        let byte = |v: f32| (v.clamp(0.0, 1.0) * 255.0).round() as u8;
        let pixels = size * size;
        let color =
            (0..3 * pixels).map(|i| byte(0.5 + 0.5 * painted.color[(i % 3) * pixels + i / 3])).collect();
        Self { size, weight: painted.weight.iter().map(|w| byte(*w)).collect(), color }
    }

    pub(super) fn to_painted(&self) -> Painted {
        let pixels = self.size * self.size;
        let color =
            (0..3 * pixels).map(|i| f32::from(self.color[(i % pixels) * 3 + i / pixels]) / 127.5 - 1.0);
        Painted {
            weight: self.weight.iter().map(|w| f32::from(*w) / 255.0).collect(),
            color: color.collect(),
        }
    }

    fn check(&self, size: usize) -> Result<()> {
        if self.size != size || self.weight.len() != size * size || self.color.len() != 3 * size * size {
            return Err(Error::new(
                ErrorKind::StrokeFile,
                format!(
                    "a painted layer is {}×{} with {} weights and {} colour values; this model needs {size}×{size}",
                    self.size,
                    self.size,
                    self.weight.len(),
                    self.color.len()
                ),
            ));
        }
        if self.weight.iter().all(|w| *w == 0) {
            return Err(Error::invalid("the painted layer is empty inside the face frame"));
        }
        Ok(())
    }
}

impl Operation {
    /// Checks an operation from outside for a generator of this size.
    pub(super) fn check(&self, size: usize, latents: usize) -> Result<()> {
        match self {
            Operation::Stroke { stroke, settings } => stroke.check().and_then(|()| settings.check()),
            Operation::Paint { layer, settings, .. } => layer.check(size).and_then(|()| settings.check()),
            Operation::Latents { latents: z, .. } => check_latents(z, latents),
            Operation::Reset | Operation::Update => Ok(()),
        }
    }
}

/// Checks count, finiteness and range.
pub(super) fn check_latents(z: &[f32], expected: usize) -> Result<()> {
    check_values("latents", z, expected)?;
    if let Some(i) = z.iter().position(|v| v.abs() > limits::LATENT_ABS) {
        return Err(Error::invalid(format!(
            "latent {i} is {}; latents are within ±{}",
            z[i],
            limits::LATENT_ABS
        )));
    }
    Ok(())
}
