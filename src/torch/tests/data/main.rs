//! The training data: reading, preparing, varying. Every file is made up here but the sample photo.

mod augment;
mod prepare;
mod read;
mod sets;

use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use npe_torch::data::{Crop, Images, Settings, read};

/// Settings that read images whole.
fn whole(size: usize) -> Settings {
    Settings { size, crop: Crop::Whole }
}

/// Reads without asking for progress.
fn load(source: &Path, settings: &Settings) -> npe::Result<Images> {
    read(source, settings, &mut |_, _| true)
}

/// The sentence of what must fail.
fn refused<T: std::fmt::Debug>(result: npe::Result<T>) -> String {
    result.unwrap_err().to_string()
}

/// An image of smooth colours that no other seed has.
fn picture(width: u32, height: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = |c: u32| ((x * (2 + c) + y * (3 - c) + seed * 31) as f32 / 17.0).sin();
        image::Rgb([0, 1, 2].map(|c| (wave(c) * 100.0 + 128.0) as u8))
    })
}

/// As a JPEG, with EXIF if given.
fn jpeg(image: &RgbImage, quality: u8, exif: Option<&[u8]>) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut file, quality);
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif.to_vec()).unwrap();
    }
    encoder.write_image(image, image.width(), image.height(), ExtendedColorType::Rgb8).unwrap();
    file
}

/// EXIF that says no more than the orientation.
fn orientation(value: u8) -> Vec<u8> {
    let mut exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([value, 0, 0, 0, 0, 0, 0]);
    exif
}

/// A tar of these files.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// The sample photo: a portrait of 512×512 pixels.
fn astronaut() -> RgbImage {
    image::open(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/astronaut.png")).unwrap().into_rgb8()
}
