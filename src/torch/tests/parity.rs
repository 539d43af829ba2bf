//! The torch engine against npe's own CPU engine: each call, and whole edits.

mod common;

use common::*;
use npe::model::{Dtype, Model, Sizes};
use npe::session::Device;
use std::path::Path;

/// Both compute in f32, in another order.
const TOLERANCE: f32 = 1e-4;

fn agree(path: Option<&Path>) {
    common::agree(&on(path, Device::CpuTorch), &on(path, Device::Cpu), TOLERANCE);
}

#[test]
fn random_networks_agree() {
    for (width, hidden, latents) in [(1, 1, 1), (3, 37, 5), (16, 64, 24), (32, 200, 100)] {
        agree(Some(random(width, hidden, latents, Dtype::F32).path()));
    }
    agree(Some(random(12, 20, 9, Dtype::F16).path()));
    for side in [32, 128] {
        let sizes = Sizes { width: 5, hidden: 31, latents: 7 };
        agree(Some(file(&Model::random_of("ian-simple", side, sizes, Dtype::F32, 5).unwrap()).path()));
    }
}

#[test]
fn the_bundled_network_agrees() {
    agree(None);
}

/// A pull at latents that were not decoded before, or decoded and pulled before, is the same.
#[test]
fn remembered_decodes_change_nothing() {
    let torch = on(None, Device::CpuTorch);
    let g = &torch.generator;
    let (z, other, weight, colour) =
        (latents(192, 1), latents(192, 2), brush(SIDE, 9..20, 9..20), colour(SIDE));
    let target = target(&weight, &colour);
    let fresh = g.pull(&z, &target).unwrap();
    assert_eq!(g.pull(&z, &target).unwrap(), fresh);
    g.decode(&other).unwrap();
    g.decode(&z).unwrap();
    assert_eq!(g.pull(&z, &target).unwrap(), fresh);
}

#[test]
fn a_recorded_stroke_file_gives_the_same_picture() {
    replayed_alike(&on(None, Device::Cpu), &on(None, Device::CpuTorch));
}

/// The same by the command, as a person runs it.
#[test]
fn the_command_edits_alike_on_both_devices() {
    let room = tempfile::tempdir().unwrap();
    let photo = photo_file();
    let edit = |device: &str| {
        let out = format!("{device}.png");
        let strokes = [
            "0.41,0.2 0.5,0.19 0.59,0.2;radius=0.06;color=#141210",
            "0.43,0.815 0.5,0.825 0.57,0.815;radius=0.025;color=#f4f0ec",
        ];
        let to = ["--stroke", strokes[0], "--stroke", strokes[1], "--device", device, "-o", &out];
        npe(room.path(), &[&["edit", photo.to_str().unwrap(), "--at", "face"], &to[..]].concat())
            .unwrap_or_else(|e| panic!("{device}: {e}"));
        image::open(room.path().join(out)).unwrap().into_rgb8().into_raw()
    };
    let before = image::open(&photo).unwrap().into_rgb8().into_raw();
    let found = apart(&before, &edit("cpu"), &edit("cpu-torch"));
    assert!(found.worst <= 16 && found.far * 5 < found.changed && found.changed > 1000, "{found:?}");
    let info = npe(room.path(), &["info", "--json", "--device", "cpu-torch"]).unwrap();
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!(info["session"]["engine"], "cpu-torch", "{info}");
}

/// The file cargo links must not pass for npe's own library.
#[test]
fn the_engines_library_has_its_own_name() {
    let out = std::process::Command::new("readelf").arg("-d").arg(engine_file()).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let line = text.lines().find(|l| l.contains("SONAME")).expect("a soname");
    assert!(line.contains("[libnpe_torch.so]"), "{line}");
}
