//! Minibatch discrimination (Salimans et al. 2016, section 3.2): tells the discriminator how close an image's features are to
//! those of the others in its batch, so that a generator of one image is found out.

use crate::error::Result;
use tch::{Kind, Tensor};

/// The features `[B, F]` with, appended, `[B, K]` closenesses: for kernel k Σⱼ exp(−‖Mᵢₖ − Mⱼₖ‖₁) + `bias`ₖ, where M = features·T and
/// T = e^{`log_scale`}·`theta`/‖`theta`‖, the norm taken over F. The bias starts at −1, which takes away the image itself.
///
/// `theta` is `[F, K, D]`, `log_scale` `[K, D]`, `bias` `[K]`.
///
/// # Errors
/// If shapes do not fit or memory is short.
pub fn minibatch(features: &Tensor, theta: &Tensor, log_scale: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let norm = theta.f_square()?.f_sum_dim_intlist([0i64].as_slice(), true, None::<Kind>)?.f_sqrt()?;
    let weight = theta.f_mul(&log_scale.f_exp()?.f_unsqueeze(0)?.f_div(&norm)?)?;
    let projected = features.f_matmul(&weight.f_flatten(1, 2)?)?.f_unflatten(1, &theta.size()[1..])?;
    // One dimension of the kernels at a time, to hold [B, B, K] and not [B, B, K, D]; cdist has no second gradient.
    let mut distance: Option<Tensor> = None;
    for part in projected.f_unbind(2)? {
        let apart = part.f_unsqueeze(1)?.f_sub(&part.f_unsqueeze(0)?)?.f_abs()?;
        distance = Some(match distance {
            Some(sum) => sum.f_add(&apart)?,
            None => apart,
        });
    }
    let distance =
        distance.ok_or_else(|| crate::error::Error::told("minibatch kernels have no dimensions"))?;
    let closeness = distance.f_neg()?.f_exp()?.f_sum_dim_intlist([1i64].as_slice(), false, None::<Kind>)?;
    Ok(Tensor::f_cat(&[features, &closeness.f_add(bias)?], 1)?)
}

#[cfg(test)]
mod tests {
    use super::{super::reference::*, *};

    fn plain(features: &Plain, theta: &Plain, log_scale: &Plain, bias: &Plain) -> Plain {
        let [batch, inputs] = features.shape[..] else { panic!() };
        let [_, kernels, sides] = theta.shape[..] else { panic!() };
        let project = |b: usize, k: usize, d: usize| -> f64 {
            let norm = (0..inputs).map(|f| theta.at(&[f, k, d]).powi(2)).sum::<f64>().sqrt();
            let sum: f64 = (0..inputs).map(|f| features.at(&[b, f]) * theta.at(&[f, k, d])).sum();
            log_scale.at(&[k, d]).exp() * sum / norm
        };
        let mut out = Plain::zeros(&[batch, inputs + kernels]);
        for b in 0..batch {
            for f in 0..inputs {
                *out.at_mut(&[b, f]) = features.at(&[b, f]);
            }
            for k in 0..kernels {
                let close = |other: usize| -> f64 {
                    let apart =
                        (0..sides).map(|d| (project(b, k, d) - project(other, k, d)).abs()).sum::<f64>();
                    (-apart).exp()
                };
                *out.at_mut(&[b, inputs + k]) = (0..batch).map(close).sum::<f64>() + bias.at(&[k]);
            }
        }
        out
    }

    #[test]
    fn equals_plain_loops_and_their_differences() {
        tch::manual_seed(6);
        let all = [random(&[4, 6]), random(&[6, 3, 2]), random(&[3, 2]), random(&[3])];
        let leaves = all.each_ref().map(|t| t.set_requires_grad(true));
        let out = minibatch(&leaves[0], &leaves[1], &leaves[2], &leaves[3]).unwrap();
        let values = leaves.each_ref().map(Plain::of);
        plain(&values[0], &values[1], &values[2], &values[3]).close_to(&out, 1e-12);
        let weight = random(&[4, 9]);
        let gradients = Tensor::f_run_backward(&[(out * &weight).sum(None)], &leaves, false, false).unwrap();
        for (i, gradient) in gradients.iter().enumerate() {
            differences(&values[i], 1e-5, |p| {
                let mut v = values.clone();
                v[i] = p.clone();
                plain(&v[0], &v[1], &v[2], &v[3]).dot(&Plain::of(&weight))
            })
            .close_to(gradient, 1e-7);
        }
    }

    #[test]
    fn equal_images_are_close_and_one_alone_is_not() {
        tch::manual_seed(7);
        let (theta, zero, bias) = (random(&[6, 3, 5]), random(&[3, 5]) * 0.0, random(&[3]) * 0.0 - 1.0);
        let one = random(&[1, 6]);
        let of = |features: &Tensor| {
            Plain::of(&minibatch(features, &theta, &zero, &bias).unwrap().narrow(1, 6, 3))
        };
        Plain::zeros(&[1, 3]).close_to(&of(&one).tensor(), 1e-12);
        Plain::zeros(&[4, 3]).map(|_| 3.0).close_to(&of(&one.repeat([4, 1])).tensor(), 1e-12);
    }

    #[test]
    fn has_a_second_gradient() {
        tch::manual_seed(8);
        let x = random(&[3, 4]).set_requires_grad(true);
        let out = minibatch(&x, &random(&[4, 3, 2]), &random(&[3, 2]), &random(&[3])).unwrap();
        let first = Tensor::f_run_backward(&[out.square().sum(None)], &[&x], true, true).unwrap();
        let second = Tensor::f_run_backward(&[first[0].square().sum(None)], &[&x], false, false).unwrap();
        assert!(second[0].abs().sum(None).double_value(&[]) > 0.1);
    }
}
