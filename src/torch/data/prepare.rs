//! A training set from ordinary photos: finds the faces, aligns each to the frame that the editor will give the network,
//! drops what is of no use, and writes the squares with a manifest. Calls `npe::photo`, `source`, `decode`, `measure`, `pack`.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use npe::photo::Frame;
use npe::{Error, ErrorKind, Result, limits};
use rayon::prelude::*;
use serde::Serialize;

use super::face::{self, Looked};
use super::measure::Hash;
use super::{pack::Pack, source};

/// The manifest's name within the tar or the folder.
pub const MANIFEST: &str = "manifest.jsonl";
/// Photos looked at together, and the bytes of their files; few, because they are held at full size.
const BATCH: (usize, usize) = (32, 128 << 20);

/// What is written, and what is good enough for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Side of the written squares in pixels, 32 to 1024.
    pub size: usize,
    /// What is written around the network's frame on each side, as a share of the frame's side, 0 to 1. With 0 the square
    /// is the frame, to be read with [`super::Crop::Whole`].
    pub margin: f64,
    /// Which faces of a photo are taken.
    pub faces: Faces,
    /// Photo pixels for each written pixel (along a side), at least, 0 to 16.
    pub min_resolution: f64,
    /// The detector's score, at least, 0 to 1000; it starts at 2.
    pub min_score: f64,
    /// Sharpness at least, 0 to 1000: the variance of the Laplacian in percent of the variance of luma, in the frame at 64 pixels a side.
    pub min_sharpness: f64,
    /// Share of the frame that may lie beyond the photo, 0 to 1.
    pub max_outside: f64,
    /// Bits of 256 in which the difference hashes of two faces may differ to be the same picture; none is dropped at `None`.
    pub same: Option<u32>,
    /// How the squares are stored.
    pub format: Format,
}

/// Which faces of a photo are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faces {
    /// The largest.
    Largest,
    /// All.
    All,
    /// The face of photos that show no other.
    Single,
}

/// How the squares are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JPEG of this quality, 1 to 100, without chroma subsampling.
    Jpeg(u8),
    /// PNG, without loss.
    Png,
}

impl Default for Settings {
    /// Squares of 128 pixels without a margin, the largest face of each photo, and the thresholds whose reasons
    /// `docs/training-data.md` gives.
    fn default() -> Self {
        Self {
            size: 128,
            margin: 0.0,
            faces: Faces::Largest,
            min_resolution: 0.75,
            min_score: 4.0,
            min_sharpness: 5.0,
            max_outside: 0.15,
            same: Some(32),
            format: Format::Jpeg(95),
        }
    }
}

/// Why a photo or a face was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The file can't be read as an image.
    Damaged,
    /// No face was found.
    NoFace,
    /// There are other faces in the photo, and the settings take only one.
    SeveralFaces,
    /// The detector is not sure enough that it is a face.
    Unsure,
    /// The face has too few pixels.
    TooSmall,
    /// Too much of the frame lies beyond the photo.
    CutOff,
    /// The face is not sharp.
    Blurred,
    /// It is the same picture as one before.
    Duplicate,
}

impl Reason {
    /// All, in the order of the summary.
    pub const ALL: [Reason; 8] = [
        Reason::Damaged,
        Reason::NoFace,
        Reason::SeveralFaces,
        Reason::Unsure,
        Reason::TooSmall,
        Reason::CutOff,
        Reason::Blurred,
        Reason::Duplicate,
    ];

    fn words(self) -> &'static str {
        match self {
            Reason::Damaged => "damaged, or no photo",
            Reason::NoFace => "no face found",
            Reason::SeveralFaces => "beside another face",
            Reason::Unsure => "perhaps no face",
            Reason::TooSmall => "too small",
            Reason::CutOff => "beyond the photo's edge",
            Reason::Blurred => "blurred",
            Reason::Duplicate => "seen before",
        }
    }
}

/// A face, or a photo without one, and what became of it: a line of the manifest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    /// The photo's path within the source.
    pub photo: String,
    /// Where the face is, in pixels of the upright photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<Frame>,
    /// The detector's score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// As [`Settings::min_sharpness`] has it; absent where it was dropped before that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sharpness: Option<f64>,
    /// The name of the square that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Why none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Reason>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What [`prepare`] did.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Where the squares are.
    pub out: PathBuf,
    /// Photos looked at, the damaged ones too.
    pub photos: usize,
    /// Photos with more than one face of which the detector is sure.
    pub with_several_faces: usize,
    /// Squares written.
    pub written: usize,
    /// All faces and photos without one, in the source's order; the manifest.
    pub listing: Vec<Listed>,
}

impl Prepared {
    /// How many faces (or photos, where they have no face) were dropped for this reason.
    pub fn count(&self, reason: Reason) -> usize {
        self.listing.iter().filter(|l| l.dropped == Some(reason)).count()
    }
}

impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        writeln!(f, "{} photo{} looked at", self.photos, plural(self.photos))?;
        writeln!(f, "{:>7} face{} written to {}", self.written, plural(self.written), self.out.display())?;
        for reason in Reason::ALL {
            match self.count(reason) {
                0 => {}
                n => writeln!(f, "{n:>7} dropped: {}", reason.words())?,
            }
        }
        if self.with_several_faces > 0 {
            writeln!(
                f,
                "{:>7} photo{} with several faces",
                self.with_several_faces,
                plural(self.with_several_faces)
            )?;
        }
        write!(f, "what became of each photo is in {MANIFEST}")
    }
}

