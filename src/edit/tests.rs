//! Editing logic on the linear generator.

use super::*;
use crate::brush::Dab;
use crate::generator::linear::Linear;
use crate::photo::{Channels, Samples};

pub(super) fn photo() -> Arc<Photo> {
    let bytes = (0..96 * 80).flat_map(|i| {
        let (x, y) = (i % 96, i / 96);
        [(x * 2) as u8, (y * 3) as u8, ((x * y) % 251) as u8]
    });
    Arc::new(Photo::new(96, 80, Channels::Rgb, Samples::U8(bytes.collect())).unwrap())
}

pub(super) const FRAME: Frame = Frame { cx: 48.0, cy: 40.0, side: 60.0, angle: 10.0 };

pub(super) fn edit() -> Edit {
    Edit::new(Arc::new(Linear::new(32, 40)), photo(), FRAME).unwrap()
}

pub(super) fn stroke(mode: Mode) -> Stroke {
    let dab = |x: f32, y: f32| Dab { x, y, radius: 5.0, hardness: 0.5, pressure: 1.0 };
    Stroke { mode, color: [0.05, 0.05, 0.1], dabs: vec![dab(42.0, 34.0), dab(54.0, 36.0)] }
}

pub(super) fn go(_: f32) -> bool {
    true
}

#[test]
fn an_attribute_of_another_model_is_refused() {
    let mut linear = Linear::new(32, 40);
    linear.attributes =
        vec![crate::model::Attribute { name: "x".into(), direction: vec![1.0; 3], leads: true }];
    let said = Edit::new(Arc::new(linear), photo(), FRAME).err().unwrap().to_string();
    assert!(said.contains("\"x\" is for 3 latents, its model has 40"), "{said}");
}

#[test]
fn nothing_done_changes_no_bit() {
    let e = edit();
    assert_eq!(&e.render().unwrap(), photo().as_ref());
    assert!(e.changed_rect().unwrap().is_empty());
}

#[test]
fn a_stroke_lowers_its_loss_and_darkens_what_is_under_it() {
    let mut e = edit();
    let before = e.render().unwrap();
    let report = e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    assert!(
        report.loss_after < report.loss_before && report.brush_after < 0.7 * report.brush_before,
        "{report:?}"
    );
    let (Samples::U8(a), Samples::U8(b)) = (before.samples().clone(), e.render().unwrap().samples().clone())
    else {
        unreachable!()
    };
    let at = (35 * 96 + 48) * 3;
    assert!(b[at] < a[at], "{} {}", a[at], b[at]);
    // Outside of the changed rectangle and of the frame nothing moved.
    let rect = e.changed_rect().unwrap();
    assert!(rect.width > 0);
    for y in 0..80u32 {
        for x in 0..96u32 {
            let inside =
                (rect.x..rect.x + rect.width).contains(&x) && (rect.y..rect.y + rect.height).contains(&y);
            let i = (y * 96 + x) as usize * 3;
            assert!(inside || a[i..i + 3] == b[i..i + 3], "{x} {y}");
        }
    }
}

#[test]
fn every_further_stroke_lowers_its_own_loss() {
    let mut e = edit();
    for mode in [Mode::Color, Mode::Lighten, Mode::Darken, Mode::Color, Mode::Restore] {
        let r = e.stroke(&stroke(mode), &mut go).unwrap();
        assert!(r.loss_after <= r.loss_before, "{mode:?} {r:?}");
    }
}

#[test]
fn freedom_and_strength_mean_what_they_say() {
    let after = |settings: StrokeSettings| {
        let mut e = edit();
        e.set_stroke_settings(settings).unwrap();
        let r = e.stroke(&stroke(Mode::Color), &mut go).unwrap();
        let moved: f32 = e.latents().iter().zip(e.encoded_latents()).map(|(a, b)| (a - b).powi(2)).sum();
        (r, moved)
    };
    let default = StrokeSettings::default();
    let (_, bound) = after(StrokeSettings { freedom: 0.1, ..default });
    let (_, free) = after(StrokeSettings { freedom: 0.9, ..default });
    assert!(free > 1.5 * bound, "{free} {bound}");
    let (_, none) = after(StrokeSettings { strength: 0.0, ..default });
    let (_, half) = after(StrokeSettings { strength: 0.5, ..default });
    let (_, full) = after(default);
    assert!(none < 1e-6 && half > 0.0 && half < full, "{none} {half} {full}");
}

