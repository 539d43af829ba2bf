//! The full network in the editor: model files of architecture `ian` on libtorch's CPU device, against the trainer's network.

mod common;
#[path = "common/small.rs"]
mod small;

use common::*;
use npe::ErrorKind;
use npe::brush::Mode;
use npe::edit::{BlendSettings, Edit, StrokeFile};
use npe::model::{Dtype, Model, Sizes};
use npe::photo::Samples;
use npe::session::{self, Device, load};
use npe_torch::ian::full::{Full, Options};
use npe_torch::ian::{Network, folded};
use npe_torch::train::export::fold;
use npe_torch::train::recipe::Recipe;
use small::{disturb, recipe};
use std::sync::Arc;
use tch::{Kind, Tensor};

/// A network with weights as after a training, and the file it is exported to.
fn trained(side: usize, seed: i64) -> (Full, tempfile::NamedTempFile) {
    tch::manual_seed(seed);
    let recipe = recipe("ian", side);
    let mut network = Full::new(&recipe.network, true, Options::default(), tch::Device::Cpu).unwrap();
    disturb(&mut network);
    let model = fold(&network, &recipe).unwrap();
    (network, file(&model))
}

fn random(side: usize, dtype: Dtype) -> Model {
    let sizes = Sizes { width: 2, hidden: 11, latents: 5 };
    let model = Model::random_of("ian", side, sizes, dtype, 3).unwrap();
    Model::from_bytes(&model.to_bytes(dtype).unwrap()).unwrap()
}

fn tensor(values: &[f32], shape: &[i64]) -> Tensor {
    Tensor::from_slice(values).view(shape)
}

fn values(t: &Tensor) -> Vec<f32> {
    Vec::try_from(t.detach().contiguous().view([-1])).unwrap()
}

#[test]
fn the_editor_runs_the_trained_network() {
    for side in [32, 64, 128] {
        let (network, file) = trained(side, 1);
        let loaded = on(Some(file.path()), Device::CpuTorch);
        let g = &loaded.generator;
        assert_eq!((g.image_size(), g.latents()), (side, 9));
        let (x, s) = (image(side), side as i64);
        let top = network.trunk(&tensor(&x, &[1, 3, s, s]), false).unwrap().pop().unwrap();
        let z = network.latents(&network.posterior(&top, false).unwrap(), None).unwrap().0;
        let off = relative(&g.encode(&x).unwrap(), &values(&z));
        assert!(off < 1e-4, "{side} encode: {off}");
        let z = latents(9, side);
        let leaf = tensor(&z, &[1, 9]).set_requires_grad(true);
        let made = network.decode(&leaf, false).unwrap();
        let off = relative(&g.decode(&z).unwrap(), &values(&made));
        assert!(off < 1e-4, "{side} decode: {off}");
        let (weight, colour) = (brush(side, 5..19, 9..30), colour(side));
        let pull = g.pull(&z, &target(&weight, &colour)).unwrap();
        let (w, c) = (tensor(&weight, &[1, 1, s, s]), tensor(&colour, &[1, 3, s, s]));
        let loss = ((made - c).square() * &w).sum(Kind::Float) / (w.sum(Kind::Float) * 3.0);
        let slope = Tensor::f_run_backward(&[&loss], &[&leaf], false, false).unwrap();
        let loss = loss.double_value(&[]) as f32;
        assert!((pull.loss - loss).abs() < 1e-4 * loss, "{side} loss: {} {loss}", pull.loss);
        let off = relative(&pull.gradient, &values(&slope[0]));
        assert!(off < 1e-3, "{side} gradient: {off}");
    }
}

#[test]
fn the_pull_is_the_slope_of_the_loss() {
    let (_, file) = trained(32, 2);
    let loaded = on(Some(file.path()), Device::CpuTorch);
    let g = &loaded.generator;
    let (z, weight, colour) = (latents(9, 4), brush(32, 8..24, 8..24), colour(32));
    let target = target(&weight, &colour);
    // In f64 from the image, so that only the decode's own rounding is left.
    let at = |i: usize, h: f32| -> f64 {
        let mut z = z.clone();
        z[i] += h;
        let off = |(k, v): (usize, &f32)| f64::from(weight[k % (32 * 32)]) * f64::from(v - colour[k]).powi(2);
        g.decode(&z).unwrap().iter().enumerate().map(off).sum()
    };
    let total = 3.0 * weight.iter().map(|w| f64::from(*w)).sum::<f64>();
    const STEP: f32 = 0.002;
    let slope = |i: usize| (at(i, STEP) - at(i, -STEP)) / (2.0 * f64::from(STEP) * total);
    let slopes: Vec<f32> = (0..9).map(|i| slope(i) as f32).collect();
    let off = relative(&g.pull(&z, &target).unwrap().gradient, &slopes);
    assert!(off < 1e-3, "{off}");
}

