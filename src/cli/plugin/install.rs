//! `npe install`: puts a plug-in into every place of its editor, checks it there, and says what it did.

use super::checks::{self, Check, State};
use super::library::Npe;
use super::manifest::{self, Manifest};
use super::places::{self, Place};
use super::sources::{self, Content, Payload};
use super::swap::Stage;
use super::{Editor, VERSION, kritarc, zip};
use crate::report::{Failure, Outcome, Result, io, print, print_json};
use npe::{Error, ErrorKind};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Put the plug-in for an editor in place, and check it there
#[derive(clap::Args)]
#[command(
    after_help = "Run it again to update: an older plug-in is replaced, models and files of your own stay. See also npe doctor."
)]
pub struct Args {
    /// The editor
    editor: Editor,
    /// The one place to install into: a profile of GIMP, such as ~/.config/GIMP/3.0, or a resource folder of Krita; without it, all
    /// that are found
    #[arg(long, value_name = "FOLDER")]
    profile: Option<PathBuf>,
    #[command(flatten)]
    sources: sources::Args,
    /// Write a file for Krita's Tools ▸ Scripts ▸ Import Python Plugin from File instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "dry_run"])]
    zip: Option<PathBuf>,
    /// Replace what is in the plug-in's place, also if it is not of npe; for a zip, replace the file
    #[arg(long)]
    force: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result {
    let payload = sources::payload(args.editor, &args.sources)?;
    if let Some(file) = &args.zip {
        if args.editor != Editor::Krita {
            let text = "--zip is for Krita: GIMP imports no plug-ins from files; use npe install gimp";
            return Err(Failure::usage(text));
        }
        return write_zip(&payload, file, args);
    }
    let found = places::find(args.editor, args.profile.as_deref())?;
    if found.places.is_empty() {
        return Err(found.nothing(args.editor).into());
    }
    // The version is compared before anything is replaced.
    let library = format!("{}/{}", args.editor.folder(), sources::library_name());
    if let Some(Content::File(file)) = payload.files.get(&library) {
        Npe::open(file)
            .map_err(|e| Error::new(ErrorKind::Io, format!("{e}; name another with --library")))?;
    }
    let (mut all, mut failed) = (Vec::new(), false);
    for place in &found.places {
        let done = install(place, &payload, args);
        failed |= !matches!(&done, Ok(done) if done.problems() == 0);
        match (done, args.json) {
            (Ok(done), true) => all.push(done.json(place, args.dry_run)),
            (Ok(done), false) => print(&done.text(place, args.dry_run))?,
            (Err(e), true) => all.push(json!({ "place": place.to_string(), "folder": place.plugin().to_string_lossy(), "error": e.to_string() })),
            (Err(e), false) => eprintln!("npe: {place}: {e}"),
        }
    }
    if args.json {
        print_json(
            &json!({ "version": VERSION, "editor": args.editor.key(), "dry_run": args.dry_run, "places": all, "notes": found.notes }),
        )?;
    } else {
        for text in &found.notes {
            print(&format!("note: {text}\n"))?;
        }
        if !args.dry_run && !failed {
            let name = args.editor.name();
            print(&format!("Start {name} again if it is open: it looks for plug-ins when it starts.\n"))?;
        }
    }
    Ok(if failed { Outcome::SomeFailed } else { Outcome::Done })
}

/// What was done in one place, or would be.
struct Done {
    files: usize,
    /// The version that was there before.
    replaced: Option<String>,
    /// Files of the person, and models of earlier installations, that stayed.
    kept: Vec<String>,
    models: Vec<String>,
    notes: Vec<String>,
    checks: Vec<Check>,
}

impl Done {
    fn problems(&self) -> usize {
        self.checks.iter().filter(|c| c.state == State::Problem).count()
    }

