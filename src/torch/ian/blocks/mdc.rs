//! Multiscale dilated convolution (paper section 3.1): one 3×3 bank seen at several dilations at once.

use crate::{error::Result, ian::layers::lrelu};
use tch::{Kind, Tensor};

/// The weights of one multiscale dilated convolution, MDCL: a bank `[N, C, 3, 3]`, coefficients `[1 + scales, N]`.
#[derive(Debug, Clone, Copy)]
pub struct Mdcl<'a> {
    /// The 3×3 bank that all scales share.
    pub bank: &'a Tensor,
    /// Each filter's coefficient of the undilated bank, then of every scale.
    pub coefficients: &'a Tensor,
    /// Dilations; 0 is the bank's mean as a 1×1 convolution.
    pub scales: &'a [i64],
}

/// y = conv3×3(x, k_base⊙W) + Σ_{s>0} conv3×3(x, k_s⊙W, dilation s) + \[0∈S\]·conv1×1(x, k₀⊙mean W), no bias; height and
/// width stay.
///
/// `x` is `[B, C, H, W]`, `bank` `[N, C, 3, 3]`, each coefficient `[N]`; scales are 0 or more.
///
/// # Errors
/// If shapes do not fit or memory is short.
pub fn mdcl(x: &Tensor, bank: &Tensor, base: &Tensor, branches: &[(i64, &Tensor)]) -> Result<Tensor> {
    let scaled = |k: &Tensor| bank.f_mul(&k.f_reshape([-1, 1, 1, 1])?);
    let dilated = |k: &Tensor, s: i64| x.f_conv2d(&scaled(k)?, None::<&Tensor>, [1, 1], [s, s], [s, s], 1);
    let mut sum = dilated(base, 1)?;
    for (scale, k) in branches {
        let part = if *scale == 0 {
            let mean = scaled(k)?.f_mean_dim([2i64, 3].as_slice(), true, None::<Kind>)?;
            x.f_conv2d(&mean, None::<&Tensor>, [1, 1], [0, 0], [1, 1], 1)?
        } else {
            dilated(k, *scale)?
        };
        sum = sum.f_add(&part)?;
    }
    Ok(sum)
}

/// The one dense kernel `[N, C, 2m+1, 2m+1]`, m the largest scale (at least 1), that does what [`mdcl`] does; gradients flow
/// through it to the bank and the coefficients.
///
/// # Errors
/// As [`mdcl`].
pub fn collapsed(bank: &Tensor, base: &Tensor, branches: &[(i64, &Tensor)]) -> Result<Tensor> {
    let most = branches.iter().map(|(s, _)| *s).max().unwrap_or(1).max(1);
    let (filters, channels) = (bank.size()[0], bank.size()[1]);
    let mut kernel: Option<Tensor> = None;
    for (scale, k) in [(1, base)].iter().chain(branches) {
        let scaled = bank.f_mul(&k.f_reshape([-1, 1, 1, 1])?)?;
        let spread = match *scale {
            0 => scaled.f_mean_dim([2i64, 3].as_slice(), true, None::<Kind>)?,
            1 => scaled,
            s => {
                // s − 1 zeros after every row and column, then without the last ones.
                let cells = scaled.f_reshape([filters, channels, 3, 1, 3, 1])?;
                let cells = cells.f_constant_pad_nd([0, s - 1, 0, 0, 0, s - 1])?;
                let wide = cells.f_reshape([filters, channels, 3 * s, 3 * s])?;
                wide.f_narrow(2, 0, 2 * s + 1)?.f_narrow(3, 0, 2 * s + 1)?
            }
        };
        let border = most - scale;
        let part = spread.f_constant_pad_nd([border; 4])?;
        kernel = Some(match kernel {
            Some(sum) => sum.f_add(&part)?,
            None => part,
        });
    }
    kernel.ok_or_else(|| crate::error::Error::told("a dilated convolution has no branches"))
}

impl Mdcl<'_> {
    fn split(&self) -> Result<Vec<Tensor>> {
        Ok(self.coefficients.f_unbind(0)?)
    }

    /// See [`mdcl`]: one convolution a scale, which pays where there are few filters and the scales are large.
    ///
    /// # Errors
    /// As [`mdcl`].
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let k = self.split()?;
        mdcl(x, self.bank, &k[0], &self.branches(&k))
    }

    /// The same by one dense convolution, which pays in the blocks: on a CPU it takes half the time there, but twice the time
    /// in the head, whose 9×9 taps are mostly 0.
    ///
    /// # Errors
    /// As [`mdcl`].
    pub fn forward_merged(&self, x: &Tensor) -> Result<Tensor> {
        dense(x, &self.collapsed()?, None)
    }

    /// See [`collapsed`].
    ///
    /// # Errors
    /// As [`mdcl`].
    pub fn collapsed(&self) -> Result<Tensor> {
        let k = self.split()?;
        collapsed(self.bank, &k[0], &self.branches(&k))
    }

    fn branches<'k>(&self, k: &'k [Tensor]) -> Vec<(i64, &'k Tensor)> {
        self.scales.iter().copied().zip(&k[1..]).collect()
    }
}

/// The convolution with a [`collapsed`] kernel.
///
/// # Errors
/// As [`mdcl`].
pub fn dense(x: &Tensor, kernel: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let reach = kernel.size()[2] / 2;
    Ok(x.f_conv2d(kernel, bias, [1, 1], [reach, reach], [1, 1], 1)?)
}

