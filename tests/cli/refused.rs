//! What the command refuses, and the sentence for every kind of wrong use.

use super::*;

#[test]
fn wrong_use_gets_a_sentence() {
    let room = room();
    let here = room.path();
    RgbImage::from_fn(200, 200, |x, y| Rgb([x as u8, y as u8, 99])).save(here.join("plain.png")).unwrap();
    image::RgbaImage::from_pixel(20, 20, image::Rgba([0, 0, 0, 255])).save(here.join("layer.png")).unwrap();
    std::fs::write(here.join("note.txt"), "no photo").unwrap();
    std::fs::write(here.join("there.png"), "kept").unwrap();
    let model = |hash: &str| {
        format!(
            r#"{{"format":"npe-strokes","version":1,"units":"face","operations":[],"model":{{"name":"other","sha256":"{hash}"}}}}"#
        )
    };
    std::fs::write(here.join("other.json"), model("00")).unwrap();
    std::fs::write(here.join("new.json"), r#"{"format":"npe-strokes","version":9}"#).unwrap();
    let sizes = npe::model::Sizes { width: 2, hidden: 3, latents: 4 };
    let full = npe::model::Model::random_of("ian", 32, sizes, npe::model::Dtype::F16, 1).unwrap();
    std::fs::write(here.join("full.safetensors"), full.to_bytes(npe::model::Dtype::F16).unwrap()).unwrap();
    let ok = "100,100;radius=9;color=#000000";
    // Arguments, exit code, part of the sentence.
    let table: &[(&[&str], i32, &str)] = &[
        (&["edit", "face.png", "--stroke", "1,2;radius=3", "-o", "o.png"], 2, "it has no color"),
        (&["edit", "face.png", "-o", "o.png"], 2, "nothing to do"),
        (&["edit", "face.png", "--bogus", "-o", "o.png"], 2, "unexpected argument '--bogus'"),
        (&["edit", "gone.png", "--stroke", ok, "-o", "o.png"], 1, "gone.png can't be read"),
        (&["edit", "note.txt", "--stroke", ok, "-o", "o.png"], 1, "note.txt is not a photo that npe reads"),
        (&["edit", "plain.png", "--stroke", ok, "-o", "o.png"], 1, "--frame cx,cy,side,angle"),
        (&["edit", "face.png", "--stroke", ok, "-o", "there.png"], 1, "exists already"),
        (&["edit", "face.png", "--stroke", ok, "-o", "./face.png"], 1, "is the photo itself"),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.xyz"], 1, "no ending of a format"),
        (&["edit", "face.png", "--stroke", ok, "-o", "no/o.png"], 1, "the folder no does not exist"),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.png", "--model", "gone"], 1, "the model file gone"),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.png", "--model", "note.txt"], 1, "note.txt"),
        (
            &["edit", "face.png", "--stroke", ok, "-o", "o.png", "--device", "gpu"],
            2,
            "use auto, cpu, cpu-torch",
        ),
        // A GPU of this number is nowhere; without a driver there is none at all.
        (
            &["edit", "face.png", "--stroke", ok, "-o", "o.png", "--device", "cuda:255"],
            1,
            "use auto to work without it",
        ),
        (
            &["edit", "face.png", "--stroke", ok, "-o", "o.png", "--device", "cpu-torch", "--libtorch", "no"],
            1,
            "has no libtorch_cpu.so",
        ),
        (
            &["info", "--model", "full.safetensors", "--device", "cpu"],
            1,
            "of architecture \"ian\", which the CPU engine does not run. Choose the device \"auto\", \"cuda\" or \"cpu-torch\"",
        ),
        (
            &["info", "--model", "full.safetensors", "--libtorch", "."],
            1,
            "of architecture \"ian\", which needs libtorch: the folder that was given, ",
        ),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.png", "--threads", "99"], 2, "--threads is 99"),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.png", "--strength", "2"], 2, "strength is 2"),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.png", "--detail", "-1"], 2, "detail is -1"),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.png", "--steps", "0"], 2, "steps is 0"),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.png", "--solver", "x"], 2, "guided or published"),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.png", "--quality", "0"], 2, "--quality is 0"),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.png", "--frame", "here"], 2, "--frame is \"here\""),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.png", "--frame", "9"], 1, "asks for face 9"),
        (&["edit", "face.png", "--stroke", ok, "-o", "o.png", "--frame", "1,1,2,0"], 2, "side is 2"),
        (
            &["edit", "face.png", "--stroke", ok, "-o", "o.png", "--frame", "-9,9,99,0"],
            1,
            "outside the photo",
        ),
        (
            &["edit", "face.png", "--stroke", "9,500;radius=2;color=#000000", "-o", "o.png"],
            1,
            "touches nothing",
        ),
        (
            &["edit", "face.png", "--paint", "layer.png", "-o", "o.png"],
            1,
            "the painted layer is 20×20 pixels",
        ),
        (&["edit", "face.png", "--strokes", "other.json", "-o", "o.png"], 1, "painted with the model other"),
        (&["edit", "face.png", "--strokes", "new.json", "-o", "o.png"], 1, "version 9"),
        (&["faces", "plain.png"], 1, "no face was found"),
        (&["sample", "--count", "0", "-o", "o.png"], 2, "--count is 0"),
        (
            &["interpolate", "face.png", "plain.png", "-o", "o.png"],
            1,
            "plain.png: no face was found in the photo; crop the photo",
        ),
        (&["figures", "plain.png"], 1, "plain.png: no face was found in the photo; crop the photo"),
    ];
    for (args, code, part) in table {
        let ran = npe(here, args);
        let told = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(*code), "{args:?}: {told}");
        assert!(told.starts_with("npe: ") && told.contains(part), "{args:?}: {told}");
        assert_eq!(told.trim_end().lines().count(), 1, "{args:?}: {told}");
        assert!(!here.join("o.png").exists(), "{args:?}");
    }
    assert_eq!(std::fs::read(here.join("there.png")).unwrap(), b"kept");
    let left = std::fs::read_dir(here)
        .unwrap()
        .filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().starts_with(".npe-"));
    assert_eq!(left.count(), 0, "temporary files are left");
}

