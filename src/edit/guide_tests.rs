//! Guides on the linear generator.

use super::super::tests::{FRAME, edit, go, photo, stroke};
use super::super::{ModelId, StrokeFile, StrokeSettings};
use super::*;
use crate::generator::linear::Linear;
use crate::generator::{Generator, Pull, Target};
use crate::photo::{Channels, Samples};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const BLACK: [u8; 4] = [10, 10, 20, 255];
const WHITE: [u8; 4] = [250, 250, 240, 255];
/// Painted rectangles: left, top, right, bottom in photo pixels, colour. Far from each other on the grid.
const HAIR: (u32, u32, u32, u32, [u8; 4]) = (36, 20, 62, 28, BLACK);
const MOUTH: (u32, u32, u32, u32, [u8; 4]) = (42, 54, 54, 58, WHITE);
const CHEEK: (u32, u32, u32, u32, [u8; 4]) = (30, 40, 35, 45, [200, 80, 70, 255]);

fn guide(painted: &[(u32, u32, u32, u32, [u8; 4])]) -> Photo {
    let mut pixels = vec![0; 96 * 80 * 4];
    for (left, top, right, bottom, colour) in painted {
        for (x, y) in (*top..*bottom).flat_map(|y| (*left..*right).map(move |x| (x, y))) {
            pixels[((y * 96 + x) * 4) as usize..][..4].copy_from_slice(colour);
        }
    }
    Photo::new(96, 80, Channels::Rgba, Samples::U8(pixels)).unwrap()
}

fn follow(e: &mut Edit, painted: &[(u32, u32, u32, u32, [u8; 4])]) -> Report {
    e.follow(&guide(painted), None, Mode::Color, &mut go).unwrap()
}

fn layers(e: &Edit) -> Vec<&GridLayer> {
    e.operations()
        .iter()
        .map(|o| match o {
            Operation::Paint { layer, .. } => layer,
            other => panic!("{other:?} is no painted layer"),
        })
        .collect()
}

/// Counts the solver's gradients.
struct Counting(Linear, AtomicUsize);

impl Generator for Counting {
    fn image_size(&self) -> usize {
        self.0.image_size()
    }
    fn latents(&self) -> usize {
        self.0.latents()
    }
    fn encode(&self, image: &[f32]) -> Result<Vec<f32>> {
        self.0.encode(image)
    }
    fn decode(&self, latents: &[f32]) -> Result<Vec<f32>> {
        self.0.decode(latents)
    }
    fn pull(&self, latents: &[f32], target: &Target<'_>) -> Result<Pull> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.pull(latents, target)
    }
}

#[test]
fn each_part_is_solved_as_a_stroke_of_its_own() {
    let mut e = edit();
    let report = follow(&mut e, &[MOUTH, HAIR]);
    assert_eq!(e.operations().len(), 2);
    assert!(total(&layers(&e)[0].weight) > 2 * total(&layers(&e)[1].weight), "the larger first");
    let mut one_by_one = edit();
    let reports: Vec<Report> =
        e.operations().iter().map(|o| one_by_one.apply(o.clone(), &mut go).unwrap()).collect();
    assert_eq!(one_by_one.latents(), e.latents());
    assert_eq!(one_by_one.render().unwrap(), e.render().unwrap());
    assert_eq!(report.steps, reports[0].steps + reports[1].steps);
    assert!((report.brush_after - (reports[0].brush_after + reports[1].brush_after) / 2.0).abs() < 1e-6);
    // A layer that is painted once does the same.
    let mut painted = edit();
    painted.paint(&guide(&[MOUTH, HAIR]), Mode::Color, &mut go).unwrap();
    assert_eq!(painted.operations(), e.operations());
    assert_eq!(painted.latents(), e.latents());
}

