//! Every way a model file can be wrong, and the sentence each is refused with.

use super::*;
use npe::ErrorKind;
use std::io::{Seek, SeekFrom, Write};

/// The small file with its header changed; the body stays.
fn with_header(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let file = small();
    let length = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    change(&mut header);
    with_json(&header.to_string(), &file[8 + length..])
}

fn with_json(json: &str, body: &[u8]) -> Vec<u8> {
    [&(json.len() as u64).to_le_bytes(), json.as_bytes(), body].concat()
}

/// Refused from memory and from a file (of whatever name) with the same sentence.
#[track_caller]
fn refused(file: &[u8], words: &[&str]) {
    let error = Model::from_bytes(file).unwrap_err();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, file).unwrap();
    let opened = Model::open(&path).unwrap_err();
    assert_eq!(opened.to_string(), format!("{}: {error}", path.display()));
    for e in [error, opened] {
        assert_eq!(e.kind(), ErrorKind::Model, "{e}");
        for word in words {
            assert!(e.to_string().contains(word), "{word:?} is not in: {e}");
        }
    }
}

#[test]
fn full_networks_of_strangers_are_checked_like_the_others() {
    for side in [32, 64, 128] {
        let model = Model::random_of("ian", side, SMALL, Dtype::F16, 1).unwrap();
        let file = model.to_bytes(Dtype::F16).unwrap();
        let length = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
        let (json, body) = (&file[8..8 + length], &file[8 + length..]);
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut header: Value = serde_json::from_slice(json).unwrap();
            change(&mut header);
            with_json(&header.to_string(), body)
        };
        for (name, shape) in model.meta.tensors() {
            let without = changed(&|h| drop(h.as_object_mut().unwrap().remove(&name)));
            assert!(
                Model::from_bytes(&without)
                    .unwrap_err()
                    .to_string()
                    .contains(&format!("lacks tensor {name}"))
            );
            // The same count in another shape: a reader that only counts would take it.
            let flat = changed(&|h| h[&name]["shape"] = json!([1, shape.iter().product::<usize>()]));
            let error = Model::from_bytes(&flat).unwrap_err().to_string();
            assert!(error.contains(&format!("tensor {name} has shape [1, ")), "{error}");
            let mut damaged = file.clone();
            let header: Value = serde_json::from_slice(json).unwrap();
            let at = 8 + length + header[&name]["data_offsets"][0].as_u64().unwrap() as usize;
            let infinite: &[u8] =
                if header[&name]["dtype"] == "F16" { &[0x00, 0x7c] } else { &[0, 0, 0x80, 0x7f] };
            damaged[at..at + infinite.len()].copy_from_slice(infinite);
            let error = Model::from_bytes(&damaged).unwrap_err().to_string();
            assert!(error.contains(&format!("value 0 of tensor {name} is inf")), "{error}");
        }
        for other in [32, 64, 128].into_iter().filter(|other| *other != side) {
            let resized = changed(&|h| {
                h["__metadata__"]["image_size"] = json!(other.to_string());
                h["__metadata__"]["eye_left_right"] = json!("10,12 20,12");
            });
            // Larger images have more layers, smaller ones another dense layer.
            let wrong = if other > side { "lacks tensor enc.conv" } else { "enc.fc1.weight has shape" };
            refused(&resized, &[wrong]);
        }
        refused(&changed(&|h| h["__metadata__"]["architecture"] = json!("ian-simple")), &["dec."]);
        refused(
            &changed(&|h| {
                h["iaf.mask.input"] = json!({"dtype": "F32", "shape": [0], "data_offsets": [0, 0]})
            }),
            &["tensor \"iaf.mask.input\" that ian does not know"],
        );
        // The largest network the limits allow is refused by its shapes, in no time.
        refused(
            &changed(&|h| {
                for (field, most) in [("width", "512"), ("hidden", "8192"), ("latents", "1024")] {
                    h["__metadata__"][field] = json!(most);
                }
            }),
            &["enc.conv1.weight has shape"],
        );
        refused(&file[..file.len() - 1], &["is cut off"]);
    }
}

