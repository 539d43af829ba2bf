//! Pixels: photo formats, the aligned face frame, resampling, finding faces, blending at full size. Knows no network.

pub mod align;
mod blend;
mod crop;
pub mod faces;
mod frame;
mod grey;
mod pixels;
mod placement;
#[cfg(test)]
mod reference;
mod spline;
#[cfg(test)]
mod test_photos;

pub(crate) use blend::luma;
pub use blend::{Change, blend_into, blend_layer_into, blend_rect, changed_rect};
pub use crop::{Crop, crop, crop_rgba};
pub use faces::{Face, find, find_with, no_face_error};
pub use frame::Frame;
pub use pixels::{PixelsMut, PixelsRef};
pub use placement::Placement;

use crate::error::{Error, ErrorKind, Result};
use crate::limits;

/// The channels of a pixel, in memory order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channels {
    /// One grey value.
    Grey,
    /// Grey and alpha.
    GreyAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha (not premultiplied).
    Rgba,
    /// Blue, green, red, alpha (not premultiplied): what Krita and cairo hold.
    Bgra,
}

/// The number type of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// 0..255.
    U8,
    /// 0..65535, native byte order.
    U16,
    /// 0..1 nominal; values beyond are kept. sRGB-encoded as the integer formats are.
    F32,
}

/// How a pixel lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PixelFormat {
    /// Which channels.
    pub channels: Channels,
    /// Of what type.
    pub depth: Depth,
}

impl Channels {
    /// Channels per pixel, alpha included.
    pub fn count(self) -> usize {
        match self {
            Channels::Grey => 1,
            Channels::GreyAlpha => 2,
            Channels::Rgb => 3,
            Channels::Rgba | Channels::Bgra => 4,
        }
    }

    /// Where red, green and blue stand in a pixel (all the same place for grey).
    pub fn rgb(self) -> [usize; 3] {
        match self {
            Channels::Grey | Channels::GreyAlpha => [0, 0, 0],
            Channels::Rgb | Channels::Rgba => [0, 1, 2],
            Channels::Bgra => [2, 1, 0],
        }
    }

    /// Where alpha stands in a pixel, if there is one. npe never changes it.
    pub fn alpha(self) -> Option<usize> {
        match self {
            Channels::Grey | Channels::Rgb => None,
            Channels::GreyAlpha => Some(1),
            Channels::Rgba | Channels::Bgra => Some(3),
        }
    }
}

impl Depth {
    /// Bytes per channel.
    pub fn bytes(self) -> usize {
        match self {
            Depth::U8 => 1,
            Depth::U16 => 2,
            Depth::F32 => 4,
        }
    }
}

impl PixelFormat {
    /// Bytes per pixel.
    pub fn bytes(self) -> usize {
        self.channels.count() * self.depth.bytes()
    }
}

/// A photo's samples, rows tight, top row first.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// 0..255.
    U8(Vec<u8>),
    /// 0..65535.
    U16(Vec<u16>),
    /// 0..1 nominal.
    F32(Vec<f32>),
}

impl Samples {
    /// How many samples.
    pub fn len(&self) -> usize {
        match self {
            Samples::U8(v) => v.len(),
            Samples::U16(v) => v.len(),
            Samples::F32(v) => v.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number type.
    pub fn depth(&self) -> Depth {
        match self {
            Samples::U8(_) => Depth::U8,
            Samples::U16(_) => Depth::U16,
            Samples::F32(_) => Depth::F32,
        }
    }
}

/// A photo in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Photo {
    width: u32,
    height: u32,
    channels: Channels,
    samples: Samples,
}

impl Photo {
    /// A photo of these samples (`width·height·channels`, rows tight, top row first).
    ///
    /// # Errors
    /// If a side is over the limits, the count does not fit, or a float sample is not finite.
    pub fn new(width: u32, height: u32, channels: Channels, samples: Samples) -> Result<Self> {
        check_size(width, height)?;
        Self::of_checked_size(width, height, channels, samples)
    }

