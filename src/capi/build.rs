//! Gives the shared library its versioned name, so that a host finds the ABI it was linked with.

fn main() {
    println!("cargo:rerun-if-changed=src/capi/build.rs");
    let number = |name: &str| std::env::var(format!("CARGO_PKG_VERSION_{name}")).unwrap_or_default();
    // Before 1.0 each minor version may break the ABI.
    let abi = match (number("MAJOR").as_str(), number("MINOR")) {
        ("0", minor) => format!("0.{minor}"),
        (major, _) => major.to_owned(),
    };
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libnpe.{abi}.dylib");
        }
        Ok(_) if family == "unix" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libnpe.so.{abi}");
        }
        _ => {}
    }
}
