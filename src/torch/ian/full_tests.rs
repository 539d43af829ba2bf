use super::*;
use crate::ian::{is_decoder, is_inference, is_trunk};

fn sizes(width: usize, hidden: usize, latents: usize, image_size: usize) -> Sizes {
    Sizes { architecture: "ian".into(), width, hidden, latents, image_size }
}

fn small(image_size: usize) -> Full {
    Full::new(&sizes(3, 12, 6, image_size), true, Options::default(), Device::Cpu).unwrap()
}

fn images(count: i64, side: i64) -> Tensor {
    Tensor::rand([count, 3, side, side], (Kind::Float, Device::Cpu)) * 2.0 - 1.0
}

/// Largest absolute difference.
fn apart(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a - b).abs().max().double_value(&[])
}

#[test]
fn the_parameters_at_width_128_are_the_papers() {
    let net = Full::new(&sizes(128, 1000, 100, 64), true, Options::default(), Device::Cpu).unwrap();
    let all = net.params.all();
    // Batch norm's running figures and the masks are no parameters; the flow's weights are, though they never learn.
    let counted =
        |name: &str| !name.ends_with(".mean") && !name.ends_with(".variance") && !name.contains("mask");
    let count = |prefixes: &[&str]| -> usize {
        let of = |name: &String| prefixes.iter().any(|p| name.starts_with(p)) && counted(name);
        all.iter().filter(|(name, _)| of(name)).map(|(_, t)| t.numel()).sum()
    };
    for (prefixes, expected) in [
        (&["enc.conv1."][..], 9_728),
        (&["enc.conv2.", "enc.norm2."], 819_712),
        (&["enc.conv3.", "enc.norm3."], 3_277_824),
        (&["enc.conv4.", "enc.norm4."], 13_109_248),
        (&["enc.fc1.", "enc.norm_fc1."], 16_386_000),
        (&["enc.mu.", "enc.norm_mu."], 100_200),
        (&["enc.logsigma.", "enc.norm_logsigma."], 100_200),
        (&["iaf.mu."], 30_300),
        (&["iaf.logsigma."], 30_300),
        (&["dec.fc."], 827_392),
        (&["dec.deconv1."], 6_554_112),
        (&["dec.mdc1."], 4_724_736),
        (&["dec.deconv2."], 3_277_056),
        (&["dec.mdc2."], 1_183_232),
        (&["dec.deconv3."], 819_328),
        (&["dec.mdc3."], 296_704),
        (&["dec.deconv4.", "dec.norm_out."], 409_856),
        (&["dec.red."], 2_312),
        (&["dec.green."], 2_356),
        (&["dec.blue."], 2_392),
        (&["disc.minibatch."], 2_563_000),
        (&["disc.weight"], 3 * 1_524),
        (&[""], 54_530_560),
    ] {
        assert_eq!(count(prefixes), expected, "{prefixes:?}");
    }
    assert_eq!(net.params.count(), 54_530_560 - 2 * 30_300);
}

#[test]
fn every_size_encodes_and_decodes() {
    for side in [32, 64, 128] {
        let net = small(side as usize);
        let x = images(2, side);
        let trunk = net.trunk(&x, true).unwrap();
        let sides: Vec<i64> = trunk.iter().map(|a| a.size()[2]).collect();
        assert_eq!(sides.first(), Some(&(side / 2)));
        assert_eq!(sides.last(), Some(&4));
        let top = trunk.last().unwrap();
        assert_eq!(top.size()[1], encoder::top_channels(net.sizes()).unwrap());
        let posterior = net.posterior(top, true).unwrap();
        let noise = posterior.mu.randn_like();
        let (z, divergence) = net.latents(&posterior, Some(&noise)).unwrap();
        assert_eq!((z.size(), divergence.size()), (vec![2, 6], vec![2, 6]));
        let made = net.decode(&z, true).unwrap();
        assert_eq!(made.size(), x.size());
        assert!(made.abs().max().double_value(&[]) < 1.0);
        assert_eq!(net.discriminate(top).unwrap().size(), [2, 3]);
    }
    assert!(Full::new(&sizes(3, 12, 6, 48), true, Options::default(), Device::Cpu).is_err());
}

#[test]
fn decoder_channels_are_the_tables() {
    let of = |image_size: usize, stages: u32| -> Vec<i64> {
        (0..=stages).map(|s| decoder_channels(&sizes(128, 1, 1, image_size), 4 << s)).collect()
    };
    assert_eq!(of(64, 4), [512, 512, 256, 128, 128]);
    assert_eq!(of(32, 3), [512, 256, 128, 128]);
    assert_eq!(of(128, 5), [512, 512, 512, 256, 128, 128]);
}

#[test]
fn the_flow_can_be_left_out() {
    let options = Options { flow: false, kernels: 0, ..Options::default() };
    let net = Full::new(&sizes(3, 12, 6, 32), false, options, Device::Cpu).unwrap();
    assert!(!net.params.has("disc.minibatch.theta") && !net.params.has("iaf.mask.input"));
    let top = net.trunk(&images(3, 32), true).unwrap().pop().unwrap();
    let posterior = net.posterior(&top, true).unwrap();
    let (z, divergence) = net.latents(&posterior, None).unwrap();
    assert_eq!(apart(&z, &posterior.mu), 0.0);
    let Posterior { mu, log_sigma } = &posterior;
    let plain = (mu.square() + (log_sigma * 2.0).exp() - 1.0) * 0.5 - log_sigma;
    assert!(apart(&divergence, &plain) < 1e-5);
    assert_eq!(net.discriminate(&top).unwrap().size(), [3, 3]);
}

