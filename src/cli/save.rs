//! Pictures into files: the format by the name's ending, through a temporary file, nothing overwritten by mistake.

use crate::read::Extras;
use crate::report::io;
use image::codecs::{bmp, jpeg, png, pnm, tiff, webp};
use image::{DynamicImage, ExtendedColorType, ImageBuffer, ImageEncoder, ImageFormat, ImageResult};
use npe::photo::{Channels, Photo, Samples};
use npe::{Error, ErrorKind, Result};
use std::io::{BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

/// How to write.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// JPEG quality, 1 to 100.
    pub quality: u8,
    /// Whether an existing file may be replaced.
    pub force: bool,
}

/// The one picture that a command writes.
#[derive(clap::Args)]
pub struct Output {
    /// The picture to write
    #[arg(short = 'o', long = "output", value_name = "OUT")]
    pub path: PathBuf,
    /// Replace OUT if it exists
    #[arg(long)]
    force: bool,
}

impl Output {
    /// Checks that it may be written, before any work is done.
    ///
    /// # Errors
    /// As [`check`].
    pub fn check(&self, inputs: &[PathBuf]) -> Result<()> {
        check(&self.path, inputs, self.options())
    }

    /// How to write it.
    pub fn options(&self) -> Options {
        Options { quality: 95, force: self.force }
    }
}

/// Checks that a file may be written, before any work is done.
///
/// # Errors
/// If the ending is of no format that npe writes, the folder is missing, or the file is there and may not be replaced.
pub fn check(path: &Path, inputs: &[PathBuf], options: Options) -> Result<()> {
    format(path)?;
    check_free(path, inputs, options.force)
}

/// As [`check`], for any kind of file.
///
/// # Errors
/// As [`check`].
pub fn check_free(path: &Path, inputs: &[PathBuf], force: bool) -> Result<()> {
    let name = path.display();
    if path.is_dir() {
        return Err(Error::invalid(format!("{name} is a folder; give the name of a file")));
    }
    let folder = folder(path);
    if !folder.is_dir() {
        let text = format!("the folder {} does not exist; make it, or write elsewhere", folder.display());
        return Err(Error::new(ErrorKind::Io, text));
    }
    if force || path.symlink_metadata().is_err() {
        return check_writable(folder);
    }
    let own = inputs.iter().any(|input| same_file(input, path));
    let what = if own { "is the photo itself" } else { "exists already" };
    Err(Error::new(ErrorKind::Io, format!("{name} {what}; give another name, or --force to replace it")))
}

/// Checks that a folder is there or can be made, and that files can be written into it.
///
/// # Errors
/// If not.
pub fn check_folder(path: &Path) -> Result<()> {
    // The nearest one that is there: the others are made in it.
    let there = path.ancestors().find(|p| p.symlink_metadata().is_ok()).unwrap_or(Path::new("."));
    if !there.is_dir() {
        let text =
            format!("the folder {} can't be made: {} is not a folder", path.display(), there.display());
        return Err(Error::new(ErrorKind::Io, text));
    }
    check_writable(there)
}

fn check_writable(folder: &Path) -> Result<()> {
    let tried = tempfile::Builder::new().prefix(".npe-").suffix(".tmp").tempfile_in(folder);
    tried.map(drop).map_err(|e| io("the folder", folder, "written into", plain(e)))
}

/// Checks that no file to be written is another one too, or a folder that another one goes into.
///
/// # Errors
/// With the name of one that is.
pub fn check_distinct(files: &[PathBuf]) -> Result<()> {
    let places: Vec<PathBuf> = files.iter().map(|f| place(f)).collect();
    let mut seen = std::collections::HashSet::new();
    let twice = files.iter().zip(&places).find(|(_, p)| !seen.insert(p.as_path()));
    let under = || files.iter().zip(&places).find(|(_, p)| p.ancestors().skip(1).any(|a| seen.contains(a)));
    match twice.or_else(under) {
        None => Ok(()),
        Some((file, _)) => Err(Error::invalid(format!(
            "{} would be written over another file of this command; give each its own name",
            file.display()
        ))),
    }
}

/// Where a path leads to, also if nothing is there yet.
fn place(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let found = whole.ancestors().find_map(|a| Some((a.canonicalize().ok()?, whole.strip_prefix(a).ok()?)));
    match found {
        Some((there, rest)) if rest.as_os_str().is_empty() => there,
        Some((there, rest)) => there.join(rest),
        None => whole.clone(),
    }
}

/// Whether two paths name the same file, through symbolic and hard links too.
fn same_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if let (Ok(a), Ok(b)) = (a.metadata(), b.metadata()) {
            return (a.dev(), a.ino()) == (b.dev(), b.ino());
        }
    }
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

