//! The CPU engine against a plain, slow reference in f64, against finite differences, and against itself.

use npe::{
    cpu::{CpuGenerator, Isa},
    generator::{Generator, Pull, Target},
    model::{Dtype, Model, Sizes},
};

const SIDE: usize = 64;
const SMALL: Sizes = Sizes { width: 2, hidden: 5, latents: 3 };

/// Planar feature maps.
struct Maps {
    channels: usize,
    side: usize,
    values: Vec<f64>,
}

impl Maps {
    fn at(&self, c: usize, y: isize, x: isize) -> f64 {
        let side = self.side as isize;
        if y < 0 || x < 0 || y >= side || x >= side {
            return 0.0;
        }
        self.values[(c * self.side + y as usize) * self.side + x as usize]
    }
}

/// The network written down as its definition says, one loop per index.
struct Reference<'a>(&'a Model);

impl Reference<'_> {
    fn tensor(&self, name: &str) -> Vec<f64> {
        self.0.tensor(name).unwrap().to_f32().iter().map(|v| f64::from(*v)).collect()
    }

    fn dense(&self, layer: &str, input: &[f64]) -> Vec<f64> {
        let (w, b) = (self.tensor(&format!("{layer}.weight")), self.tensor(&format!("{layer}.bias")));
        (b.iter().zip(w.chunks(input.len())))
            .map(|(b, row)| b + row.iter().zip(input).map(|(w, x)| w * x).sum::<f64>())
            .collect()
    }

    fn conv(&self, layer: &str, input: &Maps) -> Maps {
        let (w, b) = (self.tensor(&format!("{layer}.weight")), self.tensor(&format!("{layer}.bias")));
        let side = input.side / 2;
        let mut values = Vec::new();
        for (o, bias) in b.iter().enumerate() {
            for p in 0..side * side {
                let mut sum = *bias;
                for c in 0..input.channels {
                    for k in 0..25 {
                        let y = (2 * (p / side) + k / 5) as isize - 2;
                        let x = (2 * (p % side) + k % 5) as isize - 2;
                        sum += w[(o * input.channels + c) * 25 + k] * input.at(c, y, x);
                    }
                }
                values.push(if sum > 0.0 { sum } else { 0.2 * sum });
            }
        }
        Maps { channels: b.len(), side, values }
    }

    /// `conv_transpose2d(stride 2, padding 2, output_padding 1)`: every input pixel is stamped into the output.
    fn deconv(&self, layer: &str, input: &Maps) -> Maps {
        let (w, b) = (self.tensor(&format!("{layer}.weight")), self.tensor(&format!("{layer}.bias")));
        let (to, side) = (b.len(), input.side * 2);
        let mut values: Vec<f64> = (0..to * side * side).map(|i| b[i / (side * side)]).collect();
        for c in 0..input.channels {
            for p in 0..input.side * input.side {
                for k in 0..25 {
                    let y = (2 * (p / input.side) + k / 5) as isize - 2;
                    let x = (2 * (p % input.side) + k % 5) as isize - 2;
                    if (0..side as isize).contains(&y) && (0..side as isize).contains(&x) {
                        for o in 0..to {
                            values[(o * side + y as usize) * side + x as usize] +=
                                w[(c * to + o) * 25 + k] * input.values[c * input.side * input.side + p];
                        }
                    }
                }
            }
        }
        Maps { channels: to, side, values }
    }

    fn encode(&self, image: &[f32]) -> Vec<f64> {
        let values = image.iter().map(|v| f64::from(*v)).collect();
        let mut maps = Maps { channels: 3, side: self.0.meta.image_size, values };
        for i in 1.. {
            if maps.side == 4 {
                break;
            }
            maps = self.conv(&format!("enc.conv{i}"), &maps);
        }
        let hidden = self.dense("enc.fc1", &maps.values);
        let hidden: Vec<f64> = hidden.iter().map(|v| if *v > 0.0 { *v } else { v.exp() - 1.0 }).collect();
        self.dense("enc.mu", &hidden)
    }

    fn decode(&self, z: &[f64]) -> Vec<f64> {
        let relu = |v: Vec<f64>| v.into_iter().map(|v: f64| v.max(0.0)).collect::<Vec<_>>();
        let top = relu(self.dense("dec.fc", z));
        let mut maps = Maps { channels: top.len() / 16, side: 4, values: top };
        for i in 1.. {
            if maps.side * 2 == self.0.meta.image_size {
                break;
            }
            maps = self.deconv(&format!("dec.deconv{i}"), &maps);
            maps.values = relu(maps.values);
        }
        self.deconv("dec.out", &maps).values.into_iter().map(f64::tanh).collect()
    }

    fn loss(&self, z: &[f64], target: &Target<'_>) -> f64 {
        let image = self.decode(z);
        let total: f64 = target.weight.iter().map(|w| f64::from(*w)).sum();
        let sum: f64 = (image.iter().zip(target.colour).enumerate())
            .map(|(i, (g, c))| {
                f64::from(target.weight[i % target.weight.len()]) * (g - f64::from(*c)).powi(2)
            })
            .sum();
        sum / (3.0 * total)
    }
}

