//! `npe-train extras` as a person runs it.

use super::command::{done, room_of};
use npe::cpu::CpuGenerator;
use npe::generator::Generator;
use npe::model::{Dtype, Model, Sizes};
use std::path::Path;

/// Images, of which the recipe holds out the first 8.
const COUNT: usize = 56;
const ALIGNER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../photo/align.safetensors");

/// A room with a model `model.safetensors` and labels: images of even number are `day`, others `night`, the last one `dusk`.
fn furnished() -> tempfile::TempDir {
    let room = room_of(COUNT);
    let sizes = Sizes { width: 4, hidden: 16, latents: 8 };
    let model = Model::random(sizes, Dtype::F16, 7).unwrap();
    std::fs::write(room.path().join("model.safetensors"), model.to_bytes(Dtype::F16).unwrap()).unwrap();
    let label = |i: usize| match i {
        _ if i == COUNT - 1 => "dusk",
        _ if i.is_multiple_of(2) => "day",
        _ => "night",
    };
    let lines: String = (0..COUNT).map(|i| format!("{i:03}.png,{},0.9\n", label(i))).collect();
    std::fs::write(room.path().join("labels.csv"), format!("image,label,sure\n{lines}")).unwrap();
    room
}

fn open(path: &Path) -> Model {
    Model::open(path).unwrap()
}

/// The latents of the images that train, by number.
fn encoded(room: &Path) -> Vec<(usize, Vec<f32>)> {
    let engine = CpuGenerator::new(&open(&room.join("model.safetensors")), 1).unwrap();
    let encode = |i: usize| {
        let picture = image::open(room.join(format!("images/{i:03}.png"))).unwrap().into_rgb8();
        let planes = (0..3).flat_map(|c| picture.pixels().map(move |p| f32::from(p[c]) / 127.5 - 1.0));
        (i, engine.encode(&planes.collect::<Vec<_>>()).unwrap())
    };
    (8..COUNT).map(encode).collect()
}

fn mean(of: &[&Vec<f32>]) -> Vec<f64> {
    (0..8).map(|k| of.iter().map(|z| f64::from(z[k])).sum::<f64>() / of.len() as f64).collect()
}

#[test]
fn a_model_gets_directions_and_an_aligner() {
    let room = furnished();
    let path = room.path();
    let make = ["extras", "model.safetensors", "rich.safetensors", "--recipe", "recipe.toml"];
    let labelled = ["--labels", "labels.csv", "--contrast", "day=day/night", "--principal", "2"];
    let told = done(path, &[&make[..], &labelled, &["--aligner", ALIGNER]].concat()).unwrap();
    let (plain, rich) = (open(&path.join("model.safetensors")), open(&path.join("rich.safetensors")));
    let lines: Vec<&str> = told.lines().collect();
    assert!(
        lines[0].starts_with("day: half the way between the means of 24 images \"day\" and 23 \"night\""),
        "{told}"
    );
    assert!(lines[1].starts_with("pc1: ") && lines[1].ends_with("% of the variance of 48 images"), "{told}");
    assert!(lines[2].starts_with("pc2: ") && lines[4].starts_with(rich.sha256()), "{told}");
    assert!(lines[3].starts_with("response: gives "), "{told}");
    assert!(plain.response().is_none() && rich.response().unwrap().fits(8, 64));

    // The network is the same, in the same numbers.
    assert_eq!(rich.dtype(), plain.dtype());
    for (name, _) in plain.meta.tensors() {
        assert_eq!(rich.tensor(&name).unwrap().to_f32(), plain.tensor(&name).unwrap().to_f32(), "{name}");
    }
    let names: Vec<&str> = rich.attributes().iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["day", "pc1", "pc2"]);
    assert!(plain.attributes().is_empty() && plain.aligner().is_none());
    let aligner = npe::model::Aligner::from_bytes(&std::fs::read(ALIGNER).unwrap()).unwrap();
    assert_eq!(rich.aligner(), Some(&aligner));

    // Held-out images have no part in it, nor has the one of another label in `day`.
    let latents = encoded(path);
    let of = |wanted: &dyn Fn(usize) -> bool| {
        mean(&latents.iter().filter(|(i, _)| wanted(*i)).map(|(_, z)| z).collect::<Vec<_>>())
    };
    let (day, night) = (of(&|i| i % 2 == 0), of(&|i| i % 2 == 1 && i != COUNT - 1));
    let size = day.iter().zip(&night).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    for (got, (a, b)) in rich.attributes()[0].direction.iter().zip(day.iter().zip(&night)) {
        assert!((f64::from(*got) - 0.5 * (a - b)).abs() < 2e-3 * size, "{got}, not {}", 0.5 * (a - b));
    }
    // A principal direction is as long as the latents spread along it, and no shorter than the next.
    let centre = of(&|_| true);
    let mut lengths = Vec::new();
    for attribute in &rich.attributes()[1..] {
        let d: Vec<f64> = attribute.direction.iter().map(|v| f64::from(*v)).collect();
        let length = d.iter().map(|v| v * v).sum::<f64>().sqrt();
        let along = |z: &Vec<f32>| {
            z.iter().zip(&centre).zip(&d).map(|((z, m), d)| (f64::from(*z) - m) * d / length).sum::<f64>()
        };
        let variance =
            latents.iter().map(|(_, z)| along(z).powi(2)).sum::<f64>() / (latents.len() - 1) as f64;
        assert!((length - variance.sqrt()).abs() < 0.01 * length, "{length} {}", variance.sqrt());
        lengths.push(length);
    }
    assert!(lengths[0] >= lengths[1] && lengths[1] > 0.0, "{lengths:?}");

    // Made again from the copy: directions are replaced, the aligner stays.
    let again = ["extras", "rich.safetensors", "again.safetensors", "--recipe", "recipe.toml"];
    done(path, &[&again[..], &["--principal", "1"]].concat()).unwrap();
    let again = open(&path.join("again.safetensors"));
    assert_eq!(again.attributes().iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["pc1"]);
    assert_eq!(again.attributes()[0], rich.attributes()[1]);
    assert_eq!(again.aligner(), Some(&aligner));

    // Another model file's aligner.
    let other = ["extras", "model.safetensors", "other.safetensors", "--recipe", "recipe.toml"];
    done(path, &[&other[..], &["--principal", "0", "--aligner", "rich.safetensors"]].concat()).unwrap();
    let other = open(&path.join("other.safetensors"));
    assert!(other.aligner() == Some(&aligner) && other.attributes().is_empty());
}

