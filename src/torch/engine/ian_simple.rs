//! The architecture `ian-simple` on folded weights, as `docs/model-format.md` defines it. Calls tch.

use super::network::Network;
use super::weights::{Layer, Weights};
use npe::error::Result;
use tch::{TchError, Tensor};

/// An `ian-simple` network.
pub struct IanSimple {
    convs: [Layer; 4],
    fc1: Layer,
    mu: Layer,
    fc: Layer,
    /// The last is `dec.out`.
    deconvs: [Layer; 4],
    top: i64,
}

impl IanSimple {
    /// Takes the weights to the device.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(from: &Weights<'_>) -> Result<Self> {
        let sizes = from.model.meta.sizes();
        // Each is within a limit far below i64::MAX.
        let (w, h, n) = (sizes.width as i64, sizes.hidden as i64, sizes.latents as i64);
        let conv = |name: &str, a: i64, b: i64| from.layer(name, &[b, a, 5, 5], b);
        let deconv = |name: &str, a: i64, b: i64| from.layer(name, &[a, b, 5, 5], b);
        let dense = |name: &str, a: i64, b: i64| from.layer(name, &[b, a], b);
        Ok(Self {
            convs: [
                conv("enc.conv1", 3, w)?,
                conv("enc.conv2", w, 2 * w)?,
                conv("enc.conv3", 2 * w, 4 * w)?,
                conv("enc.conv4", 4 * w, 8 * w)?,
            ],
            fc1: dense("enc.fc1", 128 * w, h)?,
            mu: dense("enc.mu", h, n)?,
            fc: dense("dec.fc", n, 128 * w)?,
            deconvs: [
                deconv("dec.deconv1", 8 * w, 4 * w)?,
                deconv("dec.deconv2", 4 * w, 2 * w)?,
                deconv("dec.deconv3", 2 * w, w)?,
                deconv("dec.out", w, 3)?,
            ],
            top: 8 * w,
        })
    }
}

impl Network for IanSimple {
    fn encode(&self, images: &Tensor) -> Result<Tensor, TchError> {
        let mut maps = images.shallow_clone();
        for layer in &self.convs {
            let sums = maps.f_conv2d(&layer.weight, Some(&layer.bias), [2, 2], [2, 2], [1, 1], 1)?;
            // tch's leaky_relu has a slope of 0.01 only.
            maps = sums.f_maximum(&sums.f_mul_scalar(0.2)?)?;
        }
        let hidden = maps.f_flatten(1, -1)?.f_linear(&self.fc1.weight, Some(&self.fc1.bias))?.f_elu()?;
        hidden.f_linear(&self.mu.weight, Some(&self.mu.bias))
    }

    fn decode(&self, latents: &Tensor) -> Result<Tensor, TchError> {
        let top = latents.f_linear(&self.fc.weight, Some(&self.fc.bias))?.f_relu()?;
        let mut maps = top.f_reshape([-1, self.top, 4, 4])?;
        for (i, layer) in self.deconvs.iter().enumerate() {
            let (weight, bias) = (&layer.weight, Some(&layer.bias));
            let sums = maps.f_conv_transpose2d(weight, bias, [2, 2], [2, 2], [1, 1], 1, [1, 1])?;
            maps = if i + 1 < self.deconvs.len() { sums.f_relu()? } else { sums.f_tanh()? };
        }
        Ok(maps)
    }
}
