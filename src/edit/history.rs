//! Undo and redo: the list of operations, and the states after them.

use super::beyond::Surroundings;
use super::operation::Operation;
use crate::limits;
use crate::photo::Photo;
use once_cell::sync::OnceCell;
use std::collections::VecDeque;
use std::sync::Arc;

/// What an edit starts from: a photo, what the network sees of it, and how it reconstructs that.
pub(super) struct Origin {
    pub photo: Arc<Photo>,
    /// X, `[3][S][S]`.
    pub crop: Vec<f32>,
    /// z₀ = E(X).
    pub latents: Vec<f32>,
    /// X̂₀ = G(z₀), `[3][S][S]`.
    pub reconstruction: Vec<f32>,
    /// What lies around the frame, once it was asked for.
    pub surroundings: OnceCell<Option<Surroundings>>,
}

/// Everything an operation changes. Cheap to clone; strokes add a few KiB.
#[derive(Clone)]
pub(super) struct State {
    pub origin: Arc<Origin>,
    pub latents: Arc<[f32]>,
    /// `[S][S]`, 0..255: where strokes may show when locality is 1.
    pub reach: Arc<[u8]>,
    /// `[S][S]`, 0..255: what was brushed.
    pub brushed: Arc<[u8]>,
    /// `[S][S]`, 0..255: where the directions act that led strokes.
    pub led: Arc<[u8]>,
    /// `[S][S]`, 0..255: where the restore brush has taken the change away.
    pub erased: Arc<[u8]>,
    /// The network's image is shown without the interpolation mask (a sample).
    pub whole: bool,
}

impl State {
    /// Whether it is the same one, not merely alike. (Their parts are never changed in place.)
    pub fn is(&self, other: &State) -> bool {
        Arc::ptr_eq(&self.origin, &other.origin)
            && Arc::ptr_eq(&self.latents, &other.latents)
            && Arc::ptr_eq(&self.reach, &other.reach)
            && Arc::ptr_eq(&self.brushed, &other.brushed)
            && Arc::ptr_eq(&self.led, &other.led)
            && Arc::ptr_eq(&self.erased, &other.erased)
            && self.whole == other.whole
    }
}

#[cfg(test)]
impl State {
    /// The first state of a photo that the network reconstructs as it sees it.
    pub fn exact(photo: Photo, picture: Vec<f32>, size: usize) -> Self {
        let origin = Origin {
            photo: Arc::new(photo),
            reconstruction: picture.clone(),
            crop: picture,
            latents: vec![0.0],
            surroundings: OnceCell::new(),
        };
        Self::at(Arc::new(origin), size)
    }
}

/// Operations done and undone, and the states between them. There is always a current state.
#[derive(Clone)]
pub(super) struct History {
    operations: Vec<Operation>,
    /// For each operation, whether it is a part of the guide that is followed.
    guide: Vec<bool>,
    done: usize,
    /// States after `dropped`, `dropped + 1`, … operations.
    states: VecDeque<State>,
    dropped: usize,
}

impl History {
    pub fn new(state: State) -> Self {
        Self {
            operations: Vec::new(),
            guide: Vec::new(),
            done: 0,
            states: VecDeque::from([state]),
            dropped: 0,
        }
    }

    pub fn current(&self) -> &State {
        &self.states[self.done - self.dropped]
    }

    /// Operations done, oldest first.
    pub fn done(&self) -> &[Operation] {
        &self.operations[..self.done]
    }

    pub fn push(&mut self, operation: Operation, state: State) {
        self.forget_undone();
        self.operations.push(operation);
        self.guide.push(false);
        self.states.push_back(state);
        self.done += 1;
        while self.states.len() > limits::UNDO_LEVELS + 1
            || (self.has_older_photos() && self.photo_bytes() > limits::UNDO_BYTES)
        {
            self.states.pop_front();
            self.dropped += 1;
        }
    }

    fn forget_undone(&mut self) {
        self.operations.truncate(self.done);
        self.guide.truncate(self.done);
        self.states.truncate(self.done - self.dropped + 1);
    }

    /// Whether dropping the oldest states would free a photo, and leave one level of undo.
    fn has_older_photos(&self) -> bool {
        let photo = |state: Option<&State>| state.map(|s| Arc::as_ptr(&s.origin.photo));
        self.states.len() > 2 && photo(self.states.front()) != photo(self.states.back())
    }

    /// Steps back over the last operations done, as far as undo goes, and forgets them and what was undone.
    pub fn forget(&mut self, count: usize) {
        self.done -= count.min(self.undo_levels());
        self.forget_undone();
    }

    /// How many of the last operations done are parts of the guide and can be stepped back over.
    pub fn guide_parts(&self) -> usize {
        let trailing = self.guide[..self.done].iter().rev().take_while(|g| **g).count();
        trailing.min(self.undo_levels())
    }

    /// Takes the last `count` operations done for parts of the guide.
    pub fn mark_guide(&mut self, count: usize) {
        self.guide[self.done - count..self.done].fill(true);
    }

    /// Takes what was done so far for no part of a guide.
    pub fn end_guide(&mut self) {
        self.guide.fill(false);
    }

    /// Puts an operation and its state in the place of the last one done; there must be one. What was undone is gone. For
    /// operations that do not change the photo, so that no limit is passed.
    pub fn replace(&mut self, operation: Operation, state: State) {
        self.forget_undone();
        if let (Some(last), Some(now)) = (self.operations.last_mut(), self.states.back_mut()) {
            (*last, *now) = (operation, state);
        }
    }

    /// Bytes of the photos of all states; each is counted once, for states that share one follow each other.
    fn photo_bytes(&self) -> usize {
        let mut last: Option<&Arc<Photo>> = None;
        let mut sum = 0;
        for photo in self.states.iter().map(|s| &s.origin.photo) {
            if !last.is_some_and(|l| Arc::ptr_eq(l, photo)) {
                sum += photo.width() as usize * photo.height() as usize * photo.format().bytes();
            }
            last = Some(photo);
        }
        sum
    }

    pub fn undo_levels(&self) -> usize {
        self.done - self.dropped
    }

    pub fn redo_levels(&self) -> usize {
        self.operations.len() - self.done
    }

    /// False if there is nothing to undo.
    pub fn undo(&mut self) -> bool {
        let can = self.undo_levels() > 0;
        self.done -= usize::from(can);
        can
    }

    /// False if there is nothing to redo.
    pub fn redo(&mut self) -> bool {
        let can = self.redo_levels() > 0;
        self.done += usize::from(can);
        can
    }
}
