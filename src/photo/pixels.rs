//! Pixels in somebody else's memory: borrowed buffers with a row stride, of any alignment.

use super::{Channels, Depth, Photo, PixelFormat, Rect, Samples, check_layer_size, check_size, room_for};
use crate::error::{Error, Result};

/// A photo in a borrowed buffer. The buffer needs no alignment; integers and floats are in native byte order.
#[derive(Debug, Clone, Copy)]
pub struct PixelsRef<'a> {
    /// The bytes, top row first.
    pub data: &'a [u8],
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bytes from the start of a row to the start of the next.
    pub stride: usize,
    /// How a pixel lies in memory.
    pub format: PixelFormat,
}

/// Like [`PixelsRef`], to be written to. Bytes between the rows are left as they are.
#[derive(Debug)]
pub struct PixelsMut<'a> {
    /// The bytes, top row first.
    pub data: &'a mut [u8],
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bytes from the start of a row to the start of the next.
    pub stride: usize,
    /// How a pixel lies in memory.
    pub format: PixelFormat,
}

/// The largest magnitude of a float sample that is reckoned with: what half floats hold, and with them HDR formats. A
/// sample beyond is kept where nothing is changed, and taken for this where something is.
pub(super) const FLOAT_MAX: f32 = 65_504.0;

/// One number of a pixel.
pub(super) trait Sample: Copy + Default + Send + Sync + 'static {
    /// Bytes of one.
    const BYTES: usize;
    /// Alpha of an opaque pixel.
    const OPAQUE: Self;
    /// As 0..1 (floats may be beyond, by [`FLOAT_MAX`] at most).
    fn unit(self) -> f32;
    /// Moved by `by` in the 0..1 scale: rounded to nearest, clamped to the range. 0 changes no bit. A float that moves
    /// begins and ends within [`FLOAT_MAX`], so it stays finite.
    fn moved(self, by: f32) -> Self;
    /// Whether it is the same bit for bit.
    fn same(self, other: Self) -> bool;
    /// From native-endian bytes.
    fn read(bytes: &[u8]) -> Self;
    /// To native-endian bytes.
    fn write(self, bytes: &mut [u8]);
}

macro_rules! sample {
    ($type:ty, $opaque:expr, |$v:ident| $unit:expr, |$w:ident, $by:ident| $moved:expr) => {
        impl Sample for $type {
            const BYTES: usize = size_of::<$type>();
            const OPAQUE: Self = $opaque;
            #[inline(always)]
            fn same(self, other: Self) -> bool {
                self.to_ne_bytes() == other.to_ne_bytes()
            }
            #[inline(always)]
            fn unit(self) -> f32 {
                let $v = self;
                $unit
            }
            #[inline(always)]
            fn moved(self, by: f32) -> Self {
                let ($w, $by) = (self, by);
                $moved
            }
            fn read(bytes: &[u8]) -> Self {
                let mut b = [0; size_of::<$type>()];
                b.copy_from_slice(bytes);
                Self::from_ne_bytes(b)
            }
            fn write(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_ne_bytes());
            }
        }
    };
}

// The casts saturate, which is the clamp; 0.5 + truncation rounds, as the sum is never far below 0.
sample!(u8, 255, |v| f32::from(v) * (1.0 / 255.0), |v, by| (f32::from(v) + by * 255.0 + 0.5) as u8);
sample!(u16, 65535, |v| f32::from(v) * (1.0 / 65535.0), |v, by| (f32::from(v) + by * 65535.0 + 0.5) as u16);
sample!(f32, 1.0, |v| v.clamp(-FLOAT_MAX, FLOAT_MAX), |v, by| {
    if by == 0.0 {
        v
    } else if (0.0..=1.0).contains(&v) {
        (v + by).clamp(0.0, 1.0)
    } else {
        (v.clamp(-FLOAT_MAX, FLOAT_MAX) + by).clamp(-FLOAT_MAX, FLOAT_MAX)
    }
});

/// Checks stride and length of a buffer; all sums are checked.
fn check_layout(length: usize, width: u32, height: u32, stride: usize, format: PixelFormat) -> Result<()> {
    let row = (width as usize).checked_mul(format.bytes());
    let needed =
        row.and_then(|row| stride.checked_mul((height as usize).saturating_sub(1))?.checked_add(row));
    let (Some(row), Some(needed)) = (row, needed) else {
        return Err(Error::invalid(format!(
            "{height} rows of {stride} bytes are more than this machine can address"
        )));
    };
    if stride < row {
        return Err(Error::invalid(format!(
            "the row stride is {stride} bytes; {width} pixels of {} bytes need at least {row}",
            format.bytes()
        )));
    }
    if height > 0 && length < needed {
        return Err(Error::invalid(format!(
            "the pixel buffer has {length} bytes; {height} rows with a stride of {stride} need at least {needed}"
        )));
    }
    Ok(())
}

