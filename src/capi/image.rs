//! Images in the host's memory.

use super::convert;
use super::error::{Answer, Failure};
use super::pointer::{Plain, read_sized};
use super::status::NPE_ERR_INVALID_ARGUMENT;
use crate::photo::{
    Channels, Depth, Photo, PixelFormat, PixelsMut, PixelsRef, check_layer_size, check_size, room_for,
};
use std::ffi::c_void;

/// How a pixel lies in memory: one of NPE_FORMAT_..., which say the channels in memory order and the type of each: U8 is
/// 0 to 255; U16 is 0 to 65535 in native byte order; F32 is a float, 0 to 1 nominal. All are sRGB-encoded; alpha is not
/// premultiplied. Floats of a photo beyond 0 to 1 (a wide gamut, highlights) are taken as they are: where nothing is changed
/// they are kept bit for bit, where something is they move by the change and are not clamped (but to -65504 to 65504). A float
/// within 0 to 1 stays within. Only the network sees all of them clamped to 0 to 1, and so are those of layers. Floats that
/// are not finite are NPE_ERR_PHOTO.
pub type npe_format = u32;

/// One 8-bit grey value.
pub const NPE_FORMAT_GREY_U8: npe_format = 0x11;
/// 8-bit grey, alpha.
pub const NPE_FORMAT_GREYA_U8: npe_format = 0x12;
/// 8-bit red, green, blue.
pub const NPE_FORMAT_RGB_U8: npe_format = 0x13;
/// 8-bit red, green, blue, alpha.
pub const NPE_FORMAT_RGBA_U8: npe_format = 0x14;
/// 8-bit blue, green, red, alpha.
pub const NPE_FORMAT_BGRA_U8: npe_format = 0x15;
/// One 16-bit grey value.
pub const NPE_FORMAT_GREY_U16: npe_format = 0x21;
/// 16-bit grey, alpha.
pub const NPE_FORMAT_GREYA_U16: npe_format = 0x22;
/// 16-bit red, green, blue.
pub const NPE_FORMAT_RGB_U16: npe_format = 0x23;
/// 16-bit red, green, blue, alpha.
pub const NPE_FORMAT_RGBA_U16: npe_format = 0x24;
/// 16-bit blue, green, red, alpha.
pub const NPE_FORMAT_BGRA_U16: npe_format = 0x25;
/// One grey float.
pub const NPE_FORMAT_GREY_F32: npe_format = 0x41;
/// Grey, alpha as floats.
pub const NPE_FORMAT_GREYA_F32: npe_format = 0x42;
/// Red, green, blue as floats.
pub const NPE_FORMAT_RGB_F32: npe_format = 0x43;
/// Red, green, blue, alpha as floats.
pub const NPE_FORMAT_RGBA_F32: npe_format = 0x44;
/// Blue, green, red, alpha as floats.
pub const NPE_FORMAT_BGRA_F32: npe_format = 0x45;

/// An image that npe reads during a call; the host keeps it. No alignment is needed. Layers of npe_paint and npe_follow have
/// alpha.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_image {
    /// sizeof(npe_image).
    pub struct_size: usize,
    /// The pixels, top row first.
    pub data: *const c_void,
    /// Bytes at `data`.
    pub data_size: usize,
    /// In pixels, 8 to 32,768; a guide of npe_follow may have less, from 1 on.
    pub width: u32,
    /// In pixels, 8 to 32,768; a guide of npe_follow may have less, from 1 on.
    pub height: u32,
    /// Bytes from the start of a row to the start of the next.
    pub stride: usize,
    /// One of NPE_FORMAT_...
    pub format: npe_format,
    /// 0.
    pub reserved: u32,
}

