//! Calls with an edit, given wrong arguments: pixels out, latents, settings.

use super::*;

#[test]
fn decoding() {
    let w = World::new();
    let good = w.sample.image();
    // The photo, with canaries before and after it, and between its rows.
    let stride = good.stride + 5;
    let used = stride * (w.sample.height as usize - 1) + good.stride;
    let mut buffer = vec![0xa5_u8; used + 64];
    let data: *mut c_void = unsafe { buffer.as_mut_ptr().add(32) }.cast();
    let fits = npe_image { stride, data_size: used, ..good };
    let out = as_out(fits, data);
    for (image, status, words) in bad_images(good) {
        refused(unsafe { npe_decode(w.edit, null(), &as_out(image, data)) }, status, words);
    }
    let small = npe_image { width: 64, height: 64, stride: 192, data_size: 64 * 192, ..good };
    for (image, status, words) in bad_images(small) {
        refused(unsafe { npe_view(w.edit, 0, &as_out(image, data)) }, status, words);
    }
    for (width, height) in [(0, 0), (1, 1), (u32::MAX, u32::MAX), (good.width + 1, good.height)] {
        let image = npe_image_out { width, height, ..out };
        refused(unsafe { npe_decode(w.edit, null(), &image) }, NPE_ERR_INVALID_ARGUMENT, "must be the same");
        refused(unsafe { npe_view(w.edit, 0, &image) }, NPE_ERR_INVALID_ARGUMENT, "must be the same");
    }
    refused(unsafe { npe_decode(w.edit, null(), null()) }, NPE_ERR_NULL, "npe_image_out");
    for format in [NPE_FORMAT_GREY_U8, NPE_FORMAT_GREYA_F32] {
        let image = npe_image_out { format, stride: 1 << 13, data_size: usize::MAX >> 1, ..out };
        refused(unsafe { npe_decode(w.edit, null(), &image) }, NPE_ERR_INVALID_ARGUMENT, "in colour");
    }
    let max = u32::MAX;
    for (x, y, width, height) in [
        (0, 0, 0, 0),
        (0, 0, 0, 8),
        (max, 0, 2, 2),
        (0, max, 2, 2),
        (2, 2, max, max),
        (max, max, max, max),
        (1, 0, good.width, 8),
        (0, 1, 8, good.height),
        (good.width, 0, 1, 1),
    ] {
        let rect = npe_rect { x, y, width, height };
        let image = npe_image_out { width, height, ..out };
        refused(unsafe { npe_decode(w.edit, &rect, &image) }, NPE_ERR_INVALID_ARGUMENT, "the rectangle at");
    }
    w.bad_edits(|e| unsafe { npe_decode(e, null(), &out) });
    w.bad_edits(|e| unsafe { npe_view(e, 0, &out) });
    assert!(buffer.iter().all(|b| *b == 0xa5), "a refused call wrote pixels");
    ok(unsafe { npe_decode(w.edit, null(), &out) });
    let row = good.stride;
    for (i, byte) in buffer.iter().enumerate() {
        let at = i.wrapping_sub(32);
        let inside = at < used && at % stride < row;
        let expected = if inside { w.sample.bytes[at / stride * row + at % stride] } else { 0xa5 };
        assert_eq!(*byte, expected, "byte {i}");
    }

    let (mut a, mut b) = (77, 77);
    for view in [8, u32::MAX] {
        refused(unsafe { npe_view(w.edit, view, &out) }, NPE_ERR_INVALID_ARGUMENT, "NPE_VIEW_");
        refused(
            unsafe { npe_view_size(w.edit, view, &mut a, &mut b) },
            NPE_ERR_INVALID_ARGUMENT,
            "NPE_VIEW_",
        );
    }
    refused(unsafe { npe_view_size(w.edit, 0, null_mut(), &mut b) }, NPE_ERR_NULL, "width");
    refused(unsafe { npe_view_size(w.edit, 0, &mut a, null_mut()) }, NPE_ERR_NULL, "height");
    refused(unsafe { npe_changed_rect(w.edit, null_mut()) }, NPE_ERR_NULL, "rectangle");
    w.bad_edits(|e| unsafe { npe_view_size(e, 0, &mut 0, &mut 0) });
    w.bad_edits(|e| unsafe { npe_changed_rect(e, &mut npe_rect { x: 0, y: 0, width: 0, height: 0 }) });
    assert_eq!((a, b), (77, 77));
    for view in 0..8 {
        ok(unsafe { npe_view_size(w.edit, view, &mut a, &mut b) });
        let mut picture = vec![0; a as usize * b as usize * 16];
        let image = npe_image_out {
            data: picture.as_mut_ptr().cast(),
            data_size: picture.len(),
            width: a,
            height: b,
            stride: a as usize * 16,
            format: NPE_FORMAT_BGRA_F32,
            ..out
        };
        ok(unsafe { npe_view(w.edit, view, &image) });
        assert_eq!(picture[12..16], 1.0_f32.to_ne_bytes(), "missing alpha is opaque");
    }
}

