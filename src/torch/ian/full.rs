//! The full IAN (arXiv 1609.07093): IAN-simple's encoder, an inverse autoregressive flow on the latents, a decoder of
//! deconvolutions and multiscale dilated blocks with the RGB-Beta head, a ternary discriminator with minibatch discrimination.
//! Calls [`super::blocks`], [`super::encoder`], [`super::layers`] and [`super::params`].
//!
//! The paper's table is for 64 pixels. For others: there are log₂(size/4) stages. The trunk has width·2ᵏ channels after stage
//! k = 0, 1, …. The decoder has width·min(4, size/(2·side)) channels where its maps are `side` wide, at least the width; every
//! deconvolution but the last is followed by a block with scales {0, 2} at 8×8 and {0, 2, 3} above.

use super::blocks::mdc::{Mdcl, mdblock};
use super::blocks::{beta, made, minibatch, orthogonal};
use super::encoder::{self, DEVIATION};
use super::layers::{deconv5, lrelu, norm};
use super::{Network, Params, Posterior, Sizes, params, stages};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

/// Classes of the discriminator: real, reconstructed, generated.
const CLASSES: i64 = 3;
/// Dilations of the head's convolutions.
pub const HEAD_SCALES: &[i64] = &[2, 3, 4];

/// What can be left out or changed; a recipe's `[ian]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The autoregressive flow between the posterior and the decoder.
    pub flow: bool,
    /// Hidden units of each of its two MADEs; as many as latents if none. A model file has room for no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_hidden: Option<usize>,
    /// Kernels of the minibatch discrimination; 0: there is none.
    pub kernels: usize,
    /// Dimensions of each.
    pub kernel_size: usize,
}

impl Default for Options {
    /// The paper's network.
    fn default() -> Self {
        Self { flow: true, flow_hidden: None, kernels: 500, kernel_size: 5 }
    }
}

impl Options {
    /// The most kernels, and dimensions of a kernel: eight times the paper's.
    const MOST: (usize, usize) = (4000, 40);

    /// Checks them for a network of so many latents.
    ///
    /// # Errors
    /// With the first that is out of range.
    pub fn check(&self, latents: usize) -> Result<()> {
        if let Some(hidden) = self.flow_hidden {
            if !self.flow {
                return Err(Error::told(
                    "ian.flow_hidden is set, but ian.flow is false; leave one of them out",
                ));
            }
            if !(1..=latents).contains(&hidden) {
                return Err(Error::told(format!(
                    "ian.flow_hidden is {hidden}; it must be 1 to network.latents, {latents}"
                )));
            }
        }
        if self.kernels > Self::MOST.0 {
            return Err(Error::told(format!(
                "ian.kernels is {}; it must be 0 to {}",
                self.kernels,
                Self::MOST.0
            )));
        }
        if !(1..=Self::MOST.1).contains(&self.kernel_size) {
            return Err(Error::told(format!(
                "ian.kernel_size is {}; it must be 1 to {}",
                self.kernel_size,
                Self::MOST.1
            )));
        }
        Ok(())
    }
}

/// The network.
#[derive(Debug)]
pub struct Full {
    sizes: Sizes,
    stages: usize,
    norm_latents: bool,
    options: Options,
    params: Params,
}

/// Channels of the decoder's maps of this side.
pub fn decoder_channels(sizes: &Sizes, side: usize) -> i64 {
    (sizes.width * (sizes.image_size / (2 * side)).clamp(1, 4)) as i64
}

/// Dilations of the block behind the `stage`th deconvolution, from 1.
pub fn block_scales(stage: usize) -> &'static [i64] {
    if stage == 1 { &[0, 2] } else { &[0, 2, 3] }
}

/// The head's convolutions by name: those of the last maps first, then what green sees of red, blue of red and green; with
/// their inputs where those are not the maps.
pub const HEADS: [(&str, Option<i64>); 5] = [
    ("dec.red.h", None),
    ("dec.green.h", None),
    ("dec.blue.h", None),
    ("dec.green.r", Some(2)),
    ("dec.blue.rg", Some(4)),
];

fn add_mdcl(p: &mut Params, name: &str, filters: i64, channels: i64, scales: &[i64]) -> Result<()> {
    let count = 1 + scales.len() as i64;
    p.add_normal(&format!("{name}.weight"), &[filters, channels, 3, 3], DEVIATION)?;
    p.add_full(&format!("{name}.scales"), &[count, filters], 1.0 / count as f64, true)
}

