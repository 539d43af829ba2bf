//! The files of a folder or of a tar archive, in a stable order. Calls nobody.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use npe::{Error, Result};

use super::{damaged, unreadable};

/// The largest image file that is read; scans of 600 MB exist, but no one trains on them.
pub const FILE_BYTES: u64 = 256 << 20;
/// Most files of a source: far more than fit into memory as images.
const FILES: usize = 10_000_000;
/// Folders within folders; deeper ones are a loop or a mistake.
const DEPTH: usize = 64;
/// Endings of the formats that are read.
const READ: [&str; 13] =
    ["png", "jpg", "jpeg", "jpe", "jfif", "tif", "tiff", "webp", "bmp", "ppm", "pgm", "pnm", "pbm"];
/// Endings of pictures that are not: these are listed, so that nobody wonders where they went.
const NOT_READ: [&str; 16] = [
    "heic", "heif", "avif", "jxl", "gif", "psd", "xcf", "kra", "exr", "dng", "cr2", "cr3", "nef", "arw",
    "raf", "orf",
];

/// A file of a source: its bytes, where to find them, or why there are none.
pub struct Entry {
    /// Its path within the source, with slashes.
    pub name: String,
    content: Content,
}

enum Content {
    Bytes(Vec<u8>),
    Path(PathBuf),
    Unusable(String),
}

impl Entry {
    /// The file's bytes, or the reason why there are none.
    pub fn load(&self) -> Result<std::borrow::Cow<'_, [u8]>, String> {
        match &self.content {
            Content::Bytes(bytes) => Ok(bytes.into()),
            Content::Unusable(why) => Err(why.clone()),
            Content::Path(path) => {
                let mut bytes = Vec::new();
                File::open(path)
                    .and_then(|f| f.take(FILE_BYTES + 1).read_to_end(&mut bytes))
                    .map_err(|e| format!("it can't be read: {e}"))?;
                if bytes.len() as u64 > FILE_BYTES {
                    Err(too_large(bytes.len() as u64))
                } else {
                    Ok(bytes.into())
                }
            }
        }
    }
}

/// Hands on the image files of a folder, a `.tar`, a `.tar.gz` or a `.tgz` in a stable order, in batches of at most `most`
/// files and about `bytes` bytes, with the count of all where that is known. The first error of `take` ends it.
///
/// # Errors
/// If the source is none of these, can't be read, or is an archive that is damaged or cut off.
pub fn batches(
    source: &Path,
    (most, bytes): (usize, usize),
    take: &mut dyn FnMut(Vec<Entry>, Option<usize>) -> Result<()>,
) -> Result<()> {
    if source.is_dir() {
        let mut files = Vec::new();
        walk(source, "", 0, &mut files)?;
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let count = files.len();
        let mut files = files.into_iter();
        loop {
            let batch: Vec<_> = files.by_ref().take(most).collect();
            if batch.is_empty() {
                return Ok(());
            }
            take(batch, Some(count))?;
        }
    }
    let file = File::open(source).map_err(|e| unreadable(source, e))?;
    let name = source.to_string_lossy().to_ascii_lowercase();
    let file = BufReader::with_capacity(1 << 18, file);
    if name.ends_with(".tar.gz") || name.ends_with(".tgz") {
        archive(source, &mut BufReader::new(MultiGzDecoder::new(file)), (most, bytes), take)
    } else if name.ends_with(".tar") {
        archive(source, &mut { file }, (most, bytes), take)
    } else {
        Err(Error::invalid(format!(
            "{} is no source of training images; give a folder, a .tar or .tar.gz of images, SVHN's .mat or CIFAR's .bin",
            source.display()
        )))
    }
}

