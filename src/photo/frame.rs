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

    /// The part of each side (left, right, top, bottom) beyond which a photo of this width and height goes on: from where to where, in
    /// frame units from the side's upper or left end. None of a side that has no centre of a pixel beyond it.
    pub fn sides_inside(&self, width: u32, height: u32) -> [Option<(f64, f64)>; 4] {
        [
            ((0.0, 0.0), (0.0, 1.0)),
            ((1.0, 0.0), (1.0, 1.0)),
            ((0.0, 0.0), (1.0, 0.0)),
            ((0.0, 1.0), (1.0, 1.0)),
        ]
        .map(|(from, to)| {
            let ((x, y), (x1, y1)) = (self.to_photo(from.0, from.1), self.to_photo(to.0, to.1));
            let (mut start, mut end) = (0.0f64, 1.0f64);
            // Cut by the lines through the outermost pixels' centres (Liang and Barsky).
            for (at, step, length) in [(x, x1 - x, width), (y, y1 - y, height)] {
                let (a, b) = crossing(at, step, 0.5, f64::from(length) - 0.5);
                (start, end) = (start.max(a), end.min(b));
            }
            (start <= end).then_some((start, end))
        })
    }
}

/// Where `at + step·i` lies in `low..=high`.
pub(super) fn crossing(at: f64, step: f64, low: f64, high: f64) -> (f64, f64) {
    if step.abs() < 1e-12 {
        return if at >= low - 1e-6 && at <= high + 1e-6 {
            (f64::NEG_INFINITY, f64::INFINITY)
        } else {
            (f64::INFINITY, f64::NEG_INFINITY)
        };
    }
    let (a, b) = ((low - at) / step, (high - at) / step);
    (a.min(b), a.max(b))
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

    /// Against the question asked at many points of each side: is there a pixel's centre beyond it?
    #[test]
    fn sides_are_cut_where_the_photo_ends() {
        let (width, height) = (60, 40);
        for (cx, cy, side, angle) in [
            (30.0, 20.0, 10.0, 0.0),
            (30.0, 20.0, 40.0, 0.0),
            (30.0, 20.0, 39.0, 0.0),
            (30.0, 10.0, 30.0, 0.0),
            (30.0, 20.0, 38.0, 20.0),
            (5.0, 35.0, 30.0, -33.0),
            (30.0, 20.0, 500.0, 45.0),
        ] {
            let frame = Frame { cx, cy, side, angle };
            let sides = frame.sides_inside(width, height);
            for (n, side) in sides.iter().enumerate() {
                for t in (0..=1000).map(|i| f64::from(i) / 1000.0) {
                    let (u, v) = [(0.0, t), (1.0, t), (t, 0.0), (t, 1.0)][n];
                    let (x, y) = frame.to_photo(u, v);
                    let depth = (x - 0.5).min(59.5 - x).min(y - 0.5).min(39.5 - y);
                    if depth.abs() > 1e-6 {
                        let inside = side.is_some_and(|(a, b)| (a..=b).contains(&t));
                        assert_eq!(inside, depth > 0.0, "side {n} of {frame:?} at {t}");
                    }
                }
            }
        }
        // As wide as the photo is high: nothing lies above or below.
        let frame = Frame { cx: 30.0, cy: 20.0, side: 40.0, angle: 0.0 };
        assert_eq!(frame.sides_inside(width, height)[2..], [None, None]);
        let inside = Frame { side: 10.0, ..frame };
        assert_eq!(inside.sides_inside(width, height), [Some((0.0, 1.0)); 4]);
    }
}