#[test]
fn a_model_says_how_closely_a_broad_stroke_holds_the_rest() {
    let fine = Stroke {
        dabs: vec![Dab { x: 42.0, y: 34.0, radius: 2.0, hardness: 0.5, pressure: 1.0 }],
        ..stroke(Mode::Color)
    };
    let moved = |broad_keep: f32, stroke: &Stroke| -> f32 {
        let mut generator = Linear::new(32, 40);
        generator.broad_keep = broad_keep;
        let mut e = Edit::new(Arc::new(generator), photo(), FRAME).unwrap();
        e.stroke(stroke, &mut go).unwrap();
        e.latents().iter().zip(e.encoded_latents()).map(|(a, b)| (a - b).powi(2)).sum()
    };
    let (loose, close) = (moved(1.0, &stroke(Mode::Color)), moved(20.0, &stroke(Mode::Color)));
    assert!(close < 0.7 * loose, "{close} {loose}");
    // A fine brush holds as closely already.
    assert_eq!(moved(1.0, &fine), moved(20.0, &fine));
}

/// Also where the first move is all that the budget has.
#[test]
fn a_stroke_is_cancelled_before_its_first_move() {
    let mut generator = Linear::new(32, 40);
    generator.response = Some(generator.answer(1.0));
    let mut e = Edit::new(Arc::new(generator), photo(), FRAME).unwrap();
    e.set_stroke_settings(StrokeSettings { steps: 1, ..StrokeSettings::default() }).unwrap();
    let before = e.latents().to_vec();
    let error = e.stroke(&stroke(Mode::Color), &mut |_| false).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Cancelled);
    assert_eq!(e.latents(), before);
}

/// A right map brings the solver near the end at once; a wrong one is not followed.
#[test]
fn a_stroke_begins_where_the_mean_response_leads_if_that_is_better() {
    let with = |times: Option<f32>, steps: u32| {
        let mut generator = Linear::new(32, 40);
        generator.response = times.map(|t| generator.answer(t));
        let mut e = Edit::new(Arc::new(generator), photo(), FRAME).unwrap();
        e.set_stroke_settings(StrokeSettings { steps, ..StrokeSettings::default() }).unwrap();
        e.stroke(&stroke(Mode::Color), &mut go).unwrap()
    };
    let (right, none) = (with(Some(1.0), 1), with(None, 1));
    assert_eq!(right.loss_before, none.loss_before);
    assert!(right.loss_after < 0.5 * none.loss_after, "{right:?} {none:?}");
    let full = with(None, 30);
    for wrong in [-1.0, 1e-3, 1e30, f32::MAX] {
        let got = with(Some(wrong), 30);
        assert!(got.loss_after <= 1.05 * full.loss_after, "{wrong}: {got:?} {full:?}");
    }
}

#[test]
fn lighten_and_darken_are_opposite() {
    let mean = |mode| {
        let mut e = edit();
        let before = e.generated.clone();
        e.stroke(&stroke(mode), &mut go).unwrap();
        let w = brush::rasterise(&stroke(mode), &FRAME, 32).unwrap().weight;
        (0..3 * 1024).map(|i| w[i % 1024] * (e.generated[i] - before[i])).sum::<f32>()
    };
    assert!(mean(Mode::Lighten) > 1.0 && mean(Mode::Darken) < -1.0);
}

#[test]
fn restore_brings_the_photo_back_bit_for_bit_under_the_brush() {
    let mut e = edit();
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    let wide = Stroke {
        mode: Mode::Restore,
        color: [0.0; 3],
        dabs: vec![Dab { x: 48.0, y: 40.0, radius: 90.0, hardness: 1.0, pressure: 1.0 }],
    };
    e.stroke(&wide, &mut go).unwrap();
    assert_eq!(&e.render().unwrap(), photo().as_ref());
}

#[test]
fn undo_and_redo_are_exact() {
    let mut e = edit();
    let mut shots = vec![e.render().unwrap()];
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    shots.push(e.render().unwrap());
    e.sample(7).unwrap();
    shots.push(e.render().unwrap());
    e.reset().unwrap();
    shots.push(e.render().unwrap());
    e.stroke(&stroke(Mode::Lighten), &mut go).unwrap();
    shots.push(e.render().unwrap());
    e.update().unwrap();
    shots.push(e.render().unwrap());
    assert_eq!(shots[4], shots[5], "update shows what was there");
    assert_eq!(shots[0], shots[3]);
    assert_ne!(shots[0], shots[2]);
    for shot in shots[..5].iter().rev() {
        assert!(e.undo().unwrap());
        assert_eq!(&e.render().unwrap(), shot);
    }
    assert!(!e.undo().unwrap());
    for shot in &shots[1..] {
        assert!(e.redo().unwrap());
        assert_eq!(&e.render().unwrap(), shot);
    }
    assert!(!e.redo().unwrap());
    e.undo().unwrap();
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    assert_eq!(e.undo_redo_levels(), (5, 0));
}

