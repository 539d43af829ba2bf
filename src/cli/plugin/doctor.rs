//! `npe doctor`: whether the plug-ins work, and what to do if not.

use super::checks::{self, Check, State};
use super::manifest::Manifest;
use super::places::{self, Found, Place};
use super::{Editor, VERSION};
use crate::report::{Outcome, Result, print, print_json};
use serde_json::{Value, json};
use std::fmt::Write;

/// Check the plug-ins: editor, files, library, model, device
#[derive(clap::Args)]
#[command(after_help = "Exit codes: 0 all is well, 1 there is a problem, 2 wrong use.")]
pub struct Args {
    /// The editor; without it, both
    editor: Option<Editor>,
    /// The one place to check; without it, all that are found
    #[arg(long, value_name = "FOLDER", requires = "editor")]
    profile: Option<std::path::PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The checks of one place, or of an editor that has none.
struct Report {
    editor: Editor,
    /// For people.
    name: String,
    place: Option<Place>,
    checks: Vec<Check>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result {
    let mut reports = Vec::new();
    for editor in args.editor.map_or(Editor::ALL.to_vec(), |e| vec![e]) {
        let found = places::find(editor, args.profile.as_deref())?;
        reports.extend(reports_of(editor, &found, args.editor.is_some()));
    }
    if !reports.iter().flat_map(|r| &r.checks).any(|c| c.what == "plug-in" && c.state != State::Note) {
        let text = "no plug-in is installed; run npe install gimp or npe install krita";
        reports.push(Report {
            editor: Editor::Gimp,
            name: "npe".into(),
            place: None,
            checks: vec![Check { what: "plug-in", state: State::Problem, text: text.into() }],
        });
    }
    let well = !reports.iter().flat_map(|r| &r.checks).any(|c| c.state == State::Problem);
    if args.json {
        print_json(&json!({
            "version": VERSION,
            "ok": well,
            "places": reports.iter().map(Report::json).collect::<Vec<_>>(),
        }))?;
    } else {
        let mut text = format!("npe {VERSION}\n");
        reports.iter().for_each(|r| r.write(&mut text));
        print(&text)?;
    }
    Ok(if well { Outcome::Done } else { Outcome::SomeFailed })
}

impl Report {
    fn write(&self, text: &mut String) {
        for check in &self.checks {
            let state = match check.state {
                State::Ok => "ok",
                State::Note => "note",
                State::Problem => "PROBLEM",
            };
            // Writing to a string can't fail.
            let _ = writeln!(text, "{state:8} {}: {}: {}", self.name, check.what, check.text);
        }
    }

    fn json(&self) -> Value {
        json!({
            "editor": self.place.as_ref().map(|_| self.editor.key()),
            "place": self.name,
            "folder": self.place.as_ref().map(|p| p.plugin().to_string_lossy().into_owned()),
            "log": self.place.as_ref().map(|p| p.log.to_string_lossy().into_owned()),
            "checks": self.checks,
        })
    }
}

/// `asked`: the person named this editor, so that its absence is a problem.
fn reports_of(editor: Editor, found: &Found, asked: bool) -> Vec<Report> {
    let absent = if asked { State::Problem } else { State::Note };
    let manifests: Vec<_> = found.places.iter().map(Manifest::read).collect();
    let installed =
        |m: &npe::Result<Option<Manifest>>| matches!(m, Ok(Some(m)) if !m.files.is_empty()) || m.is_err();
    let somewhere = manifests.iter().any(installed);
    let mut reports: Vec<Report> = Vec::new();
    for (place, manifest) in found.places.iter().zip(manifests) {
        let mut checks = vec![checks::editor(place)];
        match manifest {
            Ok(Some(manifest)) if !manifest.files.is_empty() => {
                checks.extend(checks::plugin(place, &manifest))
            }
            Ok(_) => {
                let foreign = place
                    .plugin()
                    .symlink_metadata()
                    .is_ok_and(|_| !matches!(Manifest::read(place), Ok(Some(_))));
                let what = if foreign {
                    format!("{} is there, but npe did not install it", place.plugin().display())
                } else {
                    "not installed".to_owned()
                };
                // Where one profile has it, another without it is what people look for in vain.
                let state = if somewhere { State::Problem } else { absent };
                checks.push(Check {
                    what: "plug-in",
                    state,
                    text: format!("{what}; run npe install {}", editor.key()),
                });
            }
            Err(e) => checks.push(Check { what: "plug-in", state: State::Problem, text: e.to_string() }),
        }
        reports.push(Report { editor, name: place.to_string(), place: Some(place.clone()), checks });
    }
    let mut notes: Vec<String> = found.notes.clone();
    if reports.is_empty() && notes.is_empty() {
        notes.push(found.nothing(editor).to_string());
    }
    if !notes.is_empty() {
        let state = if reports.is_empty() { absent } else { State::Note };
        let checks = notes.into_iter().map(|text| Check { what: "editor", state, text }).collect();
        reports.push(Report { editor, name: editor.name().into(), place: None, checks });
    }
    reports
}
