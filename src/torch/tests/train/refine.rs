//! Going on from a model file: batch norm unfolded, the decoder frozen, the encoder reading back what the decoder paints.

use super::{CPU, alone, images, near, recipe, values};
use npe::model::{Dtype, Model};
use npe_torch::ian::{self, Network, is_decoder};
use npe_torch::train::batches::{Batches, tensor};
use npe_torch::train::recipe::{Frozen, Norms, Recipe};
use npe_torch::train::{cycle, export, step::Learner};
use std::path::Path;
use tch::{Device, Tensor};

type Named = Vec<(String, Vec<f32>)>;

fn all(learner: &Learner) -> Named {
    learner.network.params().all().into_iter().map(|(n, t)| (n, values(&t))).collect()
}

/// The names of the tensors that are not the same.
fn moved(a: &Named, b: &Named) -> Vec<String> {
    a.iter().zip(b).filter(|(a, b)| a != b).map(|(a, _)| a.0.clone()).collect()
}

fn steps(learner: &mut Learner, count: u64) {
    let images = images(40, learner.recipe.network.image_size);
    let recipe = learner.recipe.clone();
    let mut batches = Batches::new(&images, 8..40, &recipe, Device::Cpu);
    for _ in 0..count {
        learner.step(&batches.at(learner.steps).unwrap()).unwrap();
    }
}

/// A model file of a network that has learnt for `count` steps, and its recipe.
fn trained(side: usize, norm_latents: bool, count: u64, path: &Path) -> Recipe {
    let mut recipe = recipe(side, "");
    recipe.norm_latents = norm_latents;
    (recipe.loss.pixel, recipe.loss.feature) = (5000.0, 0.0);
    let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
    steps(&mut learner, count);
    let model = export::fold(learner.averaged().unwrap().as_ref(), &recipe).unwrap();
    std::fs::write(path, model.to_bytes(Dtype::F32).unwrap()).unwrap();
    recipe
}

fn fixed(mut recipe: Recipe) -> Recipe {
    recipe.train.norms = Norms::Fixed;
    recipe
}

