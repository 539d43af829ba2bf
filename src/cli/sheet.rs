//! Contact sheets: rows of labelled pictures.

use crate::read::from_image;
use font8x8::{BASIC_FONTS, UnicodeFonts};
use image::imageops::{self, FilterType};
use image::{DynamicImage, Rgb, RgbImage};
use npe::edit::{Edit, View};
use npe::photo::{self, Photo, Samples};
use npe::{Error, ErrorKind, Result};

/// Side of a picture on the sheet.
pub const CELL: u32 = 192;
const GAP: u32 = 6;
const LINE: u32 = 14;
const PAPER: Rgb<u8> = Rgb([255; 3]);
const INK: Rgb<u8> = Rgb([40; 3]);

/// A sheet being filled, row by row.
pub struct Sheet {
    columns: u32,
    rows: Vec<(String, Vec<RgbImage>)>,
    captions: Vec<String>,
}

impl Sheet {
    /// An empty sheet with a caption over each column.
    pub fn new(captions: &[&str]) -> Self {
        let captions: Vec<String> = captions.iter().map(|c| (*c).to_owned()).collect();
        Self { columns: captions.len() as u32, rows: Vec::new(), captions }
    }

    /// A row of pictures and a line under it.
    pub fn push(&mut self, label: impl Into<String>, pictures: Vec<RgbImage>) {
        self.rows.push((label.into(), pictures));
    }

    /// The sheet as a photo.
    ///
    /// # Errors
    /// If it is larger than a photo may be.
    pub fn photo(&self) -> Result<Photo> {
        let label = if self.rows.iter().all(|(l, _)| l.is_empty()) { 0 } else { LINE };
        let top = if self.captions.iter().all(String::is_empty) { GAP } else { GAP + LINE };
        let (strip, row) = (self.columns * (CELL + GAP), CELL + GAP + label);
        // Many rows stand in several strips side by side, so that the sheet is about square.
        let count = self.rows.len().max(1) as u32;
        let strips = (f64::from(count * row) / f64::from(strip)).sqrt().round().max(1.0) as u32;
        let rows = count.div_ceil(strips);
        let (width, height) = (GAP + strips * strip, top + rows * row);
        photo::check_size(width, height)?;
        let mut sheet = RgbImage::from_pixel(width, height, PAPER);
        for x in 0..strips * self.columns {
            write(&mut sheet, &self.captions[(x % self.columns) as usize], GAP + x * (CELL + GAP), GAP, CELL);
        }
        for (n, (text, pictures)) in self.rows.iter().enumerate() {
            let (left, y) = (GAP + n as u32 / rows * strip, top + n as u32 % rows * row);
            for (i, picture) in pictures.iter().enumerate() {
                let x = left + i as u32 * (CELL + GAP);
                imageops::replace(&mut sheet, &fit(picture), i64::from(x), i64::from(y));
            }
            write(&mut sheet, text, left, y + CELL + GAP - 2, strip - GAP);
        }
        from_image(DynamicImage::ImageRgb8(sheet))
    }
}

/// At most a cell large, in proportion.
fn fit(picture: &RgbImage) -> RgbImage {
    let longest = picture.width().max(picture.height()).max(1);
    let scaled = |side: u32| (side * CELL / longest).max(1);
    let (w, h) = (scaled(picture.width()), scaled(picture.height()));
    if (w, h) == picture.dimensions() {
        return picture.clone();
    }
    imageops::resize(picture, w, h, FilterType::CatmullRom)
}

/// Writes text, cut off at `room` pixels.
fn write(sheet: &mut RgbImage, text: &str, x: u32, y: u32, room: u32) {
    for (i, letter) in text.chars().take((room / 8) as usize).enumerate() {
        let glyph = BASIC_FONTS.get(letter).or_else(|| BASIC_FONTS.get('?')).unwrap_or_default();
        for (row, bits) in glyph.iter().enumerate() {
            for column in (0..8).filter(|c| bits >> c & 1 == 1) {
                let (px, py) = (x + i as u32 * 8 + column, y + row as u32);
                if px < sheet.width() && py < sheet.height() {
                    sheet.put_pixel(px, py, INK);
                }
            }
        }
    }
}

/// An 8-bit RGB photo as a picture.
///
/// # Errors
/// If it is of another format.
pub fn picture(photo: &Photo) -> Result<RgbImage> {
    let bytes = match photo.samples() {
        Samples::U8(bytes) => bytes.clone(),
        _ => Vec::new(),
    };
    RgbImage::from_raw(photo.width(), photo.height(), bytes)
        .ok_or_else(|| Error::new(ErrorKind::Internal, "a view is not 8-bit RGB; please report this"))
}

/// `[3][side][side]` in −1..1 as a picture.
pub fn planar(image: &[f32], side: usize) -> RgbImage {
    RgbImage::from_fn(side as u32, side as u32, |x, y| {
        let p = y as usize * side + x as usize;
        Rgb([0, 1, 2]
            .map(|c| ((0.5 + 0.5 * image[c * side * side + p]).clamp(0.0, 1.0) * 255.0).round() as u8))
    })
}

/// A view of an edit for a sheet. The photo and the result are shown sharper than the network sees them.
///
/// # Errors
/// As [`Edit::view`].
pub fn view(edit: &Edit, view: View) -> Result<RgbImage> {
    let sharp = |photo: &Photo| Ok(planar(&photo::crop(photo, &edit.frame(), CELL as usize)?, CELL as usize));
    match view {
        View::Original => sharp(edit.photo()),
        View::Result => sharp(&edit.render()?),
        other => picture(&edit.view(other)?),
    }
}

/// The views that the paper's figure shows.
pub const FIGURE: [View; 5] = [View::Original, View::Reconstruction, View::Delta, View::Mask, View::Result];

/// A sheet of these views of one edit.
///
/// # Errors
/// As [`Edit::view`].
pub fn of_edit(edit: &Edit, views: &[View]) -> Result<Photo> {
    let names: Vec<&str> = views.iter().map(|v| v.name()).collect();
    let mut sheet = Sheet::new(&names);
    sheet.push("", views.iter().map(|v| view(edit, *v)).collect::<Result<_>>()?);
    sheet.photo()
}
