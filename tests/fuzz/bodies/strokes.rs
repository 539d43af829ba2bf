//! A stroke file from strangers: it is refused with a sentence and the edit stays as it was, or it is done, and what it did can be
//! saved and done again with the same pixels.

use npe::cpu::CpuGenerator;
use npe::edit::{Edit, ModelId, Operation, StrokeFile};
use npe::model::{Dtype, Model, Sizes};
use npe::photo::{Channels, Frame, Photo, Samples};
use std::sync::{Arc, OnceLock};

/// Work that is done at most: more is slow, not different.
const STEPS: u32 = 200;
const DABS: usize = 300;
const OPERATIONS: usize = 16;

/// Takes the data for the text.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let file = match StrokeFile::from_json(text) {
        Ok(file) if small(&file.operations) => file,
        Ok(_) => return,
        Err(e) => return assert!(e.to_string().len() > 10, "{e}"),
    };
    let mut edit = edit();
    let before = edit.render().unwrap();
    match file.apply(&mut edit, &mut |_| true) {
        Err(e) => {
            assert!(e.to_string().len() > 10, "{e}");
            assert_eq!(edit.render().unwrap(), before, "a refused file changed the edit");
            assert_eq!(edit.undo_redo_levels(), (0, 0));
        }
        Ok(reports) => {
            assert_eq!(reports.len(), file.operations.len());
            assert!(edit.latents().iter().all(|z| z.is_finite()));
            let id = ModelId { name: "random".into(), sha256: "0".repeat(64) };
            let saved = StrokeFile::from_edit(&edit, id).to_json().unwrap();
            let loaded = StrokeFile::from_json(&saved).unwrap();
            let mut again = self::edit();
            loaded.apply(&mut again, &mut |_| true).unwrap();
            assert_eq!(again.render().unwrap(), edit.render().unwrap(), "done again, it is another picture");
        }
    }
}

fn small(operations: &[Operation]) -> bool {
    let mut steps = 0_u32;
    let mut dabs = 0;
    for operation in operations {
        match operation {
            Operation::Stroke { stroke, settings } => {
                dabs += stroke.dabs.len();
                steps = steps.saturating_add(settings.steps);
            }
            Operation::Paint { settings, .. } => steps = steps.saturating_add(settings.steps),
            _ => {}
        }
    }
    operations.len() <= OPERATIONS && steps <= STEPS && dabs <= DABS
}

fn edit() -> Edit {
    static ENGINE: OnceLock<Arc<CpuGenerator>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        let sizes = Sizes { width: 1, hidden: 3, latents: 4 };
        Arc::new(
            CpuGenerator::new(&Model::random_of("ian-simple", 32, sizes, Dtype::F16, 1).unwrap(), 1).unwrap(),
        )
    });
    let bytes =
        (0..24 * 20).flat_map(|i| [(i % 24 * 9) as u8, (i / 24 * 11) as u8, (i % 251) as u8]).collect();
    let photo = Photo::new(24, 20, Channels::Rgb, Samples::U8(bytes)).unwrap();
    let frame = Frame { cx: 12.0, cy: 10.0, side: 16.0, angle: 10.0 };
    Edit::new(engine.clone(), Arc::new(photo), frame).unwrap()
}
