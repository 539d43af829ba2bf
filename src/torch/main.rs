//! `npe-train`: trains, measures and exports npe's networks.

mod console;
mod extras;
#[cfg(test)]
#[path = "../cli/texts.rs"]
mod texts;

use clap::{Parser, Subcommand};
use console::Console;
use image::RgbImage;
use npe::model::{Dtype, Model};
use npe_torch::data::{self, Crop, Images, prepare};
use npe_torch::device;
use npe_torch::error::{Error, Result};
use npe_torch::train::evaluate::{self, Evaluation, Subject};
use npe_torch::train::recipe::Recipe;
use npe_torch::train::run::{self, End, Options};
use npe_torch::train::{card, export, plot};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Train networks for npe
#[derive(Parser)]
#[command(version, about)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a training set of the faces in ordinary photos
    Prepare {
        /// A folder of photos, or a tar
        source: PathBuf,
        /// A new .tar, or a new folder
        out: PathBuf,
        /// Side of the squares in pixels
        #[arg(long, default_value_t = 128, value_name = "PIXELS")]
        size: usize,
        /// What is kept around the network's frame on each side, as a share of its side
        #[arg(long, default_value_t = 0.0, value_name = "SHARE")]
        margin: f64,
        /// Which faces of a photo: largest, all, or single (of photos that show no other)
        #[arg(long, default_value = "largest", value_parser = ["largest", "all", "single"])]
        faces: String,
        /// Photo pixels for each pixel of a square, at least
        #[arg(long, default_value_t = 0.75, value_name = "NUMBER")]
        min_resolution: f64,
        /// Sharpness at least (docs/training-data.md)
        #[arg(long, default_value_t = 5.0, value_name = "NUMBER")]
        min_sharpness: f64,
        /// Keep pictures that were there before
        #[arg(long)]
        keep_duplicates: bool,
    },
    /// Train a network by a recipe; goes on where the last run in the folder stopped
    Run {
        /// The recipe
        recipe: PathBuf,
        /// Folder for checkpoint, log and pictures
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// Begin with the weights of this checkpoint, or model file (then with train.norms = "fixed")
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Images, instead of the recipe's data.source
        #[arg(long, value_name = "PATH")]
        data: Option<PathBuf>,
        /// Stop after so many minutes
        #[arg(long, value_name = "MINUTES")]
        at_most: Option<f64>,
        /// Minutes between checkpoints
        #[arg(long, default_value_t = 5.0)]
        every: f64,
        /// cpu, cuda or cuda:N
        #[arg(long, default_value = "cpu")]
        device: String,
        /// Threads, 0: as many as there are processors
        #[arg(long, default_value_t = 0)]
        threads: i32,
    },
    /// Write a checkpoint's network as a model file, batch norm folded
    Export {
        /// The checkpoint
        checkpoint: PathBuf,
        /// The model file
        model: PathBuf,
        /// Keep 32-bit weights (16-bit ones make half the file)
        #[arg(long)]
        f32: bool,
        /// Replace the file if it exists
        #[arg(long)]
        force: bool,
    },
    /// Measure a checkpoint or a model file on the images that its recipe holds out
    Evaluate {
        #[command(flatten)]
        measured: Measured,
        /// Strokes hold the rest as with this model.broad_keep, not the recipe's or the file's: to find a good one
        #[arg(long, value_name = "TIMES")]
        broad_keep: Option<f32>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Write a contact sheet (PNG or JPEG): photo, reconstruction, forehead stroke in G and in Y, mouth stroke in G and in Y
        #[arg(long, value_name = "FILE")]
        sheet: Option<PathBuf>,
    },
    Extras(extras::Args),
    /// Draw the curves of a log
    Plot {
        /// A run's log.jsonl
        log: PathBuf,
        /// The SVG file, replaced if it exists
        svg: PathBuf,
    },
    /// Print a model card (Markdown) written from a run: recipe, time, figures, terms
    Card {
        #[command(flatten)]
        measured: Measured,
        /// The run's log; log.jsonl beside the checkpoint if not given
        #[arg(long, value_name = "FILE")]
        log: Option<PathBuf>,
    },
}

