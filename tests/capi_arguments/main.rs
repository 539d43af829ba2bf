//! Every pointer and every size of the C interface, wrong in every way that can be told: each call answers the right
//! status and a sentence, writes nothing, and leaves the objects usable.

#![allow(clippy::undocumented_unsafe_blocks)] // what is wrong here is refused before it is followed; the rest is ours

#[path = "../capi_common/mod.rs"]
mod capi_common;
mod edits;

use capi_common::host::as_out;
use capi_common::world::{World, bad_images, refused};
use capi_common::*;
use npe::capi::*;
use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;

#[test]
fn loading() {
    let w = World::new();
    let canary: *mut npe_model = std::ptr::without_provenance_mut(0xdead);
    let mut model = canary;
    refused(unsafe { npe_load(null(), None, null_mut(), null_mut()) }, NPE_ERR_NULL, "place for the model");
    let good = npe_load_options { struct_size: size_of::<npe_load_options>(), path: null(), device: null() };
    let mut load = |o: npe_load_options| unsafe { npe_load(&o, None, null_mut(), &mut model) };
    for struct_size in [0, 1, good.struct_size - 1, 4097, usize::MAX] {
        let status = load(npe_load_options { struct_size, ..good });
        refused(status, NPE_ERR_INVALID_ARGUMENT, "set it to sizeof(npe_load_options)");
    }
    for (path, status, words) in [
        (c"/nowhere/at/all", NPE_ERR_IO, "/nowhere/at/all"),
        (c"", NPE_ERR_IO, "can't be read"),
        (c"/", NPE_ERR_IO, "/"),
    ] {
        let got = load(npe_load_options { path: path.as_ptr(), ..good });
        assert!(got == status || got == NPE_ERR_MODEL, "{path:?}: {got} {}", last_error());
        assert!(last_error().contains(words), "{}", last_error());
    }
    for (device, status) in [
        (c"", NPE_ERR_INVALID_ARGUMENT),
        (c"quantum", NPE_ERR_INVALID_ARGUMENT),
        (c"cuda:99", NPE_ERR_DEVICE),
        (c"\xff", NPE_ERR_INVALID_ARGUMENT),
    ] {
        refused(load(npe_load_options { device: device.as_ptr(), ..good }), status, "device");
    }
    // Where there is no libtorch the folder is taken, and the load says what it lacks.
    ok(unsafe { npe_session_set_libtorch(c"/no/such/folder".as_ptr()) });
    let status = load(npe_load_options { device: c"cpu-torch".as_ptr(), ..good });
    refused(status, NPE_ERR_DEVICE, "/no/such/folder, has no libtorch_cpu.so");
    ok(unsafe { npe_session_set_libtorch(null()) });
    // A struct of a later version: fine while what npe does not know is 0.
    let mut later = [0_usize; 8];
    (later[0], later[5]) = (size_of_val(&later), 1);
    let status = unsafe { npe_load(later.as_ptr().cast(), None, null_mut(), &mut model) };
    refused(status, NPE_ERR_INVALID_ARGUMENT, "this npe does not know");
    assert_eq!(model, canary, "a refused load wrote its result");
    later[5] = 0;
    ok(unsafe { npe_load(later.as_ptr().cast(), None, null_mut(), &mut model) });
    npe_model_free(model);

    let mut info = [0x55_u8; size_of::<npe_model_info>() + 8];
    let p: *mut npe_model_info = info.as_mut_ptr().cast();
    let size = size_of::<npe_model_info>();
    for wrong in [0, 1, size - 1, 4097, usize::MAX] {
        let status = unsafe { npe_model_get_info(w.model, p, wrong) };
        refused(status, NPE_ERR_INVALID_ARGUMENT, "sizeof(npe_model_info)");
    }
    refused(unsafe { npe_model_get_info(w.model, null_mut(), size) }, NPE_ERR_NULL, "npe_model_info");
    refused(unsafe { npe_model_get_info(null(), p, size) }, NPE_ERR_NULL, "the model is NULL");
    refused(unsafe { npe_model_get_info(w.freed_model, p, size) }, NPE_ERR_HANDLE, "freed already");
    refused(unsafe { npe_model_get_info(w.edit.cast(), p, size) }, NPE_ERR_HANDLE, "is of kind edit");
    assert!(info.iter().all(|b| *b == 0x55));
    ok(unsafe { npe_model_get_info(w.model, p, size + 4) });
    assert_eq!(
        info[size..],
        [0, 0, 0, 0, 0x55, 0x55, 0x55, 0x55],
        "unknown fields become 0, what is beyond stays"
    );

    let mut session = [0x55_u8; size_of::<npe_session_info>()];
    let p: *mut npe_session_info = session.as_mut_ptr().cast();
    for wrong in [0, 1, usize::MAX] {
        refused(
            unsafe { npe_session_get_info(p, wrong) },
            NPE_ERR_INVALID_ARGUMENT,
            "sizeof(npe_session_info)",
        );
    }
    refused(unsafe { npe_session_get_info(null_mut(), 0) }, NPE_ERR_NULL, "npe_session_info");
    assert!(session.iter().all(|b| *b == 0x55));
    refused(npe_session_set_threads(65), NPE_ERR_LIMIT, "65 threads");
    refused(npe_session_set_threads(u32::MAX), NPE_ERR_LIMIT, "4294967295 threads");
    // Freeing what is not there says so and does no harm.
    npe_model_free(w.freed_model);
    assert!(last_error().contains("the model was freed already"));
    npe_edit_free(w.model.cast());
    assert!(last_error().contains("is of kind model"));
}

