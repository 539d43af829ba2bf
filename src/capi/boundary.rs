//! The wall around every export: no panic crosses it, every failure leaves a sentence. Inside it the default panic hook
//! is silenced, because a library prints nothing.

use super::error::{Answer, remember, remembered};
use super::log;
use super::modes::Defaults;
use super::status::{NPE_ERR_PANIC, NPE_OK, npe_status};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// How many exports this thread is inside of (callbacks may call npe again).
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Panics that tests ask for. Not in the library that is shipped: the feature is off there.
#[cfg(feature = "panic-injection")]
pub(super) mod injection {
    use std::cell::Cell;

    thread_local! {
        static NEXT: Cell<bool> = const { Cell::new(false) };
    }

    /// Makes the next export called on this thread panic inside its wall.
    pub fn panic_next() {
        NEXT.set(true);
    }

    pub fn point() {
        if NEXT.try_with(|p| p.replace(false)).unwrap_or(false) {
            panic!("a panic was asked for by a test");
        }
    }
}

/// Runs the body of a fallible export.
pub(super) fn guarded(body: impl FnOnce() -> Answer) -> npe_status {
    #[cfg(target_os = "linux")]
    let _uncancelled = Uncancelled::new();
    let _modes = Defaults::new();
    // Unwind safety: objects assign their new state only after everything that can fail, and locks do not poison, so
    // what a panic leaves behind is what was there before.
    match caught(body) {
        Ok(Ok(())) => NPE_OK,
        Ok(Err(failure)) => {
            report(&failure.sentence);
            failure.status
        }
        Err(sentence) => {
            report(&sentence);
            NPE_ERR_PANIC
        }
    }
}

/// Keeps the sentence and logs it. The log callback may have called npe and failed: what counts is the call around it.
fn report(sentence: &str) {
    remember(sentence);
    log::error(sentence);
    if !remembered(sentence) {
        remember(sentence);
    }
}

/// Runs the body of an export that answers a constant; `otherwise` is answered if it panics.
pub(super) fn constant<T>(body: impl FnOnce() -> T, otherwise: T) -> T {
    #[cfg(target_os = "linux")]
    let _uncancelled = Uncancelled::new();
    let _modes = Defaults::new();
    caught(body).unwrap_or_else(|sentence| {
        remember(&sentence);
        otherwise
    })
}

/// Runs the body of an export that answers nothing.
pub(super) fn quiet(body: impl FnOnce() -> Answer) {
    let _ = guarded(body);
}

/// Keeps a thread from being cancelled (`pthread_cancel`) inside of an export: it is afterwards. The C library would unwind it like an
/// exception, through locks and past the wall.
#[cfg(target_os = "linux")]
struct Uncancelled(std::ffi::c_int);

#[cfg(target_os = "linux")]
impl Uncancelled {
    const DISABLE: std::ffi::c_int = 1;

    fn new() -> Self {
        let mut before = 0;
        // SAFETY: the pointer is to an integer of this function's.
        unsafe { pthread_setcancelstate(Self::DISABLE, &mut before) };
        Self(before)
    }
}

#[cfg(target_os = "linux")]
impl Drop for Uncancelled {
    fn drop(&mut self) {
        // SAFETY: the state is one that the C library gave; it takes no old one where it is NULL.
        unsafe { pthread_setcancelstate(self.0, std::ptr::null_mut()) };
    }
}

#[cfg(target_os = "linux")]
unsafe extern "C" {
    fn pthread_setcancelstate(state: std::ffi::c_int, before: *mut std::ffi::c_int) -> std::ffi::c_int;
}

fn caught<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    silence_hook();
    struct Inside;
    impl Drop for Inside {
        fn drop(&mut self) {
            let _ = DEPTH.try_with(|d| d.set(d.get().saturating_sub(1)));
        }
    }
    let _ = DEPTH.try_with(|d| d.set(d.get().saturating_add(1)));
    let _inside = Inside;
    catch_unwind(AssertUnwindSafe(|| {
        #[cfg(feature = "panic-injection")]
        injection::point();
        body()
    }))
    .map_err(|payload| format!("npe has a defect and stopped the call: {}; please report it", said(payload)))
}

/// The text of a panic. Payloads of other types are leaked: their drop could panic again.
fn said(payload: Box<dyn Any + Send>) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        return (*text).to_owned();
    }
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => {
            std::mem::forget(other);
            "a panic without a text".into()
        }
    }
}

/// Puts a hook before the present one that says nothing for panics inside an export. In `libnpe.so` the hook is the
/// library's own; Rust programs that link npe keep theirs for all other panics.
fn silence_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // Panics on the engine's threads are passed on to the export that waits for them.
            let inside = DEPTH.try_with(Cell::get).is_ok_and(|d| d > 0)
                || std::thread::current().name().is_some_and(|n| n.starts_with("npe-cpu-"));
            if !inside {
                before(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::super::status::NPE_ERR_INVALID_ARGUMENT;
    use super::*;
    use crate::Error;

    #[test]
    fn failures_and_panics_become_statuses() {
        assert_eq!(guarded(|| Ok(())), NPE_OK);
        assert_eq!(guarded(|| Err(Error::invalid("x").into())), NPE_ERR_INVALID_ARGUMENT);
        assert_eq!(guarded(|| panic!("{} {}", "formatted", 1)), NPE_ERR_PANIC);
        assert_eq!(guarded(|| std::panic::panic_any(7_u8)), NPE_ERR_PANIC);
        assert_eq!(constant(|| panic!("y"), 5), 5);
        assert_eq!(DEPTH.get(), 0);
    }
}
