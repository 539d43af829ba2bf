//! `npe uninstall`: takes away exactly what `npe install` put in place.

use super::install::{files_below, krita_runs};
use super::manifest::{self, Manifest};
use super::places::{self, Place};
use super::{Editor, kritarc, sources};
use crate::report::{Outcome, Result, io, print, print_json};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Take the plug-in of an editor away again
#[derive(clap::Args)]
#[command(after_help = "Files that you added, such as models, are named and kept; --purge takes them too.")]
pub struct Args {
    /// The editor
    editor: Editor,
    /// The one place to take it from; without it, all that are found
    #[arg(long, value_name = "FOLDER")]
    profile: Option<PathBuf>,
    /// Remove files that you added to the plug-in's folder, too
    #[arg(long)]
    purge: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result {
    let found = places::find(args.editor, args.profile.as_deref())?;
    let (mut all, mut failed, mut installed) = (Vec::new(), false, false);
    for place in &found.places {
        match uninstall(place, args) {
            Ok(None) => {}
            Ok(Some(done)) => {
                installed = true;
                all.push(json!({ "place": place.to_string(), "folder": place.plugin().to_string_lossy(), "removed": done.removed, "kept": done.kept, "notes": done.notes }));
                if !args.json {
                    print(&done.text(place, args.dry_run))?;
                }
            }
            Err(e) => {
                failed = true;
                all.push(json!({ "place": place.to_string(), "folder": place.plugin().to_string_lossy(), "error": e.to_string() }));
                if !args.json {
                    eprintln!("npe: {place}: {e}");
                }
            }
        }
    }
    if args.json {
        print_json(&json!({ "editor": args.editor.key(), "dry_run": args.dry_run, "places": all }))?;
    } else if !installed && !failed {
        print(&format!("{}: the plug-in is not installed; nothing was done\n", args.editor.name()))?;
    }
    Ok(if failed { Outcome::SomeFailed } else { Outcome::Done })
}

/// What was taken away, or would be.
struct Done {
    removed: usize,
    /// Relative to the plug-in's folder.
    kept: Vec<String>,
    notes: Vec<String>,
}

impl Done {
    fn text(&self, place: &Place, dry: bool) -> String {
        let (verb, folder) = (if dry { "would remove" } else { "removed" }, place.plugin());
        let mut text = format!("{place}: {verb} {} files from {}\n", self.removed, folder.display());
        if !self.kept.is_empty() {
            let kept = self.kept.join(", ");
            text += &format!("  kept what npe did not install: {kept}; --purge takes it too\n");
        }
        self.notes.iter().for_each(|note| text += &format!("  {note}\n"));
        text
    }
}

/// None if nothing of ours is there.
fn uninstall(place: &Place, args: &Args) -> npe::Result<Option<Done>> {
    let Some(manifest) = Manifest::read(place)? else { return Ok(None) };
    let plugin = place.plugin();
    let (mut remove, mut kept) = (Vec::new(), Vec::new());
    for inside in files_below(&plugin)? {
        let path = format!("{}/{}", place.editor.folder(), inside.to_string_lossy().replace('\\', "/"));
        if args.purge || sources::is_byproduct(&inside) || is_ours(place, &manifest, &path, &inside) {
            remove.push(plugin.join(inside));
        } else {
            kept.push(inside);
        }
    }
    let outside = manifest.files.iter().map(|f| place.file(&f.path)).filter(|f| !f.starts_with(&plugin));
    remove.extend(outside.filter(|f| f.symlink_metadata().is_ok()));
    if manifest.files.is_empty() && !args.purge {
        // Uninstalled before; what is there is the person's.
        let names: Vec<String> = kept.iter().map(|k| k.to_string_lossy().into_owned()).collect();
        let notes = vec!["the plug-in itself is not installed".to_owned()];
        return Ok(Some(Done { removed: 0, kept: names, notes }));
    }
    let list = plugin.join(manifest::NAME);
    let removed = remove.len();
    let mut notes = Vec::new();
    if !args.dry_run {
        if let Some(file) = &place.kritarc
            && kritarc::disable(file, manifest.kritarc.unwrap_or_default())?
        {
            notes.push(format!("switched off in {}", file.display()));
        }
        // The list goes last: after an error the same command can go on.
        for file in remove.iter().filter(|f| **f != list) {
            std::fs::remove_file(file).map_err(|e| io("the file", file, "removed", e))?;
        }
        if kept.is_empty() {
            std::fs::remove_file(&list).map_err(|e| io("the file", &list, "removed", e))?;
        } else {
            // So that the folder stays known as npe's.
            let rest = manifest.clone().emptied();
            std::fs::write(&list, rest.to_json()?).map_err(|e| io("the file", &list, "written", e))?;
        }
        remove_empty(&plugin)?;
        remove_made(place, &manifest);
        if place.editor == Editor::Krita && krita_runs() {
            notes.push("Krita is running: the plug-in works until it is closed".to_owned());
        }
    }
    let kept = kept.iter().map(|k| k.to_string_lossy().into_owned()).collect();
    Ok(Some(Done { removed, kept, notes }))
}

/// Whether a file is one that was installed. A model file that someone replaced by another is theirs.
fn is_ours(place: &Place, manifest: &Manifest, path: &str, inside: &Path) -> bool {
    let Some(file) = manifest.files.iter().find(|f| f.path == path) else { return false };
    let changed = || manifest::sha256(&place.file(path)).is_ok_and(|hash| hash != file.sha256);
    !(inside.starts_with("models") && changed())
}

/// Removes the empty folders below a folder, and the folder itself if it is empty then.
fn remove_empty(folder: &Path) -> npe::Result<()> {
    let failed = |e| io("the folder", folder, "read", e);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() && !path.is_symlink() {
            remove_empty(&path)?;
        }
    }
    match std::fs::remove_dir(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::DirectoryNotEmpty => {
            Err(io("the folder", folder, "removed", e))
        }
        _ => Ok(()),
    }
}

/// Removes the folders that were made around the plug-in, where nothing else came into them.
fn remove_made(place: &Place, manifest: &Manifest) {
    let folder = |made: &String| match made.as_str() {
        "." => Some(place.base.clone()),
        "pykrita" | "actions" => Some(place.base.join(made)),
        above if above.split('/').all(|part| part == "..") => {
            place.base.ancestors().nth(above.split('/').count()).map(Path::to_owned)
        }
        // Nothing else is made by an installation.
        _ => None,
    };
    let mut folders: Vec<PathBuf> = manifest.made.iter().filter_map(folder).collect();
    // The deepest first.
    folders.sort_by_key(|f| std::cmp::Reverse(f.components().count()));
    for folder in folders {
        // One with something in it is someone's by now.
        let _ = std::fs::remove_dir(folder);
    }
}
