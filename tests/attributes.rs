//! Sliders as people and hosts use them: through the library, the command and the C interface, on a model that has some.

#![allow(clippy::undocumented_unsafe_blocks)] // every pointer here is one of this test's own, alive and of its type

mod capi_common;

use npe::brush::{Dab, Mode, Stroke};
use npe::edit::{Edit, ModelId, StrokeFile, StrokeSettings};
use npe::model::{Attribute, Dtype, Model};
use npe::photo::{self, Frame, Photo, Samples, align::Aligner};
use serde_json::Value;
use std::ffi::{CStr, CString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::ptr::{null, null_mut};
use std::sync::{Arc, LazyLock};

/// The bundled network with two made-up directions, not square to each other.
static MODEL: LazyLock<(tempfile::TempDir, PathBuf, Model)> = LazyLock::new(|| {
    let bundled = Model::bundled().unwrap();
    let n = bundled.meta.latents;
    let direction = |seed: usize| (0..n).map(|i| ((i * seed % 17) as f32 - 8.0) / 40.0).collect();
    let attributes = vec![
        Attribute { name: "smile".into(), direction: direction(5), leads: true },
        Attribute { name: "light from the left".into(), direction: direction(3), leads: false },
    ];
    let model = bundled.with_attributes(attributes).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, model.to_bytes(Dtype::F16).unwrap()).unwrap();
    (folder, path, model)
});

fn photo() -> Arc<Photo> {
    let s = capi_common::sample();
    Arc::new(Photo::new(s.width, s.height, npe::photo::Channels::Rgb, Samples::U8(s.bytes)).unwrap())
}

fn frame() -> Frame {
    let f = capi_common::FRAME;
    Frame { cx: f.cx, cy: f.cy, side: f.side, angle: f.angle }
}

fn edit() -> Edit {
    let generator = Arc::new(npe::cpu::CpuGenerator::new(&MODEL.2, 1).unwrap());
    Edit::new(generator, photo(), frame()).unwrap()
}

fn near(a: f32, b: f32) {
    assert!((a - b).abs() < 1e-3, "{a} is not {b}");
}

#[test]
fn a_slider_moves_along_its_direction_and_nowhere_else() {
    let mut edit = edit();
    let start = edit.latents().to_vec();
    near(edit.attribute("smile").unwrap(), 0.0);
    edit.set_attribute("smile", 1.5).unwrap();
    near(edit.attribute("smile").unwrap(), 1.5);
    let d = &MODEL.2.attributes()[0].direction;
    for ((z, z0), d) in edit.latents().iter().zip(&start).zip(d) {
        near(*z, z0 + 1.5 * d);
    }
    assert!(!edit.changed_rect().unwrap().is_empty());
    // Another one on top; what is square to its direction stays.
    let before = edit.latents().to_vec();
    edit.set_attribute("light from the left", -2.0).unwrap();
    near(edit.attribute("light from the left").unwrap(), -2.0);
    let e = &MODEL.2.attributes()[1].direction;
    let moved: Vec<f32> = edit.latents().iter().zip(&before).map(|(a, b)| a - b).collect();
    let step = moved[0] / e[0];
    moved.iter().zip(e).for_each(|(m, e)| near(*m, step * e));
    // After an update the photo is another, and every slider at 0.
    edit.update().unwrap();
    near(edit.attribute("smile").unwrap(), 0.0);
}

#[test]
fn a_dragged_slider_is_one_step_of_undo() {
    let mut edit = edit();
    let start = edit.latents().to_vec();
    for i in 1..=400 {
        edit.set_attribute("smile", i as f32 / 100.0).unwrap();
    }
    near(edit.attribute("smile").unwrap(), 4.0);
    assert_eq!(edit.undo_redo_levels(), (1, 0));
    let dragged = edit.latents().to_vec();
    assert!(edit.undo().unwrap());
    assert_eq!(edit.latents(), start);
    assert!(edit.redo().unwrap());
    assert_eq!(edit.latents(), dragged);
    // After a redo a drag is another step, and so it is after anything else.
    edit.set_attribute("smile", 1.0).unwrap();
    assert_eq!(edit.undo_redo_levels(), (2, 0));
    edit.set_attribute("light from the left", 1.0).unwrap();
    edit.set_attribute("smile", 2.0).unwrap();
    assert_eq!(edit.undo_redo_levels(), (4, 0));
    edit.paint_latents(0.5, 0.5, 1.0, 0.0).unwrap();
    edit.set_attribute("smile", 2.0).unwrap();
    edit.set_attribute("smile", 2.5).unwrap();
    assert_eq!(edit.undo_redo_levels(), (6, 0));
    // A drag begun after an undo drops what could be redone, once.
    edit.undo().unwrap();
    edit.undo().unwrap();
    edit.set_attribute("smile", -1.0).unwrap();
    edit.set_attribute("smile", -2.0).unwrap();
    assert_eq!(edit.undo_redo_levels(), (5, 0));
    // Two copies go their own ways.
    let mut copy = edit.clone();
    copy.set_attribute("smile", 1.0).unwrap();
    near(edit.attribute("smile").unwrap(), -2.0);
    assert_eq!((copy.undo_redo_levels(), edit.undo_redo_levels()), ((5, 0), (5, 0)));
}

