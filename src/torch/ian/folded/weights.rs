//! The weights of a model file as tensors on a device. Calls [`crate::ian::layers`] and `npe::model`.

use crate::error::{Error, Result};
use crate::ian::layers::{conv5, lrelu};
use crate::ian::params::channels_last;
use npe::model::{Model, Values};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// A model whose tensors are taken to a device, one by one.
pub struct Weights<'a> {
    model: &'a Model,
    shapes: BTreeMap<String, Vec<usize>>,
    device: Device,
}

/// A weight and a bias.
#[derive(Debug)]
pub struct Layer {
    /// As in the model file.
    pub weight: Tensor,
    /// One for each output.
    pub bias: Tensor,
}

impl<'a> Weights<'a> {
    /// Those of a model of this architecture.
    ///
    /// # Errors
    /// If the model is of another one.
    pub fn new(model: &'a Model, architecture: &str, device: Device) -> Result<Self> {
        let found = &model.meta.architecture;
        if found != architecture {
            return Err(Error::told(format!("the model is of architecture {found:?}, not {architecture:?}")));
        }
        Ok(Self { model, shapes: model.meta.tensors().into_iter().collect(), device })
    }

    /// A tensor as f32 (f16 is uploaded as it is and widened there), kernels in the order that is fastest.
    ///
    /// # Errors
    /// If the model has none of this name, or memory is short.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        let missing = || Error::told(format!("the model has no tensor {name}"));
        let values = match self.model.tensor(name).ok_or_else(missing)? {
            Values::F32(v) => Tensor::f_from_slice(v)?,
            Values::F16(v) => Tensor::f_from_slice(v)?,
        };
        let shape: Vec<i64> = self.shapes.get(name).ok_or_else(missing)?.iter().map(|n| *n as i64).collect();
        let tensor = values.f_to_device(self.device)?.f_to_kind(Kind::Float)?.f_reshape(shape)?;
        channels_last(&tensor)
    }

    /// The weight and the bias of a layer.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn layer(&self, name: &str) -> Result<Layer> {
        Ok(Layer {
            weight: self.tensor(&format!("{name}.weight"))?,
            bias: self.tensor(&format!("{name}.bias"))?,
        })
    }

    /// The layers of this name and a number, 1 to `count`.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn layers(&self, prefix: &str, count: usize) -> Result<Vec<Layer>> {
        (1..=count).map(|stage| self.layer(&format!("{prefix}{stage}"))).collect()
    }
}

impl Layer {
    /// x·Wᵀ + b.
    ///
    /// # Errors
    /// If shapes do not fit or memory is short.
    pub fn dense(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.f_linear(&self.weight, Some(&self.bias))?)
    }
}

/// The encoder's convolutions, which both architectures have: images `[N, 3, S, S]` to `[N, channels·16]`, in the order
/// (channel, y, x) whatever the memory's.
///
/// # Errors
/// If the shape is wrong or memory is short.
pub fn trunk(convolutions: &[Layer], images: &Tensor) -> Result<Tensor> {
    let mut x = images.shallow_clone();
    for layer in convolutions {
        x = lrelu(&conv5(&x, &layer.weight, Some(&layer.bias))?)?;
    }
    Ok(x.f_flatten(1, -1)?)
}
