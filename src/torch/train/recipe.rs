//! A recipe: everything a training run depends on, read from a TOML file. See `docs/training.md`.

use crate::data::augment::Augment;
use crate::error::{Error, Result};
use crate::ian::Sizes;
use crate::ian::full;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// All settings of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The network's sizes.
    pub network: Sizes,
    /// Batch norm on μ and log σ, as published.
    #[serde(default)]
    pub norm_latents: bool,
    /// What the architecture `ian` leaves open; the paper's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ian: Option<full::Options>,
    /// The images.
    pub data: Data,
    /// How they are varied; without it they are mirrored only, as `data.mirror` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augment: Option<Augment>,
    /// Batches and steps.
    pub train: Train,
    /// What is made small.
    pub loss: Loss,
    /// The adversary.
    #[serde(default)]
    pub adversary: Adversary,
    /// What the model says about itself.
    pub model: About,
}

/// Where the images are, and which part of each is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// A folder, a tar, an SVHN `.mat`, CIFAR-10 binaries; relative to the working directory.
    pub source: PathBuf,
    /// x, y and side of the square that is used, in pixels of the source; the central square if absent.
    pub crop: Option<[u32; 3]>,
    /// So many images, the first ones, are kept for measuring.
    pub held_out: usize,
    /// How likely an image is mirrored.
    #[serde(default = "half")]
    pub mirror: f32,
}

/// Batches and steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// The run ends when this many images were seen.
    pub images: u64,
    /// Images of a step.
    pub batch: usize,
    /// Adam's step size.
    pub rate: f64,
    /// It grows from 0 over this many images.
    #[serde(default)]
    pub warm_up: u64,
    /// From this share of the run on it falls to `final_rate` along a cosine.
    #[serde(default = "one")]
    pub decay_from: f64,
    /// Share of `rate` that is left at the end.
    #[serde(default = "tenth")]
    pub final_rate: f64,
    /// Adam's β1 and β2.
    #[serde(default = "betas")]
    pub betas: [f64; 2],
    /// Decay of weights, added to the gradient (L2).
    #[serde(default)]
    pub weight_decay: f64,
    /// The gradient is scaled down to this length, if longer; 0: never.
    #[serde(default)]
    pub clip: f64,
    /// The share of the averaged weights that a step keeps; 0: no average.
    #[serde(default = "ema")]
    pub ema: f64,
    /// What does not learn.
    #[serde(default)]
    pub frozen: Frozen,
    /// What batch norm goes by.
    #[serde(default)]
    pub norms: Norms,
    /// Seed of everything random.
    #[serde(default)]
    pub seed: u64,
}

/// What does not learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Frozen {
    /// Everything learns.
    #[default]
    Nothing,
    /// The decoder stays as it is, its batch norm too: samples stay what they are, and only what is read from photos changes.
    Decoder,
}

/// What batch norm goes by while training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Norms {
    /// The figures of each batch, which it averages for later.
    #[default]
    Batch,
    /// The averaged figures it began with, as in use. What a model file is trained on with: there they are folded into the
    /// weights.
    Fixed,
}

/// Weights of the losses, summed over an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// Of the mean absolute error of a reconstruction (−1..1).
    pub pixel: f64,
    /// Places that count for more in it: x, y and radius in pixels of the image, and how many times as much a pixel counts
    /// at the place itself; the rest falls off as a Gaussian whose σ is the radius. What is small and matters (a drawn mouth)
    /// is else too few pixels to be learned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub focus: Vec<[f64; 4]>,
    /// Of the mean absolute error of its halved copies, each; makes broad colours right sooner.
    #[serde(default)]
    pub pyramid: f64,
    /// Of the mean square difference of the trunk's activations (§3.1).
    #[serde(default)]
    pub feature: f64,
    /// Of the divergence from the prior, in nats an image.
    #[serde(default = "one")]
    pub kl: f64,
    /// Nats a latent may carry for nothing.
    #[serde(default)]
    pub free_nats: f64,
    /// Of the architecture's penalty on its weights (orthogonal regularisation).
    #[serde(default)]
    pub penalty: f64,
    /// Share of a batch whose latents are drawn from their posteriors, as published. The others take the posterior's mean, as
    /// the editor does; how wide their posteriors are makes no difference to their reconstructions then.
    #[serde(default = "one")]
    pub drawn: f64,
    /// Of ‖E(G(z)) − z‖² / ‖z‖² for latents as edits leave them, see [`super::cycle`].
    #[serde(default)]
    pub cycle: f64,
}

