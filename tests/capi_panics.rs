//! Panics stay inside the exports, each of them, wherever they begin; nothing is printed or written, and the session works on.
//! `tests/hard/panics.sh` runs this against the release build; the feature it needs is off in the library that is shipped.

#![cfg(feature = "panic-injection")]
#![allow(clippy::undocumented_unsafe_blocks)] // every pointer here is one of this test's own, alive and of its type

mod capi_common;

use capi_common::*;
use npe::capi::testing::{panic_in_pass, panic_next};
use npe::capi::*;
use std::ffi::c_char;
use std::ptr::{null, null_mut};
use std::sync::Mutex;

/// Panics inside passes are for the next engine that makes one, whosever it is.
static ALONE: Mutex<()> = Mutex::new(());

/// Calls every export with good arguments, each with a panic waiting inside; answers their names.
fn panic_in_each(edit: *mut npe_edit, model: *mut npe_model, sample: &Sample) -> Vec<&'static str> {
    let mut names = Vec::new();
    macro_rules! inside {
        ($name:ident($($argument:expr),*)) => {{
            names.push(stringify!($name));
            panic_next();
            #[allow(unused_unsafe)]
            let answer = unsafe { $name($($argument),*) };
            assert!(last_error().contains("a panic was asked for by a test"), stringify!($name));
            answer
        }};
    }
    macro_rules! status {
        ($($call:tt)*) => { assert_eq!(inside!($($call)*), NPE_ERR_PANIC, stringify!($($call)*)) };
    }
    let image = sample.image();
    let mut bytes = vec![7; sample.bytes.len()];
    let out = sample.out(&mut bytes);
    let (mut m, mut e) = (null_mut(), null_mut());
    let (mut n, mut a, mut b, mut done) = (77_usize, 77_u32, 77_u32, 77_i32);
    let mut frame = FRAME;
    let mut rect = npe_rect { x: 1, y: 2, width: 3, height: 4 };
    let mut latents = [5.0_f32; 192];
    let mut text = [0 as c_char; 8];
    let mut name = null();
    let (mut settings, mut info, mut session) = unsafe {
        (
            std::mem::zeroed::<npe_settings>(),
            std::mem::zeroed::<npe_model_info>(),
            std::mem::zeroed::<npe_session_info>(),
        )
    };
    status!(npe_load(null(), None, null_mut(), &mut m));
    status!(npe_model_get_info(model, &mut info, size_of::<npe_model_info>()));
    status!(npe_session_get_info(&mut session, size_of::<npe_session_info>()));
    status!(npe_session_set_threads(1));
    status!(npe_session_set_libtorch(null()));
    status!(npe_set_log(None, null_mut()));
    status!(npe_find_faces(&image, &mut frame, 1, &mut n));
    status!(npe_model_find_faces(model, &image, &mut frame, 1, &mut n));
    status!(npe_encode(model, &image, &FRAME, &mut e));
    status!(npe_edit_copy(edit, &mut e));
    status!(npe_edit_get_frame(edit, &mut frame));
    status!(npe_edit_get_size(edit, &mut a, &mut b, &mut a));
    status!(npe_stroke(edit, &DAB, 1, &black(), None, null_mut(), null_mut(), 0));
    status!(npe_paint(edit, &image, NPE_MODE_COLOR, None, null_mut(), null_mut(), 0));
    status!(npe_end_guide(edit));
    status!(npe_follow(edit, &image, null(), NPE_MODE_COLOR, None, null_mut(), null_mut(), 0));
    status!(npe_strokes_save(edit, text.as_mut_ptr(), text.len(), &mut n));
    status!(npe_strokes_load(edit, text.as_ptr(), text.len(), None, null_mut()));
    status!(npe_decode(edit, null(), &out));
    status!(npe_decode_change(edit, null(), &out));
    status!(npe_changed_rect(edit, &mut rect));
    status!(npe_view_size(edit, NPE_VIEW_MASK, &mut a, &mut b));
    status!(npe_view(edit, NPE_VIEW_MASK, &out));
    status!(npe_undo(edit, &mut done));
    status!(npe_redo(edit, &mut done));
    status!(npe_get_undo_levels(edit, &mut n, &mut n));
    status!(npe_reset(edit));
    status!(npe_update(edit));
    status!(npe_sample(edit, 1));
    status!(npe_get_latents(edit, latents.as_mut_ptr(), 192, &mut n));
    status!(npe_set_latents(edit, latents.as_ptr(), 192));
    status!(npe_paint_latents(edit, 1.0, 1.0, 1.0, 1.0));
    status!(npe_model_get_attribute_count(model, &mut n));
    status!(npe_model_get_attribute_name(model, 0, &mut name));
    status!(npe_get_attribute(edit, c"smile".as_ptr(), &mut latents[0]));
    status!(npe_set_attribute(edit, c"smile".as_ptr(), 1.0));
    status!(npe_get_settings(edit, &mut settings, size_of::<npe_settings>()));
    status!(npe_set_settings(edit, &settings));
    // These answer no status: "" and nothing.
    assert_eq!(unsafe { *inside!(npe_version()) }, 0);
    assert_eq!(unsafe { *inside!(npe_status_text(NPE_OK)) }, 0);
    panic_next();
    assert_eq!(unsafe { *npe_last_error() }, 0);
    names.push("npe_last_error");
    inside!(npe_edit_free(edit));
    inside!(npe_model_free(model));

    // Nothing was written.
    assert!(m.is_null() && e.is_null() && name.is_null() && (n, a, b, done) == (77, 77, 77, 77));
    assert!(bytes.iter().all(|b| *b == 7) && latents.iter().all(|l| *l == 5.0));
    assert_eq!((frame.cx, rect.height, settings.struct_size, session.threads), (FRAME.cx, 4, 0, 0));
    names
}

