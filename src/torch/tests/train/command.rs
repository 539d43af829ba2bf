//! The command itself, as a person runs it.

use super::common::npe;
use super::{images, text};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder with a recipe `recipe.toml` for images of 64 pixels, and 30 of these.
fn room() -> tempfile::TempDir {
    room_of(30)
}

/// The same with so many.
pub fn room_of(count: usize) -> tempfile::TempDir {
    let room = tempfile::tempdir().unwrap();
    let set = images(count, 64);
    std::fs::create_dir(room.path().join("images")).unwrap();
    for i in 0..set.len() {
        let planes = set.image(i);
        let picture = image::RgbImage::from_fn(64, 64, |x, y| {
            image::Rgb([0, 1, 2].map(|c| planes[c * 4096 + (y * 64 + x) as usize]))
        });
        picture.save(room.path().join(format!("images/{i:03}.png"))).unwrap();
    }
    std::fs::write(room.path().join("recipe.toml"), text(64, "")).unwrap();
    room
}

fn command(room: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_npe-train"));
    command.current_dir(room).args(args);
    // Nothing of the machine's own set-up is to be found.
    command.env_remove("NPE_LIBTORCH").env_remove("LIBTORCH");
    command
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs; the answer on standard output, or the error.
pub fn done(room: &Path, args: &[&str]) -> Result<String, String> {
    let output = command(room, args).output().unwrap();
    match output.status.code() {
        Some(0) => Ok(String::from_utf8(output.stdout).unwrap()),
        Some(1) => Err(told(&output)),
        _ => panic!("{args:?}: {:?}: {}", output.status, told(&output)),
    }
}

fn interrupt(child: &Child) {
    // SAFETY: kill with a signal to a child that was not waited for touches no memory of ours.
    let sent = unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) };
    assert_eq!(sent, 0);
}

