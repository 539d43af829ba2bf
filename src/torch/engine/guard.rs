//! What belongs to the host and is put back after each call, also when a call panics: libtorch's state of this thread (grad and
//! inference mode, autocast, hooks), how many threads OpenMP gives this thread, this thread's CUDA stream, and how exactly CUDA
//! computes.

use super::say::explain;
use npe::error::{Error, ErrorKind, Result};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Gives this thread the libtorch state of a fresh thread, recording gradients or not, until it is dropped.
///
/// A Python host may call from inside `torch.inference_mode` or `torch.autocast`, which would leave pulls without a gradient, or
/// round everything to 8 bits.
pub struct Fresh {
    before: NonNull<c_void>,
    // Of this thread only.
    _not_send: PhantomData<*const ()>,
}

unsafe extern "C" {
    /// In `beyond_tch.cpp`, as the next.
    fn npe_torch_enter(record: c_int) -> *mut c_void;
    fn npe_torch_leave(before: *mut c_void);
    fn npe_torch_exact() -> c_int;
    fn npe_torch_inexact();
    fn npe_torch_default_stream(device: i8, why: *mut c_char, size: usize) -> *mut c_void;
    fn npe_torch_leave_stream(before: *mut c_void);
}

/// Lets this thread's operations go to a GPU's default stream until it is dropped. A Python host may call from another one, and
/// what two calls do in two streams has no order.
pub struct Stream {
    before: NonNull<c_void>,
    // Of this thread only.
    _not_send: PhantomData<*const ()>,
}

impl Stream {
    /// For calls on this device; other devices than CUDA's have none.
    ///
    /// # Errors
    /// If libtorch refuses.
    pub fn on(device: tch::Device) -> Result<Option<Self>> {
        let tch::Device::Cuda(number) = device else { return Ok(None) };
        // libtorch counts to 127, and says itself that a device is not there.
        let number = i8::try_from(number).unwrap_or(i8::MAX);
        let mut why = [0_u8; 512];
        // SAFETY: lets no exception out; any thread may call; a text and its NUL fit the buffer.
        let before = unsafe { npe_torch_default_stream(number, why.as_mut_ptr().cast(), why.len()) };
        let Some(before) = NonNull::new(before) else {
            let why = CStr::from_bytes_until_nul(&why).unwrap_or_default().to_string_lossy();
            return Err(explain(tch::TchError::Torch(why.into_owned()).into()));
        };
        Ok(Some(Self { before, _not_send: PhantomData }))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: of `npe_torch_default_stream` in this thread, given back once.
        unsafe { npe_torch_leave_stream(self.before.as_ptr()) };
    }
}

/// Makes CUDA compute in whole 32-bit floats until it is dropped. With TF32, libtorch's standard, latents of the same stroke end so far from
/// those of other devices that the pictures differ by more than 2 of 255.
pub struct Exact(());

impl Exact {
    /// For calls on this device; other devices than CUDA's need none.
    ///
    /// # Errors
    /// If libtorch refuses.
    pub fn on(device: tch::Device) -> Result<Option<Self>> {
        if !matches!(device, tch::Device::Cuda(_)) {
            return Ok(None);
        }
        // SAFETY: lets no exception out; any thread may call.
        match unsafe { npe_torch_exact() } {
            0 => Ok(Some(Self(()))),
            _ => Err(Error::new(ErrorKind::Device, "libtorch does not let its precision on CUDA be set")),
        }
    }
}

impl Drop for Exact {
    fn drop(&mut self) {
        // SAFETY: of `npe_torch_exact`, ended once.
        unsafe { npe_torch_inexact() };
    }
}

impl Fresh {
    /// Gives it.
    ///
    /// # Errors
    /// If memory or threads are short.
    pub fn recording(on: bool) -> Result<Self> {
        // SAFETY: lets no exception out; any thread may call.
        let before = NonNull::new(unsafe { npe_torch_enter(c_int::from(on)) }).ok_or_else(|| {
            Error::new(
                ErrorKind::OutOfMemory,
                "libtorch can't be prepared for a call: memory or threads are short",
            )
        })?;
        Ok(Self { before, _not_send: PhantomData })
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        // SAFETY: of `npe_torch_enter` in this thread, given back once.
        unsafe { npe_torch_leave(self.before.as_ptr()) };
    }
}

/// Sets how many threads libtorch's operations use when called from this thread, until it is dropped.
///
/// libtorch's own `set_num_threads` is a setting of the process, which other threads of the host would see; the OpenMP
/// setting beneath it is one of the thread, and is what libtorch asks at each operation. Where there is no OpenMP nothing is
/// set.
pub struct Threads(Option<(Omp, c_int)>);

#[derive(Clone, Copy)]
struct Omp {
    get: unsafe extern "C" fn() -> c_int,
    set: unsafe extern "C" fn(c_int),
}

impl Threads {
    /// Sets them.
    pub fn set(count: c_int) -> Self {
        // libtorch gives a thread its count at its first operation, which would undo ours.
        // SAFETY: asks a number.
        unsafe { torch_sys::at_get_num_threads() };
        Self(omp().map(|omp| {
            // SAFETY: OpenMP's functions with the types of its specification.
            let before = unsafe { (omp.get)() };
            // SAFETY: as above; the count is over 0.
            unsafe { (omp.set)(count.max(1)) };
            (omp, before)
        }))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some((omp, before)) = self.0 {
            // SAFETY: as in `set`.
            unsafe { (omp.set)(before) };
        }
    }
}

