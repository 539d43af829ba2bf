//! Gives the shared library its versioned name, so that a host finds the ABI it was linked with, and lists the files of the
//! plug-ins for the command, which carries them (`src/cli/plugin/sources.rs`).

use std::fmt::Write;
use std::path::Path;

#[path = "cli/plugin/walk.rs"]
mod walk;

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rerun-if-changed=src/cli/plugin/walk.rs");
    name_the_library();
    list_the_glue();
}

fn name_the_library() {
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

/// Writes the table that `sources.rs` includes: each file's name and bytes. A macro that embeds a folder would not see new files.
fn list_the_glue() {
    println!("cargo:rerun-if-changed=plugin-glue");
    let variable = |name: &str| std::env::var(name).expect("Cargo sets it for build scripts");
    let glue = Path::new(&variable("CARGO_MANIFEST_DIR")).join("plugin-glue");
    let files = walk::files(&glue).unwrap_or_else(|e| panic!("{} can't be read: {e}", glue.display()));
    let mut table = "&[\n".to_owned();
    for name in files {
        // Writing to a string can't fail.
        let _ = writeln!(table, "    ({name:?}, include_bytes!({:?})),", glue.join(&name));
    }
    table.push_str("]\n");
    let out = Path::new(&variable("OUT_DIR")).join("glue.rs");
    std::fs::write(&out, table).unwrap_or_else(|e| panic!("{} can't be written: {e}", out.display()));
}
