//! The sliced Wasserstein distance between two sets of images as Karras et al. (2018, §5) define it: patches of 7×7 pixels
//! from each level of a Laplacian pyramid (Burt and Adelson 1983), every colour channel of a set's patches brought to
//! mean 0 and deviation 1, the distance the mean over random directions of the mean absolute difference of the sorted
//! projections, times 1000. Calls nobody.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

/// Side of a patch.
const PATCH: usize = 7;
/// Patches of an image and level; the paper takes 128.
const PATCHES: usize = 64;
/// Random directions; the paper takes 512.
const DIRECTIONS: usize = 512;
/// The smallest level of the pyramid.
const SMALLEST: usize = 16;

/// The distances, 0 for the same images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Distance {
    /// The mean of the levels.
    pub mean: f64,
    /// The side of each level in pixels and the distance there, the finest first.
    pub levels: Vec<(usize, f64)>,
}

/// The distance between two sets of images, `[3][side][side]` in −1..1 each. Of unequal sets the first of the larger one
/// are taken. The same every time.
///
/// # Panics
/// If a set is empty or holds no whole images.
pub fn sliced(a: &[f32], b: &[f32], side: usize) -> Distance {
    let each = 3 * side * side;
    let n = (a.len() / each).min(b.len() / each) * each;
    assert!(n > 0 && a.len().is_multiple_of(each) && b.len().is_multiple_of(each), "sets of whole images");
    let (mut a, mut b) = (pyramid(&a[..n], side), pyramid(&b[..n], side));
    let mut levels = Vec::new();
    for (level, (a, b)) in a.iter_mut().zip(&mut b).enumerate() {
        let side = side >> level;
        let (a, b) = (patches(a, side, level as u64), patches(b, side, level as u64));
        levels.push((side, 1e3 * between(&a, &b, 3 * PATCH * PATCH, level as u64)));
    }
    Distance { mean: levels.iter().map(|l| l.1).sum::<f64>() / levels.len() as f64, levels }
}

/// Levels of all images: differences from the next coarser one, and the coarsest itself.
fn pyramid(images: &[f32], mut side: usize) -> Vec<Vec<f32>> {
    let mut levels = vec![images.to_vec()];
    while side > SMALLEST {
        let last = levels.len() - 1;
        let coarse = halve(&levels[last], side);
        let back = double(&coarse, side / 2);
        levels[last].par_iter_mut().zip(&back).for_each(|(v, b)| *v -= b);
        levels.push(coarse);
        side /= 2;
    }
    levels
}

/// Burt and Adelson's kernel.
const KERNEL: [f32; 5] = [1.0 / 16.0, 4.0 / 16.0, 6.0 / 16.0, 4.0 / 16.0, 1.0 / 16.0];

/// Planes smoothed, the borders mirrored about the edge pixel.
fn smooth(planes: &[f32], side: usize) -> Vec<f32> {
    let mirror = |i: isize| {
        let last = side as isize - 1;
        (if i < 0 {
            -i
        } else if i > last {
            2 * last - i
        } else {
            i
        }) as usize
    };
    let one = |plane: &[f32]| {
        // Along x, neighbours are 1 apart, along y a row.
        let pass = |from: &[f32], apart: usize| -> Vec<f32> {
            (0..side * side)
                .map(|p| {
                    let i = p / apart % side;
                    let at = |k: usize| from[p - i * apart + mirror((i + k) as isize - 2) * apart];
                    KERNEL.iter().enumerate().map(|(k, w)| w * at(k)).sum()
                })
                .collect()
        };
        pass(&pass(plane, 1), side)
    };
    planes.par_chunks_exact(side * side).flat_map_iter(one).collect()
}

fn halve(planes: &[f32], side: usize) -> Vec<f32> {
    let (smooth, half) = (smooth(planes, side), side / 2);
    smooth
        .chunks_exact(side * side)
        .flat_map(|plane| (0..half * half).map(move |p| plane[2 * (p / half) * side + 2 * (p % half)]))
        .collect()
}

fn double(planes: &[f32], side: usize) -> Vec<f32> {
    let twice = 2 * side;
    let mut spread = vec![0.0; 4 * planes.len()];
    for (plane, to) in planes.chunks_exact(side * side).zip(spread.chunks_exact_mut(twice * twice)) {
        for (p, v) in plane.iter().enumerate() {
            to[2 * (p / side) * twice + 2 * (p % side)] = 4.0 * v;
        }
    }
    smooth(&spread, twice)
}

