//! A full IAN from a model file, for inference and the gradient to the latents: batch norm folded, dilated convolutions merged into
//! dense ones. Calls [`super::blocks`], [`super::layers`] and `npe::model`.

use super::blocks::mdc::{Mdcl, dense};
use super::blocks::{beta, made};
use super::full::{HEAD_SCALES, HEADS, block_scales};
use super::layers::{conv5, deconv5, lrelu};
use super::{params::channels_last, stages};
use crate::error::{Error, Result};
use npe::model::{ARCHITECTURE_FULL, Model};
use tch::{Device, Tensor};

/// A weight and a bias.
#[derive(Debug)]
struct Layer {
    weight: Tensor,
    bias: Tensor,
}

/// MDBLOCK with its norms folded: a(skip·x + b(a(a(norm·x + shift)))).
#[derive(Debug)]
struct Block {
    norm: Layer,
    first: Layer,
    second: Layer,
    skip: Tensor,
}

/// One of the flow's two MADEs, masks multiplied in.
#[derive(Debug)]
struct FlowPart {
    input: Layer,
    output: Layer,
    direct: Tensor,
}

/// The network. Its tensors need no gradients; its methods give gradients to what they are called with.
#[derive(Debug)]
pub struct FoldedFull {
    convolutions: Vec<Layer>,
    fc1: Layer,
    mu: Layer,
    shift: FlowPart,
    scale: FlowPart,
    fc: Layer,
    /// All but the last are followed by a block.
    deconvolutions: Vec<Layer>,
    blocks: Vec<Block>,
    /// The three heads' kernels on the last maps, six filters.
    heads: Tensor,
    green: Tensor,
    blue: Tensor,
}

/// Reads a model's tensors onto a device.
struct Source<'a> {
    model: &'a Model,
    shapes: std::collections::BTreeMap<String, Vec<usize>>,
    device: Device,
}

impl Source<'_> {
    fn tensor(&self, name: &str) -> Result<Tensor> {
        let missing = || Error::told(format!("the model has no tensor {name}"));
        let values = self.model.tensor(name).ok_or_else(missing)?.to_f32();
        let shape: Vec<i64> = self.shapes.get(name).ok_or_else(missing)?.iter().map(|n| *n as i64).collect();
        let tensor = Tensor::f_from_slice(&values)?.f_reshape(shape)?;
        channels_last(&tensor.f_to_device(self.device)?)
    }

    fn layer(&self, name: &str) -> Result<Layer> {
        Ok(Layer {
            weight: self.tensor(&format!("{name}.weight"))?,
            bias: self.tensor(&format!("{name}.bias"))?,
        })
    }

    /// A dilated convolution merged into a dense kernel.
    fn merged(&self, name: &str, scales: &[i64]) -> Result<Tensor> {
        let bank = self.tensor(&format!("{name}.weight"))?;
        let coefficients = self.tensor(&format!("{name}.scales"))?;
        channels_last(&Mdcl { bank: &bank, coefficients: &coefficients, scales }.collapsed()?)
    }

    fn merged_layer(&self, name: &str, scales: &[i64]) -> Result<Layer> {
        Ok(Layer { weight: self.merged(name, scales)?, bias: self.tensor(&format!("{name}.bias"))? })
    }

    fn block(&self, stage: usize) -> Result<Block> {
        let (name, scales) = (format!("dec.mdc{stage}"), block_scales(stage));
        let per_channel = |t: Tensor| t.f_reshape([1, -1, 1, 1]);
        let Layer { weight, bias } = self.layer(&format!("{name}.norm"))?;
        Ok(Block {
            norm: Layer { weight: per_channel(weight)?, bias: per_channel(bias)? },
            first: self.merged_layer(&format!("{name}.a"), scales)?,
            second: self.merged_layer(&format!("{name}.b"), scales)?,
            skip: per_channel(self.tensor(&format!("{name}.skip.weight"))?)?,
        })
    }

    fn flow_part(&self, name: &str) -> Result<FlowPart> {
        Ok(FlowPart {
            input: self.layer(&format!("{name}.input"))?,
            output: self.layer(&format!("{name}.output"))?,
            direct: self.tensor(&format!("{name}.direct.weight"))?,
        })
    }
}

