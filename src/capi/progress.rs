//! Progress callbacks.

use super::modes::of_host;
use std::ffi::c_void;

/// Called during long work with how far it is, 0 to 1, on the thread that made the call. Answers 0 to stop the work
/// (the call then returns NPE_ERR_CANCELLED and has done nothing), anything else to go on. It may call npe, but not with
/// the object that is being worked on (NPE_ERR_BUSY). It must return: no longjmp, no C++ exception.
pub type npe_progress = Option<unsafe extern "C" fn(done: f32, user: *mut c_void) -> i32>;

/// The callback as the library takes it. Without one the work always goes on.
pub(super) fn caller(progress: npe_progress, user: *mut c_void) -> impl FnMut(f32) -> bool {
    move |done| {
        // SAFETY: the host gave the function and its argument together for this call.
        progress.is_none_or(|call| of_host(|| unsafe { call(done, user) }) != 0)
    }
}