    fn text(&self, place: &Place, dry: bool) -> String {
        let mut text = String::new();
        let verb = if dry { "would install" } else { "installed" };
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{place}: {verb} npe {VERSION} ({} files) into {}",
            self.files,
            place.plugin().display()
        );
        if let Some(old) = &self.replaced {
            let _ = writeln!(text, "  instead of npe {old}");
        }
        for (what, names) in [("with the models", &self.models), ("kept", &self.kept)] {
            if !names.is_empty() {
                let _ = writeln!(text, "  {what} {}", names.join(", "));
            }
        }
        for note in &self.notes {
            let _ = writeln!(text, "  {note}");
        }
        for check in self.checks.iter().filter(|c| c.state == State::Problem) {
            let _ = writeln!(text, "  problem: {}: {}", check.what, check.text);
        }
        if !dry && self.problems() == 0 {
            let device = self.checks.iter().find(|c| c.what == "device").map_or("", |c| &c.text);
            let _ = writeln!(
                text,
                "  checked: its files are whole, its library loads, a stroke works\n  device: {device}"
            );
        }
        text
    }

    fn json(&self, place: &Place, dry: bool) -> Value {
        json!({
            "place": place.to_string(),
            "folder": place.plugin().to_string_lossy(),
            "installed": !dry,
            "files": self.files,
            "replaced": self.replaced,
            "models": self.models,
            "kept": self.kept,
            "notes": self.notes,
            "checks": self.checks,
        })
    }
}

fn install(place: &Place, payload: &Payload, args: &Args) -> npe::Result<Done> {
    if let Some(old) = place.too_old().filter(|_| !args.force) {
        return Err(Error::invalid(format!("{old}; nothing was installed (--force does it all the same)")));
    }
    let old = match Manifest::read(place) {
        Ok(old) => old,
        // A damaged list is no reason to keep a damaged plug-in.
        Err(_) if args.force => None,
        Err(e) => return Err(e),
    };
    refuse_foreign(place, old.as_ref(), args.force)?;
    let carried = old.as_ref().map(|old| carried(place, old, payload)).transpose()?.unwrap_or_default();
    let mut done = Done {
        files: payload.files.len(),
        replaced: old.as_ref().filter(|o| !o.files.is_empty()).map(|o| o.npe.clone()),
        kept: carried.iter().map(|c| c.inside.to_string_lossy().into_owned()).collect(),
        models: payload.models.clone(),
        notes: Vec::new(),
        checks: Vec::new(),
    };
    if args.dry_run {
        crate::save::check_folder(&place.base)?;
        if let Some(file) = place.kritarc.as_deref().filter(|f| !kritarc::is_enabled(f).unwrap_or(false)) {
            done.notes.push(format!("would switch it on in {}", file.display()));
        }
        return Ok(done);
    }
    let manifest = put(place, payload, old, &carried)?;
    done.notes.extend(switch_on(place)?);
    done.checks = checks::plugin(place, &manifest);
    Ok(done)
}

/// An error if what is in the plug-in's place is not ours.
fn refuse_foreign(place: &Place, old: Option<&Manifest>, force: bool) -> npe::Result<()> {
    if force {
        return Ok(());
    }
    for unit in place.editor.units() {
        let there = place.file(unit);
        let ours = old.is_some_and(|o| *unit == place.editor.folder() || o.has(unit));
        if there.symlink_metadata().is_ok() && !ours {
            let kind = if there.is_symlink() { "a symbolic link" } else { "something" };
            return Err(Error::new(
                ErrorKind::Io,
                format!(
                    "{} is {kind} that npe did not install; move it away, or replace it with --force",
                    there.display()
                ),
            ));
        }
    }
    Ok(())
}

/// A file in the old plug-in's folder that goes into the new one.
struct Carried {
    /// Relative to the plug-in's folder.
    inside: PathBuf,
    /// Its entry in the list, if npe installed it: a model of an earlier installation.
    listed: Option<manifest::File>,
}

/// What stays of an older installation: files of the person, and models.
fn carried(place: &Place, old: &Manifest, payload: &Payload) -> npe::Result<Vec<Carried>> {
    let mut found = Vec::new();
    for inside in files_below(&place.plugin())? {
        let path = format!("{}/{}", place.editor.folder(), inside.to_string_lossy().replace('\\', "/"));
        if payload.files.contains_key(&path) || sources::is_byproduct(&inside) {
            continue;
        }
        let listed = old.files.iter().find(|f| f.path == path).cloned();
        if listed.is_none() || inside.starts_with("models") {
            found.push(Carried { inside, listed });
        }
    }
    Ok(found)
}

