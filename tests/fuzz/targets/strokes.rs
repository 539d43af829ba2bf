#![no_main]

#[path = "../bodies/strokes.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
