//! `npe demo`: hair on a forehead and a painted smile, on the photo that comes with npe.

use crate::progress::Progress;
use crate::read::{Extras, from_image};
use crate::report::{Outcome, Result, io, print};
use crate::{job, machine, save, sheet, stroke};
use npe::edit::{Edit, View, figures};
use npe::photo;
use npe::{Error, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// NASA's portrait of the astronaut Eileen Collins, public domain.
const PHOTO: &[u8] = include_bytes!("../../tests/data/astronaut.png");

/// More black hair over the sides, in face units.
const TEMPLES: &str = "0.25,0.35 0.3,0.25 0.41,0.14 0.59,0.14 0.7,0.25 0.75,0.35;radius=0.07;color=#141210";

/// Edit the sample photo: black hair and a painted smile; see before and after
#[derive(clap::Args)]
pub struct Args {
    /// The folder to write into; what an earlier demo wrote there is replaced
    #[arg(default_value = "npe-demo")]
    folder: PathBuf,
    #[command(flatten)]
    machine: machine::Args,
}

/// Runs the command.
pub fn run(args: &Args) -> Result {
    let model = args.machine.load(1)?;
    let unreadable = |e| Error::new(ErrorKind::Internal, "the sample photo is damaged").with_source(e);
    let image = image::load_from_memory(PHOTO).map_err(unreadable)?;
    let photo = Arc::new(from_image(image)?);
    let frame = photo::find_with(&photo, model.meta.extras.aligner.as_deref())?
        .first()
        .ok_or_else(photo::no_face_error)?
        .frame;
    std::fs::create_dir_all(&args.folder).map_err(|e| io("the folder", &args.folder, "made", e))?;
    let options = save::Options { quality: 95, force: true };
    let mut edit = Edit::new(model.generator.clone(), photo.clone(), frame)?;
    let mut figure = sheet::Sheet::new(&sheet::FIGURE.map(View::name));
    let strokes = [
        ("black hair on the forehead", figures::forehead()),
        ("black hair at the sides", stroke::parse(TEMPLES)?),
        ("a white smile", figures::mouth()),
    ];
    let progress = Progress::new("painting", strokes.len());
    for (what, stroke) in strokes {
        let stroke = stroke.placed(&frame);
        let started = Instant::now();
        let report = edit.stroke(&stroke, &mut |_| true)?;
        let ms = started.elapsed().as_secs_f64() * 1e3;
        progress.add(1.0);
        let error = format!("brush error {:.3} -> {:.3}", report.brush_before, report.brush_after);
        let steps = report.steps;
        print(&format!("{what}: {ms:.0} ms ({steps} steps of the solver, {error})\n"))?;
        let views = sheet::FIGURE.iter().map(|v| sheet::view(&edit, *v)).collect::<npe::Result<_>>()?;
        figure.push(format!("{what}: {error}"), views);
    }
    drop(progress);
    let none = Extras::default();
    save::photo(&args.folder.join("before.png"), &photo, &none, options)?;
    save::photo(&args.folder.join("after.png"), &edit.render()?, &none, options)?;
    job::write_views(&edit, &args.folder, options)?;
    save::photo(&args.folder.join("sheet.png"), &figure.photo()?, &none, options)?;
    let folder = args.folder.canonicalize().map_err(|e| io("the folder", &args.folder, "found", e))?;
    print(&format!("before.png, after.png, sheet.png and all views are in {}\n", folder.display()))?;
    Ok(Outcome::Done)
}
