//! What a person can turn on an edit.

use super::boundary::guarded;
use super::edit::{changing, npe_edit, reading};
use super::error::{Answer, Failure};
use super::pointer::{Out, Plain, read_sized};
use super::status::{NPE_ERR_INVALID_ARGUMENT, npe_status};
use crate::edit::{BlendSettings, Solver, StrokeSettings};

/// The default solver: descends on colour under the brush, keeping the rest, and staying a believable face; never accepts
/// a worse step.
pub const NPE_SOLVER_GUIDED: u32 = 0;
/// The brush as it was published (arXiv 1609.07093): one plain gradient step of fixed size a dab.
pub const NPE_SOLVER_PUBLISHED: u32 = 1;

/// How strokes act from now on, and how all of the change is shown. Get it with npe_get_settings, change what you want, and
/// give it back to npe_set_settings.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct npe_settings {
    /// sizeof(npe_settings).
    pub struct_size: usize,
    /// One of NPE_SOLVER_...; for strokes from now on.
    pub solver: u32,
    /// Most solver steps a stroke takes, 1 to 1000; for strokes from now on.
    pub steps: u32,
    /// 0 to 1: how far towards its colour a stroke goes; for strokes from now on.
    pub strength: f32,
    /// 0 to 1: how far the face may leave the one in the photo; for strokes from now on.
    pub freedom: f32,
    /// 0 to 8: gain on the mask through which the change is seen; at once, for all strokes.
    pub mask: f32,
    /// 0 to 1: how much of the photo's own detail stays in changed places; at once, for all strokes.
    pub detail: f32,
    /// 0 to 1: how much the change is confined to the surroundings of the strokes; at once, for all strokes.
    pub locality: f32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: numbers only.
unsafe impl Plain for npe_settings {
    const NAME: &'static str = "npe_settings";
}

/// Tells the settings of an edit. Never blocks for long; any thread. `settings` is written, its `struct_size` too;
/// `settings_size` is sizeof(npe_settings).
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_get_settings(
    edit: *const npe_edit,
    settings: *mut npe_settings,
    settings_size: usize,
) -> npe_status {
    guarded(|| {
        let (stroke, blend) = reading(edit, |e, _| Ok((e.stroke_settings(), e.blend_settings())))?;
        let out = Out::sized(settings, settings_size)?;
        let settings = npe_settings {
            struct_size: settings_size,
            solver: match stroke.solver {
                Solver::Guided => NPE_SOLVER_GUIDED,
                Solver::Published => NPE_SOLVER_PUBLISHED,
            },
            steps: stroke.steps,
            strength: stroke.strength,
            freedom: stroke.freedom,
            mask: blend.mask,
            detail: blend.detail,
            locality: blend.locality,
            reserved: 0,
        };
        // SAFETY: by this function's contract.
        unsafe { out.write(settings) };
        Ok(())
    })
}

/// Changes the settings of an edit, all or (on an error) none; not a thing that npe_undo takes back. Never blocks for long;
/// one thread at a time per edit.
///
/// # Safety
/// The pointers point to what the text says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn npe_set_settings(edit: *mut npe_edit, settings: *const npe_settings) -> npe_status {
    guarded(|| {
        // SAFETY: by this function's contract.
        let (stroke, blend) = parse(&unsafe { read_sized(settings) }?)?;
        changing(edit, |e, _| {
            // Both are checked before either is set.
            stroke.check()?;
            e.set_blend_settings(blend)?;
            Ok(e.set_stroke_settings(stroke)?)
        })
    })
}

fn parse(s: &npe_settings) -> Answer<(StrokeSettings, BlendSettings)> {
    let refuse = |sentence| Err(Failure::new(NPE_ERR_INVALID_ARGUMENT, sentence));
    if s.reserved != 0 {
        return refuse(format!("the reserved field of npe_settings is {}; it must be 0", s.reserved));
    }
    let solver = match s.solver {
        NPE_SOLVER_GUIDED => Solver::Guided,
        NPE_SOLVER_PUBLISHED => Solver::Published,
        other => return refuse(format!("the solver is {other}; it must be one of NPE_SOLVER_...")),
    };
    let stroke = StrokeSettings { solver, strength: s.strength, freedom: s.freedom, steps: s.steps };
    Ok((stroke, BlendSettings { mask: s.mask, detail: s.detail, locality: s.locality }))
}
