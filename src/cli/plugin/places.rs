//! Where the editors of this person are: profiles of GIMP, resource folders of Krita, from distributions, flatpaks and snaps.
//! Only looks; makes nothing.

use super::{Editor, ask, kritarc};
use npe::{Error, ErrorKind, Result};
use std::fmt;
use std::path::{Path, PathBuf};

/// How an editor came onto this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Package {
    /// A program of the system, or of the person.
    Native,
    Flatpak,
    Snap,
    /// `--profile`: whatever it belongs to.
    Named,
}

/// One place where a plug-in belongs.
#[derive(Debug, Clone)]
pub struct Place {
    pub editor: Editor,
    pub package: Package,
    /// `plug-ins` of a GIMP profile, or Krita's resource folder. It may not be there yet.
    pub base: PathBuf,
    /// Of a GIMP profile, such as "3.0".
    pub profile: Option<String>,
    /// The file with Krita's switch for the plug-in.
    pub kritarc: Option<PathBuf>,
    /// Where the plug-in logs.
    pub log: PathBuf,
    /// The version of the editor, where it can be told.
    pub version: Option<String>,
}

impl Place {
    /// The plug-in's own folder.
    pub fn plugin(&self) -> PathBuf {
        self.base.join(self.editor.folder())
    }

    /// Where something of [`Editor::units`] or a manifest is.
    pub fn file(&self, inside: &str) -> PathBuf {
        self.base.join(inside)
    }

    /// A sentence if the editor is too old.
    pub fn too_old(&self) -> Option<String> {
        let version = self.version.as_deref()?;
        let (major, minor) = self.editor.oldest();
        (ask::numbers(version)? < (major, minor)).then(|| {
            format!(
                "{} {version} is too old for the plug-in; it needs {major}.{minor} or later",
                self.editor.name()
            )
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.editor.name())?;
        if let Some(profile) = &self.profile {
            write!(f, " {profile}")?;
        }
        match self.package {
            Package::Native => Ok(()),
            Package::Flatpak => f.write_str(" (flatpak)"),
            Package::Snap => f.write_str(" (snap)"),
            Package::Named => f.write_str(" (--profile)"),
        }
    }
}

/// What was found of an editor.
#[derive(Debug, Default)]
pub struct Found {
    pub places: Vec<Place>,
    /// Sentences about what was found and can't be used.
    pub notes: Vec<String>,
    /// Where was looked, for the error if nothing is there.
    looked: Vec<String>,
    /// A version that is too old, of which a profile was found.
    old: Option<String>,
}

impl Found {
    /// The error of a command that needs a place and has none.
    pub fn nothing(&self, editor: Editor) -> Error {
        let text = if let [first, ..] = self.notes.as_slice() {
            first.clone()
        } else {
            let (major, _) = editor.oldest();
            let name = editor.name();
            format!(
                "no {name} {major} was found: looked for {}. Start {name} once, or name its folder with --profile",
                self.looked.join(", ")
            )
        };
        Error::new(ErrorKind::Io, text)
    }
}

/// The folders that depend on the person, and on the system.
struct Folders {
    home: PathBuf,
    /// For settings, such as `~/.config`.
    config: PathBuf,
    /// For data, such as `~/.local/share`.
    data: PathBuf,
    /// For what may be deleted, such as `~/.cache`.
    cache: PathBuf,
}

impl Folders {
    fn here() -> Result<Self> {
        let variable =
            |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| !p.as_os_str().is_empty());
        // A relative path in these variables is to be ignored, says the XDG Base Directory Specification.
        let folder = |name: &str| variable(name).filter(|p| p.is_absolute());
        let home = std::env::home_dir().filter(|h| h.is_absolute()).ok_or_else(|| {
            let text = "your home folder is not known; set HOME";
            Error::new(ErrorKind::Io, text)
        })?;
        let (config, data, cache) = if cfg!(windows) {
            let roaming = folder("APPDATA").unwrap_or_else(|| home.join("AppData/Roaming"));
            let local = folder("LOCALAPPDATA").unwrap_or_else(|| home.join("AppData/Local"));
            (roaming.clone(), roaming, local)
        } else if cfg!(target_os = "macos") {
            let support = home.join("Library/Application Support");
            (support.clone(), support, home.join("Library/Caches"))
        } else {
            (
                folder("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")),
                folder("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share")),
                folder("XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache")),
            )
        };
        Ok(Self { home, config, data, cache })
    }

    /// The file with Krita's settings.
    fn kritarc(&self) -> PathBuf {
        if cfg!(target_os = "macos") {
            self.home.join("Library/Preferences/kritarc")
        } else if cfg!(windows) {
            self.cache.join("kritarc")
        } else {
            self.config.join("kritarc")
        }
    }
}

