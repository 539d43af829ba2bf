//! What a call is given: handles live, freed and made up, numbers, sizes of structs, pictures. Mostly good, sometimes not.

use super::Host;
use arbitrary::{Arbitrary, Result};
use npe::capi::*;
use std::ptr::{null, null_mut};

/// A struct with what a later npe might have added.
#[repr(C)]
pub(super) struct Later<T> {
    pub(super) known: T,
    pub(super) tail: [u8; 16],
}

/// An image and its memory: just as much as `data_size` says, so that a byte too many is seen.
pub(super) struct Picture {
    pub(super) image: npe_image,
    pub(super) memory: Vec<u8>,
}

impl Host<'_> {
    pub(super) fn one<T: for<'b> Arbitrary<'b>>(&mut self) -> Result<T> {
        self.u.arbitrary()
    }

    pub(super) fn below(&mut self, n: u32) -> Result<u32> {
        self.u.int_in_range(0..=n - 1)
    }

    /// Mostly a sensible number, sometimes any.
    pub(super) fn float(&mut self, low: f32, high: f32) -> Result<f32> {
        if self.below(12)? == 0 {
            return Ok(f32::from_bits(self.one()?));
        }
        Ok(low + f32::from(self.one::<u8>()?) / 255.0 * (high - low))
    }

    pub(super) fn size_of_struct(&mut self, good: usize) -> Result<usize> {
        Ok(match self.below(12)? {
            0 => *self.u.choose(&[0, 1, 7, good - 1, 4097, usize::MAX])?,
            1 => good + 8,
            _ => good,
        })
    }

    pub(super) fn handle<T>(&mut self, made: &[*mut T], other: usize) -> Result<*mut T> {
        Ok(match self.below(14)? {
            0 => null_mut(),
            1 => std::ptr::without_provenance_mut(other),
            2 => std::ptr::without_provenance_mut(self.one()?),
            _ if made.is_empty() => null_mut(),
            // The last one most of the time: it is live.
            3..6 => *self.u.choose(made)?,
            _ => made[made.len() - 1],
        })
    }

    pub(super) fn edit(&mut self) -> Result<*mut npe_edit> {
        let (made, other) = (self.edits.clone(), self.models.first().map_or(5, |m| m.addr()));
        self.handle(&made, other)
    }

    pub(super) fn model(&mut self) -> Result<*mut npe_model> {
        let (made, other) = (self.models.clone(), self.edits.first().map_or(5, |e| e.addr()));
        self.handle(&made, other)
    }

    pub(super) fn picture(&mut self, side: Option<(u32, u32)>) -> Result<Picture> {
        let formats = [
            NPE_FORMAT_RGB_U8,
            NPE_FORMAT_RGBA_U8,
            NPE_FORMAT_BGRA_U8,
            NPE_FORMAT_GREY_U8,
            NPE_FORMAT_GREYA_U8,
            NPE_FORMAT_RGB_U16,
            NPE_FORMAT_RGBA_U16,
            NPE_FORMAT_GREYA_U16,
            NPE_FORMAT_RGB_F32,
            NPE_FORMAT_RGBA_F32,
            NPE_FORMAT_BGRA_F32,
            NPE_FORMAT_GREY_F32,
        ];
        let format = *self.u.choose(&formats)?;
        let channels = [0, 1, 2, 3, 4, 4][(format & 15) as usize];
        let (mut width, mut height) = match side {
            Some(side) if self.below(10)? > 0 => side,
            _ => (self.u.int_in_range(0..=40)?, self.u.int_in_range(0..=40)?),
        };
        // Only what is tight is told for sure; a huge claim without the memory would be the host's lie.
        let row = width as usize * channels * (format >> 4) as usize;
        let mut stride = row + if self.one()? { self.below(9)? as usize } else { 0 };
        let size = stride * height as usize;
        let mut data_size =
            size.saturating_sub(if self.below(6)? == 0 { self.below(40)? as usize } else { 0 });
        let seed: u8 = self.one()?;
        let mut memory: Vec<u8> = (0..data_size).map(|i| (i as u8).wrapping_mul(seed | 1)).collect();
        if format >> 4 == 4 {
            for value in memory.chunks_exact_mut(4) {
                let v = f32::from(value[0]) / 200.0 - 0.1;
                value.copy_from_slice(&v.to_ne_bytes());
            }
            if self.below(8)? == 0 && memory.len() > 8 {
                memory[4..8].copy_from_slice(&self.one::<u32>()?.to_ne_bytes());
            }
        }
        let mut reserved = 0;
        let mut chosen = format;
        match self.below(24)? {
            0 => width = self.one()?,
            1 => height = self.one()?,
            2 => stride = *self.u.choose(&[0, 1, usize::MAX, usize::MAX / 2, 1 << 62])?,
            3 => data_size = data_size.min(self.below(64)? as usize),
            4 => chosen = self.one::<u32>()? & 0x7f,
            5 => reserved = self.one()?,
            _ => {}
        }
        let data = if self.below(40)? == 0 { null() } else { memory.as_ptr().cast() };
        let struct_size = size_of::<npe_image>();
        let image =
            npe_image { struct_size, data, data_size, width, height, stride, format: chosen, reserved };
        Ok(Picture { image, memory })
    }

    pub(super) fn image(&mut self, picture: &Picture) -> Result<Later<npe_image>> {
        let struct_size = self.size_of_struct(size_of::<npe_image>())?;
        let tail = [if self.below(3)? == 0 { 1 } else { 0 }; 16];
        Ok(Later { known: npe_image { struct_size, ..picture.image }, tail })
    }

    /// The size of the edit's photo, if it is a live one.
    pub(super) fn size(&self, edit: *const npe_edit) -> Option<(u32, u32)> {
        let (mut w, mut h, mut f) = (0, 0, 0);
        (unsafe { npe_edit_get_size(edit, &mut w, &mut h, &mut f) } == NPE_OK).then_some((w, h))
    }
}
