//! Finding faces: SeetaFace (the crate `rustface`) on a small grey copy of the photo.

use std::panic::{AssertUnwindSafe, catch_unwind};

use once_cell::sync::OnceCell;
use rustface::{ImageData, Model};

use super::align::Aligner;
use super::grey::Grey;
use super::{Frame, Photo};
use crate::error::{Error, ErrorKind, Result};

/// A face found in a photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// The frame in which the network sees it.
    pub frame: Frame,
    /// How sure the detector is; above about 2, up to about 100.
    pub score: f64,
}

/// SeetaFace's frontal model, from the crate `rustface` 0.1.7 (BSD 2-Clause, see `seeta_fd_frontal_v1.0.LICENSE`).
const MODEL: &[u8] = include_bytes!("seeta_fd_frontal_v1.0.bin");
/// Longest sides of the grey copy; the second where the first shows no face. The detector sees faces from 40 px on.
const SIDES: [f64; 2] = [640.0, 1600.0];
/// The detector's window; it fails on pictures that are smaller.
const WINDOW: usize = 40;
/// Weakest detection that is believed.
const SCORE_MIN: f64 = 2.0;
/// The same for the less usual looks, which see more faces where there are none.
const SCORE_MIN_TURNED: f64 = 5.0;
/// Heads turned by so many degrees are tried, one group after the other, when there is no face upright.
const TURNS: [&[f64]; 2] = [&[-35.0, 35.0], &[90.0, 180.0, -90.0]];
/// Overlap (intersection over union of the boxes) from which two detections are the same face.
const SAME_FACE: f64 = 0.3;

/// Finds the faces of a photo and aligns a frame to each, largest first; none is no error. Takes about 0.1 s,
/// whatever the photo's size, and up to a second where there is no face.
///
/// # Errors
/// If the detector fails.
pub fn find(photo: &Photo) -> Result<Vec<Face>> {
    find_with(photo, None)
}

/// As [`find`], with the aligner of the model whose frame is wanted; the one built into npe if that is none.
///
/// # Errors
/// If the detector fails.
pub fn find_with(photo: &Photo, aligner: Option<&Aligner>) -> Result<Vec<Face>> {
    let aligner = match aligner {
        Some(own) => own,
        None => Aligner::bundled()?,
    };
    let mut faces = detect(photo)?;
    for face in &mut faces {
        // A face that can't be aligned keeps the rough frame.
        if let Ok(refined) = aligner.refine(photo, &face.frame)
            && plausible(&face.frame, &refined)
        {
            face.frame = Frame { angle: half_turn(refined.angle), ..refined };
        }
    }
    Ok(distinct(faces))
}

/// Looks upright first, then closer, then with the head turned; stops at the first look that shows a face.
fn detect(photo: &Photo) -> Result<Vec<Face>> {
    let longest = f64::from(photo.width.max(photo.height));
    let mut small = None;
    for side in SIDES {
        // Small pictures are enlarged a little, so that a face that fills them is larger than the window.
        let scale = (side / longest).min(2.0);
        let grey = Grey::of(photo, scale, WINDOW + 8);
        let faces = look(&grey, scale, 0.0, SCORE_MIN)?;
        if !faces.is_empty() {
            return Ok(faces);
        }
        small.get_or_insert((grey, scale));
        if longest * 2.0 <= side {
            break;
        }
    }
    if let Some((grey, scale)) = small {
        for turns in TURNS {
            let mut faces = Vec::new();
            for &angle in turns {
                faces.extend(look(&grey, scale, angle, SCORE_MIN_TURNED)?);
            }
            let (width, height) = (f64::from(photo.width), f64::from(photo.height));
            faces.retain(|f| (0.0..width).contains(&f.frame.cx) && (0.0..height).contains(&f.frame.cy));
            if !faces.is_empty() {
                return Ok(distinct(faces));
            }
        }
    }
    Ok(Vec::new())
}

/// Whether a refined frame is still about the same face.
fn plausible(found: &Frame, refined: &Frame) -> bool {
    let (u, v) = found.from_photo(refined.cx, refined.cy);
    let growth = refined.side / found.side;
    let turn = half_turn(refined.angle - found.angle);
    refined.check().is_ok()
        && (u - 0.5).hypot(v - 0.5) < 0.35
        && (0.6..1.7).contains(&growth)
        && turn.abs() < 50.0
}