#[test]
fn photos_and_frames() {
    let w = World::new();
    let good = w.sample.image();
    let canary: *mut npe_edit = std::ptr::without_provenance_mut(0xdead);
    let mut e = canary;
    let mut frames = [npe_frame { cx: -7.0, ..FRAME }; 2];
    let mut count = 77_usize;
    let mut images = bad_images(good);
    for (width, height) in [
        (0, 8),
        (8, 0),
        (7, 8),
        (u32::MAX, 8),
        (8, u32::MAX),
        (32_769, 8),
        (32_768, 8_193),
        (u32::MAX, u32::MAX),
    ] {
        images.push((npe_image { width, height, ..good }, NPE_ERR_LIMIT, "pixels"));
    }
    let floats = [0.5_f32, NAN, 0.5, 0.5].repeat(64);
    images.push((
        npe_image {
            data: floats.as_ptr().cast(),
            data_size: floats.len() * 4,
            width: 8,
            height: 8,
            stride: 96,
            format: NPE_FORMAT_RGB_F32,
            ..good
        },
        NPE_ERR_PHOTO,
        "not a finite number",
    ));
    for (image, status, words) in &images {
        refused(unsafe { npe_encode(w.model, image, &FRAME, &mut e) }, *status, words);
        refused(unsafe { npe_find_faces(image, frames.as_mut_ptr(), 2, &mut count) }, *status, words);
        refused(
            unsafe { npe_paint(w.edit, image, NPE_MODE_COLOR, None, null_mut(), null_mut(), 0) },
            *status,
            words,
        );
    }
    refused(unsafe { npe_encode(w.model, null(), &FRAME, &mut e) }, NPE_ERR_NULL, "npe_image is NULL");
    refused(unsafe { npe_encode(w.model, &good, &FRAME, null_mut()) }, NPE_ERR_NULL, "place for the edit");
    refused(unsafe { npe_encode(null(), &good, &FRAME, &mut e) }, NPE_ERR_NULL, "the model is NULL");
    refused(unsafe { npe_encode(w.freed_model, &good, &FRAME, &mut e) }, NPE_ERR_HANDLE, "freed already");
    refused(unsafe { npe_encode(w.edit.cast(), &good, &FRAME, &mut e) }, NPE_ERR_HANDLE, "of kind edit");
    for (frame, status, words) in [
        (npe_frame { cx: f64::NAN, ..FRAME }, NPE_ERR_INVALID_ARGUMENT, "not a finite number"),
        (npe_frame { cy: f64::INFINITY, ..FRAME }, NPE_ERR_INVALID_ARGUMENT, "not a finite number"),
        (npe_frame { angle: f64::NAN, ..FRAME }, NPE_ERR_INVALID_ARGUMENT, "not a finite number"),
        (npe_frame { side: 0.0, ..FRAME }, NPE_ERR_LIMIT, "side is 0"),
        (npe_frame { side: -9.0, ..FRAME }, NPE_ERR_LIMIT, "side is -9"),
        (npe_frame { side: f64::MAX, ..FRAME }, NPE_ERR_LIMIT, "side is"),
        (npe_frame { cx: -1.0, ..FRAME }, NPE_ERR_INVALID_ARGUMENT, "outside the photo"),
        (npe_frame { cy: 1e300, ..FRAME }, NPE_ERR_INVALID_ARGUMENT, "outside the photo"),
    ] {
        refused(unsafe { npe_encode(w.model, &good, &frame, &mut e) }, status, words);
    }
    // A photo without a face.
    let grey = vec![128_u8; 64 * 64 * 3];
    let plain = npe_image {
        data: grey.as_ptr().cast(),
        data_size: grey.len(),
        width: 64,
        height: 64,
        stride: 192,
        ..good
    };
    refused(unsafe { npe_encode(w.model, &plain, null(), &mut e) }, NPE_ERR_NO_FACE, "npe_frame");
    refused(
        unsafe { npe_paint(w.edit, &plain, 0, None, null_mut(), null_mut(), 0) },
        NPE_ERR_INVALID_ARGUMENT,
        "must be the same",
    );
    refused(unsafe { npe_find_faces(null(), frames.as_mut_ptr(), 2, &mut count) }, NPE_ERR_NULL, "npe_image");
    refused(unsafe { npe_find_faces(&good, null_mut(), 1, &mut count) }, NPE_ERR_NULL, "frames is NULL");
    refused(
        unsafe { npe_find_faces(&good, frames.as_mut_ptr(), 2, null_mut()) },
        NPE_ERR_NULL,
        "count of frames",
    );
    assert!(e == canary && count == 77 && frames[0].cx == -7.0, "a refused call wrote a result");
    // Counting only, and no more written than there is room for.
    ok(unsafe { npe_find_faces(&good, null_mut(), 0, &mut count) });
    assert_eq!(count, 1);
    ok(unsafe { npe_find_faces(&good, frames.as_mut_ptr(), usize::MAX, &mut count) });
    assert!(frames[0].cx > 0.0 && frames[1].cx == -7.0);
    w.bad_edits(|e| unsafe { npe_paint(e, &good, 0, None, null_mut(), null_mut(), 0) });
    refused(
        unsafe { npe_paint(w.edit, null(), 0, None, null_mut(), null_mut(), 0) },
        NPE_ERR_NULL,
        "npe_image is NULL",
    );
}

