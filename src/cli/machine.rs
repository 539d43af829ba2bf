//! Which model, which device, how many threads: the options that most commands share.

use crate::report::{Failure, Result};
use npe::session::{self, Device, LoadedModel};
use npe::{Error, ErrorKind, limits};
use std::path::PathBuf;
use std::sync::Arc;

/// The options.
#[derive(clap::Args)]
#[group(skip)]
pub struct Args {
    /// An npe-model file; without it the bundled model is used
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Where the network runs: auto (CUDA if it works, else cpu, or cpu-torch for a model that cpu does not run), cpu, cpu-torch,
    /// cuda or cuda:N
    #[arg(long, default_value = "auto", value_name = "NAME")]
    pub device: String,
    /// The folder of libtorch, for cuda and cpu-torch; without it, it is looked for
    #[arg(long, value_name = "FOLDER")]
    pub libtorch: Option<PathBuf>,
    /// How many threads may work; 0 is the number of processors, at most 8
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub threads: usize,
}

impl Args {
    /// Threads that may work at the same time.
    pub fn threads(&self) -> Result<usize> {
        if self.threads > limits::THREADS {
            let n = self.threads;
            return Err(Failure::usage(format!("--threads is {n}; it must be 0 to {}", limits::THREADS)));
        }
        session::set_threads(self.threads)?;
        Ok(session::info().threads)
    }

    /// Loads the model, with its engine on one thread if `jobs` photos are edited side by side.
    pub fn load(&self, jobs: usize) -> Result<Arc<LoadedModel>> {
        let device: Device = self.device.parse().map_err(Failure::usage)?;
        session::set_libtorch(self.libtorch.as_deref())?;
        let threads = self.threads()?;
        if jobs > 1 {
            session::set_threads(1)?;
        }
        let model = session::load(self.model.as_deref(), device, &mut |_| true)?;
        session::set_threads(threads)?;
        Ok(model)
    }
}

/// A pool of this many threads, so that work on several photos keeps within the bound.
pub fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|e| {
        let text = format!("{threads} threads could not be started: {e}; give fewer with --threads");
        Error::new(ErrorKind::Device, text).with_source(e).into()
    })
}
