//! The CPU engine against PyTorch's numbers for the bundled model (`tests/data/parity.py` writes them). Those of the decoder are at
//! latents `z`; `mu` is the encoder's.

use npe::{
    cpu::{CpuGenerator, Isa},
    generator::{Generator, Target},
    model::Model,
};
use safetensors::SafeTensors;

struct Parity {
    x: Vec<f32>,
    mu: Vec<f32>,
    z: Vec<f32>,
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
            z: take("z"),
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
    let (latents, values) = (engine.latents(), p.x.len() / p.loss.len());
    for i in 0..p.loss.len() {
        let (mu, z) = (&p.mu[i * latents..][..latents], &p.z[i * latents..][..latents]);
        let found = engine.encode(&p.x[i * values..][..values]).unwrap();
        let image = engine.decode(z).unwrap();
        let pull = engine.pull(z, &target).unwrap();
        let now = [
            worst(&found, mu),
            worst(&image, &p.reconstruction[i * values..][..values]),
            (pull.loss - p.loss[i]).abs(),
            worst(&pull.gradient, &p.grad[i * latents..][..latents]),
        ];
        all.iter_mut().zip(now).for_each(|(a, n)| *a = a.max(n));
    }
    all
}

/// Both compute in f32 with the file's 16-bit weights, in another order.
#[test]
fn the_bundled_model_equals_pytorch() {
    let model = Model::bundled().unwrap();
    for isa in Isa::available() {
        let found = differences(&CpuGenerator::with_isa(&model, 2, isa).unwrap());
        println!("{isa:?}: mu, reconstruction, loss, gradient differ by at most {found:?}");
        assert!(found.iter().all(|f| *f <= 1e-4), "{isa:?}: {found:?}");
    }
}
