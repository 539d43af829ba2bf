//! From the bytes of an image file to upright RGB pixels, and to the network's square. Calls the crate `image` and
//! `area`.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbImage};
use npe::limits;

use super::{Crop, ENLARGED, Settings, area};

/// Most pixels of an image: above what cameras make (102 megapixels), and with 16 bits and alpha still 1 GiB.
const PIXELS: u64 = 1 << 27;
/// Memory that a decoder may ask for: the largest image, and as much again.
const DECODER_BYTES: u64 = PIXELS * 16;
/// What transparent pixels are laid over: mid grey, the 0 of the network's −1..1 scale.
const BEHIND: u32 = 128;

/// An image file as RGB, upright as its EXIF says; grey becomes three equal channels, 16 bits and floats become 8, and
/// what is transparent is laid over mid grey. Colour profiles are not looked at: all is taken for sRGB.
///
/// # Errors
/// The reason why it can't be read, in words.
pub fn rgb(bytes: &[u8]) -> Result<RgbImage, String> {
    let damaged = |e: image::ImageError| format!("it is damaged or of a kind that is not read: {e}");
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|e| format!("it can't be read: {e}"))?;
    match reader.format() {
        None if bytes.is_empty() => return Err("the file is empty".into()),
        None => return Err("it is no PNG, JPEG, TIFF, WebP, BMP or PNM image, whatever its name says".into()),
        // Decoders do not complain, and show grey where the rest is missing.
        Some(ImageFormat::Jpeg) if !is_whole_jpeg(bytes) => {
            return Err("the JPEG is cut off: its end is missing; copy it again".into());
        }
        Some(_) => {}
    }
    let mut most = image::Limits::no_limits();
    most.max_alloc = Some(DECODER_BYTES);
    reader.limits(most);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if width > limits::PHOTO_SIDE
        || height > limits::PHOTO_SIDE
        || u64::from(width) * u64::from(height) > PIXELS
    {
        return Err(format!(
            "it is {width}×{height} pixels; at most {} a side and {PIXELS} in all are read",
            limits::PHOTO_SIDE
        ));
    }
    if width == 0 || height == 0 {
        return Err(format!("it is {width}×{height} pixels"));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(orientation);
    Ok(if image.color().has_alpha() { over_grey(image) } else { image.into_rgb8() })
}

fn over_grey(image: DynamicImage) -> RgbImage {
    let image = image.into_rgba8();
    let mut out = RgbImage::new(image.width(), image.height());
    for (to, from) in out.pixels_mut().zip(image.pixels()) {
        let a = u32::from(from[3]);
        to.0 = [0, 1, 2].map(|c| ((u32::from(from[c]) * a + BEHIND * (255 - a) + 127) / 255) as u8);
    }
    out
}

/// The part of an image that the settings ask for, `[3][size][size]`.
///
/// # Errors
/// In words, if the part does not lie in the image or is much too small.
pub fn square(image: &RgbImage, settings: &Settings) -> Result<Vec<u8>, String> {
    let (width, height) = image.dimensions();
    let (x, y, side) = match settings.crop {
        Crop::Whole => {
            let side = width.min(height);
            ((width - side) / 2, (height - side) / 2, side)
        }
        Crop::Square { x, y, side } => {
            let fits = |start: u32, all: u32| start.checked_add(side).is_some_and(|end| end <= all);
            if !fits(x, width) || !fits(y, height) {
                return Err(format!(
                    "it is {width}×{height} pixels; the square of {side} at x {x}, y {y} reaches beyond it"
                ));
            }
            (x, y, side)
        }
    };
    if (side as usize) * ENLARGED < settings.size {
        return Err(format!(
            "its square of {side} pixels a side is too small for training at {}; at least {} are needed",
            settings.size,
            settings.size.div_ceil(ENLARGED)
        ));
    }
    let [x, y, side, stride] = [x, y, side, width].map(|v| v as usize);
    let part = area::Part { pixels: image.as_raw(), stride: 3 * stride, x, y, side };
    Ok(area::resample(&part, settings.size))
}

/// Whether a JPEG's end marker follows its picture (ITU-T T.81, annex B). Segments are skipped by their lengths, so that
/// a thumbnail's end does not count; entropy-coded data holds no marker but restarts.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(step) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| *b == 0xff)) {
        at += step + 1;
        match bytes.get(at) {
            // A fill byte: the next byte may be the marker.
            Some(0xff) => {}
            Some(0xd9) => return true,
            // Stuffing, and markers that stand alone.
            Some(0x00 | 0x01 | 0xd0..=0xd8) => at += 1,
            _ => match bytes.get(at + 1..at + 3) {
                Some(&[high, low]) => at += 1 + usize::from(u16::from_be_bytes([high, low])).max(2),
                _ => return false,
            },
        }
    }
    false
}

/// The square image whose channel `c` at (x, y) is `value(c, x, y)`.
pub fn interleaved(side: u32, value: impl Fn(usize, usize, usize) -> u8) -> RgbImage {
    RgbImage::from_fn(side, side, |x, y| image::Rgb([0, 1, 2].map(|c| value(c, x as usize, y as usize))))
}