#[test]
fn metadata_must_be_complete_and_sensible() {
    let with = |field: &str, value: Option<&str>| {
        with_header(|h| {
            let map = h["__metadata__"].as_object_mut().unwrap();
            match value {
                Some(v) => map.insert(field.into(), v.into()),
                None => map.remove(field),
            };
        })
    };
    for field in [
        "format",
        "version",
        "architecture",
        "width",
        "hidden",
        "latents",
        "image_size",
        "eye_left_right",
        "name",
        "trained_on",
        "licence",
    ] {
        refused(&with(field, None), &["metadata has no field", &format!("{field:?}")]);
    }
    for (field, value, words) in [
        ("format", "gguf", "format is \"gguf\""),
        ("version", "2", "version \"2\""),
        ("architecture", "ian-full", "architecture is \"ian-full\""),
        ("width", "3.5", "width is \"3.5\"; it must be a whole number"),
        ("width", "-3", "width is \"-3\""),
        ("width", "+3", "width is \"+3\""),
        ("width", "0", "width is 0; npe takes 1 to 512"),
        ("width", "513", "width is 513; npe takes 1 to 512"),
        ("hidden", "8193", "hidden is 8193; npe takes 1 to 8192"),
        ("latents", "1025", "latents is 1025; npe takes 1 to 1024"),
        ("latents", "99999999999999999999", "latents is \"99999999999999999999\""),
        ("image_size", "48", "image_size is 48; npe takes 32, 64 or 128"),
        ("image_size", "0", "image_size is 0"),
        ("image_size", "128", "lacks tensor enc.conv5.weight"),
        ("architecture", "ian", "lacks tensor iaf.mu.input.weight"),
        ("broad_keep", "much", "broad_keep is \"much\"; it must be a number"),
        ("broad_keep", "NaN", "broad_keep is NaN; npe takes 1 to 256"),
        ("broad_keep", "0.9", "broad_keep is 0.9; npe takes 1 to 256"),
        ("eye_left_right", "22.9,32.6", "eye_left_right is \"22.9,32.6\""),
        ("eye_left_right", "22.9,32.6 41.1,x", "eye_left_right is"),
        ("eye_left_right", "22.9,32.6 NaN,32.6", "both eyes must stand inside"),
        ("eye_left_right", "41.1,32.6 22.9,32.6", "the left one at least 1 px left"),
        ("name", "", "name has 0 bytes"),
        ("name", "evil\u{1b}[2J", "name has 8 bytes or control characters"),
        ("licence", &"x".repeat(5000), "licence has 5000 bytes"),
    ] {
        refused(&with(field, Some(value)), &[words]);
    }
    refused(&with_header(|h| h["__metadata__"]["width"] = json!(3)), &["metadata must be strings"]);
    refused(&with_header(|h| drop(h.as_object_mut().unwrap().remove("__metadata__"))), &["has no metadata"]);
}

#[test]
fn tensors_must_be_exactly_those_of_the_table() {
    for (name, _) in SMALL.tensors() {
        refused(
            &with_header(|h| drop(h.as_object_mut().unwrap().remove(&name))),
            &[&format!("lacks tensor {name}")],
        );
    }
    refused(
        &with_header(|h| {
            h["enc.logsigma.weight"] = json!({"dtype": "F32", "shape": [0], "data_offsets": [0, 0]})
        }),
        &["tensor \"enc.logsigma.weight\" that ian-simple does not know"],
    );
    refused(
        &with_header(|h| h["dec.fc.weight"]["dtype"] = json!("BF16")),
        &["tensor dec.fc.weight is of type BF16; npe takes F32 or F16"],
    );
    refused(&with_header(|h| h["dec.fc.weight"]["dtype"] = json!("F999")), &["\"dec.fc.weight\"", "F999"]);
    refused(
        &with_header(|h| h["dec.fc.weight"]["shape"] = json!([5, 384])),
        &[
            "tensor dec.fc.weight has shape [5, 384]; width 3, hidden 7, latents 5 and image_size 64 make it [384, 5]",
        ],
    );
    refused(
        &with_header(|h| h["__metadata__"]["width"] = json!("4")),
        &["enc.conv1.weight has shape [3, 3, 5, 5]"],
    );
    refused(
        &with_header(|h| h["dec.fc.weight"]["shape"] = json!([-1])),
        &["\"dec.fc.weight\" of the model file is garbled"],
    );
    refused(
        &with_header(|h| h["dec.fc.weight"] = json!("x")),
        &["\"dec.fc.weight\" of the model file is garbled"],
    );
}

#[test]
fn places_must_tile_the_body() {
    let place = |name: &str, from: u64, to: u64| with_header(|h| h[name]["data_offsets"] = json!([from, to]));
    // dec.out.bias is 12 bytes.
    refused(&place("dec.out.bias", 0, 12), &["overlaps the one before it"]);
    refused(&place("dec.out.bias", 0, 13), &["tensor dec.out.bias lies at bytes 0 to 13", "takes 12 bytes"]);
    refused(&place("dec.out.bias", 12, 0), &["tensor dec.out.bias lies at bytes 12 to 0"]);
    refused(&place("dec.out.bias", u64::MAX - 12, u64::MAX), &["dec.out.bias"]);
    refused(&[&small()[..], b"more"].concat(), &["has trailing bytes"]);
    let whole = small();
    refused(&whole[..whole.len() - 1], &["is cut off"]);
    for length in 0..whole.len().min(6000) {
        let error = Model::from_bytes(&whole[..length]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model, "{length}: {error}");
    }
}

