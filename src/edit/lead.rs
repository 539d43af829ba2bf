//! A named direction of the model that acts where the brush is leads the stroke: white on shut lips is a smile, and a smile is more
//! than teeth. A solver that keeps the rest of the face as it is finds white lips.

use super::Progress;
use super::blend::{gauss, smoothstep};
use super::objective::Objective;
use super::solver::{Task, cancelled, peak};
use crate::brush::Mode;
use crate::error::Result;
use crate::generator::{Attribute, Response, Target};
use crate::limits;

/// A direction acts where the brush is if it changes pixels there by so many times its mean square over the image. A smile has 14 between
/// the lips and up to 2 on hair, forehead, cheeks and eyes; principal directions have up to 5, in a corner of the background.
const LOCAL: f32 = 6.0;
/// A stroke goes so many of a direction's typical steps at most: as far as its slider.
const STEPS: f32 = limits::ATTRIBUTE_ABS;
/// Nor farther than so many from the mean face, where most smiles with teeth are at 1 to 3: these get whiter rather than wider.
const FARTHEST: f32 = 3.5;
/// The way is tried in so many parts.
const PARTS: u32 = 3;
/// So many times what the prior takes for other moves is taken for it: faces differ along it.
const PRICE: f64 = 0.1;
/// From there on the rest and the latents are held so many times as hard: what the direction has painted is a face, what a few white
/// pixels ask for besides is foam.
const HELD: f32 = 8.0;
/// Its change is seen nowhere below so many times its mean square, in the mean around (σ in the map's pixels)…
const ACTS_FROM: f32 = 1.0;
const ACTS_SIGMA: f32 = 1.5;
/// …and fully from here on: lips, and cheeks with their folds.
const ACTS_FULLY: f32 = 3.0;

/// Where a stroke begins that is led.
pub(super) struct Led {
    /// z_now + t·d.
    pub start: Vec<f32>,
    /// G of it.
    pub shown: Vec<f32>,
    /// What is taken for the way there.
    pub price: f64,
    /// The loss at z_now.
    pub before: f64,
    /// `[S][S]` in 0..1: where the direction acts, and so its change is to be seen.
    pub acts: Vec<f32>,
}

impl Led {
    /// What is left of a stroke from there.
    pub fn task<'a>(&'a self, task: &Task<'a>) -> Task<'a> {
        Task { start: &self.start, shown: &self.shown, held: HELD, ..*task }
    }
}

/// A direction that acts under the brush.
struct Acting<'a> {
    direction: &'a [f32],
    /// How far a stroke may go along it, in its typical steps: the way that makes the colour there more like what is wanted.
    most: f32,
    /// How much it changes each pixel, `[S/2][S/2]`: squares, 1 in the mean.
    energy: Vec<f32>,
    /// The mean of that under the brush.
    local: f32,
}

/// Tries how far to go along the direction that acts under the brush, and takes what promises the smallest loss, what keeps the face and
/// the prior being about there. None if that is nowhere. Counts what it asks of the network, up to half the budget.
pub(super) fn lead(
    task: &Task<'_>,
    target: &[f32],
    evaluations: &mut u32,
    progress: &mut Progress<'_>,
) -> Result<Option<Led>> {
    let Some(Acting { direction, most, energy, .. }) = acting(task, target) else { return Ok(None) };
    let budget = task.settings.steps;
    // Two where it stands, three for each part of the way: its image too.
    let parts = PARTS.min((budget / 2).saturating_sub(2) / 3);
    if parts == 0 || most == 0.0 {
        return Ok(None);
    }
    *evaluations += 2;
    let objective = Objective::new(task, target);
    let (before, mut least) = promise(&Task { held: HELD, ..*task }, target)?;
    let mut best = None;
    for part in 1..=parts {
        if !progress(*evaluations as f32 / budget as f32) {
            return Err(cancelled());
        }
        *evaluations += 3;
        let (t, limit) = (most * part as f32 / parts as f32, limits::LATENT_ABS);
        let start: Vec<f32> =
            task.start.iter().zip(direction).map(|(z, d)| (z + t * d).clamp(-limit, limit)).collect();
        let (shown, price) = (task.generator.decode(&start)?, PRICE * objective.prior(&start));
        let led = Led { start, shown, price, before, acts: Vec::new() };
        let (_, promised) = promise(&led.task(task), target)?;
        let whole = promised + price + undone(task, &led.shown);
        if whole < least {
            least = whole;
            best = Some(led);
        }
    }
    Ok(best.map(|led| Led { acts: acts(&energy, task.generator.image_size()), ..led }))
}