fn image(side: usize) -> Vec<f32> {
    (0..3 * side * side).map(|i| ((i as f32) * 0.37).sin() * ((i / 97) as f32 * 0.11).cos()).collect()
}

fn latents(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * 0.7 + 0.3).sin() * 1.5).collect()
}

/// Brushes: soft in the middle, at every border, one pixel, everything.
fn brushes(side: usize) -> Vec<Vec<f32>> {
    // In 64ths of the side, at least a pixel.
    let scaled =
        |r: std::ops::Range<usize>| r.start * side / 64..(r.end * side / 64).max(r.start * side / 64 + 1);
    let rectangle = |y: std::ops::Range<usize>, x: std::ops::Range<usize>| {
        let (y, x) = (scaled(y), scaled(x));
        (0..side * side)
            .map(|i| {
                let inside = y.contains(&(i / side)) && x.contains(&(i % side));
                if inside { 0.2 + (i % 7) as f32 } else { 0.0 }
            })
            .collect::<Vec<f32>>()
    };
    vec![
        rectangle(12..29, 30..47),
        rectangle(0..3, 0..64),
        rectangle(60..64, 61..64),
        rectangle(33..34, 0..1),
        rectangle(0..64, 0..64),
    ]
}

fn worst(a: &[f32], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max)
}

fn equals_the_reference(sizes: Sizes, dtype: Dtype) {
    equals_the_reference_at(SIDE, sizes, dtype);
}

fn equals_the_reference_at(side: usize, sizes: Sizes, dtype: Dtype) {
    let model = Model::random_of("ian-simple", side, sizes, dtype, 5).unwrap();
    let reference = Reference(&model);
    let (x, z, colour) = (image(side), latents(sizes.latents), vec![0.3; 3 * side * side]);
    let z64: Vec<f64> = z.iter().map(|v| f64::from(*v)).collect();
    let (mu, decoded) = (reference.encode(&x), reference.decode(&z64));
    let pulls: Vec<(Vec<f32>, f64, Vec<f64>)> = (brushes(side).into_iter())
        .map(|weight| {
            let target = Target { weight: &weight, colour: &colour };
            // In f64 a step this small leaves central differences right to about 1e-8.
            let slope = |i: usize| {
                let at = |h: f64| {
                    let mut z = z64.clone();
                    z[i] += h;
                    reference.loss(&z, &target)
                };
                (at(1e-6) - at(-1e-6)) / 2e-6
            };
            let (loss, slopes) = (reference.loss(&z64, &target), (0..z.len()).map(slope).collect());
            (weight, loss, slopes)
        })
        .collect();
    for isa in Isa::available() {
        let engine = CpuGenerator::with_isa(&model, 1, isa).unwrap();
        let found = engine.encode(&x).unwrap();
        assert!(worst(&found, &mu) < 1e-4, "{sizes:?} {isa:?} mu: {}", worst(&found, &mu));
        let found = engine.decode(&z).unwrap();
        assert!(worst(&found, &decoded) < 1e-4, "{sizes:?} {isa:?} decode: {}", worst(&found, &decoded));
        for (weight, loss, slopes) in &pulls {
            let pull = engine.pull(&z, &Target { weight, colour: &colour }).unwrap();
            assert!(
                (f64::from(pull.loss) - loss).abs() < 1e-4,
                "{sizes:?} {isa:?} loss {} {loss}",
                pull.loss
            );
            assert!(slopes.iter().any(|s| s.abs() > 1e-3), "a test of zeros: {slopes:?}");
            let off = worst(&pull.gradient, slopes);
            assert!(off < 1e-4, "{sizes:?} {isa:?} gradient: {off}");
        }
    }
}

