//! The session without libtorch; `src/torch/tests` has the rest.

use super::*;

#[test]
fn the_same_model_is_loaded_once_and_freed_by_its_last_holder() {
    let go = &mut |_: f32| true;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/faces.safetensors");
    let first = load(Some(&path), Device::Auto, go).unwrap();
    let again = load(Some(&path), first.device, go).unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!(first.sha256, load(None, Device::Cpu, go).unwrap().sha256);
    let weak = Arc::downgrade(&first);
    drop((first, again));
    assert!(weak.upgrade().is_none());
}

#[test]
fn refusals_say_what_to_do_and_leave_what_was_loaded() {
    let go = &mut |_: f32| true;
    let kept = load(None, Device::Auto, go).unwrap();
    let told = |e: Result<Arc<LoadedModel>>| e.err().expect("an error").to_string();
    let error = told(load(Some(Path::new("no/such.safetensors")), Device::Auto, go));
    assert!(error.contains("no/such.safetensors can't be read"), "{error}");
    let error = told(load(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")), Device::Auto, go));
    assert!(error.contains("safetensors"), "{error}");
    let error = load(None, Device::Cuda(255), go).err().expect("an error");
    assert_eq!(error.kind(), ErrorKind::Device);
    assert!(error.to_string().contains("the device cuda:255 is not available"), "{error}");
    assert!(set_threads(limits::THREADS + 1).unwrap_err().to_string().contains("at most 64"));
    let z = vec![0.1; kept.generator.latents()];
    assert!(kept.generator.decode(&z).is_ok());
    assert!(info().models >= 1);
}

#[test]
fn loading_can_be_cancelled() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/faces.safetensors");
    // A path of its own, so that no other test has it loaded.
    let copy = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(path, copy.path()).unwrap();
    let error = load(Some(copy.path()), Device::Auto, &mut |p| p < 0.5).err().expect("an error");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(load(Some(copy.path()), Device::Auto, &mut |_| true).is_ok());
}

#[test]
fn the_info_says_why_auto_is_not_cuda() {
    let model = load(None, Device::Auto, &mut |_| true).unwrap();
    let info = info();
    // Other tests load too, so only what belongs together is compared.
    match info.why_not_cuda {
        Some(why) => {
            assert!(!info.is_cuda && info.device_memory == 0);
            assert!(info.device.ends_with(&format!("; not CUDA: {why}")), "{}", info.device);
        }
        None if info.is_cuda => assert!(info.device.starts_with("CUDA ") && info.device_memory > 0),
        None => assert!(info.device.starts_with("CPU, "), "{}", info.device),
    }
    assert_ne!(model.device, Device::Auto);
}

#[test]
fn a_table_of_another_version_is_refused() {
    use table::{LIBTORCH, Table, VERSION, check, libtorch_bytes};
    unsafe extern "C" fn probe(_: i32, _: *mut table::Said) -> i32 {
        0
    }
    unsafe extern "C" fn make(
        _: *const u8,
        _: usize,
        _: i32,
        _: u32,
        _: *mut table::Made,
        _: *mut table::Said,
    ) -> i32 {
        1
    }
    unsafe extern "C" fn free(_: *mut std::ffi::c_void) {}
    unsafe extern "C" fn run(
        _: *const std::ffi::c_void,
        _: table::Floats,
        _: table::FloatsOut,
        _: *mut table::Said,
    ) -> i32 {
        1
    }
    unsafe extern "C" fn aim(
        _: *const std::ffi::c_void,
        _: table::Floats,
        _: table::Floats,
        _: *mut *mut std::ffi::c_void,
        _: *mut table::Said,
    ) -> i32 {
        1
    }
    unsafe extern "C" fn pull(
        _: *const std::ffi::c_void,
        _: *const std::ffi::c_void,
        _: table::Floats,
        _: *mut f32,
        _: table::FloatsOut,
        _: *mut table::Said,
    ) -> i32 {
        1
    }
    let good = || Table {
        version: VERSION,
        size: size_of::<Table>() as u32,
        libtorch: libtorch_bytes(),
        probe,
        make,
        free,
        encode: run,
        decode: run,
        aim,
        free_aim: free,
        pull,
    };
    let told = |table: Table| {
        // SAFETY: a leaked table lives for ever.
        unsafe { check(Box::leak(Box::new(table)), "x.so") }.map(drop).map_err(|e| e.to_string())
    };
    assert_eq!(told(good()), Ok(()));
    let said = told(Table { version: VERSION + 1, ..good() }).unwrap_err();
    assert!(said.contains(&format!("version {}", VERSION + 1)) && said.contains("same release"), "{said}");
    let said = told(Table { size: 8, ..good() }).unwrap_err();
    assert!(said.contains("(8 bytes)"), "{said}");
    let said = told(Table { libtorch: *b"2.10.0\0\0\0\0\0\0\0\0\0\0", ..good() }).unwrap_err();
    assert!(said.contains("built for libtorch 2.10.0") && said.contains(LIBTORCH), "{said}");
    // SAFETY: NULL is answered.
    let said = unsafe { check(std::ptr::null(), "x.so") }.map(drop).unwrap_err().to_string();
    assert!(said.contains("no table"), "{said}");
}

#[test]
fn kinds_of_errors_cross_the_table() {
    use crate::ErrorKind::{Cancelled, Device, Internal, InvalidArgument, Limit, Model, OutOfMemory, Panic};
    for kind in [InvalidArgument, Limit, Model, Device, OutOfMemory, Internal, Panic] {
        assert_eq!(table::kind(table::code(kind)), kind);
    }
    for unknown in [table::code(Cancelled), -1, 99] {
        assert_eq!(table::kind(unknown), Internal);
    }
}
