//! Undo, redo, reset, update.

use super::boundary::guarded;
use super::edit::{changing, npe_edit, reading};
use super::pointer::Out;
use super::status::npe_status;

/// Takes back the last thing that was done to the edit. Blocks for some milliseconds; one thread at a time per edit.
/// `*undone` becomes 1, or 0 if there was nothing to undo (no error); `undone` may be NULL.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_undo(edit: *mut npe_edit, undone: *mut i32) -> npe_status {
    guarded(|| {
        let done = changing(edit, |e, _| Ok(e.undo()?))?;
        // SAFETY: by this function's contract.
        unsafe { Out::optional(undone).write(i32::from(done)) };
        Ok(())
    })
}

/// Does again what was undone last. Blocks for some milliseconds; one thread at a time per edit. `*redone` becomes 1, or
/// 0 if there was nothing to redo (no error); `redone` may be NULL.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_redo(edit: *mut npe_edit, redone: *mut i32) -> npe_status {
    guarded(|| {
        let done = changing(edit, |e, _| Ok(e.redo()?))?;
        // SAFETY: by this function's contract.
        unsafe { Out::optional(redone).write(i32::from(done)) };
        Ok(())
    })
}

/// Tells how often npe_undo and npe_redo will find something. At most 300 things can be undone. Never blocks for long;
/// any thread. Either pointer may be NULL.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_get_undo_levels(
    edit: *const npe_edit,
    undo_levels: *mut usize,
    redo_levels: *mut usize,
) -> npe_status {
    guarded(|| {
        let (undo, redo) = reading(edit, |e, _| Ok(e.undo_redo_levels()))?;
        // SAFETY: by this function's contract.
        unsafe {
            Out::optional(undo_levels).write(undo);
            Out::optional(redo_levels).write(redo);
        }
        Ok(())
    })
}

/// Back to the photo, as one thing that can be undone. Blocks for some milliseconds; one thread at a time per edit.
#[unsafe(no_mangle)]
pub extern "C" fn npe_reset(edit: *mut npe_edit) -> npe_status {
    guarded(|| changing(edit, |e, _| Ok(e.reset()?)))
}

/// Makes the result the photo and finds its latents anew, as one thing that can be undone. Blocks as npe_decode and
/// npe_encode together; one thread at a time per edit. Takes the memory of another photo until it is out of reach of
/// undo (NPE_ERR_OUT_OF_MEMORY).
#[unsafe(no_mangle)]
pub extern "C" fn npe_update(edit: *mut npe_edit) -> npe_status {
    guarded(|| changing(edit, |e, _| Ok(e.update()?)))
}
