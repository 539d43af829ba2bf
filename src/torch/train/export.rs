//! From a checkpoint to an `npe-model` file: batch norm folded into the weights before it (`docs/model-format.md`).

use super::checkpoint::{self, values};
use super::recipe::Recipe;
use crate::error::{Error, Result};
use crate::ian::layers::NORM_EPS;
use crate::ian::{Network, Params, full, stages};
use npe::model::{ARCHITECTURE_FULL, Meta, Model};
use std::collections::BTreeMap;
use std::path::Path;
use tch::{Device, Tensor};

/// The model of a checkpoint, from its averaged weights.
///
/// # Errors
/// If the checkpoint can't be read, or a weight is not finite.
pub fn model(path: &Path) -> Result<(Model, Recipe, u64)> {
    let (network, recipe, seen) = network(path, Device::Cpu)?;
    Ok((fold(network.as_ref(), &recipe)?, recipe, seen))
}

/// The network of a checkpoint with its averaged weights, its recipe, and the images it has seen.
///
/// # Errors
/// If the checkpoint can't be read.
pub fn network(path: &Path, device: Device) -> Result<(Box<dyn Network>, Recipe, u64)> {
    let (recipe, seen, weights) = checkpoint::weights(path)?;
    let mut network = crate::ian::new(&recipe.network, recipe.norm_latents, recipe.ian, device)?;
    network.params_mut().load(&weights).map_err(|e| Error::file("the checkpoint is damaged:", path, &e))?;
    Ok((network, recipe, seen))
}

/// The model of a network.
///
/// # Errors
/// If the architecture has no table in the format, or a weight is not finite.
pub fn fold(network: &dyn Network, recipe: &Recipe) -> Result<Model> {
    let _guard = tch::no_grad_guard();
    let (sizes, about) = (network.sizes(), &recipe.model);
    let [lx, ly, rx, ry] = about.eyes;
    let meta = Meta {
        architecture: sizes.architecture.clone(),
        width: sizes.width,
        hidden: sizes.hidden,
        latents: sizes.latents,
        image_size: sizes.image_size,
        eye_left: (lx, ly),
        eye_right: (rx, ry),
        broad_keep: about.broad_keep,
        name: about.name.clone(),
        trained_on: about.trained_on.clone(),
        licence: about.licence.clone(),
        extras: Default::default(),
    };
    let stages = stages(sizes.image_size)?;
    let p = network.params();
    let mut folded = Folded { params: p, out: BTreeMap::new() };
    folded.places(&encoder(stages, p.has("enc.norm_mu.weight")))?;
    if sizes.architecture == ARCHITECTURE_FULL {
        folded.full(stages, sizes.latents as i64)?;
    } else {
        folded.places(&simple_decoder(stages))?;
    }
    Ok(Model::from_tensors(meta, folded.out)?)
}

/// A layer of a model file, the batch norm that was folded into it (none: it has a bias of its own), and its weight's output
/// axis.
pub(super) struct Place {
    pub(super) layer: String,
    pub(super) norm: Option<String>,
    axis: usize,
}

impl Place {
    fn new(layer: &str, norm: Option<&str>, axis: usize) -> Self {
        Self { layer: layer.to_owned(), norm: norm.map(str::to_owned), axis }
    }
}

/// The encoder's layers, of both architectures.
pub(super) fn encoder(stages: usize, norm_latents: bool) -> Vec<Place> {
    let mut all = vec![Place::new("enc.conv1", None, 0)];
    for stage in 2..=stages {
        all.push(Place::new(&format!("enc.conv{stage}"), Some(&format!("enc.norm{stage}")), 0));
    }
    all.push(Place::new("enc.fc1", Some("enc.norm_fc1"), 0));
    all.push(Place::new("enc.mu", norm_latents.then_some("enc.norm_mu"), 0));
    all
}

/// The layers of IAN-simple's decoder.
pub(super) fn simple_decoder(stages: usize) -> Vec<Place> {
    let mut all = vec![Place::new("dec.fc", Some("dec.norm_fc"), 0)];
    for stage in 1..stages {
        all.push(Place::new(&format!("dec.deconv{stage}"), Some(&format!("dec.norm{stage}")), 1));
    }
    all.push(Place::new("dec.out", None, 1));
    all
}

struct Folded<'a> {
    params: &'a Params,
    out: BTreeMap<String, Vec<f32>>,
}

