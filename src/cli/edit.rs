//! `npe edit`: strokes on one photo or many.

use crate::frame::Choice;
use crate::job::{self, Blend, Done, Plan, Step};
use crate::progress::Progress;
use crate::report::{Failure, Outcome, Result, io, print, print_json};
use crate::stroke::{self, At};
use crate::{machine, read, save};
use clap::ArgMatches;
use npe::edit::{BlendSettings, Solver, StrokeFile, StrokeSettings};
use npe::{Error, ErrorKind, limits};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Paint strokes on photos of faces; the network makes them real
///
/// --stroke, --paint, --strokes and --attribute are done in the order in which they are given.
#[derive(clap::Args)]
pub struct Args {
    /// The photos
    #[arg(required = true)]
    photo: Vec<PathBuf>,
    /// The photo to write, in the format of its ending; a folder if there are several photos
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// A stroke: "x,y x,y …;radius=R;color=#rrggbb[;hardness=0..1][;pressure=0..1][;mode=color|lighten|darken|restore]"
    #[arg(long, value_name = "STROKE", allow_hyphen_values = true)]
    stroke: Vec<String>,
    /// The units of --stroke: photo pixels, or the face frame's (0 to 1)
    #[arg(long, value_enum, default_value = "photo")]
    at: At,
    /// A painted RGBA layer of the photo's size; its alpha is the brush
    #[arg(long, value_name = "LAYER")]
    paint: Vec<PathBuf>,
    /// A stroke file (npe-strokes, JSON), with its own settings
    #[arg(long, value_name = "FILE")]
    strokes: Vec<PathBuf>,
    /// An attribute of the model, as `npe info` lists them, and where it goes: 0 is as in the photo; -5 to 5
    #[arg(long, value_name = "NAME=VALUE", allow_hyphen_values = true)]
    attribute: Vec<String>,
    /// Where the face is: auto (the largest found), the number of a face of `npe faces`, or cx,cy,side,angle [default: auto, or the stroke file's]
    #[arg(long, value_name = "FRAME", allow_hyphen_values = true)]
    frame: Option<String>,
    #[arg(long, value_name = "0..1", allow_hyphen_values = true, help = stroke_help("How far towards the colour a stroke goes, 0 to 1", StrokeSettings::default().strength))]
    strength: Option<f32>,
    #[arg(long, value_name = "0..1", allow_hyphen_values = true, help = stroke_help("How far the face may leave the photo's, 0 to 1", StrokeSettings::default().freedom))]
    freedom: Option<f32>,
    #[arg(long, value_name = "N", allow_hyphen_values = true, help = stroke_help(&format!("Most solver steps a stroke takes, 1 to {}", limits::SOLVER_STEPS), StrokeSettings::default().steps))]
    steps: Option<u32>,
    #[arg(long, value_name = "NAME", help = stroke_help("guided, or published (the paper's brush)", "guided"))]
    solver: Option<String>,
    #[arg(long, value_name = "0..8", allow_hyphen_values = true, help = blend_help("Gain on the interpolation mask, 0 to 8", BlendSettings::default().mask))]
    mask: Option<f32>,
    #[arg(long, value_name = "0..1", allow_hyphen_values = true, help = blend_help("How much of the photo's own detail stays in changed places, 0 to 1", BlendSettings::default().detail))]
    detail: Option<f32>,
    #[arg(long, value_name = "0..1", allow_hyphen_values = true, help = blend_help("How much the change keeps to where was painted, 0 to 1", BlendSettings::default().locality))]
    locality: Option<f32>,
    /// Write what was done as a stroke file (one photo only)
    #[arg(long, value_name = "FILE")]
    save_strokes: Option<PathBuf>,
    /// Write all views and a contact sheet into this folder (a folder in it for each photo if there are several)
    #[arg(long, value_name = "DIR")]
    views: Option<PathBuf>,
    /// JPEG quality, 1 to 100
    #[arg(long, default_value_t = 95)]
    quality: u8,
    /// Replace files that exist, the photo itself too
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    machine: machine::Args,
}

/// The help of a setting of strokes, with the library's default. A stroke file's strokes have their own.
fn stroke_help(what: &str, default: impl std::fmt::Display) -> String {
    format!("{what}; strokes of --strokes keep their own [default: {default}]")
}

/// The help of a setting of the blend, with the library's default.
fn blend_help(what: &str, default: impl std::fmt::Display) -> String {
    format!("{what} [default: {default}, or the stroke file's]")
}

