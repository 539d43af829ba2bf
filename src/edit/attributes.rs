//! Named sliders: directions in the latents, such as a smile. Calls nothing but [`super::Edit`]'s own steps.

use super::{Edit, Operation};
use crate::error::{Error, Result};
use crate::limits;
use crate::model::Attribute;

impl Edit {
    /// The attributes that can be set.
    pub fn attributes(&self) -> &[Attribute] {
        self.generator.attributes()
    }

    /// Where an attribute stands: 0 is as in the photo, ±1 one typical step from there. Strokes move it too: it is how far the
    /// latents have gone along its direction d, (z − z₀)·d / ‖d‖².
    ///
    /// # Errors
    /// If the model has no attribute of this name.
    pub fn attribute(&self, name: &str) -> Result<f32> {
        let (_, attribute) = self.named(name)?;
        Ok(self.along(attribute))
    }

    /// Moves the latents along an attribute's direction until it stands at `value`; what is square to the direction stays.
    /// Directions are not square to each other, so setting one moves others a little. The change shows through the
    /// interpolation mask, everywhere in the frame.
    ///
    /// Setting the attribute that was set last moves on from where it is and is the same step of undo, so that a slider that
    /// is dragged can be undone in one; anything between, an undo or redo too, begins a new step. Stroke files have the
    /// latents themselves and need no attributes to replay.
    ///
    /// # Errors
    /// If the model has no such attribute, the value is not within ±[`limits::ATTRIBUTE_ABS`], it would take a latent beyond
    /// ±[`limits::LATENT_ABS`], or the device fails; then nothing is changed.
    pub fn set_attribute(&mut self, name: &str, value: f32) -> Result<()> {
        let (i, attribute) = self.named(name)?;
        let most = limits::ATTRIBUTE_ABS;
        if !(-most..=most).contains(&value) {
            return Err(Error::invalid(format!(
                "the attribute {name:?} can't be set to {value}; give -{most} to {most}, 0 is as in the photo"
            )));
        }
        let by = value - self.along(attribute);
        let latents = self.latents().iter().zip(&attribute.direction).map(|(z, d)| z + by * d).collect();
        let operation = Operation::Latents { latents, whole: self.state().whole };
        let dragged = self.slider == Some(i);
        self.check_room(&operation, dragged)?;
        let (state, image, _) = self.computed(&operation, &mut |_| true)?;
        if dragged {
            self.history.replace(operation, state);
        } else {
            self.history.push(operation, state);
        }
        self.generated = image.into();
        self.slider = Some(i);
        Ok(())
    }

    fn named(&self, name: &str) -> Result<(usize, &Attribute)> {
        let found = self.attributes().iter().enumerate().find(|(_, a)| a.name == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.attributes().iter().map(|a| a.name.as_str()).collect();
            let what = match names.is_empty() {
                true => "the model has no attributes".to_owned(),
                false => format!("the model has {}", names.join(", ")),
            };
            Error::invalid(format!("there is no attribute {name:?}; {what}"))
        })
    }

    fn along(&self, attribute: &Attribute) -> f32 {
        let (mut moved, mut square) = (0.0, 0.0);
        for ((z, z0), d) in self.latents().iter().zip(self.encoded_latents()).zip(&attribute.direction) {
            let d = f64::from(*d);
            moved += (f64::from(*z) - f64::from(*z0)) * d;
            square += d * d;
        }
        (moved / square) as f32
    }
}
