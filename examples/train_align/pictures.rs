//! Reading the training pictures as small grey photos.

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use npe::photo::{Channels, Photo, Samples};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Groups of pictures held out, by the beginning of their paths.
pub const GROUPS: [&str; 3] = ["celeba", "lfw", ""];

/// Pictures to train on (and their mirror images), and pictures to test on, each group for itself.
pub fn load(source: &str, names: &[String]) -> Result<(Vec<Photo>, [Vec<Photo>; 3])> {
    let (mut train, mut test) = (Vec::new(), GROUPS.map(|_| Vec::new()));
    let mut count = 0;
    let mut take = |path: &str, bytes: &[u8]| -> Result<()> {
        count += 1;
        let path = path.trim_start_matches("./");
        let held_out = count % 45 == 0;
        let trains = !held_out && (names.is_empty() || names.iter().any(|n| path.starts_with(n.as_str())));
        if !(trains || held_out) {
            return Ok(());
        }
        let mut image = image::load_from_memory(bytes)?.to_luma8();
        let photo = |image: &image::GrayImage| {
            Photo::new(image.width(), image.height(), Channels::Grey, Samples::U8(image.as_raw().clone()))
        };
        if held_out {
            let group = GROUPS.iter().position(|g| path.starts_with(g)).unwrap_or(GROUPS.len() - 1);
            test[group].push(photo(&image)?);
        } else {
            train.push(photo(&image)?);
            image::imageops::flip_horizontal_in_place(&mut image);
            train.push(photo(&image)?);
        }
        Ok(())
    };
    let root = Path::new(source);
    if root.is_dir() {
        walk(root, root, &mut take)?;
    } else {
        for entry in tar::Archive::new(File::open(root)?).entries()? {
            let mut entry = entry?;
            let path = entry.path()?.to_string_lossy().into_owned();
            if path.ends_with(".jpg") || path.ends_with(".png") {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                take(&path, &bytes)?;
            }
        }
    }
    Ok((train, test))
}

fn walk(root: &Path, folder: &Path, take: &mut dyn FnMut(&str, &[u8]) -> Result<()>) -> Result<()> {
    let mut paths: Vec<_> = folder.read_dir()?.map(|e| Ok(e?.path())).collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(root, &path, take)?;
        } else if path.extension().is_some_and(|e| e == "jpg" || e == "png") {
            take(&path.strip_prefix(root)?.to_string_lossy(), &std::fs::read(&path)?)?;
        }
    }
    Ok(())
}
