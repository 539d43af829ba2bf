//! A model card: what stands in `models/NAME.md`, written from the run. Calls nobody below the trainer.

use super::evaluate::Evaluation;
use super::recipe::{AdversaryKind, Recipe};
use crate::error::{Error, Result};
use serde_json::Value;
use std::fmt::Write;

/// What a card is written from.
#[derive(Debug)]
pub struct Run<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Images seen; none if it is not known: then those of the recipe are told.
    pub images: Option<u64>,
    /// Seconds of training by the log; none without a log.
    pub seconds: Option<f64>,
    /// The figures.
    pub evaluation: &'a Evaluation,
    /// The model file.
    pub file: &'a File,
}

/// A model file as a card names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its size.
    pub bytes: u64,
    /// The type of its weights: `f16` or `f32`.
    pub weights: &'static str,
    /// Its hash, hexadecimal.
    pub sha256: String,
}

/// The seconds of a log's lines.
pub fn seconds(log: &[Value]) -> f64 {
    log.iter().filter_map(|line| line["seconds"].as_f64()).sum()
}

/// The card, in Markdown.
///
/// # Errors
/// If the recipe can't be written as TOML.
pub fn markdown(run: &Run<'_>) -> Result<String> {
    let (recipe, n) = (run.recipe, &run.recipe.network);
    let toml =
        toml::to_string(recipe).map_err(|e| Error::told(format!("the recipe can't be written: {e}")))?;
    let mut card = format!("# {}\n\n", recipe.model.name);
    // Writing to a string can't fail.
    let _ = writeln!(
        card,
        "An `{}` network ([format](../docs/model-format.md)) of width {}, hidden {}, {} latents, {}×{} pixels.",
        n.architecture, n.width, n.hidden, n.latents, n.image_size, n.image_size
    );
    let File { bytes, weights, sha256 } = run.file;
    let size = *bytes as f64 / f64::from(1 << 20);
    let _ = writeln!(card, "The file has {size:.1} MiB (weights as {weights}), SHA-256 `{sha256}`.");
    let how = match recipe.adversary.kind {
        AdversaryKind::None => "a variational autoencoder, no adversary".to_owned(),
        kind => {
            let whose = if kind == AdversaryKind::Separate {
                "a separate adversary"
            } else {
                "the introspective game"
            };
            match recipe.adversary.from {
                0 => format!("with {whose} from the start"),
                from => format!("a variational autoencoder, with {whose} from image {from} on"),
            }
        }
    };
    let _ = match run.images {
        Some(images) => writeln!(card, "\n**Training.** {images} images seen, {how}."),
        None => writeln!(card, "\n**Training.** {} images by the recipe, {how}.", recipe.train.images),
    };
    if let Some(seconds) = run.seconds {
        let _ = writeln!(card, "Time by the log: {}.", time(seconds));
    }
    let _ = writeln!(card, "\n**What it has seen.** {}.", recipe.model.trained_on.trim_end_matches('.'));
    let _ = writeln!(card, "\n**Terms.** {}.", recipe.model.licence.trim_end_matches('.'));
    let e = run.evaluation;
    let _ = writeln!(
        card,
        "\n**Figures** on {} held-out images (`npe-train evaluate`{}):\n\n| figure | value | what it is |\n|---|---|---|",
        e.held_out,
        e.edits.map(|e| format!(", strokes on {}", e.images)).unwrap_or_default()
    );
    for (name, value, what) in e.lines() {
        let _ = writeln!(card, "| {name} | {value} | {what} |");
    }
    if let Some(why) = &e.no_edits {
        let _ = writeln!(card, "\nNo strokes were measured: {why}.");
    }
    card.push_str(
        "\n**Limits.**\n\n<!-- For the person who publishes the model to fill in, from looking at many reconstructions, samples and \
         edits: what it does badly, which faces it knows little of, what it must not be used for. -->\n",
    );
    let _ = writeln!(card, "\n**Recipe.**\n\n```toml\n{}\n```", toml.trim_end());
    Ok(card)
}

fn time(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match minutes {
        0..=99 => format!("{minutes} minutes"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}
