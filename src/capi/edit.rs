//! Edits: a photo, a frame, the latents and all that was done.

use super::boundary::{guarded, quiet};
use super::error::{Answer, Failure};
use super::faces::npe_frame;
use super::handle::{self, Object, Table};
use super::image::{self, npe_format, npe_image};
use super::model::{ModelObject, npe_model};
use super::pointer::{Out, read_fixed};
use super::status::{NPE_ERR_BUSY, npe_status};
use crate::edit::{Edit, ModelId};
use crate::photo::{self, Frame};
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;

/// One photo being edited. Free it with npe_edit_free.
pub struct npe_edit {
    _private: (),
}

/// What an [`npe_edit`] stands for.
pub(super) struct EditObject {
    edit: RwLock<Edit>,
    pub model: ModelId,
}

static EDITS: Table<EditObject> = Mutex::new(None);

impl Object for EditObject {
    type Opaque = npe_edit;
    const KIND: usize = 2;
    fn table() -> &'static Table<Self> {
        &EDITS
    }
}

fn busy(by: &str) -> Failure {
    Failure::new(
        NPE_ERR_BUSY,
        format!("the edit is being {by} by another call; wait for that call, or work on a copy of the edit"),
    )
}

/// Runs `body` on an edit that is read, at the same time as others that read it. A lock that is not free is an answer, not
/// a wait: a progress callback that used its own edit would wait for ever.
pub(super) fn reading<T>(
    edit: *const npe_edit,
    body: impl FnOnce(&Edit, &ModelId) -> Answer<T>,
) -> Answer<T> {
    let object = handle::get::<EditObject>(edit)?;
    let guard = object.edit.try_read().ok_or_else(|| busy("changed"))?;
    body(&guard, &object.model)
}

/// Runs `body` on an edit that is changed.
pub(super) fn changing<T>(
    edit: *mut npe_edit,
    body: impl FnOnce(&mut Edit, &ModelId) -> Answer<T>,
) -> Answer<T> {
    let object = handle::get::<EditObject>(edit)?;
    let mut guard = object.edit.try_write().ok_or_else(|| busy("used"))?;
    body(&mut guard, &object.model)
}

/// Starts an edit: copies the photo, looks at what is inside the frame, and finds the latents of that face. Blocks for some
/// ten milliseconds, and about 0.1 s more where it looks for the face itself; any thread. `frame` may be NULL: the
/// largest face is taken, and NPE_ERR_NO_FACE answered if there is none. A change may go on for half the frame's side beyond
/// it, so a host that gives a part of a photo gives that much and a little more around the frame (around its corners, if it is turned): where the
/// pixels end, npe takes the photo to end, and a seam may show there. The host frees `*edit` with npe_edit_free; the
/// photo and the model may be freed before it.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_encode(
    model: *const npe_model,
    photo: *const npe_image,
    frame: *const npe_frame,
    edit: *mut *mut npe_edit,
) -> npe_status {
    guarded(|| {
        let model = handle::get::<ModelObject>(model)?;
        let out = Out::required(edit, "the place for the edit")?;
        let given = match frame.is_null() {
            true => None,
            // SAFETY: by this function's contract.
            false => Some(Frame::from(unsafe { read_fixed(frame) }?)),
        };
        // SAFETY: by the function's contract.
        let photo = unsafe { image::read(photo) }?;
        let extras = &model.loaded.meta.extras;
        let frame = match given {
            Some(frame) => frame,
            None => {
                photo::find_with(&photo, extras.aligner.as_deref())?
                    .first()
                    .ok_or_else(photo::no_face_error)?
                    .frame
            }
        };
        let edit = Edit::new(model.loaded.generator.clone(), Arc::new(photo), frame)?;
        let object = EditObject { edit: RwLock::new(edit), model: model.loaded.id() };
        // SAFETY: by the function's contract.
        unsafe { out.write(handle::give(object)) };
        Ok(())
    })
}

/// Frees an edit; NULL is fine. Never blocks for long; any thread. A handle that is not a live edit is left alone
/// (npe_last_error() says so).
#[unsafe(no_mangle)]
pub extern "C" fn npe_edit_free(edit: *mut npe_edit) {
    quiet(|| handle::take::<EditObject>(edit));
}

/// Makes an independent copy of an edit with its history, for a host's own undo or to try something. Cheap: photo and
/// history share memory. Never blocks for long; any thread. The host frees `*copy` with npe_edit_free.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_edit_copy(edit: *const npe_edit, copy: *mut *mut npe_edit) -> npe_status {
    guarded(|| {
        let (edit, model) = reading(edit, |e, m| Ok((e.clone(), m.clone())))?;
        let out = Out::required(copy, "the place for the copy")?;
        // SAFETY: by this function's contract.
        unsafe { out.write(handle::give(EditObject { edit: RwLock::new(edit), model })) };
        Ok(())
    })
}

/// Tells where the edit's face is, in photo pixels. Never blocks for long; any thread.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_edit_get_frame(edit: *const npe_edit, frame: *mut npe_frame) -> npe_status {
    guarded(|| {
        let found = reading(edit, |e, _| Ok(e.frame().into()))?;
        let out = Out::required(frame, "the place for the frame")?;
        // SAFETY: by this function's contract.
        unsafe { out.write(found) };
        Ok(())
    })
}

/// Tells size (in pixels) and format of the edit's photo, which are those of npe_decode. Never blocks for long; any
/// thread. All three are written.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_edit_get_size(
    edit: *const npe_edit,
    width: *mut u32,
    height: *mut u32,
    format: *mut npe_format,
) -> npe_status {
    guarded(|| {
        let photo = reading(edit, |e, _| Ok(e.photo().clone()))?;
        let width = Out::required(width, "the place for the width")?;
        let height = Out::required(height, "the place for the height")?;
        let format = Out::required(format, "the place for the format")?;
        // SAFETY: by this function's contract.
        unsafe {
            width.write(photo.width());
            height.write(photo.height());
            format.write(image::number_of(photo.format()));
        }
        Ok(())
    })
}
