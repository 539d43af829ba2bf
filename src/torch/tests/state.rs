//! The table itself: wrong use of it, many threads, and what is the host's.
#![allow(clippy::undocumented_unsafe_blocks)] // every pointer here is one of this test's own, alive and of its type

mod common;

use common::*;
use npe::ErrorKind;
use npe::generator::Generator;
use npe::model::{Dtype, Model};
use npe::session::table::{CPU, Floats, FloatsOut, Made, Said, Table, kind};
use npe::session::testing::{TorchGenerator, open_engine, probe};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::LazyLock;
use tch::{Kind, Tensor};

static TABLE: LazyLock<&'static Table> = LazyLock::new(|| open_engine(&engine_file()).unwrap());

fn bytes() -> Vec<u8> {
    Model::bundled().unwrap().to_bytes(Dtype::F16).unwrap()
}

fn engine(threads: usize) -> TorchGenerator {
    TorchGenerator::new(*TABLE, &Model::bundled().unwrap(), CPU, threads).unwrap()
}

/// A status and its sentence.
fn call(f: impl FnOnce(*mut Said) -> i32) -> (i32, String) {
    let mut text = [0_u8; 1000];
    let mut said = Said { bytes: text.as_mut_ptr(), capacity: text.len(), length: 0 };
    let status = f(&mut said);
    (status, String::from_utf8(text[..said.length].to_vec()).unwrap())
}

fn refused((status, text): (i32, String), expected: ErrorKind, words: &str) {
    assert!(status != 0 && kind(status) == expected, "{status} {text}");
    assert!(text.contains(words), "{text}");
}

/// What the engine's own tests ask libtorch (`engine/hooks.cpp`) is not in the library that ships, nor in the archive it is linked
/// from: the linker would leave out what nothing calls. The names of all hooks begin alike.
#[test]
fn the_library_has_no_hook_of_the_tests() {
    for file in [engine_file(), engine_file().with_extension("rlib")] {
        let bytes = std::fs::read(&file).unwrap();
        let has = |name: &str| bytes.windows(name.len()).any(|part| part == name.as_bytes());
        assert!(has("npe_torch_enter"), "{} has no names, so this can't see any", file.display());
        assert!(!has("npe_torch_test_"), "{}", file.display());
    }
}

/// npe checks lengths before it calls; the engine is wrong-proof by itself.
#[test]
fn wrong_lengths_are_errors_of_libtorch_and_leave_the_network_usable() {
    let model = bytes();
    let mut made = Made { network: null_mut(), image_size: 0, latents: 0 };
    let (status, text) =
        call(|said| unsafe { (TABLE.make)(model.as_ptr(), model.len(), CPU, 1, &mut made, said) });
    assert_eq!((status, made.latents, made.image_size), (0, 192, 64), "{text}");
    let network: *const c_void = made.network;
    let (z, image) = (latents(192, 0), image(SIDE));
    let from = |v: &[f32]| Floats { data: v.as_ptr(), count: v.len() };
    fn to(v: &mut [f32]) -> FloatsOut {
        FloatsOut { data: v.as_mut_ptr(), count: v.len() }
    }
    let mut out = vec![7.0; 3 * SIDE * SIDE];
    let short = call(|said| unsafe { (TABLE.decode)(network, from(&z[1..]), to(&mut out), said) });
    refused(short, ErrorKind::Device, "shape");
    let long = call(|said| unsafe { (TABLE.encode)(network, from(&image[5..]), to(&mut out[..100]), said) });
    refused(long, ErrorKind::Device, "shape");
    let small = call(|said| unsafe { (TABLE.decode)(network, from(&z), to(&mut out[1..]), said) });
    refused(small, ErrorKind::Device, "12288 values where 12287 are wanted");
    let (weight, colour) = (brush(SIDE, 3..9, 3..9), colour(SIDE));
    let (mut loss, mut aim) = (7.0, null_mut());
    let mut aim_at = |weight: &[f32]| {
        call(|said| unsafe { (TABLE.aim)(network, from(weight), from(&colour), &mut aim, said) })
    };
    refused(aim_at(&weight[1..]), ErrorKind::Device, "shape");
    assert_eq!(aim_at(&weight).0, 0);
    assert!(!aim.is_null());
    let mut pull = |aim: *const c_void, z: &[f32], out: &mut [f32]| {
        call(|said| unsafe { (TABLE.pull)(network, aim, from(z), &mut loss, to(out), said) })
    };
    refused(pull(aim, &z[1..], &mut out[..192]), ErrorKind::Device, "shape");
    refused(pull(aim, &z, &mut out[..100]), ErrorKind::Device, "193 values where 101 are wanted");
    refused(pull(std::ptr::null(), &z, &mut out[..192]), ErrorKind::Internal, "NULL");
    let null = Floats { data: std::ptr::null(), count: 3 };
    let nothing = call(|said| unsafe { (TABLE.decode)(network, null, to(&mut out), said) });
    refused(nothing, ErrorKind::Internal, "NULL");
    assert!(loss == 7.0 && out.iter().all(|v| *v == 7.0), "a failed call wrote a result");
    let (status, text) = call(|said| unsafe { (TABLE.decode)(network, from(&z), to(&mut out), said) });
    assert_eq!(status, 0, "{text}");
    assert!(out.iter().all(|v| v.abs() <= 1.0));
    let (status, text) =
        call(|said| unsafe { (TABLE.pull)(network, aim, from(&z), &mut loss, to(&mut out[..192]), said) });
    assert!(status == 0 && loss != 7.0, "{text}");
    unsafe {
        (TABLE.free_aim)(aim);
        (TABLE.free)(made.network);
    }
}

