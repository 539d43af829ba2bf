//! How a stroke moves the latents.

use super::Progress;
use super::lead::lead;
use super::objective::Objective;
use super::settings::{Solver, StrokeSettings};
use crate::brush::{Mode, Painted, Stroke};
use crate::error::{Error, ErrorKind, Result};
use crate::generator::{Generator, Target};
use crate::limits;
use crate::photo::Frame;

/// The solver ends when a step gains less than this share of the loss: further ones move no pixel that a person could tell, and
/// take a third of the time of a stroke over the forehead.
const GAIN: f64 = 1e-3;
/// How much lighten and darken ask for, on the −1..1 scale, at strength 1.
const SHADE: f32 = 0.6;
/// Pairs that the quasi-Newton step remembers.
const MEMORY: usize = 8;

/// What a stroke did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Report {
    /// The solver's whole loss before and after. For [`Solver::Guided`], after ≤ before. For [`Solver::Published`], the first
    /// dab's before its step and the last one's after it.
    pub loss_before: f32,
    /// See `loss_before`.
    pub loss_after: f32,
    /// Mean squared colour error under the brush in the network's image (−1..1 scale), before and after.
    pub brush_before: f32,
    /// See `brush_before`.
    pub brush_after: f32,
    /// Steps taken.
    pub steps: u32,
}

/// A square of the published brush on the network's grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Square {
    x: usize,
    y: usize,
    side: usize,
}

pub(super) struct Task<'a> {
    pub generator: &'a dyn Generator,
    pub painted: &'a Painted,
    pub mode: Mode,
    /// One for each dab; only the published solver looks at them. Empty for a painted layer.
    pub squares: &'a [Square],
    pub settings: &'a StrokeSettings,
    /// z now.
    pub start: &'a [f32],
    /// G(z) now.
    pub shown: &'a [f32],
    /// X̂₀.
    pub reconstruction: &'a [f32],
    /// What was brushed before, `[S][S]`.
    pub brushed: &'a [u8],
    /// How many times as hard as by itself the rest is kept, and z near to where it is.
    pub held: f32,
}

/// The published brush's squares: side 2·radius + 1, clamped inside the image; dabs beside the image have none.
pub(super) fn squares(stroke: &Stroke, frame: &Frame, size: usize) -> Vec<Square> {
    (stroke.dabs.iter())
        .filter_map(|d| {
            let (u, v) = frame.from_photo(f64::from(d.x), f64::from(d.y));
            let radius = (f64::from(d.radius) * size as f64 / frame.side).round() as usize;
            let side = (2 * radius + 1).min(size);
            let place = |t: f64| {
                ((t * size as f64).floor() - (side / 2) as f64).clamp(0.0, (size - side) as f64) as usize
            };
            let beside =
                |t: f64| t < -f64::from(d.radius) / frame.side || t > 1.0 + f64::from(d.radius) / frame.side;
            (!beside(u) && !beside(v)).then(|| Square { x: place(u), y: place(v), side })
        })
        .collect()
}

/// Where a stroke led.
pub(super) struct Solved {
    pub latents: Vec<f32>,
    /// G of the latents.
    pub image: Vec<f32>,
    /// Where a direction that led the stroke acts, `[S][S]` in 0..1.
    pub acts: Option<Vec<f32>>,
    pub report: Report,
}

