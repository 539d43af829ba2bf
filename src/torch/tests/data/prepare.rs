//! From ordinary photos to a training set.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use npe::ErrorKind;
use npe::photo::{Channels, Photo, Samples, crop, find};
use npe_torch::data::prepare::{Faces, Format, MANIFEST, Prepared, Reason, Settings, prepare};

use super::{astronaut, jpeg, load, orientation, picture, refused, whole};

/// Small squares, so that photos of some size can be too large or too small.
fn settings() -> Settings {
    Settings { size: 64, format: Format::Png, ..Settings::default() }
}

fn run(source: &Path, out: &Path, settings: &Settings) -> npe::Result<Prepared> {
    prepare(source, out, settings, &mut |_, _| true)
}

/// What became of each photo.
fn fates(prepared: &Prepared) -> HashMap<&str, Vec<Option<Reason>>> {
    let mut fates = HashMap::<_, Vec<_>>::new();
    prepared.listing.iter().for_each(|l| fates.entry(l.photo.as_str()).or_default().push(l.dropped));
    fates
}

#[test]
fn each_photo_meets_its_fate() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("photos");
    fs::create_dir_all(photos.join("more")).unwrap();
    let face = astronaut();
    let save = |name: &str, image: &RgbImage| image.save(photos.join(name)).unwrap();
    save("01-face.png", &face);
    fs::write(
        photos.join("02-again.jpg"),
        jpeg(&imageops::resize(&face, 420, 420, FilterType::Lanczos3), 70, None),
    )
    .unwrap();
    save("03-landscape.png", &picture(300, 200, 3));
    fs::write(photos.join("04-damaged.jpg"), &jpeg(&face, 90, None)[..20_000]).unwrap();
    save("05-small.png", &imageops::resize(&face, 100, 100, FilterType::Lanczos3));
    save("06-blurred.png", &imageops::blur(&face, 4.0));
    save("07-tiny.png", &picture(1, 1, 0));
    // Turned on its side and marked so by the camera; mirrored, so that it is another picture.
    let mirrored = imageops::flip_horizontal(&face);
    fs::write(
        photos.join("more/08-turned.jpg"),
        jpeg(&imageops::rotate270(&mirrored), 92, Some(&orientation(6))),
    )
    .unwrap();

    let out = dir.path().join("faces.tar");
    let mut seen = Vec::new();
    let prepared = prepare(&photos, &out, &settings(), &mut |done, of| {
        seen.push((done, of));
        true
    })
    .unwrap();
    let expected = [
        ("01-face.png", vec![None]),
        ("02-again.jpg", vec![Some(Reason::Duplicate)]),
        ("03-landscape.png", vec![Some(Reason::NoFace)]),
        ("04-damaged.jpg", vec![Some(Reason::Damaged)]),
        ("05-small.png", vec![Some(Reason::TooSmall)]),
        ("06-blurred.png", vec![Some(Reason::Blurred)]),
        ("07-tiny.png", vec![Some(Reason::TooSmall)]),
        ("more/08-turned.jpg", vec![None]),
    ];
    assert_eq!(fates(&prepared), expected.into_iter().collect(), "{:#?}", prepared.listing);
    assert_eq!(seen.last(), Some(&(8, Some(8))));
    assert_eq!((prepared.photos, prepared.written, prepared.count(Reason::TooSmall)), (8, 2, 2));
    let summary = prepared.to_string();
    for line in ["8 photos looked at", "2 faces written", "2 dropped: too small", "1 dropped: seen before"] {
        assert!(summary.contains(line), "{summary}");
    }

    // What was written is the editor's own crop of the editor's own frame.
    let images = load(&out, &whole(64)).unwrap();
    assert_eq!(images.names, ["faces/000000.png", "faces/000001.png"]);
    let photo = Photo::new(512, 512, Channels::Rgb, Samples::U8(face.clone().into_raw())).unwrap();
    let frame = find(&photo).unwrap()[0].frame;
    let editors = crop(&photo, &frame, 64).unwrap();
    let off = |(a, b): (&u8, &f32)| (f32::from(*a) - (b + 1.0) * 127.5).abs();
    assert!(images.image(0).iter().zip(&editors).all(|p| off(p) <= 0.51));
    // The mirrored one is aligned as well: mirrored back, it is nearly the first.
    let back: Vec<u8> = images.image(1).chunks(64).flat_map(|row| row.iter().rev().copied()).collect();
    let apart = |other: &[u8]| {
        images.image(0).iter().zip(other).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>()
            / other.len() as f64
    };
    assert!(
        apart(&back) < 12.0 && apart(&back) < 0.5 * apart(images.image(1)),
        "{} {}",
        apart(&back),
        apart(images.image(1))
    );

    // The manifest says the same, a line each.
    let mut manifest = String::new();
    for entry in tar::Archive::new(fs::File::open(&out).unwrap()).entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.path().unwrap() == Path::new(MANIFEST) {
            std::io::Read::read_to_string(&mut entry, &mut manifest).unwrap();
        }
    }
    let lines: Vec<serde_json::Value> = manifest.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 8);
    assert_eq!(lines[0]["photo"], "01-face.png");
    assert_eq!(lines[0]["image"], "faces/000000.png");
    assert_eq!(lines[0]["frame"]["side"].as_f64(), Some(frame.side));
    assert_eq!(lines[1]["dropped"], "duplicate");
    assert!(lines[1]["why"].as_str().unwrap().contains("01-face.png"));
    assert_eq!(lines[2].as_object().unwrap().len(), 3, "no face, no frame: {}", lines[2]);

    // Once more, it is the same to the byte; and as a folder.
    let again = dir.path().join("again.tar");
    run(&photos, &again, &settings()).unwrap();
    assert!(fs::read(&out).unwrap() == fs::read(&again).unwrap());
    let folder = dir.path().join("set");
    run(&photos, &folder, &settings()).unwrap();
    assert_eq!(load(&folder, &whole(64)).unwrap().pixels, images.pixels);
    assert_eq!(fs::read_to_string(folder.join(MANIFEST)).unwrap(), manifest);
    assert!(refused(run(&photos, &out, &settings())).contains("is there already"));
}

