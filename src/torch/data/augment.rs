//! Random variation of training images: mirrored, moved, scaled, turned, and other light and colours. Calls nobody.

use std::ops::Range;

use npe::{Error, Result};
use rand::{Rng, RngCore};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Images;

/// How much images are varied. Every range is symmetrical: a `shift` of 2 means −2 to 2 pixels, a `scale` of 0.05 means
/// divided or multiplied by up to 1.05.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// How often an image is mirrored, 0..1.
    pub mirror: f32,
    /// How often it is moved, scaled and turned, 0..1.
    pub geometry: f32,
    /// Most pixels (of the network's square) it is moved by, to each side, 0..64.
    pub shift: f32,
    /// Most it is enlarged or shrunk, as a share, 0..1.
    pub scale: f32,
    /// Most degrees it is turned, 0..180.
    pub rotation: f32,
    /// How often its light and colours are changed, 0..1.
    pub color: f32,
    /// Most that is added, of the whole range from black to white, 0..1.
    pub brightness: f32,
    /// Most the distance from mid grey is enlarged or shrunk, as a share, 0..1.
    pub contrast: f32,
    /// Most the distance from grey of the same luma is enlarged or shrunk, as a share, 0..1.
    pub saturation: f32,
}

impl Default for Augment {
    /// Mirroring half of the images, and nothing else: what loses nothing of an aligned set.
    fn default() -> Self {
        Self { mirror: 0.5, ..Self::NONE }
    }
}

/// One image's variation, drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    mirror: bool,
    /// Shift in x and y in pixels, factor, radians.
    geometry: Option<[f32; 4]>,
    /// Brightness in −1..1 units, contrast factor, saturation factor.
    color: Option<[f32; 3]>,
}

impl Augment {
    /// No variation at all.
    pub const NONE: Self = Self {
        mirror: 0.0,
        geometry: 0.0,
        shift: 0.0,
        scale: 0.0,
        rotation: 0.0,
        color: 0.0,
        brightness: 0.0,
        contrast: 0.0,
        saturation: 0.0,
    };

    /// Checks the ranges.
    ///
    /// # Errors
    /// With the value that is out of range.
    pub fn check(&self) -> Result<()> {
        let ranges = [
            ("mirror", self.mirror, 1.0),
            ("geometry", self.geometry, 1.0),
            ("shift", self.shift, 64.0),
            ("scale", self.scale, 1.0),
            ("rotation", self.rotation, 180.0),
            ("color", self.color, 1.0),
            ("brightness", self.brightness, 1.0),
            ("contrast", self.contrast, 1.0),
            ("saturation", self.saturation, 1.0),
        ];
        match ranges.iter().find(|(_, value, most)| !(0.0..=*most).contains(value)) {
            Some((name, value, most)) => {
                Err(Error::invalid(format!("the augmentation's {name} is {value}; it must be 0 to {most}")))
            }
            None => Ok(()),
        }
    }

    /// Draws one image's variation. Takes the same count of numbers from `rng` whatever the settings, so that another setting does not
    /// change what else is drawn.
    pub fn draw(&self, rng: &mut impl RngCore) -> Draw {
        let mut unit = || rng.random::<f32>();
        let mirror = unit() < self.mirror;
        let [moved, colored] = [unit() < self.geometry, unit() < self.color];
        let mut both = |most: f32| (unit() * 2.0 - 1.0) * most;
        let around = |share: f32, v: f32| (1.0 + share).powf(v);
        let geometry = [
            both(self.shift),
            both(self.shift),
            around(self.scale, both(1.0)),
            both(self.rotation).to_radians(),
        ];
        let color = [
            2.0 * both(self.brightness),
            around(self.contrast, both(1.0)),
            around(self.saturation, both(1.0)),
        ];
        let moves = self.shift != 0.0 || self.scale != 0.0 || self.rotation != 0.0;
        let colors = self.brightness != 0.0 || self.contrast != 0.0 || self.saturation != 0.0;
        Draw {
            mirror,
            geometry: (moved && moves).then_some(geometry),
            color: (colored && colors).then_some(color),
        }
    }

