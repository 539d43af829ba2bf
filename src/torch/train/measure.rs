//! Figures on held-out images, and the picture grid.

use super::checkpoint::values;
use super::{batches, pictures, ssim};
use crate::data::Images;
use crate::error::{Error, Result};
use crate::ian::folded::Folded;
use crate::ian::{self, Network};
use image::RgbImage;
use rayon::prelude::*;
use serde::Serialize;
use std::ops::Range;
use tch::{Device, Kind, Tensor};

/// How good a network is on images it has not seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures {
    /// Mean absolute error of reconstructions, on the −1..1 scale.
    pub error: f64,
    /// Mean peak signal to noise ratio of reconstructions in dB.
    pub psnr: f64,
    /// Mean structural similarity of reconstructions, see [`super::ssim`].
    pub ssim: f64,
    /// Mean horizontal gradient of reconstructions as a share of the photos'.
    pub sharpness: f64,
    /// The same for samples of the prior.
    pub sample_sharpness: f64,
    /// Nats a posterior carries; none of a model file, which knows posteriors' means only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nats: Option<f64>,
}

/// What is measured: a network in training, or one of a model file.
pub trait Measured {
    /// Where its tensors are.
    fn device(&self) -> Device;

    /// How many latents an image has.
    fn latents(&self) -> usize;

    /// The latents `[N, latents]` of images, from the posterior's mean, and where they are known the posterior's nats,
    /// `[N, latents]`.
    ///
    /// # Errors
    /// If the shape is wrong or memory is short; so for both.
    fn read(&self, images: &Tensor) -> Result<(Tensor, Option<Tensor>)>;

    /// The images of latents.
    fn paint(&self, latents: &Tensor) -> Result<Tensor>;
}

impl Measured for Box<dyn Network> {
    fn device(&self) -> Device {
        self.params().device()
    }

    fn latents(&self) -> usize {
        self.sizes().latents
    }

    fn read(&self, images: &Tensor) -> Result<(Tensor, Option<Tensor>)> {
        let (z, kl) = Network::latents(self.as_ref(), &ian::read(self.as_ref(), images, false)?, None)?;
        Ok((z, Some(kl)))
    }

    fn paint(&self, latents: &Tensor) -> Result<Tensor> {
        self.decode(latents, false)
    }
}

/// A model file's network.
pub struct FromFile {
    /// The network.
    pub network: Box<dyn Folded>,
    /// Its device.
    pub device: Device,
    /// Its latents.
    pub latents: usize,
}

impl Measured for FromFile {
    fn device(&self) -> Device {
        self.device
    }

    fn latents(&self) -> usize {
        self.latents
    }

    fn read(&self, images: &Tensor) -> Result<(Tensor, Option<Tensor>)> {
        Ok((self.network.encode(images)?, None))
    }

    fn paint(&self, latents: &Tensor) -> Result<Tensor> {
        self.network.decode(latents)
    }
}

/// Images of a pass through the network.
const BATCH: usize = 50;

/// Mean absolute difference of horizontal neighbours.
fn gradient(x: &Tensor) -> Result<f64> {
    let side = x.size()[3];
    let d = x.f_narrow(3, 1, side - 1)?.f_sub(&x.f_narrow(3, 0, side - 1)?)?;
    Ok(d.f_abs()?.f_mean(Kind::Float)?.f_double_value(&[])?)
}

/// Draws from the prior for pictures and figures: the same every time, whatever torch's generator does elsewhere.
fn prior(n: usize, latents: usize, device: Device) -> Result<Tensor> {
    use rand::SeedableRng;
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let draws: Vec<f32> = (0..n * latents).map(|_| normal(&mut rng)).collect();
    Ok(Tensor::f_from_slice(&draws)?.f_view([n as i64, latents as i64])?.f_to_device(device)?)
}

/// Box and Muller's draw from N(0, 1).
pub(super) fn normal(rng: &mut impl rand::Rng) -> f32 {
    let (u, v) = (1.0 - rng.random::<f64>(), rng.random::<f64>());
    ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
}

/// Measures a network on `range` of the images.
///
/// # Errors
/// If there is nothing to measure on, or memory is short.
pub fn figures(network: &dyn Measured, images: &Images, range: Range<usize>) -> Result<Figures> {
    let _guard = tch::no_grad_guard();
    if range.is_empty() {
        return Err(Error::told("no images are held out to measure on; set data.held_out"));
    }
    let device = network.device();
    let total = range.len() as f64;
    let (mut sums, mut nats) = ([0.0f64; 5], None);
    for (x, n) in held_out(images, range, device) {
        let x = x?;
        let (z, kl) = network.read(&x)?;
        let made = network.paint(&z)?;
        let difference = made.f_sub(&x)?;
        sums[0] += n * difference.f_abs()?.f_mean(Kind::Float)?.f_double_value(&[])?;
        let square = difference.f_square()?.f_mean_dim([1i64, 2, 3].as_slice(), false, Kind::Float)?;
        // −10·log10(mse/4): the range is 2. Bounded for images that are equal.
        let decibel = square.f_clamp_min(1e-10)?.f_div_scalar(4.0)?.f_log10()?.f_mul_scalar(-10.0)?;
        sums[1] += decibel.f_sum(Kind::Float)?.f_double_value(&[])?;
        sums[2] += n * gradient(&made)?;
        sums[3] += n * gradient(&x)?;
        if let Some(kl) = kl {
            nats = Some(nats.unwrap_or(0.0) + kl.f_sum(Kind::Float)?.f_double_value(&[])? / total);
        }
        let (made, x, each) = (values(&made)?, values(&x)?, 3 * images.size * images.size);
        let pairs = made.par_chunks_exact(each).zip(x.par_chunks_exact(each));
        sums[4] += pairs.map(|(a, b)| ssim::ssim(a, b, images.size)).collect::<Vec<_>>().iter().sum::<f64>();
    }
    let samples = network.paint(&prior(100, network.latents(), device)?)?;
    Ok(Figures {
        error: sums[0] / total,
        psnr: sums[1] / total,
        ssim: sums[4] / total,
        sharpness: sums[2] / sums[3],
        sample_sharpness: gradient(&samples)? / (sums[3] / total),
        nats,
    })
}

