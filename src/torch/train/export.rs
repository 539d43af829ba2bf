//! From a checkpoint to an `npe-model` file: batch norm folded into the weights before it (`docs/model-format.md`).

use super::checkpoint::{self, values};
use super::recipe::Recipe;
use crate::error::{Error, Result};
use crate::ian::layers::NORM_EPS;
use crate::ian::{Network, Params, simple};
use npe::model::{Meta, Model};
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
    let mut network = crate::ian::new(&recipe.network, recipe.norm_latents, device)?;
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
        name: about.name.clone(),
        trained_on: about.trained_on.clone(),
        licence: about.licence.clone(),
    };
    let stages = simple::stages(sizes.image_size)?;
    let p = network.params();
    let mut folded = Folded { params: p, out: BTreeMap::new() };
    folded.plain("enc.conv1")?;
    for stage in 2..=stages {
        folded.layer(&format!("enc.conv{stage}"), &format!("enc.norm{stage}"), 0)?;
    }
    folded.layer("enc.fc1", "enc.norm_fc1", 0)?;
    if p.has("enc.norm_mu.weight") {
        folded.layer("enc.mu", "enc.norm_mu", 0)?;
    } else {
        folded.plain("enc.mu")?;
    }
    folded.layer("dec.fc", "dec.norm_fc", 0)?;
    for stage in 1..stages {
        folded.layer(&format!("dec.deconv{stage}"), &format!("dec.norm{stage}"), 1)?;
    }
    folded.plain("dec.out")?;
    Ok(Model::from_tensors(meta, folded.out)?)
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

    /// A layer with a bias of its own and no batch norm.
    fn plain(&mut self, name: &str) -> Result<()> {
        let part = |what: &str| self.params.get(&format!("{name}.{what}"));
        self.put(name, part("weight")?, part("bias")?)
    }

    /// A layer without bias and the batch norm after it: y = γ·(Wx − m)/√(v + ε) + β = (sW)x + (β − s·m), s = γ/√(v + ε).
    /// `axis` is the weight's output axis.
    fn layer(&mut self, name: &str, norm: &str, axis: usize) -> Result<()> {
        let part = |what: &str| self.params.get(&format!("{norm}.{what}"));
        let scale = part("weight")?.f_div(&part("variance")?.f_add_scalar(NORM_EPS)?.f_sqrt()?)?;
        let weight = self.params.get(&format!("{name}.weight"))?;
        let mut shape = vec![1i64; weight.dim()];
        shape[axis] = -1;
        let bias = part("bias")?.f_sub(&scale.f_mul(part("mean")?)?)?;
        self.put(name, &weight.f_mul(&scale.f_view(shape.as_slice())?)?, &bias)
    }
}
