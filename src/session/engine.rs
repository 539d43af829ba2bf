//! Which engine a device means, and making a network in it. Calls `open`, `driver`, `torch` and the CPU engine.

use super::device::Device;
use super::driver::{Gpu, gpus};
use super::libtorch::Places;
use super::open::{Opened, open};
use super::table;
use super::torch::{TorchGenerator, probe};
use crate::cpu::{CpuGenerator, Isa};
use crate::error::{Error, ErrorKind, Result};
use crate::generator::Generator;
use crate::model::{Meta, Model};
use std::path::PathBuf;
use std::sync::Arc;

/// An engine on a device that works.
#[derive(Clone)]
pub enum Choice {
    /// npe's own; a phrase if CUDA was looked for in vain.
    Cpu { why_not_cuda: Option<String> },
    /// libtorch on the CPU; if it was chosen because npe's own engine does not run the model, a phrase why it is not CUDA.
    CpuTorch { opened: &'static Opened, why_not_cuda: Option<String> },
    /// libtorch on a GPU.
    Cuda(&'static Opened, u8, Gpu),
}

impl Default for Choice {
    fn default() -> Self {
        Choice::Cpu { why_not_cuda: None }
    }
}

impl Choice {
    /// What this device means here. `folder` is where the host says that libtorch is.
    ///
    /// # Errors
    /// [`ErrorKind::Device`] if the device is not there or its engine can't be opened; never for `auto` and `cpu`.
    pub fn of(device: Device, folder: Option<PathBuf>) -> Result<Self> {
        match device {
            Device::Cpu => Ok(Self::default()),
            Device::Auto => Ok(match cuda(0, folder, true) {
                Ok(choice) => choice,
                Err(why) => Self::cpu_because(why.to_string()),
            }),
            Device::CpuTorch => Self::cpu_torch(folder, None),
            Device::Cuda(n) => cuda(n, folder, false).map_err(|e| {
                let kind = if e.kind() == ErrorKind::OutOfMemory { e.kind() } else { ErrorKind::Device };
                let text = format!("the device cuda:{n} is not available: {e}; use auto to work without it");
                Error::new(kind, text).with_source(e)
            }),
        }
    }

    /// npe's own CPU engine, and why `auto` is not CUDA.
    pub fn cpu_because(why: String) -> Self {
        Choice::Cpu { why_not_cuda: Some(why) }
    }

    fn cpu_torch(folder: Option<PathBuf>, why_not_cuda: Option<String>) -> Result<Self> {
        // The driver decides whether the CUDA half is opened too, for it can't be opened later.
        let opened = open(&Places::here(folder), gpus().is_ok())?;
        Ok(Self::CpuTorch { opened, why_not_cuda })
    }

    /// What `auto` means for this model: where its answer is npe's own engine and that does not run the architecture, libtorch
    /// on the CPU. Any other choice stays.
    ///
    /// # Errors
    /// [`ErrorKind::Device`] if the model needs libtorch and that can't be opened.
    pub fn for_model(self, meta: &Meta, folder: Option<PathBuf>) -> Result<Self> {
        match self {
            Self::Cpu { why_not_cuda: Some(why) } if !CpuGenerator::runs(&meta.architecture) => {
                Self::cpu_torch(folder, Some(why)).map_err(|e| {
                    let (name, architecture) = (&meta.name, &meta.architecture);
                    let text = format!(
                        "the model {name:?} is of architecture {architecture:?}, which needs libtorch: {e}"
                    );
                    Error::new(e.kind(), text).with_source(e)
                })
            }
            other => Ok(other),
        }
    }

    /// Its device; never [`Device::Auto`].
    pub fn device(&self) -> Device {
        match self {
            Self::Cpu { .. } => Device::Cpu,
            Self::CpuTorch { .. } => Device::CpuTorch,
            Self::Cuda(_, n, _) => Device::Cuda(*n),
        }
    }

    /// For a person.
    pub fn describe(&self, threads: usize) -> String {
        let s = if threads == 1 { "" } else { "s" };
        let not_cuda = self.why_not_cuda().map(|why| format!("; not CUDA: {why}")).unwrap_or_default();
        match self {
            Self::Cpu { .. } => format!("CPU, {threads} thread{s}, {}{not_cuda}", Isa::best().name()),
            Self::CpuTorch { opened, why_not_cuda } => {
                let needed = if why_not_cuda.is_some() { ", which the model needs" } else { "" };
                format!("CPU, {threads} thread{s}, libtorch {}{needed}{not_cuda}", opened.libtorch.version)
            }
            Self::Cuda(_, n, gpu) => format!("CUDA {n}, {}", gpu.name),
        }
    }

    /// See [`super::SessionInfo::why_not_cuda`].
    pub fn why_not_cuda(&self) -> Option<&str> {
        match self {
            Self::Cpu { why_not_cuda } | Self::CpuTorch { why_not_cuda, .. } => why_not_cuda.as_deref(),
            Self::Cuda(..) => None,
        }
    }

    /// Bytes of the GPU's memory.
    pub fn memory(&self) -> u64 {
        if let Self::Cuda(_, _, gpu) = self { gpu.memory } else { 0 }
    }

    /// Makes a network.
    ///
    /// # Errors
    /// If the device fails or memory is short.
    pub fn make(&self, model: &Model, threads: usize) -> Result<Arc<dyn Generator>> {
        let (opened, device) = match self {
            Self::Cpu { .. } => return Ok(Arc::new(CpuGenerator::new(model, threads)?)),
            Self::CpuTorch { opened, .. } => (opened, table::CPU),
            Self::Cuda(opened, n, _) => (opened, i32::from(*n)),
        };
        Ok(Arc::new(TorchGenerator::new(opened.table, model, device, threads)?))
    }
}

/// A CUDA device that has really computed something. `brief`: the error is a phrase for the session's info.
fn cuda(n: u8, folder: Option<PathBuf>, brief: bool) -> Result<Choice> {
    let no = |why: String| Error::new(ErrorKind::Device, why);
    // The cheap questions first: most machines have no driver, and then libtorch's 500 MB stay closed.
    let gpus = gpus().map_err(no)?;
    let count = gpus.len();
    let gpu = gpus.into_iter().nth(n.into()).ok_or_else(|| {
        no(format!(
            "this machine has {count} CUDA device{}, numbered from 0",
            if count == 1 { "" } else { "s" }
        ))
    })?;
    let places = Places::here(folder);
    // What comes after the first part is advice, and every place looked at.
    let first = |e: Error| no(e.to_string().split(';').next().unwrap_or_default().to_owned());
    let libtorch = places.find(true).map_err(|e| if brief { first(e) } else { e })?;
    if libtorch.cuda().is_none() {
        return Err(no(format!("the libtorch in {} has no CUDA", libtorch.lib.display())));
    }
    let opened = open(&places, true)
        .map_err(|e| if brief { no(format!("libtorch can't be opened: {e}")) } else { e })?;
    opened.cuda.clone().map_err(no)?;
    probe(opened.table, n.into())?;
    Ok(Choice::Cuda(opened, n, gpu))
}
