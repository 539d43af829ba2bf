//! Encode, decode and a brush stroke (decode, pull under a 17×17 brush, decode at the moved latents):
//! `cargo bench -p npe-bench --bench engine`. `benches/compare.sh` sets the same beside PyTorch.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use npe::{
    cpu::CpuGenerator,
    generator::{Generator, Target},
    model::{Dtype, Model, Sizes},
};

/// The network, by name.
fn models() -> Vec<(&'static str, Model)> {
    let large = Sizes { width: 128, hidden: 1000, latents: 100 };
    vec![
        ("bundled", Model::bundled().unwrap()),
        ("width128-f16", Model::random(large, Dtype::F16, 1).unwrap()),
        ("width128-f32", Model::random(large, Dtype::F32, 1).unwrap()),
    ]
}

fn brush() -> Vec<f32> {
    let inside = |v: usize| (12..29).contains(&v);
    (0..64 * 64).map(|i| f32::from(u8::from(inside(i / 64) && inside(i % 64)))).collect()
}

fn engine(c: &mut Criterion) {
    let (weight, colour) = (brush(), vec![-0.8; 3 * 64 * 64]);
    let target = Target { weight: &weight, colour: &colour };
    for (name, model) in models() {
        for threads in [1, 2] {
            let engine = CpuGenerator::new(&model, threads).unwrap();
            let latents: Vec<f32> = (0..engine.latents()).map(|i| (i as f32 * 0.7).sin()).collect();
            let image = engine.decode(&latents).unwrap();
            let mut group = c.benchmark_group(format!("{name}/{threads}"));
            group
                .sample_size(30)
                .warm_up_time(Duration::from_millis(300))
                .measurement_time(Duration::from_secs(1));
            // The engine remembers decodes: latents that never come twice measure the work itself.
            let mut step = 0.0;
            let mut fresh = || {
                step += 1e-4;
                latents.iter().map(|z| z + step).collect::<Vec<f32>>()
            };
            group.bench_function("encode", |b| b.iter(|| engine.encode(&image).unwrap()));
            group.bench_function("decode", |b| b.iter(|| engine.decode(&fresh()).unwrap()));
            group.bench_function("stroke", |b| {
                b.iter(|| {
                    let z = fresh();
                    engine.decode(&z).unwrap();
                    let pull = engine.pull(&z, &target).unwrap();
                    let moved: Vec<f32> = z.iter().zip(&pull.gradient).map(|(z, g)| z - 0.9 * g).collect();
                    engine.decode(&moved).unwrap()
                });
            });
        }
    }
}

criterion_group!(benches, engine);
criterion_main!(benches);
