//! The exported model against the network it was trained as.

use super::{alone, images, recipe, values};
use npe::cpu::CpuGenerator;
use npe::generator::Generator;
use npe::model::{Dtype, Model};
use npe_torch::train::batches::{Batches, tensor};
use npe_torch::train::{
    evaluate::{self, Subject},
    export, measure,
    step::Learner,
};
use tch::Device;

#[test]
fn the_exported_model_is_the_averaged_network() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let images = images(40, 64);
    for norm_latents in [false, true] {
        let mut recipe = recipe(64, "");
        recipe.norm_latents = norm_latents;
        recipe.model.broad_keep = 3.5;
        let mut learner = Learner::new(&recipe, Device::Cpu).unwrap();
        let mut batches = Batches::new(&images, 8..40, &recipe, Device::Cpu);
        for step in 0..24 {
            learner.step(&batches.at(step).unwrap()).unwrap();
        }
        let path = room.path().join("c");
        learner.save(&path).unwrap();
        let (model, _, seen) = export::model(&path).unwrap();
        assert_eq!(seen, 192);
        let file = Model::from_bytes(&model.to_bytes(Dtype::F16).unwrap()).unwrap();
        assert_eq!((model.meta.broad_keep, file.meta.broad_keep), (3.5, 3.5));
        let engine = CpuGenerator::new(&model, 1).unwrap();
        let network = learner.averaged().unwrap();
        let x = tensor(images.image(0), 64, Device::Cpu).unwrap();
        let top = network.trunk(&x, false).unwrap().pop().unwrap();
        let z = network.latents(&network.posterior(&top, false).unwrap(), None).unwrap().0;
        let made = network.decode(&z, false).unwrap();
        let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let (z, made) = (values(&z), values(&made));
        let (encoded, decoded) = (engine.encode(&values(&x)).unwrap(), engine.decode(&z).unwrap());
        assert!(apart(&encoded, &z) < 1e-4, "{}", apart(&encoded, &z));
        assert!(apart(&decoded, &made) < 1e-4, "{}", apart(&decoded, &made));
        // Neither is trivial, and the average is not the network itself.
        assert!(apart(&z, &[0.0; 8]) > 1e-2 && apart(&made, &vec![0.0; made.len()]) > 0.05);
        let own = learner.network.decode(&tch::Tensor::from_slice(&z).view([1, -1]), false).unwrap();
        assert!(apart(&values(&own), &made) > 1e-3);
    }
}

#[test]
fn figures_are_the_plain_ones() {
    let _one = alone();
    let images = images(12, 64);
    let learner = Learner::new(&recipe(64, ""), Device::Cpu).unwrap();
    // A range that the batches of 50 do not divide, and that does not begin at 0.
    let range = 3..12;
    let figures = measure::figures(&learner.network, &images, range.clone()).unwrap();
    let made = measure::reconstructions(&learner.network, &images, range.clone()).unwrap();
    let photos = measure::photos(&images, range);
    let each = 3 * 64 * 64;
    assert_eq!((made.len(), photos.len()), (9 * each, 9 * each));
    let (mut error, mut psnr, mut steep) = (0.0, 0.0, [0.0; 2]);
    for (a, b) in made.chunks(each).zip(photos.chunks(each)) {
        let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| f64::from(a - b)).collect();
        error += differences.iter().map(|d| d.abs()).sum::<f64>() / each as f64 / 9.0;
        let square = differences.iter().map(|d| d * d).sum::<f64>() / each as f64;
        psnr += 10.0 * (4.0 / square).log10() / 9.0;
        for (sum, image) in steep.iter_mut().zip([a, b]) {
            *sum += image
                .chunks(64)
                .flat_map(|row| row.windows(2).map(|w| f64::from((w[1] - w[0]).abs())))
                .sum::<f64>();
        }
    }
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-4 * b.abs().max(1.0), "{a} {b}");
    near(figures.error, error);
    near(figures.psnr, psnr);
    near(figures.sharpness, steep[0] / steep[1]);
    let own = |k: usize| {
        let of = |v: &[f32]| v[k * each..(k + 1) * each].to_vec();
        npe_torch::train::ssim::ssim(&of(&made), &of(&photos), 64)
    };
    near(figures.ssim, (0..9).map(own).sum::<f64>() / 9.0);
}

#[test]
fn an_evaluation_is_the_same_every_time() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("c");
    let learner = Learner::new(&recipe(64, ""), Device::Cpu).unwrap();
    learner.save(&path).unwrap();
    let images = images(12, 64);
    let subject = Subject::open(&path, None, Device::Cpu).unwrap();
    let evaluate = |edits| {
        tch::manual_seed(edits as i64);
        let (mut e, sheet) = evaluate::evaluate(&subject, &images, 0..8, edits).unwrap();
        for f in e.edits.iter_mut().flat_map(|e| [&mut e.forehead, &mut e.mouth]) {
            assert!(f.milliseconds > 0.0 && f.hit_g.is_finite() && f.plausible_after.is_finite());
            f.milliseconds = 0.0;
        }
        (e, sheet.map(|s| s.dimensions()))
    };
    let first = evaluate(3);
    assert_eq!(first, evaluate(3));
    assert_eq!(first.1, Some((6 * 64, 3 * 64)));
    assert_eq!(first.0.edits.unwrap().images, 3);
    let (none, sheet) = evaluate(0);
    assert!(none.edits.is_none() && sheet.is_none() && none.no_edits.is_some());
    assert_eq!(none.sample_distance, first.0.sample_distance);
    let wrong = evaluate::evaluate(&subject, &super::images(12, 32), 0..8, 0).unwrap_err();
    assert!(wrong.to_string().contains("32 pixels a side; this network takes 64"), "{wrong}");
}

/// Strokes on the full network, which the torch engine runs.
#[test]
fn a_full_network_is_evaluated_with_its_strokes() {
    let _one = alone();
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("c");
    let mut recipe = recipe(32, "");
    recipe.network.architecture = "ian".into();
    Learner::new(&recipe, Device::Cpu).unwrap().save(&path).unwrap();
    let subject = Subject::open(&path, None, Device::Cpu).unwrap();
    let (e, sheet) = evaluate::evaluate(&subject, &images(8, 32), 0..8, 2).unwrap();
    assert_eq!(e.no_edits, None);
    assert_eq!(e.edits.unwrap().images, 2);
    assert_eq!(sheet.map(|s| s.dimensions()), Some((6 * 32, 2 * 32)));
}
