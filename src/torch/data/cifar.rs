//! CIFAR-10's and CIFAR-100's binary files (Krizhevsky 2009): records of one or two label bytes and 3072 bytes of planes.
//! Calls `decode`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use npe::{Error, Result};

use super::decode::interleaved;
use super::{Images, Settings, damaged, unreadable};

/// The side of the images.
const SIDE: usize = 32;
/// Bytes of one image.
const IMAGE: usize = 3 * SIDE * SIDE;
/// The largest file; CIFAR-100's is 154 MB.
const FILE_BYTES: u64 = 1 << 30;

/// The `.bin` files that lie in a folder, sorted; none if it holds images too, so that a stray file spoils no folder of photos.
pub fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))? {
        let path = entry.map_err(|e| unreadable(folder, e))?.path();
        if path.is_dir() || image::ImageFormat::from_path(&path).is_ok() {
            return Ok(Vec::new());
        }
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("bin")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads the records of these files in order; the labels are CIFAR-10's classes or CIFAR-100's fine classes.
pub fn read(
    files: &[PathBuf],
    settings: &Settings,
    progress: &mut dyn FnMut(usize, Option<usize>) -> bool,
) -> Result<Images> {
    let mut images = Images::new(settings.size);
    let mut labels = Vec::new();
    let mut set = None;
    for path in files {
        let bytes = bytes_of(path)?;
        let head = label_bytes(path, &bytes)?;
        if *set.get_or_insert(head) != head {
            return Err(damaged(path, "is of another CIFAR than the files before it; keep the two apart"));
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let records: Vec<_> = bytes.chunks_exact(head + IMAGE).collect();
        labels.extend(records.iter().map(|r| r[head - 1]));
        let picture =
            |i: usize| interleaved(SIDE as u32, |c, x, y| records[i][head + (c * SIDE + y) * SIDE + x]);
        images.add_set(&name, records.len(), &picture, settings, progress)?;
    }
    images.labels = Some(labels);
    Ok(images)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    let failed = |e| unreadable(path, e);
    let mut bytes = Vec::new();
    File::open(path).and_then(|f| f.take(FILE_BYTES + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(Error::limit(format!(
            "{} is larger than {} MiB; no CIFAR file is",
            path.display(),
            FILE_BYTES >> 20
        )));
    }
    Ok(bytes)
}

/// How many label bytes a record has: 1 in CIFAR-10, 2 in CIFAR-100. The file does not say; its length and its labels do.
fn label_bytes(path: &Path, bytes: &[u8]) -> Result<usize> {
    let whole = |head: usize| !bytes.is_empty() && bytes.len().is_multiple_of(head + IMAGE);
    let labelled = |head: usize, classes: &[u8]| {
        bytes.chunks_exact(head + IMAGE).all(|r| r.iter().zip(classes).all(|(label, n)| label < n))
    };
    match [(1, &[10][..]), (2, &[20, 100][..])]
        .into_iter()
        .find(|(head, c)| whole(*head) && labelled(*head, c))
    {
        Some((head, _)) => Ok(head),
        None if whole(1) || whole(2) => Err(damaged(
            path,
            "has labels that CIFAR-10 and CIFAR-100 do not have: it is damaged or no CIFAR file",
        )),
        None => {
            let text = format!(
                "has {} bytes, no whole number of records of CIFAR-10 ({}) or CIFAR-100 ({}): it is cut off or no CIFAR file",
                bytes.len(),
                1 + IMAGE,
                2 + IMAGE
            );
            Err(damaged(path, text))
        }
    }
}