#[test]
fn wrong_values_change_nothing_and_stroke_files_replay() {
    let mut edit = edit();
    let start = edit.latents().to_vec();
    for (name, value, words) in [
        ("smile", f32::NAN, "can't be set to NaN; give -5 to 5"),
        ("smile", f32::INFINITY, "can't be set to inf"),
        ("smile", 5.1, "can't be set to 5.1"),
        ("Smile", 1.0, "no attribute \"Smile\"; the model has smile, light from the left"),
        ("", 1.0, "no attribute \"\""),
    ] {
        let said = edit.set_attribute(name, value).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
    assert_eq!((edit.latents(), edit.undo_redo_levels()), (start.as_slice(), (0, 0)));
    let plain = Model::bundled().unwrap().with_attributes(vec![]).unwrap();
    let none =
        Edit::new(Arc::new(npe::cpu::CpuGenerator::new(&plain, 1).unwrap()), photo(), frame()).unwrap();
    let said = none.attribute("smile").unwrap_err().to_string();
    assert!(said.contains("the model has no attributes"), "{said}");
    // Sliders need no attributes in a stroke file: the same result in an edit without.
    edit.set_attribute("smile", 1.0).unwrap();
    edit.set_attribute("smile", 2.0).unwrap();
    let id = ModelId { name: "x".into(), sha256: MODEL.2.sha256().into() };
    let json = StrokeFile::from_edit(&edit, id).to_json().unwrap();
    let mut again = none;
    StrokeFile::from_json(&json).unwrap().apply(&mut again, &mut |_| true).unwrap();
    assert_eq!(again.latents(), edit.latents());
    assert!(again.render().unwrap().samples() == edit.render().unwrap().samples());
}

#[test]
fn a_models_aligner_is_the_one_that_is_used() {
    // One that moves every frame by a tenth to the right.
    let mut shifted = Aligner::bundled().unwrap().clone();
    shifted.stages.truncate(1);
    shifted.stages[0].weight.fill(0.0);
    shifted.stages[0].bias = [0.1, 0.0, 0.0, 0.0];
    let found = photo::find(&photo()).unwrap();
    assert_eq!(found, photo::find_with(&photo(), None).unwrap());
    let own = photo::find_with(&photo(), Some(&shifted)).unwrap();
    assert!((own[0].frame.cx - found[0].frame.cx).abs() > 0.03 * found[0].frame.side);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.safetensors");
    let model = Model::bundled().unwrap().with_aligner(Some(shifted)).unwrap();
    std::fs::write(&path, model.to_bytes(Dtype::F16).unwrap()).unwrap();
    let path = path.to_str().unwrap();
    // The command: faces, and the edit that looks for the face itself.
    let listed: Value = json(&npe(folder.path(), &["faces", &astronaut(), "--model", path, "--json"]));
    near(listed["faces"][0]["cx"].as_f64().unwrap() as f32, own[0].frame.cx as f32);
    let args = ["edit", &astronaut(), "-o", "o.png", "--model", path, "--at", "face", "--json", "--stroke"];
    let done = json(&npe(folder.path(), &[&args[..], &["0.5,0.5;radius=0.1;color=#000000"]].concat()));
    near(done["photos"][0]["frame"]["cx"].as_f64().unwrap() as f32, own[0].frame.cx as f32);
    // The C interface.
    use npe::capi::*;
    let (sample, model) = (capi_common::sample(), load(Path::new(path)));
    let (mut edit, mut got) = (null_mut(), capi_common::FRAME);
    let mut count = 0;
    capi_common::ok(unsafe { npe_encode(model, &sample.image(), null(), &mut edit) });
    capi_common::ok(unsafe { npe_edit_get_frame(edit, &mut got) });
    near(got.cx as f32, own[0].frame.cx as f32);
    capi_common::ok(unsafe { npe_model_find_faces(model, &sample.image(), &mut got, 1, &mut count) });
    near(got.cx as f32, own[0].frame.cx as f32);
    assert_eq!(count, own.len());
    let status = unsafe { npe_model_find_faces(null(), &sample.image(), &mut got, 1, &mut count) };
    assert_eq!((status, count), (NPE_ERR_NULL, own.len()));
    npe_edit_free(edit);
    npe_model_free(model);
}

fn astronaut() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/astronaut.png").to_str().unwrap().to_owned()
}