impl PixelsRef<'_> {
    fn gather<T: Sample>(&self) -> Result<Vec<T>> {
        let row_bytes = self.width as usize * self.format.bytes();
        let mut samples = room_for(row_bytes / T::BYTES * self.height as usize)?;
        for row in self.data.chunks(self.stride).take(self.height as usize) {
            samples.extend(row[..row_bytes].chunks_exact(T::BYTES).map(T::read));
        }
        Ok(samples)
    }
}

impl PixelsMut<'_> {
    /// Checks that the buffer can hold a rectangle of this photo.
    pub(super) fn check_for(&self, photo: &Photo, rect: Rect) -> Result<()> {
        if self.format != photo.format() {
            return Err(Error::invalid(format!(
                "the output's pixels are {:?} of {:?}, the photo's are {:?} of {:?}; they must be the same",
                self.format.channels,
                self.format.depth,
                photo.format().channels,
                photo.format().depth
            )));
        }
        self.check_place(photo, rect)
    }

    /// As [`PixelsMut::check_for`], for a format that has been checked.
    pub(super) fn check_place(&self, photo: &Photo, rect: Rect) -> Result<()> {
        rect.check_inside(photo)?;
        if (self.width, self.height) != (rect.width, rect.height) {
            return Err(Error::invalid(format!(
                "the output is {}×{} pixels, the rectangle {}×{}; they must be the same",
                self.width, self.height, rect.width, rect.height
            )));
        }
        check_layout(self.data.len(), self.width, self.height, self.stride, self.format)
    }

    /// Writes one row. The layout has been checked.
    pub(super) fn write_row<T: Sample>(&mut self, y: usize, row: &[T]) {
        let bytes = &mut self.data[y * self.stride..][..row.len() * T::BYTES];
        for (sample, bytes) in row.iter().zip(bytes.chunks_exact_mut(T::BYTES)) {
            sample.write(bytes);
        }
    }
}

impl Photo {
    /// Copies a photo out of a borrowed buffer.
    ///
    /// # Errors
    /// If the size is over the limits, the stride too small, the buffer too short, a float not finite, or memory
    /// too short for the copy.
    pub fn from_pixels(pixels: PixelsRef<'_>) -> Result<Self> {
        check_size(pixels.width, pixels.height)?;
        Self::copied(pixels)
    }

    /// As [`Photo::from_pixels`] for a painted layer, which may be a thumbnail: 1 pixel a side is enough.
    ///
    /// # Errors
    /// As [`Photo::from_pixels`].
    pub fn layer_from_pixels(pixels: PixelsRef<'_>) -> Result<Self> {
        check_layer_size(pixels.width, pixels.height)?;
        Self::copied(pixels)
    }

    fn copied(pixels: PixelsRef<'_>) -> Result<Self> {
        check_layout(pixels.data.len(), pixels.width, pixels.height, pixels.stride, pixels.format)?;
        let samples = match pixels.format.depth {
            Depth::U8 => Samples::U8(pixels.gather()?),
            Depth::U16 => Samples::U16(pixels.gather()?),
            Depth::F32 => Samples::F32(pixels.gather()?),
        };
        Photo::of_checked_size(pixels.width, pixels.height, pixels.format.channels, samples)
    }

    /// Copies a rectangle of the photo into a borrowed buffer of the rectangle's size and the photo's format.
    ///
    /// # Errors
    /// If the rectangle reaches beyond the photo, or the buffer's size, format, stride or length does not fit.
    pub fn write_rect(&self, rect: Rect, out: &mut PixelsMut<'_>) -> Result<()> {
        out.check_for(self, rect)?;
        match &self.samples {
            Samples::U8(v) => self.copy_rows(v, rect, out),
            Samples::U16(v) => self.copy_rows(v, rect, out),
            Samples::F32(v) => self.copy_rows(v, rect, out),
        }
        Ok(())
    }

    fn copy_rows<T: Sample>(&self, samples: &[T], rect: Rect, out: &mut PixelsMut<'_>) {
        for y in 0..rect.height {
            let row = self.row_part(samples, rect.x, rect.y + y, rect.width);
            out.write_row(y as usize, row);
        }
    }

    /// `width` pixels of a row, from (x, y) on.
    pub(super) fn row_part<'a, T>(&self, samples: &'a [T], x: u32, y: u32, width: u32) -> &'a [T] {
        let channels = self.channels.count();
        let start = (y as usize * self.width as usize + x as usize) * channels;
        &samples[start..][..width as usize * channels]
    }

    /// Its channels.
    pub fn channels(&self) -> Channels {
        self.channels
    }
}

#[cfg(test)]
#[path = "pixels_tests.rs"]
mod tests;
