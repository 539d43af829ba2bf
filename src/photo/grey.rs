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
