//! GEMM crates on the products of this engine's layers, one thread each, beside the engine's own kernel (weights packed
//! once): `cargo bench -p npe-bench --bench gemm`. Prints a table of GFLOP/s (median of repeated runs).

use std::{hint::black_box, time::Instant};

use npe::cpu::bench::Dense;

/// (rows, inputs, outputs, which layer)
const SHAPES: [(usize, usize, usize, &str); 8] = [
    (16, 1024, 12800, "deconv1, width 128"),
    (64, 512, 6400, "deconv2, width 128"),
    (256, 256, 3200, "deconv3, width 128"),
    (1024, 128, 75, "out, width 128"),
    (16, 256, 3200, "deconv1, width 32"),
    (256, 64, 800, "deconv3, width 32"),
    (1, 16384, 1000, "fc1, width 128"),
    (1, 100, 4096, "fc, width 32"),
];

/// Median GFLOP/s of about half a second of runs.
fn speed(flop: f64, mut run: impl FnMut()) -> f64 {
    run();
    let (start, mut times) = (Instant::now(), Vec::new());
    while start.elapsed().as_secs_f64() < 0.5 || times.len() < 5 {
        let one = Instant::now();
        run();
        times.push(one.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    flop / times[times.len() / 2] * 1e-9
}

fn main() {
    // Cargo's test runner asks every benchmark for its tests.
    if std::env::args().any(|a| a == "--list") {
        return;
    }
    println!("GFLOP/s, one thread      M×K×N | own f32 | own f16 |    gemm | matrixmultiply | faer");
    for (m, k, n, layer) in SHAPES {
        let wave =
            |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin()).collect::<Vec<f32>>();
        let (a, b) = (wave(m * k, 0.37), wave(k * n, 0.11));
        let mut c = vec![0.0f32; m * n];
        let flop = 2.0 * (m * k * n) as f64;
        let mut own = [false, true].map(|half| Dense::new(&a, k, &b, half, 1).unwrap());
        let [own_f32, own_f16] = [0, 1].map(|i| {
            speed(flop, || {
                black_box(own[i].run());
            })
        });
        let gemm_crate = speed(flop, || {
            // SAFETY: the pointers and strides are those of three separate row-major matrices m×k, k×n, m×n.
            unsafe {
                gemm::gemm(
                    m,
                    n,
                    k,
                    c.as_mut_ptr(),
                    1,
                    n as isize,
                    false,
                    a.as_ptr(),
                    1,
                    k as isize,
                    b.as_ptr(),
                    1,
                    n as isize,
                    0.0,
                    1.0,
                    false,
                    false,
                    false,
                    gemm::Parallelism::None,
                );
            }
            black_box(&c);
        });
        // All must compute the same, or their speeds say nothing.
        let stride = n.next_multiple_of(16);
        let same = |c: &[f32], out: &[f32]| {
            let far = |i: usize| (c[i] - out[i / n * stride + i % n]).abs() > 0.02 * (k as f32).sqrt();
            assert!(!(0..m * n).any(far), "{layer}: products differ");
        };
        same(&c, own[0].run());
        let matrixmultiply = speed(flop, || {
            let (rows, columns) = (k as isize, n as isize);
            // SAFETY: as above.
            unsafe {
                matrixmultiply::sgemm(
                    m,
                    k,
                    n,
                    1.0,
                    a.as_ptr(),
                    rows,
                    1,
                    b.as_ptr(),
                    columns,
                    1,
                    0.0,
                    c.as_mut_ptr(),
                    columns,
                    1,
                );
            }
            black_box(&c);
        });
        same(&c, own[0].run());
        let left = faer::MatRef::from_row_major_slice(&a, m, k);
        let right = faer::MatRef::from_row_major_slice(&b, k, n);
        let faer_crate = speed(flop, || {
            let out = faer::MatMut::from_row_major_slice_mut(&mut c, m, n);
            faer::linalg::matmul::matmul(out, faer::Accum::Replace, left, right, 1.0f32, faer::Par::Seq);
            black_box(&c);
        });
        same(&c, own[0].run());
        println!(
            "{layer:<19} {:>15} | {own_f32:7.1} | {own_f16:7.1} | {gemm_crate:7.1} | {matrixmultiply:14.1} | {faer_crate:6.1}",
            format!("{m}×{k}×{n}")
        );
    }
}
