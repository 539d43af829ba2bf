//! How a change goes on beyond the frame: hair does not end where the network's picture does.
//!
//! Near the frame's border and beyond it, a pixel changes as pixels inside do that look like it (a joint bilateral mean of what they
//! change by), as far as it can be reached from those through pixels that look alike: hair goes on, the wall behind it does not.

use super::blend::{REACH_END, Seen, floored, kept, smoothstep, travel, window};
use super::history::State;
use super::settings::BlendSettings;
use crate::error::Result;
use crate::limits;
use crate::photo::{Change, Frame, Photo, crop};

/// How unlike two colours may be: the standard deviation of their distance, −1..1 in each of three channels. With 0.08 dark hair
/// went on into dark trees.
const COLOUR: f32 = 0.06;
/// How far to look along the border for pixels that look alike: the standard deviation, in shares of the frame's side.
const PLACE: f32 = 0.125;
/// The weight of not knowing: one pixel inside that is like it five times over.
const DOUBT: f32 = 0.2;
/// Where pixels inside that look like it did not change, a step counts this many times as far…
const DETOUR: f32 = 10.0;
/// …and so much farther for each unit by which the colour differs from the pixel before: an edge in the photo.
const EDGE: f32 = 60.0;
/// What changes by less than one part in so many is not wholly a change.
const VISIBLE: f32 = 2.5;
/// From this locality on it goes on fully.
const LOCAL: f32 = 0.25;
/// How unlike what reaches the photo's end and what does may be: a standard deviation as [`COLOUR`].
const WALL: f32 = 0.04;
/// So many places of all [`ENDS`] on each side make half a wall.
const ENOUGH: f32 = 4.0;
/// So many cells beyond the photo's edge take part in the splines within it, and one for what is cut of a cell.
const EDGE_CELLS: f64 = 4.0;
/// Places looked at along each end.
const ENDS: usize = 32;
/// An end nearer to the frame than this share of its side is not looked at.
const END_FAR: f32 = 0.2;
/// Pixels inside are taken together until there are less than twice so many in a row.
const SOURCES: usize = 32;

/// A change and the frame that its grids fill.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub frame: Frame,
    pub change: Change,
}

/// The photo in a frame twice as wide, on a grid as fine.
pub(super) struct Surroundings {
    frame: Frame,
    /// `[2S][2S]`, red, green, blue in −1..1.
    colours: Vec<[f32; 3]>,
    /// `[2S][2S]`: whether the photo reaches there.
    inside: Vec<bool>,
    /// Cells just beyond the photo, each with the nearest one within: there a change goes on as it ends, so that the splines keep it
    /// up to the photo's edge.
    edge: Vec<(usize, usize)>,
    /// Colours along the upper, left and right end of what is seen of the photo: walls and skies reach there.
    ends: Vec<[f32; 3]>,
}

impl Surroundings {
    /// `None` where such a frame is out of the limits, or the network's side is none of 32 and more and even.
    fn of(photo: &Photo, frame: &Frame, size: usize) -> Result<Option<Self>> {
        let frame = Frame { side: 2.0 * frame.side, ..*frame };
        let side = 2 * size;
        if frame.check().is_err() || side > limits::CROP_SIDE || size < SOURCES || !size.is_multiple_of(2) {
            return Ok(None);
        }
        let planes = crop(photo, &frame, side)?;
        let cells = side * side;
        let colours: Vec<_> =
            (0..cells).map(|i| [planes[i], planes[cells + i], planes[2 * cells + i]]).collect();
        let unit = |i: usize| (i as f64 + 0.5) / side as f64;
        let (width, height) = (f64::from(photo.width()), f64::from(photo.height()));
        let place = |i: usize| frame.to_photo(unit(i % side), unit(i / side));
        let inside: Vec<bool> = (0..cells)
            .map(|i| {
                let (x, y) = place(i);
                (0.0..width).contains(&x) && (0.0..height).contains(&y)
            })
            .collect();
        // So deep within the photo the cell of a point has its centre in it too.
        let cell = frame.side / side as f64;
        let within = |v: f64, length: f64| {
            let depth = (0.75 * cell).min(0.5 * length);
            v.clamp(depth, length - depth)
        };
        let edge = (0..cells)
            .filter_map(|i| {
                let (x, y) = place(i);
                let (near, down) = (within(x, width), within(y, height));
                if inside[i] || (near - x).hypot(down - y) > EDGE_CELLS * cell {
                    return None;
                }
                let (u, v) = frame.from_photo(near, down);
                let at = |t: f64| ((t * side as f64) as usize).min(side - 1);
                Some((i, at(v) * side + at(u)))
            })
            .collect();
        // From the grid's end to the photo's; not where that is so near to the frame that hair may reach it.
        let far = size / 2 - (END_FAR * size as f32) as usize;
        let first = |at: &dyn Fn(usize) -> usize| (0..far).map(at).find(|i| inside[*i]);
        let (step, last) = ((side / ENDS).max(1), side - 1);
        let ends = (step / 2..side).step_by(step).flat_map(|n| {
            [first(&|d| d * side + n), first(&|d| n * side + d), first(&|d| n * side + last - d)]
        });
        let ends = ends.flatten().map(|i| colours[i]).collect();
        Ok(Some(Self { frame, colours, inside, edge, ends }))
    }

