//! Steps: who learns from what, and that something is learnt.

use super::{CPU, INTROSPECTIVE, SEPARATE, alone, images, near, recipe, values};
use npe_torch::ian::{is_decoder, is_inference, is_trunk};
use npe_torch::train::adversary::balance;
use npe_torch::train::batches::{Batches, tensor};
use npe_torch::train::recipe::Recipe;
use npe_torch::train::step::Learner;
use tch::{Device, Tensor};

/// All parameters after two steps, without buffers.
fn trained(recipe: &Recipe) -> Vec<(String, Vec<f32>)> {
    let images = images(40, 32);
    let mut learner = Learner::new(recipe, Device::Cpu).unwrap();
    let mut batches = Batches::new(&images, 8..40, recipe, Device::Cpu);
    for step in 0..2 {
        learner.step(&batches.at(step).unwrap()).unwrap();
    }
    learner.network.params().learning(|_| true).into_iter().map(|(n, t)| (n, values(&t))).collect()
}

/// Whether any parameter of those wanted differs.
fn differ(
    a: &[(String, Vec<f32>)],
    b: &[(String, Vec<f32>)],
    wanted: impl Fn(&str) -> bool,
) -> Option<String> {
    let chosen = || a.iter().zip(b).filter(|(a, _)| wanted(&a.0));
    assert!(chosen().count() > 0);
    chosen().find(|(a, b)| a != b).map(|(a, _)| a.0.clone())
}

/// The trunk hears only the adversarial loss: other weights of reconstruction, feature and divergence change nothing in it
/// in a step. (In the second step it sees what the decoder has learnt meanwhile, so one is compared.)
#[test]
fn the_trunk_learns_from_the_game_only() {
    let _one = alone();
    let one_step = |recipe: &Recipe| {
        let images = images(8, 32);
        let mut learner = Learner::new(recipe, Device::Cpu).unwrap();
        learner.step(&tensor(&images.pixels, 32, Device::Cpu).unwrap()).unwrap();
        learner
            .network
            .params()
            .learning(|_| true)
            .into_iter()
            .map(|(n, t)| (n, values(&t)))
            .collect::<Vec<_>>()
    };
    let plain = recipe(32, INTROSPECTIVE);
    let base = one_step(&plain);
    let mut other = plain.clone();
    (other.loss.pixel, other.loss.feature, other.loss.kl) = (3.0, 900.0, 20.0);
    let changed = one_step(&other);
    assert_eq!(differ(&base, &changed, is_trunk), None);
    assert!(differ(&base, &changed, is_inference).is_some() && differ(&base, &changed, is_decoder).is_some());
    // And it learns at all.
    let mut still = plain.clone();
    still.adversary.rate = 0.0;
    assert!(differ(&base, &one_step(&still), is_trunk).is_some());
    // The inference subnet does not hear the adversary; the decoder does.
    let mut other = plain.clone();
    other.adversary.weight = 300.0;
    let changed = one_step(&other);
    assert_eq!(differ(&base, &changed, is_inference), None);
    assert!(differ(&base, &changed, is_decoder).is_some());
}

/// The encoder's running figures are those of photos, whatever else the trunk is shown in a step.
#[test]
fn running_figures_are_those_of_photos() {
    let _one = alone();
    let images = images(8, 32);
    let x = tensor(&images.pixels, 32, Device::Cpu).unwrap();
    for kind in [INTROSPECTIVE, SEPARATE] {
        let recipe = recipe(32, kind);
        let fresh = Learner::new(&recipe, Device::Cpu).unwrap();
        fresh.network.trunk(&x, true).unwrap();
        let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
        learner.step(&x).unwrap();
        for name in ["enc.norm2.mean", "enc.norm2.variance", "enc.norm3.mean", "enc.norm3.variance"] {
            let of = |l: &Learner| values(l.network.params().get(name).unwrap());
            assert_eq!(of(&learner), of(&fresh), "{name}");
        }
    }
}

#[test]
fn a_separate_adversary_pulls_the_decoder_only() {
    let _one = alone();
    let with = recipe(32, SEPARATE);
    let mut without = with.clone();
    without.adversary.weight = 0.0;
    let (a, b) = (trained_once(&with), trained_once(&without));
    assert_eq!(differ(&a, &b, |n| !is_decoder(n)), None);
    assert!(differ(&a, &b, is_decoder).is_some());
}

