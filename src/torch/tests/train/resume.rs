//! Checkpoints and runs: exact resumption, what is refused, and what a blown-up training leaves.

use super::{CPU, INTROSPECTIVE, SEPARATE, alone, images, recipe, text, values};
use npe_torch::train::batches::Batches;
use npe_torch::train::recipe::{Frozen, Norms, Recipe};
use npe_torch::train::run::{End, Event, Options, run};
use npe_torch::train::step::Learner;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tch::Device;

/// Steps up to so many, from the checkpoint `from` on, into the checkpoint `to`.
fn steps(recipe: &Recipe, from: Option<&Path>, until: u64, to: &Path) -> Vec<u8> {
    let images = images(40, 32);
    let mut batches = Batches::new(&images, 8..40, recipe, Device::Cpu);
    let mut learner = Learner::new(recipe, Device::Cpu).unwrap();
    if let Some(from) = from {
        learner.resume(from).unwrap();
    }
    while learner.steps < until {
        learner.step(&batches.at(learner.steps).unwrap()).unwrap();
    }
    learner.save(to).unwrap();
    std::fs::read(to).unwrap()
}

#[test]
fn a_run_in_two_parts_is_the_same_run() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let path = |name: &str| room.path().join(name);
    let varied = format!("{SEPARATE}\nfrom = 16\n[augment]\ngeometry = 0.5\nshift = 2");
    for (name, more) in
        [("none", ""), ("introspective", INTROSPECTIVE), ("separate", &varied), ("refined", "")]
    {
        let mut recipe = recipe(32, more);
        if name == "refined" {
            (recipe.train.frozen, recipe.train.norms) = (Frozen::Decoder, Norms::Fixed);
            (recipe.loss.drawn, recipe.loss.cycle) = (0.25, 100.0);
        }
        let whole = steps(&recipe, None, 6, &path("whole"));
        steps(&recipe, None, 3, &path("half"));
        let parts = steps(&recipe, Some(&path("half")), 6, &path("parts"));
        assert!(whole == parts, "{name}: the checkpoints differ");
        let mut other = recipe.clone();
        other.train.seed = 1;
        assert!(steps(&other, None, 6, &path("other")) != whole, "{name}: the seed counts");
    }
}

fn options(folder: &Path) -> Options {
    Options {
        folder: folder.into(),
        from: None,
        every: Duration::from_secs(600),
        at_most: None,
        device: Device::Cpu,
    }
}

/// Runs and returns what was said.
fn go(recipe: &Recipe, options: &Options) -> (Result<End, String>, String) {
    let mut said = String::new();
    let end = run(recipe, &images(40, 32), options, &AtomicBool::new(false), &mut |event| {
        if let Event::Said(text) = event {
            said += text;
            said.push('\n');
        }
    });
    (end.map_err(|e| e.to_string()), said)
}

#[test]
fn a_run_writes_its_files_and_goes_on() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let (mut recipe, options) = (recipe(32, ""), options(room.path()));
    recipe.train.images = 32;
    let (end, said) = go(&recipe, &options);
    assert_eq!(end, Ok(End::Done), "{said}");
    assert!(said.contains("held out after 32 images: error"), "{said}");
    recipe.train.images = 64;
    let (end, said) = go(&recipe, &options);
    assert_eq!(end, Ok(End::Done));
    assert!(said.contains("going on after 32 images"), "{said}");
    let log = std::fs::read_to_string(room.path().join("log.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.iter().map(|l| l["images"].as_u64().unwrap()).collect::<Vec<_>>(), [32, 64]);
    for field in ["/pixel", "/nats", "/loss", "/seconds", "/rate", "/held_out/error", "/held_out/ssim"] {
        assert!(lines[1].pointer(field).unwrap().as_f64().unwrap() > 0.0, "{field}: {log}");
    }
    assert!(std::fs::read_to_string(room.path().join("plot.svg")).unwrap().contains("<polyline"));
    let grid = image::open(room.path().join("grid.png")).unwrap();
    // Eight photos and reconstructions, two rows of samples, three of interpolations.
    assert_eq!((grid.width(), grid.height()), (12 * 32, 7 * 32));
}

#[test]
fn a_blown_up_training_keeps_the_last_good_checkpoint() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let checkpoint = room.path().join("checkpoint.safetensors");
    let (mut recipe, mut options) = (recipe(32, ""), options(room.path()));
    recipe.train.images = 32;
    go(&recipe, &options).0.unwrap();
    let good = std::fs::read(&checkpoint).unwrap();
    recipe.train.images = 100_000;
    // Saving before every step, with and without the gradient's length being looked at, with a look at held-out images or
    // not: whatever comes to the file must be finite.
    options.every = Duration::ZERO;
    recipe.train.rate = 1e30;
    for clip in [0.0, 1.0] {
        recipe.train.clip = clip;
        let (end, _) = go(&recipe, &options);
        let e = end.unwrap_err();
        assert!(e.contains("the training has blown up") && e.contains("smaller train.rate"), "{e}");
        let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
        learner.resume(&checkpoint).unwrap();
        assert_eq!(learner.seen, 32);
    }
    // The first save of each run wrote what it had loaded: the same numbers, behind a header with another recipe.
    let numbers = |file: &[u8]| {
        let header: [u8; 8] = file[..8].try_into().unwrap();
        file[8 + u64::from_le_bytes(header) as usize..].to_vec()
    };
    let kept = std::fs::read(&checkpoint).unwrap();
    assert!(numbers(&kept) == numbers(&good));
}