#[test]
fn the_rest_of_an_edit() {
    let w = World::new();
    let canary: *mut npe_edit = std::ptr::without_provenance_mut(0xdead);
    let mut copy = canary;
    refused(unsafe { npe_edit_copy(w.edit, null_mut()) }, NPE_ERR_NULL, "place for the copy");
    w.bad_edits(|e| unsafe { npe_edit_copy(e, &mut null_mut()) });
    refused(unsafe { npe_edit_copy(null(), &mut copy) }, NPE_ERR_NULL, "the edit");
    assert_eq!(copy, canary);
    let (mut a, mut b, mut c) = (77, 77, 77);
    refused(unsafe { npe_edit_get_frame(w.edit, null_mut()) }, NPE_ERR_NULL, "frame");
    refused(unsafe { npe_edit_get_size(w.edit, null_mut(), &mut b, &mut c) }, NPE_ERR_NULL, "width");
    refused(unsafe { npe_edit_get_size(w.edit, &mut a, null_mut(), &mut c) }, NPE_ERR_NULL, "height");
    refused(unsafe { npe_edit_get_size(w.edit, &mut a, &mut b, null_mut()) }, NPE_ERR_NULL, "format");
    assert_eq!((a, b, c), (77, 77, 77));
    w.bad_edits(|e| unsafe { npe_edit_get_frame(e, &mut FRAME.clone()) });
    w.bad_edits(|e| unsafe { npe_edit_get_size(e, &mut 0, &mut 0, &mut 0) });
    w.bad_edits(|e| unsafe { npe_undo(e, null_mut()) });
    w.bad_edits(|e| unsafe { npe_redo(e, null_mut()) });
    w.bad_edits(|e| unsafe { npe_get_undo_levels(e, null_mut(), null_mut()) });
    w.bad_edits(|e| npe_reset(e));
    w.bad_edits(|e| npe_update(e));
    w.bad_edits(|e| npe_sample(e, 0));
    w.bad_edits(|e| npe_paint_latents(e, 1.0, 1.0, 1.0, 1.0));
    w.bad_edits(|e| unsafe { npe_get_latents(e, null_mut(), 0, &mut 0) });
    w.bad_edits(|e| unsafe { npe_set_latents(e, [0.0].as_ptr(), 1) });
    let mut undone = 77;
    ok(unsafe { npe_undo(w.edit, &mut undone) });
    assert_eq!(undone, 0, "there was nothing to undo");

    // Latents.
    let mut latents = [7.0_f32; 193];
    let mut count = 77_usize;
    let mut get = |to: *mut f32, capacity| unsafe { npe_get_latents(w.edit, to, capacity, &mut count) };
    refused(get(latents.as_mut_ptr(), 191), NPE_ERR_BUFFER_TOO_SMALL, "latents is 191; 192 are needed");
    refused(get(null_mut(), 192), NPE_ERR_NULL, "latents is NULL");
    assert!(count == 77 && latents[0] == 7.0);
    refused(unsafe { npe_get_latents(w.edit, latents.as_mut_ptr(), 192, null_mut()) }, NPE_ERR_NULL, "count");
    ok(unsafe { npe_get_latents(w.edit, latents.as_mut_ptr(), 193, &mut count) });
    assert!(count == 192 && latents[0] != 7.0 && latents[192] == 7.0);
    let set = |values: &[f32], count| unsafe { npe_set_latents(w.edit, values.as_ptr(), count) };
    refused(unsafe { npe_set_latents(w.edit, null(), 192) }, NPE_ERR_NULL, "latents is NULL");
    refused(set(&latents, 0), NPE_ERR_INVALID_ARGUMENT, "0 values given");
    refused(set(&latents, 191), NPE_ERR_INVALID_ARGUMENT, "191 values given");
    refused(set(&latents, 193), NPE_ERR_INVALID_ARGUMENT, "193 values given");
    refused(set(&latents, usize::MAX), NPE_ERR_LIMIT, "count of latents");
    for v in [NAN, INF, -INF, 33.0, -1e30] {
        latents[3] = v;
        refused(set(&latents, 192), NPE_ERR_INVALID_ARGUMENT, "3 is");
        refused(npe_paint_latents(w.edit, 0.5, 0.5, 1.0, v), NPE_ERR_INVALID_ARGUMENT, "latent");
    }
    for (x, y, radius) in [
        (NAN, 1.0, 1.0),
        (1.0, INF, 1.0),
        (1.0, 1.0, NAN),
        (1.0, 1.0, 0.0),
        (1.0, 1.0, -1.0),
        (99.0, 1.0, 1.0),
    ] {
        refused(npe_paint_latents(w.edit, x, y, radius, 1.0), NPE_ERR_INVALID_ARGUMENT, "latent tile");
    }

    // Settings.
    let size = size_of::<npe_settings>();
    let mut good = unsafe { std::mem::zeroed::<npe_settings>() };
    w.bad_edits(|e| unsafe { npe_get_settings(e, &mut std::mem::zeroed(), size) });
    refused(unsafe { npe_get_settings(w.edit, null_mut(), size) }, NPE_ERR_NULL, "npe_settings");
    for wrong in [0, 1, usize::MAX] {
        let status = unsafe { npe_get_settings(w.edit, &mut good, wrong) };
        refused(status, NPE_ERR_INVALID_ARGUMENT, "sizeof(npe_settings)");
    }
    assert_eq!((good.struct_size, good.steps), (0, 0));
    ok(unsafe { npe_get_settings(w.edit, &mut good, size) });
    w.bad_edits(|e| unsafe { npe_set_settings(e, &good) });
    refused(unsafe { npe_set_settings(w.edit, null()) }, NPE_ERR_NULL, "npe_settings");
    let mut bad = vec![
        (npe_settings { struct_size: 0, ..good }, "sizeof(npe_settings)"),
        (npe_settings { struct_size: usize::MAX, ..good }, "sizeof(npe_settings)"),
        (npe_settings { solver: 2, ..good }, "NPE_SOLVER_"),
        (npe_settings { steps: 0, ..good }, "steps is 0"),
        (npe_settings { steps: 1001, ..good }, "steps is 1001"),
        (npe_settings { reserved: 1, ..good }, "reserved"),
        (npe_settings { mask: 8.1, ..good }, "mask is 8.1"),
    ];
    for v in [NAN, INF, -0.1, 9.0] {
        bad.push((npe_settings { strength: v, ..good }, "strength is"));
        bad.push((npe_settings { freedom: v, ..good }, "freedom is"));
        bad.push((npe_settings { mask: v, ..good }, "mask is"));
        bad.push((npe_settings { detail: v, ..good }, "detail is"));
        bad.push((npe_settings { locality: v, ..good }, "locality is"));
    }
    // All or none: the good part of a bad set is not taken over.
    for (settings, words) in bad {
        let settings =
            npe_settings { mask: if settings.mask == good.mask { 1.0 } else { settings.mask }, ..settings };
        refused(unsafe { npe_set_settings(w.edit, &settings) }, NPE_ERR_INVALID_ARGUMENT, words);
    }
    let mut after = good;
    ok(unsafe { npe_get_settings(w.edit, &mut after, size) });
    assert_eq!((after.mask, after.strength, after.steps), (good.mask, good.strength, good.steps));
}
