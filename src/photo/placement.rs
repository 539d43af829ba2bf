//! Where a layer lies on a photo.

use super::Photo;
use crate::error::{Error, Result};
use crate::limits;

/// The rectangle of a photo that a layer covers, in photo pixels; the layer is stretched over it. It may leave the photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Placement {
    /// All of a photo.
    pub fn whole(photo: &Photo) -> Self {
        Self { x: 0.0, y: 0.0, width: f64::from(photo.width), height: f64::from(photo.height) }
    }

    /// Checks that the values are finite and within the limits.
    ///
    /// # Errors
    /// With the values, if one is out of range.
    pub fn check(&self) -> Result<()> {
        let far = limits::PLACEMENT_ABS;
        let sides = [self.width, self.height].iter().all(|s| (1.0..=far).contains(s));
        if !sides || ![self.x, self.y].iter().all(|v| v.abs() <= far) {
            return Err(Error::invalid(format!(
                "the layer's place is {}×{} photo pixels at x {}, y {}; its sides must be 1 to {far}, its corner within ±{far}",
                self.width, self.height, self.x, self.y
            )));
        }
        Ok(())
    }
}
