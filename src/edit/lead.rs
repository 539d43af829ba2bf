//! A direction of the model that has a label, such as a smile, leads a stroke on what it changes most: white on shut lips is a smile, and a
//! smile is more than teeth. A solver that keeps the rest of the face as it is finds white lips.

use super::Progress;
use super::blend::{away, gauss, smoothstep};
use super::objective::Objective;
use super::solver::{Task, cancelled, peak};
use crate::brush::Mode;
use crate::error::Result;
use crate::generator::{Attribute, Response, Target};
use crate::limits;

/// A direction is tried that in the mean over all faces changes pixels under the brush by so many times its mean square over the image: a
/// smile does about the mouth, and has up to 2 on hair, forehead and eyes.
const NEAR: f32 = 2.0;
/// What it does to this face is the difference of images so many of its typical steps to both sides.
const APART: f32 = 1.5;
/// It acts under the brush if pixels there change by so many times the mean square over the image.
const LOCAL: f32 = 4.0;
/// And it leads if the promised loss becomes so small a share of that without it: teeth that show already, or lips to be red, are the
/// solver's.
const GAIN: f64 = 0.8;
/// A stroke goes so many typical steps along it at most: as far as its slider.
const STEPS: f32 = limits::ATTRIBUTE_ABS;
/// Nor to a place farther than so many from the mean face, where most smiles with teeth are at 1 to 3: these get whiter rather than wider.
const FARTHEST: f32 = 3.5;
/// The way is tried in so many parts.
const PARTS: u32 = 3;
/// So many times what the prior takes for other moves is taken for it: faces differ along it.
const PRICE: f64 = 0.1;
/// From there on the rest and the latents are held so many times as hard: what the direction has painted is a face, what a few white
/// pixels ask for besides is foam.
const HELD: f32 = 6.0;
/// Of what earlier strokes painted, so much as a mean square may change on the way.
const UNDONE: f32 = 0.02;
/// Its change is seen nowhere below so many times its mean square, in the mean around (σ in pixels of 64)…
const ACTS_FROM: f32 = 0.7;
const ACTS_SIGMA: f32 = 4.0;
/// …and fully from here on: lips, their corners, and cheeks with their folds…
const ACTS_FULLY: f32 = 2.2;
/// …up to so far from what was brushed, and nowhere from the second on, in shares of the side: a smile moves hair too.
const ACTS_NEAR: f32 = 0.06;
const ACTS_END: f32 = 0.2;

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
    /// How far a stroke may go along it, in its typical steps.
    most: f32,
    /// `[S][S]` in 0..1, see [`Led::acts`].
    acts: Vec<f32>,
}

/// Tries how far to go along the direction that acts under the brush, and takes what promises the smallest loss at full strength, what keeps
/// the face and the prior being about there; with less strength, less far. None if that is nowhere. Counts what it asks of the network, up to
/// three fifths of the budget.
pub(super) fn lead(
    task: &Task<'_>,
    evaluations: &mut u32,
    progress: &mut Progress<'_>,
) -> Result<Option<Led>> {
    let Some(direction) = near(task) else { return Ok(None) };
    let budget = task.settings.steps;
    // Two for what it does here, two where it stands, three for each part of the way (its image too), and three for the end.
    let parts = PARTS.min((budget * 3 / 5).saturating_sub(7) / 3);
    if parts == 0 {
        return Ok(None);
    }
    let mut count = |more: u32| {
        *evaluations += more;
        if progress(*evaluations as f32 / budget as f32) { Ok(()) } else { Err(cancelled()) }
    };
    let (full, far) = (task.target(1.0), task.far());
    count(2)?;
    let Some(Acting { direction, most, acts }) = acting(task, direction, &full)? else { return Ok(None) };
    count(2)?;
    let objective = Objective::new(task, &full);
    let at = |t: f32, target: &[f32]| -> Result<(Led, f64)> {
        let limit = limits::LATENT_ABS;
        let start: Vec<f32> =
            task.start.iter().zip(direction).map(|(z, d)| (z + t * d).clamp(-limit, limit)).collect();
        let (shown, price) = (task.generator.decode(&start)?, PRICE * objective.prior(&start));
        let led = Led { start, shown, price, before: 0.0, acts: Vec::new() };
        let whole = promise(&led.task(task), target)? + price;
        Ok((led, whole))
    };
    let mut least = GAIN * promise(&Task { held: HELD, ..*task }, &full)?;
    let mut best = None;
    for part in 1..=parts {
        count(3)?;
        let t = most * part as f32 / parts as f32;
        let (led, whole) = at(t, &full)?;
        if whole < least && undone(task, &led.shown) <= UNDONE {
            least = whole;
            best = Some((t, led, whole));
        }
    }
    let Some((t, mut led, mut whole)) = best else { return Ok(None) };
    let target = task.target(far);
    if far < 1.0 {
        count(3)?;
        (led, whole) = at(far * t, &target)?;
    }
    let brush = Target { weight: &task.painted.weight, colour: &target };
    let before = f64::from(brush.loss(task.shown));
    Ok((whole < before).then_some(Led { before, acts, ..led }))
}

