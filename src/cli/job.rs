//! The edit of one photo file: read, find the face, do the steps, write.

use crate::frame::Choice;
use crate::progress::Progress;
use crate::read::{self, Extras};
use crate::stroke::{self, At};
use crate::{save, sheet};
use npe::brush::{Mode, Stroke};
use npe::edit::{BlendSettings, Edit, Report, StrokeFile, StrokeSettings, Units, View};
use npe::photo::{self, Face, Frame, Photo, Rect};
use npe::session::LoadedModel;
use npe::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// One thing to do, in the order of the command line.
pub enum Step {
    /// `--stroke`
    Stroke(Stroke),
    /// `--paint`
    Paint(Photo),
    /// `--strokes`
    File(StrokeFile),
    /// `--attribute`: its name, and where it goes.
    Attribute(String, f32),
}

/// What is done to each photo.
pub struct Plan {
    pub steps: Vec<Step>,
    pub at: At,
    /// None if the person said nothing: then a stroke file's own frame counts where it fits.
    pub frame: Option<Choice>,
    pub settings: StrokeSettings,
    pub blend: Blend,
    pub save_strokes: Option<PathBuf>,
    pub options: save::Options,
    /// All photos of the command, none of which is written to by mistake.
    pub inputs: Vec<PathBuf>,
}

/// The blend settings that were given; the others are the stroke file's or the defaults.
#[derive(Default, Clone, Copy)]
pub struct Blend {
    pub mask: Option<f32>,
    pub detail: Option<f32>,
    pub locality: Option<f32>,
}

impl Blend {
    /// These settings with the given ones in place.
    pub fn over(self, settings: BlendSettings) -> BlendSettings {
        BlendSettings {
            mask: self.mask.unwrap_or(settings.mask),
            detail: self.detail.unwrap_or(settings.detail),
            locality: self.locality.unwrap_or(settings.locality),
        }
    }
}

/// What happened to a photo.
pub struct Done {
    pub output: PathBuf,
    pub frame: Frame,
    pub changed: Rect,
    /// Each operation, and how long it took in milliseconds.
    pub operations: Vec<(Report, f64)>,
}

/// Edits one photo.
///
/// # Errors
/// With a sentence that names the photo; nothing is written then, or only what was complete.
pub fn run(
    plan: &Plan,
    model: &LoadedModel,
    input: &Path,
    output: &Path,
    views: Option<&Path>,
    progress: &Progress,
) -> Result<Done> {
    work(plan, model, input, output, views, progress).map_err(|e| {
        let name = input.display().to_string();
        if e.to_string().contains(&name) { e } else { Error::new(e.kind(), format!("{name}: {e}")) }
    })
}

fn work(
    plan: &Plan,
    model: &LoadedModel,
    input: &Path,
    output: &Path,
    views: Option<&Path>,
    progress: &Progress,
) -> Result<Done> {
    save::check(output, &plan.inputs, plan.options)?;
    if let Some(file) = &plan.save_strokes {
        save::check_free(file, &plan.inputs, plan.options.force)?;
    }
    if let Some(folder) = views {
        save::check_folder(folder)?;
        if folder.is_dir() {
            view_files(folder).iter().try_for_each(|file| save::check(file, &plan.inputs, plan.options))?;
        }
    }
    let (photo, extras) = read::photo(input)?;
    let own = &model.meta.extras;
    let aligner = own.aligner.as_deref();
    let (frame, note) = match own_frame(plan, &photo) {
        Some(own) => near_or_found(own, &photo::find_with(&photo, aligner)?),
        None => (plan.frame.unwrap_or(Choice::Auto).find(&photo, aligner)?, None),
    };
    if let Some(note) = note {
        progress.say(&format!("{}: {note}", input.display()));
    }
    let mut edit = Edit::new(model.generator.clone(), Arc::new(photo), frame)?;
    edit.set_stroke_settings(plan.settings)?;
    edit.set_blend_settings(plan.blend.over(edit.blend_settings()))?;
    let mut operations = Vec::new();
    for step in &plan.steps {
        let started = Instant::now();
        let mut last = 0.0;
        let mut tell = |p: f32| {
            progress.add(p - last);
            last = p;
            true
        };
        let reports = match step {
            Step::Stroke(stroke) => vec![edit.stroke(&stroke::place(stroke, plan.at, &frame), &mut tell)?],
            Step::Paint(layer) => vec![edit.paint(layer, Mode::Color, &mut tell)?],
            Step::File(file) => {
                file.check_model(&model.id())?;
                let mut file = file.clone();
                file.blend = plan.blend.over(file.blend);
                file.apply(&mut edit, &mut tell)?
            }
            Step::Attribute(name, value) => {
                edit.set_attribute(name, *value)?;
                vec![Report::default()]
            }
        };
        progress.add(1.0 - last);
        let each = started.elapsed().as_secs_f64() * 1e3 / reports.len().max(1) as f64;
        operations.extend(reports.into_iter().map(|r| (r, each)));
    }
    for note in save::photo(output, &edit.render()?, &extras, plan.options)? {
        progress.say(&note);
    }
    if let Some(folder) = views {
        write_views(&edit, folder, plan.options)?;
    }
    if let Some(path) = &plan.save_strokes {
        let json = StrokeFile::from_edit(&edit, model.id()).to_json()?;
        save::write_with(path, plan.options.force, |file| {
            std::io::Write::write_all(file, json.as_bytes())
                .map_err(|e| crate::report::io("the stroke file", path, "written", e))
        })?;
    }
    Ok(Done { output: output.to_owned(), frame, changed: edit.changed_rect()?, operations })
}

