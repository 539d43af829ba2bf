//! How a stroke moves the latents.

use super::Progress;
use super::settings::{Solver, StrokeSettings};
use super::start;
use crate::brush::{Mode, Painted, Stroke, distance};
use crate::error::{Error, ErrorKind, Result};
use crate::generator::{Aimed, Generator, Response, Target};
use crate::limits;
use crate::photo::Frame;

/// Weight of keeping the rest of the face as it is shown, at freedom ½.
const KEEP: f32 = 1.0;
/// Weight of staying near the latents the stroke starts from, for each latent, at freedom ½. (Not near the photo's: each stroke
/// would take back some of those before it.) A sum, not a mean: a move is as unlikely however many latents stand still.
const PRIOR: f32 = 0.003;
/// The keep term of a broad brush grows from 0 at the brush to its full weight at this many times the root of the brushed area:
/// hair needs sides and temples.
const KEEP_FULL: f32 = 1.75;
/// The brushed share of the frame from which on a brush is broad: a stroke over the forehead.
const BROAD: f32 = 0.023;
/// The finest brush keeps the rest so many times as hard. (A broad one: [`Generator::broad_keep`].)
const FINE_KEEP: f32 = limits::MODEL_BROAD_KEEP_MAX;
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
    pub report: Report,
}

/// Moves the latents.
pub(super) fn solve(task: &Task<'_>, progress: &mut Progress<'_>) -> Result<Solved> {
    let target = task.target();
    let brush = Target { weight: &task.painted.weight, colour: &target };
    let mut report = Report { brush_before: brush.loss(task.shown), ..Report::default() };
    let latents = match task.settings.solver {
        Solver::Guided => guided(task, &target, &mut report, progress)?,
        Solver::Published => published(task, &target, &mut report, progress)?,
    };
    // All is done: what the host answers now changes nothing.
    progress(1.0);
    let image = task.generator.decode(&latents)?;
    report.brush_after = brush.loss(&image);
    Ok(Solved { latents, image, report })
}

impl Task<'_> {
    /// The colours that the brushed pixels are pulled to, `[3][S][S]`: strength and pressure mix them with what is shown.
    /// (Pressure could not act through the weights alone: the brush term is a mean, so a uniform factor cancels.)
    fn target(&self) -> Vec<f32> {
        let aim = |i: usize| match self.mode {
            Mode::Color => self.painted.color[i],
            Mode::Lighten => (self.shown[i] + SHADE).min(1.0),
            Mode::Darken => (self.shown[i] - SHADE).max(-1.0),
            Mode::Restore => self.reconstruction[i],
        };
        let far = self.settings.strength * peak(&self.painted.weight);
        (0..self.shown.len()).map(|i| self.shown[i] + far * (aim(i) - self.shown[i])).collect()
    }
}

fn peak(weight: &[f32]) -> f32 {
    weight.iter().fold(0.0, |a, b| a.max(*b))
}

fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the stroke was cancelled; the edit is as it was before it")
}

/// The objective of the guided solver. Brush and keep terms are both weighted squared distances, so they merge into one
/// weight map and one target image, and one pull of the generator serves both:
/// `a(x−s)² + b(x−t)² = (a+b)(x − (a·s+b·t)/(a+b))² + const`.
struct Objective {
    weight: Vec<f32>,
    colour: Vec<f32>,
    /// What the merged form leaves out, so that the loss is the sum of the terms.
    constant: f64,
    scale: f64,
    prior: f64,
    anchor: Vec<f32>,
    /// The prior of the solver's first move.
    start: f32,
}

