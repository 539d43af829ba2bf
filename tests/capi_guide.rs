//! Painting live through the C interface: a guide that is followed, and the change as a layer.

#![allow(clippy::undocumented_unsafe_blocks)] // what is wrong here is refused before it is followed; the rest is ours

mod capi_common;

use capi_common::host::as_out;
use capi_common::world::{World, bad_images, refused};
use capi_common::*;
use npe::capi::*;
use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};

const SIZE: usize = size_of::<npe_stroke_report>();

/// A guide of 256×256 pixels over the face frame.
struct Guide {
    pixels: Vec<u8>,
}

const PLACE: npe_placement = npe_placement { x: 134.0, y: 28.0, width: 180.0, height: 180.0 };

impl Guide {
    fn new() -> Self {
        Self { pixels: vec![0; 256 * 256 * 4] }
    }

    /// Paints a rectangle (left, top, right, bottom) of the guide.
    fn paint(mut self, [left, top, right, bottom]: [usize; 4], colour: [u8; 4]) -> Self {
        for y in top..bottom {
            for x in left..right {
                self.pixels[(y * 256 + x) * 4..][..4].copy_from_slice(&colour);
            }
        }
        self
    }

    fn hair(self) -> Self {
        self.paint([100, 40, 160, 60], [20, 18, 16, 255])
    }

    fn mouth(self) -> Self {
        self.paint([108, 204, 148, 214], [244, 240, 236, 255])
    }

    fn image(&self) -> npe_image {
        npe_image {
            struct_size: size_of::<npe_image>(),
            data: self.pixels.as_ptr().cast(),
            data_size: self.pixels.len(),
            width: 256,
            height: 256,
            stride: 1024,
            format: NPE_FORMAT_RGBA_U8,
            reserved: 0,
        }
    }

    fn followed(&self, edit: *mut npe_edit) -> npe_stroke_report {
        let mut report = canary();
        ok(unsafe {
            npe_follow(edit, &self.image(), &PLACE, NPE_MODE_COLOR, None, null_mut(), &mut report, SIZE)
        });
        report
    }
}

fn canary() -> npe_stroke_report {
    npe_stroke_report { loss_before: -7.0, loss_after: -7.0, brush_before: -7.0, brush_after: -7.0, steps: 7 }
}

fn levels(edit: *const npe_edit) -> (usize, usize) {
    let (mut undo, mut redo) = (77, 77);
    ok(unsafe { npe_get_undo_levels(edit, &mut undo, &mut redo) });
    (undo, redo)
}

#[test]
fn a_guide_is_followed_saved_and_followed_on() {
    let sample = sample();
    let model = model();
    let e = edit(model, &sample);
    ok(stroke(e, &[DAB]));
    let mut live = null_mut();
    ok(unsafe { npe_edit_copy(e, &mut live) });
    let report = Guide::new().hair().followed(live);
    assert!(report.steps > 0 && report.brush_after < report.brush_before, "{}", report.brush_after);
    let hair = decoded(live, &sample);
    assert!(hair != decoded(e, &sample));
    Guide::new().hair().mouth().followed(live);
    let (both, steps) = (decoded(live, &sample), Guide::new().hair().mouth().followed(live).steps);
    assert!(both != hair && steps == 0);
    assert_eq!(levels(live), (3, 0));

    // Saved, opened again: nothing is worked out twice, and what is erased goes.
    let mut text = vec![0 as c_char; 1 << 20];
    let mut length = 0;
    ok(unsafe { npe_strokes_save(live, text.as_mut_ptr(), text.len(), &mut length) });
    let again = edit(model, &sample);
    ok(unsafe { npe_strokes_load(again, text.as_ptr(), length, None, null_mut()) });
    assert!(decoded(again, &sample) == both);
    assert_eq!(Guide::new().hair().mouth().followed(again).steps, 0);
    Guide::new().hair().followed(again);
    assert!(decoded(again, &sample) == hair);
    assert_eq!(Guide::new().followed(again).steps, 0);
    assert!(decoded(again, &sample) == decoded(e, &sample));
    assert_eq!(levels(again), (1, 0));

    // Without a placement the guide covers the photo.
    let mut whole = null_mut();
    ok(unsafe { npe_edit_copy(e, &mut whole) });
    let dot = [0_u8, 0, 0, 255];
    let one = npe_image {
        data: dot.as_ptr().cast(),
        data_size: 4,
        width: 1,
        height: 1,
        stride: 4,
        ..Guide::new().image()
    };
    ok(unsafe { npe_follow(whole, &one, null(), NPE_MODE_DARKEN, None, null_mut(), null_mut(), 0) });
    assert_eq!(levels(whole), (2, 0));
    for e in [e, live, again, whole] {
        npe_edit_free(e);
    }
    npe_model_free(model);
}

extern "C" fn stop(_: f32, _: *mut c_void) -> i32 {
    0
}

