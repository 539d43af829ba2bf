//! The brush: dabs and painted layers become a target colour image and a soft weight map in the network's frame.
//! Knows photos and frames, no network.

mod distance;
mod raster;

pub use distance::distance;
pub use raster::{Painted, rasterise, rasterise_layer};

use crate::error::{Error, Result};
use crate::limits;
use crate::photo::Frame;
use serde::{Deserialize, Serialize};

/// One touch of the brush. Consecutive dabs of a stroke are joined, so a fast hand leaves no gaps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 5]", into = "[f32; 5]")]
pub struct Dab {
    /// Photo pixels from the left edge.
    pub x: f32,
    /// Photo pixels from the top edge.
    pub y: f32,
    /// In photo pixels, over 0.
    pub radius: f32,
    /// 0 (soft from the centre on) to 1 (a sharp edge).
    pub hardness: f32,
    /// 0 to 1: how far towards the colour the dab asks to go; the heaviest dab of a stroke sets how far it goes in all.
    pub pressure: f32,
}

impl From<[f32; 5]> for Dab {
    fn from([x, y, radius, hardness, pressure]: [f32; 5]) -> Self {
        Self { x, y, radius, hardness, pressure }
    }
}

impl From<Dab> for [f32; 5] {
    fn from(d: Dab) -> Self {
        [d.x, d.y, d.radius, d.hardness, d.pressure]
    }
}

/// What a stroke does to what is under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Pull towards the stroke's colour.
    #[default]
    Color,
    /// Pull towards what is there, lighter.
    Lighten,
    /// Pull towards what is there, darker.
    Darken,
    /// Pull back to the photo.
    Restore,
}

/// A stroke: a path of dabs, a colour, a mode.
#[derive(Debug, Clone, PartialEq)]
pub struct Stroke {
    /// What it does.
    pub mode: Mode,
    /// sRGB-encoded red, green, blue in 0..1; only [`Mode::Color`] looks at it.
    pub color: [f32; 3],
    /// At least one.
    pub dabs: Vec<Dab>,
}

impl Stroke {
    /// The stroke in photo pixels, if this one is in units of the frame: 0 to 1 from its top left, radii as shares of its
    /// side.
    pub fn placed(&self, frame: &Frame) -> Self {
        let mut stroke = self.clone();
        for dab in &mut stroke.dabs {
            let (x, y) = frame.to_photo(f64::from(dab.x), f64::from(dab.y));
            (dab.x, dab.y) = (x as f32, y as f32);
            dab.radius = (f64::from(dab.radius) * frame.side) as f32;
        }
        stroke
    }

    /// Checks counts and ranges.
    ///
    /// # Errors
    /// With the first value that is out of its range.
    pub fn check(&self) -> Result<()> {
        if self.dabs.is_empty() {
            return Err(Error::invalid("the stroke has no dabs; give at least one point"));
        }
        if self.dabs.len() > limits::STROKE_DABS {
            return Err(Error::limit(format!(
                "the stroke has {} dabs; at most {} are taken",
                self.dabs.len(),
                limits::STROKE_DABS
            )));
        }
        if let Some(c) = self.color.iter().find(|c| !(0.0..=1.0).contains(*c)) {
            return Err(Error::invalid(format!(
                "a channel of the stroke's colour is {c}; colours are 0 to 1"
            )));
        }
        for (i, d) in self.dabs.iter().enumerate() {
            let far = limits::DAB_ABS;
            if !(d.x.abs() <= far && d.y.abs() <= far) {
                return Err(Error::invalid(format!(
                    "dab {i} is at {}, {}; positions are photo pixels, at most {far} away from the corner",
                    d.x, d.y
                )));
            }
            if !(d.radius > 0.0 && d.radius <= far) {
                return Err(Error::invalid(format!(
                    "dab {i} has radius {}; it must be over 0 and at most {far} photo pixels",
                    d.radius
                )));
            }
            for (name, v) in [("hardness", d.hardness), ("pressure", d.pressure)] {
                if !(0.0..=1.0).contains(&v) {
                    return Err(Error::invalid(format!("dab {i} has {name} {v}; it must be 0 to 1")));
                }
            }
        }
        Ok(())
    }
}
