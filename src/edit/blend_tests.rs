use super::*;
use crate::edit::Edit;
use crate::generator::linear::Linear;
use crate::photo::{Channels, Photo, Rect, Samples, blend_rect, crop};

#[test]
fn gauss_equals_the_direct_sum() {
    let size = 9;
    let map: Vec<f32> = (0..81).map(|i| ((i * 37) % 11) as f32 / 11.0).collect();
    let fast = gauss(&map, size, 0.7);
    let k = |d: i32| (-0.5 * (d as f64 / 0.7).powi(2)).exp();
    let norm: f64 = (-3..=3).map(k).sum();
    let at = |i: i32| {
        (if i < 0 {
            -1 - i
        } else if i > 8 {
            17 - i
        } else {
            i
        }) as usize
    };
    for y in 0..9i32 {
        for x in 0..9i32 {
            let mut sum = 0.0;
            for dy in -3..=3 {
                for dx in -3..=3 {
                    sum += k(dx) * k(dy) * f64::from(map[at(y + dy) * 9 + at(x + dx)]);
                }
            }
            let expected = sum / norm / norm;
            assert!((f64::from(fast[(y * 9 + x) as usize]) - expected).abs() < 1e-6);
        }
    }
}

#[test]
fn the_border_is_exactly_zero_at_the_rim() {
    let all = [Some((0.0, 1.0)); 4];
    for i in 0..64 {
        for rim in [0, 1, 62, 63] {
            assert_eq!(border(&all, i, rim, 64) + border(&all, rim, i, 64), 0.0);
        }
    }
    assert_eq!(border(&all, 32, 32, 64), 1.0);
}

#[test]
fn the_border_falls_only_where_the_photo_goes_on() {
    // The photo ends at the frame's top; on the left it goes on in the lower half alone.
    let sides = [Some((0.5, 1.0)), None, None, Some((0.0, 1.0))];
    let at = |x, y| border(&sides, x, y, 64);
    assert_eq!((at(32, 0), at(63, 0), at(0, 0), at(63, 32)), (1.0, 1.0, 1.0, 1.0));
    assert_eq!((at(0, 32), at(1, 50), at(32, 63)), (0.0, 0.0, 0.0));
    // Around the side's end it falls to all sides alike: no step from one row to the next.
    let steps = (20..36).map(|y| (at(2, y + 1) - at(2, y)).abs());
    assert!(steps.fold(0.0, f32::max) < 0.35 && at(2, 26) > 0.9 && at(2, 31) < 0.15);
}

/// How many times as strong detail is to be at pixel p, by its definition in f64: a mean over 9×9 pixels, mirrored at the borders.
fn gain_by_hand(now: &[f32], before: &[f32], size: i32, p: usize) -> f64 {
    let (x, y) = (p as i32 % size, p as i32 / size);
    let mirrored = |v: i32| if v < 0 { -1 - v } else { v.min(2 * size - 1 - v) };
    let luma = |image: &[f32]| {
        let (mut sum, mut total) = (0.0, 0.0);
        for (dx, dy) in (-4..=4).flat_map(|dx| (-4..=4).map(move |dy| (dx, dy))) {
            let w = (-0.5 * f64::from(dx * dx + dy * dy)).exp();
            let i = (mirrored(y + dy) * size + mirrored(x + dx)) as usize;
            let at = |c: i32| f64::from(image[(c * size * size) as usize + i]);
            sum += w * (0.5 + 0.5 * (0.2126 * at(0) + 0.7152 * at(1) + 0.0722 * at(2))).max(0.0);
            total += w;
        }
        sum / total
    };
    ((luma(now) + 0.1) / (luma(before) + 0.1)).clamp(1.0, 2.5)
}

