//! npe, the neural photo editor: a person paints a colour on a photo of a face, gradient descent moves the
//! latents of a generative network until the generated face has that colour under the brush, and only the change
//! is blended back into the full-size photo (Brock, Lim, Ritchie, Weston 2016, arXiv 1609.07093).
//!
//! The rooms, from top to bottom; each calls downward only:
//! [`capi`] (and the command) → [`session`] and [`edit`] → [`brush`], [`photo`] → [`generator`] → [`cpu`] →
//! [`model`] → [`limits`], [`error`].

pub mod brush;
pub mod capi;
pub mod cpu;
pub mod edit;
pub mod error;
pub mod generator;
pub mod limits;
pub mod model;
pub mod photo;
pub mod session;

pub use error::{Error, ErrorKind, Result};
