//! The decoder, forward and back to the latents: a dense layer and three to five deconvolutions, by the images' side.

use super::{
    buffer::{Buffer, padded},
    encoder::patch,
    kernel::Rows,
    layer::{Activate, Activation, Area, Mask, Product, Shared, Team, conv_rows, deconv_rows, deconv_taps},
    math,
    pack::Packed,
    weights::{Source, padded_bias},
};
use crate::generator::{Pull, Target};

/// One deconvolution with ReLU, from `side` to 2·`side` pixels.
struct Deconv {
    side: usize,
    /// Output pixels by parity, each with its own taps.
    classes: Vec<Class>,
    bias: Vec<f32>,
    /// `[input channel][tap][output channel]`
    back: Packed,
}

struct Class {
    weights: Packed,
    rows: Vec<u32>,
    outputs: Vec<u32>,
}

/// See the module.
pub struct Decoder {
    side: usize,
    width: usize,
    latents: usize,
    fc: Packed,
    fc_bias: Vec<f32>,
    fc_back: Packed,
    deconvs: Vec<Deconv>,
    /// `[(py, px, channel)][3×3 neighbours][input channel]`: all four parities at once, for they share a panel.
    out: Packed,
    out_bias: Vec<f32>,
    out_rows: Vec<u32>,
    out_offsets: Vec<u32>,
    out_back: Packed,
}

/// The activations of one decoding, and room for the way back.
pub struct Workspace {
    latents: Buffer,
    /// Behind the dense layer and all deconvolutions but the last.
    activations: Vec<Buffer>,
    /// Sums of the last layer, a row of 16 for each 2×2 pixels.
    sums: Buffer,
    /// `[3][side][side]`
    image: Vec<f32>,
    gradients: Vec<Buffer>,
    image_gradient: Vec<f32>,
    patches: Buffer,
    answer: Buffer,
}

impl Workspace {
    /// The image of the last decoding.
    pub fn image(&self) -> &[f32] {
        &self.image
    }
}

impl Decoder {
    /// Packs a model's decoder.
    pub fn new(source: &Source<'_>) -> Self {
        let (w, latents) = (source.sizes.width, source.sizes.latents);
        let (side, half) = (source.side, source.side / 2);
        let top = w << (source.stages - 1);
        let top_padded = padded(top);
        let fc = source.weight("dec.fc");
        let bias = source.bias("dec.fc");
        let mut fc_bias = vec![0.0; 16 * top_padded];
        for pixel in 0..16 {
            for c in 0..top {
                fc_bias[pixel * top_padded + c] = bias[c * 16 + pixel];
            }
        }
        let out = source.weight("dec.out");
        let neighbours = |o: usize, tap: usize, c: usize| {
            let (parity, channel) = (o / 3, o % 3);
            // Output 2q + p gets from input q + d with k = p + 2 − 2d.
            let k = |p: usize, d: usize| (p + 4).checked_sub(2 * d).filter(|k| *k < 5);
            let (ky, kx) = (k(parity / 2, tap / 3)?, k(parity % 2, tap % 3)?);
            Some(((c * 3 + channel) * 5 + ky) * 5 + kx)
        };
        let out_bias = source.bias("dec.out");
        let all = Area::square(half);
        Self {
            side,
            width: w,
            latents,
            // Outputs in the order (pixel, channel), a pixel's channels padded.
            fc: {
                let at = |o: usize, i: usize| {
                    let (pixel, c) = (o / top_padded, o % top_padded);
                    (c < top).then_some((c * 16 + pixel) * latents + i)
                };
                fc.pack_few_sparse(16 * top_padded, 1, latents, |o, _, i| at(o, i))
            },
            fc_bias,
            fc_back: fc.pack_few(latents, 16, top, |o, pixel, c| (c * 16 + pixel) * latents + o),
            deconvs: (0..source.stages - 1).map(|i| Deconv::new(source, i)).collect(),
            out: out.pack_sparse(12, 9, w, neighbours),
            out_bias: padded_bias(&(0..12).map(|o| out_bias[o % 3]).collect::<Vec<_>>(), 12),
            out_rows: (all.pixels())
                .flat_map(|(y, x)| {
                    (0..9).map(move |tap| {
                        let (dy, dx) = (tap / 3, tap % 3);
                        all.offset((y + dy) as isize - 1, (x + dx) as isize - 1, half, padded(w))
                    })
                })
                .collect(),
            out_offsets: (0..(half * half) as u32).map(|m| m * 16).collect(),
            out_back: out.pack_many(w, 1, 75, |o, _, k| o * 75 + k),
        }
    }

