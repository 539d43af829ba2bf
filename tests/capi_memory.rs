//! Ten thousand strokes do not grow the process, nor do two hundred models loaded and freed: the undo stack is bounded and nothing is
//! left behind. One test alone in its file, so that no other runs in the process meanwhile.

#![cfg(target_os = "linux")]
#![allow(clippy::undocumented_unsafe_blocks)] // every pointer here is one of this test's own, alive and of its type

mod capi_common;

use capi_common::*;
use npe::capi::*;
use std::ptr::null_mut;

/// Strokes after which the growth is measured, and how many come before, in which caches and the undo stack fill.
const STROKES: usize = 10_000;
const WARM_UP: usize = 400;
/// The most they may grow it in bytes.
const GROWTH: usize = 4 << 20;
/// Models loaded and freed one after the other, and how many come before.
const LOADS: usize = 200;
const FIRST_LOADS: usize = 5;
/// The most they may grow it in bytes.
const LOADS_GROWTH: usize = 4 << 20;

/// Has the C library give back what is freed. Of itself glibc raises its thresholds to the size of the largest block freed, a
/// model's, and then keeps twice as much at the end of any thread's heap, where `malloc_trim` does not reach: tens of MiB that
/// come and go with the order in which an engine's threads end.
fn keep_nothing() {
    #[cfg(target_env = "gnu")]
    for threshold in [libc::M_MMAP_THRESHOLD, libc::M_TRIM_THRESHOLD] {
        assert_eq!(unsafe { libc::mallopt(threshold, 128 << 10) }, 1);
    }
}

/// Resident bytes, without what was freed and the C library keeps for later.
fn resident() -> usize {
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[test]
fn strokes_and_loads_leave_nothing_behind() {
    keep_nothing();
    let sample = sample();
    let model = model();
    let e = edit(model, &sample);
    let mut settings = unsafe { std::mem::zeroed::<npe_settings>() };
    ok(unsafe { npe_get_settings(e, &mut settings, size_of::<npe_settings>()) });
    // The first move, and some of the line search.
    settings.steps = 3;
    ok(unsafe { npe_set_settings(e, &settings) });
    let strokes = |count: usize| {
        for i in 0..count {
            ok(stroke(e, &[npe_dab { x: DAB.x + (i % 20) as f32, ..DAB }]));
            // Copies, and calls that fail, are part of a session.
            if i % 10 == 0 {
                let mut copy = null_mut();
                ok(unsafe { npe_edit_copy(e, &mut copy) });
                assert_eq!(stroke(copy, &[]), NPE_ERR_INVALID_ARGUMENT);
                npe_edit_free(copy);
            }
        }
    };
    strokes(WARM_UP);
    let before = resident();
    strokes(STROKES);
    let after = resident();
    println!("{STROKES} strokes: from {before} to {after} bytes");
    assert!(after < before + GROWTH, "{STROKES} strokes grew the process from {before} to {after} bytes");
    npe_edit_free(e);
    npe_model_free(model);

    let loads = |count: usize| {
        for _ in 0..count {
            let model = capi_common::model();
            npe_edit_free(edit(model, &sample));
            npe_model_free(model);
            let mut info = unsafe { std::mem::zeroed::<npe_session_info>() };
            ok(unsafe { npe_session_get_info(&mut info, size_of::<npe_session_info>()) });
            assert_eq!(info.models, 0, "the model was not freed, so the next load would share it");
        }
    };
    loads(FIRST_LOADS);
    let before = resident();
    loads(LOADS);
    let after = resident();
    println!("{LOADS} models: from {before} to {after} bytes");
    assert!(after < before + LOADS_GROWTH, "{LOADS} models grew the process from {before} to {after} bytes");
}
