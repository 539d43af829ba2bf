//! Trains the aligner of `npe::photo::align` on aligned face pictures, a few minutes on two cores:
//!
//! `cargo run --release --example train_align -- PICTURES OUT.safetensors [--train NAME,NAME…] [--tries N] [--ridge R]`
//!
//! PICTURES is a tar file or a folder of square pictures of aligned faces; the frame is their central 100/128, the
//! eyes 28.4/128 apart around (64, 65)/128. `--train` takes only pictures whose path begins with one of the names.
//! Every 45th picture is held out, trained on or not; the result is tested on them, those whose path begins with
//! `celeba`, those with `lfw` and all others apart. `--tries` is how often each picture is disturbed.

mod pictures;
mod ridge;

use std::error::Error;

use npe::photo::align::{Aligner, FEATURES, MOVES, Move, Stage, features, move_between, moved};
use npe::photo::{Frame, Photo};

const STAGES: usize = 4;

/// The frame of the training pictures.
fn true_frame(photo: &Photo) -> Frame {
    let side = f64::from(photo.width());
    Frame { cx: side / 2.0, cy: side / 2.0, side: side * 100.0 / 128.0, angle: 0.0 }
}

/// Uniform numbers in −1..1, the same every time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// A frame to start from: wider than what the detector gives.
    fn disturb(&mut self, frame: &Frame) -> Frame {
        let shift = |v: f64| v * 0.12;
        let by: [f64; MOVES] = [
            shift(self.next()),
            shift(self.next()),
            self.next() * 1.25f64.ln(),
            self.next() * 25f64.to_radians(),
        ];
        moved(frame, &by.map(|v| v as f32))
    }
}

struct Sample<'a> {
    photo: &'a Photo,
    target: Frame,
    now: Frame,
}

fn samples<'a>(photos: &'a [Photo], tries: usize, seed: u64) -> Vec<Sample<'a>> {
    let mut chance = Chance(seed);
    photos
        .iter()
        .flat_map(|photo| std::iter::repeat_n(photo, tries))
        .map(|photo| {
            let target = true_frame(photo);
            Sample { photo, target, now: chance.disturb(&target) }
        })
        .collect()
}

/// All features of all samples, on all cores.
fn all_features(samples: &[Sample<'_>]) -> Vec<f32> {
    let mut out = vec![0.0; samples.len() * FEATURES];
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = samples.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for (part, rows) in samples.chunks(share).zip(out.chunks_mut(share * FEATURES)) {
            scope.spawn(move || {
                for (sample, row) in part.iter().zip(rows.chunks_exact_mut(FEATURES)) {
                    row.copy_from_slice(&features(sample.photo, &sample.now).expect("a valid frame"));
                }
            });
        }
    });
    out
}

/// How far the eyes are off, as a share of the frame's side: mean and 90th percentile.
fn eye_error(samples: &[Sample<'_>]) -> (f64, f64) {
    let mut errors: Vec<f64> = samples
        .iter()
        .map(|s| {
            let off = [-14.2, 14.2].map(|dx| {
                let (u, v) = ((50.0 + dx) / 100.0, 51.0 / 100.0);
                let (x, y) = s.target.to_photo(u, v);
                let (u2, v2) = s.now.from_photo(x, y);
                (u2 - u).hypot(v2 - v)
            });
            (off[0] + off[1]) / 2.0
        })
        .collect();
    errors.sort_by(f64::total_cmp);
    (errors.iter().sum::<f64>() / errors.len() as f64, errors[errors.len() * 9 / 10])
}

fn advance(samples: &mut [Sample<'_>], stage: &Stage, features: &[f32]) {
    for (sample, row) in samples.iter_mut().zip(features.chunks_exact(FEATURES)) {
        sample.now = moved(&sample.now, &stage.step(row));
    }
}

fn report(what: &str, train: &[Sample<'_>], test: &[Vec<Sample<'_>>]) {
    let show = |(mean, most): (f64, f64)| format!("{:.2} ({:.2})", mean * 100.0, most * 100.0);
    print!("{what}: training {}", show(eye_error(train)));
    for (name, samples) in ["celeba", "lfw", "others"].iter().zip(test).filter(|(_, s)| !s.is_empty()) {
        let off = samples.iter().map(|s| move_between(&s.now, &s.target));
        let mean = off.fold([0.0; MOVES], |a, m| std::array::from_fn(|i| a[i] + m[i] / samples.len() as f32));
        let [x, y, scale, turn] = mean.map(|v| v * 100.0);
        print!("; {name} {}, on average {x:.2} {y:.2} {scale:.2} {turn:.2}", show(eye_error(samples)));
    }
    println!();
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut plain = Vec::new();
    let (mut names, mut tries, mut ridge_share) = (Vec::new(), 2usize, 0.3f64);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--train" => names = value()?.split(',').map(str::to_owned).collect(),
            "--tries" => tries = value()?.parse()?,
            "--ridge" => ridge_share = value()?.parse()?,
            _ => plain.push(arg),
        }
    }
    let [source, out] = &plain[..] else {
        return Err("say where the pictures are and where the result goes".into());
    };
    let (train, test) = pictures::load(source, &names)?;
    let held_out: usize = test.iter().map(Vec::len).sum();
    println!("{} pictures to train on (mirrored ones too), {held_out} held out", train.len());
    println!(
        "eyes off in percent of the side: mean (90th percentile); then what is left to move, in percent"
    );
    let mut train = samples(&train, tries, 0x5eed);
    let mut test = test.each_ref().map(|photos| samples(photos, 4, 0x7e57));
    report("start", &train, &test);
    let mut aligner = Aligner { stages: Vec::new() };
    for number in 1..=STAGES {
        let rows = all_features(&train);
        let targets: Vec<Move> = train.iter().map(|s| move_between(&s.now, &s.target)).collect();
        let stage = ridge::solve(&rows, &targets, ridge_share);
        advance(&mut train, &stage, &rows);
        for test in &mut test {
            let rows = all_features(test);
            advance(test, &stage, &rows);
        }
        report(&format!("stage {number}"), &train, &test);
        aligner.stages.push(stage);
    }
    std::fs::write(out, aligner.to_bytes()?)?;
    Ok(())
}