#[test]
fn the_oldest_undo_levels_go_first() {
    let mut e = edit();
    for i in 0..crate::limits::UNDO_LEVELS + 5 {
        e.sample(i as u64).unwrap();
    }
    assert_eq!(e.undo_redo_levels(), (crate::limits::UNDO_LEVELS, 0));
    while e.undo().unwrap() {}
    assert_eq!(e.latents(), sample_latents(40, 4));
    assert_eq!(e.operations().len(), 5);
}

#[test]
fn a_cancelled_or_wrong_stroke_leaves_the_edit_as_it_was() {
    let mut e = edit();
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    let before = e.render().unwrap();
    let mut left = 3;
    let error = e.stroke(&stroke(Mode::Lighten), &mut |_| {
        left -= 1;
        left > 0
    });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Cancelled);
    let error = e.set_latents(&[0.0; 3]).unwrap_err().to_string();
    assert!(error.contains("3 values given, the network takes 40"), "{error}");
    let error = e.set_latents(&[99.0; 40]).unwrap_err().to_string();
    assert!(error.contains("latent 0 is 99"), "{error}");
    assert_eq!(e.render().unwrap(), before);
    assert_eq!(e.undo_redo_levels(), (1, 0));
}

#[test]
fn latent_tiles_are_painted_where_they_are() {
    let mut e = edit();
    let before = e.latents().to_vec();
    // 40 latents stand in rows of 7; tile (2, 1) is latent 9.
    e.paint_latents(2.5, 1.5, 0.4, 2.0).unwrap();
    for (i, (a, b)) in before.iter().zip(e.latents()).enumerate() {
        assert!(if i == 9 { *b == 2.0 } else { a == b }, "{i}");
    }
    let error = e.paint_latents(60.0, 1.0, 1.0, 0.0).unwrap_err().to_string();
    assert!(error.contains("no latent tile"), "{error}");
}

#[test]
fn one_published_event_is_one_plain_step() {
    let mut e = edit();
    e.set_stroke_settings(StrokeSettings { solver: Solver::Published, ..StrokeSettings::default() }).unwrap();
    let dab = Dab { x: 48.0, y: 40.0, radius: 6.0, hardness: 0.5, pressure: 1.0 };
    let one = Stroke { mode: Mode::Color, color: [1.0, 0.0, 0.5], dabs: vec![dab] };
    let z0 = e.latents().to_vec();
    e.stroke(&one, &mut go).unwrap();
    // Radius 6 photo px are 3.2 grid px: w = 7, centred at (16, 16); central differences of the paper's loss.
    let g = Linear::new(32, 40);
    let loss = |z: &[f32]| {
        let image = g.decode(z).unwrap();
        let mut sum = 0.0;
        for (c, t) in [1.0, -1.0, 0.0].iter().enumerate() {
            for y in 13..20 {
                for x in 13..20 {
                    sum += (t - f64::from(image[c * 1024 + y * 32 + x])).powi(2);
                }
            }
        }
        sum / 147.0
    };
    for i in 0..40 {
        let at = |h: f32| {
            let mut z = z0.clone();
            z[i] += h;
            loss(&z)
        };
        let expected = f64::from(z0[i]) - 0.05 * 8.0 * (at(0.05) - at(-0.05)) / 0.1;
        assert!(
            (expected - f64::from(e.latents()[i])).abs() < 1e-3,
            "latent {i}: {expected} {}",
            e.latents()[i]
        );
    }
}