/// Moves the latents.
pub(super) fn solve(task: &Task<'_>, progress: &mut Progress<'_>) -> Result<Solved> {
    let target = task.target(task.far());
    let brush = Target { weight: &task.painted.weight, colour: &target };
    let mut report = Report { brush_before: brush.loss(task.shown), ..Report::default() };
    let mut acts = None;
    let latents = match task.settings.solver {
        Solver::Guided => {
            let mut evaluations = 0;
            let led = lead(task, &mut evaluations, progress)?;
            let from = led.as_ref().map(|led| led.task(task));
            let from = from.as_ref().unwrap_or(task);
            let latents = guided(from, &target, evaluations, &mut report, progress)?;
            if let Some(led) = led {
                report.loss_before = led.before as f32;
                report.loss_after += led.price as f32;
                acts = Some(led.acts);
            }
            latents
        }
        Solver::Published => published(task, &target, &mut report, progress)?,
    };
    // All is done: what the host answers now changes nothing.
    progress(1.0);
    let image = task.generator.decode(&latents)?;
    report.brush_after = brush.loss(&image);
    Ok(Solved { latents, image, acts, report })
}

impl Task<'_> {
    /// How far towards its colours a stroke goes, by strength and pressure. (Pressure could not act through the weights alone: the
    /// brush term is a mean, so a uniform factor cancels.)
    pub fn far(&self) -> f32 {
        self.settings.strength * peak(&self.painted.weight)
    }

    /// The colours that the brushed pixels are pulled to, `[3][S][S]`, `far` of the way from what is shown.
    pub fn target(&self, far: f32) -> Vec<f32> {
        let aim = |i: usize| match self.mode {
            Mode::Color => self.painted.color[i],
            Mode::Lighten => (self.shown[i] + SHADE).min(1.0),
            Mode::Darken => (self.shown[i] - SHADE).max(-1.0),
            Mode::Restore => self.reconstruction[i],
        };
        (0..self.shown.len()).map(|i| self.shown[i] + far * (aim(i) - self.shown[i])).collect()
    }
}

pub(super) fn peak(weight: &[f32]) -> f32 {
    weight.iter().fold(0.0, |a, b| a.max(*b))
}

pub(super) fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the stroke was cancelled; the edit is as it was before it")
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Limited-memory BFGS with a backtracking line search (Nocedal and Wright, algorithms 3.1 and 7.4): a step is taken only
/// if it lowers the loss enough. Every evaluation counts towards the budget.
fn guided(
    task: &Task<'_>,
    target: &[f32],
    mut evaluations: u32,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Result<Vec<f32>> {
    let objective = Objective::new(task, target);
    let aimed = &mut *task.generator.aim(Target { weight: &objective.weight, colour: &objective.colour })?;
    let budget = task.settings.steps;
    let mut z = task.start.to_vec();
    let mut loss = objective.loss(aimed, &z)?;
    report.loss_before = loss as f32;
    if !progress(evaluations as f32 / budget as f32) {
        return Err(cancelled());
    }
    if let Some(first) = objective.first(task) {
        evaluations += 1;
        let first_loss = objective.loss(aimed, &first)?;
        if first_loss < loss {
            (z, loss) = (first, first_loss);
            report.steps += 1;
        }
    }
    let mut gradient = objective.gradient(aimed, &z)?;
    let mut pairs: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    'steps: while evaluations < budget {
        let mut direction = two_loop(&gradient, &pairs);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            pairs.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = -dot(&gradient, &gradient);
        }
        // Flat: nothing is left to gain.
        if slope > -1e-9 {
            break;
        }
        // Without curvature known yet, begin with a step of length 1 in z, about a tenth of ‖z‖.
        let mut length = if pairs.is_empty() { 1.0 / dot(&direction, &direction).sqrt() } else { 1.0 };
        let (next, next_loss) = loop {
            if !progress(evaluations as f32 / budget as f32) {
                return Err(cancelled());
            }
            if evaluations >= budget {
                break 'steps;
            }
            evaluations += 1;
            let limit = f64::from(limits::LATENT_ABS);
            let trial: Vec<f32> = (z.iter().zip(&direction))
                .map(|(z, d)| (f64::from(*z) + length * d).clamp(-limit, limit) as f32)
                .collect();
            let trial_loss = objective.loss(aimed, &trial)?;
            if trial_loss <= loss + 1e-4 * length * slope {
                break (trial, trial_loss);
            }
            // The minimum of the parabola through both losses and the slope, kept within a half to a tenth.
            let parabola = -slope * length * length / (2.0 * (trial_loss - loss - slope * length));
            length =
                if parabola.is_finite() { parabola.clamp(0.1 * length, 0.5 * length) } else { 0.1 * length };
            if length < 1e-6 {
                break 'steps;
            }
        };
        let next_gradient = objective.gradient(aimed, &next)?;
        let moved: Vec<f64> = next.iter().zip(&z).map(|(a, b)| f64::from(a - b)).collect();
        let bent: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        if dot(&moved, &bent) > 1e-10 {
            if pairs.len() == MEMORY {
                pairs.remove(0);
            }
            pairs.push((moved, bent));
        }
        let gain = loss - next_loss;
        (z, loss, gradient) = (next, next_loss, next_gradient);
        report.steps += 1;
        if gain < GAIN * loss.abs() {
            break;
        }
    }
    report.loss_after = loss as f32;
    Ok(z)
}