#[test]
fn a_model_file_is_unfolded_to_the_same_network() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("m.safetensors");
    for (side, norm_latents) in [(32, false), (64, true), (128, false)] {
        let recipe = fixed(trained(side, norm_latents, 6, &path));
        let model = Model::open(&path).unwrap();
        let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
        learner.warm_start(&path).unwrap();
        for network in [&learner.network, &learner.averaged().unwrap()] {
            let again = export::fold(network.as_ref(), &recipe).unwrap();
            assert_eq!(again.meta, model.meta);
            for (name, _) in model.meta.tensors() {
                let of = |m: &Model| m.tensor(&name).unwrap().to_f32().into_owned();
                for (a, b) in of(&again).iter().zip(of(&model)) {
                    assert!((a - b).abs() <= 1e-6 * b.abs(), "{side}: {name}: {a}, not {b}");
                }
            }
            // A training that goes by the fixed norms sees the same latents as the file's.
            let x = tensor(&images(3, side).pixels, side, Device::Cpu).unwrap();
            let posterior = ian::read(network.as_ref(), &x, false).unwrap();
            let folded = ian::folded::new(&model, Device::Cpu).unwrap();
            let apart = (&posterior.mu - folded.encode(&x).unwrap()).abs().max().double_value(&[]);
            assert!(apart < 1e-4 && posterior.mu.abs().max().double_value(&[]) > 1e-2, "{side}: {apart}");
            for s in values(&posterior.log_sigma) {
                near(f64::from(s), -1.0);
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("m.safetensors");
    let plain = trained(32, false, 1, &path);
    let refused = |recipe: &Recipe, path: &Path| {
        Learner::new(recipe, Device::Cpu).unwrap().warm_start(path).unwrap_err().to_string()
    };
    let e = refused(&plain, &path);
    assert!(e.contains("m.safetensors") && e.contains("set train.norms = \"fixed\""), "{e}");
    let mut wide = fixed(plain.clone());
    wide.network.width = 8;
    let e = refused(&wide, &path);
    assert!(e.contains("of width 4, hidden 16, 8 latents, 32 pixels") && e.contains("of width 8"), "{e}");
    let mut full = fixed(plain.clone());
    full.network.architecture = "ian".into();
    let network = ian::new(&full.network, false, None, Device::Cpu).unwrap();
    let file = export::fold(network.as_ref(), &full).unwrap().to_bytes(Dtype::F16).unwrap();
    let other = room.path().join("full.safetensors");
    std::fs::write(&other, file).unwrap();
    let e = refused(&full, &other);
    assert!(e.contains("of architecture \"ian\"") && e.contains("from a checkpoint"), "{e}");
    for bytes in [&b""[..], b"neither of both", &std::fs::read(&path).unwrap()[..900]] {
        std::fs::write(&other, bytes).unwrap();
        let e = refused(&plain, &other);
        assert!(e.contains("neither a checkpoint of npe-train nor a model file"), "{e}");
    }
    assert!(refused(&plain, &room.path().join("none")).contains("can't be read"));
}

/// Neither weights nor running figures of a frozen decoder move, with norms of either kind; the encoder learns.
#[test]
fn a_frozen_decoder_stays() {
    let _one = alone();
    for norms in [Norms::Batch, Norms::Fixed] {
        let mut recipe = recipe(32, "");
        (recipe.train.frozen, recipe.train.norms, recipe.loss.cycle) = (Frozen::Decoder, norms, 100.0);
        let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
        let before = all(&learner);
        steps(&mut learner, 3);
        let moved = moved(&before, &all(&learner));
        assert!(moved.iter().all(|n| n.starts_with("enc.")), "{moved:?}");
        let figures = |n: &str| n.ends_with(".mean") || n.ends_with(".variance");
        for (name, _) in before.iter().filter(|(n, _)| n.starts_with("enc.")) {
            let still = figures(name) && norms == Norms::Fixed;
            assert_eq!(moved.contains(name), !still, "{name}");
        }
        let average = learner.averaged().unwrap();
        for (name, old) in before.iter().filter(|(n, _)| is_decoder(n)) {
            assert_eq!(&values(average.params().get(name).unwrap()), old, "{name}");
        }
    }
}

/// The encoder learns from its own readings; a decoder that is not frozen does not hear of them.
#[test]
fn the_cycle_teaches_the_encoder_only() {
    let _one = alone();
    let once = |weight: f64| {
        let mut recipe = recipe(32, "");
        recipe.loss.cycle = weight;
        let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
        let x = tensor(&images(8, 32).pixels, 32, Device::Cpu).unwrap();
        let figures = learner.step(&x).unwrap();
        (all(&learner), figures)
    };
    let ((light, figures), (heavy, _), (none, without)) = (once(1.0), once(1e4), once(0.0));
    assert!(figures["cycle"] > 0.0 && !without.contains_key("cycle"));
    for (name, differs) in light.iter().zip(&heavy).map(|(a, b)| (&a.0, a != b)) {
        // Running figures are those of photos, and log σ has no part in what is read.
        let hears = name.starts_with("enc.")
            && !name.starts_with("enc.logsigma")
            && ![".mean", ".variance"].iter().any(|end| name.ends_with(end));
        assert_eq!(differs, hears, "{name}");
    }
    assert!(moved(&none, &light).iter().all(|n| !is_decoder(n)));
}

/// With a frozen decoder and fixed norms the cycle gets shorter, also for latents it was not taught on, and not by itself.
#[test]
fn the_encoder_learns_to_read_back() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("m.safetensors");
    let mut recipe = fixed(trained(32, false, 150, &path));
    recipe.train.frozen = Frozen::Decoder;
    (recipe.loss.pixel, recipe.loss.pyramid) = (100.0, 0.0);
    // About photos that are held out.
    let photos = tensor(&images(40, 32).pixels[..8 * 3 * 32 * 32], 32, Device::Cpu).unwrap();
    let apart = |network: &dyn Network| {
        let _guard = tch::no_grad_guard();
        tch::manual_seed(5);
        let mu = ian::read(network, &photos.repeat([8, 1, 1, 1]), false).unwrap().mu;
        let z = cycle::latents(&mu).unwrap().narrow(0, 0, 24);
        let read = ian::read(network, &network.decode(&z, false).unwrap(), false).unwrap();
        cycle::apart(&read.mu, &z).unwrap().mean(tch::Kind::Float).double_value(&[])
    };
    let mut after = |cycle: f64| {
        recipe.loss.cycle = cycle;
        let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
        learner.warm_start(&path).unwrap();
        let first = apart(learner.network.as_ref());
        steps(&mut learner, 150);
        (first, apart(learner.network.as_ref()))
    };
    let ((first, untaught), (_, taught)) = (after(0.0), after(1000.0));
    assert!(taught < 0.7 * first && taught < 0.8 * untaught, "{first} -> {untaught}, {taught}");
}

#[test]
fn latents_are_moved_between_photos_or_drawn() {
    let _one = alone();
    tch::manual_seed(6);
    let (n, l) = (64, 500);
    let mu = Tensor::randn([n, l], CPU).set_requires_grad(true);
    let z = cycle::latents(&mu).unwrap();
    assert_eq!((z.size(), z.requires_grad()), (vec![n / 2, l], false));
    let dot = |a: &Tensor, b: &Tensor| (a * b).sum(None).double_value(&[]);
    let mut shares = Vec::new();
    for i in 0..24 {
        // The photos before it, around the batch.
        let at = |i: i64| mu.get((i + n) % n);
        let (way, off) = (at(i - 1) - at(i - 2), z.get(i) - at(i));
        let share = dot(&off, &way) / dot(&way, &way);
        let rest = &off - &way * share;
        assert!(dot(&rest, &rest) < 1e-6 * dot(&way, &way), "{i}");
        shares.push(share);
    }
    assert!(shares.iter().all(|s| s.abs() <= 0.6 + 1e-6), "{shares:?}");
    assert!(shares.iter().any(|s| *s > 0.3) && shares.iter().any(|s| *s < -0.3), "{shares:?}");
    for i in 24..32 {
        let v = z.get(i);
        let (mean, spread) = (v.mean(tch::Kind::Float).double_value(&[]), v.std(true).double_value(&[]));
        assert!(mean.abs() < 0.25 && (0.85..1.15).contains(&spread), "{i}: {mean} {spread}");
    }
    // A batch of two is enough for a moved latent and a drawn one.
    assert_eq!(cycle::latents(&mu.narrow(0, 0, 2)).unwrap().size(), [2, l]);
}

#[test]
fn the_cycle_is_a_share_of_the_latents() {
    let (read, z) = (Tensor::from_slice(&[3f32, 4.0, 1.0, 1.0]), Tensor::from_slice(&[0f32, 4.0, 1.0, 3.0]));
    let got = values(&cycle::apart(&read.view([2, 2]), &z.view([2, 2])).unwrap());
    near(f64::from(got[0]), 9.0 / 16.0);
    near(f64::from(got[1]), 4.0 / 10.0);
}

/// With `drawn = 0` the width of a posterior makes no difference to a reconstruction: what log σ learns, it learns from the
/// divergence alone.
#[test]
fn so_many_of_a_batch_are_drawn() {
    let _one = alone();
    let sigma = |drawn: f64, pixel: f64| {
        let mut recipe = recipe(32, "");
        (recipe.loss.drawn, recipe.loss.pixel) = (drawn, pixel);
        let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
        let x = tensor(&images(8, 32).pixels, 32, Device::Cpu).unwrap();
        learner.step(&x).unwrap();
        values(learner.network.params().get("enc.logsigma.weight").unwrap())
    };
    assert_eq!(sigma(0.0, 500.0), sigma(0.0, 5000.0));
    for drawn in [0.25, 1.0] {
        assert_ne!(sigma(drawn, 500.0), sigma(drawn, 5000.0), "{drawn}");
    }
    assert_ne!(sigma(0.25, 500.0), sigma(1.0, 500.0));
}
