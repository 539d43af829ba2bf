//! MADE (Germain et al. 2015) and the inverse autoregressive flow made of it (Kingma et al. 2016; paper section 3.3).
//!
//! Latents stand in a random order; their place in it, 1 to n, is their degree. Output o sees inputs of lower degree only. Each
//! hidden unit has a degree of its own, 1 to n−1 in turn (the published code gives all of them degree 1, which cuts every path
//! through them but those from the first latent).

use crate::error::Result;
use tch::{Device, Kind, Tensor};

/// The masks of a MADE: 1 where a weight is, 0 where none may be. `[out, in]` each.
#[derive(Debug)]
pub struct Masks {
    /// Input to hidden: the hidden unit's degree ≥ the input's.
    pub input: Tensor,
    /// Hidden to output: the output's degree > the hidden unit's.
    pub output: Tensor,
    /// Input straight to output: the output's degree > the input's.
    pub direct: Tensor,
}

/// The weights of one MADE: dense layers from n to h hidden units to n, and straight from n to n.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// Weight and bias from the input to the hidden units.
    pub input: (&'a Tensor, &'a Tensor),
    /// Weight and bias from the hidden units to the output.
    pub output: (&'a Tensor, &'a Tensor),
    /// Weight and bias from the input straight to the output.
    pub direct: (&'a Tensor, &'a Tensor),
}

/// The masks for `hidden` units and an order: `degrees[i]`, 1 to n, each once, is the place of latent i.
///
/// # Errors
/// If memory is short.
pub fn masks(degrees: &[i64], hidden: usize) -> Result<Masks> {
    let n = degrees.len();
    let degree = |k: usize| match n {
        // With one latent there is no degree a hidden unit could have; 0 keeps it without inputs.
        0 | 1 => 0,
        // Fewer than degrees are spread over all of them.
        _ if hidden < n - 1 => 1 + (k * (n - 1) / hidden) as i64,
        _ => 1 + (k % (n - 1)) as i64,
    };
    let hidden: Vec<i64> = (0..hidden).map(degree).collect();
    let mask = |to: &[i64], from: &[i64], seen: fn(i64, i64) -> bool| -> Result<Tensor> {
        let ones: Vec<f32> =
            to.iter().flat_map(|t| from.iter().map(move |f| f32::from(u8::from(seen(*t, *f))))).collect();
        Ok(Tensor::f_from_slice(&ones)?.f_reshape([to.len() as i64, from.len() as i64])?)
    };
    Ok(Masks {
        input: mask(&hidden, degrees, |h, i| h >= i)?,
        output: mask(degrees, &hidden, |o, h| o > h)?,
        direct: mask(degrees, degrees, |o, i| o > i)?,
    })
}

/// A random order of n latents, from torch's generator: each one's degree.
///
/// # Errors
/// If memory is short.
pub fn random_degrees(n: i64) -> Result<Vec<i64>> {
    let order = Tensor::f_randperm(n, (Kind::Int64, Device::Cpu))?;
    let mut degrees = vec![0; n as usize];
    order.f_copy_data(&mut degrees, n as usize)?;
    degrees.iter_mut().for_each(|d| *d += 1);
    Ok(degrees)
}

/// A random matrix `[rows, columns]` times `gain`, whose columns (its rows, if these are fewer) are orthonormal.
///
/// # Errors
/// If memory is short.
pub fn orthogonal_matrix(rows: i64, columns: i64, gain: f64) -> Result<Tensor> {
    let shape = [rows.max(columns), rows.min(columns)];
    let (q, r) = Tensor::f_linalg_qr(&Tensor::f_randn(shape, (Kind::Float, Device::Cpu))?, "reduced")?;
    // The signs of r's diagonal make it uniform over all such matrices.
    let q = q.f_mul(&r.f_diagonal(0, 0, 1)?.f_sgn()?.f_unsqueeze(0)?)?.f_mul_scalar(gain)?;
    Ok(if rows < columns { q.f_transpose(0, 1)?.f_contiguous()? } else { q })
}