    fn of_checked_size(width: u32, height: u32, channels: Channels, samples: Samples) -> Result<Self> {
        let expected = width as usize * height as usize * channels.count();
        if samples.len() != expected {
            return Err(Error::invalid(format!(
                "the photo has {} samples; {width}×{height} pixels of {} channels need {expected}",
                samples.len(),
                channels.count()
            )));
        }
        if let Samples::F32(v) = &samples
            && let Some(i) = v.iter().position(|s| !s.is_finite())
        {
            let pixel = i / channels.count();
            return Err(Error::new(
                ErrorKind::Photo,
                format!(
                    "the photo's pixel at x {}, y {} is {}, not a finite number",
                    pixel % width as usize,
                    pixel / width as usize,
                    v[i]
                ),
            ));
        }
        Ok(Self { width, height, channels, samples })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Its channels and number type.
    pub fn format(&self) -> PixelFormat {
        PixelFormat { channels: self.channels, depth: self.samples.depth() }
    }

    /// Its samples.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }
}

/// An empty vector with room for that many samples; a photo is too large to end the process where memory is short.
pub(crate) fn room_for<T>(samples: usize) -> Result<Vec<T>> {
    let mut room = Vec::new();
    room.try_reserve_exact(samples).map_err(|e| {
        // In floating point, because the product may be more than a usize holds.
        let mebibytes = (samples as f64 * size_of::<T>() as f64 / f64::from(1 << 20)).ceil();
        let message =
            format!("there is not enough memory for a photo of {mebibytes} MiB; give a smaller one");
        Error::new(ErrorKind::OutOfMemory, message).with_source(e)
    })?;
    Ok(room)
}

/// Checks a photo's size against the limits.
///
/// # Errors
/// If it is too small or too large.
pub fn check_size(width: u32, height: u32) -> Result<()> {
    check_size_from(limits::PHOTO_SIDE_MIN, width, height, "photo")
}

/// As [`check_size`] for a painted layer, which may be a thumbnail: 1 pixel a side is enough.
///
/// # Errors
/// If it is too small or too large.
pub fn check_layer_size(width: u32, height: u32) -> Result<()> {
    check_size_from(1, width, height, "painted layer")
}

fn check_size_from(least: u32, width: u32, height: u32, what: &str) -> Result<()> {
    if width < least || height < least {
        return Err(Error::limit(format!(
            "the {what} is {width}×{height} pixels; each side must be at least {least}"
        )));
    }
    if width > limits::PHOTO_SIDE
        || height > limits::PHOTO_SIDE
        || u64::from(width) * u64::from(height) > limits::PHOTO_PIXELS
    {
        return Err(Error::limit(format!(
            "the {what} is {width}×{height} pixels; at most {} a side and {} in all are taken",
            limits::PHOTO_SIDE,
            limits::PHOTO_PIXELS
        )));
    }
    Ok(())
}

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, 0 if the rectangle is empty.
    pub width: u32,
    /// Height, 0 if the rectangle is empty.
    pub height: u32,
}

impl Rect {
    /// The whole of a photo.
    pub fn whole(photo: &Photo) -> Self {
        Self { x: 0, y: 0, width: photo.width, height: photo.height }
    }

    /// Whether there is no pixel in it.
    pub fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The part that lies in both.
    #[must_use]
    pub fn intersect(&self, other: &Rect) -> Rect {
        let end = |start: u32, length: u32| u64::from(start) + u64::from(length);
        let right = end(self.x, self.width).min(end(other.x, other.width));
        let bottom = end(self.y, self.height).min(end(other.y, other.height));
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let width = right.saturating_sub(u64::from(x)) as u32;
        let height = bottom.saturating_sub(u64::from(y)) as u32;
        if width == 0 || height == 0 { Rect::default() } else { Rect { x, y, width, height } }
    }

    /// Checks that the rectangle lies inside the photo.
    ///
    /// # Errors
    /// If it reaches beyond an edge.
    pub fn check_inside(&self, photo: &Photo) -> Result<()> {
        let fits =
            |start: u32, length: u32, all: u32| start.checked_add(length).is_some_and(|end| end <= all);
        if !fits(self.x, self.width, photo.width) || !fits(self.y, self.height, photo.height) {
            return Err(Error::invalid(format!(
                "the rectangle of {}×{} pixels at x {}, y {} reaches beyond the photo of {}×{} pixels",
                self.width, self.height, self.x, self.y, photo.width, photo.height
            )));
        }
        Ok(())
    }
}