/// Two different faces' worth of photo: the sample, and a mirrored and smaller one beside it.
fn two_faces() -> RgbImage {
    let face = astronaut();
    let mut photo = RgbImage::from_pixel(900, 512, Rgb([90, 90, 90]));
    imageops::replace(&mut photo, &face, 0, 0);
    let second = imageops::resize(&imageops::flip_horizontal(&face), 380, 380, FilterType::Lanczos3);
    imageops::replace(&mut photo, &second, 515, 60);
    photo
}

#[test]
fn several_faces_are_taken_as_the_settings_say() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("photos");
    fs::create_dir(&photos).unwrap();
    two_faces().save(photos.join("two.png")).unwrap();
    astronaut().save(photos.join("z-one.png")).unwrap();
    let fate = |faces, out: &str| {
        let settings = Settings { faces, same: None, ..settings() };
        let prepared = run(&photos, &dir.path().join(out), &settings).unwrap();
        assert_eq!(prepared.with_several_faces, 1);
        fates(&prepared)["two.png"].clone()
    };
    assert_eq!(fate(Faces::Largest, "a"), [None, Some(Reason::SeveralFaces)]);
    assert_eq!(fate(Faces::All, "b"), [None, None]);
    assert_eq!(fate(Faces::Single, "c"), [Some(Reason::SeveralFaces), Some(Reason::SeveralFaces)]);
}

#[test]
fn a_face_at_the_edge_is_dropped_and_a_margin_widens_the_square() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("photos");
    fs::create_dir(&photos).unwrap();
    let face = astronaut();
    let photo = Photo::new(512, 512, Channels::Rgb, Samples::U8(face.clone().into_raw())).unwrap();
    let frame = find(&photo).unwrap()[0].frame;
    // Cut through the forehead.
    let cut = (frame.cy - frame.side * 0.25) as u32;
    imageops::crop_imm(&face, 0, cut, 512, 512 - cut).to_image().save(photos.join("cut.png")).unwrap();
    let said = run(&photos, &dir.path().join("a"), &settings()).unwrap_err();
    assert_eq!(said.kind(), ErrorKind::NoFace);
    assert!(said.to_string().contains("1 beyond the photo's edge"), "{said}");
    assert!(!dir.path().join("a").exists());
    let lenient = Settings { max_outside: 0.5, ..settings() };
    assert_eq!(run(&photos, &dir.path().join("b"), &lenient).unwrap().written, 1);

    fs::remove_file(photos.join("cut.png")).unwrap();
    face.save(photos.join("face.png")).unwrap();
    let wide = Settings { margin: 0.14, size: 128, ..settings() };
    run(&photos, &dir.path().join("c.tar"), &wide).unwrap();
    run(&photos, &dir.path().join("d.tar"), &settings()).unwrap();
    let side = npe_torch::data::Crop::Square { x: 14, y: 14, side: 100 };
    let inner = load(&dir.path().join("c.tar"), &npe_torch::data::Settings { size: 64, crop: side }).unwrap();
    let plain = load(&dir.path().join("d.tar"), &whole(64)).unwrap();
    let apart = inner.pixels.iter().zip(&plain.pixels).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>();
    assert!(apart / (plain.pixels.len() as f64) < 2.5, "{}", apart / plain.pixels.len() as f64);
}

#[test]
fn nothing_is_left_of_what_is_cancelled_or_fails() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("photos");
    let results = dir.path().join("results");
    fs::create_dir(&photos).unwrap();
    fs::create_dir(&results).unwrap();
    let none = refused(run(&photos, &results.join("a.tar"), &settings()));
    assert!(none.starts_with("there is no photo in"), "{none}");
    picture(200, 200, 1).save(photos.join("a.png")).unwrap();
    let said = refused(run(&photos, &results.join("a.tar"), &settings()));
    assert!(said.contains("none of the 1 photos") && said.contains("1 no face found"), "{said}");
    astronaut().save(photos.join("b.png")).unwrap();
    for out in ["a.tar", "a"] {
        let mut calls = 0;
        let error = prepare(&photos, &results.join(out), &settings(), &mut |done, _| {
            calls += 1;
            done == 0
        })
        .unwrap_err();
        assert_eq!((error.kind(), calls), (ErrorKind::Cancelled, 2));
    }
    assert_eq!(fs::read_dir(&results).unwrap().count(), 0, "a temporary file is left");
    assert!(refused(run(&photos, &results.join("a.zip"), &settings())).contains("name a .tar"));
    assert!(refused(run(&photos, &dir.path().join("x/y/a.tar"), &settings())).contains("can't be written"));
    let wrong = Settings { margin: 1.5, ..settings() };
    assert_eq!(refused(run(&photos, &results.join("a"), &wrong)), "the margin is 1.5; it must be 0 to 1");
    assert!(
        refused(run(&photos, &results.join("a"), &Settings { size: 8, ..settings() })).contains("8 pixels")
    );
}
