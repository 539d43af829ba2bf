//! Losses and layers against plain loops.

use super::{CPU, alone, near, recipe, values};
use npe_torch::ian::layers::{NORM_EPS, conv5, deconv5, lrelu, norm};
use npe_torch::ian::{self, Params, Posterior};
use npe_torch::train::{game, loss};
use tch::{Device, Tensor};

#[test]
fn divergence_is_the_formula() {
    let _one = alone();
    tch::manual_seed(1);
    let mut weights = recipe(32, "").loss;
    let (n, d) = (5, 8);
    let network = ian::new(&recipe(32, "").network, false, None, Device::Cpu).unwrap();
    let posterior =
        Posterior { mu: Tensor::randn([n, d], CPU), log_sigma: Tensor::randn([n, d], CPU) * 0.5 - 0.3 };
    let noise = Tensor::randn([n, d], CPU);
    let (z, kl) = network.latents(&posterior, Some(&noise)).unwrap();
    let (mu, ls, eps) = (values(&posterior.mu), values(&posterior.log_sigma), values(&noise));
    let mut each = [0.0f64; 8];
    for i in 0..mu.len() {
        let (m, s) = (f64::from(mu[i]), f64::from(ls[i]).exp());
        near(f64::from(values(&z)[i]), m + s * f64::from(eps[i]));
        // KL(N(m, s²) ‖ N(0, 1)) = ½(m² + s² − 1) − log s.
        each[i % d as usize] += (0.5 * (m * m + s * s - 1.0) - s.ln()) / n as f64;
    }
    weights.kl = 0.7;
    for free in [0.0, 0.5, 1.0] {
        weights.free_nats = free;
        let got = loss::divergence(&kl, &weights).unwrap();
        near(got.figure, each.iter().sum());
        near(got.loss.double_value(&[]), 0.7 * each.iter().map(|v| v.max(free)).sum::<f64>());
    }
    let low = each.iter().filter(|v| **v < 1.0).count();
    assert!((1..8).contains(&low), "some latents were to be below the free nats: {each:?}");
}

/// With places in focus, an error there costs more and one elsewhere less; an even one costs what it did.
#[test]
fn focus_weighs_the_pixels_near_its_places() {
    let _one = alone();
    let mut weights = recipe(32, "").loss;
    weights.pyramid = 0.0;
    weights.focus = vec![[8.5, 20.5, 2.0, 5.0]];
    let x = Tensor::zeros([1, 3, 32, 32], CPU);
    let cost = |made: &Tensor| loss::reconstruction(made, &x, &weights).unwrap().loss.double_value(&[]);
    near(cost(&(&x + 1.0)), 500.0);
    let dot = |at_x: i64, at_y: i64| {
        let made = x.zeros_like();
        let _ = made.narrow(2, at_y, 1).narrow(3, at_x, 1).fill_(1.0);
        cost(&made)
    };
    let map = |x: f64, y: f64| 1.0 + 4.0 * (-((x - 8.0).powi(2) + (y - 20.0).powi(2)) / 8.0).exp();
    let mean = (0..1024).map(|p| map(f64::from(p % 32), f64::from(p / 32))).sum::<f64>() / 1024.0;
    for (at_x, at_y) in [(8, 20), (10, 21), (31, 0)] {
        near(dot(at_x, at_y), 500.0 / 1024.0 * map(at_x as f64, at_y as f64) / mean);
    }
}

#[test]
fn pixels_and_pyramid_are_mean_differences() {
    let _one = alone();
    tch::manual_seed(2);
    let mut weights = recipe(32, "").loss;
    let (made, x) = (Tensor::randn([2, 3, 32, 32], CPU), Tensor::randn([2, 3, 32, 32], CPU));
    let mut difference: Vec<f64> =
        values(&made).iter().zip(values(&x)).map(|(a, b)| f64::from(*a) - f64::from(b)).collect();
    let mean = |v: &[f64]| v.iter().map(|v| v.abs()).sum::<f64>() / v.len() as f64;
    let pixel = mean(&difference);
    weights.pyramid = 0.0;
    let got = loss::reconstruction(&made, &x, &weights).unwrap();
    near(got.figure, pixel);
    near(got.loss.double_value(&[]), 500.0 * pixel);
    weights.pyramid = 30.0;
    let (mut wanted, mut side) = (500.0 * pixel, 32);
    for _ in 0..3 {
        let half = side / 2;
        difference = (0..6 * half * half)
            .map(|i| {
                let (plane, y, x) = (i / (half * half), i / half % half, i % half);
                let at = |dy: usize, dx: usize| difference[(plane * side + 2 * y + dy) * side + 2 * x + dx];
                (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4.0
            })
            .collect();
        side = half;
        wanted += 30.0 * mean(&difference);
    }
    near(loss::reconstruction(&made, &x, &weights).unwrap().loss.double_value(&[]), wanted);
}

#[test]
fn feature_is_the_mean_of_mean_squares() {
    let _one = alone();
    tch::manual_seed(3);
    let shapes: [&[i64]; 2] = [&[2, 4, 8, 8], &[2, 8, 4, 4]];
    let draw = || shapes.iter().map(|s| Tensor::randn(*s, CPU)).collect::<Vec<_>>();
    let (made, real) = (draw(), draw());
    let real: Vec<Tensor> = real.into_iter().map(|t| t.set_requires_grad(true)).collect();
    let made: Vec<Tensor> = made.into_iter().map(|t| t.set_requires_grad(true)).collect();
    let mut wanted = 0.0;
    for (m, r) in made.iter().zip(&real) {
        let square = |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).powi(2);
        let (m, r) = (values(m), values(r));
        wanted += m.iter().zip(&r).map(square).sum::<f64>() / m.len() as f64;
    }
    let got = loss::feature(&made, &real, &recipe(32, "").loss).unwrap();
    near(got.double_value(&[]), 10.0 * wanted / 2.0);
    got.backward();
    assert!(made.iter().all(|t| t.grad().defined()) && !real.iter().any(|t| t.grad().defined()));
}

