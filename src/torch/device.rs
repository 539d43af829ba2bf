//! Where to compute. libtorch's CUDA half is a library of its own that must be loaded before libtorch is asked for anything:
//! it looks for it once.

use crate::error::{Error, Result};
use std::path::PathBuf;
use tch::{Cuda, Device};

/// The device of a name: `cpu`, `cuda`, `cuda:N`. To be called before anything else of libtorch.
///
/// # Errors
/// If the name is not known, or CUDA is not to be had, with the reason.
pub fn named(name: &str) -> Result<Device> {
    let number = match name {
        "cpu" => return Ok(Device::Cpu),
        "cuda" => 0,
        _ => match name.strip_prefix("cuda:").map(str::parse::<usize>) {
            Some(Ok(n)) => n,
            _ => {
                return Err(Error::told(format!(
                    "the device {name:?} is not known; use cpu, cuda or cuda:N"
                )));
            }
        },
    };
    load_cuda(name)?;
    let count = if Cuda::is_available() { Cuda::device_count().max(0) as usize } else { 0 };
    if count == 0 {
        return Err(Error::told(format!(
            "--device {name}: libtorch finds no usable GPU; see whether nvidia-smi lists one and its driver is new enough \
             for CUDA 13, or use --device cpu"
        )));
    }
    if number >= count {
        return Err(Error::told(format!(
            "--device {name}: libtorch finds {count} GPU{}, numbered from 0",
            if count == 1 { "" } else { "s" }
        )));
    }
    Ok(Device::Cuda(number))
}

/// Where libtorch_cuda.so may lie, the likeliest first: beside the libtorch_cpu.so in use, which it has to match; then as the
/// environment says.
fn folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    // /proc/self/maps has a line with the path of every library that is loaded.
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let loaded = maps.lines().filter_map(|line| line.find('/').map(|at| PathBuf::from(&line[at..])));
    let cpu = loaded.filter(|p| p.file_name().is_some_and(|n| n == "libtorch_cpu.so"));
    folders.extend(cpu.take(1).filter_map(|p| p.parent().map(PathBuf::from)));
    for variable in ["NPE_LIBTORCH", "LIBTORCH"] {
        if let Some(folder) = std::env::var_os(variable).map(PathBuf::from) {
            folders.extend([folder.join("lib"), folder]);
        }
    }
    folders
}

/// Loads libtorch's CUDA half into the process, for good.
fn load_cuda(name: &str) -> Result<()> {
    let folders = folders();
    let Some(path) = folders.iter().map(|f| f.join("libtorch_cuda.so")).find(|p| p.is_file()) else {
        let looked: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
        return Err(Error::told(format!(
            "--device {name}: there is no libtorch_cuda.so (looked in {}). It comes with PyTorch for CUDA, of the same \
             version as npe-train's libtorch: set NPE_LIBTORCH to its folder torch, or use --device cpu",
            looked.join(", ")
        )));
    };
    // dlopen takes a path with a slash as it is; a relative one would depend on the working directory.
    let path = path.canonicalize().unwrap_or(path);
    open(&path).map_err(|why| {
        Error::told(format!(
            "--device {name}: {} can't be loaded: {why}. The NVIDIA libraries that it needs have to be installed beside it \
             or in LD_LIBRARY_PATH; or use --device cpu",
            path.display()
        ))
    })
}

fn open(path: &std::path::Path) -> std::result::Result<(), String> {
    use std::os::unix::ffi::OsStrExt;
    let text = std::ffi::CString::new(path.as_os_str().as_bytes()).map_err(|e| e.to_string())?;
    // SAFETY: the path is a C string that lives through the call. Loading runs the library's initialisers: it is the one the
    // person chose, as they chose libtorch itself. Its symbols are to be seen by libtorch_cpu, hence RTLD_GLOBAL. The
    // handle is dropped on purpose: the library stays loaded.
    let handle = unsafe { libc::dlopen(text.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    if !handle.is_null() {
        return Ok(());
    }
    // SAFETY: dlerror gives null or a C string that is valid until this thread's next call of dl*.
    let message = unsafe { libc::dlerror() };
    if message.is_null() {
        return Err("an unknown error".into());
    }
    // SAFETY: not null, see above; copied at once.
    Err(unsafe { std::ffi::CStr::from_ptr(message) }.to_string_lossy().into_owned())
}