/// The stroke file's frame, if nobody asked for another and the file was painted on a photo of this one's size.
fn own_frame(plan: &Plan, photo: &Photo) -> Option<Frame> {
    if plan.frame.is_some() {
        return None;
    }
    plan.steps.iter().find_map(|step| match step {
        Step::File(file) if file.units == Units::Photo => {
            let size = file.photo?;
            (size.width == photo.width() && size.height == photo.height()).then_some(file.frame)?
        }
        _ => None,
    })
}

/// The stroke file's frame if a face is where it is, so that a replay on the same photo is exact; else the largest face:
/// a camera's photos are all of one size. Also a sentence on which was taken.
fn near_or_found(own: Frame, faces: &[Face]) -> (Frame, Option<&'static str>) {
    let near = |f: &Face| (f.frame.cx - own.cx).hypot(f.frame.cy - own.cy) <= 0.05 * own.side;
    match faces.first() {
        None => (own, Some("no face was found, so the face frame is the stroke file's")),
        Some(_) if faces.iter().any(near) => {
            (own, Some("the face frame is the stroke file's; give --frame auto to look for the face"))
        }
        Some(face) => (
            face.frame,
            Some(
                "the face frame is the found face's, as no face is where the stroke file's was; give --frame for another",
            ),
        ),
    }
}

/// The files that [`write_views`] writes.
pub fn view_files(folder: &Path) -> Vec<PathBuf> {
    let names = View::ALL.iter().map(|v| v.name()).chain(["sheet"]);
    names.map(|name| folder.join(format!("{name}.png"))).collect()
}

/// Writes all views as PNG, and the contact sheet.
///
/// # Errors
/// If a file can't be written, or is there and may not be replaced.
pub fn write_views(edit: &Edit, folder: &Path, options: save::Options) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| crate::report::io("the folder", folder, "made", e))?;
    for view in View::ALL {
        let path = folder.join(format!("{}.png", view.name()));
        save::check(&path, &[], options)?;
        save::photo(&path, &edit.view(view)?, &Extras::default(), options)?;
    }
    let path = folder.join("sheet.png");
    save::check(&path, &[], options)?;
    save::photo(&path, &sheet::of_edit(edit, &sheet::FIGURE)?, &Extras::default(), options).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_frame_counts_only_where_a_face_is() {
        let frame = |cx| Frame { cx, cy: 100.0, side: 80.0, angle: 0.0 };
        let face = |cx| Face { frame: frame(cx), score: 9.0 };
        let own = frame(100.0);
        assert_eq!(near_or_found(own, &[face(104.0)]).0, own);
        assert_eq!(near_or_found(own, &[face(104.1)]).0, frame(104.1));
        // The second face was painted on.
        assert_eq!(near_or_found(own, &[face(300.0), face(99.0)]).0, own);
        let (taken, note) = near_or_found(own, &[]);
        assert!(taken == own && note.unwrap().contains("no face was found"));
    }
}