#[test]
fn an_interrupted_run_goes_on_and_is_evaluated() {
    let room = room();
    let path = room.path();
    let run = ["run", "recipe.toml", "--out", "run", "--every", "0.01", "--threads", "1"];
    let child = command(path, &run).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while !path.join("run/checkpoint.safetensors").exists() {
        assert!(begun.elapsed() < Duration::from_secs(120), "no checkpoint was written");
        std::thread::sleep(Duration::from_millis(50));
    }
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let text = told(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("30 images from images") && text.contains("stopping: writing"), "{text}");
    assert!(text.contains("stopped; the same command goes on"), "{text}");
    let last = |path: &Path| -> u64 {
        let log = std::fs::read_to_string(path.join("run/log.jsonl")).unwrap();
        let line: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
        line["images"].as_u64().unwrap()
    };
    let seen = last(path);
    assert!(seen > 0);
    let output = command(path, &run).args(["--at-most", "0.02"]).output().unwrap();
    let text = told(&output);
    assert!(output.status.success() && text.contains(&format!("going on after {seen} images")), "{text}");
    assert!(last(path) > seen);

    let checkpoint = "run/checkpoint.safetensors";
    let exported = done(path, &["export", checkpoint, "model.safetensors"]).unwrap();
    let sha256 = npe::model::Model::open(&path.join("model.safetensors")).unwrap().sha256().to_owned();
    assert!(exported.starts_with(&sha256), "{exported}");
    let e = done(path, &["export", checkpoint, "model.safetensors"]).unwrap_err();
    assert!(e.contains("--force replaces it"), "{e}");

    let few = ["--edits", "2", "--data", "images"];
    let table = done(path, &[&["evaluate", checkpoint, "--sheet", "sheet.png"], &few[..]].concat()).unwrap();
    for part in ["on 8 held out", "PSNR", "SSIM", "SWD samples", "64: ", "forehead: hit", "mouth: plausible"]
    {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert_eq!(image::image_dimensions(path.join("sheet.png")).unwrap(), (6 * 64, 2 * 64));
    let json = done(path, &[&["evaluate", checkpoint, "--json"], &few[..]].concat()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["held_out"], 8);
    assert!(json["ssim"].as_f64().unwrap() < 1.0 && json["edits"]["mouth"]["hit_g"].is_number(), "{json}");

    let card = done(path, &[&["card", checkpoint], &few[..]].concat()).unwrap();
    for part in ["# test\n", "made-up images", "CC0-1.0", &sha256, "| PSNR |", "Limits", "```toml", "Time by"]
    {
        assert!(card.contains(part), "{part}: {card}");
    }
    // The exported file itself, by its recipe: what it encodes and decodes is the checkpoint's, but for the rounding of weights.
    let file = ["model.safetensors", "--recipe", "recipe.toml"];
    let of_file = done(path, &[&["evaluate", "--json"], &file[..], &few].concat()).unwrap();
    let of_file: serde_json::Value = serde_json::from_str(&of_file).unwrap();
    assert!(of_file.get("nats").is_none() && of_file.get("images").is_none(), "{of_file}");
    // How far a stroke gets on a network of a second's training hangs on the last bits of its weights.
    for (figure, slack) in [
        ("/error", 0.01),
        ("/psnr", 0.01),
        ("/ssim", 0.01),
        ("/sharpness", 0.01),
        ("/sample_distance/mean", 0.01),
        ("/edits/mouth/hit_g", 0.1),
    ] {
        let [a, b] = [&json, &of_file].map(|j| j.pointer(figure).unwrap().as_f64().unwrap());
        assert!((a - b).abs() < slack * a, "{figure}: {a} {b}");
    }
    let table = done(path, &[&["evaluate"], &file[..], &few].concat()).unwrap();
    assert!(table.starts_with(&format!("{sha256}, on 8 held out\n")) && !table.contains("nats"), "{table}");
    assert!(table.contains("strokes on 2 images, broad_keep 2.25\n"), "{table}");
    // Held more closely, on the same file.
    let close = [&file[..], &few, &["--broad-keep", "64"]].concat();
    let table = done(path, &[&["evaluate"], &close[..]].concat()).unwrap();
    assert!(table.starts_with(&format!("{sha256}, on 8 held out\n")), "{table}");
    assert!(table.contains("strokes on 2 images, broad_keep 64\n"), "{table}");
    let closer = done(path, &[&["evaluate", "--json"], &close[..]].concat()).unwrap();
    let closer: serde_json::Value = serde_json::from_str(&closer).unwrap();
    assert_eq!((&of_file["broad_keep"], &closer["broad_keep"]), (&2.25.into(), &64.0.into()));
    assert!(of_file["sha256"] == sha256.as_str() && closer["sha256"] == sha256.as_str(), "{closer}");
    // Of both strokes together: one alone may not move such a network at all.
    let hold = |json: &serde_json::Value| -> f64 {
        let edits = ["/edits/forehead/hold_mean", "/edits/mouth/hold_mean"];
        edits.iter().map(|place| json.pointer(place).unwrap().as_f64().unwrap()).sum()
    };
    assert!(hold(&closer) < hold(&of_file), "{closer} {of_file}");
    let e = done(path, &[&["evaluate", "--broad-keep", "0.5"], &file[..], &few].concat()).unwrap_err();
    assert!(e.contains("broad_keep is 0.5; npe takes 1 to 256"), "{e}");
    let card = done(path, &[&["card"], &file[..], &few].concat()).unwrap();
    assert!(card.contains(&sha256) && card.contains("100000 images by the recipe"), "{card}");
    let e = done(path, &["evaluate", "model.safetensors"]).unwrap_err();
    assert!(e.contains("which images were held out; name its recipe with --recipe"), "{e}");
    let e = done(path, &["evaluate", checkpoint, "--recipe", "recipe.toml"]).unwrap_err();
    assert!(e.contains("leave --recipe out"), "{e}");

    // The editor's command takes the file. What so small a network can paint is chance, but black and white can't both be there.
    let photo = image::open(path.join("images/000.png")).unwrap().into_rgb8();
    let changes = |color: &str| {
        let stroke = format!("0.5,0.5;radius=0.3;color={color}");
        let edit = ["edit", "images/000.png", "--frame", "32,32,64,0", "--at", "face", "--stroke", &stroke];
        let to = ["-o", "edited.png", "--save-strokes", "strokes.json", "--force", "--device", "cpu"];
        npe(path, &[&edit[..], &to, &["--model", "model.safetensors"]].concat()).unwrap();
        let strokes = std::fs::read_to_string(path.join("strokes.json")).unwrap();
        assert!(strokes.contains(&sha256), "{strokes}");
        let edited = image::open(path.join("edited.png")).unwrap().into_rgb8();
        assert_eq!(edited.dimensions(), photo.dimensions());
        edited != photo
    };
    assert!(["#000000", "#ffffff"].map(changes).contains(&true));

    // A training goes on from the file.
    std::fs::write(
        path.join("more.toml"),
        super::text(64, "").replace("[loss]", "norms = \"fixed\"\n[loss]"),
    )
    .unwrap();
    let more = ["run", "more.toml", "--out", "more", "--at-most", "0.01", "--from"];
    done(path, &[&more[..], &["model.safetensors"]].concat()).unwrap();
    assert!(path.join("more/checkpoint.safetensors").exists());

    done(path, &["plot", "run/log.jsonl", "plot.svg"]).unwrap();
    assert!(std::fs::read_to_string(path.join("plot.svg")).unwrap().starts_with("<svg"));
}

#[test]
fn skipped_images_are_counted() {
    let room = room_of(10);
    let path = room.path();
    for i in 0..23 {
        std::fs::write(path.join(format!("images/x{i:02}.png")), "no picture").unwrap();
    }
    let run = ["run", "recipe.toml", "--out", "run"];
    let text = told(&command(path, &run).output().unwrap());
    assert!(text.contains("10 images from images\n"), "{text}");
    assert_eq!(text.matches("skipped images/x").count() + text.matches("skipped x").count(), 20, "{text}");
    assert!(text.contains("and 3 more: 23 files were skipped in all\n"), "{text}");
}

#[test]
fn wrong_use_gets_a_sentence() {
    let room = room();
    let path = room.path();
    for (args, part) in [
        (&["run", "none.toml", "--out", "run"][..], "none.toml"),
        (&["run", "recipe.toml", "--out", "run", "--data", "nowhere"], "nowhere"),
        (&["run", "recipe.toml", "--out", "run", "--device", "gpu"], "\"gpu\" is not known; use cpu, cuda"),
        (&["run", "recipe.toml", "--out", "run", "--device", "cuda:x"], "\"cuda:x\" is not known"),
        (&["evaluate", "recipe.toml"], "checkpoint"),
        (&["plot", "nothing.jsonl", "plot.svg"], "nothing.jsonl"),
        (&["plot", "recipe.toml", "plot.svg"], "line 2"),
        (&["card", "nothing"], "nothing"),
        (&["prepare", "nowhere", "out"], "nowhere"),
        (&["prepare", "images", "out"], "shows a face"),
    ] {
        let e = done(path, args).unwrap_err();
        assert!(e.starts_with("npe-train: ") || e.contains("\nnpe-train: "), "{args:?}: {e}");
        assert!(e.contains(part), "{args:?}: {e}");
    }
    assert!(!path.join("run").exists() && !path.join("out").exists());
}

/// On a machine with a GPU and the CUDA libraries there is nothing to refuse.
#[test]
fn cuda_that_is_not_there_is_told() {
    let room = room();
    let run = ["run", "recipe.toml", "--out", "run", "--at-most", "0.001", "--device"];
    for device in ["cuda", "cuda:7"] {
        if let Err(e) = done(room.path(), &[&run[..], &[device]].concat()) {
            assert!(e.contains(&format!("--device {device}: ")), "{e}");
            assert!(e.contains("libtorch_cuda.so") || e.contains("GPU"), "{e}");
            assert!(e.contains("--device cpu") || e.contains("numbered from 0"), "{e}");
        }
    }
}

#[test]
fn photos_are_prepared() {
    let room = room();
    std::fs::create_dir(room.path().join("photos")).unwrap();
    let astronaut = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/astronaut.png");
    std::fs::copy(astronaut, room.path().join("photos/a.png")).unwrap();
    let summary = done(room.path(), &["prepare", "photos", "faces", "--size", "64"]).unwrap();
    assert!(summary.contains("1 photo looked at") && summary.contains("1 face written"), "{summary}");
    assert_eq!(image::image_dimensions(room.path().join("faces/faces/000000.jpg")).unwrap(), (64, 64));
}