#[test]
fn panics_stay_inside() {
    let _alone = ALONE.lock();
    let sample = sample();
    let model = model();
    let edit = edit(model, &sample);
    let mut names = panic_in_each(edit, model, &sample);
    names.sort_unstable();
    assert_eq!(names, include_str!("c/exports.txt").lines().collect::<Vec<_>>(), "an export was left out");
    // And everything still works.
    ok(stroke(edit, &[DAB]));
    assert!(decoded(edit, &sample) != sample.bytes);
    npe_edit_free(edit);
    npe_model_free(model);
}

#[test]
fn a_panic_prints_nothing() {
    // The test above once more in a process whose output can be seen.
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "panics_stay_inside", "--nocapture"])
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && out.contains("1 passed"), "{out}{err}");
    assert!(!err.contains("panicked") && !out.contains("panicked"), "{out}{err}");
}

#[test]
fn panics_of_the_engine_stay_inside_and_change_nothing() {
    let _alone = ALONE.lock();
    let sample = sample();
    for threads in [1, 3] {
        ok(npe_session_set_threads(threads));
        let model = model();
        let e = edit(model, &sample);
        ok(stroke(e, &[DAB]));
        let before = decoded(e, &sample);
        let strokes = |after: usize| {
            panic_in_pass(after);
            stroke(e, &[npe_dab { y: 150.0, ..DAB }])
        };
        let mut met = 0;
        // At the first pass of a stroke, in its midst, and so late that the last stroke ends well.
        for after in [0, 1, 2, 3, 5, 8, 13] {
            if strokes(after) == NPE_ERR_PANIC {
                met += 1;
                assert!(last_error().contains("inside a pass"), "{}", last_error());
                assert!(decoded(e, &sample) == before, "a stroke that panicked changed the edit");
            } else {
                panic_in_pass(usize::MAX);
                ok(unsafe { npe_undo(e, null_mut()) });
            }
        }
        assert!(met >= 4, "only {met} strokes panicked on {threads} threads");
        let mut other = null_mut();
        panic_in_pass(0);
        let status = unsafe { npe_encode(model, &sample.image(), &FRAME, &mut other) };
        assert_eq!((status, other), (NPE_ERR_PANIC, null_mut()));
        panic_in_pass(0);
        assert_eq!(npe_update(e), NPE_ERR_PANIC);
        ok(npe_update(e));
        ok(stroke(e, &[DAB]));
        npe_edit_free(e);
        npe_model_free(model);
    }
    ok(npe_session_set_threads(0));
}
