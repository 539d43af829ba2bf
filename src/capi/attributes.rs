//! Attributes: named sliders that a model may have.

use super::boundary::guarded;
use super::edit::{changing, npe_edit, reading};
use super::error::{Answer, Failure};
use super::handle;
use super::model::{ModelObject, npe_model};
use super::pointer::{Out, read_text, utf8};
use super::status::{NPE_ERR_INVALID_ARGUMENT, npe_status};
use std::ffi::c_char;

/// Tells how many attributes a model has, such as "smile"; many have none. Never blocks for long; any thread. `*count` is
/// written.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_model_get_attribute_count(
    model: *const npe_model,
    count: *mut usize,
) -> npe_status {
    guarded(|| {
        let model = handle::get::<ModelObject>(model)?;
        let out = Out::required(count, "the place for the count")?;
        // SAFETY: by this function's contract.
        unsafe { out.write(model.attributes.len()) };
        Ok(())
    })
}

/// Tells the name of an attribute: 1 to 64 bytes of a-z, 0-9, space, _ and -. `index` counts from 0, in the order of the
/// model's author. Never blocks for long; any thread. `*name` is written and belongs to the model: it is valid until
/// npe_model_free.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_model_get_attribute_name(
    model: *const npe_model,
    index: usize,
    name: *mut *const c_char,
) -> npe_status {
    guarded(|| {
        let model = handle::get::<ModelObject>(model)?;
        let out = Out::required(name, "the place for the name")?;
        let found = model.attributes.get(index).ok_or_else(|| {
            let count = model.attributes.len();
            let text = format!("the attribute's index is {index}, but the model has {count} attributes");
            Failure::new(NPE_ERR_INVALID_ARGUMENT, text)
        })?;
        // SAFETY: by this function's contract.
        unsafe { out.write(found.as_ptr()) };
        Ok(())
    })
}

/// Tells where an attribute stands: 0 is as in the photo, 1 or -1 one typical step from there. Strokes move it too. Never
/// blocks for long; any thread. `name` is one of npe_model_get_attribute_name; `*value` is written.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_get_attribute(
    edit: *const npe_edit,
    name: *const c_char,
    value: *mut f32,
) -> npe_status {
    guarded(|| {
        // SAFETY: by this function's contract.
        let name = unsafe { read_name(name) }?;
        let found = reading(edit, |e, _| Ok(e.attribute(&name)?))?;
        let out = Out::required(value, "the place for the value")?;
        // SAFETY: by the function's contract.
        unsafe { out.write(found) };
        Ok(())
    })
}

/// Moves the face until an attribute stands at `value`, -5 to 5; other attributes move a little with it. Setting the
/// attribute that was set last goes on from there and is the same one thing that can be undone, so a slider may call this
/// for every move of the mouse. Blocks for some milliseconds; one thread at a time per edit.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_set_attribute(
    edit: *mut npe_edit,
    name: *const c_char,
    value: f32,
) -> npe_status {
    guarded(|| {
        // SAFETY: by this function's contract.
        let name = unsafe { read_name(name) }?;
        changing(edit, |e, _| Ok(e.set_attribute(&name, value)?))
    })
}

/// # Safety
/// `name` is NULL or points to a NUL-terminated text.
unsafe fn read_name(name: *const c_char) -> Answer<String> {
    // SAFETY: by contract.
    let bytes = unsafe { read_text(name, "the attribute's name") }?
        .ok_or_else(|| Failure::null("the attribute's name"))?;
    utf8(&bytes, "the attribute's name")
}
