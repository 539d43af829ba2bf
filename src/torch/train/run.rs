//! A training run: steps, progress, the log, checkpoints and pictures every so often.

use super::batches::Batches;
use super::recipe::Recipe;
use super::step::{Figures, Learner, blown_up};
use super::{measure, plot};
use crate::data::Images;
use crate::error::{Error, Result};
use crate::ian::Network;
use serde_json::json;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;
use std::time::{Duration, Instant};
use tch::{Device, Tensor};

const CHECKPOINT: &str = "checkpoint.safetensors";

/// What a run is told besides its recipe.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where checkpoint, log and pictures go.
    pub folder: PathBuf,
    /// Begin with the weights of this checkpoint or model file.
    pub from: Option<PathBuf>,
    /// Time between checkpoints.
    pub every: Duration,
    /// Stop after this time, as if interrupted.
    pub at_most: Option<Duration>,
    /// Where to compute.
    pub device: Device,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All images of the recipe were seen.
    Done,
    /// Stopped from outside; the checkpoint holds the rest.
    Stopped,
}

/// What a run tells.
#[derive(Debug)]
pub enum Event<'a> {
    /// A line for the person.
    Said(&'a str),
    /// A step was made.
    Step(Step<'a>),
}

/// How far a run is.
#[derive(Debug)]
pub struct Step<'a> {
    /// Images seen.
    pub images: u64,
    /// Of how many.
    pub of: u64,
    /// Images a second since this process began.
    pub speed: f64,
    /// The step's losses.
    pub figures: &'a Figures,
}

/// Trains until the recipe's images are seen or `stop` is set; resumes from the folder's checkpoint if there is one.
///
/// `tell` hears of every step.
///
/// # Errors
/// If data and recipe do not fit, files can't be written, or a loss is not finite; the last checkpoint stays.
pub fn run(
    recipe: &Recipe,
    images: &Images,
    options: &Options,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<End> {
    let (held_out, range) = images.split(recipe.data.held_out);
    if range.len() < recipe.train.batch {
        return Err(Error::told(format!(
            "{} images are left to train on after {} held out; a batch takes {}",
            range.len(),
            recipe.data.held_out,
            recipe.train.batch
        )));
    }
    std::fs::create_dir_all(&options.folder)
        .map_err(|e| Error::file("the folder can't be made:", &options.folder, &e))?;
    let checkpoint = options.folder.join(CHECKPOINT);
    let mut learner = Learner::new(recipe, options.device)?;
    if checkpoint.exists() {
        learner.resume(&checkpoint)?;
        tell(&Event::Said(&format!("going on after {} images", learner.seen)));
    } else if let Some(from) = &options.from {
        learner.warm_start(from)?;
        tell(&Event::Said(&format!("beginning with the weights of {}", from.display())));
    }
    let batches = Batches::new(images, range, recipe, options.device);
    std::thread::scope(|scope| {
        let next = ahead(scope, batches, learner.steps);
        steps(&mut learner, images, held_out, options, stop, &next, tell)
    })
}

/// Batches ahead of the one that is learnt from: enough that a GPU never waits for one.
const AHEAD: usize = 4;

/// Makes the batches of the steps from `first` on in a thread of their own, until nobody takes them any more.
fn ahead<'scope>(
    scope: &'scope Scope<'scope, '_>,
    mut batches: Batches<'scope>,
    first: u64,
) -> Receiver<Result<Tensor>> {
    let (made, next) = sync_channel(AHEAD);
    scope.spawn(move || (first..).try_for_each(|step| made.send(batches.at(step)).map_err(drop)));
    next
}

