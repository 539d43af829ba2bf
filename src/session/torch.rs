//! A network that runs in `libnpe_torch.so`, behind the [`Generator`] trait. Calls the [`table`](super::table).

use super::table::{Floats, FloatsOut, Made, Said, Table, kind};
use crate::error::{Error, Result};
use crate::generator::{Aimed, Attribute, Generator, InOne, Pull, Response, Target, check_values};
use crate::model::{Extras, Model};
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};

/// Bytes kept of an engine's sentence.
const SENTENCE: usize = 2048;

/// A network in the torch engine.
pub struct TorchGenerator {
    table: &'static Table,
    network: NonNull<c_void>,
    image_size: usize,
    latents: usize,
    broad_keep: f32,
    extras: Extras,
}

// SAFETY: the table says that any thread may call, and that calls of one network wait for each other.
unsafe impl Send for TorchGenerator {}
// SAFETY: as above.
unsafe impl Sync for TorchGenerator {}

impl TorchGenerator {
    /// Makes the network of a model on a device (see [`super::table::CPU`]).
    ///
    /// # Errors
    /// If the model is refused, the device fails or memory is short.
    pub fn new(table: &'static Table, model: &Model, device: i32, threads: usize) -> Result<Self> {
        // The model's file again, each weight exactly as it was.
        let bytes = model.to_bytes(model.dtype())?;
        let mut made = Made { network: null_mut(), image_size: 0, latents: 0 };
        let threads = u32::try_from(threads).unwrap_or(u32::MAX);
        // SAFETY: the pointers are to live values of the sizes said.
        answered(|said| unsafe {
            (table.make)(bytes.as_ptr(), bytes.len(), device, threads, &mut made, said)
        })?;
        let network = NonNull::new(made.network)
            .ok_or_else(|| Error::new(crate::ErrorKind::Internal, "the torch engine made no network"))?;
        let (image_size, latents) = (made.image_size as usize, made.latents as usize);
        let (broad_keep, extras) = (model.meta.broad_keep, model.meta.extras.clone());
        Ok(Self { table, network, image_size, latents, broad_keep, extras })
    }
}

/// Does a small computation on a device.
///
/// # Errors
/// With what the device said.
pub fn probe(table: &Table, device: i32) -> Result<()> {
    // SAFETY: `said` is what the table wants.
    answered(|said| unsafe { (table.probe)(device, said) })
}

impl Drop for TorchGenerator {
    fn drop(&mut self) {
        // SAFETY: made by this table's `make`, freed once.
        unsafe { (self.table.free)(self.network.as_ptr()) };
    }
}

impl Generator for TorchGenerator {
    fn image_size(&self) -> usize {
        self.image_size
    }

    fn latents(&self) -> usize {
        self.latents
    }

    fn broad_keep(&self) -> f32 {
        self.broad_keep
    }

    fn response(&self) -> Option<&Response> {
        self.extras.response.as_deref()
    }

    fn attributes(&self) -> &[Attribute] {
        &self.extras.attributes
    }

    fn encode(&self, image: &[f32]) -> Result<Vec<f32>> {
        check_values("image", image, 3 * self.image_size * self.image_size)?;
        let mut latents = vec![0.0; self.latents];
        // SAFETY: the network lives as long as self; the slices are what is said of them.
        answered(|said| unsafe {
            (self.table.encode)(self.network.as_ptr(), floats(image), floats_out(&mut latents), said)
        })?;
        Ok(latents)
    }

    fn decode(&self, latents: &[f32]) -> Result<Vec<f32>> {
        check_values("latents", latents, self.latents)?;
        let mut image = vec![0.0; 3 * self.image_size * self.image_size];
        // SAFETY: as in `encode`.
        answered(|said| unsafe {
            (self.table.decode)(self.network.as_ptr(), floats(latents), floats_out(&mut image), said)
        })?;
        Ok(image)
    }

    fn pull(&self, latents: &[f32], target: &Target<'_>) -> Result<Pull> {
        self.held(target)?.pull(latents)
    }

    fn aim<'a>(&'a self, target: Target<'a>) -> Result<Box<dyn Aimed + 'a>> {
        let held = self.held(&target)?;
        Ok(Box::new(InOne::new(move |latents: &[f32]| held.pull(latents))))
    }
}

/// A target in the torch engine.
struct Held<'a> {
    generator: &'a TorchGenerator,
    aim: NonNull<c_void>,
}

impl TorchGenerator {
    fn held(&self, target: &Target<'_>) -> Result<Held<'_>> {
        target.check(self.image_size)?;
        let mut aim = null_mut();
        let (weight, colour) = (floats(target.weight), floats(target.colour));
        // SAFETY: as in `encode`; `aim` is a live pointer.
        answered(|said| unsafe { (self.table.aim)(self.network.as_ptr(), weight, colour, &mut aim, said) })?;
        let aim = NonNull::new(aim)
            .ok_or_else(|| Error::new(crate::ErrorKind::Internal, "the torch engine took no target"))?;
        Ok(Held { generator: self, aim })
    }
}

impl Held<'_> {
    fn pull(&self, latents: &[f32]) -> Result<Pull> {
        let TorchGenerator { table, network, latents: count, .. } = self.generator;
        check_values("latents", latents, *count)?;
        let mut pull = Pull { loss: 0.0, gradient: vec![0.0; *count] };
        let out = floats_out(&mut pull.gradient);
        // SAFETY: as in `encode`; the target is of this network, which it borrows.
        answered(|said| unsafe {
            let (network, aim) = (network.as_ptr(), self.aim.as_ptr());
            (table.pull)(network, aim, floats(latents), &mut pull.loss, out, said)
        })?;
        Ok(pull)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // SAFETY: of this table's `aim`, freed once.
        unsafe { (self.generator.table.free_aim)(self.aim.as_ptr()) };
    }
}

fn floats(from: &[f32]) -> Floats {
    Floats { data: from.as_ptr(), count: from.len() }
}

fn floats_out(to: &mut [f32]) -> FloatsOut {
    FloatsOut { data: to.as_mut_ptr(), count: to.len() }
}

/// Calls a function of the table; a status becomes an error with the sentence that was said.
fn answered(call: impl FnOnce(*mut Said) -> i32) -> Result<()> {
    let mut bytes = vec![0_u8; SENTENCE];
    let mut said = Said { bytes: bytes.as_mut_ptr(), capacity: bytes.len(), length: 0 };
    match call(&mut said) {
        0 => Ok(()),
        status => {
            let length = said.length.min(bytes.len());
            Err(Error::new(kind(status), String::from_utf8_lossy(&bytes[..length]).into_owned()))
        }
    }
}
