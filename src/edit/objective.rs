//! What the guided solver minimises.

use super::solver::{Task, peak};
use super::start;
use crate::brush::distance;
use crate::error::Result;
use crate::generator::{Aimed, Response};
use crate::limits;

/// Weight of keeping the rest of the face as it is shown, at freedom ½.
const KEEP: f32 = 1.0;
/// Weight of staying near the latents the stroke starts from, for each latent, at freedom ½. (Not near the photo's: each stroke
/// would take back some of those before it.) A sum, not a mean: a move is as unlikely however many latents stand still.
const PRIOR: f32 = 0.003;
/// The prior of a fine brush is so many times as much as it is finer than a broad one, up to this many: what a few pixels ask for the
/// network can paint in many ways, and most are no face.
const FINE_PRIOR: f32 = 4.0;
/// The keep term of a broad brush grows from 0 at the brush to its full weight at this many times the root of the brushed area:
/// hair needs sides and temples.
const KEEP_FULL: f32 = 1.75;
/// But at this many times the brush's thickness at most: beside a long stroke through hair the forehead stays.
const KEEP_THICK: f32 = 2.5;
/// The brushed share of the frame from which on a brush is broad: a stroke over the forehead.
const BROAD: f32 = 0.023;
/// A fine brush keeps the rest by this power of how much finer than a broad one it is: white between the lips is 16 times as close.
/// More, and the lips are held so fast that no mouth opens; less, and a speck in an eye closes it.
const FINE_POWER: f32 = 2.2;
/// The finest brush keeps the rest so many times as hard. (A broad one: [`crate::generator::Generator::broad_keep`].)
const FINE_KEEP: f32 = limits::MODEL_BROAD_KEEP_MAX;

/// The objective of the guided solver. Brush and keep terms are both weighted squared distances, so they merge into one
/// weight map and one target image, and one pull of the generator serves both:
/// `a(x−s)² + b(x−t)² = (a+b)(x − (a·s+b·t)/(a+b))² + const`.
pub(super) struct Objective {
    pub weight: Vec<f32>,
    pub colour: Vec<f32>,
    /// What the merged form leaves out, so that the loss is the sum of the terms.
    constant: f64,
    scale: f64,
    prior: f64,
    anchor: Vec<f32>,
    /// The prior of the solver's first move.
    start: f32,
}

impl Objective {
    pub fn new(task: &Task<'_>, target: &[f32]) -> Self {
        let size = task.generator.image_size();
        let pixels = size * size;
        let settings = task.settings;
        // Freedom ½ is the default weight; 0 holds 16 times as hard, 1 lets go 16 times as far.
        let free = task.held * 16f32.powf(1.0 - 2.0 * settings.freedom);
        let peak = peak(&task.painted.weight);
        let brushed: Vec<f32> = task.painted.weight.iter().map(|w| w / peak).collect();
        let far = distance(&brushed, size, 0.5);
        let total: f32 = brushed.iter().sum();
        // A fine brush asks for a local change, a broad one lets its surroundings follow.
        let fine = BROAD * pixels as f32 / total;
        let keep_all =
            KEEP * free * fine.powf(FINE_POWER).clamp(task.generator.broad_keep(), FINE_KEEP) / pixels as f32;
        let keep_full = (KEEP_FULL * fine.recip().sqrt().clamp(0.3, 1.0) * total.sqrt())
            .min(KEEP_THICK * thickness(&brushed, size))
            .max(1.0);
        let prior = PRIOR * free * fine.clamp(1.0, FINE_PRIOR);
        let mut weight = vec![0.0; pixels];
        let mut colour = vec![0.0; 3 * pixels];
        let mut constant = 0.0;
        for p in 0..pixels {
            let brush = brushed[p] / total;
            let near = (far[p] / keep_full).min(1.0);
            let keep = keep_all * near * near * (1.0 - brushed[p]);
            weight[p] = brush + keep;
            for c in 0..3 {
                let i = c * pixels + p;
                let (s, t) = (target[i], task.shown[i]);
                colour[i] = if weight[p] > 0.0 { (brush * s + keep * t) / weight[p] } else { t };
                if weight[p] > 0.0 {
                    constant += f64::from(brush * keep / weight[p]) * f64::from(s - t).powi(2) / 3.0;
                }
            }
        }
        let scale = weight.iter().map(|w| f64::from(*w)).sum();
        Self {
            weight,
            colour,
            constant,
            scale,
            prior: f64::from(prior),
            anchor: task.start.to_vec(),
            start: start::PRIOR * free,
        }
    }

    /// What the prior takes for these latents.
    pub fn prior(&self, z: &[f32]) -> f64 {
        let sum: f64 = z.iter().zip(&self.anchor).map(|(z, a)| f64::from(z - a).powi(2)).sum();
        self.prior * sum
    }

