//! How a decoder answers to its latents on average: the linear map that a model file may carry for the solver's first move. Calls the
//! library's CPU engine with the model as it ships.

use crate::error::{Error, Result};
use npe::cpu::CpuGenerator;
use npe::generator::{Generator, Response};
use npe::model::Model;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tch::{Kind, Tensor};

/// So many images are decoded at most, evenly chosen: with 3667 of faces, whose latents are 192, the map gives 91 % of their variance.
const IMAGES: usize = 4000;
/// Added to each latent's variance: one that hardly varies has no answer worth believing.
const RIDGE: f64 = 0.01;

/// The map, and the share of the decoded images' variance that it gives.
///
/// # Errors
/// If there are fewer than two latents' vectors, or the CPU engine can't run the model.
pub fn measure(
    model: &Model,
    latents: &[Vec<f32>],
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<(Response, f64)> {
    let generator = CpuGenerator::new(model, 1)?;
    let (n, size) = (generator.latents(), generator.image_size());
    if latents.len() < 2 {
        return Err(Error::told(format!("there is no mean response of {} images; give more", latents.len())));
    }
    let chosen: Vec<&Vec<f32>> = latents.iter().step_by(latents.len().div_ceil(IMAGES)).collect();
    let (done, total) = (AtomicUsize::new(0), chosen.len());
    let images: Vec<Vec<f32>> = (chosen.par_iter())
        .map(|z| {
            let image = halved(&generator.decode(z)?, size);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            Ok(image)
        })
        .collect::<Result<_>>()?;
    let centred = |rows: Vec<f32>, width: usize| -> Result<Tensor> {
        let t = Tensor::f_from_slice(&rows)?.f_view([-1, width as i64])?.f_to_kind(Kind::Double)?;
        let mean = t.f_mean_dim([0i64].as_slice(), true, Kind::Double)?;
        Ok(t.f_sub(&mean)?)
    };
    let z = centred(chosen.into_iter().flatten().copied().collect(), n)?;
    let x = centred(images.into_iter().flatten().collect(), 3 * Response::side_for(size).pow(2))?;
    let zt = z.f_transpose(0, 1)?;
    let ridge = Tensor::f_eye(n as i64, (Kind::Double, z.device()))?.f_mul_scalar(RIDGE * total as f64)?;
    let map = Tensor::f_linalg_solve(&zt.f_matmul(&z)?.f_add(&ridge)?, &zt.f_matmul(&x)?, true)?;
    let sum = |t: &Tensor| -> Result<f64> { Ok(t.f_square()?.f_sum(Kind::Double)?.f_double_value(&[])?) };
    let missed = sum(&x.f_sub(&z.f_matmul(&map)?)?)? / sum(&x)?.max(1e-300);
    // As a model file has it: half the bytes, and a thousandth off tells nothing.
    let rows = Vec::<f32>::try_from(
        map.f_to_kind(Kind::Half)?.f_to_kind(Kind::Float)?.f_contiguous()?.f_view([-1])?,
    )?;
    let response =
        Response::new(rows, n, size).ok_or_else(|| Error::told("the mean response has no size"))?;
    Ok((response, 1.0 - missed))
}

/// An image `[3][S][S]` at half its side, by means of two by two.
fn halved(image: &[f32], size: usize) -> Vec<f32> {
    Response::sums_under(image, size).into_iter().map(|sum| 0.25 * sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use npe::model::{Dtype, Sizes};

    /// Of a decoder that is nearly linear near 0, the map tells the difference between two of its images, and better than none
    /// and than its negative.
    #[test]
    fn it_foretells_what_a_move_changes() {
        let model = Model::random(Sizes { width: 4, hidden: 8, latents: 6 }, Dtype::F32, 3).unwrap();
        let z = |i: usize| -> Vec<f32> { (0..6).map(|k| 0.05 * ((i * 7 + k * 13) as f32).sin()).collect() };
        let latents: Vec<Vec<f32>> = (0..300).map(z).collect();
        let (response, share) = measure(&model, &latents, &|_, _| ()).unwrap();
        assert!((0.0..=1.0).contains(&share), "{share}");
        let generator = CpuGenerator::new(&model, 1).unwrap();
        let (a, b) = (z(1000), z(2000));
        let image = |z: &[f32]| halved(&generator.decode(z).unwrap(), 64);
        let change: Vec<f32> = image(&b).iter().zip(image(&a)).map(|(b, a)| b - a).collect();
        let mut told = vec![0.0; change.len()];
        for (row, (b, a)) in response.rows().zip(b.iter().zip(&a)) {
            told.iter_mut().zip(row).for_each(|(t, r)| *t += (b - a) * r);
        }
        let off = |times: f32| -> f64 {
            change.iter().zip(&told).map(|(c, t)| f64::from(c - times * t).powi(2)).sum()
        };
        // The ridge of 0.01 is large beside latents of variance 0.001, so the map tells less of the move, but the right one.
        assert!(off(1.0) < off(0.0) && off(0.0) < off(-1.0), "{} {} {}", off(1.0), off(0.0), off(-1.0));
    }

    #[test]
    fn too_few_images_are_refused() {
        let model = Model::random(Sizes { width: 1, hidden: 1, latents: 2 }, Dtype::F32, 1).unwrap();
        let e = measure(&model, &[vec![0.0; 2]], &|_, _| ()).unwrap_err().to_string();
        assert!(e.contains("of 1 images"), "{e}");
    }
}
