//! `npe figures`: how well strokes hit, hold, and stay plausible, measured the same way every time.

use crate::progress::Progress;
use crate::read::{self, Extras};
use crate::report::{Failure, Outcome, Result, print, print_json};
use crate::{frame, machine, save, sheet};
use npe::edit::figures::{self, Figures};
use npe::edit::{Edit, View};
use npe::session::LoadedModel;
use rayon::prelude::*;
use serde_json::json;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Measure a forehead and a mouth stroke on photos of faces
///
/// hit: colour error (mean square) under the brush after the stroke, as a share of before; in G (the network's
/// image) and in Y (the photo). hold: outside twice the brush's box, the mean change of the photo (0..255), and the share
/// of pixels changed by more than 2. plausible: |E(G(z)) - z| / |z| before and after. Y is measured in the
/// face frame at the network's resolution.
#[derive(clap::Args)]
pub struct Args {
    /// The photos
    #[arg(required = true)]
    photos: Vec<PathBuf>,
    /// Write a contact sheet: a row for each photo and stroke
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Replace the sheet if it exists
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    machine: machine::Args,
}

struct Row {
    stroke: &'static str,
    figures: Figures,
    pictures: Vec<image::RgbImage>,
}

const VIEWS: [View; 5] = [View::Original, View::Reconstruction, View::Generated, View::Mask, View::Result];

/// Runs the command.
pub fn run(args: &Args) -> Result {
    let options = save::Options { quality: 95, force: args.force };
    if let Some(path) = &args.sheet {
        save::check(path, &args.photos, options).map_err(Failure::usage)?;
    }
    let jobs = args.machine.threads()?.min(args.photos.len());
    let model = args.machine.load(jobs)?;
    let progress = Progress::new("measuring", args.photos.len());
    let one = |path: &PathBuf| {
        let rows = measure(path, &model);
        progress.add(1.0);
        rows.map_err(|e| {
            let name = path.display().to_string();
            let text = e.to_string();
            if text.contains(&name) { text } else { format!("{name}: {text}") }
        })
    };
    let measured: Vec<std::result::Result<Vec<Row>, String>> =
        machine::pool(jobs)?.install(|| args.photos.par_iter().map(one).collect());
    drop(progress);
    for e in measured.iter().filter_map(|m| m.as_ref().err()) {
        eprintln!("npe: {e}");
    }
    show(args, &measured)?;
    if let Some(path) = &args.sheet {
        let mut sheet = sheet::Sheet::new(&VIEWS.map(View::name));
        for (photo, rows) in args.photos.iter().zip(&measured) {
            for row in rows.iter().flatten() {
                let f = &row.figures;
                let label = format!(
                    "{} {}: hit G {:.3} Y {:.3}, hold {:.2}, plausible {:.2} -> {:.2}",
                    stem(photo),
                    row.stroke,
                    f.hit_g,
                    f.hit_y,
                    f.hold_mean,
                    f.plausible_before,
                    f.plausible_after
                );
                sheet.push(label, row.pictures.clone());
            }
        }
        save::photo(path, &sheet.photo()?, &Extras::default(), options)?;
    }
    let all = measured.iter().all(std::result::Result::is_ok);
    Ok(if all { Outcome::Done } else { Outcome::SomeFailed })
}

/// Prints the table or the JSON.
fn show(args: &Args, measured: &[std::result::Result<Vec<Row>, String>]) -> Result<()> {
    let rows: Vec<(&PathBuf, &Row)> = (args.photos.iter().zip(measured))
        .flat_map(|(photo, rows)| rows.iter().flatten().map(move |row| (photo, row)))
        .collect();
    let mean = |stroke: &str| {
        Figures::mean(rows.iter().filter(|(_, r)| r.stroke == stroke).map(|(_, r)| &r.figures))
    };
    let means: Vec<(&str, Figures)> =
        figures::strokes().iter().map(|(name, _)| (*name, mean(name))).collect();
    if args.json {
        let strokes: Vec<_> = rows
            .iter()
            .map(|(photo, row)| json!({"photo": photo.to_string_lossy(), "stroke": row.stroke, "figures": row.figures}))
            .collect();
        let errors: Vec<_> = (args.photos.iter().zip(measured))
            .filter_map(|(photo, m)| {
                m.as_ref().err().map(|e| json!({"photo": photo.to_string_lossy(), "error": e}))
            })
            .collect();
        let means: serde_json::Map<_, _> =
            means.iter().map(|(name, f)| ((*name).to_owned(), json!(f))).collect();
        return print_json(&json!({"strokes": strokes, "means": means, "errors": errors}));
    }
    let mut text =
        String::from("photo                stroke     hit G   hit Y    hold  >2/255   plausible        ms\n");
    let mut line = |photo: &str, stroke: &str, f: &Figures| {
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{photo:20.20} {stroke:9} {:6.3}  {:6.3}  {:6.2}  {:5.1}%  {:.2} -> {:.2}  {:8.0}",
            f.hit_g,
            f.hit_y,
            f.hold_mean,
            100.0 * f.hold_share,
            f.plausible_before,
            f.plausible_after,
            f.milliseconds
        );
    };
    for (photo, row) in &rows {
        line(&stem(photo), row.stroke, &row.figures);
    }
    for (stroke, f) in &means {
        line("mean", stroke, f);
    }
    print(&text)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn measure(path: &Path, model: &LoadedModel) -> npe::Result<Vec<Row>> {
    let (photo, _) = read::photo(path)?;
    let photo = Arc::new(photo);
    let frame = frame::largest(&photo, model.meta.extras.aligner.as_deref())?;
    let mut rows = Vec::new();
    for (stroke, face) in figures::strokes() {
        let mut edit = Edit::new(model.generator.clone(), photo.clone(), frame)?;
        let figures = figures::measure(&mut edit, &face.placed(&frame))?;
        let pictures = VIEWS.iter().map(|v| sheet::view(&edit, *v)).collect::<npe::Result<_>>()?;
        rows.push(Row { stroke, figures, pictures });
    }
    Ok(rows)
}
