//! Small grey copies of a photo, for the face detector.

use super::pixels::Sample;
use super::{Photo, Samples};

/// An 8-bit grey picture, rows tight.
pub(super) struct Grey {
    pub width: usize,
    pub height: usize,
    pub data: Vec<u8>,
}

impl Grey {
    /// The photo's luma at `scale`: the mean of each pixel's box where it shrinks, the nearest pixel where it grows.
    /// Sides below `side_min` are filled up by repeating the last row or column.
    pub fn of(photo: &Photo, scale: f64, side_min: usize) -> Self {
        match &photo.samples {
            Samples::U8(v) => Self::of_samples(photo, v, scale, side_min),
            Samples::U16(v) => Self::of_samples(photo, v, scale, side_min),
            Samples::F32(v) => Self::of_samples(photo, v, scale, side_min),
        }
    }

    fn of_samples<T: Sample>(photo: &Photo, samples: &[T], scale: f64, side_min: usize) -> Self {
        let (count, [r, g, b]) = (photo.channels.count(), photo.channels.rgb());
        let columns = Steps::new(photo.width, scale, side_min);
        let rows = Steps::new(photo.height, scale, side_min);
        let mut data = Vec::with_capacity(columns.count * rows.count);
        let mut sums = vec![0.0f32; columns.count];
        for y in 0..rows.count {
            sums.fill(0.0);
            let (top, bottom) = rows.span(y);
            for source in top..bottom {
                let row = photo.row_part(samples, 0, source as u32, photo.width);
                for (x, sum) in sums.iter_mut().enumerate() {
                    let (left, right) = columns.span(x);
                    let pixels = row[left * count..right * count].chunks_exact(count);
                    *sum += pixels
                        .map(|p| 0.299 * p[r].unit() + 0.587 * p[g].unit() + 0.114 * p[b].unit())
                        .sum::<f32>();
                }
            }
            data.extend(sums.iter().enumerate().map(|(x, sum)| {
                let (left, right) = columns.span(x);
                0u8.moved(sum / ((right - left) * (bottom - top)) as f32)
            }));
        }
        Self { width: columns.count, height: rows.count, data }
    }

    /// The picture as seen in a frame that is turned clockwise by `angle` degrees around its middle, large enough for
    /// all of it; beyond the edges they are repeated.
    pub fn turned(&self, angle: f64) -> Self {
        let (sin, cos) = angle.to_radians().sin_cos();
        let (w, h) = (self.width as f64, self.height as f64);
        let width = (w * cos.abs() + h * sin.abs()).round() as usize;
        let height = (w * sin.abs() + h * cos.abs()).round() as usize;
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            let dy = y as f64 + 0.5 - height as f64 / 2.0;
            for x in 0..width {
                let dx = x as f64 + 0.5 - width as f64 / 2.0;
                let value =
                    self.bilinear(w / 2.0 + cos * dx - sin * dy - 0.5, h / 2.0 + sin * dx + cos * dy - 0.5);
                data.push((value + 0.5) as u8);
            }
        }
        Self { width, height, data }
    }

    fn bilinear(&self, x: f64, y: f64) -> f32 {
        let (x, y) = (x.clamp(0.0, (self.width - 1) as f64), y.clamp(0.0, (self.height - 1) as f64));
        let (ix, iy) = (x as usize, y as usize);
        let (tx, ty) = ((x - ix as f64) as f32, (y - iy as f64) as f32);
        let at = |x: usize, y: usize| {
            f32::from(self.data[y.min(self.height - 1) * self.width + x.min(self.width - 1)])
        };
        let top = at(ix, iy) * (1.0 - tx) + at(ix + 1, iy) * tx;
        let bottom = at(ix, iy + 1) * (1.0 - tx) + at(ix + 1, iy + 1) * tx;
        top * (1.0 - ty) + bottom * ty
    }
}

/// Which source pixels make up each pixel of a smaller or larger copy.
struct Steps {
    length: usize,
    step: f64,
    count: usize,
}

impl Steps {
    fn new(length: u32, scale: f64, count_min: usize) -> Self {
        let count = ((f64::from(length) * scale).round() as usize).max(count_min);
        Self { length: length as usize, step: 1.0 / scale, count }
    }

    /// First and one past the last source pixel; never empty.
    fn span(&self, i: usize) -> (usize, usize) {
        let start = ((i as f64 * self.step) as usize).min(self.length - 1);
        let end = (((i + 1) as f64 * self.step) as usize).clamp(start + 1, self.length.max(start + 1));
        (start, end)
    }
}