impl Layer {
    fn dense(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.f_linear(&self.weight, Some(&self.bias))?)
    }
}

impl Block {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let inner = lrelu(&x.f_mul(&self.norm.weight)?.f_add(&self.norm.bias)?)?;
        let inner = lrelu(&dense(&inner, &self.first.weight, Some(&self.first.bias))?)?;
        let inner = dense(&inner, &self.second.weight, Some(&self.second.bias))?;
        lrelu(&x.f_mul(&self.skip)?.f_add(&inner)?)
    }
}

impl FlowPart {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let hidden = self.input.dense(x)?.f_relu()?;
        Ok(self.output.dense(&hidden)?.f_add(&x.f_linear(&self.direct, None::<&Tensor>)?)?)
    }
}

impl FoldedFull {
    /// The network of a model of architecture `ian`, on a device.
    ///
    /// # Errors
    /// If the model is of another architecture, or memory is short.
    pub fn new(model: &Model, device: Device) -> Result<Self> {
        if model.meta.architecture != ARCHITECTURE_FULL {
            return Err(Error::told(format!(
                "the model is of architecture {:?}, not {ARCHITECTURE_FULL:?}",
                model.meta.architecture
            )));
        }
        let _guard = tch::no_grad_guard();
        let source = Source { model, shapes: model.meta.tensors().into_iter().collect(), device };
        let stages = stages(model.meta.image_size)?;
        let layers = |prefix: &str, count: usize| -> Result<Vec<Layer>> {
            (1..=count).map(|stage| source.layer(&format!("{prefix}{stage}"))).collect()
        };
        let head = |i: usize| source.merged(HEADS[i].0, HEAD_SCALES);
        Ok(Self {
            convolutions: layers("enc.conv", stages)?,
            fc1: source.layer("enc.fc1")?,
            mu: source.layer("enc.mu")?,
            shift: source.flow_part("iaf.mu")?,
            scale: source.flow_part("iaf.logsigma")?,
            fc: source.layer("dec.fc")?,
            deconvolutions: layers("dec.deconv", stages)?,
            blocks: (1..stages).map(|stage| source.block(stage)).collect::<Result<_>>()?,
            heads: channels_last(&Tensor::f_cat(&[head(0)?, head(1)?, head(2)?], 0)?)?,
            green: head(3)?,
            blue: head(4)?,
        })
    }

    /// The latents `[N, latents]` of images `[N, 3, S, S]`: the posterior's mean through the flow, which is what the decoder
    /// takes.
    ///
    /// # Errors
    /// If the shape is wrong or memory is short.
    pub fn encode(&self, images: &Tensor) -> Result<Tensor> {
        let mut x = images.shallow_clone();
        for layer in &self.convolutions {
            x = lrelu(&conv5(&x, &layer.weight, Some(&layer.bias))?)?;
        }
        let z0 = self.mu.dense(&self.fc1.dense(&x.f_flatten(1, -1)?)?.f_relu()?)?;
        made::flow(&z0, &self.shift.forward(&z0)?, &self.scale.forward(&z0)?)
    }

    /// The images `[N, 3, S, S]` of latents `[N, latents]`.
    ///
    /// # Errors
    /// If the shape is wrong or memory is short.
    pub fn decode(&self, latents: &Tensor) -> Result<Tensor> {
        let x = lrelu(&self.fc.dense(latents)?)?;
        let mut x = channels_last(&x.f_reshape([-1, self.deconvolutions[0].weight.size()[0], 4, 4])?)?;
        for (i, layer) in self.deconvolutions.iter().enumerate() {
            x = deconv5(&x, &layer.weight, Some(&layer.bias))?;
            x = match self.blocks.get(i) {
                Some(block) => block.forward(&x)?,
                None => lrelu(&x)?,
            };
        }
        let maps = dense(&x, &self.heads, None)?;
        let map = |i: i64| maps.f_narrow(1, 2 * i, 2);
        beta::rgb_beta(
            [&map(0)?, &map(1)?, &map(2)?],
            |r| dense(r, &self.green, None),
            |rg| dense(rg, &self.blue, None),
        )
    }
}
