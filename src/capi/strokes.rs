//! All that was done, as text: the stroke file.

use super::boundary::guarded;
use super::edit::{changing, npe_edit, reading};
use super::error::Failure;
use super::pointer::{OutArray, read_array, utf8};
use super::progress::{caller, npe_progress};
use super::status::{NPE_ERR_INTERNAL, npe_status};
use crate::edit::StrokeFile;
use crate::limits;
use std::ffi::{CString, c_char, c_void};

/// Writes all that was done to the edit as text (JSON in UTF-8, the format npe-strokes): a host keeps it in its document,
/// and npe_strokes_load does it again. Never blocks for long; any thread. `text` takes all of it and a NUL, or nothing
/// (NPE_ERR_BUFFER_TOO_SMALL); `*length` becomes its length in bytes without the NUL. With NULL and 0 only the length
/// is asked for.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_strokes_save(
    edit: *const npe_edit,
    text: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> npe_status {
    guarded(|| {
        let json = reading(edit, |e, model| Ok(StrokeFile::from_edit(e, model.clone()).to_json()?))?;
        let out = OutArray::new(text, capacity, length, "the text")?;
        // JSON escapes NUL, so this does not fail.
        let json = CString::new(json).map_err(|e| Failure::new(NPE_ERR_INTERNAL, e.to_string()))?;
        let bytes: Vec<c_char> = json.as_bytes_with_nul().iter().map(|b| b.cast_signed() as c_char).collect();
        // SAFETY: by this function's contract.
        unsafe { out.write_all(&bytes, 1, "the text") }
    })
}

/// Does again what npe_strokes_save wrote, after what was done to the edit already, and takes over its settings of mask,
/// detail and locality. On the same photo with the same frame and model it gives the same pixels; on another photo the
/// strokes land at the same place of the face. Painted layers at the end of the text count as done by npe_follow: a host that
/// saved an edit which followed a guide loads it into a new edit of the same photo, sets the same settings of strokes with
/// npe_set_settings, and goes on with npe_follow; the same guide then costs nothing, and what is erased from it later is
/// taken back. `length` bytes are read, a NUL is not needed. Blocks as its strokes
/// together; one thread at a time per edit. `progress` may be NULL; `user` is handed to it. On an error
/// (NPE_ERR_STROKE_FILE, NPE_ERR_CANCELLED, ...) the edit is as it was before.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_strokes_load(
    edit: *mut npe_edit,
    text: *const c_char,
    length: usize,
    progress: npe_progress,
    user: *mut c_void,
) -> npe_status {
    guarded(|| {
        changing(edit, |e, model| {
            let limit = limits::STROKE_FILE_BYTES as usize;
            // SAFETY: by this function's contract.
            let bytes = unsafe { read_array(text.cast::<u8>(), length, limit, "the text") }?;
            let file = StrokeFile::from_json(&utf8(&bytes, "the stroke file")?)?;
            file.check_model(model)?;
            file.apply(e, &mut caller(progress, user))?;
            Ok(())
        })
    })
}
