//! Painting live: one update of an edit that follows a guide, and what the host draws after it, with the bundled model.
//! `cargo bench -p npe-bench --bench live`

use criterion::{Criterion, criterion_group, criterion_main};
use npe::brush::{Dab, Mode, Stroke};
use npe::cpu::CpuGenerator;
use npe::edit::{BlendSettings, Edit};
use npe::model::Model;
use npe::photo::{Channels, Frame, Photo, Placement, Samples};
use npe_bench::sample_photo;
use std::sync::Arc;

/// A guide of 256×256 over the frame: hair, a mouth, and `dabs` of a cheek that grows.
fn guide(dabs: usize) -> Photo {
    let mut pixels = vec![0; 256 * 256 * 4];
    let mut paint = |left: usize, top: usize, width: usize, height: usize, colour: [u8; 4]| {
        for i in 0..width * height {
            pixels[((top + i / width) * 256 + left + i % width) * 4..][..4].copy_from_slice(&colour);
        }
    };
    paint(96, 38, 64, 24, [20, 18, 16, 255]);
    paint(106, 204, 44, 12, [244, 240, 236, 255]);
    paint(60, 140, 4 * dabs, 16, [220, 90, 90, 255]);
    Photo::new(256, 256, Channels::Rgba, Samples::U8(pixels)).expect("a valid guide")
}

fn live(c: &mut Criterion) {
    let photo = Arc::new(sample_photo());
    let frame = Frame { cx: 224.0, cy: 118.0, side: 180.0, angle: 0.0 };
    let place = Some(Placement { x: 134.0, y: 28.0, width: 180.0, height: 180.0 });
    let guides: Vec<Photo> = (1..9).map(guide).collect();
    let model = Model::bundled().expect("the bundled model");
    for threads in [1, 2] {
        let engine = Arc::new(CpuGenerator::new(&model, threads).expect("an engine"));
        let mut edit = Edit::new(engine, photo.clone(), frame).expect("an edit");
        let mut follow =
            |guide: &Photo| edit.follow(guide, place, Mode::Color, &mut |_| true).expect("followed");
        follow(&guides[0]);
        let mut next = 0;
        c.bench_function(&format!("follow, one of three parts changed, threads: {threads}"), |b| {
            b.iter(|| {
                next += 1;
                follow(&guides[next % guides.len()])
            })
        });
        follow(&guides[0]);
        c.bench_function(&format!("follow, nothing changed, threads: {threads}"), |b| {
            b.iter(|| follow(&guides[0]))
        });
    }
}

/// What the host draws once hair is painted that the frame cuts: the rectangle asks for how the change goes on.
fn beyond(c: &mut Criterion) {
    let frame = Frame { cx: 224.0, cy: 118.0, side: 180.0, angle: 0.0 };
    let model = Model::bundled().expect("the bundled model");
    let engine = Arc::new(CpuGenerator::new(&model, 2).expect("an engine"));
    let mut edit = Edit::new(engine, Arc::new(sample_photo()), frame).expect("an edit");
    let dab = |(x, y)| Dab { x, y, radius: 11.0, hardness: 0.5, pressure: 1.0 };
    let dabs = [(170.0, 80.0), (195.0, 45.0), (225.0, 36.0), (255.0, 45.0), (280.0, 80.0)].map(dab);
    let stroke = Stroke { mode: Mode::Color, color: [0.08, 0.07, 0.06], dabs: dabs.into() };
    edit.stroke(&stroke, &mut |_| true).expect("a stroke");
    let rect = edit.changed_rect().expect("a rectangle");
    assert!(rect.y < 28, "the change ends at the frame: {rect:?}");
    // Other settings each time, so that it is worked out anew.
    let mut asked = |name: &str, locality: f32| {
        let mut detail = 0.3;
        c.bench_function(name, |b| {
            b.iter(|| {
                detail = 0.61 - detail;
                edit.set_blend_settings(BlendSettings { detail, locality, ..BlendSettings::default() })
                    .expect("valid settings");
                edit.changed_rect().expect("a rectangle")
            })
        });
    };
    asked("changed rectangle, going on beyond the frame", 0.8);
    asked("changed rectangle, ending at the frame", 0.0);
    c.bench_function("changed rectangle, asked again", |b| {
        b.iter(|| edit.changed_rect().expect("a rectangle"))
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = live, beyond
}
criterion_main!(benches);
