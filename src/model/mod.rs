//! The `npe-model` file, version 1: its table of names and shapes, its checks. See `docs/model-format.md`.
//! Calls [`crate::limits`] and [`crate::error`] only.
//!
//! A model file is data from strangers: everything is checked against the table before it is used, the header before
//! the body is read, and nothing in it is ever run.

// What comes from outside is reckoned with here: each sum and product is a checked one, or says which limit holds it.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod extras;
mod header;
mod meta;
mod read;
mod response;
mod table;
mod write;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use half::f16;

pub use extras::{ALIGN_FEATURES, ALIGN_MOVES, Aligner, Attribute, Extras, Stage};
pub use meta::Meta;
pub use response::Response;
pub use table::{
    ARCHITECTURE, ARCHITECTURE_FULL, HEAD_SCALES, IMAGE_SIZE, IMAGE_SIZES, LAYERS, Sizes, block_scales,
};

/// The number type of a model's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dtype {
    /// 32-bit floats.
    F32,
    /// 16-bit floats: half the file, and what the bundled model ships as.
    F16,
}

/// The values of a tensor as the file has them, row-major.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 16-bit floats.
    F16(Vec<f16>),
}

impl Values {
    /// As 32-bit floats; exact for both types.
    pub fn to_f32(&self) -> Cow<'_, [f32]> {
        match self {
            Self::F32(v) => Cow::Borrowed(v),
            Self::F16(v) => {
                use half::slice::HalfFloatSliceExt;
                let mut out = vec![0.0; v.len()];
                v.convert_to_f32_slice(&mut out);
                Cow::Owned(out)
            }
        }
    }

    /// Their type.
    pub fn dtype(&self) -> Dtype {
        match self {
            Self::F32(_) => Dtype::F32,
            Self::F16(_) => Dtype::F16,
        }
    }
}

/// A network's weights and what is known about it, checked.
#[derive(Debug, Clone)]
pub struct Model {
    /// What the file says about itself.
    pub meta: Meta,
    sha256: String,
    tensors: BTreeMap<String, Values>,
}

impl Model {
    /// The model that npe ships: `models/faces.safetensors`, inside the library.
    ///
    /// # Errors
    /// Never, unless the library was built with a damaged file.
    pub fn bundled() -> crate::Result<Self> {
        Self::from_bytes(include_bytes!("../../models/faces.safetensors"))
    }

    /// The SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The directions that sliders move the latents along; none if the file has none.
    pub fn attributes(&self) -> &[Attribute] {
        &self.meta.extras.attributes
    }

    /// The aligner for this model's face frame, if the file has one.
    pub fn aligner(&self) -> Option<&Aligner> {
        self.meta.extras.aligner.as_deref()
    }

    /// This network with these attributes and no others; without any if the list is empty. Its hash is another then.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Model`] if there are over [`crate::limits::ATTRIBUTES`], a name is out of its alphabet, too long or
    /// there twice, or a direction is of another length than the latents, not finite, near 0 or over
    /// [`crate::limits::LATENT_ABS`] long.
    pub fn with_attributes(mut self, attributes: Vec<Attribute>) -> crate::Result<Self> {
        self.meta.extras.attributes = attributes.into();
        self.checked_again()
    }

    /// This network with this aligner, or with none. Its hash is another then.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Model`] if it has no stage, over [`crate::limits::ALIGN_STAGES`], or values of a wrong count or not
    /// finite.
    pub fn with_aligner(mut self, aligner: Option<Aligner>) -> crate::Result<Self> {
        self.meta.extras.aligner = aligner.map(Into::into);
        self.checked_again()
    }

    /// How the image answers to the latents on average, if the file has it.
    pub fn response(&self) -> Option<&Arc<Response>> {
        self.meta.extras.response.as_ref()
    }

    /// This network with this mean response, or with none. Its hash is another then.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Model`] if it is for other sizes, or a value is not finite.
    pub fn with_response(mut self, response: Option<Response>) -> crate::Result<Self> {
        self.meta.extras.response = response.map(Into::into);
        self.checked_again()
    }

