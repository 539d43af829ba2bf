//! The latents of an edit: sliders, the latent tiles, random faces.

use super::operation::check_latents;
use super::{Edit, Operation, view};
use crate::error::{Error, Result};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

impl Edit {
    /// The latents.
    pub fn latents(&self) -> &[f32] {
        &self.state().latents
    }

    /// The latents of the photo.
    pub fn encoded_latents(&self) -> &[f32] {
        &self.state().origin.latents
    }

    /// Sets the latents (sliders); the change shows through the interpolation mask, everywhere in the frame.
    ///
    /// # Errors
    /// If the count is wrong or a value not finite or beyond ±[`crate::limits::LATENT_ABS`].
    pub fn set_latents(&mut self, latents: &[f32]) -> Result<()> {
        let whole = self.state().whole;
        self.apply(Operation::Latents { latents: latents.to_vec(), whole }, &mut |_| true).map(drop)
    }

    /// Paints on the latent tiles (the paper's latent canvas): tiles within `radius` of (x, y) move towards `value`,
    /// the centre by all the way. The tiles are rows of √latents (rounded up) squares of side 1.
    ///
    /// # Errors
    /// If a value is not finite or out of range, or no tile is touched.
    pub fn paint_latents(&mut self, x: f32, y: f32, radius: f32, value: f32) -> Result<()> {
        if ![x, y, radius, value].iter().all(|v| v.is_finite()) || radius <= 0.0 {
            return Err(Error::invalid(format!(
                "latent tiles: position {x}, {y}, radius {radius}, value {value}; all must be finite, the radius over 0"
            )));
        }
        let mut z = self.latents().to_vec();
        let row = view::tiles_per_row(z.len());
        let mut touched = false;
        for (i, z) in z.iter_mut().enumerate() {
            let (tx, ty) = ((i % row) as f32 + 0.5, (i / row) as f32 + 0.5);
            let weight = 1.0 - (((tx - x).powi(2) + (ty - y).powi(2)).sqrt() - 0.5).max(0.0) / radius;
            if weight > 0.0 {
                *z += weight * (value - *z);
                touched = true;
            }
        }
        if !touched {
            return Err(Error::invalid(format!(
                "no latent tile lies within {radius} of {x}, {y}; there are {row} in a row"
            )));
        }
        check_latents(&z, self.generator.latents())?;
        self.set_latents(&z)
    }

    /// Draws a random face: latents from N(0, I), shown without the mask. The same seed gives the same latents.
    ///
    /// # Errors
    /// If the device fails.
    pub fn sample(&mut self, seed: u64) -> Result<()> {
        let latents = sample_latents(self.generator.latents(), seed);
        self.apply(Operation::Latents { latents, whole: true }, &mut |_| true).map(drop)
    }
}

/// `count` numbers of N(0, 1), the same for the same seed (ChaCha8 and Box–Muller).
pub fn sample_latents(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut uniform = || (f64::from(rng.next_u32()) + 0.5) / 4_294_967_296.0;
    (0..count)
        .map(|_| ((-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()) as f32)
        .collect()
}
