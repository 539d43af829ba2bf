//! Small pictures to look at: what the network sees, makes, changes.

use super::Edit;
use crate::error::Result;
use crate::photo::{Channels, Photo, Samples, crop};

/// Which picture of [`Edit::view`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// X: the photo in the aligned frame, as the network sees it.
    Original,
    /// X̂₀ = G(E(X)): how the network reconstructs it.
    Reconstruction,
    /// G(z): the face of the current latents.
    Generated,
    /// Δ = G(z) − X̂₀, grey where nothing changed.
    Delta,
    /// E = X − X̂₀, grey where the reconstruction is exact.
    Error,
    /// M, the interpolation mask: white where the change is taken.
    Mask,
    /// z as tiles: red for positive, blue for negative, white at 0; fully coloured at ±3.
    Latents,
    /// Y in the aligned frame.
    Result,
}

impl View {
    /// All of them, in the order of a contact sheet.
    pub const ALL: [View; 8] = [
        View::Original,
        View::Reconstruction,
        View::Generated,
        View::Delta,
        View::Error,
        View::Mask,
        View::Latents,
        View::Result,
    ];

    /// A short name for files and captions.
    pub fn name(self) -> &'static str {
        match self {
            View::Original => "original",
            View::Reconstruction => "reconstruction",
            View::Generated => "generated",
            View::Delta => "delta",
            View::Error => "error",
            View::Mask => "mask",
            View::Latents => "latents",
            View::Result => "result",
        }
    }
}

/// Side of a latent tile in pixels.
const TILE: usize = 8;

/// How many tiles stand in a row (10 for 100 latents, the paper's 10×10 canvas).
pub fn tiles_per_row(latents: usize) -> usize {
    (1..).find(|n| n * n >= latents).unwrap_or(1)
}

/// Width and height in pixels of the latents' view.
pub fn tiles_size(latents: usize) -> (usize, usize) {
    let row = tiles_per_row(latents);
    (row * TILE, latents.div_ceil(row) * TILE)
}

pub(super) fn render(edit: &Edit, view: View) -> Result<Photo> {
    let size = edit.image_size();
    let (origin, generated) = (&edit.state().origin, &edit.generated);
    let half_difference =
        |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| 0.5 * (a - b)).collect::<Vec<_>>();
    match view {
        View::Original => planar(&origin.crop, size),
        View::Reconstruction => planar(&origin.reconstruction, size),
        View::Generated => planar(generated, size),
        View::Delta => planar(&half_difference(generated, &origin.reconstruction), size),
        View::Error => planar(&half_difference(&origin.crop, &origin.reconstruction), size),
        View::Mask => {
            let change = &edit.change()?.change;
            // The frame's part of the grid, should it be wider.
            let margin = (change.size - size) / 2;
            let row = |y: usize| &change.mask[(y + margin) * change.size + margin..][..size];
            let mask: Vec<f32> = (0..size).flat_map(row).map(|m| 2.0 * m - 1.0).collect();
            planar(&[&mask[..], &mask, &mask].concat(), size)
        }
        View::Latents => tiles(edit.latents()),
        View::Result => planar(&crop(&edit.render()?, &edit.frame, size)?, size),
    }
}

fn byte(v: f32) -> u8 {
    ((0.5 + 0.5 * v).clamp(0.0, 1.0) * 255.0).round() as u8
}

/// `[3][S][S]` in −1..1 to 8-bit RGB.
pub(super) fn planar(image: &[f32], size: usize) -> Result<Photo> {
    let pixels = size * size;
    let bytes = (0..3 * pixels).map(|i| byte(image[(i % 3) * pixels + i / 3])).collect();
    Photo::new(size as u32, size as u32, Channels::Rgb, Samples::U8(bytes))
}

fn tiles(latents: &[f32]) -> Result<Photo> {
    let (width, height) = tiles_size(latents.len());
    let row = tiles_per_row(latents.len());
    let mut bytes = vec![255; width * height * 3];
    for (i, pixel) in bytes.chunks_mut(3).enumerate() {
        let tile = (i / width / TILE) * row + (i % width) / TILE;
        if let Some(z) = latents.get(tile) {
            let pale = byte(1.0 - 2.0 * (z.abs() / 3.0).min(1.0));
            pixel.copy_from_slice(&if *z >= 0.0 { [255, pale, pale] } else { [pale, pale, 255] });
        }
    }
    Photo::new(width as u32, height as u32, Channels::Rgb, Samples::U8(bytes))
}