    /// Where the network's mean response leads, if it is known.
    pub fn first(&self, task: &Task<'_>) -> Option<Vec<f32>> {
        let fits = |r: &&Response| r.fits(task.start.len(), task.generator.image_size());
        let response = task.generator.response().filter(fits)?;
        let wanted: Vec<f32> = self.colour.iter().zip(task.shown).map(|(c, s)| c - s).collect();
        let towards = start::towards(response, &self.weight, &wanted, self.start);
        let limit = limits::LATENT_ABS;
        // A map of huge numbers leads nowhere.
        (towards.iter().all(|d| d.is_finite()))
            .then(|| task.start.iter().zip(towards).map(|(z, d)| (z + d).clamp(-limit, limit)).collect())
    }

    pub fn loss(&self, aimed: &mut dyn Aimed, z: &[f32]) -> Result<f64> {
        Ok(self.scale * f64::from(aimed.loss(z)?) + self.constant + self.prior(z))
    }

    /// The gradient: cheapest at latents whose loss was asked for just before.
    pub fn gradient(&self, aimed: &mut dyn Aimed, z: &[f32]) -> Result<Vec<f64>> {
        let prior = 2.0 * self.prior;
        Ok((aimed.gradient(z)?.iter().zip(z).zip(&self.anchor))
            .map(|((g, z), a)| self.scale * f64::from(*g) + prior * f64::from(z - a))
            .collect())
    }
}

/// The diameter of the widest disc inside a brush, in even pixels: never less than it is.
fn thickness(brushed: &[f32], size: usize) -> f32 {
    let beside: Vec<f32> = brushed.iter().map(|w| 1.0 - w).collect();
    // The frame ends beside its outermost pixels.
    let edge = |p: usize| {
        let (x, y) = (p % size, p / size);
        (1 + x.min(y).min(size - 1 - x).min(size - 1 - y)) as f32
    };
    let inside = distance(&beside, size, 0.5).into_iter().enumerate();
    2.0 * inside.map(|(p, d)| d.min(edge(p))).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brush::{Mode, Painted};
    use crate::edit::StrokeSettings;
    use crate::generator::linear::Linear;

    /// The objective on 64×64 of a brush of these columns and rows.
    fn of(x: std::ops::Range<usize>, y: std::ops::Range<usize>) -> Objective {
        let weight = (0..4096)
            .map(|p| if x.contains(&(p % 64)) && y.contains(&(p / 64)) { 0.5 } else { 0.0 })
            .collect();
        let mut generator = Linear::new(64, 8);
        generator.broad_keep = 3.0;
        let (image, settings) = (vec![0.1; 3 * 4096], StrokeSettings::default());
        let task = Task {
            generator: &generator,
            painted: &Painted { weight, color: image.clone() },
            mode: Mode::Color,
            squares: &[],
            settings: &settings,
            start: &[0.0; 8],
            shown: &image,
            reconstruction: &image,
            brushed: &[0; 4096],
            held: 1.0,
        };
        Objective::new(&task, &image)
    }

    #[test]
    fn a_finer_brush_holds_the_rest_and_the_face_more_closely() {
        // 94 pixels are the 2.3 % of a stroke over the forehead.
        for (x, y, keep, prior) in [
            (10..30, 2..20, 3.0, 1.0),
            (20..40, 10..15, 3.0, 1.0),
            // Twice and 3.6 times as fine, and a speck.
            (20..32, 40..44, 4.4, 1.96),
            (20..33, 40..42, 16.9, 3.62),
            (20..22, 40..42, 256.0, 4.0),
        ] {
            let o = of(x, y);
            // The far corner, where the keep term has its full weight.
            let held = o.weight[4095] * 4096.0;
            assert!((held / keep - 1.0).abs() < 0.03, "{held} {keep}");
            assert!((o.prior / (0.003 * prior) - 1.0).abs() < 0.03, "{} {prior}", o.prior);
        }
    }

    #[test]
    fn beside_a_long_stroke_the_rest_stays_from_near_on() {
        // Six pixels thick: held fully from 15 pixels on, were it a third as long or all across; at half of that by a quarter.
        for x in [20..40, 0..64] {
            let o = of(x, 10..16);
            let at = |y: usize| o.weight[y * 64 + 32] / o.weight[63 * 64 + 32];
            assert_eq!((at(15 + 15), at(15 + 20)), (1.0, 1.0));
            assert!((at(15 + 9) - 0.36).abs() < 0.01 && at(15 + 14) < 1.0, "{} {}", at(24), at(29));
        }
    }

    /// Of a bar across the frame, of one at its edge, of the whole frame, of nothing but a speck.
    #[test]
    fn a_brush_is_as_thick_as_its_widest_disc() {
        let within = |x: std::ops::Range<usize>, y: std::ops::Range<usize>| -> f32 {
            let map: Vec<f32> = (0..400)
                .map(|p| if x.contains(&(p % 20)) && y.contains(&(p / 20)) { 1.0 } else { 0.2 })
                .collect();
            thickness(&map, 20)
        };
        assert_eq!(within(0..20, 5..11), 6.0);
        assert_eq!(within(3..20, 0..6), 6.0);
        assert_eq!(within(0..20, 0..20), 20.0);
        assert_eq!(within(0..20, 5..10), 6.0);
        assert_eq!(within(7..8, 7..8), 2.0);
        assert_eq!(within(2..2, 0..20), 0.0);
    }
}
