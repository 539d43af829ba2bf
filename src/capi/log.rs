//! The log callback: npe prints nothing, a host may listen.

use super::boundary::guarded;
use super::error::Failure;
use super::modes::of_host;
use super::status::{NPE_ERR_BUSY, npe_status};
use parking_lot::RwLock;
use std::cell::Cell;
use std::ffi::{CString, c_char, c_void};

/// A message about a call that failed: the sentence of npe_last_error().
pub const NPE_LOG_ERROR: i32 = 1;
/// A message about something done, such as a model loaded.
pub const NPE_LOG_INFO: i32 = 3;

/// Receives messages: one of NPE_LOG_..., a sentence (UTF-8, valid during the call only), and the pointer given to
/// npe_set_log. Called on any thread that calls npe, on several at once. It must return: no longjmp, no C++ exception.
pub type npe_log = Option<unsafe extern "C" fn(level: i32, message: *const c_char, user: *mut c_void)>;

struct Listener {
    call: npe_log,
    user: *mut c_void,
}

// SAFETY: the pointer is only handed back to the host's function, which by contract takes it on any thread.
unsafe impl Send for Listener {}
// SAFETY: as above.
unsafe impl Sync for Listener {}

static LISTENER: RwLock<Listener> = RwLock::new(Listener { call: None, user: std::ptr::null_mut() });

thread_local! {
    static LOGGING: Cell<bool> = const { Cell::new(false) };
}

/// Sets the one log callback of the process; NULL stops logging. When it returns, the callback that was set before is not
/// running any more and will not be called again: it waits for that. Any thread, but not from inside the callback
/// (NPE_ERR_BUSY). `user` is handed to the callback as it is and stays the host's.
#[unsafe(no_mangle)]
pub extern "C" fn npe_set_log(log: npe_log, user: *mut c_void) -> npe_status {
    guarded(|| {
        if LOGGING.get() {
            return Err(Failure::new(
                NPE_ERR_BUSY,
                "npe_set_log was called from inside the log callback; call it after the callback has returned",
            ));
        }
        *LISTENER.write() = Listener { call: log, user };
        Ok(())
    })
}

pub(super) fn error(sentence: &str) {
    say(NPE_LOG_ERROR, sentence);
}

pub(super) fn info(sentence: &str) {
    say(NPE_LOG_INFO, sentence);
}

fn say(level: i32, sentence: &str) {
    // What the callback's own calls would log is dropped, so that it can't call itself without end.
    if LOGGING.try_with(|l| l.replace(true)).unwrap_or(true) {
        return;
    }
    let listener = LISTENER.read();
    if let Some(call) = listener.call
        && let Ok(text) = CString::new(sentence.replace('\0', ""))
    {
        // SAFETY: the host vouches for the function and its pointer until it sets another; the lock holds that off.
        of_host(|| unsafe { call(level, text.as_ptr(), listener.user) });
    }
    drop(listener);
    let _ = LOGGING.try_with(|l| l.set(false));
}
