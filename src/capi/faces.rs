//! Faces in a photo, as frames.

use super::boundary::guarded;
use super::error::Answer;
use super::handle;
use super::image::{self, npe_image};
use super::model::{ModelObject, npe_model};
use super::pointer::{OutArray, Plain};
use super::status::npe_status;
use crate::photo::align::Aligner;
use crate::photo::{self, Frame};

/// A square in a photo: what the network sees of a face. Photo coordinates are pixels from the photo's top left corner; the
/// centre of the first pixel is at 0.5, 0.5. This struct never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_frame {
    /// Centre, in photo pixels from the left.
    pub cx: f64,
    /// Centre, in photo pixels from the top.
    pub cy: f64,
    /// Side in photo pixels, 8 to 131,072; about 3.5 times the distance of the eyes.
    pub side: f64,
    /// Degrees by which the face is turned clockwise, as seen on the screen.
    pub angle: f64,
}

// SAFETY: numbers only.
unsafe impl Plain for npe_frame {
    const NAME: &'static str = "npe_frame";
}

impl From<Frame> for npe_frame {
    fn from(f: Frame) -> Self {
        Self { cx: f.cx, cy: f.cy, side: f.side, angle: f.angle }
    }
}

impl From<npe_frame> for Frame {
    fn from(f: npe_frame) -> Self {
        Self { cx: f.cx, cy: f.cy, side: f.side, angle: f.angle }
    }
}

/// Finds the faces in a photo, largest first. Blocks for about 0.1 s; any thread. `frames` takes up to `capacity` of them;
/// `*count` becomes how many there are, which may be more, or 0 (no error). With NULL and 0 only the count is asked for.
/// For the frames that npe_encode finds itself, ask npe_model_find_faces.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_find_faces(
    photo: *const npe_image,
    frames: *mut npe_frame,
    capacity: usize,
    count: *mut usize,
) -> npe_status {
    guarded(|| {
        // SAFETY: by this function's contract.
        unsafe { find(photo, None, frames, capacity, count) }
    })
}

/// As npe_find_faces, with the frames where this model wants them: some models bring their own way of aligning a frame to a
/// face, and npe_encode uses it when it looks for the face itself. Blocks for about 0.1 s; any thread.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_model_find_faces(
    model: *const npe_model,
    photo: *const npe_image,
    frames: *mut npe_frame,
    capacity: usize,
    count: *mut usize,
) -> npe_status {
    guarded(|| {
        let model = handle::get::<ModelObject>(model)?;
        let aligner = model.loaded.meta.extras.aligner.as_deref();
        // SAFETY: by this function's contract.
        unsafe { find(photo, aligner, frames, capacity, count) }
    })
}

/// # Safety
/// The pointers point to what [`npe_find_faces`] says.
unsafe fn find(
    photo: *const npe_image,
    aligner: Option<&Aligner>,
    frames: *mut npe_frame,
    capacity: usize,
    count: *mut usize,
) -> Answer {
    let out = OutArray::new(frames, capacity, count, "frames")?;
    // SAFETY: by contract.
    let photo = unsafe { image::read(photo) }?;
    let found = photo::find_with(&photo, aligner)?;
    let found: Vec<npe_frame> = found.into_iter().map(|f| f.frame.into()).collect();
    // SAFETY: by contract.
    unsafe { out.write_some(&found) };
    Ok(())
}
