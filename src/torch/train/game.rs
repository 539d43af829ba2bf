//! The adversarial losses of the introspective game, for a discriminator of one class (IAN-simple) or of three (§3.3).

use crate::error::Result;
use tch::{Kind, Tensor};

/// The classes of a ternary discriminator.
const REAL: i64 = 0;
const RECONSTRUCTED: i64 = 1;
const GENERATED: i64 = 2;

/// Mean cross entropy of logits `[N, 1]` (sigmoid: real or not) or `[N, 3]` against a class.
fn entropy(logits: &Tensor, class: i64) -> Result<Tensor> {
    if logits.size()[1] == 1 {
        // −log σ(l) for real ones, −log(1 − σ(l)) for others.
        let signed = if class == REAL { logits.f_neg()? } else { logits.shallow_clone() };
        return Ok(signed.f_softplus()?.f_mean(Kind::Float)?);
    }
    Ok(logits.f_log_softmax(1, Kind::Float)?.f_select(1, class)?.f_mean(Kind::Float)?.f_neg()?)
}

/// What the discriminator makes small.
///
/// # Errors
/// If shapes do not fit or memory is short.
pub fn discriminator(real: &Tensor, made: &Tensor, dreamt: &Tensor) -> Result<Tensor> {
    Ok(entropy(real, REAL)?.f_add(&entropy(made, RECONSTRUCTED)?)?.f_add(&entropy(dreamt, GENERATED)?)?)
}

/// What the decoder makes small: both kinds taken for real.
///
/// # Errors
/// As [`discriminator`].
pub fn generator(made: &Tensor, dreamt: &Tensor) -> Result<Tensor> {
    Ok(entropy(made, REAL)?.f_add(&entropy(dreamt, REAL)?)?)
}
