use proptest::prelude::*;

use super::super::super::reference::some_change;
use super::super::super::test_photos::{CHANNELS, noisy};
use super::super::super::{Depth, Rect};
use super::super::tests::{formats, frames};
use super::super::{blend_into, blend_rect};
use super::*;

/// The bytes of a rectangle as `write` makes them, with a stride of its own; none between the rows may change.
fn written(
    rect: Rect,
    format: PixelFormat,
    write: impl FnOnce(&mut PixelsMut<'_>) -> Result<()>,
) -> Vec<Vec<u8>> {
    let row = rect.width as usize * format.bytes();
    let stride = row + 5;
    let mut bytes = vec![0xa5; stride * rect.height as usize];
    write(&mut PixelsMut { data: &mut bytes, width: rect.width, height: rect.height, stride, format })
        .unwrap();
    assert!(bytes.chunks(stride).all(|r| r[row..].iter().all(|b| *b == 0xa5)));
    bytes.chunks(stride).map(|r| r[..row].to_vec()).collect()
}

/// One channel of a pixel, its bytes.
fn channel(pixel: &[u8], at: usize, depth: Depth) -> &[u8] {
    &pixel[at * depth.bytes()..][..depth.bytes()]
}

fn opaque(depth: Depth) -> Vec<u8> {
    match depth {
        Depth::U8 => vec![255],
        Depth::U16 => 65535_u16.to_ne_bytes().to_vec(),
        Depth::F32 => 1.0_f32.to_ne_bytes().to_vec(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Where all channels are 0 it is the photo's turn, elsewhere the layer's: that is the result, bit for bit.
    #[test]
    fn over_the_photo_it_shows_the_result(
        format in formats(), to in 0..3usize, frame in frames(), seed in any::<u64>(), x in 0..50u32, y in 0..40u32,
    ) {
        let photo = noisy(60, 50, format, seed);
        let change = some_change(12, seed);
        let to = [Channels::Rgba, Channels::Bgra, Channels::GreyAlpha][to];
        prop_assume!(to != Channels::GreyAlpha || format.channels.count() < 3);
        let to = PixelFormat { channels: to, depth: format.depth };
        let rect = Rect { x, y, width: 60 - x, height: 50 - y };
        let layer = written(rect, to, |out| blend_layer_into(&photo, &frame, &change, rect, out));
        let old = written(rect, format, |out| photo.write_rect(rect, out));
        let new = written(rect, format, |out| blend_into(&photo, &frame, &change, rect, out));
        let mut changed = 0;
        for ((layer, old), new) in layer.iter().zip(&old).zip(&new) {
            let pixels = old.chunks(format.bytes()).zip(new.chunks(format.bytes()));
            for (layer, (old, new)) in layer.chunks(to.bytes()).zip(pixels) {
                if old == new {
                    prop_assert!(layer.iter().all(|b| *b == 0));
                    continue;
                }
                changed += 1;
                let depth = format.depth;
                for (t, f) in to.channels.rgb().into_iter().zip(format.channels.rgb()) {
                    prop_assert_eq!(channel(layer, t, depth), channel(new, f, depth));
                }
                let alpha = to.channels.alpha().unwrap();
                let own = format.channels.alpha().map_or(opaque(depth), |a| channel(old, a, depth).to_vec());
                prop_assert_eq!(channel(layer, alpha, depth), &own[..]);
            }
        }
        let inside = changed_pixels(&photo, &frame, &change, rect);
        prop_assert_eq!(changed, inside);
    }
}

fn changed_pixels(photo: &Photo, frame: &Frame, change: &Change, rect: Rect) -> usize {
    let samples = blend_rect(photo, frame, change, rect).unwrap();
    let before = blend_rect(photo, frame, &Change::none(change.size), rect).unwrap();
    let n = photo.channels.count();
    let differ = |i: usize| match (&samples, &before) {
        (Samples::U8(a), Samples::U8(b)) => a[i] != b[i],
        (Samples::U16(a), Samples::U16(b)) => a[i] != b[i],
        (Samples::F32(a), Samples::F32(b)) => a[i].to_bits() != b[i].to_bits(),
        _ => unreachable!(),
    };
    (0..samples.len() / n).filter(|p| (p * n..p * n + n).any(differ)).count()
}

#[test]
fn a_large_layer_is_the_same_on_several_threads() {
    let format = PixelFormat { channels: Channels::Rgb, depth: Depth::U8 };
    let photo = noisy(900, 701, format, 3);
    let (frame, change) = (Frame { cx: 400.0, cy: 300.0, side: 700.0, angle: 9.0 }, some_change(12, 5));
    let rect = Rect { x: 10, y: 7, width: 880, height: 690 };
    let to = PixelFormat { channels: Channels::Bgra, ..format };
    let whole = written(rect, to, |out| blend_layer_into(&photo, &frame, &change, rect, out));
    for (y, row) in (rect.y..).zip(&whole) {
        let part = Rect { y, height: 1, ..rect };
        assert_eq!(&written(part, to, |out| blend_layer_into(&photo, &frame, &change, part, out))[0], row);
    }
    assert!(whole.iter().flatten().any(|b| *b != 0));
}

#[test]
fn wrong_formats_get_sentences() {
    let frame = Frame { cx: 30.0, cy: 25.0, side: 40.0, angle: 0.0 };
    let said = |from: Channels, to: Channels, depth: Depth| {
        let photo = noisy(60, 50, PixelFormat { channels: from, depth: Depth::U8 }, 1);
        let format = PixelFormat { channels: to, depth };
        let mut bytes = vec![7; 60 * 50 * format.bytes()];
        let stride = 60 * format.bytes();
        let mut out = PixelsMut { data: &mut bytes, width: 60, height: 50, stride, format };
        let done = blend_layer_into(&photo, &frame, &some_change(12, 1), Rect::whole(&photo), &mut out);
        assert!(done.is_ok() || bytes.iter().all(|b| *b == 7));
        done.map_err(|e| e.to_string()).err()
    };
    for from in CHANNELS {
        assert_eq!(said(from, Channels::Rgba, Depth::U8), None);
        for to in [Channels::Grey, Channels::Rgb] {
            assert!(said(from, to, Depth::U8).unwrap().contains("a layer needs alpha"));
        }
        assert!(
            said(from, Channels::Bgra, Depth::F32).unwrap().contains("samples are F32, the photo's are U8")
        );
    }
    assert!(said(Channels::Bgra, Channels::GreyAlpha, Depth::U8).unwrap().contains("the photo is in colour"));
}
