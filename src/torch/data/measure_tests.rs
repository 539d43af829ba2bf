//! Sharpness and hashes: what they must tell apart, and the figures behind the thresholds.

use super::*;

#[test]
fn sharpness_falls_with_blur_and_not_with_contrast() {
    let size = 64;
    let noise: Vec<f32> = (0..size * size).map(|i| ((i * 7919 + i / 3) % 211) as f32).collect();
    let mean3 = |v: &[f32]| -> Vec<f32> {
        let at = |x: i32, y: i32| v[y.clamp(0, 63) as usize * size + x.clamp(0, 63) as usize];
        (0..64 * 64)
            .map(|i| (0..9).map(|k| at(i % 64 + k % 3 - 1, i / 64 + k / 3 - 1)).sum::<f32>() / 9.0)
            .collect()
    };
    let sharp = sharpness(&noise, size);
    assert!(sharpness(&mean3(&noise), size) < 0.5 * sharp);
    let pale: Vec<f32> = noise.iter().map(|v| 100.0 + v * 0.2).collect();
    assert!((sharpness(&pale, size) - sharp).abs() < 1e-3 * sharp);
    assert_eq!(sharpness(&vec![77.0; size * size], size), 0.0);
    // A ramp has contrast, and no Laplacian.
    let ramp: Vec<f32> = (0..size * size).map(|i| (i % size) as f32).collect();
    assert!(sharpness(&ramp, size) < 1e-9);
}

#[test]
fn hashes_tell_pictures_apart_and_see_through_light() {
    let size = 64;
    let picture = |seed: usize| -> Vec<f32> {
        (0..size * size)
            .map(|i| {
                let (x, y) = ((i % size) as f32, (i / size) as f32);
                100.0 + 50.0 * ((x * 0.2 + seed as f32).sin() * (y * 0.15 + seed as f32 * 2.0).cos())
            })
            .collect()
    };
    let first = Hash::of(&picture(1), size);
    let lit: Vec<f32> = picture(1).iter().map(|v| v * 0.7 + 30.0).collect();
    assert_eq!(first.distance(first), 0);
    assert!(first.distance(Hash::of(&lit, size)) <= 4);
    assert!(first.distance(Hash::of(&picture(2), size)) > 60);
    let negative: Vec<f32> = picture(1).iter().map(|v| 255.0 - v).collect();
    assert!(first.distance(Hash::of(&negative, size)) > 200, "every bit turns");
}

/// Prints the figures of `docs/training-data.md`:
/// `NPE_FACES="$PWD/faces.tar" cargo test --release -p npe-torch --lib figures -- --ignored --nocapture`, with a tar of
/// aligned faces of 128 pixels of which the middle 100 are the frame. (Cargo runs tests in their package's folder.)
#[test]
#[ignore = "wants the training set"]
fn figures() {
    use super::super::{Crop, Settings, read};
    let faces = std::env::var("NPE_FACES").expect("NPE_FACES names a tar of aligned faces");
    let settings = Settings { size: 64, crop: Crop::Square { x: 14, y: 14, side: 100 } };
    let images = read(faces.as_ref(), &settings, &mut |_, _| true).unwrap();
    let luma = |image: &image::RgbImage| -> Vec<f32> {
        let planes: Vec<f32> =
            (0..3).flat_map(|c| image.pixels().map(move |p| f32::from(p[c]) / 127.5 - 1.0)).collect();
        grey(&planes)
    };
    let every = |n: usize| (0..images.len()).step_by(n);
    let picture = |i: usize| {
        image::RgbImage::from_fn(64, 64, |x, y| {
            image::Rgb([0, 1, 2].map(|c| images.image(i)[(c * 64 + y as usize) * 64 + x as usize]))
        })
    };
    let sorted = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values
    };
    let at = |values: &[f64], percent: f64| values[((values.len() - 1) as f64 * percent / 100.0) as usize];
    let sharp = sorted(every(5).map(|i| sharpness(&luma(&picture(i)), 64)).collect());
    println!("sharpness: {:.1?} at 0, 1, 10, 50 %", [0.0, 1.0, 10.0, 50.0].map(|p| at(&sharp, p)));
    for sigma in [0.7, 1.0, 1.5, 2.0] {
        let blurred = sorted(
            every(50).map(|i| sharpness(&luma(&image::imageops::blur(&picture(i), sigma)), 64)).collect(),
        );
        let under = blurred.iter().filter(|s| **s < 5.0).count() * 100 / blurred.len();
        println!("  blurred by {sigma}: median {:.1}, {under} % below 5", at(&blurred, 50.0));
    }
    let hashes: Vec<_> = every(5).map(|i| Hash::of(&luma(&picture(i)), 64)).collect();
    let nearest =
        |i: usize| (0..hashes.len()).filter(|j| *j != i).map(|j| hashes[i].distance(hashes[j])).min();
    let nearest = sorted((0..hashes.len()).filter_map(|i| Some(f64::from(nearest(i)?))).collect());
    println!(
        "nearest other face, bits of 256: {:?} at 0, 1, 50 %",
        [0.0, 1.0, 50.0].map(|p| at(&nearest, p))
    );
    println!("  within 32: {} of {}", nearest.iter().filter(|d| **d <= 32.0).count(), nearest.len());
    let again = |i: usize| {
        let mut file = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 40).encode_image(&picture(i)).ok()?;
        let copy = image::load_from_memory(&file).ok()?.into_rgb8();
        Some(f64::from(Hash::of(&luma(&picture(i)), 64).distance(Hash::of(&luma(&copy), 64))))
    };
    let again = sorted(every(50).filter_map(again).collect());
    println!(
        "the same as a JPEG of quality 40: {:?} at 50, 95, 100 %",
        [50.0, 95.0, 100.0].map(|p| at(&again, p))
    );
}
