//! An installed libnpe, opened as the plug-in opens it and used through its C interface.

use libloading::Library;
use npe::capi::{
    NPE_FORMAT_RGB_U8, NPE_LOG_INFO, NPE_MODE_COLOR, NPE_OK, npe_dab, npe_edit, npe_frame, npe_image,
    npe_image_out, npe_load_options, npe_log, npe_model, npe_progress, npe_session_info, npe_settings,
    npe_status, npe_stroke_options, npe_stroke_report,
};
use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::Mutex;

/// An open library. It stays open: a library with threads of its own is not closed safely.
pub struct Npe(&'static Library);

type Load = unsafe extern "C" fn(
    *const npe_load_options,
    npe_progress,
    *mut c_void,
    *mut *mut npe_model,
) -> npe_status;
type Encode = unsafe extern "C" fn(
    *const npe_model,
    *const npe_image,
    *const npe_frame,
    *mut *mut npe_edit,
) -> npe_status;
type Stroke = unsafe extern "C" fn(
    *mut npe_edit,
    *const npe_dab,
    usize,
    *const npe_stroke_options,
    npe_progress,
    *mut c_void,
    *mut npe_stroke_report,
    usize,
) -> npe_status;
type GetSettings = unsafe extern "C" fn(*const npe_edit, *mut npe_settings, usize) -> npe_status;
type SetSettings = unsafe extern "C" fn(*mut npe_edit, *const npe_settings) -> npe_status;
type Decode = unsafe extern "C" fn(*const npe_edit, *const c_void, *const npe_image_out) -> npe_status;
type SessionInfo = unsafe extern "C" fn(*mut npe_session_info, usize) -> npe_status;
type SetLog = unsafe extern "C" fn(npe_log, *mut c_void) -> npe_status;
type Text = unsafe extern "C" fn() -> *const c_char;

/// What the library runs on after a load.
pub struct Session {
    /// For a person; says why not CUDA.
    pub device: String,
    /// The version of libtorch, if it is open.
    pub libtorch: Option<String>,
}

/// Frees with its function when it goes.
struct Handle<T>(*mut T, unsafe extern "C" fn(*mut T));

impl<T> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: a live handle of this kind; this is its only owner.
        unsafe { (self.1)(self.0) }
    }
}

