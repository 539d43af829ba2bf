//! Status codes, their texts, and the version.

use super::boundary::constant;
use crate::error::ErrorKind;
use std::ffi::{CStr, c_char};

/// The major version of the npe this header belongs to.
pub const NPE_VERSION_MAJOR: u32 = 0;
/// The minor version.
pub const NPE_VERSION_MINOR: u32 = 1;
/// The patch version.
pub const NPE_VERSION_PATCH: u32 = 0;

/// What a call answers: NPE_OK, or one of NPE_ERR_... The numbers are stable: they are never given another meaning.
pub type npe_status = i32;

/// It worked.
pub const NPE_OK: npe_status = 0;
/// An argument is out of its documented range.
pub const NPE_ERR_INVALID_ARGUMENT: npe_status = 1;
/// A pointer that must point to something is NULL.
pub const NPE_ERR_NULL: npe_status = 2;
/// A handle was freed already, is of another kind, or was not made by npe.
pub const NPE_ERR_HANDLE: npe_status = 3;
/// A size is over a limit of npe.
pub const NPE_ERR_LIMIT: npe_status = 4;
/// A model file is damaged, hostile or of another format.
pub const NPE_ERR_MODEL: npe_status = 5;
/// A photo has pixels that npe does not edit, such as floats that are not finite.
pub const NPE_ERR_PHOTO: npe_status = 6;
/// No face was found, and no frame was given.
pub const NPE_ERR_NO_FACE: npe_status = 7;
/// A stroke file is damaged, of another version, or was painted with another model.
pub const NPE_ERR_STROKE_FILE: npe_status = 8;
/// A file can't be read or written.
pub const NPE_ERR_IO: npe_status = 9;
/// The device is not there or failed.
pub const NPE_ERR_DEVICE: npe_status = 10;
/// There is not enough memory.
pub const NPE_ERR_OUT_OF_MEMORY: npe_status = 11;
/// The progress callback stopped the call.
pub const NPE_ERR_CANCELLED: npe_status = 12;
/// The object is in use by another call at this moment. Nothing was done; try again when that call has returned.
pub const NPE_ERR_BUSY: npe_status = 13;
/// A buffer is too small for the result.
pub const NPE_ERR_BUFFER_TOO_SMALL: npe_status = 14;
/// A defect of npe itself, seen by one of its own checks. The objects stay usable; please report npe_last_error().
pub const NPE_ERR_INTERNAL: npe_status = 15;
/// A defect of npe itself that nothing foresaw: a panic (Rust's exception) was stopped before it reached the host. The
/// call did nothing and the objects stay usable; please report npe_last_error().
pub const NPE_ERR_PANIC: npe_status = 16;

/// The version of the library that is loaded, such as "0.1.0". A host may compare it with the NPE_VERSION_... it was
/// compiled with: while the major version is 0, the minor versions must be equal. Never blocks; any thread. The text is
/// npe's own and lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn npe_version() -> *const c_char {
    // The terminating NUL is added at compile time.
    constant(|| concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast(), c"".as_ptr())
}

/// A few words for a status, in English; for a number that is no status, words that say so. What exactly was wrong says
/// npe_last_error(). Never blocks; any thread. The text is npe's own and lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn npe_status_text(status: npe_status) -> *const c_char {
    constant(|| text(status).as_ptr(), c"".as_ptr())
}

fn text(status: npe_status) -> &'static CStr {
    match status {
        NPE_OK => c"it worked",
        NPE_ERR_INVALID_ARGUMENT => c"an argument is out of its range",
        NPE_ERR_NULL => c"a pointer is NULL",
        NPE_ERR_HANDLE => c"a handle was freed already or is not npe's",
        NPE_ERR_LIMIT => c"a size is over a limit",
        NPE_ERR_MODEL => c"the model file is damaged or of another format",
        NPE_ERR_PHOTO => c"the photo's pixels are of a kind that is not edited",
        NPE_ERR_NO_FACE => c"no face was found",
        NPE_ERR_STROKE_FILE => c"the stroke file is damaged or does not belong here",
        NPE_ERR_IO => c"a file can't be read or written",
        NPE_ERR_DEVICE => c"the device is not there or failed",
        NPE_ERR_OUT_OF_MEMORY => c"there is not enough memory",
        NPE_ERR_CANCELLED => c"the call was cancelled",
        NPE_ERR_BUSY => c"the object is in use by another call",
        NPE_ERR_BUFFER_TOO_SMALL => c"a buffer is too small for the result",
        NPE_ERR_INTERNAL => c"npe has a defect",
        NPE_ERR_PANIC => c"npe has a defect and stopped the call",
        _ => c"not a status of this npe",
    }
}

/// The code of a library error.
pub(super) fn of(kind: ErrorKind) -> npe_status {
    match kind {
        ErrorKind::InvalidArgument => NPE_ERR_INVALID_ARGUMENT,
        ErrorKind::Limit => NPE_ERR_LIMIT,
        ErrorKind::Model => NPE_ERR_MODEL,
        ErrorKind::Photo => NPE_ERR_PHOTO,
        ErrorKind::NoFace => NPE_ERR_NO_FACE,
        ErrorKind::StrokeFile => NPE_ERR_STROKE_FILE,
        ErrorKind::Io => NPE_ERR_IO,
        ErrorKind::Device => NPE_ERR_DEVICE,
        ErrorKind::OutOfMemory => NPE_ERR_OUT_OF_MEMORY,
        ErrorKind::Cancelled => NPE_ERR_CANCELLED,
        ErrorKind::Internal => NPE_ERR_INTERNAL,
        ErrorKind::Panic => NPE_ERR_PANIC,
    }
}