#[test]
fn the_game_is_cross_entropy() {
    let _one = alone();
    tch::manual_seed(4);
    for classes in [1, 3] {
        let logits: Vec<Tensor> = (0..3).map(|_| Tensor::randn([4, classes], CPU) * 2.0).collect();
        let entropy = |logits: &Tensor, class: usize| {
            let rows = values(logits);
            let of = |row: &[f32]| {
                let p: Vec<f64> = row.iter().map(|v| f64::from(*v).exp()).collect();
                if let [odds] = p[..] {
                    let real = odds / (1.0 + odds);
                    -(if class == 0 { real } else { 1.0 - real }).ln()
                } else {
                    -(p[class] / p.iter().sum::<f64>()).ln()
                }
            };
            rows.chunks(classes as usize).map(of).sum::<f64>() / 4.0
        };
        let [real, made, dreamt] = [&logits[0], &logits[1], &logits[2]];
        let told = game::discriminator(real, made, dreamt).unwrap().double_value(&[]);
        near(told, entropy(real, 0) + entropy(made, 1) + entropy(dreamt, 2));
        let fooled = game::generator(made, dreamt).unwrap().double_value(&[]);
        near(fooled, entropy(made, 0) + entropy(dreamt, 0));
    }
}

/// ⟨conv(x), y⟩ = ⟨x, deconv(y)⟩ with the same weights: they are each other's transposes.
#[test]
fn deconv_is_the_adjoint_of_conv() {
    let _one = alone();
    tch::manual_seed(5);
    let weight = Tensor::randn([6, 4, 5, 5], CPU);
    let (x, y) = (Tensor::randn([2, 4, 16, 16], CPU), Tensor::randn([2, 6, 8, 8], CPU));
    let dot = |a: &Tensor, b: &Tensor| -> f64 {
        values(a).iter().zip(values(b)).map(|(a, b)| f64::from(*a) * f64::from(b)).sum()
    };
    let (down, up) = (conv5(&x, &weight, None).unwrap(), deconv5(&y, &weight, None).unwrap());
    assert_eq!((down.size(), up.size()), (y.size(), x.size()));
    let (a, b) = (dot(&down, &y), dot(&x, &up));
    assert!((a - b).abs() < 1e-4 * a.abs().max(10.0) && a.abs() > 1.0, "{a} {b}");
}

/// One output pixel of the convolution by hand: the centre of the window is at twice the place.
#[test]
fn conv_is_centred_at_even_pixels() {
    let _one = alone();
    tch::manual_seed(6);
    let (x, w) = (Tensor::randn([1, 1, 16, 16], CPU), Tensor::randn([1, 1, 5, 5], CPU));
    let y = conv5(&x, &w, None).unwrap();
    let (xs, ws) = (values(&x), values(&w));
    for (oy, ox) in [(0i64, 0i64), (3, 5), (7, 7)] {
        let mut sum = 0.0;
        for k in 0..25i64 {
            let (iy, ix) = (2 * oy + k / 5 - 2, 2 * ox + k % 5 - 2);
            if (0..16).contains(&iy) && (0..16).contains(&ix) {
                sum += f64::from(xs[(iy * 16 + ix) as usize]) * f64::from(ws[k as usize]);
            }
        }
        near(y.double_value(&[0, 0, oy, ox]), sum);
    }
}

#[test]
fn batch_norm_and_leaky_relu_are_the_formulas() {
    let _one = alone();
    tch::manual_seed(7);
    let mut params = Params::new(Device::Cpu);
    params.add_norm("n", 3).unwrap();
    let mut scale = params.get("n.weight").unwrap().detach();
    scale.copy_(&Tensor::from_slice(&[0.5f32, 2.0, -1.0]));
    let mut shift = params.get("n.bias").unwrap().detach();
    shift.copy_(&Tensor::from_slice(&[0.1f32, -0.2, 0.3]));
    let x = Tensor::randn([4, 3, 2, 2], CPU) * 3.0 + 1.0;
    let y = values(&norm(&x, &params, "n", true).unwrap());
    let xs = values(&x);
    for c in 0..3 {
        let of: Vec<usize> = (0..48).filter(|i| i / 4 % 3 == c).collect();
        let mean = of.iter().map(|i| f64::from(xs[*i])).sum::<f64>() / 16.0;
        let square = of.iter().map(|i| (f64::from(xs[*i]) - mean).powi(2)).sum::<f64>();
        let (s, b) = ([0.5, 2.0, -1.0][c], [0.1, -0.2, 0.3][c]);
        for i in &of {
            let wanted = s * (f64::from(xs[*i]) - mean) / (square / 16.0 + NORM_EPS).sqrt() + b;
            near(f64::from(y[*i]), wanted);
        }
        // Running figures move by a tenth; the variance is the unbiased one.
        near(params.get("n.mean").unwrap().double_value(&[c as i64]), 0.1 * mean);
        near(params.get("n.variance").unwrap().double_value(&[c as i64]), 0.9 + 0.1 * square / 15.0);
    }
    let y = lrelu(&Tensor::from_slice(&[-2f32, 0.0, 3.0])).unwrap();
    assert_eq!(values(&y), [-0.4, 0.0, 3.0]);
}