#[test]
fn width_4_equals_the_reference() {
    equals_the_reference(Sizes { width: 4, hidden: 16, latents: 6 }, Dtype::F32);
}

#[test]
fn odd_sizes_equal_the_reference() {
    equals_the_reference(Sizes { width: 3, hidden: 37, latents: 5 }, Dtype::F32);
    equals_the_reference(Sizes { width: 1, hidden: 1, latents: 1 }, Dtype::F32);
}

#[test]
fn images_of_32_and_128_pixels_equal_the_reference() {
    for side in [32, 128] {
        equals_the_reference_at(side, Sizes { width: 3, hidden: 11, latents: 4 }, Dtype::F16);
        let model = Model::random_of("ian-simple", side, SMALL, Dtype::F32, 1).unwrap();
        let engine = CpuGenerator::new(&model, 2).unwrap();
        assert_eq!(engine.image_size(), side);
        let error = engine.encode(&image(SIDE)).unwrap_err().to_string();
        assert!(error.contains(&(3 * side * side).to_string()), "{error}");
    }
}

#[test]
fn the_full_network_is_refused_with_a_way_out() {
    let model = Model::random_of("ian", 64, SMALL, Dtype::F32, 1).unwrap();
    let error = CpuGenerator::new(&model, 1).err().unwrap();
    assert_eq!(error.kind(), npe::ErrorKind::Device);
    let text = error.to_string();
    for word in ["\"ian\"", "CPU engine does not run", "cpu-torch", "cuda", "ian-simple"] {
        assert!(text.contains(word), "{word} is not in: {text}");
    }
}

#[test]
fn f16_weights_are_kept_exactly() {
    equals_the_reference(Sizes { width: 5, hidden: 9, latents: 3 }, Dtype::F16);
}

#[test]
fn wider_networks_equal_the_reference_on_every_instruction_set() {
    let sizes = Sizes { width: 20, hidden: 50, latents: 17 };
    let model = Model::random(sizes, Dtype::F16, 6).unwrap();
    let reference = Reference(&model);
    let (x, z) = (image(SIDE), latents(17));
    let z64: Vec<f64> = z.iter().map(|v| f64::from(*v)).collect();
    let (mu, decoded) = (reference.encode(&x), reference.decode(&z64));
    for isa in Isa::available() {
        let engine = CpuGenerator::with_isa(&model, 2, isa).unwrap();
        assert!(worst(&engine.encode(&x).unwrap(), &mu) < 1e-4, "{isa:?}");
        assert!(worst(&engine.decode(&z).unwrap(), &decoded) < 1e-4, "{isa:?}");
    }
}

#[test]
fn the_gradient_is_the_finite_difference_of_the_loss() {
    let engine = CpuGenerator::new(&Model::bundled().unwrap(), 2).unwrap();
    let (z, colour) = (latents(192), vec![-0.5; 3 * SIDE * SIDE]);
    for weight in brushes(SIDE) {
        let target = Target { weight: &weight, colour: &colour };
        let gradient = engine.pull(&z, &target).unwrap().gradient;
        let norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
        assert!(norm > 1e-4, "a test of zeros");
        for i in (0..100).step_by(9) {
            let at = |h: f32| {
                let mut z = z.clone();
                z[i] += h;
                engine.pull(&z, &target).unwrap().loss
            };
            let slope = (at(5e-3) - at(-5e-3)) / 1e-2;
            // f32 losses differ in the seventh digit, ReLUs bend on the way: a percent of the gradient's norm.
            assert!((slope - gradient[i]).abs() < 0.01 * norm + 1e-4, "latent {i}: {slope} {}", gradient[i]);
        }
    }
}

