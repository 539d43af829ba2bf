//! The process-wide session: the device, its threads, the loaded models. Engines are made here and nowhere else: npe's own
//! CPU engine, and the torch engine, a library of its own that is opened when a device needs it (`docs/libtorch.md`).

mod device;
mod driver;
mod engine;
mod libtorch;
mod open;
pub mod table;
mod torch;

pub use device::Device;

use crate::edit::ModelId;
use crate::error::{Error, ErrorKind, Result};
use crate::generator::Generator;
use crate::limits;
use crate::model::{Meta, Model};
use engine::Choice;
use once_cell::sync::Lazy;
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

/// For npe's own tests; not part of any interface.
#[doc(hidden)]
pub mod testing {
    pub use super::open::open_engine;
    pub use super::torch::{TorchGenerator, probe};
}

/// A model in memory, ready to encode, decode and pull. Shared: loading the same file again gives the same one, and the
/// last holder frees it.
pub struct LoadedModel {
    /// The network.
    pub generator: Arc<dyn Generator>,
    /// What the file says of it.
    pub meta: Meta,
    /// Hash of the file.
    pub sha256: String,
    /// Where it runs; never [`Device::Auto`].
    pub device: Device,
}

impl LoadedModel {
    /// Name and hash, as stroke files keep them.
    pub fn id(&self) -> ModelId {
        ModelId { name: self.meta.name.clone(), sha256: self.sha256.clone() }
    }
}

/// What the session runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// For a person: "CPU, 2 threads, AVX-512", or "CUDA 0, NVIDIA H100 80GB HBM3". It is that of the last load, and says
    /// why [`Device::Auto`] is not CUDA, or not npe's own engine.
    pub device: String,
    /// Whether a GPU does the work.
    pub is_cuda: bool,
    /// Why [`Device::Auto`] did not take CUDA, in a phrase; none if CUDA works or was not asked for.
    pub why_not_cuda: Option<String>,
    /// Memory of the GPU in bytes, 0 if a CPU does the work.
    pub device_memory: u64,
    /// The version of libtorch, if it is open.
    pub libtorch: Option<String>,
    /// Threads a stroke may use.
    pub threads: usize,
    /// Models in memory now.
    pub models: usize,
}

#[derive(Default)]
struct Inner {
    threads: Option<usize>,
    libtorch: Option<PathBuf>,
    last: Option<Choice>,
    models: Vec<(Key, Weak<LoadedModel>)>,
}

/// Loads with equal keys share.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    source: Source,
    threads: usize,
    device: Device,
}

#[derive(Clone, PartialEq, Eq)]
enum Source {
    Bundled,
    /// Path, length and time of change: an overwritten file is another model.
    File(PathBuf, u64, Option<std::time::SystemTime>),
}

impl Inner {
    /// What the file of this source says, if it is loaded on any device.
    fn meta(&self, source: &Source) -> Option<Meta> {
        let of_source = self.models.iter().filter(|(k, _)| k.source == *source);
        of_source.filter_map(|(_, m)| m.upgrade()).map(|m| m.meta.clone()).next()
    }

    fn find(&self, key: &Key) -> Option<Arc<LoadedModel>> {
        self.models.iter().find(|(k, _)| k == key).and_then(|(_, m)| m.upgrade())
    }
}

static SESSION: Lazy<Mutex<Inner>> = Lazy::new(Mutex::default);

/// Sets how many threads engines loaded from now on use; 0 is the number of processors, at most 8.
///
/// # Errors
/// If it is over [`limits::THREADS`].
pub fn set_threads(threads: usize) -> Result<()> {
    if threads > limits::THREADS {
        return Err(Error::limit(format!(
            "{threads} threads asked for; at most {} are taken",
            limits::THREADS
        )));
    }
    SESSION.lock().threads = (threads > 0).then_some(threads);
    Ok(())
}

/// Names the folder of the libtorch to open, or none to look for one again; see `docs/libtorch.md`.
///
/// # Errors
/// [`ErrorKind::Device`] if another one is open already: a process has one libtorch for good.
pub fn set_libtorch(folder: Option<&Path>) -> Result<()> {
    let absolute = |p: &Path| {
        let bad =
            |e| Error::invalid(format!("the folder of libtorch, {}, has no absolute path: {e}", p.display()));
        std::path::absolute(p).map_err(bad)
    };
    let folder = folder.map(absolute).transpose()?;
    if let (Some(folder), Some(open)) = (&folder, open::opened()) {
        let same = |a: &Path| std::fs::canonicalize(a).ok() == std::fs::canonicalize(&open.libtorch.lib).ok();
        if !same(folder) && !same(&folder.join("lib")) {
            return Err(Error::new(
                ErrorKind::Device,
                format!(
                    "the libtorch in {} is open already and can't be changed for {}; name it before the first load",
                    open.libtorch.lib.display(),
                    folder.display()
                ),
            ));
        }
    }
    SESSION.lock().libtorch = folder;
    Ok(())
}

