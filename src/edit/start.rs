//! Where the guided solver begins: the move that the network's mean [`Response`] asks for.

use crate::generator::Response;

/// Weight of a short move beside the solver's own prior, for each latent, at freedom ½. The map is only the mean of many faces: with a
/// third of this some mouths were white foam, with three times as much fewer of them became teeth.
pub(super) const PRIOR: f32 = 0.01;
/// Steps of conjugate gradients. More come nearer to the map's own minimum, not to the network's: with 6, 12, 24 and all of them
/// hits were alike within a tenth.
const STEPS: usize = 12;

/// The move of the latents that makes `Σ w·(change − wanted)²/3 + prior·‖move‖²` small, where change is the map's answer to the
/// move. By conjugate gradients (Nocedal and Wright, algorithm 5.2).
///
/// `weight` is `[S][S]`, `wanted` `[3][S][S]`, S twice the map's side.
pub(super) fn towards(response: &Response, weight: &[f32], wanted: &[f32], prior: f32) -> Vec<f32> {
    let (weight, pull) = halved(weight, wanted, response.side());
    let mut gap: Vec<f32> = response.rows().map(|row| dot(row, &pull) / 3.0).collect();
    let mut towards = vec![0.0; gap.len()];
    let mut direction = gap.clone();
    let first = dot(&gap, &gap);
    let mut left = first;
    for _ in 0..STEPS {
        if left.is_nan() || left <= 1e-8 * first {
            break;
        }
        let mut change = vec![0.0; pull.len()];
        for (row, d) in response.rows().zip(&direction) {
            change.iter_mut().zip(row).for_each(|(c, r)| *c += d * r);
        }
        let pixels = weight.len();
        change.iter_mut().enumerate().for_each(|(i, c)| *c *= weight[i % pixels] / 3.0);
        let bent: Vec<f32> =
            response.rows().zip(&direction).map(|(row, d)| dot(row, &change) + prior * d).collect();
        let length = left / dot(&direction, &bent);
        for i in 0..gap.len() {
            towards[i] += length * direction[i];
            gap[i] -= length * bent[i];
        }
        let now = dot(&gap, &gap);
        direction.iter_mut().zip(&gap).for_each(|(d, g)| *d = g + now / left * *d);
        left = now;
    }
    towards
}

/// Weights, and weight times what is wanted, added up over squares of two by two.
fn halved(weight: &[f32], wanted: &[f32], side: usize) -> (Vec<f32>, Vec<f32>) {
    let weighted: Vec<f32> = wanted
        .chunks_exact(weight.len())
        .flat_map(|plane| plane.iter().zip(weight))
        .map(|(v, w)| v * w)
        .collect();
    (Response::sums_under(weight, 2 * side), Response::sums_under(&weighted, 2 * side))
}

/// In eight sums, which compilers can keep side by side.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a8, a), (b8, b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0f32; 8];
    for (a, b) in a8.iter().zip(b8) {
        (0..8).for_each(|i| sums[i] += a[i] * b[i]);
    }
    sums.iter().sum::<f32>() + a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map of 5 latents on 4×4 pixels, weights and wanted changes for 8×8.
    fn scene() -> (Response, Vec<f32>, Vec<f32>) {
        let wave = |n: usize, by: f32| -> Vec<f32> { (0..n).map(|i| (i as f32 * by).sin()).collect() };
        let weight = wave(64, 0.9).iter().map(|v| v.abs() / 50.0).collect();
        let map = Response::new(wave(5 * 48, 0.37), 5, 8).unwrap();
        // What a move would do, and some that none does.
        let wanted = (wave(192, 0.21).iter().enumerate())
            .map(|(i, w)| answer(&map, &[0.5, -1.0, 0.3, 0.8, -0.2], i) + 0.05 * w)
            .collect();
        (map, weight, wanted)
    }

    /// The map's answer to a move at value `i` of `[3][8][8]`.
    fn answer(map: &Response, z: &[f32], i: usize) -> f32 {
        let (c, p) = (i / 64, i % 64);
        let small = c * 16 + p / 8 / 2 * 4 + p % 8 / 2;
        map.rows().zip(z).map(|(row, z)| row[small] * z).sum()
    }

    /// The loss by its definition, pixel by pixel at the full size.
    fn loss(r: &Response, weight: &[f32], wanted: &[f32], prior: f32, z: &[f32]) -> f64 {
        let mut sum = 0.0;
        for (i, wanted) in wanted.iter().enumerate() {
            let change = answer(r, z, i);
            sum += f64::from(weight[i % 64] / 3.0) * f64::from(change - wanted).powi(2);
        }
        sum + f64::from(prior) * z.iter().map(|z| f64::from(*z).powi(2)).sum::<f64>()
    }

    #[test]
    fn it_is_the_minimum_of_what_it_says() {
        let (r, weight, wanted) = scene();
        let z = towards(&r, &weight, &wanted, 0.01);
        let at = |z: &[f32]| loss(&r, &weight, &wanted, 0.01, z);
        assert!(at(&z) < 0.2 * at(&[0.0; 5]), "{} {}", at(&z), at(&[0.0; 5]));
        for i in 0..5 {
            let shifted = |by: f32| {
                let mut z = z.clone();
                z[i] += by;
                at(&z)
            };
            let slope = (shifted(1e-2) - shifted(-1e-2)) / 2e-2;
            assert!(slope.abs() < 1e-4, "latent {i}: {slope}");
        }
    }

    #[test]
    fn nothing_wanted_is_no_move() {
        let (r, weight, wanted) = scene();
        assert_eq!(towards(&r, &weight, &[0.0; 192], 0.01), [0.0; 5]);
        assert_eq!(towards(&r, &[0.0; 64], &wanted, 0.01), [0.0; 5]);
    }
}
