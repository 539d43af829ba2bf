//! The change alone, as a layer to lay over the photo.

use super::super::pixels::{PixelsMut, Sample};
use super::super::{Channels, Frame, Photo, PixelFormat, Rect, Samples};
use super::{Change, Grid, write_rows};
use crate::error::{Error, Result};

/// Like [`super::blend_into`], as a layer: where a pixel is the photo's bit for bit, all of its channels are 0; elsewhere it is the
/// changed pixel with the photo's alpha (opaque if the photo has none). Over an opaque photo the layer shows just what
/// [`super::blend_into`] writes. The buffer is of the rectangle's size and the photo's number type, and of any channels with alpha;
/// colours do not go into grey.
///
/// # Errors
/// As [`super::blend_into`], and if the buffer's format is another.
pub fn blend_layer_into(
    photo: &Photo,
    frame: &Frame,
    change: &Change,
    rect: Rect,
    out: &mut PixelsMut<'_>,
) -> Result<()> {
    check_format(photo.format(), out.format)?;
    out.check_place(photo, rect)?;
    let grid = Grid::new(frame, change, photo.channels)?;
    match &photo.samples {
        Samples::U8(v) => write_rows(photo, v, &grid, rect, out, layer_row(photo.channels)),
        Samples::U16(v) => write_rows(photo, v, &grid, rect, out, layer_row(photo.channels)),
        Samples::F32(v) => write_rows(photo, v, &grid, rect, out, layer_row(photo.channels)),
    }
    Ok(())
}

fn check_format(photo: PixelFormat, out: PixelFormat) -> Result<()> {
    if out.depth != photo.depth {
        return Err(Error::invalid(format!(
            "the layer's samples are {:?}, the photo's are {:?}; they must be the same",
            out.depth, photo.depth
        )));
    }
    if out.channels.alpha().is_none() {
        return Err(Error::invalid(format!(
            "the layer's pixels are {:?}; a layer needs alpha, so give one of GreyAlpha, Rgba or Bgra",
            out.channels
        )));
    }
    if out.channels == Channels::GreyAlpha && photo.channels.count() > 2 {
        return Err(Error::invalid("the photo is in colour and the layer is grey; give one of Rgba or Bgra"));
    }
    Ok(())
}

/// What writes a row of the layer from the photo's row and the changed one.
fn layer_row<T: Sample>(from: Channels) -> impl Fn(&mut PixelsMut<'_>, usize, &[T], &[T]) + Sync {
    move |out, y, old, new| {
        let to = out.format.channels;
        let width = old.len() / from.count();
        let bytes = &mut out.data[y * out.stride..][..width * to.count() * T::BYTES];
        bytes.fill(0);
        match (from.count(), to.count()) {
            (1, 2) => pixels::<T, 1, 2>(from, to, old, new, bytes),
            (1, _) => pixels::<T, 1, 4>(from, to, old, new, bytes),
            (2, 2) => pixels::<T, 2, 2>(from, to, old, new, bytes),
            (2, _) => pixels::<T, 2, 4>(from, to, old, new, bytes),
            (3, _) => pixels::<T, 3, 4>(from, to, old, new, bytes),
            _ => pixels::<T, 4, 4>(from, to, old, new, bytes),
        }
    }
}

/// Writes those pixels that differ; the others are 0 already.
fn pixels<T: Sample, const FROM: usize, const TO: usize>(
    from: Channels,
    to: Channels,
    old: &[T],
    new: &[T],
    bytes: &mut [u8],
) {
    // For each channel of the layer, where it stands in the photo's pixel; none for alpha that is not there.
    let mut source = [None; TO];
    for (t, f) in to.rgb().into_iter().zip(from.rgb()) {
        source[t] = Some(f);
    }
    if let Some(t) = to.alpha() {
        source[t] = from.alpha();
    }
    let pairs = old.as_chunks::<FROM>().0.iter().zip(new.as_chunks::<FROM>().0);
    for ((old, new), bytes) in pairs.zip(bytes.chunks_exact_mut(TO * T::BYTES)) {
        if old.iter().zip(new).all(|(a, b)| a.same(*b)) {
            continue;
        }
        for (source, bytes) in source.iter().zip(bytes.chunks_exact_mut(T::BYTES)) {
            source.map_or(T::OPAQUE, |s| new[s]).write(bytes);
        }
    }
}

#[cfg(test)]
#[path = "layer_tests.rs"]
mod tests;