fn archive(
    source: &Path,
    reader: &mut dyn Read,
    (most, bytes): (usize, usize),
    take: &mut dyn FnMut(Vec<Entry>, Option<usize>) -> Result<()>,
) -> Result<()> {
    let (mut batch, mut held, mut read) = (Vec::new(), 0, 0_usize);
    let cut = |read: usize, why: &dyn std::fmt::Display| {
        damaged(source, format!("is damaged or cut off after {read} entries ({why}); copy it again"))
    };
    let mut tar = tar::Archive::new(reader);
    for entry in tar.entries().map_err(|e| cut(read, &e))? {
        let mut entry = entry.map_err(|e| cut(read, &e))?;
        if read >= FILES {
            return Err(too_many(source));
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
        let size = entry.size();
        let content = if !entry.header().entry_type().is_file() {
            None
        } else {
            match usable(&name) {
                Some(Err(why)) => Some(Content::Unusable(why)),
                Some(Ok(())) if size > FILE_BYTES => Some(Content::Unusable(too_large(size))),
                Some(Ok(())) => {
                    // A size that lies must not be allocated before the bytes are there.
                    let mut file = Vec::with_capacity(size.min(1 << 20) as usize);
                    entry.read_to_end(&mut file).map_err(|e| cut(read, &e))?;
                    if (file.len() as u64) < size {
                        return Err(cut(read, &format_args!("in {name}, {} of {size} bytes", file.len())));
                    }
                    held += file.len();
                    Some(Content::Bytes(file))
                }
                None => None,
            }
        };
        read += 1;
        if let Some(content) = content {
            batch.push(Entry { name, content });
        }
        if batch.len() >= most || held >= bytes {
            take(std::mem::take(&mut batch), None)?;
            held = 0;
        }
    }
    if read == 0 && std::fs::metadata(source).is_ok_and(|m| m.len() < 512) {
        return Err(damaged(source, "is no tar archive: it is shorter than one header"));
    }
    if batch.is_empty() { Ok(()) } else { take(batch, None) }
}

/// Whether a file is taken by its name: `None` if it is no picture at all, the reason if it is one that is not read.
fn usable(name: &str) -> Option<Result<(), String>> {
    let file = name.rsplit('/').next().unwrap_or(name);
    // Hidden files are no photos: systems leave thumbnails and `._IMG.jpg` behind.
    let (_, ending) = file.rsplit_once('.').filter(|_| !file.starts_with('.'))?;
    let ending = ending.to_ascii_lowercase();
    if READ.contains(&ending.as_str()) {
        Some(Ok(()))
    } else if NOT_READ.contains(&ending.as_str()) {
        Some(Err(format!("the format .{ending} is not read; convert it to JPEG or PNG")))
    } else {
        None
    }
}

/// Collects the files of a folder and its folders. Links to files are followed, links to folders are not.
fn walk(folder: &Path, within: &str, depth: usize, files: &mut Vec<Entry>) -> Result<()> {
    if depth > DEPTH {
        return Err(damaged(
            folder,
            format!("lies {DEPTH} folders deep; give a folder nearer to the photos"),
        ));
    }
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))? {
        let entry = entry.map_err(|e| unreadable(folder, e))?;
        let path = entry.path();
        let own = entry.file_name().to_string_lossy().into_owned();
        let name = if within.is_empty() { own.clone() } else { format!("{within}/{own}") };
        let kind = entry.file_type().map_err(|e| unreadable(&path, e))?;
        if kind.is_dir() {
            if !own.starts_with('.') {
                walk(&path, &name, depth + 1, files)?;
            }
            continue;
        }
        if kind.is_symlink() && path.is_dir() {
            let why = "it is a link to a folder; links to folders are not followed".into();
            files.push(Entry { name, content: Content::Unusable(why) });
            continue;
        }
        // A pipe or a device would be waited for without end.
        let content = match usable(&own) {
            None => continue,
            Some(Err(why)) => Content::Unusable(why),
            Some(Ok(())) if path.is_file() => Content::Path(path),
            Some(Ok(())) => Content::Unusable("it is no regular file, or a link to nothing".into()),
        };
        if files.len() >= FILES {
            return Err(too_many(folder));
        }
        files.push(Entry { name, content });
    }
    Ok(())
}

fn too_large(bytes: u64) -> String {
    format!("the file has {} MiB; at most {} are read", bytes >> 20, FILE_BYTES >> 20)
}

fn too_many(source: &Path) -> Error {
    Error::limit(format!("{} holds more than {FILES} files; split it", source.display()))
}