#[test]
fn threads_and_remembered_decodes_change_no_bit() {
    // Wide enough that work is really shared out.
    let model = Model::random(Sizes { width: 48, hidden: 64, latents: 20 }, Dtype::F16, 7).unwrap();
    let (z, other, colour, x) = (latents(20), vec![0.5; 20], vec![0.1; 3 * SIDE * SIDE], image(SIDE));
    let all = |threads: usize, remembered: bool| -> (Vec<f32>, Vec<f32>, Vec<Pull>) {
        let engine = CpuGenerator::new(&model, threads).unwrap();
        let pulls = (brushes(SIDE).iter())
            .map(|weight| {
                if remembered {
                    engine.decode(&z).unwrap();
                } else {
                    (0..5).for_each(|i| drop(engine.decode(&[i as f32; 20]).unwrap()));
                }
                engine.pull(&z, &Target { weight, colour: &colour }).unwrap()
            })
            .collect();
        engine.decode(&other).unwrap();
        (engine.encode(&x).unwrap(), engine.decode(&z).unwrap(), pulls)
    };
    let one = all(1, true);
    assert_eq!(one, all(1, false));
    for threads in [2, 3, 8] {
        assert_eq!(one, all(threads, threads % 2 == 0), "{threads} threads");
    }
}

#[test]
fn many_callers_at_once_get_their_own_answers() {
    let engine = CpuGenerator::random(6, 10, 8, 3, 2).unwrap();
    let (weight, colour) = (vec![1.0; SIDE * SIDE], vec![0.0; 3 * SIDE * SIDE]);
    let target = Target { weight: &weight, colour: &colour };
    let work = |who: usize| {
        let z: Vec<f32> = (0..8).map(|i| ((i + who) as f32).sin()).collect();
        (engine.decode(&z).unwrap(), engine.pull(&z, &target).unwrap())
    };
    let alone: Vec<_> = (0..8).map(work).collect();
    std::thread::scope(|s| {
        for (who, expected) in alone.iter().enumerate() {
            s.spawn(move || (0..20).for_each(|_| assert!(work(who) == *expected, "caller {who}")));
        }
    });
}

#[test]
fn wrong_use_gets_sentences() {
    let engine = CpuGenerator::random(1, 1, 4, 3, 1).unwrap();
    let (weight, colour) = (vec![1.0; SIDE * SIDE], vec![0.0; 3 * SIDE * SIDE]);
    let text = |e: npe::Error| e.to_string();
    assert!(
        text(engine.decode(&[0.0; 3]).unwrap_err()).contains("latents: 3 values given, the network takes 4")
    );
    assert!(text(engine.decode(&[0.0, 0.0, f32::NAN, 0.0]).unwrap_err()).contains("value 2 is NaN"));
    assert!(text(engine.encode(&[0.0; 5]).unwrap_err()).contains("image: 5 values given"));
    let pull = |weight: &[f32]| engine.pull(&[0.0; 4], &Target { weight, colour: &colour });
    assert!(text(pull(&weight[1..]).unwrap_err()).contains("4095 weights"));
    assert!(text(pull(&vec![0.0; SIDE * SIDE]).unwrap_err()).contains("all weights of the target are 0"));
    assert!(text(CpuGenerator::random(1, 1, 4, 3, 0).err().unwrap()).contains("0 threads"));
    assert!(text(CpuGenerator::random(1, 1, 4, 3, 65).err().unwrap()).contains("takes 1 to 64"));
    assert!(text(CpuGenerator::random(0, 1, 4, 3, 1).err().unwrap()).contains("width is 0"));
}

/// Extreme but finite latents stay finite numbers.
#[test]
fn extreme_latents_decode_to_colours() {
    let engine = CpuGenerator::new(&Model::bundled().unwrap(), 1).unwrap();
    for value in [1e30, -1e30, 0.0, 32.0] {
        let image = engine.decode(&[value; 192]).unwrap();
        assert!(image.iter().all(|v| (-1.0..=1.0).contains(v)), "{value}");
    }
}
