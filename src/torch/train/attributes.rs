//! Directions for sliders: what differs between two kinds of labelled images, and the principal directions of all. Calls the
//! library's CPU engine with the model as it ships.

use crate::data::Images;
use crate::error::{Error, Result};
use npe::cpu::CpuGenerator;
use npe::generator::Generator;
use npe::model::{Attribute, Model};
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

/// Two kinds of images by their labels: `NAME=PLUS/MINUS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contrast {
    /// The attribute's name.
    pub name: String,
    /// The label of images that have it.
    pub plus: String,
    /// The label of images that do not.
    pub minus: String,
}

impl std::str::FromStr for Contrast {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parts = text.split_once('=').and_then(|(name, rest)| Some((name, rest.split_once('/')?)));
        match parts {
            Some((name, (plus, minus))) if ![name, plus, minus].contains(&"") => {
                Ok(Self { name: name.to_owned(), plus: plus.to_owned(), minus: minus.to_owned() })
            }
            _ => Err(format!("{text:?} is not NAME=PLUS/MINUS, such as smile=happiness/neutral")),
        }
    }
}

/// An attribute and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// For the model file.
    pub attribute: Attribute,
    /// In a line.
    pub how: String,
}

/// Means of the posterior of the images in `range`, one after the other, by the model's own encoder. `progress` is told how many
/// are done.
///
/// # Errors
/// If the CPU engine can't run the model, or the images are of another size.
pub fn encode(
    model: &Model,
    images: &Images,
    range: Range<usize>,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Vec<f32>>> {
    let generator = CpuGenerator::new(model, 1)?;
    if images.size != generator.image_size() {
        return Err(Error::told(format!(
            "the images have {} pixels a side; this model takes {}",
            images.size,
            generator.image_size()
        )));
    }
    let done = std::sync::atomic::AtomicUsize::new(0);
    let one = |i: usize| {
        let image: Vec<f32> = images.image(i).iter().map(|v| f32::from(*v) / 127.5 - 1.0).collect();
        let z = generator.encode(&image)?;
        progress(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1);
        Ok(z)
    };
    range.into_par_iter().map(one).collect()
}

/// Labels by image name, from a CSV file with a header line whose first two columns are the image and its label.
///
/// # Errors
/// If the file can't be read or a line has fewer columns.
pub fn labels(path: &Path) -> Result<HashMap<String, String>> {
    let wrong = |e: &dyn std::fmt::Display| Error::file("the labels can't be read:", path, e);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(|e| wrong(&e))?;
    let mut all = HashMap::new();
    for row in reader.records() {
        let row = row.map_err(|e| wrong(&e))?;
        let (Some(image), Some(label)) = (row.get(0), row.get(1)) else {
            let line = row.position().map_or(0, csv::Position::line);
            return Err(wrong(&format!("line {line} has no two columns")));
        };
        all.insert(image.to_owned(), label.to_owned());
    }
    Ok(all)
}

fn mean(of: &[&Vec<f32>]) -> Vec<f64> {
    let n = of.len().max(1) as f64;
    let mut sum = vec![0.0; of.first().map_or(0, |z| z.len())];
    of.iter().for_each(|z| sum.iter_mut().zip(z.iter()).for_each(|(s, v)| *s += f64::from(*v)));
    sum.iter().map(|s| s / n).collect()
}

/// Fewer images of a kind say nothing of a face.
const FEWEST: usize = 20;

/// Half the way from the mean of the one kind to the mean of the other, so that −1 to 1 spans it. Told beside it: how often an
/// image of the one kind lies further along it than one of the other, on every fifth image, which had no part in it.
///
/// # Errors
/// If there are fewer than 20 images of a kind.
pub fn contrast(
    latents: &[Vec<f32>],
    names: &[String],
    labels: &HashMap<String, String>,
    wanted: &Contrast,
) -> Result<Found> {
    let kind = |label: &str| -> Result<Vec<&Vec<f32>>> {
        let all = latents.iter().zip(names).filter(|(_, name)| labels.get(*name).is_some_and(|l| l == label));
        let found: Vec<&Vec<f32>> = all.map(|(z, _)| z).collect();
        if found.len() < FEWEST {
            return Err(Error::told(format!(
                "{} of the images have the label {label:?}, of {} labels; {FEWEST} are needed",
                found.len(),
                labels.len()
            )));
        }
        Ok(found)
    };
    let (plus, minus) = (kind(&wanted.plus)?, kind(&wanted.minus)?);
    let way = |a: &[&Vec<f32>], b: &[&Vec<f32>]| -> Vec<f64> {
        mean(a).iter().zip(mean(b)).map(|(a, b)| 0.5 * (a - b)).collect()
    };
    let part = |of: &[&Vec<f32>], tested: bool| -> Vec<Vec<f32>> {
        let chosen = of.iter().enumerate().filter(|(i, _)| (i % 5 == 0) == tested);
        chosen.map(|(_, z)| (*z).clone()).collect()
    };
    let (a, b) = (part(&plus, false), part(&minus, false));
    let tried = way(&a.iter().collect::<Vec<_>>(), &b.iter().collect::<Vec<_>>());
    let along = |z: &Vec<f32>| -> f64 { z.iter().zip(&tried).map(|(z, d)| f64::from(*z) * d).sum() };
    let (a, b) = (part(&plus, true), part(&minus, true));
    let order: Vec<f64> = b.iter().map(along).collect();
    let right: usize = a.iter().map(along).map(|p| order.iter().filter(|q| **q < p).count()).sum();
    let share = 100.0 * right as f64 / (a.len() * b.len()) as f64;
    let how = format!(
        "half the way between the means of {} images {:?} and {} {:?}; of two held-out images it orders {share:.1} % rightly",
        plus.len(),
        wanted.plus,
        minus.len(),
        wanted.minus
    );
    let direction = way(&plus, &minus).iter().map(|v| *v as f32).collect();
    Ok(Found { attribute: Attribute { name: wanted.name.clone(), direction, leads: true }, how })
}

/// Turns of the power iteration at most, and how little a direction moves when it has arrived.
const TURNS: usize = 3000;
const STILL: f64 = 1e-9;

/// The first `count` principal directions of the latents, `pc1`, `pc2` … by falling variance, each a standard deviation long; the
/// largest component is positive. By power iteration on the covariance, found directions taken out of it (Hotelling 1933).
///
/// # Errors
/// If there are fewer than two latents' vectors or more directions are wanted than there are latents.
pub fn principal(latents: &[Vec<f32>], count: usize) -> Result<Vec<Found>> {
    let n = latents.first().map_or(0, Vec::len);
    if count > n || latents.len() < 2 {
        return Err(Error::told(format!(
            "{count} principal directions are wanted of {} images in {n} latents",
            latents.len()
        )));
    }
    let all: Vec<&Vec<f32>> = latents.iter().collect();
    let centre = mean(&all);
    let mut covariance: Vec<f64> = (latents.par_chunks(512))
        .map(|some| {
            let mut sum = vec![0.0; n * n];
            for z in some {
                let d: Vec<f64> = z.iter().zip(&centre).map(|(z, m)| f64::from(*z) - m).collect();
                for (row, a) in sum.chunks_exact_mut(n).zip(&d) {
                    row.iter_mut().zip(&d).for_each(|(s, b)| *s += a * b);
                }
            }
            sum
        })
        // In order, so that the same images give the same bytes.
        .collect::<Vec<_>>()
        .into_iter()
        .fold(vec![0.0; n * n], |mut sum, part| {
            sum.iter_mut().zip(part).for_each(|(s, p)| *s += p);
            sum
        });
    covariance.iter_mut().for_each(|c| *c /= (latents.len() - 1) as f64);
    let total: f64 = (0..n).map(|i| covariance[i * n + i]).sum();
    let mut found = Vec::new();
    for k in 1..=count {
        let (direction, variance) = strongest(&covariance, n);
        for (i, row) in covariance.chunks_exact_mut(n).enumerate() {
            row.iter_mut().zip(&direction).for_each(|(c, d)| *c -= variance * direction[i] * d);
        }
        let largest = direction.iter().copied().fold(0.0f64, |a, b| if b.abs() > a.abs() { b } else { a });
        let scale = variance.max(0.0).sqrt() * largest.signum();
        let direction = direction.iter().map(|d| (d * scale) as f32).collect();
        let how = format!("{:.1} % of the variance of {} images", 100.0 * variance / total, latents.len());
        let attribute = Attribute { name: format!("pc{k}"), direction, leads: false };
        found.push(Found { attribute, how });
    }
    Ok(found)
}

/// The direction of the largest variance, of length 1, and that variance.
fn strongest(covariance: &[f64], n: usize) -> (Vec<f64>, f64) {
    // Begin with a direction that is square to none of the others, the same every time.
    let mut v: Vec<f64> = (0..n).map(|i| 1.0 + (i as f64 * 0.618).fract()).collect();
    let mut variance = 0.0;
    for _ in 0..TURNS {
        let length = v.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-300);
        v.iter_mut().for_each(|x| *x /= length);
        let next: Vec<f64> =
            covariance.chunks_exact(n).map(|row| row.iter().zip(&v).map(|(a, b)| a * b).sum()).collect();
        variance = next.iter().zip(&v).map(|(a, b)| a * b).sum();
        let off: f64 = next.iter().zip(&v).map(|(a, b)| (a - variance * b).powi(2)).sum::<f64>().sqrt();
        if off <= STILL * variance.abs() {
            break;
        }
        v = next;
    }
    let length = v.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-300);
    v.iter_mut().for_each(|x| *x /= length);
    (v, variance)
}

#[cfg(test)]
#[path = "attributes_tests.rs"]
mod tests;