/// Plain f64 versions of step 4 of the published brush and of the detail control's, at the network's own resolution; and what is
/// seen where the mask is whole.
#[test]
fn the_blend_is_the_papers_where_photo_and_network_have_one_size() {
    let size = 32;
    let pixels = size * size;
    let bytes: Vec<u8> = (0..3 * pixels).map(|i| ((i * 7919) % 256) as u8).collect();
    let square = Arc::new(Photo::new(32, 32, Channels::Rgb, Samples::U8(bytes)).unwrap());
    let frame = Frame { cx: 16.0, cy: 16.0, side: 32.0, angle: 0.0 };
    let mut e = Edit::new(Arc::new(Linear::new(size, 40)), square, frame).unwrap();
    e.sample(3).unwrap();
    let z = e.latents().to_vec();
    // A sample shows the network's own picture: every pixel of it, as fine as it is.
    let Samples::U8(shown) = e.render().unwrap().samples().clone() else { panic!("the depth changed") };
    for p in (0..pixels).filter(|p| (8..24).contains(&(p % 32)) && (8..24).contains(&(p / 32))) {
        for c in 0..3 {
            let (is, g) =
                (f32::from(shown[p * 3 + c]), 127.5 * (e.generated[c * pixels + p].clamp(-1.0, 1.0) + 1.0));
            assert!((is - g).abs() < 0.6, "{is} {g} at {p}");
        }
    }
    e.undo().unwrap();
    e.set_latents(&z).unwrap();
    let mut grown = 0;
    for detail in [0.0, 0.3, 1.0] {
        e.set_blend_settings(BlendSettings { mask: 1.0, detail, locality: 0.0 }).unwrap();
        let (x, x0, mask) =
            (&e.state().origin.crop, &e.state().origin.reconstruction, e.seen(&e.blend_settings).mask());
        let change = &e.change().unwrap().change;
        for (p, m) in mask.iter().enumerate() {
            let gain = gain_by_hand(&e.generated, x0, size as i32, p);
            grown += usize::from(gain > 1.1);
            for c in 0..3 {
                let i = c * pixels + p;
                let (m, kept) = (f64::from(*m), f64::from(detail));
                let (x, x0, g) = (f64::from(x[i]), f64::from(x0[i]), f64::from(e.generated[i]));
                // At this size all of the photo's error is coarse.
                let by_hand = x + m * (g - x0) + m * (gain * kept - 1.0) * (x - x0);
                let ours = x + f64::from(change.mask[p]) * f64::from(change.add[i]);
                assert_eq!(change.coarse[i], e.state().origin.crop[i]);
                assert!((by_hand - ours).abs() < 1e-5, "{by_hand} {ours}");
                assert!(detail > 0.0 || (by_hand - (x0 + m * (g - x0) + (1.0 - m) * (x - x0))).abs() < 1e-12);
            }
        }
    }
    assert!(grown > 300, "{grown}");
}

/// A state of a photo whose every pixel is `before`, as the network has it.
fn state_of(size: usize, before: f32) -> State {
    let bytes = vec![(127.5 * (before + 1.0)).round() as u8; 3 * size * size];
    let photo = Photo::new(size as u32, size as u32, Channels::Rgb, Samples::U8(bytes)).unwrap();
    State::exact(photo, vec![before; 3 * size * size], size)
}

const WHOLE: Frame = Frame { cx: 16.0, cy: 16.0, side: 32.0, angle: 0.0 };

/// Strands a quarter of a network pixel wide.
#[test]
fn strands_grow_with_the_light_and_stay_in_the_dark() {
    let size = 32;
    let stripes: Vec<u8> = (0..3 * 128 * 128).map(|i| if i / 3 % 4 < 2 { 26 } else { 18 }).collect();
    let photo = Photo::new(128, 128, Channels::Rgb, Samples::U8(stripes)).unwrap();
    let frame = Frame { cx: 64.0, cy: 64.0, side: 128.0, angle: 0.0 };
    let contrast_where = |led: u8, before: f32, after: f32, detail: f32| {
        let mut state = state_of(size, before);
        state.led = vec![led; size * size].into();
        let settings = BlendSettings { detail, ..BlendSettings::default() };
        let generated = vec![after; 3 * size * size];
        let change = change(&state, &generated, vec![1.0; size * size], &settings, size);
        let row = Rect { x: 60, y: 64, width: 4, height: 1 };
        let Samples::U8(row) = blend_rect(&photo, &frame, &change, row).unwrap() else { unreachable!() };
        f32::from(row[0]) - f32::from(row[9])
    };
    let contrast = |before, after, detail| contrast_where(0, before, after, detail);
    let (dark, light) = (22.0 / 127.5 - 1.0, 0.3);
    // Lighter by more than 2.5 times, of which the default keeps 0.657.
    assert!((contrast(dark, light, 0.3) - 8.0 * 2.5 * 0.657).abs() <= 1.0);
    assert!((contrast(dark, light, 1.0) - 8.0 * 2.5).abs() <= 1.0);
    assert_eq!(contrast(dark, light, 0.0), 0.0);
    // Teeth where lips were have none of theirs.
    assert!((contrast_where(255, dark, light, 1.0) - 8.0).abs() <= 1.0);
    // (22 + 13)/255 and 0.1 make it 1.26 times.
    assert!((contrast(dark, dark + 26.0 / 255.0, 1.0) - 8.0 * (1.0 + 13.0 / (22.0 + 25.5))).abs() <= 1.0);
    assert!((contrast(dark, dark, 1.0) - 8.0).abs() <= 1.0 && (contrast(dark, -0.9, 1.0) - 8.0).abs() <= 1.0);
}