/// A place for pixels that npe writes during a call. Bytes between the rows are left as they are.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_image_out {
    /// sizeof(npe_image_out).
    pub struct_size: usize,
    /// Where the pixels go, top row first.
    pub data: *mut c_void,
    /// Bytes at `data`.
    pub data_size: usize,
    /// In pixels; must be that of what is written.
    pub width: u32,
    /// In pixels; must be that of what is written.
    pub height: u32,
    /// Bytes from the start of a row to the start of the next.
    pub stride: usize,
    /// One of NPE_FORMAT_...
    pub format: npe_format,
    /// 0.
    pub reserved: u32,
}

// SAFETY: numbers and pointers only.
unsafe impl Plain for npe_image {
    const NAME: &'static str = "npe_image";
}
// SAFETY: numbers and pointers only.
unsafe impl Plain for npe_image_out {
    const NAME: &'static str = "npe_image_out";
}

/// The format of a number from outside.
pub(super) fn format_of(format: npe_format) -> Answer<PixelFormat> {
    let depth = match format >> 4 {
        1 => Depth::U8,
        2 => Depth::U16,
        4 => Depth::F32,
        _ => return Err(unknown(format)),
    };
    let channels = match format & 15 {
        1 => Channels::Grey,
        2 => Channels::GreyAlpha,
        3 => Channels::Rgb,
        4 => Channels::Rgba,
        5 => Channels::Bgra,
        _ => return Err(unknown(format)),
    };
    Ok(PixelFormat { channels, depth })
}

/// The number of a format.
pub(super) fn number_of(format: PixelFormat) -> npe_format {
    let channels = match format.channels {
        Channels::Grey => 1,
        Channels::GreyAlpha => 2,
        Channels::Rgb => 3,
        Channels::Rgba => 4,
        Channels::Bgra => 5,
    };
    (format.depth.bytes() as u32) << 4 | channels
}

fn unknown(format: npe_format) -> Failure {
    Failure::new(
        NPE_ERR_INVALID_ARGUMENT,
        format!("the pixel format is {format:#x}; it must be one of NPE_FORMAT_..."),
    )
}

/// Bytes that an image takes of its buffer, after checking that they are there.
fn bytes_needed(
    size: (u32, u32),
    stride: usize,
    format: PixelFormat,
    data_size: usize,
    reserved: u32,
) -> Answer<usize> {
    let refuse = |sentence| Err(Failure::new(NPE_ERR_INVALID_ARGUMENT, sentence));
    if reserved != 0 {
        return refuse(format!("the reserved field of the image is {reserved}; it must be 0"));
    }
    #[allow(clippy::arithmetic_side_effects, reason = "limits::PHOTO_SIDE times 16 bytes at most")]
    let (row, rows) = (size.0 as usize * format.bytes(), size.1 as usize);
    if stride < row {
        return refuse(format!(
            "the image's stride is {stride} bytes; {} pixels of {} bytes need at least {row}",
            size.0,
            format.bytes()
        ));
    }
    let between = rows.checked_sub(1).and_then(|n| n.checked_mul(stride));
    let needed = between.and_then(|n| n.checked_add(row));
    match needed.filter(|n| isize::try_from(*n).is_ok()) {
        None => refuse(format!("{rows} rows with a stride of {stride} bytes are more than memory can have")),
        Some(needed) if needed > data_size => refuse(format!(
            "the image's data_size is {data_size} bytes; {rows} rows with a stride of {stride} need {needed}"
        )),
        Some(needed) => Ok(needed),
    }
}

/// Copies a photo in.
///
/// # Safety
/// `image` is NULL or points to what [`npe_image`] says.
pub(super) unsafe fn read(image: *const npe_image) -> Answer<Photo> {
    // SAFETY: by contract.
    unsafe { read_as(image, check_size, Photo::from_pixels) }
}

/// Copies a painted layer in, which may be a thumbnail.
///
/// # Safety
/// As [`read`].
pub(super) unsafe fn read_layer(image: *const npe_image) -> Answer<Photo> {
    // SAFETY: by contract.
    unsafe { read_as(image, check_layer_size, Photo::layer_from_pixels) }
}