fn threads(inner: &Inner) -> usize {
    // More than 8 threads do not help networks of this size.
    inner.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get().min(8)))
}

/// Loads a model (the bundled one if `path` is none), or shares the one that is loaded already. Takes some hundred
/// milliseconds; `progress` is told how far it is (0..1) and may answer false to stop.
///
/// # Errors
/// If the file is refused, the device is not there, memory is short, or `progress` stopped it; models loaded before stay.
pub fn load(
    path: Option<&Path>,
    device: Device,
    progress: &mut dyn FnMut(f32) -> bool,
) -> Result<Arc<LoadedModel>> {
    let stop = || Error::new(ErrorKind::Cancelled, "loading the model was cancelled");
    let source = match path {
        None => Source::Bundled,
        Some(path) => {
            let unreadable = |e| {
                Error::new(ErrorKind::Io, format!("the model file {} can't be read: {e}", path.display()))
                    .with_source(e)
            };
            // `io::Error` has no copy, so its text goes into the sentence before it becomes the source.
            let full = std::fs::canonicalize(path).map_err(unreadable)?;
            let meta = std::fs::metadata(&full).map_err(unreadable)?;
            Source::File(full, meta.len(), meta.modified().ok())
        }
    };
    if !progress(0.0) {
        return Err(stop());
    }
    let (threads, folder, known) = {
        let inner = SESSION.lock();
        (threads(&inner), inner.libtorch.clone(), inner.meta(&source))
    };
    // Not under the lock: opening libtorch takes a while, and a progress callback may ask the session something.
    let mut choice = Choice::of(device, folder.clone())?;
    if let Some(meta) = &known {
        choice = choice.for_model(meta, folder.clone())?;
    }
    let mut key = Key { source, threads, device: choice.device() };
    let shared = |key: &Key, choice: &Choice| {
        let mut inner = SESSION.lock();
        inner.models.retain(|(_, m)| m.strong_count() > 0);
        let found = inner.find(key)?;
        inner.last = Some(choice.clone());
        Some(found)
    };
    if let Some(model) = shared(&key, &choice) {
        progress(1.0);
        return Ok(model);
    }
    let model = match path {
        None => Model::bundled()?,
        Some(path) => Model::open(path)?,
    };
    if !progress(0.5) {
        return Err(stop());
    }
    choice = choice.for_model(&model.meta, folder.clone())?;
    key.device = choice.device();
    let generator = match choice.make(&model, threads) {
        Ok(generator) => generator,
        // A GPU that works but has no room: the CPU does.
        Err(e) if device == Device::Auto && matches!(choice.device(), Device::Cuda(_)) => {
            choice = Choice::cpu_because(format!("the GPU does not take the model: {e}"))
                .for_model(&model.meta, folder)?;
            key.device = choice.device();
            choice.make(&model, threads)?
        }
        Err(e) => return Err(e),
    };
    if !progress(1.0) {
        return Err(stop());
    }
    let (sha256, meta, device) = (model.sha256().to_owned(), model.meta.clone(), key.device);
    let loaded = Arc::new(LoadedModel { generator, meta, sha256, device });
    let mut inner = SESSION.lock();
    inner.last = Some(choice);
    // Another thread may have been faster.
    if let Some(model) = inner.find(&key) {
        return Ok(model);
    }
    inner.models.push((key, Arc::downgrade(&loaded)));
    Ok(loaded)
}

/// What the session runs on now: where the last model was loaded, the CPU before there was one.
pub fn info() -> SessionInfo {
    let inner = SESSION.lock();
    let threads = threads(&inner);
    let choice = inner.last.clone().unwrap_or_default();
    SessionInfo {
        device: choice.describe(threads),
        is_cuda: matches!(choice.device(), Device::Cuda(_)),
        why_not_cuda: choice.why_not_cuda().map(str::to_owned),
        device_memory: choice.memory(),
        libtorch: open::opened().map(|o| o.libtorch.version.clone()),
        threads,
        models: inner.models.iter().filter(|(_, m)| m.strong_count() > 0).count(),
    }
}

#[cfg(test)]
mod tests;
