//! The adversarial losses: IAN's ternary one (paper section 3.3) and IAN-simple's binary one. Every loss is a mean over the
//! batch, in nats.

use crate::error::Result;
use tch::{Kind, Tensor};

/// Class of a photo.
pub const REAL: i64 = 0;
/// Class of a reconstruction.
pub const RECONSTRUCTED: i64 = 1;
/// Class of an image decoded from random latents.
pub const GENERATED: i64 = 2;

/// Cross-entropy of logits `[B, classes]` with one class for all of the batch.
///
/// # Errors
/// If there is no such class, or memory is short; so for all of these.
pub fn cross_entropy(logits: &Tensor, class: i64) -> Result<Tensor> {
    Ok(logits.f_log_softmax(1, None::<Kind>)?.f_select(1, class)?.f_mean(None::<Kind>)?.f_neg()?)
}

/// What the ternary discriminator minimises: CE(x, real) + CE(x̂, reconstructed) + CE(G(ε), generated). The images
/// x̂ and G(ε) are to be detached.
///
/// # Errors
/// As [`cross_entropy`].
pub fn ternary_discriminator(real: &Tensor, reconstructed: &Tensor, generated: &Tensor) -> Result<Tensor> {
    let fakes = cross_entropy(reconstructed, RECONSTRUCTED)?.f_add(&cross_entropy(generated, GENERATED)?)?;
    Ok(cross_entropy(real, REAL)?.f_add(&fakes)?)
}

/// What the generator minimises against it: CE(x̂, real) + CE(G(ε), real).
///
/// # Errors
/// As [`cross_entropy`].
pub fn ternary_generator(reconstructed: &Tensor, generated: &Tensor) -> Result<Tensor> {
    Ok(cross_entropy(reconstructed, REAL)?.f_add(&cross_entropy(generated, REAL)?)?)
}

/// Binary cross-entropy of logits with the label 1 (`real`) or 0 for all of them.
///
/// # Errors
/// As [`cross_entropy`].
pub fn binary_cross_entropy(logits: &Tensor, real: bool) -> Result<Tensor> {
    let signed = if real { logits.shallow_clone() } else { logits.f_neg()? };
    Ok(signed.f_log_sigmoid()?.f_mean(None::<Kind>)?.f_neg()?)
}

/// What IAN-simple's discriminator minimises: BCE(D(x), 1) + BCE(D(x̂), 0) + BCE(D(G(ε)), 0).
///
/// # Errors
/// As [`cross_entropy`].
pub fn binary_discriminator(real: &Tensor, reconstructed: &Tensor, generated: &Tensor) -> Result<Tensor> {
    let fakes =
        binary_cross_entropy(reconstructed, false)?.f_add(&binary_cross_entropy(generated, false)?)?;
    Ok(binary_cross_entropy(real, true)?.f_add(&fakes)?)
}

/// What IAN-simple's generator minimises against it: BCE(D(x̂), 1) + BCE(D(G(ε)), 1).
///
/// # Errors
/// As [`cross_entropy`].
pub fn binary_generator(reconstructed: &Tensor, generated: &Tensor) -> Result<Tensor> {
    Ok(binary_cross_entropy(reconstructed, true)?.f_add(&binary_cross_entropy(generated, true)?)?)
}

#[cfg(test)]
mod tests {
    use super::{super::reference::*, *};

    /// −log softmax(logits)[class], averaged over rows.
    fn plain_ce(logits: &Tensor, class: usize) -> f64 {
        let logits = Plain::of(logits);
        let rows: Vec<f64> = (logits.values.chunks(3))
            .map(|row| -(row[class].exp() / row.iter().map(|v| v.exp()).sum::<f64>()).ln())
            .collect();
        rows.iter().sum::<f64>() / rows.len() as f64
    }

    fn plain_bce(logits: &Tensor, label: f64) -> f64 {
        let logits = Plain::of(logits).values;
        let each = |v: &f64| {
            let p = 1.0 / (1.0 + (-v).exp());
            -(label * p.ln() + (1.0 - label) * (1.0 - p).ln())
        };
        logits.iter().map(each).sum::<f64>() / logits.len() as f64
    }

    #[track_caller]
    fn same(tensor: Result<Tensor>, expected: f64) {
        let value = tensor.unwrap().double_value(&[]);
        assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
    }

    #[test]
    fn ternary_losses_equal_plain_softmax() {
        tch::manual_seed(11);
        let [x, rec, gen_] = [0; 3].map(|_| random(&[5, 3]) * 3.0);
        same(
            ternary_discriminator(&x, &rec, &gen_),
            plain_ce(&x, 0) + plain_ce(&rec, 1) + plain_ce(&gen_, 2),
        );
        same(ternary_generator(&rec, &gen_), plain_ce(&rec, 0) + plain_ce(&gen_, 0));
        assert!(cross_entropy(&x, 3).is_err());
    }

    #[test]
    fn binary_losses_equal_plain_sigmoid() {
        tch::manual_seed(12);
        let [x, rec, gen_] = [0; 3].map(|_| random(&[5, 1]) * 3.0);
        same(
            binary_discriminator(&x, &rec, &gen_),
            plain_bce(&x, 1.0) + plain_bce(&rec, 0.0) + plain_bce(&gen_, 0.0),
        );
        same(binary_generator(&rec, &gen_), plain_bce(&rec, 1.0) + plain_bce(&gen_, 1.0));
    }

    #[test]
    fn sure_logits_give_finite_losses() {
        let far = Tensor::from_slice(&[500.0, -500.0, 0.0]).view([1, 3]);
        same(cross_entropy(&far, REAL), 0.0);
        same(cross_entropy(&far, RECONSTRUCTED), 1000.0);
        same(binary_cross_entropy(&Tensor::from_slice(&[-500.0]), true), 500.0);
    }
}