#[test]
fn what_is_not_finite_is_never_saved_or_loaded() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("c");
    let recipe = recipe(32, "");
    let learner = Learner::new(&recipe, Device::Cpu).unwrap();
    learner.save(&path).unwrap();
    let good = std::fs::read(&path).unwrap();
    let mut weight = learner.network.params().get("dec.fc.weight").unwrap().detach();
    for bad in [f64::NAN, f64::INFINITY] {
        let _ = weight.narrow(0, 3, 1).fill_(bad);
        let e = learner.save(&path).unwrap_err().to_string();
        assert!(e.contains("network/dec.fc.weight") && e.contains("blown up"), "{e}");
        assert!(std::fs::read(&path).unwrap() == good, "the old file stays");
    }
    let _ = weight.zero_();
    // The same number in a file that was changed by hand: the last four bytes are a weight's.
    let mut damaged = good.clone();
    let end = damaged.len();
    damaged[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, damaged).unwrap();
    let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
    let e = learner.resume(&path).unwrap_err().to_string();
    assert!(e.contains("values that are not finite"), "{e}");
}

#[test]
fn damaged_and_foreign_checkpoints_are_told() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("checkpoint.safetensors");
    let plain = recipe(32, "");
    Learner::new(&plain, Device::Cpu).unwrap().save(&path).unwrap();
    let good = std::fs::read(&path).unwrap();
    let refused =
        |recipe: &Recipe| Learner::new(recipe, Device::Cpu).unwrap().resume(&path).unwrap_err().to_string();
    let model = npe::model::Model::bundled().unwrap().to_bytes(npe::model::Dtype::F16).unwrap();
    for (bytes, part) in [
        (&good[..good.len() - 9], "can't be read"),
        (&good[..5], "can't be read"),
        (&b"not a checkpoint at all"[..], "can't be read"),
        (&model[..], "it is no checkpoint of npe-train"),
        (&[][..], "can't be read"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let e = refused(&plain);
        assert!(e.contains(part) && e.contains("checkpoint.safetensors"), "{e}");
    }
    std::fs::write(&path, &good).unwrap();
    let mut wide = plain.clone();
    wide.network.width = 8;
    let e = refused(&wide);
    assert!(e.contains("does not fit this recipe") && e.contains("has shape"), "{e}");
    let mut normed = plain.clone();
    normed.norm_latents = true;
    let e = refused(&normed);
    assert!(e.contains("does not fit this recipe") && e.contains("enc."), "{e}");
    let e = refused(&recipe(32, INTROSPECTIVE));
    assert!(e.contains("Adam's mean.") && e.contains("missing"), "{e}");
    std::fs::remove_file(&path).unwrap();
    assert!(refused(&plain).contains("can't be read"));
    // An adversary may join later.
    std::fs::write(&path, &good).unwrap();
    Learner::new(&recipe(32, SEPARATE), Device::Cpu).unwrap().resume(&path).unwrap();
}

/// What `[ian]` says is what is trained, and a checkpoint goes on with it only.
#[test]
fn the_full_networks_options_are_kept() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("checkpoint.safetensors");
    let full = |more: &str| {
        let text = text(32, &format!("{INTROSPECTIVE}\n[ian]\n{more}")).replacen("ian-simple", "ian", 1);
        Recipe::parse(&text).unwrap()
    };
    let recipe = full("flow_hidden = 5\nkernels = 9\nkernel_size = 2");
    let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
    let p = learner.network.params();
    let size = |name: &str| p.get(name).unwrap().size();
    assert_eq!((size("iaf.mu.input.weight"), size("disc.minibatch.scale")), (vec![5, 8], vec![9, 2]));
    let theta = values(p.get("disc.minibatch.theta").unwrap());
    let flow = values(p.get("iaf.mu.output.weight").unwrap());
    let x = tch::Tensor::rand([8, 3, 32, 32], CPU) * 2.0 - 1.0;
    (0..2).for_each(|_| drop(learner.step(&x).unwrap()));
    let p = learner.network.params();
    assert_ne!(values(p.get("disc.minibatch.theta").unwrap()), theta, "kernels learn");
    assert_eq!(values(p.get("iaf.mu.output.weight").unwrap()), flow, "the flow does not");
    learner.save(&path).unwrap();
    Learner::new(&recipe, Device::Cpu).unwrap().resume(&path).unwrap();
    for (other, part) in [
        ("flow_hidden = 6\nkernels = 9\nkernel_size = 2", "iaf."),
        ("flow = false\nkernels = 9\nkernel_size = 2", "iaf."),
        ("flow_hidden = 5\nkernels = 0", "disc."),
        ("flow_hidden = 5\nkernels = 9", "disc."),
    ] {
        let e = Learner::new(&full(other), Device::Cpu).unwrap().resume(&path).unwrap_err().to_string();
        assert!(e.contains("does not fit this recipe") && e.contains(part), "{other}: {e}");
    }
    // A checkpoint knows its recipe.
    let (network, kept, _) = npe_torch::train::export::network(&path, Device::Cpu).unwrap();
    assert_eq!((kept.ian, network.params().count()), (recipe.ian, learner.network.params().count()));
}

#[test]
fn too_few_images_are_told() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let mut recipe = recipe(32, "");
    recipe.data.held_out = 35;
    let e = go(&recipe, &options(room.path())).0.unwrap_err();
    assert!(e.contains("5 images are left to train on after 35 held out; a batch takes 8"), "{e}");
}
