//! What a model file may hold beside its network: attribute directions in the latents, an aligner for face frames, and the
//! decoder's mean response.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Response;
use super::meta::{refuse, shown};
use crate::error::Result;
use crate::limits;

/// Numbers that describe what is in a face frame (`photo::align` computes them).
pub const ALIGN_FEATURES: usize = 1152;
/// Numbers that an aligner's stage moves a frame by.
pub const ALIGN_MOVES: usize = 4;

pub(super) const DIRECTIONS: &str = "attributes.directions";
pub(super) const ALIGN_WEIGHT: &str = "align.weight";
pub(super) const ALIGN_BIAS: &str = "align.bias";
pub(super) const RESPONSE: &str = "response.weight";

/// A named direction in the latents: moving them by `v` times the direction changes the attribute by `v`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// 1 to 64 bytes of a–z, 0–9, space, `_` and `-`; no space at an end.
    pub name: String,
    /// One number a latent; not all 0. Its length is one typical step: a standard deviation over the training images, or half
    /// the way between the means of two classes.
    pub direction: Vec<f32>,
    /// Whether strokes may be led along it: what has a label does so where it acts. Principal directions have no meaning, and do not.
    pub leads: bool,
}

/// One stage of an [`Aligner`]: the move is `bias + weight · features`.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// `[ALIGN_MOVES][ALIGN_FEATURES]`.
    pub weight: Vec<f32>,
    /// `[ALIGN_MOVES]`.
    pub bias: [f32; ALIGN_MOVES],
}

/// Maps that move a rough face frame to where the training images have it; `photo::align` runs them.
#[derive(Debug, Clone, PartialEq)]
pub struct Aligner {
    /// In the order in which they run.
    pub stages: Vec<Stage>,
}

/// The optional sections of a model file. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extras {
    /// Directions that sliders move along, in the file's order; names differ.
    pub attributes: Arc<[Attribute]>,
    /// The aligner for this model's frame, if the file has one.
    pub aligner: Option<Arc<Aligner>>,
    /// The decoder's mean response, if the file has it.
    pub response: Option<Arc<Response>>,
}

impl Aligner {
    /// The maps of `[stages][ALIGN_MOVES][ALIGN_FEATURES]` weights and `[stages][ALIGN_MOVES]` biases; none if their counts
    /// do not fit, or there is no stage.
    pub fn from_values(weight: &[f32], bias: &[f32]) -> Option<Self> {
        let (biases, rest) = bias.as_chunks::<ALIGN_MOVES>();
        let each = ALIGN_MOVES * ALIGN_FEATURES;
        if biases.is_empty() || !rest.is_empty() || biases.len().checked_mul(each) != Some(weight.len()) {
            return None;
        }
        let stages = biases.iter().zip(weight.chunks_exact(each));
        Some(Self {
            stages: stages.map(|(bias, weight)| Stage { weight: weight.to_vec(), bias: *bias }).collect(),
        })
    }

    fn check(&self) -> Result<()> {
        check_stages(self.stages.len())?;
        for (number, stage) in (1..).zip(&self.stages) {
            if stage.weight.len() != ALIGN_MOVES * ALIGN_FEATURES {
                return Err(refuse(format!(
                    "stage {number} of the aligner has {} weights; it takes {}",
                    stage.weight.len(),
                    ALIGN_MOVES * ALIGN_FEATURES
                )));
            }
        }
        Ok(())
    }
}

/// Checks an aligner's count of stages.
pub(super) fn check_stages(count: usize) -> Result<()> {
    if (1..=limits::ALIGN_STAGES).contains(&count) {
        return Ok(());
    }
    Err(refuse(format!("the model's aligner has {count} stages; npe takes 1 to {}", limits::ALIGN_STAGES)))
}

/// Checks names as a model file may have them.
pub(super) fn check_names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> Result<()> {
    if names.len() > limits::ATTRIBUTES {
        return Err(refuse(format!(
            "the model has {} attributes; npe takes at most {}",
            names.len(),
            limits::ATTRIBUTES
        )));
    }
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b' ' | b'_' | b'-');
        let fits = (1..=limits::ATTRIBUTE_NAME_BYTES).contains(&name.len());
        if !fits || !name.bytes().all(allowed) || name.trim() != name {
            return Err(refuse(format!(
                "the name {} of an attribute can't be used; a name is 1 to {} of a-z, 0-9, space, _ and -, without a space \
                 at an end",
                shown(name),
                limits::ATTRIBUTE_NAME_BYTES
            )));
        }
        if !seen.insert(name) {
            return Err(refuse(format!(
                "the model has the attribute {name:?} twice; give each its own name"
            )));
        }
    }
    Ok(())
}

