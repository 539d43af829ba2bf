//! Refining a rough frame so that a face lies in it as the training set is aligned: supervised descent (Xiong and
//! De la Torre, CVPR 2013). Each stage looks at the gradients in the frame and moves it by a linear map of them.
//! `examples/train_align` makes the maps; `align.md` tells what from and how good they are.

use once_cell::sync::Lazy;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::{Frame, Photo, crop};
use crate::error::{Error, ErrorKind, Result};
/// The maps themselves are data, which a model file may hold as well.
pub use crate::model::{ALIGN_FEATURES as FEATURES, ALIGN_MOVES as MOVES, Aligner, Stage};

/// Side of the crop that is looked at, in crop pixels.
const SIDE: usize = 48;
/// The crop's share of the frame: only what is face whatever the haircut, and near enough to the middle that the
/// training pictures have pixels there when the frame is disturbed.
const SHARE: f64 = 0.8;
/// Side of a histogram cell in crop pixels.
const CELL: usize = 4;
/// Cells a side.
const CELLS: usize = SIDE / CELL;
/// Directions told apart.
const BINS: usize = 8;
/// The file formats say how many features there are.
const _: () = assert!(FEATURES == CELLS * CELLS * BINS);

/// How a frame moves: right and down along its own axes in shares of its side, the logarithm of its growth, and how
/// far it turns clockwise in radians.
pub type Move = [f32; MOVES];

/// The frame after a move.
pub fn moved(frame: &Frame, by: &Move) -> Frame {
    let [dx, dy, log_scale, turn] = by.map(f64::from);
    let (cx, cy) = frame.to_photo(0.5 + dx, 0.5 + dy);
    Frame { cx, cy, side: frame.side * log_scale.exp(), angle: frame.angle + turn.to_degrees() }
}

/// The move that takes one frame to another.
pub fn move_between(from: &Frame, to: &Frame) -> Move {
    let (u, v) = from.from_photo(to.cx, to.cy);
    let turn = (to.angle - from.angle + 180.0).rem_euclid(360.0) - 180.0;
    [u - 0.5, v - 0.5, (to.side / from.side).ln(), turn.to_radians()].map(|v| v as f32)
}

/// What is in a frame: histograms of gradient directions, each measured against its neighbourhood, so that light and
/// contrast do not count.
///
/// # Errors
/// If the frame is out of range.
pub fn features(photo: &Photo, frame: &Frame) -> Result<Vec<f32>> {
    let inner = Frame { side: frame.side * SHARE, ..*frame };
    let rgb = crop(photo, &inner, SIDE)?;
    let plane = SIDE * SIDE;
    let grey: Vec<f32> =
        (0..plane).map(|i| 0.299 * rgb[i] + 0.587 * rgb[plane + i] + 0.114 * rgb[2 * plane + i]).collect();
    let mut cells = vec![0.0f32; FEATURES];
    for y in 0..SIDE {
        for x in 0..SIDE {
            let at = |x: usize, y: usize| grey[y.min(SIDE - 1) * SIDE + x.min(SIDE - 1)];
            let gx = at(x + 1, y) - at(x.saturating_sub(1), y);
            let gy = at(x, y + 1) - at(x, y.saturating_sub(1));
            add_gradient(&mut cells, x, y, gx, gy);
        }
    }
    Ok(normalised(&cells))
}

/// Adds one gradient to the four nearest cells and the two nearest directions.
fn add_gradient(cells: &mut [f32], x: usize, y: usize, gx: f32, gy: f32) {
    let strength = gx.hypot(gy);
    if strength == 0.0 {
        return;
    }
    let direction = (gy.atan2(gx) / std::f32::consts::TAU + 1.0) * BINS as f32;
    let (bin, part) = (direction as usize, direction.fract());
    let place = |v: usize| {
        let v = (v as f32 + 0.5) / CELL as f32 - 0.5;
        (v.floor() as isize, v - v.floor())
    };
    let ((cx, tx), (cy, ty)) = (place(x), place(y));
    for (iy, wy) in [(cy, 1.0 - ty), (cy + 1, ty)] {
        for (ix, wx) in [(cx, 1.0 - tx), (cx + 1, tx)] {
            let inside = 0..CELLS as isize;
            if inside.contains(&ix) && inside.contains(&iy) {
                let start = (iy as usize * CELLS + ix as usize) * BINS;
                cells[start + bin % BINS] += strength * wx * wy * (1.0 - part);
                cells[start + (bin + 1) % BINS] += strength * wx * wy * part;
            }
        }
    }
}

