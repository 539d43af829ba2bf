//! The geometry by the book: slow, in f64, each pixel for itself. What is fast is held against it by the tests of this room and
//! by the fuzzer (`tests/fuzz`), which takes this file as its own.

use super::test_photos::{noise, unit};
use super::{Change, Frame, Photo};

/// The formula by the book, in f64: every pixel, every cell.
pub fn blended(photo: &Photo, frame: &Frame, change: &Change) -> Vec<f64> {
    fn b_spline(x: f64) -> f64 {
        let x = x.abs();
        if x < 1.0 {
            2.0 / 3.0 - x * x + x * x * x / 2.0
        } else if x < 2.0 {
            (2.0 - x).powi(3) / 6.0
        } else {
            0.0
        }
    }
    let (s, plane) = (change.size, change.size * change.size);
    let channels = photo.format().channels;
    let n = channels.count();
    let mut out: Vec<f64> = (0..photo.samples().len()).map(|i| unit(photo.samples(), i)).collect();
    for pixel in 0..out.len() / n {
        let (x, y) = (pixel % photo.width() as usize, pixel / photo.width() as usize);
        let (u, v) = frame.from_photo(x as f64 + 0.5, y as f64 + 0.5);
        let transparent = channels.alpha().is_some_and(|a| out[pixel * n + a] == 0.0);
        if !(0.0..=1.0).contains(&u) || !(0.0..=1.0).contains(&v) || transparent {
            continue;
        }
        let (gx, gy) = (u * s as f64 - 0.5, v * s as f64 - 0.5);
        let mut sum = [0.0; 4];
        for (i, w) in (0..plane).map(|i| (i, b_spline(gx - (i % s) as f64) * b_spline(gy - (i / s) as f64))) {
            for (c, sum) in sum.iter_mut().enumerate().take(3) {
                *sum += w * f64::from(change.add[c * plane + i]);
            }
            sum[3] += w * f64::from(change.keep_less[i]);
        }
        let old = channels.rgb().map(|c| out[pixel * n + c] * 2.0 - 1.0);
        let new = [0, 1, 2].map(|c| old[c] - sum[3] * old[c] + sum[c]);
        if n < 3 {
            let luma = |v: [f64; 3]| 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2];
            out[pixel * n] += (luma(new) - luma(old)) / 2.0;
        } else {
            for c in 0..3 {
                out[pixel * n + channels.rgb()[c]] = (new[c] + 1.0) / 2.0;
            }
        }
    }
    out
}

/// The mean of many bilinear samples of the photo itself, red only.
pub fn cropped(photo: &Photo, frame: &Frame, size: usize, i: usize, j: usize, n: usize) -> f64 {
    let (count, red) = (photo.format().channels.count(), photo.format().channels.rgb()[0]);
    let at = |x: f64, y: f64| {
        let x = x.clamp(0.0, f64::from(photo.width() - 1)) as usize;
        let y = y.clamp(0.0, f64::from(photo.height() - 1)) as usize;
        unit(photo.samples(), (y * photo.width() as usize + x) * count + red).clamp(0.0, 1.0)
    };
    let mut sum = 0.0;
    for (a, b) in (0..n * n).map(|k| (k % n, k / n)) {
        let sub = |i: usize, a: usize| (i as f64 + (a as f64 + 0.5) / n as f64) / size as f64;
        let (x, y) = frame.to_photo(sub(i, a), sub(j, b));
        let (x, y) = (x - 0.5, y - 0.5);
        let (fx, fy) = (x.floor(), y.floor());
        let (tx, ty) = (x - fx, y - fy);
        sum += (1.0 - ty) * ((1.0 - tx) * at(fx, fy) + tx * at(fx + 1.0, fy))
            + ty * ((1.0 - tx) * at(fx, fy + 1.0) + tx * at(fx + 1.0, fy + 1.0));
    }
    sum / (n * n) as f64 * 2.0 - 1.0
}

/// A change in a part of the grids, with zeros around it.
pub fn some_change(size: usize, seed: u64) -> Change {
    let mut next = noise(seed);
    let mut change = Change::none(size);
    for y in size / 4..size - 3 {
        for x in 2..size / 2 + 2 {
            change.keep_less[y * size + x] = next() as f32;
            for c in 0..3 {
                change.add[(c * size + y) * size + x] = (next() * 2.0 - 1.0) as f32;
            }
        }
    }
    change
}
