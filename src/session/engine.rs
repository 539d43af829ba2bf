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
use crate::model::{Dtype, Model, Sizes};
use std::path::PathBuf;
use std::sync::Arc;

/// An engine on a device that works.
#[derive(Clone)]
pub enum Choice {
    /// npe's own; a phrase if CUDA was looked for in vain.
    Cpu { why_not_cuda: Option<String> },
    /// libtorch on the CPU.
    CpuTorch(&'static Opened),
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
            // The driver decides whether the CUDA half is opened too, for it can't be opened later.
            Device::CpuTorch => Ok(Self::CpuTorch(open(&Places::here(folder), gpus().is_ok())?)),
            Device::Cuda(n) => cuda(n, folder, false).map_err(|e| {
                let kind = if e.kind() == ErrorKind::OutOfMemory { e.kind() } else { ErrorKind::Device };
                let text =
                    format!("the device cuda:{n} is not available: {e}; use auto or cpu to work without it");
                Error::new(kind, text).with_source(e)
            }),
        }
    }

    /// npe's own CPU engine, and why it is not CUDA.
    pub fn cpu_because(why: String) -> Self {
        Choice::Cpu { why_not_cuda: Some(why) }
    }

    /// Its device; never [`Device::Auto`].
    pub fn device(&self) -> Device {
        match self {
            Self::Cpu { .. } => Device::Cpu,
            Self::CpuTorch(_) => Device::CpuTorch,
            Self::Cuda(_, n, _) => Device::Cuda(*n),
        }
    }

    /// For a person.
    pub fn describe(&self, threads: usize) -> String {
        let s = if threads == 1 { "" } else { "s" };
        match self {
            Self::Cpu { why_not_cuda } => {
                let why = why_not_cuda.as_ref().map(|w| format!("; not CUDA: {w}")).unwrap_or_default();
                format!("CPU, {threads} thread{s}, {}{why}", Isa::best().name())
            }
            Self::CpuTorch(opened) => {
                format!("CPU, {threads} thread{s}, libtorch {}", opened.libtorch.version)
            }
            Self::Cuda(_, n, gpu) => format!("CUDA {n}, {}", gpu.name),
        }
    }

    /// See [`super::SessionInfo::why_not_cuda`].
    pub fn why_not_cuda(&self) -> Option<&str> {
        match self {
            Self::Cpu { why_not_cuda } => why_not_cuda.as_deref(),
            _ => None,
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
            Self::CpuTorch(opened) => (opened, table::CPU),
            Self::Cuda(opened, n, _) => (opened, i32::from(*n)),
        };
        Ok(Arc::new(TorchGenerator::new(opened.table, &exact_bytes(model)?, device, threads)?))
    }
}

/// The model's file again, each weight exactly as it was.
fn exact_bytes(model: &Model) -> Result<Vec<u8>> {
    let sizes: Sizes = model.meta.sizes();
    let f32s = (sizes.tensors().iter())
        .filter(|(name, _)| name.ends_with(".weight"))
        .any(|(name, _)| model.tensor(name).is_some_and(|t| t.dtype() == Dtype::F32));
    model.to_bytes(if f32s { Dtype::F32 } else { Dtype::F16 })
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
    let libtorch =
        places.find(true).map_err(|e| if brief { no("no libtorch was found".into()) } else { e })?;
    if libtorch.cuda().is_none() {
        return Err(no(format!("the libtorch in {} has no CUDA", libtorch.lib.display())));
    }
    let opened = open(&places, true)
        .map_err(|e| if brief { no(format!("libtorch can't be opened: {e}")) } else { e })?;
    opened.cuda.clone().map_err(no)?;
    probe(opened.table, n.into())?;
    Ok(Choice::Cuda(opened, n, gpu))
}
