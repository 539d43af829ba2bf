//! Interpolation by cubic B-splines.

/// √3 − 2, the pole of the filter.
const POLE: f32 = -0.267_949_2;
/// The pole's powers beyond this are below what `f32` can add.
const HORIZON: usize = 14;

/// Turns the values of a `[size][size]` map into the coefficients of the cubic B-spline that passes through them (mirrored at the
/// borders: …cb|abc…). Values laid on a finer grid as if they were coefficients come out blurred: a wave of four cells loses a third.
///
/// By one recursive filter forth and one back (Unser, *Splines: a perfect fit for signal and image processing*, 1999, box 2).
pub(super) fn coefficients(map: &mut [f32], size: usize) {
    debug_assert_eq!(map.len(), size * size);
    if size < 2 {
        return;
    }
    for line in 0..size {
        filter(map, line * size, 1, size);
    }
    for column in 0..size {
        filter(map, column, size, size);
    }
}

/// The cell of `size` in a row that stands `distance` before or after the first one, the row mirrored at its ends.
pub(super) fn mirrored(distance: usize, size: usize) -> usize {
    let period = (2 * (size - 1)).max(1);
    let i = distance % period;
    i.min(period - i)
}

fn filter(map: &mut [f32], first: usize, step: usize, size: usize) {
    let at = |i: usize| first + i * step;
    let mut power = 1.0;
    let mut carry = 0.0;
    for i in 0..HORIZON {
        carry += power * map[at(mirrored(i, size))];
        power *= POLE;
    }
    map[first] = carry;
    for i in 1..size {
        map[at(i)] += POLE * map[at(i - 1)];
    }
    let last = size - 1;
    map[at(last)] = POLE / (POLE * POLE - 1.0) * (map[at(last)] + POLE * map[at(last - 1)]);
    for i in (0..last).rev() {
        map[at(i)] = POLE * (map[at(i + 1)] - map[at(i)]);
    }
    for i in 0..size {
        map[at(i)] *= 6.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spline at the map's own points: a sixth, four sixths, a sixth along each axis.
    #[test]
    fn the_spline_passes_through_the_values() {
        for size in [2, 3, 16, 33] {
            let map: Vec<f32> = (0..size * size).map(|i| ((i * 7919) % 256) as f32 / 128.0 - 1.0).collect();
            let mut c = map.clone();
            coefficients(&mut c, size);
            let mirrored = |i: isize| (i.unsigned_abs()).min((2 * size as isize - 2 - i).unsigned_abs());
            for i in -1..=size as isize {
                assert_eq!(super::mirrored(i.unsigned_abs(), size), mirrored(i));
            }
            for y in 0..size as isize {
                for x in 0..size as isize {
                    let mut sum = 0.0;
                    for (dy, wy) in [(-1, 1.0), (0, 4.0), (1, 1.0)] {
                        for (dx, wx) in [(-1, 1.0), (0, 4.0), (1, 1.0)] {
                            sum += wy * wx * c[mirrored(y + dy) * size + mirrored(x + dx)] / 36.0;
                        }
                    }
                    let value = map[y as usize * size + x as usize];
                    assert!((sum - value).abs() < 1e-4, "{size}: {sum} {value} at {x} {y}");
                }
            }
        }
        let mut one = [0.5];
        coefficients(&mut one, 1);
        assert_eq!(one, [0.5]);
    }
}
