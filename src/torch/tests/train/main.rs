//! The trainer: losses, optimiser, steps, checkpoints, figures, and the command, on tiny networks and made-up images.

mod adam;
mod command;
#[path = "../common/mod.rs"]
mod common;
mod export;
mod extras;
mod loss;
mod recipe;
mod refine;
mod resume;
mod step;

use npe_torch::data::Images;
use npe_torch::train::recipe::Recipe;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tch::{Device, Kind, Tensor};

const CPU: (Kind, Device) = (Kind::Float, Device::Cpu);

/// torch has one random generator for the process: what draws from it runs alone, and on one thread, so that sums have
/// one order.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    tch::set_num_threads(1);
    guard
}

/// A recipe for a tiny network; `more` goes to the end of the file.
fn text(side: usize, more: &str) -> String {
    format!(
        r#"
        [network]
        architecture = "ian-simple"
        width = 4
        hidden = 16
        latents = 8
        image_size = {side}
        [data]
        source = "images"
        held_out = 8
        [train]
        images = 100000
        batch = 8
        rate = 2e-3
        [loss]
        pixel = 500
        pyramid = 50
        feature = 10
        [model]
        name = "test"
        trained_on = "made-up images"
        licence = "CC0-1.0"
        eyes = [{}, {}, {}, {}]
        {more}"#,
        0.36 * side as f32,
        0.5 * side as f32,
        0.64 * side as f32,
        0.5 * side as f32,
    )
}

fn recipe(side: usize, more: &str) -> Recipe {
    Recipe::parse(&text(side, more)).unwrap()
}

const INTROSPECTIVE: &str = "[adversary]\nkind = \"introspective\"\nweight = 1\nrate = 2e-4";
const SEPARATE: &str = "[adversary]\nkind = \"separate\"\nweight = 0.5\nrate = 1e-3\nwidth = 8\nr1 = 1";

/// Images of two colours and a disc that no two share.
fn images(count: usize, side: usize) -> Images {
    let mut pixels = Vec::with_capacity(count * 3 * side * side);
    for n in 0..count {
        let wave = |k: usize| (0.5 + 0.5 * ((n * (k + 2)) as f32 * 0.7 + k as f32).sin()) * 255.0;
        let (cx, cy) = (wave(7) / 255.0 * side as f32, wave(8) / 255.0 * side as f32);
        for c in 0..3 {
            for p in 0..side * side {
                let (x, y) = ((p % side) as f32, (p / side) as f32);
                let disc = (x - cx).hypot(y - cy) < side as f32 / 4.0;
                let t = y / side as f32;
                let ground = wave(c) * (1.0 - t) + 0.5 * wave(c + 3) * t;
                pixels.push(if disc { 255.0 - ground } else { ground } as u8);
            }
        }
    }
    let names = (0..count).map(|n| n.to_string()).collect();
    Images { size: side, pixels, names, labels: None, skipped: Vec::new() }
}

/// The numbers of a tensor.
fn values(t: &Tensor) -> Vec<f32> {
    npe_torch::train::checkpoint::values(t).unwrap()
}

fn near(got: f64, wanted: f64) {
    assert!((got - wanted).abs() <= 1e-5 * wanted.abs().max(1.0), "{got}, not {wanted}");
}