    /// This network with another [`Meta::broad_keep`]. Its hash is another then.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Model`] if it is out of its range.
    pub fn with_broad_keep(mut self, broad_keep: f32) -> crate::Result<Self> {
        self.meta.broad_keep = broad_keep;
        self.checked_again()
    }

    /// Through the file's bytes, whose hash a model has. Weights keep their type.
    fn checked_again(self) -> crate::Result<Self> {
        self.meta.check()?;
        let dtype = self.dtype();
        Self::from_bytes(&self.to_bytes(dtype)?)
    }

    /// The type to write the weights in so that none loses digits.
    pub fn dtype(&self) -> Dtype {
        let matrices = self.meta.tensors().into_iter().filter(|(n, s)| s.len() > 1 && n.ends_with(".weight"));
        let f16 = |name: &str| self.tensors.get(name).is_some_and(|v| v.dtype() == Dtype::F16);
        if matrices.into_iter().all(|(name, _)| f16(&name)) { Dtype::F16 } else { Dtype::F32 }
    }

    /// The values of a tensor of the table, such as `dec.deconv1.weight`; none for any other name.
    pub fn tensor(&self, name: &str) -> Option<&Values> {
        self.tensors.get(name)
    }

    /// An `ian-simple` network for 64 pixels of random weights; see [`Model::random_of`].
    ///
    /// # Errors
    /// If a size is 0 or over its limit.
    pub fn random(sizes: Sizes, dtype: Dtype, seed: u64) -> crate::Result<Self> {
        Self::random_of(ARCHITECTURE, IMAGE_SIZE, sizes, dtype, seed)
    }

    /// A network of random weights for tests and benchmarks, scaled so that signals neither die nor blow up. The same
    /// for the same arguments on every machine.
    ///
    /// # Errors
    /// If a size is 0 or over its limit, or the architecture or the image size is not known.
    pub fn random_of(
        architecture: &str,
        image_size: usize,
        sizes: Sizes,
        dtype: Dtype,
        seed: u64,
    ) -> crate::Result<Self> {
        let eye = |x: f32| (x * image_size as f32 / 64.0, 32.6 * image_size as f32 / 64.0);
        let meta = Meta {
            architecture: architecture.into(),
            width: sizes.width,
            hidden: sizes.hidden,
            latents: sizes.latents,
            image_size,
            eye_left: eye(22.9),
            eye_right: eye(41.1),
            broad_keep: crate::generator::BROAD_KEEP,
            name: "random".into(),
            trained_on: "nothing".into(),
            licence: "CC0-1.0".into(),
            extras: Extras::default(),
        };
        meta.check()?;
        let mut state = seed;
        let mut uniform = move || {
            // splitmix64: enough randomness for weights, and no dependency.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 40) as f32 / (1u32 << 23) as f32 - 1.0
        };
        let mut tensors = BTreeMap::new();
        for (name, shape) in meta.tensors() {
            let count: usize = shape.iter().product();
            // Each output sums this many products (a deconvolution of stride 2 sums a quarter of its taps).
            let inputs = match shape[..] {
                [_, from, 3, 3] => from as f32 * 9.0,
                // The flow divides by an exponential, so it stays near 0.
                [_, from] if name.starts_with("iaf.") => from as f32 * 36.0,
                // Coefficients of scales.
                [count, _] if name.ends_with(".scales") => count as f32 * count as f32,
                [from, _, _, _] if name.starts_with("dec.") => from as f32 * 6.25,
                [_, from, _, _] => from as f32 * 25.0,
                [_, from] => from as f32,
                _ => 100.0,
            };
            let scale = (6.0 / inputs).sqrt();
            // Channels' own factors stay around 1.
            let factor = name.ends_with(".norm.weight") || name.ends_with(".skip.weight");
            let centre = if factor { 1.0 } else { 0.0 };
            let values: Vec<f32> = (0..count).map(|_| centre + uniform() * scale).collect();
            tensors.insert(name, write::convert(&values, dtype));
        }
        let mut model = Self { meta, sha256: String::new(), tensors };
        model.sha256 = read::digest(&model.to_bytes(dtype)?);
        Ok(model)
    }
}
