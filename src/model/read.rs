//! Opening a model file.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use half::f16;
use sha2::{Digest, Sha256};

use super::{
    Aligner, Attribute, Dtype, Model, Response, Values, extras,
    header::{self, Header},
    meta::refuse,
};
use crate::{
    error::{Error, ErrorKind, Result},
    limits,
};

impl Model {
    /// Opens a model file. What a refused file costs does not depend on its size: the header is checked before
    /// the body is read.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if the file can't be read, [`ErrorKind::Model`] with a sentence that names the tensor or field if
    /// it is damaged, of another format or too large, [`ErrorKind::OutOfMemory`].
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_inner(path).map_err(|e| {
            let mut named = Error::new(e.kind(), format!("{}: {e}", path.display()));
            if e.kind() == ErrorKind::Io {
                named = named.with_source(e);
            }
            named
        })
    }

    fn open_inner(path: &Path) -> Result<Self> {
        // Asked before opening, because opening a pipe would wait for its writer.
        let kind = std::fs::metadata(path).map_err(io)?;
        if !kind.is_file() {
            let what = if kind.is_dir() { "a folder" } else { "a device, pipe or socket" };
            return Err(refuse(format!("this is {what}, not a model file")));
        }
        let mut file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let mut start = Vec::with_capacity(64);
        (&mut file).take(64).read_to_end(&mut start).map_err(io)?;
        let body_at = header::check_start(&start, size)?;
        let size =
            usize::try_from(size).map_err(|_| refuse("the model file does not fit this machine's memory"))?;

        let mut bytes = Vec::new();
        bytes.try_reserve_exact(body_at).map_err(no_memory)?;
        bytes.extend_from_slice(&start[..start.len().min(body_at)]);
        let more = body_at.saturating_sub(bytes.len());
        (&mut file).take(more as u64).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() < body_at {
            return Err(refuse("the model file became shorter while it was read"));
        }
        let header = header::parse(&bytes[8..], size.saturating_sub(body_at))?;
        // Only now the body. What was read beyond a very short header belongs to it.
        let body = start.get(body_at..).unwrap_or_default().to_vec();
        bytes.try_reserve_exact(size.saturating_sub(bytes.len())).map_err(no_memory)?;
        bytes.extend_from_slice(&body);
        let more = size.saturating_sub(bytes.len()) as u64;
        // One byte more than announced would be a file that grows under our hands.
        file.take(more.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() != size {
            return Err(refuse(format!(
                "the model file changed while it was read: {} bytes instead of {size}",
                bytes.len()
            )));
        }
        finish(header, &bytes, body_at)
    }

    /// Reads a model from the bytes of its file.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] with a sentence that names the tensor or field, [`ErrorKind::OutOfMemory`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let body = header::check_start(&bytes[..bytes.len().min(64)], bytes.len() as u64)?;
        let header = header::parse(&bytes[8..body], bytes.len().saturating_sub(body))?;
        finish(header, bytes, body)
    }
}

/// Takes the tensors out of the file's bytes; the body begins at `body`.
fn finish(header: Header, bytes: &[u8], body: usize) -> Result<Model> {
    let mut tensors = BTreeMap::new();
    for (name, dtype, range) in header.tensors {
        let data = &bytes[body..][range];
        let values = match dtype {
            Dtype::F32 => {
                Values::F32(take(data, f32::from_le_bytes, |v| v.is_finite()).map_err(|e| name_it(&name, e))?)
            }
            Dtype::F16 => {
                Values::F16(take(data, f16::from_le_bytes, |v| v.is_finite()).map_err(|e| name_it(&name, e))?)
            }
        };
        tensors.insert(name, values);
    }
    let mut meta = header.meta;
    let take =
        |tensors: &mut BTreeMap<_, Values>, name| tensors.remove(name).map(|v| v.to_f32().into_owned());
    if let Some(values) = take(&mut tensors, extras::DIRECTIONS) {
        let directions = values.chunks_exact(meta.latents).map(<[f32]>::to_vec);
        let attributes = header.attributes.into_iter().zip(directions);
        meta.extras.attributes =
            attributes.map(|((name, leads), direction)| Attribute { name, direction, leads }).collect();
    }
    if let (Some(weight), Some(bias)) =
        (take(&mut tensors, extras::ALIGN_WEIGHT), take(&mut tensors, extras::ALIGN_BIAS))
    {
        meta.extras.aligner = Aligner::from_values(&weight, &bias).map(Into::into);
    }
    if let Some(values) = take(&mut tensors, extras::RESPONSE) {
        meta.extras.response = Response::new(values, meta.latents, meta.image_size).map(Into::into);
    }
    meta.extras.check(meta.latents, meta.image_size)?;
    Ok(Model { meta, sha256: digest(bytes), tensors })
}

enum Bad {
    Value(usize, String),
    Memory(std::collections::TryReserveError),
}

fn name_it(name: &str, bad: Bad) -> Error {
    match bad {
        Bad::Value(i, value) => refuse(format!(
            "value {i} of tensor {name} is {value}, not a finite number; the model file is damaged"
        )),
        Bad::Memory(e) => no_memory(e),
    }
}

fn take<T: Copy + ToString, const N: usize>(
    data: &[u8],
    from: impl Fn([u8; N]) -> T,
    fine: impl Fn(&T) -> bool,
) -> Result<Vec<T>, Bad> {
    let (whole, _) = data.as_chunks::<N>();
    let mut values = Vec::new();
    values.try_reserve_exact(whole.len()).map_err(Bad::Memory)?;
    values.extend(whole.iter().map(|b| from(*b)));
    match values.iter().position(|v| !fine(v)) {
        Some(i) => Err(Bad::Value(i, values[i].to_string())),
        None => Ok(values),
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn io(e: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("the model file can't be read: {e}")).with_source(e)
}

fn no_memory(e: std::collections::TryReserveError) -> Error {
    let most = limits::MODEL_FILE_BYTES;
    Error::new(
        ErrorKind::OutOfMemory,
        format!("there is not enough memory for the model (at most {most} bytes)"),
    )
    .with_source(e)
}
