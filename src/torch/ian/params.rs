//! A network's named tensors: parameters that learn, and buffers (batch norm's running figures, masks) that do not.
//! Calls tch only.

use crate::error::{Error, Result};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor};

/// Named tensors on one device, in the order of their names.
#[derive(Debug)]
pub struct Params {
    device: Device,
    tensors: BTreeMap<String, Param>,
}

#[derive(Debug)]
struct Param {
    tensor: Tensor,
    learns: bool,
}

impl Params {
    /// None yet, for this device.
    pub fn new(device: Device) -> Self {
        Self { device, tensors: BTreeMap::new() }
    }

    /// Where the tensors are.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Adds a tensor; a parameter if it `learns`, a buffer if not.
    ///
    /// # Errors
    /// If the name is taken, or memory is short.
    pub fn add(&mut self, name: &str, value: &Tensor, learns: bool) -> Result<()> {
        let tensor =
            channels_last(&value.f_detach()?.f_to_device(self.device)?)?.f_set_requires_grad(learns)?;
        if self.tensors.insert(name.to_owned(), Param { tensor, learns }).is_some() {
            return Err(Error::told(format!("the network has two tensors {name}")));
        }
        Ok(())
    }

    /// Adds a parameter drawn from N(0, `deviation`) by torch's generator.
    ///
    /// # Errors
    /// As [`Params::add`].
    pub fn add_normal(&mut self, name: &str, shape: &[i64], deviation: f64) -> Result<()> {
        let value = Tensor::f_randn(shape, (Kind::Float, Device::Cpu))?.f_mul_scalar(deviation)?;
        self.add(name, &value, true)
    }

    /// Adds a tensor full of one value.
    ///
    /// # Errors
    /// As [`Params::add`].
    pub fn add_full(&mut self, name: &str, shape: &[i64], value: f64, learns: bool) -> Result<()> {
        let value = Tensor::f_full(shape, value, (Kind::Float, Device::Cpu))?;
        self.add(name, &value, learns)
    }

    /// Adds scale, shift and running figures of a batch norm: `NAME.weight`, `.bias`, `.mean`, `.variance`.
    ///
    /// # Errors
    /// As [`Params::add`].
    pub fn add_norm(&mut self, name: &str, channels: i64) -> Result<()> {
        self.add_full(&format!("{name}.weight"), &[channels], 1.0, true)?;
        self.add_full(&format!("{name}.bias"), &[channels], 0.0, true)?;
        self.add_full(&format!("{name}.mean"), &[channels], 0.0, false)?;
        self.add_full(&format!("{name}.variance"), &[channels], 1.0, false)
    }

    /// The tensor of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn get(&self, name: &str) -> Result<&Tensor> {
        let param = self.tensors.get(name);
        param.map(|p| &p.tensor).ok_or_else(|| Error::told(format!("the network has no tensor {name}")))
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The parameters (no buffers) for which `wanted` holds, by name. They share memory with the network's.
    pub fn learning(&self, wanted: impl Fn(&str) -> bool) -> Vec<(String, Tensor)> {
        let chosen = self.tensors.iter().filter(|(name, p)| p.learns && wanted(name));
        chosen.map(|(name, p)| (name.clone(), p.tensor.shallow_clone())).collect()
    }

    /// All tensors by name. They share memory with the network's.
    pub fn all(&self) -> Vec<(String, Tensor)> {
        self.tensors.iter().map(|(name, p)| (name.clone(), p.tensor.shallow_clone())).collect()
    }

    /// How many numbers learn.
    pub fn count(&self) -> usize {
        self.tensors.values().filter(|p| p.learns).map(|p| p.tensor.numel()).sum()
    }

    /// A copy that does not learn, for averages over time.
    ///
    /// # Errors
    /// If memory is short.
    pub fn frozen_copy(&self) -> Result<Self> {
        let mut copy = Self::new(self.device);
        for (name, p) in &self.tensors {
            let mut value = p.tensor.f_detach()?.f_empty_like()?;
            value.f_copy_(&p.tensor.f_detach()?)?;
            copy.add(name, &value, false)?;
        }
        Ok(copy)
    }

    /// Copies of all buffers by name, to be restored later.
    ///
    /// # Errors
    /// If memory is short.
    pub fn buffers(&self) -> Result<Vec<(String, Tensor)>> {
        let chosen = self.tensors.iter().filter(|(_, p)| !p.learns);
        let copy = |(name, p): (&String, &Param)| {
            let mut value = p.tensor.f_empty_like()?;
            value.f_copy_(&p.tensor)?;
            Ok((name.clone(), value))
        };
        chosen.map(copy).collect()
    }

    /// Takes back what [`Params::buffers`] gave.
    ///
    /// # Errors
    /// If a name is not known or a shape differs.
    pub fn restore(&mut self, buffers: &[(String, Tensor)]) -> Result<()> {
        let _guard = tch::no_grad_guard();
        for (name, value) in buffers {
            let param = self.tensors.get_mut(name);
            let param = param.ok_or_else(|| Error::told(format!("the network has no tensor {name}")))?;
            param.tensor.f_copy_(value)?;
        }
        Ok(())
    }

    /// Takes over all values; the names and shapes must be exactly these.
    ///
    /// # Errors
    /// If a tensor is missing, unknown, or of another shape; nothing is changed then.
    pub fn load(&mut self, from: &BTreeMap<String, Tensor>) -> Result<()> {
        if let Some(extra) = from.keys().find(|name| !self.has(name)) {
            return Err(Error::told(format!("there is a tensor {extra} that this network does not have")));
        }
        for (name, p) in &self.tensors {
            let value = from
                .get(name)
                .ok_or_else(|| Error::told(format!("the network's tensor {name} is missing")))?;
            if value.size() != p.tensor.size() {
                return Err(Error::told(format!(
                    "tensor {name} has shape {:?}; this network takes {:?}",
                    value.size(),
                    p.tensor.size()
                )));
            }
        }
        let _guard = tch::no_grad_guard();
        for (name, p) in &mut self.tensors {
            p.tensor.f_copy_(&from[name])?;
        }
        Ok(())
    }

    /// Moves every value towards another network's: `keep` of the old, the rest of the new; buffers are copied.
    ///
    /// # Errors
    /// If the networks differ.
    pub fn follow(&mut self, other: &Self, keep: f64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        for (name, p) in &mut self.tensors {
            let new = other.get(name)?;
            if other.tensors[name].learns {
                let _ = p.tensor.f_lerp_(new, 1.0 - keep)?;
            } else {
                p.tensor.f_copy_(new)?;
            }
        }
        Ok(())
    }
}

/// The same values, images and kernels laid out channels last: libtorch's CPU convolutions are a tenth faster so.
///
/// # Errors
/// If memory is short.
pub fn channels_last(t: &Tensor) -> Result<Tensor> {
    if t.dim() != 4 {
        return Ok(t.f_contiguous()?);
    }
    Ok(t.f_permute([0, 2, 3, 1])?.f_contiguous()?.f_permute([0, 3, 1, 2])?)
}