impl Npe {
    /// Opens a library and asks for its version, which must be this command's.
    ///
    /// # Errors
    /// A sentence.
    pub fn open(file: &Path) -> Result<Self, String> {
        let name = file.display();
        // A bare name would be searched for.
        let file = std::path::absolute(file).map_err(|e| format!("{name} has no absolute path: {e}"))?;
        let library = open(&file).map_err(|e| {
            let why = std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string);
            format!("the library {name} can't be opened: {why}")
        })?;
        let npe = Self(Box::leak(Box::new(library)));
        let version = npe.version().map_err(|e| format!("{name} is not npe's library: {e}"))?;
        if version != super::VERSION {
            return Err(format!(
                "the library {name} is npe {version}, this command is npe {}",
                super::VERSION
            ));
        }
        Ok(npe)
    }

    fn version(&self) -> Result<String, String> {
        // SAFETY: the function has this type in every version.
        let version = unsafe { self.symbol::<Text>("npe_version")? };
        // SAFETY: it takes nothing and answers a text that is never freed.
        Ok(unsafe { CStr::from_ptr(version()) }.to_string_lossy().into_owned())
    }

    /// Loads a model (none: the bundled one), encodes a small picture, makes a short stroke and decodes it.
    ///
    /// # Errors
    /// The library's sentence.
    pub fn try_model(&self, path: Option<&Path>) -> Result<Session, String> {
        // SAFETY: the types are those of this version of npe, which the library has too.
        let (load, encode, stroke, decode) = unsafe {
            (
                self.symbol::<Load>("npe_load")?,
                self.symbol::<Encode>("npe_encode")?,
                self.symbol::<Stroke>("npe_stroke")?,
                self.symbol::<Decode>("npe_decode")?,
            )
        };
        // SAFETY: as above.
        let (get, set, info, set_log) = unsafe {
            (
                self.symbol::<GetSettings>("npe_get_settings")?,
                self.symbol::<SetSettings>("npe_set_settings")?,
                self.symbol::<SessionInfo>("npe_session_get_info")?,
                self.symbol::<SetLog>("npe_set_log")?,
            )
        };
        // SAFETY: as above.
        let (free_model, free_edit) = unsafe {
            (
                self.symbol::<unsafe extern "C" fn(*mut npe_model)>("npe_model_free")?,
                self.symbol::<unsafe extern "C" fn(*mut npe_edit)>("npe_edit_free")?,
            )
        };
        let text = path.map(|p| CString::new(p.as_os_str().as_encoded_bytes())).transpose();
        let text = text.map_err(|_| "the name of the model has a NUL in it".to_owned())?;
        let options = npe_load_options {
            struct_size: size_of::<npe_load_options>(),
            path: text.as_ref().map_or(null(), |t| t.as_ptr()),
            device: null(),
        };
        let (mut model, mut edit) = (null_mut(), null_mut());
        // The session's own text about the device is cut where its array ends; the message about the load is not.
        let told = Mutex::new(String::new());
        // SAFETY: the mutex lives until listening ends, below.
        self.check(unsafe { set_log(Some(keep), (&raw const told).cast_mut().cast()) })?;
        // SAFETY: pointers to what lives through the call.
        let loaded = self.check(unsafe { load(&options, None, null_mut(), &mut model) });
        // SAFETY: NULL ends the listening.
        self.check(unsafe { set_log(None, null_mut()) })?;
        loaded?;
        let model = Handle(model, free_model);
        const SIDE: u32 = 64;
        let mut pixels: Vec<u8> =
            (0..SIDE * SIDE).flat_map(|i| [i % SIDE, i / SIDE, 80].map(|v| 3 * v as u8)).collect();
        let (size, stride) = (pixels.len(), SIDE as usize * 3);
        let photo = npe_image {
            struct_size: size_of::<npe_image>(),
            data: pixels.as_ptr().cast(),
            data_size: size,
            width: SIDE,
            height: SIDE,
            stride,
            format: NPE_FORMAT_RGB_U8,
            reserved: 0,
        };
        let frame = npe_frame { cx: 32.0, cy: 32.0, side: 64.0, angle: 0.0 };
        // SAFETY: as above; the photo has as many bytes as it says.
        self.check(unsafe { encode(model.0, &photo, &frame, &mut edit) })?;
        let edit = Handle(edit, free_edit);
        // SAFETY: plain numbers, for which zeros are a value.
        let mut settings: npe_settings = unsafe { std::mem::zeroed() };
        // SAFETY: a place of the said size.
        self.check(unsafe { get(edit.0, &mut settings, size_of::<npe_settings>()) })?;
        // It is to work, not to look good.
        settings.steps = 3;
        // SAFETY: the settings lived through the call that filled them.
        self.check(unsafe { set(edit.0, &settings) })?;
        let dab = npe_dab { x: 32.0, y: 16.0, radius: 8.0, hardness: 0.5, pressure: 1.0 };
        let black = npe_stroke_options {
            struct_size: size_of::<npe_stroke_options>(),
            mode: NPE_MODE_COLOR,
            color: [0.0; 3],
        };
        // SAFETY: one dab, as the count says; no report is asked for.
        self.check(unsafe { stroke(edit.0, &dab, 1, &black, None, null_mut(), null_mut(), 0) })?;
        let out = npe_image_out {
            struct_size: size_of::<npe_image_out>(),
            data: pixels.as_mut_ptr().cast(),
            data_size: size,
            width: SIDE,
            height: SIDE,
            stride,
            format: NPE_FORMAT_RGB_U8,
            reserved: 0,
        };
        // SAFETY: a place with as many bytes as it says; NULL is all of the photo.
        self.check(unsafe { decode(edit.0, null(), &out) })?;
        // SAFETY: plain numbers, for which zeros are a value.
        let mut session: npe_session_info = unsafe { std::mem::zeroed() };
        // SAFETY: a place of the said size.
        self.check(unsafe { info(&mut session, size_of::<npe_session_info>()) })?;
        let libtorch = until_nul(&session.libtorch_version);
        Ok(Session { device: until_nul(&session.device), libtorch: Some(libtorch).filter(|v| !v.is_empty()) })
    }

    /// The library's sentence, if a call failed.
    fn check(&self, status: npe_status) -> Result<(), String> {
        if status == NPE_OK {
            return Ok(());
        }
        // SAFETY: the function has this type in every version.
        let last = unsafe { self.symbol::<Text>("npe_last_error")? };
        // SAFETY: it takes nothing; the text is copied before the next call.
        Err(unsafe { CStr::from_ptr(last()) }.to_string_lossy().into_owned())
    }

    /// A function of the library.
    ///
    /// # Safety
    /// `T` must be its type.
    unsafe fn symbol<T: Copy>(&self, name: &str) -> Result<T, String> {
        // SAFETY: the caller's promise.
        let symbol = unsafe { self.0.get::<T>(name.as_bytes()) };
        symbol.map(|s| *s).map_err(|_| format!("it has no function {name}"))
    }
}

/// A log callback that keeps the last message about something done in the `Mutex<String>` at `user`.
unsafe extern "C" fn keep(level: i32, message: *const c_char, user: *mut c_void) {
    // SAFETY: the pointer that was given with this callback, to a mutex that outlives it.
    let told = unsafe { &*user.cast::<Mutex<String>>() };
    if level == NPE_LOG_INFO
        && let Ok(mut told) = told.lock()
    {
        // SAFETY: a text that is valid during this call.
        *told = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
    }
}

/// The text in an array of a struct, up to its NUL.
fn until_nul(array: &[c_char]) -> String {
    let bytes: Vec<u8> = array.iter().take_while(|c| **c != 0).map(|c| *c as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Opens it so that a missing function of another library is told now.
#[cfg(unix)]
fn open(file: &Path) -> Result<Library, libloading::Error> {
    use libloading::os::unix::{Library as Unix, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: npe's own library, whose hash was compared if it was installed; its initialisers may run on any thread.
    unsafe { Unix::open(Some(file), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

#[cfg(not(unix))]
fn open(file: &Path) -> Result<Library, libloading::Error> {
    // SAFETY: npe's own library, whose hash was compared if it was installed; its initialisers may run on any thread.
    unsafe { Library::new(file) }
}