/// The quasi-Newton direction −H·g from the remembered pairs.
fn two_loop(gradient: &[f64], pairs: &[(Vec<f64>, Vec<f64>)]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::new();
    for (s, y) in pairs.iter().rev() {
        let alpha = dot(s, &q) / dot(s, y);
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    if let Some((s, y)) = pairs.last() {
        let gamma = dot(s, y) / dot(y, y);
        q.iter_mut().for_each(|q| *q *= gamma);
    }
    for ((s, y), alpha) in pairs.iter().zip(alphas.iter().rev()) {
        let beta = dot(y, &q) / dot(s, y);
        q.iter_mut().zip(s).for_each(|(q, s)| *q += (alpha - beta) * s);
    }
    q
}

/// `z ← z − 0.05·(1+w)·∂ mean_square (c − G(z))²/∂z`, once for each dab; lighten and darken
/// `z ← z ± 0.1·(1+w)·∂ mean(G(z)[square])/∂z` (section 2 and the published program).
fn published(
    task: &Task<'_>,
    target: &[f32],
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Result<Vec<f32>> {
    let size = task.generator.image_size();
    let pixels = size * size;
    if task.squares.is_empty() {
        return Err(Error::invalid(
            "the published solver brushes with squares and can't take a painted layer; choose the guided solver for it",
        ));
    }
    // More dabs than the budget allows are thinned evenly, so that a call always ends.
    let count = task.squares.len().min(task.settings.steps as usize);
    let mut z = task.start.to_vec();
    for n in 0..count {
        if !progress(n as f32 / count as f32) {
            return Err(cancelled());
        }
        let square = &task.squares[n * task.squares.len() / count];
        let mut weight = vec![0.0; pixels];
        for y in square.y..square.y + square.side {
            weight[y * size + square.x..][..square.side].fill(1.0);
        }
        // The mean's gradient is a pull's towards a target half a unit away: ∂(x−t)² = 2(x−t) = ∓1.
        let side = 1.0 + square.side as f32;
        let (colour, rate) = match task.mode {
            Mode::Color | Mode::Restore => (target.to_vec(), 0.05 * side),
            Mode::Lighten | Mode::Darken => {
                let half = if task.mode == Mode::Lighten { 0.5 } else { -0.5 };
                (task.generator.decode(&z)?.iter().map(|x| x + half).collect(), 0.1 * side)
            }
        };
        let square = Target { weight: &weight, colour: &colour };
        let pull = task.generator.pull(&z, &square)?;
        let limit = limits::LATENT_ABS;
        z.iter_mut().zip(&pull.gradient).for_each(|(z, g)| *z = (*z - rate * g).clamp(-limit, limit));
        if n == 0 {
            report.loss_before = pull.loss;
        }
        if n + 1 == count {
            report.loss_after = square.loss(&task.generator.decode(&z)?);
        }
        report.steps += 1;
    }
    Ok(z)
}
