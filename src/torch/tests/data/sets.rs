//! SVHN's and CIFAR's files, written here by hand.

use std::fs;
use std::io::Write;

use npe_torch::data::{Crop, Settings};

use super::{load, refused, whole};

/// Channel `c` at (x, y) of image `i`.
fn value(i: usize, c: usize, x: usize, y: usize) -> u8 {
    ((i * 89 + c * 61 + x * 5 + y * 3) % 251) as u8
}

fn check(image: &[u8], i: usize) {
    for (c, y, x) in [(0, 0, 0), (0, 31, 0), (1, 0, 31), (2, 7, 20), (2, 31, 31)] {
        assert_eq!(image[(c * 32 + y) * 32 + x], value(i, c, x, y), "image {i}, channel {c} at {x}, {y}");
    }
}

/// A data element: its tag, its bytes, and what fills it up to 8.
fn element(kind: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if bytes.len() <= 4 && kind != 14 {
        out.extend((kind | (bytes.len() as u32) << 16).to_le_bytes());
        out.extend(bytes);
    } else {
        out.extend(kind.to_le_bytes());
        out.extend((bytes.len() as u32).to_le_bytes());
        out.extend(bytes);
    }
    out.resize(out.len().next_multiple_of(8), 0);
    out
}

/// A numeric variable; `class` 9 is of bytes, 6 of doubles.
fn variable(name: &str, class: u8, dims: &[i32], kind: u32, data: &[u8]) -> Vec<u8> {
    let dims: Vec<u8> = dims.iter().flat_map(|d| d.to_le_bytes()).collect();
    let parts = [
        element(6, &[class, 0, 0, 0, 0, 0, 0, 0]),
        element(5, &dims),
        element(1, name.as_bytes()),
        element(kind, data),
    ];
    element(14, &parts.concat())
}

fn compressed(variable: &[u8]) -> Vec<u8> {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(variable).unwrap();
    let bytes = zlib.finish().unwrap();
    let mut out = 15_u32.to_le_bytes().to_vec();
    out.extend((bytes.len() as u32).to_le_bytes());
    out.extend(bytes);
    out
}

fn mat(variables: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"MATLAB 5.0 MAT-file, made by a test".to_vec();
    file.resize(124, b' ');
    file.extend([0, 1, b'I', b'M']);
    file.extend(variables.concat());
    file
}

/// `X` of so many images, in MATLAB's order.
fn pixels(count: usize) -> Vec<u8> {
    (0..count * 3072).map(|k| value(k / 3072, k / 1024 % 3, k / 32 % 32, k % 32)).collect()
}

#[test]
fn svhn_is_read_packed_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("train_32x32.mat");
    let x = variable("X", 9, &[32, 32, 3, 5], 2, &pixels(5));
    let y = variable("y", 9, &[5, 1], 2, &[10, 1, 9, 5, 2]);
    let other = variable("meta", 6, &[1, 1], 9, &1.5_f64.to_le_bytes());
    for variables in [
        vec![compressed(&x), compressed(&y)],
        vec![x.clone(), y.clone()],
        vec![compressed(&other), y.clone(), other.clone(), compressed(&x)],
    ] {
        fs::write(&path, mat(&variables)).unwrap();
        let images = load(&path, &whole(32)).unwrap();
        assert_eq!(images.len(), 5);
        (0..5).for_each(|i| check(images.image(i), i));
        assert_eq!(images.labels.as_deref(), Some(&[0, 1, 9, 5, 2][..]), "10 is the digit 0");
        assert_eq!(images.names[4], "train_32x32.mat#4");
    }
    // Few labels are packed into their tag; and they may be doubles.
    let few = variable("y", 9, &[1, 1], 2, &[7]);
    let one = variable("X", 9, &[32, 32, 3], 2, &pixels(1));
    fs::write(&path, mat(&[compressed(&one), compressed(&few)])).unwrap();
    assert_eq!(load(&path, &whole(32)).unwrap().labels, Some(vec![7]));
    let doubles = variable("y", 6, &[1, 1], 9, &10_f64.to_le_bytes());
    fs::write(&path, mat(&[doubles, one])).unwrap();
    assert_eq!(load(&path, &whole(32)).unwrap().labels, Some(vec![0]));
    // At another size and with a crop.
    assert_eq!(load(&path, &whole(64)).unwrap().pixels.len(), 3 * 64 * 64);
    let beyond = Settings { size: 32, crop: Crop::Square { x: 14, y: 14, side: 100 } };
    assert!(refused(load(&path, &beyond)).contains("beyond"));
}

