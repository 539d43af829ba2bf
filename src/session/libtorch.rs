//! Finds a libtorch of the right version. Only looks at files; `open` opens what is found. Calls [`crate::error`].
//!
//! The order is documented in `docs/libtorch.md`. What a person named (an option, `NPE_LIBTORCH`) is the only place looked
//! at; of the other places those of another version are passed over.

use super::table::LIBTORCH;
use crate::error::{Error, ErrorKind, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The commands that install a libtorch, for errors.
const INSTALL: &str =
    "install it with `python3 -m pip install torch==2.11.0`, or `cargo xtask libtorch` in npe's sources";

/// A libtorch of the right version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Libtorch {
    /// The folder of its libraries.
    pub lib: PathBuf,
    /// Such as "2.11.0+cu130".
    pub version: String,
}

impl Libtorch {
    /// Its CUDA half, where there is one.
    pub fn cuda(&self) -> Option<PathBuf> {
        Some(self.lib.join("libtorch_cuda.so")).filter(|p| p.exists())
    }
}

/// What decides where libtorch is looked for; a value so that tests can make their own.
#[derive(Debug, Default, Clone)]
pub struct Places {
    /// A libtorch that is in this process already: there can be no second one.
    pub present: Option<PathBuf>,
    /// Named by the host, or on the command line.
    pub option: Option<PathBuf>,
    /// `NPE_LIBTORCH`.
    pub variable: Option<PathBuf>,
    /// Folders with their names for errors, in order.
    pub others: Vec<(String, PathBuf)>,
}

/// What was found in one place.
enum Found {
    Right(Libtorch),
    Wrong(String),
}

impl Places {
    /// The places of this process.
    pub fn here(option: Option<PathBuf>) -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let mut others = Vec::new();
        for folder in beside() {
            others.push(("beside npe".to_owned(), folder.join("libtorch")));
            others.push(("beside npe".to_owned(), folder.clone()));
            // `target/libtorch` for `target/release`, and `lib/../libtorch` of an installation.
            if let Some(above) = folder.parent() {
                others.push(("above npe".to_owned(), above.join("libtorch")));
            }
        }
        let home = variable("HOME");
        let data = variable("XDG_DATA_HOME").or_else(|| home.as_ref().map(|h| h.join(".local/share")));
        others.extend(data.map(|d| ("the person's data folder".to_owned(), d.join("npe/libtorch"))));
        others.extend(variable("LIBTORCH").map(|d| ("LIBTORCH".to_owned(), d)));
        others.extend(pythons(variable("PATH").map(PathBuf::into_os_string), home));
        Self { present: present(), option, variable: variable("NPE_LIBTORCH"), others }
    }

    /// The first libtorch of the right version; if `cuda` is wanted, the first with a CUDA half before all others.
    ///
    /// # Errors
    /// [`ErrorKind::Device`] with all places and what was wrong with each.
    pub fn find(&self, cuda: bool) -> Result<Libtorch> {
        if let Some(lib) = &self.present {
            return match look(lib) {
                Some(Found::Right(found)) => Ok(found),
                Some(Found::Wrong(why)) => Err(refuse(format!(
                    "this process has loaded a libtorch already, but {} {why}; npe needs {LIBTORCH}",
                    lib.display()
                ))),
                None => Err(refuse(format!(
                    "this process has loaded a libtorch already, but {} does not say its version; npe needs {LIBTORCH}",
                    lib.display()
                ))),
            };
        }
        let named = [("the folder that was given", &self.option), ("NPE_LIBTORCH", &self.variable)];
        if let Some((name, Some(folder))) = named.into_iter().find(|(_, f)| f.is_some()) {
            let why = match look(folder) {
                Some(Found::Right(found)) => return Ok(found),
                Some(Found::Wrong(why)) => why,
                None => "has no libtorch_cpu.so, neither in it nor in its lib".to_owned(),
            };
            return Err(refuse(format!(
                "{name}, {}, {why}; npe needs libtorch {LIBTORCH}: {INSTALL}",
                folder.display()
            )));
        }
        let mut right = Vec::new();
        let mut tried: Vec<String> = Vec::new();
        for (name, folder) in &self.others {
            let said = match look(folder) {
                Some(Found::Right(found)) => {
                    right.push(found);
                    continue;
                }
                Some(Found::Wrong(why)) => format!("{} ({name}) {why}", folder.display()),
                None => format!("{} ({name})", folder.display()),
            };
            if !tried.contains(&said) {
                tried.push(said);
            }
        }
        let best = if cuda { right.iter().position(|r| r.cuda().is_some()) } else { None };
        if right.is_empty() {
            return Err(refuse(format!(
                "libtorch {LIBTORCH} was not found; {INSTALL}; or name its folder with NPE_LIBTORCH. \
                 Looked for libtorch_cpu.so in: {}",
                tried.join(", ")
            )));
        }
        Ok(right.swap_remove(best.unwrap_or(0)))
    }
}