impl Folded<'_> {
    fn put(&mut self, name: &str, weight: &Tensor, bias: &Tensor) -> Result<()> {
        self.out.insert(format!("{name}.weight"), values(weight)?);
        self.out.insert(format!("{name}.bias"), values(bias)?);
        Ok(())
    }

    fn places(&mut self, places: &[Place]) -> Result<()> {
        places.iter().try_for_each(|place| match &place.norm {
            Some(norm) => self.layer(&place.layer, norm, place.axis),
            None => self.plain(&place.layer),
        })
    }

    /// The full network's flow and decoder.
    fn full(&mut self, stages: usize, latents: i64) -> Result<()> {
        for name in ["iaf.mu", "iaf.logsigma"] {
            self.flow(name, latents)?;
        }
        self.plain("dec.fc")?;
        for stage in 1..stages {
            self.plain(&format!("dec.deconv{stage}"))?;
            self.block(&format!("dec.mdc{stage}"))?;
        }
        self.layer(&format!("dec.deconv{stages}"), "dec.norm_out", 1)?;
        for (name, _) in full::HEADS {
            for part in ["weight", "scales"] {
                self.copy(&format!("{name}.{part}"))?;
            }
        }
        Ok(())
    }

    /// One of the flow's two MADEs, its masks multiplied in and the output's two biases added up; zeros, which leave latents
    /// as they are, for a network without. Zeros too for the hidden units that are fewer than latents: they add nothing.
    fn flow(&mut self, name: &str, latents: i64) -> Result<()> {
        let p = self.params;
        let zeros = |shape: &[i64]| Tensor::f_zeros(shape, (tch::Kind::Float, p.device()));
        let weight = |part: &str| -> Result<Tensor> {
            let all = zeros(&[latents, latents])?;
            let full = format!("{name}.{part}.weight");
            if p.has(&full) {
                let weight = p.get(&full)?.f_mul(p.get(&format!("iaf.mask.{part}"))?)?;
                let [rows, columns] = weight.size()[..] else {
                    return Err(Error::told("a flow of no matrices"));
                };
                all.f_narrow(0, 0, rows)?.f_narrow(1, 0, columns)?.f_copy_(&weight)?;
            }
            Ok(all)
        };
        let bias = |part: &str| -> Result<Tensor> {
            let all = zeros(&[latents])?;
            let full = format!("{name}.{part}.bias");
            if p.has(&full) {
                let bias = p.get(&full)?;
                all.f_narrow(0, 0, bias.size()[0])?.f_copy_(bias)?;
            }
            Ok(all)
        };
        self.put(&format!("{name}.input"), &weight("input")?, &bias("input")?)?;
        self.put(&format!("{name}.output"), &weight("output")?, &bias("output")?.f_add(&bias("direct")?)?)?;
        self.out.insert(format!("{name}.direct.weight"), values(&weight("direct")?)?);
        Ok(())
    }

    /// MDBLOCK: BN₀ comes before a nonlinearity and stays a factor and a shift a channel; BN₁ goes into MDCL_a; of
    /// BN₂(x + MDCL_b) the factor goes into MDCL_b and stays with x (`skip`).
    fn block(&mut self, name: &str) -> Result<()> {
        let (scale, shift) = self.norm(&format!("{name}.norm0"))?;
        self.put(&format!("{name}.norm"), &scale, &shift)?;
        for (part, norm) in [("a", "norm1"), ("b", "norm2")] {
            self.layer(&format!("{name}.{part}"), &format!("{name}.{norm}"), 0)?;
            self.copy(&format!("{name}.{part}.scales"))?;
        }
        let (skip, _) = self.norm(&format!("{name}.norm2"))?;
        self.out.insert(format!("{name}.skip.weight"), values(&skip)?);
        Ok(())
    }

    fn copy(&mut self, name: &str) -> Result<()> {
        self.out.insert(name.to_owned(), values(self.params.get(name)?)?);
        Ok(())
    }

    /// A layer with a bias of its own and no batch norm.
    fn plain(&mut self, name: &str) -> Result<()> {
        let part = |what: &str| self.params.get(&format!("{name}.{what}"));
        self.put(name, part("weight")?, part("bias")?)
    }

    /// A batch norm as a factor and a shift a channel: γ·(x − m)/√(v + ε) + β = s·x + (β − s·m), s = γ/√(v + ε).
    fn norm(&self, norm: &str) -> Result<(Tensor, Tensor)> {
        let part = |what: &str| self.params.get(&format!("{norm}.{what}"));
        let scale = part("weight")?.f_div(&part("variance")?.f_add_scalar(NORM_EPS)?.f_sqrt()?)?;
        let shift = part("bias")?.f_sub(&scale.f_mul(part("mean")?)?)?;
        Ok((scale, shift))
    }

    /// A layer without bias and the batch norm after it. `axis` is the weight's output axis.
    fn layer(&mut self, name: &str, norm: &str, axis: usize) -> Result<()> {
        let (scale, shift) = self.norm(norm)?;
        let weight = self.params.get(&format!("{name}.weight"))?;
        let mut shape = vec![1i64; weight.dim()];
        shape[axis] = -1;
        self.put(name, &weight.f_mul(&scale.f_view(shape.as_slice())?)?, &shift)
    }
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
