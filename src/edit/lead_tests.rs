use super::*;
use crate::brush::Painted;
use crate::edit::StrokeSettings;
use crate::edit::solver::{Solved, solve};
use crate::generator::Generator;
use crate::generator::linear::Linear;

const SIZE: usize = 32;
const PIXELS: usize = SIZE * SIZE;

fn go(_: f32) -> bool {
    true
}

/// A generator with a direction that makes the pixels about (x, y) lighter, as locally as its waves can.
fn bright_at(x: usize, y: usize) -> Linear {
    let mut linear = Linear::new(SIZE, 48);
    let mut image = linear.decode(&[0.0; 48]).unwrap();
    let at = |v: usize, to: usize| v.abs_diff(to) as f32;
    for (i, v) in image.iter_mut().enumerate() {
        let p = i % PIXELS;
        *v += (-(at(p % SIZE, x).powi(2) + at(p / SIZE, y).powi(2)) / 18.0).exp();
    }
    let direction: Vec<f32> = linear.encode(&image).unwrap();
    let step = direction.iter().map(|d| d * d).sum::<f32>().sqrt();
    let direction = direction.iter().map(|d| 0.25 * d / step).collect();
    linear.attributes = vec![Attribute { name: "bright".into(), direction, leads: true }];
    linear.response = Some(linear.answer(1.0));
    linear
}

/// What is painted about (x, y): `change` more than is shown.
fn painted(x: usize, y: usize, shown: &[f32], change: f32) -> Painted {
    let near = |p: usize| (p % SIZE).abs_diff(x) <= 2 && (p / SIZE).abs_diff(y) <= 2;
    let weight = (0..PIXELS).map(|p| if near(p) { 1.0 } else { 0.0 }).collect();
    Painted { weight, color: shown.iter().map(|v| v + change).collect() }
}

