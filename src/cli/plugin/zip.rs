//! The plug-in as a zip file that Krita imports.

use super::manifest::{self, Manifest};
use super::sources::{Content, Payload};
use crate::report::io;
use npe::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use zip::write::SimpleFileOptions;

/// Writes it; answers how many files it has.
///
/// # Errors
/// If a file can't be read or the zip file can't be written.
pub fn write(payload: &Payload, to: &Path, force: bool) -> Result<usize> {
    let mut contents = Vec::new();
    for (path, content) in &payload.files {
        let bytes = match content {
            Content::Bytes(bytes) => bytes.to_vec(),
            Content::File(file) => std::fs::read(file).map_err(|e| io("the file", file, "read", e))?,
        };
        contents.push((path.clone(), bytes));
    }
    // So that `npe install` and `npe uninstall` know an imported plug-in for ours.
    let files = contents.iter().map(|(path, bytes)| {
        let sha256 = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        manifest::File { path: path.clone(), sha256 }
    });
    let manifest = Manifest::new(payload.editor, files.collect()).to_json()?;
    contents.push((format!("{}/{}", payload.editor.folder(), manifest::NAME), manifest));
    crate::save::write_with(to, force, |file| {
        pack(file, &contents).map_err(|e| {
            Error::new(ErrorKind::Io, format!("the zip file {} can't be written: {e}", to.display()))
        })
    })?;
    Ok(contents.len())
}

fn pack(
    file: &mut (impl Write + std::io::Seek),
    contents: &[(String, Vec<u8>)],
) -> zip::result::ZipResult<()> {
    let mut zip = zip::ZipWriter::new(file);
    let options = SimpleFileOptions::default().unix_permissions(0o644);
    // Krita's importer looks for entries of the folders.
    let parents = contents.iter().flat_map(|(path, _)| Path::new(path).ancestors().skip(1));
    let folders: BTreeSet<&Path> = parents.filter(|p| !p.as_os_str().is_empty()).collect();
    for folder in folders {
        zip.add_directory_from_path(folder, options.unix_permissions(0o755))?;
    }
    for (path, bytes) in contents {
        zip.start_file(path.as_str(), options)?;
        zip.write_all(bytes)?;
    }
    zip.finish().map(drop)
}
