//! How good a checkpoint or a model file is on images it has not seen: all figures of `docs/training.md`, and a contact sheet.
//! Strokes are done by the library's editor with the model as it is exported.

use super::card::File;
use super::checkpoint::Source;
use super::measure::{self, Figures, FromFile, Measured};
use super::recipe::Recipe;
use super::wasserstein::{self, Distance};
use super::{export, pictures, unfold};
use crate::data::Images;
use crate::engine::Running;
use crate::error::{Error, Result};
use crate::ian::folded;
use image::RgbImage;
use npe::cpu::CpuGenerator;
use npe::edit::{Edit, View, figures};
use npe::generator::Generator;
use npe::model::{Dtype, Model};
use npe::photo::{Channels, Frame, Photo, Samples};
use rayon::prelude::*;
use serde::Serialize;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use tch::Device;

/// All figures of a network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Images seen in training; none of a model file, which does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<u64>,
    /// Of a model file: the SHA-256 of its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Images measured on.
    pub held_out: usize,
    /// Reconstructions and the posterior.
    #[serde(flatten)]
    pub figures: Figures,
    /// Sliced Wasserstein distance of as many samples of the prior from the images.
    pub sample_distance: Distance,
    /// The same of the reconstructions.
    pub reconstruction_distance: Distance,
    /// How closely the strokes held the rest: the model's own, or another that was asked for.
    pub broad_keep: f32,
    /// Strokes; none where the editor can't run the network.
    pub edits: Option<Edits>,
    /// Why there are no strokes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_edits: Option<String>,
}

/// Means over strokes on images, see [`npe::edit::figures`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Edits {
    /// Images edited.
    pub images: usize,
    /// Black across the forehead.
    pub forehead: figures::Figures,
    /// White on the mouth.
    pub mouth: figures::Figures,
}

/// Rows of the contact sheet at most.
const ROWS: usize = 24;
/// The contact sheet's columns.
pub const COLUMNS: &str = "photo, reconstruction, forehead stroke in G and in Y, mouth stroke in G and in Y";
const VIEWS: [View; 2] = [View::Generated, View::Result];

/// What is measured: the network of a checkpoint or of a model file.
pub struct Subject {
    /// The recipe it was trained by.
    pub recipe: Recipe,
    /// Images seen in training, if it is a checkpoint.
    pub images: Option<u64>,
    /// The model: of a checkpoint as it would be exported, of a file as it is.
    pub model: Model,
    /// Of the model file as it lies there.
    sha256: Option<String>,
    network: Box<dyn Measured>,
    device: Device,
}

impl Subject {
    /// Reads a checkpoint, which has its recipe, or a model file, which is measured by the `recipe` given.
    ///
    /// # Errors
    /// If the file can't be read, a model comes without a recipe, a checkpoint with one, or model and recipe are of different
    /// networks.
    pub fn open(path: &Path, recipe: Option<Recipe>, device: Device) -> Result<Self> {
        match (Source::open(path)?, recipe) {
            (Source::Checkpoint, None) => {
                let (network, recipe, seen) = export::network(path, device)?;
                let model = export::fold(network.as_ref(), &recipe)?;
                let network = Box::new(network);
                Ok(Self { recipe, images: Some(seen), model, sha256: None, network, device })
            }
            (Source::Checkpoint, Some(_)) => {
                let why = "this is a checkpoint, which has its recipe in it; leave --recipe out";
                Err(Error::file("a recipe was given:", path, &why))
            }
            (Source::Model(model), Some(recipe)) => {
                unfold::same_network(&model, &recipe)
                    .map_err(|e| Error::file("the model does not fit this recipe:", path, &e))?;
                let network =
                    FromFile { network: folded::new(&model, device)?, device, latents: model.meta.latents };
                let sha256 = Some(model.sha256().to_owned());
                Ok(Self { recipe, images: None, model: *model, sha256, network: Box::new(network), device })
            }
            (Source::Model(_), None) => {
                let why =
                    "a model file does not say which images were held out; name its recipe with --recipe";
                Err(Error::file("a recipe is missing:", path, &why))
            }
        }
    }

    /// The model file for a card: `path` itself if it is one, else what a checkpoint would be exported to.
    ///
    /// # Errors
    /// If it can't be read or memory is short.
    pub fn file(&self, path: &Path) -> Result<File> {
        let (bytes, dtype, sha256) = if let Some(sha256) = &self.sha256 {
            let about =
                std::fs::metadata(path).map_err(|e| Error::file("the model can't be read:", path, &e))?;
            (about.len(), self.model.dtype(), sha256.clone())
        } else {
            let bytes = self.model.to_bytes(Dtype::F16)?;
            (bytes.len() as u64, Dtype::F16, Model::from_bytes(&bytes)?.sha256().to_owned())
        };
        let weights = if dtype == Dtype::F16 { "f16" } else { "f32" };
        Ok(File { bytes, weights, sha256 })
    }

    /// The model for the editor.
    fn generator(&self) -> Result<Arc<dyn Generator>> {
        let model = &self.model;
        Ok(if CpuGenerator::runs(&model.meta.architecture) {
            Arc::new(CpuGenerator::new(model, 1)?)
        } else {
            Arc::new(Running::new(model, self.device, 1)?)
        })
    }
}

