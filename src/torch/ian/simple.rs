//! IAN-simple (arXiv 1609.07093 and its published configuration): four convolutions shared by the encoder and the
//! discriminator, a dense inference subnet, four deconvolutions. Calls [`super::encoder`], [`super::layers`] and [`super::params`].

use super::encoder::{self, DEVIATION};
use super::layers::{deconv5, norm};
use super::{Network, Params, Posterior, Sizes, stages};
use crate::error::Result;
use tch::{Device, Tensor};

/// The network.
#[derive(Debug)]
pub struct Simple {
    sizes: Sizes,
    stages: usize,
    norm_latents: bool,
    params: Params,
}

impl Simple {
    /// A fresh network, drawn by torch's generator. `norm_latents` puts batch norm on μ and log σ, as published; without
    /// it they are plain dense layers, which learns faster at a low KL weight.
    ///
    /// # Errors
    /// If a size is out of range or memory is short.
    pub fn new(sizes: &Sizes, norm_latents: bool, device: Device) -> Result<Self> {
        let stages = stages(sizes.image_size)?;
        let (w, latents) = (sizes.width as i64, sizes.latents as i64);
        let mut p = Params::new(device);
        encoder::add(&mut p, sizes, norm_latents)?;
        let top = encoder::top_channels(sizes)?;
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
        encoder::trunk(&self.params, self.stages, images, train)
    }

    fn posterior(&self, top: &Tensor, train: bool) -> Result<Posterior> {
        encoder::posterior(&self.params, self.norm_latents, top, train, Tensor::f_elu)
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
        let x = encoder::dense(&self.params, latents, "dec.fc", false)?;
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
        encoder::dense(&self.params, &mean, "disc", false)
    }
}
