//! A contact sheet of the faces that npe finds, each as aligned, with marks where the training set has the eyes:
//!
//! `cargo run --release --example faces_sheet -- SHEET.png PHOTO…`

use std::error::Error;

use image::{Rgb, RgbImage};
use npe::photo::{Channels, Photo, Samples, crop, find};

const SIDE: usize = 192;
/// Eyes of the training frame, of 64.
const EYES: [(f32, f32); 2] = [(22.9, 32.6), (41.1, 32.6)];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let out = args.next().ok_or("say where the sheet goes")?;
    let mut tiles = Vec::new();
    for path in args {
        let image = image::open(&path)?.to_rgb8();
        let (width, height) = image.dimensions();
        let photo = Photo::new(width, height, Channels::Rgb, Samples::U8(image.into_raw()))?;
        let start = std::time::Instant::now();
        let faces = find(&photo)?;
        let took = start.elapsed().as_secs_f64() * 1000.0;
        let name = path.rsplit('/').next().unwrap_or_default();
        println!("{name}: {} faces in {took:.0} ms", faces.len());
        for face in &faces {
            let f = face.frame;
            println!("  {:.1},{:.1},{:.1},{:.1} score {:.1}", f.cx, f.cy, f.side, f.angle, face.score);
        }
        let mut tile = RgbImage::new(SIDE as u32, SIDE as u32);
        if let Some(face) = faces.first() {
            let pixels = crop(&photo, &face.frame, SIDE)?;
            for (i, p) in tile.pixels_mut().enumerate() {
                p.0 = [0, 1, 2].map(|c| ((pixels[c * SIDE * SIDE + i] + 1.0) * 127.5).round() as u8);
            }
            for (x, y) in EYES {
                let scale = SIDE as f32 / 64.0;
                let (x, y) = ((x * scale) as i32, (y * scale) as i32);
                for d in -6i32..=6 {
                    tile.put_pixel((x + d) as u32, y as u32, Rgb([0, 255, 0]));
                    tile.put_pixel(x as u32, (y + d) as u32, Rgb([0, 255, 0]));
                }
            }
        }
        tiles.push(tile);
    }
    let columns = tiles.len().clamp(1, 7);
    let rows = tiles.len().div_ceil(columns);
    let mut sheet = RgbImage::new((columns * SIDE) as u32, (rows * SIDE) as u32);
    for (i, tile) in tiles.iter().enumerate() {
        image::imageops::replace(
            &mut sheet,
            tile,
            ((i % columns) * SIDE) as i64,
            ((i / columns) * SIDE) as i64,
        );
    }
    sheet.save(out)?;
    Ok(())
}
