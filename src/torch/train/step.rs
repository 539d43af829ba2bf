//! One training step: the losses of the paper's §3 and what the recipe adds, and who learns from which.

use super::adam::Adam;
use super::adversary::Adversary;
use super::recipe::{AdversaryKind, Frozen, Norms, Recipe};
use super::{cycle, loss};
use crate::error::{Error, Result};
use crate::ian::{self, Network, Params, is_decoder, is_inference, is_trunk};
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

/// Everything that changes in training.
pub struct Learner {
    /// The recipe.
    pub recipe: Recipe,
    /// The network.
    pub network: Box<dyn Network>,
    /// The average of its weights over time, if the recipe wants one.
    pub average: Option<Params>,
    /// The optimiser of the encoder (its inference subnet only, in the introspective game).
    pub encoder: Adam,
    /// The optimiser of the decoder.
    pub decoder: Adam,
    /// The optimiser of the trunk and the discriminator's head, in the introspective game.
    pub trunk: Option<Adam>,
    /// The separate adversary.
    pub adversary: Option<Adversary>,
    /// Images seen.
    pub seen: u64,
    /// Steps made.
    pub steps: u64,
}

/// Figures of a step by name, means over its images.
pub type Figures = BTreeMap<&'static str, f64>;

impl Learner {
    /// A fresh network with its optimisers. Draws from torch's generator.
    ///
    /// # Errors
    /// If the recipe's architecture is not known or memory is short.
    pub fn new(recipe: &Recipe, device: tch::Device) -> Result<Self> {
        tch::manual_seed(recipe.train.seed as i64);
        let network = crate::ian::new(&recipe.network, recipe.norm_latents, recipe.ian, device)?;
        let t = &recipe.train;
        let adam = |wanted: &dyn Fn(&str) -> bool| {
            Adam::new(network.params().learning(wanted), t.betas, t.weight_decay, t.clip)
        };
        let introspective = recipe.adversary.kind == AdversaryKind::Introspective;
        let encoder = if introspective {
            adam(&is_inference)?
        } else {
            adam(&|n| !is_decoder(n) && !n.starts_with("disc."))?
        };
        Ok(Self {
            encoder,
            decoder: adam(&|n| is_decoder(n) && t.frozen != Frozen::Decoder)?,
            trunk: if introspective { Some(adam(&is_trunk)?) } else { None },
            adversary: match recipe.adversary.kind {
                AdversaryKind::Separate => Some(Adversary::new(recipe, device)?),
                _ => None,
            },
            average: if t.ema > 0.0 { Some(network.params().frozen_copy()?) } else { None },
            network,
            recipe: recipe.clone(),
            seen: 0,
            steps: 0,
        })
    }

    /// Learns from a batch `[N, 3, S, S]` in −1..1.
    ///
    /// # Errors
    /// If a loss is not finite (nothing has learnt from it then), or memory is short.
    pub fn step(&mut self, x: &Tensor) -> Result<Figures> {
        // Everything random follows from the seed and the count of steps, so that a run resumes exactly.
        tch::manual_seed((self.recipe.train.seed.wrapping_add(self.steps.wrapping_mul(0x9e37_79b9))) as i64);
        let rate = self.recipe.train.rate * self.recipe.pace(self.seen);
        let figures = match self.recipe.adversary.kind {
            AdversaryKind::Introspective => self.introspective(x, rate)?,
            _ => self.variational(x, rate)?,
        };
        self.steps += 1;
        self.seen += x.size()[0] as u64;
        if let Some(average) = &mut self.average {
            // A young average forgets faster.
            let keep = self.recipe.train.ema.min((1.0 + self.steps as f64) / (10.0 + self.steps as f64));
            average.follow(self.network.params(), keep)?;
        }
        Ok(figures)
    }

    /// The share of the adversary's full weight now, 0 before the game begins.
    fn game(&self) -> f64 {
        let a = &self.recipe.adversary;
        if self.seen < a.from {
            0.0
        } else if a.ramp == 0 {
            1.0
        } else {
            ((self.seen - a.from + 1) as f64 / a.ramp as f64).min(1.0)
        }
    }

    fn draw(&self, like: &Tensor) -> Result<Tensor> {
        Ok(Tensor::f_randn(like.size().as_slice(), (Kind::Float, like.device()))?)
    }

    /// A draw for the posteriors of a batch, 0 for those that the recipe wants to take their mean.
    fn noise(&self, like: &Tensor) -> Result<Tensor> {
        let noise = self.draw(like)?;
        let n = like.size()[0];
        let drawn = (self.recipe.loss.drawn * n as f64).round() as i64;
        let _ = noise.f_narrow(0, drawn, n - drawn)?.f_zero_()?;
        Ok(noise)
    }

