//! `npe attributes`: what each slider of a model does to a face.

use crate::frame::Choice;
use crate::progress::Progress;
use crate::read::{self, Extras};
use crate::report::{Failure, Outcome, Result, print};
use crate::{machine, save, sheet};
use npe::edit::{Edit, View};
use std::path::PathBuf;
use std::sync::Arc;

/// The columns of the sheet.
const VALUES: [f32; 7] = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];

/// Show what each attribute of the model does to a photo's face: a sheet of rows from -3 to 3
#[derive(clap::Args)]
pub struct Args {
    /// The photo
    photo: PathBuf,
    /// The sheet to write
    #[arg(long, value_name = "OUT")]
    sheet: PathBuf,
    /// Only these attributes, with commas between; all without it
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Show the network's own faces and not the result on the photo
    #[arg(long)]
    generated: bool,
    /// Where the face is, as for `npe edit`
    #[arg(long, value_name = "FRAME", allow_hyphen_values = true)]
    frame: Option<String>,
    /// Replace OUT if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    machine: machine::Args,
}

/// Runs the command.
pub fn run(args: &Args) -> Result {
    let options = save::Options { quality: 95, force: args.force };
    save::check(&args.sheet, std::slice::from_ref(&args.photo), options)?;
    let frame = args.frame.as_deref().map(Choice::parse).transpose()?.unwrap_or(Choice::Auto);
    let model = args.machine.load(1)?;
    let extras = &model.meta.extras;
    if extras.attributes.is_empty() {
        let name = &model.meta.name;
        return Err(Failure::usage(format!(
            "the model {name} has no attributes; give one that has with --model, or add some: npe-train extras"
        )));
    }
    let known = |name: &String| extras.attributes.iter().any(|a| a.name == *name);
    if let Some(unknown) = args.only.iter().find(|name| !known(name)) {
        return Err(Failure::usage(format!("there is no attribute {unknown:?}; see npe info")));
    }
    let (photo, _) = read::photo(&args.photo)?;
    let frame = frame.find(&photo, extras.aligner.as_deref())?;
    let edit = Edit::new(model.generator.clone(), Arc::new(photo), frame)?;
    let shown = |a: &&npe::model::Attribute| args.only.is_empty() || args.only.contains(&a.name);
    let names: Vec<&str> = extras.attributes.iter().filter(shown).map(|a| a.name.as_str()).collect();
    let view = if args.generated { View::Generated } else { View::Result };
    let captions = VALUES.map(|v| format!("{v:+}"));
    let mut rows = sheet::Sheet::new(&captions.each_ref().map(String::as_str));
    let progress = Progress::new("looking", names.len());
    for name in names {
        let mut row = Vec::new();
        for value in VALUES {
            // Each from the photo, so that no rounding adds up.
            let mut moved = edit.clone();
            moved.set_attribute(name, value)?;
            row.push(sheet::view(&moved, view)?);
        }
        rows.push(name, row);
        progress.add(1.0);
    }
    drop(progress);
    save::photo(&args.sheet, &rows.photo()?, &Extras::default(), options)?;
    print(&format!("{}\n", args.sheet.display()))?;
    Ok(Outcome::Done)
}
