//! What both architectures share: the trunk of convolutions, which is encoder and discriminator at once, and the dense inference
//! subnet on top. Calls [`super::layers`] and [`super::params`].

use super::layers::{conv5, lrelu, norm};
use super::{Params, Posterior, Sizes, stages};
use crate::error::Result;
use tch::{TchError, Tensor};

/// Standard deviation of fresh weights (the paper's configuration).
pub const DEVIATION: f64 = 0.02;
/// Bounds of the logarithm of a posterior's standard deviation: beyond them a draw is the mean or noise anyway.
const LOG_SIGMA: (f64, f64) = (-6.0, 2.0);

/// Channels of the trunk's top, which is 4×4: the width, doubled at every stage but the first.
///
/// # Errors
/// If the image size is not one of the networks'.
pub fn top_channels(sizes: &Sizes) -> Result<i64> {
    Ok((sizes.width as i64) << (stages(sizes.image_size)? - 1))
}

/// Adds the trunk and the inference subnet, drawn by torch's generator.
///
/// # Errors
/// If the image size is not one of the networks', or memory is short.
pub fn add(p: &mut Params, sizes: &Sizes, norm_latents: bool) -> Result<()> {
    let (w, hidden, latents) = (sizes.width as i64, sizes.hidden as i64, sizes.latents as i64);
    let mut from = 3;
    for stage in 1..=stages(sizes.image_size)? {
        let to = w << (stage - 1);
        p.add_normal(&format!("enc.conv{stage}.weight"), &[to, from, 5, 5], DEVIATION)?;
        if stage == 1 {
            p.add_full("enc.conv1.bias", &[to], 0.0, true)?;
        } else {
            p.add_norm(&format!("enc.norm{stage}"), to)?;
        }
        from = to;
    }
    p.add_normal("enc.fc1.weight", &[hidden, from * 16], (1.0 / (from * 16) as f64).sqrt())?;
    p.add_norm("enc.norm_fc1", hidden)?;
    for head in ["mu", "logsigma"] {
        // Glorot's spread, drawn from a normal distribution.
        let deviation = (2.0 / (hidden + latents) as f64).sqrt();
        p.add_normal(&format!("enc.{head}.weight"), &[latents, hidden], deviation)?;
        if norm_latents {
            p.add_norm(&format!("enc.norm_{head}"), latents)?;
        } else {
            p.add_full(&format!("enc.{head}.bias"), &[latents], 0.0, true)?;
        }
    }
    Ok(())
}

/// x·Wᵀ + b with the tensors `NAME.weight` and, if wanted, `NAME.bias`.
///
/// # Errors
/// If shapes do not fit or memory is short; so for all of these.
pub fn dense(p: &Params, x: &Tensor, name: &str, bias: bool) -> Result<Tensor> {
    let bias = if bias { Some(p.get(&format!("{name}.bias"))?) } else { None };
    Ok(x.f_linear(p.get(&format!("{name}.weight"))?, bias)?)
}

/// The trunk's activations of images `[N, 3, S, S]`, the last one 4×4.
///
/// # Errors
/// As [`dense`].
pub fn trunk(p: &Params, stages: usize, images: &Tensor, train: bool) -> Result<Vec<Tensor>> {
    let first = conv5(images, p.get("enc.conv1.weight")?, Some(p.get("enc.conv1.bias")?))?;
    let mut activations = vec![lrelu(&first)?];
    for stage in 2..=stages {
        let x = conv5(&activations[stage - 2], p.get(&format!("enc.conv{stage}.weight"))?, None)?;
        activations.push(lrelu(&norm(&x, p, &format!("enc.norm{stage}"), train)?)?);
    }
    Ok(activations)
}

/// The posterior from the trunk's top; `activation` is that of the dense layer.
///
/// # Errors
/// As [`dense`].
pub fn posterior(
    p: &Params,
    norm_latents: bool,
    top: &Tensor,
    train: bool,
    activation: fn(&Tensor) -> Result<Tensor, TchError>,
) -> Result<Posterior> {
    // Flattened as (channel, y, x), whatever the memory's order.
    let x = dense(p, &top.f_flatten(1, -1)?, "enc.fc1", false)?;
    let x = activation(&norm(&x, p, "enc.norm_fc1", train)?)?;
    let head = |name: &str| -> Result<Tensor> {
        let y = dense(p, &x, &format!("enc.{name}"), !norm_latents)?;
        if norm_latents { norm(&y, p, &format!("enc.norm_{name}"), train) } else { Ok(y) }
    };
    Ok(Posterior { mu: head("mu")?, log_sigma: head("logsigma")?.f_clamp(LOG_SIGMA.0, LOG_SIGMA.1)? })
}
