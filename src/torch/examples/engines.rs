//! Encode, decode, a step (decode, pull under a 17×17 brush, decode at the moved latents; the brush is sent to the device anew,
//! which a stroke does once) and a whole stroke (black across the forehead of a photo, from the first dab to the latents' last
//! move) on each device that works, in milliseconds: `cargo run --release -p npe-torch --example engines -- [THREADS]`.

use npe::edit::{Edit, figures};
use npe::generator::Target;
use npe::model::{Dtype, Model, Sizes};
use npe::photo::{Channels, Frame, Photo, Samples};
use npe::session::{self, Device, load};
use std::sync::Arc;
use std::time::Instant;

/// The median of some runs in milliseconds.
fn median(mut run: impl FnMut(f32) -> npe::Result<()>) -> npe::Result<f64> {
    let mut times = Vec::new();
    for i in 0..25 {
        let start = Instant::now();
        // Latents that never come twice: the engines remember decodes.
        run(i as f32 * 1e-4)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

/// An image `[3][S][S]` of the network as a photo.
fn photo(image: &[f32], side: usize) -> npe::Result<Photo> {
    let plane = side * side;
    let byte = |k: usize| ((image[k % 3 * plane + k / 3] + 1.0) * 127.5).round() as u8;
    Photo::new(side as u32, side as u32, Channels::Rgb, Samples::U8((0..3 * plane).map(byte).collect()))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let threads = std::env::args().nth(1).map_or(Ok(0), |n| n.parse())?;
    session::set_threads(threads)?;
    let large = Model::random(Sizes { width: 128, hidden: 1000, latents: 100 }, Dtype::F16, 1)?;
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), large.to_bytes(Dtype::F16)?)?;
    let inside = |v: usize| (12..29).contains(&v);
    let weight: Vec<f32> =
        (0..64 * 64).map(|i| f32::from(u8::from(inside(i / 64) && inside(i % 64)))).collect();
    let colour = vec![-0.8; 3 * 64 * 64];
    let target = Target { weight: &weight, colour: &colour };
    let frame = Frame { cx: 32.0, cy: 32.0, side: 64.0, angle: 0.0 };
    let stroke = figures::forehead().placed(&frame);
    println!(
        "| network | device | encode | decode | step with its brush sent | stroke |\n|---|---|---|---|---|---|"
    );
    for (name, path) in [("bundled", None), ("width 128, random", Some(file.path()))] {
        for device in [Device::Cpu, Device::CpuTorch, Device::Cuda(0)] {
            let model = match load(path, device, &mut |_| true) {
                Ok(model) => model,
                Err(e) => {
                    let e = e.to_string();
                    println!("| {name} | {device} | {} | | | |", e.split(';').next().unwrap_or(&e));
                    continue;
                }
            };
            let g = &model.generator;
            let z =
                |shift: f32| (0..g.latents()).map(|i| (i as f32 * 0.7).sin() + shift).collect::<Vec<f32>>();
            let image = g.decode(&z(1.0))?;
            let encode = median(|_| g.encode(&image).map(drop))?;
            let decode = median(|s| g.decode(&z(s)).map(drop))?;
            let step = median(|s| {
                g.decode(&z(s))?;
                let pull = g.pull(&z(s), &target)?;
                let moved: Vec<f32> = z(s).iter().zip(&pull.gradient).map(|(z, g)| z - 0.1 * g).collect();
                g.decode(&moved).map(drop)
            })?;
            // The network's own picture as the photo: the whole frame is a face, also of random weights.
            let fresh = Edit::new(g.clone(), Arc::new(photo(&image, g.image_size())?), frame)?;
            let stroke = median(|_| fresh.clone().stroke(&stroke, &mut |_| true).map(drop))?;
            let on = session::info().device;
            println!("| {name} | {device} ({on}) | {encode:.2} | {decode:.2} | {step:.2} | {stroke:.1} |");
        }
    }
    Ok(())
}
