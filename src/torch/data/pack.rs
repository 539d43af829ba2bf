//! Writing a set of files to a tar or a folder, which appears under its name only once it is whole. Calls nobody.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use npe::{Error, ErrorKind, Result};
use tempfile::{NamedTempFile, TempDir};

/// A tar or a folder being written. Dropped before [`Pack::finish`], it leaves nothing behind.
pub struct Pack {
    out: PathBuf,
    place: Place,
}

enum Place {
    Tar(Box<tar::Builder<BufWriter<File>>>, NamedTempFile),
    Folder(TempDir),
}

impl Pack {
    /// Begins a tar (if the name ends in `.tar`) or a folder (if it has no ending).
    pub fn create(out: &Path) -> Result<Self> {
        let ending = out.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        if let Some(other) = ending.as_deref().filter(|e| *e != "tar") {
            return Err(Error::invalid(format!(
                "images can't be written to {} (.{other}); name a .tar, or a folder without an ending",
                out.display()
            )));
        }
        if out.symlink_metadata().is_ok() {
            return Err(Error::new(
                ErrorKind::Io,
                format!("{} is there already; remove it or name another", out.display()),
            ));
        }
        let parent = match out.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        let failed = |e| unwritable(out, e);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".npe-").suffix(".tmp");
        let place = if ending.is_some() {
            mode(&mut builder, 0o666);
            let file = builder.tempfile_in(parent).map_err(failed)?;
            let writer = BufWriter::new(file.as_file().try_clone().map_err(failed)?);
            Place::Tar(Box::new(tar::Builder::new(writer)), file)
        } else {
            mode(&mut builder, 0o777);
            Place::Folder(builder.tempdir_in(parent).map_err(failed)?)
        };
        Ok(Self { out: out.into(), place })
    }

    /// Adds a file. Its name has slashes and no `..`.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let written = match &mut self.place {
            Place::Tar(tar, _) => {
                // Nothing of the time or the person: the same photos give the same archive.
                let mut header = tar::Header::new_gnu();
                header.set_size(bytes.len() as u64);
                header.set_mode(0o644);
                tar.append_data(&mut header, name, bytes)
            }
            Place::Folder(dir) => {
                let path = dir.path().join(name);
                path.parent()
                    .map_or(Ok(()), std::fs::create_dir_all)
                    .and_then(|()| std::fs::write(&path, bytes))
            }
        };
        written.map_err(|e| unwritable(&self.out, e))
    }

    /// Gives it its name.
    pub fn finish(self) -> Result<()> {
        let failed = |e| unwritable(&self.out, e);
        match self.place {
            Place::Tar(tar, file) => {
                tar.into_inner().and_then(|mut writer| writer.flush()).map_err(failed)?;
                file.persist_noclobber(&self.out).map_err(|e| failed(e.error))?;
            }
            Place::Folder(dir) => {
                std::fs::rename(dir.path(), &self.out).map_err(failed)?;
                // It has moved: there is nothing to remove.
                let _ = dir.keep();
            }
        }
        Ok(())
    }
}

/// Temporary files are private by default; these are as other files are (the umask applies).
fn mode(builder: &mut tempfile::Builder<'_, '_>, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = (builder, mode);
}

fn unwritable(out: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{} can't be written: {error}", out.display())).with_source(error)
}
