//! The aligned frame: the square of a photo that the network sees, placed as the training set is aligned.

use crate::error::{Error, Result};
use crate::limits;

/// A square in a photo: centre, side, rotation. Photo coordinates are continuous: the top left corner of the photo
/// is (0, 0), the centre of its first pixel (0.5, 0.5).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Frame {
    /// Centre, in photo pixels from the left.
    pub cx: f64,
    /// Centre, in photo pixels from the top.
    pub cy: f64,
    /// Side in photo pixels.
    pub side: f64,
    /// Rotation in degrees: how far the frame's own x axis is turned clockwise, as seen on the screen.
    pub angle: f64,
}

impl Frame {
    /// Checks that the values are finite and within the limits.
    ///
    /// # Errors
    /// With the value that is out of range.
    pub fn check(&self) -> Result<()> {
        if ![self.cx, self.cy, self.side, self.angle].iter().all(|v| v.is_finite()) {
            return Err(Error::invalid(format!(
                "the frame with its centre at x {}, y {}, a side of {} pixels and an angle of {}° has a value that is \
                 not a finite number",
                self.cx, self.cy, self.side, self.angle
            )));
        }
        if !(limits::FRAME_SIDE_MIN..=limits::FRAME_SIDE_MAX).contains(&self.side) {
            return Err(Error::limit(format!(
                "the frame's side is {} pixels; it must be {} to {}",
                self.side,
                limits::FRAME_SIDE_MIN,
                limits::FRAME_SIDE_MAX
            )));
        }
        Ok(())
    }

    /// From frame units (0..1 from its top left) to photo pixels.
    pub fn to_photo(&self, u: f64, v: f64) -> (f64, f64) {
        let (sin, cos) = self.angle.to_radians().sin_cos();
        let (du, dv) = ((u - 0.5) * self.side, (v - 0.5) * self.side);
        (self.cx + cos * du - sin * dv, self.cy + sin * du + cos * dv)
    }

    /// From photo pixels to frame units (0..1 from its top left inside the frame).
    pub fn from_photo(&self, x: f64, y: f64) -> (f64, f64) {
        let (sin, cos) = self.angle.to_radians().sin_cos();
        let (dx, dy) = ((x - self.cx) / self.side, (y - self.cy) / self.side);
        (cos * dx + sin * dy + 0.5, -sin * dx + cos * dy + 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_is_not_finite_gets_a_sentence() {
        let said = Frame { cx: f64::NAN, cy: 2.5, side: 64.0, angle: -3.0 }.check().unwrap_err().to_string();
        assert_eq!(
            said,
            "the frame with its centre at x NaN, y 2.5, a side of 64 pixels and an angle of -3° has a value that is \
             not a finite number"
        );
    }
}
