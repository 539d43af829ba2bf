use proptest::prelude::*;

use super::super::reference::{blended, some_change};
use super::super::test_photos::{CHANNELS, DEPTHS, noisy, unit};
use super::super::{Depth, PixelFormat};
use super::*;

pub(super) fn frames() -> impl Strategy<Value = Frame> {
    (-20.0..80.0, -20.0..70.0, 8.0..120.0, prop_oneof![Just(0.0), Just(90.0), -180.0..180.0])
        .prop_map(|(cx, cy, side, angle)| Frame { cx, cy, side, angle })
}

pub(super) fn formats() -> impl Strategy<Value = PixelFormat> {
    (0..5usize, 0..3usize).prop_map(|(c, d)| PixelFormat { channels: CHANNELS[c], depth: DEPTHS[d] })
}

fn samples_of(samples: &Samples, photo: &Photo, rect: Rect) -> Vec<f64> {
    let n = photo.channels.count();
    let rows = (rect.y..rect.y + rect.height).map(|y| (y * photo.width + rect.x) as usize * n);
    rows.flat_map(|start| start..start + rect.width as usize * n).map(|i| unit(samples, i)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_changes_no_bit(format in formats(), frame in frames(), seed in any::<u64>()) {
        let photo = noisy(60, 50, format, seed);
        let none = Change::none(8);
        prop_assert_eq!(&blend_rect(&photo, &frame, &none, Rect::whole(&photo)).unwrap(), photo.samples());
        prop_assert!(changed_rect(&photo, &frame, &none).unwrap().is_empty());
    }

    #[test]
    fn equals_the_slow_reference(format in formats(), frame in frames(), seed in any::<u64>()) {
        let photo = noisy(60, 50, format, seed);
        let change = some_change(12, seed);
        let expected = blended(&photo, &frame, &change);
        let got = blend_rect(&photo, &frame, &change, Rect::whole(&photo)).unwrap();
        let step = match format.depth { Depth::U8 => 255.0, Depth::U16 => 65535.0, Depth::F32 => 1e6 };
        for (i, e) in expected.iter().enumerate() {
            let old = unit(&photo.samples, i);
            let e = if (0.0..=1.0).contains(&old) { e.clamp(0.0, 1.0) } else { *e };
            prop_assert!((unit(&got, i) - e).abs() <= 0.51 / step + 1e-6, "sample {i}: {e} {}", unit(&got, i));
        }
    }

    #[test]
    fn nothing_changes_outside_the_changed_rectangle(format in formats(), frame in frames(), seed in any::<u64>()) {
        let photo = noisy(60, 50, format, seed);
        let change = some_change(12, seed);
        let rect = changed_rect(&photo, &frame, &change).unwrap();
        prop_assert!(rect.is_empty() || rect.check_inside(&photo).is_ok());
        let got = blend_rect(&photo, &frame, &change, Rect::whole(&photo)).unwrap();
        let n = format.channels.count();
        for i in 0..got.len() {
            let (x, y) = ((i / n) as u32 % 60, (i / n) as u32 / 60);
            let inside = (rect.x..rect.x + rect.width).contains(&x) && (rect.y..rect.y + rect.height).contains(&y);
            prop_assert!(inside || unit(&got, i).to_bits() == unit(&photo.samples, i).to_bits());
            prop_assert!(Some(i % n) != format.channels.alpha() || unit(&got, i) == unit(&photo.samples, i));
        }
    }

    #[test]
    fn rectangles_compose_to_the_whole(
        format in formats(), frame in frames(), seed in any::<u64>(), cut_x in 0..60u32, cut_y in 0..50u32,
    ) {
        let photo = noisy(60, 50, format, seed);
        let change = some_change(12, seed);
        let whole = blend_rect(&photo, &frame, &change, Rect::whole(&photo)).unwrap();
        for (x, width) in [(0, cut_x), (cut_x, 60 - cut_x)] {
            for (y, height) in [(0, cut_y), (cut_y, 50 - cut_y)] {
                let rect = Rect { x, y, width, height };
                let part = blend_rect(&photo, &frame, &change, rect).unwrap();
                let part: Vec<f64> = (0..part.len()).map(|i| unit(&part, i)).collect();
                prop_assert_eq!(&part, &samples_of(&whole, &photo, rect));

                let stride = width as usize * format.bytes() + 3;
                let mut bytes = vec![0xa5; stride * height as usize + 1];
                let mut out = PixelsMut { data: &mut bytes[1..], width, height, stride, format };
                blend_into(&photo, &frame, &change, rect, &mut out).unwrap();
                let row = width as usize * format.bytes();
                let written: Vec<u8> = bytes[1..].chunks(stride).flat_map(|r| &r[..row]).copied().collect();
                prop_assert_eq!(written.len(), part.len() * format.depth.bytes());
                prop_assert!(bytes[1..].chunks(stride).all(|r| r[row..].iter().all(|b| *b == 0xa5)));
            }
        }
    }
}

#[test]
fn a_constant_change_moves_the_middle_by_just_that() {
    let format = PixelFormat { channels: super::Channels::Rgb, depth: Depth::U8 };
    let photo = super::super::test_photos::photo(80, 80, format, |_, _, _| 0.5);
    let mut change = Change::none(16);
    change.add.fill(0.2);
    change.mask.fill(1.0);
    let frame = Frame { cx: 40.0, cy: 40.0, side: 64.0, angle: 30.0 };
    let Samples::U8(v) =
        blend_rect(&photo, &frame, &change, Rect { x: 40, y: 40, width: 1, height: 1 }).unwrap()
    else {
        panic!("the depth changed")
    };
    assert_eq!(v, [154; 3]); // 128 + 0.1·255
}

#[test]
fn threads_give_the_same_bits_as_row_by_row() {
    let format = PixelFormat { channels: super::Channels::Rgb, depth: Depth::U8 };
    let photo = noisy(900, 701, format, 3);
    let (frame, change) = (Frame { cx: 400.0, cy: 300.0, side: 700.0, angle: 9.0 }, some_change(12, 5));
    let rect = Rect { x: 10, y: 7, width: 880, height: 690 };
    let Samples::U8(whole) = blend_rect(&photo, &frame, &change, rect).unwrap() else {
        panic!("the depth changed")
    };
    let mut bytes = vec![0xa5; 690 * 2700];
    let mut out = PixelsMut { data: &mut bytes, width: 880, height: 690, stride: 2700, format };
    blend_into(&photo, &frame, &change, rect, &mut out).unwrap();
    for (i, row) in whole.chunks(2640).enumerate() {
        let y = 7 + i as u32;
        let alone = blend_rect(&photo, &frame, &change, Rect { y, height: 1, ..rect }).unwrap();
        assert_eq!(alone, Samples::U8(row.to_vec()));
        assert_eq!(&bytes[i * 2700..][..2640], row);
        assert_eq!(bytes[i * 2700 + 2640..][..60], [0xa5; 60]);
    }
}

#[test]
fn wrong_use_gets_sentences() {
    let format = PixelFormat { channels: super::Channels::Rgb, depth: Depth::U8 };
    let photo = noisy(60, 50, format, 1);
    let frame = Frame { cx: 30.0, cy: 25.0, side: 40.0, angle: 0.0 };
    let rect = Rect { x: 30, y: 0, width: 31, height: 5 };
    let said = blend_rect(&photo, &frame, &Change::none(8), rect).unwrap_err().to_string();
    assert_eq!(said, "the rectangle of 31×5 pixels at x 30, y 0 reaches beyond the photo of 60×50 pixels");
    let huge = Rect { x: u32::MAX, y: 0, width: 2, height: 1 };
    assert!(blend_rect(&photo, &frame, &Change::none(8), huge).is_err());
    let mut short = Change::none(8);
    short.add.pop();
    assert!(blend_rect(&photo, &frame, &short, Rect::whole(&photo)).is_err());
    let mut holed = Change::none(8);
    holed.mask[3] = f32::NAN;
    assert!(blend_rect(&photo, &frame, &holed, Rect::whole(&photo)).is_err());
    let bad = Frame { side: 0.0, ..frame };
    assert!(blend_rect(&photo, &bad, &Change::none(8), Rect::whole(&photo)).is_err());
}

#[test]
fn floats_of_any_size_stay_finite_where_they_change() {
    let format = PixelFormat { channels: super::Channels::Rgb, depth: Depth::F32 };
    for value in [f32::MAX, 3e38, -3e38, f32::MIN] {
        let photo =
            super::super::test_photos::photo(60, 50, format, |c, _, _| f64::from([value, 0.5, -value][c]));
        let frame = Frame { cx: 30.0, cy: 25.0, side: 40.0, angle: 10.0 };
        let change = some_change(12, 3);
        let Samples::F32(new) = blend_rect(&photo, &frame, &change, Rect::whole(&photo)).unwrap() else {
            panic!("the depth changed")
        };
        let Samples::F32(old) = photo.samples() else { unreachable!() };
        let pairs = || new.iter().zip(old);
        let bad = pairs().find(|(n, o)| n.to_bits() != o.to_bits() && !(-65_504.0..=65_504.0).contains(*n));
        assert_eq!(bad, None);
        assert!(pairs().any(|(n, o)| n != o && o.abs() > 1e38) && pairs().any(|(n, o)| n == o));
        assert!(Photo::new(60, 50, format.channels, Samples::F32(new.clone())).is_ok());
    }
}

/// What is beyond white is light, not detail.
#[test]
fn highlights_of_floats_do_not_grow() {
    let format = PixelFormat { channels: super::Channels::Rgb, depth: Depth::F32 };
    let frame = Frame { cx: 30.0, cy: 25.0, side: 40.0, angle: 10.0 };
    let shown = |x: f64, less: f32| {
        let photo = super::super::test_photos::photo(60, 50, format, |_, _, _| x);
        let mut change = Change::none(16);
        change.mask.fill(1.0);
        change.less.fill(less);
        let middle = Rect { x: 30, y: 25, width: 1, height: 1 };
        let Samples::F32(v) = blend_rect(&photo, &frame, &change, middle).unwrap() else { unreachable!() };
        v[0]
    };
    // Grey is what the network sees.
    for (x, less, expected) in [(0.6, -1.0, 0.7), (0.75, -1.0, 1.0), (8.0, -1.0, 8.5), (8.0, 1.0, 0.5)] {
        let is = shown(x, less);
        assert!((is - expected).abs() < 1e-5, "{x} {less}: {is}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn without_threads_the_caller_does_all_the_work() {
    let mut rows = [0_u32; 12];
    let here = std::thread::current().id();
    let work = |top: u32, row: &mut [u32]| {
        assert_eq!(std::thread::current().id(), here);
        row.fill(top);
    };
    // No address space has room for such a stack, so no thread starts.
    share_out((1..).zip(rows.chunks_mut(3)).collect(), work, || Builder::new().stack_size(1 << 60));
    assert_eq!(rows, [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
}
