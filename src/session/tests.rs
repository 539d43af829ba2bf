//! The session without libtorch; `src/torch/tests` has the rest.

use super::*;

#[test]
fn the_same_model_is_loaded_once_and_freed_by_its_last_holder() {
    let go = &mut |_: f32| true;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/faces-prototype.safetensors");
    let first = load(Some(&path), Device::Auto, go).unwrap();
    let again = load(Some(&path), Device::Cpu, go).unwrap();
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
    assert_eq!("cuda:0".parse::<Device>().unwrap_err().kind(), ErrorKind::Device);
    assert!("gpu".parse::<Device>().unwrap_err().to_string().contains("use auto or cpu"));
    assert!(set_threads(limits::THREADS + 1).unwrap_err().to_string().contains("at most 64"));
    let z = vec![0.1; kept.generator.latents()];
    assert!(kept.generator.decode(&z).is_ok());
    assert!(info().models >= 1 && info().device.starts_with("CPU, "));
}

#[test]
fn loading_can_be_cancelled() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/faces-prototype.safetensors");
    // A path of its own, so that no other test has it loaded.
    let copy = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(path, copy.path()).unwrap();
    let error = load(Some(copy.path()), Device::Auto, &mut |p| p < 0.5).err().expect("an error");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(load(Some(copy.path()), Device::Auto, &mut |_| true).is_ok());
}