fn refuse(sentence: String) -> Error {
    Error::new(ErrorKind::Device, sentence)
}

/// What is in a folder: a libtorch's root, a Python package `torch`, or the folder of the libraries itself.
fn look(folder: &Path) -> Option<Found> {
    let lib =
        [folder.join("lib"), folder.to_owned()].into_iter().find(|l| l.join("libtorch_cpu.so").exists())?;
    let roots = [Some(lib.as_path()), lib.parent()];
    let version = roots.into_iter().flatten().find_map(version_of);
    Some(match version {
        Some(version) if version == LIBTORCH || version.starts_with(&format!("{LIBTORCH}+")) => {
            // dlopen needs an absolute path: a bare name would be searched for.
            match std::path::absolute(&lib) {
                Ok(lib) => Found::Right(Libtorch { lib, version }),
                Err(e) => Found::Wrong(format!("has no absolute path: {e}")),
            }
        }
        Some(version) => Found::Wrong(format!("has libtorch {version}, not {LIBTORCH}")),
        None => Found::Wrong("does not say its version (no build-version, no version.py)".into()),
    })
}

/// `build-version` of a libtorch, or `__version__` in the `version.py` of a Python package, which is not run.
fn version_of(root: &Path) -> Option<String> {
    let plain =
        |v: &str| (!v.is_empty() && v.len() < 64 && !v.contains(char::is_control)).then(|| v.to_owned());
    let read = |name: &str| {
        use std::io::Read;
        let mut text = String::new();
        std::fs::File::open(root.join(name)).ok()?.take(4096).read_to_string(&mut text).ok()?;
        Some(text)
    };
    if let Some(text) = read("build-version") {
        return plain(text.trim());
    }
    let text = read("version.py")?;
    let value = text.lines().find_map(|l| l.strip_prefix("__version__")?.trim().strip_prefix('='))?;
    plain(value.trim().trim_matches(['"', '\'']))
}

/// The folders of `libnpe.so` and of the executable.
pub fn beside() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let exe = std::env::current_exe().ok();
    for file in [own_library(), exe].into_iter().flatten() {
        let file = std::fs::canonicalize(&file).unwrap_or(file);
        if let Some(folder) =
            file.parent().map(Path::to_owned).filter(|f| f.is_absolute() && !folders.contains(f))
        {
            // Cargo's tests and examples lie one deeper than what they use.
            let deps = (folder.ends_with("deps") || folder.ends_with("examples"))
                .then(|| folder.parent().map(Path::to_owned))
                .flatten();
            folders.push(folder);
            folders.extend(deps.filter(|d| !folders.contains(d)));
        }
    }
    folders
}

/// The file that this code was loaded from.
#[cfg(unix)]
fn own_library() -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    // SAFETY: Dl_info is pointers, for which zeros are a value.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: the address of a function of this library, and a place for the answer.
    if unsafe { libc::dladdr(own_library as *const libc::c_void, &mut info) } == 0 || info.dli_fname.is_null()
    {
        return None;
    }
    // SAFETY: a NUL-terminated text that lives as long as the library.
    let name = unsafe { std::ffi::CStr::from_ptr(info.dli_fname) };
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(name.to_bytes())))
}

#[cfg(not(unix))]
fn own_library() -> Option<PathBuf> {
    None
}

/// The folder of a libtorch that someone else has loaded into this process (such as Python's `import torch`).
fn present() -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|l| l.ends_with("/libtorch_cpu.so"))?;
    Path::new(&line[line.find('/')?..]).parent().map(Path::to_owned)
}

/// Where Pythons keep a package `torch`: the active environment's, those of the `python3`s in PATH, the person's.
fn pythons(path: Option<OsString>, home: Option<PathBuf>) -> Vec<(String, PathBuf)> {
    let active =
        ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(|v| std::env::var_os(v).map(PathBuf::from));
    let path = path.unwrap_or_default();
    let in_path = std::env::split_paths(&path).filter(|d| d.join("python3").exists()).filter_map(|d| {
        // `/bin` is often a link to `/usr/bin`.
        std::fs::canonicalize(&d).unwrap_or(d).parent().map(Path::to_owned)
    });
    let prefixes = active
        .chain(in_path)
        .chain(home.map(|h| h.join(".local")))
        .chain(["/usr/local".into(), "/usr".into()]);
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for prefix in prefixes {
        for lib in ["lib", "lib64"] {
            let Ok(entries) = std::fs::read_dir(prefix.join(lib)) else { continue };
            let mut versions: Vec<PathBuf> = (entries.flatten().map(|e| e.path()))
                .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("python3")))
                .collect();
            versions.sort();
            for python in versions {
                for packages in ["site-packages", "dist-packages"] {
                    let torch = python.join(packages).join("torch");
                    let at = ("Python".to_owned(), torch);
                    if at.1.parent().is_some_and(Path::is_dir) && !found.contains(&at) {
                        found.push(at);
                    }
                }
            }
        }
    }
    found
}
