//! A target that a generator keeps for many evaluations.

use super::{Generator, Pull, Target};
use crate::error::Result;

/// What [`Generator::aim`] gives: the answers of [`Generator::pull`] one by one, as a line search asks for them.
pub trait Aimed {
    /// [`Pull::loss`] at these latents.
    ///
    /// # Errors
    /// If the length is wrong or a value is not finite, or if the device fails.
    fn loss(&mut self, latents: &[f32]) -> Result<f32>;

    /// [`Pull::gradient`] at these latents: cheaper where the loss was asked for last.
    ///
    /// # Errors
    /// As [`Aimed::loss`].
    fn gradient(&mut self, latents: &[f32]) -> Result<Vec<f32>>;
}

/// By decode and pull: the way back is computed only where it is asked for.
pub(super) struct Plain<'a, G: ?Sized> {
    pub(super) generator: &'a G,
    pub(super) target: Target<'a>,
}

impl<G: Generator + ?Sized> Aimed for Plain<'_, G> {
    fn loss(&mut self, latents: &[f32]) -> Result<f32> {
        Ok(self.target.loss(&self.generator.decode(latents)?))
    }

    fn gradient(&mut self, latents: &[f32]) -> Result<Vec<f32>> {
        Ok(self.generator.pull(latents, &self.target)?.gradient)
    }
}

/// Of an engine that computes loss and gradient in one go, where each answer is a wait for its device.
pub struct InOne<F> {
    pull: F,
    /// The last latents and their answer.
    last: Option<(Vec<f32>, Pull)>,
}

impl<F: FnMut(&[f32]) -> Result<Pull>> InOne<F> {
    /// With the function that answers both.
    pub fn new(pull: F) -> Self {
        Self { pull, last: None }
    }

    fn at(&mut self, latents: &[f32]) -> Result<&Pull> {
        let same = |(at, _): &(Vec<f32>, Pull)| {
            at.len() == latents.len() && at.iter().zip(latents).all(|(a, b)| a.to_bits() == b.to_bits())
        };
        let last = match self.last.take().filter(same) {
            Some(last) => last,
            None => (latents.to_vec(), (self.pull)(latents)?),
        };
        Ok(&self.last.insert(last).1)
    }
}

impl<F: FnMut(&[f32]) -> Result<Pull>> Aimed for InOne<F> {
    fn loss(&mut self, latents: &[f32]) -> Result<f32> {
        Ok(self.at(latents)?.loss)
    }

    fn gradient(&mut self, latents: &[f32]) -> Result<Vec<f32>> {
        Ok(self.at(latents)?.gradient.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::linear::Linear;
    use super::*;
    use std::cell::Cell;

    /// Both ways answer what a pull answers, wherever they were asked before; the second pulls once for each place.
    #[test]
    fn both_ways_are_a_pull_in_two_answers() {
        let g = Linear::new(8, 12);
        let weight: Vec<f32> = (0..64).map(|i| (i % 5) as f32).collect();
        let colour: Vec<f32> = (0..192).map(|i| (i as f32 * 0.3).sin()).collect();
        let target = Target { weight: &weight, colour: &colour };
        let z: Vec<f32> = (0..12).map(|i| (i as f32).cos()).collect();
        let other: Vec<f32> = z.iter().map(|z| 0.5 - z).collect();
        let pulls = Cell::new(0);
        let mut in_one = InOne::new(|z: &[f32]| {
            super::super::check_values("latents", z, 12)?;
            pulls.set(pulls.get() + 1);
            g.pull(z, &target)
        });
        let mut plain = g.aim(target).unwrap();
        for aimed in [&mut *plain as &mut dyn Aimed, &mut in_one] {
            let loss = |aimed: &mut dyn Aimed, at: &[f32]| {
                let (loss, pull) = (aimed.loss(at).unwrap(), g.pull(at, &target).unwrap());
                assert!((loss - pull.loss).abs() <= 1e-5 * pull.loss, "{loss} {}", pull.loss);
            };
            let gradient = |aimed: &mut dyn Aimed, at: &[f32]| {
                assert_eq!(aimed.gradient(at).unwrap(), g.pull(at, &target).unwrap().gradient);
            };
            loss(aimed, &z);
            gradient(aimed, &z);
            loss(aimed, &other);
            // Of another place than the last loss.
            gradient(aimed, &z);
            loss(aimed, &z);
            assert!(aimed.loss(&z[1..]).is_err() && aimed.gradient(&z[1..]).is_err());
            gradient(aimed, &other);
        }
        assert_eq!(pulls.get(), 4);
        let nothing = g.aim(Target { weight: &[0.0; 64], colour: &colour }).err().unwrap();
        assert!(nothing.to_string().contains("nothing to pull"), "{nothing}");
    }
}