/// Weights of both types cross to the engine as the file has them.
#[test]
fn weights_are_not_rounded_on_the_way() {
    for dtype in [Dtype::F32, Dtype::F16] {
        let model = random(64, dtype);
        assert_eq!(model.dtype(), dtype);
        let file = file(&model);
        let loaded = on(Some(file.path()), Device::CpuTorch);
        let direct = folded::new(&model, tch::Device::Cpu).unwrap();
        let z = latents(5, 1);
        let expected = values(&direct.decode(&tensor(&z, &[1, 5])).unwrap());
        // The same library with the same weights.
        let off = relative(&loaded.generator.decode(&z).unwrap(), &expected);
        assert!(off < 1e-6, "{dtype:?}: {off}");
    }
}

#[test]
fn a_stroke_moves_the_image_and_replays() {
    let (_, file) = trained(64, 3);
    let loaded = on(Some(file.path()), Device::CpuTorch);
    let new = || {
        let mut edit = Edit::new(loaded.generator.clone(), photo(), FRAME).unwrap();
        // Three steps of training: what a stroke does could hardly be seen, and the mask would have none of it.
        edit.set_blend_settings(BlendSettings { mask: 8.0, ..BlendSettings::default() }).unwrap();
        edit
    };
    let mut edit = new();
    let before = edit.latents().to_vec();
    let mouth = stroke(&[(0.46, 0.74), (0.5, 0.75), (0.54, 0.74)], [0.95, 0.93, 0.9], Mode::Color);
    let report = edit.stroke(&mouth, &mut |_| true).unwrap();
    assert!(report.loss_after < report.loss_before, "{report:?}");
    assert_ne!(edit.latents(), before);
    let rendered = |edit: &Edit| match edit.render().unwrap().samples() {
        Samples::U8(bytes) => bytes.clone(),
        _ => panic!("8 bits expected"),
    };
    let picture = rendered(&edit);
    assert!(picture != rendered(&new()), "the picture has not changed");
    let text = StrokeFile::from_edit(&edit, loaded.id()).to_json().unwrap();
    let mut again = new();
    StrokeFile::from_json(&text).unwrap().apply(&mut again, &mut |_| true).unwrap();
    let worst = rendered(&again).iter().zip(&picture).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(worst <= Some(1), "{worst:?}");
    assert!(edit.undo().unwrap());
    assert_eq!(edit.latents(), before);
}

/// `auto` takes libtorch for a model that needs it, and for no other; the info says so.
#[test]
fn auto_finds_an_engine_for_each_architecture() {
    let (full, simple) = (file(&random(32, Dtype::F16)), common::random(2, 5, 4, Dtype::F16));
    let first = on(Some(full.path()), Device::Auto);
    let info = session::info();
    match first.device {
        Device::CpuTorch => {
            let why = info.why_not_cuda.unwrap();
            for words in ["CPU, ", "libtorch 2.11.0", "which the model needs; not CUDA: ", &why] {
                assert!(info.device.contains(words), "no {words:?} in: {}", info.device);
            }
            assert!(!info.is_cuda);
        }
        other => assert_eq!((other, info.is_cuda), (Device::Cuda(0), true)),
    }
    assert!(info.libtorch.is_some());
    assert!(Arc::ptr_eq(&first, &on(Some(full.path()), Device::Auto)), "loaded twice");
    assert!(Arc::ptr_eq(&first, &on(Some(full.path()), first.device)), "loaded twice");
    // That an ian-simple is on cpu-torch already changes nothing for auto.
    let slow = on(Some(simple.path()), Device::CpuTorch);
    let fast = on(Some(simple.path()), Device::Auto);
    assert_eq!(fast.device, if first.device == Device::CpuTorch { Device::Cpu } else { first.device });
    assert!(!Arc::ptr_eq(&slow, &fast));
}

#[test]
fn the_cpu_engine_says_where_the_model_runs() {
    let file = file(&random(32, Dtype::F16));
    for _ in 0..2 {
        let error = load(Some(file.path()), Device::Cpu, &mut go).err().expect("an error");
        assert_eq!(error.kind(), ErrorKind::Device);
        let text = error.to_string();
        for word in ["\"random\"", "\"ian\"", "\"auto\"", "\"cuda\"", "\"cpu-torch\"", "libtorch"] {
            assert!(text.contains(word), "no {word} in: {text}");
        }
        // Also while it is loaded elsewhere.
        let _elsewhere = on(Some(file.path()), Device::CpuTorch);
    }
}
