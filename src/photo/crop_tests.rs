use super::super::reference::cropped;
use super::super::test_photos::{CHANNELS, noisy, photo};
use super::super::{Depth, PixelFormat};
use super::*;

const RGB8: PixelFormat = PixelFormat { channels: Channels::Rgb, depth: Depth::U8 };

fn worst_error(photo: &Photo, frame: &Frame, size: usize) -> f64 {
    let got = crop(photo, frame, size).unwrap();
    let error = |k: usize| (f64::from(got[k]) - cropped(photo, frame, size, k % size, k / size, 64)).abs();
    (0..size * size).map(error).fold(0.0, f64::max)
}

#[test]
fn equals_brute_force_on_noise() {
    let noise = noisy(120, 90, RGB8, 7);
    for (side, angle, allowed) in
        [(9.0, 12.0, 0.05), (20.0, 31.0, 0.03), (60.0, -31.0, 0.03), (90.0, 0.0, 0.01)]
    {
        let frame = Frame { cx: 55.0, cy: 40.0, side, angle };
        let worst = worst_error(&noise, &frame, 16);
        assert!(worst < allowed, "side {side}: {worst}");
    }
    // Shrunk by boxes of 3 first: the filter is a little wider.
    let frame = Frame { cx: 60.0, cy: 45.0, side: 110.0, angle: 20.0 };
    let worst = worst_error(&noise, &frame, 4);
    assert!(worst < 0.02, "{worst}");
}

#[test]
fn equals_brute_force_beyond_the_edges() {
    let slope = photo(100, 70, RGB8, |_, x, y| f64::from(x + y) / 170.0);
    for frame in [
        Frame { cx: 0.0, cy: 70.0, side: 200.0, angle: 77.0 },
        Frame { cx: 130.0, cy: 35.0, side: 40.0, angle: -10.0 },
        Frame { cx: 50.0, cy: 35.0, side: 900.0, angle: 45.0 },
    ] {
        let worst = worst_error(&slope, &frame, 12);
        assert!(worst < 0.02, "{frame:?}: {worst}");
    }
}

#[test]
fn a_frame_of_whole_pixels_gives_their_means() {
    let stripes = photo(32, 32, RGB8, |_, x, _| f64::from(x % 2));
    let frame = Frame { cx: 16.0, cy: 16.0, side: 32.0, angle: 0.0 };
    for v in &crop(&stripes, &frame, 4).unwrap()[..16] {
        assert!(v.abs() < 0.07, "stripes finer than the crop must turn grey: {v}");
    }
}

#[test]
fn every_format_shows_the_same() {
    let frame = Frame { cx: 21.3, cy: 18.0, side: 25.0, angle: 40.0 };
    let wave = |x: u32, y: u32| 0.5 + 0.4 * (f64::from(x) * 0.2).sin() * (f64::from(y) * 0.15).cos();
    let mut first: Option<Vec<f32>> = None;
    for channels in CHANNELS {
        for depth in [Depth::U8, Depth::U16, Depth::F32] {
            let p = photo(40, 36, PixelFormat { channels, depth }, |_, x, y| wave(x, y));
            let got = crop(&p, &frame, 8).unwrap();
            assert_eq!(got[..64], got[128..]);
            let first = first.get_or_insert_with(|| got.clone());
            assert!(got.iter().zip(first).all(|(a, b)| (a - *b).abs() < 0.009));
        }
    }
}

#[test]
fn bgra_is_told_from_rgba_and_floats_are_clamped() {
    let frame = Frame { cx: 10.0, cy: 10.0, side: 10.0, angle: 0.0 };
    for (channels, first) in [(Channels::Rgba, 1.0), (Channels::Bgra, -1.0)] {
        let p =
            photo(20, 20, PixelFormat { channels, depth: Depth::F32 }, |c, _, _| [7.0, 0.5, -3.0, 1.0][c]);
        let got = crop(&p, &frame, 2).unwrap();
        for (plane, expected) in [first, 0.0, -first].into_iter().enumerate() {
            assert!((got[plane * 4] - expected).abs() < 1e-5, "{got:?}");
        }
    }
}

#[test]
fn a_painted_layer_is_weighed_by_its_alpha() {
    // Left half: opaque red. Right half: transparent with a hidden green that must not show.
    let layer = photo(32, 32, PixelFormat { channels: Channels::Rgba, depth: Depth::U8 }, |c, x, _| {
        [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]][usize::from(x >= 16)][c]
    });
    let frame = Frame { cx: 16.0, cy: 16.0, side: 40.0, angle: 0.0 };
    let got = crop_rgba(&layer, &Placement::whole(&layer), &frame, 5).unwrap();
    let row = &got.coverage[10..15];
    for (got, expected) in row.iter().zip([0.5, 1.0, 0.5, 0.0, 0.0]) {
        assert!((got - expected).abs() < 0.02, "{row:?}");
    }
    for i in 0..25 {
        let colour = [0, 1, 2].map(|c| got.colour[c * 25 + i]);
        let expected = if got.coverage[i] > 0.0 { [1.0, -1.0, -1.0] } else { [0.0; 3] };
        assert!((0..3).all(|c| (colour[c] - expected[c]).abs() < 1e-4), "{i}: {colour:?}");
    }
}

