//! The adversarial losses of the introspective game, for a discriminator of one class (IAN-simple) or of three (§3.3).

use crate::error::Result;
use crate::ian::blocks::adversarial as losses;
use tch::Tensor;

/// What the discriminator makes small, from logits `[N, 1]` or `[N, 3]`.
///
/// # Errors
/// If shapes do not fit or memory is short.
pub fn discriminator(real: &Tensor, made: &Tensor, dreamt: &Tensor) -> Result<Tensor> {
    if real.size()[1] == 1 {
        losses::binary_discriminator(real, made, dreamt)
    } else {
        losses::ternary_discriminator(real, made, dreamt)
    }
}

/// What the decoder makes small: both kinds taken for real.
///
/// # Errors
/// As [`discriminator`].
pub fn generator(made: &Tensor, dreamt: &Tensor) -> Result<Tensor> {
    if made.size()[1] == 1 {
        losses::binary_generator(made, dreamt)
    } else {
        losses::ternary_generator(made, dreamt)
    }
}