/// The OpenMP that libtorch uses: both are bound to the first one in the process.
#[cfg(unix)]
fn omp() -> Option<Omp> {
    // SAFETY: looks for symbols by name.
    let (get, set) = unsafe {
        (
            libc::dlsym(libc::RTLD_DEFAULT, c"omp_get_max_threads".as_ptr()),
            libc::dlsym(libc::RTLD_DEFAULT, c"omp_set_num_threads".as_ptr()),
        )
    };
    if get.is_null() || set.is_null() {
        return None;
    }
    // SAFETY: functions of these names have these types in every OpenMP.
    Some(unsafe {
        Omp {
            get: std::mem::transmute::<*mut libc::c_void, unsafe extern "C" fn() -> c_int>(get),
            set: std::mem::transmute::<*mut libc::c_void, unsafe extern "C" fn(c_int)>(set),
        }
    })
}

#[cfg(not(unix))]
fn omp() -> Option<Omp> {
    None
}

#[cfg(test)]
mod tests {
    use super::super::hooks;
    use super::*;
    use std::sync::{Mutex, PoisonError};

    /// The settings are the process's.
    static PRECISION: Mutex<()> = Mutex::new(());

    const NONE: c_int = 0;
    const IEEE: c_int = 1;
    const TF32: c_int = 2;
    /// For everything, for all on CUDA, and there for convolutions, recurrent networks and products.
    const STANDARD: [c_int; 5] = [NONE, NONE, TF32, TF32, NONE];

    fn write((place, precision): (c_int, c_int)) {
        // SAFETY: writes a setting.
        assert_eq!(unsafe { hooks::npe_torch_test_write(place, precision) }, 0);
    }

    fn holds() -> [c_int; 5] {
        // SAFETY: reads a setting.
        [0, 1, 2, 3, 4].map(|place| unsafe { hooks::npe_torch_test_holds(place) })
    }

    #[test]
    fn threads_are_set_for_this_thread_and_put_back() {
        let before = tch::get_num_threads();
        let wanted = if before == 3 { 2 } else { 3 };
        let caught = std::panic::catch_unwind(|| {
            let _threads = Threads::set(wanted);
            assert_eq!(tch::get_num_threads(), wanted);
            std::thread::spawn(move || assert_eq!(tch::get_num_threads(), before)).join().unwrap();
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(caught.is_err());
        assert_eq!(tch::get_num_threads(), before);
    }

    #[test]
    fn precision_is_put_back_by_the_last_one_out() {
        let _alone = PRECISION.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: reads a setting.
        let rounds = || unsafe { hooks::npe_torch_test_rounds() };
        assert_eq!(rounds(), 1, "libtorch's standard");
        let first = Exact::on(tch::Device::Cuda(0)).unwrap();
        let second = Exact::on(tch::Device::Cuda(0)).unwrap();
        assert_eq!(rounds(), 0);
        drop(first);
        assert_eq!(rounds(), 0);
        drop(second);
        assert_eq!(rounds(), 1);
        assert!(Exact::on(tch::Device::Cpu).unwrap().is_none());
    }

    /// Ways in which a host can have TF32 written, and what follows what.
    #[test]
    fn precision_is_put_back_as_it_was_written() {
        let _alone = PRECISION.lock().unwrap_or_else(PoisonError::into_inner);
        let hosts = [
            [TF32, NONE, TF32, TF32, NONE],
            [TF32, NONE, NONE, NONE, NONE],
            [NONE, TF32, TF32, TF32, NONE],
            [NONE, TF32, NONE, NONE, NONE],
            [NONE, TF32, IEEE, TF32, TF32],
            [IEEE, TF32, NONE, IEEE, NONE],
            [NONE, NONE, NONE, NONE, TF32],
        ];
        for written in hosts {
            (0..).zip(written).for_each(write);
            let held = holds();
            let exact = Exact::on(tch::Device::Cuda(0)).unwrap();
            let inside = holds();
            assert!(inside[1..].iter().all(|p| *p != TF32), "{written:?}: {inside:?}");
            assert_eq!(inside[0], held[0], "{written:?}: the CPU's setting");
            drop(exact);
            assert_eq!(holds(), held, "{written:?}");
            // What is written shows where there is nothing above it.
            write((0, NONE));
            assert_eq!(holds()[1], written[1], "{written:?}");
            write((1, NONE));
            assert_eq!(holds()[2..], written[2..], "{written:?}");
        }
        (0..).zip(STANDARD).for_each(write);
    }

    #[test]
    fn streams_are_for_gpus_only() {
        assert!(Stream::on(tch::Device::Cpu).unwrap().is_none());
        if !tch::Cuda::is_available() {
            for number in [0, 1000] {
                let error = Stream::on(tch::Device::Cuda(number)).err().expect("there is no GPU");
                assert_eq!(error.kind(), ErrorKind::Device);
                assert!(error.to_string().to_lowercase().contains("cuda"), "{error}");
                println!("{error}");
            }
        }
    }

    #[test]
    fn grad_mode_is_put_back() {
        let recording = || {
            tch::Tensor::f_from_slice(&[1.0_f32])
                .unwrap()
                .f_set_requires_grad(true)
                .unwrap()
                .f_square()
                .unwrap()
        };
        let outer = Fresh::recording(false).unwrap();
        {
            let _on = Fresh::recording(true).unwrap();
            assert!(recording().requires_grad());
        }
        assert!(!recording().requires_grad());
        drop(outer);
        assert!(recording().requires_grad());
    }
}
