//! Hair that the frame's upper side cuts, before a wall; painted in the frame.

use super::*;
use crate::photo::{Channels, Rect, Samples, blend_rect};

const SIZE: usize = 32;
/// One photo pixel for each of the network's, from (32, 32) on.
const FRAME: Frame = Frame { cx: 48.0, cy: 48.0, side: 32.0, angle: 0.0 };
const HAIR: [u8; 3] = [60, 40, 30];
const WALL: [u8; 3] = [90, 120, 150];

/// Hair in the columns 40 to 56, from row 20 down to row 44; a wig in the columns 70 to 78 that hangs on nothing.
fn hair(x: u32, y: u32) -> bool {
    ((40..56).contains(&x) && (20..44).contains(&y)) || ((70..78).contains(&x) && (24..30).contains(&y))
}

struct Scene {
    within: Placed,
    seen: Seen,
    state: State,
}

impl Scene {
    /// The hair in the frame made lighter by half of the range, its brushed part where `brushed` says; the photo begins at its
    /// row `top`.
    fn new(top: u32, brushed: impl Fn(u32, u32) -> bool) -> Self {
        Self::of(top, hair, brushed)
    }

    fn of(top: u32, hair: fn(u32, u32) -> bool, brushed: impl Fn(u32, u32) -> bool) -> Self {
        let bytes = (top..96).flat_map(|y| (0..96).map(move |x| (x, y))).flat_map(|(x, y)| {
            // Not all strands are alike.
            let strand = |v: u8| v + ((x * 7 + y * 3) % 5) as u8;
            if hair(x, y) { HAIR.map(strand) } else { WALL }
        });
        let photo = Photo::new(96, 96 - top, Channels::Rgb, Samples::U8(bytes.collect())).unwrap();
        let frame = Frame { cy: FRAME.cy - f64::from(top), ..FRAME };
        let picture = crop(&photo, &frame, SIZE).unwrap();
        let at = |p: usize| ((p % SIZE) as u32 + 32, (p / SIZE) as u32 + 32);
        let inside = |p: usize| f32::from(u8::from(hair(at(p).0, at(p).1)));
        let mut change = Change::none(SIZE);
        change.add.iter_mut().enumerate().for_each(|(i, v)| *v = 0.5 * inside(i % (SIZE * SIZE)));
        let sides = frame.sides_inside(photo.width(), photo.height());
        let uncut: Vec<f32> = (0..SIZE * SIZE).map(inside).collect();
        let border = (0..SIZE * SIZE).map(|p| super::super::blend::border(&sides, p % SIZE, p / SIZE, SIZE));
        let seen = Seen { uncut, border: border.collect() };
        change.mask = seen.mask();
        let mut state = State::exact(photo, picture, SIZE);
        state.brushed = (0..SIZE * SIZE).map(|p| if brushed(at(p).0, at(p).1) { 255 } else { 0 }).collect();
        Self { within: Placed { frame, change }, seen, state }
    }

    fn continued(&self, locality: f32) -> Placed {
        let settings = BlendSettings { locality, ..BlendSettings::default() };
        continued(self.within.clone(), &self.seen, &settings, &self.state).unwrap()
    }
}

/// By how much a photo pixel changes: red's share of the range of 2.
fn moved(placed: &Placed, top: u32, x: u32, y: u32) -> f32 {
    let (u, v) = placed.frame.from_photo(f64::from(x) + 0.5, f64::from(y - top) + 0.5);
    let side = placed.change.size as f64;
    if !(0.0..1.0).contains(&u) || !(0.0..1.0).contains(&v) {
        return 0.0;
    }
    let i = (v * side) as usize * placed.change.size + (u * side) as usize;
    placed.change.mask[i] * placed.change.add[i]
}

#[test]
fn hair_goes_on_and_the_wall_stays() {
    let scene = Scene::new(0, hair);
    let placed = scene.continued(0.8);
    assert_eq!(placed.frame, Frame { side: 64.0, ..FRAME });
    // From the middle of the frame's part to a third of the side above it: no step at the border, then less and less.
    let above: Vec<f32> = (21..40).rev().map(|y| moved(&placed, 0, 48, y)).collect();
    assert!(above[..12].iter().all(|m| (0.44..0.52).contains(m)), "{above:?}");
    assert!(above.windows(2).all(|w| (w[0] - w[1]).abs() < 0.1), "{above:?}");
    for (x, y) in [(36, 30), (60, 30), (48, 60), (75, 25), (75, 29)] {
        assert_eq!(moved(&placed, 0, x, y), 0.0, "at {x}, {y}");
    }
    // Inside, away from the border, it is what it was.
    for y in 36..62 {
        for x in 36..60 {
            let difference = moved(&placed, 0, x, y) - moved(&scene.within, 0, x, y);
            assert!(difference.abs() < 1e-6, "at {x}, {y}");
        }
    }
    // The rim of the wider grid shows nothing.
    let side = 2 * SIZE;
    let rim = |p: &usize| p % side < 2 || p % side >= side - 2 || p / side < 2 || p / side >= side - 2;
    assert!((0..side * side).filter(rim).all(|p| placed.change.mask[p] == 0.0));
}