    /// Whether a colour is one of what reaches the ends, 0..1.
    fn wall(&self, colour: [f32; 3]) -> f32 {
        let like: f32 = self.ends.iter().map(|end| (-0.5 / (WALL * WALL) * apart(*end, colour)).exp()).sum();
        like / (like + ENOUGH)
    }
}

/// The change `within` the frame and how it goes on beyond: `within` itself where it does not.
///
/// # Errors
/// If memory is short.
pub(super) fn continued(
    within: Placed,
    seen: &Seen,
    settings: &BlendSettings,
    state: &State,
) -> Result<Placed> {
    let size = within.change.size;
    // With the paper's mask the change ends at the frame.
    let strength = (settings.locality / LOCAL).min(1.0);
    if strength == 0.0 {
        return Ok(within);
    }
    let end = REACH_END * size as f32;
    let Some(far) = starts(seen, end) else { return Ok(within) };
    let origin = &state.origin;
    let around =
        origin.surroundings.get_or_try_init(|| Surroundings::of(&origin.photo, &within.frame, size))?;
    let Some(around) = around else { return Ok(within) };
    let outer = Outer { size };
    let like = Like::new(around, &within.change, state, seen);
    // What each pixel of the wider grid would change by, for those that are asked for.
    let mut known: Vec<Option<Found>> = vec![None; outer.cells()];
    // What the restore brush took away stays away.
    let kept_on = |inner: Option<usize>| 1.0 - inner.map_or(0.0, |p| f32::from(state.erased[p]) / 255.0);
    let mut wide = vec![f32::INFINITY; outer.cells()];
    for (p, far) in far.iter().enumerate().filter(|(_, far)| far.is_finite()) {
        let i = outer.outer_of(p);
        let found = known[i].get_or_insert_with(|| like.find(i));
        wide[i] = far.max((1.0 - found.goes_on()) * end);
    }
    let far = travel(wide, 2 * size, end, &mut |from, to| {
        if !around.inside[to] {
            return f32::INFINITY;
        }
        let found = known[to].get_or_insert_with(|| like.find(to));
        let (a, b) = (around.colours[from], around.colours[to]);
        let edge = (0..3).map(|c| (a[c] - b[c]).abs()).sum::<f32>() / 3.0;
        let through = found.goes_through() * kept_on(outer.inner_of(to));
        1.0 + (DETOUR - 1.0) * (1.0 - through) + EDGE * edge
    });
    let mut change = Change::none(2 * size);
    let goes = 1.0 - kept(settings).1;
    let mut went_on = false;
    let (cells, plane) = (outer.cells(), size * size);
    for i in 0..cells {
        let inner = outer.inner_of(i);
        let (kept, border) = inner.map_or((0.0, 0.0), |p| (seen.uncut[p] * seen.border[p], seen.border[p]));
        let mut more = 0.0;
        let mut less = inner.map_or(goes, |p| within.change.less[p]);
        let of = |map: &[f32]| inner.map(|p| [0, 1, 2].map(|c| map[c * plane + p]));
        let mut add = of(&within.change.add).unwrap_or_default();
        let coarse = of(&within.change.coarse).unwrap_or(around.colours[i]);
        if far[i] < end && border < 1.0 {
            let Found { change, mask, less: goes, .. } = known[i].unwrap_or_else(|| like.find(i));
            more = strength * (1.0 - border) * mask * window(far[i], size) * kept_on(inner);
            if more > 0.0 {
                went_on = true;
                let mean = |within: f32, beyond: f32| (kept * within + more * beyond) / (kept + more);
                (0..3).for_each(|c| add[c] = mean(add[c], change[c] / mask));
                less = mean(less, goes / mask);
            }
        }
        (change.mask[i], change.less[i]) = (floored(kept + more), less);
        for c in 0..3 {
            (change.add[c * cells + i], change.coarse[c * cells + i]) = (add[c], coarse[c]);
        }
    }
    for (i, near) in &around.edge {
        (change.mask[*i], change.less[*i]) = (change.mask[*near], change.less[*near]);
        for c in 0..3 {
            change.add[c * cells + i] = change.add[c * cells + near];
            change.coarse[c * cells + i] = change.coarse[c * cells + near];
        }
    }
    Ok(if went_on { Placed { frame: around.frame, change } } else { within })
}

