//! The encoder: three to five convolutions, by the images' side, and two dense layers.

use super::{
    buffer::{Buffer, padded},
    kernel::Rows,
    layer::{Activate, Activation, Area, Product, Shared, Team, conv_rows},
    pack::Packed,
    weights::{Source, padded_bias},
};

/// A layer whose rows never change.
struct Layer {
    weights: Packed,
    bias: Vec<f32>,
    /// `[m][tap]`
    rows: Vec<u32>,
    /// `[m]`
    outputs: Vec<u32>,
    activation: Activation,
}

impl Layer {
    fn run(&self, team: &Team, input: &Buffer, out: &mut Buffer) {
        let stride = out.stride() as u32;
        let sink = Activate {
            out: Shared::new(out.rows_mut()),
            offsets: &self.outputs,
            bias: &self.bias,
            activation: self.activation,
        };
        debug_assert!(self.outputs.len() == 1 || self.outputs[1] == stride);
        let rows = Rows { input: input.all(), offsets: &self.rows, taps: self.weights.taps };
        team.run(&[Product { rows, weights: &self.weights, sink }]);
    }
}

/// See the module.
pub struct Encoder {
    layers: Vec<Layer>,
    side: usize,
    width: usize,
    hidden: usize,
    latents: usize,
}

/// What an encoding writes to.
pub struct Workspace {
    patches: Buffer,
    activations: Vec<Buffer>,
}

impl Encoder {
    /// Packs a model's encoder.
    pub fn new(source: &Source<'_>) -> Self {
        let sizes = source.sizes;
        let (w, hidden, latents) = (sizes.width, sizes.hidden, sizes.latents);
        let half = source.side / 2;
        let pixels = (half * half) as u32;
        let mut layers = Vec::new();
        let first = source.weight("enc.conv1");
        layers.push(Layer {
            weights: first.pack_many(w, 1, 75, |o, _, k| o * 75 + k),
            bias: padded_bias(&source.bias("enc.conv1"), w),
            rows: (0..pixels).map(|m| (1 + m) * padded(75) as u32).collect(),
            outputs: (0..pixels).map(|m| m * padded(w) as u32).collect(),
            activation: Activation::LeakyRelu,
        });
        for i in 0..source.stages - 1 {
            let name = format!("enc.conv{}", i + 2);
            let (from, to, side) = (w << i, w << (i + 1), half >> i);
            let weight = source.weight(&name);
            let at = |o: usize, tap: usize, c: usize| (o * from + c) * 25 + tap;
            let pixels = (side / 2 * side / 2) as u32;
            layers.push(Layer {
                weights: if pixels <= 16 {
                    weight.pack_few(to, 25, from, at)
                } else {
                    weight.pack_many(to, 25, from, at)
                },
                bias: padded_bias(&source.bias(&name), to),
                rows: conv_rows(Area::square(side / 2), Area::square(side), side, padded(from)),
                outputs: (0..pixels).map(|m| m * padded(to) as u32).collect(),
                activation: Activation::LeakyRelu,
            });
        }
        let top = w << (source.stages - 1);
        layers.push(Layer {
            weights: source
                .weight("enc.fc1")
                .pack_few(hidden, 16, top, |o, pixel, c| (o * top + c) * 16 + pixel),
            bias: padded_bias(&source.bias("enc.fc1"), hidden),
            rows: (0..16).map(|pixel| (1 + pixel) * padded(top) as u32).collect(),
            outputs: vec![0],
            activation: Activation::Elu,
        });
        layers.push(Layer {
            weights: source.weight("enc.mu").pack_few(latents, 1, hidden, |o, _, i| o * hidden + i),
            bias: padded_bias(&source.bias("enc.mu"), latents),
            rows: vec![padded(hidden) as u32],
            outputs: vec![0],
            activation: Activation::Linear,
        });
        Self { layers, side: source.side, width: w, hidden, latents }
    }

    /// Room for one encoding.
    pub fn workspace(&self) -> Workspace {
        let half = self.side / 2;
        let mut activations: Vec<Buffer> = (0..)
            .map_while(|i| {
                let side = half >> i;
                (side >= 4).then(|| Buffer::new(side * side, self.width << i))
            })
            .collect();
        activations.push(Buffer::new(1, self.hidden));
        activations.push(Buffer::new(1, self.latents));
        Workspace { patches: Buffer::new(half * half, 75), activations }
    }

    /// Encodes a planar image.
    pub fn run(&self, team: &Team, image: &[f32], work: &mut Workspace) -> Vec<f32> {
        let (stride, half) = (work.patches.stride(), self.side / 2);
        for (m, row) in work.patches.rows_mut().chunks_exact_mut(stride).enumerate() {
            patch(image, self.side, m / half, m % half, row);
        }
        let mut input = &work.patches;
        for (layer, out) in self.layers.iter().zip(&mut work.activations) {
            layer.run(team, input, out);
            input = out;
        }
        input.rows()[..self.latents].to_vec()
    }
}

/// The 75 values of a planar image of this side under the taps of output pixel (y, x), in the order (channel, ky, kx).
pub fn patch(image: &[f32], side: usize, y: usize, x: usize, row: &mut [f32]) {
    let planes = image.chunks_exact(side * side);
    for (plane, row) in planes.zip(row.chunks_exact_mut(25)) {
        for (ky, row) in row.chunks_exact_mut(5).enumerate() {
            for (kx, value) in row.iter_mut().enumerate() {
                let (iy, ix) = (2 * y + ky, 2 * x + kx);
                let inside = (2..side + 2).contains(&iy) && (2..side + 2).contains(&ix);
                *value = if inside { plane[(iy - 2) * side + ix - 2] } else { 0.0 };
            }
        }
    }
}
