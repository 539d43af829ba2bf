//! The npe command.
fn main() {}
