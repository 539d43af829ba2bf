//! The trainer's and the networks' error: libtorch's, npe's, or one with a sentence of its own.

use std::fmt;
use tch::TchError;

/// What failed, in a sentence.
#[derive(Debug)]
pub enum Error {
    /// libtorch refused an operation: a shape, memory, a device.
    Torch(TchError),
    /// npe refused something: a model, a photo, a file.
    Npe(npe::Error),
    /// A sentence for the person.
    Told(String),
}

/// The result of this package.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with this sentence.
    pub fn told(message: impl Into<String>) -> Self {
        Self::Told(message.into())
    }

    /// An error about a file.
    pub fn file(what: &str, path: &std::path::Path, cause: &dyn fmt::Display) -> Self {
        Self::Told(format!("{what} {}: {cause}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // libtorch appends its C++ stack; its first line says what was wrong.
            Self::Torch(e) => {
                let text = e.to_string();
                let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("an unknown error");
                if text.contains("out of memory") || text.contains("can't allocate memory") {
                    write!(f, "not enough memory ({first}); use a smaller batch or width")
                } else {
                    write!(f, "libtorch: {first}")
                }
            }
            Self::Npe(e) => write!(f, "{e}"),
            Self::Told(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Torch(e) => Some(e),
            Self::Npe(e) => Some(e),
            Self::Told(_) => None,
        }
    }
}

impl From<TchError> for Error {
    fn from(e: TchError) -> Self {
        Self::Torch(e)
    }
}

impl From<npe::Error> for Error {
    fn from(e: npe::Error) -> Self {
        Self::Npe(e)
    }
}
