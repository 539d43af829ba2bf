//! IAN-simple (arXiv 1609.07093 and its published configuration): four convolutions shared by the encoder and the
//! discriminator, a dense inference subnet, four deconvolutions. Calls [`super::layers`] and [`super::params`].

use super::layers::{conv5, deconv5, lrelu, norm};
use super::{Network, Params, Posterior, Sizes};
use crate::error::{Error, Result};
use tch::{Device, Tensor};

/// Standard deviation of fresh weights (the paper's configuration).
const DEVIATION: f64 = 0.02;
/// Bounds of the logarithm of a posterior's standard deviation: beyond them a draw is the mean or noise anyway.
const LOG_SIGMA: (f64, f64) = (-6.0, 2.0);

/// The network.
#[derive(Debug)]
pub struct Simple {
    sizes: Sizes,
    stages: usize,
    norm_latents: bool,
    params: Params,
}

/// How many convolutions of stride 2 lead from `image_size` to 4×4.
///
/// # Errors
/// If the size is none of 32, 64, 128.
pub fn stages(image_size: usize) -> Result<usize> {
    match image_size {
        32 => Ok(3),
        64 => Ok(4),
        128 => Ok(5),
        other => Err(Error::told(format!("image_size is {other}; the networks have 32, 64 or 128 pixels"))),
    }
}

impl Simple {
    /// A fresh network, drawn by torch's generator. `norm_latents` puts batch norm on μ and log σ, as published; without
    /// it they are plain dense layers, which learns faster at a low KL weight.
    ///
    /// # Errors
    /// If a size is out of range or memory is short.
    pub fn new(sizes: &Sizes, norm_latents: bool, device: Device) -> Result<Self> {
        let stages = stages(sizes.image_size)?;
        let (w, hidden, latents) = (sizes.width as i64, sizes.hidden as i64, sizes.latents as i64);
        let mut p = Params::new(device);
        let mut from = 3;
        for stage in 1..=stages {
            let to = w << (stage - 1);
            p.add_normal(&format!("enc.conv{stage}.weight"), &[to, from, 5, 5], DEVIATION)?;
            if stage == 1 {
                p.add_full("enc.conv1.bias", &[to], 0.0, true)?;
            } else {
                p.add_norm(&format!("enc.norm{stage}"), to)?;
            }
            from = to;
        }
        let top = from;
        p.add_normal("enc.fc1.weight", &[hidden, top * 16], (1.0 / (top * 16) as f64).sqrt())?;
        p.add_norm("enc.norm_fc1", hidden)?;
        for head in ["mu", "logsigma"] {
            // Glorot's spread, drawn from a normal distribution.
            let deviation = (2.0 / (hidden + latents) as f64).sqrt();
            p.add_normal(&format!("enc.{head}.weight"), &[latents, hidden], deviation)?;
            if norm_latents {
                p.add_norm(&format!("enc.norm_{head}"), latents)?;
            } else {
                p.add_full(&format!("enc.{head}.bias"), &[latents], 0.0, true)?;
            }
        }
        p.add_normal("disc.weight", &[1, top], DEVIATION)?;
        p.add_normal("dec.fc.weight", &[top * 16, latents], DEVIATION)?;
        p.add_norm("dec.norm_fc", top * 16)?;
        for stage in 1..stages {
            let (from, to) = (top >> (stage - 1), top >> stage);
            p.add_normal(&format!("dec.deconv{stage}.weight"), &[from, to, 5, 5], DEVIATION)?;
            p.add_norm(&format!("dec.norm{stage}"), to)?;
        }
        p.add_normal("dec.out.weight", &[w, 3, 5, 5], DEVIATION)?;
        p.add_full("dec.out.bias", &[3], 0.0, true)?;
        Ok(Self { sizes: sizes.clone(), stages, norm_latents, params: p })
    }

    fn dense(&self, x: &Tensor, name: &str, bias: bool) -> Result<Tensor> {
        let bias = if bias { Some(self.params.get(&format!("{name}.bias"))?) } else { None };
        Ok(x.f_linear(self.params.get(&format!("{name}.weight"))?, bias)?)
    }
}

impl Network for Simple {
    fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    fn params(&self) -> &Params {
        &self.params
    }

    fn params_mut(&mut self) -> &mut Params {
        &mut self.params
    }

    fn trunk(&self, images: &Tensor, train: bool) -> Result<Vec<Tensor>> {
        let first =
            conv5(images, self.params.get("enc.conv1.weight")?, Some(self.params.get("enc.conv1.bias")?))?;
        let mut activations = vec![lrelu(&first)?];
        for stage in 2..=self.stages {
            let x = &activations[stage - 2];
            let x = conv5(x, self.params.get(&format!("enc.conv{stage}.weight"))?, None)?;
            activations.push(lrelu(&norm(&x, &self.params, &format!("enc.norm{stage}"), train)?)?);
        }
        Ok(activations)
    }

    fn posterior(&self, top: &Tensor, train: bool) -> Result<Posterior> {
        // Flattened as (channel, y, x), whatever the memory's order.
        let x = self.dense(&top.f_flatten(1, -1)?, "enc.fc1", false)?;
        let x = norm(&x, &self.params, "enc.norm_fc1", train)?.f_elu()?;
        let head = |name: &str| -> Result<Tensor> {
            let y = self.dense(&x, &format!("enc.{name}"), !self.norm_latents)?;
            if self.norm_latents { norm(&y, &self.params, &format!("enc.norm_{name}"), train) } else { Ok(y) }
        };
        Ok(Posterior { mu: head("mu")?, log_sigma: head("logsigma")?.f_clamp(LOG_SIGMA.0, LOG_SIGMA.1)? })
    }

    fn latents(&self, posterior: &Posterior, noise: Option<&Tensor>) -> Result<(Tensor, Tensor)> {
        let Posterior { mu, log_sigma } = posterior;
        let z = match noise {
            Some(noise) => mu.f_add(&log_sigma.f_exp()?.f_mul(noise)?)?,
            None => mu.shallow_clone(),
        };
        // KL(N(μ, σ²) ‖ N(0, 1)) = −½·(1 + 2·log σ − μ² − σ²), each latent by itself.
        let two = log_sigma.f_mul_scalar(2.0)?;
        let kl = mu.f_square()?.f_add(&two.f_exp()?)?.f_sub(&two)?.f_sub_scalar(1.0)?.f_mul_scalar(0.5)?;
        Ok((z, kl))
    }

    fn decode(&self, latents: &Tensor, train: bool) -> Result<Tensor> {
        let x = self.dense(latents, "dec.fc", false)?;
        let x = norm(&x, &self.params, "dec.norm_fc", train)?.f_relu()?;
        let top = (self.sizes.width as i64) << (self.stages - 1);
        let mut x = super::params::channels_last(&x.f_view([-1, top, 4, 4])?)?;
        for stage in 1..self.stages {
            x = deconv5(&x, self.params.get(&format!("dec.deconv{stage}.weight"))?, None)?;
            x = norm(&x, &self.params, &format!("dec.norm{stage}"), train)?.f_relu()?;
        }
        let out = deconv5(&x, self.params.get("dec.out.weight")?, Some(self.params.get("dec.out.bias")?))?;
        Ok(out.f_tanh()?)
    }

    fn discriminate(&self, top: &Tensor) -> Result<Tensor> {
        let mean = top.f_mean_dim([2i64, 3].as_slice(), false, tch::Kind::Float)?;
        self.dense(&mean, "disc", false)
    }
}
