//! Calls of the C interface in any order, with arguments good and bad, on handles live, freed and made up. What a host has to
//! vouch for (that memory is there) it does; all else is free. No call may touch more than that, panic, or write on an error.

#[path = "calls/given.rs"]
mod given;
#[path = "../../capi_common/host.rs"]
mod host;

use arbitrary::{Result, Unstructured};
use given::Later;
use host::{as_out, last_error};
use npe::capi::*;
use npe::model::{Attribute, Dtype, Model, Sizes};
use std::ffi::{CString, c_void};
use std::path::PathBuf;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

/// Calls of one sequence.
const CALLS: usize = 32;
/// Live objects of one kind.
const LIVE: usize = 4;
/// Solver steps of a stroke: more is slow, not different.
const STEPS: u32 = 6;
/// What outputs hold before a call.
const CANARY: u8 = 0xa5;

/// Takes the data for a sequence of calls; it ends with them.
pub fn run(data: &[u8]) {
    let mut host =
        Host { u: Unstructured::new(data), models: Vec::new(), edits: Vec::new(), text: Vec::new() };
    let _ = host.go();
    host.models.iter().for_each(|m| npe_model_free(*m));
    host.edits.iter().for_each(|e| npe_edit_free(*e));
    let mut info = unsafe { std::mem::zeroed::<npe_session_info>() };
    assert_eq!(unsafe { npe_session_get_info(&mut info, size_of::<npe_session_info>()) }, NPE_OK);
    assert_eq!(info.models, 0, "a model was kept");
}

/// The path of a small network with an attribute.
fn model_file() -> &'static CString {
    static FILE: OnceLock<CString> = OnceLock::new();
    FILE.get_or_init(|| {
        let sizes = Sizes { width: 1, hidden: 3, latents: 4 };
        let smile = Attribute { name: "smile".into(), direction: vec![0.6, 0.8, 0.0, 0.0], leads: true };
        let model = Model::random_of("ian-simple", 32, sizes, Dtype::F16, 1).unwrap();
        let model = model.with_attributes(vec![smile]).unwrap();
        // Under another name first: a second process may be reading it.
        let folder = option_env!("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let (path, part) =
            (folder.join("npe-calls.safetensors"), folder.join(format!("{}.part", std::process::id())));
        std::fs::write(&part, model.to_bytes(Dtype::F16).unwrap()).unwrap();
        std::fs::rename(&part, &path).unwrap();
        CString::new(path.to_str().unwrap()).unwrap()
    })
}

extern "C" fn count_down(done: f32, left: *mut c_void) -> i32 {
    assert!((0.0..=1.0).contains(&done));
    // SAFETY: every call with this function brings a counter.
    let left = unsafe { &mut *left.cast::<i32>() };
    *left -= 1;
    i32::from(*left != 0)
}

struct Host<'a> {
    u: Unstructured<'a>,
    /// All that were made in this sequence, freed or not.
    models: Vec<*mut npe_model>,
    edits: Vec<*mut npe_edit>,
    text: Vec<u8>,
}