impl Made<'_> {
    /// The output `[B, n]` for an input `[B, n]`.
    ///
    /// # Errors
    /// If shapes do not fit or memory is short.
    pub fn forward(&self, x: &Tensor, masks: &Masks) -> Result<Tensor> {
        let dense = |x: &Tensor, (weight, bias): (&Tensor, &Tensor), mask: &Tensor| {
            x.f_linear(&weight.f_mul(mask)?, Some(bias))
        };
        let hidden = dense(x, self.input, &masks.input)?.f_relu()?;
        Ok(dense(&hidden, self.output, &masks.output)?.f_add(&dense(x, self.direct, &masks.direct)?)?)
    }
}

/// The flow: z = (z₀ − m)/eˢ, where m and s, of the same order, are autoregressive in z₀. Its Jacobian is triangular with e⁻ˢ on
/// the diagonal, so log|det dz/dz₀| = −Σ s.
///
/// # Errors
/// If shapes do not fit or memory is short.
pub fn flow(z0: &Tensor, m: &Tensor, s: &Tensor) -> Result<Tensor> {
    Ok(z0.f_sub(m)?.f_mul(&s.f_neg()?.f_exp()?)?)
}

/// The divergence KL(q(z|x) ‖ N(0, 1)) of the flow's result in nats, `[B, n]`, to be summed over latents.
///
/// By change of variables log q(z|x) = log N(z₀; μ, σ²) + Σ s. Latent i given those before it is normal, because mᵢ and sᵢ
/// depend on those only: with mean (μᵢ − mᵢ)/e^{sᵢ} and deviation σᵢ/e^{sᵢ}. So by the chain rule the divergence is the mean over
/// draws of z₀ of Σ ½(((μᵢ − mᵢ)² + σᵢ²)/e^{2sᵢ} − 1) − log σᵢ + sᵢ. `m` and `s` are those of one draw, which makes this
/// unbiased, and of less variance than log q(z|x) − log p(z) itself. With m = s = 0 it is the plain normal one.
///
/// # Errors
/// If shapes do not fit or memory is short.
pub fn divergence(mu: &Tensor, log_sigma: &Tensor, m: &Tensor, s: &Tensor) -> Result<Tensor> {
    let square = mu.f_sub(m)?.f_square()?.f_add(&log_sigma.f_mul_scalar(2.0)?.f_exp()?)?;
    let scaled = square.f_mul(&s.f_mul_scalar(-2.0)?.f_exp()?)?.f_add_scalar(-1.0)?.f_mul_scalar(0.5)?;
    Ok(scaled.f_sub(log_sigma)?.f_add(s)?)
}

#[cfg(test)]
mod tests {
    use super::{super::reference::*, *};

    struct Weights(Vec<Tensor>);

    impl Weights {
        fn random(n: usize, hidden: usize) -> Self {
            let part = |(to, from)| [random(&[to, from]), random(&[to]) * 0.3];
            Self([(hidden, n), (n, hidden), (n, n)].into_iter().flat_map(part).collect())
        }