#[test]
fn a_stroke_file_replays_to_the_same_pixels_and_moves_with_the_face() {
    let mut e = edit();
    let id = ModelId { name: "linear".into(), sha256: "00".into() };
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    let mut layer = vec![0u8; 96 * 80 * 4];
    layer[(40 * 96 + 50) * 4..(40 * 96 + 60) * 4].fill(200);
    let layer = Photo::new(96, 80, Channels::Rgba, Samples::U8(layer)).unwrap();
    e.paint(&layer, Mode::Color, &mut go).unwrap();
    e.paint_latents(1.0, 1.0, 2.0, 1.0).unwrap();
    e.set_blend_settings(BlendSettings { mask: 1.5, detail: 0.2, locality: 0.4 }).unwrap();
    let json = StrokeFile::from_edit(&e, id.clone()).to_json().unwrap();
    let file = StrokeFile::from_json(&json).unwrap();
    file.check_model(&id).unwrap();
    let mut again = edit();
    file.apply(&mut again, &mut go).unwrap();
    assert_eq!(again.render().unwrap(), e.render().unwrap());
    assert_eq!(StrokeFile::from_edit(&again, id).to_json().unwrap(), json);

    let other = Frame { cx: 40.0, cy: 38.0, side: 30.0, angle: -20.0 };
    let mut moved = Edit::new(Arc::new(Linear::new(32, 40)), photo(), other).unwrap();
    file.apply(&mut moved, &mut go).unwrap();
    let (Operation::Stroke { stroke: a, .. }, Operation::Stroke { stroke: b, .. }) =
        (&e.operations()[0], &moved.operations()[0])
    else {
        panic!("strokes expected")
    };
    for (a, b) in a.dabs.iter().zip(&b.dabs) {
        let (at, bt) = (FRAME.from_photo(a.x.into(), a.y.into()), other.from_photo(b.x.into(), b.y.into()));
        assert!(
            (at.0 - bt.0).abs() < 1e-5
                && (at.1 - bt.1).abs() < 1e-5
                && (a.radius - 2.0 * b.radius).abs() < 1e-4
        );
    }
}

#[test]
fn wrong_stroke_files_are_told() {
    let told = |text: &str, sentence: &str| {
        let error = StrokeFile::from_json(text).unwrap_err().to_string();
        assert!(error.contains(sentence), "{error}");
    };
    told("{", "can't be read: EOF");
    told("{}", "format is missing; it must be npe-strokes");
    told(r#"{"format":"npe-strokes","version":9,"new":1}"#, "has version 9; this npe reads version 1");
    told(r#"{"format":"npe-strokes","version":1}"#, "missing field `operations`");
    told(r#"{"format":"npe-strokes","version":1,"operations":[]}"#, "it has no frame");
    told(
        r#"{"format":"npe-strokes","version":1,"units":"face","operations":[],"colour":1}"#,
        "unknown field `colour`",
    );
    told(
        r#"{"format":"npe-strokes","version":1,"units":"face","operations":[{"kind":"smear"}]}"#,
        "unknown variant `smear`",
    );
    let far = r#"{"format":"npe-strokes","version":1,"units":"face","operations":[{"kind":"reset"},{"kind":"latents","latents":[1]}]}"#;
    let error = StrokeFile::from_json(far).unwrap().apply(&mut edit(), &mut go).unwrap_err().to_string();
    assert!(error.starts_with("operation 2 of 2 of the stroke file: latents: 1 values given"), "{error}");
    let id = |sha: &str| ModelId { name: "faces".into(), sha256: sha.into() };
    let mut file = StrokeFile::for_any_face(vec![], BlendSettings::default());
    file.model = Some(id("aa"));
    let error = file.check_model(&id("bb")).unwrap_err().to_string();
    assert!(error.contains("painted with the model faces (SHA-256 aa)"), "{error}");
}

#[test]
fn views_show_what_they_say() {
    let mut e = edit();
    let grey = |v: View, e: &Edit| {
        let Samples::U8(b) = e.view(v).unwrap().samples().clone() else { unreachable!() };
        b
    };
    assert!(grey(View::Delta, &e).iter().all(|b| *b == 128));
    assert!(grey(View::Mask, &e).iter().all(|b| *b == 0));
    assert_eq!(grey(View::Original, &e), grey(View::Result, &e));
    e.set_latents(&[[3.0, -3.0, 0.0, 0.0].repeat(10), vec![]].concat()).unwrap();
    let tiles = e.view(View::Latents).unwrap();
    assert_eq!((tiles.width(), tiles.height()), (56, 48));
    let b = grey(View::Latents, &e);
    assert_eq!([&b[0..3], &b[24..27], &b[48..51]], [[255, 0, 0], [0, 0, 255], [255, 255, 255]]);
    assert!(grey(View::Mask, &e).iter().any(|b| *b > 100));
}
