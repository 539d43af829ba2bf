//! Sheets of small pictures side by side. Calls nobody.

use crate::error::{Error, Result};
use image::{Rgb, RgbImage, imageops};
use npe::photo::{Photo, Samples};

/// `[3][side][side]` in −1..1 as a picture.
pub fn planar(image: &[f32], side: u32) -> RgbImage {
    let plane = (side * side) as usize;
    RgbImage::from_fn(side, side, |x, y| {
        let at = (y * side + x) as usize;
        Rgb([0, 1, 2].map(|c| ((image[c * plane + at] + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8))
    })
}

/// An 8-bit RGB photo as a picture.
///
/// # Errors
/// If it is of another format.
pub fn of_photo(photo: &Photo) -> Result<RgbImage> {
    let bytes = match photo.samples() {
        Samples::U8(bytes) => bytes.clone(),
        _ => Vec::new(),
    };
    RgbImage::from_raw(photo.width(), photo.height(), bytes)
        .ok_or_else(|| Error::told("a view is not 8-bit RGB; please report this"))
}

/// Rows of pictures of `side` pixels, edge to edge; short rows end in white.
pub fn sheet(rows: &[Vec<RgbImage>], side: u32) -> RgbImage {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0) as u32;
    let mut sheet = RgbImage::from_pixel(columns * side, rows.len() as u32 * side, Rgb([255; 3]));
    for (y, row) in rows.iter().enumerate() {
        for (x, picture) in row.iter().enumerate() {
            imageops::replace(&mut sheet, picture, (x as u32 * side).into(), (y as u32 * side).into());
        }
    }
    sheet
}
