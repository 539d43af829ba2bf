//! Batches: every image once a pass, in an order that follows from the seed and the pass.

use super::recipe::Recipe;
use crate::data::{Images, augment::Augment};
use crate::error::Result;
use crate::ian::params::channels_last;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::ops::Range;
use tch::{Device, Kind, Tensor};

/// The batches of a run.
pub struct Batches<'a> {
    images: &'a Images,
    range: Range<usize>,
    batch: usize,
    mirror: f32,
    augment: Option<Augment>,
    seed: u64,
    device: Device,
    pass: Option<(u64, Vec<usize>)>,
}

impl<'a> Batches<'a> {
    /// Of these images, but for the held-out ones.
    pub fn new(images: &'a Images, range: Range<usize>, recipe: &Recipe, device: Device) -> Self {
        let (batch, mirror, seed) = (recipe.train.batch, recipe.data.mirror, recipe.train.seed);
        Self { images, range, batch, mirror, augment: recipe.augment, seed, device, pass: None }
    }

    /// The batch of a step: the same for the same step, however often the run was interrupted.
    ///
    /// # Errors
    /// If memory is short.
    pub fn at(&mut self, step: u64) -> Result<Tensor> {
        let per_pass = (self.range.len() / self.batch).max(1) as u64;
        let (pass, within) = (step / per_pass, (step % per_pass) as usize);
        if self.pass.as_ref().is_none_or(|(p, _)| *p != pass) {
            let mut order: Vec<usize> = self.range.clone().collect();
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(2 * pass);
            order.shuffle(&mut rng);
            self.pass = Some((pass, order));
        }
        let order = self.pass.as_ref().map(|(_, o)| o.as_slice()).unwrap_or_default();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(2 * step + 1);
        let side = self.images.size;
        let place = |k: usize| order[(within * self.batch + k) % order.len()];
        if let Some(augment) = &self.augment {
            let indices: Vec<usize> = (0..self.batch).map(place).collect();
            let mut floats = vec![0f32; self.batch * 3 * side * side];
            augment.batch(self.images, &indices, &mut rng, &mut floats)?;
            let shape = [self.batch as i64, 3, side as i64, side as i64];
            let x = Tensor::f_from_slice(&floats)?.f_view(shape.as_slice())?.f_to_device(self.device)?;
            return channels_last(&x);
        }
        let mut bytes = Vec::with_capacity(self.batch * 3 * side * side);
        for k in 0..self.batch {
            let image = self.images.image(place(k));
            if rng.random::<f32>() < self.mirror {
                image.chunks_exact(side).for_each(|row| bytes.extend(row.iter().rev()));
            } else {
                bytes.extend_from_slice(image);
            }
        }
        tensor(&bytes, side, self.device)
    }
}

/// Images `[N][3][S][S]` of bytes as a tensor in −1..1.
///
/// # Errors
/// If memory is short.
pub fn tensor(bytes: &[u8], side: usize, device: Device) -> Result<Tensor> {
    let n = bytes.len() / (3 * side * side);
    let shape = [n as i64, 3, side as i64, side as i64];
    let x =
        Tensor::f_from_data_size(bytes, &shape, Kind::Uint8)?.f_to_device(device)?.f_to_kind(Kind::Float)?;
    channels_last(&x.f_div_scalar(127.5)?.f_sub_scalar(1.0)?)
}