    /// Room for one decoding.
    pub fn workspace(&self) -> Workspace {
        let (side, half, stages) = (self.side, self.side / 2, self.deconvs.len() + 1);
        let buffers = || -> Vec<Buffer> {
            (0..stages).map(|i| Buffer::new(16 << (2 * i), self.width << (stages - 1 - i))).collect()
        };
        Workspace {
            latents: Buffer::new(1, self.latents),
            activations: buffers(),
            sums: Buffer::new(half * half, 12),
            image: vec![0.0; 3 * side * side],
            gradients: buffers(),
            image_gradient: vec![0.0; 3 * side * side],
            patches: Buffer::new(half * half, 75),
            answer: Buffer::new(1, self.latents),
        }
    }

    /// Decodes into the workspace.
    pub fn forward(&self, team: &Team, latents: &[f32], work: &mut Workspace) {
        work.latents.rows_mut()[..latents.len()].copy_from_slice(latents);
        let rows = Rows { input: work.latents.all(), offsets: &[padded(self.latents) as u32], taps: 1 };
        let sink = Activate {
            out: Shared::new(work.activations[0].rows_mut()),
            offsets: &[0],
            bias: &self.fc_bias,
            activation: Activation::Relu,
        };
        team.run(&[Product { rows, weights: &self.fc, sink }]);
        for (i, layer) in self.deconvs.iter().enumerate() {
            let (before, after) = work.activations.split_at_mut(i + 1);
            layer.forward(team, &before[i], &mut after[0]);
        }
        let last = &work.activations[self.deconvs.len()];
        let rows = Rows { input: last.all(), offsets: &self.out_rows, taps: 9 };
        let sink = Activate {
            out: Shared::new(work.sums.rows_mut()),
            offsets: &self.out_offsets,
            bias: &self.out_bias,
            activation: Activation::Linear,
        };
        team.run(&[Product { rows, weights: &self.out, sink }]);
        math::tanh_all(work.sums.rows_mut());
        let (side, half) = (self.side, self.side / 2);
        for (m, sums) in work.sums.rows().chunks_exact(16).enumerate() {
            for (o, sum) in sums[..12].iter().enumerate() {
                let (y, x) = (2 * (m / half) + o / 6, 2 * (m % half) + o / 3 % 2);
                work.image[(o % 3 * side + y) * side + x] = *sum;
            }
        }
    }

    /// Loss and gradient at the latents that the workspace was last decoded from.
    pub fn backward(&self, team: &Team, target: &Target<'_>, work: &mut Workspace) -> Pull {
        let (side, half, last) = (self.side, self.side / 2, self.deconvs.len());
        let area = weighted(target.weight, side);
        let total: f64 = 3.0 * target.weight.iter().map(|w| f64::from(*w)).sum::<f64>();
        let mut loss = 0.0;
        work.image_gradient.fill(0.0);
        for channel in 0..3 {
            for (y, x) in area.pixels() {
                let weight = f64::from(target.weight[y * side + x]);
                let at = (channel * side + y) * side + x;
                let value = f64::from(work.image[at]);
                let off = value - f64::from(target.colour[at]);
                loss += weight * off * off;
                work.image_gradient[at] = (2.0 * weight * off / total * (1.0 - value * value)) as f32;
            }
        }

        let mut area = area.before_deconv(half);
        let stride = work.patches.stride();
        let (mut rows, mut outputs) = (Vec::new(), Vec::new());
        for (m, (y, x)) in area.pixels().enumerate() {
            patch(&work.image_gradient, side, y, x, &mut work.patches.rows_mut()[m * stride..][..75]);
            rows.push(((1 + m) * stride) as u32);
            outputs.push(((y * half + x) * padded(self.width)) as u32);
        }
        let rows = Rows { input: work.patches.all(), offsets: &rows, taps: 1 };
        let sink = Mask {
            out: Shared::new(work.gradients[last].rows_mut()),
            offsets: &outputs,
            active: work.activations[last].rows(),
        };
        team.run(&[Product { rows, weights: &self.out_back, sink }]);

        for (i, layer) in self.deconvs.iter().enumerate().rev() {
            let (before, after) = work.gradients.split_at_mut(i + 1);
            area = layer.backward(team, &after[0], area, &work.activations[i], &mut before[i]);
        }
        let stride = work.gradients[0].stride();
        let rows: Vec<u32> =
            Area::square(4).pixels().map(|(y, x)| area.offset(y as isize, x as isize, 4, stride)).collect();
        let rows = Rows { input: work.gradients[0].all(), offsets: &rows, taps: 16 };
        let zero = vec![0.0; padded(self.latents)];
        let sink = Activate {
            out: Shared::new(work.answer.rows_mut()),
            offsets: &[0],
            bias: &zero,
            activation: Activation::Linear,
        };
        team.run(&[Product { rows, weights: &self.fc_back, sink }]);
        let gradient = work.answer.rows()[..self.latents].to_vec();
        Pull { loss: (loss / total) as f32, gradient }
    }
}