/// Patches at random places, `[n][3][7][7]`, each channel with mean 0 and deviation 1 over all of them.
fn patches(images: &[f32], side: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (plane, square) = (side * side, PATCH * PATCH);
    let mut out = Vec::with_capacity(images.len() / (3 * plane) * PATCHES * 3 * square);
    for image in images.chunks_exact(3 * plane) {
        for _ in 0..PATCHES {
            let mut place = || rng.random_range(0..=side - PATCH);
            let (x, y) = (place(), place());
            for c in 0..3 {
                for row in y..y + PATCH {
                    let start = c * plane + row * side + x;
                    out.extend_from_slice(&image[start..start + PATCH]);
                }
            }
        }
    }
    for c in 0..3 {
        let of = |i: &usize| i / square % 3 == c;
        let values: Vec<f64> =
            out.iter().enumerate().filter(|(i, _)| of(i)).map(|(_, v)| f64::from(*v)).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt().max(1e-12);
        for (_, v) in out.iter_mut().enumerate().filter(|(i, _)| of(i)) {
            *v = ((f64::from(*v) - mean) / deviation) as f32;
        }
    }
    out
}

/// The sliced distance of two sets of as many points of `size` numbers each.
fn between(a: &[f32], b: &[f32], size: usize, seed: u64) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(1);
    let directions: Vec<Vec<f32>> = (0..DIRECTIONS)
        .map(|_| {
            let mut direction: Vec<f32> = (0..size).map(|_| super::measure::normal(&mut rng)).collect();
            let length = direction.iter().map(|v| v * v).sum::<f32>().sqrt();
            direction.iter_mut().for_each(|v| *v /= length);
            direction
        })
        .collect();
    let along = |points: &[f32], direction: &[f32]| {
        let dot = |p: &[f32]| p.iter().zip(direction).map(|(a, b)| a * b).sum::<f32>();
        let mut line: Vec<f32> = points.chunks_exact(size).map(dot).collect();
        line.sort_unstable_by(f32::total_cmp);
        line
    };
    let sums: Vec<f64> = directions
        .par_iter()
        .map(|d| {
            let (a, b) = (along(a, d), along(b, d));
            a.iter().zip(&b).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / a.len() as f64
        })
        .collect();
    sums.iter().sum::<f64>() / DIRECTIONS as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, seed: u64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..n).map(|_| super::super::measure::normal(&mut rng)).collect()
    }

    #[test]
    fn one_dimension_is_known() {
        // In one dimension every direction is ±1, and the distance that of the sorted values.
        let d = between(&[0.0, 3.0, 1.0], &[5.0, 1.0, 0.0], 1, 0);
        assert!((d - 2.0 / 3.0).abs() < 1e-6, "{d}");
        // A shift by (3, 4) is seen as |5 cos|, on the mean 10/π over the circle.
        let a = noise(400, 1);
        let b: Vec<f32> = a.iter().enumerate().map(|(i, v)| v + [3.0, 4.0][i % 2]).collect();
        let d = between(&a, &b, 2, 0);
        assert!((d - 10.0 / std::f64::consts::PI).abs() < 0.15, "{d}");
    }

    #[test]
    fn the_pyramid_adds_up() {
        let side = 32;
        let image = noise(3 * side * side, 2);
        let levels = pyramid(&image, side);
        assert_eq!(levels.iter().map(Vec::len).collect::<Vec<_>>(), [3 * 1024, 3 * 256]);
        let back = double(&levels[1], 16);
        for i in 0..image.len() {
            assert!((levels[0][i] + back[i] - image[i]).abs() < 1e-5);
        }
        // An even image has nothing in its fine level: kernel and mirroring keep the mean.
        let levels = pyramid(&vec![0.25; 3 * side * side], side);
        assert!(levels[0].iter().all(|v| v.abs() < 1e-6));
        assert!(levels[1].iter().all(|v| (v - 0.25).abs() < 1e-6));
    }

    #[test]
    fn what_is_alike_is_near() {
        let side = 32;
        let n = 20 * 3 * side * side;
        let (a, b) = (noise(n, 3), noise(n, 4));
        let same = sliced(&a, &a, side);
        assert_eq!((same.mean, same.levels[0].0, same.levels[1].0), (0.0, 32, 16));
        let near = sliced(&a, &b, side);
        // Stripes: as much light and contrast, nothing else alike.
        let stripes: Vec<f32> = (0..n).map(|i| if i / 4 % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let far = sliced(&a, &stripes, side);
        assert!(far.levels[0].1 > 5.0 * near.levels[0].1, "{near:?} {far:?}");
        assert!(far.mean > 3.0 * near.mean, "{near:?} {far:?}");
    }
}
