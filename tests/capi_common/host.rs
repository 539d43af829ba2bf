//! What the tests of the C interface and the fuzzers' host share.

use npe::capi::{npe_image, npe_image_out, npe_last_error};
use std::ffi::{CStr, c_void};
use std::ptr::null_mut;

/// The sentence of the last failing call on this thread.
pub fn last_error() -> String {
    // SAFETY: npe's text, copied before the next call.
    unsafe { CStr::from_ptr(npe_last_error()) }.to_str().expect("UTF-8").to_owned()
}

/// The same image as a place for pixels.
pub fn as_out(i: npe_image, data: *mut c_void) -> npe_image_out {
    npe_image_out {
        struct_size: i.struct_size,
        data: if i.data.is_null() { null_mut() } else { data },
        data_size: i.data_size,
        width: i.width,
        height: i.height,
        stride: i.stride,
        format: i.format,
        reserved: i.reserved,
    }
}