#[test]
fn doubled_entries_are_refused() {
    let file = small();
    let length = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
    let json = std::str::from_utf8(&file[8..8 + length]).unwrap().trim_end();
    let entry = r#""dec.out.bias":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}"#;
    let doubled = format!("{{{entry},{entry},{}", &json[1..]);
    refused(
        &with_json(&doubled, &file[8 + length..]),
        &["tensor \"dec.out.bias\" is in the model file twice"],
    );
}

#[test]
fn values_must_be_finite() {
    for (name, bytes, shown) in [
        ("dec.out.bias", &f32::NAN.to_le_bytes()[..], "NaN"),
        ("dec.out.bias", &f32::NEG_INFINITY.to_le_bytes(), "-inf"),
        ("enc.mu.weight", &[0x00, 0x7c], "inf"),
        ("enc.mu.weight", &[0x01, 0x7e], "NaN"),
    ] {
        let mut file = small();
        let length = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
        let start = header[name]["data_offsets"][0].as_u64().unwrap() as usize;
        // The second value.
        let at = 8 + length + start + bytes.len();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        refused(&file, &[&format!("value 1 of tensor {name} is {shown}, not a finite number")]);
    }
}

#[test]
fn other_formats_are_named_and_never_run() {
    refused(b"PK\x03\x04 and a zip archive", &["PyTorch zip archive", "npe does not run code"]);
    refused(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", &["PyTorch pickle", "npe does not run code"]);
    refused(b"\x80\x04\x95\x0a\0\0\0\0\0\0\0cos\nsystem", &["pickle", "npe does not run code"]);
    refused(b"(dp0\nS'a'\np1\ncos\nsystem\n", &["pickle", "npe does not run code"]);
    refused(b"cos\nsystem\n(S'true'\ntR.", &["pickle", "npe does not run code"]);
    refused(b"\x89HDF\r\n\x1a\n0000", &["HDF5"]);
    refused(b"GGUF\x03\0\0\0\0\0\0\0", &["GGUF"]);
    refused(b"", &["empty"]);
    refused(b"hello", &["5 bytes"]);
    refused(&[0xff; 100], &["header of 18446744073709551615 bytes"]);
    refused(&[0; 100], &["does not begin with {"]);
    refused(&with_json("{\"a\":", b""), &["no valid JSON"]);
    refused(&with_json("{} {}", b""), &["no valid JSON"]);
    refused(&with_json("{}", b""), &["has no metadata"]);
    refused(&with_json(&"[".repeat(100_000), b""), &["does not begin with {"]);
    refused(&with_json(&format!("{{\"a\":{}", "[".repeat(100_000)), b""), &["no valid JSON"]);
}

/// By this thread. `None` where the system does not tell: other systems than Linux, and some kernels of it.
fn bytes_read() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/thread-self/io").ok()?;
    told.lines().find_map(|line| line.strip_prefix("rchar: "))?.parse().ok()
}

#[test]
fn huge_files_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let open = |size: u64, start: &[u8]| {
        let path = folder.path().join("huge");
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all(start).unwrap();
        // Sparse: it takes no disk.
        file.seek(SeekFrom::Start(size - 1)).unwrap();
        file.write_all(&[0]).unwrap();
        drop(file);
        let before = bytes_read();
        let error = Model::open(&path).unwrap_err();
        match (before, bytes_read()) {
            (Some(before), Some(after)) => {
                assert!(after - before < 64 << 10, "{} bytes were read: {error}", after - before);
            }
            _ => eprintln!("how much is read is not tested: this system does not tell"),
        }
        assert_eq!(error.kind(), ErrorKind::Model);
        error.to_string()
    };
    let over = open((1 << 30) + 1, b"");
    assert!(over.contains("1073741825 bytes; npe takes at most 1073741824 (1 GiB)"), "{over}");
    let trailing = open(1 << 30, &small());
    assert!(trailing.contains("has trailing bytes"), "{trailing}");
    let header = open(1 << 30, &((1u64 << 20) + 1).to_le_bytes());
    assert!(header.contains("header of 1048577 bytes; npe takes at most 1048576 (1 MiB)"), "{header}");
    let wrong = open(1 << 30, &with_header(|h| h["dec.fc.weight"]["dtype"] = json!("I8")));
    assert!(wrong.contains("dec.fc.weight"), "{wrong}");
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Model::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("a folder, not a model file"), "{error}");
    let error = Model::open(&folder.path().join("none")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("can't be read"), "{error}");
    #[cfg(unix)]
    {
        let error = Model::open(Path::new("/dev/zero")).unwrap_err();
        assert!(error.to_string().contains("a device, pipe or socket"), "{error}");
    }
}
