//! Writing a model file.

use std::{borrow::Cow, collections::BTreeMap};

use half::f16;
use safetensors::{Dtype as FileDtype, tensor::TensorInfo};

use super::{Dtype, Meta, Model, Values, extras, meta::refuse};
use crate::error::{Error, ErrorKind, Result};

impl Model {
    /// A model of these values, row-major and by name; the table of [`Meta::tensors`] says which.
    ///
    /// # Errors
    /// If the metadata is out of range, a tensor is missing, unknown or of another size, or a value is not finite.
    pub fn from_tensors(meta: Meta, mut tensors: BTreeMap<String, Vec<f32>>) -> Result<Self> {
        meta.check()?;
        let mut kept = BTreeMap::new();
        for (name, shape) in meta.tensors() {
            let values = tensors.remove(&name).ok_or_else(|| refuse(format!("tensor {name} is missing")))?;
            let count: usize = shape.iter().product();
            if values.len() != count {
                return Err(refuse(format!(
                    "tensor {name} has {} values; its shape {shape:?} takes {count}",
                    values.len()
                )));
            }
            kept.insert(name, Values::F32(values));
        }
        if let Some(extra) = tensors.keys().next() {
            return Err(refuse(format!(
                "there is a tensor {extra} that {} does not know",
                meta.architecture
            )));
        }
        // Through the file's own bytes: they are checked once more, and the hash is theirs.
        Self::from_bytes(&Self { meta, sha256: String::new(), tensors: kept }.to_bytes(Dtype::F32)?)
    }

    /// The bytes of a model file of this network with weights of this type. Biases stay f32, and whatever else
    /// is one value a channel: they are few, and a rounded one shifts every pixel of its channel. What stands beside the
    /// network stays f32 too, but a response whose values are all exact in f16.
    ///
    /// # Errors
    /// If a weight is too large for f16.
    pub fn to_bytes(&self, dtype: Dtype) -> Result<Vec<u8>> {
        // Written by hand and not by `safetensors::serialize`, whose metadata comes in random order: the same model
        // must have the same SHA-256 every time.
        let mut header = serde_json::Map::new();
        header.insert("__metadata__".into(), serde_json::json!(self.meta.to_strings()));
        let mut body = Vec::new();
        let network = self.meta.tensors().into_iter().map(|(name, shape)| {
            let values = self.tensors.get(&name).expect("a checked model has every tensor of its table");
            let matrix = shape.len() > 1 && name.ends_with(".weight");
            (name, shape, values.to_f32(), matrix)
        });
        // Few numbers, so f32 whatever the weights are; but the response, which is as many as a layer.
        let extras = self.meta.extras.tensors(self.meta.latents).into_iter().map(|(name, shape, values)| {
            // Where that loses nothing: a file may have it as f32 beside weights in f16.
            let short = name == extras::RESPONSE && values.iter().all(|v| f16::from_f32(*v).to_f32() == *v);
            (name.to_owned(), shape, Cow::Owned(values), short)
        });
        for (name, shape, values, matrix) in network.chain(extras) {
            let kept = if matrix { dtype } else { Dtype::F32 };
            let start = body.len();
            let kind = match convert(&values, kept) {
                Values::F32(v) => {
                    body.extend(v.iter().flat_map(|v| v.to_le_bytes()));
                    FileDtype::F32
                }
                Values::F16(v) => {
                    if let Some(i) = v.iter().position(|v| v.is_infinite()) {
                        return Err(refuse(format!(
                            "value {i} of tensor {name} is over 65504, the largest f16; write the model as f32"
                        )));
                    }
                    body.extend(v.iter().flat_map(|v| v.to_le_bytes()));
                    FileDtype::F16
                }
            };
            let info = TensorInfo { dtype: kind, shape, data_offsets: (start, body.len()) };
            header.insert(name, serde_json::to_value(info).map_err(internal)?);
        }
        let mut header = serde_json::to_vec(&header).map_err(internal)?;
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.append(&mut header);
        file.append(&mut body);
        Ok(file)
    }
}

fn internal(e: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("the model could not be written: {e}")).with_source(e)
}

pub(super) fn convert(values: &[f32], dtype: Dtype) -> Values {
    match dtype {
        Dtype::F32 => Values::F32(values.to_vec()),
        Dtype::F16 => Values::F16(values.iter().map(|v| f16::from_f32(*v)).collect()),
    }
}
