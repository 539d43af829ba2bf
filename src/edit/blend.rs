//! From latents to what is seen: the interpolation mask and the change that is put into the photo.

use super::history::{Origin, State};
use super::settings::BlendSettings;
use super::solver::peak;
use crate::brush::{Mode, Painted};
use crate::photo::{Change, Frame};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The blur of the interpolation mask in network pixels (the paper's program: σ 0.7, reflected borders).
const MASK_SIGMA: f32 = 0.7;
/// So much is taken off the mask, and the rest stretched back to 1. What it leaves out could hardly be seen, and where it is out the
/// photo stays as it is, bit for bit; without it the whole frame changes a little, and has to be drawn anew.
const FLOOR: f32 = 0.04;
/// Where the photo goes on beyond the frame, the mask falls to 0 over this share of its side, so that its border never shows.
const BORDER: f32 = 0.08;
/// With locality 1 the change shows fully up to this far from the brushed pixels, in shares of the side…
const REACH_FULL: f32 = 0.12;
/// …and not at all beyond this.
pub(super) const REACH_END: f32 = 0.50;
/// Where a pixel did not change as the brushed ones did, a step counts this many times as far.
const DETOUR: f32 = 5.0;

/// What is seen of a change, before it is cut.
pub(super) struct Seen {
    /// `[S][S]` in 0..1: `gauss(min(gain·mean|Δ|, 1), σ)`, the gain twice as much where a direction led, times the locality window and the restore brush.
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
            // Where a mouth opens, what shut lips look like is to go wholly.
            let gain = |p: usize| settings.mask * (1.0 + 3.0 * f32::from(state.led[p]) / 255.0);
            gauss(&(0..pixels).map(|p| (gain(p) * delta(p)).min(1.0)).collect::<Vec<_>>(), size, MASK_SIGMA)
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

/// The change for the photo's blend: the paper's step 4 with detail control. The photo's error E = X − X̂₀ has a coarse part,
/// what the network could show but does not, and a fine part beyond its resolution (pores, strands of hair):
/// `Y = X + M·Δ − (1−d)·M·E_coarse − (1−d)³·M·E_fine`. d = 0 is the paper, d = 1 keeps all of E; between, the fine part is
/// kept longer, because it seldom contradicts the change.
pub(super) fn change(
    state: &State,
    generated: &[f32],
    mask: Vec<f32>,
    settings: &BlendSettings,
    size: usize,
) -> Change {
    let pixels = size * size;
    let Origin { crop, reconstruction, .. } = state.origin.as_ref();
    let coarse = if state.whole { 1.0 } else { 1.0 - settings.detail };
    let fine = coarse.powi(3);
    let add = (0..3 * pixels)
        .map(|i| generated[i] - reconstruction[i] - coarse * (crop[i] - reconstruction[i]) + fine * crop[i])
        .collect();
    Change { size, add, mask, less: fine }
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
    if mode == Mode::Restore {
        let erased =
            state.erased.iter().zip(&painted.weight).map(|(e, w)| (*e).max(byte(w * strength))).collect();
        return State { erased, ..state.clone() };
    }
    let peak = peak(&painted.weight);
    let brushed = painted.weight.iter().map(|w| if *w >= 0.5 * peak { 0.0 } else { f32::INFINITY }).collect();
    let alike = alike(&painted.weight, moved);
    let far = travel(brushed, size, f32::INFINITY, &mut |_, to| 1.0 + (DETOUR - 1.0) * (1.0 - alike[to]));
    let at = |p: usize| acts.map_or(0.0, |acts| acts[p]);
    let reach = (state.reach.iter().zip(&far).enumerate())
        .map(|(p, (r, far))| (*r).max(byte(window(*far, size).max(at(p)))))
        .collect();
    // What is painted again after it was restored shows again.
    let erased = (state.erased.iter().zip(&painted.weight))
        .map(|(e, w)| byte(f32::from(*e) / 255.0 * (1.0 - w)))
        .collect();
    let brushed = state.brushed.iter().zip(&painted.weight).map(|(b, w)| (*b).max(byte(*w))).collect();
    let led = match acts {
        Some(acts) => state.led.iter().zip(acts).map(|(l, a)| (*l).max(byte(*a))).collect(),
        None => state.led.clone(),
    };
    State { reach, brushed, led, erased, ..state.clone() }
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
mod tests {
    use super::*;
    use crate::edit::Edit;
    use crate::generator::linear::Linear;
    use crate::photo::{Channels, Photo, Samples};
    use std::sync::Arc;

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
        let all = [Some((0.0, 1.0)); 4];
        for i in 0..64 {
            for rim in [0, 1, 62, 63] {
                assert_eq!(border(&all, i, rim, 64) + border(&all, rim, i, 64), 0.0);
            }
        }
        assert_eq!(border(&all, 32, 32, 64), 1.0);
    }

    #[test]
    fn the_border_falls_only_where_the_photo_goes_on() {
        // The photo ends at the frame's top; on the left it goes on in the lower half alone.
        let sides = [Some((0.5, 1.0)), None, None, Some((0.0, 1.0))];
        let at = |x, y| border(&sides, x, y, 64);
        assert_eq!((at(32, 0), at(63, 0), at(0, 0), at(63, 32)), (1.0, 1.0, 1.0, 1.0));
        assert_eq!((at(0, 32), at(1, 50), at(32, 63)), (0.0, 0.0, 0.0));
        // Around the side's end it falls to all sides alike: no step from one row to the next.
        let steps = (20..36).map(|y| (at(2, y + 1) - at(2, y)).abs());
        assert!(steps.fold(0.0, f32::max) < 0.35 && at(2, 26) > 0.9 && at(2, 31) < 0.15);
    }

    /// Plain f64 versions of step 4 of the published brush and of the detail control's, at the network's own resolution; and what is
    /// seen where the mask is whole.
    #[test]
    fn the_blend_is_the_papers_where_photo_and_network_have_one_size() {
        let size = 32;
        let pixels = size * size;
        let bytes: Vec<u8> = (0..3 * pixels).map(|i| ((i * 7919) % 256) as u8).collect();
        let square = Arc::new(Photo::new(32, 32, Channels::Rgb, Samples::U8(bytes)).unwrap());
        let frame = Frame { cx: 16.0, cy: 16.0, side: 32.0, angle: 0.0 };
        let mut e = Edit::new(Arc::new(Linear::new(size, 40)), square, frame).unwrap();
        e.sample(3).unwrap();
        let z = e.latents().to_vec();
        // A sample shows the network's own picture: every pixel of it, as fine as it is.
        let Samples::U8(shown) = e.render().unwrap().samples().clone() else { panic!("the depth changed") };
        for p in (0..pixels).filter(|p| (8..24).contains(&(p % 32)) && (8..24).contains(&(p / 32))) {
            for c in 0..3 {
                let (is, g) = (
                    f32::from(shown[p * 3 + c]),
                    127.5 * (e.generated[c * pixels + p].clamp(-1.0, 1.0) + 1.0),
                );
                assert!((is - g).abs() < 0.6, "{is} {g} at {p}");
            }
        }
        e.undo().unwrap();
        e.set_latents(&z).unwrap();
        for detail in [0.0, 0.3, 1.0] {
            e.set_blend_settings(BlendSettings { mask: 1.0, detail, locality: 0.0 }).unwrap();
            let (x, x0, mask) =
                (&e.state().origin.crop, &e.state().origin.reconstruction, e.seen(&e.blend_settings).mask());
            let change = &e.change().unwrap().change;
            for (p, m) in mask.iter().enumerate() {
                for c in 0..3 {
                    let i = c * pixels + p;
                    let (m, goes) = (f64::from(*m), 1.0 - f64::from(detail));
                    let (x, x0, g) = (f64::from(x[i]), f64::from(x0[i]), f64::from(e.generated[i]));
                    // At this size all of the photo's error is coarse.
                    let by_hand = x + m * (g - x0) - goes * m * (x - x0);
                    let ours = x + f64::from(change.mask[p])
                        * (f64::from(change.add[i]) - f64::from(change.less) * x);
                    assert!((by_hand - ours).abs() < 1e-5, "{by_hand} {ours}");
                    assert!(
                        detail > 0.0 || (by_hand - (x0 + m * (g - x0) + (1.0 - m) * (x - x0))).abs() < 1e-12
                    );
                }
            }
        }
    }
}
