//! How well a stroke hits, holds and stays plausible, measured the same way every time: on photos (`npe figures`) and on the
//! held-out images of a training run (`npe-train evaluate`). See `docs/editing.md`. Calls [`super::Edit`], the brush and
//! photos.

use super::Edit;
use crate::brush::{self, Dab, Mode, Painted, Stroke};
use crate::error::Result;
use crate::photo;
use serde::Serialize;
use std::time::Instant;

/// The figures of one stroke, or means over several.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Figures {
    /// Colour error (mean square) of G, the network's image, under the brush after the stroke, as a share of before.
    pub hit_g: f32,
    /// The same of Y, the result in the face frame at the network's resolution.
    pub hit_y: f32,
    /// Mean change of Y outside twice the brush's box, 0..255.
    pub hold_mean: f32,
    /// Share of the pixels there that changed by more than 2 of 255.
    pub hold_share: f32,
    /// ‖E(G(z)) − z‖ / ‖z‖ before the stroke.
    pub plausible_before: f32,
    /// And after it.
    pub plausible_after: f32,
    /// How long the stroke took.
    pub milliseconds: f64,
}

impl Figures {
    /// The mean of each figure; all 0 for none.
    pub fn mean<'a>(of: impl IntoIterator<Item = &'a Figures>) -> Self {
        let of: Vec<&Figures> = of.into_iter().collect();
        let n = of.len().max(1) as f32;
        let mean = |f: fn(&Figures) -> f32| of.iter().map(|r| f(r)).sum::<f32>() / n;
        Self {
            hit_g: mean(|f| f.hit_g),
            hit_y: mean(|f| f.hit_y),
            hold_mean: mean(|f| f.hold_mean),
            hold_share: mean(|f| f.hold_share),
            plausible_before: mean(|f| f.plausible_before),
            plausible_after: mean(|f| f.plausible_after),
            milliseconds: of.iter().map(|r| r.milliseconds).sum::<f64>() / f64::from(n),
        }
    }
}

