//! An adversary of its own: the trunk's shape with group norm (batch norm would tell it which batch is fake), a logit at
//! each place of the 4×4 top. Trained with the hinge loss (Lim and Ye 2017, eq. 2).

use super::adam::Adam;
use super::recipe::Recipe;
use crate::error::Result;
use crate::ian::layers::{conv5, lrelu};
use crate::ian::{Params, stages};
use tch::{Device, Kind, Tensor};

/// Every so many steps the R1 penalty is taken, as many times as heavy.
const R1_EVERY: u64 = 16;

/// The network and its optimiser.
#[derive(Debug)]
pub struct Adversary {
    stages: usize,
    r1: f64,
    /// Its tensors.
    pub params: Params,
    /// Its optimiser.
    pub adam: Adam,
}

impl Adversary {
    /// A fresh one for this recipe.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(recipe: &Recipe, device: Device) -> Result<Self> {
        let stages = stages(recipe.network.image_size)?;
        let mut p = Params::new(device);
        let (w, mut from) = (recipe.adversary.width as i64, 3);
        for stage in 1..=stages {
            let to = w << (stage - 1);
            p.add_normal(
                &format!("conv{stage}.weight"),
                &[to, from, 5, 5],
                (2.0 / (from * 25) as f64).sqrt(),
            )?;
            p.add_full(&format!("conv{stage}.bias"), &[to], 0.0, true)?;
            if stage > 1 {
                p.add_full(&format!("norm{stage}.weight"), &[to], 1.0, true)?;
                p.add_full(&format!("norm{stage}.bias"), &[to], 0.0, true)?;
            }
            from = to;
        }
        p.add_normal("logit.weight", &[1, from, 1, 1], 0.02)?;
        let adam = Adam::new(p.learning(|_| true), [0.0, 0.99], 0.0, 0.0)?;
        Ok(Self { stages, r1: recipe.adversary.r1, params: p, adam })
    }

    /// One logit a place, `[N, 1, 4, 4]`: above 0 real, below 0 made.
    ///
    /// # Errors
    /// If shapes do not fit or memory is short.
    pub fn judge(&self, images: &Tensor) -> Result<Tensor> {
        let mut x = images.shallow_clone();
        for stage in 1..=self.stages {
            let part = |what: &str| self.params.get(&format!("{what}{stage}.weight"));
            let bias = |what: &str| self.params.get(&format!("{what}{stage}.bias"));
            x = conv5(&x, part("conv")?, Some(bias("conv")?))?;
            if stage > 1 {
                x = x.f_group_norm(8, Some(part("norm")?), Some(bias("norm")?), 1e-5, true)?;
            }
            x = lrelu(&x)?;
        }
        let none: Option<&Tensor> = None;
        Ok(x.f_conv2d(self.params.get("logit.weight")?, none, [1, 1], [0, 0], [1, 1], 1)?)
    }

    /// Learns to tell `real` from `made` images; returns the hinge loss.
    ///
    /// # Errors
    /// As [`Adversary::judge`].
    pub fn learn(&mut self, real: &Tensor, made: &Tensor, step: u64, rate: f64) -> Result<f64> {
        let real = real.f_detach()?;
        let margin = |logits: &Tensor, sign: f64| -> Result<Tensor> {
            Ok(logits.f_mul_scalar(sign)?.f_add_scalar(1.0)?.f_relu()?.f_mean(Kind::Float)?)
        };
        let hinge =
            margin(&self.judge(&real)?, -1.0)?.f_add(&margin(&self.judge(&made.f_detach()?)?, 1.0)?)?;
        let mut loss = hinge.shallow_clone();
        if self.r1 > 0.0 && step.is_multiple_of(R1_EVERY) {
            let x = real.f_set_requires_grad(true)?;
            let sum = self
                .judge(&x)?
                .f_mean_dim([1i64, 2, 3].as_slice(), false, Kind::Float)?
                .f_sum(Kind::Float)?;
            let slope = &Tensor::f_run_backward(&[sum], &[&x], true, true)?[0];
            let size = slope.f_square()?.f_sum(Kind::Float)?.f_div_scalar(x.size()[0] as f64)?;
            loss = loss.f_add(&size.f_mul_scalar(self.r1 * R1_EVERY as f64 / 2.0)?)?;
        }
        let gradients = Tensor::f_run_backward(&[loss], self.adam.params(), false, false)?;
        self.adam.step(&gradients, rate)?;
        Ok(hinge.f_double_value(&[])?)
    }

    /// What a generator minimises: minus the mean logit, summed over the images.
    ///
    /// # Errors
    /// As [`Adversary::judge`].
    pub fn doubt(&self, made: &Tensor) -> Result<Tensor> {
        let logits = self.judge(made)?.f_mean_dim([1i64, 2, 3].as_slice(), false, Kind::Float)?;
        Ok(logits.f_sum(Kind::Float)?.f_neg()?)
    }
}

/// The adversary's pull on images made into a `share` of the reconstruction's: scaled so that over the first images, those of
/// `error`, it is `share` times as long.
///
/// # Errors
/// If there are fewer images in `pull` than in `error`.
pub fn balance(pull: &Tensor, error: &Tensor, share: f64) -> Result<Tensor> {
    let same = pull.f_narrow(0, 0, error.size()[0])?;
    let ratio = error.f_norm()?.f_div(&same.f_norm()?.f_add_scalar(1e-12)?)?;
    Ok(pull.f_mul(&ratio.f_mul_scalar(share)?)?.f_detach()?)
}
