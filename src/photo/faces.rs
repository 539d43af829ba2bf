//! Finding faces: SeetaFace (the crate `rustface`) on a small grey copy of the photo.

use std::panic::{AssertUnwindSafe, catch_unwind};

use once_cell::sync::OnceCell;
use rustface::{ImageData, Model};

use super::grey::Grey;
use super::{Frame, Photo};
use crate::error::{Error, ErrorKind, Result};
use crate::limits;

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
/// Overlap (intersection over union of the boxes) from which two detections are the same face.
const SAME_FACE: f64 = 0.3;

/// Finds the faces of a photo, largest first; none is no error. Takes about 0.1 s, whatever the photo's size.
///
/// # Errors
/// If the detector fails.
pub fn find(photo: &Photo) -> Result<Vec<Face>> {
    let longest = f64::from(photo.width.max(photo.height));
    let mut faces = Vec::new();
    for side in SIDES {
        // Small pictures are enlarged a little, so that a face that fills them is larger than the window.
        let scale = (side / longest).min(2.0);
        faces = detect(&Grey::of(photo, scale, WINDOW + 8), scale)?;
        if !faces.is_empty() || longest * 2.0 <= side {
            break;
        }
    }
    Ok(faces)
}

/// The error for a photo in which [`find`] finds nothing.
pub fn no_face_error() -> Error {
    Error::new(
        ErrorKind::NoFace,
        "no face was found in the photo; say where it is: with --frame cx,cy,side,angle (in photo pixels and degrees) \
         on the command line, or with an npe_frame in the C interface",
    )
}

fn detect(grey: &Grey, scale: f64) -> Result<Vec<Face>> {
    let mut faces: Vec<Face> = run_detector(grey)?
        .into_iter()
        .map(|b| Face { frame: frame_of(b, scale), score: b.score })
        .filter(|f| f.frame.check().is_ok())
        .collect();
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if !kept.iter().any(|k| overlap(&k.frame, &face.frame) > SAME_FACE) {
            kept.push(face);
        }
    }
    kept.sort_by(|a, b| b.frame.side.total_cmp(&a.frame.side));
    Ok(kept)
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

/// The training frame for a detector's box, as calibrated on aligned faces: the eyes' centre is 0.016 of the box's
/// width left of its middle and 0.357 below its top; the frame is 1.42 as wide, the eyes' centre at (0.50, 0.51) of it.
fn frame_of(found: Found, scale: f64) -> Frame {
    let side = 1.42 * found.side;
    Frame {
        cx: (found.left + (0.5 - 0.016) * found.side) / scale,
        cy: (found.top + 0.357 * found.side - 0.01 * side) / scale,
        side: (side / scale).clamp(limits::FRAME_SIDE_MIN, limits::FRAME_SIDE_MAX),
        angle: 0.0,
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
