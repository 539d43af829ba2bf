//! How a network's image answers to its latents on average.

/// The linear map that comes nearest to a decoder over its training images, G(z) ≈ mean + Σ zᵢ·rowᵢ, at half the images' side.
/// A stroke's solver begins where it leads: the slope at one face knows paler lips, the mean over all faces knows teeth.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    side: usize,
    rows: Vec<f32>,
}

impl Response {
    /// The side of the map's pictures for images of this side.
    pub const fn side_for(image_size: usize) -> usize {
        image_size / 2
    }

    /// A map of `[latents][3][S/2][S/2]` values for images of side S; none if their count does not fit.
    pub fn new(rows: Vec<f32>, latents: usize, image_size: usize) -> Option<Self> {
        let made = Self { side: Self::side_for(image_size), rows };
        made.fits(latents, image_size).then_some(made)
    }

    /// Whether it is of a network with so many latents and images of this side.
    pub fn fits(&self, latents: usize, image_size: usize) -> bool {
        let count = self.side.checked_mul(self.side).and_then(|n| n.checked_mul(3)?.checked_mul(latents));
        latents > 0
            && self.side > 0
            && self.side == Self::side_for(image_size)
            && count == Some(self.rows.len())
    }

    /// The side of its pictures.
    pub fn side(&self) -> usize {
        self.side
    }

    /// All values, `[latents][3][S/2][S/2]`.
    pub fn values(&self) -> &[f32] {
        &self.rows
    }

    /// What each latent changes, in order: `[3][S/2][S/2]` for a latent of 1.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        // As in `fits`, which it passed; a latent has at least one value.
        self.rows.chunks_exact(self.side.saturating_mul(self.side).saturating_mul(3).max(1))
    }
}