/// # Safety
/// As [`read`].
unsafe fn read_as(
    image: *const npe_image,
    check: fn(u32, u32) -> crate::Result<()>,
    copied: fn(PixelsRef<'_>) -> crate::Result<Photo>,
) -> Answer<Photo> {
    // SAFETY: by contract.
    let image = unsafe { read_sized(image) }?;
    if image.data.is_null() {
        return Err(Failure::null("the image's data"));
    }
    let format = format_of(image.format)?;
    check(image.width, image.height)?;
    let size = (image.width, image.height);
    let needed = bytes_needed(size, image.stride, format, image.data_size, image.reserved)?;
    // SAFETY: the host vouches for `data_size` bytes, `needed` are no more and fit an isize; bytes have no alignment.
    let data = unsafe { std::slice::from_raw_parts(image.data.cast::<u8>(), needed) };
    Ok(copied(PixelsRef { data, width: image.width, height: image.height, stride: image.stride, format })?)
}

/// Opens a place for pixels of this size and lets `write` fill it. `from` says in which format `write` makes them for a place of
/// a given format; where that is another one, `write` fills a copy that is converted after that, some rows at a time:
/// `write` gets the first row and the rows.
///
/// # Safety
/// `image` is NULL or points to what [`npe_image_out`] says, and nobody else uses its pixels meanwhile.
#[allow(
    clippy::arithmetic_side_effects,
    reason = "no more than the bytes that bytes_needed has checked, or a strip"
)]
pub(super) unsafe fn write(
    image: *const npe_image_out,
    size: (u32, u32),
    from: impl FnOnce(PixelFormat) -> Answer<PixelFormat>,
    mut write: impl FnMut(u32, &mut PixelsMut<'_>) -> crate::Result<()>,
) -> Answer {
    // SAFETY: by contract.
    let image = unsafe { read_sized(image) }?;
    if image.data.is_null() {
        return Err(Failure::null("the image's data"));
    }
    let format = format_of(image.format)?;
    if (image.width, image.height) != size {
        return Err(Failure::new(
            NPE_ERR_INVALID_ARGUMENT,
            format!(
                "the image is {}×{} pixels; what is written is {}×{}, and they must be the same",
                image.width, image.height, size.0, size.1
            ),
        ));
    }
    let needed = bytes_needed(size, image.stride, format, image.data_size, image.reserved)?;
    let from = from(format)?;
    convert::check(from, format)?;
    // SAFETY: the host vouches for `data_size` writable bytes that nobody else uses, `needed` are no more and fit an
    // isize. They may be uninitialised to the host's compiler, but they are mapped memory, and are bytes to us.
    let data = unsafe { std::slice::from_raw_parts_mut(image.data.cast::<u8>(), needed) };
    let (width, height) = size;
    if format == from {
        return Ok(write(0, &mut PixelsMut { data, width, height, stride: image.stride, format })?);
    }
    let row = width as usize * from.bytes();
    let rows_at_once = ((1 << 22) / row).clamp(1, height as usize);
    let mut strip = room_for(row * rows_at_once)?;
    strip.resize(row * rows_at_once, 0_u8);
    for first in (0..height).step_by(rows_at_once) {
        let rows = (height - first).min(rows_at_once as u32);
        let part = &mut strip[..row * rows as usize];
        write(first, &mut PixelsMut { data: &mut *part, width, height: rows, stride: row, format: from })?;
        for (y, part) in (first as usize..).zip(part.chunks_exact(row)) {
            let to = &mut data[y * image.stride..][..width as usize * format.bytes()];
            convert::row(part, from, to, format);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_its_number_and_back() {
        let mut known = 0;
        for number in 0..0x1000 {
            if let Ok(format) = format_of(number) {
                assert_eq!(number_of(format), number);
                known += 1;
            }
        }
        assert_eq!(known, 15);
        assert!(format_of(u32::MAX).is_err());
    }
}
