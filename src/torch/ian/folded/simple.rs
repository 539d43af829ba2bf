//! IAN-simple from a model file. Calls [`crate::ian::layers`].

use super::Folded;
use super::weights::{Layer, Weights, trunk};
use crate::error::Result;
use crate::ian::layers::deconv5;
use crate::ian::stages;
use npe::model::{ARCHITECTURE, Model};
use tch::{Device, Tensor};

/// The network.
#[derive(Debug)]
pub struct FoldedSimple {
    convolutions: Vec<Layer>,
    fc1: Layer,
    mu: Layer,
    fc: Layer,
    /// Followed by ReLU each.
    deconvolutions: Vec<Layer>,
    out: Layer,
}

impl FoldedSimple {
    /// The network of a model of architecture `ian-simple`, on a device.
    ///
    /// # Errors
    /// If the model is of another architecture, or memory is short.
    pub fn new(model: &Model, device: Device) -> Result<Self> {
        let _guard = tch::no_grad_guard();
        let weights = Weights::new(model, ARCHITECTURE, device)?;
        let stages = stages(model.meta.image_size)?;
        Ok(Self {
            convolutions: weights.layers("enc.conv", stages)?,
            fc1: weights.layer("enc.fc1")?,
            mu: weights.layer("enc.mu")?,
            fc: weights.layer("dec.fc")?,
            deconvolutions: weights.layers("dec.deconv", stages - 1)?,
            out: weights.layer("dec.out")?,
        })
    }
}

impl Folded for FoldedSimple {
    fn encode(&self, images: &Tensor) -> Result<Tensor> {
        let top = trunk(&self.convolutions, images)?;
        self.mu.dense(&self.fc1.dense(&top)?.f_elu()?)
    }

    fn decode(&self, latents: &Tensor) -> Result<Tensor> {
        let x = self.fc.dense(latents)?.f_relu()?;
        let mut x = x.f_unflatten(1, [-1, 4, 4])?;
        for layer in &self.deconvolutions {
            x = deconv5(&x, &layer.weight, Some(&layer.bias))?.f_relu()?;
        }
        Ok(deconv5(&x, &self.out.weight, Some(&self.out.bias))?.f_tanh()?)
    }
}