/// The adversary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Adversary {
    /// Who plays against the decoder.
    pub kind: AdversaryKind,
    /// `separate`: the adversary's pull on an image as a share of the reconstruction's. `introspective`: weight of the
    /// adversarial terms.
    #[serde(default)]
    pub weight: f64,
    /// The game begins when this many images were seen, and grows to its full weight over as many as `ramp`.
    #[serde(default)]
    pub from: u64,
    /// See `from`.
    #[serde(default)]
    pub ramp: u64,
    /// Adam's step size for the adversary.
    #[serde(default)]
    pub rate: f64,
    /// Channel multiplier of a separate adversary.
    #[serde(default)]
    pub width: usize,
    /// Weight of the R1 penalty ‖∂D(x)/∂x‖², every 16th step; 0: none.
    #[serde(default)]
    pub r1: f64,
}

/// Who plays against the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum AdversaryKind {
    /// Nobody: a variational autoencoder.
    #[default]
    None,
    /// The encoder's own trunk, as published.
    Introspective,
    /// A network of its own with group norm and hinge loss.
    Separate,
}

/// What the model says about itself; see `docs/model-format.md`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// A short name.
    pub name: String,
    /// The images, in a line.
    pub trained_on: String,
    /// The terms, in a line.
    pub licence: String,
    /// Where the eyes stand in an image: x and y of the left one, x and y of the right one, in pixels.
    pub eyes: [f32; 4],
    /// How closely a broad stroke holds what is beside it.
    #[serde(default = "broad_keep")]
    pub broad_keep: f32,
}

impl About {
    /// What the model file would refuse is to be told before hours of training.
    fn check(&self, image_size: usize) -> Result<()> {
        for (name, text) in
            [("name", &self.name), ("trained_on", &self.trained_on), ("licence", &self.licence)]
        {
            let most = npe::limits::MODEL_TEXT_BYTES;
            if text.is_empty() || text.len() > most || text.chars().any(char::is_control) {
                return Err(Error::told(format!(
                    "model.{name} is {text:?}; it must be one line of 1 to {most} bytes"
                )));
            }
        }
        let [left, _, right, _] = self.eyes;
        let inside = self.eyes.iter().all(|v| (0.0..=image_size as f32).contains(v));
        if !inside || right - left < 1.0 {
            return Err(Error::told(format!(
                "model.eyes is {:?}; give x and y of the left and of the right eye, in pixels of the image of {image_size}, the \
                 left one at least 1 pixel left of the right one",
                self.eyes
            )));
        }
        let (least, most) = (npe::limits::MODEL_BROAD_KEEP_MIN, npe::limits::MODEL_BROAD_KEEP_MAX);
        if !(least..=most).contains(&self.broad_keep) {
            return Err(Error::told(format!(
                "model.broad_keep is {}; it must be {least} to {most}",
                self.broad_keep
            )));
        }
        Ok(())
    }
}

fn broad_keep() -> f32 {
    npe::generator::BROAD_KEEP
}
fn half() -> f32 {
    0.5
}
fn one() -> f64 {
    1.0
}
fn tenth() -> f64 {
    0.1
}
fn betas() -> [f64; 2] {
    [0.9, 0.99]
}
fn ema() -> f64 {
    0.998
}

