//! The optional sections of a model file, attributes, an aligner and a mean response: written, read, and refused with a sentence.

use npe::ErrorKind;
use npe::generator::Response;
use npe::model::{ALIGN_FEATURES, ALIGN_MOVES, Aligner, Attribute, Dtype, Model, Sizes, Stage};
use serde_json::{Value, json};

const SMALL: Sizes = Sizes { width: 3, hidden: 7, latents: 5 };

fn small() -> Vec<u8> {
    Model::random(SMALL, Dtype::F16, 1).unwrap().to_bytes(Dtype::F16).unwrap()
}

fn with_json(json: &str, body: &[u8]) -> Vec<u8> {
    [&(json.len() as u64).to_le_bytes(), json.as_bytes(), body].concat()
}

#[track_caller]
fn refused(file: &[u8], words: &[&str]) {
    let error = Model::from_bytes(file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Model, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{word:?} is not in: {error}");
    }
}

fn attribute(name: &str, first: f32) -> Attribute {
    Attribute { name: name.into(), direction: vec![first, 0.5, 0.0, -1.0, 0.25], leads: name == "smile" }
}

fn aligner() -> Aligner {
    let weight = (0..ALIGN_MOVES * ALIGN_FEATURES).map(|i| (i % 7) as f32 / 64.0).collect();
    Aligner { stages: vec![Stage { weight, bias: [0.5, -1.0, 0.0, 0.25] }; 2] }
}

/// Values that are exact as f16.
fn response() -> Response {
    Response::new((0..5 * 3 * 32 * 32).map(|i| (i % 9) as f32 / 8.0 - 0.5).collect(), 5, 64).unwrap()
}

fn full() -> Model {
    let model = Model::random(SMALL, Dtype::F16, 1).unwrap();
    let model = model.with_attributes(vec![attribute("smile", 0.5), attribute("pc1", 0.0)]).unwrap();
    model.with_aligner(Some(aligner())).unwrap().with_response(Some(response())).unwrap()
}

fn full_with(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let file = full().to_bytes(Dtype::F16).unwrap();
    let length = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    change(&mut header);
    with_json(&header.to_string(), &file[8 + length..])
}

#[test]
fn they_are_written_and_read_and_the_network_stays() {
    let plain = Model::from_bytes(&small()).unwrap();
    assert!(plain.attributes().is_empty() && plain.aligner().is_none() && plain.response().is_none());
    let model = full();
    assert_ne!(model.sha256(), plain.sha256());
    for dtype in [Dtype::F16, Dtype::F32] {
        let back = Model::from_bytes(&model.to_bytes(dtype).unwrap()).unwrap();
        assert_eq!(back.attributes(), [attribute("smile", 0.5), attribute("pc1", 0.0)]);
        assert_eq!(back.aligner(), Some(&aligner()));
        assert_eq!(back.response().map(|r| &**r), Some(&response()));
        assert_eq!(back.meta, model.meta);
        for (name, _) in SMALL.tensors() {
            let (old, new) = (plain.tensor(&name).unwrap(), back.tensor(&name).unwrap());
            assert_eq!(old.to_f32(), new.to_f32(), "{name}");
        }
    }
    // Taken away again it is the plain file, bit for bit.
    let bare =
        model.with_attributes(vec![]).unwrap().with_aligner(None).unwrap().with_response(None).unwrap();
    assert_eq!(bare.to_bytes(Dtype::F16).unwrap(), small());
    assert_eq!(bare.sha256(), plain.sha256());
}

#[test]
fn directions_may_be_f16() {
    let mut file = full_with(|h| {
        let places = h["attributes.directions"]["data_offsets"].as_array().unwrap().clone();
        let (start, end) = (places[0].as_u64().unwrap(), places[1].as_u64().unwrap());
        assert_eq!(end - start, 40);
        h["attributes.directions"]["dtype"] = json!("F16");
        h["attributes.directions"]["data_offsets"] = json!([start, start + 20]);
        for name in ["align.weight", "align.bias", "response.weight"] {
            for at in h[name]["data_offsets"].as_array_mut().unwrap() {
                *at = json!(at.as_u64().unwrap() - 20);
            }
        }
    });
    let length = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    let at = 8 + length + header["attributes.directions"]["data_offsets"][0].as_u64().unwrap() as usize;
    file.drain(at..at + 20);
    // 1.0 as f16.
    file[at..at + 20].copy_from_slice(&[0x00, 0x3c].repeat(10));
    let read = Model::from_bytes(&file).unwrap();
    assert!(read.attributes().iter().all(|a| a.direction == [1.0; 5]));
    assert_eq!(read.aligner(), Some(&aligner()));
}