#[test]
fn a_damaged_mat_is_an_error_wherever_it_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mat");
    let x = variable("X", 9, &[32, 32, 3, 2], 2, &pixels(2));
    let y = variable("y", 9, &[2, 1], 2, &[1, 2]);
    for file in [mat(&[compressed(&x), compressed(&y)]), mat(&[x.clone(), y.clone()])] {
        for end in (0..file.len() - 8).step_by(7) {
            fs::write(&path, &file[..end]).unwrap();
            let said = refused(load(&path, &whole(32)));
            assert!(said.starts_with(&path.display().to_string()), "{end}: {said}");
        }
        // Any byte may be wrong; whatever comes of it, it is an answer. The first 400 hold all heads.
        for at in 0..400.min(file.len()) {
            let mut wrong = file.clone();
            wrong[at] ^= 0xff;
            fs::write(&path, &wrong).unwrap();
            let _ = load(&path, &whole(32));
        }
    }
    let told = |variables: &[Vec<u8>], what: &str| {
        fs::write(&path, mat(variables)).unwrap();
        let said = refused(load(&path, &whole(32)));
        assert!(said.contains(what), "{said}");
    };
    told(&[variable("X", 9, &[32, 32, 3, i32::MAX], 2, &pixels(1)), y.clone()], "images");
    told(&[variable("X", 9, &[32, 32, 3, 400_000], 2, &pixels(1)), y.clone()], "400000 images");
    told(&[variable("X", 9, &[16, 16, 3, 2], 2, &pixels(2)), y.clone()], "[16, 16, 3, 2]");
    told(&[x.clone(), variable("y", 9, &[3, 1], 2, &[1, 2, 3])], "2 images in X, but 3 labels");
    told(&[x.clone(), variable("y", 9, &[2, 1], 2, &[1, 11])], "label 11");
    told(&[x.clone(), variable("y", 6, &[1, 1], 9, &f64::NAN.to_le_bytes())], "label NaN");
    told(std::slice::from_ref(&x), "no variables X");
    let mut seven = mat(&[]);
    seven[..10].copy_from_slice(b"MATLAB 7.3");
    fs::write(&path, seven).unwrap();
    assert!(refused(load(&path, &whole(32))).contains("-v7"));
}

fn record(labels: &[u8], i: usize) -> Vec<u8> {
    let pixels = (0..3072).map(|k| value(i, k / 1024, k % 32, k / 32 % 32));
    labels.iter().copied().chain(pixels).collect()
}

#[test]
fn cifar_is_read_from_a_file_or_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let batch = |labels: [u8; 2], i: usize| [record(&labels[..1], i), record(&labels[1..], i + 1)].concat();
    fs::write(dir.path().join("data_batch_2.bin"), batch([3, 9], 2)).unwrap();
    fs::write(dir.path().join("data_batch_1.bin"), batch([0, 7], 0)).unwrap();
    fs::write(dir.path().join("batches.meta.txt"), "airplane\n").unwrap();
    let images = load(dir.path(), &whole(32)).unwrap();
    assert_eq!(images.labels.as_deref(), Some(&[0, 7, 3, 9][..]));
    (0..4).for_each(|i| check(images.image(i), i));
    assert_eq!(images.names[2], "data_batch_2.bin#0");
    let hundred = dir.path().join("train.bin");
    fs::write(&hundred, [record(&[19, 99], 0), record(&[0, 42], 1)].concat()).unwrap();
    let images = load(&hundred, &whole(32)).unwrap();
    assert_eq!(images.labels.as_deref(), Some(&[99, 42][..]), "the fine classes");
    (0..2).for_each(|i| check(images.image(i), i));
    assert!(refused(load(dir.path(), &whole(32))).contains("another CIFAR"));
}

#[test]
fn a_damaged_cifar_file_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.bin");
    let file = [record(&[3], 0), record(&[9], 1)].concat();
    for end in [0, 1, 3072, 3074 + 5, file.len() - 1] {
        fs::write(&path, &file[..end]).unwrap();
        let said = refused(load(&path, &whole(32)));
        assert!(said.contains(&format!("has {end} bytes")) && said.contains("cut off"), "{said}");
    }
    fs::write(&path, [record(&[3], 0), record(&[10], 1)].concat()).unwrap();
    assert!(refused(load(&path, &whole(32))).contains("labels that CIFAR-10"));
}
