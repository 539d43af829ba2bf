//! The stroke file, `npe-strokes` v1: an edit as JSON. Replayed on the same photo with the same model it gives the same
//! pixels; on another photo its strokes land at the same place of the face.

use super::operation::Operation;
use super::settings::BlendSettings;
use super::{Edit, Progress, Report};
use crate::brush::Dab;
use crate::error::{Error, ErrorKind, Result};
use crate::limits;
use crate::photo::Frame;
use serde::{Deserialize, Serialize};

/// The file's `format` field.
pub const FORMAT: &str = "npe-strokes";
const VERSION: u32 = 1;

/// Which model an edit was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelId {
    /// Its name.
    pub name: String,
    /// SHA-256 of its file, lower-case hexadecimal.
    pub sha256: String,
}

/// In which units the dabs of a stroke file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Units {
    /// Photo pixels.
    #[default]
    Photo,
    /// Shares of the face frame's side, (0, 0) its top left: for strokes that are for any photo.
    Face,
}

/// The photo's size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoSize {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// A stroke file's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrokeFile {
    format: String,
    version: u32,
    /// Units of the dabs.
    #[serde(default)]
    pub units: Units,
    /// The photo the strokes were painted on; absent in files written for any photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<PhotoSize>,
    /// Where its face was; needed where units are photo pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<Frame>,
    /// The model; absent in files written for any model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// How the change is blended.
    #[serde(default)]
    pub blend: BlendSettings,
    /// What was done, oldest first.
    pub operations: Vec<Operation>,
}

fn bad(message: String) -> Error {
    Error::new(ErrorKind::StrokeFile, message)
}

impl StrokeFile {
    /// An edit's operations and settings.
    pub fn from_edit(edit: &Edit, model: ModelId) -> Self {
        let photo = edit.photo();
        Self {
            format: FORMAT.into(),
            version: VERSION,
            units: Units::Photo,
            photo: Some(PhotoSize { width: photo.width(), height: photo.height() }),
            frame: Some(edit.frame()),
            model: Some(model),
            blend: edit.blend_settings(),
            operations: edit.operations().to_vec(),
        }
    }

    /// Operations for any photo, in face units.
    pub fn for_any_face(operations: Vec<Operation>, blend: BlendSettings) -> Self {
        let format = FORMAT.into();
        Self {
            format,
            version: VERSION,
            units: Units::Face,
            photo: None,
            frame: None,
            model: None,
            blend,
            operations,
        }
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// If it is too long, not JSON, not a stroke file of a version this npe knows, or a field is missing or unknown.
    pub fn from_json(text: &str) -> Result<Self> {
        if text.len() as u64 > limits::STROKE_FILE_BYTES {
            return Err(Error::limit(format!(
                "the stroke file has {} bytes; at most {} are taken",
                text.len(),
                limits::STROKE_FILE_BYTES
            )));
        }
        // Format and version first: a file of a later version gets that said, not its first unknown field.
        #[derive(Deserialize)]
        struct Head {
            format: Option<String>,
            version: Option<u32>,
        }
        let not_json =
            |e: serde_json::Error| bad(format!("the stroke file can't be read: {e}")).with_source(e);
        let head: Head = serde_json::from_str(text).map_err(not_json)?;
        match (head.format.as_deref(), head.version) {
            (Some(FORMAT), Some(VERSION)) => {}
            (Some(FORMAT), version) => {
                let version = version.map_or("no version".into(), |v| format!("version {v}"));
                return Err(bad(format!("the stroke file has {version}; this npe reads version {VERSION}")));
            }
            (format, _) => {
                let format = format.unwrap_or("missing");
                return Err(bad(format!("the stroke file's format is {format}; it must be {FORMAT}")));
            }
        }
        let file: Self = serde_json::from_str(text).map_err(not_json)?;
        if file.operations.len() > limits::OPERATIONS {
            return Err(Error::limit(format!(
                "the stroke file has {} operations; at most {} are taken",
                file.operations.len(),
                limits::OPERATIONS
            )));
        }
        if file.units == Units::Photo && file.frame.is_none() {
            return Err(bad("the stroke file's dabs are in photo pixels but it has no frame; add \"frame\", or \"units\": \"face\"".into()));
        }
        if let Some(frame) = &file.frame {
            frame.check()?;
        }
        file.blend.check()?;
        Ok(file)
    }

    /// Writes JSON.
    ///
    /// # Errors
    /// Never in practice; of kind internal.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|e| Error::new(ErrorKind::Internal, "the edit can't be written as JSON").with_source(e))
    }

    /// Whether the strokes were painted with this model (or for any).
    ///
    /// # Errors
    /// If they were painted with another one.
    pub fn check_model(&self, model: &ModelId) -> Result<()> {
        match &self.model {
            Some(m) if m.sha256 != model.sha256 => Err(bad(format!(
                "the strokes were painted with the model {} (SHA-256 {}), the loaded one is {} ({}); load that model, or leave \"model\" out of the file to replay the strokes with this one",
                m.name, m.sha256, model.name, model.sha256
            ))),
            _ => Ok(()),
        }
    }

    /// Does all of it on an edit, after what was done there already, and takes over the blend settings. Painted layers at the
    /// file's end count as parts of a guide from then on ([`Edit::follow`]). On an error the edit is as it was.
    ///
    /// # Errors
    /// As the operations; the sentence says which one.
    pub fn apply(&self, edit: &mut Edit, progress: &mut Progress<'_>) -> Result<Vec<Report>> {
        let mut trial = edit.clone();
        trial.set_blend_settings(self.blend)?;
        let count = self.operations.len();
        let mut reports = Vec::with_capacity(count);
        for (i, operation) in self.operations.iter().enumerate() {
            let mut part = |p: f32| progress((i as f32 + p) / count as f32);
            let operation = self.placed(operation, &edit.frame());
            let report = trial.apply(operation, &mut part).map_err(|e| {
                Error::new(e.kind(), format!("operation {} of {count} of the stroke file: {e}", i + 1))
                    .with_source(e)
            })?;
            reports.push(report);
        }
        let paint = |operation: &&Operation| matches!(operation, Operation::Paint { .. });
        trial.history.mark_guide(self.operations.iter().rev().take_while(paint).count());
        *edit = trial;
        Ok(reports)
    }

    /// The operation with its dabs at the same place of the face in another frame.
    fn placed(&self, operation: &Operation, frame: &Frame) -> Operation {
        let mut operation = operation.clone();
        if let Operation::Stroke { stroke, .. } = &mut operation {
            let from = match (self.units, &self.frame) {
                (Units::Photo, Some(own)) if own == frame => return operation,
                (Units::Photo, Some(own)) => Some(own),
                _ => None,
            };
            stroke.dabs.iter_mut().for_each(|d| *d = place(d, from, frame));
        }
        operation
    }
}

/// From the units of `from` (face units if none) to photo pixels of `to`.
fn place(dab: &Dab, from: Option<&Frame>, to: &Frame) -> Dab {
    let (x, y) = (f64::from(dab.x), f64::from(dab.y));
    let (u, v) = from.map_or((x, y), |f| f.from_photo(x, y));
    let (x, y) = to.to_photo(u, v);
    let scale = to.side / from.map_or(1.0, |f| f.side);
    Dab { x: x as f32, y: y as f32, radius: (f64::from(dab.radius) * scale) as f32, ..*dab }
}