/// The direction that acts most near the brush in the mean over all faces, if one does.
fn near<'a>(task: &Task<'a>) -> Option<&'a [f32]> {
    let size = task.generator.image_size();
    let response = task.generator.response().filter(|r| r.fits(task.start.len(), size))?;
    // What is restored is to be as it was, and nothing else another way.
    if task.mode == Mode::Restore {
        return None;
    }
    let weight = Response::sums_under(&task.painted.weight, size);
    let of = |Attribute { direction, .. }: &'a Attribute| {
        let mut change = vec![0.0f32; 3 * weight.len()];
        for (row, d) in response.rows().zip(direction) {
            change.iter_mut().zip(row).for_each(|(c, r)| *c += d * r);
        }
        (direction.as_slice(), mean(&energy(&change), &weight))
    };
    let leading = task.generator.attributes().iter().filter(|a| a.leads);
    // A response of huge numbers says nothing.
    let found = leading.map(of).filter(|(_, local)| *local >= NEAR && local.is_finite());
    found.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(direction, _)| direction)
}

/// What a direction does to this face, if that is under the brush.
fn acting<'a>(task: &Task<'_>, direction: &'a [f32], wanted: &[f32]) -> Result<Option<Acting<'a>>> {
    let (size, limit) = (task.generator.image_size(), limits::LATENT_ABS);
    let beside = |by: f32| {
        let z: Vec<f32> =
            task.start.iter().zip(direction).map(|(z, d)| (z + by * d).clamp(-limit, limit)).collect();
        task.generator.decode(&z)
    };
    let (there, back) = (beside(APART)?, beside(-APART)?);
    let change: Vec<f32> = there.iter().zip(&back).map(|(a, b)| a - b).collect();
    let (energy, weight) = (energy(&change), &task.painted.weight);
    let towards = (0..change.len())
        .map(|i| weight[i % weight.len()] * change[i] * (wanted[i] - task.shown[i]))
        .sum::<f32>();
    let (along, square) = (task.start.iter().zip(direction))
        .fold((0.0, 0.0), |(along, square), (z, d)| (along + z * d, square + d * d));
    let most = (FARTHEST - along / square).min(STEPS);
    // A label says what is added, so the way is one way: what makes the colour there more like what is wanted.
    let leads = mean(&energy, weight) >= LOCAL && towards > 0.0 && most > 0.0;
    Ok(leads.then(|| Acting { direction, most, acts: acts(&energy, weight, size) }))
}

/// How much each pixel changes: squares, 1 in the mean. (Not a number where nothing does.)
fn energy(change: &[f32]) -> Vec<f32> {
    let pixels = change.len() / 3;
    let squares = |p: usize| (0..3).map(|c| change[c * pixels + p].powi(2)).sum::<f32>();
    let mean = (0..pixels).map(squares).sum::<f32>() / pixels as f32;
    (0..pixels).map(|p| squares(p) / mean).collect()
}

/// The mean of a map under a brush.
fn mean(map: &[f32], weight: &[f32]) -> f32 {
    map.iter().zip(weight).map(|(m, w)| m * w).sum::<f32>() / weight.iter().sum::<f32>()
}

/// Where a direction of this energy acts around the brush, `[S][S]` in 0..1.
fn acts(energy: &[f32], weight: &[f32], size: usize) -> Vec<f32> {
    let pixel = size as f32 / 64.0;
    let near = |far: f32| 1.0 - smoothstep((far / size as f32 - ACTS_NEAR) / (ACTS_END - ACTS_NEAR));
    let acts: Vec<f32> = (gauss(energy, size, ACTS_SIGMA * pixel).iter().zip(&away(weight, size)))
        .map(|(energy, far)| near(*far) * smoothstep((energy - ACTS_FROM) / (ACTS_FULLY - ACTS_FROM)))
        .collect();
    gauss(&acts, size, pixel)
}

/// What an image undoes of earlier strokes, as a mean square: lips painted beside teeth are not to shut the mouth.
fn undone(task: &Task<'_>, image: &[f32]) -> f32 {
    let (brush, pixels) = (&task.painted.weight, task.brushed.len());
    let peak = peak(brush);
    let earlier = |p: usize| f32::from(task.brushed[p]) / 255.0 * (1.0 - brush[p] / peak);
    let (mut sum, mut total) = (0.0, 0.0);
    for p in 0..pixels {
        let moved = (0..3).map(|c| (image[c * pixels + p] - task.shown[c * pixels + p]).powi(2)).sum::<f32>();
        sum += earlier(p) * moved / 3.0;
        total += earlier(p);
    }
    // Of a few pixels that the brush left out, as little as they are.
    sum / total.max(brush.iter().sum::<f32>() / peak)
}

/// The loss that a stroke from here promises: the one where it is, or where the mean response leads.
fn promise(task: &Task<'_>, target: &[f32]) -> Result<f64> {
    let objective = Objective::new(task, target);
    let aimed = &mut *task.generator.aim(Target { weight: &objective.weight, colour: &objective.colour })?;
    let here = objective.loss(aimed, task.start)?;
    let first = objective.first(task).map(|z| objective.loss(aimed, &z)).transpose()?;
    Ok(first.map_or(here, |first| first.min(here)))
}

#[cfg(test)]
#[path = "lead_tests.rs"]
mod tests;
