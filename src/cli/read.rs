//! Photo files into memory, upright, with what travels along: colour profile and EXIF.

use crate::exif::remove_thumbnail;
use crate::report::io;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader};
use npe::photo::{Channels, Photo, Samples, check_size};
use npe::{Error, ErrorKind, Result, limits};
use std::path::Path;

/// What a photo file carries beside its pixels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extras {
    /// The ICC profile.
    pub icc: Option<Vec<u8>>,
    /// The EXIF block, its orientation reset.
    pub exif: Option<Vec<u8>>,
}

/// Reads a photo and turns it upright.
///
/// # Errors
/// If it can't be read, is no photo, is damaged, or too large; the sentence names the file.
pub fn photo(path: &Path) -> Result<(Photo, Extras)> {
    let name = path.display();
    let reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|e| io("the photo", path, "read", e))?;
    if reader.format().is_none() {
        return Err(Error::new(
            ErrorKind::Photo,
            format!("{name} is not a photo that npe reads; give a PNG, JPEG, TIFF, WebP, BMP or PNM file"),
        ));
    }
    let damaged = |e: image::ImageError| {
        let text = format!("the photo {name} is damaged or of a kind that npe does not read: {e}");
        Error::new(ErrorKind::Photo, text).with_source(e)
    };
    let mut reader = reader;
    let mut most = image::Limits::no_limits();
    // The largest photo as RGBA f32, and as much again for what the decoder needs.
    most.max_alloc = Some(limits::PHOTO_PIXELS * 32);
    reader.limits(most);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height).map_err(|e| Error::new(e.kind(), format!("{name}: {e}")))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut exif = decoder.exif_metadata().ok().flatten();
    if let Some(exif) = &mut exif {
        // The pixels are turned upright below, so the tag must not turn them again.
        let _ = Orientation::remove_from_exif_chunk(exif);
        remove_thumbnail(exif);
    }
    let icc = decoder.icc_profile().ok().flatten();
    let mut pixels = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    pixels.apply_orientation(orientation);
    let photo = from_image(pixels).map_err(|e| Error::new(e.kind(), format!("{name}: {e}")))?;
    Ok((photo, Extras { icc, exif }))
}

/// The photo of decoded pixels.
///
/// # Errors
/// If its kind of pixels is none of the photo's, or a float is not finite.
pub fn from_image(pixels: DynamicImage) -> Result<Photo> {
    use DynamicImage as D;
    let (width, height) = (pixels.width(), pixels.height());
    let (channels, samples) = match pixels {
        D::ImageLuma8(p) => (Channels::Grey, Samples::U8(p.into_raw())),
        D::ImageLumaA8(p) => (Channels::GreyAlpha, Samples::U8(p.into_raw())),
        D::ImageRgb8(p) => (Channels::Rgb, Samples::U8(p.into_raw())),
        D::ImageRgba8(p) => (Channels::Rgba, Samples::U8(p.into_raw())),
        D::ImageLuma16(p) => (Channels::Grey, Samples::U16(p.into_raw())),
        D::ImageLumaA16(p) => (Channels::GreyAlpha, Samples::U16(p.into_raw())),
        D::ImageRgb16(p) => (Channels::Rgb, Samples::U16(p.into_raw())),
        D::ImageRgba16(p) => (Channels::Rgba, Samples::U16(p.into_raw())),
        D::ImageRgb32F(p) => (Channels::Rgb, Samples::F32(p.into_raw())),
        D::ImageRgba32F(p) => (Channels::Rgba, Samples::F32(p.into_raw())),
        other => {
            let text = format!("its pixels ({:?}) are of a kind that npe does not edit", other.color());
            return Err(Error::new(ErrorKind::Photo, text));
        }
    };
    Photo::new(width, height, channels, samples)
}
