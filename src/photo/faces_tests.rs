use super::super::test_photos::noisy;
use super::super::{Channels, Depth, PixelFormat, Samples};
use super::*;

const RGB8: PixelFormat = PixelFormat { channels: Channels::Rgb, depth: Depth::U8 };

fn astronaut() -> Photo {
    let image =
        image::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/astronaut.png")).unwrap().to_rgb8();
    let (width, height) = image.dimensions();
    Photo::new(width, height, Channels::Rgb, Samples::U8(image.into_raw())).unwrap()
}

/// The pupils in the sample photo.
const EYES: [(f64, f64); 2] = [(203.3, 101.0), (247.0, 103.7)];

/// Checks that the eyes lie where the training set has them.
#[track_caller]
fn check_eyes(frame: &Frame, eyes: [(f64, f64); 2]) {
    for (eye, x) in eyes.into_iter().zip([22.9, 41.1]) {
        let (u, v) = frame.from_photo(eye.0, eye.1);
        let error = (u - x / 64.0).hypot(v - 32.6 / 64.0);
        assert!(error < 0.03, "{frame:?}: eye at {:.1}, {:.1} of 64", u * 64.0, v * 64.0);
    }
}

#[test]
fn finds_and_aligns_the_astronaut() {
    let faces = find(&astronaut()).unwrap();
    assert_eq!(faces.len(), 1, "{faces:?}");
    check_eyes(&faces[0].frame, EYES);
}

#[test]
fn finds_turned_heads() {
    for angle in [-40.0, -20.0, 25.0, 90.0, 180.0, -90.0] {
        let view = Frame { cx: 240.0, cy: 190.0, side: 400.0, angle };
        let pixels = super::super::crop(&astronaut(), &view, 400).unwrap();
        let floats = (0..400 * 400 * 3).map(|i| (pixels[i % 3 * 400 * 400 + i / 3] + 1.0) / 2.0).collect();
        let turned = Photo::new(400, 400, Channels::Rgb, Samples::F32(floats)).unwrap();
        let faces = find(&turned).unwrap();
        assert_eq!(faces.len(), 1, "{angle}: {faces:?}");
        let eyes = EYES.map(|(x, y)| view.from_photo(x, y)).map(|(u, v)| (u * 400.0, v * 400.0));
        check_eyes(&faces[0].frame, eyes);
    }
}

#[test]
fn finds_a_small_face_in_a_large_photo() {
    let view = Frame { cx: 256.0, cy: 256.0, side: 1200.0, angle: 0.0 };
    let pixels = super::super::crop(&astronaut(), &view, 960).unwrap();
    let bytes = (0..3000 * 2000 * 3)
        .map(|i| {
            let (x, y, c) = (i / 3 % 3000, i / 9000, i % 3);
            if x < 960 && y < 960 { ((pixels[(c * 960 + y) * 960 + x] + 1.0) * 127.5) as u8 } else { 90 }
        })
        .collect();
    let faces = find(&Photo::new(3000, 2000, Channels::Rgb, Samples::U8(bytes)).unwrap()).unwrap();
    let eyes = EYES.map(|(x, y)| view.from_photo(x, y)).map(|(u, v)| (u * 960.0, v * 960.0));
    check_eyes(&faces.first().expect("a face").frame, eyes);
}

#[test]
fn no_face_is_no_error() {
    for (width, height) in [(8, 8), (8, 3000), (3000, 8), (40, 40), (41, 300), (700, 500)] {
        let faces = find(&noisy(width, height, RGB8, 3)).unwrap();
        assert!(faces.is_empty(), "{width}×{height}: {faces:?}");
    }
    assert_eq!(no_face_error().kind(), ErrorKind::NoFace);
    assert!(no_face_error().to_string().contains("--frame cx,cy,side,angle"));
}
