//! `npe sample`: faces that do not exist.

use crate::read::Extras;
use crate::report::{Failure, Outcome, Result, print};
use crate::{machine, save, sheet};
use npe::edit::sample_latents;

/// Draw random faces from the network into a grid
#[derive(clap::Args)]
pub struct Args {
    /// The seed of the first face; each next one has the next seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many faces, 1 to 400
    #[arg(long, default_value_t = 16)]
    count: usize,
    #[command(flatten)]
    output: save::Output,
    #[command(flatten)]
    machine: machine::Args,
}

/// Runs the command.
pub fn run(args: &Args) -> Result {
    if !(1..=400).contains(&args.count) {
        return Err(Failure::usage(format!("--count is {}; it must be 1 to 400", args.count)));
    }
    args.output.check(&[])?;
    let model = args.machine.load(1)?;
    let columns = (1..).find(|n| n * n >= args.count).unwrap_or(1).min(10);
    let mut grid = sheet::Sheet::new(&vec![""; columns]);
    let faces = (0..args.count as u64)
        .map(|i| {
            let z = sample_latents(model.generator.latents(), args.seed.wrapping_add(i));
            Ok(sheet::planar(&model.generator.decode(&z)?, model.generator.image_size()))
        })
        .collect::<npe::Result<Vec<_>>>()?;
    for row in faces.chunks(columns) {
        grid.push("", row.to_vec());
    }
    save::photo(&args.output.path, &grid.photo()?, &Extras::default(), args.output.options())?;
    print(&format!("{}\n", args.output.path.display()))?;
    Ok(Outcome::Done)
}
