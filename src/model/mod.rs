//! The `npe-model` file: its table of names and shapes, its checks.
