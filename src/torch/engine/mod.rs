//! The torch engine: inference and the pull of every architecture, on the CPU and on CUDA, behind npe's table of C
//! functions (`npe::session::table`). Calls [`crate::ian::folded`], tch, `npe::model` and the table's types.
//!
//! Of tch only methods that answer errors are used (`cargo xtask lint`). What is the host's stays as it was: this thread's
//! state, stream and thread count are put back by guards, and so is TF32, the one thing of the process that calls on CUDA switch off;
//! random numbers are not drawn.

mod exports;
mod guard;
#[cfg(test)]
mod hooks;
mod network;
mod say;
#[cfg(test)]
mod traffic;

pub use exports::npe_torch_engine;
pub use network::Running;
pub use say::explain;
