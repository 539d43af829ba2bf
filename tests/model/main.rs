//! Model files: those that are shipped, what is written and read back, and what is refused.

mod refused;

use std::path::Path;

use npe::{
    cpu::CpuGenerator,
    generator::{BROAD_KEEP, Generator},
    model::{Dtype, Model, Sizes},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const SMALL: Sizes = Sizes { width: 3, hidden: 7, latents: 5 };

fn small() -> Vec<u8> {
    Model::random(SMALL, Dtype::F16, 1).unwrap().to_bytes(Dtype::F16).unwrap()
}

/// Each shipped model opens, has the hash of the list and of its card, and its card names its terms.
#[test]
fn shipped_models_are_those_of_the_list_and_of_their_cards() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut names = Vec::new();
    for line in include_str!("../../models/SHA256SUMS").lines() {
        let (sum, file) = line.split_once("  ").unwrap();
        let bytes = std::fs::read(folder.join(file)).unwrap();
        let found: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(found, sum, "{file}");
        assert!(bytes.len() <= 32 << 20, "{file}");
        let model = Model::open(&folder.join(file)).unwrap();
        let card = std::fs::read_to_string(folder.join(file).with_extension("md")).unwrap();
        assert!(card.contains(sum) && card.contains(&model.meta.licence), "{file}");
        assert_eq!(file, format!("{}.safetensors", model.meta.name));
        names.push(model.meta.name);
    }
    assert_eq!(names, ["anime", "faces", "objects32"]);
}

#[test]
fn the_bundled_model_is_the_file_of_the_repository() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/faces.safetensors");
    for model in [Model::bundled().unwrap(), Model::open(&path).unwrap()] {
        assert!(
            include_str!("../../models/SHA256SUMS")
                .contains(&format!("{}  faces.safetensors", model.sha256()))
        );
        assert_eq!(model.meta.sizes(), Sizes { width: 48, hidden: 512, latents: 192 });
        assert_eq!((model.meta.name.as_str(), model.meta.broad_keep), ("faces", 3.0));
        assert_eq!((model.meta.eye_left, model.meta.eye_right), ((22.9, 32.6), (41.1, 32.6)));
        assert_eq!(model.meta.licence, "non-commercial research");
        assert!(model.meta.trained_on.contains("CelebA"));
        assert_eq!(model.attributes()[0].name, "smile");
        assert!(model.aligner().is_some());
    }
}

#[test]
fn a_written_model_reads_back_the_same() {
    for dtype in [Dtype::F16, Dtype::F32] {
        let model = Model::random(SMALL, dtype, 2).unwrap();
        let file = model.to_bytes(dtype).unwrap();
        let back = Model::from_bytes(&file).unwrap();
        assert_eq!(back.meta, model.meta);
        assert_eq!(back.sha256(), model.sha256(), "the same bytes every time");
        for (name, shape) in SMALL.tensors() {
            let (values, same) = (model.tensor(&name).unwrap(), back.tensor(&name).unwrap());
            assert_eq!(values.to_f32().len(), shape.iter().product::<usize>());
            // Biases are written as f32 whatever they were.
            assert_eq!(values.to_f32(), same.to_f32(), "{name}");
        }
    }
}

#[test]
fn how_closely_a_broad_stroke_holds_is_kept_in_the_file_and_reaches_the_editor() {
    let plain = Model::random(SMALL, Dtype::F32, 2).unwrap();
    assert_eq!(CpuGenerator::new(&plain, 1).unwrap().broad_keep(), BROAD_KEEP);
    let closer = plain.clone().with_broad_keep(4.5).unwrap();
    assert_ne!(closer.sha256(), plain.sha256());
    let back = Model::from_bytes(&closer.to_bytes(Dtype::F32).unwrap()).unwrap();
    assert_eq!((back.meta.broad_keep, back.sha256()), (4.5, closer.sha256()));
    assert_eq!(CpuGenerator::new(&back, 1).unwrap().broad_keep(), 4.5);
    assert!(closer.with_broad_keep(f32::NAN).is_err());
}