#[test]
fn names_are_checked() {
    let named = |text: &str| full_with(|h| h["__metadata__"]["attributes"] = json!(text));
    for (text, words) in [
        ("", "must be a JSON array of names"),
        ("smile,pc1", "must be a JSON array of names"),
        ("[1, 2]", "must be a JSON array of names"),
        (&"[".repeat(50_000), "must be a JSON array of names"),
        ("[]", "an empty list"),
        (r#"["smile","smile"]"#, "\"smile\" twice"),
        (r#"["smile",""]"#, "name \"\" of an attribute"),
        (r#"["smile","Smile"]"#, "name \"Smile\" of an attribute"),
        (r#"["smile"," x"]"#, "name \" x\" of an attribute"),
        (r#"["smile","a=b"]"#, "name \"a=b\" of an attribute"),
        (r#"["smile","\u001b[2J"]"#, "of an attribute can't be used"),
        (&format!(r#"["smile","{}"]"#, "x".repeat(65)), "1 to 64 of"),
        (&format!("[{}]", vec![r#""a""#; 65].join(",")), "65 attributes; npe takes at most 64"),
        (
            r#"["smile"]"#,
            "attributes.directions has shape [2, 5]; with 1 attributes, 5 latents and image_size 64 it must be [1, 5]",
        ),
        (r#"["smile","b","c"]"#, "must be [3, 5]"),
    ] {
        refused(&named(text), &[words]);
    }
    let leading = |text: &str| full_with(|h| h["__metadata__"]["leads"] = json!(text));
    for (text, words) in [
        ("smile", "the model's leads are \"smile\"; they must be a JSON array of names"),
        ("[]", "leads are an empty list"),
        (r#"["smile","frown"]"#, "\"frown\" is to lead strokes, but the model has no such attribute"),
    ] {
        refused(&leading(text), &[words]);
    }
    let all = Model::from_bytes(&leading(r#"["pc1","smile"]"#)).unwrap();
    assert!(all.attributes().iter().all(|a| a.leads));
    let without = |fields: &'static [&str]| {
        full_with(|h| fields.iter().for_each(|f| drop(h["__metadata__"].as_object_mut().unwrap().remove(*f))))
    };
    assert!(Model::from_bytes(&without(&["leads"])).unwrap().attributes().iter().all(|a| !a.leads));
    refused(
        &without(&["attributes", "leads"]),
        &["tensor attributes.directions, but its metadata has no field \"attributes\""],
    );
    refused(
        &full_with(|h| drop(h.as_object_mut().unwrap().remove("attributes.directions"))),
        &["lacks tensor attributes.directions"],
    );
}

#[test]
fn a_response_is_checked() {
    for shape in [json!([5]), json!([5, 3, 64, 64]), json!([4, 3, 32, 32]), json!([5, 3, 32, 31])] {
        refused(
            &full_with(|h| h["response.weight"]["shape"] = shape.clone()),
            &["response.weight has shape", "image_size 64 it must be [5, 3, 32, 32]"],
        );
    }
    refused(&full_with(|h| h["response.weight"]["dtype"] = json!("I64")), &["response.weight", "I64"]);
    let other = Response::new(vec![0.5; 4 * 3 * 32 * 32], 4, 64).unwrap();
    let plain = || Model::from_bytes(&small()).unwrap();
    let error = plain().with_response(Some(other)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Model);
    assert!(error.to_string().contains("12288 values in pictures of 32 pixels"), "{error}");
    let of = |value: f32| Response::new(vec![value; 5 * 3 * 32 * 32], 5, 64).unwrap();
    let error = plain().with_response(Some(of(f32::NAN))).unwrap_err();
    assert!(error.to_string().contains("not a finite number"), "{error}");
    // What f16 can't hold stays as it is beside weights in f16, for whoever writes the file again.
    for value in [7e4, 0.1] {
        let model = plain().with_response(Some(of(value))).unwrap();
        assert_eq!(model.dtype(), Dtype::F16);
        assert_eq!(model.response().map(|r| &**r), Some(&of(value)));
    }
    assert!(Response::new(vec![0.0; 100], 5, 64).is_none());
    assert!(Response::new(vec![], 0, 64).is_none());
    assert!(Response::new(vec![], usize::MAX, usize::MAX).is_none());
}

#[test]
fn their_tensors_are_checked() {
    for (name, other) in [("align.weight", "align.bias"), ("align.bias", "align.weight")] {
        refused(
            &full_with(|h| drop(h.as_object_mut().unwrap().remove(name))),
            &[&format!("lacks tensor {name}")],
        );
        refused(&full_with(|h| h[name]["shape"] = json!([9])), &["has shape"]);
        refused(&full_with(|h| h[name]["dtype"] = json!("I64")), &[name, "I64"]);
        assert!(other.starts_with("align."));
    }
    for (shape, words) in [
        (json!([0, 4]), "aligner has 0 stages"),
        (json!([]), "aligner has 0 stages"),
        (json!([17, 4]), "aligner has 17 stages; npe takes 1 to 16"),
        (json!([u64::MAX, 4]), "npe takes 1 to 16"),
        (json!([3, 4]), "align.weight has shape [2, 4, 1152]"),
    ] {
        refused(&full_with(|h| h["align.bias"]["shape"] = shape), &[words]);
    }
    refused(
        &full_with(|h| {
            let entry = h["align.bias"].clone();
            h["align.extra"] = entry;
        }),
        &["tensor \"align.extra\" that ian-simple does not know"],
    );
    // Values: not finite, of no length, of too much.
    let written = full().to_bytes(Dtype::F16).unwrap();
    let length = u64::from_le_bytes(*written.first_chunk().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&written[8..8 + length]).unwrap();
    let filled = |name: &str, count: usize, value: f32| {
        let at = 8 + length + header[name]["data_offsets"][0].as_u64().unwrap() as usize;
        let mut file = written.clone();
        file[at..at + 4 * count].copy_from_slice(&value.to_le_bytes().repeat(count));
        file
    };
    refused(&filled("align.bias", 1, f32::NAN), &["value 0 of tensor align.bias is NaN"]);
    refused(&filled("attributes.directions", 1, f32::INFINITY), &["attributes.directions is inf"]);
    refused(&filled("attributes.directions", 5, 0.0), &["attribute \"smile\" has the length 0"]);
    refused(&filled("attributes.directions", 5, 20.0), &["npe takes 0.001 to 32"]);
    for length in (0..written.len()).step_by(331) {
        let error = Model::from_bytes(&written[..length]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model, "{length}: {error}");
    }
}

#[test]
fn what_a_program_gives_is_checked_as_well() {
    let model = || Model::random(SMALL, Dtype::F32, 1).unwrap();
    let told = |r: npe::Result<Model>| r.unwrap_err().to_string();
    let with = |a: Attribute| told(model().with_attributes(vec![a]));
    let short = Attribute { name: "smile".into(), direction: vec![1.0; 4], leads: false };
    assert!(with(short).contains("has 4 numbers; the model has 5 latents"));
    assert!(with(attribute("No", 1.0)).contains("\"No\""));
    assert!(with(attribute("smile", f32::NAN)).contains("has the length NaN"));
    let with = |a: Aligner| told(model().with_aligner(Some(a)));
    assert!(with(Aligner { stages: vec![] }).contains("0 stages"));
    let mut bad = aligner();
    bad.stages[1].weight.pop();
    assert!(with(bad).contains("stage 2 of the aligner has 4607 weights; it takes 4608"));
    let mut bad = aligner();
    bad.stages[0].bias[1] = f32::NAN;
    assert!(with(bad).contains("tensor align.bias is NaN"));
}