/// The error for a photo in which [`find`] finds nothing.
pub fn no_face_error() -> Error {
    Error::new(
        ErrorKind::NoFace,
        "no face was found in the photo; say where it is: with --frame cx,cy,side,angle (in photo pixels and degrees) \
         on the command line, or with an npe_frame in the C interface",
    )
}

/// The same angle in −180..180 degrees.
fn half_turn(angle: f64) -> f64 {
    (angle + 180.0).rem_euclid(360.0) - 180.0
}

/// Runs the detector on a grey copy of the photo, turned by `angle` against the photo.
fn look(grey: &Grey, scale: f64, angle: f64, score_min: f64) -> Result<Vec<Face>> {
    let copy;
    let turned = if angle == 0.0 {
        grey
    } else {
        copy = grey.turned(angle);
        &copy
    };
    let found = run_detector(turned)?.into_iter().filter(|f| f.score >= score_min);
    // The same angle by which the copy was turned turns what was found in it back, around the photo's middle.
    let middle = |grey: &Grey| (grey.width as f64 / 2.0, grey.height as f64 / 2.0);
    let (sin, cos) = angle.to_radians().sin_cos();
    let ((from_x, from_y), (to_x, to_y)) = (middle(turned), middle(grey));
    let faces = found.map(|f| {
        let frame = f.frame();
        let (dx, dy) = (frame.cx - from_x, frame.cy - from_y);
        let frame = Frame {
            cx: (to_x + cos * dx - sin * dy) / scale,
            cy: (to_y + sin * dx + cos * dy) / scale,
            side: frame.side / scale,
            angle,
        };
        Face { frame, score: f.score }
    });
    Ok(distinct(faces.filter(|f| f.frame.check().is_ok()).collect()))
}

/// One of each face, the surest; largest first.
fn distinct(mut faces: Vec<Face>) -> Vec<Face> {
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if !kept.iter().any(|k| overlap(&k.frame, &face.frame) > SAME_FACE) {
            kept.push(face);
        }
    }
    kept.sort_by(|a, b| b.frame.side.total_cmp(&a.frame.side));
    kept
}

/// The detector's square box, in pixels of the grey copy.
#[derive(Clone, Copy)]
struct Found {
    left: f64,
    top: f64,
    side: f64,
    score: f64,
}

fn run_detector(grey: &Grey) -> Result<Vec<Found>> {
    static LOADED: OnceCell<Model> = OnceCell::new();
    let failed =
        || Error::new(ErrorKind::Internal, "the face detector failed on this photo; give a frame instead");
    let model =
        LOADED.get_or_try_init(|| rustface::read_model(MODEL).map_err(|e| failed().with_source(e)))?;
    debug_assert!(grey.width >= WINDOW && grey.height >= WINDOW);
    // A panic of the detector must not take the editor with it; all its state is made here and dropped.
    let found = catch_unwind(AssertUnwindSafe(|| {
        let mut detector = rustface::create_detector_with_model(model.clone());
        detector.set_score_thresh(SCORE_MIN);
        detector.set_slide_window_step(4, 4);
        detector.set_pyramid_scale_factor(0.8);
        detector.detect(&ImageData::new(&grey.data, grey.width as u32, grey.height as u32))
    }))
    .map_err(|_| failed())?;
    let boxes = found.iter().map(|f| Found {
        left: f64::from(f.bbox().x()),
        top: f64::from(f.bbox().y()),
        side: f64::from(f.bbox().width()),
        score: f.score(),
    });
    Ok(boxes.collect())
}

impl Found {
    /// The training frame, as calibrated on aligned faces: the eyes' centre is 0.016 of the box's width left of its
    /// middle and 0.357 below its top; the frame is 1.42 as wide, the eyes' centre at (0.50, 0.51) of it.
    fn frame(self) -> Frame {
        let side = 1.42 * self.side;
        let (cx, cy) = (self.left + (0.5 - 0.016) * self.side, self.top + 0.357 * self.side - 0.01 * side);
        Frame { cx, cy, side, angle: 0.0 }
    }
}

/// Intersection over union, as if both frames were upright.
fn overlap(a: &Frame, b: &Frame) -> f64 {
    let shared = |p: f64, q: f64| {
        ((p + a.side / 2.0).min(q + b.side / 2.0) - (p - a.side / 2.0).max(q - b.side / 2.0)).max(0.0)
    };
    let inside = shared(a.cx, b.cx) * shared(a.cy, b.cy);
    inside / (a.side * a.side + b.side * b.side - inside)
}

#[cfg(test)]
#[path = "faces_tests.rs"]
mod tests;