fn npe(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_npe")).args(args).current_dir(folder).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_command_sets_lists_and_shows() {
    let room = tempfile::tempdir().unwrap();
    let (here, model, face) = (room.path(), MODEL.1.to_str().unwrap(), astronaut());
    let info = json(&npe(here, &["info", "--model", model, "--json"]));
    assert_eq!(info["model"]["attributes"], serde_json::json!(["smile", "light from the left"]));
    assert_eq!(info["model"]["aligner"], Model::bundled().unwrap().aligner().is_some());
    let text = npe(here, &["info", "--model", model]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("sliders  smile, light from the left"));

    // In the order of the command line: the second is what counts, and the file says what was done.
    let stroke = "0.5,0.2;radius=0.1;color=#000000";
    let args = ["edit", &face, "-o", "o.png", "--model", model, "--save-strokes", "s.json", "--attribute"];
    let more = [
        "smile=3",
        "--at",
        "face",
        "--stroke",
        stroke,
        "--attribute",
        "light from the left = -1.5",
        "--json",
    ];
    let done = json(&npe(here, &[&args[..], &more].concat()));
    assert_eq!(done["photos"][0]["operations"].as_array().unwrap().len(), 3);
    let file: Value = serde_json::from_slice(&std::fs::read(here.join("s.json")).unwrap()).unwrap();
    let kinds: Vec<&str> =
        file["operations"].as_array().unwrap().iter().map(|o| o["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["latents", "stroke", "latents"]);
    let again = npe(here, &["edit", &face, "-o", "p.png", "--model", model, "--strokes", "s.json"]);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert!(image::open(here.join("o.png")).unwrap() == image::open(here.join("p.png")).unwrap());

    let shown = npe(here, &["attributes", &face, "--sheet", "a.png", "--model", model]);
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    let sheet = image::open(here.join("a.png")).unwrap();
    assert!(sheet.width() > 7 * 192 && sheet.height() > 2 * 192);
    let one = npe(here, &["attributes", &face, "--sheet", "b.png", "--model", model, "--only", "smile"]);
    assert!(one.status.success() && image::open(here.join("b.png")).unwrap().height() < sheet.height());

    let ok = ["--model", model];
    let edit = ["edit", &face, "-o", "q.png", "--attribute"];
    for (args, code, words) in [
        (&["smile"][..], 2, "such as smile=1.5"),
        (&["smile=x"], 2, "such as smile=1.5"),
        (&["smile=nan"], 2, "such as smile=1.5"),
        (&["smile=6"], 2, "-5 to 5"),
        (&["=1"], 2, "such as smile=1.5"),
        (&["frown=1"], 1, "there is no attribute \"frown\"; the model has smile"),
    ] {
        let ran = npe(here, &[&edit[..], args, &ok].concat());
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.code() == Some(code) && said.contains(words), "{args:?}: {said}");
    }
    for (args, code, words) in [
        (
            &["attributes", &face, "--sheet", "c.png", "--model", model, "--only", "x"][..],
            2,
            "no attribute \"x\"",
        ),
        (&["attributes", &face, "--sheet", "a.png", "--model", model], 1, "exists already"),
        (&["attributes", "gone.png", "--sheet", "c.png", "--model", model], 1, "gone.png can't be read"),
    ] {
        let ran = npe(here, args);
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.code() == Some(code) && said.contains(words), "{args:?}: {said}");
    }
}

fn load(path: &Path) -> *mut npe::capi::npe_model {
    let path = CString::new(path.to_str().unwrap()).unwrap();
    let options = npe::capi::npe_load_options {
        struct_size: size_of::<npe::capi::npe_load_options>(),
        path: path.as_ptr(),
        // SAFETY: all zero is the default.
        ..unsafe { std::mem::zeroed() }
    };
    let mut model = null_mut();
    capi_common::ok(unsafe { npe::capi::npe_load(&options, None, null_mut(), &mut model) });
    model
}

