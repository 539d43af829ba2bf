//! Latents as edits leave them, for the encoder to read back what the decoder paints of them: what "plausible" measures. Calls
//! tch only.

use crate::error::Result;
use tch::{Kind, Tensor};

/// A latent is moved by at most so much of the way between two other photos. Strokes move them about as far.
const FARTHEST: f64 = 0.6;

/// Latents for a batch of photos, half as many as there are in `mu` `[N, L]` and two at least. Of three in four, one photo's is
/// moved along the way from a second one to a third one: the directions that show in pictures, which random noise seldom has. The
/// fourth is a draw of the prior. Draws from torch's generator; no gradient goes back to `mu`.
///
/// # Errors
/// If memory is short.
pub fn latents(mu: &Tensor) -> Result<Tensor> {
    let mu = mu.f_detach()?;
    let (n, like) = (mu.size()[0], (Kind::Float, mu.device()));
    let dreamt = (n / 8).max(1);
    let moved = (n / 2 - dreamt).max(1);
    let share =
        Tensor::f_rand([moved, 1], like)?.f_mul_scalar(2.0)?.f_sub_scalar(1.0)?.f_mul_scalar(FARTHEST)?;
    let other = |by: i64| mu.f_roll([by].as_slice(), [0i64].as_slice())?.f_narrow(0, 0, moved);
    let way = other(1)?.f_sub(&other(2)?)?.f_mul(&share)?;
    let parts = [mu.f_narrow(0, 0, moved)?.f_add(&way)?, Tensor::f_randn([dreamt, mu.size()[1]], like)?];
    Ok(Tensor::f_cat(&parts, 0)?)
}

/// ‖read − z‖ / ‖z‖ of each, squared, `[N]`.
///
/// # Errors
/// If shapes differ.
pub fn apart(read: &Tensor, z: &Tensor) -> Result<Tensor> {
    let square = |t: &Tensor| t.f_square()?.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
    Ok(square(&read.f_sub(z)?)?.f_div(&square(z)?.f_clamp_min(1e-6)?)?)
}
