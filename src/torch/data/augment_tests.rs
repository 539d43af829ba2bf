//! What a drawn variation does to an image, against plain references.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::{Augment, Draw, unit};

const SIZE: usize = 16;
const STILL: Draw = Draw { mirror: false, geometry: None, color: None };

fn noise(seed: u64) -> Vec<u8> {
    let mut image = vec![0; 3 * SIZE * SIZE];
    ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut image);
    image
}

fn apply(draw: Draw, image: &[u8]) -> Vec<f32> {
    let mut out = vec![f32::NAN; image.len()];
    draw.apply(image, SIZE, &mut out);
    out
}

/// Each output pixel from whole source coordinates.
fn moved(image: &[u8], from: impl Fn(i32, i32) -> (i32, i32)) -> Vec<f32> {
    let inside = |v: i32| v.clamp(0, SIZE as i32 - 1) as usize;
    let mut out = Vec::new();
    for c in 0..3 {
        for (y, x) in (0..SIZE as i32).flat_map(|y| (0..SIZE as i32).map(move |x| (y, x))) {
            let (fx, fy) = from(x, y);
            out.push(unit(image[(c * SIZE + inside(fy)) * SIZE + inside(fx)]));
        }
    }
    out
}

fn near(a: &[f32], b: &[f32]) {
    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(a.len() == b.len() && worst < 1e-4, "{worst}");
}

#[test]
fn whole_shifts_and_right_angles_move_whole_pixels() {
    let image = noise(1);
    let last = SIZE as i32 - 1;
    let with = |geometry| apply(Draw { geometry: Some(geometry), ..STILL }, &image);
    near(&with([0.0, 0.0, 1.0, 0.0]), &moved(&image, |x, y| (x, y)));
    // To the right and up; the edge is repeated.
    near(&with([3.0, -2.0, 1.0, 0.0]), &moved(&image, |x, y| (x - 3, y + 2)));
    // Clockwise: what is at the top comes from the left.
    let right = std::f32::consts::FRAC_PI_2;
    near(&with([0.0, 0.0, 1.0, right]), &moved(&image, |x, y| (y, last - x)));
    // Turned first, moved then.
    near(&with([2.0, 0.0, 1.0, right]), &moved(&image, |x, y| (y, last - (x - 2))));
    let mirrored = Draw { mirror: true, geometry: Some([3.0, 0.0, 1.0, right]), color: None };
    near(&apply(mirrored, &image), &moved(&image, |x, y| (last - y, last - (x - 3))));
}

#[test]
fn a_ramp_stays_a_ramp_under_any_motion() {
    // v = 100 + 4x + 2y (x, y from the middle): bilinear samples of it are exact where no edge is repeated.
    let half = SIZE as f32 / 2.0;
    let ramp = |x: f32, y: f32| 100.0 + 4.0 * (x - half) + 2.0 * (y - half);
    let image: Vec<u8> = (0..3 * SIZE * SIZE)
        .map(|i| ramp((i % SIZE) as f32 + 0.5, (i / SIZE % SIZE) as f32 + 0.5) as u8)
        .collect();
    let (dx, dy, factor, angle) = (1.3, -0.6, 1.2_f32, 0.3_f32);
    let out = apply(Draw { geometry: Some([dx, dy, factor, angle]), ..STILL }, &image);
    for (y, x) in (4..12).flat_map(|y| (4..12).map(move |x| (y, x))) {
        let (u, v) = ((x as f32 + 0.5 - half - dx) / factor, (y as f32 + 0.5 - half - dy) / factor);
        let (u, v) = (angle.cos() * u + angle.sin() * v, angle.cos() * v - angle.sin() * u);
        let expected = ramp(u + half, v + half) / 127.5 - 1.0;
        assert!((out[y * SIZE + x] - expected).abs() < 0.5 / 127.5, "{} for {expected}", out[y * SIZE + x]);
    }
}

#[test]
fn light_and_colors_change_as_their_names_say() {
    let image = noise(2);
    let plain = apply(STILL, &image);
    let with = |color| apply(Draw { color: Some(color), ..STILL }, &image);
    let plane = SIZE * SIZE;
    let luma = |v: &[f32], i: usize| 0.299 * v[i] + 0.587 * v[plane + i] + 0.114 * v[2 * plane + i];
    near(&with([0.0, 1.0, 1.0]), &plain);
    near(&with([0.2, 1.0, 1.0]), &plain.iter().map(|v| (v + 0.2).min(1.0)).collect::<Vec<_>>());
    near(&with([0.0, 1.5, 1.0]), &plain.iter().map(|v| (v * 1.5).clamp(-1.0, 1.0)).collect::<Vec<_>>());
    let grey = with([0.0, 1.0, 0.0]);
    for i in 0..plane {
        assert!((0..3).all(|c| (grey[c * plane + i] - luma(&plain, i)).abs() < 1e-5));
    }
    let pale = with([0.0, 1.0, 0.5]);
    assert!((0..plane).all(|i| (luma(&pale, i) - luma(&plain, i)).abs() < 1e-5));
}

#[test]
fn draws_fill_their_ranges_and_no_more() {
    let augment = Augment {
        mirror: 0.3,
        geometry: 0.6,
        shift: 2.0,
        scale: 0.25,
        rotation: 10.0,
        color: 0.4,
        brightness: 0.1,
        contrast: 0.5,
        saturation: 1.0,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let draws: Vec<_> = (0..4000).map(|_| augment.draw(&mut rng)).collect();
    let share = |count: usize| count as f64 / 4000.0;
    assert!((share(draws.iter().filter(|d| d.mirror).count()) - 0.3).abs() < 0.03);
    assert!((share(draws.iter().filter(|d| d.geometry.is_some()).count()) - 0.6).abs() < 0.03);
    assert!((share(draws.iter().filter(|d| d.color.is_some()).count()) - 0.4).abs() < 0.03);
    let filled = |values: Vec<f32>, least: f32, most: f32| {
        let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        let near = 0.02 * (most - least);
        assert!(low >= least - 1e-5 && high <= most + 1e-5, "{low} to {high} for {least} to {most}");
        assert!(low < least + near && high > most - near, "{low} to {high} for {least} to {most}");
    };
    let turn = 10_f32.to_radians();
    for (i, (least, most)) in [(-2.0, 2.0), (-2.0, 2.0), (0.8, 1.25), (-turn, turn)].into_iter().enumerate() {
        filled(draws.iter().filter_map(|d| Some(d.geometry?[i])).collect(), least, most);
    }
    for (i, (least, most)) in [(-0.2, 0.2), (1.0 / 1.5, 1.5), (0.5, 2.0)].into_iter().enumerate() {
        filled(draws.iter().filter_map(|d| Some(d.color?[i])).collect(), least, most);
    }
}
