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
    let (add, coarse) = (spline_through(&change.add, s), spline_through(&change.coarse, s));
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
        let mut sum = [0.0; 8];
        let cells = -2..s as isize + 2;
        for (j, i) in cells.clone().flat_map(|j| cells.clone().map(move |i| (j, i))) {
            let w = b_spline(gx - i as f64) * b_spline(gy - j as f64);
            let at = mirror(j, s) * s + mirror(i, s);
            (0..3).for_each(|c| sum[c] += w * add[c * plane + at]);
            (0..3).for_each(|c| sum[5 + c] += w * coarse[c * plane + at]);
            let at = rim(j, s) * s + rim(i, s);
            sum[3] += w * f64::from(change.mask[at]);
            sum[4] += w * f64::from(change.less[at]);
        }
        let old = channels.rgb().map(|c| out[pixel * n + c] * 2.0 - 1.0);
        let fine = |c: usize| sum[5 + c] - if sum[4] < 0.0 { old[c].clamp(-1.0, 1.0) } else { old[c] };
        let new = [0, 1, 2].map(|c| old[c] + sum[3] * (sum[c] + sum[4] * fine(c)));
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

/// …cb|abc…
fn mirror(i: isize, size: usize) -> usize {
    let end = size as isize - 1;
    let mut i = i;
    while !(0..=end).contains(&i) {
        i = if i < 0 { -i } else { 2 * end - i };
    }
    i as usize
}

/// …ba|ab…
fn rim(i: isize, size: usize) -> usize {
    let end = size as isize - 1;
    (if i < 0 {
        -1 - i
    } else if i > end {
        2 * end + 1 - i
    } else {
        i
    })
    .clamp(0, end) as usize
}

/// The coefficients of the spline through `values`, by the answer of the inverse filter to an impulse: `√3·(√3 − 2)^|k|`.
fn spline_through(values: &[f32], s: usize) -> Vec<f64> {
    let answer = |k: isize| 3f64.sqrt() * (3f64.sqrt() - 2.0).powi(k.abs() as i32);
    let mut map: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
    for (step, line) in [(1, s), (s, 1)] {
        let from = map.clone();
        for (i, value) in map.iter_mut().enumerate() {
            let (plane, cell) = (i / (s * s) * s * s, i % (s * s));
            let (at, rest) = if line == s { (cell % s, cell / s * s) } else { (cell / s, cell % s) };
            *value =
                (-30..=30).map(|k| answer(k) * from[plane + rest + mirror(at as isize + k, s) * step]).sum();
        }
    }
    map
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

/// A change whose mask is 0 around a part of it; for even seeds that part ends at the frame's left side.
pub fn some_change(size: usize, seed: u64) -> Change {
    let mut next = noise(seed);
    let mut change = Change::none(size);
    // Some of it makes detail stronger.
    change.less.fill_with(|| (next() * 2.0 - 1.0) as f32);
    for y in size / 4..size - 3 {
        for x in 2 * (seed % 2) as usize..size / 2 + 2 {
            change.mask[y * size + x] = next() as f32;
        }
    }
    change.add.fill_with(|| (next() * 2.0 - 1.0) as f32);
    change.coarse.fill_with(|| (next() * 2.0 - 1.0) as f32);
    change
}
