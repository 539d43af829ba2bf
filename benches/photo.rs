//! Cropping, blending and finding faces.

use criterion::{Criterion, criterion_group, criterion_main};
use npe::photo::{
    Change, Channels, Depth, Frame, Photo, PixelFormat, PixelsMut, Rect, Samples, blend_into,
    blend_layer_into, blend_rect, changed_rect, crop, find,
};
use npe_bench::sample_photo;

fn photo_24_mp(channels: Channels) -> Photo {
    let (width, height) = (6000u32, 4000u32);
    let count = width as usize * height as usize * channels.count();
    let samples = (0..count).map(|i| (i.wrapping_mul(0x9e37_79b1) >> 13) as u8).collect();
    Photo::new(width, height, channels, Samples::U8(samples)).expect("a valid photo")
}

fn photo(c: &mut Criterion) {
    let large = photo_24_mp(Channels::Rgb);
    let frame = Frame { cx: 3000.0, cy: 2000.0, side: 2000.0, angle: 12.0 };
    c.bench_function("crop 2000 px to 64", |b| b.iter(|| crop(&large, &frame, 64)));

    let mut change = Change { less: vec![0.5; 64 * 64], ..Change::none(64) };
    for i in (0..4096).filter(|i| (2..62).contains(&(i % 64)) && (2..62).contains(&(i / 64))) {
        change.mask[i] = 1.0;
        change.add[i] = 0.25;
    }
    let rect = changed_rect(&large, &frame, &change).expect("a valid change");
    c.bench_function("blend 24 MP, frame 2000 px, changed rectangle", |b| {
        b.iter(|| blend_rect(&large, &frame, &change, rect))
    });
    let whole = Rect::whole(&large);
    c.bench_function("blend 24 MP, frame 2000 px, whole photo", |b| {
        b.iter(|| blend_rect(&large, &frame, &change, whole))
    });

    // What a host that paints live asks for after each update.
    for (side, angle) in [(1200.0, 0.0), (1200.0, 12.0), (1500.0, 12.0)] {
        let frame = Frame { side, angle, ..frame };
        let rect = changed_rect(&large, &frame, &change).expect("a valid change");
        let name = format!("frame {side} px at {angle}°, {}×{} changed", rect.width, rect.height);
        c.bench_function(&format!("changed rectangle, {name}"), |b| {
            b.iter(|| changed_rect(&large, &frame, &change))
        });
        let mut bytes = vec![0; rect.width as usize * rect.height as usize * 4];
        let mut out = |channels: Channels, layer: bool| {
            let format = PixelFormat { channels, depth: Depth::U8 };
            let stride = rect.width as usize * format.bytes();
            let data = &mut bytes[..stride * rect.height as usize];
            let mut out = PixelsMut { data, width: rect.width, height: rect.height, stride, format };
            let into = if layer { blend_layer_into } else { blend_into };
            into(&large, &frame, &change, rect, &mut out).expect("a fitting buffer");
        };
        c.bench_function(&format!("result, {name}"), |b| b.iter(|| out(Channels::Rgb, false)));
        c.bench_function(&format!("layer, {name}"), |b| b.iter(|| out(Channels::Rgba, true)));
    }

    let sample = sample_photo();
    c.bench_function("faces of the sample photo, 512 px", |b| b.iter(|| find(&sample)));
    c.bench_function("faces of noise, 24 MP", |b| b.iter(|| find(&large)));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = photo
}
criterion_main!(benches);
