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

/// Checks that the eyes, seen at (207, 117) and (245, 112) in the sample photo, lie where the training set has them.
#[track_caller]
fn check_eyes(frame: &Frame, allowed: f64) {
    for (eye, x) in [((207.0, 117.0), 22.9), ((245.0, 112.0), 41.1)] {
        let (u, v) = frame.from_photo(eye.0, eye.1);
        let error = (u - x / 64.0).hypot(v - 32.6 / 64.0);
        assert!(error < allowed, "{frame:?}: eye at {:.1}, {:.1} of 64", u * 64.0, v * 64.0);
    }
}

#[test]
fn finds_the_astronaut() {
    let faces = find(&astronaut()).unwrap();
    assert_eq!(faces.len(), 1, "{faces:?}");
    check_eyes(&faces[0].frame, 0.06);
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