/// For each pixel near where the photo goes on, how far it is to begin with: 0 where it changed clearly, towards `end` the less it did,
/// and without end where it did not. `None` if nothing there changed.
fn starts(seen: &Seen, end: f32) -> Option<Vec<f32>> {
    let far: Vec<f32> = (seen.uncut.iter().zip(&seen.border))
        .map(|(uncut, border)| {
            let clear = clear(*uncut);
            if *border < 1.0 && clear > 0.0 { (1.0 - clear) * end } else { f32::INFINITY }
        })
        .collect();
    far.iter().any(|f| f.is_finite()).then_some(far)
}

/// The squared distance of two colours.
fn apart(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|c| (a[c] - b[c]).powi(2)).sum()
}

/// Whether so much of a mask is clearly a change, 0..1.
fn clear(mask: f32) -> f32 {
    smoothstep((mask - 0.2) / 0.5)
}

/// The wider grid, `[2S][2S]` around `[S][S]`.
#[derive(Clone, Copy)]
struct Outer {
    size: usize,
}

impl Outer {
    fn cells(self) -> usize {
        4 * self.size * self.size
    }

    fn outer_of(self, p: usize) -> usize {
        let margin = self.size / 2;
        (p / self.size + margin) * 2 * self.size + p % self.size + margin
    }

    fn inner_of(self, i: usize) -> Option<usize> {
        let (x, y) = self.place(i);
        let within = |v: isize| (0..self.size as isize).contains(&v);
        (within(x) && within(y)).then(|| y as usize * self.size + x as usize)
    }

    /// In pixels of the frame.
    fn place(self, i: usize) -> (isize, isize) {
        let margin = (self.size / 2) as isize;
        ((i % (2 * self.size)) as isize - margin, (i / (2 * self.size)) as isize - margin)
    }
}

/// What is known of a pixel near the border or beyond, from those inside.
#[derive(Clone, Copy)]
struct Found {
    /// Mask times change of what looks like it: red, green, blue.
    change: [f32; 3],
    /// The mask of what looks like it.
    mask: f32,
    /// Mask times what goes of the photo's fine detail.
    less: f32,
    /// How much what was brushed nearby looks like it, 0..1.
    brushed: f32,
    /// How much it looks like a wall, 0..1.
    wall: f32,
}

impl Found {
    /// Whether a change goes on here, 0..1: what looks like it changed, and what was brushed looks like it. (A wall next to hair may have changed
    /// with it.)
    fn goes_on(&self) -> f32 {
        self.goes_through() * smoothstep((self.brushed - 0.1) / 0.3)
    }

    /// Whether it may go on through here, 0..1.
    fn goes_through(&self) -> f32 {
        clear(self.mask) * (1.0 - smoothstep((self.wall - 0.2) / 0.5))
    }
}

