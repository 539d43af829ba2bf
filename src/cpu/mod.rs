//! The CPU engine for `ian-simple` networks of any width: inference, and the gradient of a loss on the image with respect
//! to the latents. Calls [`crate::generator`] (its trait) and [`crate::model`].
//!
//! Images are kept with their channels innermost, so every layer is an indirect matrix product (`kernel`) whose weights are
//! packed once. The way back is computed only where the brush's cone reaches. The activations of the last decodes are
//! kept, so that a pull at the same latents costs the way back only.

#[doc(hidden)]
pub mod bench;
mod buffer;
mod decoder;
mod encoder;
mod kernel;
mod layer;
mod math;
mod pack;
mod simd;
mod weights;

use parking_lot::Mutex;

use self::{decoder::Decoder, encoder::Encoder, layer::Team, weights::Source};

pub use self::kernel::Isa;
#[cfg(feature = "panic-injection")]
#[doc(hidden)]
pub use self::layer::panic_in_pass;
use crate::{
    error::{Error, ErrorKind, Result},
    generator::{Attribute, Generator, Pull, Response, Target, check_values},
    limits,
    model::{ARCHITECTURE, Dtype, Extras, Model, Sizes},
};

/// How many decodes are remembered: the shown latents, a solver's trial, and some for other threads.
const REMEMBERED: usize = 4;

/// An `ian-simple` network on the CPU.
pub struct CpuGenerator {
    team: Team,
    encoder: Encoder,
    decoder: Decoder,
    image_size: usize,
    latents: usize,
    broad_keep: f32,
    extras: Extras,
    /// The most recently used last.
    decodes: Mutex<Vec<Decoded>>,
    encodes: Mutex<Vec<encoder::Workspace>>,
}

/// A workspace and the latents whose activations it holds.
struct Decoded {
    latents: Vec<f32>,
    work: Box<decoder::Workspace>,
}

impl CpuGenerator {
    /// An engine for this model on at most `threads` threads, those of the caller included when `threads` is 1. The model's
    /// weights are copied; weights that the file has as f16 may be kept so (the same values), those of f32 stay f32.
    ///
    /// # Errors
    /// If the model's architecture is another than `ian-simple` ([`ErrorKind::Device`]), if `threads` is 0 or over
    /// [`limits::THREADS`], or threads can't be started.
    pub fn new(model: &Model, threads: usize) -> Result<Self> {
        Self::with_isa(model, threads, Isa::best())
    }

    /// Whether this engine runs networks of an architecture.
    pub fn runs(architecture: &str) -> bool {
        architecture == ARCHITECTURE
    }

    /// An engine of random weights of these sizes, for tests and benchmarks; see [`Model::random`]. Weights are f32.
    ///
    /// # Errors
    /// If a size is 0 or over its limit, or as [`CpuGenerator::new`].
    pub fn random(width: usize, hidden: usize, latents: usize, seed: u64, threads: usize) -> Result<Self> {
        Self::new(&Model::random(Sizes { width, hidden, latents }, Dtype::F32, seed)?, threads)
    }

    /// As [`CpuGenerator::new`] with a given instruction set, so that tests reach all of them.
    #[doc(hidden)]
    pub fn with_isa(model: &Model, threads: usize, isa: Isa) -> Result<Self> {
        if threads == 0 || threads > limits::THREADS {
            return Err(Error::invalid(format!(
                "{threads} threads were asked for; npe takes 1 to {}",
                limits::THREADS
            )));
        }
        if !Self::runs(&model.meta.architecture) {
            return Err(Error::new(
                ErrorKind::Device,
                format!(
                    "the model {:?} is of architecture {:?}, which the CPU engine does not run. Choose the device \
                     \"auto\", \"cuda\" or \"cpu-torch\" (all need libtorch for it), or a model of architecture {ARCHITECTURE:?}",
                    model.meta.name, model.meta.architecture
                ),
            ));
        }
        let source = Source::new(model)?;
        Ok(Self {
            team: Team::new(isa, threads)?,
            encoder: Encoder::new(&source),
            decoder: Decoder::new(&source),
            image_size: source.side,
            latents: source.sizes.latents,
            broad_keep: model.meta.broad_keep,
            extras: model.meta.extras.clone(),
            decodes: Mutex::default(),
            encodes: Mutex::default(),
        })
    }

    /// Runs `f` on a workspace that holds the decode of these latents.
    fn decoded<T: Send>(&self, latents: &[f32], f: impl FnOnce(&mut decoder::Workspace) -> T + Send) -> T {
        let same = |d: &Decoded| {
            d.latents.len() == latents.len()
                && d.latents.iter().zip(latents).all(|(a, b)| a.to_bits() == b.to_bits())
        };
        let found = {
            let mut decodes = self.decodes.lock();
            match decodes.iter().position(same) {
                Some(i) => Some(decodes.remove(i)),
                None if decodes.len() >= REMEMBERED => {
                    let mut oldest = decodes.remove(0);
                    oldest.latents.clear();
                    Some(oldest)
                }
                None => None,
            }
        };
        let mut decoded = found
            .unwrap_or_else(|| Decoded { latents: Vec::new(), work: Box::new(self.decoder.workspace()) });
        let fresh = decoded.latents.is_empty();
        let result = self.team.enter(|| {
            if fresh {
                self.decoder.forward(&self.team, latents, &mut decoded.work);
            }
            f(&mut decoded.work)
        });
        if fresh {
            decoded.latents.extend_from_slice(latents);
        }
        let mut decodes = self.decodes.lock();
        // Many threads may have made more workspaces than are worth keeping.
        if decodes.len() >= REMEMBERED {
            decodes.remove(0);
        }
        decodes.push(decoded);
        result
    }
}

impl Generator for CpuGenerator {
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
        let kept = self.encodes.lock().pop();
        let mut work = kept.unwrap_or_else(|| self.encoder.workspace());
        let latents = self.team.enter(|| self.encoder.run(&self.team, image, &mut work));
        let mut encodes = self.encodes.lock();
        if encodes.is_empty() {
            encodes.push(work);
        }
        Ok(latents)
    }

    fn decode(&self, latents: &[f32]) -> Result<Vec<f32>> {
        check_values("latents", latents, self.latents)?;
        Ok(self.decoded(latents, |work| work.image().to_vec()))
    }

    fn pull(&self, latents: &[f32], target: &Target<'_>) -> Result<Pull> {
        check_values("latents", latents, self.latents)?;
        target.check(self.image_size)?;
        Ok(self.decoded(latents, |work| self.decoder.backward(&self.team, target, work)))
    }
}