/// Does something with a stroke at (x, y) by `change` from latents z.
fn with<T>(
    linear: &Linear,
    (x, y): (usize, usize),
    z: &[f32],
    change: f32,
    f: impl FnOnce(&mut Task<'_>) -> T,
) -> T {
    let shown = linear.decode(z).unwrap();
    let painted = painted(x, y, &shown, change);
    let settings = StrokeSettings::default();
    f(&mut Task {
        generator: linear,
        painted: &painted,
        mode: Mode::Color,
        squares: &[],
        settings: &settings,
        start: z,
        shown: &shown,
        reconstruction: &shown,
        brushed: &[0; PIXELS],
        held: 1.0,
    })
}

fn led(task: &Task<'_>) -> Option<Led> {
    lead(task, &mut 0, &mut go).unwrap()
}

/// How far from z along the only direction; what is square to it must be 0.
fn along(linear: &Linear, z: &[f32], to: &[f32]) -> f32 {
    let d = &linear.attributes[0].direction;
    let (moved, square) = (0..48).fold((0.0, 0.0), |(m, s), i| (m + (to[i] - z[i]) * d[i], s + d[i] * d[i]));
    let t = moved / square;
    (0..48).for_each(|i| assert!((to[i] - z[i] - t * d[i]).abs() < 1e-5));
    t
}

#[test]
fn a_stroke_begins_along_the_direction_that_acts_there() {
    let linear = bright_at(10, 20);
    let z = [0.0; 48];
    for strength in [1.0, 0.5] {
        let settings = StrokeSettings { strength, ..StrokeSettings::default() };
        let led =
            with(&linear, (10, 20), &z, 0.5, |task| led(&Task { settings: &settings, ..*task })).unwrap();
        let t = along(&linear, &z, &led.start) / strength;
        let parts = t / (FARTHEST / 3.0);
        assert!((parts - parts.round()).abs() < 1e-4 && (0.99..3.01).contains(&parts), "{t}");
        assert_eq!(led.shown, linear.decode(&led.start).unwrap());
        // λ is 0.003 for a brush this broad; the direction is a quarter long.
        let way = f64::from(0.25 * strength * t);
        assert!((led.price - PRICE * 0.003 * way * way).abs() < 1e-7, "{}", led.price);
        assert!((led.before - f64::from(0.5 * strength).powi(2)).abs() < 1e-5, "{}", led.before);
        assert!(led.acts[20 * SIZE + 10] > 0.9 && led.acts[4 * SIZE + 28] < 0.1);
        assert!(led.acts.iter().all(|a| (0.0..=1.0).contains(a)));
    }
    // A label says what is added: nothing leads the other way.
    assert!(with(&linear, (10, 20), &z, -0.5, |task| led(task)).is_none());
}

/// The report tells of the whole loss, and progress only grows.
#[test]
fn it_leads_and_never_up() {
    let mut linear = bright_at(10, 20);
    let z = [0.1; 48];
    let mut told = Vec::new();
    let mut at = |linear: &Linear| -> Solved {
        told.clear();
        let hear = &mut |p| {
            told.push(p);
            true
        };
        let solved = with(linear, (10, 20), &z, 0.5, |task| solve(task, hear)).unwrap();
        assert!(told.is_sorted() && told.len() > 3 && told.last() == Some(&1.0), "{told:?}");
        solved
    };
    let led = at(&linear);
    linear.attributes[0].leads = false;
    let alone = at(&linear);
    assert!(led.acts.is_some() && alone.acts.is_none() && led.latents != alone.latents);
    assert!((led.report.loss_before - alone.report.loss_before).abs() < 1e-5);
    assert!(led.report.loss_after < 0.2 * led.report.loss_before, "{:?}", led.report);
    assert!(led.report.brush_after < 0.2 * led.report.brush_before, "{:?}", led.report);
}

#[test]
fn it_goes_no_farther_than_faces_do() {
    let linear = bright_at(10, 20);
    let d = &linear.attributes[0].direction;
    let standing = |t: f32| -> Vec<f32> { d.iter().map(|d| t * d).collect() };
    for (from, most) in [(3.5, 0.0), (2.5, 1.0), (0.5, 3.0), (-1.5, 5.0), (-3.0, 5.0), (5.0, 0.0)] {
        let z = standing(from);
        let led = with(&linear, (10, 20), &z, 1.0, |task| led(task));
        let t = led.map_or(0.0, |led| along(&linear, &z, &led.start));
        assert!((t - most).abs() < 1e-4, "from {from} by {t}, not {most}");
    }
}

#[test]
fn nothing_leads_where_nothing_acts_or_nobody_knows() {
    let mut linear = bright_at(10, 20);
    let z = [0.0; 48];
    let leads = |linear: &Linear, place| with(linear, place, &z, 0.5, |task| led(task).is_some());
    assert!(leads(&linear, (10, 20)));
    assert!(!leads(&linear, (27, 5)));
    // The colour is there already.
    assert!(!with(&linear, (10, 20), &z, 0.0, |task| led(task).is_some()));
    assert!(!with(&linear, (10, 20), &z, 0.3, |task| {
        task.mode = Mode::Restore;
        led(task).is_some()
    }));
    // A response or a direction of huge numbers, and none of either.
    let (response, direction) = (linear.response.take(), linear.attributes[0].direction.clone());
    assert!(!leads(&linear, (10, 20)));
    linear.response = Some(linear.answer(1e30));
    assert!(!leads(&linear, (10, 20)));
    linear.response = response;
    linear.attributes[0].direction = direction.iter().map(|d| d * 1e30).collect();
    assert!(!leads(&linear, (10, 20)));
    linear.attributes[0].direction = direction;
    assert!(leads(&linear, (10, 20)));
    linear.attributes[0].leads = false;
    assert!(!leads(&linear, (10, 20)));
}

/// A stroke beside an earlier one is not led to where that one is undone; over it, and where it was far away, it may be.
#[test]
fn it_does_not_undo_what_was_painted_before() {
    let mut linear = bright_at(10, 20);
    linear.attributes[0].direction.iter_mut().for_each(|d| *d *= 2.0);
    let z = [0.0; 48];
    let after = |x: std::ops::Range<usize>| {
        let brushed: Vec<u8> = (0..PIXELS)
            .map(|p| if x.contains(&(p % SIZE)) && (18..23).contains(&(p / SIZE)) { 255 } else { 0 })
            .collect();
        with(&linear, (10, 20), &z, 0.5, |task| led(&Task { brushed: &brushed, ..*task }).is_some())
    };
    assert!(after(9..12) && after(26..30) && after(0..0));
    assert!(!after(13..16));
}

#[test]
fn it_takes_a_part_of_the_budget_and_hears_a_cancel() {
    let linear = bright_at(10, 20);
    let z = [0.0; 48];
    for (steps, taken) in [(30, 13), (27, 13), (26, 10), (17, 7), (16, 0), (1, 0)] {
        let settings = StrokeSettings { steps, ..StrokeSettings::default() };
        let (mut evaluations, mut told) = (0, Vec::new());
        with(&linear, (10, 20), &z, 0.5, |task| {
            let task = Task { settings: &settings, ..*task };
            lead(&task, &mut evaluations, &mut |p| {
                told.push(p);
                true
            })
            .unwrap()
        });
        assert_eq!(evaluations, taken, "of {steps}");
        assert!(told.is_sorted() && told.iter().all(|p| *p <= 0.6), "{told:?}");
    }
    let stopped = with(&linear, (10, 20), &z, 0.5, |task| lead(task, &mut 0, &mut |_| false));
    assert!(stopped.err().unwrap().to_string().contains("was cancelled"));
}

/// Two places in which a direction acts alike; one of them is painted on.
#[test]
fn a_direction_acts_around_the_brush_only() {
    let spot = |x: usize, y: usize| {
        move |p: usize| if (p % SIZE).abs_diff(x) <= 3 && (p / SIZE).abs_diff(y) <= 3 { 1.0 } else { 0.0 }
    };
    let energy: Vec<f32> = (0..PIXELS).map(|p| 12.0 * (spot(10, 22)(p) + spot(22, 6)(p))).collect();
    let weight: Vec<f32> = (0..PIXELS).map(spot(10, 22)).collect();
    let acts = acts(&energy, &weight, SIZE);
    assert!(acts[22 * SIZE + 10] > 0.9, "{}", acts[22 * SIZE + 10]);
    assert!(acts[6 * SIZE + 22] < 0.01, "{}", acts[6 * SIZE + 22]);
}
