//! The one symbol and the table behind it. Each function checks its pointers, catches panics and leaves a sentence. Calls
//! `network`, `say`.

use super::network::{Aim, Running, probe};
use super::say::say;
use npe::error::{Error, ErrorKind, Result};
use npe::model::Model;
use npe::session::table::{CPU, Floats, FloatsOut, Made, Said, Table, VERSION, code, libtorch_bytes};
use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use tch::Device;

static TABLE: Table = Table {
    version: VERSION,
    size: size_of::<Table>() as u32,
    libtorch: libtorch_bytes(),
    probe: probe_device,
    make,
    free,
    encode,
    decode,
    aim,
    free_aim,
    pull,
};

/// The engine's table.
#[unsafe(no_mangle)]
pub extern "C" fn npe_torch_engine() -> *const Table {
    &raw const TABLE
}

unsafe extern "C" fn probe_device(number: i32, said: *mut Said) -> i32 {
    // SAFETY: the caller keeps to the table's contract.
    unsafe { guarded(said, || probe(device(number)?)) }
}

unsafe extern "C" fn make(
    bytes: *const u8,
    count: usize,
    number: i32,
    threads: u32,
    made: *mut Made,
    said: *mut Said,
) -> i32 {
    let body = || {
        if bytes.is_null() || made.is_null() {
            return Err(null());
        }
        // SAFETY: by the table's contract.
        let model = Model::from_bytes(unsafe { std::slice::from_raw_parts(bytes, count) })?;
        let running = Running::new(&model, device(number)?, threads as usize)?;
        // Both are within limits far below u32::MAX.
        let (image_size, latents) = (running.image_size as u32, running.latents as u32);
        let network = Box::into_raw(Box::new(running)).cast::<c_void>();
        // SAFETY: not NULL; by the table's contract.
        unsafe { made.write(Made { network, image_size, latents }) };
        Ok(())
    };
    // SAFETY: as above.
    unsafe { guarded(said, body) }
}

unsafe extern "C" fn free(network: *mut c_void) {
    // SAFETY: by the table's contract.
    unsafe { free_as::<Running>(network) };
}

/// # Safety
/// NULL, or a `Box<T>` that was given out as a handle; freed once.
unsafe fn free_as<T>(handle: *mut c_void) {
    if handle.is_null() {
        return;
    }
    let body = || {
        // SAFETY: by contract.
        drop(unsafe { Box::from_raw(handle.cast::<T>()) });
        Ok(())
    };
    // SAFETY: no sentence is wanted.
    unsafe { guarded(std::ptr::null_mut(), body) };
}

unsafe extern "C" fn encode(
    network: *const c_void,
    image: Floats,
    latents: FloatsOut,
    said: *mut Said,
) -> i32 {
    // SAFETY: by the table's contract.
    unsafe { guarded(said, || running(network)?.encode_into(read(image)?, write(latents)?)) }
}

unsafe extern "C" fn decode(
    network: *const c_void,
    latents: Floats,
    image: FloatsOut,
    said: *mut Said,
) -> i32 {
    // SAFETY: by the table's contract.
    unsafe { guarded(said, || running(network)?.decode_into(read(latents)?, write(image)?)) }
}

unsafe extern "C" fn aim(
    network: *const c_void,
    weight: Floats,
    colour: Floats,
    aim: *mut *mut c_void,
    said: *mut Said,
) -> i32 {
    let body = || {
        if aim.is_null() {
            return Err(null());
        }
        // SAFETY: by the table's contract.
        let made = unsafe { running(network)?.aim_at(read(weight)?, read(colour)?)? };
        // SAFETY: not NULL; by the table's contract.
        unsafe { aim.write(Box::into_raw(Box::new(made)).cast::<c_void>()) };
        Ok(())
    };
    // SAFETY: as above.
    unsafe { guarded(said, body) }
}

unsafe extern "C" fn free_aim(aim: *mut c_void) {
    // SAFETY: by the table's contract.
    unsafe { free_as::<Aim>(aim) };
}

unsafe extern "C" fn pull(
    network: *const c_void,
    aim: *const c_void,
    latents: Floats,
    loss: *mut f32,
    gradient: FloatsOut,
    said: *mut Said,
) -> i32 {
    let body = || {
        if loss.is_null() {
            return Err(null());
        }
        // SAFETY: by the table's contract.
        unsafe {
            let aim = aim.cast::<Aim>().as_ref().ok_or_else(null)?;
            loss.write(running(network)?.pull_into(aim, read(latents)?, write(gradient)?)?);
        }
        Ok(())
    };
    // SAFETY: by the table's contract.
    unsafe { guarded(said, body) }
}

