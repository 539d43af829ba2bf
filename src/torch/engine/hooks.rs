//! `hooks.cpp`: what only tests ask libtorch. build.rs compiles it into an archive of its own, which nothing but this links.

use std::ffi::{c_char, c_int};

#[link(name = "npe_torch_hooks", kind = "static")]
unsafe extern "C" {
    pub fn npe_torch_test_rounds() -> c_int;
    pub fn npe_torch_test_holds(place: c_int) -> c_int;
    pub fn npe_torch_test_write(place: c_int, precision: c_int) -> c_int;
    pub fn npe_torch_test_watch(told: extern "C" fn(*const c_char)) -> c_int;
}
