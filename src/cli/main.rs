//! The command (not yet here).

fn main() {}
