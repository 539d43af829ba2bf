//! Refuses those methods of tch that panic: every method `x` of a tensor of which tch has a fallible `f_x`. The names come from
//! tch's own source; clippy, which knows the types, does the looking (`disallowed_methods`). Tests and build scripts may panic.
//!
//! Operators on tensors (`a + b`, which panic too) are not seen.

use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where tch has the methods of its tensor.
const SOURCES: [&str; 3] = ["tensor/mod.rs", "wrappers/tensor.rs", "wrappers/tensor_fallible_generated.rs"];

/// Looks at the library and the programs of `npe-torch`.
pub fn run(root: &Path) -> Result<()> {
    let names = panicking(&tch(root)?)?;
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("clippy.toml"), settings(&names))?;
    let status = Command::new(cargo())
        .args(["clippy", "-p", "npe-torch", "--lib", "--bins", "--", "-D", "clippy::disallowed_methods"])
        .env("CLIPPY_CONF_DIR", folder.path())
        .current_dir(root)
        .status()
        .context("cargo clippy can't be started")?;
    if !status.success() {
        bail!("npe-torch calls methods of tch that can panic, or does not build");
    }
    println!("npe-torch calls none of the {} panicking methods of tch's tensor", names.len());
    Ok(())
}

/// clippy.toml with the methods by their paths.
fn settings(names: &BTreeSet<String>) -> String {
    let mut out = String::from("disallowed-methods = [\n");
    let mut line = |path: &str, fallible: &str| {
        let _ = writeln!(
            out,
            "  {{ path = \"{path}\", reason = \"it panics where {fallible} answers an error\", allow-invalid = true }},"
        );
    };
    names.iter().for_each(|n| line(&format!("tch::Tensor::{n}"), &format!("f_{n}")));
    line("tch::IndexOp::i", "f_i");
    out + "]\n"
}

fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The folder of tch's source, of the version in Cargo.lock.
fn tch(root: &Path) -> Result<PathBuf> {
    let out = Command::new(cargo())
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root)
        .output()
        .context("cargo metadata can't be started")?;
    if !out.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&out.stderr).trim());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&out.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    let tch = packages.iter().find(|p| p["name"] == "tch").context("the workspace does not use tch")?;
    let manifest = tch["manifest_path"].as_str().context("tch has no manifest")?;
    Ok(Path::new(manifest).parent().context("tch has no folder")?.join("src"))
}

/// All `x` for which a `f_x` is in the source.
fn panicking(source: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for file in SOURCES.map(|f| source.join(f)) {
        let text =
            fs::read_to_string(&file).with_context(|| format!("{}; has tch changed?", file.display()))?;
        for part in text.split("fn f_").skip(1) {
            names.insert(part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    if names.len() < 1000 {
        bail!("only {} fallible methods were found in {}; has tch changed?", names.len(), source.display());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn tchs_source_is_understood() {
        let names = panicking(&tch(root()).unwrap()).unwrap();
        for name in
            ["matmul", "zeros", "conv2d", "to_device", "view", "copy_data", "from_slice", "double_value"]
        {
            assert!(names.contains(name), "{name}");
        }
        assert!(settings(&names).contains("{ path = \"tch::Tensor::matmul\", reason = "));
    }

    /// Clippy is given a small package of the workspace's own tch with four panicking calls and as many that are let be.
    #[test]
    fn panicking_calls_are_found_by_their_type() {
        let names = panicking(&tch(root()).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("clippy.toml"), settings(&names)).unwrap();
        let manifest = "[package]\nname = \"panics\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
                        tch = { version = \"=0.24.0\", default-features = false }\n";
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        let text = "//! Calls.\nuse tch::{IndexOp, Kind, Tensor};\n\
                    /// Bad.\npub fn bad(a: &Tensor) -> Tensor {\n\
                    let b = a.matmul(a);\n\
                    println!(\"{:?}\", b.view(-1));\n\
                    let make = Tensor::sum;\n\
                    make(&b.i(0), Kind::Float)\n}\n\
                    /// Good.\npub fn good(a: &Tensor, v: &[f32]) -> Result<f32, tch::TchError> {\n\
                    a.f_matmul(a)?.f_sum(Kind::Float)?;\n\
                    let s: f32 = v.iter().sum();\n\
                    Ok(s.max(0.0))\n}\n\
                    #[cfg(test)]\nmod tests { fn g(a: tch::Tensor) { let _ = a.matmul(&a); } }\n";
        fs::write(folder.path().join("src/lib.rs"), text).unwrap();
        fs::copy(root().join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
        let out = Command::new(cargo())
            .args([
                "clippy",
                "--offline",
                "--message-format",
                "short",
                "--",
                "-D",
                "clippy::disallowed_methods",
            ])
            .env("CLIPPY_CONF_DIR", folder.path())
            .env("CARGO_TARGET_DIR", root().join("target"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        let mut lines: Vec<&str> = (said.lines().filter(|l| l.contains("disallowed method")))
            .filter_map(|l| l.strip_prefix("src/lib.rs:")?.split(':').next())
            .collect();
        lines.sort();
        assert_eq!(lines, ["5", "6", "7", "8"], "{said}");
        assert!(!out.status.success());
    }
}