#[test]
fn only_what_changed_is_solved_again() {
    let counting = Arc::new(Counting(Linear::new(32, 40), AtomicUsize::new(0)));
    let mut e = Edit::new(counting.clone(), photo(), FRAME).unwrap();
    let pulls = || counting.1.swap(0, Ordering::Relaxed);
    follow(&mut e, &[HAIR, MOUTH]);
    let both = pulls();
    let first = e.operations().to_vec();

    assert_eq!(follow(&mut e, &[HAIR, MOUTH]), Report::default());
    assert_eq!((pulls(), e.operations()), (0, &first[..]));

    let report = follow(&mut e, &[HAIR, MOUTH, CHEEK]);
    let one = pulls();
    assert!(one > 0 && one <= report.steps as usize + 1 && one < both, "{one} {report:?}");
    assert_eq!((&e.operations()[..2], e.operations().len()), (&first[..], 3));

    // The last one grows: it replaces itself.
    let grown = (30, 40, 36, 45, CHEEK.4);
    let report = follow(&mut e, &[HAIR, MOUTH, grown]);
    assert!(pulls() <= report.steps as usize + 1);
    assert_eq!((&e.operations()[..2], e.operations().len()), (&first[..], 3));
    let cheek = e.operations()[2].clone();

    // The first one grows: it goes to the end, so that more dabs cost one solve.
    let wide = (35, 20, 62, 28, BLACK);
    follow(&mut e, &[wide, MOUTH, grown]);
    pulls();
    assert_eq!(e.operations()[..2], [first[1].clone(), cheek.clone()]);
    let wider = (34, 20, 62, 28, BLACK);
    let report = follow(&mut e, &[wider, MOUTH, grown]);
    assert!(pulls() <= report.steps as usize + 1);
    assert_eq!(e.operations()[..2], [first[1].clone(), cheek]);

    // Other settings are another operation.
    e.set_stroke_settings(StrokeSettings { freedom: 0.6, ..StrokeSettings::default() }).unwrap();
    assert!(follow(&mut e, &[wider, MOUTH, grown]).steps > 0);
    assert!(pulls() > one);
}

#[test]
fn what_is_erased_goes_and_leaves_nothing_to_redo() {
    let mut e = edit();
    follow(&mut e, &[HAIR]);
    let hair = e.render().unwrap();
    follow(&mut e, &[HAIR, MOUTH]);
    assert_eq!(follow(&mut e, &[HAIR]), Report::default());
    assert_eq!((e.render().unwrap(), e.undo_redo_levels()), (hair, (1, 0)));
    follow(&mut e, &[]);
    assert_eq!((e.render().unwrap(), e.undo_redo_levels()), (photo().as_ref().clone(), (0, 0)));
    assert!(e.operations().is_empty());
    assert_eq!(follow(&mut e, &[]), Report::default());
}

#[test]
fn a_guide_that_was_followed_before_leads_to_the_same_picture() {
    let mut e = edit();
    // The smaller first.
    follow(&mut e, &[MOUTH]);
    follow(&mut e, &[MOUTH, HAIR]);
    let both = (e.render().unwrap(), e.operations().to_vec());
    follow(&mut e, &[]);
    follow(&mut e, &[MOUTH, HAIR]);
    assert_eq!((e.render().unwrap(), e.operations().to_vec()), both, "two redos at once");
    let other = {
        let mut e = edit();
        follow(&mut e, &[MOUTH, HAIR]);
        e.operations().to_vec()
    };
    assert_ne!(other, both.1, "the order of parts that were never followed is another one");
    // A part that grew and shrank again.
    let wide = (35, 20, 62, 28, BLACK);
    follow(&mut e, &[MOUTH, wide, CHEEK]);
    let three = (e.render().unwrap(), e.operations().to_vec());
    let open = (42, 53, 54, 58, WHITE);
    follow(&mut e, &[open, wide, CHEEK]);
    assert_ne!(e.operations()[0], three.1[0]);
    follow(&mut e, &[MOUTH, wide, CHEEK]);
    assert_eq!((e.render().unwrap(), e.operations().to_vec()), three);
    // What a stroke file ended with is known too.
    let mut opened = edit();
    for operation in both.1.clone() {
        opened.apply(operation, &mut go).unwrap();
    }
    opened.history.mark_guide(2);
    follow(&mut opened, &[]);
    follow(&mut opened, &[HAIR, MOUTH]);
    assert_eq!((opened.render().unwrap(), opened.operations().to_vec()), both);
}

