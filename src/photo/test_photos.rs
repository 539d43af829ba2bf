//! Photos that the tests of this room make up.

use super::{Channels, Depth, Photo, PixelFormat, Samples};

pub const CHANNELS: [Channels; 5] =
    [Channels::Grey, Channels::GreyAlpha, Channels::Rgb, Channels::Rgba, Channels::Bgra];
pub const DEPTHS: [Depth; 3] = [Depth::U8, Depth::U16, Depth::F32];

/// Noise that is the same every time (splitmix64), 0..1.
pub fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as f64 / u64::MAX as f64
    }
}

/// A photo whose value of channel `c` at (x, y) is `value(c, x, y)` (0..1, floats beyond).
pub fn photo(
    width: u32,
    height: u32,
    format: PixelFormat,
    mut value: impl FnMut(usize, u32, u32) -> f64,
) -> Photo {
    let count = format.channels.count();
    let mut v = Vec::new();
    for i in 0..width as usize * height as usize {
        let (x, y) = ((i % width as usize) as u32, (i / width as usize) as u32);
        v.extend((0..count).map(|c| value(c, x, y)));
    }
    let samples = match format.depth {
        Depth::U8 => Samples::U8(v.iter().map(|v| (v * 255.0).round() as u8).collect()),
        Depth::U16 => Samples::U16(v.iter().map(|v| (v * 65535.0).round() as u16).collect()),
        Depth::F32 => Samples::F32(v.iter().map(|v| *v as f32).collect()),
    };
    Photo::new(width, height, format.channels, samples).unwrap()
}

/// A photo of noise; floats from −0.2 to 1.2, every fifth alpha 0.
pub fn noisy(width: u32, height: u32, format: PixelFormat, seed: u64) -> Photo {
    let mut next = noise(seed);
    let alpha = format.channels.alpha();
    photo(width, height, format, |c, x, y| {
        let v = next();
        match (Some(c) == alpha, format.depth) {
            (true, _) if (x + y).is_multiple_of(5) => 0.0,
            (false, Depth::F32) => v * 1.4 - 0.2,
            _ => v,
        }
    })
}

/// Sample `i` of a photo as 0..1.
pub fn unit(samples: &Samples, i: usize) -> f64 {
    match samples {
        Samples::U8(v) => f64::from(v[i]) / 255.0,
        Samples::U16(v) => f64::from(v[i]) / 65535.0,
        Samples::F32(v) => f64::from(v[i]),
    }
}
