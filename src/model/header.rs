//! The header of a model file: read and checked before a byte of the body is.

use std::{collections::BTreeMap, fmt, ops::Range};

use safetensors::{Dtype as FileDtype, tensor::TensorInfo};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use super::{
    ALIGN_FEATURES, ALIGN_MOVES, Dtype, Response, extras,
    meta::{Meta, refuse, shown},
};
use crate::{error::Result, limits};

/// A header that agrees with the table.
pub(super) struct Header {
    /// Without the values of its extras.
    pub meta: Meta,
    /// The attributes' names, in the order of the rows of their tensor, and whether they lead strokes.
    pub attributes: Vec<(String, bool)>,
    /// Each tensor with its type and its bytes in the body, in the order of the body.
    pub tensors: Vec<(String, Dtype, Range<usize>)>,
}

/// The first 8 bytes and the next one say whether this can be a model file at all.
///
/// Returns where the body begins, which is inside the file or at its end.
pub(super) fn check_start(start: &[u8], file_bytes: u64) -> Result<usize> {
    if file_bytes > limits::MODEL_FILE_BYTES {
        return Err(refuse(format!(
            "the model file has {file_bytes} bytes; npe takes at most {} (1 GiB)",
            limits::MODEL_FILE_BYTES
        )));
    }
    if start.is_empty() {
        return Err(refuse("the model file is empty"));
    }
    let length = start.first_chunk::<8>().map(|b| u64::from_le_bytes(*b));
    let plausible = length.is_some_and(|n| n <= limits::MODEL_HEADER_BYTES) && start.get(8) == Some(&b'{');
    if !plausible && let Some(kind) = foreign(start) {
        return Err(refuse(format!(
            "the model file is {kind}, whatever its name says. npe takes safetensors files of format npe-model only"
        )));
    }
    let Some(length) = length else {
        return Err(refuse(format!(
            "the model file has {} bytes; it is cut off or no safetensors file",
            start.len()
        )));
    };
    if length > limits::MODEL_HEADER_BYTES {
        return Err(refuse(format!(
            "the model file announces a header of {length} bytes; npe takes at most {} (1 MiB). It is damaged or no \
             safetensors file",
            limits::MODEL_HEADER_BYTES
        )));
    }
    let body = length.saturating_add(8);
    if body > file_bytes {
        return Err(refuse(format!(
            "the model file is cut off: its header should have {length} bytes, the whole file has {file_bytes}"
        )));
    }
    if start.get(8) != Some(&b'{') || length < 2 {
        return Err(refuse(format!(
            "the model file is damaged: its header of {length} bytes does not begin with {{, as JSON would"
        )));
    }
    Ok(body as usize)
}

/// What else people take for a model file.
fn foreign(start: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 8] = [
        (
            b"PK\x03\x04",
            "a PyTorch zip archive (torch.save or TorchScript), which can carry code; npe does not run code",
        ),
        (b"\x80\x02", "a PyTorch pickle, which can carry code; npe does not run code"),
        (b"\x80\x03", "a Python pickle, which can carry code; npe does not run code"),
        (b"\x80\x04", "a Python pickle, which can carry code; npe does not run code"),
        (b"\x80\x05", "a Python pickle, which can carry code; npe does not run code"),
        (b"\x89HDF", "an HDF5 file"),
        (b"GGUF", "a GGUF file"),
        (b"\x93NUMPY", "a NumPy array"),
    ];
    let text_pickle = (start.starts_with(b"(") || start.starts_with(b"c")) && start.contains(&b'\n');
    known.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, kind)| *kind).or_else(|| {
        text_pickle.then_some("a Python pickle in text form, which can carry code; npe does not run code")
    })
}

/// JSON object entries in the order of the file, doubles kept (a map would silently keep one of two).
struct Entries(Vec<(String, serde_json::Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Entries;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(V)
    }
}

/// Checks the header's JSON against the table, and the tensors' places against a body of `body_bytes`.
pub(super) fn parse(json: &[u8], body_bytes: usize) -> Result<Header> {
    let Entries(entries) = serde_json::from_slice(json).map_err(|e| {
        refuse(format!("the model file's header is no valid JSON: {e}. The file is damaged")).with_source(e)
    })?;
    let mut meta = None;
    let mut infos = BTreeMap::new();
    for (name, value) in entries {
        if name == "__metadata__" {
            let strings: BTreeMap<String, String> = serde_json::from_value(value).map_err(|e| {
                refuse(format!("the model file's metadata must be strings by name: {e}")).with_source(e)
            })?;
            if meta.replace((Meta::from_strings(&strings)?, extras::names(&strings)?)).is_some() {
                return Err(refuse("the model file has its metadata twice"));
            }
        } else {
            let info: TensorInfo = serde_json::from_value(value).map_err(|e| {
                let name = shown(&name);
                refuse(format!("tensor {name} of the model file is garbled: {e}")).with_source(e)
            })?;
            if infos.contains_key(&name) {
                return Err(refuse(format!("tensor {} is in the model file twice", shown(&name))));
            }
            infos.insert(name, info);
        }
    }
    let (meta, attributes) = meta.ok_or_else(|| {
        refuse(
            "the safetensors file has no metadata; npe takes files of format npe-model, which carry theirs",
        )
    })?;
    Ok(Header { tensors: check_tensors(&meta, &attributes, infos, body_bytes)?, meta, attributes })
}

