//! Checkpoints: one safetensors file with everything a run resumes from exactly. Written beside and renamed, so that a crash
//! leaves the last whole one.

use super::recipe::Recipe;
use super::step::{Learner, blown_up};
use super::unfold;
use crate::error::{Error, Result};
use npe::model::Model;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::path::Path;
use tch::{Kind, Tensor};

/// What stands beside the tensors.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    recipe: Recipe,
    seen: u64,
    steps: u64,
    adam_steps: BTreeMap<String, i64>,
}

/// The name it has there.
const NOTE: &str = "npe-checkpoint";

type Named = Vec<(String, Tensor)>;

fn prefixed(prefix: &str, tensors: Named) -> impl Iterator<Item = (String, Tensor)> + use<> {
    let prefix = prefix.to_owned();
    tensors.into_iter().map(move |(name, t)| (format!("{prefix}/{name}"), t))
}

fn under(prefix: &str, all: &BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
    let start = format!("{prefix}/");
    let found = all.iter().filter_map(|(n, t)| Some((n.strip_prefix(&start)?.to_owned(), t.shallow_clone())));
    found.collect()
}

/// The numbers of a tensor, row-major.
///
/// # Errors
/// If the device fails.
pub fn values(t: &Tensor) -> Result<Vec<f32>> {
    let t = t.f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
    let mut out = vec![0f32; t.numel()];
    let count = out.len();
    t.f_copy_data(&mut out, count)?;
    Ok(out)
}

impl Learner {
    /// All tensors of a checkpoint by name, and Adam's counts of steps.
    fn state(&self) -> (Named, BTreeMap<String, i64>) {
        let mut tensors: Named = prefixed("network", self.network.params().all()).collect();
        if let Some(average) = &self.average {
            tensors.extend(prefixed("average", average.all()));
        }
        let mut adam_steps = BTreeMap::new();
        let mut optimisers = vec![("encoder", &self.encoder), ("decoder", &self.decoder)];
        optimisers.extend(self.trunk.as_ref().map(|a| ("trunk", a)));
        optimisers.extend(self.adversary.as_ref().map(|a| ("judge", &a.adam)));
        for (name, adam) in optimisers {
            let (state, steps) = adam.state();
            tensors.extend(prefixed(&format!("adam.{name}"), state));
            adam_steps.insert(name.to_owned(), steps);
        }
        if let Some(adversary) = &self.adversary {
            tensors.extend(prefixed("adversary", adversary.params.all()));
        }
        (tensors, adam_steps)
    }

    /// Checks that every number of the state is finite: a loss may still be when the weights it leads to are not.
    ///
    /// # Errors
    /// With the name of a tensor that is not.
    pub fn check_finite(&self) -> Result<()> {
        for (name, t) in self.state().0 {
            if t.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
                return Err(blown_up(&format!("the tensor {name} has values that are not finite")));
            }
        }
        Ok(())
    }

    /// Writes a checkpoint.
    ///
    /// # Errors
    /// If a number is not finite or the file can't be written; an older one of the name stays then.
    pub fn save(&self, path: &Path) -> Result<()> {
        self.check_finite()?;
        let (tensors, adam_steps) = self.state();
        let note = Note { recipe: self.recipe.clone(), seen: self.seen, steps: self.steps, adam_steps };
        write(path, &tensors, &note)
    }

    /// Takes everything back from a checkpoint of the same recipe (`train.images`, rates and losses may differ).
    ///
    /// # Errors
    /// If the file can't be read, is damaged, or is of another network.
    pub fn resume(&mut self, path: &Path) -> Result<()> {
        let (tensors, note) = read(path)?;
        let wrong = |e: Error| Error::file("the checkpoint does not fit this recipe:", path, &e);
        self.network.params_mut().load(&under("network", &tensors)).map_err(wrong)?;
        if let Some(average) = &mut self.average {
            average.load(&under("average", &tensors)).map_err(wrong)?;
        }
        let steps = |name: &str| note.adam_steps.get(name).copied().unwrap_or(0);
        self.encoder.restore(&under("adam.encoder", &tensors), steps("encoder")).map_err(wrong)?;
        self.decoder.restore(&under("adam.decoder", &tensors), steps("decoder")).map_err(wrong)?;
        if let Some(trunk) = &mut self.trunk {
            trunk.restore(&under("adam.trunk", &tensors), steps("trunk")).map_err(wrong)?;
        }
        if let Some(adversary) = &mut self.adversary {
            let state = under("adversary", &tensors);
            // A run may go on with an adversary that it had none of before.
            if !state.is_empty() {
                adversary.params.load(&state).map_err(wrong)?;
                adversary.adam.restore(&under("adam.judge", &tensors), steps("judge")).map_err(wrong)?;
            }
        }
        (self.seen, self.steps) = (note.seen, note.steps);
        Ok(())
    }

    /// Begins with the averaged weights of another run's checkpoint (its plain ones, if it has no average), or with those of
    /// a model file, see [`super::unfold`].
    ///
    /// # Errors
    /// If the file is neither, can't be read, is damaged, or is of another network.
    pub fn warm_start(&mut self, path: &Path) -> Result<()> {
        let (what, from) = match Source::open(path)? {
            Source::Checkpoint => ("the checkpoint does not fit this recipe:", Ok(weights(path)?.2)),
            Source::Model(model) => (
                "the model does not fit this recipe:",
                unfold::tensors(&model, &self.recipe, self.network.params()),
            ),
        };
        let wrong = |e: Error| Error::file(what, path, &e);
        let from = from.map_err(wrong)?;
        self.network.params_mut().load(&from).map_err(wrong)?;
        if let Some(average) = &mut self.average {
            average.load(&from).map_err(wrong)?;
        }
        Ok(())
    }
}

