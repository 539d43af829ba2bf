//! The CPU engine against PyTorch's numbers for the same network.

use npe::{
    cpu::{CpuGenerator, Isa},
    generator::{Generator, Target},
    model::Model,
};
use safetensors::SafeTensors;

struct Parity {
    x: Vec<f32>,
    mu: Vec<f32>,
    reconstruction: Vec<f32>,
    weight: Vec<f32>,
    colour: Vec<f32>,
    loss: Vec<f32>,
    grad: Vec<f32>,
}

impl Parity {
    fn load() -> Self {
        let file = SafeTensors::deserialize(include_bytes!("data/parity.safetensors")).unwrap();
        let take = |name: &str| -> Vec<f32> {
            let data = file.tensor(name).unwrap().data();
            data.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
        };
        let colour = take("colour").iter().flat_map(|c| vec![*c; 64 * 64]).collect();
        Self {
            x: take("x"),
            mu: take("mu"),
            reconstruction: take("reconstruction"),
            weight: take("weight"),
            colour,
            loss: take("loss"),
            grad: take("grad"),
        }
    }
}

fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The largest differences of mu, reconstruction, loss and gradient.
fn differences(engine: &CpuGenerator) -> [f32; 4] {
    let p = Parity::load();
    let target = Target { weight: &p.weight, colour: &p.colour };
    let mut all = [0.0f32; 4];
    for i in 0..8 {
        let mu = &p.mu[i * 100..][..100];
        let found = engine.encode(&p.x[i * 12288..][..12288]).unwrap();
        let image = engine.decode(mu).unwrap();
        let pull = engine.pull(mu, &target).unwrap();
        let now = [
            worst(&found, mu),
            worst(&image, &p.reconstruction[i * 12288..][..12288]),
            (pull.loss - p.loss[i]).abs(),
            worst(&pull.gradient, &p.grad[i * 100..][..100]),
        ];
        all.iter_mut().zip(now).for_each(|(a, n)| *a = a.max(n));
    }
    all
}

/// What f16 weights cost: rounding them (relative 2^-11) moves a pixel by up to this much of the range −1..1.
const F16_TOLERANCE: [f32; 4] = [2e-3, 1e-3, 3e-4, 6e-3];

#[test]
fn the_bundled_model_equals_pytorch() {
    let model = Model::bundled().unwrap();
    for isa in Isa::available() {
        let found = differences(&CpuGenerator::with_isa(&model, 2, isa).unwrap());
        println!("{isa:?}: mu, reconstruction, loss, gradient differ by at most {found:?}");
        assert!(found.iter().zip(F16_TOLERANCE).all(|(f, t)| *f <= t), "{isa:?}: {found:?}");
    }
}

/// With the f32 file of the same network, where there is one: `NPE_PARITY_MODEL=path cargo test --test parity`.
#[test]
fn the_f32_model_equals_pytorch() {
    let Some(path) = std::env::var_os("NPE_PARITY_MODEL") else { return };
    let model = Model::open(path.as_ref()).unwrap();
    for isa in Isa::available() {
        let found = differences(&CpuGenerator::with_isa(&model, 2, isa).unwrap());
        println!("{isa:?}: mu, reconstruction, loss, gradient differ by at most {found:?}");
        assert!(found.iter().all(|f| *f <= 1e-4), "{isa:?}: {found:?}");
    }
}
