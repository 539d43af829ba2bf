//! The metadata of a model file: strings by name, each checked.

use std::collections::BTreeMap;

use super::extras::Extras;
use super::table::{self, ARCHITECTURE, ARCHITECTURE_FULL, IMAGE_SIZES, Sizes};
use crate::{
    error::{Error, ErrorKind, Result},
    generator::BROAD_KEEP,
    limits,
};

/// What a model file says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Meta {
    /// `ian-simple` or `ian`.
    pub architecture: String,
    /// Channel multiplier.
    pub width: usize,
    /// Units of the encoder's dense layer.
    pub hidden: usize,
    /// Latents of an image.
    pub latents: usize,
    /// Side of the images in pixels: 32, 64 or 128.
    pub image_size: usize,
    /// Where the eye on the image's left stands in the training frame: (x, y) in image pixels, where the image's
    /// left edge is 0 and its right edge is `image_size`.
    pub eye_left: (f32, f32),
    /// The eye on the image's right.
    pub eye_right: (f32, f32),
    /// How many times as hard a broad stroke holds what is beside it, for this network; see `docs/editing.md`. A file that does not
    /// say has [`BROAD_KEEP`](crate::generator::BROAD_KEEP).
    pub broad_keep: f32,
    /// A short name for people.
    pub name: String,
    /// What images it has seen.
    pub trained_on: String,
    /// Its terms.
    pub licence: String,
    /// What the file holds beside the network.
    pub extras: Extras,
}

pub(super) fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Model, message)
}

