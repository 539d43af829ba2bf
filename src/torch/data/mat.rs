//! SVHN's cropped digits (Netzer et al. 2011): a MATLAB level 5 file with `X`, `[32, 32, 3, N]` of bytes, and `y`, `[N, 1]`.
//!
//! Its own reader of what is needed of "MAT-File Format" (MathWorks), because the crates that read such files unpack all they are given,
//! whatever it claims to be; here nothing is allocated that the dimensions do not ask for. Calls `decode`.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::ZlibDecoder;
use npe::{Error, ErrorKind, Result};

use super::decode::interleaved;
use super::{Images, Settings, damaged, unreadable};

/// The side of the images.
const SIDE: usize = 32;
/// Bytes of one image.
const IMAGE: usize = 3 * SIDE * SIDE;
/// Most images: an element of this format holds 4 GiB. SVHN's largest file has 531,131.
const IMAGES: usize = u32::MAX as usize / IMAGE;
/// Most variables of a file; SVHN's have two.
const VARIABLES: usize = 64;

// Types of data elements (table 1-1).
const INT8: u32 = 1;
const UINT8: u32 = 2;
const INT32: u32 = 5;
const UINT32: u32 = 6;
const DOUBLE: u32 = 9;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// Reads the images and their labels, the digits 0 to 9 (the file has 10 for the digit 0).
pub fn read(
    path: &Path,
    settings: &Settings,
    progress: &mut dyn FnMut(usize, Option<usize>) -> bool,
) -> Result<Images> {
    let file = File::open(path).map_err(|e| unreadable(path, e))?;
    let (x, y) = variables(&mut BufReader::new(file)).map_err(|e| match e {
        Fault::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
            damaged(path, "is cut off: it ends in the middle of a variable; copy it again")
        }
        Fault::Io(e) => damaged(path, format!("can't be read or is damaged: {e}")).with_source(e),
        Fault::Format(text) => damaged(path, text),
        Fault::Memory => Error::new(
            ErrorKind::OutOfMemory,
            format!("there is not enough memory for the images of {}", path.display()),
        ),
    })?;
    let count = x.len() / IMAGE;
    if y.len() != count {
        return Err(damaged(path, format!("has {count} images in X, but {} labels in y", y.len())));
    }
    let mut images = Images::new(settings.size);
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    // MATLAB's first index is the fastest: row, column, channel, image.
    let picture =
        |i: usize| interleaved(SIDE as u32, |c, col, row| x[i * IMAGE + (c * SIDE + col) * SIDE + row]);
    images.add_set(&name, count, &picture, settings, progress)?;
    images.labels = Some(y);
    Ok(images)
}

/// What is wrong with a file.
enum Fault {
    Io(io::Error),
    /// A sentence that goes on after the file's name.
    Format(String),
    Memory,
}

impl From<io::Error> for Fault {
    fn from(e: io::Error) -> Self {
        Fault::Io(e)
    }
}

fn format<T>(text: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Format(text.into()))
}

