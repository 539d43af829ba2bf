//! What the fuzzer began with and what it found (`tests/fuzz`), once more under the plain tests: each file must go through its
//! target without a panic. See `tests/fuzz/run.sh` for fuzzing itself.

#![allow(clippy::undocumented_unsafe_blocks)] // the host in `calls` vouches for its own memory

#[path = "fuzz/bodies/calls.rs"]
mod calls;
#[path = "fuzz/bodies/model.rs"]
mod model;
#[path = "fuzz/bodies/pixels.rs"]
mod pixels;
#[path = "fuzz/bodies/strokes.rs"]
mod strokes;

use std::path::Path;

/// Runs a target on its seeds and its regressions, at least `least` files.
fn all(target: &str, least: usize, run: fn(&[u8])) {
    let mut count = 0;
    for kind in ["seeds", "regressions"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(kind).join(target);
        // Git keeps no empty folder: without findings there is none.
        let Ok(files) = std::fs::read_dir(folder) else { continue };
        for file in files {
            let path = file.unwrap().path();
            println!("{}", path.display());
            run(&std::fs::read(path).unwrap());
            count += 1;
        }
    }
    assert!(count >= least, "{count} files for {target}; there should be {least}");
}

#[test]
fn model_files() {
    all("model", 2, model::run);
}

#[test]
fn stroke_files() {
    all("strokes", 2, strokes::run);
}

#[test]
fn sequences_of_calls() {
    all("calls", 3, calls::run);
}

#[test]
fn pixels_equal_the_reference() {
    all("pixels", 3, pixels::run);
}