/// The images of a range as batches, each with its count.
fn held_out(
    images: &Images,
    range: Range<usize>,
    device: Device,
) -> impl Iterator<Item = (Result<Tensor>, f64)> + '_ {
    range.clone().step_by(BATCH).map(move |start| {
        let end = (start + BATCH).min(range.end);
        let bytes: Vec<u8> = (start..end).flat_map(|i| images.image(i).iter().copied()).collect();
        (batches::tensor(&bytes, images.size, device), (end - start) as f64)
    })
}

/// Images of a range, `[N][3][S][S]` in −1..1.
pub fn photos(images: &Images, range: Range<usize>) -> Vec<f32> {
    let bytes = range.flat_map(|i| images.image(i));
    bytes.map(|v| f32::from(*v) / 127.5 - 1.0).collect()
}

/// Their reconstructions, alike.
///
/// # Errors
/// If memory is short.
pub fn reconstructions(network: &dyn Measured, images: &Images, range: Range<usize>) -> Result<Vec<f32>> {
    let _guard = tch::no_grad_guard();
    let mut all = Vec::new();
    for (x, _) in held_out(images, range, network.device()) {
        all.extend(values(&network.paint(&network.read(&x?)?.0)?)?);
    }
    Ok(all)
}

/// So many samples of the prior, alike; the same every time.
///
/// # Errors
/// If memory is short.
pub fn samples(network: &dyn Measured, n: usize) -> Result<Vec<f32>> {
    let _guard = tch::no_grad_guard();
    let draws = prior(n, network.latents(), network.device())?;
    let mut all = Vec::new();
    for start in (0..n).step_by(BATCH) {
        let some = draws.f_narrow(0, start as i64, BATCH.min(n - start) as i64)?;
        all.extend(values(&network.paint(&some)?)?);
    }
    Ok(all)
}

/// The picture grid of the paper's figure: rows of held-out photos and their reconstructions, samples, and interpolations
/// between the two photos at a row's ends.
///
/// # Errors
/// As [`figures`].
pub fn grid(network: &dyn Measured, images: &Images, range: Range<usize>) -> Result<RgbImage> {
    const COLUMNS: usize = 12;
    let _guard = tch::no_grad_guard();
    let device = network.device();
    let count = range.len().min(2 * COLUMNS);
    let bytes: Vec<u8> =
        (range.start..range.start + count).flat_map(|i| images.image(i).iter().copied()).collect();
    if count < 2 {
        return Err(Error::told("fewer than two images are held out; set data.held_out"));
    }
    let x = batches::tensor(&bytes, images.size, device)?;
    let (z, _) = network.read(&x)?;
    let made = network.paint(&z)?;
    let samples = network.paint(&prior(2 * COLUMNS, network.latents(), device)?)?;
    let mut between = Vec::new();
    for pair in 0..(count / 2).min(3) {
        let (a, b) = (z.f_get(2 * pair as i64)?, z.f_get(2 * pair as i64 + 1)?);
        for step in 0..COLUMNS {
            let t = step as f64 / (COLUMNS - 1) as f64;
            between.push(a.f_mul_scalar(1.0 - t)?.f_add(&b.f_mul_scalar(t)?)?);
        }
    }
    let between = network.paint(&Tensor::f_stack(&between, 0)?)?;
    let mut rows = Vec::new();
    for half in 0..count.div_ceil(COLUMNS) {
        let (from, n) = (half * COLUMNS, COLUMNS.min(count - half * COLUMNS));
        for source in [&x, &made] {
            rows.push(source.f_narrow(0, from as i64, n as i64)?);
        }
    }
    for row in 0..2 {
        rows.push(samples.f_narrow(0, (row * COLUMNS) as i64, COLUMNS as i64)?);
    }
    for row in 0..between.size()[0] / COLUMNS as i64 {
        rows.push(between.f_narrow(0, row * COLUMNS as i64, COLUMNS as i64)?);
    }
    let (side, each) = (images.size as u32, 3 * images.size * images.size);
    let rows = rows.iter().map(|row| -> Result<Vec<RgbImage>> {
        Ok(values(row)?.chunks_exact(each).map(|image| pictures::planar(image, side)).collect())
    });
    Ok(pictures::sheet(&rows.collect::<Result<Vec<_>>>()?, side))
}