/// The order of --stroke, --paint, --strokes and --attribute: which option, and its how manieth.
pub fn order(matches: &ArgMatches) -> Vec<(&'static str, usize)> {
    let mut found: Vec<(usize, &'static str, usize)> = ["stroke", "paint", "strokes", "attribute"]
        .into_iter()
        .flat_map(|name| {
            let indices = matches.indices_of(name).into_iter().flatten();
            indices.enumerate().map(move |(n, place)| (place, name, n))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, name, n)| (name, n)).collect()
}

/// Runs the command.
pub fn run(args: &Args, order: &[(&'static str, usize)]) -> Result {
    let plan = plan(args, order)?;
    let targets = targets(args)?;
    distinct(args, &targets).map_err(Failure::usage)?;
    if targets.len() > 1 {
        std::fs::create_dir_all(&args.output).map_err(|e| {
            Failure::usage(io("several photos go into a folder, but", &args.output, "made one", e))
        })?;
    }
    let jobs = args.machine.threads()?.min(targets.len());
    let model = args.machine.load(jobs)?;
    let progress = Progress::new("editing", targets.len() * plan.steps.len());
    let one = |target: &Target| {
        // A defect that one photo meets must not take the others along.
        let job =
            || job::run(&plan, &model, &target.input, &target.output, target.views.as_deref(), &progress);
        let done = catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|_| {
            let text =
                format!("{}: a defect of npe stopped this edit; please report it", target.input.display());
            Err(Error::new(ErrorKind::Panic, text))
        });
        if let Err(e) = &done {
            progress.say(&e.to_string());
        }
        done
    };
    let done: Vec<npe::Result<Done>> = if jobs > 1 {
        machine::pool(jobs)?.install(|| targets.par_iter().map(one).collect())
    } else {
        targets.iter().map(one).collect()
    };
    let failed = done.iter().filter(|d| d.is_err()).count();
    if targets.len() > 1 {
        let edited = targets.len() - failed;
        progress.say(&format!("{edited} of {} photos edited, {failed} failed", targets.len()));
    }
    drop(progress);
    if args.json {
        let photos: Vec<Value> = targets.iter().zip(&done).map(|(t, d)| as_json(&t.input, d)).collect();
        print_json(&json!({"photos": photos, "edited": targets.len() - failed, "failed": failed}))?;
    } else {
        for d in done.iter().flatten() {
            print(&format!("{}\n", d.output.display()))?;
        }
    }
    Ok(if failed == 0 { Outcome::Done } else { Outcome::SomeFailed })
}

fn plan(args: &Args, order: &[(&'static str, usize)]) -> Result<Plan> {
    let defaults = StrokeSettings::default();
    let solver = match args.solver.as_deref() {
        None => defaults.solver,
        Some("guided") => Solver::Guided,
        Some("published") => Solver::Published,
        Some(other) => {
            return Err(Failure::usage(format!("--solver is {other:?}; give guided or published")));
        }
    };
    let settings = StrokeSettings {
        solver,
        strength: args.strength.unwrap_or(defaults.strength),
        freedom: args.freedom.unwrap_or(defaults.freedom),
        steps: args.steps.unwrap_or(defaults.steps),
    };
    settings.check().map_err(Failure::usage)?;
    let blend = Blend { mask: args.mask, detail: args.detail, locality: args.locality };
    blend.over(Default::default()).check().map_err(Failure::usage)?;
    if !(1..=100).contains(&args.quality) {
        return Err(Failure::usage(format!("--quality is {}; it must be 1 to 100", args.quality)));
    }
    if order.is_empty() {
        return Err(Failure::usage(
            "there is nothing to do; give --stroke, --paint, --strokes or --attribute",
        ));
    }
    if args.save_strokes.is_some() && args.photo.len() > 1 {
        return Err(Failure::usage("--save-strokes takes one photo; give one, or leave it out"));
    }
    // All strokes first: a slip in the last one is told before any file is read.
    let strokes =
        args.stroke.iter().map(|s| stroke::parse(s).map_err(Failure::usage)).collect::<Result<Vec<_>>>()?;
    let attributes = args.attribute.iter().map(|a| attribute(a)).collect::<Result<Vec<_>>>()?;
    let step = |(name, n): &(&str, usize)| {
        Ok(match *name {
            "stroke" => Step::Stroke(strokes[*n].clone()),
            "paint" => Step::Paint(read::photo(&args.paint[*n])?.0),
            "attribute" => Step::Attribute(attributes[*n].0.clone(), attributes[*n].1),
            _ => Step::File(stroke_file(&args.strokes[*n])?),
        })
    };
    Ok(Plan {
        steps: order.iter().map(step).collect::<Result<_>>()?,
        at: args.at,
        frame: args.frame.as_deref().map(Choice::parse).transpose()?,
        settings,
        blend,
        save_strokes: args.save_strokes.clone(),
        options: save::Options { quality: args.quality, force: args.force },
        inputs: args.photo.clone(),
    })
}

/// Reads `smile=1.5`.
fn attribute(text: &str) -> Result<(String, f32)> {
    let most = limits::ATTRIBUTE_ABS;
    let parts = text.rsplit_once('=').map(|(name, value)| (name.trim(), value.trim().parse::<f32>()));
    match parts {
        Some((name, Ok(value))) if !name.is_empty() && (-most..=most).contains(&value) => {
            Ok((name.to_owned(), value))
        }
        _ => Err(Failure::usage(format!(
            "--attribute is {text:?}; give a name as `npe info` lists them and a value of -{most} to {most}, such as \
             smile=1.5"
        ))),
    }
}

fn stroke_file(path: &Path) -> npe::Result<StrokeFile> {
    let failed = |e| io("the stroke file", path, "read", e);
    let bytes = path.metadata().map_err(failed)?.len();
    if bytes > limits::STROKE_FILE_BYTES {
        let most = limits::STROKE_FILE_BYTES;
        let text = format!("the stroke file {} has {bytes} bytes; at most {most} are taken", path.display());
        return Err(Error::limit(text));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    StrokeFile::from_json(&text).map_err(|e| Error::new(e.kind(), format!("{}: {e}", path.display())))
}

struct Target {
    input: PathBuf,
    output: PathBuf,
    views: Option<PathBuf>,
}

/// Which photo goes where.
fn targets(args: &Args) -> Result<Vec<Target>> {
    let several = args.photo.len() > 1;
    let mut names = BTreeSet::new();
    let mut targets = Vec::new();
    for input in &args.photo {
        let name = input.file_name().unwrap_or_default();
        if several && !names.insert(name) {
            return Err(Failure::usage(format!(
                "two photos are named {}; edit them one after the other",
                name.display()
            )));
        }
        let into = several || args.output.is_dir();
        let output = if into { args.output.join(name) } else { args.output.clone() };
        let views = args.views.as_ref().map(|v| if several { v.join(name) } else { v.clone() });
        targets.push(Target { input: input.clone(), output, views });
    }
    Ok(targets)
}

/// Checks that no two files of the command are one. OUT may be its photo (with --force), the others may not.
fn distinct(args: &Args, targets: &[Target]) -> npe::Result<()> {
    let mut others: Vec<PathBuf> = args.save_strokes.iter().cloned().collect();
    others.extend(targets.iter().filter_map(|t| t.views.as_deref()).flat_map(job::view_files));
    let outputs = targets.iter().map(|t| t.output.clone());
    save::check_distinct(&outputs.chain(others.iter().cloned()).collect::<Vec<_>>())?;
    if others.is_empty() {
        return Ok(());
    }
    // One layer may be painted twice.
    let inputs = args.photo.iter().chain(&args.paint).map(|p| p.canonicalize().unwrap_or_else(|_| p.clone()));
    others.extend(inputs.collect::<BTreeSet<_>>());
    save::check_distinct(&others)
}

fn as_json(input: &Path, done: &npe::Result<Done>) -> Value {
    match done {
        Err(e) => json!({"photo": input.to_string_lossy(), "error": e.to_string()}),
        Ok(done) => {
            let operations: Vec<Value> = (done.operations.iter())
                .map(|(r, ms)| {
                    json!({
                        "brush_before": r.brush_before,
                        "brush_after": r.brush_after,
                        "loss_before": r.loss_before,
                        "loss_after": r.loss_after,
                        "steps": r.steps,
                        "milliseconds": ms,
                    })
                })
                .collect();
            let r = done.changed;
            json!({
                "photo": input.to_string_lossy(),
                "output": done.output.to_string_lossy(),
                "frame": done.frame,
                "changed": {"x": r.x, "y": r.y, "width": r.width, "height": r.height},
                "operations": operations,
            })
        }
    }
}