fn trained_once(recipe: &Recipe) -> Vec<(String, Vec<f32>)> {
    let images = images(8, 32);
    let mut learner = Learner::new(recipe, Device::Cpu).unwrap();
    let figures = learner.step(&tensor(&images.pixels, 32, Device::Cpu).unwrap()).unwrap();
    assert!(figures.contains_key("hinge"));
    learner.network.params().learning(|_| true).into_iter().map(|(n, t)| (n, values(&t))).collect()
}

#[test]
fn the_pull_is_a_share_of_the_errors() {
    let _one = alone();
    tch::manual_seed(1);
    let pull = Tensor::randn([6, 3, 4, 4], CPU) * 50.0;
    let error = Tensor::randn([4, 3, 4, 4], CPU);
    let length = |t: &Tensor| values(t).iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    let got = balance(&pull, &error, 0.4).unwrap();
    near(length(&got.narrow(0, 0, 4)), 0.4 * length(&error));
    // All images by the same factor.
    let factor = f64::from(values(&got)[0] / values(&pull)[0]);
    for (g, p) in values(&got).iter().zip(values(&pull)) {
        near(f64::from(*g), factor * f64::from(p));
    }
}

/// The game begins at `from` and grows over `ramp`.
#[test]
fn the_game_waits() {
    let _one = alone();
    let mut late = recipe(32, SEPARATE);
    late.adversary.from = 8;
    let images = images(16, 32);
    let x = tensor(&images.pixels[..8 * 3 * 32 * 32], 32, Device::Cpu).unwrap();
    let mut learner = Learner::new(&late, Device::Cpu).unwrap();
    assert!(!learner.step(&x).unwrap().contains_key("hinge"));
    assert!(learner.step(&x).unwrap().contains_key("hinge"));
    let mut none = late.clone();
    none.adversary = Default::default();
    let mut early = late.clone();
    early.adversary.from = 16;
    assert_eq!(differ(&trained(&none), &trained(&early), |_| true), None);
}

#[test]
fn something_is_learnt() {
    let _one = alone();
    let mut recipe = recipe(32, "");
    (recipe.network.width, recipe.network.latents, recipe.train.rate) = (8, 16, 4e-3);
    (recipe.loss.pixel, recipe.loss.feature) = (5000.0, 0.0);
    (recipe.train.batch, recipe.data.mirror) = (16, 0.0);
    let images = images(64, 32);
    let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
    let mut batches = Batches::new(&images, 0..64, &recipe, Device::Cpu);
    let pixel: Vec<f64> = (0..200).map(|k| learner.step(&batches.at(k).unwrap()).unwrap()["pixel"]).collect();
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (first, last) = (mean(&pixel[..5]), mean(&pixel[195..]));
    assert!(last < 0.5 * first, "{first} -> {last}");
}

/// Every image once a pass, whatever step is asked for first; with variation the same batch for the same step.
#[test]
fn batches_follow_from_the_step() {
    let _one = alone();
    let images = images(24, 32);
    let mut plain = recipe(32, "");
    plain.data.mirror = 0.0;
    let each = 3 * 32 * 32;
    let mut batches = Batches::new(&images, 0..24, &plain, Device::Cpu);
    for pass in 0..2 {
        let mut seen = Vec::new();
        for step in 3 * pass..3 * pass + 3 {
            let x = values(&batches.at(step).unwrap());
            for image in x.chunks(each) {
                let bytes: Vec<u8> = image.iter().map(|v| ((v + 1.0) * 127.5).round() as u8).collect();
                seen.push((0..24).find(|i| images.image(*i) == bytes).unwrap());
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..24).collect::<Vec<_>>());
    }
    let varied = recipe(32, "[augment]\ngeometry = 1\nshift = 3\ncolor = 1\nbrightness = 0.1");
    let mut batches = Batches::new(&images, 0..24, &varied, Device::Cpu);
    let (first, other) = (values(&batches.at(4).unwrap()), values(&batches.at(5).unwrap()));
    assert_ne!(first, other);
    assert_eq!(values(&Batches::new(&images, 0..24, &varied, Device::Cpu).at(4).unwrap()), first);
    let mut still = varied.clone();
    still.augment = Some(npe_torch::data::augment::Augment::NONE);
    assert_ne!(values(&Batches::new(&images, 0..24, &still, Device::Cpu).at(4).unwrap()), first);
}