/// MDBLOCK: a(BN₂(x + MDCL_b(a(BN₁(MDCL_a(a(BN₀(x)))))))), a = LReLU 0.2. `norm(i, x)` is the `i`th batch norm.
///
/// # Errors
/// As [`mdcl`].
pub fn mdblock(
    x: &Tensor,
    first: Mdcl<'_>,
    second: Mdcl<'_>,
    norm: impl Fn(usize, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let inner = lrelu(&norm(1, &first.forward_merged(&lrelu(&norm(0, x)?)?)?)?)?;
    lrelu(&norm(2, &x.f_add(&second.forward_merged(&inner)?)?)?)
}

#[cfg(test)]
mod tests {
    use super::{super::reference::*, *};

    /// The merged kernel by its definition, in plain Rust.
    fn merged(bank: &Plain, k: &Plain, scales: &[i64]) -> Plain {
        let (filters, channels) = (bank.shape[0], bank.shape[1]);
        let most = scales.iter().copied().max().unwrap().max(1) as usize;
        let side = 2 * most + 1;
        let mut kernel = Plain::zeros(&[filters, channels, side, side]);
        for n in 0..filters {
            for c in 0..channels {
                for (row, scale) in [1].iter().chain(scales).enumerate() {
                    let coefficient = k.at(&[row, n]);
                    for tap in 0..9 {
                        let w = bank.at(&[n, c, tap / 3, tap % 3]);
                        if *scale == 0 {
                            *kernel.at_mut(&[n, c, most, most]) += coefficient * w / 9.0;
                        } else {
                            let s = *scale as usize;
                            let place = [n, c, most - s + s * (tap / 3), most - s + s * (tap % 3)];
                            *kernel.at_mut(&place) += coefficient * w;
                        }
                    }
                }
            }
        }
        kernel
    }

    #[test]
    fn equals_the_merged_kernel_by_plain_loops() {
        for (seed, scales) in [&[0, 2][..], &[0, 2, 3], &[2, 3, 4], &[0], &[3], &[1, 4]].iter().enumerate() {
            tch::manual_seed(seed as i64);
            let (x, bank, k) = (random(&[2, 3, 9, 7]), random(&[4, 3, 3, 3]), random(&[1 + scales.len(), 4]));
            let layer = Mdcl { bank: &bank, coefficients: &k, scales };
            let kernel = merged(&Plain::of(&bank), &Plain::of(&k), scales);
            let expected = Plain::of(&x).convolved(&kernel);
            expected.close_to(&layer.forward(&x).unwrap(), 1e-12);
            kernel.close_to(&layer.collapsed().unwrap(), 1e-12);
            expected.close_to(&dense(&x, &layer.collapsed().unwrap(), None).unwrap(), 1e-12);
        }
    }

    #[test]
    fn gradient_equals_that_of_the_merged_kernel() {
        tch::manual_seed(1);
        let scales = &[0, 2, 3][..];
        let (x, bank, k) = (random(&[1, 2, 8, 8]), random(&[3, 2, 3, 3]), random(&[4, 3]));
        let weight = random(&[1, 3, 8, 8]);
        let value = |x: &Plain, bank: &Plain, k: &Plain| -> f64 {
            x.convolved(&merged(bank, k, scales)).dot(&Plain::of(&weight))
        };
        let leaves = [&x, &bank, &k].map(|t| t.set_requires_grad(true));
        let layer = Mdcl { bank: &leaves[1], coefficients: &leaves[2], scales };
        let gradients = |y: Tensor| -> Vec<Tensor> {
            Tensor::f_run_backward(&[(y * &weight).sum(None)], &leaves, false, false).unwrap()
        };
        let by_branches = gradients(layer.forward(&leaves[0]).unwrap());
        let merged_first = gradients(layer.forward_merged(&leaves[0]).unwrap());
        let plain = leaves.each_ref().map(Plain::of);
        for (i, (gradient, other)) in by_branches.iter().zip(&merged_first).enumerate() {
            // The sum is linear in each of the three, so a central difference is exact but for rounding.
            let expected = differences(&plain[i], 0.5, |p| {
                let mut all = plain.clone();
                all[i] = p.clone();
                value(&all[0], &all[1], &all[2])
            });
            expected.close_to(gradient, 1e-9);
            expected.close_to(other, 1e-9);
        }
    }

    #[test]
    fn the_block_is_its_formula() {
        tch::manual_seed(2);
        let (x, k) = (random(&[1, 2, 6, 6]), random(&[3, 2]));
        let banks = [random(&[2, 2, 3, 3]), random(&[2, 2, 3, 3])];
        let layer = |i: usize| Mdcl { bank: &banks[i], coefficients: &k, scales: &[0, 2] };
        // Norms that do different things, so that a swapped one shows.
        let block =
            mdblock(&x, layer(0), layer(1), |i, t| Ok(t.f_add_scalar(0.3 * (i as f64 + 1.0))?)).unwrap();
        let kernels = [0, 1].map(|i| merged(&Plain::of(&banks[i]), &Plain::of(&k), &[0, 2]));
        let leaky =
            |p: Plain, shift: f64| p.map(|v| if v + shift > 0.0 { v + shift } else { 0.2 * (v + shift) });
        let inner = leaky(leaky(Plain::of(&x), 0.3).convolved(&kernels[0]), 0.6).convolved(&kernels[1]);
        leaky(inner.plus(&Plain::of(&x)), 0.9).close_to(&block, 1e-12);
    }

    #[test]
    fn wrong_shapes_are_errors() {
        let layer = Mdcl { bank: &random(&[2, 3, 3, 3]), coefficients: &random(&[2, 2]), scales: &[0] };
        assert!(layer.forward(&random(&[1, 4, 8, 8])).is_err());
    }
}