#[test]
fn other_operations_stay_and_close_what_was_followed() {
    let mut e = edit();
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    e.paint(&guide(&[CHEEK]), Mode::Color, &mut go).unwrap();
    let base = e.render().unwrap();
    follow(&mut e, &[HAIR, MOUTH]);
    follow(&mut e, &[]);
    assert_eq!((e.render().unwrap(), e.operations().len()), (base.clone(), 2));

    follow(&mut e, &[HAIR, MOUTH]);
    e.paint_latents(1.0, 1.0, 2.0, 1.0).unwrap();
    let closed = e.render().unwrap();
    follow(&mut e, &[]);
    assert_eq!(e.render().unwrap(), closed);
    follow(&mut e, &[HAIR]);
    assert_eq!(e.operations().len(), 6, "a guide that still shows its parts does them on top");
    follow(&mut e, &[]);
    assert_eq!(e.render().unwrap(), closed);
    // Until the other operation is undone.
    e.undo().unwrap();
    follow(&mut e, &[]);
    assert_eq!((e.render().unwrap(), e.operations().len()), (base, 2));
}

#[test]
fn an_undo_takes_back_a_part_and_following_goes_on() {
    let mut e = edit();
    follow(&mut e, &[HAIR, MOUTH]);
    let (both, operations) = (e.render().unwrap(), e.operations().to_vec());
    assert!(e.undo().unwrap());
    assert_eq!(e.undo_redo_levels(), (1, 1));
    follow(&mut e, &[HAIR, MOUTH]);
    assert_eq!((e.render().unwrap(), e.undo_redo_levels()), (both.clone(), (2, 0)));
    assert_eq!(e.operations(), operations);
    // Undone and redone, parts are still the guide's.
    while e.undo().unwrap() {}
    assert!(e.redo().unwrap() && e.redo().unwrap());
    assert_eq!(follow(&mut e, &[HAIR, MOUTH]), Report::default());
    assert_eq!(e.render().unwrap(), both);
    follow(&mut e, &[]);
    assert!(e.operations().is_empty());
}

#[test]
fn thousands_of_updates_leave_what_was_before_within_reach_of_undo() {
    let mut e = edit();
    e.set_stroke_settings(StrokeSettings { steps: 1, ..StrokeSettings::default() }).unwrap();
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    let base = e.render().unwrap();
    for i in 0..2 * limits::UNDO_LEVELS as u32 {
        let grey = (i % 250) as u8;
        follow(&mut e, &[HAIR, (42, 54, 54, 58, [grey, grey, grey, 255])]);
        assert_eq!((e.operations().len(), e.undo_redo_levels()), (3, (3, 0)));
    }
    follow(&mut e, &[]);
    assert_eq!((e.render().unwrap(), e.undo_redo_levels()), (base, (1, 0)));
    assert!(e.undo().unwrap());
    assert_eq!(&e.render().unwrap(), photo().as_ref());
}

