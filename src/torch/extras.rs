//! `npe-train extras`: what a model file may hold beside its network.

use crate::{print, read, write_model};
use npe::model::{Aligner, Model};
use npe_torch::error::{Error, Result};
use npe_torch::train::attributes::{self, Contrast};
use npe_torch::train::recipe::Recipe;
use npe_torch::train::response;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Write a copy of a model with attribute directions for sliders, an aligner for its face frame, the decoder's mean response for the
/// brush's first move, and the recipe's broad_keep; replaces those it has
#[derive(clap::Args)]
pub struct Args {
    /// The model file
    model: PathBuf,
    /// The copy
    out: PathBuf,
    /// The recipe that the model was trained by: which images, their crop, how many are held out (those are left out here)
    #[arg(long)]
    recipe: PathBuf,
    /// Images, instead of the recipe's data.source
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// A CSV file with a header line: image, label
    #[arg(long, value_name = "FILE", requires = "contrast")]
    labels: Option<PathBuf>,
    /// An attribute by two labels, such as smile=happiness/neutral; may be given several times
    #[arg(long, value_name = "NAME=PLUS/MINUS", requires = "labels")]
    contrast: Vec<Contrast>,
    /// So many principal directions: pc1, pc2 …
    #[arg(long, default_value_t = 8, value_name = "COUNT")]
    principal: usize,
    /// An aligner for the model's frame, as `train_align` writes it, or a model file that has one
    #[arg(long, value_name = "FILE")]
    aligner: Option<PathBuf>,
    /// Replace the copy if it exists
    #[arg(long)]
    force: bool,
}

/// Time between lines of progress.
const EVERY: Duration = Duration::from_secs(5);

/// Tells how far a long part is, from any thread.
struct Teller {
    what: &'static str,
    started: Instant,
    told: std::sync::Mutex<Instant>,
}

impl Teller {
    fn new(what: &'static str) -> Self {
        Self { what, started: Instant::now(), told: Instant::now().into() }
    }

    fn tell(&self, done: usize, total: usize) {
        // Whoever comes while another one tells goes on.
        if let Ok(mut told) = self.told.try_lock()
            && told.elapsed() >= EVERY
        {
            *told = Instant::now();
            let left = self.started.elapsed().as_secs_f64() * (total as f64 / done as f64 - 1.0);
            eprintln!("{done} of {total} images {}, {left:.0} s left", self.what);
        }
    }
}

/// Runs the command.
///
/// # Errors
/// If a file can't be read or written, or does not fit the others.
pub fn run(args: &Args) -> Result<()> {
    let model = Model::open(&args.model)?;
    let aligner = match &args.aligner {
        Some(path) => {
            let failed = |e: &dyn std::fmt::Display| Error::file("the aligner can't be read:", path, e);
            let bytes = std::fs::read(path).map_err(|e| failed(&e))?;
            match Model::from_bytes(&bytes) {
                Ok(other) => {
                    let none = || failed(&"this model file has no aligner");
                    Some(other.aligner().cloned().ok_or_else(none)?)
                }
                Err(_) => Some(Aligner::from_bytes(&bytes).map_err(|e| failed(&e))?),
            }
        }
        None => model.aligner().cloned(),
    };
    let labels = args.labels.as_deref().map(attributes::labels).transpose()?.unwrap_or_default();
    let mut recipe = Recipe::read(&args.recipe)?;
    if let Some(data) = &args.data {
        recipe.data.source = data.clone();
    }
    let images = read(&recipe)?;
    let (_, training) = images.split(recipe.data.held_out);
    let (names, total) = (&images.names[training.clone()], training.len());
    let encoded = Teller::new("encoded");
    let latents = attributes::encode(&model, &images, training, &|done| encoded.tell(done, total))?;
    let decoded = Teller::new("decoded");
    let (response, share) = response::measure(&model, &latents, &|done, of| decoded.tell(done, of))?;
    let mut found = Vec::new();
    for contrast in &args.contrast {
        found.push(attributes::contrast(&latents, names, &labels, contrast)?);
    }
    found.extend(attributes::principal(&latents, args.principal)?);
    let mut text: String = found.iter().map(|f| format!("{}: {}\n", f.attribute.name, f.how)).collect();
    text += &format!("response: gives {:.1} % of the variance of the decoded images\n", 100.0 * share);
    let (was, now) = (model.meta.broad_keep, recipe.model.broad_keep);
    if now != was {
        text += &format!("broad_keep: {now} as in the recipe, was {was}\n");
    }
    let model = model
        .with_attributes(found.into_iter().map(|f| f.attribute).collect())?
        .with_aligner(aligner)?
        .with_response(Some(response))?
        .with_broad_keep(now)?;
    let line = write_model(&model.to_bytes(model.dtype())?, &args.out, args.force)?;
    print(&format!("{text}{line}\n"))
}
