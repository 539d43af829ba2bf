//! Ridge regression: from features to moves.

use npe::photo::align::{FEATURES, MOVES, Move, Stage};

/// The stage that best predicts the moves from the rows of features. The ridge is `share` of the mean variance of a
/// feature.
pub fn solve(rows: &[f32], targets: &[Move], share: f64) -> Stage {
    let count = targets.len() as f64;
    let mut mean = vec![0.0f64; FEATURES];
    for row in rows.chunks_exact(FEATURES) {
        mean.iter_mut().zip(row).for_each(|(m, v)| *m += f64::from(*v) / count);
    }
    let mut centre = [0.0f64; MOVES];
    for target in targets {
        centre.iter_mut().zip(target).for_each(|(m, v)| *m += f64::from(*v) / count);
    }
    let centred: Vec<f32> = mean.iter().map(|m| *m as f32).collect();
    let (mut gram, right) = products(rows, targets, &centred, &centre);
    let ridge = share * (0..FEATURES).map(|i| gram[i * FEATURES + i]).sum::<f64>() / FEATURES as f64;
    (0..FEATURES).for_each(|i| gram[i * FEATURES + i] += ridge);
    cholesky(&mut gram);
    let mut stage = Stage { weight: Vec::new(), bias: [0.0; MOVES] };
    for (m, right) in right.chunks_exact(FEATURES).enumerate() {
        let weight = substitute(&gram, right);
        let moved: f64 = weight.iter().zip(&centred).map(|(w, m)| w * f64::from(*m)).sum();
        stage.bias[m] = (centre[m] - moved) as f32;
        stage.weight.extend(weight.iter().map(|w| *w as f32));
    }
    stage
}

/// `XᵀX` (its upper half) and `XᵀY` of the centred rows, on all cores.
fn products(rows: &[f32], targets: &[Move], mean: &[f32], centre: &[f64; MOVES]) -> (Vec<f64>, Vec<f64>) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = targets.len().div_ceil(threads).max(1);
    let parts: Vec<(Vec<f64>, Vec<f64>)> = std::thread::scope(|scope| {
        let work: Vec<_> = rows
            .chunks(share * FEATURES)
            .zip(targets.chunks(share))
            .map(|(rows, targets)| scope.spawn(move || part_products(rows, targets, mean, centre)))
            .collect();
        work.into_iter().map(|w| w.join().expect("no panic in the sums")).collect()
    });
    let (mut gram, mut right) = (vec![0.0; FEATURES * FEATURES], vec![0.0; MOVES * FEATURES]);
    for (g, r) in &parts {
        gram.iter_mut().zip(g).for_each(|(a, b)| *a += b);
        right.iter_mut().zip(r).for_each(|(a, b)| *a += b);
    }
    (gram, right)
}

fn part_products(
    rows: &[f32],
    targets: &[Move],
    mean: &[f32],
    centre: &[f64; MOVES],
) -> (Vec<f64>, Vec<f64>) {
    const BLOCK: usize = 64;
    let (mut gram, mut right) = (vec![0.0f64; FEATURES * FEATURES], vec![0.0f64; MOVES * FEATURES]);
    let mut block = vec![0.0f32; BLOCK * FEATURES];
    let mut sums = vec![0.0f32; FEATURES];
    for (rows, targets) in rows.chunks(BLOCK * FEATURES).zip(targets.chunks(BLOCK)) {
        block.fill(0.0);
        for (out, row) in block.chunks_exact_mut(FEATURES).zip(rows.chunks_exact(FEATURES)) {
            (0..FEATURES).for_each(|i| out[i] = row[i] - mean[i]);
        }
        for (row, target) in block.chunks_exact(FEATURES).zip(targets) {
            for (m, right) in right.chunks_exact_mut(FEATURES).enumerate() {
                let t = f64::from(target[m]) - centre[m];
                right.iter_mut().zip(row).for_each(|(r, v)| *r += t * f64::from(*v));
            }
        }
        for i in 0..FEATURES {
            let sums = &mut sums[i..];
            sums.fill(0.0);
            for four in block.chunks_exact(4 * FEATURES) {
                let row = |k: usize| &four[k * FEATURES + i..(k + 1) * FEATURES];
                let (a, b, c, d) = (row(0), row(1), row(2), row(3));
                for ((((s, x), y), z), w) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    *s += a[0] * x + b[0] * y + c[0] * z + d[0] * w;
                }
            }
            gram[i * FEATURES + i..(i + 1) * FEATURES]
                .iter_mut()
                .zip(&*sums)
                .for_each(|(g, s)| *g += f64::from(*s));
        }
    }
    (gram, right)
}

/// The upper factor U of `A = UᵀU`, in place of A's upper half.
fn cholesky(a: &mut [f64]) {
    let n = FEATURES;
    for k in 0..n {
        let (done, rest) = a.split_at_mut((k + 1) * n);
        let row = &mut done[k * n..];
        let root = row[k].max(1e-12).sqrt();
        row[k..].iter_mut().for_each(|v| *v /= root);
        for (i, below) in rest.chunks_exact_mut(n).enumerate() {
            let i = k + 1 + i;
            let factor = row[i];
            below[i..].iter_mut().zip(&row[i..]).for_each(|(b, v)| *b -= factor * v);
        }
    }
}

/// Solves `UᵀU x = b`.
fn substitute(upper: &[f64], b: &[f64]) -> Vec<f64> {
    let n = FEATURES;
    let mut x = b.to_vec();
    for i in 0..n {
        x[i] /= upper[i * n + i];
        let v = x[i];
        (i + 1..n).for_each(|j| x[j] -= upper[i * n + j] * v);
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|j| upper[i * n + j] * x[j]).sum();
        x[i] = (x[i] - sum) / upper[i * n + i];
    }
    x
}
