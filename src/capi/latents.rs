//! The latents themselves: numbers, tiles, samples.

use super::boundary::guarded;
use super::edit::{changing, npe_edit, reading};
use super::pointer::{OutArray, read_array};
use super::status::npe_status;
use crate::limits;

/// Shows a random face instead of the one in the photo; the same seed gives the same face. One thing that can be undone.
/// Blocks for some milliseconds; one thread at a time per edit.
#[unsafe(no_mangle)]
pub extern "C" fn npe_sample(edit: *mut npe_edit, seed: u64) -> npe_status {
    guarded(|| changing(edit, |e, _| Ok(e.sample(seed)?)))
}

/// Copies the latents of the edit out; they are about -3 to 3. Never blocks for long; any thread. `*count` becomes how many
/// there are; `latents` takes them all or none (NPE_ERR_BUFFER_TOO_SMALL). With NULL and 0 only the count is asked for.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_get_latents(
    edit: *const npe_edit,
    latents: *mut f32,
    capacity: usize,
    count: *mut usize,
) -> npe_status {
    guarded(|| {
        let values = reading(edit, |e, _| Ok(e.latents().to_vec()))?;
        let out = OutArray::new(latents, capacity, count, "latents")?;
        // SAFETY: by this function's contract.
        unsafe { out.write_all(&values, 0, "latents") }
    })
}

/// Sets all latents of the edit (sliders), as one thing that can be undone. `count` is that of npe_get_latents; the values
/// are within -32 to 32. Blocks for some milliseconds; one thread at a time per edit.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_set_latents(
    edit: *mut npe_edit,
    latents: *const f32,
    count: usize,
) -> npe_status {
    guarded(|| {
        // SAFETY: by this function's contract.
        let values = unsafe { read_array(latents, count, limits::MODEL_LATENTS as usize, "latents") }?;
        changing(edit, |e, _| Ok(e.set_latents(&values)?))
    })
}

/// Paints on the latent tiles: those within `radius` of `x`, `y` move towards `value`, the nearest all the way. The unit is a
/// tile; they stand in rows as NPE_VIEW_LATENTS shows them (10 in a row for 100 latents), the first one's centre at 0.5,
/// 0.5. One thing that can be undone. Blocks for some milliseconds; one thread at a time per edit.
#[unsafe(no_mangle)]
pub extern "C" fn npe_paint_latents(
    edit: *mut npe_edit,
    x: f32,
    y: f32,
    radius: f32,
    value: f32,
) -> npe_status {
    guarded(|| changing(edit, |e, _| Ok(e.paint_latents(x, y, radius, value)?)))
}
