use super::*;
use crate::ian::{Sizes, folded::Folded, folded::FoldedFull, full::Full, full::Options};
use npe::generator::Generator;
use small::{disturb, recipe};
use tch::Kind;

#[path = "../tests/common/small.rs"]
mod small;

const CPU: (Kind, Device) = (Kind::Float, Device::Cpu);

fn sizes(architecture: &str, image_size: usize) -> Sizes {
    recipe(architecture, image_size).network
}

fn images(count: i64, side: usize) -> Tensor {
    Tensor::rand([count, 3, side as i64, side as i64], CPU) * 2.0 - 1.0
}

fn apart(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a - b).abs().max().double_value(&[])
}

/// What the network in evaluation encodes to and decodes to.
fn evaluated(network: &dyn Network, x: &Tensor, z: &Tensor) -> (Tensor, Tensor) {
    let _guard = tch::no_grad_guard();
    let top = network.trunk(x, false).unwrap().pop().unwrap();
    let latents = network.latents(&network.posterior(&top, false).unwrap(), None).unwrap().0;
    (latents, network.decode(z, false).unwrap())
}

#[test]
fn the_exported_full_network_is_the_trained_one() {
    tch::manual_seed(1);
    for (side, options) in [
        (64, Options::default()),
        (32, Options { flow_hidden: Some(4), kernels: 0, ..Options::default() }),
        (128, Options { flow: false, ..Options::default() }),
    ] {
        let mut network = Full::new(&sizes("ian", side), side != 32, options, Device::Cpu).unwrap();
        disturb(&mut network);
        let model = fold(&network, &recipe("ian", side)).unwrap();
        let file = model.to_bytes(npe::model::Dtype::F32).unwrap();
        let folded = FoldedFull::new(&Model::from_bytes(&file).unwrap(), Device::Cpu).unwrap();
        let (x, z) = (images(3, side), Tensor::randn([3, 9], CPU));
        let (latents, made) = evaluated(&network, &x, &z);
        assert!(latents.abs().max().double_value(&[]) > 0.1 && made.std(true).double_value(&[]) > 0.01);
        assert!(
            apart(&latents, &folded.encode(&x).unwrap())
                < 1e-4 * latents.abs().max().double_value(&[]).max(1.0)
        );
        let off = apart(&made, &folded.decode(&z).unwrap());
        assert!(off < 1e-4, "{side}: {off}");
    }
}

#[test]
fn an_exported_full_network_pulls() {
    tch::manual_seed(2);
    let mut network = Full::new(&sizes("ian", 32), true, Options::default(), Device::Cpu).unwrap();
    disturb(&mut network);
    let folded = FoldedFull::new(&fold(&network, &recipe("ian", 32)).unwrap(), Device::Cpu).unwrap();
    let z = Tensor::randn([1, 9], CPU).set_requires_grad(true);
    let target = images(1, 32);
    let loss = |made: Tensor| (made - &target).square().sum(None);
    let gradient =
        |made: Tensor| Tensor::f_run_backward(&[loss(made)], &[&z], false, false).unwrap().remove(0);
    let (trained, exported) =
        (gradient(network.decode(&z, false).unwrap()), gradient(folded.decode(&z).unwrap()));
    let size = trained.abs().max().double_value(&[]);
    assert!(size > 0.1 && apart(&trained, &exported) < 1e-3 * size, "{size}");
}

#[test]
fn half_precision_weights_change_little() {
    tch::manual_seed(3);
    let mut network = Full::new(&sizes("ian", 64), true, Options::default(), Device::Cpu).unwrap();
    disturb(&mut network);
    let file = fold(&network, &recipe("ian", 64)).unwrap().to_bytes(npe::model::Dtype::F16).unwrap();
    let folded = FoldedFull::new(&Model::from_bytes(&file).unwrap(), Device::Cpu).unwrap();
    let z = Tensor::randn([3, 9], CPU);
    let (_, made) = evaluated(&network, &images(1, 64), &z);
    let mean = (made - folded.decode(&z).unwrap()).abs().mean(None).double_value(&[]);
    assert!(mean < 4.0 / 255.0, "{mean}");
}

#[test]
fn the_engines_refuse_each_others_architectures() {
    let simple =
        Model::random(npe::model::Sizes { width: 2, hidden: 3, latents: 4 }, npe::model::Dtype::F32, 1)
            .unwrap();
    let error = FoldedFull::new(&simple, Device::Cpu).unwrap_err().to_string();
    assert!(error.contains("architecture \"ian-simple\", not \"ian\""), "{error}");
    let mut network = Full::new(&sizes("ian", 64), true, Options::default(), Device::Cpu).unwrap();
    disturb(&mut network);
    let error = npe::cpu::CpuGenerator::new(&fold(&network, &recipe("ian", 64)).unwrap(), 1).err().unwrap();
    assert!(error.to_string().contains("cpu-torch"), "{error}");
}

#[test]
fn the_exported_simple_network_is_the_trained_one_on_the_cpu_engine() {
    tch::manual_seed(4);
    for side in [32, 64, 128] {
        let recipe = recipe("ian-simple", side);
        let mut network = crate::ian::new(&recipe.network, true, None, Device::Cpu).unwrap();
        disturb(network.as_mut());
        let engine = npe::cpu::CpuGenerator::new(&fold(network.as_ref(), &recipe).unwrap(), 1).unwrap();
        assert_eq!(engine.image_size(), side);
        let (x, z) = (images(1, side), Tensor::randn([1, 9], CPU));
        let (latents, made) = evaluated(network.as_ref(), &x, &z);
        let close = |a: &Tensor, b: &[f32]| {
            let b = Tensor::from_slice(b).view(a.size().as_slice());
            let off = apart(a, &b);
            assert!(off < 1e-3 * a.abs().max().double_value(&[]).max(1.0), "{side}: {off}");
        };
        close(&latents, &engine.encode(&values(&x).unwrap()).unwrap());
        close(&made, &engine.decode(&values(&z).unwrap()).unwrap());
    }
}
