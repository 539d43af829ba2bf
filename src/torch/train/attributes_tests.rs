//! Directions of made-up latents whose answer is known.

use super::*;
use rand::{Rng, SeedableRng};

fn noise(rng: &mut impl Rng) -> f32 {
    super::super::measure::normal(rng)
}

/// Of the largest size.
fn largest(of: &[f32]) -> f32 {
    of.iter().copied().fold(0.0, |a, b| if b.abs() > a.abs() { b } else { a })
}

/// 6000 vectors of 5 latents with deviations 3, 2, 1, 0.5, 0.25 along the axes of a rotation in the first two.
fn cloud() -> Vec<Vec<f32>> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
    (0..6000)
        .map(|_| {
            let own = [3.0, 2.0, 1.0, 0.5, 0.25].map(|d: f32| d * noise(&mut rng));
            let (a, b) = (0.6 * own[0] - 0.8 * own[1], 0.8 * own[0] + 0.6 * own[1]);
            vec![5.0 + a, b - 2.0, own[2], own[3], own[4]]
        })
        .collect()
}

#[test]
fn principal_directions_are_those_of_the_cloud() {
    let found = principal(&cloud(), 3).unwrap();
    let known: [[f32; 5]; 3] =
        [[1.8, 2.4, 0.0, 0.0, 0.0], [-1.6, 1.2, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0]];
    for (found, known) in found.iter().zip(known) {
        let d = &found.attribute.direction;
        let sign = largest(&known).signum();
        let off = d.iter().zip(known).map(|(d, k)| (d - k * sign).abs()).fold(0.0, f32::max);
        assert!(off < 0.12, "{} {d:?}", found.attribute.name);
        assert!(largest(d) > 0.0, "{d:?}");
    }
    assert_eq!(found.iter().map(|f| f.attribute.name.as_str()).collect::<Vec<_>>(), ["pc1", "pc2", "pc3"]);
    assert_eq!(found, principal(&cloud(), 3).unwrap(), "the same every time");
    assert!(principal(&cloud(), 6).unwrap_err().to_string().contains("6 principal directions"));
}

#[test]
fn a_contrast_is_half_the_way_and_says_how_well_it_tells_apart() {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
    let (mut latents, mut names, mut labels) = (Vec::new(), Vec::new(), HashMap::new());
    for i in 0..3000 {
        let kind = ["glad", "calm", "cross"][i % 3];
        let shift = [4.0, 0.0, -50.0][i % 3];
        latents.push(vec![1.0 + shift + noise(&mut rng), noise(&mut rng)]);
        names.push(format!("{i}.jpg"));
        labels.insert(format!("{i}.jpg"), kind.to_owned());
    }
    let wanted: Contrast = "joy=glad/calm".parse().unwrap();
    let found = contrast(&latents, &names, &labels, &wanted).unwrap();
    assert_eq!(found.attribute.name, "joy");
    let d = &found.attribute.direction;
    assert!((d[0] - 2.0).abs() < 0.1 && d[1].abs() < 0.1, "{d:?}");
    // Φ(4/√2) of the pairs are in order.
    let share: f64 = found.how.split("orders ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((share - 99.77).abs() < 0.3, "{}", found.how);
    let none = contrast(&latents, &names, &labels, &"x=glad/sad".parse().unwrap()).unwrap_err().to_string();
    assert!(none.contains("0 of the images have the label \"sad\", of 3000 labels"), "{none}");
    for bad in ["joy", "joy=glad", "=a/b", "joy=/b", "joy=a/"] {
        assert!(bad.parse::<Contrast>().unwrap_err().contains("is not NAME=PLUS/MINUS"), "{bad}");
    }
}