#[test]
fn a_wrong_guide_is_refused() {
    let w = World::new();
    let guide = Guide::new().hair();
    let good = guide.image();
    let mut report = canary();
    let mut follow = |edit, guide: *const npe_image, place: *const npe_placement, mode, size| unsafe {
        npe_follow(edit, guide, place, mode, None, null_mut(), &mut report, size)
    };
    for (image, status, words) in bad_images(good) {
        refused(follow(w.edit, &image, &PLACE, 0, SIZE), status, words);
    }
    refused(follow(w.edit, null(), &PLACE, 0, SIZE), NPE_ERR_NULL, "npe_image is NULL");
    for (width, height) in [(0, 8), (8, 0), (32_769, 8), (u32::MAX, u32::MAX)] {
        let image = npe_image { width, height, ..good };
        refused(follow(w.edit, &image, &PLACE, 0, SIZE), NPE_ERR_LIMIT, "the painted layer is");
    }
    let opaque = npe_image { format: NPE_FORMAT_RGB_U8, ..good };
    refused(follow(w.edit, &opaque, &PLACE, 0, SIZE), NPE_ERR_PHOTO, "no alpha channel");
    let nan = vec![f32::NAN; 8 * 8 * 4];
    let nan = npe_image {
        data: nan.as_ptr().cast(),
        data_size: 1024,
        width: 8,
        height: 8,
        stride: 128,
        format: NPE_FORMAT_RGBA_F32,
        ..good
    };
    refused(follow(w.edit, &nan, &PLACE, 0, SIZE), NPE_ERR_PHOTO, "not a finite number");
    for v in [f64::NAN, f64::INFINITY, 1e9, -1e9] {
        for place in [
            npe_placement { x: v, ..PLACE },
            npe_placement { y: v, ..PLACE },
            npe_placement { width: v, ..PLACE },
            npe_placement { height: v, ..PLACE },
        ] {
            refused(follow(w.edit, &good, &place, 0, SIZE), NPE_ERR_INVALID_ARGUMENT, "the layer's place is");
        }
    }
    for mode in [4, u32::MAX] {
        refused(follow(w.edit, &good, &PLACE, mode, SIZE), NPE_ERR_INVALID_ARGUMENT, "NPE_MODE_");
    }
    for size in [0, 1, SIZE - 1, usize::MAX] {
        refused(
            follow(w.edit, &good, &PLACE, 0, size),
            NPE_ERR_INVALID_ARGUMENT,
            "sizeof(npe_stroke_report)",
        );
    }
    assert!(report.steps == 7 && report.loss_before == -7.0, "a refused call wrote its report");
    w.bad_edits(|e| npe_end_guide(e));
    w.bad_edits(|e| unsafe { npe_follow(e, &good, &PLACE, 0, None, null_mut(), null_mut(), 0) });
    let stopped = unsafe { npe_follow(w.edit, &good, &PLACE, 0, Some(stop), null_mut(), null_mut(), 0) };
    refused(stopped, NPE_ERR_CANCELLED, "cancelled");
    assert_eq!(levels(w.edit), (0, 0));
}

/// Laid over the photo by the layer's alpha, which is all or nothing here.
fn over(photo: &[u8], layer: &[u8]) -> Vec<u8> {
    let pixels = photo.chunks(3).zip(layer.chunks(4));
    pixels.flat_map(|(p, l)| if l[3] == 0 { [p[0], p[1], p[2]] } else { [l[0], l[1], l[2]] }).collect()
}

