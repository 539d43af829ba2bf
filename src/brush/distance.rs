//! Distances on the network's grid.

/// Distance in pixels from each pixel of a `[size][size]` map to the nearest one with a value of at least
/// `threshold`; infinite where there is none. Exact, two passes (Felzenszwalb and Huttenlocher's idea, done plainly:
/// the maps are small).
pub fn distance(map: &[f32], size: usize, threshold: f32) -> Vec<f32> {
    // First along rows, then the lower envelope down each column.
    let mut along = vec![f32::INFINITY; size * size];
    for y in 0..size {
        let set: Vec<usize> = (0..size).filter(|x| map[y * size + x] >= threshold).collect();
        for x in 0..size {
            along[y * size + x] =
                set.iter().map(|s| (*s as f32 - x as f32).powi(2)).fold(f32::INFINITY, f32::min);
        }
    }
    let mut out = vec![f32::INFINITY; size * size];
    for y in 0..size {
        for x in 0..size {
            let d = (0..size)
                .map(|v| along[v * size + x] + (v as f32 - y as f32).powi(2))
                .fold(f32::INFINITY, f32::min);
            out[y * size + x] = d.sqrt();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_euclidean() {
        let mut map = vec![0.0; 81];
        map[4 * 9 + 4] = 1.0;
        let d = distance(&map, 9, 0.5);
        for y in 0..9 {
            for x in 0..9 {
                let expected = ((x as f32 - 4.0).powi(2) + (y as f32 - 4.0).powi(2)).sqrt();
                assert!((d[y * 9 + x] - expected).abs() < 1e-5);
            }
        }
        assert!(distance(&[0.0; 81], 9, 0.5).iter().all(|d| d.is_infinite()));
    }
}
