//! The one error type of the library. Every room makes these; nothing here calls anyone.

use std::fmt;

/// What kind of thing went wrong. The C interface has one stable status code for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is out of its documented range.
    InvalidArgument,
    /// A size is over one of the [`crate::limits`].
    Limit,
    /// A model file is damaged, hostile or of another format.
    Model,
    /// A photo can't be read, or its pixels are of a kind npe does not edit.
    Photo,
    /// No face was found, and no frame was given.
    NoFace,
    /// A stroke file is damaged, of another version, or does not belong to this photo or model.
    StrokeFile,
    /// Reading or writing a file failed.
    Io,
    /// The asked-for device is not there or failed.
    Device,
    /// There is not enough memory.
    OutOfMemory,
    /// The caller cancelled.
    Cancelled,
    /// A defect of npe itself, seen by a check of its own.
    Internal,
    /// A defect of npe itself: a panic, stopped before it reached the caller.
    Panic,
}

/// An error that explains itself: its text says what was wrong, with the value, and what to do.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind with a full sentence for the person.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Its kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Shorthand for [`ErrorKind::InvalidArgument`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, message)
    }

    /// Shorthand for [`ErrorKind::Limit`].
    pub fn limit(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Limit, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}