fn device(number: i32) -> Result<Device> {
    match number {
        CPU => Ok(Device::Cpu),
        n => usize::try_from(n).map(Device::Cuda).map_err(|_| {
            Error::invalid(format!("the device number is {n}; it must be {CPU} for the CPU, or 0 and up"))
        }),
    }
}

fn null() -> Error {
    Error::new(ErrorKind::Internal, "a pointer given to the torch engine is NULL")
}

/// # Safety
/// `network` is NULL or a live network of `make`.
unsafe fn running<'a>(network: *const c_void) -> Result<&'a Running> {
    // SAFETY: by contract.
    unsafe { network.cast::<Running>().as_ref() }.ok_or_else(null)
}

/// # Safety
/// The pointer is NULL or points to as many floats as said.
unsafe fn read<'a>(from: Floats) -> Result<&'a [f32]> {
    if from.data.is_null() {
        return Err(null());
    }
    // SAFETY: by contract.
    Ok(unsafe { std::slice::from_raw_parts(from.data, from.count) })
}

/// # Safety
/// The pointer is NULL or points to as many floats as said, which nobody else uses meanwhile.
unsafe fn write<'a>(to: FloatsOut) -> Result<&'a mut [f32]> {
    if to.data.is_null() {
        return Err(null());
    }
    // SAFETY: by contract.
    Ok(unsafe { std::slice::from_raw_parts_mut(to.data, to.count) })
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs the body of an export: errors and panics become a status and a sentence.
///
/// # Safety
/// `said` is NULL or as its type says.
unsafe fn guarded(said: *mut Said, body: impl FnOnce() -> Result<()>) -> i32 {
    silence_hook();
    let outer = INSIDE.try_with(|i| i.replace(true)).unwrap_or(true);
    // Unwind safety: a network's state is set only when it is whole.
    let answer = catch_unwind(AssertUnwindSafe(body));
    let _ = INSIDE.try_with(|i| i.set(outer));
    let error = match answer {
        Ok(Ok(())) => return 0,
        Ok(Err(error)) => error,
        Err(payload) => {
            let text = (payload.downcast_ref::<String>().map(String::as_str))
                .or_else(|| payload.downcast_ref::<&str>().copied())
                .unwrap_or("a panic without a text");
            let text = text.lines().next().unwrap_or_default();
            let error = Error::new(
                ErrorKind::Panic,
                format!("npe's torch engine has a defect and stopped the call: {text}; please report it"),
            );
            // The drop of a payload of another type could panic again.
            std::mem::forget(payload);
            error
        }
    };
    // SAFETY: by contract.
    unsafe { say(said, &error.to_string()) };
    code(error.kind())
}

/// A library prints nothing: panics inside an export are told by its status. All others are as before.
fn silence_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !INSIDE.try_with(Cell::get).unwrap_or(false) {
                before(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_become_a_status_and_a_sentence() {
        let mut bytes = [0_u8; 200];
        let mut said = Said { bytes: bytes.as_mut_ptr(), capacity: bytes.len(), length: 0 };
        // SAFETY: a buffer as said.
        let status = unsafe { guarded(&mut said, || panic!("asked for {}", "by a test")) };
        assert_eq!(npe::session::table::kind(status), ErrorKind::Panic);
        let text = std::str::from_utf8(&bytes[..said.length]).unwrap();
        assert!(text.contains("asked for by a test"), "{text}");
        assert!(!INSIDE.get());
    }

    #[test]
    fn null_and_nonsense_are_answered() {
        // SAFETY: NULL is answered everywhere.
        unsafe {
            free(std::ptr::null_mut());
            free_aim(std::ptr::null_mut());
            let no = std::ptr::null_mut();
            assert_ne!(make(std::ptr::null(), 0, CPU, 1, std::ptr::null_mut(), no), 0);
            let mut made = Made { network: std::ptr::null_mut(), image_size: 0, latents: 0 };
            assert_eq!(
                npe::session::table::kind(make([1].as_ptr(), 1, CPU, 1, &mut made, no)),
                ErrorKind::Model
            );
            assert!(made.network.is_null());
            let (none, mut held) = (Floats { data: std::ptr::null(), count: 0 }, std::ptr::null_mut());
            assert_ne!(aim(std::ptr::null(), none, none, &mut held, no), 0);
            assert!(held.is_null());
            assert_ne!(probe_device(-2, no), 0);
            assert_eq!(probe_device(CPU, no), 0);
        }
    }
}
