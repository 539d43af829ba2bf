//! Strokes: dabs or painted layers into the latents.

use super::boundary::guarded;
use super::edit::{changing, npe_edit};
use super::error::{Answer, Failure};
use super::image::{self, npe_image};
use super::pointer::{Out, Plain, read_array, read_fixed, read_sized};
use super::progress::{caller, npe_progress};
use super::status::{NPE_ERR_INVALID_ARGUMENT, npe_status};
use crate::brush::{Dab, Mode, Stroke};
use crate::edit::{Edit, Progress, Report};
use crate::limits;
use crate::photo::Placement;
use std::ffi::c_void;

/// Pull towards the stroke's colour.
pub const NPE_MODE_COLOR: u32 = 0;
/// Pull towards what is there, lighter.
pub const NPE_MODE_LIGHTEN: u32 = 1;
/// Pull towards what is there, darker.
pub const NPE_MODE_DARKEN: u32 = 2;
/// Pull back to the photo.
pub const NPE_MODE_RESTORE: u32 = 3;

/// One touch of the brush. Consecutive dabs of a stroke are joined. This struct never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_dab {
    /// Photo pixels from the left edge.
    pub x: f32,
    /// Photo pixels from the top edge.
    pub y: f32,
    /// In photo pixels, over 0.
    pub radius: f32,
    /// 0 (soft from the centre on) to 1 (a sharp edge).
    pub hardness: f32,
    /// 0 to 1: how much the dab counts.
    pub pressure: f32,
}

/// What a stroke does to what is under it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_stroke_options {
    /// sizeof(npe_stroke_options).
    pub struct_size: usize,
    /// One of NPE_MODE_...
    pub mode: u32,
    /// sRGB-encoded red, green, blue, each 0 to 1; only NPE_MODE_COLOR looks at it.
    pub color: [f32; 3],
}

/// The rectangle of a photo that a guide covers, in photo pixels; the guide is stretched over it. It may leave the photo. This
/// struct never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_placement {
    /// Left edge, -131,072 to 131,072.
    pub x: f64,
    /// Top edge, -131,072 to 131,072.
    pub y: f64,
    /// Width, 1 to 131,072.
    pub width: f64,
    /// Height, 1 to 131,072.
    pub height: f64,
}

/// What a stroke did. Of a layer with several parts, `steps` is the sum, the others are means over the parts.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_stroke_report {
    /// The solver's whole loss before. With NPE_SOLVER_GUIDED it never grows.
    pub loss_before: f32,
    /// The solver's whole loss after.
    pub loss_after: f32,
    /// Mean squared colour error under the brush in the network's image (-1 to 1 scale) before.
    pub brush_before: f32,
    /// The same after.
    pub brush_after: f32,
    /// Steps taken.
    pub steps: u32,
}

// SAFETY: numbers only.
unsafe impl Plain for npe_stroke_options {
    const NAME: &'static str = "npe_stroke_options";
}
// SAFETY: numbers only.
unsafe impl Plain for npe_placement {
    const NAME: &'static str = "npe_placement";
}
// SAFETY: numbers only.
unsafe impl Plain for npe_stroke_report {
    const NAME: &'static str = "npe_stroke_report";
}

/// The host may do without a report.
fn report_out(report: *mut npe_stroke_report, size: usize) -> Answer<Out<npe_stroke_report>> {
    if report.is_null() && size == 0 { Ok(Out::optional(report)) } else { Out::sized(report, size) }
}

fn reported(r: Report) -> npe_stroke_report {
    npe_stroke_report {
        loss_before: r.loss_before,
        loss_after: r.loss_after,
        brush_before: r.brush_before,
        brush_after: r.brush_after,
        steps: r.steps,
    }
}

fn mode_of(mode: u32) -> Answer<Mode> {
    Ok(match mode {
        NPE_MODE_COLOR => Mode::Color,
        NPE_MODE_LIGHTEN => Mode::Lighten,
        NPE_MODE_DARKEN => Mode::Darken,
        NPE_MODE_RESTORE => Mode::Restore,
        _ => {
            return Err(Failure::new(
                NPE_ERR_INVALID_ARGUMENT,
                format!("the mode is {mode}; it must be one of NPE_MODE_..."),
            ));
        }
    })
}

/// Brushes: moves the edit's latents until the generated face has the stroke's colour under its dabs. Blocks for some ten
/// milliseconds to a few seconds, by network and settings; one thread at a time per edit. `count` is 1 to 65,536.
/// `progress` may be NULL; `user` is handed to it. `report` is written, or NULL with a `report_size` of 0; else
/// `report_size` is sizeof(npe_stroke_report). On an error (a value out of its range, a stroke beside the frame,
/// NPE_ERR_CANCELLED, ...) the edit is as it was before.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_stroke(
    edit: *mut npe_edit,
    dabs: *const npe_dab,
    count: usize,
    options: *const npe_stroke_options,
    progress: npe_progress,
    user: *mut c_void,
    report: *mut npe_stroke_report,
    report_size: usize,
) -> npe_status {
    guarded(|| {
        let out = report_out(report, report_size)?;
        // SAFETY: by this function's contract.
        let dabs = unsafe { read_array(dabs, count, limits::STROKE_DABS, "dabs") }?;
        // SAFETY: by the function's contract.
        let options = unsafe { read_sized(options) }?;
        let dab =
            |d: npe_dab| Dab { x: d.x, y: d.y, radius: d.radius, hardness: d.hardness, pressure: d.pressure };
        let stroke = Stroke {
            mode: mode_of(options.mode)?,
            color: options.color,
            dabs: dabs.into_iter().map(dab).collect(),
        };
        let report = changing(edit, |e, _| Ok(e.stroke(&stroke, &mut caller(progress, user))?))?;
        // SAFETY: by the function's contract.
        unsafe { out.write(reported(report)) };
        Ok(())
    })
}