#[test]
fn kernels_and_hidden_units_are_as_many_as_asked_for() {
    let options = Options { flow_hidden: Some(4), kernels: 7, kernel_size: 3, ..Options::default() };
    let net = Full::new(&sizes(3, 12, 6, 32), false, options, Device::Cpu).unwrap();
    let size = |name: &str| net.params.get(name).unwrap().size();
    let top = encoder::top_channels(net.sizes()).unwrap();
    assert_eq!(size("disc.minibatch.theta"), [top, 7, 3]);
    assert_eq!(size("disc.weight"), [3, top + 7]);
    assert_eq!((size("iaf.mu.input.weight"), size("iaf.logsigma.output.weight")), (vec![4, 6], vec![6, 4]));
    let top = net.trunk(&images(3, 32), true).unwrap().pop().unwrap();
    assert_eq!(net.discriminate(&top).unwrap().size(), [3, 3]);
    let posterior = net.posterior(&top, true).unwrap();
    assert!(apart(&net.latents(&posterior, None).unwrap().0, &posterior.mu) > 1e-3);
    assert!(Full::new(&sizes(3, 12, 3, 32), false, options, Device::Cpu).is_err(), "more than latents");
}

#[test]
fn the_flow_moves_latents_and_is_kept_with_the_weights() {
    tch::manual_seed(1);
    let (net, mut other) = (small(32), small(32));
    let posterior = Posterior {
        mu: Tensor::randn([4, 6], (Kind::Float, Device::Cpu)),
        log_sigma: Tensor::zeros([4, 6], (Kind::Float, Device::Cpu)),
    };
    let z = |net: &Full| net.latents(&posterior, None).unwrap().0;
    assert!(apart(&z(&net), &posterior.mu) > 0.1);
    assert!(apart(&z(&net), &z(&other)) > 0.1, "each network has its own order");
    other.params_mut().load(&net.params().all().into_iter().collect()).unwrap();
    assert_eq!(apart(&z(&net), &z(&other)), 0.0);
}

#[test]
fn training_and_evaluation_differ_in_batch_norm_only() {
    tch::manual_seed(2);
    let net = small(32);
    let _guard = tch::no_grad_guard();
    let (x, z) = (images(4, 32), Tensor::randn([4, 6], (Kind::Float, Device::Cpu)));
    let all = |net: &Full| -> Vec<(String, Tensor)> {
        net.params().all().into_iter().map(|(name, t)| (name, t.copy())).collect()
    };
    let through = |train: bool| -> Tensor {
        let top = net.trunk(&x, train).unwrap().pop().unwrap();
        net.posterior(&top, train).unwrap();
        net.decode(&z, train).unwrap()
    };
    let fresh = all(&net);
    let evaluated = through(false);
    assert!(fresh.iter().zip(all(&net)).all(|(a, b)| a.1.equal(&b.1)), "evaluation changes nothing");
    assert!(apart(&evaluated, &through(true)) > 1e-4);
    for ((name, old), (_, new)) in fresh.iter().zip(all(&net)) {
        let running = name.ends_with(".mean") || name.ends_with(".variance");
        assert_eq!(!old.equal(&new), running, "{name}");
    }
    // Evaluation takes images one by one.
    let one = net.decode(&z.narrow(0, 3, 1), false).unwrap();
    assert!(apart(&one, &net.decode(&z, false).unwrap().narrow(0, 3, 1)) < 1e-5);
}

#[test]
fn every_parameter_learns_from_the_losses_together() {
    tch::manual_seed(3);
    let net = small(64);
    let x = images(4, 64);
    let trunk = net.trunk(&x, true).unwrap();
    let top = trunk.last().unwrap();
    let posterior = net.posterior(top, true).unwrap();
    let (z, divergence) = net.latents(&posterior, Some(&posterior.mu.randn_like())).unwrap();
    let made = net.decode(&z, true).unwrap();
    let penalty = net.penalty().unwrap().unwrap();
    let loss = (made - x).abs().mean(None)
        + divergence.sum(None)
        + penalty
        + net.discriminate(top).unwrap().select(1, 0).square().sum(None);
    let learning = net.params().learning(|_| true);
    let leaves: Vec<&Tensor> = learning.iter().map(|(_, t)| t).collect();
    let gradients = Tensor::f_run_backward(&[loss], &leaves, false, false).unwrap();
    for ((name, _), g) in learning.iter().zip(gradients) {
        let size = g.abs().max().double_value(&[]);
        assert!(size.is_finite() && size > 0.0, "{name}: {size}");
        let groups = [is_inference(name), is_decoder(name), is_trunk(name)];
        assert_eq!(groups.iter().filter(|g| **g).count(), 1, "{name}");
    }
}

#[test]
fn the_penalty_is_the_sum_over_banks() {
    tch::manual_seed(4);
    let net = small(32);
    let of = |name: &str, layout| {
        orthogonal::orthogonal(net.params.get(name).unwrap(), layout).unwrap().double_value(&[])
    };
    use orthogonal::Layout::{InOut, OutIn};
    let convolutions = [1, 2, 3].map(|i| of(&format!("enc.conv{i}.weight"), OutIn));
    let deconvolutions = [1, 2, 3].map(|i| of(&format!("dec.deconv{i}.weight"), InOut));
    let blocks = ["1.a", "1.b", "2.a", "2.b"].map(|b| of(&format!("dec.mdc{b}.weight"), OutIn));
    let heads = HEADS.map(|(name, _)| of(&format!("{name}.weight"), OutIn));
    let expected: f64 = [&convolutions[..], &deconvolutions, &blocks, &heads].concat().iter().sum();
    let found = net.penalty().unwrap().unwrap().double_value(&[]);
    assert!((found - expected).abs() < 1e-3 * expected, "{found} is not {expected}");
}
