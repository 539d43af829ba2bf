//! `npe-train`: trains, measures and exports npe's networks.

use clap::{Parser, Subcommand};
use npe::model::{Dtype, Model};
use npe_torch::data::{self, Crop, Images};
use npe_torch::error::{Error, Result};
use npe_torch::train::export;
use npe_torch::train::recipe::Recipe;
use npe_torch::train::run::{self, End, Options};
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
    /// Train a network by a recipe; goes on where the last run in the folder stopped
    Run {
        /// The recipe
        recipe: PathBuf,
        /// Folder for checkpoint, log and pictures
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// Begin with the weights of this checkpoint
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
        Command::Run { recipe, out, from, data, at_most, every, device, threads } => {
            let mut recipe = Recipe::read(&recipe)?;
            if let Some(data) = data {
                recipe.data.source = data;
            }
            if threads > 0 {
                tch::set_num_threads(threads);
            }
            let device = device_named(&device)?;
            let images = read(&recipe)?;
            let stop = Arc::new(AtomicBool::new(false));
            let signal = stop.clone();
            ctrlc::set_handler(move || {
                if signal.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
                eprintln!("stopping: writing the checkpoint (again to stop at once)");
            })
            .map_err(|e| Error::told(format!("signals can't be caught: {e}")))?;
            let at_most = at_most.map(|m| Duration::from_secs_f64(m.max(0.0) * 60.0));
            let every = Duration::from_secs_f64(every.max(0.01) * 60.0);
            let options = Options { folder: out.clone(), from, every, at_most, device };
            let end = run::run(&recipe, &images, &options, &stop, &mut |line| eprintln!("{line}"))?;
            match end {
                End::Done => eprintln!("done: {}", out.display()),
                End::Stopped => eprintln!("stopped; the same command goes on from {}", out.display()),
            }
            Ok(())
        }
        Command::Export { checkpoint, model, f32, force } => {
            if model.exists() && !force {
                return Err(Error::told(format!("{} exists already; --force replaces it", model.display())));
            }
            let (network, _, seen) = export::model(&checkpoint)?;
            let bytes = network.to_bytes(if f32 { Dtype::F32 } else { Dtype::F16 })?;
            let folder = model.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let failed = |e: &dyn std::fmt::Display| Error::file("the model can't be written:", &model, e);
            let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| failed(&e))?;
            file.write_all(&bytes).map_err(|e| failed(&e))?;
            file.persist(&model).map_err(|e| failed(&e))?;
            let sha256 = Model::from_bytes(&bytes)?.sha256().to_owned();
            println!("{sha256}  {} ({} bytes, after {seen} images)", model.display(), bytes.len());
            Ok(())
        }
    }
}

fn read(recipe: &Recipe) -> Result<Images> {
    let crop = match recipe.data.crop {
        Some([x, y, side]) => Crop::Square { x, y, side },
        None => Crop::Whole,
    };
    let settings = data::Settings { size: recipe.network.image_size, crop };
    let images = data::read(Path::new(&recipe.data.source), &settings, &mut |_, _| true)?;
    eprintln!("{} images from {}", images.len(), recipe.data.source.display());
    for skipped in images.skipped.iter().take(20) {
        eprintln!("skipped {}: {}", skipped.name, skipped.why);
    }
    Ok(images)
}

fn device_named(name: &str) -> Result<tch::Device> {
    match name {
        "cpu" => Ok(tch::Device::Cpu),
        "cuda" => Ok(tch::Device::Cuda(0)),
        _ => {
            let number = name.strip_prefix("cuda:").and_then(|n| n.parse().ok());
            number.map(tch::Device::Cuda).ok_or_else(|| {
                Error::told(format!("the device {name:?} is not known; use cpu, cuda or cuda:N"))
            })
        }
    }
}