    /// A variational autoencoder, with a separate adversary once its game has begun.
    fn variational(&mut self, x: &Tensor, rate: f64) -> Result<Figures> {
        let net = &self.network;
        let live = self.recipe.train.norms == Norms::Batch;
        let live_decoder = live && self.recipe.train.frozen != Frozen::Decoder;
        let activations = net.trunk(x, live)?;
        let posterior = net.posterior(top(&activations)?, live)?;
        let (z, kl) = net.latents(&posterior, Some(&self.noise(&posterior.mu)?))?;
        let made = net.decode(&z, live_decoder)?;
        // The encoder's running figures are to be those of photos, the decoder's those of reconstructions.
        let running = net.params().buffers()?;
        let weights = &self.recipe.loss;
        let divergence = loss::divergence(&kl, weights)?;
        let reconstruction = loss::reconstruction(&made, x, weights)?;
        let mut loss = reconstruction.loss.f_add(&divergence.loss)?;
        if weights.feature > 0.0 {
            loss = loss.f_add(&loss::feature(&net.trunk(&made, live)?, &activations, weights)?)?;
        }
        let mut figures = Figures::new();
        if weights.cycle > 0.0 {
            let (around, _) = net.latents(&posterior, None)?;
            let apart = self.read_back(&cycle::latents(&around)?, live)?;
            figures.insert("cycle", apart.f_sqrt()?.f_mean(Kind::Float)?.f_double_value(&[])?);
            loss = loss.f_add(&apart.f_mean(Kind::Float)?.f_mul_scalar(weights.cycle)?)?;
        }
        if let (weight @ 1e-30.., Some(penalty)) = (self.recipe.loss.penalty, net.penalty()?) {
            loss = loss.f_add(&penalty.f_mul_scalar(weight)?)?;
        }
        let value = loss.f_double_value(&[])?;
        finite("loss", value)?;
        figures.extend([("loss", value), ("pixel", reconstruction.figure), ("nats", divergence.figure)]);
        let game = self.game();
        let share = self.recipe.adversary.weight * game;
        let mut decoder_loss = None;
        if let Some(adversary) = self.adversary.as_mut().filter(|_| game > 0.0) {
            // Half as many samples of the prior as reconstructions.
            let draws = [x.size()[0].div_euclid(2).max(2), z.size()[1]];
            let dreamt = net.decode(&Tensor::f_randn(draws, (Kind::Float, x.device()))?, live)?;
            let all = Tensor::f_cat(&[&made, &dreamt], 0)?;
            let hinge = adversary.learn(
                x,
                &all,
                self.steps,
                self.recipe.adversary.rate * self.recipe.pace(self.seen),
            )?;
            finite("adversary's loss", hinge)?;
            // The adversary's pull on each image is made a share of the reconstruction's (Esser et al. 2021, eq. 7,
            // who compare at the decoder's last layer; at the images it costs no second pass through the adversary).
            let seen = all.f_detach()?.f_set_requires_grad(true)?;
            let doubt = adversary.doubt(&seen)?;
            let pull = &Tensor::f_run_backward(&[doubt], &[&seen], false, false)?[0];
            let rebuilt = made.f_detach()?.f_set_requires_grad(true)?;
            let error = Self::pixel_pull(&self.recipe, &rebuilt, x)?;
            let pull = super::adversary::balance(pull, &error, share)?;
            decoder_loss = Some(all.f_mul(&pull)?.f_sum(Kind::Float)?);
            figures.insert("hinge", hinge);
        }
        let (encoder, decoder) = (self.encoder.params(), self.decoder.params());
        let inputs: Vec<&Tensor> = encoder.iter().chain(decoder).collect();
        let count = encoder.len();
        let mut gradients = Tensor::f_run_backward(&[loss], &inputs, decoder_loss.is_some(), false)?;
        let mut second = gradients.split_off(count);
        if let Some(extra) = decoder_loss {
            // Only the decoder hears the adversary: the encoder keeps saying what is in the photo.
            let pulls = Tensor::f_run_backward(&[extra], decoder, false, false)?;
            for (g, pull) in second.iter_mut().zip(&pulls) {
                *g = g.f_add(pull)?;
            }
        }
        self.encoder.step(&gradients, rate)?;
        self.decoder.step(&second, rate)?;
        self.network.params_mut().restore(&running)?;
        Ok(figures)
    }

    /// How far from `z` the encoder reads the images that the decoder paints of it, see [`cycle::apart`]. Only the encoder learns
    /// from it: a decoder could make it small by painting latents into its pictures.
    fn read_back(&self, z: &Tensor, live: bool) -> Result<Tensor> {
        let net = self.network.as_ref();
        let images = {
            let _guard = tch::no_grad_guard();
            net.decode(z, false)?
        };
        cycle::apart(&net.latents(&ian::read(net, &images, live)?, None)?.0, z)
    }

