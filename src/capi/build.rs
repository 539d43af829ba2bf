//! Gives the shared library its versioned name, so that a host finds the ABI it was linked with.

fn main() {
    println!("cargo:rerun-if-changed=src/capi/build.rs");
    let major = std::env::var("CARGO_PKG_VERSION_MAJOR").unwrap_or_default();
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libnpe.{major}.dylib");
        }
        Ok(_) if family == "unix" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libnpe.so.{major}");
        }
        _ => {}
    }
}
