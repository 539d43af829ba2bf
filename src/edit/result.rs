//! What an edit shows: the result at the photo's size, the change as a layer, small pictures.

use super::beyond::{Placed, continued};
use super::blend::Seen;
use super::history::State;
use super::{BlendSettings, Edit, View, blend, view};
use crate::error::Result;
use crate::photo::{Photo, PixelsMut, Rect, blend_into, blend_layer_into, blend_rect, changed_rect};
use parking_lot::Mutex;
use std::sync::Arc;

impl Edit {
    /// The rectangle of the photo outside of which the result is the photo, bit for bit. Empty if nothing is changed.
    ///
    /// # Errors
    /// If memory is short.
    pub fn changed_rect(&self) -> Result<Rect> {
        let placed = self.change()?;
        changed_rect(self.photo(), &placed.frame, &placed.change)
    }

    /// The result at the photo's full size and format.
    ///
    /// # Errors
    /// If memory is short.
    pub fn render(&self) -> Result<Photo> {
        self.rendered(self.change()?.as_ref())
    }

    /// A rectangle of the result into a buffer of the photo's own format.
    ///
    /// # Errors
    /// If the rectangle leaves the photo, or the buffer's size, stride or format does not fit.
    pub fn render_into(&self, rect: Rect, pixels: &mut PixelsMut<'_>) -> Result<()> {
        let placed = self.change()?;
        blend_into(self.photo(), &placed.frame, &placed.change, rect, pixels)
    }

    /// A rectangle of the change as a layer to lay over the photo, into a buffer of the photo's number type whose channels have
    /// alpha: see [`blend_layer_into`].
    ///
    /// # Errors
    /// If the rectangle leaves the photo, or the buffer's size, stride or format does not fit.
    pub fn render_change_into(&self, rect: Rect, pixels: &mut PixelsMut<'_>) -> Result<()> {
        let placed = self.change()?;
        blend_layer_into(self.photo(), &placed.frame, &placed.change, rect, pixels)
    }

    /// A small picture to look at: 8-bit RGB, [`Edit::image_size`] square (the latent tiles have their own size).
    ///
    /// # Errors
    /// If memory is short.
    pub fn view(&self, view: View) -> Result<Photo> {
        view::render(self, view)
    }

    /// Width and height of a view in pixels.
    pub fn view_size(&self, view: View) -> (u32, u32) {
        let (width, height) = match view {
            View::Latents => view::tiles_size(self.latents().len()),
            _ => (self.image_size(), self.image_size()),
        };
        (width as u32, height as u32)
    }

    /// The encoder's opinion of the current latents: ‖E(G(z)) − z‖ / ‖z‖, small where the network knows such faces.
    ///
    /// # Errors
    /// If the device fails.
    pub fn implausibility(&self) -> Result<f32> {
        let (z, back) = (self.latents(), self.generator.encode(&self.generated)?);
        let norm = |v: &mut dyn Iterator<Item = f32>| v.map(|v| v * v).sum::<f32>().sqrt();
        Ok(norm(&mut z.iter().zip(&back).map(|(a, b)| a - b)) / norm(&mut z.iter().copied()).max(1e-6))
    }

    /// What is seen of the change inside the frame.
    pub(super) fn seen(&self, settings: &BlendSettings) -> Seen {
        Seen::new(self.state(), &self.generated, &self.frame, settings, self.image_size())
    }

    pub(super) fn change(&self) -> Result<Arc<Placed>> {
        self.change_under(&self.blend_settings)
    }

    pub(super) fn change_under(&self, settings: &BlendSettings) -> Result<Arc<Placed>> {
        self.last_change.get(self.state(), &self.generated, settings, || {
            let (state, seen) = (self.state(), self.seen(settings));
            let change = blend::change(state, &self.generated, seen.mask(), settings, self.image_size());
            let within = Placed { frame: self.frame, change };
            // A sample is another face, not a change to this one.
            if state.whole { Ok(within) } else { continued(within, &seen, settings, state) }
        })
    }

    pub(super) fn rendered(&self, Placed { frame, change }: &Placed) -> Result<Photo> {
        let photo = self.photo();
        let samples = blend_rect(photo, frame, change, Rect::whole(photo))?;
        Photo::new(photo.width(), photo.height(), photo.format().channels, samples)
    }
}

/// The change that was asked for last, since hosts ask for its rectangle and then, maybe in parts, for its pixels.
#[derive(Default)]
pub(super) struct LastChange(Mutex<Option<Known>>);

#[derive(Clone)]
struct Known {
    state: State,
    generated: Arc<[f32]>,
    settings: BlendSettings,
    placed: Arc<Placed>,
}

impl LastChange {
    fn get(
        &self,
        state: &State,
        generated: &Arc<[f32]>,
        settings: &BlendSettings,
        make: impl FnOnce() -> Result<Placed>,
    ) -> Result<Arc<Placed>> {
        if let Some(known) = self.0.lock().as_ref()
            && known.state.is(state)
            && Arc::ptr_eq(&known.generated, generated)
            && known.settings == *settings
        {
            return Ok(known.placed.clone());
        }
        // Not under the lock: another thread's picture need not wait.
        let placed = Arc::new(make()?);
        let (state, generated) = (state.clone(), generated.clone());
        *self.0.lock() = Some(Known { state, generated, settings: *settings, placed: placed.clone() });
        Ok(placed)
    }
}

/// A copy of an edit has its own.
impl Clone for LastChange {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.0.lock().clone()))
    }
}