/// What is measured, and on what.
#[derive(clap::Args)]
struct Measured {
    /// A checkpoint, or a model file with --recipe
    checkpoint: PathBuf,
    /// The recipe that a model file was trained by: which images, their crop, how many are held out
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Images, instead of the recipe's data.source
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Measure strokes on so many of the held-out images
    #[arg(long, default_value_t = 50, value_name = "COUNT")]
    edits: usize,
    /// cpu, cuda or cuda:N; strokes run on npe's own CPU engine
    #[arg(long, default_value = "cpu")]
    device: String,
}

impl Measured {
    fn measure(&self, broad_keep: Option<f32>) -> Result<(Subject, Evaluation, Option<RgbImage>)> {
        let device = device::named(&self.device)?;
        let recipe = self.recipe.as_deref().map(Recipe::read).transpose()?;
        let mut subject = Subject::open(&self.checkpoint, recipe, device)?;
        if let Some(times) = broad_keep {
            subject.model = subject.model.with_broad_keep(times)?;
        }
        if let Some(data) = &self.data {
            subject.recipe.data.source = data.clone();
        }
        let images = read(&subject.recipe)?;
        let (held_out, _) = images.split(subject.recipe.data.held_out);
        let (evaluation, sheet) = evaluate::evaluate(&subject, &images, held_out, self.edits)?;
        Ok((subject, evaluation, sheet))
    }
}

fn main() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("npe-train: {error}");
            ExitCode::FAILURE
        }
    }
}

fn work() -> Result<()> {
    match Args::parse().command {
        Command::Prepare {
            source,
            out,
            size,
            margin,
            faces,
            min_resolution,
            min_sharpness,
            keep_duplicates,
        } => {
            let standard = prepare::Settings::default();
            let settings = prepare::Settings {
                size,
                margin,
                faces: match faces.as_str() {
                    "all" => prepare::Faces::All,
                    "single" => prepare::Faces::Single,
                    _ => prepare::Faces::Largest,
                },
                min_resolution,
                min_sharpness,
                same: if keep_duplicates { None } else { standard.same },
                ..standard
            };
            let stop = on_interrupt("stopping: nothing will be written (again to stop at once)")?;
            let mut console = Console::new();
            let prepared = prepare::prepare(&source, &out, &settings, &mut |done, of| {
                console.looked(done, of);
                !stop.load(Ordering::Relaxed)
            });
            drop(console);
            print(&format!("{}\n", prepared?))
        }
        Command::Run { recipe, out, from, data, at_most, every, device, threads } => {
            let device = device::named(&device)?;
            let mut recipe = Recipe::read(&recipe)?;
            if let Some(data) = data {
                recipe.data.source = data;
            }
            if threads > 0 {
                tch::set_num_threads(threads);
            }
            // All batches have one shape: worth trying which of cuDNN's ways is the fastest.
            tch::Cuda::cudnn_set_benchmark(true);
            let images = read(&recipe)?;
            let stop = on_interrupt("stopping: writing the checkpoint (again to stop at once)")?;
            let at_most = at_most.map(|m| Duration::from_secs_f64(m.max(0.0) * 60.0));
            let every = Duration::from_secs_f64(every.max(0.01) * 60.0);
            let options = Options { folder: out.clone(), from, every, at_most, device };
            let mut console = Console::new();
            let end = run::run(&recipe, &images, &options, &stop, &mut |event| console.show(event));
            drop(console);
            let end = end?;
            match end {
                End::Done => eprintln!("done: {}", out.display()),
                End::Stopped => eprintln!("stopped; the same command goes on from {}", out.display()),
            }
            Ok(())
        }
        Command::Export { checkpoint, model, f32, force } => {
            let (network, _, seen) = export::model(&checkpoint)?;
            let bytes = network.to_bytes(if f32 { Dtype::F32 } else { Dtype::F16 })?;
            let line = write_model(&bytes, &model, force)?;
            print(&format!("{line}, after {seen} images\n"))
        }
        Command::Evaluate { measured, broad_keep, json, sheet } => {
            let (_, evaluation, pictures) = measured.measure(broad_keep)?;
            if let Some(path) = sheet {
                let pictures = pictures.ok_or_else(|| {
                    let why = evaluation.no_edits.as_deref().unwrap_or("no strokes were measured");
                    Error::told(format!("there is no contact sheet: {why}"))
                })?;
                pictures.save(&path).map_err(|e| Error::file("the sheet can't be written:", &path, &e))?;
            }
            if json {
                let text =
                    serde_json::to_string_pretty(&evaluation).map_err(|e| Error::told(e.to_string()))?;
                return print(&format!("{text}\n"));
            }
            let what = match (evaluation.images, &evaluation.sha256) {
                (Some(images), _) => format!("after {images} images"),
                (None, sha256) => sha256.clone().unwrap_or_default(),
            };
            let mut text = format!("{what}, on {} held out\n", evaluation.held_out);
            for (name, value, what) in evaluation.lines() {
                text += &format!("{name:20} {value:40} {what}\n");
            }
            match (&evaluation.edits, &evaluation.no_edits) {
                (Some(edits), _) => {
                    let (images, keep) = (edits.images, evaluation.broad_keep);
                    text += &format!("strokes on {images} images, broad_keep {keep}\n");
                }
                (None, Some(why)) => text += &format!("no strokes: {why}\n"),
                (None, None) => {}
            }
            print(&text)
        }
        Command::Extras(args) => extras::run(&args),
        Command::Plot { log, svg } => plot::write(&log, &svg),
        Command::Card { measured, log } => {
            let checkpoint = &measured.checkpoint;
            let beside = checkpoint.with_file_name("log.jsonl");
            let seconds = match log {
                Some(log) => Some(card::seconds(&plot::read(&log)?)),
                None if beside.exists() => Some(card::seconds(&plot::read(&beside)?)),
                None => None,
            };
            let (subject, evaluation, _) = measured.measure(None)?;
            let file = subject.file(checkpoint)?;
            let (recipe, images) = (&subject.recipe, subject.images);
            let run = card::Run { recipe, images, seconds, evaluation: &evaluation, file: &file };
            print(&card::markdown(&run)?)
        }
    }
}