/// Measures on `range` of the images, strokes on the first `edits` of them. The same every time, but for how long strokes take.
///
/// # Errors
/// If the images are of another size, or none are held out.
pub fn evaluate(
    subject: &Subject,
    images: &Images,
    range: Range<usize>,
    edits: usize,
) -> Result<(Evaluation, Option<RgbImage>)> {
    let size = subject.recipe.network.image_size;
    if images.size != size {
        return Err(Error::told(format!(
            "the images have {} pixels a side; this network takes {size}",
            images.size
        )));
    }
    let network = subject.network.as_ref();
    let figures = measure::figures(network, images, range.clone())?;
    let photos = measure::photos(images, range.clone());
    let samples = measure::samples(network, range.len())?;
    let sample_distance = wasserstein::sliced(&samples, &photos, images.size);
    let made = measure::reconstructions(network, images, range.clone())?;
    let reconstruction_distance = wasserstein::sliced(&made, &photos, images.size);
    let (edits, sheet, no_edits) = match subject.generator() {
        _ if edits == 0 => (None, None, Some("none were asked for".to_owned())),
        Err(e) => (None, None, Some(e.to_string())),
        Ok(generator) => {
            let chosen = range.start..range.start + edits.min(range.len());
            let (edits, sheet) = strokes(&generator, images, chosen)?;
            (Some(edits), Some(sheet), None)
        }
    };
    let held_out = range.len();
    let evaluation = Evaluation {
        images: subject.images,
        sha256: subject.sha256.clone(),
        held_out,
        figures,
        sample_distance,
        reconstruction_distance,
        broad_keep: subject.model.meta.broad_keep,
        edits,
        no_edits,
    };
    Ok((evaluation, sheet))
}

/// Both strokes on each image; the means, and a sheet of the first.
fn strokes(
    generator: &Arc<dyn Generator>,
    images: &Images,
    range: Range<usize>,
) -> Result<(Edits, RgbImage)> {
    let side = images.size as u32;
    let first = range.start;
    let one = |i: usize| -> Result<([figures::Figures; 2], Vec<RgbImage>)> {
        let mut measured = [figures::Figures::default(); 2];
        let mut row = Vec::new();
        let photo = Arc::new(photo(images, i)?);
        // An aligned image is all face frame.
        let half = f64::from(side) / 2.0;
        let frame = Frame { cx: half, cy: half, side: f64::from(side), angle: 0.0 };
        let fresh = Edit::new(generator.clone(), photo, frame)?;
        let mut show = |edit: &Edit, views: &[View]| -> Result<()> {
            if i - first < ROWS {
                for view in views {
                    row.push(pictures::of_photo(&edit.view(*view)?)?);
                }
            }
            Ok(())
        };
        show(&fresh, &[View::Original, View::Reconstruction])?;
        for ((_, stroke), figures) in figures::strokes().iter().zip(&mut measured) {
            let mut edit = fresh.clone();
            *figures = figures::measure(&mut edit, &stroke.placed(&frame))?;
            show(&edit, &VIEWS)?;
        }
        Ok((measured, row))
    };
    let all: Vec<_> = range.into_par_iter().map(one).collect::<Result<_>>()?;
    let mean = |k: usize| figures::Figures::mean(all.iter().map(|(f, _)| &f[k]));
    let edits = Edits { images: all.len(), forehead: mean(0), mouth: mean(1) };
    let rows: Vec<Vec<RgbImage>> = all.into_iter().map(|(_, row)| row).take(ROWS).collect();
    Ok((edits, pictures::sheet(&rows, side)))
}

/// Image `i` as a photo.
fn photo(images: &Images, i: usize) -> Result<Photo> {
    let (planes, plane) = (images.image(i), images.size * images.size);
    let bytes = (0..3 * plane).map(|k| planes[k % 3 * plane + k / 3]).collect();
    Ok(Photo::new(images.size as u32, images.size as u32, Channels::Rgb, Samples::U8(bytes))?)
}

impl Evaluation {
    /// The figures for a person: name, value, what it means.
    pub fn lines(&self) -> Vec<(String, String, &'static str)> {
        let f = &self.figures;
        let line = |name: &str, value: String, what| (name.to_owned(), value, what);
        let mut lines = vec![
            line("error", format!("{:.4}", f.error), "mean absolute error of reconstructions, range 2"),
            line("PSNR", format!("{:.2} dB", f.psnr), "of reconstructions"),
            line("SSIM", format!("{:.4}", f.ssim), "of reconstructions"),
            line("sharpness", format!("{:.3}", f.sharpness), "of reconstructions, photos: 1"),
            line("sample sharpness", format!("{:.3}", f.sample_sharpness), "of samples, photos: 1"),
        ];
        if let Some(nats) = f.nats {
            lines.push(line("nats", format!("{nats:.1}"), "carried by a posterior, per image"));
        }
        for (name, distance, what) in [
            (
                "SWD samples",
                &self.sample_distance,
                "sliced Wasserstein distance ×1000, mean (by level's side)",
            ),
            ("SWD reconstructions", &self.reconstruction_distance, "the same"),
        ] {
            let levels: Vec<String> = distance.levels.iter().map(|(s, d)| format!("{s}: {d:.1}")).collect();
            lines.push(line(name, format!("{:.1} ({})", distance.mean, levels.join(", ")), what));
        }
        if let Some(edits) = &self.edits {
            for (name, f) in [("forehead", &edits.forehead), ("mouth", &edits.mouth)] {
                let hit = format!("G {:.3}, Y {:.3}", f.hit_g, f.hit_y);
                lines.push(line(&format!("{name}: hit"), hit, "colour error under the brush, before: 1"));
                let hold = format!("{:.2}, {:.1} %", f.hold_mean, 100.0 * f.hold_share);
                lines.push(line(
                    &format!("{name}: hold"),
                    hold,
                    "change elsewhere (of 255), pixels changed by over 2",
                ));
                let plausible = format!("{:.3} → {:.3}", f.plausible_before, f.plausible_after);
                lines.push(line(&format!("{name}: plausible"), plausible, "‖E(G(z)) − z‖ / ‖z‖"));
            }
        }
        lines
    }
}
