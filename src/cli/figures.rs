//! `npe figures`: how well strokes hit, hold, and stay plausible, measured the same way every time.

use crate::demo::{HAIR, SMILE};
use crate::progress::Progress;
use crate::read::{self, Extras};
use crate::report::{Failure, Outcome, Result, print, print_json};
use crate::stroke::{self, At};
use crate::{frame, machine, save, sheet};
use npe::brush::{self, Painted};
use npe::edit::{Edit, View};
use npe::photo;
use npe::session::LoadedModel;
use rayon::prelude::*;
use serde::Serialize;
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

/// The figures of one stroke.
#[derive(Serialize, Default)]
struct Figures {
    hit_g: f32,
    hit_y: f32,
    hold_mean: f32,
    hold_share: f32,
    plausible_before: f32,
    plausible_after: f32,
    milliseconds: f64,
}

struct Row {
    stroke: &'static str,
    figures: Figures,
    pictures: Vec<image::RgbImage>,
}

const STROKES: [(&str, &str); 2] = [("forehead", HAIR), ("mouth", SMILE)];
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
        let of: Vec<&Figures> =
            rows.iter().filter(|(_, r)| r.stroke == stroke).map(|(_, r)| &r.figures).collect();
        let n = of.len().max(1) as f32;
        let mean = |f: fn(&Figures) -> f32| of.iter().map(|r| f(r)).sum::<f32>() / n;
        Figures {
            hit_g: mean(|f| f.hit_g),
            hit_y: mean(|f| f.hit_y),
            hold_mean: mean(|f| f.hold_mean),
            hold_share: mean(|f| f.hold_share),
            plausible_before: mean(|f| f.plausible_before),
            plausible_after: mean(|f| f.plausible_after),
            milliseconds: of.iter().map(|r| r.milliseconds).sum::<f64>() / f64::from(n),
        }
    };
    let means: Vec<(&str, Figures)> = STROKES.iter().map(|(name, _)| (*name, mean(name))).collect();
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
    for (name, text) in STROKES {
        let stroke = stroke::place(&stroke::parse(text)?, At::Face, &frame);
        let mut edit = Edit::new(model.generator.clone(), photo.clone(), frame)?;
        let plausible_before = edit.implausibility()?;
        let started = std::time::Instant::now();
        let report = edit.stroke(&stroke, &mut |_| true)?;
        let milliseconds = started.elapsed().as_secs_f64() * 1e3;
        let size = edit.image_size();
        let painted = brush::rasterise(&stroke, &frame, size)?;
        let x = photo::crop(&photo, &frame, size)?;
        let y = photo::crop(&edit.render()?, &frame, size)?;
        let (hold_mean, hold_share) = hold(&painted, &x, &y, size);
        let figures = Figures {
            hit_g: report.brush_after / report.brush_before.max(1e-9),
            hit_y: under(&painted, &y) / under(&painted, &x).max(1e-9),
            hold_mean,
            hold_share,
            plausible_before,
            plausible_after: edit.implausibility()?,
            milliseconds,
        };
        let pictures = VIEWS.iter().map(|v| sheet::view(&edit, *v)).collect::<npe::Result<_>>()?;
        rows.push(Row { stroke: name, figures, pictures });
    }
    Ok(rows)
}

/// Mean squared distance from the brush's colour, weighted by the brush.
fn under(painted: &Painted, image: &[f32]) -> f32 {
    let n = painted.weight.len();
    let sum: f32 = image
        .iter()
        .zip(&painted.color)
        .enumerate()
        .map(|(i, (v, c))| painted.weight[i % n] * (v - c).powi(2))
        .sum();
    sum / (3.0 * painted.weight.iter().sum::<f32>())
}

/// Mean change (0..255) and share of pixels changed by more than 2, outside twice the brush's box.
fn hold(painted: &Painted, x: &[f32], y: &[f32], size: usize) -> (f32, f32) {
    let touched: Vec<usize> = (0..size * size).filter(|p| painted.weight[*p] > 0.0).collect();
    let span = |of: &dyn Fn(usize) -> usize| {
        let low = touched.iter().map(|p| of(*p)).min().unwrap_or(0) as f32;
        let high = touched.iter().map(|p| of(*p) + 1).max().unwrap_or(0) as f32;
        // Twice as wide about the same centre.
        (low - 0.5 * (high - low), high + 0.5 * (high - low))
    };
    let (across, down) = (span(&|p| p % size), span(&|p| p / size));
    let inside = |v: usize, (low, high): (f32, f32)| (low..high).contains(&(v as f32 + 0.5));
    let changes: Vec<f32> = (0..size * size)
        .filter(|p| !(inside(p % size, across) && inside(p / size, down)))
        .map(|p| {
            let at = |c: usize| (y[c * size * size + p] - x[c * size * size + p]).abs() * 127.5;
            (at(0) + at(1) + at(2)) / 3.0
        })
        .collect();
    let count = changes.len().max(1) as f32;
    (changes.iter().sum::<f32>() / count, changes.iter().filter(|c| **c > 2.0).count() as f32 / count)
}