/// Inside pixels, taken together: their means.
#[derive(Clone, Copy, Default)]
struct Source {
    colour: [f32; 3],
    change: [f32; 3],
    mask: f32,
    less: f32,
    brushed: f32,
}

/// Which pixels inside a pixel looks like, and what they change by.
struct Like<'a> {
    around: &'a Surroundings,
    outer: Outer,
    /// Pixels inside that are taken together, across and down.
    step: usize,
    /// In a row of the frame.
    count: usize,
    /// `[count][count]`.
    sources: Vec<Source>,
    /// `exp(−d²/2σ²)` for a distance d of i/2 pixels along an axis.
    near: Vec<f32>,
}

impl<'a> Like<'a> {
    fn new(around: &'a Surroundings, change: &Change, state: &State, seen: &Seen) -> Self {
        let size = change.size;
        let outer = Outer { size };
        // A power of two, as a network's side is a multiple of one.
        let mut step = 1;
        while size >= 2 * step * SOURCES && size.is_multiple_of(2 * step) {
            step *= 2;
        }
        let count = size / step;
        let share = 1.0 / (step * step) as f32;
        let mut sources = vec![Source::default(); count * count];
        for p in 0..size * size {
            let source = &mut sources[p / size / step * count + p % size / step];
            let moved = [0, 1, 2].map(|c| seen.uncut[p] * change.add[c * size * size + p]);
            let colour = around.colours[outer.outer_of(p)];
            source.colour.iter_mut().zip(colour).for_each(|(sum, v)| *sum += share * v);
            source.change.iter_mut().zip(moved).for_each(|(sum, v)| *sum += share * v);
            let visible = VISIBLE / 3.0 * moved.iter().map(|v| v.abs()).sum::<f32>();
            let mask = share * visible.min(seen.uncut[p]);
            source.mask += mask;
            source.less += mask * change.less[p];
            source.brushed += share * f32::from(state.brushed[p]) / 255.0;
        }
        let sigma = 2.0 * PLACE * size as f32;
        let near = (0..4 * size).map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp()).collect();
        Self { around, outer, step, count, sources, near }
    }

    /// The mean over the pixels inside, weighed by how like they are.
    fn find(&self, i: usize) -> Found {
        let colour = self.around.colours[i];
        let (x, y) = self.outer.place(i);
        // Looked for about the nearest pixel inside.
        let inside = |v: isize| 2 * v.clamp(0, self.outer.size as isize - 1) as usize;
        let (x, y) = (inside(x), inside(y));
        let away = |at: usize, n: usize| at.abs_diff(2 * n * self.step + self.step - 1);
        // Beyond three standard deviations there is next to nothing.
        let reach = (6.0 * PLACE * self.outer.size as f32) as usize;
        let span = |at: usize| {
            let low = at.saturating_sub(reach) / (2 * self.step);
            low..((at + reach) / (2 * self.step) + 1).min(self.count)
        };
        let (mut change, mut mask, mut less, mut total) = ([0.0; 3], 0.0, 0.0, DOUBT);
        let (mut same, mut brushed) = (0.0, 1e-3);
        for row in span(y) {
            for column in span(x) {
                let source = &self.sources[row * self.count + column];
                let near = self.near[away(x, column)] * self.near[away(y, row)];
                let unlike = apart(source.colour, colour);
                // A quarter of the exponent, for twice the deviation: its fourth power is the closer one.
                let like = (-0.5 / (4.0 * COLOUR * COLOUR) * unlike).exp();
                let weight = near * like.powi(4);
                total += weight;
                (0..3).for_each(|c| change[c] += weight * source.change[c]);
                mask += weight * source.mask;
                less += weight * source.less;
                same += near * source.brushed * like;
                brushed += near * source.brushed;
            }
        }
        let wall = self.around.wall(colour);
        Found {
            change: change.map(|v| v / total),
            mask: mask / total,
            less: less / total,
            brushed: same / brushed,
            wall,
        }
    }
}

#[cfg(test)]
#[path = "beyond_tests.rs"]
mod tests;
