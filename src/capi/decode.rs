//! From an edit to pixels.

use super::boundary::guarded;
use super::convert;
use super::edit::{npe_edit, reading};
use super::error::{Answer, Failure};
use super::image::{self, npe_image_out};
use super::pointer::{Out, Plain, read_fixed};
use super::status::{NPE_ERR_INVALID_ARGUMENT, npe_status};
use crate::edit::{Edit, View};
use crate::photo::{Channels, Depth, Photo, PixelFormat, PixelsMut, Rect};

/// A rectangle of whole photo pixels. This struct never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, 0 if it is empty.
    pub width: u32,
    /// Height, 0 if it is empty.
    pub height: u32,
}

// SAFETY: numbers only.
unsafe impl Plain for npe_rect {
    const NAME: &'static str = "npe_rect";
}

/// The photo inside the frame, as the network sees it.
pub const NPE_VIEW_ORIGINAL: u32 = 0;
/// How the network reconstructs it.
pub const NPE_VIEW_RECONSTRUCTION: u32 = 1;
/// The face of the current latents.
pub const NPE_VIEW_GENERATED: u32 = 2;
/// Generated minus reconstruction, grey where nothing changed.
pub const NPE_VIEW_DELTA: u32 = 3;
/// Original minus reconstruction, grey where it is exact.
pub const NPE_VIEW_ERROR: u32 = 4;
/// The mask: white where the change is taken.
pub const NPE_VIEW_MASK: u32 = 5;
/// The latents as tiles: red for positive, blue for negative, white at 0.
pub const NPE_VIEW_LATENTS: u32 = 6;
/// The result inside the frame.
pub const NPE_VIEW_RESULT: u32 = 7;

/// Writes the edited photo, all of it or a rectangle, at its own resolution. Where nothing was changed, and in the alpha
/// channel, it is the photo bit for bit. Blocks for some milliseconds per megapixel; any thread. `rect` may be NULL (all);
/// `image` must be of the rectangle's size. In the photo's own format it is exact; other formats are converted (rounded
/// to the nearest; missing alpha is opaque), but for colours into grey, which is NPE_ERR_INVALID_ARGUMENT.
///
/// # Safety
/// The pointers point to what the text says, and nobody else uses the image's pixels during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_decode(
    edit: *const npe_edit,
    rect: *const npe_rect,
    image: *const npe_image_out,
) -> npe_status {
    guarded(|| {
        // SAFETY: by this function's contract.
        unsafe { write(edit, rect, image, |own, _| Ok(own), Edit::render_into) }
    })
}

/// Writes a rectangle of what `render` makes of an edit. `format` says in which format it makes it, for a photo of a format and a
/// place of another.
///
/// # Safety
/// The pointers point to what [`npe_decode`] says, and nobody else uses the image's pixels during the call.
#[allow(clippy::arithmetic_side_effects, reason = "a rectangle's rows are rows of the photo")]
unsafe fn write(
    edit: *const npe_edit,
    rect: *const npe_rect,
    image: *const npe_image_out,
    format: fn(PixelFormat, PixelFormat) -> Answer<PixelFormat>,
    render: fn(&Edit, Rect, &mut PixelsMut<'_>) -> crate::Result<()>,
) -> Answer {
    reading(edit, |e, _| {
        let photo = e.photo();
        // SAFETY: by contract.
        let rect = unsafe { rect_of(rect, photo) }?;
        let own = photo.format();
        // SAFETY: by contract.
        unsafe {
            image::write(
                image,
                (rect.width, rect.height),
                |to| format(own, to),
                |first, pixels| {
                    let rows = Rect { y: rect.y + first, height: pixels.height, ..rect };
                    render(e, rows, pixels)
                },
            )
        }
    })
}

/// Writes the change alone, as a layer to lay over the photo: where the result is the photo bit for bit, all channels are 0;
/// elsewhere it is the result's colour with the photo's alpha (opaque if it has none). So over an opaque photo the layer
/// shows just what npe_decode writes; where the photo is partly transparent, let the layer replace it. The image's format
/// has alpha (else NPE_ERR_INVALID_ARGUMENT), a grey photo may go into colours. All else is as for npe_decode; it is fastest
/// in a format of the photo's number type.
///
/// # Safety
/// The pointers point to what the text says, and nobody else uses the image's pixels during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_decode_change(
    edit: *const npe_edit,
    rect: *const npe_rect,
    image: *const npe_image_out,
) -> npe_status {
    guarded(|| {
        // SAFETY: by this function's contract.
        unsafe { write(edit, rect, image, layer_format, Edit::render_change_into) }
    })
}

