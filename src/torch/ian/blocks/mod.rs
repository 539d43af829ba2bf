//! The blocks of the full IAN (Brock et al. 2016), each a function of tensors that holds no state. Call tch and
//! [`super::layers`] only. They work in any float type; the tests run them in f64 against plain loops.

pub mod adversarial;
pub mod beta;
pub mod made;
pub mod mdc;
pub mod minibatch;
pub mod orthogonal;
#[cfg(test)]
mod reference;
