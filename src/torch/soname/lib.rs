//! Nothing but a build script; see Cargo.toml.
