//! The wall around the exports: threads do not disturb each other, nothing is done on an edit in use, a refused model leaves the
//! one before in use. For panics see `capi_panics`.

#![allow(clippy::undocumented_unsafe_blocks)] // every pointer here is one of this test's own, alive and of its type

mod capi_common;

use capi_common::*;
use npe::capi::*;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering};

extern "C" fn stop(_: f32, _: *mut c_void) -> i32 {
    0
}

#[test]
fn threads_with_edits_of_their_own_do_not_disturb_each_other() {
    let sample = sample();
    let model = model() as usize;
    let alone = {
        let e = edit(model as *const npe_model, &sample);
        ok(stroke(e, &[DAB]));
        let result = decoded(e, &sample);
        npe_edit_free(e);
        result
    };
    std::thread::scope(|s| {
        for i in 0..4 {
            let (sample, alone) = (&sample, &alone);
            s.spawn(move || {
                let e = edit(model as *const npe_model, sample);
                for _ in 0..2 {
                    // Errors are per thread.
                    let pressure = 2.0 + i as f32;
                    assert_eq!(stroke(e, &[npe_dab { pressure, ..DAB }]), NPE_ERR_INVALID_ARGUMENT);
                    ok(stroke(e, &[DAB]));
                    assert!(decoded(e, sample) == *alone, "thread {i}");
                    ok(unsafe { npe_undo(e, null_mut()) });
                    assert!(last_error().contains(&format!("pressure {pressure};")), "{}", last_error());
                }
                npe_edit_free(e);
            });
        }
    });
    // Reading one edit from several threads is allowed.
    let e = edit(model as *const npe_model, &sample) as usize;
    std::thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| assert!(decoded(e as *const npe_edit, &sample) == sample.bytes));
        }
    });
    npe_edit_free(e as *mut npe_edit);
    npe_model_free(model as *mut npe_model);
}

#[test]
fn an_edit_in_use_answers_busy_and_cancelling_leaves_it_as_it_was() {
    let sample = sample();
    let model = model();
    let mut e = edit(model, &sample);
    extern "C" fn reenter(_: f32, edit: *mut c_void) -> i32 {
        let edit = unsafe { *edit.cast::<*mut npe_edit>() };
        let mut rect = npe_rect { x: 0, y: 0, width: 0, height: 0 };
        assert_eq!(unsafe { npe_changed_rect(edit, &mut rect) }, NPE_ERR_BUSY);
        assert!(last_error().contains("being changed by another call"));
        1
    }
    let user: *mut c_void = (&raw mut e).cast();
    ok(unsafe { npe_stroke(e, &DAB, 1, &black(), Some(reenter), user, null_mut(), 0) });
    let after = decoded(e, &sample);
    let cancelled = unsafe { npe_stroke(e, &DAB, 1, &black(), Some(stop), null_mut(), null_mut(), 0) };
    assert_eq!(cancelled, NPE_ERR_CANCELLED);
    assert!(last_error().contains("cancelled"));
    assert!(decoded(e, &sample) == after);
    // Freed while a call is inside: the call ends well, the handle is gone after it.
    extern "C" fn free(_: f32, edit: *mut c_void) -> i32 {
        npe_edit_free(unsafe { *edit.cast::<*mut npe_edit>() });
        1
    }
    ok(unsafe { npe_stroke(e, &DAB, 1, &black(), Some(free), user, null_mut(), 0) });
    assert_eq!(npe_reset(e), NPE_ERR_HANDLE);
    npe_model_free(model);
}

#[test]
fn a_failing_call_inside_the_log_callback_leaves_the_outer_sentence() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn hear(level: i32, message: *const c_char, user: *mut c_void) {
        let message = unsafe { CStr::from_ptr(message) }.to_str().unwrap();
        // Other tests run in this process and are heard too.
        if level == NPE_LOG_ERROR && message.contains("4242 threads") {
            assert_eq!(npe_session_set_threads(77), NPE_ERR_LIMIT);
            assert!(last_error().contains("77 threads") && user.is_null());
            CALLS.fetch_add(1, Ordering::Relaxed);
        }
    }
    ok(npe_set_log(Some(hear), null_mut()));
    assert_eq!(npe_session_set_threads(4242), NPE_ERR_LIMIT);
    let sentence = last_error();
    ok(npe_set_log(None, null_mut()));
    assert_eq!(CALLS.load(Ordering::Relaxed), 1, "the callback was not called");
    assert!(sentence.contains("4242 threads"), "{sentence}");
}

#[test]
fn a_refused_model_leaves_the_one_before_in_use() {
    let sample = sample();
    let model = model();
    let e = edit(model, &sample);
    let good = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/faces.safetensors")).unwrap();
    let mut flipped = good.clone();
    flipped[12] ^= 0x40;
    let cases: [(&str, &[u8]); 5] = [
        ("cut", &good[..good.len() - 1]),
        ("empty", &[]),
        ("flipped", &flipped),
        ("pickle", b"\x80\x02}q\x00."),
        ("zip", b"PK\x03\x04 archive"),
    ];
    for (name, bytes) in cases {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wall-{name}.safetensors"));
        std::fs::write(&path, bytes).unwrap();
        let path = CString::new(path.to_str().unwrap()).unwrap();
        let options = npe_load_options {
            struct_size: size_of::<npe_load_options>(),
            path: path.as_ptr(),
            device: null(),
        };
        let mut refused = null_mut();
        assert_eq!(unsafe { npe_load(&options, None, null_mut(), &mut refused) }, NPE_ERR_MODEL, "{name}");
        assert!(refused.is_null() && last_error().len() > 20, "{name}: {}", last_error());
    }
    ok(stroke(e, &[DAB]));
    let again = edit(model, &sample);
    npe_edit_free(again);
    npe_edit_free(e);
    npe_model_free(model);
}