/// The attributes' names in a file's metadata, and whether each leads strokes; none if it does not speak of them.
pub(super) fn names(metadata: &BTreeMap<String, String>) -> Result<Vec<(String, bool)>> {
    let (names, leads) = (list(metadata, "attributes")?, list(metadata, "leads")?);
    check_names(names.iter().map(String::as_str))?;
    if let Some(name) = leads.iter().find(|n| !names.contains(n)) {
        let name = shown(name);
        return Err(refuse(format!("{name} is to lead strokes, but the model has no such attribute")));
    }
    Ok(names.into_iter().map(|n| (leads.contains(&n), n)).map(|(leads, name)| (name, leads)).collect())
}

/// A list of names in a file's metadata; empty if it does not have the field.
fn list(metadata: &BTreeMap<String, String>, field: &str) -> Result<Vec<String>> {
    let Some(text) = metadata.get(field) else { return Ok(Vec::new()) };
    let names: Vec<String> = serde_json::from_str(text).map_err(|e| {
        let text = shown(text);
        refuse(format!("the model's {field} are {text}; they must be a JSON array of names: {e}"))
            .with_source(e)
    })?;
    if names.is_empty() {
        return Err(refuse(format!("the model's {field} are an empty list; leave the field out")));
    }
    Ok(names)
}

impl Extras {
    /// Checks what the caller or a file gave for a network of so many latents and images of this side, but for values that are not finite.
    pub(super) fn check(&self, latents: usize, image_size: usize) -> Result<()> {
        check_names(self.attributes.iter().map(|a| a.name.as_str()))?;
        for Attribute { name, direction, .. } in self.attributes.iter() {
            if direction.len() != latents {
                return Err(refuse(format!(
                    "the direction of the attribute {name:?} has {} numbers; the model has {latents} latents",
                    direction.len()
                )));
            }
            let length = direction.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
            // Outside of this a slider would do nothing, or leave the latents' range at once.
            if !(1e-3..=f64::from(limits::LATENT_ABS)).contains(&length) {
                return Err(refuse(format!(
                    "the direction of the attribute {name:?} has the length {length}; npe takes 0.001 to {}",
                    limits::LATENT_ABS
                )));
            }
        }
        if let Some(r) = &self.response
            && !r.fits(latents, image_size)
        {
            return Err(refuse(format!(
                "the response has {} values in pictures of {} pixels a side; the model has {latents} latents and images of {image_size}",
                r.values().len(),
                r.side()
            )));
        }
        self.aligner.as_ref().map_or(Ok(()), |a| a.check())
    }

    /// The names as the metadata has them.
    pub(super) fn names_text(&self) -> Option<String> {
        let names: Vec<&str> = self.attributes.iter().map(|a| a.name.as_str()).collect();
        (!names.is_empty()).then(|| serde_json::json!(names).to_string())
    }

    /// The names of those that lead strokes, as the metadata has them.
    pub(super) fn leads_text(&self) -> Option<String> {
        let names: Vec<&str> = self.attributes.iter().filter(|a| a.leads).map(|a| a.name.as_str()).collect();
        (!names.is_empty()).then(|| serde_json::json!(names).to_string())
    }

    /// The tensors of a file, after those of the network: name, shape, values.
    pub(super) fn tensors(&self, latents: usize) -> Vec<(&'static str, Vec<usize>, Vec<f32>)> {
        let mut tensors = Vec::new();
        if !self.attributes.is_empty() {
            let values = self.attributes.iter().flat_map(|a| a.direction.iter().copied());
            tensors.push((DIRECTIONS, vec![self.attributes.len(), latents], values.collect()));
        }
        if let Some(aligner) = &self.aligner {
            let (n, stages) = (aligner.stages.len(), aligner.stages.iter());
            let weight = stages.clone().flat_map(|s| s.weight.iter().copied()).collect();
            tensors.push((ALIGN_WEIGHT, vec![n, ALIGN_MOVES, ALIGN_FEATURES], weight));
            tensors.push((ALIGN_BIAS, vec![n, ALIGN_MOVES], stages.flat_map(|s| s.bias).collect()));
        }
        if let Some(response) = &self.response {
            let side = response.side();
            tensors.push((RESPONSE, vec![latents, 3, side, side], response.values().to_vec()));
        }
        tensors
    }
}