#[test]
fn stopped_or_refused_the_edit_is_as_it_was() {
    let mut e = edit();
    follow(&mut e, &[HAIR, MOUTH]);
    e.undo().unwrap();
    let before = (e.render().unwrap(), e.operations().to_vec(), e.undo_redo_levels(), e.latents().to_vec());
    let check = |e: &mut Edit| {
        let now = (e.render().unwrap(), e.operations().to_vec(), e.undo_redo_levels(), e.latents().to_vec());
        assert!(now == before);
    };
    let mut told = Vec::new();
    let mut late = |done: f32| {
        told.push(done);
        told.iter().filter(|d| **d >= 0.5).count() < 2
    };
    let both = guide(&[MOUTH, CHEEK]);
    let stopped = e.follow(&both, None, Mode::Color, &mut late).unwrap_err();
    assert_eq!(stopped.kind(), crate::ErrorKind::Cancelled);
    assert!(told.is_sorted() && told.len() > 3, "stopped in the second part: {told:?}");
    check(&mut e);
    let opaque = Photo::new(96, 80, Channels::Rgb, Samples::U8(vec![0; 96 * 80 * 3])).unwrap();
    let said = e.follow(&opaque, None, Mode::Color, &mut go).unwrap_err().to_string();
    assert!(said.contains("has no alpha channel"), "{said}");
    let nowhere = Placement { width: 0.0, ..Placement::whole(&both) };
    let said = e.follow(&both, Some(nowhere), Mode::Color, &mut go).unwrap_err().to_string();
    assert!(said.starts_with("the layer's place is 0×80 photo pixels at x 0, y 0"), "{said}");
    check(&mut e);
    assert!(e.redo().unwrap());
    let said = e.paint(&guide(&[]), Mode::Color, &mut go).unwrap_err().to_string();
    assert!(said.contains("is empty inside the face frame"), "{said}");
}

#[test]
fn a_reopened_document_goes_on_with_its_guide() {
    let mut e = edit();
    e.stroke(&stroke(Mode::Darken), &mut go).unwrap();
    let base = e.render().unwrap();
    // The order is that of painting, not that of size.
    follow(&mut e, &[MOUTH]);
    follow(&mut e, &[MOUTH, HAIR]);
    let id = ModelId { name: "linear".into(), sha256: "00".into() };
    let json = StrokeFile::from_edit(&e, id).to_json().unwrap();

    let counting = Arc::new(Counting(Linear::new(32, 40), AtomicUsize::new(0)));
    let mut again = Edit::new(counting.clone(), photo(), FRAME).unwrap();
    StrokeFile::from_json(&json).unwrap().apply(&mut again, &mut go).unwrap();
    counting.1.store(0, Ordering::Relaxed);
    assert_eq!(follow(&mut again, &[MOUTH, HAIR]), Report::default());
    assert_eq!(counting.1.load(Ordering::Relaxed), 0, "nothing is solved twice");
    assert_eq!(again.render().unwrap(), e.render().unwrap());
    follow(&mut again, &[MOUTH]);
    assert_eq!(again.operations()[1..], e.operations()[1..2]);
    follow(&mut again, &[]);
    assert_eq!(again.render().unwrap(), base);
}

#[test]
fn a_thumbnail_in_its_place_is_as_good_as_the_layer() {
    // The guide is painted coarsely enough for one pixel to stand for 2×2.
    let fine = guide(&[HAIR]);
    let (place, mut thumbnail) =
        (Placement { x: 20.0, y: 10.0, width: 60.0, height: 50.0 }, vec![0; 30 * 25 * 4]);
    for y in 5..9 {
        thumbnail[(y * 30 + 8) * 4..(y * 30 + 21) * 4].copy_from_slice(&BLACK.repeat(13));
    }
    let thumbnail = Photo::new(30, 25, Channels::Rgba, Samples::U8(thumbnail)).unwrap();
    let (mut a, mut b) = (edit(), edit());
    a.follow(&fine, None, Mode::Color, &mut go).unwrap();
    b.follow(&thumbnail, Some(place), Mode::Color, &mut go).unwrap();
    let (a, b) = (layers(&a)[0].to_painted(), layers(&b)[0].to_painted());
    let area = |w: &[f32]| w.iter().sum::<f32>();
    assert!((area(&a.weight) - area(&b.weight)).abs() < 0.02 * area(&a.weight));
    let apart: f32 = a.weight.iter().zip(&b.weight).map(|(a, b)| (a - b).abs()).sum();
    assert!(apart < 0.15 * area(&a.weight), "{apart} of {}", area(&a.weight));
}