/// Brushes with a painted layer: an image of the photo's size with alpha; its alpha is the brush, its colours are what is
/// pulled to. `mode` is one of NPE_MODE_.... Its connected parts are done one after the other, the largest first, and each
/// is one thing that can be undone; a layer that shows nothing inside the face frame is NPE_ERR_INVALID_ARGUMENT. All else
/// is as for npe_stroke. For a layer that is still being painted there is npe_follow.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_paint(
    edit: *mut npe_edit,
    layer: *const npe_image,
    mode: u32,
    progress: npe_progress,
    user: *mut c_void,
    report: *mut npe_stroke_report,
    report_size: usize,
) -> npe_status {
    guarded(|| {
        let act = |e: &mut Edit, mode, tell: &mut Progress<'_>| {
            // SAFETY: by this function's contract.
            let layer = unsafe { image::read(layer) }?;
            Ok(e.paint(&layer, mode, tell)?)
        };
        // SAFETY: by the function's contract.
        unsafe { painted(edit, mode, (progress, user), (report, report_size), act) }
    })
}

/// What all calls with a painted layer do: checks where the report goes and the mode, lets `act` work on the edit, and writes the
/// report.
///
/// # Safety
/// The pointers point to what [`npe_paint`] says.
unsafe fn painted(
    edit: *mut npe_edit,
    mode: u32,
    (progress, user): (npe_progress, *mut c_void),
    (report, report_size): (*mut npe_stroke_report, usize),
    act: impl FnOnce(&mut Edit, Mode, &mut Progress<'_>) -> Answer<Report>,
) -> Answer {
    let out = report_out(report, report_size)?;
    let mode = mode_of(mode)?;
    let report = changing(edit, |e, _| act(e, mode, &mut caller(progress, user)))?;
    // SAFETY: by contract.
    unsafe { out.write(reported(report)) };
    Ok(())
}

/// Makes the edit follow a guide: a layer that a person paints on with the host's own brushes, erases, undoes. What the guide
/// led to before is taken back, and what it shows now is done: the edit is about what is painted at this moment. An empty
/// guide takes all of it away and is no error. Call it whenever the guide has changed.
///
/// `guide` is an image with alpha, of 1 to 32,768 pixels a side: its alpha is the brush, its colours are what is pulled to.
/// It is stretched over `placement`, or over the whole photo if that is NULL. The network sees some hundred pixels a side at
/// most, so a thumbnail of the face's surroundings (256 pixels a side) is as good as the whole layer. `mode` is one of
/// NPE_MODE_....
///
/// The guide's connected parts (at most 32; more are joined with what lies nearest) are done one after the other as strokes
/// are, and each is one thing that can be undone. Specks smaller than a pixel of the network are left out. Parts that are
/// as they were, with the same mode and settings of strokes, are not worked out again unless something before them has
/// changed; changed and new ones come last, the larger first. So one more dab costs about as much as one stroke, and
/// a guide that has not changed costs next to nothing (the report is all 0). A guide whose parts were followed before, all
/// together, is done in the order of then: undo and redo lead to the same pictures, however many steps are taken at once.
/// Nothing grows with the number of calls beyond some hundred KiB.
///
/// What counts as the guide's are the things at the end of what was done that npe_follow did, or that npe_strokes_load
/// ended with. After anything else (a stroke, a slider) they belong to what was done before, and a guide that still shows
/// them is done on top. So a host with more than a guide keeps a base edit for all that and lets a copy of it
/// (npe_edit_copy) follow the guide; when the base changes, it makes a new copy. npe_undo takes back one part; the next
/// npe_follow does it again if the guide still shows it.
///
/// Blocks as a stroke for each part that is worked out; one thread at a time per edit. `progress` may be NULL; `user` is
/// handed to it. `report` is written, or NULL with a `report_size` of 0; else `report_size` is sizeof(npe_stroke_report). On
/// an error (no alpha, a placement out of its range, NPE_ERR_CANCELLED, ...) the edit is as it was before, with what it can
/// undo and redo.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_follow(
    edit: *mut npe_edit,
    guide: *const npe_image,
    placement: *const npe_placement,
    mode: u32,
    progress: npe_progress,
    user: *mut c_void,
    report: *mut npe_stroke_report,
    report_size: usize,
) -> npe_status {
    guarded(|| {
        let act = |e: &mut Edit, mode, tell: &mut Progress<'_>| {
            let place = match placement.is_null() {
                true => None,
                // SAFETY: by this function's contract.
                false => Some(unsafe { read_fixed(placement) }?),
            };
            let place = place.map(|p| Placement { x: p.x, y: p.y, width: p.width, height: p.height });
            // SAFETY: by the function's contract.
            let guide = unsafe { image::read_layer(guide) }?;
            Ok(e.follow(&guide, place, mode, tell)?)
        };
        // SAFETY: by the function's contract.
        unsafe { painted(edit, mode, (progress, user), (report, report_size), act) }
    })
}

/// Makes what came of a guide so far, by npe_follow or at the end of npe_strokes_load, a part of what was done before: the next
/// npe_follow begins after it and takes nothing of it back. For a host whose guide begins empty again, as after a result was
/// kept. Not a thing that npe_undo takes back. Never blocks for long; one thread at a time per edit.
#[unsafe(no_mangle)]
pub extern "C" fn npe_end_guide(edit: *mut npe_edit) -> npe_status {
    guarded(|| {
        changing(edit, |e, _| {
            e.end_guide();
            Ok(())
        })
    })
}
