//! One photo being edited: stroke → solver → latents → blend; undo; views. Knows the network by its trait only.

mod attributes;
mod beyond;
mod blend;
pub mod figures;
mod file;
mod guide;
mod history;
mod latents;
mod lead;
mod objective;
mod operation;
mod orders;
#[cfg(test)]
mod regressions;
mod result;
mod settings;
mod solver;
mod start;
#[cfg(test)]
mod tests;
mod view;

pub use file::{FORMAT as STROKE_FILE_FORMAT, ModelId, StrokeFile, Units};
pub use latents::sample_latents;
pub use operation::{GridLayer, Operation};
pub use settings::{BlendSettings, Solver, StrokeSettings};
pub use solver::Report;
pub use view::View;

use crate::brush::{self, Mode, Painted, Stroke};
use crate::error::{Error, ErrorKind, Result};
use crate::generator::Generator;
use crate::limits;
use crate::photo::{Frame, Photo, changed_rect, crop};
use history::{History, Origin, State};
use once_cell::sync::OnceCell;
use orders::Orders;
use result::LastChange;
use std::sync::Arc;

/// Told how far a stroke is, 0..1; answers whether to go on. A stroke told to stop leaves the edit as it was.
pub type Progress<'a> = dyn FnMut(f32) -> bool + 'a;

/// One photo being edited. Everything that changes it is one undoable step; on an error it is as it was before.
/// Cloning is cheap (photo and history share memory) and gives an independent edit.
#[derive(Clone)]
pub struct Edit {
    generator: Arc<dyn Generator>,
    frame: Frame,
    history: History,
    stroke_settings: StrokeSettings,
    blend_settings: BlendSettings,
    /// G of the current latents.
    generated: Arc<[f32]>,
    /// The attribute whose slider made the current state, if nothing was done since.
    slider: Option<usize>,
    orders: Orders,
    last_change: LastChange,
}

impl Edit {
    /// Starts an edit: what is in the frame is encoded. The photo is shared, not copied.
    ///
    /// # Errors
    /// If the frame is out of the limits or does not touch the photo, one of the network's attributes is of another length than its
    /// latents, or its device fails.
    pub fn new(generator: Arc<dyn Generator>, photo: Arc<Photo>, frame: Frame) -> Result<Self> {
        frame.check()?;
        let (w, h) = (f64::from(photo.width()), f64::from(photo.height()));
        if !(0.0..w).contains(&frame.cx) || !(0.0..h).contains(&frame.cy) {
            return Err(Error::invalid(format!(
                "the face frame's centre {:.1}, {:.1} lies outside the photo of {w}×{h} pixels",
                frame.cx, frame.cy
            )));
        }
        let latents = generator.latents();
        if let Some(a) = generator.attributes().iter().find(|a| a.direction.len() != latents) {
            return Err(Error::invalid(format!(
                "the attribute {:?} is for {} latents, its model has {latents}",
                a.name,
                a.direction.len()
            )));
        }
        let origin = origin(generator.as_ref(), photo, &frame)?;
        let generated = Arc::from(origin.reconstruction.as_slice());
        let state = State::at(Arc::new(origin), generator.image_size());
        Ok(Self {
            generator,
            frame,
            history: History::new(state),
            stroke_settings: StrokeSettings::default(),
            blend_settings: BlendSettings::default(),
            generated,
            slider: None,
            orders: Orders::default(),
            last_change: LastChange::default(),
        })
    }

    /// The network's side in pixels.
    pub fn image_size(&self) -> usize {
        self.generator.image_size()
    }

    /// The face frame.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// The photo as it was opened, or as it was at the last update.
    pub fn photo(&self) -> &Arc<Photo> {
        &self.state().origin.photo
    }

    /// How strokes act.
    pub fn stroke_settings(&self) -> StrokeSettings {
        self.stroke_settings
    }