/// The copy says what the recipe says, also if that is the value of a model that does not say.
#[test]
fn the_recipes_broad_keep_replaces_the_models() {
    let room = furnished();
    let path = room.path();
    let model = open(&path.join("model.safetensors")).with_broad_keep(4.0).unwrap();
    std::fs::write(path.join("close.safetensors"), model.to_bytes(Dtype::F16).unwrap()).unwrap();
    for (keep, part) in [
        ("3", "broad_keep: 3 as in the recipe, was 4\n"),
        ("4", ""),
        ("2.25", "broad_keep: 2.25 as in the recipe, was 4\n"),
    ] {
        std::fs::write(path.join("keep.toml"), super::text(64, &format!("broad_keep = {keep}"))).unwrap();
        let make = ["extras", "close.safetensors", "kept.safetensors", "--recipe", "keep.toml"];
        let told = done(path, &[&make[..], &["--principal", "0", "--force"]].concat()).unwrap();
        assert_eq!(told.contains("broad_keep"), !part.is_empty(), "{told}");
        assert!(told.contains(part), "{told}");
        assert_eq!(open(&path.join("kept.safetensors")).meta.broad_keep, keep.parse::<f32>().unwrap());
    }
}

#[test]
fn what_is_wrong_is_told_and_nothing_written() {
    let room = furnished();
    let path = room.path();
    std::fs::write(path.join("short.csv"), "image,label\n000.png\n").unwrap();
    std::fs::write(path.join("other.toml"), super::text(32, "")).unwrap();
    let make = |recipe: &'static str, more: &[&'static str]| {
        let all = [&["extras", "model.safetensors", "out.safetensors", "--recipe", recipe], more].concat();
        done(path, &all).unwrap_err()
    };
    for (recipe, more, part) in [
        ("none.toml", &[][..], "none.toml"),
        ("other.toml", &[], "the images have 32 pixels a side; this model takes 64"),
        ("recipe.toml", &["--data", "nowhere"], "nowhere"),
        ("recipe.toml", &["--principal", "9"], "9 principal directions are wanted of 48 images in 8 latents"),
        ("recipe.toml", &["--aligner", "none.bin"], "the aligner can't be read"),
        ("recipe.toml", &["--aligner", "recipe.toml"], "the aligner can't be read: recipe.toml"),
        ("recipe.toml", &["--aligner", "model.safetensors"], "this model file has no aligner"),
        ("recipe.toml", &["--labels", "none.csv", "--contrast", "a=day/night"], "none.csv"),
        ("recipe.toml", &["--labels", "short.csv", "--contrast", "a=day/night"], "line 2 has no two columns"),
        (
            "recipe.toml",
            &["--labels", "labels.csv", "--contrast", "a=day/dusk"],
            "1 of the images have the label \"dusk\", of 56 labels; 20 are needed",
        ),
    ] {
        let e = make(recipe, more);
        assert!(e.contains("npe-train: ") && e.contains(part), "{recipe} {more:?}: {e}");
    }
    assert!(!path.join("out.safetensors").exists());
    // What is there stays, unless it may be replaced.
    std::fs::write(path.join("out.safetensors"), "mine").unwrap();
    let e = make("recipe.toml", &["--principal", "1"]);
    assert!(e.contains("out.safetensors exists already; --force replaces it"), "{e}");
    assert_eq!(std::fs::read(path.join("out.safetensors")).unwrap(), b"mine");
    let all = [
        "extras",
        "model.safetensors",
        "out.safetensors",
        "--recipe",
        "recipe.toml",
        "--principal",
        "1",
        "--force",
    ];
    done(path, &all).unwrap();
    assert_eq!(open(&path.join("out.safetensors")).attributes().len(), 1);
}
