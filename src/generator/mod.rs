//! The generative network as the editor sees it: encode, decode, pull. Editing code knows no more than this trait;
//! engines implement it.

mod aimed;
#[cfg(test)]
pub mod linear;

pub use aimed::{Aimed, InOne};

use crate::error::{Error, Result};
pub use crate::model::{Attribute, Response};

/// [`Generator::broad_keep`] of a network that does not say. With less, dark hair on a forehead darkens the whole photo; with much
/// more, it ends at the brush.
pub const BROAD_KEEP: f32 = 2.25;

/// A generative network of square RGB images.
///
/// Images are planar `[3][S][S]` `f32` in −1..1 (sRGB-encoded colours), S = [`Generator::image_size`]. Latents are
/// [`Generator::latents`] numbers, distributed as N(0, 1) over the training set.
///
/// All methods may be called from several threads at once. They block until done. An engine may keep the activations
/// of recent decodes and so make a `pull` at the same latents cheaper; results never depend on it.
pub trait Generator: Send + Sync {
    /// Side S of the images in pixels.
    fn image_size(&self) -> usize;

    /// How many latents an image has.
    fn latents(&self) -> usize;

    /// How many times as hard a broad stroke holds what is beside it. A network that paints sharper, or has more latents, moves more
    /// of the face with a stroke, so each may have its own.
    fn broad_keep(&self) -> f32 {
        BROAD_KEEP
    }

    /// How the image answers to the latents on average; none if nobody measured it.
    fn response(&self) -> Option<&Response> {
        None
    }

    /// Named directions in the latents, of [`Generator::latents`] numbers each: for sliders, and for strokes where one acts.
    fn attributes(&self) -> &[Attribute] {
        &[]
    }

    /// The mean of the posterior over the latents of an image (`[3·S·S]` → `[latents]`).
    ///
    /// # Errors
    /// If the image's length is wrong or a value is not finite, or if the device fails.
    fn encode(&self, image: &[f32]) -> Result<Vec<f32>>;

    /// The image of these latents (`[latents]` → `[3·S·S]`).
    ///
    /// # Errors
    /// If the length is wrong or a value is not finite, or if the device fails.
    fn decode(&self, latents: &[f32]) -> Result<Vec<f32>>;

    /// How far the image of these latents is from a target, and the gradient of that with respect to the latents.
    ///
    /// # Errors
    /// If a length is wrong, a value not finite, a weight negative, or all weights 0; or if the device fails.
    fn pull(&self, latents: &[f32], target: &Target<'_>) -> Result<Pull>;

    /// Takes a target for many evaluations, as a stroke's solver makes them. An engine on a device of its own uploads it here once;
    /// one that has nothing to gain leaves this as it is.
    ///
    /// # Errors
    /// As [`Generator::pull`] for the target.
    fn aim<'a>(&'a self, target: Target<'a>) -> Result<Box<dyn Aimed + 'a>> {
        target.check(self.image_size())?;
        Ok(Box::new(aimed::Plain { generator: self, target }))
    }
}

/// What [`Generator::pull`] pulls towards: a colour image, and how much each pixel counts.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// `[S][S]`, 0 or more. Pixels of weight 0 cost nothing.
    pub weight: &'a [f32],
    /// `[3][S][S]`, in −1..1 or beyond.
    pub colour: &'a [f32],
}

/// The answer of [`Generator::pull`].
#[derive(Debug, Clone, PartialEq)]
pub struct Pull {
    /// `Σ weight·(G(z) − colour)² / (3·Σ weight)`, sums over pixels and channels.
    pub loss: f32,
    /// The gradient of `loss` with respect to each latent.
    pub gradient: Vec<f32>,
}

impl Target<'_> {
    /// [`Pull::loss`] of an image.
    pub fn loss(&self, image: &[f32]) -> f32 {
        let n = self.weight.len();
        let sum: f64 = (image.iter().zip(self.colour).enumerate())
            .map(|(i, (x, t))| f64::from(self.weight[i % n]) * f64::from(x - t).powi(2))
            .sum();
        (sum / (3.0 * self.weight.iter().map(|w| f64::from(*w)).sum::<f64>())) as f32
    }

    /// Checks lengths and values for a generator of this image size.
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub fn check(&self, image_size: usize) -> Result<()> {
        let pixels = image_size * image_size;
        if self.weight.len() != pixels || self.colour.len() != 3 * pixels {
            return Err(Error::invalid(format!(
                "the target has {} weights and {} colour values; a {image_size}×{image_size} generator takes {pixels} and {}",
                self.weight.len(),
                self.colour.len(),
                3 * pixels
            )));
        }
        if let Some(w) = self.weight.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
            return Err(Error::invalid(format!("a weight of the target is {w}; weights are 0 or more")));
        }
        if self.weight.iter().all(|w| *w == 0.0) {
            return Err(Error::invalid("all weights of the target are 0: there is nothing to pull"));
        }
        if self.colour.iter().any(|c| !c.is_finite()) {
            return Err(Error::invalid("a colour of the target is not a finite number"));
        }
        Ok(())
    }
}

/// Checks that `values` are `expected` finite numbers; `what` names them in the error.
///
/// # Errors
/// If they are not.
pub fn check_values(what: &str, values: &[f32], expected: usize) -> Result<()> {
    if values.len() != expected {
        return Err(Error::invalid(format!(
            "{what}: {} values given, the network takes {expected}",
            values.len()
        )));
    }
    if let Some(i) = values.iter().position(|v| !v.is_finite()) {
        return Err(Error::invalid(format!("{what}: value {i} is {}, not a finite number", values[i])));
    }
    Ok(())
}
