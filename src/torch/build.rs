//! Tells the linker where libtorch lies, now and at run time, and builds the calls that tch lacks; those that only tests
//! need go into an archive of their own.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=engine/beyond_tch.cpp");
    println!("cargo:rerun-if-changed=engine/hooks.cpp");
    let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") else {
        panic!("torch-sys did not say where libtorch is; run `cargo xtask libtorch`");
    };
    println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/libtorch/lib");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
    let include = Path::new(&lib).with_file_name("include");
    let mut calls = cc::Build::new();
    calls.cpp(true).std("c++17").warnings(false).include(include);
    // A build script can't know whether it builds for tests: engine/hooks.rs links this, where it is told to.
    calls.clone().file("engine/hooks.cpp").cargo_metadata(false).compile("npe_torch_hooks");
    calls.file("engine/beyond_tch.cpp").compile("npe_torch_beyond_tch");
}