impl Recipe {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// If it can't be read, is no TOML, has an unknown or missing setting, or one out of range.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).map_err(|e| Error::file("the recipe can't be read:", path, &e))?;
        Self::parse(&text).map_err(|e| Error::file("the recipe", path, &e))
    }

    /// Reads and checks a text.
    ///
    /// # Errors
    /// As [`Recipe::read`].
    pub fn parse(text: &str) -> Result<Self> {
        let recipe: Self = toml::from_str(text).map_err(|e| Error::told(e.to_string()))?;
        recipe.check()?;
        Ok(recipe)
    }

    fn check(&self) -> Result<()> {
        let range = |name: &str, value: f64, from: f64, to: f64| {
            if (from..=to).contains(&value) {
                Ok(())
            } else {
                Err(Error::told(format!("{name} is {value}; it must be {from} to {to}")))
            }
        };
        let (n, t, l, a) = (&self.network, &self.train, &self.loss, &self.adversary);
        crate::ian::stages(n.image_size)?;
        if !["ian-simple", "ian"].contains(&n.architecture.as_str()) {
            return Err(Error::told(format!(
                "network.architecture is {:?}; npe-train knows \"ian-simple\" and \"ian\"",
                n.architecture
            )));
        }
        range("network.width", n.width as f64, 1.0, npe::limits::MODEL_WIDTH as f64)?;
        range("network.hidden", n.hidden as f64, 1.0, npe::limits::MODEL_HIDDEN as f64)?;
        range("network.latents", n.latents as f64, 1.0, npe::limits::MODEL_LATENTS as f64)?;
        if let Some(ian) = &self.ian {
            if n.architecture != "ian" {
                return Err(Error::told(format!(
                    "there is a table [ian], but network.architecture is {:?}; leave it out, or choose \"ian\"",
                    n.architecture
                )));
            }
            ian.check(n.latents)?;
        }
        range("data.mirror", self.data.mirror.into(), 0.0, 1.0)?;
        if let Some(augment) = &self.augment {
            augment.check()?;
            if self.data.mirror != half() {
                return Err(Error::told(
                    "there are both data.mirror and [augment]; put mirror into [augment]",
                ));
            }
        }
        // Batch norm needs two images.
        range("train.batch", t.batch as f64, 2.0, 4096.0)?;
        range("train.images", t.images as f64, 1.0, 1e12)?;
        range("train.rate", t.rate, 0.0, 1.0)?;
        range("train.decay_from", t.decay_from, 0.0, 1.0)?;
        range("train.final_rate", t.final_rate, 0.0, 1.0)?;
        range("train.betas[0]", t.betas[0], 0.0, 0.9999)?;
        range("train.betas[1]", t.betas[1], 0.0, 0.99999)?;
        range("train.weight_decay", t.weight_decay, 0.0, 1.0)?;
        range("train.clip", t.clip, 0.0, 1e9)?;
        range("train.ema", t.ema, 0.0, 0.999_999)?;
        for (name, value) in [
            ("loss.pixel", l.pixel),
            ("loss.pyramid", l.pyramid),
            ("loss.feature", l.feature),
            ("loss.kl", l.kl),
            ("loss.free_nats", l.free_nats),
            ("loss.penalty", l.penalty),
            ("loss.cycle", l.cycle),
            ("adversary.weight", a.weight),
            ("adversary.r1", a.r1),
        ] {
            range(name, value, 0.0, 1e9)?;
        }
        range("loss.drawn", l.drawn, 0.0, 1.0)?;
        range("the number of places in loss.focus", l.focus.len() as f64, 0.0, 16.0)?;
        for (i, [x, y, radius, times]) in l.focus.iter().enumerate() {
            let side = n.image_size as f64;
            range(&format!("loss.focus[{i}], x,"), *x, 0.0, side)?;
            range(&format!("loss.focus[{i}], y,"), *y, 0.0, side)?;
            range(&format!("loss.focus[{i}], radius,"), *radius, 0.5, side)?;
            range(&format!("loss.focus[{i}], times,"), *times, 1.0, 100.0)?;
        }
        if t.frozen == Frozen::Decoder && a.kind != AdversaryKind::None {
            return Err(Error::told(
                "train.frozen is \"decoder\" and there is an adversary, which only the decoder learns from; leave one of them out",
            ));
        }
        if l.cycle > 0.0 && a.kind == AdversaryKind::Introspective {
            return Err(Error::told(
                "loss.cycle is not for adversary.kind = \"introspective\", whose trunk learns from the game alone; set it to 0",
            ));
        }
        range("adversary.rate", a.rate, 0.0, 1.0)?;
        if a.kind != AdversaryKind::None && a.rate == 0.0 {
            return Err(Error::told("adversary.rate is 0: the adversary would never learn; give 1e-4, say"));
        }
        if a.kind == AdversaryKind::Separate {
            range("adversary.width", a.width as f64, 8.0, 512.0)?;
            // Group norm takes eight groups of at least twice the width.
            if a.width % 4 != 0 {
                return Err(Error::told(format!(
                    "adversary.width is {}; it must be a multiple of 4",
                    a.width
                )));
            }
        }
        self.model.check(n.image_size)
    }

    /// Adam's step size after `seen` images, as a share of its full size.
    pub fn pace(&self, seen: u64) -> f64 {
        let t = &self.train;
        let up = if t.warm_up == 0 { 1.0 } else { ((seen + 1) as f64 / t.warm_up as f64).min(1.0) };
        let done = seen as f64 / t.images as f64;
        if done <= t.decay_from || t.decay_from >= 1.0 {
            return up;
        }
        let part = ((done - t.decay_from) / (1.0 - t.decay_from)).min(1.0);
        let fall = 0.5 * (1.0 + (std::f64::consts::PI * part).cos());
        up * (t.final_rate + (1.0 - t.final_rate) * fall)
    }
}
