//! The table of the `ian-simple` architecture: every tensor's name, and its shape from the network's sizes.

/// What the sizes of an `ian-simple` network are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Channel multiplier.
    pub width: usize,
    /// Units of the encoder's dense layer.
    pub hidden: usize,
    /// Latents.
    pub latents: usize,
}

/// The one architecture of version 1.
pub const ARCHITECTURE: &str = "ian-simple";
/// The image side of `ian-simple`: four convolutions of stride 2 down to 4×4.
pub const IMAGE_SIZE: usize = 64;

/// The layers in the order data flows; each has a `.weight` and a `.bias`.
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

impl Sizes {
    /// Every tensor with its shape: weights `[out, in, 5, 5]` (a deconvolution's `[in, out, 5, 5]`) or
    /// `[out, in]`, biases `[out]`.
    pub fn tensors(self) -> Vec<(String, Vec<usize>)> {
        let Self { width: w, hidden, latents } = self;
        let conv = |from, to| (vec![to, from, 5, 5], to);
        let deconv = |from, to| (vec![from, to, 5, 5], to);
        let dense = |from, to| (vec![to, from], to);
        let shapes = [
            conv(3, w),
            conv(w, 2 * w),
            conv(2 * w, 4 * w),
            conv(4 * w, 8 * w),
            dense(8 * w * 16, hidden),
            dense(hidden, latents),
            dense(latents, 8 * w * 16),
            deconv(8 * w, 4 * w),
            deconv(4 * w, 2 * w),
            deconv(2 * w, w),
            deconv(w, 3),
        ];
        (LAYERS.iter().zip(shapes))
            .flat_map(|(layer, (weight, out))| {
                [(format!("{layer}.weight"), weight), (format!("{layer}.bias"), vec![out])]
            })
            .collect()
    }
}
