//! One photo's faces: found, aligned, judged, and cut out. Calls `npe::photo`, `decode` and `measure`.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use npe::photo::{Channels, Face, Frame, Photo, Samples, crop, find};
use npe::{Error, ErrorKind, Result, limits};

use super::measure::{Hash, SHARPNESS_SIDE, grey, sharpness};
use super::prepare::{Faces, Format, Listed, Reason, Settings};
use super::{decode, source};

/// A photo that was looked at.
pub struct Looked {
    /// Faces of which the detector is sure.
    pub sure: usize,
    /// Every face, or the photo if it has none, with its square if it is good enough.
    pub faces: Vec<(Listed, Option<Square>)>,
}

/// An aligned face.
pub struct Square {
    /// Encoded as the settings ask.
    pub file: Vec<u8>,
    /// Of the frame, without the margin.
    pub hash: Hash,
}

/// Looks at a photo. What is wrong with the photo is listed.
///
/// # Errors
/// Only what the next photo would not escape either: a defect of the detector or the encoder.
pub fn look(file: source::Entry, settings: &Settings) -> Result<Looked> {
    let dropped = |reason, why: String| {
        let listed = Listed { dropped: Some(reason), why: Some(why), ..unlisted(&file.name) };
        Ok(Looked { sure: 0, faces: vec![(listed, None)] })
    };
    let image = match file.load().and_then(|bytes| decode::rgb(&bytes)) {
        Ok(image) => image,
        Err(why) => return dropped(Reason::Damaged, why),
    };
    let (width, height) = image.dimensions();
    if width.min(height) < limits::PHOTO_SIDE_MIN {
        return dropped(Reason::TooSmall, format!("the photo is only {width}×{height} pixels"));
    }
    let photo = Photo::new(width, height, Channels::Rgb, Samples::U8(image.into_raw()))?;
    let found = find(&photo)?;
    if found.is_empty() {
        return dropped(Reason::NoFace, "no face was found".into());
    }
    let sure = found.iter().filter(|f| f.score >= settings.min_score).count();
    let mut taken = 0;
    let mut faces = Vec::new();
    for face in found {
        let mut listed = Listed { frame: Some(face.frame), score: Some(face.score), ..unlisted(&file.name) };
        let judged = if face.score < settings.min_score {
            let why =
                format!("the detector's score is {:.1}; {} is asked for", face.score, settings.min_score);
            Err((Reason::Unsure, why))
        } else {
            taken += 1;
            match settings.faces {
                Faces::Single if sure > 1 => {
                    Err((Reason::SeveralFaces, format!("the photo shows {sure} faces")))
                }
                // The largest comes first.
                Faces::Largest if taken > 1 => {
                    Err((Reason::SeveralFaces, "the photo shows a larger face".into()))
                }
                _ => judge(&photo, &face, settings, &mut listed)?,
            }
        };
        let square = match judged {
            Ok(hash) => Some(Square { file: cut(&photo, &face.frame, settings)?, hash }),
            Err((reason, why)) => {
                (listed.dropped, listed.why) = (Some(reason), Some(why));
                None
            }
        };
        faces.push((listed, square));
    }
    Ok(Looked { sure, faces })
}

fn unlisted(photo: &str) -> Listed {
    let photo = photo.to_owned();
    Listed { photo, frame: None, score: None, sharpness: None, image: None, dropped: None, why: None }
}

/// The hash of a face that is good enough, or why it is not.
fn judge(
    photo: &Photo,
    face: &Face,
    settings: &Settings,
    listed: &mut Listed,
) -> Result<Result<Hash, (Reason, String)>> {
    let frame = face.frame;
    let least = settings.min_resolution * settings.size as f64 / (1.0 + 2.0 * settings.margin);
    if frame.side < least {
        let why = format!("its frame is {:.0} photo pixels a side; {least:.0} are asked for", frame.side);
        return Ok(Err((Reason::TooSmall, why)));
    }
    let beyond = outside(photo, &frame);
    if beyond > settings.max_outside {
        let why = format!(
            "{:.0} % of its frame lie beyond the photo; {:.0} % may",
            beyond * 100.0,
            settings.max_outside * 100.0
        );
        return Ok(Err((Reason::CutOff, why)));
    }
    let luma = grey(&crop(photo, &frame, SHARPNESS_SIDE)?);
    let sharp = sharpness(&luma, SHARPNESS_SIDE);
    listed.sharpness = Some((sharp * 100.0).round() / 100.0);
    if sharp < settings.min_sharpness {
        let why = format!("its sharpness is {sharp:.1}; {} is asked for", settings.min_sharpness);
        return Ok(Err((Reason::Blurred, why)));
    }
    Ok(Ok(Hash::of(&luma, SHARPNESS_SIDE)))
}

/// The share of a frame that lies beyond the photo, to a part in a thousand.
fn outside(photo: &Photo, frame: &Frame) -> f64 {
    const N: usize = 32;
    let (width, height) = (f64::from(photo.width()), f64::from(photo.height()));
    let at = |i: usize| (i as f64 + 0.5) / N as f64;
    let beyond = |(x, y): (f64, f64)| !(0.0..width).contains(&x) || !(0.0..height).contains(&y);
    let count = (0..N * N).filter(|i| beyond(frame.to_photo(at(i % N), at(i / N)))).count();
    count as f64 / (N * N) as f64
}

/// The frame with its margin, encoded.
fn cut(photo: &Photo, frame: &Frame, settings: &Settings) -> Result<Vec<u8>> {
    let size = settings.size;
    let wider = Frame { side: frame.side * (1.0 + 2.0 * settings.margin), ..*frame };
    let planes = crop(photo, &wider, size)?;
    let plane = size * size;
    let byte = |v: f32| ((v + 1.0) * 127.5).round() as u8;
    let pixels: Vec<u8> = (0..plane).flat_map(|i| [0, 1, 2].map(|c| byte(planes[c * plane + i]))).collect();
    let mut file = Vec::new();
    let side = size as u32;
    let encoded = match settings.format {
        Format::Jpeg(quality) => JpegEncoder::new_with_quality(&mut file, quality).write_image(
            &pixels,
            side,
            side,
            ExtendedColorType::Rgb8,
        ),
        Format::Png => PngEncoder::new(&mut file).write_image(&pixels, side, side, ExtendedColorType::Rgb8),
    };
    encoded
        .map_err(|e| Error::new(ErrorKind::Internal, "an aligned face can't be encoded").with_source(e))?;
    Ok(file)
}