        fn made(&self) -> Made<'_> {
            let [a, b, c, d, e, f] = &self.0[..] else { panic!() };
            Made { input: (a, b), output: (c, d), direct: (e, f) }
        }
    }

    fn masks_f64(degrees: &[i64], hidden: usize) -> Masks {
        let m = masks(degrees, hidden).unwrap();
        let double = |t: Tensor| t.to_kind(Kind::Double);
        Masks { input: double(m.input), output: double(m.output), direct: double(m.direct) }
    }

    /// d out[o] / d in[i] by autograd.
    fn jacobian(n: usize, f: impl Fn(&Tensor) -> Tensor) -> Plain {
        let x = random(&[1, n]).set_requires_grad(true);
        let y = f(&x);
        let rows: Vec<Tensor> = (0..n as i64)
            .map(|o| {
                Tensor::f_run_backward(&[y.select(1, o).sum(None)], &[&x], true, false).unwrap().remove(0)
            })
            .collect();
        Plain::of(&Tensor::cat(&rows, 0))
    }

    #[test]
    fn the_jacobian_is_strictly_triangular_in_the_order() {
        tch::manual_seed(13);
        for (n, hidden) in [(1, 1), (2, 2), (7, 7), (7, 3), (30, 30), (30, 11), (30, 1)] {
            let degrees = random_degrees(n as i64).unwrap();
            let (weights, masks) = (Weights::random(n, hidden), masks_f64(&degrees, hidden));
            let jacobian = jacobian(n, |x| weights.made().forward(x, &masks).unwrap());
            for o in 0..n {
                for i in 0..n {
                    let seen = jacobian.at(&[o, i]) != 0.0;
                    // The direct path has every weight it may have, so the lower triangle is full.
                    assert_eq!(seen, degrees[i] < degrees[o], "{n}: output {o}, input {i}");
                }
            }
        }
    }

    #[test]
    fn the_hidden_path_alone_joins_every_allowed_pair() {
        tch::manual_seed(14);
        for n in [2, 5, 100] {
            let degrees = random_degrees(n).unwrap();
            let masks = masks(&degrees, n as usize).unwrap();
            let paths = Plain::of(&masks.output.matmul(&masks.input));
            for (o, to) in degrees.iter().enumerate() {
                for (i, from) in degrees.iter().enumerate() {
                    // A path through a hidden unit of degree d needs from ≤ d < to.
                    let most = if n == 2 { 2.0 } else { (to - from + 1) as f64 };
                    let count = paths.at(&[o, i]);
                    assert_eq!(count > 0.0, from < to, "output {o}, input {i}");
                    assert!(count <= most.max(0.0));
                }
            }
        }
    }

    /// Few hidden units have degrees from one end of the order to the other: every output but the first sees some input through them.
    #[test]
    fn few_hidden_units_are_spread_over_the_order() {
        for (n, hidden) in [(100, 30), (100, 98), (9, 2)] {
            let degrees: Vec<i64> = (1..=n).collect();
            let masks = masks(&degrees, hidden).unwrap();
            assert_eq!(masks.input.size(), [hidden as i64, n]);
            assert_eq!(masks.output.size(), [n, hidden as i64]);
            let seen = Plain::of(&masks.input.sum_dim_intlist([1i64].as_slice(), false, None));
            // A unit of degree d sees d inputs.
            assert_eq!(seen.values[0], 1.0);
            let gaps = seen.values.windows(2).map(|w| w[1] - w[0]);
            let most = (n as f64 - 1.0) / hidden as f64;
            assert!(gaps.clone().all(|g| g > 0.0 && g < most + 1.0), "{n} {hidden} {:?}", seen.values);
            assert!(*seen.values.last().unwrap() >= n as f64 - 1.0 - most, "{:?}", seen.values);
        }
    }

    #[test]
    fn orders_are_permutations_and_differ() {
        tch::manual_seed(15);
        let (a, b) = (random_degrees(50).unwrap(), random_degrees(50).unwrap());
        assert_ne!(a, b);
        for mut degrees in [a, b] {
            degrees.sort_unstable();
            assert_eq!(degrees, (1..=50).collect::<Vec<i64>>());
        }
        for (rows, columns) in [(20, 20), (8, 20), (20, 8)] {
            let weight = orthogonal_matrix(rows, columns, 2f64.sqrt()).unwrap();
            assert_eq!(weight.size(), [rows, columns]);
            let (a, b) = (&weight, weight.transpose(0, 1));
            let gram = if rows <= columns { a.matmul(&b) } else { b.matmul(a) }.to_kind(Kind::Double);
            let n = rows.min(columns);
            Plain::of(&(Tensor::eye(n, (Kind::Double, Device::Cpu)) * 2.0)).close_to(&gram, 1e-5);
        }
    }

    /// By Gaussian elimination with pivots.
    fn determinant(mut a: Plain) -> f64 {
        let n = a.shape[0];
        let mut product = 1.0;
        for k in 0..n {
            let pivot = (k..n).max_by(|i, j| a.at(&[*i, k]).abs().total_cmp(&a.at(&[*j, k]).abs())).unwrap();
            for j in 0..n {
                let (x, y) = (a.at(&[k, j]), a.at(&[pivot, j]));
                (*a.at_mut(&[k, j]), *a.at_mut(&[pivot, j])) = (y, x);
            }
            product *= if pivot == k { a.at(&[k, k]) } else { -a.at(&[k, k]) };
            for i in k + 1..n {
                let factor = a.at(&[i, k]) / a.at(&[k, k]);
                for j in k..n {
                    *a.at_mut(&[i, j]) -= factor * a.at(&[k, j]);
                }
            }
        }
        product
    }

    #[test]
    fn the_log_determinant_is_minus_the_sum_of_s() {
        tch::manual_seed(16);
        let n = 6;
        let masks = masks_f64(&random_degrees(n as i64).unwrap(), n);
        let (wm, ws) = (Weights::random(n, n), Weights::random(n, n));
        let z0 = random(&[1, n]);
        let at = |x: &Tensor| {
            let m = wm.made().forward(x, &masks).unwrap();
            let s = ws.made().forward(x, &masks).unwrap();
            (flow(x, &m, &s).unwrap(), s)
        };
        let mut by_difference = Plain::zeros(&[n, n]);
        for i in 0..n {
            let moved = |by: f64| {
                let mut p = Plain::of(&z0);
                p.values[i] += by;
                Plain::of(&at(&p.tensor()).0)
            };
            let (up, down) = (moved(1e-6), moved(-1e-6));
            for o in 0..n {
                *by_difference.at_mut(&[o, i]) = (up.values[o] - down.values[o]) / 2e-6;
            }
        }
        let expected = -at(&z0).1.sum(None).double_value(&[]);
        let found = determinant(by_difference).abs().ln();
        assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
    }

    #[test]
    fn the_divergence_is_the_mean_of_log_q_minus_log_p() {
        tch::manual_seed(17);
        let (n, draws) = (4usize, 200_000usize);
        let masks = masks_f64(&random_degrees(n as i64).unwrap(), n);
        let mut weights = [Weights::random(n, n), Weights::random(n, n)];
        for w in &mut weights {
            w.0.iter_mut().for_each(|t| *t = &*t * 0.3);
        }
        let (mu, log_sigma) = (random(&[1, n]), random(&[1, n]) * 0.3 - 0.5);
        let noise = random(&[draws, n]);
        let z0 = &mu + log_sigma.exp() * &noise;
        let [m, s] = [0, 1].map(|i| weights[i].made().forward(&z0, &masks).unwrap());
        let z = flow(&z0, &m, &s).unwrap();
        // log q(z) = log N(z0; mu, sigma) − log|det dz/dz0|, all in plain Rust.
        let (z, e, s_plain, ls) = (Plain::of(&z), Plain::of(&noise), Plain::of(&s), Plain::of(&log_sigma));
        let sampled = (0..draws * n)
            .map(|i| {
                let log_q = -0.5 * e.values[i].powi(2) - ls.values[i % n] + s_plain.values[i];
                log_q + 0.5 * z.values[i].powi(2)
            })
            .sum::<f64>()
            / draws as f64;
        let ours = divergence(&mu, &log_sigma, &m, &s).unwrap().sum(None).double_value(&[]) / draws as f64;
        assert!((sampled - ours).abs() < 0.02 * ours, "{sampled} is not {ours}");
        // Without a flow it is the plain normal one.
        let zero = &mu * 0.0;
        let plain = (0..n)
            .map(|i| {
                let (u, l) = (Plain::of(&mu).values[i], ls.values[i]);
                0.5 * (u * u + (2.0 * l).exp() - 1.0) - l
            })
            .sum::<f64>();
        let none = divergence(&mu, &log_sigma, &zero, &zero).unwrap().sum(None).double_value(&[]);
        assert!((none - plain).abs() < 1e-12);
    }
}
