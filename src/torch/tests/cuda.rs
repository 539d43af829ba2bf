//! The torch engine on a GPU. Without one each test says so and ends.

mod common;

use common::*;
use npe::ErrorKind;
use npe::brush::Mode;
use npe::edit::{Edit, StrokeSettings};
use npe::model::{Dtype, Model, Sizes};
use npe::session::{self, Device, LoadedModel, load};
use std::ffi::{c_int, c_void};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// As a share of the largest value; the GPU's convolutions add in another order.
const TOLERANCE: f32 = 2e-4;
const MIB: usize = 1 << 20;

/// One test at a time: some measure the device's memory. `None` without a GPU.
fn gpu() -> Option<MutexGuard<'static, ()>> {
    static ONE: Mutex<()> = Mutex::new(());
    let alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    match load(None, Device::Cuda(0), &mut go) {
        Ok(_) => Some(alone),
        Err(e) => {
            let text = e.to_string();
            let none = ["no NVIDIA driver", "finds no GPU", "has no CUDA"].iter().any(|m| text.contains(m));
            assert!(none, "there is a GPU, but: {text}");
            eprintln!("not tested: {text}");
            None
        }
    }
}

fn cuda(path: Option<&Path>) -> Arc<LoadedModel> {
    let model = on(path, Device::Cuda(0));
    assert_eq!(model.device, Device::Cuda(0));
    model
}

/// libcudart's functions, of the library that libtorch has opened.
struct Runtime(libloading::Library);

impl Runtime {
    fn new() -> Self {
        // SAFETY: it is open already.
        let open = |name| unsafe { libloading::Library::new(name) };
        // Of a libtorch for CUDA 13, or for 12.
        Self(open("libcudart.so.13").or_else(|_| open("libcudart.so.12")).expect("libtorch's CUDA runtime"))
    }

    fn free_memory(&self) -> usize {
        let (mut free, mut total) = (0, 0);
        // SAFETY: the type NVIDIA documents; two numbers are written.
        let status = unsafe {
            let ask =
                self.0.get::<unsafe extern "C" fn(*mut usize, *mut usize) -> c_int>(b"cudaMemGetInfo\0");
            ask.unwrap()(&mut free, &mut total)
        };
        assert_eq!(status, 0);
        free
    }

    /// Takes device memory in ever smaller pieces until there is none.
    fn take_all(&self) -> Vec<*mut c_void> {
        let mut taken = Vec::new();
        let mut size = self.free_memory();
        while size >= MIB {
            let mut piece = std::ptr::null_mut();
            // SAFETY: as above; a pointer is written.
            let status = unsafe {
                let take =
                    self.0.get::<unsafe extern "C" fn(*mut *mut c_void, usize) -> c_int>(b"cudaMalloc\0");
                take.unwrap()(&mut piece, size)
            };
            if status == 0 {
                taken.push(piece);
            } else {
                size /= 2;
            }
        }
        // SAFETY: forgets the refusals above, which are not libtorch's.
        unsafe { self.0.get::<unsafe extern "C" fn() -> c_int>(b"cudaGetLastError\0").unwrap()() };
        taken
    }

    fn give_back(&self, taken: Vec<*mut c_void>) {
        for piece in taken {
            // SAFETY: of `take_all`, once.
            unsafe {
                self.0.get::<unsafe extern "C" fn(*mut c_void) -> c_int>(b"cudaFree\0").unwrap()(piece)
            };
        }
    }
}

#[test]
fn the_session_tells_that_it_is_cuda() {
    let Some(_alone) = gpu() else { return };
    let model = on(None, Device::Auto);
    assert_eq!(model.device, Device::Cuda(0));
    let info = session::info();
    println!("{}", info.device);
    assert!(info.is_cuda && info.why_not_cuda.is_none() && info.libtorch.is_some());
    assert!(info.device.contains("NVIDIA"), "{}", info.device);
    let error = load(None, Device::Cuda(200), &mut go).err().expect("an error");
    assert_eq!(error.kind(), ErrorKind::Device);
}

