//! What tells whether a face is worth training on: how sharp it is, and whether it was there before. Calls nobody.

/// Side of the grey square on which sharpness is measured: what the common network sees.
pub const SHARPNESS_SIDE: usize = 64;

/// Luma (Rec. 601) of planes `[3][size][size]` in −1..1, as 0..255.
pub fn grey(planes: &[f32]) -> Vec<f32> {
    let n = planes.len() / 3;
    let (r, rest) = planes.split_at(n);
    let (g, b) = rest.split_at(n);
    let luma = |((r, g), b): ((&f32, &f32), &f32)| (0.299 * r + 0.587 * g + 0.114 * b + 1.0) * 127.5;
    r.iter().zip(g).zip(b).map(luma).collect()
}

/// How sharp a square of luma is: the variance of the Laplacian (Pech-Pacheco et al. 2000) over the variance of the luma itself,
/// in percent, so that a pale picture is not taken for a blurred one. 0 where all is even.
pub fn sharpness(grey: &[f32], size: usize) -> f64 {
    let at = |x: usize, y: usize| f64::from(grey[y * size + x]);
    let inner = |y: usize| (1..size - 1).map(move |x| (x, y));
    let laplacian: Vec<f64> = (1..size - 1)
        .flat_map(inner)
        .map(|(x, y)| at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4.0 * at(x, y))
        .collect();
    let all: Vec<f64> = grey.iter().map(|v| f64::from(*v)).collect();
    let contrast = variance(&all);
    // Below a quarter of a step of luma there is nothing but rounding.
    if contrast < 0.25 { 0.0 } else { 100.0 * variance(&laplacian) / contrast }
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n
}

/// A difference hash (Krawetz 2013): whether each cell of a grid is brighter than the one to its left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u64; 4]);

impl Hash {
    /// Cells of the hash in a row; there are as many rows.
    const SIDE: usize = 16;

    /// The hash of a square of luma.
    pub fn of(grey: &[f32], size: usize) -> Self {
        let mut bits = [0; 4];
        let n = Self::SIDE;
        for y in 0..n {
            let row: Vec<f64> = (0..=n).map(|x| mean(grey, size, [x, n + 1], [y, n])).collect();
            for x in 0..n {
                if row[x + 1] > row[x] {
                    bits[(y * n + x) / 64] |= 1 << ((y * n + x) % 64);
                }
            }
        }
        Self(bits)
    }

    /// How many of the bits differ.
    pub fn distance(self, other: Self) -> u32 {
        self.0.iter().zip(other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }
}

/// The mean of cell `x` of `columns` and `y` of `rows`; whole pixels, of which each cell has at least one.
fn mean(grey: &[f32], size: usize, [x, columns]: [usize; 2], [y, rows]: [usize; 2]) -> f64 {
    let span = |i: usize, n: usize| {
        let start = (i * size / n).min(size - 1);
        start..((i + 1) * size / n).max(start + 1)
    };
    let (mut sum, mut count) = (0.0, 0);
    for row in span(y, rows) {
        for column in span(x, columns) {
            sum += f64::from(grey[row * size + column]);
            count += 1;
        }
    }
    sum / f64::from(count)
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;