fn steps(
    learner: &mut Learner,
    images: &Images,
    held_out: Range<usize>,
    options: &Options,
    stop: &AtomicBool,
    next: &Receiver<Result<Tensor>>,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<End> {
    let checkpoint = options.folder.join(CHECKPOINT);
    let (begun, first) = (Instant::now(), learner.seen);
    let mut saved = Instant::now();
    let mut since = Since::new(learner.seen);
    let of = learner.recipe.train.images;
    loop {
        let stopped =
            stop.load(Ordering::Relaxed) || options.at_most.is_some_and(|most| begun.elapsed() >= most);
        let done = learner.seen >= of;
        if stopped || done || saved.elapsed() >= options.every {
            learner.check_finite()?;
            report(learner, images, held_out.clone(), &mut since, &options.folder, tell)?;
            learner.save(&checkpoint)?;
            saved = Instant::now();
            if done || stopped {
                return Ok(if done { End::Done } else { End::Stopped });
            }
        }
        let batch = next.recv().map_err(|_| Error::told("the thread that makes batches has died"))?;
        let figures = learner.step(&batch?)?;
        since.add(&figures);
        let speed = (learner.seen - first) as f64 / begun.elapsed().as_secs_f64().max(1e-9);
        tell(&Event::Step(Step { images: learner.seen, of, speed, figures: &figures }));
    }
}

/// Means of the losses since the last line of the log.
struct Since {
    sums: std::collections::BTreeMap<&'static str, (f64, u64)>,
    begun: Instant,
    seen: u64,
}

impl Since {
    fn new(seen: u64) -> Self {
        Self { sums: Default::default(), begun: Instant::now(), seen }
    }

    fn add(&mut self, figures: &Figures) {
        for (name, value) in figures {
            let entry = self.sums.entry(name).or_default();
            *entry = (entry.0 + value, entry.1 + 1);
        }
    }
}

/// Writes a line of the log and the picture grid, from the averaged weights.
fn report(
    learner: &mut Learner,
    images: &Images,
    held_out: Range<usize>,
    since: &mut Since,
    folder: &Path,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<()> {
    let mut line = json!({
        "images": learner.seen,
        "steps": learner.steps,
        "seconds": since.begun.elapsed().as_secs_f64(),
        "images_per_second": (learner.seen - since.seen) as f64 / since.begun.elapsed().as_secs_f64().max(1e-9),
        "rate": learner.recipe.train.rate * learner.recipe.pace(learner.seen),
    });
    for (name, (sum, count)) in &since.sums {
        line[*name] = json!(sum / *count as f64);
    }
    if !held_out.is_empty() {
        let network = learner.averaged()?;
        let figures = measure::figures(&network, images, held_out.clone())?;
        // Weights may be finite and yet so large that nothing else is; such ones are not to replace a good checkpoint.
        if ![figures.error, figures.nats.unwrap_or(0.0)].iter().all(|v| v.is_finite()) {
            return Err(blown_up("the network's answers to the held-out images are not finite"));
        }
        line["held_out"] = json!(figures);
        tell(&Event::Said(&format!(
            "held out after {} images: error {:.4}, PSNR {:.1} dB, SSIM {:.3}, sharpness {:.2}, {:.0} nats",
            learner.seen,
            figures.error,
            figures.psnr,
            figures.ssim,
            figures.sharpness,
            figures.nats.unwrap_or(0.0)
        )));
        if held_out.len() >= 2 {
            let path = folder.join("grid.png");
            let grid = measure::grid(&network, images, held_out)?;
            grid.save(&path).map_err(|e| Error::file("the pictures can't be written:", &path, &e))?;
        }
    }
    let path = folder.join("log.jsonl");
    let mut log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|e| Error::file("the log can't be written:", &path, &e))?;
    writeln!(log, "{line}").map_err(|e| Error::file("the log can't be written:", &path, &e))?;
    drop(log);
    *since = Since::new(learner.seen);
    // A picture is no reason to stop hours of training: an older npe-train's log may have lines it can't read.
    if let Err(e) = plot::write(&path, &folder.join("plot.svg")) {
        tell(&Event::Said(&format!("no plot: {e}")));
    }
    Ok(())
}

impl Learner {
    /// The network with its averaged weights (its own, if it keeps no average), not to be trained on.
    ///
    /// # Errors
    /// If memory is short.
    pub fn averaged(&self) -> Result<Box<dyn Network>> {
        let params = self.average.as_ref().unwrap_or(self.network.params());
        let recipe = &self.recipe;
        let mut network = crate::ian::new(&recipe.network, recipe.norm_latents, recipe.ian, params.device())?;
        network.params_mut().load(&params.all().into_iter().collect())?;
        Ok(network)
    }
}