#[test]
fn hosts_have_them_too() {
    use capi_common::{last_error, ok};
    use npe::capi::*;
    let (sample, model, plain) = (capi_common::sample(), load(&MODEL.1), capi_common::model());
    let edit = capi_common::edit(model, &sample);
    let mut count = 77;
    ok(unsafe { npe_model_get_attribute_count(plain, &mut count) });
    let bundled = Model::bundled().unwrap().attributes().len();
    assert_eq!(count, bundled);
    ok(unsafe { npe_model_get_attribute_count(model, &mut count) });
    assert_eq!(count, 2);
    let mut name = null();
    ok(unsafe { npe_model_get_attribute_name(model, 1, &mut name) });
    assert_eq!(unsafe { CStr::from_ptr(name) }, c"light from the left");
    ok(unsafe { npe_set_attribute(edit, name, 2.0) });
    ok(unsafe { npe_set_attribute(edit, name, 1.5) });
    let (mut value, mut undo, mut redo) = (-7.0, 9, 9);
    ok(unsafe { npe_get_attribute(edit, name, &mut value) });
    ok(unsafe { npe_get_undo_levels(edit, &mut undo, &mut redo) });
    near(value, 1.5);
    assert_eq!((undo, redo), (1, 0));
    let shown = capi_common::decoded(edit, &sample);
    assert!(shown != sample.bytes);

    // Wrong in every way; nothing is written, nothing changes.
    let (canary, mut value) = (null(), -7.0);
    let mut name = canary;
    let smile = c"smile".as_ptr();
    let invalid = NPE_ERR_INVALID_ARGUMENT;
    let refused = |status, expected, words: &str| {
        assert_eq!(status, expected, "{words}: {}", last_error());
        assert!(last_error().contains(words), "{words:?} is not in {}", last_error());
    };
    refused(unsafe { npe_model_get_attribute_count(null(), &mut count) }, NPE_ERR_NULL, "the model is NULL");
    refused(
        unsafe { npe_model_get_attribute_count(edit.cast(), &mut count) },
        NPE_ERR_HANDLE,
        "of kind edit",
    );
    refused(unsafe { npe_model_get_attribute_count(model, null_mut()) }, NPE_ERR_NULL, "place for the count");
    refused(unsafe { npe_model_get_attribute_name(model, 2, &mut name) }, invalid, "index is 2, but");
    refused(unsafe { npe_model_get_attribute_name(model, usize::MAX, &mut name) }, invalid, "2 attributes");
    refused(
        unsafe { npe_model_get_attribute_name(model, 0, null_mut()) },
        NPE_ERR_NULL,
        "place for the name",
    );
    refused(unsafe { npe_model_get_attribute_name(null(), 0, &mut name) }, NPE_ERR_NULL, "the model is NULL");
    refused(unsafe { npe_get_attribute(null(), smile, &mut value) }, NPE_ERR_NULL, "the edit is NULL");
    refused(unsafe { npe_get_attribute(edit, null(), &mut value) }, NPE_ERR_NULL, "the attribute's name");
    refused(unsafe { npe_get_attribute(edit, smile, null_mut()) }, NPE_ERR_NULL, "place for the value");
    refused(unsafe { npe_get_attribute(edit, c"x".as_ptr(), &mut value) }, invalid, "no attribute \"x\"");
    refused(unsafe { npe_get_attribute(edit, c"\xff".as_ptr(), &mut value) }, invalid, "not UTF-8");
    refused(unsafe { npe_set_attribute(null_mut(), smile, 1.0) }, NPE_ERR_NULL, "the edit is NULL");
    refused(unsafe { npe_set_attribute(model.cast(), smile, 1.0) }, NPE_ERR_HANDLE, "of kind model");
    refused(unsafe { npe_set_attribute(edit, null(), 1.0) }, NPE_ERR_NULL, "the attribute's name");
    refused(unsafe { npe_set_attribute(edit, c"".as_ptr(), 1.0) }, invalid, "no attribute \"\"");
    refused(unsafe { npe_set_attribute(edit, smile, f32::NAN) }, invalid, "can't be set to NaN");
    refused(unsafe { npe_set_attribute(edit, smile, -5.5) }, invalid, "give -5 to 5");
    assert_eq!((name, value, count), (canary, -7.0, 2));
    assert!(capi_common::decoded(edit, &sample) == shown);
    npe_edit_free(edit);
    npe_model_free(model);
    npe_model_free(plain);
}

