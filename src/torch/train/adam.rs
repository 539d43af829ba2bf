//! Adam (Kingma and Ba 2015, algorithm 1) whose state can be written and read back exactly.

use super::step::blown_up;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use tch::Tensor;

/// Adam over some of a network's parameters.
#[derive(Debug)]
pub struct Adam {
    names: Vec<String>,
    params: Vec<Tensor>,
    mean: Vec<Tensor>,
    square: Vec<Tensor>,
    steps: i64,
    betas: [f64; 2],
    weight_decay: f64,
    clip: f64,
}

impl Adam {
    /// For these parameters, which share memory with the network's.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(params: Vec<(String, Tensor)>, betas: [f64; 2], weight_decay: f64, clip: f64) -> Result<Self> {
        let (names, params): (Vec<_>, Vec<_>) = params.into_iter().unzip();
        let zeros = || params.iter().map(|p| Ok(p.f_zeros_like()?.f_detach()?)).collect::<Result<Vec<_>>>();
        let (mean, square) = (zeros()?, zeros()?);
        Ok(Self { names, mean, square, params, steps: 0, betas, weight_decay, clip })
    }

    /// The parameters, in the order of the gradients.
    pub fn params(&self) -> &[Tensor] {
        &self.params
    }

    /// One step of size `rate` against these gradients.
    ///
    /// # Errors
    /// If it clips and the gradient's length is not finite (nothing is changed then), shapes differ or memory is short.
    pub fn step(&mut self, gradients: &[Tensor], rate: f64) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let scale = if self.clip > 0.0 {
            let mut sum = 0.0;
            for g in gradients {
                sum += g.f_square()?.f_sum(tch::Kind::Float)?.f_double_value(&[])?;
            }
            // Not min() alone: it would take 1 for NaN.
            if !sum.is_finite() {
                return Err(blown_up(&format!("the gradient's length is {}", sum.sqrt())));
            }
            (self.clip / (sum.sqrt() + 1e-12)).min(1.0)
        } else {
            1.0
        };
        self.steps += 1;
        let [b1, b2] = self.betas;
        let (c1, c2) = (1.0 - b1.powf(self.steps as f64), 1.0 - b2.powf(self.steps as f64));
        for (i, p) in self.params.iter_mut().enumerate() {
            let mut g = gradients[i].shallow_clone();
            if scale < 1.0 {
                g = g.f_mul_scalar(scale)?;
            }
            if self.weight_decay > 0.0 {
                g = g.f_add(&p.f_mul_scalar(self.weight_decay)?)?;
            }
            let _ = self.mean[i].f_lerp_(&g, 1.0 - b1)?;
            let _ = self.square[i].f_lerp_(&g.f_square()?, 1.0 - b2)?;
            let mut step = self.square[i].f_sqrt()?;
            let _ = step.f_add_scalar_(1e-8 * c2.sqrt())?;
            let step = self.mean[i].f_div(&step)?.f_mul_scalar(-rate * c2.sqrt() / c1)?;
            let _ = p.f_add_(&step)?;
        }
        Ok(())
    }

    /// Its state by name, to be written: `mean.NAME`, `square.NAME`, and the count of steps.
    pub fn state(&self) -> (Vec<(String, Tensor)>, i64) {
        let named = |what: &str, of: &[Tensor]| -> Vec<(String, Tensor)> {
            self.names.iter().zip(of).map(|(n, t)| (format!("{what}.{n}"), t.shallow_clone())).collect()
        };
        let mut all = named("mean", &self.mean);
        all.extend(named("square", &self.square));
        (all, self.steps)
    }

    /// Takes the state of [`Adam::state`] back.
    ///
    /// # Errors
    /// If a tensor is missing or of another shape.
    pub fn restore(&mut self, from: &BTreeMap<String, Tensor>, steps: i64) -> Result<()> {
        for (what, of) in [("mean", &mut self.mean), ("square", &mut self.square)] {
            for (name, tensor) in self.names.iter().zip(of) {
                let key = format!("{what}.{name}");
                match from.get(&key) {
                    Some(value) if value.size() == tensor.size() => tensor.f_copy_(value)?,
                    _ => return Err(Error::told(format!("Adam's {key} is missing or of another shape"))),
                }
            }
        }
        self.steps = steps;
        Ok(())
    }
}
