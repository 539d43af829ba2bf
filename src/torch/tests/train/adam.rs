//! Adam against a plain loop.

use super::{CPU, alone, values};
use npe_torch::train::adam::Adam;
use tch::Tensor;

/// Kingma and Ba 2015, algorithm 1, with the gradient clipped to a length over all parameters and then the decay added.
#[test]
fn it_is_the_published_algorithm() {
    let _one = alone();
    tch::manual_seed(3);
    let (rate, b1, b2, decay, clip) = (0.03, 0.8, 0.95, 0.1, 1.5);
    let shapes: [&[i64]; 2] = [&[3, 2], &[4]];
    let params: Vec<Tensor> = shapes.iter().map(|s| Tensor::randn(*s, CPU)).collect();
    let wide = |t: &Tensor| values(t).iter().map(|v| f64::from(*v)).collect::<Vec<f64>>();
    let mut plain: Vec<Vec<f64>> = params.iter().map(wide).collect();
    let (mut mean, mut square) = (plain.clone(), plain.clone());
    mean.iter_mut().chain(&mut square).flatten().for_each(|v| *v = 0.0);
    let named = ["a", "b"].iter().zip(&params).map(|(n, p)| ((*n).to_owned(), p.shallow_clone()));
    let mut adam = Adam::new(named.collect(), [b1, b2], decay, clip).unwrap();
    let mut clipped = 0;
    for step in 1..=6 {
        let scale = if step % 2 == 0 { 0.1 } else { 2.0 };
        let gradients: Vec<Tensor> = shapes.iter().map(|s| Tensor::randn(*s, CPU) * scale).collect();
        adam.step(&gradients, rate).unwrap();
        let gradients: Vec<Vec<f64>> = gradients.iter().map(wide).collect();
        let length = gradients.iter().flatten().map(|g| g * g).sum::<f64>().sqrt();
        let shorter = if length > clip { clip / length } else { 1.0 };
        clipped += usize::from(length > clip);
        for (k, p) in plain.iter_mut().enumerate() {
            for i in 0..p.len() {
                let g = gradients[k][i] * shorter + decay * p[i];
                mean[k][i] = b1 * mean[k][i] + (1.0 - b1) * g;
                square[k][i] = b2 * square[k][i] + (1.0 - b2) * g * g;
                let (m, v) = (mean[k][i] / (1.0 - b1.powi(step)), square[k][i] / (1.0 - b2.powi(step)));
                p[i] -= rate * m / (v.sqrt() + 1e-8);
            }
        }
        for (t, p) in params.iter().zip(&plain) {
            for (got, wanted) in wide(t).iter().zip(p) {
                assert!((got - wanted).abs() < 2e-6, "step {step}: {got}, not {wanted}");
            }
        }
    }
    assert!((1..6).contains(&clipped), "some gradients were to be clipped, some not: {clipped}");
}

#[test]
fn a_gradient_that_is_not_finite_changes_nothing() {
    let p = Tensor::from_slice(&[1f32, 2.0]);
    let mut adam = Adam::new(vec![("p".into(), p.shallow_clone())], [0.9, 0.99], 0.0, 1.0).unwrap();
    for bad in [f32::NAN, f32::INFINITY] {
        let e = adam.step(&[Tensor::from_slice(&[0.5, bad])], 0.1).unwrap_err().to_string();
        assert!(e.contains("the gradient's length") && e.contains("train.clip"), "{e}");
    }
    assert_eq!(values(&p), [1.0, 2.0]);
    assert!(adam.state().0.iter().all(|(_, t)| values(t) == [0.0, 0.0]));
}
