//! Opens libtorch and the torch engine, once per process, in the only order that works: `libtorch_cpu.so`, then
//! `libtorch_cuda.so` (before anything asks libtorch for CUDA: its answer is kept for good), then `libnpe_torch.so`.
//! Nothing is ever closed: libtorch does not survive it. Calls [`super::libtorch`], [`super::table`].

use super::libtorch::{Libtorch, Places};
use super::table::{self, Table};
use crate::error::{Error, ErrorKind, Result};
use once_cell::sync::OnceCell;
use std::path::{Path, PathBuf};

/// The engine, opened.
#[derive(Debug)]
pub struct Opened {
    /// Its functions.
    pub table: &'static Table,
    /// The libtorch it runs on.
    pub libtorch: Libtorch,
    /// Whether libtorch's CUDA half is open; else a phrase that says why not.
    pub cuda: Result<(), String>,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("version", &self.version).finish_non_exhaustive()
    }
}

static OPENED: OnceCell<Opened> = OnceCell::new();

/// The engine if it is open.
pub fn opened() -> Option<&'static Opened> {
    OPENED.get()
}

/// Opens the engine, or answers the open one. `cuda` asks for libtorch's CUDA half, where there is one. After a failure
/// another call tries again.
///
/// # Errors
/// [`ErrorKind::Device`] if libtorch or the engine is missing, of another version or broken.
pub fn open(places: &Places, cuda: bool) -> Result<&'static Opened> {
    OPENED.get_or_try_init(|| {
        let libtorch = places.find(cuda)?;
        let engine = engine_file()?;
        let core = libtorch.lib.join("libtorch_cpu.so");
        load(&core, true).map_err(|e| {
            broken(
                &core,
                &e,
                &format!("libtorch {} is damaged or incomplete; install it again", libtorch.version),
            )
        })?;
        let half = match libtorch.cuda() {
            None => Err(format!("the libtorch in {} has no CUDA", libtorch.lib.display())),
            Some(_) if !cuda => Err("CUDA was not wanted when libtorch was opened".to_owned()),
            Some(file) => {
                load(&file, true).map(drop).map_err(|e| format!("libtorch's CUDA can't be opened: {e}"))
            }
        };
        let library = load(&engine, false)
            .map_err(|e| broken(&engine, &e, "npe and its torch engine must be of the same release"))?;
        let table = entry(library, &engine)?;
        Ok(Opened { table, libtorch, cuda: half })
    })
}

fn broken(file: &Path, why: &str, advice: &str) -> Error {
    Error::new(ErrorKind::Device, format!("{} can't be opened: {why}; {advice}", file.display()))
}

/// The file of the torch engine: `NPE_TORCH_ENGINE`, or beside `libnpe.so` or the executable.
fn engine_file() -> Result<PathBuf> {
    let name = "libnpe_torch.so";
    let missing = |text: String| Error::new(ErrorKind::Device, text);
    if let Some(file) = std::env::var_os("NPE_TORCH_ENGINE").filter(|v| !v.is_empty()).map(PathBuf::from) {
        if !file.is_file() {
            return Err(missing(format!(
                "the torch engine NPE_TORCH_ENGINE, {}, is not a file",
                file.display()
            )));
        }
        return std::path::absolute(&file)
            .map_err(|e| missing(format!("{} has no absolute path: {e}", file.display())));
    }
    let folders: Vec<PathBuf> = super::libtorch::beside();
    let deps = folders.iter().filter(|f| !f.ends_with("deps")).map(|f| f.join("deps").join(name));
    let mut tried: Vec<PathBuf> = folders.iter().map(|f| f.join(name)).collect();
    for file in deps {
        if !tried.contains(&file) {
            tried.push(file);
        }
    }
    if let Some(file) = tried.iter().find(|f| f.is_file()) {
        return Ok(file.clone());
    }
    let tried: Vec<String> = tried.iter().map(|f| f.display().to_string()).collect();
    Err(missing(format!(
        "npe's torch engine, {name}, was not found; build it from npe's sources (`cargo build --release -p npe-torch`) and put it \
         beside npe's library or command, or name it with NPE_TORCH_ENGINE. Looked for: {}",
        tried.join(", ")
    )))
}

/// Asks an engine's library for its table, and checks it.
fn entry(library: &'static Library, file: &Path) -> Result<&'static Table> {
    let whose = file.display().to_string();
    // SAFETY: the symbol has this type in every version.
    let entry = unsafe { library.get::<table::Entry>(table::SYMBOL.as_bytes()) }.map_err(|_| {
        Error::new(
            ErrorKind::Device,
            format!("{whose} is not npe's torch engine: it has no {}", table::SYMBOL),
        )
    })?;
    // SAFETY: `Entry` takes nothing, and answers NULL or a table that lives for ever.
    unsafe { table::check(entry(), &whose) }
}

/// The table of an engine's library, for tests.
#[doc(hidden)]
pub fn open_engine(file: &Path) -> Result<&'static Table> {
    entry(load(file, false).map_err(|e| broken(file, &e, "give another"))?, file)
}

#[cfg(not(unix))]
use libloading::Library;
#[cfg(unix)]
use libloading::os::unix::Library;

/// Opens a library for good. `global`: its symbols are there for libraries opened later.
#[cfg(unix)]
fn load(file: &Path, global: bool) -> Result<&'static Library, String> {
    use libloading::os::unix::{RTLD_GLOBAL, RTLD_LOCAL, RTLD_NOW};
    let flags = RTLD_NOW | if global { RTLD_GLOBAL } else { RTLD_LOCAL };
    // SAFETY: libtorch's and npe's own initialisers may run on any thread; whoever can replace these files can replace npe.
    match unsafe { Library::open(Some(file), flags) } {
        // Never closed: libtorch keeps threads and thread-local state.
        Ok(library) => Ok(Box::leak(Box::new(library))),
        Err(e) => Err(std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string)),
    }
}

#[cfg(not(unix))]
fn load(_: &Path, _: bool) -> Result<&'static Library, String> {
    Err("the torch engine is built on Unix only".into())
}