impl Host<'_> {
    fn go(&mut self) -> Result<()> {
        npe_session_set_threads(1);
        for _ in 0..CALLS {
            if self.u.is_empty() {
                break;
            }
            let status = self.call()?;
            assert!((0..=14).contains(&status), "{status}: {}", last_error());
            if status != NPE_OK {
                assert!(last_error().len() > 10, "{status} without a sentence");
            }
        }
        Ok(())
    }

    fn call(&mut self) -> Result<npe_status> {
        let edit = self.edit()?;
        let mut left = if self.below(4)? == 0 { self.u.int_in_range(1..=5)? } else { i32::MAX };
        let user: *mut c_void = (&raw mut left).cast();
        let progress: npe_progress = if self.one()? { Some(count_down) } else { None };
        let mut report = Later {
            known: npe_stroke_report {
                loss_before: 0.0,
                loss_after: 0.0,
                brush_before: 0.0,
                brush_after: 0.0,
                steps: 0,
            },
            tail: [CANARY; 16],
        };
        let report_size = self.size_of_struct(size_of::<npe_stroke_report>())?;
        Ok(match self.below(36)? {
            0 | 1 => self.load(progress, user)?,
            2..6 => self.encode()?,
            6 => {
                let mut copy = null_mut();
                let status = unsafe { npe_edit_copy(edit, &mut copy) };
                self.keep_edit(status, copy);
                status
            }
            7 => {
                let model = self.model()?;
                if self.below(3)? == 0 {
                    npe_model_free(model);
                } else {
                    npe_edit_free(edit);
                }
                NPE_OK
            }
            8..11 => {
                let dab = |h: &mut Self| {
                    Ok(npe_dab {
                        x: h.float(0.0, 40.0)?,
                        y: h.float(0.0, 40.0)?,
                        radius: h.float(0.5, 12.0)?,
                        hardness: h.float(0.0, 1.0)?,
                        pressure: h.float(0.0, 1.0)?,
                    })
                };
                let dabs = (0..self.below(4)?).map(|_| dab(self)).collect::<Result<Vec<_>>>()?;
                let count = if self.below(20)? == 0 { usize::MAX / 8 } else { dabs.len() };
                let color = [self.float(0.0, 1.0)?, self.float(0.0, 1.0)?, self.float(0.0, 1.0)?];
                let struct_size = self.size_of_struct(size_of::<npe_stroke_options>())?;
                let known = npe_stroke_options { struct_size, mode: self.below(5)?, color };
                let options = Later { known, tail: [0; 16] };
                unsafe {
                    npe_stroke(
                        edit,
                        dabs.as_ptr(),
                        count,
                        &options.known,
                        progress,
                        user,
                        &mut report.known,
                        report_size,
                    )
                }
            }
            11 | 12 => {
                let picture = self.picture(self.size(edit))?;
                let (image, mode) = (self.image(&picture)?, self.below(5)?);
                unsafe { npe_paint(edit, &image.known, mode, progress, user, &mut report.known, report_size) }
            }
            13 | 14 => {
                let picture = self.picture(None)?;
                let (image, mode) = (self.image(&picture)?, self.below(5)?);
                let place = npe_placement {
                    x: self.float(-10.0, 30.0)?.into(),
                    y: self.float(-10.0, 30.0)?.into(),
                    width: self.float(1.0, 60.0)?.into(),
                    height: self.float(1.0, 60.0)?.into(),
                };
                let at: *const npe_placement = if self.one()? { &place } else { null() };
                unsafe {
                    npe_follow(edit, &image.known, at, mode, progress, user, &mut report.known, report_size)
                }
            }
            15..19 => self.decode(edit)?,
            19 => self.save(edit)?,
            20 | 21 => {
                let text = if self.below(3)? == 0 { self.one::<Vec<u8>>()? } else { self.text.clone() };
                unsafe { npe_strokes_load(edit, text.as_ptr().cast(), text.len(), progress, user) }
            }
            22 => unsafe { npe_undo(edit, null_mut()) },
            23 => unsafe { npe_redo(edit, &mut left) },
            24 => npe_reset(edit),
            25 => npe_update(edit),
            26 => npe_sample(edit, self.one()?),
            27 => self.latents(edit)?,
            28 => {
                let (x, y) = (self.float(0.0, 4.0)?, self.float(0.0, 4.0)?);
                npe_paint_latents(edit, x, y, self.float(0.0, 3.0)?, self.float(-3.0, 3.0)?)
            }
            29 => self.attributes(edit)?,
            30 => self.settings(edit)?,
            31 => npe_end_guide(edit),
            // It takes ten times as long as anything else.
            32 if self.below(8)? == 0 => self.faces()?,
            33 => {
                let (mut undo, mut redo) = (0, 0);
                unsafe {
                    npe_get_undo_levels(edit, &mut undo, if self.one()? { &mut redo } else { null_mut() })
                }
            }
            34 => {
                let mut rect = npe_rect { x: 0, y: 0, width: 0, height: 0 };
                unsafe { npe_changed_rect(edit, &mut rect) }
            }
            _ => {
                let mut info = unsafe { std::mem::zeroed::<Later<npe_model_info>>() };
                let size = self.size_of_struct(size_of::<npe_model_info>())?;
                unsafe { npe_model_get_info(self.model()?, &mut info.known, size) }
            }
        })
    }

    fn load(&mut self, progress: npe_progress, user: *mut c_void) -> Result<npe_status> {
        if self.models.len() >= LIVE {
            return Ok(NPE_OK);
        }
        npe_session_set_threads(self.below(3)?);
        let path = match self.below(10)? {
            0 => c"/nowhere".as_ptr(),
            1 => c"/dev/null".as_ptr(),
            _ => model_file().as_ptr(),
        };
        let device = *self.u.choose(&[c"cpu".as_ptr(), null(), c"quantum".as_ptr()])?;
        let struct_size = self.size_of_struct(size_of::<npe_load_options>())?;
        let options = Later { known: npe_load_options { struct_size, path, device }, tail: [0; 16] };
        let mut model = null_mut();
        let status = unsafe { npe_load(&options.known, progress, user, &mut model) };
        assert_eq!(status == NPE_OK, !model.is_null());
        self.models.extend((status == NPE_OK).then_some(model));
        Ok(status)
    }

    fn keep_edit(&mut self, status: npe_status, edit: *mut npe_edit) {
        assert_eq!(status == NPE_OK, !edit.is_null());
        self.edits.extend((status == NPE_OK).then_some(edit));
        if self.edits.len() > LIVE {
            npe_edit_free(self.edits[self.edits.len() - LIVE - 1]);
        }
    }

    fn encode(&mut self) -> Result<npe_status> {
        if self.models.is_empty() {
            return self.load(None, null_mut());
        }
        let picture = self.picture(Some((24, 20)))?;
        let (model, image) = (self.model()?, self.image(&picture)?);
        let mut frame =
            npe_frame { cx: 12.0, cy: 10.0, side: 18.0, angle: self.float(-180.0, 180.0)?.into() };
        if self.one()? {
            frame.cx = self.float(0.0, 24.0)?.into();
            frame.side = self.float(8.0, 60.0)?.into();
        }
        let mut edit = null_mut();
        let status = unsafe { npe_encode(model, &image.known, &frame, &mut edit) };
        self.keep_edit(status, edit);
        Ok(status)
    }

    fn decode(&mut self, edit: *const npe_edit) -> Result<npe_status> {
        let (view, call) = (self.below(9)?, self.below(3)?);
        let (mut w, mut h) = (0, 0);
        let view_size = unsafe { npe_view_size(edit, view, &mut w, &mut h) } == NPE_OK;
        let all = self.size(edit).unwrap_or((24, 20));
        let mut rect = npe_rect { x: 0, y: 0, width: all.0, height: all.1 };
        if self.one()? {
            (rect.x, rect.y) = (self.below(all.0)?, self.below(all.1)?);
            (rect.width, rect.height) =
                (self.u.int_in_range(0..=all.0 - rect.x)?, self.u.int_in_range(0..=all.1)?);
        }
        let wanted = if call == 2 && view_size { (w, h) } else { (rect.width, rect.height) };
        let mut picture = self.picture(Some(wanted))?;
        picture.memory.fill(CANARY);
        let i = picture.image;
        let struct_size = self.size_of_struct(size_of::<npe_image_out>())?;
        let known = as_out(npe_image { struct_size, ..i }, picture.memory.as_mut_ptr().cast());
        let out = Later { known, tail: [0; 16] };
        let status = match call {
            0 => unsafe { npe_decode(edit, &rect, &out.known) },
            1 => unsafe { npe_decode_change(edit, &rect, &out.known) },
            _ => unsafe { npe_view(edit, view, &out.known) },
        };
        assert!(status == NPE_OK || picture.memory.iter().all(|b| *b == CANARY), "an error wrote pixels");
        Ok(status)
    }

    fn save(&mut self, edit: *const npe_edit) -> Result<npe_status> {
        let mut length = usize::MAX;
        let status = unsafe { npe_strokes_save(edit, null_mut(), 0, &mut length) };
        if status != NPE_OK {
            return Ok(status);
        }
        let capacity = length + 1 - if self.below(6)? == 0 { 1 } else { 0 };
        let mut text = vec![CANARY; capacity];
        let status = unsafe { npe_strokes_save(edit, text.as_mut_ptr().cast(), capacity, &mut length) };
        assert!(status == NPE_OK || text.iter().all(|b| *b == CANARY), "an error wrote text");
        if status == NPE_OK {
            assert_eq!(text.pop(), Some(0));
            self.text = text;
        }
        Ok(status)
    }

    fn latents(&mut self, edit: *mut npe_edit) -> Result<npe_status> {
        let mut values = [0.0; 4];
        let (mut count, capacity) = (0, self.below(5)? as usize);
        let status = unsafe { npe_get_latents(edit, values.as_mut_ptr(), capacity, &mut count) };
        if status != NPE_OK || self.one()? {
            return Ok(status);
        }
        for value in &mut values {
            *value += self.float(-2.0, 2.0)?;
        }
        let count = if self.below(8)? == 0 { *self.u.choose(&[0, 3, usize::MAX / 4 + 1])? } else { 4 };
        Ok(unsafe { npe_set_latents(edit, values.as_ptr(), count) })
    }

    fn attributes(&mut self, edit: *mut npe_edit) -> Result<npe_status> {
        let name = *self.u.choose(&[c"smile".as_ptr(), c"".as_ptr(), c"frown".as_ptr(), null()])?;
        let (model, index) = (self.model()?, self.below(3)? as usize);
        let (mut count, mut text, mut value) = (0, null(), 0.0);
        Ok(match self.below(4)? {
            0 => unsafe { npe_model_get_attribute_count(model, &mut count) },
            1 => unsafe { npe_model_get_attribute_name(model, index, &mut text) },
            2 => unsafe { npe_get_attribute(edit, name, &mut value) },
            _ => {
                let value = self.float(-5.0, 5.0)?;
                unsafe { npe_set_attribute(edit, name, value) }
            }
        })
    }

    fn settings(&mut self, edit: *mut npe_edit) -> Result<npe_status> {
        let mut settings = unsafe { std::mem::zeroed::<Later<npe_settings>>() };
        let size = self.size_of_struct(size_of::<npe_settings>())?;
        let status = unsafe { npe_get_settings(edit, &mut settings.known, size) };
        if status != NPE_OK {
            return Ok(status);
        }
        let s = &mut settings.known;
        (s.struct_size, s.solver, s.steps) = (size, self.below(3)?, self.below(STEPS + 1)?);
        (s.strength, s.freedom) = (self.float(0.0, 1.0)?, self.float(0.0, 1.0)?);
        (s.mask, s.detail, s.locality) =
            (self.float(0.0, 8.0)?, self.float(0.0, 1.0)?, self.float(0.0, 1.0)?);
        Ok(unsafe { npe_set_settings(edit, &settings.known) })
    }

    fn faces(&mut self) -> Result<npe_status> {
        let picture = self.picture(None)?;
        let (model, image, capacity) = (self.model()?, self.image(&picture)?, self.below(3)? as usize);
        let mut frames = [npe_frame { cx: 0.0, cy: 0.0, side: 0.0, angle: 0.0 }; 2];
        let mut count = 0;
        Ok(unsafe { npe_model_find_faces(model, &image.known, frames.as_mut_ptr(), capacity, &mut count) })
    }
}
