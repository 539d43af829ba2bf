//! The losses without an adversary, as the recipe weighs them. Calls tch and [`super::recipe`] only.

use super::recipe::Loss;
use crate::error::Result;
use tch::{Kind, Tensor};

/// A loss to be made small, and a figure of it for the log.
#[derive(Debug)]
pub struct Weighed {
    /// One number, weighed by the recipe.
    pub loss: Tensor,
    /// What the log shows: not weighed.
    pub figure: f64,
}

/// The divergence from the prior, from that of each image and latent in nats, `[N, latents]`. A latent is charged
/// `free_nats` at least (Kingma et al. 2016, eq. 15), so that nothing is gained by carrying less. The figure is nats an image.
///
/// # Errors
/// If memory is short; so for all of these.
pub fn divergence(kl: &Tensor, weights: &Loss) -> Result<Weighed> {
    // The mean over the batch first: free nats belong to a latent, not to one image's.
    let each = kl.f_mean_dim([0i64].as_slice(), false, Kind::Float)?;
    let figure = each.f_sum(Kind::Float)?.f_double_value(&[])?;
    let charged = each.f_clamp_min(weights.free_nats)?.f_sum(Kind::Float)?;
    Ok(Weighed { loss: charged.f_mul_scalar(weights.kl)?, figure })
}

/// What the pixel error of each place is multiplied by, `[S, S]`: 1 + Σ (times − 1)·exp(−d²/2r²) over the places of
/// `loss.focus`, divided by its mean, so that `pixel` means the same with and without.
fn focus(places: &[[f64; 4]], side: i64) -> Vec<f32> {
    let of = |x: f64, y: f64| {
        1.0 + places
            .iter()
            .map(|[u, v, r, times]| {
                (times - 1.0) * (-((x - u).powi(2) + (y - v).powi(2)) / (2.0 * r * r)).exp()
            })
            .sum::<f64>()
    };
    let middle = |i: i64| i as f64 + 0.5;
    let map: Vec<f64> = (0..side * side).map(|p| of(middle(p % side), middle(p / side))).collect();
    let mean = map.iter().sum::<f64>() / map.len() as f64;
    map.iter().map(|w| (w / mean) as f32).collect()
}

/// `pixel`·mean|x̂ − x| (weighed by `focus`), and `pyramid` times the same of three copies, each half as large as the one before. The figure is
/// mean|x̂ − x|, every pixel alike.
///
/// # Errors
/// If shapes differ.
pub fn reconstruction(made: &Tensor, x: &Tensor, weights: &Loss) -> Result<Weighed> {
    let mut difference = made.f_sub(x)?;
    let pixel = difference.f_abs()?.f_mean(Kind::Float)?;
    let figure = pixel.f_double_value(&[])?;
    let pulling = if weights.focus.is_empty() {
        pixel
    } else {
        let side = difference.size()[3];
        let map = Tensor::f_from_slice(&focus(&weights.focus, side))?.f_view([side, side])?;
        difference.f_abs()?.f_mul(&map.f_to_device(difference.device())?)?.f_mean(Kind::Float)?
    };
    let mut loss = pulling.f_mul_scalar(weights.pixel)?;
    if weights.pyramid > 0.0 {
        for _ in 0..3 {
            difference = difference.f_avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)?;
            let part = difference.f_abs()?.f_mean(Kind::Float)?;
            loss = loss.f_add(&part.f_mul_scalar(weights.pyramid)?)?;
        }
    }
    Ok(Weighed { loss, figure })
}

/// `feature` times the mean over the trunk's activations of their mean square difference (§3.1). The real images' are
/// taken as given.
///
/// # Errors
/// If shapes differ.
pub fn feature(made: &[Tensor], real: &[Tensor], weights: &Loss) -> Result<Tensor> {
    let mut sum = Tensor::f_zeros([], (Kind::Float, made[0].device()))?;
    for (m, r) in made.iter().zip(real) {
        sum = sum.f_add(&m.f_sub(&r.f_detach()?)?.f_square()?.f_mean(Kind::Float)?)?;
    }
    Ok(sum.f_mul_scalar(weights.feature / made.len() as f64)?)
}
