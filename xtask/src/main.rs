//! The workspace's own commands: `cargo xtask libtorch [DIR]` and `cargo xtask lint`.

mod docs;
mod libtorch;
mod lint;

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask libtorch [DIR]   download libtorch for the CPU into DIR (target/libtorch), 500 MB, once
cargo xtask lint             refuse links and names of files in texts that lead nowhere, and what panics in tch, in src/torch";

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("xtask: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["libtorch"] => libtorch::install(&root().join("target/libtorch")),
        ["libtorch", folder] if !folder.starts_with('-') => libtorch::install(Path::new(folder)),
        ["lint"] => docs::run(&root()).and_then(|()| lint::run(&root())),
        ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => bail!("the command is not known; there are:\n{HELP}"),
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}