/// All files and links below a folder, relative to it, sorted.
pub fn files_below(root: &Path) -> npe::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        let failed = |e| io("the folder", &folder, "read", e);
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if let Ok(inside) = path.strip_prefix(root) {
                found.push(inside.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Writes everything beside its place, and puts it there.
fn put(
    place: &Place,
    payload: &Payload,
    old: Option<Manifest>,
    carried: &[Carried],
) -> npe::Result<Manifest> {
    let stage = Stage::begin(&place.base, place.editor.units())?;
    let mut files = Vec::new();
    for (path, content) in &payload.files {
        let to = stage.file(path)?;
        let sha256 = content.write(&to)?;
        if path == "neural-brush/neural-brush.py" {
            make_executable(&to)?;
        }
        files.push(manifest::File { path: path.clone(), sha256 });
    }
    for one in carried {
        let path = format!("{}/{}", place.editor.folder(), one.inside.to_string_lossy());
        let (from, to) = (place.plugin().join(&one.inside), stage.file(&path)?);
        copy(&from, &to).map_err(|e| io("your file", &from, "carried over", e))?;
        files.extend(one.listed.clone());
    }
    let mut manifest = Manifest::new(place.editor, files);
    manifest.made = stage.made().into_iter().collect();
    if let Some(old) = old {
        manifest.made.extend(old.made);
        manifest.kritarc = old.kritarc;
    }
    if let Some(file) = &place.kritarc {
        // What is made below is to be known to the list; the switch itself comes last, when the plug-in is there.
        manifest.kritarc = Some(manifest.kritarc.map_or_else(|| kritarc::would_make(file), Ok)?);
    }
    let list = stage.file(&format!("{}/{}", place.editor.folder(), manifest::NAME))?;
    std::fs::write(&list, manifest.to_json()?).map_err(|e| io("the list", &list, "written", e))?;
    stage.commit()?;
    Ok(manifest)
}

/// Copies a file with its permissions, or a symbolic link as one.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    if from.is_symlink() {
        return std::os::unix::fs::symlink(std::fs::read_link(from)?, to);
    }
    std::fs::copy(from, to).map(drop)
}

#[cfg(unix)]
fn make_executable(file: &Path) -> npe::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(file, mode).map_err(|e| io("the file", file, "made executable", e))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> npe::Result<()> {
    Ok(())
}

/// Tells Krita to run the plug-in; answers what there is to say about it.
fn switch_on(place: &Place) -> npe::Result<Vec<String>> {
    if place.editor != Editor::Krita {
        return Ok(Vec::new());
    }
    let Some(file) = &place.kritarc else {
        return Ok(vec![
            "switch it on in Krita: Settings ▸ Configure Krita ▸ Python Plugin Manager ▸ Neural Brush"
                .to_owned(),
        ]);
    };
    let mut notes = Vec::new();
    if kritarc::enable(file)? {
        notes.push(format!("switched on in {}", file.display()));
    }
    if krita_runs() {
        notes.push(
            "Krita is running and may write its settings anew when it ends: close it, then run this again, or tick \
             Neural Brush in its Python Plugin Manager"
                .to_owned(),
        );
    }
    Ok(notes)
}

/// Whether a Krita runs, where that can be seen.
pub fn krita_runs() -> bool {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|p| std::fs::read_to_string(p.path().join("comm")).ok())
        .any(|name| matches!(name.trim(), "krita" | ".krita-wrapped"))
}

fn write_zip(payload: &Payload, file: &Path, args: &Args) -> Result {
    crate::save::check_free(file, &[], args.force)?;
    let files = zip::write(payload, file, args.force)?;
    let how = "in Krita: Tools ▸ Scripts ▸ Import Python Plugin from File, then tick Neural Brush in Settings ▸ \
               Configure Krita ▸ Python Plugin Manager, and start Krita again";
    if args.json {
        print_json(
            &json!({ "version": VERSION, "editor": "krita", "zip": file.to_string_lossy(), "files": files }),
        )?;
    } else {
        print(&format!("{}: npe {VERSION} for Krita ({files} files)\n  {how}\n", file.display()))?;
    }
    Ok(Outcome::Done)
}