/// The bytes of `X` and the digits of `y`.
fn variables(file: &mut dyn Read) -> Result<(Vec<u8>, Vec<u8>), Fault> {
    let mut header = [0; 128];
    file.read_exact(&mut header)?;
    if header.starts_with(b"MATLAB 7.3") || header.starts_with(b"\x89HDF") {
        return format("is a MATLAB 7.3 file (HDF5), which is not read; save it with -v7");
    }
    // The version, and "MI" as the machine's own order writes it.
    match &header[124..] {
        [0, 1, b'I', b'M'] => {}
        [1, 0, b'M', b'I'] => return format("is of a big-endian machine, which is not read; save it anew"),
        _ => return format("is no MATLAB level 5 file"),
    }
    let (mut x, mut y) = (None, None);
    for _ in 0..VARIABLES {
        let mut tag = [0; 8];
        match file.read(&mut tag)? {
            0 => break,
            n => file.read_exact(&mut tag[n..])?,
        }
        let (kind, size) = (word(&tag[..4]), word(&tag[4..]));
        let mut element = file.take(u64::from(size));
        match kind {
            MATRIX => matrix(&mut element, &mut x, &mut y)?,
            COMPRESSED => {
                let mut inner = ZlibDecoder::new(&mut element);
                let mut tag = [0; 8];
                inner.read_exact(&mut tag)?;
                if word(&tag[..4]) == MATRIX {
                    matrix(&mut inner, &mut x, &mut y)?;
                }
            }
            other => {
                return format(format!(
                    "has an element of type {other} where a variable should be: it is damaged"
                ));
            }
        }
        if let (Some(x), Some(y)) = (&mut x, &mut y) {
            return Ok((std::mem::take(x), std::mem::take(y)));
        }
        // The rest of the element: variables that are not asked for.
        io::copy(&mut element, &mut io::sink())?;
        if element.limit() > 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
    format("has no variables X (the images) and y (their labels): it is not SVHN's format 2")
}

/// Reads a variable if it is one of the two.
fn matrix(data: &mut dyn Read, x: &mut Option<Vec<u8>>, y: &mut Option<Vec<u8>>) -> Result<(), Fault> {
    let (_, flags) = small(data, &[UINT32], 8)?;
    let (_, dims) = small(data, &[INT32], 32)?;
    let (_, name) = small(data, &[INT8], 64)?;
    let dims: Vec<usize> = dims.chunks_exact(4).map(|d| word(d) as usize).collect();
    // The second byte holds the flags; one of them is for complex numbers.
    let complex = flags.get(1).is_some_and(|f| f & 8 != 0);
    match (name.as_slice(), dims.as_slice()) {
        (b"X", [SIDE, SIDE, 3, rest @ ..]) if rest.len() <= 1 && !complex => {
            let count = rest.first().copied().unwrap_or(1);
            if count > IMAGES {
                return format(format!("says it has {count} images; at most {IMAGES} fit into such a file"));
            }
            let Tag { kind, packed, size } = tag(data)?;
            if kind != UINT8 || size as usize != count * IMAGE || packed.is_some() {
                return format(format!(
                    "has {size} bytes of type {} in X; {count} images are {} of type {UINT8}",
                    kind,
                    count * IMAGE
                ));
            }
            let mut pixels = Vec::new();
            pixels.try_reserve_exact(count * IMAGE).map_err(|_| Fault::Memory)?;
            data.take(u64::from(size)).read_to_end(&mut pixels)?;
            if pixels.len() < count * IMAGE {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            *x = Some(pixels);
        }
        (b"X", dims) => {
            return format(format!("has a variable X of {dims:?}; SVHN's is [32, 32, 3, N] of bytes"));
        }
        (b"y", &[n, 1] | &[1, n]) if n <= IMAGES && !complex => {
            let (kind, labels) = small(data, &[UINT8, DOUBLE], 8 * n)?;
            let labels: Vec<f64> = match kind {
                UINT8 => labels.iter().map(|v| f64::from(*v)).collect(),
                _ => labels
                    .chunks_exact(8)
                    .map(|b| f64::from_bits(u64::from(word(&b[4..])) << 32 | u64::from(word(b))))
                    .collect(),
            };
            if labels.len() != n {
                return format(format!("has {} labels in y, of the {n} it says it has", labels.len()));
            }
            let digit = |v: &f64| match *v {
                10.0 => Ok(0),
                v if v.fract() == 0.0 && (0.0..10.0).contains(&v) => Ok(v as u8),
                v => format(format!("has the label {v} in y; SVHN's are 1 to 10")),
            };
            *y = Some(labels.iter().map(digit).collect::<Result<_, _>>()?);
        }
        (b"y", dims) => return format(format!("has a variable y of {dims:?}; SVHN's is [N, 1]")),
        _ => {}
    }
    Ok(())
}

/// A sub-element of one of these types and at most so many bytes, with the bytes that fill it up passed over.
fn small(data: &mut dyn Read, kinds: &[u32], most: usize) -> Result<(u32, Vec<u8>), Fault> {
    let Tag { kind, packed, size } = tag(data)?;
    if !kinds.contains(&kind) || size as usize > most {
        return format(format!(
            "has {size} bytes of type {kind} in a variable's head, which is not SVHN's format: it is damaged or another file"
        ));
    }
    if let Some(bytes) = packed {
        return Ok((kind, bytes[..size as usize].to_vec()));
    }
    let mut bytes = Vec::new();
    data.take(u64::from(size)).read_to_end(&mut bytes)?;
    if bytes.len() < size as usize {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    let mut fill = [0; 8];
    data.read_exact(&mut fill[..(size as usize).next_multiple_of(8) - size as usize])?;
    Ok((kind, bytes))
}

/// What stands before a sub-element's bytes.
struct Tag {
    kind: u32,
    /// The bytes themselves, where they are few enough to stand in the tag.
    packed: Option<[u8; 4]>,
    /// In bytes.
    size: u32,
}

/// The tag of a sub-element.
fn tag(data: &mut dyn Read) -> Result<Tag, Fault> {
    let mut tag = [0; 8];
    data.read_exact(&mut tag)?;
    let (first, second) = (word(&tag[..4]), word(&tag[4..]));
    match first >> 16 {
        0 => Ok(Tag { kind: first, packed: None, size: second }),
        size @ 1..=4 => {
            let packed = Some([tag[4], tag[5], tag[6], tag[7]]);
            Ok(Tag { kind: first & 0xffff, packed, size })
        }
        size => format(format!("has a packed element of {size} bytes; 4 are the most: it is damaged")),
    }
}

/// Four little-endian bytes.
fn word(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).rev().fold(0, |n, b| n << 8 | u32::from(*b))
}