    fn pixel_pull(recipe: &Recipe, made: &Tensor, x: &Tensor) -> Result<Tensor> {
        let error = made.f_sub(x)?.f_abs()?.f_mean(Kind::Float)?.f_mul_scalar(recipe.loss.pixel)?;
        Ok(Tensor::f_run_backward(&[error], &[made], false, false)?.remove(0))
    }

    /// The introspective game (§3): the trunk learns from the adversarial loss alone, the decoder against it, the inference
    /// subnet from reconstruction and divergence.
    fn introspective(&mut self, x: &Tensor, rate: f64) -> Result<Figures> {
        let net = &self.network;
        let weight = self.recipe.adversary.weight * self.game();
        let live = self.recipe.train.norms == Norms::Batch;
        let activations = net.trunk(x, live)?;
        let posterior = net.posterior(&top(&activations)?.f_detach()?, live)?;
        let (z, kl) = net.latents(&posterior, Some(&self.noise(&posterior.mu)?))?;
        let made = net.decode(&z, live)?;
        // As in the variational step; the discriminator's many passes are not to shift them.
        let running = net.params().buffers()?;
        let dreamt = net.decode(&self.draw(&z)?, live)?;
        let judge = |images: &Tensor| -> Result<(Vec<Tensor>, Tensor)> {
            let a = net.trunk(images, live)?;
            let logits = net.discriminate(top(&a)?)?;
            Ok((a, logits))
        };
        let real_logits = net.discriminate(top(&activations)?)?;
        let (_, fake_made) = judge(&made.f_detach()?)?;
        let (_, fake_dreamt) = judge(&dreamt.f_detach()?)?;
        let told_apart = super::game::discriminator(&real_logits, &fake_made, &fake_dreamt)?;
        let trunk = self.trunk.as_ref().map(Adam::params).unwrap_or_default();
        let mut trunk_loss = told_apart.f_mul_scalar(self.recipe.adversary.weight.max(1e-12))?;
        if let (weight @ 1e-30.., Some(penalty)) = (self.recipe.loss.penalty, net.penalty()?) {
            trunk_loss = trunk_loss.f_add(&penalty.f_mul_scalar(weight)?)?;
        }
        let trunk_gradients = Tensor::f_run_backward(&[trunk_loss], trunk, true, false)?;
        let (made_activations, made_logits) = judge(&made)?;
        let (_, dreamt_logits) = judge(&dreamt)?;
        let weights = &self.recipe.loss;
        let divergence = loss::divergence(&kl, weights)?;
        let reconstruction = loss::reconstruction(&made, x, weights)?;
        let rebuilt = reconstruction.loss.f_add(&loss::feature(&made_activations, &activations, weights)?)?;
        let fooled = super::game::generator(&made_logits, &dreamt_logits)?;
        let inference_loss = rebuilt.f_add(&divergence.loss)?;
        let mut decoder_loss = rebuilt.f_add(&fooled.f_mul_scalar(weight)?)?;
        if let (weight @ 1e-30.., Some(penalty)) = (self.recipe.loss.penalty, net.penalty()?) {
            decoder_loss = decoder_loss.f_add(&penalty.f_mul_scalar(weight)?)?;
        }
        let value = inference_loss.f_double_value(&[])?;
        let (told_apart, fooled) = (told_apart.f_double_value(&[])?, fooled.f_double_value(&[])?);
        finite("loss", value)?;
        finite("discriminator's loss", told_apart)?;
        finite("generator's loss", fooled)?;
        let encoder_gradients =
            Tensor::f_run_backward(&[inference_loss], self.encoder.params(), true, false)?;
        let decoder_gradients = Tensor::f_run_backward(&[decoder_loss], self.decoder.params(), false, false)?;
        if let Some(trunk) = &mut self.trunk {
            trunk.step(&trunk_gradients, self.recipe.adversary.rate * self.recipe.pace(self.seen))?;
        }
        self.encoder.step(&encoder_gradients, rate)?;
        self.decoder.step(&decoder_gradients, rate)?;
        self.network.params_mut().restore(&running)?;
        Ok(Figures::from([
            ("loss", value),
            ("pixel", reconstruction.figure),
            ("nats", divergence.figure),
            ("told_apart", told_apart),
            ("fooled", fooled),
        ]))
    }
}

fn top(activations: &[Tensor]) -> Result<&Tensor> {
    activations.last().ok_or_else(|| Error::told("the network has no trunk"))
}

fn finite(what: &str, value: f64) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    Err(blown_up(&format!("the {what} is {value}")))
}

/// The error of numbers that are not finite.
pub(super) fn blown_up(what: &str) -> Error {
    Error::told(format!(
        "{what}: the training has blown up. Nothing of it is saved; go on from the last checkpoint with a smaller train.rate \
         or with train.clip"
    ))
}
