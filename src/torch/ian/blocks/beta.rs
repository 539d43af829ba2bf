//! The RGB-Beta head (paper section 3.1): each colour value is the mean of a Beta distribution, and green sees red, blue sees
//! both.

use crate::error::Result;
use tch::{Kind, Tensor};

/// The image `[B, 3, H, W]` in −1..1 from the three maps `[B, 2, H, W]` that the last activation gives for red, green and
/// blue: R = σ(r), G = σ(g + green(R)), B = σ(b + blue(\[R, G\])); two channels α, β each.
///
/// # Errors
/// If shapes do not fit or memory is short; what the closures return.
pub fn rgb_beta(
    maps: [&Tensor; 3],
    green: impl FnOnce(&Tensor) -> Result<Tensor>,
    blue: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let r = maps[0].f_sigmoid()?;
    let g = maps[1].f_add(&green(&r)?)?.f_sigmoid()?;
    let both = Tensor::f_cat(&[&r, &g], 1)?;
    let b = maps[2].f_add(&blue(&both)?)?.f_sigmoid()?;
    Ok(Tensor::f_cat(&[beta_mean(&r)?, beta_mean(&g)?, beta_mean(&b)?], 1)?)
}

/// 2·α/(α + β + 1e-8) − 1, `[B, 1, H, W]`, of the two channels α, β > 0.
///
/// # Errors
/// If there are not two channels, or memory is short.
pub fn beta_mean(alpha_beta: &Tensor) -> Result<Tensor> {
    let alpha = alpha_beta.f_narrow(1, 0, 1)?;
    let sum = alpha_beta.f_sum_dim_intlist([1i64].as_slice(), true, None::<Kind>)?.f_add_scalar(1e-8)?;
    Ok(alpha.f_div(&sum)?.f_mul_scalar(2.0)?.f_add_scalar(-1.0)?)
}

#[cfg(test)]
mod tests {
    use super::{super::reference::*, *};

    fn sigmoid(v: f64) -> f64 {
        1.0 / (1.0 + (-v).exp())
    }

    /// A pixel by the definition; `green` and `blue` are 2×2 and 2×4 matrices.
    fn pixel(maps: [[f64; 2]; 3], green: &Plain, blue: &Plain) -> [f64; 3] {
        let r = maps[0].map(sigmoid);
        let sum = |matrix: &Plain, row: usize, of: &[f64]| -> f64 {
            of.iter().enumerate().map(|(i, v)| matrix.at(&[row, i, 0, 0]) * v).sum()
        };
        let g = [0, 1].map(|i| sigmoid(maps[1][i] + sum(green, i, &r)));
        let b = [0, 1].map(|i| sigmoid(maps[2][i] + sum(blue, i, &[r[0], r[1], g[0], g[1]])));
        [r, g, b].map(|[a, b]| 2.0 * (a / (a + b)) - 1.0)
    }

    fn image(maps: &[Tensor; 3], green: &Tensor, blue: &Tensor) -> Tensor {
        let mix = |w: &Tensor, t: &Tensor| Ok(t.f_conv2d(w, None::<&Tensor>, 1, 0, 1, 1)?);
        rgb_beta(maps.each_ref(), |r| mix(green, r), |rg| mix(blue, rg)).unwrap()
    }

    #[test]
    fn equals_the_mean_of_beta_distributions() {
        tch::manual_seed(3);
        let maps = [0; 3].map(|_| random(&[2, 2, 4, 5]));
        let (green, blue) = (random(&[2, 2, 1, 1]), random(&[2, 4, 1, 1]));
        let plain = maps.each_ref().map(Plain::of);
        let mut expected = Plain::zeros(&[2, 3, 4, 5]);
        for place in 0..40 {
            let (b, y, x) = (place / 20, place / 5 % 4, place % 5);
            let at = plain.each_ref().map(|p| [0, 1].map(|i| p.at(&[b, i, y, x])));
            for (c, v) in pixel(at, &Plain::of(&green), &Plain::of(&blue)).into_iter().enumerate() {
                *expected.at_mut(&[b, c, y, x]) = v;
            }
        }
        // The formula's 1e-8 and the rounding of numbers near 1 to 32 bits, a few times 6e-8, are the difference.
        expected.close_to(&image(&maps, &green, &blue), 3e-7);
    }

    #[test]
    fn colours_lie_within_the_range() {
        tch::manual_seed(4);
        let maps = [0; 3].map(|_| random(&[1, 2, 8, 8]) * 4.0);
        let (green, blue) = (random(&[2, 2, 1, 1]), random(&[2, 4, 1, 1]));
        let colours = Plain::of(&image(&maps, &green, &blue)).values;
        assert!(colours.iter().all(|v| -1.0 < *v && *v < 1.0));
        // And use it: sigmoids of ±12 are far apart.
        assert!(colours.iter().any(|v| *v > 0.9) && colours.iter().any(|v| *v < -0.9));
    }

    #[test]
    fn red_leads_green_and_green_leads_blue() {
        tch::manual_seed(5);
        let maps = [0; 3].map(|_| random(&[1, 2, 4, 4]));
        let (green, blue) = (random(&[2, 2, 1, 1]), random(&[2, 4, 1, 1]));
        let same = |a: &Tensor, b: &Tensor| [0, 1, 2].map(|c| a.select(1, c).equal(&b.select(1, c)));
        let before = image(&maps, &green, &blue);
        assert_eq!(same(&before, &image(&maps, &green, &random(&[2, 4, 1, 1]))), [true, true, false]);
        assert_eq!(same(&before, &image(&maps, &random(&[2, 2, 1, 1]), &blue)), [true, false, false]);
        let [_, g, b] = maps.each_ref().map(Tensor::shallow_clone);
        assert_eq!(same(&before, &image(&[random(&[1, 2, 4, 4]), g, b], &green, &blue)), [false; 3]);
    }
}
