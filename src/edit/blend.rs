//! From latents to what is seen: the interpolation mask and the change that is put into the photo.

use super::history::{Origin, State};
use super::settings::BlendSettings;
use super::solver::peak;
use crate::brush::{Mode, Painted, distance};
use crate::photo::{Change, Frame, luma};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// The blur of the interpolation mask in network pixels (the paper's program: σ 0.7, reflected borders).
const MASK_SIGMA: f32 = 0.7;
/// Where a direction led and the mask is so much in the mean around (σ in pixels of 64), it begins to be whole…
const WHOLE_FROM: f32 = 0.08;
const WHOLE_SIGMA: f32 = 2.5;
/// …and is from here on.
const WHOLE_FULLY: f32 = 0.28;
/// So much is taken off the mask, and the rest stretched back to 1. What it leaves out could hardly be seen, and where it is out the
/// photo stays as it is, bit for bit; without it the whole frame changes a little, and has to be drawn anew.
const FLOOR: f32 = 0.04;
/// Where the photo goes on beyond the frame, the mask falls to 0 over this share of its side, so that its border never shows.
const BORDER: f32 = 0.08;
/// Detail grows at most so many times…
const GAIN_MOST: f32 = 2.5;
/// …less in the dark (0..1), where it is noise too…
const GAIN_DARK: f32 = 0.1;
/// …by means over so many network pixels (σ).
const GAIN_SIGMA: f32 = 1.0;
/// With locality 1 the change shows fully up to this far from the brushed pixels, in shares of the side…
const REACH_FULL: f32 = 0.12;
/// …and not at all beyond this.
pub(super) const REACH_END: f32 = 0.50;
/// Where a pixel did not change as the brushed ones did, a step counts this many times as far.
const DETOUR: f32 = 5.0;
/// Where a direction led a stroke, it says itself where its change is seen; besides, a step from the brushed pixels counts so many times as far.
const AROUND_LED: f32 = 6.0;

/// What is seen of a change, before it is cut.
pub(super) struct Seen {
    /// `[S][S]` in 0..1: `gauss(min(gain·mean|Δ|, 1), σ)`, where a direction led up to 1 as what is around is, times the locality
    /// window and the restore brush.
    pub uncut: Vec<f32>,
    /// `[S][S]` in 0..1: what is left of it towards the frame's border.
    pub border: Vec<f32>,
}

impl Seen {
    pub fn new(
        state: &State,
        generated: &[f32],
        frame: &Frame,
        settings: &BlendSettings,
        size: usize,
    ) -> Self {
        let pixels = size * size;
        let Origin { reconstruction, photo, .. } = state.origin.as_ref();
        let mut uncut: Vec<f32> = if state.whole {
            vec![1.0; pixels]
        } else {
            let delta = |p: usize| {
                (0..3)
                    .map(|c| (generated[c * pixels + p] - reconstruction[c * pixels + p]).abs())
                    .sum::<f32>()
                    / 3.0
            };
            let changes: Vec<f32> = (0..pixels).map(|p| (settings.mask * delta(p)).min(1.0)).collect();
            let mut mask = gauss(&changes, size, MASK_SIGMA);
            if state.led.iter().any(|led| *led > 0) {
                let around = gauss(&changes, size, WHOLE_SIGMA * size as f32 / 64.0);
                for ((m, around), led) in mask.iter_mut().zip(around).zip(state.led.iter()) {
                    // What is seen there is one thing: between teeth and cheek is no lip of before.
                    let whole = smoothstep((around - WHOLE_FROM) / (WHOLE_FULLY - WHOLE_FROM));
                    *m = m.max(whole * f32::from(*led) / 255.0);
                }
            }
            mask
        };
        for (p, m) in uncut.iter_mut().enumerate() {
            let reach = 1.0 - settings.locality * (1.0 - f32::from(state.reach[p]) / 255.0);
            *m *= reach * (1.0 - f32::from(state.erased[p]) / 255.0);
        }
        let sides = frame.sides_inside(photo.width(), photo.height());
        let border = (0..pixels).map(|p| border(&sides, p % size, p / size, size)).collect();
        Self { uncut, border }
    }

    /// M, `[S][S]` in 0..1: cut at the border, less the floor.
    pub fn mask(&self) -> Vec<f32> {
        self.uncut.iter().zip(&self.border).map(|(m, b)| floored(m * b)).collect()
    }
}

/// A mask's value, less the floor.
pub(super) fn floored(mask: f32) -> f32 {
    ((mask - FLOOR) / (1.0 - FLOOR)).max(0.0)
}