#[test]
fn strokes() {
    let w = World::new();
    let canary = npe_stroke_report {
        loss_before: -7.0,
        loss_after: -7.0,
        brush_before: -7.0,
        brush_after: -7.0,
        steps: 7,
    };
    let mut report = canary;
    let size = size_of::<npe_stroke_report>();
    let mut call = |edit, dabs: *const npe_dab, count, options: *const npe_stroke_options, size| unsafe {
        npe_stroke(edit, dabs, count, options, None, null_mut(), &mut report, size)
    };
    let black = black();
    refused(call(w.edit, null(), 1, &black, size), NPE_ERR_NULL, "dabs is NULL");
    refused(call(w.edit, &DAB, 0, &black, size), NPE_ERR_INVALID_ARGUMENT, "no dabs");
    for count in [65_537, usize::MAX, usize::MAX / 20 + 1] {
        refused(call(w.edit, &DAB, count, &black, size), NPE_ERR_LIMIT, "at most 65536");
    }
    refused(call(w.edit, &DAB, 1, null(), size), NPE_ERR_NULL, "npe_stroke_options is NULL");
    for struct_size in [0, 1, usize::MAX] {
        let options = npe_stroke_options { struct_size, ..black };
        refused(
            call(w.edit, &DAB, 1, &options, size),
            NPE_ERR_INVALID_ARGUMENT,
            "sizeof(npe_stroke_options)",
        );
    }
    for mode in [4, u32::MAX] {
        let options = npe_stroke_options { mode, ..black };
        refused(call(w.edit, &DAB, 1, &options, size), NPE_ERR_INVALID_ARGUMENT, "NPE_MODE_");
    }
    for c in [NAN, INF, -INF, -0.1, 1.1] {
        let options = npe_stroke_options { color: [0.0, c, 0.0], ..black };
        refused(call(w.edit, &DAB, 1, &options, size), NPE_ERR_INVALID_ARGUMENT, "colour");
    }
    for wrong in [0, 1, size - 1, usize::MAX] {
        refused(call(w.edit, &DAB, 1, &black, wrong), NPE_ERR_INVALID_ARGUMENT, "sizeof(npe_stroke_report)");
    }
    for v in [NAN, INF, -INF, f32::MAX] {
        for dab in [npe_dab { x: v, ..DAB }, npe_dab { y: v, ..DAB }, npe_dab { radius: v, ..DAB }] {
            refused(call(w.edit, &dab, 1, &black, size), NPE_ERR_INVALID_ARGUMENT, "dab 0");
        }
    }
    for v in [NAN, INF, -0.1, 1.1] {
        for dab in [npe_dab { hardness: v, ..DAB }, npe_dab { pressure: v, ..DAB }] {
            refused(call(w.edit, &dab, 1, &black, size), NPE_ERR_INVALID_ARGUMENT, "dab 0");
        }
    }
    for radius in [0.0, -1.0] {
        refused(
            call(w.edit, &npe_dab { radius, ..DAB }, 1, &black, size),
            NPE_ERR_INVALID_ARGUMENT,
            "radius",
        );
    }
    let beside = npe_dab { x: 500.0, y: 500.0, ..DAB };
    refused(call(w.edit, &beside, 1, &black, size), NPE_ERR_INVALID_ARGUMENT, "touches nothing");
    let null_report = unsafe { npe_stroke(w.edit, &DAB, 1, &black, None, null_mut(), null_mut(), size) };
    refused(null_report, NPE_ERR_NULL, "npe_stroke_report");
    assert_eq!(
        (report.loss_before, report.steps),
        (canary.loss_before, 7),
        "a refused stroke wrote its report"
    );
    w.bad_edits(|e| stroke(e, &[DAB]));

    // Stroke files.
    let load =
        |text: &[u8]| unsafe { npe_strokes_load(w.edit, text.as_ptr().cast(), text.len(), None, null_mut()) };
    refused(
        unsafe { npe_strokes_load(w.edit, null(), 0, None, null_mut()) },
        NPE_ERR_NULL,
        "the text is NULL",
    );
    let long = unsafe { npe_strokes_load(w.edit, c"{}".as_ptr(), usize::MAX, None, null_mut()) };
    refused(long, NPE_ERR_LIMIT, "the text");
    refused(load(b""), NPE_ERR_STROKE_FILE, "can't be read");
    refused(load(b"{}"), NPE_ERR_STROKE_FILE, "format");
    refused(load(b"\xff\xfe"), NPE_ERR_INVALID_ARGUMENT, "not UTF-8");
    refused(load(&[b'['; 100_000]), NPE_ERR_STROKE_FILE, "can't be read");
    // The handle is looked at first: the text need not be good.
    w.bad_edits(|e| unsafe { npe_strokes_load(e, c"x".as_ptr(), 1, None, null_mut()) });
    let mut text = [0x55 as c_char; 4096];
    let mut length = 77_usize;
    let mut save = |to: *mut c_char, capacity| unsafe { npe_strokes_save(w.edit, to, capacity, &mut length) };
    refused(save(text.as_mut_ptr(), 1), NPE_ERR_BUFFER_TOO_SMALL, "the capacity of the text is 1;");
    refused(save(null_mut(), 1), NPE_ERR_NULL, "the text is NULL");
    assert!(length == 77 && text[0] == 0x55);
    refused(unsafe { npe_strokes_save(w.edit, text.as_mut_ptr(), 9, null_mut()) }, NPE_ERR_NULL, "count");
    ok(unsafe { npe_strokes_save(w.edit, null_mut(), 0, &mut length) });
    let needed = length + 1;
    ok(unsafe { npe_strokes_save(w.edit, text.as_mut_ptr(), needed, &mut length) });
    assert!(
        text[length] == 0 && text[length - 1] != 0 && text[needed] == 0x55,
        "one byte too many or too few"
    );
    w.bad_edits(|e| unsafe { npe_strokes_save(e, null_mut(), 0, &mut 0) });
}

#[test]
fn every_status_has_its_text() {
    let text = |s| unsafe { std::ffi::CStr::from_ptr(npe_status_text(s)) }.to_str().unwrap();
    let mut texts: Vec<&str> = (NPE_OK..=NPE_ERR_PANIC).map(text).collect();
    assert!(texts.iter().all(|t| t.len() > 5 && !t.contains("not a status")));
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), 17);
    for unknown in [-1, 17, i32::MAX, i32::MIN] {
        assert_eq!(text(unknown), "not a status of this npe");
    }
}