/// Where weights come from: a file of one of two kinds.
pub enum Source {
    /// A checkpoint; its tensors were not read yet.
    Checkpoint,
    /// A model file.
    Model(Box<Model>),
}

impl Source {
    /// Looks which kind a file is; reads it if it is a model.
    ///
    /// # Errors
    /// If it can't be read or is of neither kind.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |e: &dyn std::fmt::Display| Error::file("the weights can't be read:", path, e);
        if is_checkpoint(path).map_err(|e| failed(&e))? {
            return Ok(Self::Checkpoint);
        }
        let neither =
            |e| failed(&format!("it is neither a checkpoint of npe-train nor a model file of npe ({e})"));
        Model::open(path).map(|model| Self::Model(Box::new(model))).map_err(neither)
    }
}

/// Looks at the file's header only.
fn is_checkpoint(path: &Path) -> std::io::Result<bool> {
    let mut file = std::fs::File::open(path)?;
    let mut length = [0; 8];
    let mut header = Vec::new();
    // What is no safetensors file may begin with any length; a header is not longer than the file.
    if file.read_exact(&mut length).is_ok() {
        file.take(u64::from_le_bytes(length)).read_to_end(&mut header)?;
    }
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap_or_default();
    Ok(header["__metadata__"][NOTE].is_string())
}

/// The recipe a checkpoint was made with, images seen, and its averaged weights (plain ones, if it has no average).
///
/// # Errors
/// If the file can't be read or is damaged.
pub fn weights(path: &Path) -> Result<(Recipe, u64, BTreeMap<String, Tensor>)> {
    let (tensors, note) = read(path)?;
    let average = under("average", &tensors);
    let from = if average.is_empty() { under("network", &tensors) } else { average };
    Ok((note.recipe, note.seen, from))
}

fn write(path: &Path, tensors: &Named, note: &Note) -> Result<()> {
    let failed = |e: &dyn std::fmt::Display| Error::file("the checkpoint can't be written:", path, e);
    let mut bodies = Vec::with_capacity(tensors.len());
    for (name, t) in tensors {
        let bytes: Vec<u8> = values(t)?.iter().flat_map(|v| v.to_le_bytes()).collect();
        let shape: Vec<usize> = t.size().iter().map(|n| *n as usize).collect();
        bodies.push((name, shape, bytes));
    }
    let mut views = Vec::with_capacity(bodies.len());
    for (name, shape, bytes) in &bodies {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(|e| failed(&e))?;
        views.push((name.as_str(), view));
    }
    let note = serde_json::to_string(note).map_err(|e| failed(&e))?;
    let meta = HashMap::from([(NOTE.to_owned(), note)]);
    let file = safetensors::serialize(views, Some(meta)).map_err(|e| failed(&e))?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(|e| failed(&e))?;
    temporary.write_all(&file).map_err(|e| failed(&e))?;
    temporary.as_file().sync_all().map_err(|e| failed(&e))?;
    temporary.persist(path).map_err(|e| failed(&e))?;
    Ok(())
}

fn read(path: &Path) -> Result<(BTreeMap<String, Tensor>, Note)> {
    let failed = |e: &dyn std::fmt::Display| Error::file("the checkpoint can't be read:", path, e);
    let bytes = std::fs::read(path).map_err(|e| failed(&e))?;
    let (_, meta) = SafeTensors::read_metadata(&bytes).map_err(|e| failed(&e))?;
    let note = meta.metadata().as_ref().and_then(|m| m.get(NOTE));
    let note = note.ok_or_else(|| failed(&"it is no checkpoint of npe-train"))?;
    let note: Note = serde_json::from_str(note).map_err(|e| failed(&e))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| failed(&e))?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        if view.dtype() != Dtype::F32 {
            return Err(failed(&format!("tensor {name} is of type {:?}", view.dtype())));
        }
        if view.data().chunks_exact(4).any(|b| !f32::from_le_bytes([b[0], b[1], b[2], b[3]]).is_finite()) {
            return Err(failed(&format!("tensor {name} has values that are not finite")));
        }
        let shape: Vec<i64> = view.shape().iter().map(|n| *n as i64).collect();
        tensors.insert(name.to_owned(), Tensor::f_from_data_size(view.data(), &shape, Kind::Float)?);
    }
    Ok((tensors, note))
}