impl Objective {
    fn new(task: &Task<'_>, target: &[f32]) -> Self {
        let size = task.generator.image_size();
        let pixels = size * size;
        let settings = task.settings;
        // Freedom ½ is the default weight; 0 holds 16 times as hard, 1 lets go 16 times as far.
        let free = 16f32.powf(1.0 - 2.0 * settings.freedom);
        let peak = peak(&task.painted.weight);
        let brushed: Vec<f32> = task.painted.weight.iter().map(|w| w / peak).collect();
        let far = distance(&brushed, size, 0.5);
        let total: f32 = brushed.iter().sum();
        // A fine brush asks for a local change, a broad one lets its surroundings follow. Held close by, white between the
        // lips is teeth; let go, it is a lighter face.
        let fine = BROAD * pixels as f32 / total;
        let keep_all =
            KEEP * free * fine.powi(4).clamp(task.generator.broad_keep(), FINE_KEEP) / pixels as f32;
        let keep_full = (KEEP_FULL * fine.recip().sqrt().clamp(0.3, 1.0) * total.sqrt()).max(1.0);
        let mut weight = vec![0.0; pixels];
        let mut colour = vec![0.0; 3 * pixels];
        let mut constant = 0.0;
        for p in 0..pixels {
            let brush = brushed[p] / total;
            let near = (far[p] / keep_full).min(1.0);
            let keep = keep_all * near * near * (1.0 - brushed[p]);
            weight[p] = brush + keep;
            for c in 0..3 {
                let i = c * pixels + p;
                let (s, t) = (target[i], task.shown[i]);
                colour[i] = if weight[p] > 0.0 { (brush * s + keep * t) / weight[p] } else { t };
                if weight[p] > 0.0 {
                    constant += f64::from(brush * keep / weight[p]) * f64::from(s - t).powi(2) / 3.0;
                }
            }
        }
        let scale = weight.iter().map(|w| f64::from(*w)).sum();
        Self {
            weight,
            colour,
            constant,
            scale,
            prior: f64::from(PRIOR * free),
            anchor: task.start.to_vec(),
            start: start::PRIOR * free,
        }
    }

    fn prior(&self, z: &[f32]) -> f64 {
        let sum: f64 = z.iter().zip(&self.anchor).map(|(z, a)| f64::from(z - a).powi(2)).sum();
        self.prior * sum
    }

    /// Where the network's mean response leads, if it is known.
    fn first(&self, task: &Task<'_>) -> Option<Vec<f32>> {
        let fits = |r: &&Response| r.fits(task.start.len(), task.generator.image_size());
        let response = task.generator.response().filter(fits)?;
        let wanted: Vec<f32> = self.colour.iter().zip(task.shown).map(|(c, s)| c - s).collect();
        let towards = start::towards(response, &self.weight, &wanted, self.start);
        let limit = limits::LATENT_ABS;
        // A map of huge numbers leads nowhere.
        (towards.iter().all(|d| d.is_finite()))
            .then(|| task.start.iter().zip(towards).map(|(z, d)| (z + d).clamp(-limit, limit)).collect())
    }

    fn loss(&self, aimed: &mut dyn Aimed, z: &[f32]) -> Result<f64> {
        Ok(self.scale * f64::from(aimed.loss(z)?) + self.constant + self.prior(z))
    }

    /// The gradient: cheapest at latents whose loss was asked for just before.
    fn gradient(&self, aimed: &mut dyn Aimed, z: &[f32]) -> Result<Vec<f64>> {
        let prior = 2.0 * self.prior;
        Ok((aimed.gradient(z)?.iter().zip(z).zip(&self.anchor))
            .map(|((g, z), a)| self.scale * f64::from(*g) + prior * f64::from(z - a))
            .collect())
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Limited-memory BFGS with a backtracking line search (Nocedal and Wright, algorithms 3.1 and 7.4): a step is taken only
/// if it lowers the loss enough. Every evaluation counts towards the budget.
fn guided(
    task: &Task<'_>,
    target: &[f32],
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Result<Vec<f32>> {
    let objective = Objective::new(task, target);
    let aimed = &mut *task.generator.aim(Target { weight: &objective.weight, colour: &objective.colour })?;
    let budget = task.settings.steps;
    let mut z = task.start.to_vec();
    let mut loss = objective.loss(aimed, &z)?;
    report.loss_before = loss as f32;
    let mut evaluations = 0;
    if !progress(0.0) {
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