/// The optional tensors that the metadata and the file's own names ask for.
fn extra_tensors(
    meta: &Meta,
    attributes: &[(String, bool)],
    infos: &BTreeMap<String, TensorInfo>,
) -> Result<Vec<(String, Vec<usize>)>> {
    let mut table = Vec::new();
    if !attributes.is_empty() {
        table.push((extras::DIRECTIONS.to_owned(), vec![attributes.len(), meta.latents]));
    } else if infos.contains_key(extras::DIRECTIONS) {
        return Err(refuse(format!(
            "the model file has a tensor {}, but its metadata has no field \"attributes\" with their names",
            extras::DIRECTIONS
        )));
    }
    // One of the two is enough to ask for both.
    if let Some(info) = infos.get(extras::ALIGN_BIAS).or_else(|| infos.get(extras::ALIGN_WEIGHT)) {
        let stages = info.shape.first().copied().unwrap_or(0);
        extras::check_stages(stages)?;
        table.push((extras::ALIGN_WEIGHT.to_owned(), vec![stages, ALIGN_MOVES, ALIGN_FEATURES]));
        table.push((extras::ALIGN_BIAS.to_owned(), vec![stages, ALIGN_MOVES]));
    }
    if infos.contains_key(extras::RESPONSE) {
        let side = Response::side_for(meta.image_size);
        table.push((extras::RESPONSE.to_owned(), vec![meta.latents, 3, side, side]));
    }
    Ok(table)
}

fn check_tensors(
    meta: &Meta,
    attributes: &[(String, bool)],
    mut infos: BTreeMap<String, TensorInfo>,
    body_bytes: usize,
) -> Result<Vec<(String, Dtype, Range<usize>)>> {
    let mut tensors = Vec::new();
    let extra = extra_tensors(meta, attributes, &infos)?;
    let network = meta.tensors().into_iter().map(|t| (t, true));
    for ((name, shape), of_network) in network.chain(extra.into_iter().map(|t| (t, false))) {
        let info =
            infos.remove(&name).ok_or_else(|| refuse(format!("the model file lacks tensor {name}")))?;
        let (dtype, bytes) = match info.dtype {
            FileDtype::F32 => (Dtype::F32, 4),
            FileDtype::F16 => (Dtype::F16, 2),
            other => {
                return Err(refuse(format!("tensor {name} is of type {other:?}; npe takes F32 or F16")));
            }
        };
        if info.shape != shape {
            if !of_network {
                return Err(refuse(format!(
                    "tensor {name} has shape {:?}; with {} attributes, {} latents and image_size {} it must be {shape:?}",
                    info.shape,
                    attributes.len(),
                    meta.latents,
                    meta.image_size
                )));
            }
            return Err(refuse(format!(
                "tensor {name} has shape {:?}; width {}, hidden {}, latents {} and image_size {} make it {shape:?}",
                info.shape, meta.width, meta.hidden, meta.latents, meta.image_size
            )));
        }
        // The limits keep this far below 2^40, so it cannot wrap where usize has 64 bits; checked for those of 32.
        let size = shape.iter().try_fold(bytes, |n: usize, side| n.checked_mul(*side));
        let (start, end) = info.data_offsets;
        if size.is_none() || end.checked_sub(start) != size {
            return Err(refuse(format!(
                "tensor {name} lies at bytes {start} to {end}; its shape {shape:?} of {dtype:?} takes {} bytes",
                size.map_or("too many".to_owned(), |n| n.to_string())
            )));
        }
        tensors.push((name, dtype, start..end));
    }
    if let Some(extra) = infos.keys().next() {
        return Err(refuse(format!(
            "the model file has a tensor {} that {} does not know",
            shown(extra),
            meta.architecture
        )));
    }
    tensors.sort_by_key(|(_, _, range)| range.start);
    let mut end = 0;
    for (name, _, range) in &tensors {
        if range.start != end {
            let what =
                if range.start < end { "overlaps the one before it" } else { "leaves a gap before it" };
            return Err(refuse(format!(
                "tensor {name} {what}: it begins at byte {} of the body, not at {end}",
                range.start
            )));
        }
        end = range.end;
    }
    if end != body_bytes {
        let what = if body_bytes < end { "is cut off" } else { "has trailing bytes" };
        return Err(refuse(format!(
            "the model file {what}: its tensors take {end} bytes, it holds {body_bytes}"
        )));
    }
    Ok(tensors)
}
