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

    /// Planes `[n][S][S]` of an image of side S, added up over the four pixels that lie under each of the map's: `[n][S/2][S/2]`.
    ///
    /// A quarter of it is the image at the map's side. Where S is odd, the last row and column lie under none.
    pub fn sums_under(planes: &[f32], image_size: usize) -> Vec<f32> {
        let side = image_size.max(1);
        let sums = |rows: &[f32]| {
            let (upper, lower) = rows.split_at(side);
            let (upper, _) = upper.as_chunks::<2>();
            let (lower, _) = lower.as_chunks::<2>();
            upper.iter().zip(lower).map(|([a, b], [c, d])| a + b + c + d).collect::<Vec<f32>>()
        };
        // Sides that saturate are longer than any planes.
        (planes.chunks_exact(side.saturating_mul(side)))
            .flat_map(|plane| plane.chunks_exact(side.saturating_mul(2)))
            .flat_map(sums)
            .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Against plain loops over rows and columns: even and odd sides, one plane and three.
    #[test]
    fn four_pixels_lie_under_one() {
        for (size, planes) in [(8, 1), (8, 3), (7, 3), (2, 3), (1, 3)] {
            let image: Vec<f32> = (0..planes * size * size).map(|i| (i as f32 * 0.7).sin()).collect();
            let side = Response::side_for(size);
            let mut sums = Vec::new();
            for plane in 0..planes {
                for y in 0..side {
                    for x in 0..side {
                        let mut sum = 0.0;
                        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                            sum += image[(plane * size + 2 * y + dy) * size + 2 * x + dx];
                        }
                        sums.push(sum);
                    }
                }
            }
            assert_eq!(Response::sums_under(&image, size), sums, "{planes} planes of side {size}");
        }
        assert!(
            Response::sums_under(&[], 0).is_empty() && Response::sums_under(&[1.0], usize::MAX).is_empty()
        );
    }
}