impl Meta {
    /// Every tensor of such a network with its shape, in the order of the file format's table: weights `[out, in, …]` (a
    /// deconvolution's `[in, out, 5, 5]`), biases `[out]`, the full network's scales `[1 + scales, out]`. None if the
    /// architecture or the image size is not known.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let known = [ARCHITECTURE, ARCHITECTURE_FULL].contains(&self.architecture.as_str())
            && IMAGE_SIZES.contains(&self.image_size);
        if known { table::tensors(&self.architecture, self.image_size, self.sizes()) } else { Vec::new() }
    }

    /// The sizes all shapes follow from, with the architecture and the image size.
    pub fn sizes(&self) -> Sizes {
        Sizes { width: self.width, hidden: self.hidden, latents: self.latents }
    }

    pub(super) fn check(&self) -> Result<()> {
        for (field, value, most) in [
            ("width", self.width, limits::MODEL_WIDTH),
            ("hidden", self.hidden, limits::MODEL_HIDDEN),
            ("latents", self.latents, limits::MODEL_LATENTS),
        ] {
            if value == 0 || value > most as usize {
                return Err(refuse(format!(
                    "the model's {field} is {value}; npe takes 1 to {most}. Use a model of a usual size"
                )));
            }
        }
        if ![ARCHITECTURE, ARCHITECTURE_FULL].contains(&self.architecture.as_str()) {
            return Err(refuse(format!(
                "the model's architecture is {}; this npe knows {ARCHITECTURE:?} and {ARCHITECTURE_FULL:?}",
                shown(&self.architecture)
            )));
        }
        if !IMAGE_SIZES.contains(&self.image_size) {
            return Err(refuse(format!(
                "the model's image_size is {}; npe takes 32, 64 or 128",
                self.image_size
            )));
        }
        let inside = |(x, y): (f32, f32)| {
            let side = self.image_size as f32;
            (0.0..=side).contains(&x) && (0.0..=side).contains(&y)
        };
        if !inside(self.eye_left) || !inside(self.eye_right) || self.eye_right.0 - self.eye_left.0 < 1.0 {
            return Err(refuse(format!(
                "the model's eye_left_right is {:?}; both eyes must stand inside the image of {} px, the left one at \
                 least 1 px left of the right one",
                self.eyes_text(),
                self.image_size
            )));
        }
        if !(limits::MODEL_BROAD_KEEP_MIN..=limits::MODEL_BROAD_KEEP_MAX).contains(&self.broad_keep) {
            return Err(refuse(format!(
                "the model's broad_keep is {}; npe takes {} to {}",
                self.broad_keep,
                limits::MODEL_BROAD_KEEP_MIN,
                limits::MODEL_BROAD_KEEP_MAX
            )));
        }
        for (field, text) in
            [("name", &self.name), ("trained_on", &self.trained_on), ("licence", &self.licence)]
        {
            let length = text.len();
            if length == 0 || length > limits::MODEL_TEXT_BYTES || text.chars().any(char::is_control) {
                return Err(refuse(format!(
                    "the model's {field} has {length} bytes or control characters; it must be one line of 1 to {} bytes",
                    limits::MODEL_TEXT_BYTES
                )));
            }
        }
        self.extras.check(self.latents, self.image_size)
    }

    fn eyes_text(&self) -> String {
        let ((lx, ly), (rx, ry)) = (self.eye_left, self.eye_right);
        format!("{lx},{ly} {rx},{ry}")
    }

    /// Reads and checks the strings of a header.
    pub(super) fn from_strings(map: &BTreeMap<String, String>) -> Result<Self> {
        let field = |name: &str| {
            map.get(name).map(String::as_str).ok_or_else(|| {
                refuse(format!(
                    "the model file's metadata has no field {name:?}; npe-model version 1 needs it"
                ))
            })
        };
        let format = field("format")?;
        if format != "npe-model" {
            return Err(refuse(format!("the file's format is {format:?}; npe takes \"npe-model\"")));
        }
        let version = field("version")?;
        if version != "1" {
            return Err(refuse(format!(
                "the model file is of version {version:?}; this npe reads version 1. Use a newer npe"
            )));
        }
        let number = |name: &str| {
            let text = field(name)?;
            let digits = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<usize>().ok().filter(|_| digits).ok_or_else(|| {
                refuse(format!("the model's {name} is {}; it must be a whole number", shown(text)))
            })
        };
        let eyes = field("eye_left_right")?;
        let bad_eyes = || {
            let shown = shown(eyes);
            refuse(format!("the model's eye_left_right is {shown}; it must be like \"22.9,32.6 41.1,32.6\""))
        };
        let point = |text: &str| -> Option<(f32, f32)> {
            let (x, y) = text.split_once(',')?;
            Some((x.parse().ok()?, y.parse().ok()?))
        };
        let (left, right) = eyes.split_once(' ').ok_or_else(bad_eyes)?;
        let broad_keep = match map.get("broad_keep") {
            None => BROAD_KEEP,
            Some(text) => text.parse().map_err(|_| {
                refuse(format!("the model's broad_keep is {}; it must be a number", shown(text)))
            })?,
        };
        let meta = Self {
            architecture: field("architecture")?.into(),
            width: number("width")?,
            hidden: number("hidden")?,
            latents: number("latents")?,
            image_size: number("image_size")?,
            eye_left: point(left).ok_or_else(bad_eyes)?,
            eye_right: point(right).ok_or_else(bad_eyes)?,
            broad_keep,
            name: field("name")?.into(),
            trained_on: field("trained_on")?.into(),
            licence: field("licence")?.into(),
            // Their names are read with the header, their values with the body.
            extras: Extras::default(),
        };
        meta.check()?;
        Ok(meta)
    }

    pub(super) fn to_strings(&self) -> BTreeMap<String, String> {
        [
            ("format", "npe-model".to_owned()),
            ("version", "1".to_owned()),
            ("architecture", self.architecture.clone()),
            ("width", self.width.to_string()),
            ("hidden", self.hidden.to_string()),
            ("latents", self.latents.to_string()),
            ("image_size", self.image_size.to_string()),
            ("eye_left_right", self.eyes_text()),
            ("name", self.name.clone()),
            ("trained_on", self.trained_on.clone()),
            ("licence", self.licence.clone()),
        ]
        .into_iter()
        .chain((self.broad_keep != BROAD_KEEP).then(|| ("broad_keep", self.broad_keep.to_string())))
        .chain(self.extras.names_text().map(|names| ("attributes", names)))
        .chain(self.extras.leads_text().map(|names| ("leads", names)))
        .map(|(k, v)| (k.to_owned(), v))
        .collect()
    }
}

/// A stranger's text for an error: quoted, escaped, not longer than a line.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        format!("{text:?}")
    } else {
        format!("{:?}…", text.chars().take(MOST).collect::<String>())
    }
}