/// The strokes that are measured, by name, in units of the face frame (see [`Stroke::placed`]): black across the forehead,
/// white on the mouth.
pub fn strokes() -> [(&'static str, Stroke); 2] {
    [("forehead", forehead()), ("mouth", mouth())]
}

/// Near-black hair across the forehead, in units of the face frame.
pub fn forehead() -> Stroke {
    stroke([[0.41, 0.2], [0.5, 0.19], [0.59, 0.2]], 0.06, [0x14, 0x12, 0x10])
}

/// White teeth on the mouth, in units of the face frame.
pub fn mouth() -> Stroke {
    stroke([[0.43, 0.815], [0.5, 0.825], [0.57, 0.815]], 0.025, [0xf4, 0xf0, 0xec])
}

fn stroke(points: [[f32; 2]; 3], radius: f32, color: [u8; 3]) -> Stroke {
    let dab = |[x, y]: [f32; 2]| Dab { x, y, radius, hardness: 0.5, pressure: 1.0 };
    Stroke { mode: Mode::Color, color: color.map(|c| f32::from(c) / 255.0), dabs: points.map(dab).into() }
}

/// Does the stroke (in photo pixels) and measures it against the edit's photo. On an edit that was changed before, "before"
/// is still the photo for Y, and what was shown for G and for plausible.
///
/// # Errors
/// As [`Edit::stroke`].
pub fn measure(edit: &mut Edit, stroke: &Stroke) -> Result<Figures> {
    let (photo, frame, size) = (edit.photo().clone(), edit.frame(), edit.image_size());
    let plausible_before = edit.implausibility()?;
    let started = Instant::now();
    let report = edit.stroke(stroke, &mut |_| true)?;
    let milliseconds = started.elapsed().as_secs_f64() * 1e3;
    let painted = brush::rasterise(stroke, &frame, size)?;
    let x = photo::crop(&photo, &frame, size)?;
    let y = photo::crop(&edit.render()?, &frame, size)?;
    let (hold_mean, hold_share) = hold(&painted, &x, &y, size);
    Ok(Figures {
        hit_g: report.brush_after / report.brush_before.max(1e-9),
        hit_y: under(&painted, &y) / under(&painted, &x).max(1e-9),
        hold_mean,
        hold_share,
        plausible_before,
        plausible_after: edit.implausibility()?,
        milliseconds,
    })
}

/// Mean squared distance from the brush's colour, weighted by the brush.
fn under(painted: &Painted, image: &[f32]) -> f32 {
    let n = painted.weight.len();
    let sum: f32 = image
        .iter()
        .zip(&painted.color)
        .enumerate()
        .map(|(i, (v, c))| painted.weight[i % n] * (v - c).powi(2))
        .sum();
    sum / (3.0 * painted.weight.iter().sum::<f32>())
}

/// Mean change (0..255) and share of pixels changed by more than 2, outside twice the brush's box.
fn hold(painted: &Painted, x: &[f32], y: &[f32], size: usize) -> (f32, f32) {
    let touched: Vec<usize> = (0..size * size).filter(|p| painted.weight[*p] > 0.0).collect();
    let span = |of: &dyn Fn(usize) -> usize| {
        let low = touched.iter().map(|p| of(*p)).min().unwrap_or(0) as f32;
        let high = touched.iter().map(|p| of(*p) + 1).max().unwrap_or(0) as f32;
        // Twice as wide about the same centre.
        (low - 0.5 * (high - low), high + 0.5 * (high - low))
    };
    let (across, down) = (span(&|p| p % size), span(&|p| p / size));
    let inside = |v: usize, (low, high): (f32, f32)| (low..high).contains(&(v as f32 + 0.5));
    let changes: Vec<f32> = (0..size * size)
        .filter(|p| !(inside(p % size, across) && inside(p / size, down)))
        .map(|p| {
            let at = |c: usize| (y[c * size * size + p] - x[c * size * size + p]).abs() * 127.5;
            (at(0) + at(1) + at(2)) / 3.0
        })
        .collect();
    let count = changes.len().max(1) as f32;
    (changes.iter().sum::<f32>() / count, changes.iter().filter(|c| **c > 2.0).count() as f32 / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(size: usize, on: &[usize]) -> Painted {
        let mut weight = vec![0.0; size * size];
        on.iter().for_each(|p| weight[*p] = 1.0);
        Painted { weight, color: vec![1.0; 3 * size * size] }
    }

    #[test]
    fn under_counts_the_brush_only() {
        let mut image = vec![-1.0; 3 * 16];
        let p = painted(4, &[5, 6]);
        assert_eq!(under(&p, &image), 4.0);
        // One of two pixels has the colour in all three channels.
        for c in 0..3 {
            image[c * 16 + 5] = 1.0;
        }
        assert_eq!(under(&p, &image), 2.0);
        image[0] = 1e6;
        assert_eq!(under(&p, &image), 2.0);
    }

    #[test]
    fn hold_looks_outside_twice_the_box() {
        // A box of 2x2 at 3..5; twice as wide it is 2..6, so that 64 - 16 pixels are outside.
        let p = painted(8, &[27, 28, 35, 36]);
        let x = vec![0.0; 3 * 64];
        let mut y = x.clone();
        for c in 0..3 {
            y[c * 64 + 2 * 8 + 2] = 1.0;
        }
        assert_eq!(hold(&p, &x, &y, 8), (0.0, 0.0), "inside");
        for c in 0..3 {
            y[c * 64] = 10.0 / 127.5;
            y[c * 64 + 63] = 1.0 / 127.5;
        }
        let (mean, share) = hold(&p, &x, &y, 8);
        assert!((mean - 11.0 / 48.0).abs() < 1e-5, "{mean}");
        assert_eq!(share, 1.0 / 48.0);
    }
}