#[test]
fn devices_that_are_not_there_are_errors() {
    probe(*TABLE, CPU).unwrap();
    assert_eq!(probe(*TABLE, 99).unwrap_err().kind(), ErrorKind::Device);
    let error = TorchGenerator::new(*TABLE, &Model::bundled().unwrap(), 99, 1).err().expect("an error");
    assert_eq!(error.kind(), ErrorKind::Device, "{error}");
    assert_eq!(probe(*TABLE, -7).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_damaged_model_is_refused() {
    let mut made = Made { network: null_mut(), image_size: 0, latents: 0 };
    let made = call(|said| unsafe { (TABLE.make)(bytes().as_ptr(), 5000, CPU, 1, &mut made, said) });
    refused(made, ErrorKind::Model, "");
}

#[test]
fn eight_threads_at_once_get_their_own_answers() {
    let engine = engine(2);
    let (weight, colour, image) = (brush(SIDE, 20..40, 20..40), colour(SIDE), image(SIDE));
    let work = |who: usize| {
        let z = latents(192, who);
        let decoded = engine.decode(&z).unwrap();
        (decoded, engine.pull(&z, &target(&weight, &colour)).unwrap(), engine.encode(&image).unwrap())
    };
    let alone: Vec<_> = (0..8).map(work).collect();
    std::thread::scope(|s| {
        for (who, expected) in alone.iter().enumerate() {
            s.spawn(move || (0..10).for_each(|_| assert!(work(who) == *expected, "caller {who}")));
        }
    });
}

/// Grad mode, thread count and random numbers of a host that uses libtorch itself.
#[test]
fn what_is_the_hosts_stays_as_it_was() {
    let (weight, colour, image, z) =
        (brush(SIDE, 20..40, 20..40), colour(SIDE), image(SIDE), latents(192, 3));
    let records = || {
        let x = Tensor::f_from_slice(&[2.0_f32]).unwrap().f_set_requires_grad(true).unwrap();
        x.f_square().unwrap().requires_grad()
    };
    let threads = tch::get_num_threads();
    let draw =
        || Vec::<f32>::try_from(Tensor::f_rand([4], (Kind::Float, tch::Device::Cpu)).unwrap()).unwrap();
    tch::manual_seed(11);
    let expected = draw();
    tch::manual_seed(11);
    let use_it = || {
        let engine = engine(if threads == 1 { 2 } else { 1 });
        engine.encode(&image).unwrap();
        engine.decode(&z).unwrap();
        engine.pull(&z, &target(&weight, &colour)).unwrap();
        assert!(engine.decode(&z[1..]).is_err());
    };
    use_it();
    assert!(records());
    {
        let _off = tch::no_grad_guard();
        use_it();
        assert!(!records(), "grad mode was left on");
    }
    assert!(records());
    assert_eq!(tch::get_num_threads(), threads);
    std::thread::spawn(move || assert_eq!(tch::get_num_threads(), threads)).join().unwrap();
    assert_eq!(draw(), expected, "random numbers were drawn");
}

unsafe extern "C" {
    /// at::autocast::set_autocast_enabled(c10::DeviceType, bool), for which tch knows CUDA only; the CPU is device 0.
    #[link_name = "_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb"]
    fn set_autocast(device: i8, on: bool);
}

/// A host that calls from within `torch.autocast`, which rounds what layers take to 8 bits.
#[test]
fn a_hosts_autocast_changes_nothing_and_stays_on() {
    let (z, image, weight, colour) =
        (latents(192, 3), image(SIDE), brush(SIDE, 20..40, 20..40), colour(SIDE));
    let all = || {
        let engine = engine(1);
        let decoded = engine.decode(&z).unwrap();
        (engine.encode(&image).unwrap(), decoded, engine.pull(&z, &target(&weight, &colour)).unwrap())
    };
    let product = || {
        let a = Tensor::f_ones([2, 2], (Kind::Float, tch::Device::Cpu)).unwrap();
        a.f_matmul(&a).unwrap().kind()
    };
    let expected = all();
    unsafe { set_autocast(0, true) };
    let within = (product(), all(), product());
    unsafe { set_autocast(0, false) };
    assert_eq!((within.0, within.2), (Kind::BFloat16, Kind::BFloat16));
    assert!(within.1 == expected);
}
