//! Photo files into memory, upright, with what travels along: colour profile and EXIF.

use crate::container::{self, Jpeg};
use crate::exif::remove_thumbnail;
use crate::report::io;
use image::codecs::jpeg::PixelDensity;
use image::error::{ImageError, UnsupportedErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader};
use npe::photo::{Channels, Photo, Samples, check_size};
use npe::{Error, ErrorKind, Result, limits};
use std::io::Read;
use std::path::Path;

/// What a photo file carries beside its pixels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extras {
    /// The ICC profile.
    pub icc: Option<Vec<u8>>,
    /// The EXIF block, its orientation reset.
    pub exif: Option<Vec<u8>>,
    /// A JPEG file's density.
    pub density: Option<PixelDensity>,
    /// What npe does not carry into the file it writes, a sentence each.
    pub lost: Vec<&'static str>,
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
    let Some(format) = reader.format() else {
        return Err(Error::new(
            ErrorKind::Photo,
            format!("{name} is not a photo that npe reads; give a PNG, JPEG, TIFF, WebP, BMP or PNM file"),
        ));
    };
    let (jpeg, mut lost) = around(path, format)?;
    let damaged = |e: ImageError| {
        let text = if is_float_grey(&e) {
            format!(
                "the photo {name} is a 32-bit float grey TIFF, or of another kind with 32 bits a pixel, which npe does \
                 not read; convert it to RGB"
            )
        } else {
            format!("the photo {name} is damaged or of a kind that npe does not read: {e}")
        };
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
    if decoder.xmp_metadata().ok().flatten().is_some() {
        lost.push("the XMP data is gone; npe does not carry it");
    }
    if decoder.iptc_metadata().ok().flatten().is_some() {
        lost.push("the IPTC data is gone; npe does not carry it");
    }
    let mut pixels = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    pixels.apply_orientation(orientation);
    let photo = from_image(pixels).map_err(|e| Error::new(e.kind(), format!("{name}: {e}")))?;
    Ok((photo, Extras { icc, exif, density: jpeg.density, lost }))
}

/// What is in the file around the picture that is decoded: a JPEG's segments, and what is lost.
///
/// # Errors
/// If it can't be read, or is a JPEG without an end: that decodes without complaint, and shows grey where it is missing.
fn around(path: &Path, format: ImageFormat) -> Result<(Jpeg, Vec<&'static str>)> {
    let failed = |e| io("the photo", path, "read", e);
    let mut lost = Vec::new();
    match format {
        ImageFormat::Jpeg => {
            let jpeg = container::jpeg(&std::fs::read(path).map_err(failed)?);
            if !jpeg.whole {
                let text =
                    format!("the photo {} is cut off: its end is missing; copy it again", path.display());
                return Err(Error::new(ErrorKind::Photo, text));
            }
            if jpeg.comment {
                lost.push("the comment is gone; npe does not carry it");
            }
            return Ok((jpeg, lost));
        }
        ImageFormat::Png | ImageFormat::WebP => {
            let mut start = Vec::new();
            // Colour profiles and EXIF may stand before the chunk that is looked for.
            let file = std::fs::File::open(path).map_err(failed)?;
            file.take(1 << 24).read_to_end(&mut start).map_err(failed)?;
            if container::animated(&start) {
                lost.push("the animation is gone; only its first picture was edited");
            }
        }
        _ => {}
    }
    Ok((Jpeg::default(), lost))
}

/// Whether a TIFF's only fault is its kind of pixels: 32 bits a pixel, but not as RGB with alpha.
fn is_float_grey(error: &ImageError) -> bool {
    matches!(error, ImageError::Unsupported(e)
        if matches!(e.kind(), UnsupportedErrorKind::Color(ExtendedColorType::Unknown(32))))
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
