//! Strokes and painted layers onto the network's grid.

use super::{Dab, Stroke};
use crate::error::{Error, Result};
use crate::photo::{Crop, Frame, Photo, Placement, crop_rgba};

/// A stroke on the network's grid: how much each pixel is brushed, and with which colour.
#[derive(Debug, Clone, PartialEq)]
pub struct Painted {
    /// `[S][S]`, 0..1.
    pub weight: Vec<f32>,
    /// `[3][S][S]`, −1..1; meaningless where the weight is 0.
    pub color: Vec<f32>,
}

/// The smallest radius a dab has on the grid, in its pixels: a thinner one would miss every pixel centre.
const RADIUS_MIN: f32 = 0.75;

/// Renders a checked stroke into the frame.
///
/// # Errors
/// If the stroke touches no pixel of the frame.
pub fn rasterise(stroke: &Stroke, frame: &Frame, size: usize) -> Result<Painted> {
    stroke.check()?;
    let scale = size as f64 / frame.side;
    let grid: Vec<Dab> = (stroke.dabs.iter())
        .map(|d| {
            let (u, v) = frame.from_photo(f64::from(d.x), f64::from(d.y));
            Dab {
                x: (u * size as f64) as f32,
                y: (v * size as f64) as f32,
                radius: ((f64::from(d.radius) * scale) as f32).max(RADIUS_MIN),
                ..*d
            }
        })
        .collect();
    let mut weight = vec![0.0f32; size * size];
    for i in 0..grid.len() {
        // A lone dab is a segment of length 0.
        let (a, b) = if grid.len() == 1 {
            (&grid[0], &grid[0])
        } else if i + 1 < grid.len() {
            (&grid[i], &grid[i + 1])
        } else {
            break;
        };
        segment(&mut weight, size, a, b);
    }
    if weight.iter().all(|w| *w == 0.0) {
        return Err(outside(frame));
    }
    let color = (stroke.color.iter()).flat_map(|c| std::iter::repeat_n(2.0 * c - 1.0, size * size)).collect();
    Ok(Painted { weight, color })
}

/// Brings a painted RGBA layer, stretched over its place on the photo, into the frame; its alpha is the brush. All
/// weights are 0 if nothing is painted there.
///
/// # Errors
/// If the layer has no alpha, or its place is out of range.
pub fn rasterise_layer(layer: &Photo, place: &Placement, frame: &Frame, size: usize) -> Result<Painted> {
    let Crop { colour: color, coverage: weight } = crop_rgba(layer, place, frame, size)?;
    Ok(Painted { weight, color })
}

fn outside(frame: &Frame) -> Error {
    Error::invalid(format!(
        "the stroke touches nothing of the face frame (centre {:.1}, {:.1}, side {:.1} photo pixels, with pressure over 0); paint inside it, or give another frame",
        frame.cx, frame.cy, frame.side
    ))
}