/// A photo without any detail has none to grow, also where much becomes lighter and little beside it.
#[test]
fn where_there_is_no_detail_none_grows() {
    let size = 32;
    let ramp: Vec<u8> = (0..256 * 256).flat_map(|p| [(10 + p % 256 / 8) as u8; 3]).collect();
    let photo = Photo::new(256, 256, Channels::Rgb, Samples::U8(ramp)).unwrap();
    let frame = Frame { cx: 128.0, cy: 128.0, side: 256.0, angle: 0.0 };
    let picture = crop(&photo, &frame, size).unwrap();
    let generated: Vec<f32> =
        picture.iter().enumerate().map(|(i, x)| if i % size < 16 { *x } else { x + 1.2 }).collect();
    let state = State::exact(photo.clone(), picture, size);
    let settings = BlendSettings { detail: 1.0, ..BlendSettings::default() };
    let grown = change(&state, &generated, vec![1.0; size * size], &settings, size);
    assert!(grown.less.iter().any(|l| *l < -1.0) && grown.less.contains(&0.0));
    let flat = Change { less: vec![0.0; size * size], ..grown.clone() };
    let rect = Rect { x: 32, y: 32, width: 192, height: 192 };
    let [grown, flat] = [grown, flat].map(|change| match blend_rect(&photo, &frame, &change, rect) {
        Ok(Samples::U8(samples)) => samples,
        other => panic!("{other:?}"),
    });
    let apart = grown.iter().zip(&flat).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(apart <= Some(2), "{apart:?}");
}

#[test]
fn where_a_direction_led_the_mask_has_no_holes() {
    let size = 32;
    let mut state = state_of(size, 0.0);
    state.reach = vec![255; size * size].into();
    // Teeth around what is as it was.
    let at = |p: usize| (p % size).abs_diff(16).max((p / size).abs_diff(16));
    let generated: Vec<f32> = (0..3 * size * size)
        .map(|i| if (2..6).contains(&at(i % (size * size))) { 0.6 } else { 0.0 })
        .collect();
    let middle = |state: &State| {
        let mask = Seen::new(state, &generated, &WHOLE, &BlendSettings::default(), size).mask();
        (mask[16 * size + 16], mask[16 * size + 20], mask[2 * size + 2])
    };
    let (hole, teeth, far) = middle(&state);
    assert!(hole < 0.3 && teeth > 0.9 && far == 0.0, "{hole} {teeth} {far}");
    state.led = (0..size * size).map(|p| if at(p) < 10 { 255 } else { 0 }).collect();
    let (hole, teeth, far) = middle(&state);
    assert!(hole > 0.9 && teeth > 0.9 && far == 0.0, "{hole} {teeth} {far}");
}

/// A led stroke is seen where the direction acts and, so that no stroke goes unseen, where it was painted.
#[test]
fn a_led_stroke_is_seen_where_it_was_painted_and_where_the_direction_acts() {
    let size = 32;
    let spot = |x: usize, y: usize| {
        move |p: usize| if (p % size).abs_diff(x).max((p / size).abs_diff(y)) < 3 { 1.0 } else { 0.0 }
    };
    let weight: Vec<f32> = (0..size * size).map(spot(8, 8)).collect();
    let acts: Vec<f32> = (0..size * size).map(spot(24, 24)).collect();
    let painted = Painted { weight, color: vec![1.0; 3 * size * size] };
    let moved = vec![0.5; 3 * size * size];
    let of = |acts: Option<&[f32]>| {
        after_stroke(&state_of(size, 0.0), &painted, Mode::Color, 1.0, &moved, acts, size)
    };
    let (led, alone) = (of(Some(&acts)), of(None));
    let at = |state: &State, x: usize, y: usize| (state.reach[y * size + x], state.led[y * size + x]);
    assert_eq!((at(&led, 8, 8), at(&led, 24, 24), at(&led, 8, 18)), ((255, 0), (255, 255), (0, 0)));
    assert_eq!((at(&alone, 8, 8), at(&alone, 24, 24).1), ((255, 0), 0));
    assert!(at(&alone, 8, 13).0 > 200, "{:?}", at(&alone, 8, 13));
    // Restored, it is no longer led: what comes there later is another thing.
    let there = Painted { weight: acts.clone(), color: painted.color.clone() };
    let restored = after_stroke(&led, &there, Mode::Restore, 1.0, &moved, None, size);
    assert_eq!((at(&restored, 24, 24).1, restored.erased[24 * size + 24]), (0, 255));
}