/// The bundled network's own picture of a face that does not smile: the sample's, some steps back.
fn shut() -> Edit {
    let model = Model::bundled().unwrap();
    let smile = model.attributes().iter().find(|a| a.leads).unwrap().direction.clone();
    let generator: Arc<dyn npe::generator::Generator> =
        Arc::new(npe::cpu::CpuGenerator::new(&model, 1).unwrap());
    let photo = photo();
    let found = photo::find(&photo).unwrap()[0].frame;
    let sample = Edit::new(generator.clone(), photo, found).unwrap();
    let square: f32 = smile.iter().map(|d| d * d).sum();
    let along = sample.latents().iter().zip(&smile).map(|(z, d)| z * d).sum::<f32>() / square;
    let z: Vec<f32> = sample.latents().iter().zip(&smile).map(|(z, d)| z + (-1.5 - along) * d).collect();
    let (image, plane) = (generator.decode(&z).unwrap(), 64 * 64);
    let byte = |i: usize| ((image[i % 3 * plane + i / 3] + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8;
    let bytes = (0..3 * plane).map(byte).collect();
    let shut = Photo::new(64, 64, npe::photo::Channels::Rgb, Samples::U8(bytes)).unwrap();
    Edit::new(generator, Arc::new(shut), Frame { cx: 32.0, cy: 32.0, side: 64.0, angle: 0.0 }).unwrap()
}

/// A line of dabs in shares of the side.
fn line(points: &[[f32; 2]], radius: f32, color: [u8; 3]) -> Stroke {
    let dab = |[x, y]: &[f32; 2]| Dab {
        x: 64.0 * x,
        y: 64.0 * y,
        radius: 64.0 * radius,
        hardness: 0.5,
        pressure: 1.0,
    };
    Stroke {
        mode: Mode::Color,
        color: color.map(|c| f32::from(c) / 255.0),
        dabs: points.iter().map(dab).collect(),
    }
}

#[test]
fn white_on_shut_lips_is_a_smile_and_what_is_painted_elsewhere_is_none() {
    let shut = shut();
    let does = |edit: &Edit, stroke: &Stroke| -> (Edit, f32) {
        let mut edit = edit.clone();
        edit.stroke(stroke, &mut |_| true).unwrap();
        let smile = edit.attribute("smile").unwrap();
        (edit, smile)
    };
    let teeth = line(&[[0.43, 0.82], [0.5, 0.83], [0.57, 0.82]], 0.025, [0xf4, 0xf0, 0xec]);
    let (smiling, smile) = does(&shut, &teeth);
    assert!(smile > 3.0, "{smile}");
    // Half as strongly, about half as far.
    let mut half = shut.clone();
    half.set_stroke_settings(StrokeSettings { strength: 0.5, ..shut.stroke_settings() }).unwrap();
    let (_, halfway) = does(&half, &teeth);
    assert!((0.3 * smile..0.7 * smile).contains(&halfway), "{halfway} of {smile}");
    // A beard, red lips, a brow, hair, and walls; the latter two where principal directions act.
    let (dark, white) = ([0x20, 0x18, 0x10], [0xf0; 3]);
    for (name, stroke) in [
        ("beard", line(&[[0.5, 0.91]], 0.03, dark)),
        ("lips", line(&[[0.43, 0.83], [0.5, 0.84], [0.57, 0.83]], 0.025, [0xb0, 0x18, 0x28])),
        ("brow", line(&[[0.33, 0.43], [0.42, 0.42]], 0.015, dark)),
        ("hair", line(&[[0.3, 0.15], [0.5, 0.1], [0.7, 0.15]], 0.05, [0xb5, 0x95, 0x60])),
        ("left wall", line(&[[0.03, 0.38]], 0.03, white)),
        ("right wall", line(&[[0.92, 0.1]], 0.04, dark)),
    ] {
        let (edit, smile) = does(&shut, &stroke);
        assert!(smile.abs() < 1.2, "{name}: {smile}");
        let unled = {
            let plain = Model::bundled().unwrap().with_attributes(vec![]).unwrap();
            let generator = Arc::new(npe::cpu::CpuGenerator::new(&plain, 1).unwrap());
            let mut edit = Edit::new(generator, shut.photo().clone(), shut.frame()).unwrap();
            edit.stroke(&stroke, &mut |_| true).unwrap();
            edit
        };
        assert_eq!(edit.latents(), unled.latents(), "{name}");
    }
    // What is painted beside the teeth does not shut the mouth again.
    for stroke in
        [line(&[[0.5, 0.93]], 0.03, dark), line(&[[0.4, 0.89], [0.5, 0.9], [0.6, 0.89]], 0.02, dark)]
    {
        let (_, after) = does(&smiling, &stroke);
        assert!(after > 0.5 * smile, "{after} of {smile}");
    }
}
