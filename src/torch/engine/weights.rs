//! The weights of a model file as tensors on a device. Calls `npe::model` and tch.

use super::say::explain;
use npe::error::{Error, ErrorKind, Result};
use npe::model::{Model, Values};
use tch::{Device, Kind, Tensor};

/// A model whose tensors are taken to a device, one by one.
pub struct Weights<'a> {
    /// The file.
    pub model: &'a Model,
    /// Where the tensors go.
    pub device: Device,
}

/// A layer's weight and bias.
pub struct Layer {
    /// As in the model file.
    pub weight: Tensor,
    /// One for each output.
    pub bias: Tensor,
}

impl Weights<'_> {
    /// A tensor of this shape as f32 (f16 is uploaded as it is and widened there).
    ///
    /// # Errors
    /// If the model has none of this name and size, or memory is short.
    pub fn tensor(&self, name: &str, shape: &[i64]) -> Result<Tensor> {
        let absent = |why: String| Error::new(ErrorKind::Model, format!("the tensor {name} {why}"));
        let values = self.model.tensor(name).ok_or_else(|| absent("is not in the model".into()))?;
        let (tensor, count) = match values {
            Values::F32(v) => (Tensor::f_from_slice(v), v.len()),
            Values::F16(v) => (Tensor::f_from_slice(v), v.len()),
        };
        let wanted: i64 = shape.iter().product();
        if i64::try_from(count) != Ok(wanted) {
            return Err(absent(format!("has {count} values; the network takes {shape:?}, {wanted} values")));
        }
        let upload = || tensor?.f_to_device(self.device)?.f_to_kind(Kind::Float)?.f_reshape(shape);
        upload().map_err(|e| explain(&e))
    }

    /// The weight and the bias of a layer; `outputs` is the length of the bias.
    ///
    /// # Errors
    /// As [`Weights::tensor`].
    pub fn layer(&self, name: &str, shape: &[i64], outputs: i64) -> Result<Layer> {
        Ok(Layer {
            weight: self.tensor(&format!("{name}.weight"), shape)?,
            bias: self.tensor(&format!("{name}.bias"), &[outputs])?,
        })
    }
}