/// What stays of the photo's error where the mask is whole: of its coarse part, what the network could show but does not, and of its fine
/// part beyond the network's resolution (pores, strands of hair). The fine part stays longer, because it seldom contradicts the change.
pub(super) fn kept(settings: &BlendSettings) -> (f32, f32) {
    let goes = 1.0 - settings.detail;
    (1.0 - goes, 1.0 - goes.powi(3))
}

/// How many times as strong as in the photo its detail is to be, `[S][S]`: as colours grow, as a recoloured surface under the same light
/// does. Black hair that becomes blond with no more than black hair's contrast is bare skin to the eye. What becomes darker loses
/// none for it: new hair over skin has no strands but those.
fn gain(generated: &[f32], reconstruction: &[f32], size: usize) -> Vec<f32> {
    let light = |image: &[f32]| {
        let colour = |p: usize| [0, 1, 2].map(|c| image[c * size * size + p]);
        let at = |p: usize| (0.5 + 0.5 * luma(colour(p))).max(0.0);
        gauss(&(0..size * size).map(at).collect::<Vec<_>>(), size, GAIN_SIGMA)
    };
    let (now, before) = (light(generated), light(reconstruction));
    let of = |(now, before): (&f32, &f32)| ((now + GAIN_DARK) / (before + GAIN_DARK)).clamp(1.0, GAIN_MOST);
    now.iter().zip(&before).map(of).collect()
}

/// The change for the photo's blend: the paper's step 4 with detail control. With the photo's error E = X − X̂₀ in two parts, what is
/// [`kept`] of them (d, f) and the detail's [`gain`] γ (1 where a direction led): `Y = X + M·(Δ + (γd − 1)·E_coarse + (γf − 1)·E_fine)`. d = 0 is the paper.
pub(super) fn change(
    state: &State,
    generated: &[f32],
    mask: Vec<f32>,
    settings: &BlendSettings,
    size: usize,
) -> Change {
    let pixels = size * size;
    let Origin { crop, reconstruction, .. } = state.origin.as_ref();
    let (coarse, fine) = if state.whole { (0.0, 0.0) } else { kept(settings) };
    // Teeth are not lips under another light: there the detail is that of something else.
    let led = |p: usize| f32::from(state.led[p]) / 255.0;
    let gain: Vec<f32> = (gain(generated, reconstruction, size).iter().enumerate())
        .map(|(p, gain)| 1.0 + (gain - 1.0) * (1.0 - led(p)))
        .collect();
    let add = (0..3 * pixels)
        .map(|i| generated[i] - crop[i] + coarse * gain[i % pixels] * (crop[i] - reconstruction[i]))
        .collect();
    Change { size, add, coarse: crop.clone(), mask, less: gain.iter().map(|g| 1.0 - fine * g).collect() }
}

/// The state with where strokes may show, what was brushed and what taken away, after one more stroke that moved the picture by `moved`.
pub(super) fn after_stroke(
    state: &State,
    painted: &Painted,
    mode: Mode,
    strength: f32,
    moved: &[f32],
    acts: Option<&[f32]>,
    size: usize,
) -> State {
    let byte = |v: f32| (v * 255.0).round() as u8;
    // What is left of a map where the brush takes from it.
    let left = |map: &[u8], strength: f32| -> Arc<[u8]> {
        let of = |(m, w): (&u8, &f32)| byte(f32::from(*m) / 255.0 * (1.0 - w * strength));
        map.iter().zip(&painted.weight).map(of).collect()
    };
    if mode == Mode::Restore {
        let erased =
            state.erased.iter().zip(&painted.weight).map(|(e, w)| (*e).max(byte(w * strength))).collect();
        // What comes there later is another thing.
        return State { erased, led: left(&state.led, strength), ..state.clone() };
    }
    let seen: Vec<f32> = if let Some(acts) = acts {
        let far = away(&painted.weight, size);
        far.iter().zip(acts).map(|(far, acts)| window(AROUND_LED * far, size).max(*acts)).collect()
    } else {
        let peak = peak(&painted.weight);
        let brushed =
            painted.weight.iter().map(|w| if *w >= 0.5 * peak { 0.0 } else { f32::INFINITY }).collect();
        let alike = alike(&painted.weight, moved);
        let far = travel(brushed, size, f32::INFINITY, &mut |_, to| 1.0 + (DETOUR - 1.0) * (1.0 - alike[to]));
        far.iter().map(|far| window(*far, size)).collect()
    };
    let reach = state.reach.iter().zip(&seen).map(|(r, seen)| (*r).max(byte(*seen))).collect();
    // What is painted again after it was restored shows again.
    let erased = left(&state.erased, 1.0);
    let brushed = state.brushed.iter().zip(&painted.weight).map(|(b, w)| (*b).max(byte(*w))).collect();
    let led = match acts {
        Some(acts) => state.led.iter().zip(acts).map(|(l, a)| (*l).max(byte(*a))).collect(),
        None => state.led.clone(),
    };
    State { reach, brushed, led, erased, ..state.clone() }
}

