//! Orthogonal regularisation (paper section 3.2): keeps the filters of a bank at right angles and of length 1.

use crate::error::{Error, Result};
use tch::{Kind, Tensor};

/// Which way a convolution's weight is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `[out, in, …]`: convolutions, dense layers.
    OutIn,
    /// `[in, out, …]`: transposed convolutions.
    InOut,
}

/// Σ|W Wᵀ − I|, all entries of the Gram matrix of the filters: W is `[out, in·ky·kx]`, a row for each output channel, as the
/// paper's text has it (its published code takes a k×k Gram per filter).
///
/// Where there are more filters than inputs, they cannot all be at right angles; then it is Wᵀ W, of the columns.
///
/// # Errors
/// If the weight has fewer than two dimensions, or memory is short.
pub fn orthogonal(weight: &Tensor, layout: Layout) -> Result<Tensor> {
    if weight.dim() < 2 {
        let shape = weight.size();
        return Err(Error::told(format!("a weight of shape {shape:?} is no bank of filters")));
    }
    let rows = match layout {
        Layout::OutIn => weight.f_flatten(1, -1)?,
        Layout::InOut => weight.f_transpose(0, 1)?.f_flatten(1, -1)?,
    };
    let rows = if rows.size()[0] > rows.size()[1] { rows.f_transpose(0, 1)? } else { rows };
    let gram = rows.f_matmul(&rows.f_transpose(0, 1)?)?;
    let identity = Tensor::f_eye(gram.size()[0], (gram.f_kind()?, gram.device()))?;
    Ok(gram.f_sub(&identity)?.f_abs()?.f_sum(None::<Kind>)?)
}

#[cfg(test)]
mod tests {
    use super::{super::reference::*, *};

    fn plain(rows: &[Vec<f64>]) -> f64 {
        let mut sum = 0.0;
        for (i, a) in rows.iter().enumerate() {
            for (j, b) in rows.iter().enumerate() {
                let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                sum += (product - if i == j { 1.0 } else { 0.0 }).abs();
            }
        }
        sum
    }

    fn filters(weight: &Plain, layout: Layout) -> Vec<Vec<f64>> {
        let [a, b, side, _] = weight.shape[..] else { panic!() };
        let (outputs, inputs) = if layout == Layout::OutIn { (a, b) } else { (b, a) };
        let at = |o: usize, i: usize, tap: usize| match layout {
            Layout::OutIn => weight.at(&[o, i, tap / side, tap % side]),
            Layout::InOut => weight.at(&[i, o, tap / side, tap % side]),
        };
        let row = |o| (0..inputs).flat_map(move |i| (0..side * side).map(move |tap| at(o, i, tap))).collect();
        let rows: Vec<Vec<f64>> = (0..outputs).map(row).collect();
        if outputs <= rows[0].len() {
            return rows;
        }
        (0..rows[0].len()).map(|c| rows.iter().map(|r| r[c]).collect()).collect()
    }

    #[test]
    fn is_zero_for_orthogonal_filters_only() {
        tch::manual_seed(9);
        let (q, _) = Tensor::f_linalg_qr(&random(&[18, 4]), "reduced").unwrap();
        let bank = q.transpose(0, 1).reshape([4, 2, 3, 3]);
        assert!(orthogonal(&bank, Layout::OutIn).unwrap().double_value(&[]) < 1e-12);
        let transposed = bank.transpose(0, 1);
        assert!(orthogonal(&transposed, Layout::InOut).unwrap().double_value(&[]) < 1e-12);
        // More filters than inputs.
        assert!(orthogonal(&q.reshape([18, 4, 1, 1]), Layout::OutIn).unwrap().double_value(&[]) < 1e-12);
        // Twice as long: four diagonal entries of 4 instead of 1.
        let long = orthogonal(&(bank * 2.0), Layout::OutIn).unwrap().double_value(&[]);
        assert!((long - 12.0).abs() < 1e-12, "{long}");
    }

    #[test]
    fn equals_plain_loops_and_their_differences() {
        tch::manual_seed(10);
        for (shape, layout) in
            [([3, 2, 3, 3], Layout::OutIn), ([2, 3, 3, 3], Layout::InOut), ([12, 1, 3, 3], Layout::OutIn)]
        {
            let weight = random(&shape).set_requires_grad(true);
            let value = orthogonal(&weight, layout).unwrap();
            let at = Plain::of(&weight);
            let expected = plain(&filters(&at, layout));
            assert!((value.double_value(&[]) - expected).abs() < 1e-10);
            let gradient = Tensor::f_run_backward(&[value], &[&weight], false, false).unwrap();
            differences(&at, 1e-6, |p| plain(&filters(p, layout))).close_to(&gradient[0], 1e-6);
        }
    }

    #[test]
    fn a_vector_is_refused() {
        assert!(orthogonal(&random(&[4]), Layout::OutIn).unwrap_err().to_string().contains("[4]"));
    }
}
