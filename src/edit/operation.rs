//! What a person did, as it is kept for undo, in stroke files, in the hosts' documents.

use super::settings::{BlendSettings, StrokeSettings};
use crate::brush::{Dab, Mode, Painted, Stroke};
use crate::error::{Error, ErrorKind, Result};
use crate::generator::check_values;
use crate::limits;
use serde::{Deserialize, Serialize};

/// One undoable step of an edit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum Operation {
    /// A brush stroke.
    Stroke {
        /// The path.
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
        whole: bool,
    },
    /// Back to the photo.
    Reset,
    /// The result became the photo, and was encoded anew.
    Update {
        /// How the result was blended.
        blend: BlendSettings,
    },
}

/// An operation as a stroke file has it: flat, and strict about its fields.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Wire {
    Stroke {
        #[serde(default)]
        mode: Mode,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        color: Option<[f32; 3]>,
        dabs: Vec<Dab>,
        #[serde(default)]
        settings: StrokeSettings,
    },
    Paint {
        #[serde(default)]
        mode: Mode,
        layer: GridLayer,
        #[serde(default)]
        settings: StrokeSettings,
    },
    Latents {
        latents: Vec<f32>,
        #[serde(default)]
        whole: bool,
    },
    Reset {},
    Update {
        blend: BlendSettings,
    },
}

impl TryFrom<Wire> for Operation {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        Ok(match wire {
            Wire::Stroke { mode: Mode::Color, color: None, .. } => {
                return Err(
                    "a stroke of mode color has no color; give \"color\": [red, green, blue], each 0 to 1"
                        .into(),
                );
            }
            Wire::Stroke { mode, color, dabs, settings } => {
                Self::Stroke { stroke: Stroke { mode, color: color.unwrap_or_default(), dabs }, settings }
            }
            Wire::Paint { mode, layer, settings } => Self::Paint { mode, layer, settings },
            Wire::Latents { latents, whole } => Self::Latents { latents, whole },
            Wire::Reset {} => Self::Reset,
            Wire::Update { blend } => Self::Update { blend },
        })
    }
}

impl From<Operation> for Wire {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Stroke { stroke: Stroke { mode, color, dabs }, settings } => {
                Self::Stroke { mode, color: (mode == Mode::Color).then_some(color), dabs, settings }
            }
            Operation::Paint { mode, layer, settings } => Self::Paint { mode, layer, settings },
            Operation::Latents { latents, whole } => Self::Latents { latents, whole },
            Operation::Reset => Self::Reset {},
            Operation::Update { blend } => Self::Update { blend },
        }
    }
}

/// A painted layer reduced to the network's grid, in bytes so that a stroke file replays exactly; only the rectangle that is
/// painted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridLayer {
    /// Side of the grid.
    pub size: usize,
    /// Left, top, width and height of the painted rectangle on the grid.
    pub rect: [usize; 4],
    /// `[height][width]`, 0..255.
    pub weight: Vec<u8>,
    /// `[height][width][3]`, 0..255, sRGB.
    pub color: Vec<u8>,
}

impl GridLayer {
    /// Rounds to bytes. Empty if nothing is painted by half a level.
    pub(super) fn from_painted(painted: &Painted, size: usize) -> Self {
        let byte = |v: f32| (v.clamp(0.0, 1.0) * 255.0).round() as u8;
        let level = |x: usize, y: usize| byte(painted.weight[y * size + x]);
        let painted_at = |across: bool| {
            let line =
                move |i: usize| (0..size).any(|j| if across { level(i, j) > 0 } else { level(j, i) > 0 });
            let first = (0..size).find(|i| line(*i)).unwrap_or(0);
            (first, (0..size).rfind(|i| line(*i)).map_or(first, |last| last + 1))
        };
        let ((x0, x1), (y0, y1)) = (painted_at(true), painted_at(false));
        let places: Vec<(usize, usize)> = (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y))).collect();
        let channel =
            |x: usize, y: usize, c: usize| byte(0.5 + 0.5 * painted.color[(c * size + y) * size + x]);
        Self {
            size,
            rect: [x0, y0, x1 - x0, y1 - y0],
            weight: places.iter().map(|(x, y)| level(*x, *y)).collect(),
            color: places.iter().flat_map(|(x, y)| [0, 1, 2].map(|c| channel(*x, *y, c))).collect(),
        }
    }

    /// Of a checked layer.
    pub(super) fn to_painted(&self) -> Painted {
        let (size, [x0, y0, width, _]) = (self.size, self.rect);
        let mut painted = Painted { weight: vec![0.0; size * size], color: vec![0.0; 3 * size * size] };
        for (i, weight) in self.weight.iter().enumerate() {
            let (x, y) = (x0 + i % width, y0 + i / width);
            painted.weight[y * size + x] = f32::from(*weight) / 255.0;
            for c in 0..3 {
                painted.color[(c * size + y) * size + x] = f32::from(self.color[3 * i + c]) / 127.5 - 1.0;
            }
        }
        painted
    }

    fn check(&self, size: usize) -> Result<()> {
        let [x, y, width, height] = self.rect;
        let inside = |from: usize, length: usize| length <= size && from <= size - length;
        let fits = self.size == size && inside(x, width) && inside(y, height);
        if !fits || self.weight.len() != width * height || self.color.len() != 3 * width * height {
            return Err(Error::new(
                ErrorKind::StrokeFile,
                format!(
                    "a painted layer is for a grid of {}, with {} weights and {} colour values in {width}×{height} at {x}, {y}; this model's grid is {size}×{size}",
                    self.size,
                    self.weight.len(),
                    self.color.len()
                ),
            ));
        }
        if self.weight.iter().all(|w| *w == 0) {
            return Err(Error::invalid("the painted layer is empty inside the face frame; paint inside it"));
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
            Operation::Update { blend } => blend.check(),
            Operation::Reset => Ok(()),
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