/// The format in which a layer is made for a place of format `to`: of the photo's number type.
fn layer_format(photo: PixelFormat, to: PixelFormat) -> Answer<PixelFormat> {
    if to.channels.alpha().is_none() {
        return Err(Failure::new(
            NPE_ERR_INVALID_ARGUMENT,
            "the image has no alpha, which a layer needs; give one of NPE_FORMAT_RGBA_..., NPE_FORMAT_BGRA_... or, for \
             a grey photo, NPE_FORMAT_GREYA_...",
        ));
    }
    convert::check(photo, to)?;
    Ok(PixelFormat { depth: photo.depth, ..to })
}

/// The rectangle that is given, or all of the photo for NULL.
///
/// # Safety
/// `rect` is NULL or points to a rectangle.
unsafe fn rect_of(rect: *const npe_rect, photo: &Photo) -> Answer<Rect> {
    let all = Rect::whole(photo);
    if rect.is_null() {
        return Ok(all);
    }
    // SAFETY: by contract.
    let rect = unsafe { read_fixed(rect) }?;
    check_inside(rect, all.width, all.height)?;
    Ok(Rect { x: rect.x, y: rect.y, width: rect.width, height: rect.height })
}

fn check_inside(rect: npe_rect, width: u32, height: u32) -> Answer {
    let fits =
        |at: u32, length: u32, all: u32| length > 0 && all.checked_sub(at).is_some_and(|room| length <= room);
    if fits(rect.x, rect.width, width) && fits(rect.y, rect.height, height) {
        return Ok(());
    }
    Err(Failure::new(
        NPE_ERR_INVALID_ARGUMENT,
        format!(
            "the rectangle at {}, {} of {}×{} pixels is empty or reaches beyond the photo of {width}×{height}",
            rect.x, rect.y, rect.width, rect.height
        ),
    ))
}

/// Tells the rectangle outside of which the result is the photo bit for bit. If nothing differs from the photo, its width
/// and height are 0. To know what to draw again after a call that changes the edit, ask before and after it and take both
/// rectangles together: after an undo it is smaller or empty, and what it held before has changed back. npe_update makes
/// the result the new photo, and the rectangle is about that photo from then on: after it, draw again the rectangle from
/// before it as well. Blocks for some milliseconds, the first time in a large photo for a tenth of a second; any thread.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_changed_rect(edit: *const npe_edit, rect: *mut npe_rect) -> npe_status {
    guarded(|| {
        let found = reading(edit, |e, _| Ok(e.changed_rect()?))?;
        let out = Out::required(rect, "the place for the rectangle")?;
        let Rect { x, y, width, height } = found;
        // SAFETY: by this function's contract.
        unsafe { out.write(npe_rect { x, y, width, height }) };
        Ok(())
    })
}

fn view_of(view: u32) -> Answer<View> {
    View::ALL.get(view as usize).copied().ok_or_else(|| {
        Failure::new(NPE_ERR_INVALID_ARGUMENT, format!("the view is {view}; it must be one of NPE_VIEW_..."))
    })
}

/// Tells the size of a view in pixels. `view` is one of NPE_VIEW_.... Never blocks for long; any thread.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_view_size(
    edit: *const npe_edit,
    view: u32,
    width: *mut u32,
    height: *mut u32,
) -> npe_status {
    guarded(|| {
        let view = view_of(view)?;
        let size = reading(edit, |e, _| Ok(e.view_size(view)))?;
        let width = Out::required(width, "the place for the width")?;
        let height = Out::required(height, "the place for the height")?;
        // SAFETY: by this function's contract.
        unsafe {
            width.write(size.0);
            height.write(size.1);
        }
        Ok(())
    })
}

/// Writes a small picture to look at. `view` is one of NPE_VIEW_..., `image` of the size that npe_view_size tells, and of any
/// format but grey. Blocks for some milliseconds; any thread.
///
/// # Safety
/// The pointers point to what the text says, and nobody else uses the image's pixels during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_view(
    edit: *const npe_edit,
    view: u32,
    image: *const npe_image_out,
) -> npe_status {
    const FORMAT: PixelFormat = PixelFormat { channels: Channels::Rgb, depth: Depth::U8 };
    guarded(|| {
        let view = view_of(view)?;
        let picture = reading(edit, |e, _| Ok(e.view(view)?))?;
        let (width, height) = (picture.width(), picture.height());
        // SAFETY: by this function's contract.
        unsafe {
            image::write(
                image,
                (width, height),
                |_| Ok(FORMAT),
                |y, pixels| picture.write_rect(Rect { x: 0, y, width, height: pixels.height }, pixels),
            )
        }
    })
}