/// Looks for an editor; `profile` names the one place to use.
///
/// # Errors
/// If there is no home folder, or `profile` is a file.
pub fn find(editor: Editor, profile: Option<&Path>) -> Result<Found> {
    let folders = Folders::here()?;
    if let Some(folder) = profile {
        return named(editor, folder, &folders);
    }
    let mut found = Found::default();
    match editor {
        Editor::Gimp => gimp(&folders, &mut found),
        Editor::Krita => krita(&folders, &mut found),
    }
    Ok(found)
}

fn log(cache: &Path, editor: Editor) -> PathBuf {
    cache.join("npe").join(format!("{}.log", editor.key()))
}

fn named(editor: Editor, folder: &Path, folders: &Folders) -> Result<Found> {
    let absolute = std::path::absolute(folder)
        .map_err(|e| Error::invalid(format!("--profile {} has no absolute path: {e}", folder.display())))?;
    if absolute.symlink_metadata().is_ok() && !absolute.is_dir() {
        return Err(Error::invalid(format!("--profile {} is not a folder", folder.display())));
    }
    let base = if editor == Editor::Gimp { absolute.join("plug-ins") } else { absolute };
    let log = log(&folders.cache, editor);
    let place =
        Place { editor, package: Package::Named, base, profile: None, kritarc: None, log, version: None };
    Ok(Found { places: vec![place], ..Found::default() })
}

/// The profiles in a folder such as `~/.config/GIMP`, oldest first: `(3, 0)` for "3.0".
fn profiles(root: &Path) -> Vec<(u32, u32)> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter(|e| e.path().is_dir())
        .filter_map(|e| {
            let name = e.file_name().into_string().ok()?;
            // "3.0" and nothing more: "3.0.backup" is someone's copy.
            ask::numbers(&name).filter(|(a, b)| name == format!("{a}.{b}"))
        })
        .collect();
    found.sort_unstable();
    found
}

/// `root` is a folder such as `~/.config/GIMP`.
fn gimp_profile(
    package: Package,
    root: &Path,
    (major, minor): (u32, u32),
    cache: &Path,
    version: Option<String>,
) -> Place {
    let profile = format!("{major}.{minor}");
    Place {
        editor: Editor::Gimp,
        package,
        base: root.join(&profile).join("plug-ins"),
        profile: Some(profile),
        kritarc: None,
        log: log(cache, Editor::Gimp),
        version,
    }
}

fn gimp(folders: &Folders, found: &mut Found) {
    let root = folders.config.join("GIMP");
    let (versions, known) = (ask::gimps(), profiles(&root));
    let is_new = |v: &&String| ask::numbers(v).is_some_and(|n| n >= Editor::Gimp.oldest());
    match std::env::var_os("GIMP3_DIRECTORY").filter(|v| !v.is_empty()) {
        // GIMP itself takes this folder for its profile; a relative one is in the home folder.
        Some(own) => {
            let version = versions.iter().find(is_new).cloned();
            let place = gimp_profile(Package::Native, &root, (3, 0), &folders.cache, version);
            found.places.push(Place {
                base: folders.home.join(own).join("plug-ins"),
                profile: None,
                ..place
            });
        }
        None => native_gimp(folders, &root, &versions, &known, found),
    }
    found.looked.push(format!("3.* in {}", root.display()));
    for (package, own, config, cache) in sandboxes(folders, Editor::Gimp) {
        sandboxed_gimp(package, &own, &config.join("GIMP"), &cache, found);
    }
    found.looked.push("gimp, gimp-3.0, gimp-3.2 and gimp-console-3.* in PATH".to_owned());
    let profile = known.iter().rfind(|p| **p < Editor::Gimp.oldest()).map(|(a, b)| format!("{a}.{b}"));
    let old = versions.iter().find(|v| !is_new(v)).cloned().or(profile).or(found.old.take());
    if let Some(old) = old.filter(|_| found.places.is_empty() && found.notes.is_empty()) {
        found.notes.push(format!(
            "the GIMP here is {old}, which is too old: npe needs GIMP 3.0 or later, which has Python plug-ins"
        ));
    }
}

