//! The same build, the same photo, the same stroke file: the same bytes, with any number of threads and every time.

#![allow(clippy::undocumented_unsafe_blocks)] // every pointer here is one of this test's own, alive and of its type

mod capi_common;

use capi_common::*;
use npe::capi::*;
use std::ptr::null_mut;

/// Strokes of all modes and both solvers, one that a smile leads, and in their midst a result that becomes the photo.
const STROKES: &str = r#"{"format":"npe-strokes","version":1,"units":"face","operations":[
    {"kind":"stroke","color":[0.1,0.1,0.1],"dabs":[[0.4,0.2,0.1,0.5,1],[0.6,0.2,0.1,0.5,0.7]]},
    {"kind":"stroke","mode":"lighten","dabs":[[0.5,0.75,0.08,0.2,1]],"settings":{"solver":"published","steps":3}},
    {"kind":"stroke","color":[0.95,0.94,0.92],"dabs":[[0.43,0.815,0.025,0.5,1],[0.5,0.825,0.025,0.5,1],[0.57,0.815,0.025,0.5,1]]},
    {"kind":"update","blend":{"mask":2.0,"detail":0.3,"locality":0.8}},
    {"kind":"stroke","mode":"darken","dabs":[[0.3,0.5,0.05,0,0.5]],"settings":{"freedom":1,"steps":12}},
    {"kind":"stroke","mode":"restore","dabs":[[0.5,0.5,0.2,0,1]]}]}"#;

/// All pixels and the bits of all latents after the strokes.
fn result(threads: u32, sample: &Sample) -> (Vec<u8>, Vec<u32>) {
    ok(npe_session_set_threads(threads));
    let model = model();
    let e = edit(model, sample);
    ok(unsafe { npe_strokes_load(e, STROKES.as_ptr().cast(), STROKES.len(), None, null_mut()) });
    let mut count = 0;
    ok(unsafe { npe_get_latents(e, null_mut(), 0, &mut count) });
    let mut latents = vec![0.0_f32; count];
    ok(unsafe { npe_get_latents(e, latents.as_mut_ptr(), count, &mut count) });
    let pixels = decoded(e, sample);
    npe_edit_free(e);
    npe_model_free(model);
    (pixels, latents.into_iter().map(f32::to_bits).collect())
}

#[test]
fn a_stroke_file_gives_the_same_bytes_on_any_number_of_threads_and_every_time() {
    let sample = sample();
    let first = result(1, &sample);
    assert!(first.0 != sample.bytes, "the strokes did nothing");
    for threads in [1, 2, 3, 8] {
        for time in 0..2 {
            assert!(result(threads, &sample) == first, "{threads} threads, time {time}");
        }
    }
}
