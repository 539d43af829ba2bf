//! What `libnpe.so` and `libnpe_torch.so` agree on: one symbol, which answers one table of C functions. This is its only
//! definition; the package `npe-torch` uses it too. Calls [`crate::error`].
//!
//! Any change here raises [`VERSION`]. The two libraries are built from one tree, so there is no compatibility to keep: a
//! table of another version is refused with a sentence.

use crate::error::{Error, ErrorKind, Result};
use std::ffi::c_void;

/// The table's version.
pub const VERSION: u32 = 3;
/// The libtorch that the engine is built for, exactly.
pub const LIBTORCH: &str = "2.11.0";
/// The symbol: a function of type [`Entry`].
pub const SYMBOL: &str = "npe_torch_engine";
/// What `libnpe_torch.so` exports.
pub type Entry = unsafe extern "C" fn() -> *const Table;

/// Where a function leaves its sentence when it fails: UTF-8, cut at `capacity`.
#[repr(C)]
#[derive(Debug)]
pub struct Said {
    /// The caller's buffer.
    pub bytes: *mut u8,
    /// Its size.
    pub capacity: usize,
    /// How much of it was written.
    pub length: usize,
}

/// A network that [`Table::make`] made.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Made {
    /// The engine's handle.
    pub network: *mut c_void,
    /// Side of its images in pixels.
    pub image_size: u32,
    /// How many latents an image has.
    pub latents: u32,
}

/// Some floats of the caller.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Floats {
    /// The first.
    pub data: *const f32,
    /// How many.
    pub count: usize,
}

/// A place for floats of the caller.
#[repr(C)]
#[derive(Debug)]
pub struct FloatsOut {
    /// The first.
    pub data: *mut f32,
    /// How many are to be written, exactly.
    pub count: usize,
}

/// The device number of the CPU; CUDA devices are 0 and up.
pub const CPU: i32 = -1;

/// The engine's functions. All may be called from any number of threads; those of one network wait for each other. A status
/// of 0 is success, any other is [`code`] of an error whose sentence is in `Said`. Nothing is written on an error.
#[repr(C)]
pub struct Table {
    /// [`VERSION`]. The first field in every version.
    pub version: u32,
    /// `size_of::<Table>()`.
    pub size: u32,
    /// [`LIBTORCH`] of the engine, filled up with zeros.
    pub libtorch: [u8; 16],
    /// Does a small computation on this device.
    pub probe: unsafe extern "C" fn(device: i32, said: *mut Said) -> i32,
    /// Makes a network of the bytes of an `npe-model` file. `threads` is what it may use on the CPU.
    pub make: unsafe extern "C" fn(
        bytes: *const u8,
        count: usize,
        device: i32,
        threads: u32,
        made: *mut Made,
        said: *mut Said,
    ) -> i32,
    /// Frees a network and the device memory it held.
    pub free: unsafe extern "C" fn(network: *mut c_void),
    /// [`crate::generator::Generator::encode`].
    pub encode:
        unsafe extern "C" fn(*const c_void, image: Floats, latents: FloatsOut, said: *mut Said) -> i32,
    /// [`crate::generator::Generator::decode`].
    pub decode:
        unsafe extern "C" fn(*const c_void, latents: Floats, image: FloatsOut, said: *mut Said) -> i32,
    /// [`crate::generator::Generator::aim`]: takes weights and colours to the network's device; answers a handle.
    pub aim: unsafe extern "C" fn(
        *const c_void,
        weight: Floats,
        colour: Floats,
        aim: *mut *mut c_void,
        said: *mut Said,
    ) -> i32,
    /// Frees what `aim` answered, before its network.
    pub free_aim: unsafe extern "C" fn(aim: *mut c_void),
    /// [`crate::generator::Generator::pull`] towards what `aim` of the same network answered.
    pub pull: unsafe extern "C" fn(
        *const c_void,
        aim: *const c_void,
        latents: Floats,
        loss: *mut f32,
        gradient: FloatsOut,
        said: *mut Said,
    ) -> i32,
}

// SAFETY: numbers and function pointers that never change.
unsafe impl Sync for Table {}

/// [`LIBTORCH`] as [`Table::libtorch`] has it.
pub const fn libtorch_bytes() -> [u8; 16] {
    let (mut out, text, mut i) = ([0; 16], LIBTORCH.as_bytes(), 0);
    while i < text.len() {
        out[i] = text[i];
        i += 1;
    }
    out
}

/// The kinds of error that cross the table; a status is the place in this list plus 1.
const KINDS: [ErrorKind; 7] = [
    ErrorKind::InvalidArgument,
    ErrorKind::Limit,
    ErrorKind::Model,
    ErrorKind::Device,
    ErrorKind::OutOfMemory,
    ErrorKind::Internal,
    ErrorKind::Panic,
];

/// The status of an error of this kind; what does not cross the table is an internal one.
pub fn code(kind: ErrorKind) -> i32 {
    let place = |kind| KINDS.iter().position(|k| *k == kind);
    place(kind).or_else(|| place(ErrorKind::Internal)).map_or(-1, |i| i as i32 + 1)
}

/// The kind of a status that is not 0.
pub fn kind(code: i32) -> ErrorKind {
    usize::try_from(code - 1).ok().and_then(|i| KINDS.get(i).copied()).unwrap_or(ErrorKind::Internal)
}

/// Checks that a table is one that this npe can use; `whose` names its library in the error.
///
/// # Safety
/// `table` is NULL or points to a table of any version, which lives for ever.
///
/// # Errors
/// [`ErrorKind::Device`] if it is not.
pub unsafe fn check(table: *const Table, whose: &str) -> Result<&'static Table> {
    let refuse = |what: String| {
        let advice = "npe and its torch engine must be of the same release; install both again";
        Error::new(ErrorKind::Device, format!("{whose} can't be used: {what}; {advice}"))
    };
    if table.is_null() {
        return Err(refuse("it gave no table of functions".into()));
    }
    // SAFETY: by contract; the version and the size are the first fields in every version.
    let (version, size) =
        unsafe { ((&raw const (*table).version).read(), (&raw const (*table).size).read()) };
    if version != VERSION || size as usize != size_of::<Table>() {
        let known = size_of::<Table>();
        return Err(refuse(format!(
            "its table of functions is of version {version} ({size} bytes), this npe knows version {VERSION} ({known} bytes)"
        )));
    }
    // SAFETY: version and size are right, so it is a Table.
    let table = unsafe { &*table };
    if table.libtorch != libtorch_bytes() {
        let other = String::from_utf8_lossy(&table.libtorch).trim_end_matches('\0').to_owned();
        return Err(refuse(format!("it is built for libtorch {other}, this npe opens {LIBTORCH}")));
    }
    Ok(table)
}