fn format(path: &Path) -> Result<ImageFormat> {
    use ImageFormat as F;
    match ImageFormat::from_path(path) {
        Ok(f @ (F::Png | F::Jpeg | F::Tiff | F::WebP | F::Bmp | F::Pnm)) => Ok(f),
        _ => Err(Error::invalid(format!(
            "{} has no ending of a format that npe writes; use .png, .jpg, .tif, .webp, .bmp or .ppm",
            path.display()
        ))),
    }
}

/// The error without the temporary file's name, which says nothing to a person.
pub fn plain(error: std::io::Error) -> std::io::Error {
    let code =
        error.get_ref().and_then(|named| named.source()).and_then(|e| e.downcast_ref::<std::io::Error>());
    match code.and_then(std::io::Error::raw_os_error) {
        Some(code) => std::io::Error::from_raw_os_error(code),
        None => error.kind().into(),
    }
}

/// Writes bytes of any kind under a temporary name in the same folder, then renames. On a failure nothing is left.
///
/// # Errors
/// If the file can't be written, or is there and may not be replaced.
pub fn write_with(
    path: &Path,
    force: bool,
    write: impl FnOnce(&mut BufWriter<&mut std::fs::File>) -> Result<()>,
) -> Result<()> {
    let failed = |e| io("the file", path, "written", e);
    // A link stays a link: what it points to is replaced.
    let target = if force && path.is_symlink() { path.canonicalize().map_err(failed)? } else { path.into() };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".npe-").suffix(".tmp");
    #[cfg(unix)]
    {
        // Temporary files are private by default; a photo is as other files are (the umask applies).
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder(&target)).map_err(|e| failed(plain(e)))?;
    let mut buffered = BufWriter::new(file.as_file_mut());
    write(&mut buffered)?;
    buffered.flush().map_err(failed)?;
    drop(buffered);
    if force {
        file.persist(&target).map_err(|e| failed(e.error))?;
    } else {
        file.persist_noclobber(&target).map_err(|e| failed(e.error))?;
    }
    Ok(())
}

/// Writes a photo. Answers with what the format could not keep, a sentence each.
///
/// # Errors
/// If the file can't be written, or is there and may not be replaced.
pub fn photo(path: &Path, photo: &Photo, extras: &Extras, options: Options) -> Result<Vec<String>> {
    let format = format(path)?;
    let mut notes = Vec::new();
    let pixels = fit(to_image(photo), format, &mut notes);
    let extras = carried(extras, &pixels, format, &mut notes);
    write_with(path, options.force, |file| {
        encode(file, format, &pixels, &extras, options.quality).map_err(|e| {
            Error::new(ErrorKind::Io, format!("the file {} can't be written: {e}", path.display()))
                .with_source(e)
        })
    })?;
    Ok(notes.into_iter().map(|n| format!("{}: {n}", path.display())).collect())
}

fn to_image(photo: &Photo) -> DynamicImage {
    let (w, h) = (photo.width(), photo.height());
    macro_rules! buffer {
        ($variant:ident, $samples:expr) => {
            ImageBuffer::from_raw(w, h, $samples.clone()).map(DynamicImage::$variant)
        };
    }
    let pixels = match (photo.format().channels, photo.samples()) {
        (Channels::Grey, Samples::U8(s)) => buffer!(ImageLuma8, s),
        (Channels::GreyAlpha, Samples::U8(s)) => buffer!(ImageLumaA8, s),
        (Channels::Rgb, Samples::U8(s)) => buffer!(ImageRgb8, s),
        (Channels::Rgba, Samples::U8(s)) => buffer!(ImageRgba8, s),
        (Channels::Grey, Samples::U16(s)) => buffer!(ImageLuma16, s),
        (Channels::GreyAlpha, Samples::U16(s)) => buffer!(ImageLumaA16, s),
        (Channels::Rgb, Samples::U16(s)) => buffer!(ImageRgb16, s),
        (Channels::Rgba, Samples::U16(s)) => buffer!(ImageRgba16, s),
        (Channels::Rgb, Samples::F32(s)) => buffer!(ImageRgb32F, s),
        (Channels::Rgba, Samples::F32(s)) => buffer!(ImageRgba32F, s),
        // The command makes no other photos: no file format of `image` holds them.
        (Channels::Bgra, _) | (Channels::Grey | Channels::GreyAlpha, Samples::F32(_)) => None,
    };
    // `Photo` guarantees the count of samples.
    pixels.unwrap_or_else(|| DynamicImage::new_rgb8(w, h))
}

