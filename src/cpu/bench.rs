//! One plain matrix product on the engine's own kernel, for the benchmark that compares it with GEMM crates.

use super::{
    buffer::{Buffer, padded},
    kernel::{Isa, Rows},
    layer::{Activate, Activation, Product, Shared, Team},
    pack::Packed,
};
use crate::error::Result;

/// `[rows][inputs]` times packed weights `[inputs][outputs]`.
pub struct Dense {
    team: Team,
    weights: Packed,
    input: Buffer,
    out: Buffer,
    bias: Vec<f32>,
    rows: Vec<u32>,
    outputs: Vec<u32>,
}

impl Dense {
    /// Packs weights `[inputs][outputs]`, as f16 if `half`, and copies the input.
    ///
    /// # Errors
    /// If threads can't be started.
    pub fn new(input: &[f32], inputs: usize, weights: &[f32], half: bool, threads: usize) -> Result<Self> {
        let (rows, outputs) = (input.len() / inputs, weights.len() / inputs);
        let mut buffer = Buffer::new(rows, inputs);
        for (to, from) in buffer.rows_mut().chunks_mut(padded(inputs)).zip(input.chunks(inputs)) {
            to[..inputs].copy_from_slice(from);
        }
        Ok(Self {
            team: Team::new(Isa::best(), threads)?,
            weights: Packed::new(outputs, 1, inputs, half, |o, _, i| weights[i * outputs + o]),
            input: buffer,
            out: Buffer::new(rows, outputs),
            bias: vec![0.0; padded(outputs)],
            rows: (0..rows).map(|m| ((1 + m) * padded(inputs)) as u32).collect(),
            outputs: (0..rows).map(|m| (m * padded(outputs)) as u32).collect(),
        })
    }

    /// Multiplies; the result is `[rows][outputs padded to 16]`.
    pub fn run(&mut self) -> &[f32] {
        let rows = Rows { input: self.input.all(), offsets: &self.rows, taps: 1 };
        let sink = Activate {
            out: Shared::new(self.out.rows_mut()),
            offsets: &self.outputs,
            bias: &self.bias,
            activation: Activation::Linear,
        };
        let team = &self.team;
        let product = [Product { rows, weights: &self.weights, sink }];
        team.enter(|| team.run(&product));
        self.out.rows()
    }
}
