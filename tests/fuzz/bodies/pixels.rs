//! Blending and cropping against the slow reference, for photos, frames and rectangles of any kind.

#[path = "../../../src/photo/reference.rs"]
mod reference;
#[path = "../../../src/photo/test_photos.rs"]
mod test_photos;

use arbitrary::{Result, Unstructured};
use npe::photo::{
    Change, Channels, Depth, Frame, Photo, PixelFormat, PixelsMut, Rect, Samples, blend_into,
    blend_layer_into, blend_rect, changed_rect, crop,
};
use reference::{blended, cropped, some_change};
use test_photos::{CHANNELS, DEPTHS, noisy, photo, unit};

/// What is between the rows of a buffer.
const CANARY: u8 = 0xa5;

/// Makes a case of the data; too few of them end it early.
pub fn run(data: &[u8]) {
    let _ = blend_case(&mut Unstructured::new(data));
    let _ = crop_case(&mut Unstructured::new(data));
}

/// A number of a range, or one far from it.
fn about(u: &mut Unstructured<'_>, low: f64, high: f64, far: f64) -> Result<f64> {
    let share = f64::from(u.arbitrary::<u16>()?) / 65535.0;
    Ok(if u.ratio(1, 16)? { (share - 0.5) * 2.0 * far } else { low + share * (high - low) })
}

fn frame(u: &mut Unstructured<'_>) -> Result<Frame> {
    let angle = if u.arbitrary()? {
        f64::from(u.int_in_range(-4..=4)?) * 45.0
    } else {
        about(u, -180.0, 180.0, 1e4)?
    };
    let side = about(u, 8.0, 90.0, 131_072.0)?.abs().max(8.0);
    Ok(Frame { cx: about(u, -20.0, 60.0, 1e5)?, cy: about(u, -20.0, 60.0, 1e5)?, side, angle })
}

fn blend_case(u: &mut Unstructured<'_>) -> Result<()> {
    let format = PixelFormat { channels: *u.choose(&CHANNELS)?, depth: *u.choose(&DEPTHS)? };
    let (width, height) = (u.int_in_range(8..=24)?, u.int_in_range(8..=24)?);
    let (frame, seed, size) = (frame(u)?, u.arbitrary()?, u.int_in_range(8..=10)?);
    let photo = noisy(width, height, format, seed);
    let change = some_change(size, seed);

    let whole = blend_rect(&photo, &frame, &change, Rect::whole(&photo)).unwrap();
    let step = match format.depth {
        Depth::U8 => 255.0,
        Depth::U16 => 65535.0,
        Depth::F32 => 1e6,
    };
    for (i, e) in blended(&photo, &frame, &change).iter().enumerate() {
        let old = unit(photo.samples(), i);
        let e = if (0.0..=1.0).contains(&old) { e.clamp(0.0, 1.0) } else { *e };
        let off = (unit(&whole, i) - e).abs();
        assert!(off <= 0.51 / step + 4e-6, "sample {i} of {format:?}, {frame:?}: {e} {}", unit(&whole, i));
    }
    let n = format.channels.count();
    let changed = changed_rect(&photo, &frame, &change).unwrap();
    for i in 0..whole.len() {
        let (x, y) = ((i / n) as u32 % width, (i / n) as u32 / width);
        let inside = (changed.x..changed.x + changed.width).contains(&x)
            && (changed.y..changed.y + changed.height).contains(&y);
        assert!(inside || unit(&whole, i).to_bits() == unit(photo.samples(), i).to_bits());
    }

    // A rectangle into a buffer with gaps is that part of the whole.
    let (x, y) = (u.int_in_range(0..=width - 1)?, u.int_in_range(0..=height - 1)?);
    let rect = Rect { x, y, width: u.int_in_range(0..=width - x)?, height: u.int_in_range(0..=height - y)? };
    let written = into_gaps(rect, format, u.int_in_range(0..=9)?, |out| {
        blend_into(&photo, &frame, &change, rect, out).unwrap();
    });
    assert_eq!(written, part_of(&whole, width, format, rect));
    if let Some(alpha) = format.channels.alpha() {
        let layer = into_gaps(rect, format, 0, |out| {
            blend_layer_into(&photo, &frame, &change, rect, out).unwrap();
        });
        // Where the layer shows nothing the photo did not change; elsewhere it is the result.
        let (bytes, before) = (format.bytes(), part_of(photo.samples(), width, format, rect));
        for ((layer, result), photo) in
            layer.chunks(bytes).zip(written.chunks(bytes)).zip(before.chunks(bytes))
        {
            let nothing = layer.iter().all(|b| *b == 0);
            assert!(if nothing { result == photo } else { layer == result }, "alpha is channel {alpha}");
        }
    }
    Ok(())
}

/// The rows of a rectangle as `write` leaves them in a buffer with `gap` bytes after each row, which stay as they are.
fn into_gaps(rect: Rect, format: PixelFormat, gap: usize, write: impl FnOnce(&mut PixelsMut<'_>)) -> Vec<u8> {
    let row = rect.width as usize * format.bytes();
    let stride = row + gap;
    let mut data = vec![CANARY; stride * rect.height as usize];
    write(&mut PixelsMut { data: &mut data, width: rect.width, height: rect.height, stride, format });
    let rows = || data.chunks(stride.max(1));
    assert!(rows().all(|r| r[row..].iter().all(|b| *b == CANARY)), "a gap was written");
    rows().flat_map(|r| &r[..row]).copied().collect()
}

fn part_of(samples: &Samples, width: u32, format: PixelFormat, rect: Rect) -> Vec<u8> {
    let n = format.channels.count();
    let rows = (rect.y..rect.y + rect.height).map(|y| (y * width + rect.x) as usize * n);
    let all = rows.flat_map(|start| start..start + rect.width as usize * n);
    all.flat_map(|i| match samples {
        Samples::U8(v) => vec![v[i]],
        Samples::U16(v) => v[i].to_ne_bytes().to_vec(),
        Samples::F32(v) => v[i].to_ne_bytes().to_vec(),
    })
    .collect()
}

fn crop_case(u: &mut Unstructured<'_>) -> Result<()> {
    let depth = *u.choose(&DEPTHS)?;
    let channels: Channels = *u.choose(&CHANNELS)?;
    let (width, height) = (u.int_in_range(8..=60)?, u.int_in_range(8..=60)?);
    let (frame, size) = (frame(u)?, u.int_in_range(1..=6)?);
    // A slope: what samples it finely enough gives its mean, whatever its filter.
    let slope = photo(width, height, PixelFormat { channels, depth }, |_, x, y| f64::from(x + y) / 120.0);
    let got = crop(&slope, &frame, size).unwrap();
    assert!(got.len() == 3 * size * size && got.iter().all(|v| (-1.0..=1.0).contains(v)));
    // Where one cell of a large frame holds all of a small photo and its edges, the reference's few samples miss it.
    if frame.side > 500.0 {
        return Ok(());
    }
    for (k, got) in got.iter().take(size * size).enumerate() {
        let expected = cropped(&slope, &frame, size, k % size, k / size, 12);
        let off = (f64::from(*got) - expected).abs();
        assert!(off < 0.06, "pixel {k} of {size}×{size}, {frame:?}: {got} {expected}");
    }
    Ok(())
}
