//! What the doctor looks at in one place, and what it says.

use super::library::Npe;
use super::manifest::{self, Manifest};
use super::places::{Package, Place};
use super::{Editor, ask, kritarc, sources};
use serde::Serialize;
use std::path::Path;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// Nothing wrong, and good to know.
    Note,
    Problem,
}

/// One line of the doctor.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    pub what: &'static str,
    pub state: State,
    /// What was found; for a problem also what to do.
    pub text: String,
}

fn ok(what: &'static str, text: impl Into<String>) -> Check {
    Check { what, state: State::Ok, text: text.into() }
}

fn note(what: &'static str, text: impl Into<String>) -> Check {
    Check { what, state: State::Note, text: text.into() }
}

fn problem(what: &'static str, text: impl Into<String>) -> Check {
    Check { what, state: State::Problem, text: text.into() }
}

/// A check of one thing that works or says why not.
fn tried(what: &'static str, result: Result<String, String>) -> Check {
    match result {
        Ok(text) => ok(what, text),
        Err(text) => problem(what, text),
    }
}

/// The editor itself.
pub fn editor(place: &Place) -> Check {
    match (&place.version, place.too_old()) {
        (_, Some(old)) => problem("editor", format!("{old}; install a newer one")),
        (Some(version), None) => ok("editor", format!("{} {version}", place.editor.name())),
        (None, None) if place.package == Package::Named => note("editor", "not looked for, with --profile"),
        (None, None) => note("editor", "found by its folder; its version can't be told from here"),
    }
}

/// All about a plug-in that is installed.
pub fn plugin(place: &Place, manifest: &Manifest) -> Vec<Check> {
    let again = again(place);
    let mut checks = Vec::new();
    checks.push(if manifest.npe == super::VERSION {
        ok("plug-in", format!("npe {} in {}", manifest.npe, place.plugin().display()))
    } else {
        let text = format!("it is npe {}, this command is npe {}; {again}", manifest.npe, super::VERSION);
        problem("plug-in", text)
    });
    let damaged = damaged(place, manifest);
    checks.push(match damaged.as_slice() {
        [] => ok("files", format!("all {} are as they were installed", manifest.files.len())),
        some => {
            let names: Vec<String> = some.iter().map(|(path, why)| format!("{path} {why}")).collect();
            problem("files", format!("{}; {again}", names.join(", ")))
        }
    });
    if place.editor == Editor::Gimp {
        checks.extend(executable(place, &again));
    }
    let library = format!("{}/{}", place.editor.folder(), sources::library_name());
    if damaged.iter().any(|(path, _)| *path == library) {
        // Opening a damaged library may end this command.
        checks.push(problem("library", format!("it is not opened, because it is damaged; {again}")));
    } else {
        checks.extend(open(place, &place.file(&library), &again));
    }
    checks.extend(switch(place, &again));
    if place.editor == Editor::Gimp {
        checks.push(python(place));
    }
    checks.push(note("log", log(&place.log)));
    checks
}

/// What to do about most problems.
fn again(place: &Place) -> String {
    let profile = match (place.package, place.editor, place.base.parent()) {
        (Package::Named, Editor::Gimp, Some(profile)) => format!(" --profile {}", profile.display()),
        (Package::Named, ..) => format!(" --profile {}", place.base.display()),
        _ => String::new(),
    };
    format!("run npe install {}{profile}", place.editor.key())
}

/// Files that are not as they were installed, with how.
fn damaged<'a>(place: &Place, manifest: &'a Manifest) -> Vec<(&'a str, String)> {
    let look = |file: &'a manifest::File| match manifest::sha256(&place.file(&file.path)) {
        Ok(hash) if hash == file.sha256 => None,
        Ok(_) => Some((file.path.as_str(), "was changed".to_owned())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Some((file.path.as_str(), "is missing".to_owned()))
        }
        Err(e) => Some((file.path.as_str(), format!("can't be read ({e})"))),
    };
    manifest.files.iter().filter_map(look).collect()
}