#[test]
fn the_change_is_a_layer_over_the_photo() {
    let w = World::new();
    let mut e = null_mut();
    ok(unsafe { npe_edit_copy(w.edit, &mut e) });
    let (width, height) = (w.sample.width, w.sample.height);
    let mut bytes = vec![0xa5_u8; width as usize * height as usize * 16];
    let data: *mut c_void = bytes.as_mut_ptr().cast();
    let good = npe_image {
        data_size: width as usize * height as usize * 4,
        stride: width as usize * 4,
        format: NPE_FORMAT_RGBA_U8,
        ..w.sample.image()
    };
    for (image, status, words) in bad_images(good) {
        refused(unsafe { npe_decode_change(e, null(), &as_out(image, data)) }, status, words);
    }
    for format in [NPE_FORMAT_RGB_U8, NPE_FORMAT_GREY_U8, NPE_FORMAT_RGB_F32] {
        let image = npe_image { format, stride: 1 << 13, data_size: usize::MAX >> 1, ..good };
        let status = unsafe { npe_decode_change(e, null(), &as_out(image, data)) };
        refused(status, NPE_ERR_INVALID_ARGUMENT, "has no alpha");
    }
    let grey = npe_image { format: NPE_FORMAT_GREYA_U8, ..good };
    let status = unsafe { npe_decode_change(e, null(), &as_out(grey, data)) };
    refused(status, NPE_ERR_INVALID_ARGUMENT, "in colour");
    refused(unsafe { npe_decode_change(e, null(), null()) }, NPE_ERR_NULL, "npe_image_out");
    let outside = npe_rect { x: 1, y: 0, width, height };
    let status = unsafe { npe_decode_change(e, &outside, &as_out(good, data)) };
    refused(status, NPE_ERR_INVALID_ARGUMENT, "the rectangle at");
    w.bad_edits(|e| unsafe { npe_decode_change(e, null(), &as_out(good, data)) });
    assert!(bytes.iter().all(|b| *b == 0xa5), "a refused call wrote pixels");

    let pixels = width as usize * height as usize * 4;
    ok(unsafe { npe_decode_change(e, null(), &as_out(good, data)) });
    assert!(bytes[..pixels].iter().all(|b| *b == 0), "nothing is changed yet");
    Guide::new().hair().mouth().followed(e);
    ok(unsafe { npe_decode_change(e, null(), &as_out(good, data)) });
    let result = decoded(e, &w.sample);
    assert!(over(&w.sample.bytes, &bytes[..pixels]) == result && result != w.sample.bytes);
    assert!(bytes[pixels..].iter().all(|b| *b == 0xa5));

    // Other orders and types of the same: exact where they hold a byte.
    let rgba = bytes[..pixels].to_vec();
    let other = |format, stride, bytes: &mut [u8]| {
        let image = npe_image { format, stride, data_size: bytes.len(), ..good };
        ok(unsafe { npe_decode_change(e, null(), &as_out(image, bytes.as_mut_ptr().cast())) });
    };
    other(NPE_FORMAT_BGRA_U8, good.stride, &mut bytes);
    assert!(rgba.chunks(4).zip(bytes.chunks(4)).all(|(a, b)| *a == [b[2], b[1], b[0], b[3]]));
    other(NPE_FORMAT_RGBA_U16, good.stride * 2, &mut bytes);
    let deep = bytes.chunks(2).map(|b| u16::from_ne_bytes([b[0], b[1]]));
    assert!(rgba.iter().zip(deep).all(|(a, b)| u16::from(*a) * 257 == b));
    other(NPE_FORMAT_RGBA_F32, good.stride * 4, &mut bytes);
    let floats = bytes.chunks(4).map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]]));
    assert!(rgba.iter().zip(floats).all(|(a, b)| (f32::from(*a) / 255.0 - b).abs() < 1e-6));

    // A rectangle of it.
    let mut rect = npe_rect { x: 0, y: 0, width: 0, height: 0 };
    ok(unsafe { npe_changed_rect(e, &mut rect) });
    let row = rect.width as usize * 4;
    let mut part = vec![0_u8; row * rect.height as usize];
    let image =
        npe_image { width: rect.width, height: rect.height, stride: row, data_size: part.len(), ..good };
    ok(unsafe { npe_decode_change(e, &rect, &as_out(image, part.as_mut_ptr().cast())) });
    for (y, part) in part.chunks(row).enumerate() {
        let at = (y + rect.y as usize) * good.stride + rect.x as usize * 4;
        assert!(rgba[at..at + row] == *part, "row {y}");
    }
    npe_edit_free(e);
}

#[test]
fn floats_beyond_0_to_1_are_kept_and_not_clamped_where_they_change() {
    let sample = sample();
    let model = model();
    // A wide gamut: highlights over 1, saturated colours under 0.
    let floats: Vec<f32> = sample.bytes.iter().map(|b| f32::from(*b) / 255.0 * 1.4 - 0.2).collect();
    let bytes: Vec<u8> = floats.iter().flat_map(|f| f.to_ne_bytes()).collect();
    let image = npe_image {
        data: bytes.as_ptr().cast(),
        data_size: bytes.len(),
        stride: sample.width as usize * 12,
        format: NPE_FORMAT_RGB_F32,
        ..sample.image()
    };
    let mut e = null_mut();
    ok(unsafe { npe_encode(model, &image, &FRAME, &mut e) });
    Guide::new().hair().mouth().followed(e);
    let mut out = bytes.clone();
    ok(unsafe { npe_decode(e, null(), &as_out(image, out.as_mut_ptr().cast())) });
    let result: Vec<f32> = out.chunks(4).map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect();
    let mut rect = npe_rect { x: 0, y: 0, width: 0, height: 0 };
    ok(unsafe { npe_changed_rect(e, &mut rect) });
    let (mut kept, mut beyond) = (0, 0);
    for (i, (old, new)) in floats.iter().zip(&result).enumerate() {
        let (x, y) = (i as u32 / 3 % sample.width, i as u32 / 3 / sample.width);
        let inside =
            (rect.x..rect.x + rect.width).contains(&x) && (rect.y..rect.y + rect.height).contains(&y);
        assert!(inside || old.to_bits() == new.to_bits(), "{x}, {y}");
        let wide = !(0.0..=1.0).contains(old);
        kept += u32::from(!inside && wide);
        beyond += u32::from(old != new && wide && !(0.0..=1.0).contains(new));
        assert!(wide || (0.0..=1.0).contains(new), "{old} became {new}");
    }
    assert!(kept > 100 && beyond > 100, "{kept} {beyond}");
    npe_edit_free(e);
    npe_model_free(model);
}
