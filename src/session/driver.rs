//! Asks the NVIDIA driver what is there, without libtorch: a cheap answer before 500 MB are opened. Calls nobody.

use once_cell::sync::Lazy;

/// A CUDA device as the driver describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpu {
    /// Such as "NVIDIA H100 80GB HBM3".
    pub name: String,
    /// Its memory in bytes.
    pub memory: u64,
}

/// The CUDA devices, in the order of their numbers; the error is a phrase that says why there are none. Asked once.
pub fn gpus() -> Result<Vec<Gpu>, String> {
    static GPUS: Lazy<Result<Vec<Gpu>, String>> = Lazy::new(ask);
    GPUS.clone()
}

#[cfg(target_os = "linux")]
fn ask() -> Result<Vec<Gpu>, String> {
    use libloading::{Library, Symbol};
    use std::ffi::{CStr, c_char, c_int, c_uint};

    let driver = "the NVIDIA driver";
    // SAFETY: the driver's library; opening it has no other effect than its own initialisation.
    let library = unsafe { Library::new("libcuda.so.1") }
        .map_err(|_| "there is no NVIDIA driver (libcuda.so.1 can't be opened)".to_owned())?;
    // The driver keeps threads and exit handlers of its own: never close it.
    let library: &'static Library = Box::leak(Box::new(library));
    macro_rules! symbol {
        ($name:literal, $type:ty) => {{
            // SAFETY: the type is the one that NVIDIA documents for this function.
            let symbol: Symbol<'static, $type> = unsafe { library.get(concat!($name, "\0").as_bytes()) }
                .map_err(|_| format!("{driver} has no {}", $name))?;
            symbol
        }};
    }
    let init = symbol!("cuInit", unsafe extern "C" fn(c_uint) -> c_int);
    let count_of = symbol!("cuDeviceGetCount", unsafe extern "C" fn(*mut c_int) -> c_int);
    let name_of = symbol!("cuDeviceGetName", unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_int);
    let memory_of = symbol!("cuDeviceTotalMem_v2", unsafe extern "C" fn(*mut usize, c_int) -> c_int);

    // SAFETY: cuInit takes the flags 0 and may be called any number of times.
    match unsafe { init(0) } {
        0 => {}
        100 => return Err(format!("{driver} finds no GPU")),
        status => return Err(format!("{driver} does not start (cuInit answers {status})")),
    }
    let mut count = 0;
    // SAFETY: writes one number.
    let status = unsafe { count_of(&mut count) };
    if status != 0 || count < 1 {
        return Err(format!("{driver} finds no GPU"));
    }
    // A device's handle is its number.
    Ok((0..count)
        .map(|device| {
            let (mut name, mut memory) = ([0 as c_char; 128], 0);
            // SAFETY: at most the said length is written, with a NUL; and one number.
            let failed = unsafe {
                name_of(name.as_mut_ptr(), name.len() as c_int - 1, device) | memory_of(&mut memory, device)
            };
            // SAFETY: the last byte is 0 whatever was written.
            let name = unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned();
            Gpu { name: if failed == 0 { name } else { "a GPU".into() }, memory: memory as u64 }
        })
        .collect())
}

#[cfg(not(target_os = "linux"))]
fn ask() -> Result<Vec<Gpu>, String> {
    Err("CUDA is used on Linux only".into())
}
