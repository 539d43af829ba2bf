//! What the tests of the torch engine share: the engine's file, models, brushes, comparison.
#![allow(dead_code)] // each test uses a part

use npe::brush::{Dab, Mode, Stroke};
use npe::edit::{Edit, StrokeFile, StrokeSettings};
use npe::generator::Target;
use npe::model::{Dtype, Model, Sizes};
use npe::photo::{Channels, Frame, Photo, Samples};
use npe::session::{Device, LoadedModel, load};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::NamedTempFile;

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

/// Runs the command `npe` in a folder, with this engine and libtorch; what it says on standard output, or the error. Cargo
/// knows no way to have another package's command built for a test, so it is asked here.
pub fn npe(folder: &Path, args: &[&str]) -> Result<String, String> {
    static BUILT: std::sync::LazyLock<PathBuf> = std::sync::LazyLock::new(|| {
        let exe = std::env::current_exe().unwrap();
        // …/target/release/deps/parity-…
        let profile = exe.ancestors().nth(2).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        // With both packages, whose dependencies have the same features then as in the build of the tests: nothing is built twice.
        cargo.args(["build", "--quiet", "--package", "npe", "--package", "npe-torch", "--bin", "npe"]);
        cargo.args((!cfg!(debug_assertions)).then_some("--release"));
        cargo.arg("--target-dir").arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(cargo.status().unwrap().success(), "npe was not built");
        profile.join("npe")
    });
    let mut npe = Command::new(&*BUILT);
    npe.current_dir(folder).args(args);
    let output = npe.env("NPE_TORCH_ENGINE", engine_file()).env("NPE_LIBTORCH", libtorch()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

pub fn go(_: f32) -> bool {
    true
}

/// A model on a device.
pub fn on(path: Option<&Path>, device: Device) -> Arc<LoadedModel> {
    load(path, device, &mut go).unwrap()
}

/// A file with a random `ian-simple` for 64 pixels.
pub fn random(width: usize, hidden: usize, latents: usize, dtype: Dtype) -> NamedTempFile {
    file(&Model::random(Sizes { width, hidden, latents }, dtype, 5).unwrap())
}

/// A file with this model.
pub fn file(model: &Model) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), model.to_bytes(model.dtype()).unwrap()).unwrap();
    file
}

/// An image of this side.
pub fn image(side: usize) -> Vec<f32> {
    (0..3 * side * side).map(|i| ((i as f32) * 0.37).sin() * ((i / 97) as f32 * 0.11).cos()).collect()
}

pub fn latents(n: usize, seed: usize) -> Vec<f32> {
    (0..n).map(|i| ((i + 31 * seed) as f32 * 0.7 + 0.3).sin() * 1.5).collect()
}

/// A brush of uneven weight over these rows and columns of an image of this side.
pub fn brush(side: usize, y: std::ops::Range<usize>, x: std::ops::Range<usize>) -> Vec<f32> {
    (0..side * side)
        .map(|i| {
            let inside = y.contains(&(i / side)) && x.contains(&(i % side));
            if inside { 0.2 + (i % 7) as f32 } else { 0.0 }
        })
        .collect()
}