/// Pixels of a kind that the format can hold, the nearest there is.
fn fit(pixels: DynamicImage, format: ImageFormat, notes: &mut Vec<String>) -> DynamicImage {
    use DynamicImage as D;
    use ImageFormat as F;
    let color = pixels.color();
    let bits = color.bits_per_pixel() / u16::from(color.channel_count());
    let most = match format {
        F::Tiff => 32,
        F::Png => 16,
        _ => 8,
    };
    let mut pixels = pixels;
    if bits > most {
        notes.push(format!("{bits} bits a channel became {most}, the most this format holds"));
        pixels = match (color.has_alpha(), color.has_color(), most) {
            (false, true, 16) => D::ImageRgb16(pixels.into_rgb16()),
            (true, true, 16) => D::ImageRgba16(pixels.into_rgba16()),
            (false, false, _) => D::ImageLuma8(pixels.into_luma8()),
            (true, false, _) => D::ImageLumaA8(pixels.into_luma_alpha8()),
            (false, true, _) => D::ImageRgb8(pixels.into_rgb8()),
            (true, true, _) => D::ImageRgba8(pixels.into_rgba8()),
        };
    }
    if color.has_alpha() && matches!(format, F::Jpeg | F::Pnm) {
        notes.push("its transparency is gone; this format holds none".into());
        pixels = match pixels {
            D::ImageLumaA8(p) => D::ImageLuma8(DynamicImage::from(p).into_luma8()),
            other => D::ImageRgb8(other.into_rgb8()),
        };
    }
    if format == F::Tiff {
        // The encoder knows no grey with alpha.
        pixels = match pixels {
            D::ImageLumaA8(_) => D::ImageRgba8(pixels.into_rgba8()),
            D::ImageLumaA16(_) => D::ImageRgba16(pixels.into_rgba16()),
            other => other,
        };
    }
    pixels
}

/// The extras that fit the pixels and the format.
fn carried(extras: &Extras, pixels: &DynamicImage, format: ImageFormat, notes: &mut Vec<String>) -> Extras {
    use ImageFormat as F;
    // A profile says for which kind of colours it is (ICC.1:2022, 7.2.6); one of CMYK has no meaning after decoding.
    let kind: &[u8] = if pixels.color().has_color() { b"RGB " } else { b"GRAY" };
    let icc = extras.icc.as_ref().filter(|p| p.get(16..20) == Some(kind));
    let icc = icc.filter(|_| !matches!(format, F::Bmp | F::Pnm)).cloned();
    if extras.icc.is_some() && icc.is_none() {
        notes.push("the colour profile is gone; it does not fit this format".into());
    }
    // A JPEG segment holds 64 KiB.
    let holds = |e: &&Vec<u8>| match format {
        F::Jpeg => e.len() < 65_000,
        F::Png | F::WebP => true,
        _ => false,
    };
    let exif = extras.exif.as_ref().filter(holds).cloned();
    if extras.exif.is_some() && exif.is_none() {
        notes.push("the EXIF data is gone; this format does not hold it here".into());
    }
    notes.extend(extras.lost.iter().map(|n| (*n).to_owned()));
    Extras { icc, exif, density: extras.density, lost: Vec::new() }
}

fn encode(
    file: impl Write + Seek,
    format: ImageFormat,
    pixels: &DynamicImage,
    extras: &Extras,
    quality: u8,
) -> ImageResult<()> {
    match format {
        // 4:4:4, as this encoder always does.
        ImageFormat::Jpeg => {
            let mut encoder = jpeg::JpegEncoder::new_with_quality(file, quality);
            if let Some(density) = extras.density {
                encoder.set_pixel_density(density);
            }
            with(encoder, pixels, extras)
        }
        ImageFormat::Tiff => with(tiff::TiffEncoder::new(file), pixels, extras),
        ImageFormat::WebP => with(webp::WebPEncoder::new_lossless(file), pixels, extras),
        ImageFormat::Bmp => {
            let mut file = file;
            with(bmp::BmpEncoder::new(&mut file), pixels, extras)
        }
        ImageFormat::Pnm => {
            let binary = pnm::SampleEncoding::Binary;
            let kind = if pixels.color().has_color() {
                pnm::PnmSubtype::Pixmap(binary)
            } else {
                pnm::PnmSubtype::Graymap(binary)
            };
            with(pnm::PnmEncoder::new(file).with_subtype(kind), pixels, extras)
        }
        _ => with(png::PngEncoder::new(file), pixels, extras),
    }
}

fn with(mut encoder: impl ImageEncoder, pixels: &DynamicImage, extras: &Extras) -> ImageResult<()> {
    if let Some(icc) = &extras.icc {
        encoder.set_icc_profile(icc.clone()).map_err(image::ImageError::Unsupported)?;
    }
    if let Some(exif) = &extras.exif {
        encoder.set_exif_metadata(exif.clone()).map_err(image::ImageError::Unsupported)?;
    }
    let color: ExtendedColorType = pixels.color().into();
    encoder.write_image(pixels.as_bytes(), pixels.width(), pixels.height(), color)
}
