//! `npe-install.json` in the plug-in's folder: what was installed, so that the doctor can compare and uninstalling takes away
//! exactly that.

use super::Editor;
use super::places::Place;
use crate::report::io;
use npe::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Component, Path};

/// Its name.
pub const NAME: &str = "npe-install.json";

/// What was installed in one place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// "npe-install".
    format: String,
    /// Of the format: 1.
    version: u32,
    /// The version of npe.
    pub npe: String,
    /// Its key.
    pub editor: String,
    /// When, in seconds since 1970 UTC.
    pub time: u64,
    /// The files, this one excepted. Empty: all was uninstalled, and what the person added was kept.
    pub files: Vec<File>,
    /// Folders that were made for them outside of the plug-in's, relative to the base; taken away again when they are empty.
    pub made: BTreeSet<String>,
    /// What was made in `kritarc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kritarc: Option<super::kritarc::Made>,
}

/// An installed file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct File {
    /// Relative to the base, with `/`.
    pub path: String,
    /// Of its content, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// One for these files.
    pub fn new(editor: Editor, files: Vec<File>) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self {
            format: "npe-install".into(),
            version: 1,
            npe: super::VERSION.into(),
            editor: editor.key().into(),
            time: now.map_or(0, |d| d.as_secs()),
            files,
            made: BTreeSet::new(),
            kritarc: None,
        }
    }

    /// The one of a place; none if there is no such file.
    ///
    /// # Errors
    /// If it is there and is damaged or of a later format.
    pub fn read(place: &Place) -> Result<Option<Self>> {
        // Through a symbolic link these would be someone else's files.
        if place.plugin().is_symlink() {
            return Ok(None);
        }
        let file = place.plugin().join(NAME);
        let text = match std::fs::read(&file) {
            Ok(text) => text,
            Err(e)
                if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(e) => return Err(io("the list of installed files", &file, "read", e)),
        };
        let bad = |why: String| {
            let text = format!(
                "the list of installed files {} {why}; install again with --force to replace the folder",
                file.display()
            );
            Error::new(ErrorKind::Io, text)
        };
        let manifest: Self = serde_json::from_slice(&text).map_err(|e| bad(format!("is damaged: {e}")))?;
        if manifest.format != "npe-install" || manifest.version != 1 {
            return Err(bad(format!("is of format {:?}, version {}", manifest.format, manifest.version)));
        }
        let units = place.editor.units();
        let within = |path: &str| {
            let plain = Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
            plain
                && units
                    .iter()
                    .any(|u| path == *u || path.strip_prefix(u).is_some_and(|p| p.starts_with('/')))
        };
        // Whatever it says, nothing outside of our own folders is removed.
        match manifest.files.iter().find(|f| !within(&f.path)) {
            Some(file) => Err(bad(format!("names {:?}, which is none of the plug-in's", file.path))),
            None => Ok(Some(manifest)),
        }
    }

    /// Its text.
    ///
    /// # Errors
    /// Never in practice: there is nothing in it that JSON can't hold.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let text = serde_json::to_string_pretty(self).map_err(|e| {
            Error::new(ErrorKind::Internal, format!("the list of files can't be written: {e}"))
        })?;
        Ok((text + "\n").into_bytes())
    }

    /// The same without files: what is left of it when the person's files keep the folder.
    pub fn emptied(self) -> Self {
        Self { files: Vec::new(), ..self }
    }

    /// Whether a file is listed.
    pub fn has(&self, path: &str) -> bool {
        self.files.iter().any(|f| f.path == path)
    }
}

/// The hash of a file.
///
/// # Errors
/// If it can't be read.
pub fn sha256(file: &Path) -> std::io::Result<String> {
    let (mut hash, mut file) = (Sha256::new(), std::fs::File::open(file)?);
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part)? {
            0 => break,
            n => hash.update(&part[..n]),
        }
    }
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}
