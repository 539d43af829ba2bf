//! The C interface: one module for each C type, every export wrapped by `boundary`. `include/npe.h` is generated from
//! these files (see `tests/capi_header.rs`), so their comments are written for people who read C.
//!
//! Nothing outside this room knows about pointers. Handles are tokens, not addresses (`handle`), so a freed or
//! foreign one is told from a live one without being touched.

#![allow(non_camel_case_types)]
// What comes from outside is reckoned with here: each sum and product is a checked one, or says which limit holds it.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod attributes;
mod boundary;
mod convert;
mod decode;
mod edit;
mod error;
mod faces;
mod handle;
mod history;
mod image;
mod latents;
mod log;
mod model;
mod modes;
mod pointer;
mod progress;
mod session;
mod settings;
mod status;
mod stroke;
mod strokes;

pub use attributes::*;
pub use decode::*;
pub use edit::*;
pub use error::npe_last_error;
pub use faces::*;
pub use history::*;
pub use image::*;
pub use latents::*;
pub use log::*;
pub use model::*;
pub use progress::npe_progress;
pub use session::*;
pub use settings::*;
pub use status::*;
pub use stroke::*;
pub use strokes::*;

/// For npe's own tests; not part of any interface.
#[cfg(feature = "panic-injection")]
#[doc(hidden)]
pub mod testing {
    pub use super::boundary::injection::panic_next;
    pub use crate::cpu::panic_in_pass;
}