#[test]
fn networks_agree_with_npes_own_engine() {
    let Some(_alone) = gpu() else { return };
    for (width, hidden, latents) in [(1, 1, 1), (3, 37, 5), (32, 200, 100)] {
        let file = random(width, hidden, latents, Dtype::F32);
        agree(&cuda(Some(file.path())), &on(Some(file.path()), Device::Cpu), TOLERANCE);
    }
    for side in [32, 128] {
        let sizes = Sizes { width: 5, hidden: 31, latents: 7 };
        let file = file(&Model::random_of("ian-simple", side, sizes, Dtype::F32, 5).unwrap());
        agree(&cuda(Some(file.path())), &on(Some(file.path()), Device::Cpu), TOLERANCE);
    }
    agree(&cuda(None), &on(None, Device::Cpu), TOLERANCE);
}

#[test]
fn full_networks_agree_with_libtorch_on_the_cpu() {
    let Some(_alone) = gpu() else { return };
    let sizes = Sizes { width: 8, hidden: 31, latents: 7 };
    let file = file(&Model::random_of("ian", 64, sizes, Dtype::F32, 5).unwrap());
    agree(&cuda(Some(file.path())), &on(Some(file.path()), Device::CpuTorch), 1e-3);
}

#[test]
fn a_recorded_stroke_file_gives_the_same_picture() {
    let Some(_alone) = gpu() else { return };
    replayed_alike(&on(None, Device::Cpu), &cuda(None));
}

#[test]
fn unloading_gives_the_memory_back() {
    let Some(_alone) = gpu() else { return };
    let runtime = Runtime::new();
    let sizes = Sizes { width: 128, hidden: 1000, latents: 100 };
    let file = file(&Model::random(sizes, Dtype::F16, 3).unwrap());
    let use_it = || {
        let model = cuda(Some(file.path()));
        let mut edit = Edit::new(model.generator.clone(), photo(), FRAME).unwrap();
        let hair = stroke(&[(0.41, 0.2), (0.5, 0.19)], [0.08, 0.07, 0.06], Mode::Color);
        edit.stroke(&hair, &mut go).unwrap();
        runtime.free_memory()
    };
    // The first use keeps what libraries set up for the whole process.
    use_it();
    let before = runtime.free_memory();
    for _ in 0..5 {
        let during = use_it();
        assert!(during + 60 * MIB < before, "the model takes {} bytes only", before.abs_diff(during));
    }
    let after = runtime.free_memory();
    println!("free before {} MiB, after five loads {} MiB", before / MIB, after / MIB);
    assert!(before.abs_diff(after) < 32 * MIB, "{before} {after}");
}

#[test]
fn a_full_device_is_an_error_and_the_edit_stays() {
    let Some(_alone) = gpu() else { return };
    let runtime = Runtime::new();
    let model = cuda(None);
    let mut edit = Edit::new(model.generator.clone(), photo(), FRAME).unwrap();
    let hair = stroke(&[(0.41, 0.2), (0.5, 0.19)], [0.08, 0.07, 0.06], Mode::Color);
    edit.stroke(&hair, &mut go).unwrap();
    let (latents, picture) = (edit.latents().to_vec(), bytes(&edit));
    let sizes = Sizes { width: 256, hidden: 1000, latents: 100 };
    let large = file(&Model::random(sizes, Dtype::F16, 3).unwrap());

    let taken = runtime.take_all();
    let error = load(Some(large.path()), Device::Cuda(0), &mut go).err().expect("no memory is left");
    println!("{error}");
    assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{error}");
    // What libtorch has kept may do for this one.
    if let Err(error) = edit.stroke(&hair, &mut go) {
        println!("{error}");
        assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{error}");
        assert_eq!((edit.latents(), bytes(&edit)), (latents.as_slice(), picture));
    }
    runtime.give_back(taken);

    edit.stroke(&hair, &mut go).unwrap();
    cuda(Some(large.path()));
}

#[test]
fn eight_threads_share_a_device() {
    let Some(_alone) = gpu() else { return };
    let model = cuda(None);
    let edited = || {
        let mut edit = Edit::new(model.generator.clone(), photo(), FRAME).unwrap();
        // Of as many steps: sums in another order may let a solver that ends by itself take one more.
        edit.set_stroke_settings(StrokeSettings { steps: 4, ..StrokeSettings::default() }).unwrap();
        let hair = stroke(&[(0.41, 0.2), (0.5, 0.19)], [0.08, 0.07, 0.06], Mode::Color);
        edit.stroke(&hair, &mut go).unwrap();
        bytes(&edit)
    };
    let alone = edited();
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(edited)).collect();
        for one in all {
            let worst = one.join().unwrap().iter().zip(&alone).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(worst <= Some(2), "{worst:?}");
        }
    });
}
