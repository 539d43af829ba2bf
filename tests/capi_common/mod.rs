//! What the tests of the C interface share: the sample photo as C sees it, and the sentences of errors.
#![allow(dead_code)] // each test uses a part

pub mod host;
pub mod world;

pub use host::last_error;
use npe::capi::*;
use std::ptr::{null, null_mut};

/// The sample photo, 8-bit RGB, and where its face is.
pub struct Sample {
    pub bytes: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

pub const FRAME: npe_frame = npe_frame { cx: 224.0, cy: 118.0, side: 180.0, angle: 0.0 };

pub fn sample() -> Sample {
    let image =
        image::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/astronaut.png")).unwrap().into_rgb8();
    Sample { width: image.width(), height: image.height(), bytes: image.into_raw() }
}

impl Sample {
    pub fn image(&self) -> npe_image {
        npe_image {
            struct_size: size_of::<npe_image>(),
            data: self.bytes.as_ptr().cast(),
            data_size: self.bytes.len(),
            width: self.width,
            height: self.height,
            stride: self.width as usize * 3,
            format: NPE_FORMAT_RGB_U8,
            reserved: 0,
        }
    }

    pub fn out(&self, to: &mut [u8]) -> npe_image_out {
        npe_image_out {
            struct_size: size_of::<npe_image_out>(),
            data: to.as_mut_ptr().cast(),
            data_size: to.len(),
            width: self.width,
            height: self.height,
            stride: self.width as usize * 3,
            format: NPE_FORMAT_RGB_U8,
            reserved: 0,
        }
    }
}

pub fn ok(status: npe_status) {
    assert_eq!(status, NPE_OK, "{}", last_error());
}

pub fn model() -> *mut npe_model {
    let mut model = null_mut();
    // SAFETY: valid pointers.
    ok(unsafe { npe_load(null(), None, null_mut(), &mut model) });
    model
}

pub fn edit(model: *const npe_model, sample: &Sample) -> *mut npe_edit {
    let mut edit = null_mut();
    // SAFETY: valid pointers.
    ok(unsafe { npe_encode(model, &sample.image(), &FRAME, &mut edit) });
    edit
}

pub const DAB: npe_dab = npe_dab { x: 224.0, y: 64.0, radius: 11.0, hardness: 0.5, pressure: 1.0 };

pub fn black() -> npe_stroke_options {
    npe_stroke_options {
        struct_size: size_of::<npe_stroke_options>(),
        mode: NPE_MODE_COLOR,
        color: [0.08, 0.07, 0.06],
    }
}

/// A plain stroke.
pub fn stroke(edit: *mut npe_edit, dabs: &[npe_dab]) -> npe_status {
    // SAFETY: valid pointers.
    unsafe { npe_stroke(edit, dabs.as_ptr(), dabs.len(), &black(), None, null_mut(), null_mut(), 0) }
}

pub fn decoded(edit: *const npe_edit, sample: &Sample) -> Vec<u8> {
    let mut out = vec![0; sample.bytes.len()];
    // SAFETY: valid pointers.
    ok(unsafe { npe_decode(edit, null(), &sample.out(&mut out)) });
    out
}