    /// Varies the images of these numbers into `out`, `[indices][3][size][size]` in −1..1, on rayon's threads. The same
    /// state of `rng` gives the same floats, whatever the count of threads.
    ///
    /// # Errors
    /// If a number is not one of the images, or `out` is of another length.
    pub fn batch(
        &self,
        images: &Images,
        indices: &[usize],
        rng: &mut impl RngCore,
        out: &mut [f32],
    ) -> Result<()> {
        let each = 3 * images.size * images.size;
        if out.len() != indices.len() * each {
            return Err(Error::invalid(format!(
                "a batch of {} images of {} pixels a side needs {} floats; there is room for {}",
                indices.len(),
                images.size,
                indices.len() * each,
                out.len()
            )));
        }
        if let Some(i) = indices.iter().find(|i| **i >= images.len()) {
            return Err(Error::invalid(format!("image {i} was asked for; there are {}", images.len())));
        }
        let draws: Vec<_> = indices.iter().map(|i| (*i, self.draw(rng))).collect();
        out.par_chunks_exact_mut(each)
            .zip(draws)
            .for_each(|(out, (i, draw))| draw.apply(images.image(i), images.size, out));
        Ok(())
    }
}

impl Draw {
    /// Applies it to one image, `[3][size][size]` of bytes, giving the same shape in −1..1.
    ///
    /// # Panics
    /// If one of the slices is of another length.
    pub fn apply(&self, image: &[u8], size: usize, out: &mut [f32]) {
        assert!(
            image.len() == 3 * size * size && out.len() == image.len(),
            "an image of {size} pixels a side"
        );
        match &self.geometry {
            None => {
                for (to, from) in out.chunks_exact_mut(size).zip(image.chunks_exact(size)) {
                    if self.mirror {
                        to.iter_mut().zip(from.iter().rev()).for_each(|(to, from)| *to = unit(*from));
                    } else {
                        to.iter_mut().zip(from).for_each(|(to, from)| *to = unit(*from));
                    }
                }
            }
            Some(geometry) => self.resample(geometry, image, size, out),
        }
        if let Some([brightness, contrast, saturation]) = self.color {
            let plane = size * size;
            for i in 0..plane {
                let p = [0, 1, 2].map(|c| out[c * plane + i]);
                // Rec. 601, as JPEG has it.
                let luma = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
                for c in 0..3 {
                    let v = (luma + (p[c] - luma) * saturation) * contrast + brightness;
                    out[c * plane + i] = v.clamp(-1.0, 1.0);
                }
            }
        }
    }

    /// Bilinear, the edge repeated. Content moves by the shift, grows by the factor and turns clockwise about the middle; so each
    /// pixel looks for where it came from.
    fn resample(&self, &[dx, dy, factor, angle]: &[f32; 4], image: &[u8], size: usize, out: &mut [f32]) {
        let plane = size * size;
        let (middle, last) = (size as f32 / 2.0, (size - 1) as f32);
        let (sin, cos) = angle.sin_cos();
        let (sin, cos) = (sin / factor, cos / factor);
        for y in 0..size {
            let v = y as f32 + 0.5 - middle - dy;
            for x in 0..size {
                let u = x as f32 + 0.5 - middle - dx;
                let (from_x, from_y) = (cos * u + sin * v + middle, cos * v - sin * u + middle);
                let from_x = if self.mirror { size as f32 - from_x } else { from_x };
                let (px, py) = ((from_x - 0.5).clamp(0.0, last), (from_y - 0.5).clamp(0.0, last));
                let (x0, y0) = (px as usize, py as usize);
                let (x1, y1) = ((x0 + 1).min(size - 1), (y0 + 1).min(size - 1));
                let (tx, ty) = (px - x0 as f32, py - y0 as f32);
                for c in 0..3 {
                    let at = |x: usize, y: usize| f32::from(image[c * plane + y * size + x]);
                    let top = at(x0, y0) + (at(x1, y0) - at(x0, y0)) * tx;
                    let bottom = at(x0, y1) + (at(x1, y1) - at(x0, y1)) * tx;
                    out[c * plane + y * size + x] = (top + (bottom - top) * ty) / 127.5 - 1.0;
                }
            }
        }
    }
}

/// A byte as −1..1.
fn unit(v: u8) -> f32 {
    f32::from(v) / 127.5 - 1.0
}

/// The images of a range as they are, `[range][3][size][size]` in −1..1: for validation.
///
/// # Errors
/// As [`Augment::batch`].
pub fn plain(images: &Images, range: Range<usize>) -> Result<Vec<f32>> {
    if range.start > range.end || range.end > images.len() {
        return Err(Error::invalid(format!(
            "images {} to {} were asked for; there are {}",
            range.start,
            range.end,
            images.len()
        )));
    }
    let each = 3 * images.size * images.size;
    Ok(images.pixels[range.start * each..range.end * each].iter().map(|v| unit(*v)).collect())
}

#[cfg(test)]
#[path = "augment_tests.rs"]
mod tests;
