//! Models.

use super::boundary::{guarded, quiet};
use super::error::Answer;
use super::handle::{self, Object, Table};
use super::log;
use super::pointer::{Out, Plain, path_of, read_sized, read_text, utf8};
use super::progress::{caller, npe_progress};
use super::status::npe_status;
use crate::session::{self, Device, LoadedModel};
use parking_lot::Mutex;
use std::ffi::{CString, c_char, c_void};
use std::path::PathBuf;
use std::sync::Arc;

/// A generative network in memory. Free it with npe_model_free; edits made with it keep what they need of it.
pub struct npe_model {
    _private: (),
}

/// What to load. Set all bytes to 0, then `struct_size`, then what differs from the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_load_options {
    /// sizeof(npe_load_options).
    pub struct_size: usize,
    /// The model file (UTF-8; on Unix any file name), or NULL for the model inside the library.
    pub path: *const c_char,
    /// Where it runs: "auto" (CUDA if it works, else "cpu", or "cpu-torch" for a model that "cpu" does not run), "cpu" (npe's own
    /// engine, for "ian-simple"), "cuda" (the same as "cuda:0"), "cuda:N", or "cpu-torch" (libtorch on the CPU); NULL is "auto".
    pub device: *const c_char,
}

/// What is known about a model. The texts belong to the model: they are valid until npe_model_free.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_model_info {
    /// A short name for people.
    pub name: *const c_char,
    /// Such as "ian-simple".
    pub architecture: *const c_char,
    /// What images it has seen.
    pub trained_on: *const c_char,
    /// Its terms.
    pub licence: *const c_char,
    /// SHA-256 of its file, 64 lower-case hexadecimal digits.
    pub sha256: *const c_char,
    /// Side of its images in pixels.
    pub image_size: u32,
    /// How many latents an image has.
    pub latents: u32,
    /// Its channel multiplier.
    pub width: u32,
    /// Units of its encoder's dense layer.
    pub hidden: u32,
}

// SAFETY: numbers and pointers only.
unsafe impl Plain for npe_load_options {
    const NAME: &'static str = "npe_load_options";
}
// SAFETY: numbers and pointers only.
unsafe impl Plain for npe_model_info {
    const NAME: &'static str = "npe_model_info";
}

/// What an [`npe_model`] stands for.
pub(super) struct ModelObject {
    pub loaded: Arc<LoadedModel>,
    /// Name, architecture, trained on, licence, SHA-256.
    texts: [CString; 5],
    /// Names of its attributes.
    pub attributes: Vec<CString>,
}

static MODELS: Table<ModelObject> = Mutex::new(None);

impl Object for ModelObject {
    type Opaque = npe_model;
    const KIND: usize = 1;
    fn table() -> &'static Table<Self> {
        &MODELS
    }
}

/// Loads a model, or shares it if the same file is loaded already. Blocks for some hundred milliseconds; any thread.
/// `options` may be NULL: the model inside the library, on the best device. `progress` may be NULL; `user` is handed
/// to it. The host frees `*model` with npe_model_free. On an error (NPE_ERR_MODEL, NPE_ERR_IO, NPE_ERR_DEVICE,
/// NPE_ERR_LIMIT, NPE_ERR_CANCELLED, ...) `*model` is not written and models loaded before stay as they are.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_load(
    options: *const npe_load_options,
    progress: npe_progress,
    user: *mut c_void,
    model: *mut *mut npe_model,
) -> npe_status {
    guarded(|| {
        let out = Out::required(model, "the place for the model")?;
        // SAFETY: by this function's contract.
        let (path, device) = if options.is_null() { (None, None) } else { unsafe { read_options(options) }? };
        let device = device.map_or(Ok(Device::Auto), |name| name.parse())?;
        let loaded = session::load(path.as_deref(), device, &mut caller(progress, user))?;
        let (meta, text) = (&loaded.meta, |s: &str| CString::new(s.replace('\0', "")).unwrap_or_default());
        let texts = [&meta.name, &meta.architecture, &meta.trained_on, &meta.licence, &loaded.sha256];
        let texts = texts.map(|s| text(s));
        let attributes = meta.extras.attributes.iter().map(|a| text(&a.name)).collect();
        log::info(&format!("loaded the model {} on {}", meta.name, session::info().device));
        // SAFETY: by this function's contract.
        unsafe { out.write(handle::give(ModelObject { loaded, texts, attributes })) };
        Ok(())
    })
}

/// # Safety
/// `options` is not NULL and points to what [`npe_load`] says.
unsafe fn read_options(options: *const npe_load_options) -> Answer<(Option<PathBuf>, Option<String>)> {
    // SAFETY: by contract.
    let options = unsafe { read_sized(options) }?;
    const PATH: &str = "the path of the model file";
    // SAFETY: by the function's contract.
    let path = unsafe { read_text(options.path, PATH) }?.map(|p| path_of(&p, PATH)).transpose()?;
    // SAFETY: by the function's contract.
    let device =
        unsafe { read_text(options.device, "the device") }?.map(|d| utf8(&d, "the device")).transpose()?;
    Ok((path, device))
}

/// Frees a model; NULL is fine. Edits made with it stay usable. Never blocks for long; any thread. A handle that is not a
/// live model is left alone (npe_last_error() says so).
#[unsafe(no_mangle)]
pub extern "C" fn npe_model_free(model: *mut npe_model) {
    quiet(|| handle::take::<ModelObject>(model));
}

/// Tells what is known about a model. Never blocks for long; any thread. `info` is written, its texts belong to the model;
/// `info_size` is sizeof(npe_model_info).
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_model_get_info(
    model: *const npe_model,
    info: *mut npe_model_info,
    info_size: usize,
) -> npe_status {
    guarded(|| {
        let model = handle::get::<ModelObject>(model)?;
        let out = Out::sized(info, info_size)?;
        let [name, architecture, trained_on, licence, sha256] = model.texts.each_ref().map(|t| t.as_ptr());
        let meta = &model.loaded.meta;
        // Each is within a limit far below u32::MAX.
        let small = |n: usize| n as u32;
        let info = npe_model_info {
            name,
            architecture,
            trained_on,
            licence,
            sha256,
            image_size: small(meta.image_size),
            latents: small(meta.latents),
            width: small(meta.width),
            hidden: small(meta.hidden),
        };
        // SAFETY: by this function's contract.
        unsafe { out.write(info) };
        Ok(())
    })
}
