//! The tables of the architectures: every tensor's name, and its shape from the network's sizes.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "limits.rs proves the largest tensor that its limits allow"
)]

/// What the sizes of a network are made of, but for its images'.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Channel multiplier.
    pub width: usize,
    /// Units of the encoder's dense layer.
    pub hidden: usize,
    /// Latents.
    pub latents: usize,
}

/// The architecture that every engine runs.
pub const ARCHITECTURE: &str = "ian-simple";
/// The paper's full network, which the libtorch engine runs.
pub const ARCHITECTURE_FULL: &str = "ian";
/// The usual side of the images: four convolutions of stride 2 down to 4×4.
pub const IMAGE_SIZE: usize = 64;
/// The sides of images that networks have: three to five convolutions of stride 2 down to 4×4.
pub const IMAGE_SIZES: [usize; 3] = [32, 64, 128];

/// The layers of `ian-simple` at 64 pixels in the order data flows; each has a `.weight` and a `.bias`.
pub const LAYERS: [&str; 11] = [
    "enc.conv1",
    "enc.conv2",
    "enc.conv3",
    "enc.conv4",
    "enc.fc1",
    "enc.mu",
    "dec.fc",
    "dec.deconv1",
    "dec.deconv2",
    "dec.deconv3",
    "dec.out",
];

/// A table under construction.
struct Table(Vec<(String, Vec<usize>)>);

impl Table {
    fn put(&mut self, name: &str, shape: Vec<usize>) {
        self.0.push((name.to_owned(), shape));
    }

    /// A weight and a bias.
    fn layer(&mut self, name: &str, weight: Vec<usize>, out: usize) {
        self.put(&format!("{name}.weight"), weight);
        self.put(&format!("{name}.bias"), vec![out]);
    }

    fn dense(&mut self, name: &str, from: usize, to: usize) {
        self.layer(name, vec![to, from], to);
    }

    fn deconv(&mut self, name: &str, from: usize, to: usize) {
        self.layer(name, vec![from, to, 5, 5], to);
    }

    /// The trunk and the inference subnet, which both architectures have; returns the channels of the 4×4 top.
    fn encoder(&mut self, image_size: usize, sizes: Sizes) -> usize {
        let mut from = 3;
        for stage in 1..=stages(image_size) {
            let to = sizes.width << (stage - 1);
            self.layer(&format!("enc.conv{stage}"), vec![to, from, 5, 5], to);
            from = to;
        }
        self.dense("enc.fc1", from * 16, sizes.hidden);
        self.dense("enc.mu", sizes.hidden, sizes.latents);
        from
    }

    /// A multiscale dilated convolution: bank and coefficients.
    fn dilated(&mut self, name: &str, from: usize, to: usize, scales: &[usize]) {
        self.put(&format!("{name}.weight"), vec![to, from, 3, 3]);
        self.put(&format!("{name}.scales"), vec![1 + scales.len(), to]);
    }
}

/// How many convolutions of stride 2 lead down to 4×4.
fn stages(image_size: usize) -> usize {
    (image_size / 4).ilog2() as usize
}

/// Dilations of the full network's block behind its `stage`th deconvolution, from 1. 0 is the bank's mean as a 1×1 convolution.
pub fn block_scales(stage: usize) -> &'static [usize] {
    if stage == 1 { &[0, 2] } else { &[0, 2, 3] }
}

/// Dilations of the full network's head.
pub const HEAD_SCALES: &[usize] = &[2, 3, 4];

/// The table of a checked architecture, image size and sizes.
pub(super) fn tensors(architecture: &str, image_size: usize, sizes: Sizes) -> Vec<(String, Vec<usize>)> {
    let mut table = Table(Vec::new());
    let top = table.encoder(image_size, sizes);
    if architecture == ARCHITECTURE_FULL {
        full_decoder(&mut table, image_size, sizes);
    } else {
        let stages = stages(image_size);
        table.dense("dec.fc", sizes.latents, top * 16);
        for stage in 1..stages {
            table.deconv(&format!("dec.deconv{stage}"), top >> (stage - 1), top >> stage);
        }
        table.deconv("dec.out", sizes.width, 3);
    }
    table.0
}

fn full_decoder(table: &mut Table, image_size: usize, sizes: Sizes) {
    let (stages, n) = (stages(image_size), sizes.latents);
    for name in ["iaf.mu", "iaf.logsigma"] {
        table.dense(&format!("{name}.input"), n, n);
        table.dense(&format!("{name}.output"), n, n);
        table.put(&format!("{name}.direct.weight"), vec![n, n]);
    }
    let channels = |side: usize| sizes.width * (image_size / (2 * side)).clamp(1, 4);
    table.dense("dec.fc", n, channels(4) * 16);
    for stage in 1..=stages {
        let to = channels(4 << stage);
        table.deconv(&format!("dec.deconv{stage}"), channels(2 << stage), to);
        if stage < stages {
            let block = format!("dec.mdc{stage}");
            table.layer(&format!("{block}.norm"), vec![to], to);
            for part in ["a", "b"] {
                table.dilated(&format!("{block}.{part}"), to, to, block_scales(stage));
                table.put(&format!("{block}.{part}.bias"), vec![to]);
            }
            table.put(&format!("{block}.skip.weight"), vec![to]);
        }
    }
    let maps = channels(image_size);
    for (name, from) in [("red.h", maps), ("green.h", maps), ("green.r", 2), ("blue.h", maps), ("blue.rg", 4)]
    {
        table.dilated(&format!("dec.{name}"), from, 2, HEAD_SCALES);
    }
}

impl Sizes {
    /// Every tensor of an `ian-simple` network for 64 pixels with its shape: weights `[out, in, 5, 5]` (a deconvolution's
    /// `[in, out, 5, 5]`) or `[out, in]`, biases `[out]`. See [`super::Meta::tensors`] for others.
    pub fn tensors(self) -> Vec<(String, Vec<usize>)> {
        tensors(ARCHITECTURE, IMAGE_SIZE, self)
    }
}
