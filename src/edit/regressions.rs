//! Defects that were found once, on the linear generator.

use super::tests::{edit, go, stroke};
use super::*;
use crate::brush::Dab;
use crate::photo::{Channels, Samples};

fn small(x: f32, pressure: f32) -> Stroke {
    let dab = Dab { x, y: 52.0, radius: 3.0, hardness: 0.5, pressure };
    Stroke { mode: Mode::Color, color: [0.9, 0.8, 0.7], dabs: vec![dab] }
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

fn file(operations: &str) -> Result<StrokeFile> {
    StrokeFile::from_json(&format!(
        r#"{{"format":"npe-strokes","version":1,"units":"face","operations":[{operations}]}}"#
    ))
}

#[test]
fn strength_0_moves_nothing_and_other_strokes_do_not_take_back_earlier_ones() {
    let mut e = edit();
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    let (edited, encoded) = (e.latents().to_vec(), e.encoded_latents().to_vec());
    let none = StrokeSettings { strength: 0.0, ..StrokeSettings::default() };
    e.set_stroke_settings(none).unwrap();
    e.stroke(&small(40.0, 1.0), &mut go).unwrap();
    assert_eq!(e.latents(), edited);
    // Strokes that ask for what is shown leave the latents about where they are.
    e.set_stroke_settings(StrokeSettings { strength: 0.01, ..none }).unwrap();
    for i in 0..10 {
        e.stroke(&small(30.0 + 3.0 * i as f32, 1.0), &mut go).unwrap();
    }
    assert!(distance(e.latents(), &edited) < 0.05 * distance(&edited, &encoded));
}

#[test]
fn pressure_and_alpha_say_how_far_a_stroke_goes() {
    let moved = |pressure: f32| {
        let mut e = edit();
        e.stroke(&small(48.0, pressure), &mut go).unwrap();
        distance(e.latents(), e.encoded_latents())
    };
    let (full, half, tenth, none) = (moved(1.0), moved(0.5), moved(0.1), moved(1e-6));
    assert!(half < 0.7 * full && tenth < 0.3 * half && none < 1e-3 * full, "{full} {half} {tenth} {none}");
    let layer = |alpha: u8| {
        let mut pixels = vec![0u8; 96 * 80 * 4];
        for y in 44..56 {
            for x in 40..56 {
                pixels[(y * 96 + x) * 4..][..4].copy_from_slice(&[230, 200, 180, alpha]);
            }
        }
        let mut e = edit();
        let layer = Photo::new(96, 80, Channels::Rgba, Samples::U8(pixels)).unwrap();
        e.paint(&layer, Mode::Color, &mut go).unwrap();
        distance(e.latents(), e.encoded_latents())
    };
    assert!(layer(13) < 0.2 * layer(255), "{} {}", layer(13), layer(255));
}

#[test]
fn an_update_replays_with_the_blend_of_its_moment() {
    let mut e = edit();
    let blend = |mask| BlendSettings { mask, ..BlendSettings::default() };
    e.set_blend_settings(blend(6.0)).unwrap();
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    e.update().unwrap();
    e.set_blend_settings(blend(1.0)).unwrap();
    e.stroke(&small(48.0, 1.0), &mut go).unwrap();
    let id = ModelId { name: "linear".into(), sha256: "00".into() };
    let json = StrokeFile::from_edit(&e, id).to_json().unwrap();
    let mut again = edit();
    StrokeFile::from_json(&json).unwrap().apply(&mut again, &mut go).unwrap();
    assert_eq!(again.render().unwrap(), e.render().unwrap());
}

#[test]
fn updates_do_not_hoard_photos() {
    let mut e = edit();
    for _ in 0..5 {
        e.update().unwrap();
    }
    assert!(Arc::ptr_eq(e.photo(), &edit_photo(e.clone())), "an update that changes nothing makes no copy");
    // Photos of 150 MiB: three of them are all that undo keeps.
    let big = Photo::new(7168, 7168, Channels::Rgb, Samples::U8(vec![90; 7168 * 7168 * 3])).unwrap();
    let frame = Frame { cx: 100.0, cy: 100.0, side: 60.0, angle: 0.0 };
    let linear = Arc::new(crate::generator::linear::Linear::new(32, 40));
    let mut e = Edit::new(linear, Arc::new(big), frame).unwrap();
    let dab = Dab { x: 100.0, y: 100.0, radius: 9.0, hardness: 0.5, pressure: 1.0 };
    for i in 0..6 {
        let color = if i % 2 == 0 { [1.0; 3] } else { [0.0; 3] };
        e.stroke(&Stroke { mode: Mode::Color, color, dabs: vec![dab] }, &mut go).unwrap();
        e.update().unwrap();
    }
    assert!((2..=7).contains(&e.undo_redo_levels().0), "{:?}", e.undo_redo_levels());
    assert_eq!(e.operations().len(), 12);
}

fn edit_photo(mut e: Edit) -> Arc<Photo> {
    while e.undo().unwrap() {}
    e.photo().clone()
}

#[test]
fn misspelt_fields_and_a_missing_color_are_told() {
    let told = |operation: &str, sentence: &str| {
        let error = file(operation).unwrap_err().to_string();
        assert!(error.contains(sentence), "{error}");
    };
    let dabs = r#""dabs":[[0.5,0.5,0.1,0.5,1]]"#;
    told(&format!(r#"{{"kind":"stroke","moode":"darken",{dabs}}}"#), "unknown field `moode`");
    told(&format!(r#"{{"kind":"stroke","colour":[1,0,0],{dabs}}}"#), "unknown field `colour`");
    told(&format!(r#"{{"kind":"stroke",{dabs}}}"#), "mode color has no color");
    told(r#"{"kind":"reset","now":true}"#, "unknown field `now`");
    file(&format!(r#"{{"kind":"stroke","mode":"darken",{dabs}}}"#)).unwrap();
}

#[test]
fn hostile_layers_are_refused() {
    for rect in ["[0,0,0,0]", "[31,0,2,1]", "[18446744073709551615,0,2,1]", "[0,0,2,2]"] {
        let layer = format!(
            r#"{{"kind":"paint","layer":{{"size":32,"rect":{rect},"weight":[9,9],"color":[1,1,1,1,1,1]}}}}"#
        );
        let error = file(&layer).unwrap().apply(&mut edit(), &mut go).unwrap_err().to_string();
        assert!(error.contains("this model's grid is 32×32"), "{error}");
    }
}

#[test]
fn restore_minds_strength_and_samples_have_no_holes() {
    let mut e = edit();
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    let hair = e.render().unwrap();
    e.set_stroke_settings(StrokeSettings { strength: 0.0, ..StrokeSettings::default() }).unwrap();
    e.stroke(&stroke(Mode::Restore), &mut go).unwrap();
    assert_eq!(e.render().unwrap(), hair);
    e.set_stroke_settings(StrokeSettings::default()).unwrap();
    e.stroke(&stroke(Mode::Restore), &mut go).unwrap();
    e.sample(1).unwrap();
    let mask = e.seen(&e.blend_settings).mask();
    assert!((12..20).all(|y| (12..20).all(|x| mask[y * 32 + x] == 1.0)));
}

#[test]
fn the_published_solver_keeps_its_budget_and_tells_the_truth() {
    let mut e = edit();
    let settings = StrokeSettings { solver: Solver::Published, steps: 5, ..StrokeSettings::default() };
    e.set_stroke_settings(settings).unwrap();
    let mut many = small(48.0, 1.0);
    many.dabs = vec![many.dabs[0]; 500];
    let report = e.stroke(&many, &mut go).unwrap();
    assert_eq!(report.steps, 5);
    assert!(report.loss_after < report.loss_before, "{report:?}");
    let z = e.latents().to_vec();
    let mut beside = small(48.0, 1.0);
    beside.dabs.push(Dab { x: 900.0, ..beside.dabs[0] });
    let mut inside = edit();
    inside.set_stroke_settings(settings).unwrap();
    inside.stroke(&small(48.0, 1.0), &mut go).unwrap();
    let mut both = edit();
    both.set_stroke_settings(settings).unwrap();
    both.stroke(&beside, &mut go).unwrap();
    assert_eq!(inside.latents(), both.latents());
    assert_ne!(z, both.latents());
}

#[test]
fn progress_ends_at_1() {
    let mut last = 0.0;
    edit()
        .stroke(&stroke(Mode::Color), &mut |p| {
            last = p;
            true
        })
        .unwrap();
    assert_eq!(last, 1.0);
}

/// A network whose device can be made to fail.
struct Frail(Arc<dyn Generator>, std::sync::atomic::AtomicBool);

impl Frail {
    fn fine(&self) -> Result<()> {
        let failed = self.1.load(std::sync::atomic::Ordering::Relaxed);
        if failed { Err(Error::new(ErrorKind::Device, "the device is gone")) } else { Ok(()) }
    }
}

impl Generator for Frail {
    fn image_size(&self) -> usize {
        self.0.image_size()
    }
    fn latents(&self) -> usize {
        self.0.latents()
    }
    fn encode(&self, image: &[f32]) -> Result<Vec<f32>> {
        self.fine()?;
        self.0.encode(image)
    }
    fn decode(&self, latents: &[f32]) -> Result<Vec<f32>> {
        self.fine()?;
        self.0.decode(latents)
    }
    fn pull(&self, latents: &[f32], target: &crate::generator::Target<'_>) -> Result<crate::generator::Pull> {
        self.fine()?;
        self.0.pull(latents, target)
    }
}

#[test]
fn a_device_that_fails_leaves_the_edit_as_it_was() {
    let whole = edit();
    let frail = Arc::new(Frail(whole.generator.clone(), false.into()));
    let mut e = Edit::new(frail.clone(), whole.photo().clone(), whole.frame()).unwrap();
    e.stroke(&stroke(Mode::Color), &mut go).unwrap();
    e.sample(3).unwrap();
    e.undo().unwrap();
    let (before, levels) = (e.render().unwrap(), e.undo_redo_levels());
    frail.1.store(true, std::sync::atomic::Ordering::Relaxed);
    type Act = fn(&mut Edit) -> Result<()>;
    let acts: [(&str, Act); 5] = [
        ("stroke", |e| e.stroke(&stroke(Mode::Color), &mut go).map(drop)),
        ("sample", |e| e.sample(1)),
        ("undo", |e| e.undo().map(drop)),
        ("redo", |e| e.redo().map(drop)),
        ("update", Edit::update),
    ];
    for (name, act) in acts {
        assert_eq!(act(&mut e).err().map(|e| e.kind()), Some(ErrorKind::Device), "{name}");
        assert_eq!((e.render().unwrap(), e.undo_redo_levels()), (before.clone(), levels), "{name}");
    }
    frail.1.store(false, std::sync::atomic::Ordering::Relaxed);
    assert!(e.redo().unwrap() && e.undo().unwrap() && e.undo().unwrap());
}