    /// Changes how strokes act from now on.
    ///
    /// # Errors
    /// If a value is out of its range; then nothing is changed.
    pub fn set_stroke_settings(&mut self, settings: StrokeSettings) -> Result<()> {
        settings.check()?;
        self.stroke_settings = settings;
        Ok(())
    }

    /// How the change is blended.
    pub fn blend_settings(&self) -> BlendSettings {
        self.blend_settings
    }

    /// Changes how the change is blended, at once.
    ///
    /// # Errors
    /// If a value is out of its range; then nothing is changed.
    pub fn set_blend_settings(&mut self, settings: BlendSettings) -> Result<()> {
        settings.check()?;
        self.blend_settings = settings;
        Ok(())
    }

    /// Brushes. Blocks for some tens of milliseconds to a few seconds, by network and budget.
    ///
    /// # Errors
    /// If the stroke is out of its ranges or beside the frame, told to stop, or the device fails.
    pub fn stroke(&mut self, stroke: &Stroke, progress: &mut Progress<'_>) -> Result<Report> {
        let operation = Operation::Stroke { stroke: stroke.clone(), settings: self.stroke_settings };
        self.apply(operation, progress)
    }

    /// Does any operation: what strokes, sliders and stroke files come down to.
    ///
    /// # Errors
    /// As the methods that make them.
    pub fn apply(&mut self, operation: Operation, progress: &mut Progress<'_>) -> Result<Report> {
        self.check_room(&operation, false)?;
        let (state, image, report) = self.computed(&operation, progress)?;
        self.generated = image.into();
        self.history.push(operation, state);
        self.slider = None;
        Ok(report)
    }

    /// Checks an operation, and that there is room for it where it does not replace the last one.
    fn check_room(&self, operation: &Operation, replaces: bool) -> Result<()> {
        operation.check(self.image_size(), self.generator.latents())?;
        if !replaces && self.history.done().len() >= limits::OPERATIONS {
            return Err(Error::limit(format!(
                "the edit has {} operations, the most there may be; save the result and edit that",
                limits::OPERATIONS
            )));
        }
        Ok(())
    }

    /// What a checked operation leads to: the state, G of its latents.
    fn computed(
        &self,
        operation: &Operation,
        progress: &mut Progress<'_>,
    ) -> Result<(State, Vec<f32>, Report)> {
        let size = self.image_size();
        Ok(match operation {
            Operation::Stroke { stroke, settings } => {
                let painted = brush::rasterise(stroke, &self.frame, size)?;
                let squares = solver::squares(stroke, &self.frame, size);
                self.brushed(&painted, stroke.mode, &squares, settings, progress)?
            }
            Operation::Paint { mode, layer, settings } => {
                self.brushed(&layer.to_painted(), *mode, &[], settings, progress)?
            }
            Operation::Latents { latents, whole } => {
                let everywhere = Arc::from(vec![255; size * size]);
                let erased = Arc::from(vec![0; size * size]);
                let state = State {
                    erased,
                    latents: latents.clone().into(),
                    whole: *whole,
                    reach: everywhere,
                    ..self.state().clone()
                };
                (state, self.generator.decode(latents)?, Report::default())
            }
            Operation::Reset => Self::begin(self.state().origin.clone(), size),
            Operation::Update { blend } => {
                let change = self.change_under(blend)?;
                let same = changed_rect(self.photo(), &change.frame, &change.change)?.is_empty();
                let photo =
                    if same { self.photo().clone() } else { Arc::new(self.rendered(change.as_ref())?) };
                Self::begin(Arc::new(origin(self.generator.as_ref(), photo, &self.frame)?), size)
            }
        })
    }

