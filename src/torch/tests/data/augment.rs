//! Random variation, as the training loop asks for it.

use npe_torch::data::Images;
use npe_torch::data::augment::{Augment, plain};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::refused;

fn images(count: usize) -> Images {
    let size = 32;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut pixels = vec![0; count * 3 * size * size];
    rng.fill_bytes(&mut pixels);
    let names = (0..count).map(|i| i.to_string()).collect();
    Images { size, pixels, names, labels: None, skipped: Vec::new() }
}

fn batch(augment: &Augment, images: &Images, indices: &[usize], rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut out = vec![f32::NAN; indices.len() * 3 * images.size * images.size];
    augment.batch(images, indices, rng, &mut out).unwrap();
    out
}

const ALL: Augment = Augment {
    mirror: 0.5,
    geometry: 0.8,
    shift: 2.0,
    scale: 0.1,
    rotation: 10.0,
    color: 0.8,
    brightness: 0.1,
    contrast: 0.2,
    saturation: 0.2,
};

#[test]
fn the_same_state_gives_the_same_floats_on_any_count_of_threads() {
    let images = images(40);
    let indices: Vec<usize> = (0..40).rev().collect();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let out = pool.install(|| batch(&ALL, &images, &indices, &mut rng));
        (out.iter().map(|v| v.to_bits()).collect::<Vec<_>>(), rng.next_u64())
    };
    assert_eq!(with(1), with(3));
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let other = batch(&ALL, &images, &indices, &mut rng);
    assert_ne!(other.iter().map(|v| v.to_bits()).collect::<Vec<_>>(), with(1).0, "another seed");
    assert!(other.iter().all(|v| (-1.0..=1.0).contains(v)));
}

#[test]
fn what_is_drawn_next_does_not_depend_on_the_settings() {
    let images = images(3);
    let after = |augment: &Augment| {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        batch(augment, &images, &[0, 1, 2], &mut rng);
        rng.next_u64()
    };
    assert_eq!(after(&ALL), after(&Augment::NONE));
}

#[test]
fn mirroring_alone_mirrors_half_of_the_images_exactly() {
    let images = images(2);
    let indices = [1; 2000];
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let out = batch(&Augment::default(), &images, &indices, &mut rng);
    let as_is = plain(&images, 1..2).unwrap();
    assert_eq!(
        (as_is[0], as_is[3071]),
        (f32::from(images.image(1)[0]) / 127.5 - 1.0, f32::from(images.image(1)[3071]) / 127.5 - 1.0)
    );
    let mirrored: Vec<f32> = as_is.chunks(32).flat_map(|row| row.iter().rev().copied()).collect();
    let mut count = 0;
    for image in out.chunks(3072) {
        assert!(image == as_is || image == mirrored);
        count += usize::from(image == mirrored);
    }
    // 0.5 ± 4 standard deviations.
    assert!((910..=1090).contains(&count), "{count} of 2000");
    let never = batch(&Augment::NONE, &images, &[1; 50], &mut rng);
    assert!(never.chunks(3072).all(|image| image == as_is));
}

#[test]
fn wrong_settings_and_sizes_get_a_sentence() {
    let wrong = Augment { rotation: 181.0, ..ALL };
    assert_eq!(refused(wrong.check()), "the augmentation's rotation is 181; it must be 0 to 180");
    assert!(refused(Augment { mirror: f32::NAN, ..ALL }.check()).contains("mirror is NaN"));
    ALL.check().unwrap();
    let images = images(2);
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    assert!(refused(ALL.batch(&images, &[0], &mut rng, &mut [0.0; 5])).contains("room for 5"));
    assert!(refused(ALL.batch(&images, &[2], &mut rng, &mut [0.0; 3072])).contains("there are 2"));
    let settings: Augment = toml::from_str("shift = 2\ngeometry = 0.5").unwrap();
    assert_eq!(settings, Augment { shift: 2.0, geometry: 0.5, ..Augment::default() });
    assert!(toml::from_str::<Augment>("shfit = 2").is_err());
}