#[cfg(unix)]
fn executable(place: &Place, again: &str) -> Option<Check> {
    use std::os::unix::fs::PermissionsExt;
    let file = place.file(place.editor.entries()[0]);
    let mode = std::fs::metadata(&file).ok()?.permissions().mode();
    Some(if mode & 0o111 == 0 {
        let text = format!("{} is not executable, so GIMP passes it over; {again}", file.display());
        problem("start", text)
    } else {
        ok("start", "neural-brush.py is executable")
    })
}

#[cfg(not(unix))]
fn executable(_: &Place, _: &str) -> Option<Check> {
    None
}

/// Opens the library and lets each model do a stroke.
fn open(place: &Place, library: &Path, again: &str) -> Vec<Check> {
    let npe = match Npe::open(library) {
        Ok(npe) => npe,
        Err(e) => return vec![problem("library", format!("{e}; {again}"))],
    };
    let mut checks = vec![ok("library", format!("{} loads", sources::library_name()))];
    match npe.try_model(None) {
        Ok(session) => {
            checks.push(ok("model", "faces (bundled): a stroke works"));
            let libtorch = match session.libtorch {
                Some(version) => format!("; libtorch {version} is open"),
                None => "; libtorch is not needed and not open".to_owned(),
            };
            checks.push(ok("device", session.device + &libtorch));
        }
        Err(e) => checks.push(problem("model", format!("faces (bundled): {e}"))),
    }
    let models = std::fs::read_dir(place.plugin().join("models")).into_iter().flatten().flatten();
    let mut models: Vec<_> = models.map(|e| e.path()).filter(|p| p.is_file()).collect();
    models.sort();
    for model in models {
        let name = model.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let tried_it = npe.try_model(Some(&model));
        checks.push(tried(
            "model",
            match tried_it {
                Ok(_) => Ok(format!("models/{name}: a stroke works")),
                Err(e) => Err(format!("models/{name}: {e}")),
            },
        ));
    }
    checks
}

/// Whether Krita is told to run the plug-in.
fn switch(place: &Place, again: &str) -> Option<Check> {
    if place.editor != Editor::Krita {
        return None;
    }
    let Some(file) = &place.kritarc else {
        let text =
            "whether it is on can't be told with --profile; look in Krita's settings, Python Plugin Manager";
        return Some(note("switch", text));
    };
    Some(match kritarc::is_enabled(file) {
        Ok(true) => ok("switch", format!("it is on in {}", file.display())),
        Ok(false) => problem(
            "switch",
            format!(
                "it is off in {}; close Krita and {again}, or tick it in the Python Plugin Manager",
                file.display()
            ),
        ),
        Err(e) => problem("switch", e.to_string()),
    })
}

/// Whether the Python that runs the plug-in knows GIMP.
fn python(place: &Place) -> Check {
    let what = "python";
    if place.package != Package::Native || !cfg!(target_os = "linux") {
        return note(what, "it comes with GIMP here and can't be asked from outside");
    }
    if place.version.is_none() {
        return note(what, "not asked, because no GIMP of this profile's version is in PATH");
    }
    let program = "import gi; gi.require_version('Gimp', '3.0'); from gi.repository import Gimp";
    let knows = |python: &Path| ask::run(python, &["-c", program]);
    let Some(first) = ask::in_path("python3") else {
        return problem(
            what,
            "there is no python3 in PATH, which runs the plug-in; install python3 and python3-gi",
        );
    };
    let why = match knows(&first) {
        Ok(_) => return ok(what, format!("{} knows GIMP", first.display())),
        Err(why) => why,
    };
    let system = Path::new("/usr/bin/python3");
    if first != system && system.is_file() && knows(system).is_ok() {
        return note(
            what,
            format!(
                "{} does not know GIMP, {} does: a GIMP started from this terminal may not find its plug-ins, one started from the menu does",
                first.display(),
                system.display()
            ),
        );
    }
    problem(
        what,
        format!(
            "{} does not know GIMP ({why}); install GIMP's Python support (Debian: gir1.2-gimp-3.0, python3-gi)",
            first.display()
        ),
    )
}

/// Where the log is.
fn log(file: &Path) -> String {
    let there = if file.is_file() { "" } else { " (nothing was logged yet)" };
    format!("{}{there}", file.display())
}
