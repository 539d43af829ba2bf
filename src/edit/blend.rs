//! From latents to what is seen: the interpolation mask and the change that is put into the photo.

use super::history::State;
use super::settings::BlendSettings;
use crate::brush::{Mode, Painted, distance};
use crate::photo::Change;
use std::sync::Arc;

/// The blur of the interpolation mask in network pixels (the paper's program: σ 0.7, reflected borders).
const MASK_SIGMA: f32 = 0.7;
/// The mask falls to 0 over this share of the frame's side, so that its border never shows.
const BORDER: f32 = 0.08;
/// With locality 1 the change shows fully up to this far from the brushed pixels, in shares of the side…
const REACH_FULL: f32 = 0.05;
/// …and not at all beyond this.
const REACH_END: f32 = 0.30;

/// M, `[S][S]` in 0..1: `gauss(min(gain·mean|Δ|, 1), σ)`, times the locality window, the restore brush, and the border.
pub(super) fn mask(state: &State, generated: &[f32], settings: &BlendSettings, size: usize) -> Vec<f32> {
    let pixels = size * size;
    let reconstruction = &state.origin.reconstruction;
    let mut mask: Vec<f32> = if state.whole {
        vec![1.0; pixels]
    } else {
        let delta = |p: usize| {
            (0..3).map(|c| (generated[c * pixels + p] - reconstruction[c * pixels + p]).abs()).sum::<f32>()
                / 3.0
        };
        gauss(&(0..pixels).map(|p| (settings.mask * delta(p)).min(1.0)).collect::<Vec<_>>(), size, MASK_SIGMA)
    };
    for (p, m) in mask.iter_mut().enumerate() {
        let reach = 1.0 - settings.locality * (1.0 - f32::from(state.reach[p]) / 255.0);
        *m *= reach * (1.0 - f32::from(state.erased[p]) / 255.0) * border(p % size, p / size, size);
    }
    mask
}

/// The change for the photo's blend: `Y = X + M·Δ − (1−d)·M·(X − X̂₀)` (the paper's step 4 with detail control d).
pub(super) fn change(
    state: &State,
    generated: &[f32],
    mask: &[f32],
    settings: &BlendSettings,
    size: usize,
) -> Change {
    let pixels = size * size;
    let reconstruction = &state.origin.reconstruction;
    let rough = if state.whole { 1.0 } else { 1.0 - settings.detail };
    let add = (0..3 * pixels)
        .map(|i| mask[i % pixels] * (generated[i] - reconstruction[i] + rough * reconstruction[i]))
        .collect();
    Change { size, add, keep_less: mask.iter().map(|m| rough * m).collect() }
}

/// Where strokes may show and where they were taken away, after one more stroke.
pub(super) fn after_stroke(
    state: &State,
    painted: &Painted,
    mode: Mode,
    size: usize,
) -> (Arc<[u8]>, Arc<[u8]>) {
    let byte = |v: f32| (v * 255.0).round() as u8;
    if mode == Mode::Restore {
        let erased = state.erased.iter().zip(&painted.weight).map(|(e, w)| (*e).max(byte(*w))).collect();
        return (state.reach.clone(), erased);
    }
    let far = distance(&painted.weight, size, 0.5 * painted.weight.iter().fold(0.0, |a: f32, b| a.max(*b)));
    let window = |p: usize| 1.0 - smoothstep((far[p] / size as f32 - REACH_FULL) / (REACH_END - REACH_FULL));
    let reach = (0..size * size).map(|p| state.reach[p].max(byte(window(p)))).collect();
    // What is painted again after it was restored shows again.
    let erased = (0..size * size)
        .map(|p| byte(f32::from(state.erased[p]) / 255.0 * (1.0 - painted.weight[p])))
        .collect();
    (reach, erased)
}

fn smoothstep(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// 1 inside, smoothly to exactly 0 in the outermost pixels.
fn border(x: usize, y: usize, size: usize) -> f32 {
    let edge = |v: usize| smoothstep(v.min(size - 1 - v) as f32 / (BORDER * size as f32));
    edge(x) * edge(y)
}

/// Gaussian blur with reflected borders (…cba|abc…), kernel cut at 4σ, as scipy's `gaussian_filter` does.
pub(super) fn gauss(map: &[f32], size: usize, sigma: f32) -> Vec<f32> {
    let radius = (4.0 * sigma + 0.5) as isize;
    let mut kernel: Vec<f32> =
        (-radius..=radius).map(|d| (-0.5 * (d as f32 / sigma).powi(2)).exp()).collect();
    let sum: f32 = kernel.iter().sum();
    kernel.iter_mut().for_each(|k| *k /= sum);
    let n = size as isize;
    let reflect = |i: isize| {
        let i = i.rem_euclid(2 * n);
        (if i < n { i } else { 2 * n - 1 - i }) as usize
    };
    let pass = |map: &[f32], step: usize, line: usize| -> Vec<f32> {
        let mut out = vec![0.0; size * size];
        for l in 0..size {
            for i in 0..size {
                out[l * line + i * step] = (-radius..=radius)
                    .zip(&kernel)
                    .map(|(d, k)| k * map[l * line + reflect(i as isize + d) * step])
                    .sum();
            }
        }
        out
    };
    pass(&pass(map, 1, size), size, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauss_equals_the_direct_sum() {
        let size = 9;
        let map: Vec<f32> = (0..81).map(|i| ((i * 37) % 11) as f32 / 11.0).collect();
        let fast = gauss(&map, size, 0.7);
        let k = |d: i32| (-0.5 * (d as f64 / 0.7).powi(2)).exp();
        let norm: f64 = (-3..=3).map(k).sum();
        let at = |i: i32| {
            (if i < 0 {
                -1 - i
            } else if i > 8 {
                17 - i
            } else {
                i
            }) as usize
        };
        for y in 0..9i32 {
            for x in 0..9i32 {
                let mut sum = 0.0;
                for dy in -3..=3 {
                    for dx in -3..=3 {
                        sum += k(dx) * k(dy) * f64::from(map[at(y + dy) * 9 + at(x + dx)]);
                    }
                }
                let expected = sum / norm / norm;
                assert!((f64::from(fast[(y * 9 + x) as usize]) - expected).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn the_border_is_exactly_zero_at_the_rim() {
        for i in 0..64 {
            assert_eq!(border(i, 0, 64) + border(0, i, 64) + border(i, 63, 64) + border(63, i, 64), 0.0);
        }
        assert_eq!(border(32, 32, 64), 1.0);
    }
}
