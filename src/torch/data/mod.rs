//! Training images: read from folders, archives and the published data sets; made from ordinary photos; varied at
//! random. Plain Rust: calls `npe::photo`, `npe::limits` and `npe::error`, and knows no tch. See `docs/training-data.md`.

mod area;
pub mod augment;
mod cifar;
mod decode;
mod face;
mod mat;
mod measure;
mod pack;
pub mod prepare;
mod source;

use std::ops::Range;
use std::path::Path;

use image::RgbImage;
use npe::{Error, ErrorKind, Result};
use rayon::prelude::*;

pub use prepare::prepare;

/// Sides of the networks' squares that there are, in pixels.
pub const SIZES: [usize; 3] = [32, 64, 128];
/// A square is enlarged this many times at most; what is smaller still is skipped.
pub const ENLARGED: usize = 2;
/// Files decoded together: enough to keep every thread busy, and few enough to answer a cancellation soon.
const BATCH: usize = 128;
/// Their encoded size together; a batch ends early where the files are large.
const BATCH_BYTES: usize = 64 << 20;
/// Images of a data set resampled together.
const SET_BATCH: usize = 4096;

/// Training images in memory, all of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// The side of each image in pixels.
    pub size: usize,
    /// `[N][3][size][size]`: red, green and blue planes, sRGB, 0..255.
    pub pixels: Vec<u8>,
    /// Where each came from: a path within the source, or `file#number`.
    pub names: Vec<String>,
    /// The class of each, where the source says it: SVHN's digit, CIFAR-10's class, CIFAR-100's fine class.
    pub labels: Option<Vec<u8>>,
    /// What was left out, in the source's order.
    pub skipped: Vec<Skipped>,
}

/// An image that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its path within the source.
    pub name: String,
    /// The reason, in words.
    pub why: String,
}

/// How images are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The side of the network's square in pixels: 32, 64 or 128.
    pub size: usize,
    /// Which part of each image is read.
    pub crop: Crop,
}

/// The part of an image that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Crop {
    /// The largest square in the middle.
    #[default]
    Whole,
    /// This square, in pixels of the source image once it is upright. Images that it does not fit in are skipped.
    Square {
        /// Its left edge.
        x: u32,
        /// Its top edge.
        y: u32,
        /// Its side.
        side: u32,
    },
}

/// Reads the images of a folder (with its folders, sorted by path), of a `.tar`, `.tar.gz` or `.tgz` (in its order), of
/// SVHN's `.mat`, or of CIFAR's `.bin` (a file, or a folder of them). Decodes on rayon's threads; the order is the source's
/// all the same. `progress` is told how many images were looked at, and of how many where that is known; when it
/// answers false, reading ends with [`ErrorKind::Cancelled`].
///
/// Images that are damaged, too small or too large are skipped and listed in [`Images::skipped`].
///
/// # Errors
/// If the settings are out of range, the source can't be read, is of no known kind or is itself damaged (an archive or
/// a data set that is cut off), no image is left, or there is not enough memory.
pub fn read(
    source: &Path,
    settings: &Settings,
    progress: &mut dyn FnMut(usize, Option<usize>) -> bool,
) -> Result<Images> {
    settings.check()?;
    let images = match Kind::of(source)? {
        Kind::Files => read_files(source, settings, progress)?,
        Kind::Mat => mat::read(source, settings, progress)?,
        Kind::Cifar(files) => cifar::read(&files, settings, progress)?,
    };
    if images.is_empty() {
        return Err(nothing_left(source, &images.skipped));
    }
    Ok(images)
}

impl Settings {
    /// Checks the size and the crop.
    ///
    /// # Errors
    /// With the value that is out of range.
    pub fn check(&self) -> Result<()> {
        if !SIZES.contains(&self.size) {
            return Err(Error::invalid(format!(
                "training images of {} pixels a side were asked for; there are networks of 32, 64 and 128",
                self.size
            )));
        }
        if let Crop::Square { side, .. } = self.crop
            && side == 0
        {
            return Err(Error::invalid("the crop's side is 0 pixels; give 1 or more"));
        }
        Ok(())
    }
}

impl Images {
    /// How many images there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Image `i`, `[3][size][size]`.
    ///
    /// # Panics
    /// If there are not so many, as slices do.
    pub fn image(&self, i: usize) -> &[u8] {
        let each = 3 * self.size * self.size;
        &self.pixels[i * each..(i + 1) * each]
    }

    /// The images held out for validation and those to train on: the first `held_out` in the source's order, and the
    /// rest. Of fewer images all are held out, and none is left to train on.
    pub fn split(&self, held_out: usize) -> (Range<usize>, Range<usize>) {
        let n = held_out.min(self.len());
        (0..n, n..self.len())
    }

