//! The process-wide session.

use super::boundary::guarded;
use super::pointer::{Out, Plain, path_of, read_text};
use super::status::npe_status;
use crate::session;
use std::ffi::c_char;

/// What npe runs on.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_session_info {
    /// For a person, such as "CPU, 2 threads, AVX-512" or "CUDA 0, NVIDIA H100 80GB HBM3": where the last model was loaded. If
    /// "auto" did not take CUDA, it says why not.
    pub device: [c_char; 128],
    /// The version of libtorch if it is open, "" if npe's own CPU engine works alone.
    pub libtorch_version: [c_char; 32],
    /// Memory of the device in bytes, 0 if it is the CPU.
    pub device_memory: u64,
    /// 1 if a CUDA device does the work, else 0.
    pub is_cuda: u32,
    /// Threads that a stroke may use.
    pub threads: u32,
    /// Models in memory now.
    pub models: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: numbers only.
unsafe impl Plain for npe_session_info {
    const NAME: &'static str = "npe_session_info";
}

/// Tells what npe runs on. Never blocks for long; any thread. `info` is written; `info_size` is sizeof(npe_session_info).
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_session_get_info(info: *mut npe_session_info, info_size: usize) -> npe_status {
    guarded(|| {
        let out = Out::sized(info, info_size)?;
        let session = session::info();
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let info = npe_session_info {
            device: chars(&session.device),
            libtorch_version: chars(session.libtorch.as_deref().unwrap_or_default()),
            device_memory: session.device_memory,
            is_cuda: u32::from(session.is_cuda),
            threads: small(session.threads),
            models: small(session.models),
            reserved: 0,
        };
        // SAFETY: by this function's contract.
        unsafe { out.write(info) };
        Ok(())
    })
}

/// Sets how many threads the models loaded from now on use: 1 to 64, or 0 for as many as the machine has, at most 8. Models
/// loaded before keep theirs. Never blocks for long; any thread.
#[unsafe(no_mangle)]
pub extern "C" fn npe_session_set_threads(threads: u32) -> npe_status {
    guarded(|| Ok(session::set_threads(threads as usize)?))
}

/// Names the folder of the libtorch that the devices "cuda", "cuda:N" and "cpu-torch" use (UTF-8; on Unix any file name), or
/// NULL to have it looked for, as the manual's page on libtorch says. A process has one libtorch for good: once it is open,
/// another folder is NPE_ERR_DEVICE. Never blocks for long; any thread.
///
/// # Safety
/// The pointer points to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_session_set_libtorch(folder: *const c_char) -> npe_status {
    const FOLDER: &str = "the folder of libtorch";
    guarded(|| {
        // SAFETY: by this function's contract.
        let folder = unsafe { read_text(folder, FOLDER) }?.map(|f| path_of(&f, FOLDER)).transpose()?;
        Ok(session::set_libtorch(folder.as_deref())?)
    })
}

/// A text in a fixed array, cut at a character if need be, always terminated.
fn chars<const N: usize>(text: &str) -> [c_char; N] {
    let mut out = [0; N];
    let end = (0..N).rev().find(|i| *i <= text.len() && text.is_char_boundary(*i)).unwrap_or(0);
    for (to, from) in out.iter_mut().zip(text[..end].bytes()) {
        *to = from.cast_signed() as c_char;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_characters() {
        let read = |a: &[c_char]| -> Vec<u8> { a.iter().map(|c| *c as u8).collect() };
        assert_eq!(read(&chars::<4>("ab")), b"ab\0\0");
        assert_eq!(read(&chars::<4>("abcd")), b"abc\0");
        assert_eq!(read(&chars::<4>("abé")), b"ab\0\0");
    }
}