#[test]
fn it_ends_at_the_frame_where_there_is_nothing_to_go_on() {
    let stays = |scene: &Scene, locality: f32| scene.continued(locality) == scene.within;
    // The paper's mask; in between, between.
    let scene = Scene::new(0, hair);
    assert!(stays(&scene, 0.0));
    let half = moved(&scene.continued(0.5 * LOCAL), 0, 48, 30) / moved(&scene.continued(1.0), 0, 48, 30);
    assert!((0.4..0.6).contains(&half), "{half}");
    // A photo that ends there.
    assert!(stays(&Scene::new(32, hair), 0.8));
    // What was brushed is a wall: the hair changed with it, but it is not what was meant.
    assert!(stays(&Scene::new(0, |x, y| !hair(x, y)), 0.8));
    assert!(stays(&Scene::new(0, |_, _| false), 0.8));
    // What is as a wall and reaches the photo's end, whatever was brushed.
    fn curtain(x: u32, y: u32) -> bool {
        (40..56).contains(&x) && y < 44
    }
    let placed = Scene::of(0, curtain, curtain).continued(0.8);
    assert!((16..32).all(|y| moved(&placed, 0, 48, y) == 0.0));
    // Nothing changes at the border.
    let mut scene = Scene::new(0, hair);
    for p in 0..SIZE * 6 {
        scene.seen.uncut[p] = 0.0;
    }
    scene.within.change.mask = scene.seen.mask();
    assert!(stays(&scene, 0.8));
}

#[test]
fn a_frame_too_large_for_another_around_it_is_no_error() {
    let mut scene = Scene::new(0, hair);
    scene.within.frame.side = limits::FRAME_SIDE_MAX;
    assert_eq!(scene.continued(0.8), scene.within);
}

/// A photo that ends within the wider frame, or at one side of the frame: the change does not fade before it.
#[test]
fn up_to_the_photos_edge_it_goes_on() {
    let drawn = |placed: &Placed, scene: &Scene, x: u32, y: u32| {
        let rect = Rect { x, y, width: 1, height: 1 };
        let red = |s: Samples| match s {
            Samples::U8(v) => f32::from(v[0]),
            _ => panic!("the depth changed"),
        };
        let photo = &scene.state.origin.photo;
        let new = blend_rect(photo, &placed.frame, &placed.change, rect).unwrap();
        red(new) - red(blend_rect(photo, &placed.frame, &Change::none(SIZE), rect).unwrap())
    };
    // Ends 5 pixels above the frame.
    let scene = Scene::new(27, hair);
    let placed = scene.continued(0.8);
    let rows: Vec<f32> = (0..6).map(|y| drawn(&placed, &scene, 48, y)).collect();
    assert!(rows.iter().all(|m| (54.0..66.0).contains(m)), "{rows:?}");
    // Ends at the frame's top, hair goes on at the left.
    fn shawl(x: u32, y: u32) -> bool {
        (24..56).contains(&x) && (20..44).contains(&y)
    }
    let scene = Scene::of(32, shawl, shawl);
    let placed = scene.continued(0.8);
    assert!(drawn(&placed, &scene, 30, 6) > 40.0);
    let rows: Vec<f32> = (0..8).map(|y| drawn(&placed, &scene, 48, y)).collect();
    assert!(rows.iter().all(|m| (60.0..66.0).contains(m)), "{rows:?}");
}

#[test]
fn what_was_restored_at_the_border_stays_restored() {
    let mut scene = Scene::new(0, hair);
    let erased = |p: usize| if p < 8 * SIZE { 255 } else { 0 };
    scene.state.erased = (0..SIZE * SIZE).map(erased).collect();
    (0..SIZE * SIZE).for_each(|p| scene.seen.uncut[p] *= 1.0 - f32::from(erased(p)) / 255.0);
    scene.within.change.mask = scene.seen.mask();
    let placed = scene.continued(0.8);
    assert!((16..40).all(|y| moved(&placed, 0, 48, y) == 0.0));
    assert!(moved(&placed, 0, 48, 41) > 0.4);
}

/// What makes strands stronger in the frame does so beyond it, and the wall's stay as they are.
#[test]
fn detail_grows_beyond_as_within() {
    let mut scene = Scene::new(0, hair);
    let here = |p: usize| hair((p % SIZE) as u32 + 32, (p / SIZE) as u32 + 32);
    scene.within.change.less = (0..SIZE * SIZE).map(|p| if here(p) { -0.6 } else { 0.343 }).collect();
    let Change { less, mask, .. } = scene.continued(0.8).change;
    for y in 22..32 {
        let i = (y - 16) * 2 * SIZE + 48 - 16;
        assert!(mask[i] > 0.05 && (-0.7..-0.5).contains(&less[i]), "{} {} at {y}", mask[i], less[i]);
    }
}

#[test]
fn networks_of_odd_or_small_sides_end_at_the_frame() {
    let scene = Scene::new(0, hair);
    for size in [16, 33] {
        let photo = &scene.state.origin.photo;
        assert!(Surroundings::of(photo, &FRAME, size).unwrap().is_none());
    }
    assert!(Surroundings::of(&scene.state.origin.photo, &FRAME, 48).unwrap().is_some());
}