impl Settings {
    /// Checks the ranges.
    ///
    /// # Errors
    /// With the value that is out of range.
    pub fn check(&self) -> Result<()> {
        if !(32..=limits::CROP_SIDE).contains(&self.size) {
            return Err(Error::invalid(format!(
                "squares of {} pixels a side were asked for; they must be 32 to {}",
                self.size,
                limits::CROP_SIDE
            )));
        }
        let ranges = [
            ("margin", self.margin, 1.0),
            ("least resolution", self.min_resolution, 16.0),
            ("least score", self.min_score, 1000.0),
            ("least sharpness", self.min_sharpness, 1000.0),
            ("share beyond the photo", self.max_outside, 1.0),
        ];
        if let Some((name, value, most)) = ranges.iter().find(|(_, v, most)| !(0.0..=*most).contains(v)) {
            return Err(Error::invalid(format!("the {name} is {value}; it must be 0 to {most}")));
        }
        if let Format::Jpeg(quality) = self.format
            && !(1..=100).contains(&quality)
        {
            return Err(Error::invalid(format!("the JPEG quality is {quality}; it must be 1 to 100")));
        }
        Ok(())
    }
}

/// Makes a training set of the faces in a folder (or a tar) of ordinary photos: aligned squares, numbered in the order of
/// the photos, and the manifest [`MANIFEST`] with a JSON object a line for every face and every photo without one.
/// `out` is a new `.tar`, or a new folder if its name has no ending. It appears once all is done; on an error or a
/// cancellation (`progress`, told the photos done and of how many, answers false) nothing is left.
/// The same photos and settings give the same bytes.
///
/// # Errors
/// If the settings are out of range, the source can't be read, `out` is there or can't be written, or no photo has a
/// usable face.
pub fn prepare(
    source: &Path,
    out: &Path,
    settings: &Settings,
    progress: &mut dyn FnMut(usize, Option<usize>) -> bool,
) -> Result<Prepared> {
    settings.check()?;
    let mut set = Set {
        pack: Pack::create(out)?,
        hashes: Vec::new(),
        settings,
        prepared: Prepared {
            out: out.into(),
            photos: 0,
            with_several_faces: 0,
            written: 0,
            listing: Vec::new(),
        },
    };
    let mut tell = |done, of| {
        let on = progress(done, of);
        on.then_some(()).ok_or_else(|| Error::new(ErrorKind::Cancelled, "preparing the photos was cancelled"))
    };
    tell(0, None)?;
    source::batches(source, BATCH, &mut |batch, count| {
        // In parts, so that progress is told often where every photo takes its time.
        let mut batch = batch.into_iter();
        loop {
            let part: Vec<_> = batch.by_ref().take(2 * rayon::current_num_threads()).collect();
            if part.is_empty() {
                return Ok(());
            }
            let looked: Vec<_> = part.into_par_iter().map(|file| face::look(file, settings)).collect();
            for photo in looked {
                set.add(photo?)?;
            }
            tell(set.prepared.photos, count)?;
        }
    })?;
    set.finish(source)
}

/// The set being written.
struct Set<'a> {
    pack: Pack,
    /// Of what was written, and the name of the photo it came from.
    hashes: Vec<(Hash, String)>,
    settings: &'a Settings,
    prepared: Prepared,
}

impl Set<'_> {
    fn add(&mut self, photo: Looked) -> Result<()> {
        self.prepared.photos += 1;
        self.prepared.with_several_faces += usize::from(photo.sure > 1);
        for (mut listed, square) in photo.faces {
            if let Some(square) = square {
                let most = self.settings.same;
                let same =
                    |(hash, _): &&(Hash, String)| most.is_some_and(|most| hash.distance(square.hash) <= most);
                if let Some((_, before)) = self.hashes.iter().find(same) {
                    listed.dropped = Some(Reason::Duplicate);
                    listed.why = Some(format!("it is the same picture as the one of {before}"));
                } else {
                    let ending = if self.settings.format == Format::Png { "png" } else { "jpg" };
                    let name = format!("faces/{:06}.{ending}", self.prepared.written);
                    self.pack.add(&name, &square.file)?;
                    self.hashes.push((square.hash, listed.photo.clone()));
                    self.prepared.written += 1;
                    listed.image = Some(name);
                }
            }
            self.prepared.listing.push(listed);
        }
        Ok(())
    }

    fn finish(mut self, source: &Path) -> Result<Prepared> {
        let Prepared { photos, written, listing, .. } = &self.prepared;
        let source = source.display();
        if *photos == 0 {
            let text = format!(
                "there is no photo in {source}; give a folder of PNG, JPEG, TIFF, WebP, BMP or PNM files"
            );
            return Err(Error::new(ErrorKind::Photo, text));
        }
        if *written == 0 {
            let mut counts = HashMap::<_, usize>::new();
            listing.iter().filter_map(|l| l.dropped).for_each(|r| *counts.entry(r).or_default() += 1);
            let counts: Vec<_> = Reason::ALL
                .iter()
                .filter_map(|r| Some(format!("{} {}", counts.get(r)?, r.words())))
                .collect();
            let text = format!(
                "none of the {photos} photos in {source} shows a face to train on: {}",
                counts.join(", ")
            );
            return Err(Error::new(ErrorKind::NoFace, text));
        }
        let mut manifest = Vec::new();
        for line in listing {
            serde_json::to_writer(&mut manifest, line).map_err(|e| {
                Error::new(ErrorKind::Internal, "the manifest can't be written as JSON").with_source(e)
            })?;
            manifest.push(b'\n');
        }
        self.pack.add(MANIFEST, &manifest)?;
        self.pack.finish()?;
        Ok(self.prepared)
    }
}
