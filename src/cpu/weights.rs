//! From a model's tensors to packed weights.

use std::borrow::Cow;

use super::{buffer::padded, pack::Packed};
use crate::{
    error::{Error, ErrorKind, Result},
    model::{Dtype, Model, Sizes},
};

/// A model to pack from.
pub struct Source<'a> {
    model: &'a Model,
    /// The model's sizes.
    pub sizes: Sizes,
}

/// The weight of one layer.
pub struct Weight<'a> {
    values: Cow<'a, [f32]>,
    half: bool,
}

impl<'a> Source<'a> {
    /// Checks that every tensor is there and has its size, so that the rest need not.
    pub fn new(model: &'a Model) -> Result<Self> {
        let sizes = model.meta.sizes();
        for (name, shape) in model.meta.tensors() {
            let count = match model.tensor(&name) {
                Some(crate::model::Values::F32(v)) => v.len(),
                Some(crate::model::Values::F16(v)) => v.len(),
                None => 0,
            };
            if count != shape.iter().product::<usize>() {
                return Err(Error::new(
                    ErrorKind::Model,
                    format!("tensor {name} of the model has {count} values; its shape should be {shape:?}"),
                ));
            }
        }
        Ok(Self { model, sizes })
    }

    fn values(&self, name: &str) -> &'a crate::model::Values {
        self.model.tensor(name).expect("checked in new")
    }

    /// The weight of a layer.
    pub fn weight(&self, layer: &str) -> Weight<'a> {
        let values = self.values(&format!("{layer}.weight"));
        Weight { values: values.to_f32(), half: values.dtype() == Dtype::F16 }
    }

    /// The bias of a layer.
    pub fn bias(&self, layer: &str) -> Cow<'a, [f32]> {
        self.values(&format!("{layer}.bias")).to_f32()
    }
}

impl Weight<'_> {
    /// Packs for products of few rows, which wait for memory: as f16 where the file has f16. `at` is the place of
    /// (output, tap, input) in the tensor.
    pub fn pack_few(
        &self,
        outputs: usize,
        taps: usize,
        inputs: usize,
        at: impl Fn(usize, usize, usize) -> usize,
    ) -> Packed {
        Packed::new(outputs, taps, inputs, self.half, |o, t, i| self.values[at(o, t, i)])
    }

    /// Packs for products of many rows, which wait for arithmetic: always f32, which needs no conversion.
    pub fn pack_many(
        &self,
        outputs: usize,
        taps: usize,
        inputs: usize,
        at: impl Fn(usize, usize, usize) -> usize,
    ) -> Packed {
        Packed::new(outputs, taps, inputs, false, |o, t, i| self.values[at(o, t, i)])
    }

    /// As [`Self::pack_few`] where some (output, tap, input) have no weight.
    pub fn pack_few_sparse(
        &self,
        outputs: usize,
        taps: usize,
        inputs: usize,
        at: impl Fn(usize, usize, usize) -> Option<usize>,
    ) -> Packed {
        Packed::new(outputs, taps, inputs, self.half, |o, t, i| at(o, t, i).map_or(0.0, |at| self.values[at]))
    }

    /// As [`Self::pack_many`] where some (output, tap, input) have no weight.
    pub fn pack_sparse(
        &self,
        outputs: usize,
        taps: usize,
        inputs: usize,
        at: impl Fn(usize, usize, usize) -> Option<usize>,
    ) -> Packed {
        Packed::new(outputs, taps, inputs, false, |o, t, i| at(o, t, i).map_or(0.0, |at| self.values[at]))
    }
}

/// A bias with zeros up to a multiple of 16.
pub fn padded_bias(bias: &[f32], outputs: usize) -> Vec<f32> {
    let mut all = bias[..outputs].to_vec();
    all.resize(padded(outputs), 0.0);
    all
}
