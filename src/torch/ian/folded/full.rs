//! A full IAN from a model file: the blocks' dilated convolutions are merged into dense ones. Calls [`crate::ian::blocks`] and
//! [`crate::ian::layers`].

use super::Folded;
use super::weights::{Layer, Weights, trunk};
use crate::error::{Error, Result};
use crate::ian::blocks::made;
use crate::ian::blocks::mdc::{Mdcl, dense};
use crate::ian::full::{HEAD_SCALES, HEADS, block_scales, head_image};
use crate::ian::layers::{deconv5, lrelu};
use crate::ian::{params::channels_last, stages};
use npe::model::{ARCHITECTURE_FULL, Model};
use tch::{Device, Tensor};

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

/// The network.
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
    /// Bank and coefficients of the head's convolutions, in the order of [`HEADS`].
    heads: Vec<(Tensor, Tensor)>,
}

impl Weights<'_> {
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
        let _guard = tch::no_grad_guard();
        let weights = Weights::new(model, ARCHITECTURE_FULL, device)?;
        let stages = stages(model.meta.image_size)?;
        Ok(Self {
            convolutions: weights.layers("enc.conv", stages)?,
            fc1: weights.layer("enc.fc1")?,
            mu: weights.layer("enc.mu")?,
            shift: weights.flow_part("iaf.mu")?,
            scale: weights.flow_part("iaf.logsigma")?,
            fc: weights.layer("dec.fc")?,
            deconvolutions: weights.layers("dec.deconv", stages)?,
            blocks: (1..stages).map(|stage| weights.block(stage)).collect::<Result<_>>()?,
            heads: (HEADS.iter())
                .map(|(name, _)| {
                    Ok((
                        weights.tensor(&format!("{name}.weight"))?,
                        weights.tensor(&format!("{name}.scales"))?,
                    ))
                })
                .collect::<Result<_>>()?,
        })
    }
}

impl Folded for FoldedFull {
    fn encode(&self, images: &Tensor) -> Result<Tensor> {
        let top = trunk(&self.convolutions, images)?;
        let z0 = self.mu.dense(&self.fc1.dense(&top)?.f_relu()?)?;
        made::flow(&z0, &self.shift.forward(&z0)?, &self.scale.forward(&z0)?)
    }

    fn decode(&self, latents: &Tensor) -> Result<Tensor> {
        let x = lrelu(&self.fc.dense(latents)?)?;
        let mut x = x.f_unflatten(1, [-1, 4, 4])?;
        for (i, layer) in self.deconvolutions.iter().enumerate() {
            x = deconv5(&x, &layer.weight, Some(&layer.bias))?;
            x = match self.blocks.get(i) {
                Some(block) => block.forward(&x)?,
                None => lrelu(&x)?,
            };
        }
        let [red, green, blue, green_of_red, blue_of_both] = &self.heads[..] else {
            return Err(Error::told("the model's head is not complete"));
        };
        fn layer((bank, coefficients): &(Tensor, Tensor)) -> Mdcl<'_> {
            Mdcl { bank, coefficients, scales: HEAD_SCALES }
        }
        head_image(&x, [layer(red), layer(green), layer(blue)], layer(green_of_red), layer(blue_of_both))
    }
}
