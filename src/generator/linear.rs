//! A linear generator in plain Rust: the test double of editing logic. Its decoder is `G(z) = b + A·z` with
//! orthonormal columns in A, so its encoder `E(x) = Aᵀ(x − b)` inverts it exactly.

use super::{Attribute, BROAD_KEEP, Generator, Pull, Response, Target, check_values};
use crate::error::Result;

/// See the module.
pub struct Linear {
    size: usize,
    latents: usize,
    /// `[3·S·S][latents]`
    basis: Vec<f32>,
    /// `[3·S·S]`
    offset: Vec<f32>,
    /// See [`Generator::broad_keep`].
    pub broad_keep: f32,
    /// See [`Generator::response`].
    pub response: Option<Response>,
    /// See [`Generator::attributes`].
    pub attributes: Vec<Attribute>,
}

impl Linear {
    /// A generator of smooth cosine waves, the same for the same sizes. `latents` is at most 3·16.
    pub fn new(size: usize, latents: usize) -> Self {
        assert!(latents <= 48 && size >= 4);
        let n = 3 * size * size;
        let mut basis = vec![0.0; n * latents];
        // Products of cosines (the DCT-II basis) per channel are orthogonal; low frequencies first.
        for k in 0..latents {
            let (channel, wave) = (k % 3, k / 3);
            let (fx, fy) = (wave % 4, wave / 4);
            let value = |x: usize, y: usize| {
                let c = |f: usize, p: usize| {
                    (std::f32::consts::PI * f as f32 * (p as f32 + 0.5) / size as f32).cos()
                };
                c(fx, x) * c(fy, y)
            };
            let norm = (0..size * size).map(|p| value(p % size, p / size).powi(2)).sum::<f32>().sqrt();
            for p in 0..size * size {
                basis[(channel * size * size + p) * latents + k] = value(p % size, p / size) / norm;
            }
        }
        // Scaled so that a latent of 1 changes a pixel by about 0.3: as strong as a face network's.
        let scale = 0.3 * size as f32;
        basis.iter_mut().for_each(|b| *b *= scale);
        let (broad_keep, offset) = (BROAD_KEEP, vec![0.1; n]);
        Self { size, latents, basis, offset, broad_keep, response: None, attributes: Vec::new() }
    }

    /// The exact response, `times` as strong.
    pub fn answer(&self, times: f32) -> Response {
        let rows = (0..self.latents)
            .flat_map(|k| {
                let column: Vec<f32> = self.basis.iter().skip(k).step_by(self.latents).copied().collect();
                Response::sums_under(&column, self.size)
            })
            .map(|sum| times * 0.25 * sum)
            .collect();
        Response::new(rows, self.latents, self.size).unwrap()
    }

    fn scale2(&self) -> f32 {
        (0.3 * self.size as f32).powi(2)
    }
}

impl Generator for Linear {
    fn image_size(&self) -> usize {
        self.size
    }

    fn latents(&self) -> usize {
        self.latents
    }

    fn broad_keep(&self) -> f32 {
        self.broad_keep
    }

    fn response(&self) -> Option<&Response> {
        self.response.as_ref()
    }

    fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    fn encode(&self, image: &[f32]) -> Result<Vec<f32>> {
        check_values("image", image, self.offset.len())?;
        let mut z = vec![0.0; self.latents];
        for (row, (x, b)) in self.basis.chunks(self.latents).zip(image.iter().zip(&self.offset)) {
            z.iter_mut().zip(row).for_each(|(z, a)| *z += a * (x - b));
        }
        z.iter_mut().for_each(|z| *z /= self.scale2());
        Ok(z)
    }

    fn decode(&self, latents: &[f32]) -> Result<Vec<f32>> {
        check_values("latents", latents, self.latents)?;
        Ok((self.basis.chunks(self.latents).zip(&self.offset))
            .map(|(row, b)| b + row.iter().zip(latents).map(|(a, z)| a * z).sum::<f32>())
            .collect())
    }

    fn pull(&self, latents: &[f32], target: &Target<'_>) -> Result<Pull> {
        target.check(self.size)?;
        let image = self.decode(latents)?;
        let total = 3.0 * target.weight.iter().sum::<f32>();
        let (mut loss, mut gradient) = (0.0, vec![0.0; self.latents]);
        for (i, x) in image.iter().enumerate() {
            let w = target.weight[i % (self.size * self.size)] / total;
            let d = x - target.colour[i];
            loss += w * d * d;
            let row = &self.basis[i * self.latents..(i + 1) * self.latents];
            gradient.iter_mut().zip(row).for_each(|(g, a)| *g += 2.0 * w * d * a);
        }
        Ok(Pull { loss, gradient })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encode_inverts_decode() {
        let g = Linear::new(16, 20);
        let z: Vec<f32> = (0..20).map(|i| (i as f32 * 0.7).sin()).collect();
        let back = g.encode(&g.decode(&z).unwrap()).unwrap();
        assert!(z.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-4), "{z:?} {back:?}");
    }

    #[test]
    fn gradient_is_the_finite_difference() {
        let g = Linear::new(8, 12);
        let z: Vec<f32> = (0..12).map(|i| (i as f32).cos()).collect();
        let weight: Vec<f32> = (0..64).map(|i| (i % 5) as f32).collect();
        let colour = vec![0.4; 192];
        let target = Target { weight: &weight, colour: &colour };
        let pull = g.pull(&z, &target).unwrap();
        for i in 0..12 {
            let at = |h: f32| {
                let mut z = z.clone();
                z[i] += h;
                f64::from(g.pull(&z, &target).unwrap().loss)
            };
            let slope = (at(0.01) - at(-0.01)) / 0.02;
            assert!(
                (slope - f64::from(pull.gradient[i])).abs() < 1e-3,
                "latent {i}: {slope} {}",
                pull.gradient[i]
            );
        }
    }
}
