//! Resampling a frame of a photo to the network's size: the mean over each crop pixel's (rotated) square.
//!
//! Two steps: the photo around the frame is shrunk by whole-number boxes to at most 16 photo cells a crop pixel, then
//! each crop pixel is the mean of evenly spaced bilinear samples.

use super::pixels::Sample;
use super::{Channels, Frame, Photo, Placement, Samples, room_for};
use crate::error::{Error, ErrorKind, Result};
use crate::limits;

/// A crop of a painted layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Crop {
    /// `[3][S][S]` in −1..1, not premultiplied; 0 where nothing covers.
    pub colour: Vec<f32>,
    /// `[S][S]` in 0..1: the mean alpha.
    pub coverage: Vec<f32>,
}

/// The frame of a photo at the network's size: planar `[3][size][size]` in −1..1. Grey gives three equal channels;
/// alpha is not looked at; floats beyond 0..1 are clamped; beyond the photo its edge is repeated.
///
/// # Errors
/// If the frame or the size is out of range.
pub fn crop(photo: &Photo, frame: &Frame, size: usize) -> Result<Vec<f32>> {
    let pixels = sample_frame(photo, Scale::ONE, frame, size, Edge::Repeat)?;
    let mut out = vec![0.0; 3 * size * size];
    for (i, p) in pixels.iter().enumerate() {
        for c in 0..3 {
            out[c * size * size + i] = p[c] * 2.0 - 1.0;
        }
    }
    Ok(out)
}

/// The frame of a painted layer (with alpha, stretched over its place on the photo) at the network's size. Colours are
/// weighed by their alpha; beyond the layer there is nothing. A layer that is finer than the network's grid is averaged, a
/// coarser one interpolated.
///
/// # Errors
/// If the layer has no alpha, or the place, the frame or the size is out of range.
pub fn crop_rgba(layer: &Photo, place: &Placement, frame: &Frame, size: usize) -> Result<Crop> {
    place.check()?;
    if layer.channels.alpha().is_none() {
        return Err(Error::new(
            ErrorKind::Photo,
            "the painted layer has no alpha channel; paint on a transparent layer and save it with alpha",
        ));
    }
    let pixels = sample_frame(layer, Scale::of(layer, place), frame, size, Edge::Nothing)?;
    let plane = size * size;
    let mut out = Crop { colour: vec![0.0; 3 * plane], coverage: vec![0.0; plane] };
    for (i, p) in pixels.iter().enumerate() {
        if p[3] > 0.0 {
            out.coverage[i] = p[3].min(1.0);
            for c in 0..3 {
                out.colour[c * plane + i] = (p[c] / p[3] * 2.0 - 1.0).clamp(-1.0, 1.0);
            }
        }
    }
    Ok(out)
}

/// What lies beyond the picture.
#[derive(Clone, Copy, PartialEq)]
enum Edge {
    Repeat,
    Nothing,
}

/// From photo pixels to those of the picture that is sampled: `(x − x0)·sx, (y − y0)·sy`.
#[derive(Clone, Copy)]
struct Scale {
    x0: f64,
    y0: f64,
    sx: f64,
    sy: f64,
}

impl Scale {
    /// The picture is the photo.
    const ONE: Self = Self { x0: 0.0, y0: 0.0, sx: 1.0, sy: 1.0 };

    fn of(layer: &Photo, place: &Placement) -> Self {
        let (sx, sy) = (f64::from(layer.width) / place.width, f64::from(layer.height) / place.height);
        Self { x0: place.x, y0: place.y, sx, sy }
    }

    fn apply(&self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x - self.x0) * self.sx, (y - self.y0) * self.sy)
    }
}

/// A crop's pixels: red, green, blue (premultiplied if the edge is nothing), alpha; 0..1.
fn sample_frame(
    photo: &Photo,
    scale: Scale,
    frame: &Frame,
    size: usize,
    edge: Edge,
) -> Result<Vec<[f32; 4]>> {
    frame.check()?;
    if !(1..=limits::CROP_SIDE).contains(&size) {
        return Err(Error::limit(format!(
            "a crop of {size} pixels a side was asked for; it must be 1 to {}",
            limits::CROP_SIDE
        )));
    }
    Ok(match &photo.samples {
        Samples::U8(v) => Region::new(photo, v, scale, frame, size, edge)?,
        Samples::U16(v) => Region::new(photo, v, scale, frame, size, edge)?,
        Samples::F32(v) => Region::new(photo, v, scale, frame, size, edge)?,
    }
    .sample(frame, size))
}

/// The part of a picture around a frame, shrunk by boxes of `cell` pixels (across, down).
struct Region {
    scale: Scale,
    x0: f64,
    y0: f64,
    cell: (usize, usize),
    width: usize,
    height: usize,
    data: Vec<[f32; 4]>,
    edge: Edge,
}

