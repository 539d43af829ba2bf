//! The few layers all networks share, on tensors. Calls tch and [`super::params`] only.

use super::params::Params;
use crate::error::Result;
use tch::Tensor;

/// Added to the variance in batch norm.
pub const NORM_EPS: f64 = 1e-4;

/// `Conv5`: 5×5, stride 2, padding 2. Halves height and width.
///
/// # Errors
/// If shapes do not fit or memory is short; so for all of these.
pub fn conv5(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    Ok(x.f_conv2d(weight, bias, [2, 2], [2, 2], [1, 1], 1)?)
}

/// `Deconv5`: the transpose of [`conv5`], output padding 1. Doubles height and width.
pub fn deconv5(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    Ok(x.f_conv_transpose2d(weight, bias, [2, 2], [2, 2], [1, 1], 1, [1, 1])?)
}

/// Batch norm over everything but the channels, with the tensors of [`Params::add_norm`].
pub fn norm(x: &Tensor, params: &Params, name: &str, train: bool) -> Result<Tensor> {
    let tensor = |part: &str| params.get(&format!("{name}.{part}"));
    Ok(x.f_batch_norm(
        Some(tensor("weight")?),
        Some(tensor("bias")?),
        Some(tensor("mean")?),
        Some(tensor("variance")?),
        train,
        0.1,
        NORM_EPS,
        true,
    )?)
}

/// Leaky ReLU of slope 0.2.
pub fn lrelu(x: &Tensor) -> Result<Tensor> {
    // Not f_leaky_relu: tch binds it with its default slope of 0.01 only.
    let slope = Tensor::f_full([1], 0.2, (x.f_kind()?, x.device()))?;
    Ok(x.f_prelu(&slope)?)
}