/// A flag that is set when the person interrupts (Ctrl-C, SIGTERM), with a line for them; a second time ends the process.
fn on_interrupt(line: &'static str) -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let signal = stop.clone();
    ctrlc::set_handler(move || {
        if signal.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("{line}");
    })
    .map_err(|e| Error::told(format!("signals can't be caught: {e}")))?;
    Ok(stop)
}

/// Writes a model file, whole or not at all; a line with its hash and size.
fn write_model(bytes: &[u8], path: &Path, force: bool) -> Result<String> {
    if path.exists() && !force {
        return Err(Error::told(format!("{} exists already; --force replaces it", path.display())));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |e: &dyn std::fmt::Display| Error::file("the model can't be written:", path, e);
    // As a plain new file would have them: what the umask leaves.
    let open_to_all = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    let mut file =
        tempfile::Builder::new().permissions(open_to_all).tempfile_in(folder).map_err(|e| failed(&e))?;
    file.write_all(bytes).map_err(|e| failed(&e))?;
    file.persist(path).map_err(|e| failed(&e))?;
    let sha256 = Model::from_bytes(bytes)?.sha256().to_owned();
    Ok(format!("{sha256}  {} ({} bytes)", path.display(), bytes.len()))
}

/// So many skipped images are told one by one.
const SKIPPED_SHOWN: usize = 20;

fn read(recipe: &Recipe) -> Result<Images> {
    let crop = match recipe.data.crop {
        Some([x, y, side]) => Crop::Square { x, y, side },
        None => Crop::Whole,
    };
    let settings = data::Settings { size: recipe.network.image_size, crop };
    let images = data::read(Path::new(&recipe.data.source), &settings, &mut |_, _| true)?;
    eprintln!("{} images from {}", images.len(), recipe.data.source.display());
    for skipped in images.skipped.iter().take(SKIPPED_SHOWN) {
        eprintln!("skipped {}: {}", skipped.name, skipped.why);
    }
    let skipped = images.skipped.len();
    if skipped > SKIPPED_SHOWN {
        eprintln!("and {} more: {skipped} files were skipped in all", skipped - SKIPPED_SHOWN);
    }
    Ok(images)
}

/// Prints text; a closed pipe is an error, not a panic.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|e| Error::told(format!("standard output can't be written: {e}")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_line_of_the_texts_can_be_read() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        super::texts::check::<super::Args>(&root, "npe-train");
    }
}
