//! Structural similarity (Wang et al. 2004): the 11×11 Gaussian window of deviation 1.5, K₁ = 0.01, K₂ = 0.03, windows that lie
//! inside the image only, the mean over colour channels. Calls nobody.

const TAPS: usize = 11;
const DEVIATION: f64 = 1.5;

/// The mean structural similarity of two images, `[3][side][side]` in −1..1: 1 for equal ones.
///
/// # Panics
/// If a slice is of another length, or `side` below 11.
pub fn ssim(a: &[f32], b: &[f32], side: usize) -> f64 {
    let plane = side * side;
    assert!(a.len() == 3 * plane && b.len() == a.len() && side >= TAPS, "two images of {side} pixels a side");
    let weights = window();
    // The range is 2.
    let (c1, c2) = ((0.01f64 * 2.0).powi(2), (0.03f64 * 2.0).powi(2));
    let mut sum = 0.0;
    let mut count = 0;
    for (a, b) in a.chunks_exact(plane).zip(b.chunks_exact(plane)) {
        let mean = |f: &dyn Fn(f64, f64) -> f64| {
            let values: Vec<f64> = a.iter().zip(b).map(|(a, b)| f(f64::from(*a), f64::from(*b))).collect();
            smooth(&values, side, &weights)
        };
        let (ma, mb) = (mean(&|a, _| a), mean(&|_, b| b));
        let (aa, bb, ab) = (mean(&|a, _| a * a), mean(&|_, b| b * b), mean(&|a, b| a * b));
        for i in 0..ma.len() {
            let (x, y) = (ma[i], mb[i]);
            let (vx, vy, cov) = (aa[i] - x * x, bb[i] - y * y, ab[i] - x * y);
            sum += (2.0 * x * y + c1) * (2.0 * cov + c2) / ((x * x + y * y + c1) * (vx + vy + c2));
        }
        count += ma.len();
    }
    sum / count as f64
}

fn window() -> [f64; TAPS] {
    let weight = |i: usize| (-0.5 * ((i as f64 - (TAPS / 2) as f64) / DEVIATION).powi(2)).exp();
    let sum: f64 = (0..TAPS).map(weight).sum();
    std::array::from_fn(|i| weight(i) / sum)
}

/// Weighted means of all windows that lie inside, row by row.
fn smooth(values: &[f64], side: usize, weights: &[f64; TAPS]) -> Vec<f64> {
    let inside = side - TAPS + 1;
    let across: Vec<f64> = (0..side * inside)
        .map(|i| {
            let start = i / inside * side + i % inside;
            values[start..start + TAPS].iter().zip(weights).map(|(v, w)| v * w).sum()
        })
        .collect();
    (0..inside * inside)
        .map(|i| weights.iter().enumerate().map(|(k, w)| w * across[i + k * inside]).sum())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against scikit-image 0.26: `structural_similarity(a, b, gaussian_weights=True, sigma=1.5,
    /// use_sample_covariance=False, data_range=2.0, channel_axis=0)`.
    #[test]
    fn it_is_scikit_images() {
        let side = 24;
        let k = 0..3 * side * side;
        let a: Vec<f32> = k.clone().map(|k| (k * 37 % 101) as f32 / 50.0 - 1.0).collect();
        let b: Vec<f32> =
            k.map(|k| (k % side * 3 + k / side % side * 5) as f32 % 64.0 / 32.0 - 1.0).collect();
        let c: Vec<f32> = a.iter().zip(&b).map(|(a, b)| 0.75 * b + 0.25 * a).collect();
        let near = |got: f64, known: f64| assert!((got - known).abs() < 1e-6, "{got}, known {known}");
        near(ssim(&a, &b, side), 0.005044598278958225);
        near(ssim(&b, &c, side), 0.8375569634437706);
        near(ssim(&c, &a, side), 0.017649761769503083);
        near(ssim(&a, &a, side), 1.0);
    }
}