impl Deconv {
    /// The `i`th deconvolution, from 0; not the last.
    fn new(source: &Source<'_>, i: usize) -> Self {
        let name = format!("dec.deconv{}", i + 1);
        let top = source.sizes.width << (source.stages - 1);
        let (from, to, side) = (top >> i, top >> (i + 1), 4 << i);
        let weight = source.weight(&name);
        let few = side <= 4;
        let classes = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(py, px)| {
            let taps = deconv_taps(py, px);
            let at = |o: usize, t: usize, c: usize| ((c * to + o) * 5 + taps[t].0) * 5 + taps[t].1;
            Class {
                weights: if few {
                    weight.pack_few(to, taps.len(), from, at)
                } else {
                    weight.pack_many(to, taps.len(), from, at)
                },
                rows: deconv_rows(py, px, side, padded(from)),
                outputs: (Area::square(side).pixels())
                    .map(|(y, x)| (((2 * y + py) * 2 * side + 2 * x + px) * padded(to)) as u32)
                    .collect(),
            }
        });
        let at = |o: usize, tap: usize, c: usize| (o * to + c) * 25 + tap;
        let back = if few { weight.pack_few(from, 25, to, at) } else { weight.pack_many(from, 25, to, at) };
        Self { side, classes: classes.into(), bias: padded_bias(&source.bias(&name), to), back }
    }

    fn forward(&self, team: &Team, input: &Buffer, out: &mut Buffer) {
        let out = Shared::new(out.rows_mut());
        let products: Vec<_> = (self.classes.iter())
            .map(|class| Product {
                rows: Rows { input: input.all(), offsets: &class.rows, taps: class.weights.taps },
                weights: &class.weights,
                sink: Activate {
                    out,
                    offsets: &class.outputs,
                    bias: &self.bias,
                    activation: Activation::Relu,
                },
            })
            .collect();
        team.run(&products);
    }

    /// From the gradient behind this layer, which is zero outside of `area`, to the one before it; returns its area.
    fn backward(
        &self,
        team: &Team,
        gradient: &Buffer,
        area: Area,
        active: &Buffer,
        out: &mut Buffer,
    ) -> Area {
        let before = area.before_deconv(self.side);
        let rows = conv_rows(before, area, 2 * self.side, gradient.stride());
        let stride = out.stride();
        let outputs: Vec<u32> = before.pixels().map(|(y, x)| ((y * self.side + x) * stride) as u32).collect();
        let rows = Rows { input: gradient.all(), offsets: &rows, taps: 25 };
        let sink = Mask { out: Shared::new(out.rows_mut()), offsets: &outputs, active: active.rows() };
        team.run(&[Product { rows, weights: &self.back, sink }]);
        before
    }
}

/// The bounding box of the pixels whose weight is not 0. There must be one.
fn weighted(weight: &[f32], side: usize) -> Area {
    let mut area = Area { y: (side, 0), x: (side, 0) };
    for (i, _) in weight.iter().enumerate().filter(|(_, w)| **w != 0.0) {
        let (y, x) = (i / side, i % side);
        area = Area { y: (area.y.0.min(y), area.y.1.max(y + 1)), x: (area.x.0.min(x), area.x.1.max(x + 1)) };
    }
    area
}
