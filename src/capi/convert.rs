//! From one pixel format to another, for hosts whose canvas is not of the photo's format.

use super::error::{Answer, Failure};
use super::status::NPE_ERR_INVALID_ARGUMENT;
use crate::photo::{Channels, Depth, PixelFormat};

/// Whether pixels of `from` can be written as `to`: everything but colours into grey.
pub(super) fn check(from: PixelFormat, to: PixelFormat) -> Answer {
    let grey = |f: PixelFormat| matches!(f.channels, Channels::Grey | Channels::GreyAlpha);
    if grey(to) && !grey(from) {
        return Err(Failure::new(
            NPE_ERR_INVALID_ARGUMENT,
            "the pixels are in colour and the image given is grey; give one of RGB, RGBA or BGRA",
        ));
    }
    Ok(())
}

/// Converts a row of checked formats. Alpha that is not there is opaque. Integers of the same depth are exact, and so is
/// the way to a deeper type and back.
#[allow(clippy::arithmetic_side_effects, reason = "a channel is under 4, and has at most 4 bytes")]
pub(super) fn row(from: &[u8], from_format: PixelFormat, to: &mut [u8], to_format: PixelFormat) {
    let (fc, tc) = (from_format.channels, to_format.channels);
    let (fb, tb) = (from_format.depth.bytes(), to_format.depth.bytes());
    // For each channel of `to`, where it stands in `from`.
    let mut source = [None; 4];
    for (t, f) in tc.rgb().into_iter().zip(fc.rgb()) {
        source[t] = Some(f);
    }
    if let Some(t) = tc.alpha() {
        source[t] = fc.alpha();
    }
    for (f, t) in from.chunks_exact(from_format.bytes()).zip(to.chunks_exact_mut(to_format.bytes())) {
        for (source, t) in source.iter().zip(t.chunks_exact_mut(tb)) {
            match source {
                Some(i) if fb == tb => t.copy_from_slice(&f[i * fb..][..fb]),
                Some(i) => put(get(&f[i * fb..][..fb], from_format.depth), t, to_format.depth),
                None => put(1.0, t, to_format.depth),
            }
        }
    }
}

/// 0..1; `f64` holds every 16-bit value and float exactly enough to come back.
fn get(bytes: &[u8], depth: Depth) -> f64 {
    match (depth, bytes) {
        (Depth::U8, [a]) => f64::from(*a) / 255.0,
        (Depth::U16, [a, b]) => f64::from(u16::from_ne_bytes([*a, *b])) / 65535.0,
        (Depth::F32, [a, b, c, d]) => f64::from(f32::from_ne_bytes([*a, *b, *c, *d])),
        _ => 0.0,
    }
}

/// Rounded to the nearest; the casts saturate.
fn put(value: f64, bytes: &mut [u8], depth: Depth) {
    match depth {
        Depth::U8 => bytes.copy_from_slice(&[(value * 255.0).round() as u8]),
        Depth::U16 => bytes.copy_from_slice(&((value * 65535.0).round() as u16).to_ne_bytes()),
        Depth::F32 => bytes.copy_from_slice(&(value as f32).to_ne_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(channels: Channels, depth: Depth) -> PixelFormat {
        PixelFormat { channels, depth }
    }

    fn converted(from: &[u8], a: PixelFormat, b: PixelFormat) -> Vec<u8> {
        let mut to = vec![9; from.len() / a.bytes() * b.bytes()];
        row(from, a, &mut to, b);
        to
    }

    #[test]
    fn channels_go_to_their_places() {
        let rgb = format(Channels::Rgb, Depth::U8);
        assert_eq!(converted(&[1, 2, 3], rgb, format(Channels::Bgra, Depth::U8)), [3, 2, 1, 255]);
        let ga = format(Channels::GreyAlpha, Depth::U8);
        assert_eq!(converted(&[7, 8], ga, format(Channels::Rgba, Depth::U8)), [7, 7, 7, 8]);
        assert_eq!(converted(&[7, 8], ga, format(Channels::Grey, Depth::U8)), [7]);
        assert!(check(rgb, ga).unwrap_err().sentence.contains("in colour"));
        assert!(check(ga, rgb).is_ok());
    }

    #[test]
    fn every_byte_survives_a_deeper_type() {
        let all: Vec<u8> = (0..=255).collect();
        let u8s = format(Channels::Grey, Depth::U8);
        for depth in [Depth::U16, Depth::F32] {
            let deep = format(Channels::Grey, depth);
            assert_eq!(converted(&converted(&all, u8s, deep), deep, u8s), all, "{depth:?}");
        }
        let wide: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_ne_bytes).collect();
        let (u16s, f32s) = (format(Channels::Grey, Depth::U16), format(Channels::Grey, Depth::F32));
        assert_eq!(converted(&converted(&wide, u16s, f32s), f32s, u16s), wide);
        let beyond: Vec<u8> = [-3.0_f32, 7.0].into_iter().flat_map(f32::to_ne_bytes).collect();
        assert_eq!(converted(&beyond, f32s, u8s), [0, 255]);
    }
}