/// Takes the maximum of what is there and a segment with round ends, radius, hardness and pressure going from `a`'s to `b`'s.
fn segment(weight: &mut [f32], size: usize, a: &Dab, b: &Dab) {
    let reach = a.radius.max(b.radius) + 1.0;
    let clamp = |v: f32| (v.clamp(0.0, size as f32)) as usize;
    let (x0, x1) = (clamp((a.x.min(b.x) - reach).floor()), clamp((a.x.max(b.x) + reach).ceil()));
    let (y0, y1) = (clamp((a.y.min(b.y) - reach).floor()), clamp((a.y.max(b.y) + reach).ceil()));
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length2 = dx * dx + dy * dy;
    for y in y0..y1 {
        for x in x0..x1 {
            let (px, py) = (x as f32 + 0.5 - a.x, y as f32 + 0.5 - a.y);
            let t = if length2 > 0.0 { ((px * dx + py * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
            let distance = ((px - t * dx).powi(2) + (py - t * dy).powi(2)).sqrt();
            let mix = |p: f32, q: f32| p + t * (q - p);
            let radius = mix(a.radius, b.radius);
            // The ramp is at least one grid pixel wide, so that a hard edge is anti-aliased; it is centred on the rim then.
            let soft = radius * (1.0 - mix(a.hardness, b.hardness));
            let (ramp, rim) = if soft >= 1.0 { (soft, radius) } else { (1.0, radius + 0.5 * (1.0 - soft)) };
            let w = ((rim - distance) / ramp).clamp(0.0, 1.0) * mix(a.pressure, b.pressure);
            let cell = &mut weight[y * size + x];
            *cell = cell.max(w);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brush::Mode;
    use crate::photo::{Channels, Samples};

    const FRAME: Frame = Frame { cx: 100.0, cy: 100.0, side: 128.0, angle: 0.0 };

    fn stroke(dabs: &[[f32; 5]]) -> Stroke {
        Stroke { mode: Mode::Color, color: [1.0, 0.5, 0.0], dabs: dabs.iter().map(|d| (*d).into()).collect() }
    }

    #[test]
    fn a_dab_lands_where_it_was_painted() {
        // Photo pixel (100, 100) is the middle of the 64-px grid; radius 16 photo px are 8 of the grid.
        let p = rasterise(&stroke(&[[100.0, 100.0, 16.0, 0.5, 1.0]]), &FRAME, 64).unwrap();
        assert_eq!(p.weight[32 * 64 + 32], 1.0);
        assert_eq!(p.weight[32 * 64 + 41], 0.0);
        let area: f32 = p.weight.iter().sum();
        // A cone frustum from radius 8 to 4: π/3·(64 + 32 + 16).
        assert!((area - 117.3).abs() < 2.0, "{area}");
        assert_eq!(&[p.color[0], p.color[4096], p.color[8192]], &[1.0, 0.0, -1.0]);
    }

    #[test]
    fn fast_strokes_have_no_gaps_and_thin_ones_do_not_vanish() {
        let p =
            rasterise(&stroke(&[[60.0, 100.0, 0.1, 1.0, 0.5], [140.0, 100.0, 0.1, 1.0, 0.5]]), &FRAME, 64)
                .unwrap();
        for x in 12..52 {
            assert!(p.weight[32 * 64 + x] > 0.2, "gap at {x}");
        }
        assert!(p.weight.iter().all(|w| *w <= 0.5));
    }

    #[test]
    fn a_turned_frame_turns_the_stroke() {
        let frame = Frame { angle: 90.0, ..FRAME };
        // To the right of the centre in the photo is up in a frame turned clockwise by 90°.
        let p = rasterise(&stroke(&[[140.0, 100.0, 4.0, 1.0, 1.0]]), &frame, 64).unwrap();
        assert_eq!(p.weight[12 * 64 + 32], 1.0);
        assert_eq!(p.weight[32 * 64 + 52], 0.0);
    }

    #[test]
    fn strokes_beside_the_frame_and_bad_values_are_told() {
        let e = rasterise(&stroke(&[[900.0, 100.0, 4.0, 1.0, 1.0]]), &FRAME, 64).unwrap_err().to_string();
        assert!(e.contains("touches nothing of the face frame (centre 100.0"), "{e}");
        let e = rasterise(&stroke(&[[100.0, 100.0, 4.0, 1.5, 1.0]]), &FRAME, 64).unwrap_err().to_string();
        assert!(e.contains("dab 0 has hardness 1.5"), "{e}");
        let e = rasterise(&stroke(&[[f32::NAN, 100.0, 4.0, 1.0, 1.0]]), &FRAME, 64).unwrap_err().to_string();
        assert!(e.contains("dab 0 is at NaN"), "{e}");
        let e = rasterise(&stroke(&[]), &FRAME, 64).unwrap_err().to_string();
        assert!(e.contains("no dabs"), "{e}");
    }

    #[test]
    fn a_layer_paints_its_colours() {
        let mut pixels = vec![0u8; 200 * 200 * 4];
        for y in 90..110 {
            for x in 90..110 {
                pixels[(y * 200 + x) * 4..][..4].copy_from_slice(&[255, 0, 0, 128]);
            }
        }
        let layer = Photo::new(200, 200, Channels::Rgba, Samples::U8(pixels)).unwrap();
        let p = rasterise_layer(&layer, &Placement::whole(&layer), &FRAME, 64).unwrap();
        let at = 32 * 64 + 32;
        assert!((p.weight[at] - 0.5).abs() < 0.02 && p.weight[10] == 0.0);
        assert!(p.color[at] > 0.99 && p.color[at + 4096] < -0.99);
    }
}
