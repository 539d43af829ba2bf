use super::super::test_photos::{noise, noisy};
use super::super::{Channels, Depth, PixelFormat};
use super::*;

#[test]
fn a_move_leads_from_one_frame_to_the_other() {
    let from = Frame { cx: 100.0, cy: 80.0, side: 50.0, angle: 170.0 };
    let to = Frame { cx: 110.0, cy: 77.0, side: 61.0, angle: -175.0 };
    let by = move_between(&from, &to);
    assert!((by[3] - 15f32.to_radians()).abs() < 1e-6, "the short way round: {by:?}");
    let got = moved(&from, &by);
    assert!((got.cx - to.cx).abs() < 1e-4 && (got.cy - to.cy).abs() < 1e-4, "{got:?}");
    assert!((got.side - to.side).abs() < 1e-4 && (got.angle - 185.0).abs() < 1e-4, "{got:?}");
}

#[test]
fn features_do_not_see_light_or_contrast() {
    let format = PixelFormat { channels: Channels::Grey, depth: Depth::F32 };
    let mut next = noise(4);
    let values: Vec<f64> = (0..64 * 64).map(|_| next()).collect();
    let frame = Frame { cx: 32.0, cy: 32.0, side: 40.0, angle: 15.0 };
    let seen = |scale: f64, shift: f64| {
        let p = super::super::test_photos::photo(64, 64, format, |_, x, y| {
            values[(y * 64 + x) as usize] * scale + shift
        });
        features(&p, &frame).unwrap()
    };
    let (a, b) = (seen(1.0, 0.0), seen(0.5, 0.3));
    assert_eq!(a.len(), FEATURES);
    assert!(a.iter().any(|v| *v > 0.1));
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 0.01));
}

#[test]
fn flat_pictures_and_tiny_frames_end_in_a_frame() {
    let flat = super::super::test_photos::photo(
        8,
        8,
        PixelFormat { channels: Channels::Rgb, depth: Depth::U8 },
        |_, _, _| 0.5,
    );
    let noisy = noisy(64, 64, PixelFormat { channels: Channels::Rgb, depth: Depth::U8 }, 9);
    for photo in [flat, noisy] {
        for side in [10.0, 100.0, 131_072.0] {
            let frame = Frame { cx: 4.0, cy: 4.0, side, angle: 0.0 };
            // A frame may shrink or grow over the limit: an error, not a panic.
            if let Ok(refined) = Aligner::bundled().unwrap().refine(&photo, &frame) {
                assert!(refined.side.is_finite());
            }
        }
    }
}

#[test]
fn the_file_comes_and_goes_unchanged_and_damage_is_told() {
    let aligner = Aligner::bundled().unwrap();
    let bytes = aligner.to_bytes().unwrap();
    assert_eq!(&Aligner::from_bytes(&bytes).unwrap(), aligner);
    assert!(bytes.len() < 300_000);
    assert!(Aligner::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    assert!(Aligner::from_bytes(b"").is_err());
    let mut nan = bytes.clone();
    let end = nan.len();
    nan[end - 4..].fill(0xff);
    let said = Aligner::from_bytes(&nan).unwrap_err().to_string();
    assert!(said.contains("is not made of finite f32 numbers"), "{said}");
}