#[test]
fn what_was_followed_before_the_guide_ended_stays() {
    let mut e = edit();
    e.follow(&guide(&[HAIR]), None, Mode::Color, &mut go).unwrap();
    let (latents, levels) = (e.latents().to_vec(), e.undo_redo_levels());
    e.end_guide();
    assert_eq!(e.undo_redo_levels(), levels);
    e.follow(&guide(&[]), None, Mode::Color, &mut go).unwrap();
    assert_eq!((e.latents(), e.operations().len()), (&latents[..], 1));
    e.follow(&guide(&[MOUTH]), None, Mode::Color, &mut go).unwrap();
    assert_eq!(e.operations().len(), 2);
    e.follow(&guide(&[]), None, Mode::Color, &mut go).unwrap();
    assert_eq!((e.latents(), e.operations().len()), (&latents[..], 1));
}

fn dots(size: usize, at: impl Fn(usize, usize) -> u8) -> GridLayer {
    let weight: Vec<u8> = (0..size * size).map(|i| at(i % size, i / size)).collect();
    GridLayer { size, rect: [0, 0, size, size], color: vec![9; 3 * weight.len()], weight }
}

#[test]
fn parts_are_connected_across_corners_and_dust_is_left_out() {
    let layer = dots(16, |x, y| match (x, y) {
        (2, 2) | (3, 3) | (4, 2) => 200, // one part, by its corners
        (8, 2) => 254,                   // dust
        (12, 2) => 255,
        (8, 8) | (10, 8) => 128, // two specks, a gap apart
        _ => 0,
    });
    let parts = split(&layer);
    let found: Vec<_> = parts.iter().map(|p| (p.rect, total(&p.weight))).collect();
    assert_eq!(found, [([2, 2, 3, 2], 600), ([12, 2, 1, 1], 255)]);
    assert_eq!(parts[0].weight, [200, 0, 200, 0, 200, 0]);
    assert_eq!(parts[0].color[..6], [9, 9, 9, 0, 0, 0]);
    assert!(split(&dots(16, |_, _| 0)).is_empty());
}

#[test]
fn too_many_parts_are_joined_with_their_neighbours() {
    // 64 dots, the upper half closer together.
    let layer = dots(48, |x, y| {
        let dot = if y < 24 { x % 6 == 0 && y % 3 == 0 && x / 6 < 4 } else { x % 6 == 0 && y % 6 == 0 };
        if dot { 255 } else { 0 }
    });
    let parts = split(&layer);
    assert!((2..=limits::GUIDE_PARTS).contains(&parts.len()), "{}", parts.len());
    assert_eq!(parts.iter().map(|p| total(&p.weight)).sum::<u32>(), total(&layer.weight));
}

#[test]
fn a_photo_larger_than_what_undo_keeps_is_followed_all_the_same() {
    let (width, height) = (16_384, 11_000);
    let samples = Samples::U8(vec![0; width as usize * height as usize * 3]);
    assert!(samples.len() > limits::UNDO_BYTES);
    let large = Arc::new(Photo::new(width, height, Channels::Rgb, samples).unwrap());
    let mut e = Edit::new(Arc::new(Linear::new(32, 40)), large, FRAME).unwrap();
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    let place = Some(Placement { x: 0.0, y: 0.0, width: 96.0, height: 80.0 });
    for _ in 0..3 {
        for painted in [&[HAIR, MOUTH, CHEEK][..], &[CHEEK]] {
            e.follow(&guide(painted), place, Mode::Color, &mut go).unwrap();
            assert_eq!(e.undo_redo_levels(), (1 + painted.len(), 0));
        }
    }
}