#[test]
fn wrong_use_gets_sentences() {
    let p = noisy(20, 20, RGB8, 1);
    let frame = Frame { cx: 10.0, cy: 10.0, side: 10.0, angle: 0.0 };
    assert!(crop(&p, &frame, 0).unwrap_err().to_string().contains("a crop of 0 pixels"));
    assert!(crop(&p, &frame, 5000).is_err());
    assert!(
        crop_rgba(&p, &Placement::whole(&p), &frame, 8).unwrap_err().to_string().contains("no alpha channel")
    );
    for bad in [f64::NAN, f64::INFINITY] {
        assert!(crop(&p, &Frame { cx: bad, ..frame }, 8).is_err());
    }
    for far in [1e300, -1e300, 1e12] {
        assert_eq!(crop(&p, &Frame { cx: far, cy: far, ..frame }, 8).unwrap().len(), 192);
    }
}

#[test]
fn a_placed_layer_is_stretched_over_its_place() {
    let frame = Frame { cx: 52.0, cy: 47.0, side: 50.0, angle: 25.0 };
    let place = Placement { x: 7.0, y: -3.0, width: 90.0, height: 100.0 };
    // Alpha and colour rise evenly over the photo, so their means are those at the middle of each pixel.
    let rise = |x: f64, y: f64| 0.1 + 0.006 * x + 0.002 * y;
    for (width, height) in [(20, 17), (90, 100), (31, 200), (900, 40), (1300, 1300)] {
        let format = PixelFormat { channels: Channels::Rgba, depth: Depth::F32 };
        let layer = photo(width, height, format, |c, x, y| {
            let x = place.x + (f64::from(x) + 0.5) / f64::from(width) * place.width;
            let y = place.y + (f64::from(y) + 0.5) / f64::from(height) * place.height;
            if c == 3 { rise(x, y) } else { 0.75 }
        });
        let got = crop_rgba(&layer, &place, &frame, 16).unwrap();
        for i in 0..256 {
            let unit = |i: usize| (i as f64 + 0.5) / 16.0;
            let (x, y) = frame.to_photo(unit(i % 16), unit(i / 16));
            let error = f64::from(got.coverage[i]) - rise(x, y);
            assert!(error.abs() < 1e-3, "{width}×{height}, {i}: {error}");
            assert!((got.colour[i] - 0.5).abs() < 1e-4);
        }
    }
}

#[test]
fn a_layer_beside_the_frame_or_far_too_fine_shows_nothing_and_takes_no_time() {
    let frame = Frame { cx: 52.0, cy: 47.0, side: 131_072.0, angle: 25.0 };
    let layer = photo(2000, 1000, PixelFormat { channels: Channels::Rgba, depth: Depth::U8 }, |_, _, _| 1.0);
    for place in [
        Placement { x: 0.0, y: 0.0, width: 1.0, height: 1.0 },
        Placement { x: 131_072.0, y: -131_072.0, width: 1.0, height: 131_072.0 },
    ] {
        let got = crop_rgba(&layer, &place, &frame, 64).unwrap();
        assert!(got.coverage.iter().sum::<f32>() < 0.5);
    }
    let one = Photo::layer_from_pixels(crate::photo::PixelsRef {
        data: &[10, 20, 30, 255],
        width: 1,
        height: 1,
        stride: 4,
        format: PixelFormat { channels: Channels::Rgba, depth: Depth::U8 },
    });
    let place = Placement { x: -40.0, y: -40.0, width: 200.0, height: 200.0 };
    let frame = Frame { side: 60.0, ..frame };
    let got = crop_rgba(&one.unwrap(), &place, &frame, 8).unwrap();
    assert!(got.coverage.iter().all(|c| *c > 0.5), "one pixel covers all of its place");
}

#[test]
fn a_place_that_is_none_is_told() {
    let layer = photo(20, 20, PixelFormat { channels: Channels::Rgba, depth: Depth::U8 }, |_, _, _| 1.0);
    let frame = Frame { cx: 10.0, cy: 10.0, side: 10.0, angle: 0.0 };
    let good = Placement::whole(&layer);
    for bad in [
        Placement { x: f64::NAN, ..good },
        Placement { y: f64::INFINITY, ..good },
        Placement { width: 0.5, ..good },
        Placement { height: -3.0, ..good },
        Placement { width: f64::NAN, ..good },
        Placement { height: 1e9, ..good },
        Placement { x: -131_073.0, ..good },
    ] {
        let said = crop_rgba(&layer, &bad, &frame, 8).unwrap_err().to_string();
        assert!(said.contains("its sides must be 1 to 131072"), "{said}");
    }
}