/// Every architecture at every image size.
fn kinds() -> impl Iterator<Item = (&'static str, usize)> {
    ["ian-simple", "ian"].into_iter().flat_map(|a| [32, 64, 128].map(|side| (a, side)))
}

#[test]
fn every_architecture_and_size_reads_back_the_same() {
    for (architecture, side) in kinds() {
        let model = Model::random_of(architecture, side, SMALL, Dtype::F16, 3).unwrap();
        assert_eq!((model.meta.architecture.as_str(), model.meta.image_size), (architecture, side));
        let back = Model::from_bytes(&model.to_bytes(Dtype::F16).unwrap()).unwrap();
        assert_eq!((&back.meta, back.sha256()), (&model.meta, model.sha256()));
        for (name, shape) in model.meta.tensors() {
            let values = back.tensor(&name).unwrap();
            assert_eq!(values.to_f32().len(), shape.iter().product::<usize>(), "{name}");
            assert_eq!(values.to_f32(), model.tensor(&name).unwrap().to_f32(), "{name}");
            let matrix = shape.len() > 1 && name.ends_with(".weight");
            assert_eq!(values.dtype(), if matrix { Dtype::F16 } else { Dtype::F32 }, "{name}");
        }
        // The values as a trainer gives them.
        let values = model.meta.tensors().into_iter();
        let values =
            values.map(|(name, _)| (name.clone(), model.tensor(&name).unwrap().to_f32().into_owned()));
        let given = Model::from_tensors(model.meta.clone(), values.collect()).unwrap();
        assert_eq!(given.to_bytes(Dtype::F16).unwrap(), model.to_bytes(Dtype::F16).unwrap());
    }
    assert!(Model::random_of("ian", 16, SMALL, Dtype::F16, 3).is_err());
    assert!(Model::random_of("gan", 64, SMALL, Dtype::F16, 3).is_err());
    let mut unknown = Model::random(SMALL, Dtype::F16, 3).unwrap().meta;
    unknown.image_size = 0;
    assert!(unknown.tensors().is_empty());
}

#[test]
fn the_full_networks_table_is_that_of_the_paper() {
    let mut meta = Model::random_of("ian", 64, SMALL, Dtype::F16, 3).unwrap().meta;
    (meta.width, meta.hidden, meta.latents) = (128, 1000, 100);
    let table = meta.tensors();
    let shape = |name: &str| table.iter().find(|(n, _)| n == name).map(|(_, s)| s.as_slice()).unwrap();
    assert_eq!(shape("enc.conv4.weight"), [1024, 512, 5, 5]);
    assert_eq!(shape("dec.fc.weight"), [8192, 100]);
    assert_eq!(shape("dec.deconv1.weight"), [512, 512, 5, 5]);
    assert_eq!(shape("dec.mdc1.a.scales"), [3, 512]);
    assert_eq!(shape("dec.mdc2.b.weight"), [256, 256, 3, 3]);
    assert_eq!(shape("dec.mdc3.b.scales"), [4, 128]);
    assert_eq!(shape("dec.deconv4.weight"), [128, 128, 5, 5]);
    assert_eq!(shape("dec.blue.rg.weight"), [2, 4, 3, 3]);
    // The paper's decoder has 18,099,476. Folded, the norms of a block have 5 values a channel instead of 6, the last one
    // becomes a bias.
    let count: usize =
        table.iter().filter(|(n, _)| n.starts_with("dec.")).map(|(_, s)| s.iter().product::<usize>()).sum();
    assert_eq!(count, 18_099_476 - (512 + 256 + 128) - 128);
}

#[test]
fn weights_too_large_for_f16_are_not_written_as_infinity() {
    let mut file = Model::random(SMALL, Dtype::F32, 1).unwrap().to_bytes(Dtype::F32).unwrap();
    let length = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    let at = 8 + length + header["enc.mu.weight"]["data_offsets"][0].as_u64().unwrap() as usize;
    file[at..at + 4].copy_from_slice(&1e6f32.to_le_bytes());
    let error = Model::from_bytes(&file).unwrap().to_bytes(Dtype::F16).unwrap_err();
    assert!(error.to_string().contains("value 0 of tensor enc.mu.weight is over 65504"), "{error}");
}
