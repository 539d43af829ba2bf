//! The only code that knows tch: the libtorch engine (`libnpe_torch.so`, which npe opens at run time) and the trainer
//! (`npe-train`). See `docs/architecture.md`.

pub mod data;
pub mod device;
pub mod engine;
pub mod error;
pub mod ian;
pub mod train;