    fn new(size: usize) -> Self {
        Self { size, pixels: Vec::new(), names: Vec::new(), labels: None, skipped: Vec::new() }
    }

    /// Makes room for so many images more.
    fn reserve(&mut self, images: usize) -> Result<()> {
        let bytes = images.saturating_mul(3 * self.size * self.size);
        self.pixels.try_reserve(bytes).map_err(|e| {
            let message = format!(
                "there is not enough memory for {} images of {} pixels a side; give fewer or smaller ones",
                self.len() + images,
                self.size
            );
            Error::new(ErrorKind::OutOfMemory, message).with_source(e)
        })
    }

    /// Adds an image or what kept it out.
    fn add(&mut self, name: String, image: Result<Vec<u8>, String>) -> Result<()> {
        match image {
            Ok(pixels) => {
                self.reserve(1)?;
                self.pixels.extend_from_slice(&pixels);
                self.names.push(name);
            }
            Err(why) => self.skipped.push(Skipped { name, why }),
        }
        Ok(())
    }

    /// Adds the images of a data set, which are all of one size: a crop that does not fit one fits none, and is an error.
    fn add_set(
        &mut self,
        file: &str,
        count: usize,
        picture: &(dyn Fn(usize) -> RgbImage + Sync),
        settings: &Settings,
        progress: &mut dyn FnMut(usize, Option<usize>) -> bool,
    ) -> Result<()> {
        self.reserve(count)?;
        let before = self.len();
        for start in (0..count).step_by(SET_BATCH) {
            proceed(progress, before + start, None)?;
            let end = count.min(start + SET_BATCH);
            let squares: Result<Vec<_>, String> =
                (start..end).into_par_iter().map(|i| decode::square(&picture(i), settings)).collect();
            for square in squares.map_err(|e| Error::invalid(format!("{file}: of its images, {e}")))? {
                self.pixels.extend_from_slice(&square);
            }
            self.names.extend((start..end).map(|i| format!("{file}#{i}")));
        }
        proceed(progress, self.len(), None)
    }
}

/// What a source is.
enum Kind {
    /// A folder or an archive of image files.
    Files,
    Mat,
    Cifar(Vec<std::path::PathBuf>),
}

impl Kind {
    fn of(source: &Path) -> Result<Self> {
        let ends = |ending: &str| source.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
        if source.is_dir() {
            let files = cifar::files_of(source)?;
            return Ok(if files.is_empty() { Kind::Files } else { Kind::Cifar(files) });
        }
        if ends("mat") {
            Ok(Kind::Mat)
        } else if ends("bin") {
            Ok(Kind::Cifar(vec![source.into()]))
        } else {
            // What is neither a folder nor an archive is told so by the reader of these.
            Ok(Kind::Files)
        }
    }
}

fn read_files(
    source: &Path,
    settings: &Settings,
    progress: &mut dyn FnMut(usize, Option<usize>) -> bool,
) -> Result<Images> {
    let mut images = Images::new(settings.size);
    let mut done = 0;
    proceed(progress, 0, None)?;
    source::batches(source, (BATCH, BATCH_BYTES), &mut |batch, count| {
        done += batch.len();
        let decode = |file: source::Entry| {
            let image = file
                .load()
                .and_then(|bytes| decode::rgb(&bytes))
                .and_then(|image| decode::square(&image, settings));
            (file.name, image)
        };
        let decoded: Vec<_> = batch.into_par_iter().map(decode).collect();
        for (name, image) in decoded {
            images.add(name, image)?;
        }
        proceed(progress, done, count)
    })?;
    Ok(images)
}

/// Tells how far it is, and ends where the caller no longer wants it.
fn proceed(
    progress: &mut dyn FnMut(usize, Option<usize>) -> bool,
    done: usize,
    of: Option<usize>,
) -> Result<()> {
    if progress(done, of) {
        Ok(())
    } else {
        Err(Error::new(ErrorKind::Cancelled, "reading the images was cancelled"))
    }
}

fn nothing_left(source: &Path, skipped: &[Skipped]) -> Error {
    let name = source.display();
    let text = match skipped {
        [] => format!(
            "there is no image in {name}; give a folder or a tar of PNG, JPEG, TIFF, WebP, BMP or PNM files"
        ),
        [first, ..] => format!(
            "none of the {} images in {name} can be used; the first, {}: {}",
            skipped.len(),
            first.name,
            first.why
        ),
    };
    Error::new(ErrorKind::Photo, text)
}

/// The error of a file that can't be read.
fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{} can't be read: {error}", path.display())).with_source(error)
}

/// The error of a file whose content is wrong.
fn damaged(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Photo, format!("{} {what}", path.display()))
}
