//! The networks of model files, for inference and the gradient to the latents, as `docs/model-format.md` defines them: batch
//! norm is folded into the weights. Calls [`super::blocks`], [`super::layers`] and `npe::model`.

mod full;
mod simple;
mod weights;

pub use full::FoldedFull;
pub use simple::FoldedSimple;
pub use weights::Weights;

use crate::error::{Error, Result};
use npe::model::{ARCHITECTURE, ARCHITECTURE_FULL, Model};
use tch::{Device, Tensor};

/// A model's network on a device. Its tensors need no gradients; its methods give gradients to what they are called with.
pub trait Folded: Send {
    /// The latents `[N, latents]` of images `[N, 3, S, S]` in −1..1: those that the decoder takes.
    ///
    /// # Errors
    /// If the shape is wrong or memory is short.
    fn encode(&self, images: &Tensor) -> Result<Tensor>;

    /// The images `[N, 3, S, S]` of latents `[N, latents]`.
    ///
    /// # Errors
    /// If the shape is wrong or memory is short.
    fn decode(&self, latents: &Tensor) -> Result<Tensor>;
}

/// The network of a model.
///
/// # Errors
/// If its architecture is not known here, or memory is short.
pub fn new(model: &Model, device: Device) -> Result<Box<dyn Folded>> {
    match model.meta.architecture.as_str() {
        ARCHITECTURE => Ok(Box::new(FoldedSimple::new(model, device)?)),
        ARCHITECTURE_FULL => Ok(Box::new(FoldedFull::new(model, device)?)),
        other => Err(Error::told(format!(
            "the model is of architecture {other:?}; the torch engine knows {ARCHITECTURE:?} and {ARCHITECTURE_FULL:?}"
        ))),
    }
}
