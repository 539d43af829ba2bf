//! The networks: Introspective Adversarial Networks (Brock et al. 2016) as they are trained, batch norm unfolded.
//! Calls tch only. Images are `[N, 3, S, S]` in −1..1.

pub mod blocks;
pub mod encoder;
pub mod folded;
pub mod full;
pub mod layers;
pub mod params;
pub mod simple;

use crate::error::{Error, Result};
pub use params::Params;
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// The sizes of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// `ian-simple` or `ian`.
    pub architecture: String,
    /// Channel multiplier; 128 is the paper's.
    pub width: usize,
    /// Units of the encoder's dense layer; 1000 is the paper's.
    pub hidden: usize,
    /// Latents; 100 is the paper's.
    pub latents: usize,
    /// Side of the images: 32, 64 or 128.
    pub image_size: usize,
}

/// What inference says of images: a normal distribution over latents.
#[derive(Debug)]
pub struct Posterior {
    /// Means, `[N, latents]`.
    pub mu: Tensor,
    /// Logarithms of the standard deviations, `[N, latents]`.
    pub log_sigma: Tensor,
}

/// A network in training.
pub trait Network {
    /// Its sizes.
    fn sizes(&self) -> &Sizes;

    /// Its tensors. Names begin with `enc.` (of which `enc.fc1`, `enc.mu`, `enc.logsigma` and their norms are the inference
    /// subnet, the others the trunk), `disc.` or `dec.`.
    fn params(&self) -> &Params;

    /// The same, to load or average into.
    fn params_mut(&mut self) -> &mut Params;

    /// The trunk's activations, the last one on top. `train` uses and updates the batch's own figures in batch norm.
    ///
    /// # Errors
    /// If the shape is wrong or memory is short; so for all methods.
    fn trunk(&self, images: &Tensor, train: bool) -> Result<Vec<Tensor>>;

    /// The posterior from the trunk's top activation.
    fn posterior(&self, top: &Tensor, train: bool) -> Result<Posterior>;

    /// The decoder's latents `[N, latents]` for a draw `noise` ~ N(0, 1) (the mean if none), and the divergence of the posterior
    /// from the prior in nats, `[N, latents]`.
    fn latents(&self, posterior: &Posterior, noise: Option<&Tensor>) -> Result<(Tensor, Tensor)>;

    /// The images of latents.
    fn decode(&self, latents: &Tensor, train: bool) -> Result<Tensor>;

    /// The discriminator's logits `[N, classes]` from the trunk's top activation: one class (real), or three (real,
    /// reconstructed, generated).
    fn discriminate(&self, top: &Tensor) -> Result<Tensor>;

    /// A penalty on the weights, where the architecture has one.
    fn penalty(&self) -> Result<Option<Tensor>> {
        Ok(None)
    }
}

/// A fresh network of these sizes, drawn by torch's generator. `norm_latents`: see [`simple::Simple::new`]; `full`: what the architecture
/// `ian` leaves open.
///
/// # Errors
/// If the architecture is not known, a size is out of range, or memory is short.
pub fn new(
    sizes: &Sizes,
    norm_latents: bool,
    full: Option<full::Options>,
    device: tch::Device,
) -> Result<Box<dyn Network>> {
    match sizes.architecture.as_str() {
        "ian-simple" => Ok(Box::new(simple::Simple::new(sizes, norm_latents, device)?)),
        "ian" => Ok(Box::new(full::Full::new(sizes, norm_latents, full.unwrap_or_default(), device)?)),
        other => Err(Error::told(format!("the architecture {other:?} is not known"))),
    }
}

/// The posterior of images; `train` as in [`Network::trunk`].
///
/// # Errors
/// As [`Network::trunk`].
pub fn read(network: &dyn Network, images: &Tensor, train: bool) -> Result<Posterior> {
    let activations = network.trunk(images, train)?;
    let top = activations.last().ok_or_else(|| Error::told("the network has no trunk"))?;
    network.posterior(top, train)
}

/// How many convolutions of stride 2 lead from `image_size` to 4×4.
///
/// # Errors
/// If the size is none of 32, 64, 128.
pub fn stages(image_size: usize) -> Result<usize> {
    match image_size {
        32 => Ok(3),
        64 => Ok(4),
        128 => Ok(5),
        other => Err(Error::told(format!("image_size is {other}; the networks have 32, 64 or 128 pixels"))),
    }
}

/// Whether a parameter belongs to the inference subnet.
pub fn is_inference(name: &str) -> bool {
    ["enc.fc1", "enc.mu", "enc.logsigma", "enc.norm_fc1", "enc.norm_mu", "enc.norm_logsigma"]
        .iter()
        .any(|part| name.strip_prefix(part).is_some_and(|rest| rest.starts_with('.')))
}

/// Whether a parameter belongs to the decoder.
pub fn is_decoder(name: &str) -> bool {
    name.starts_with("dec.")
}

/// Whether a parameter belongs to the trunk or the discriminator's head.
pub fn is_trunk(name: &str) -> bool {
    !is_inference(name) && !is_decoder(name) && !name.starts_with("iaf.")
}