    fn brushed(
        &self,
        painted: &Painted,
        mode: Mode,
        squares: &[solver::Square],
        settings: &StrokeSettings,
        progress: &mut Progress<'_>,
    ) -> Result<(State, Vec<f32>, Report)> {
        let old = self.state();
        let task = solver::Task {
            generator: self.generator.as_ref(),
            painted,
            mode,
            squares,
            settings,
            start: &old.latents,
            shown: &self.generated,
            reconstruction: &old.origin.reconstruction,
            brushed: &old.brushed,
            held: 1.0,
        };
        let solver::Solved { latents, image, acts, report } = solver::solve(&task, progress)?;
        let moved: Vec<f32> = image.iter().zip(self.generated.iter()).map(|(a, b)| a - b).collect();
        let brushed = blend::after_stroke(
            old,
            painted,
            mode,
            settings.strength,
            &moved,
            acts.as_deref(),
            self.image_size(),
        );
        Ok((State { latents: latents.into(), ..brushed }, image, report))
    }

    /// What an operation that starts afresh leads to.
    fn begin(origin: Arc<Origin>, size: usize) -> (State, Vec<f32>, Report) {
        let image = origin.reconstruction.clone();
        (State::at(origin, size), image, Report::default())
    }

    /// Back to the photo (undoable).
    ///
    /// # Errors
    /// If the device fails.
    pub fn reset(&mut self) -> Result<()> {
        self.apply(Operation::Reset, &mut |_| true).map(drop)
    }

    /// Makes the result the photo and encodes it anew (undoable).
    ///
    /// # Errors
    /// If memory is short or the device fails.
    pub fn update(&mut self) -> Result<()> {
        self.apply(Operation::Update { blend: self.blend_settings }, &mut |_| true).map(drop)
    }

    /// Takes back the last operation. False if there was none.
    ///
    /// # Errors
    /// If the device fails; then nothing is undone.
    pub fn undo(&mut self) -> Result<bool> {
        self.step(History::undo, History::redo)
    }

    /// Does again what was undone last. False if there was nothing.
    ///
    /// # Errors
    /// If the device fails; then nothing is redone.
    pub fn redo(&mut self) -> Result<bool> {
        self.step(History::redo, History::undo)
    }

    fn step(&mut self, step: fn(&mut History) -> bool, back: fn(&mut History) -> bool) -> Result<bool> {
        if !step(&mut self.history) {
            return Ok(false);
        }
        match self.generator.decode(&self.state().latents) {
            Ok(image) => (self.generated, self.slider) = (image.into(), None),
            Err(e) => {
                back(&mut self.history);
                return Err(e);
            }
        }
        Ok(true)
    }

    /// How many operations can be undone, and redone.
    pub fn undo_redo_levels(&self) -> (usize, usize) {
        (self.history.undo_levels(), self.history.redo_levels())
    }

    /// Operations done, oldest first.
    pub fn operations(&self) -> &[Operation] {
        self.history.done()
    }

    fn state(&self) -> &State {
        self.history.current()
    }
}

impl State {
    /// The state in which nothing was done yet.
    fn at(origin: Arc<Origin>, size: usize) -> Self {
        let none: Arc<[u8]> = Arc::from(vec![0; size * size]);
        let latents = Arc::from(origin.latents.as_slice());
        let [reach, brushed, led] = [(); 3].map(|()| none.clone());
        Self { origin, latents, reach, brushed, led, erased: none, whole: false }
    }
}

fn origin(generator: &dyn Generator, photo: Arc<Photo>, frame: &Frame) -> Result<Origin> {
    let crop = crop(&photo, frame, generator.image_size())?;
    let mut latents = generator.encode(&crop)?;
    let limit = limits::LATENT_ABS;
    if latents.iter().any(|z| !z.is_finite()) {
        return Err(Error::new(
            ErrorKind::Model,
            "the network encodes this photo to latents that are not finite numbers; its weights are unusable",
        ));
    }
    latents.iter_mut().for_each(|z| *z = z.clamp(-limit, limit));
    let reconstruction = generator.decode(&latents)?;
    Ok(Origin { photo, crop, latents, reconstruction, surroundings: OnceCell::new() })
}