/// Each cell over the root of the energy of the 3×3 cells around it, and the root of that.
fn normalised(cells: &[f32]) -> Vec<f32> {
    let energy: Vec<f32> = cells.chunks_exact(BINS).map(|c| c.iter().map(|v| v * v).sum()).collect();
    let mean = energy.iter().sum::<f32>() / energy.len() as f32;
    let mut out = Vec::with_capacity(FEATURES);
    for (i, cell) in cells.chunks_exact(BINS).enumerate() {
        let (x, y) = (i % CELLS, i / CELLS);
        let mut around = 0.0;
        for row in y.saturating_sub(1)..=(y + 1).min(CELLS - 1) {
            for column in x.saturating_sub(1)..=(x + 1).min(CELLS - 1) {
                around += energy[row * CELLS + column];
            }
        }
        // A share of the whole crop's energy keeps the noise of flat skin small.
        let scale = 1.0 / (around + mean + 1e-6).sqrt();
        out.extend(cell.iter().map(|v| (v * scale).sqrt()));
    }
    out
}

impl Stage {
    /// The move for what is in a frame.
    pub fn step(&self, features: &[f32]) -> Move {
        let mut out = self.bias;
        for (out, row) in out.iter_mut().zip(self.weight.chunks_exact(FEATURES)) {
            *out += row.iter().zip(features).map(|(a, b)| a * b).sum::<f32>();
        }
        out
    }
}

impl Aligner {
    /// The one that comes with npe.
    ///
    /// # Errors
    /// Never, unless the build is damaged.
    pub fn bundled() -> Result<&'static Self> {
        static BUNDLED: Lazy<Option<Aligner>> =
            Lazy::new(|| Aligner::from_bytes(include_bytes!("align.safetensors")).ok());
        BUNDLED.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the aligner built into npe is damaged; build npe anew")
        })
    }

    /// Reads what [`Aligner::to_bytes`] made.
    ///
    /// # Errors
    /// If the bytes are no safetensors file with f32 tensors `stages.weight` `[n][4][FEATURES]` and `stages.bias`
    /// `[n][4]`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let bad = |what: &str| Error::new(ErrorKind::Model, format!("the aligner's file is damaged: {what}"));
        let file =
            SafeTensors::deserialize(bytes).map_err(|e| bad("it is no safetensors file").with_source(e))?;
        let read = |name: &str| {
            let tensor = file.tensor(name).map_err(|e| bad(&format!("it has no {name}")).with_source(e))?;
            let floats = tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            let floats: Vec<f32> = floats.collect();
            if tensor.dtype() != Dtype::F32 || !floats.iter().all(|v| v.is_finite()) {
                return Err(bad(&format!("{name} is not made of finite f32 numbers")));
            }
            Ok(floats)
        };
        let (weight, bias) = (read("stages.weight")?, read("stages.bias")?);
        Self::from_values(&weight, &bias)
            .ok_or_else(|| bad("the sizes of stages.weight and stages.bias do not fit"))
    }

    /// As a safetensors file.
    ///
    /// # Errors
    /// If the file can't be made.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let bytes = |v: &mut dyn Iterator<Item = f32>| v.flat_map(f32::to_le_bytes).collect::<Vec<u8>>();
        let weight = bytes(&mut self.stages.iter().flat_map(|s| s.weight.iter().copied()));
        let bias = bytes(&mut self.stages.iter().flat_map(|s| s.bias));
        let n = self.stages.len();
        let failed = |e| Error::new(ErrorKind::Internal, "the aligner's file can't be made").with_source(e);
        let views = [
            (
                "stages.weight",
                TensorView::new(Dtype::F32, vec![n, MOVES, FEATURES], &weight).map_err(failed)?,
            ),
            ("stages.bias", TensorView::new(Dtype::F32, vec![n, MOVES], &bias).map_err(failed)?),
        ];
        safetensors::serialize(views, None).map_err(failed)
    }

    /// Refines a frame that is off by up to an eighth of its side, a quarter of its size and 25 degrees.
    ///
    /// # Errors
    /// If the frame is out of range.
    pub fn refine(&self, photo: &Photo, frame: &Frame) -> Result<Frame> {
        let mut now = *frame;
        for stage in &self.stages {
            let step = stage.step(&features(photo, &now)?);
            // What a stage was trained on is no larger; more would be a wild guess.
            now = moved(&now, &step.map(|v| v.clamp(-0.5, 0.5)));
        }
        Ok(now)
    }
}

#[cfg(test)]
#[path = "align_tests.rs"]
mod tests;
