//! How a command ends: what the person reads, and the exit code.

use npe::{Error, ErrorKind};
use serde_json::Value;
use std::fmt;
use std::io::Write;

/// A command that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All of it was done.
    Done,
    /// Some photos of several failed; each was told already.
    SomeFailed,
}

/// A command that could not do its work.
#[derive(Debug)]
pub struct Failure {
    usage: bool,
    message: String,
}

/// What commands answer.
pub type Result<T = Outcome> = std::result::Result<T, Failure>;

impl Failure {
    /// Wrong use: the command line can't mean anything.
    pub fn usage(error: impl fmt::Display) -> Self {
        Self { usage: true, message: error.to_string() }
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        if self.usage { 2 } else { 1 }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { usage: false, message: error.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// An input or output error on a path, as a sentence: "the photo x.png can't be read: …".
pub fn io(what: &str, path: &std::path::Path, did: &str, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{what} {} can't be {did}: {error}", path.display())).with_source(error)
}

/// Prints JSON for a script.
///
/// # Errors
/// If standard output is closed.
pub fn print_json(value: &Value) -> Result<()> {
    print(&format!("{value:#}\n"))
}

/// Prints text to standard output; a closed pipe is an error, not a panic.
///
/// # Errors
/// If standard output is closed.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| {
        Error::new(ErrorKind::Io, format!("standard output can't be written: {e}")).with_source(e).into()
    })
}
