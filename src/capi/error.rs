//! Failures on their way to C: a status and a sentence, kept per thread.

use super::boundary::constant;
use super::status::{self, NPE_ERR_NULL, npe_status};
use std::cell::RefCell;
use std::ffi::{CString, c_char};

/// Why an export answers another status than NPE_OK.
#[derive(Debug)]
pub(super) struct Failure {
    pub status: npe_status,
    pub sentence: String,
}

/// What the body of an export returns.
pub(super) type Answer<T = ()> = Result<T, Failure>;

impl Failure {
    pub fn new(status: npe_status, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into() }
    }

    pub fn null(what: &str) -> Self {
        Self::new(NPE_ERR_NULL, format!("{what} is NULL; it must point to something"))
    }
}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        Self::new(status::of(error.kind()), error.to_string())
    }
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// A sentence as C takes it: without NULs.
fn text_of(sentence: &str) -> CString {
    let text: Vec<u8> = sentence.bytes().filter(|b| *b != 0).collect();
    CString::new(text).unwrap_or_default()
}

/// Whether this is the sentence that is kept.
pub(super) fn remembered(sentence: &str) -> bool {
    let text = text_of(sentence);
    LAST.try_with(|last| last.try_borrow().is_ok_and(|l| *l == text)).unwrap_or(false)
}

/// Keeps the sentence for [`npe_last_error`]. Silently does nothing while the thread is being torn down.
pub(super) fn remember(sentence: &str) {
    let text = text_of(sentence);
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = text;
        }
    });
}

/// What was wrong with the last call on this thread that failed: a full sentence in English (UTF-8) with the values, or ""
/// if none failed yet. Calls that work leave it as it is. Never blocks; any thread, each has its own. The text is npe's
/// own and lives until the next failing call on this thread.
#[unsafe(no_mangle)]
pub extern "C" fn npe_last_error() -> *const c_char {
    let none = c"".as_ptr();
    constant(|| LAST.try_with(|last| last.try_borrow().map_or(none, |l| l.as_ptr())).unwrap_or(none), none)
}
