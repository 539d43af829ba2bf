//! `npe info`: the model, the session, the version.

use crate::machine;
use crate::report::{Outcome, Result, print, print_json};
use npe::session;
use serde_json::json;

/// Say which model is used, with its hash and terms, and what it runs on
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    machine: machine::Args,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result {
    let model = args.machine.load(1)?;
    let (meta, info) = (&model.meta, session::info());
    let attributes: Vec<&str> = meta.extras.attributes.iter().map(|a| a.name.as_str()).collect();
    if args.json {
        print_json(&json!({
            "version": env!("CARGO_PKG_VERSION"),
            "model": {
                "name": meta.name,
                "sha256": model.sha256,
                "architecture": meta.architecture,
                "width": meta.width,
                "hidden": meta.hidden,
                "latents": meta.latents,
                "image_size": meta.image_size,
                "trained_on": meta.trained_on,
                "licence": meta.licence,
                "attributes": attributes,
                "aligner": meta.extras.aligner.is_some(),
            },
            "session": {
                "device": info.device,
                "engine": model.device.to_string(),
                "cuda": info.is_cuda,
                "why_not_cuda": info.why_not_cuda,
                "device_memory": info.device_memory,
                "libtorch": info.libtorch,
                "threads": info.threads,
            },
        }))?;
        return Ok(Outcome::Done);
    }
    print(&format!(
        "npe {}\nmodel    {} ({}, width {}, hidden {}, {} latents, {}x{} pixels)\nsha-256  {}\ntrained  {}\nterms    {}\nsliders  {}\naligner  {}\ndevice   {}\n",
        env!("CARGO_PKG_VERSION"),
        meta.name,
        meta.architecture,
        meta.width,
        meta.hidden,
        meta.latents,
        meta.image_size,
        meta.image_size,
        model.sha256,
        meta.trained_on,
        meta.licence,
        if attributes.is_empty() { "none".to_owned() } else { attributes.join(", ") },
        if meta.extras.aligner.is_some() { "the model's own" } else { "the one built into npe" },
        info.device,
    ))?;
    Ok(Outcome::Done)
}
