//! Where a change can touch the photo: wherever the upsampled mask is not 0. Needs the mask alone.

use super::Change;
use crate::error::Result;
use crate::photo::{Frame, Photo, Rect};

/// The part of a frame that a mask reaches, in grid coordinates: the centre of the first cell is at (0, 0).
pub struct Reach {
    size: usize,
    frame: Frame,
    /// `[S+1][S+1]`: whether M is not 0 in any of the 16 cells around a point between cell centres.
    active: Vec<bool>,
    /// Smallest and largest index of an active one: x0, y0, x1, y1.
    ends: Option<[usize; 4]>,
}

impl Reach {
    /// Of a change in a frame; its mask alone is read.
    ///
    /// # Errors
    /// If the frame is out of range, or the change's lengths do not fit its size or its values their range.
    pub fn new(frame: &Frame, change: &Change) -> Result<Self> {
        frame.check()?;
        change.check()?;
        let size = change.size;
        let places = size + 1;
        let mut active = vec![false; places * places];
        let mut ends: Option<[usize; 4]> = None;
        for (i, _) in change.mask.iter().enumerate().filter(|(_, mask)| **mask != 0.0) {
            let around = |v: usize| (v.saturating_sub(1), (v + 2).min(size));
            let ((x0, x1), (y0, y1)) = (around(i % size), around(i / size));
            for row in y0..=y1 {
                active[row * places + x0..=row * places + x1].fill(true);
            }
            let [a, b, c, d] = ends.unwrap_or([x0, y0, x1, y1]);
            ends = Some([a.min(x0), b.min(y0), c.max(x1), d.max(y1)]);
        }
        Ok(Self { size, frame: *frame, active, ends })
    }

    /// Whether the upsampled mask is other than 0 anywhere between the cell centres (ix − 1, iy − 1) and (ix, iy).
    #[inline(always)]
    pub fn holds(&self, ix: usize, iy: usize) -> bool {
        self.active[iy * (self.size + 1) + ix]
    }

    /// Its ends, cut to the frame: x0, y0, x1, y1. `None` if the mask is 0.
    pub fn span(&self) -> Option<[f64; 4]> {
        let end = self.size as f64 - 0.5;
        self.ends.map(|[x0, y0, x1, y1]| {
            [
                (x0 as f64 - 1.0).max(-0.5),
                (y0 as f64 - 1.0).max(-0.5),
                (x1 as f64).min(end),
                (y1 as f64).min(end),
            ]
        })
    }

    /// The smallest upright rectangle of the photo found to hold it; empty if the mask is 0.
    pub fn bounds(&self, photo: &Photo) -> Rect {
        let Some([x0, y0, x1, y1]) = self.span() else { return Rect::default() };
        let unit = |g: f64| (g + 0.5) / self.size as f64;
        let corners =
            [(x0, y0), (x1, y0), (x0, y1), (x1, y1)].map(|(x, y)| self.frame.to_photo(unit(x), unit(y)));
        // Pixel centres within the span, and a little more for rounding.
        let ends = |values: [f64; 4], length: u32| {
            let low = values.iter().fold(f64::INFINITY, |a, &b| a.min(b)) - 0.5 - 1e-3;
            let high = values.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b)) + 0.5 + 1e-3;
            let clamp = |v: f64| v.clamp(0.0, f64::from(length)) as u32;
            (clamp(low.ceil()), clamp(high.floor()))
        };
        let (left, right) = ends(corners.map(|c| c.0), photo.width);
        let (top, bottom) = ends(corners.map(|c| c.1), photo.height);
        if right <= left || bottom <= top {
            return Rect::default();
        }
        Rect { x: left, y: top, width: right - left, height: bottom - top }
    }
}
