//! Painted layers: once on top of what was done ([`Edit::paint`]), or followed while they are painted ([`Edit::follow`]).
//! Either way a layer's connected parts are solved one after the other, as strokes are: in one solve a small white mouth has
//! no weight beside a broad black forehead.

use super::operation::{GridLayer, Operation};
use super::{Edit, Progress, Report};
use crate::brush::{self, Mode};
use crate::error::{Error, Result};
use crate::limits;
use crate::photo::{Photo, Placement};

/// The total weight, in levels of 255, below which a part is dust: one pixel of the grid.
const DUST: u32 = 255;

impl Edit {
    /// Brushes with a painted RGBA layer of the photo's size; its alpha is the brush, its colours are the target. Each of its
    /// connected parts is an operation, the largest first.
    ///
    /// # Errors
    /// If the layer is of another size, has no alpha, is empty in the frame; or as [`Edit::stroke`].
    pub fn paint(&mut self, layer: &Photo, mode: Mode, progress: &mut Progress<'_>) -> Result<Report> {
        let photo = self.photo();
        if (layer.width(), layer.height()) != (photo.width(), photo.height()) {
            return Err(Error::invalid(format!(
                "the painted layer is {}×{} pixels, the photo {}×{}; they must be the same",
                layer.width(),
                layer.height(),
                photo.width(),
                photo.height()
            )));
        }
        let mut parts = self.parts(layer, &Placement::whole(photo), mode)?;
        if parts.is_empty() {
            return Err(Error::invalid("the painted layer is empty inside the face frame; paint inside it"));
        }
        largest_first(&mut parts);
        self.solve_parts(0, parts, false, progress)
    }

    /// Makes the edit follow a guide: a layer on which a person paints, erases, undoes. What it led to before is taken back
    /// and what is painted on it now is done, so that the edit is about what the guide shows at this moment. An empty guide
    /// leaves what was done before it.
    ///
    /// The guide is of any size of at least 1 pixel a side and is stretched over its `place` (the whole photo if none). Its
    /// alpha is the brush, its colours are the target; it is brought onto the network's grid in bytes and split into
    /// connected parts, at most [`limits::GUIDE_PARTS`] (more are joined with what lies nearest); dust of less than a pixel
    /// of the grid is left out. Each part is an [`Operation::Paint`]. Parts that are as they were are not solved again
    /// unless something before them changed: those unchanged keep their order, those that are new or changed come
    /// after them, the larger first. So one more dab is one solve, and a guide that did not change is none (the report is
    /// zero then). A guide that was followed before is done in the order of then, so that undo and redo of what was painted
    /// lead to the same pictures however many steps they take at once.
    ///
    /// What an edit takes for the guide's are the operations at its end that this call made, or that a stroke file ended with
    /// ([`Operation::Paint`]). After any other operation they belong to what was done before, until that is undone. An undo
    /// takes back one part. Calls add nothing to what can be redone.
    ///
    /// # Errors
    /// If the guide has no alpha or its place is out of range; or as [`Edit::stroke`]. Then the edit is as it was.
    pub fn follow(
        &mut self,
        guide: &Photo,
        place: Option<Placement>,
        mode: Mode,
        progress: &mut Progress<'_>,
    ) -> Result<Report> {
        let place = place.unwrap_or_else(|| Placement::whole(self.photo()));
        let mut fresh = self.parts(guide, &place, mode)?;
        let count = self.history.guide_parts();
        let done = self.history.done();
        let old = &done[done.len() - count..];
        let mut orders = self.orders.clone();
        // A stroke file's are in no order that is known yet.
        orders.note(old);
        let mut parts = Vec::with_capacity(fresh.len());
        if !orders.sort(&mut fresh) {
            // The unchanged ones in their old order, then what is new.
            for part in old {
                if let Some(at) = fresh.iter().position(|f| f == part) {
                    parts.push(fresh.remove(at));
                }
            }
            largest_first(&mut fresh);
        }
        parts.append(&mut fresh);
        orders.note(&parts);
        let kept = old.iter().zip(&parts).take_while(|(old, part)| old == part).count();
        let report = self.solve_parts(count - kept, parts.split_off(kept), true, progress)?;
        self.orders = orders;
        Ok(report)
    }

    /// Makes what came of a guide so far a part of what was done before: the next [`Edit::follow`] begins after it and takes
    /// nothing of it back. Not a thing to be undone.
    pub fn end_guide(&mut self) {
        self.history.end_guide();
    }

    /// The connected parts of a layer as operations with the present settings.
    fn parts(&self, layer: &Photo, place: &Placement, mode: Mode) -> Result<Vec<Operation>> {
        let size = self.image_size();
        let painted = brush::rasterise_layer(layer, place, &self.frame, size)?;
        let paint = |layer| Operation::Paint { mode, layer, settings: self.stroke_settings };
        Ok(split(&GridLayer::from_painted(&painted, size)).into_iter().map(paint).collect())
    }

