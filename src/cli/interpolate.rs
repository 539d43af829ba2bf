//! `npe interpolate`: from one face to another, the paper's figure.

use crate::read::{self, Extras};
use crate::report::{Failure, Outcome, Result, print};
use crate::{frame, machine, save, sheet};
use npe::photo;
use std::path::{Path, PathBuf};

/// Go from one photo's face to another's: a row of photo A, the faces between, photo B
///
/// The way between is straight in the latents: (1 - t) z_A + t z_B, the mean of each posterior at its end.
#[derive(clap::Args)]
pub struct Args {
    /// The first photo
    a: PathBuf,
    /// The last photo
    b: PathBuf,
    /// Faces in the row, both reconstructions included, 2 to 100
    #[arg(long, default_value_t = 8)]
    steps: usize,
    #[command(flatten)]
    output: save::Output,
    #[command(flatten)]
    machine: machine::Args,
}

/// Runs the command.
pub fn run(args: &Args) -> Result {
    if !(2..=100).contains(&args.steps) {
        return Err(Failure::usage(format!("--steps is {}; it must be 2 to 100", args.steps)));
    }
    args.output.check(&[args.a.clone(), args.b.clone()])?;
    let model = args.machine.load(1)?;
    let generator = model.generator.as_ref();
    let end = |path: &Path| {
        let (pixels, _) = read::photo(path)?;
        let found = frame::largest(&pixels, model.meta.extras.aligner.as_deref());
        let frame = found.map_err(|e| npe::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
        let latents = generator.encode(&photo::crop(&pixels, &frame, generator.image_size())?)?;
        let sharp = photo::crop(&pixels, &frame, sheet::CELL as usize)?;
        Ok::<_, npe::Error>((latents, sheet::planar(&sharp, sheet::CELL as usize)))
    };
    let ((za, a), (zb, b)) = (end(&args.a)?, end(&args.b)?);
    let mut pictures = vec![a];
    for i in 0..args.steps {
        let t = i as f32 / (args.steps - 1) as f32;
        let z: Vec<f32> = za.iter().zip(&zb).map(|(a, b)| (1.0 - t) * a + t * b).collect();
        pictures.push(sheet::planar(&generator.decode(&z)?, generator.image_size()));
    }
    pictures.push(b);
    let mut captions = vec![""; args.steps + 2];
    (captions[0], captions[args.steps + 1]) = ("A", "B");
    let mut row = sheet::Sheet::new(&captions);
    row.push("", pictures);
    save::photo(&args.output.path, &row.photo()?, &Extras::default(), args.output.options())?;
    print(&format!("{}\n", args.output.path.display()))?;
    Ok(Outcome::Done)
}