#[test]
fn targets_are_checked_before_anything_is_written() {
    let room = room();
    std::fs::create_dir(room.path().join("full")).unwrap();
    std::fs::write(room.path().join("full/mask.png"), "kept").unwrap();
    std::fs::write(room.path().join("s.json"), "kept").unwrap();
    let cases: [(&[&str], &str); 7] = [
        (&["--views", "full"], "full/mask.png exists already"),
        (&["--views", "s.json/v"], "s.json is not a folder"),
        (&["--save-strokes", "s.json"], "s.json exists already"),
        (&["--save-strokes", "no/t.json"], "the folder no does not exist"),
        (&["--save-strokes", "./o.png"], "written over another file"),
        (&["--save-strokes", "face.png", "--force"], "written over another file"),
        (&["--views", "o.png"], "written over another file"),
    ];
    for (more, part) in cases {
        let args = [&["edit", "face.png", "--at", "face", "--stroke", HAIR, "-o", "o.png"], more].concat();
        let ran = npe(room.path(), &args);
        assert!(!ran.status.success() && text(&ran.stderr).contains(part), "{more:?}: {}", text(&ran.stderr));
        assert!(!room.path().join("o.png").exists(), "{more:?}");
    }
    assert_eq!(std::fs::read(room.path().join("s.json")).unwrap(), b"kept");
    assert_eq!(std::fs::read_dir(room.path().join("full")).unwrap().count(), 1);
    let all = ["--views", "full", "--save-strokes", "s.json", "--force"];
    hair(room.path(), "face.png", "face.png", &all);
    for name in "original reconstruction generated delta error mask latents result sheet".split(' ') {
        assert!(image::open(room.path().join(format!("full/{name}.png"))).is_ok(), "{name}");
    }
    let after = image::open(room.path().join("face.png")).unwrap();
    assert_ne!(after, image::open(astronaut()).unwrap(), "--force did not replace the photo");
}

#[test]
fn a_jpeg_that_is_cut_off_is_refused() {
    let room = room();
    image::open(astronaut()).unwrap().to_rgb8().save(room.path().join("whole.jpg")).unwrap();
    let mut bytes = std::fs::read(room.path().join("whole.jpg")).unwrap();
    bytes.truncate(bytes.len() * 8 / 10);
    std::fs::write(room.path().join("cut.jpg"), bytes).unwrap();
    let ran = npe(room.path(), &["edit", "cut.jpg", "--at", "face", "--stroke", HAIR, "-o", "o.jpg"]);
    let told = text(&ran.stderr);
    assert!(ran.status.code() == Some(1) && told.contains("the photo cut.jpg is cut off"), "{told}");
    assert!(!room.path().join("o.jpg").exists());
}

#[test]
fn float_grey_tiff_is_refused_by_its_name() {
    let room = room();
    // Little-endian TIFF, 2×2 float samples at 8, the directory at 24.
    let mut file = b"II*\0\x18\0\0\0".to_vec();
    file.extend([0; 16]);
    let entries: [(u16, u16, u32); 9] = [
        (256, 3, 2),
        (257, 3, 2),
        (258, 3, 32),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (279, 4, 16),
        (339, 3, 3),
    ];
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, value) in entries {
        let parts = [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &1_u32.to_le_bytes(), &value.to_le_bytes()];
        file.extend(parts.concat());
    }
    file.extend([0; 4]);
    std::fs::write(room.path().join("float.tif"), file).unwrap();
    let told = text(&npe(room.path(), &["faces", "float.tif"]).stderr);
    assert!(told.contains("32-bit float grey TIFF") && told.contains("convert it to RGB"), "{told}");
}

#[test]
fn a_bad_photo_does_not_stop_the_others() {
    let room = room();
    std::fs::write(room.path().join("bad.png"), b"\x89PNG\r\n\x1a\nnothing").unwrap();
    let ran = npe(
        room.path(),
        &["edit", "bad.png", "face.png", "--at", "face", "--stroke", HAIR, "-o", "out", "--json"],
    );
    assert_eq!(ran.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!((&json["edited"], &json["failed"]), (&1.into(), &1.into()));
    assert!(json["photos"][0]["error"].as_str().unwrap().contains("bad.png is damaged"));
    assert!(room.path().join("out/face.png").exists() && !room.path().join("out/bad.png").exists());
    assert!(text(&ran.stderr).contains("1 of 2 photos edited, 1 failed"));
}