/// A colour for each channel of an image of this side.
pub fn colour(side: usize) -> Vec<f32> {
    (0..3 * side * side).map(|i| [0.7, -0.4, 0.1][i / (side * side)]).collect()
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

/// Asserts that two engines answer alike: encode, decode, and pull under brushes large and small.
pub fn agree(a: &LoadedModel, b: &LoadedModel, tolerance: f32) {
    assert_ne!(a.device, b.device);
    let (a, b) = (&a.generator, &b.generator);
    assert_eq!((a.image_size(), a.latents()), (b.image_size(), b.latents()));
    let side = a.image_size();
    let off = relative(&a.encode(&image(side)).unwrap(), &b.encode(&image(side)).unwrap());
    assert!(off < tolerance, "encode: {off}");
    for seed in 0..3 {
        let z = latents(a.latents(), seed);
        let off = relative(&a.decode(&z).unwrap(), &b.decode(&z).unwrap());
        assert!(off < tolerance, "decode: {off}");
        for weight in [(12..29, 30..47), (0..side, 0..side), (side - 1..side, 0..2)] {
            let (weight, colour) = (brush(side, weight.0, weight.1), colour(side));
            let target = target(&weight, &colour);
            let (p, q) = (a.pull(&z, &target).unwrap(), b.pull(&z, &target).unwrap());
            assert!((p.loss - q.loss).abs() <= tolerance * q.loss, "loss: {} {}", p.loss, q.loss);
            let off = relative(&p.gradient, &q.gradient);
            assert!(off < tolerance, "gradient: {off}");
        }
    }
}

/// How two pictures of one stroke file differ.
#[derive(Debug)]
pub struct Apart {
    /// Values that the strokes change by more than 20 of 255.
    pub changed: usize,
    /// The largest difference, of 255.
    pub worst: u8,
    /// Values that differ by more than 2.
    pub far: usize,
}

/// Records strokes with one engine, and replays the file with it and with another one. Each stroke alone, in four steps, must give the
/// same picture but for 2 of 255. Three one after the other may differ by 16, and by more than 2 in one changed value of 5: a solver ends
/// where a step gains little, so one engine may take a step more, and what a stroke leaves hidden beside its mask the next one shows.
pub fn replayed_alike(recorder: &LoadedModel, other: &LoadedModel) {
    let hair = stroke(&[(0.41, 0.2), (0.5, 0.19), (0.59, 0.2)], [0.08, 0.07, 0.06], Mode::Color);
    let mouth = stroke(&[(0.46, 0.74), (0.5, 0.75), (0.54, 0.74)], [0.95, 0.93, 0.9], Mode::Color);
    let cheek = stroke(&[(0.3, 0.5)], [0.0; 3], Mode::Lighten);
    for alone in [&hair, &mouth, &cheek] {
        let found = replay(recorder, other, std::slice::from_ref(alone), 4);
        assert!(found.worst <= 2 && found.changed > 20, "{found:?}");
    }
    let found = replay(recorder, other, &[hair, mouth, cheek], StrokeSettings::default().steps);
    assert!(found.worst <= 16 && found.far * 5 < found.changed && found.changed > 1000, "{found:?}");
}

fn replay(recorder: &LoadedModel, other: &LoadedModel, strokes: &[Stroke], steps: u32) -> Apart {
    let mut recorded = Edit::new(recorder.generator.clone(), photo(), FRAME).unwrap();
    recorded.set_stroke_settings(StrokeSettings { steps, ..StrokeSettings::default() }).unwrap();
    for stroke in strokes {
        recorded.stroke(stroke, &mut go).unwrap();
    }
    let text = StrokeFile::from_edit(&recorded, recorder.id()).to_json().unwrap();
    let replayed = |model: &LoadedModel| {
        let file = StrokeFile::from_json(&text).unwrap();
        file.check_model(&model.id()).unwrap();
        let mut edit = Edit::new(model.generator.clone(), photo(), FRAME).unwrap();
        file.apply(&mut edit, &mut go).unwrap();
        bytes(&edit)
    };
    let Samples::U8(before) = photo().samples().clone() else { panic!("8 bits expected") };
    apart(&before, &replayed(recorder), &replayed(other))
}

/// How two edited pictures of one photo differ.
pub fn apart(before: &[u8], a: &[u8], b: &[u8]) -> Apart {
    let changed = a.iter().zip(before).filter(|(a, b)| a.abs_diff(**b) > 20).count();
    let worst = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    let far = a.iter().zip(b).filter(|(a, b)| a.abs_diff(**b) > 2).count();
    println!("the pictures differ by at most {worst} of 255, {far} of {} values by more than 2", a.len());
    Apart { changed, worst, far }
}

/// What an edit shows.
pub fn bytes(edit: &Edit) -> Vec<u8> {
    let Samples::U8(bytes) = edit.render().unwrap().samples().clone() else { panic!("8 bits expected") };
    bytes
}

/// The face in [`photo`].
pub const FRAME: Frame = Frame { cx: 224.0, cy: 100.2, side: 165.0, angle: 1.2 };

/// The file of [`photo`].
pub fn photo_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/astronaut.png")
}

/// A photo of an astronaut.
pub fn photo() -> Arc<Photo> {
    let rgb = image::open(photo_file()).unwrap().to_rgb8();
    Arc::new(Photo::new(rgb.width(), rgb.height(), Channels::Rgb, Samples::U8(rgb.into_raw())).unwrap())
}

/// A stroke through points of the frame (0..1 each).
pub fn stroke(points: &[(f64, f64)], color: [f32; 3], mode: Mode) -> Stroke {
    let dab = |(u, v): &(f64, f64)| {
        let (x, y) = FRAME.to_photo(*u, *v);
        Dab { x: x as f32, y: y as f32, radius: (0.05 * FRAME.side) as f32, hardness: 0.5, pressure: 1.0 }
    };
    Stroke { mode, color, dabs: points.iter().map(dab).collect() }
}