/// The convolution of this name.
pub(super) fn get_mdcl<'a>(p: &'a Params, name: &str, scales: &'a [i64]) -> Result<Mdcl<'a>> {
    Ok(Mdcl {
        bank: p.get(&format!("{name}.weight"))?,
        coefficients: p.get(&format!("{name}.scales"))?,
        scales,
    })
}

/// The image from the last maps and the head's convolutions in the order of [`HEADS`].
pub(super) fn head_image(
    maps: &Tensor,
    of_maps: [Mdcl<'_>; 3],
    green: Mdcl<'_>,
    blue: Mdcl<'_>,
) -> Result<Tensor> {
    // The three that see the maps as one, in one pass over them.
    let bank = Tensor::f_cat(&of_maps.map(|m| m.bank), 0)?;
    let coefficients = Tensor::f_cat(&of_maps.map(|m| m.coefficients), 1)?;
    let all = Mdcl { bank: &bank, coefficients: &coefficients, scales: HEAD_SCALES }.forward(maps)?;
    let each = |i: i64| all.f_narrow(1, 2 * i, 2);
    beta::rgb_beta([&each(0)?, &each(1)?, &each(2)?], |r| green.forward(r), |rg| blue.forward(rg))
}

impl Full {
    /// A fresh network, drawn by torch's generator. `norm_latents` as in [`super::simple::Simple::new`].
    ///
    /// # Errors
    /// If a size is out of range or memory is short.
    pub fn new(sizes: &Sizes, norm_latents: bool, options: Options, device: Device) -> Result<Self> {
        let stages = stages(sizes.image_size)?;
        options.check(sizes.latents)?;
        let mut p = Params::new(device);
        encoder::add(&mut p, sizes, norm_latents)?;
        let top = encoder::top_channels(sizes)?;
        let (kernels, kernel_size) = (options.kernels as i64, options.kernel_size as i64);
        if kernels > 0 {
            p.add_normal("disc.minibatch.theta", &[top, kernels, kernel_size], 0.05)?;
            p.add_full("disc.minibatch.scale", &[kernels, kernel_size], 0.0, true)?;
            p.add_full("disc.minibatch.bias", &[kernels], -1.0, true)?;
        }
        p.add_normal("disc.weight", &[CLASSES, top + kernels], DEVIATION)?;
        if options.flow {
            add_flow(&mut p, sizes.latents, options.flow_hidden.unwrap_or(sizes.latents))?;
        }
        let channels = |side| decoder_channels(sizes, side);
        p.add_normal("dec.fc.weight", &[channels(4) * 16, sizes.latents as i64], DEVIATION)?;
        p.add_full("dec.fc.bias", &[channels(4) * 16], 0.0, true)?;
        for stage in 1..=stages {
            let (from, to) = (channels(2 << stage), channels(4 << stage));
            p.add_normal(&format!("dec.deconv{stage}.weight"), &[from, to, 5, 5], DEVIATION)?;
            if stage == stages {
                p.add_norm("dec.norm_out", to)?;
                break;
            }
            p.add_full(&format!("dec.deconv{stage}.bias"), &[to], 0.0, true)?;
            for part in ["a", "b"] {
                add_mdcl(&mut p, &format!("dec.mdc{stage}.{part}"), to, to, block_scales(stage))?;
            }
            for i in 0..3 {
                p.add_norm(&format!("dec.mdc{stage}.norm{i}"), to)?;
            }
        }
        for (name, inputs) in HEADS {
            add_mdcl(&mut p, name, 2, inputs.unwrap_or(channels(sizes.image_size)), HEAD_SCALES)?;
        }
        Ok(Self { sizes: sizes.clone(), stages, norm_latents, options, params: p })
    }

    /// The flow's m and s for z₀; none if the network has no flow.
    fn shift_and_scale(&self, z0: &Tensor) -> Result<Option<(Tensor, Tensor)>> {
        if !self.options.flow {
            return Ok(None);
        }
        let mask = |name: &str| {
            Ok::<_, crate::error::Error>(self.params.get(&format!("iaf.mask.{name}"))?.shallow_clone())
        };
        let masks = made::Masks { input: mask("input")?, output: mask("output")?, direct: mask("direct")? };
        let made = |name: &str| -> Result<Tensor> {
            let layer = |part: &str| -> Result<(&Tensor, &Tensor)> {
                let get = |what: &str| self.params.get(&format!("iaf.{name}.{part}.{what}"));
                Ok((get("weight")?, get("bias")?))
            };
            made::Made { input: layer("input")?, output: layer("output")?, direct: layer("direct")? }
                .forward(z0, &masks)
        };
        Ok(Some((made("mu")?, made("logsigma")?)))
    }
}

/// The flow's tensors, which do not learn: two MADEs of one random order.
fn add_flow(p: &mut Params, latents: usize, hidden: usize) -> Result<()> {
    let (n, h) = (latents as i64, hidden as i64);
    for name in ["mu", "logsigma"] {
        for (part, to, from) in [("input", h, n), ("output", n, h), ("direct", n, n)] {
            let weight = made::orthogonal_matrix(to, from, 2f64.sqrt())?;
            p.add(&format!("iaf.{name}.{part}.weight"), &weight, false)?;
            p.add_full(&format!("iaf.{name}.{part}.bias"), &[to], 0.0, false)?;
        }
    }
    let masks = made::masks(&made::random_degrees(n)?, hidden)?;
    p.add("iaf.mask.input", &masks.input, false)?;
    p.add("iaf.mask.output", &masks.output, false)?;
    p.add("iaf.mask.direct", &masks.direct, false)
}

impl Network for Full {
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
        encoder::posterior(&self.params, self.norm_latents, top, train, Tensor::f_relu)
    }

    fn latents(&self, posterior: &Posterior, noise: Option<&Tensor>) -> Result<(Tensor, Tensor)> {
        let Posterior { mu, log_sigma } = posterior;
        let z0 = match noise {
            Some(noise) => mu.f_add(&log_sigma.f_exp()?.f_mul(noise)?)?,
            None => mu.shallow_clone(),
        };
        match self.shift_and_scale(&z0)? {
            Some((m, s)) => Ok((made::flow(&z0, &m, &s)?, made::divergence(mu, log_sigma, &m, &s)?)),
            None => {
                let zero = mu.f_zeros_like()?;
                let divergence = made::divergence(mu, log_sigma, &zero, &zero)?;
                Ok((z0, divergence))
            }
        }
    }

    fn decode(&self, latents: &Tensor, train: bool) -> Result<Tensor> {
        let p = &self.params;
        let x = lrelu(&encoder::dense(p, latents, "dec.fc", true)?)?;
        let mut x = params::channels_last(&x.f_view([-1, decoder_channels(&self.sizes, 4), 4, 4])?)?;
        for stage in 1..self.stages {
            let get = |what: &str| p.get(&format!("dec.deconv{stage}.{what}"));
            x = deconv5(&x, get("weight")?, Some(get("bias")?))?;
            let layer = |part| get_mdcl(p, &format!("dec.mdc{stage}.{part}"), block_scales(stage));
            x = mdblock(&x, layer("a")?, layer("b")?, |i, x| {
                norm(x, p, &format!("dec.mdc{stage}.norm{i}"), train)
            })?;
        }
        x = deconv5(&x, p.get(&format!("dec.deconv{}.weight", self.stages))?, None)?;
        x = lrelu(&norm(&x, p, "dec.norm_out", train)?)?;
        let head = |i: usize| get_mdcl(p, HEADS[i].0, HEAD_SCALES);
        head_image(&x, [head(0)?, head(1)?, head(2)?], head(3)?, head(4)?)
    }

    fn discriminate(&self, top: &Tensor) -> Result<Tensor> {
        let mut features = top.f_mean_dim([2i64, 3].as_slice(), false, None::<Kind>)?;
        if self.options.kernels > 0 {
            let get = |what: &str| self.params.get(&format!("disc.minibatch.{what}"));
            features = minibatch::minibatch(&features, get("theta")?, get("scale")?, get("bias")?)?;
        }
        encoder::dense(&self.params, &features, "disc", false)
    }

    /// Orthogonal regularisation of every convolution's bank; see [`orthogonal::orthogonal`] for which Gram matrix.
    fn penalty(&self) -> Result<Option<Tensor>> {
        let mut sum: Option<Tensor> = None;
        for (name, weight) in self.params.learning(|name| name.ends_with(".weight")) {
            if weight.dim() != 4 {
                continue;
            }
            let layout = if name.starts_with("dec.deconv") {
                orthogonal::Layout::InOut
            } else {
                orthogonal::Layout::OutIn
            };
            let part = orthogonal::orthogonal(&weight, layout)?;
            sum = Some(match sum {
                Some(sum) => sum.f_add(&part)?,
                None => part,
            });
        }
        Ok(sum)
    }
}

#[cfg(test)]
#[path = "full_tests.rs"]
mod tests;
