//! What a stroke takes to the device and back, counted: the same code runs on CUDA, where each download is a wait.

use super::hooks::npe_torch_test_watch;
use super::network::Running;
use npe::brush::Mode;
use npe::edit::{Edit, StrokeSettings, figures};
use npe::generator::Generator;
use npe::model::{Dtype, Model, Sizes};
use npe::photo::{Channels, Frame, Photo, Samples};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char};
use std::sync::{Arc, Once};
use tch::Device;

/// What this thread moved: floats of each upload and download, operations by name.
#[derive(Default, Clone)]
struct Seen {
    up: Vec<usize>,
    down: Vec<usize>,
    operations: BTreeMap<String, usize>,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

pub fn uploaded(floats: usize) {
    SEEN.with_borrow_mut(|s| s.up.push(floats));
}

pub fn downloaded(floats: usize) {
    SEEN.with_borrow_mut(|s| s.down.push(floats));
}

extern "C" fn told(name: *const c_char) {
    // SAFETY: a C string that lives during the call.
    let name = unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned();
    // A thread that ends has no counters any more.
    let _ = SEEN.try_with(|s| *s.borrow_mut().operations.entry(name).or_default() += 1);
}

/// What a call moves.
fn watched<T>(call: impl FnOnce() -> T) -> (T, Seen) {
    static ONCE: Once = Once::new();
    // SAFETY: the function stays for the process' life.
    ONCE.call_once(|| assert_eq!(unsafe { npe_torch_test_watch(told) }, 0));
    SEEN.take();
    let answer = call();
    (answer, SEEN.take())
}

/// The network's own picture as the photo: the whole frame is a face, also of random weights.
fn edit(model: &Model) -> Edit {
    let network = Arc::new(Running::new(model, Device::Cpu, 1).unwrap());
    let z: Vec<f32> = (0..network.latents).map(|i| (i as f32 * 0.7).sin()).collect();
    let (side, image) = (network.image_size, network.decode(&z).unwrap());
    let pixels = (0..3 * side * side)
        .map(|i| (127.5 * (image[i % 3 * side * side + i / 3] + 1.0)).round() as u8)
        .collect();
    let photo = Photo::new(side as u32, side as u32, Channels::Rgb, Samples::U8(pixels)).unwrap();
    let (centre, side) = (side as f64 / 2.0, side as f64);
    Edit::new(network, Arc::new(photo), Frame { cx: centre, cy: centre, side, angle: 0.0 }).unwrap()
}

/// Operations that read a value on the host, and so wait for the device where nobody sees it.
const WAITS: [&str; 8] = [
    "aten::item",
    "aten::_local_scalar_dense",
    "aten::is_nonzero",
    "aten::nonzero",
    "aten::masked_select",
    "aten::equal",
    "aten::allclose",
    "aten::unique",
];

#[test]
fn operations_that_wait_are_seen() {
    let one = tch::Tensor::f_from_slice(&[1.0_f32]).unwrap();
    let (_, seen) = watched(|| one.f_double_value(&[0]).unwrap());
    assert!(seen.operations.contains_key("aten::_local_scalar_dense"), "{:?}", seen.operations);
}

/// What a load on a GPU does first, and that nothing is left of it.
#[test]
fn first_calls_are_an_encode_a_decode_and_a_pull() {
    let network = Running::new(&Model::bundled().unwrap(), Device::Cpu, 1).unwrap();
    let (side, latents) = (network.image_size, network.latents);
    for _ in 0..2 {
        let (made, seen) = watched(|| network.first_calls());
        made.unwrap();
        // The pull is where the decode was, so it sends no latents.
        assert_eq!(seen.up, [3 * side * side, latents, 4 * side * side]);
        assert_eq!(seen.down, [latents, 3 * side * side, 1 + latents]);
    }
}

/// One upload of the brush, one download of the picture (and some more where a direction may lead); between them each evaluation takes the latents there and its loss and
/// gradient back.
#[test]
fn a_stroke_uploads_its_brush_once_and_waits_once_for_each_evaluation() {
    let sizes = Sizes { width: 8, hidden: 31, latents: 24 };
    let full = Model::random_of("ian", 64, sizes, Dtype::F32, 5).unwrap();
    for (name, model) in [("bundled", Model::bundled().unwrap()), ("ian", full)] {
        let mut edit = edit(&model);
        let (side, latents) = (model.meta.image_size, model.meta.latents);
        let frame = edit.frame();
        for (at, mut stroke) in figures::strokes() {
            for mode in [Mode::Color, Mode::Lighten] {
                stroke.mode = mode;
                let (report, seen) = watched(|| edit.stroke(&stroke.placed(&frame), &mut |_| true).unwrap());
                let count = |list: &[usize], floats| list.iter().filter(|n| **n == floats).count();
                let evaluations = count(&seen.down, 1 + latents);
                println!(
                    "{name}, {at}, {mode:?}: {} steps, {evaluations} evaluations, {} operations",
                    report.steps,
                    seen.operations.values().sum::<usize>()
                );
                assert!(report.steps > 0 && evaluations > report.steps as usize);
                // The start, twice if the first guess was no better.
                assert!(evaluations <= 2 + StrokeSettings::default().steps as usize);

                let (brushes, pictures) =
                    (count(&seen.up, 4 * side * side), count(&seen.down, 3 * side * side));
                // Where a direction may lead, also the face to both sides of it; and where it acts, the stroke as it would be
                // from where it stands and from three places on the way.
                let may_lead = (name, at) == ("bundled", "mouth");
                match (brushes, pictures) {
                    (1, 1) => assert!(!may_lead),
                    (1, 3) | (5, 6) => assert!(may_lead),
                    other => panic!("brushes and pictures: {other:?}"),
                }
                // The first evaluation is where the edit stands, which may be there already; the picture is of the last one that
                // was taken, which another may have followed.
                let places = count(&seen.up, latents);
                assert!(places.abs_diff(evaluations) <= pictures, "{places} {evaluations}");
                assert_eq!(seen.up.len(), brushes + places, "{:?}", seen.up);
                assert_eq!(seen.down.len(), evaluations + pictures, "{:?}", seen.down);
                let waits = WAITS.map(|w| (w, seen.operations.get(w).copied().unwrap_or(0)));
                assert!(waits.iter().all(|(_, n)| *n == 0), "{waits:?}");
                assert!(seen.operations.contains_key("aten::convolution"), "{:?}", seen.operations);
            }
        }
    }
}