/// How far each pixel is from those that were brushed.
pub(super) fn away(weight: &[f32], size: usize) -> Vec<f32> {
    distance(weight, size, 0.5 * peak(weight))
}

/// How much each pixel changed as the brushed ones did, 0..1: the share of their mean change that it made, less what it
/// changed otherwise.
fn alike(weight: &[f32], moved: &[f32]) -> Vec<f32> {
    let pixels = weight.len();
    let total: f32 = weight.iter().sum();
    let mean: Vec<f32> =
        (0..3).map(|c| (0..pixels).map(|p| weight[p] * moved[c * pixels + p]).sum::<f32>() / total).collect();
    let norm2 = mean.iter().map(|m| m * m).sum::<f32>().max(1e-6);
    (0..pixels)
        .map(|p| {
            let d = [0, 1, 2].map(|c| moved[c * pixels + p]);
            let along = (0..3).map(|c| d[c] * mean[c]).sum::<f32>() / norm2;
            let across = (0..3).map(|c| (d[c] - along * mean[c]).powi(2)).sum::<f32>().sqrt() / norm2.sqrt();
            smoothstep((along - across) / 0.4)
        })
        .collect()
}

/// The shortest way in pixels from where it is 0 (or little) to each pixel of a square, where a step to a neighbour counts `cost` times
/// (from, to); ways of `end` and more are not followed. So a change of hair reaches the temples, but not the wall behind them.
pub(super) fn travel(
    mut far: Vec<f32>,
    size: usize,
    end: f32,
    cost: &mut dyn FnMut(usize, usize) -> f32,
) -> Vec<f32> {
    let mut queue: BinaryHeap<(Reverse<u32>, usize)> =
        (0..far.len()).filter(|p| far[*p] < end).map(|p| (Reverse(far[p].to_bits()), p)).collect();
    // Positive floats order as their bits do, so they can be the key.
    while let Some((Reverse(key), p)) = queue.pop() {
        if f32::from_bits(key) > far[p] {
            continue;
        }
        let (x, y) = ((p % size) as isize, (p / size) as isize);
        for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)] {
            let (nx, ny) = (x + dx, y + dy);
            if nx < 0 || ny < 0 || nx >= size as isize || ny >= size as isize {
                continue;
            }
            let n = ny as usize * size + nx as usize;
            let step = if dx != 0 && dy != 0 { std::f32::consts::SQRT_2 } else { 1.0 };
            // No cost is less than 1: what can't be a shorter way need not be asked for.
            if far[p] + step >= far[n].min(end) {
                continue;
            }
            let way = far[p] + step * cost(p, n);
            if way < far[n] && way < end {
                far[n] = way;
                queue.push((Reverse(way.to_bits()), n));
            }
        }
    }
    far
}

/// How much of a change shows so many pixels from where it began: 1 near, 0 from [`REACH_END`] on.
pub(super) fn window(far: f32, size: usize) -> f32 {
    1.0 - smoothstep((far / size as f32 - REACH_FULL) / (REACH_END - REACH_FULL))
}

pub(super) fn smoothstep(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// 1 inside, smoothly to exactly 0 in the two rings next to where the photo goes on beyond the frame: a cubic B-spline reaches two
/// pixels far, so nothing changes at the frame's edge itself. Where the photo ends there, nothing can show, and it stays 1.
pub(super) fn border(sides: &[Option<(f64, f64)>; 4], x: usize, y: usize, size: usize) -> f32 {
    let (u, v) = ((x as f64 + 0.5) / size as f64, (y as f64 + 0.5) / size as f64);
    let places = [(u, v), (1.0 - u, v), (v, u), (1.0 - v, u)];
    let falls = places.iter().zip(sides).filter_map(|(&(depth, along), side)| {
        let (start, end) = (*side)?;
        let beside = (start - along).max(along - end).max(0.0);
        Some(smoothstep((depth.hypot(beside) * size as f64 - 1.5) as f32 / (BORDER * size as f32)))
    });
    falls.product()
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
#[path = "blend_tests.rs"]
mod tests;