fn native_gimp(folders: &Folders, root: &Path, versions: &[String], known: &[(u32, u32)], found: &mut Found) {
    let place = |profile, version| gimp_profile(Package::Native, root, profile, &folders.cache, version);
    for profile in known.iter().filter(|p| **p >= Editor::Gimp.oldest()) {
        let version = versions.iter().find(|v| ask::numbers(v) == Some(*profile)).cloned();
        found.places.push(place(*profile, version));
    }
    for version in versions {
        let unknown = |p: &(u32, u32)| *p >= Editor::Gimp.oldest() && !known.contains(p);
        let Some(profile) = ask::numbers(version).filter(unknown) else { continue };
        match known.last() {
            // Never started. With no older settings to take over, GIMP is content with a folder that is there.
            None => found.places.push(place(profile, Some(version.clone()))),
            Some((major, minor)) => found.notes.push(format!(
                "GIMP {version} was never started here: start it once, so that it takes over the settings of \
                 GIMP {major}.{minor}, and run this again"
            )),
        }
    }
}

/// `own` is the folder that a flatpak or snap has in the home folder once it was started.
fn sandboxed_gimp(package: Package, own: &Path, root: &Path, cache: &Path, found: &mut Found) {
    found.looked.push(format!("3.* in {}", root.display()));
    if !own.exists() {
        return;
    }
    let version = sandboxed_version(package, Editor::Gimp);
    let of = |profile| version.clone().filter(|v| ask::numbers(v) == Some(profile));
    let (new, old): (Vec<_>, Vec<_>) = profiles(root).into_iter().partition(|p| *p >= Editor::Gimp.oldest());
    if new.is_empty() {
        found.old = old.last().map(|(a, b)| format!("{a}.{b}"));
    }
    found.places.extend(new.into_iter().map(|p| gimp_profile(package, root, p, cache, of(p))));
}

fn krita(folders: &Folders, found: &mut Found) {
    let place = |package, data: PathBuf, kritarc: PathBuf, cache: &Path, version| Place {
        editor: Editor::Krita,
        package,
        // The person may have moved Krita's resources.
        base: kritarc::resource_folder(&kritarc).unwrap_or(data),
        profile: None,
        kritarc: Some(kritarc),
        log: log(cache, Editor::Krita),
        version,
    };
    let (data, kritarc) = (folders.data.join("krita"), folders.kritarc());
    let version = ask::krita();
    found.looked.push(format!("{}, {}", data.display(), kritarc.display()));
    if version.is_some() || ask::in_path("krita").is_some() || data.is_dir() || kritarc.is_file() {
        found.places.push(place(Package::Native, data, kritarc, &folders.cache, version));
    }
    for (package, own, config, cache) in sandboxes(folders, Editor::Krita) {
        found.looked.push(own.display().to_string());
        if !own.is_dir() {
            continue;
        }
        let data = match package {
            Package::Flatpak => own.join("data/krita"),
            _ => own.join(".local/share/krita"),
        };
        let version = sandboxed_version(package, Editor::Krita);
        found.places.push(place(package, data, config.join("kritarc"), &cache, version));
    }
    found.looked.push("krita in PATH".to_owned());
}

/// The flatpak and the snap of an editor: its own folder, which is there if it was ever started, with settings and cache.
fn sandboxes(folders: &Folders, editor: Editor) -> Vec<(Package, PathBuf, PathBuf, PathBuf)> {
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    let flatpak = folders.home.join(".var/app").join(application(editor));
    let snap = folders.home.join("snap").join(editor.key());
    let current = snap.join("current");
    vec![
        (Package::Flatpak, flatpak.clone(), flatpak.join("config"), flatpak.join("cache")),
        (Package::Snap, current.clone(), current.join(".config"), snap.join("common/.cache")),
    ]
}

fn application(editor: Editor) -> &'static str {
    match editor {
        Editor::Gimp => "org.gimp.GIMP",
        Editor::Krita => "org.kde.krita",
    }
}

fn sandboxed_version(package: Package, editor: Editor) -> Option<String> {
    match package {
        Package::Flatpak => ask::flatpak(application(editor)),
        _ => ask::snap(editor.key()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_folders_with_two_numbers() {
        let root = tempfile::tempdir().unwrap();
        for name in ["2.10", "3.2", "3.0", "3.0.backup", "3", "x"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        std::fs::write(root.path().join("3.4"), "no folder").unwrap();
        assert_eq!(profiles(root.path()), [(2, 10), (3, 0), (3, 2)]);
        assert_eq!(profiles(&root.path().join("gone")), []);
    }
}
