//! What the tests of the torch engine share: the engine's file, models, brushes, comparison.
#![allow(dead_code)] // each test uses a part

use npe::generator::Target;
use npe::model::{Dtype, Model, Sizes};
use npe::session::{Device, LoadedModel, load};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const SIDE: usize = 64;

/// The engine that cargo built for these tests: it lies where they lie.
pub fn engine_file() -> PathBuf {
    let file = std::env::current_exe().unwrap().with_file_name("libnpe_torch.so");
    assert!(file.is_file(), "cargo built no {}", file.display());
    file
}

/// The libtorch that the engine was linked with, or what `cargo xtask libtorch` made.
pub fn libtorch() -> PathBuf {
    let folder = std::env::var_os("LIBTORCH").map(PathBuf::from);
    let folder =
        folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/libtorch"));
    assert!(folder.join("lib/libtorch_cpu.so").is_file(), "run `cargo xtask libtorch`: {}", folder.display());
    folder
}

pub fn go(_: f32) -> bool {
    true
}

/// A model on a device.
pub fn on(path: Option<&Path>, device: Device) -> Arc<LoadedModel> {
    load(path, device, &mut go).unwrap()
}

/// A file with a random model.
pub fn random(width: usize, hidden: usize, latents: usize, dtype: Dtype) -> tempfile::NamedTempFile {
    let model = Model::random(Sizes { width, hidden, latents }, dtype, 5).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), model.to_bytes(dtype).unwrap()).unwrap();
    file
}

pub fn image() -> Vec<f32> {
    (0..3 * SIDE * SIDE).map(|i| ((i as f32) * 0.37).sin() * ((i / 97) as f32 * 0.11).cos()).collect()
}

pub fn latents(n: usize, seed: usize) -> Vec<f32> {
    (0..n).map(|i| ((i + 31 * seed) as f32 * 0.7 + 0.3).sin() * 1.5).collect()
}

/// A brush of uneven weight over these rows and columns.
pub fn brush(y: std::ops::Range<usize>, x: std::ops::Range<usize>) -> Vec<f32> {
    (0..SIDE * SIDE)
        .map(|i| {
            let inside = y.contains(&(i / SIDE)) && x.contains(&(i % SIDE));
            if inside { 0.2 + (i % 7) as f32 } else { 0.0 }
        })
        .collect()
}

/// A colour for each channel.
pub fn colour() -> Vec<f32> {
    (0..3 * SIDE * SIDE).map(|i| [0.7, -0.4, 0.1][i / (SIDE * SIDE)]).collect()
}

pub fn target<'a>(weight: &'a [f32], colour: &'a [f32]) -> Target<'a> {
    Target { weight, colour }
}

/// The largest difference in parts of the largest value.
pub fn relative(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let largest = b.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    assert!(largest > 1e-6, "a test of zeros");
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / largest
}