impl Region {
    fn new<T: Sample>(
        photo: &Photo,
        samples: &[T],
        scale: Scale,
        frame: &Frame,
        size: usize,
        edge: Edge,
    ) -> Result<Self> {
        // No larger than the picture, which is then one cell.
        let cell = |scale: f64, length: u32| {
            ((frame.side * scale / size as f64 / 8.0) as usize).clamp(1, length as usize)
        };
        let cell = (cell(scale.sx, photo.width), cell(scale.sy, photo.height));
        let corners =
            [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].map(|(u, v)| scale.apply(frame.to_photo(u, v)));
        let span = |values: [f64; 4], length: u32, cell: usize| {
            // One cell beyond the photo stands for all there is beyond.
            let margin = cell as f64;
            let (least, most) = (-margin, f64::from(length) + margin);
            let low = values.iter().fold(f64::INFINITY, |a, &b| a.min(b)) - margin - 1.0;
            let high = values.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b)) + margin + 1.0;
            let start = low.floor().clamp(least, most - margin) as i64;
            let end = high.ceil().clamp(start as f64 + 1.0, most) as i64;
            (start, ((end - start) as usize).div_ceil(cell))
        };
        let (left, width) = span(corners.map(|c| c.0), photo.width, cell.0);
        let (top, height) = span(corners.map(|c| c.1), photo.height, cell.1);
        let mut data = room_for(width * height)?;
        data.resize(width * height, [0.0; 4]);
        for (i, y) in (0..height * cell.1).zip(top..) {
            let inside = y.clamp(0, i64::from(photo.height) - 1);
            if y == inside || edge == Edge::Repeat {
                let row = photo.row_part(samples, 0, inside as u32, photo.width);
                let cells = &mut data[i / cell.1 * width..][..width];
                add_row(row, left, photo.channels, cell.0, edge, cells);
            }
        }
        let share = 1.0 / (cell.0 * cell.1) as f32;
        data.iter_mut().flatten().for_each(|v| *v *= share);
        Ok(Self { scale, x0: left as f64, y0: top as f64, cell, width, height, data, edge })
    }

    fn sample(&self, frame: &Frame, size: usize) -> Vec<[f32; 4]> {
        let cell = (self.cell.0 as f64, self.cell.1 as f64);
        let ratio = frame.side / size as f64;
        // At most half a photo pixel apart where that is cheap, at most one cell apart anywhere.
        let n = (2.0 * ratio * self.scale.sx.max(self.scale.sy)).ceil().clamp(2.0, 16.0) as usize;
        let (sin, cos) = frame.angle.to_radians().sin_cos();
        let step = (ratio * self.scale.sx / n as f64 / cell.0, ratio * self.scale.sy / n as f64 / cell.1);
        // Along a row of the crop, and down a column.
        let (across, down) = ((cos * step.0, sin * step.1), (-sin * step.0, cos * step.1));
        let (ox, oy) = self.scale.apply(frame.to_photo(0.0, 0.0));
        let (ox, oy) = ((ox - self.x0) / cell.0 - 0.5, (oy - self.y0) / cell.1 - 0.5);
        let share = 1.0 / (n * n) as f32;
        let mut out = vec![[0.0f32; 4]; size * size];
        for sub_row in 0..size * n {
            let v = sub_row as f64 + 0.5;
            let (rx, ry) = (ox + down.0 * v, oy + down.1 * v);
            let row = &mut out[sub_row / n * size..][..size];
            for (i, pixel) in row.iter_mut().enumerate() {
                for sub in i * n..(i + 1) * n {
                    let u = sub as f64 + 0.5;
                    let p = self.bilinear(rx + across.0 * u, ry + across.1 * u);
                    for c in 0..4 {
                        pixel[c] += p[c] * share;
                    }
                }
            }
        }
        out
    }

    /// In cells, the centre of the first at (0, 0).
    #[inline]
    fn bilinear(&self, x: f64, y: f64) -> [f32; 4] {
        let (fx, fy) = (x.floor(), y.floor());
        let (tx, ty) = ((x - fx) as f32, (y - fy) as f32);
        // The casts saturate, so frames far outside are fine.
        let (ix, iy) = (i64::from(fx as i32), i64::from(fy as i32));
        let taps = [self.at(ix, iy), self.at(ix + 1, iy), self.at(ix, iy + 1), self.at(ix + 1, iy + 1)];
        let mut out = [0.0; 4];
        for (c, out) in out.iter_mut().enumerate() {
            let top = taps[0][c] + (taps[1][c] - taps[0][c]) * tx;
            let bottom = taps[2][c] + (taps[3][c] - taps[2][c]) * tx;
            *out = top + (bottom - top) * ty;
        }
        out
    }

    #[inline]
    fn at(&self, x: i64, y: i64) -> [f32; 4] {
        let (w, h) = (self.width as i64, self.height as i64);
        if self.edge == Edge::Nothing && (x < 0 || y < 0 || x >= w || y >= h) {
            return [0.0; 4];
        }
        self.data[(y.clamp(0, h - 1) * w + x.clamp(0, w - 1)) as usize]
    }
}

/// Adds a photo row to a row of cells, the first of which begins at column `left`.
fn add_row<T: Sample>(
    row: &[T],
    left: i64,
    channels: Channels,
    cell: usize,
    edge: Edge,
    cells: &mut [[f32; 4]],
) {
    let (count, [r, g, b], alpha) = (channels.count(), channels.rgb(), channels.alpha());
    let width = (row.len() / count) as i64;
    let alpha = alpha.filter(|_| edge == Edge::Nothing);
    let add = |p: &[T], sum: &mut [f32; 4]| {
        let a = alpha.map_or(1.0, |a| p[a].unit().clamp(0.0, 1.0));
        for (sum, c) in sum.iter_mut().zip([r, g, b]) {
            *sum += p[c].unit().clamp(0.0, 1.0) * a;
        }
        sum[3] += a;
    };
    for (start, sum) in (left..).step_by(cell).zip(cells) {
        let end = start + cell as i64;
        if start >= 0 && end <= width {
            let pixels = row[start as usize * count..end as usize * count].chunks_exact(count);
            pixels.for_each(|p| add(p, sum));
            continue;
        }
        for x in start..end {
            let inside = x.clamp(0, width - 1);
            if x == inside || edge == Edge::Repeat {
                add(&row[inside as usize * count..][..count], sum);
            }
        }
    }
}

#[cfg(test)]
#[path = "crop_tests.rs"]
mod tests;