    /// Steps back over the last `back` operations and does these, all or nothing.
    fn solve_parts(
        &mut self,
        back: usize,
        parts: Vec<Operation>,
        guide: bool,
        progress: &mut Progress<'_>,
    ) -> Result<Report> {
        if back == 0 && parts.is_empty() {
            return Ok(Report::default());
        }
        let mut trial = self.clone();
        if back > 0 {
            trial.history.forget(back);
            trial.generated = self.generator.decode(trial.latents())?.into();
            trial.slider = None;
        }
        let count = parts.len();
        let mut reports = Vec::with_capacity(count);
        for (i, part) in parts.into_iter().enumerate() {
            let mut tell = |p: f32| progress((i as f32 + p) / count as f32);
            reports.push(trial.apply(part, &mut tell)?);
        }
        if guide {
            trial.history.mark_guide(count);
        }
        *self = trial;
        Ok(together(&reports))
    }
}

/// Steps are added up, the others are means over the parts.
fn together(reports: &[Report]) -> Report {
    let mean =
        |value: fn(&Report) -> f32| reports.iter().map(value).sum::<f32>() / reports.len().max(1) as f32;
    Report {
        loss_before: mean(|r| r.loss_before),
        loss_after: mean(|r| r.loss_after),
        brush_before: mean(|r| r.brush_before),
        brush_after: mean(|r| r.brush_after),
        steps: reports.iter().map(|r| r.steps).sum(),
    }
}

fn largest_first(parts: &mut [Operation]) {
    parts.sort_by_key(|part| match part {
        Operation::Paint { layer, .. } => std::cmp::Reverse(total(&layer.weight)),
        _ => std::cmp::Reverse(0),
    });
}

fn total(weight: &[u8]) -> u32 {
    weight.iter().map(|w| u32::from(*w)).sum()
}

/// The connected parts of a layer without dust, in the order in which rows from the top meet them. Where there are too many,
/// ever wider gaps are bridged.
fn split(layer: &GridLayer) -> Vec<GridLayer> {
    let mut gap = 1;
    loop {
        let parts = connected(layer, gap);
        if parts.len() <= limits::GUIDE_PARTS {
            return parts;
        }
        gap += 1;
    }
}

/// The parts whose pixels are at most `gap` rows and columns from the next one of the same part; 1 is 8-connected.
fn connected(layer: &GridLayer, gap: usize) -> Vec<GridLayer> {
    let [_, _, width, height] = layer.rect;
    let mut free: Vec<bool> = layer.weight.iter().map(|w| *w > 0).collect();
    let mut parts = Vec::new();
    for start in 0..free.len() {
        if !std::mem::take(&mut free[start]) {
            continue;
        }
        let mut found = vec![start];
        let mut next = 0;
        while let Some(at) = found.get(next).copied() {
            next += 1;
            let (x, y) = (at % width, at / width);
            for row in y.saturating_sub(gap)..(y + gap + 1).min(height) {
                for column in x.saturating_sub(gap)..(x + gap + 1).min(width) {
                    let i = row * width + column;
                    if std::mem::take(&mut free[i]) {
                        found.push(i);
                    }
                }
            }
        }
        if found.iter().map(|i| u32::from(layer.weight[*i])).sum::<u32>() >= DUST {
            parts.push(cut_out(layer, &found));
        }
    }
    parts
}

/// These pixels of a layer as a layer. Where it has no weight its colour is 0, so that equal parts are equal byte by byte
/// whatever is beside them.
fn cut_out(layer: &GridLayer, pixels: &[usize]) -> GridLayer {
    let [left, top, stride, _] = layer.rect;
    let across = || pixels.iter().map(|i| i % stride);
    let down = || pixels.iter().map(|i| i / stride);
    let ends = |min: Option<usize>, max: Option<usize>| (min.unwrap_or(0), max.map_or(0, |m| m + 1));
    let ((x0, x1), (y0, y1)) = (ends(across().min(), across().max()), ends(down().min(), down().max()));
    let (width, height) = (x1 - x0, y1 - y0);
    let mut part = GridLayer {
        size: layer.size,
        rect: [left + x0, top + y0, width, height],
        weight: vec![0; width * height],
        color: vec![0; 3 * width * height],
    };
    for i in pixels {
        let to = (i / stride - y0) * width + i % stride - x0;
        part.weight[to] = layer.weight[*i];
        part.color[3 * to..3 * to + 3].copy_from_slice(&layer.color[3 * i..3 * i + 3]);
    }
    part
}

#[cfg(test)]
#[path = "guide_tests.rs"]
mod tests;