/// The direction that acts most under the brush, if one does.
fn acting<'a>(task: &Task<'a>, target: &[f32]) -> Option<Acting<'a>> {
    let size = task.generator.image_size();
    let response = task.generator.response().filter(|r| r.fits(task.start.len(), size))?;
    // What is restored is to be as it was, and nothing else another way.
    if task.mode == Mode::Restore {
        return None;
    }
    let weight = Response::sums_under(&task.painted.weight, size);
    let (pixels, total) = (weight.len(), weight.iter().sum::<f32>());
    let wanted: Vec<f32> = target.iter().zip(task.shown).map(|(c, s)| c - s).collect();
    let wanted = Response::sums_under(&wanted, size);
    let of = |Attribute { direction, .. }: &'a Attribute| {
        let mut change = vec![0.0f32; 3 * pixels];
        for (row, d) in response.rows().zip(direction) {
            change.iter_mut().zip(row).for_each(|(c, r)| *c += d * r);
        }
        let squares = |p: usize| (0..3).map(|c| change[c * pixels + p].powi(2)).sum::<f32>();
        let mean = (0..pixels).map(squares).sum::<f32>() / pixels as f32;
        let energy: Vec<f32> = (0..pixels).map(|p| squares(p) / mean).collect();
        let local = energy.iter().zip(&weight).map(|(e, w)| e * w).sum::<f32>() / total;
        let towards = (0..3 * pixels).map(|i| weight[i % pixels] * change[i] * wanted[i]).sum::<f32>();
        let (along, square) = (task.start.iter().zip(direction))
            .fold((0.0, 0.0), |(along, square), (z, d)| (along + z * d, square + d * d));
        let room = (FARTHEST - along / square * towards.signum()).clamp(0.0, STEPS);
        Acting { direction, most: room.copysign(towards), energy, local }
    };
    // A response of huge numbers says nothing.
    let acts = |a: &Acting<'_>| a.local >= LOCAL && a.local.is_finite() && a.most.is_finite();
    (task.generator.attributes().iter().map(of).filter(acts)).max_by(|a, b| a.local.total_cmp(&b.local))
}

/// What an image undoes of earlier strokes, as a mean square like the brush's own: lips painted beside teeth are not to shut the mouth.
fn undone(task: &Task<'_>, image: &[f32]) -> f64 {
    let (brush, peak, pixels) = (&task.painted.weight, peak(&task.painted.weight), task.brushed.len());
    let earlier = |p: usize| f32::from(task.brushed[p]) / 255.0 * (1.0 - brush[p] / peak);
    let (mut sum, mut total) = (0.0, 0.0);
    for p in 0..pixels {
        let moved = (0..3).map(|c| (image[c * pixels + p] - task.shown[c * pixels + p]).powi(2)).sum::<f32>();
        sum += earlier(p) * moved / 3.0;
        total += earlier(p);
    }
    // Of a few pixels that the brush left out, as little as they are.
    f64::from(sum / total.max(brush.iter().sum::<f32>() / peak))
}

/// Where a direction of this energy acts, `[S][S]` in 0..1.
fn acts(energy: &[f32], size: usize) -> Vec<f32> {
    let half = Response::side_for(size);
    let near = gauss(energy, half, ACTS_SIGMA);
    let at = |v: usize| (v / 2).min(half - 1);
    let acts = (0..size * size).map(|p| {
        smoothstep((near[at(p / size) * half + at(p % size)] - ACTS_FROM) / (ACTS_FULLY - ACTS_FROM))
    });
    gauss(&acts.collect::<Vec<_>>(), size, 1.0)
}

/// The loss of a stroke that begins here, and the one it promises: where the mean response leads, if that is less.
fn promise(task: &Task<'_>, target: &[f32]) -> Result<(f64, f64)> {
    let objective = Objective::new(task, target);
    let aimed = &mut *task.generator.aim(Target { weight: &objective.weight, colour: &objective.colour })?;
    let here = objective.loss(aimed, task.start)?;
    let first = objective.first(task).map(|z| objective.loss(aimed, &z)).transpose()?;
    Ok((here, first.map_or(here, |first| first.min(here))))
}

#[cfg(test)]
#[path = "lead_tests.rs"]
mod tests;
