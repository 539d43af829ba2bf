//! The command, as a person runs it: what it writes, and the sentence for every kind of wrong use.

mod refused;

use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageReader, Rgb, RgbImage};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HAIR: &str = "0.41,0.2 0.5,0.19 0.59,0.2;radius=0.06;color=#141210";

fn astronaut() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/astronaut.png")
}

fn npe(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_npe")).args(args).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder with the sample photo in it.
fn room() -> tempfile::TempDir {
    let room = tempfile::tempdir().unwrap();
    std::fs::copy(astronaut(), room.path().join("face.png")).unwrap();
    room
}

/// Runs hair on `photo`; answers the first photo's JSON.
fn hair(room: &Path, photo: &str, out: &str, more: &[&str]) -> Value {
    let mut args = vec!["edit", photo, "--at", "face", "--stroke", HAIR, "-o", out, "--json"];
    args.extend(more);
    let ran = npe(room, &args);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    serde_json::from_slice::<Value>(&ran.stdout).unwrap()["photos"][0].clone()
}

fn number(v: &Value) -> f64 {
    v.as_f64().unwrap()
}

#[test]
fn only_the_changed_rectangle_changes() {
    let room = room();
    let done = hair(room.path(), "face.png", "out.png", &[]);
    let before = image::open(room.path().join("face.png")).unwrap();
    let after = image::open(room.path().join("out.png")).unwrap();
    assert_eq!(before.color(), after.color());
    let (before, after) = (before.to_rgba8(), after.to_rgba8());
    let edge = |name: &str| number(&done["changed"][name]) as u32;
    let (x0, y0) = (edge("x"), edge("y"));
    let inside =
        |x: u32, y: u32| (x0..x0 + edge("width")).contains(&x) && (y0..y0 + edge("height")).contains(&y);
    let mut changed = 0;
    for (x, y, p) in before.enumerate_pixels() {
        let differs = p != after.get_pixel(x, y);
        assert!(inside(x, y) || !differs, "{x}, {y} changed outside the rectangle");
        changed += u32::from(differs);
    }
    assert!(changed > 1000, "{changed}");
    let operation = &done["operations"][0];
    assert!(number(&operation["brush_after"]) < 0.2 * number(&operation["brush_before"]));
}

#[cfg(unix)]
#[test]
fn links_to_the_photo_are_the_photo() {
    let room = room();
    std::os::unix::fs::symlink("face.png", room.path().join("soft.png")).unwrap();
    std::fs::hard_link(room.path().join("face.png"), room.path().join("hard.png")).unwrap();
    for out in ["soft.png", "hard.png"] {
        let ran = npe(room.path(), &["edit", "face.png", "--at", "face", "--stroke", HAIR, "-o", out]);
        assert!(text(&ran.stderr).contains("is the photo itself"), "{out}");
    }
}

#[test]
fn a_painted_layer_is_made_real_and_the_colour_profile_kept() {
    let room = room();
    let photo = image::open(astronaut()).unwrap().to_rgb8();
    let faces = npe(room.path(), &["faces", "face.png", "--json"]).stdout;
    let face = serde_json::from_slice::<Value>(&faces).unwrap()["faces"][0].clone();
    let (cx, cy, side) = (number(&face["cx"]), number(&face["cy"]), number(&face["side"]));
    let layer = image::RgbaImage::from_fn(photo.width(), photo.height(), |x, y| {
        let on =
            (f64::from(x) - cx).abs() < 0.12 * side && (f64::from(y) - cy + 0.3 * side).abs() < 0.06 * side;
        image::Rgba([20, 18, 16, if on { 255 } else { 0 }])
    });
    layer.save(room.path().join("layer.png")).unwrap();
    let mut profile = vec![0_u8; 128];
    profile[16..20].copy_from_slice(b"RGB ");
    let file = std::fs::File::create(room.path().join("icc.png")).unwrap();
    let mut encoder = image::codecs::png::PngEncoder::new(file);
    encoder.set_icc_profile(profile.clone()).unwrap();
    encoder.write_image(&photo, photo.width(), photo.height(), image::ExtendedColorType::Rgb8).unwrap();
    let ran = npe(room.path(), &["edit", "icc.png", "--paint", "layer.png", "-o", "o.png"]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let mut decoder = ImageReader::open(room.path().join("o.png")).unwrap().into_decoder().unwrap();
    assert_eq!(decoder.icc_profile().unwrap(), Some(profile));
    assert_ne!(image::open(room.path().join("o.png")).unwrap().to_rgb8(), photo);
}

#[test]
fn a_palette_png_is_edited() {
    let room = room();
    let grey = image::open(astronaut()).unwrap().to_luma8();
    let file = std::fs::File::create(room.path().join("palette.png")).unwrap();
    let mut encoder = png::Encoder::new(file, grey.width(), grey.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette((0..=255_u8).flat_map(|v| [v, v, v / 2]).collect::<Vec<_>>());
    encoder.write_header().unwrap().write_image_data(&grey).unwrap();
    hair(room.path(), "palette.png", "o.png", &[]);
    let read = |name: &str| image::open(room.path().join(name)).unwrap();
    let (before, after) = (read("palette.png"), read("o.png"));
    assert_eq!((after.color(), after.to_rgb8()[(0, 0)]), (image::ColorType::Rgb8, before.to_rgb8()[(0, 0)]));
    assert_ne!(before, after);
}

// Linux alone takes any bytes for a name.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_told_in_json() {
    use std::os::unix::ffi::OsStrExt;
    let room = room();
    let odd = std::ffi::OsStr::from_bytes(b"f\xffce.png");
    std::fs::copy(astronaut(), room.path().join(odd)).unwrap();
    let json = |args: &[&str], code| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_npe"));
        let ran =
            command.arg(args[0]).arg(odd).args(&args[1..]).arg("--json").current_dir(room.path()).output();
        let ran = ran.unwrap();
        assert_eq!(ran.status.code(), Some(code), "{args:?}: {}", text(&ran.stderr));
        serde_json::from_slice::<Value>(&ran.stdout).unwrap()
    };
    std::fs::create_dir(room.path().join("out")).unwrap();
    assert_eq!(json(&["faces"], 0)["photo"], "f\u{fffd}ce.png");
    assert_eq!(json(&["figures"], 0)["strokes"][0]["photo"], "f\u{fffd}ce.png");
    let edit = ["edit", "--at", "face", "--stroke", HAIR, "-o", "out"];
    assert_eq!(json(&edit, 0)["photos"][0]["output"], "out/f\u{fffd}ce.png");
    assert_eq!(json(&edit, 1)["photos"][0]["photo"], "f\u{fffd}ce.png");
    std::fs::write(room.path().join(odd), "no photo").unwrap();
    assert_eq!(json(&["figures"], 1)["errors"][0]["photo"], "f\u{fffd}ce.png");
}

#[test]
fn a_saved_stroke_file_conforms_and_replays() {
    let room = room();
    hair(room.path(), "face.png", "a.png", &["--save-strokes", "s.json", "--detail", "0.5"]);
    let schema: Value = serde_json::from_str(include_str!("../../docs/npe-strokes.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut file: Value =
        serde_json::from_slice(&std::fs::read(room.path().join("s.json")).unwrap()).unwrap();
    assert!(validator.is_valid(&file), "{:?}", validator.iter_errors(&file).next().map(|e| e.to_string()));
    let ran = npe(room.path(), &["edit", "face.png", "--strokes", "s.json", "-o", "b.png"]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let read = |name: &str| image::open(room.path().join(name)).unwrap();
    assert_eq!(read("a.png"), read("b.png"));
    assert!(text(&ran.stderr).contains("the face frame is the stroke file's"), "{}", text(&ran.stderr));
    // Another photo of the same size, its face elsewhere: in a batch and alone the face found counts.
    let mut moved = read("face.png").to_rgb8();
    let shifted = image::imageops::crop_imm(&moved, 40, 0, moved.width() - 40, moved.height()).to_image();
    image::imageops::replace(&mut moved, &shifted, 0, 0);
    moved.save(room.path().join("moved.png")).unwrap();
    let ran =
        npe(room.path(), &["edit", "moved.png", "face.png", "--strokes", "s.json", "-o", "both", "--json"]);
    let told = text(&ran.stderr);
    assert!(told.contains("moved.png: the face frame is the found face's"), "{told}");
    assert!(told.contains("face.png: the face frame is the stroke file's"), "{told}");
    let both: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let cx = |n: usize| number(&both["photos"][n]["frame"]["cx"]);
    assert!((cx(1) - cx(0) - 40.0).abs() < 8.0, "{both}");
    assert_eq!(read("a.png"), read("both/face.png"));
    // And the schema refuses what is not one.
    file["operations"][0]["dabs"][0][4] = 2.into();
    assert!(!validator.is_valid(&file));
}

#[test]
fn pixel_formats_survive() {
    let room = room();
    let photo = image::open(astronaut()).unwrap();
    let kinds: [(&str, DynamicImage); 6] = [
        ("rgb16.png", DynamicImage::ImageRgb16(photo.to_rgb16())),
        ("rgb16.tif", DynamicImage::ImageRgb16(photo.to_rgb16())),
        ("float.tif", DynamicImage::ImageRgb32F(photo.to_rgb32f())),
        ("grey.png", DynamicImage::ImageLuma8(photo.to_luma8())),
        ("greyalpha.png", DynamicImage::ImageLumaA16(photo.to_luma_alpha16())),
        ("rgba.webp", DynamicImage::ImageRgba8(photo.to_rgba8())),
    ];
    for (name, mut pixels) in kinds {
        if let DynamicImage::ImageLumaA16(p) = &mut pixels {
            p.enumerate_pixels_mut().for_each(|(x, _, p)| p.0[1] = (x * 100) as u16);
        }
        pixels.save(room.path().join(name)).unwrap();
        let out = format!("out-{name}");
        hair(room.path(), name, &out, &[]);
        let after = image::open(room.path().join(&out)).unwrap();
        assert_eq!(after.color(), pixels.color(), "{name}");
        assert_ne!(after, pixels, "{name}");
        if let (DynamicImage::ImageLumaA16(a), DynamicImage::ImageLumaA16(b)) = (&pixels, &after) {
            assert!(a.pixels().zip(b.pixels()).all(|(a, b)| a.0[1] == b.0[1]), "alpha changed");
        }
    }
    let ran = npe(room.path(), &["edit", "rgb16.png", "--at", "face", "--stroke", HAIR, "-o", "o.jpg"]);
    assert!(text(&ran.stderr).contains("o.jpg: 16 bits a channel became 8"), "{}", text(&ran.stderr));
}

#[test]
fn exif_orientation_is_obeyed_and_reset() {
    let room = room();
    // Little-endian TIFF header, one entry: orientation (0x0112), short, 6 = to be turned by 90° to the right.
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    let lying = image::open(astronaut()).unwrap().rotate270().to_rgb8();
    let lying = image::imageops::crop_imm(&lying, 0, 0, 500, 512).to_image();
    let file = std::fs::File::create(room.path().join("lying.jpg")).unwrap();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(file, 95);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(&lying, 500, 512, image::ExtendedColorType::Rgb8).unwrap();
    hair(room.path(), "lying.jpg", "up.jpg", &[]);
    let mut decoder = ImageReader::open(room.path().join("up.jpg")).unwrap().into_decoder().unwrap();
    assert_eq!(decoder.dimensions(), (512, 500));
    assert!(decoder.exif_metadata().unwrap().is_some(), "EXIF is lost");
    assert_eq!(decoder.orientation().unwrap(), image::metadata::Orientation::NoTransforms);
}

#[test]
fn the_other_commands_answer() {
    let room = room();
    let json = |args: &[&str]| {
        let ran = npe(room.path(), args);
        assert!(ran.status.success(), "{args:?}: {}", text(&ran.stderr));
        serde_json::from_slice::<Value>(&ran.stdout).unwrap()
    };
    let faces = json(&["faces", "face.png", "--json"]);
    assert!(number(&faces["faces"][0]["side"]) > 50.0, "{faces}");
    let info = json(&["info", "--json"]);
    assert_eq!(info["model"]["sha256"].as_str().unwrap().len(), 64);
    let figures = json(&["figures", "face.png", "--sheet", "sheet.png", "--json"]);
    assert!(number(&figures["means"]["forehead"]["hit_g"]) < 0.2, "{figures}");
    let ran = npe(room.path(), &["demo"]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    for file in ["sheet.png", "npe-demo/before.png", "npe-demo/after.png", "npe-demo/sheet.png"] {
        assert!(image::open(room.path().join(file)).is_ok(), "{file}");
    }
    for args in [
        &["sample", "--count", "3", "-o", "s.png"][..],
        &["interpolate", "face.png", "face.png", "-o", "i.png"],
    ] {
        assert!(npe(room.path(), args).status.success(), "{args:?}");
    }
}

#[test]
fn what_is_not_carried_is_told() {
    let room = room();
    // A JPEG of 300 dpi with a comment and XMP.
    let pixels = image::open(astronaut()).unwrap().to_rgb8();
    let mut jpeg = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95);
    encoder.set_pixel_density(image::codecs::jpeg::PixelDensity::dpi(300));
    encoder.encode_image(&pixels).unwrap();
    // The JFIF header is the first 20 bytes.
    let more = b"\xff\xfe\0\x04hi\xff\xe1\0\x23http://ns.adobe.com/xap/1.0/\0<x/>";
    std::fs::write(room.path().join("a.jpg"), [&jpeg[..20], more, &jpeg[20..]].concat()).unwrap();
    let ran = npe(room.path(), &["edit", "a.jpg", "--at", "face", "--stroke", HAIR, "-o", "b.jpg"]);
    let told = text(&ran.stderr);
    assert!(told.contains("the comment is gone") && told.contains("the XMP data is gone"), "{told}");
    let after = std::fs::read(room.path().join("b.jpg")).unwrap();
    assert_eq!(after[6..18], jpeg[6..18], "the density is lost");
    // A PNG that says it is animated: an acTL chunk after its header, which takes 33 bytes.
    let png = std::fs::read(room.path().join("face.png")).unwrap();
    let chunk = b"\0\0\0\x08acTL\0\0\0\x01\0\0\0\0\xb4\x2d\xe9\xa0".to_vec();
    std::fs::write(room.path().join("moving.png"), [&png[..33], &chunk, &png[33..]].concat()).unwrap();
    let ran = npe(room.path(), &["edit", "moving.png", "--at", "face", "--stroke", HAIR, "-o", "still.png"]);
    let told = text(&ran.stderr);
    assert!(ran.status.success() && told.contains("only its first picture was edited"), "{told}");
}
