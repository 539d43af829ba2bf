//! The process-wide session: the device, its threads, the loaded models. Engines are made here and nowhere else.

use crate::cpu::CpuGenerator;
use crate::edit::ModelId;
use crate::error::{Error, ErrorKind, Result};
use crate::generator::Generator;
use crate::limits;
use crate::model::{Meta, Model};
use once_cell::sync::Lazy;
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Weak};

/// Where a network runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Device {
    /// The best that works: today the CPU engine.
    #[default]
    Auto,
    /// npe's own CPU engine.
    Cpu,
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "auto" => Ok(Device::Auto),
            "cpu" => Ok(Device::Cpu),
            _ if name.starts_with("cuda") => Err(Error::new(
                ErrorKind::Device,
                format!("the device {name} is not available: this npe has no CUDA engine; use auto or cpu"),
            )),
            _ => Err(Error::invalid(format!("the device {name:?} is not known; use auto or cpu"))),
        }
    }
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
    /// For a person: "CPU, 2 threads, AVX-512".
    pub device: String,
    /// Whether a GPU does the work.
    pub is_cuda: bool,
    /// Threads a stroke may use.
    pub threads: usize,
    /// Models in memory now.
    pub models: usize,
}

#[derive(Default)]
struct Inner {
    threads: Option<usize>,
    models: Vec<(Source, usize, Weak<LoadedModel>)>,
}

#[derive(Clone, PartialEq, Eq)]
enum Source {
    Bundled,
    /// Path, length and time of change: an overwritten file is another model.
    File(PathBuf, u64, Option<std::time::SystemTime>),
}

impl Inner {
    fn find(&self, source: &Source, threads: usize) -> Option<Arc<LoadedModel>> {
        self.models.iter().find(|(s, n, _)| s == source && *n == threads).and_then(|(_, _, m)| m.upgrade())
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
    _device: Device,
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
    let threads = {
        let mut inner = SESSION.lock();
        inner.models.retain(|(_, _, m)| m.strong_count() > 0);
        let count = threads(&inner);
        if let Some(model) = inner.find(&source, count) {
            drop(inner);
            progress(1.0);
            return Ok(model);
        }
        count
    };
    // Not under the lock: a progress callback may ask the session something.
    let model = match path {
        None => Model::bundled()?,
        Some(path) => Model::open(path)?,
    };
    if !progress(0.5) {
        return Err(stop());
    }
    let generator = Arc::new(CpuGenerator::new(&model, threads)?);
    if !progress(1.0) {
        return Err(stop());
    }
    let loaded =
        Arc::new(LoadedModel { generator, sha256: model.sha256().to_owned(), meta: model.meta.clone() });
    let mut inner = SESSION.lock();
    // Another thread may have been faster.
    if let Some(model) = inner.find(&source, threads) {
        return Ok(model);
    }
    inner.models.push((source, threads, Arc::downgrade(&loaded)));
    Ok(loaded)
}

/// What the session runs on now.
pub fn info() -> SessionInfo {
    let inner = SESSION.lock();
    let threads = threads(&inner);
    let kernels = crate::cpu::Isa::best().name();
    let s = if threads == 1 { "" } else { "s" };
    SessionInfo {
        device: format!("CPU, {threads} thread{s}, {kernels}"),
        is_cuda: false,
        threads,
        models: inner.models.iter().filter(|(_, _, m)| m.strong_count() > 0).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_model_is_loaded_once_and_freed_by_its_last_holder() {
        let go = &mut |_: f32| true;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/faces-prototype.safetensors");
        let first = load(Some(&path), Device::Auto, go).unwrap();
        let again = load(Some(&path), Device::Cpu, go).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(first.sha256, load(None, Device::Cpu, go).unwrap().sha256);
        let weak = Arc::downgrade(&first);
        drop((first, again));
        assert!(weak.upgrade().is_none());
    }

    #[test]
    fn refusals_say_what_to_do_and_leave_what_was_loaded() {
        let go = &mut |_: f32| true;
        let kept = load(None, Device::Auto, go).unwrap();
        let told = |e: Result<Arc<LoadedModel>>| e.err().expect("an error").to_string();
        let error = told(load(Some(Path::new("no/such.safetensors")), Device::Auto, go));
        assert!(error.contains("no/such.safetensors can't be read"), "{error}");
        let error =
            told(load(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")), Device::Auto, go));
        assert!(error.contains("safetensors"), "{error}");
        assert_eq!("cuda:0".parse::<Device>().unwrap_err().kind(), ErrorKind::Device);
        assert!("gpu".parse::<Device>().unwrap_err().to_string().contains("use auto or cpu"));
        assert!(set_threads(limits::THREADS + 1).unwrap_err().to_string().contains("at most 64"));
        let z = vec![0.1; kept.generator.latents()];
        assert!(kept.generator.decode(&z).is_ok());
        assert!(info().models >= 1 && info().device.starts_with("CPU, "));
    }

    #[test]
    fn loading_can_be_cancelled() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/faces-prototype.safetensors");
        // A path of its own, so that no other test has it loaded.
        let copy = tempfile::NamedTempFile::new().unwrap();
        std::fs::copy(path, copy.path()).unwrap();
        let error = load(Some(copy.path()), Device::Auto, &mut |p| p < 0.5).err().expect("an error");
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert!(load(Some(copy.path()), Device::Auto, &mut |_| true).is_ok());
    }
}
