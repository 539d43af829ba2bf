//! Folders and archives of images.

use std::fs;
use std::io::Write;

use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgb, RgbImage, Rgba};
use npe::ErrorKind;
use npe::photo::{Channels, Frame, Photo, Samples, crop};
use npe_torch::data::{Crop, Settings, Skipped, read};

use super::{jpeg, load, orientation, picture, refused, tar, whole};

/// The colour of a pixel.
fn at(image: &[u8], size: usize, x: usize, y: usize) -> [u8; 3] {
    [0, 1, 2].map(|c| image[(c * size + y) * size + x])
}

#[test]
fn every_kind_of_pixels_is_read_as_rgb() {
    let dir = tempfile::tempdir().unwrap();
    let save = |name: &str, image: DynamicImage| image.save(dir.path().join(name)).unwrap();
    save("a-grey.png", ImageBuffer::from_pixel(32, 32, Luma([77_u8])).into());
    save("b-grey-alpha.png", ImageBuffer::from_pixel(32, 32, LumaA([200_u8, 0])).into());
    save("c-rgba.png", ImageBuffer::from_pixel(32, 32, Rgba([255_u8, 0, 100, 128])).into());
    save("d-sixteen.png", ImageBuffer::from_pixel(32, 32, Rgb([0xffff_u16, 0x8080, 0x0101])).into());
    save("e-grey-sixteen.png", ImageBuffer::from_pixel(32, 32, Luma([0x4040_u16])).into());
    save("f-float.tiff", DynamicImage::ImageRgb32F(ImageBuffer::from_pixel(32, 32, Rgb([1.0, 0.5, -3.0]))));
    save("g.webp", ImageBuffer::from_pixel(32, 32, Rgb([1_u8, 2, 3])).into());
    save("h.bmp", ImageBuffer::from_pixel(32, 32, Rgb([4_u8, 5, 6])).into());
    save("i.ppm", ImageBuffer::from_pixel(32, 32, Rgb([7_u8, 8, 9])).into());
    let mut palette = Vec::new();
    let mut encoder = png::Encoder::new(&mut palette, 32, 32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(vec![10, 20, 30, 250, 240, 230]);
    encoder.set_trns(vec![255, 0]);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&(0..1024).map(|i| u8::from(i >= 512)).collect::<Vec<u8>>()).unwrap();
    writer.finish().unwrap();
    fs::write(dir.path().join("j-palette.png"), palette).unwrap();

    let images = load(dir.path(), &whole(32)).unwrap();
    assert_eq!(images.skipped, []);
    let colors: Vec<_> = (0..images.len()).map(|i| at(images.image(i), 32, 9, 9)).collect();
    let expected = [
        [77; 3],
        [128; 3],
        // Half over mid grey: (255·128 + 128·127) / 255 and so on.
        [192, 64, 114],
        [255, 128, 1],
        [64; 3],
        [255, 128, 0],
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
        [10, 20, 30],
    ];
    assert_eq!(colors, expected);
    assert_eq!(at(images.image(9), 32, 9, 20), [128; 3], "the transparent half of the palette image");
}

#[test]
fn a_jpeg_is_turned_as_its_exif_says() {
    let dir = tempfile::tempdir().unwrap();
    // Stored: left half red. Orientation 6 says: turn it clockwise to see it upright.
    let stored =
        RgbImage::from_fn(64, 64, |x, _| if x < 32 { Rgb([220, 10, 10]) } else { Rgb([10, 10, 220]) });
    for (name, value) in [("1.jpg", 1), ("2.jpg", 6), ("3.jpg", 3), ("4.jpg", 8)] {
        fs::write(dir.path().join(name), jpeg(&stored, 95, Some(&orientation(value)))).unwrap();
    }
    let images = load(dir.path(), &whole(64)).unwrap();
    let red = |i: usize, x, y| at(images.image(i), 64, x, y)[0] > 128;
    let sides = |i| [red(i, 8, 32), red(i, 32, 8), red(i, 56, 32), red(i, 32, 56)];
    // Left, top, right, bottom; 32 and 56 are on the other side of the middle.
    assert_eq!([sides(0)[0], sides(0)[2]], [true, false], "upright: left");
    assert_eq!([sides(1)[1], sides(1)[3]], [true, false], "6: top");
    assert_eq!([sides(2)[2], sides(2)[0]], [true, false], "3: right");
    assert_eq!([sides(3)[3], sides(3)[1]], [true, false], "8: bottom");
}

#[test]
fn what_is_damaged_is_listed_in_order_and_the_rest_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let whole_jpeg = jpeg(&picture(64, 64, 1), 90, None);
    let mut png = Vec::new();
    DynamicImage::from(picture(64, 64, 2))
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let mut flipped = png.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x55;
    // A header that asks for 3.6 gigapixels, with its checksum.
    let bomb = |width: u32, height: u32| {
        let mut head = b"IHDR".to_vec();
        head.extend(width.to_be_bytes());
        head.extend(height.to_be_bytes());
        head.extend([8, 2, 0, 0, 0]);
        let mut crc = flate2::Crc::new();
        crc.update(&head);
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
        bytes.extend(&head);
        bytes.extend(crc.sum().to_be_bytes());
        bytes.extend(&png[33..]);
        bytes
    };
    write("z/good.jpg", &whole_jpeg);
    write("a/cut.jpg", &whole_jpeg[..whole_jpeg.len() * 2 / 3]);
    write("a/empty.png", b"");
    write("a/words.jpg", b"not a picture at all, whatever its name says");
    write("b/flipped.png", &flipped);
    write("b/cut.png", &png[..middle]);
    write("b/bomb.png", &bomb(60_000, 60_000));
    write("b/bomb2.png", &bomb(20_000, 20_000));
    write("c/one.png", &{
        let mut one = Vec::new();
        DynamicImage::from(picture(1, 1, 0))
            .write_to(&mut std::io::Cursor::new(&mut one), image::ImageFormat::Png)
            .unwrap();
        one
    });
    write("c/phone.HEIC", b"...");
    write("c/notes.txt", b"not a picture, and not named like one");
    write("c/._good.jpg", b"what a Mac leaves behind");
    write("good.png", &png);

    let images = load(dir.path(), &whole(64)).unwrap();
    assert_eq!(images.names, ["good.png", "z/good.jpg"]);
    assert_eq!(images.image(0), planes(&picture(64, 64, 2)));
    let reason = |name: &str| {
        let found: Vec<_> = images.skipped.iter().filter(|s| s.name == name).collect();
        let [Skipped { why, .. }] = found[..] else { panic!("{name} is listed {} times", found.len()) };
        why.clone()
    };
    assert!(reason("a/cut.jpg").contains("cut off"), "{}", reason("a/cut.jpg"));
    assert_eq!(reason("a/empty.png"), "the file is empty");
    assert!(reason("a/words.jpg").contains("no PNG, JPEG"), "{}", reason("a/words.jpg"));
    assert!(reason("b/flipped.png").contains("damaged"), "{}", reason("b/flipped.png"));
    assert!(reason("b/cut.png").contains("damaged"), "{}", reason("b/cut.png"));
    assert!(reason("b/bomb.png").contains("60000×60000"), "{}", reason("b/bomb.png"));
    assert!(reason("b/bomb2.png").contains("20000×20000"), "{}", reason("b/bomb2.png"));
    assert!(reason("c/one.png").contains("1 pixels a side is too small"), "{}", reason("c/one.png"));
    assert!(reason("c/phone.HEIC").contains("convert it"), "{}", reason("c/phone.HEIC"));
    let listed: Vec<_> = images.skipped.iter().map(|s| s.name.as_str()).collect();
    assert!(listed.is_sorted() && listed.len() == 9, "{listed:?}");
}

/// Interleaved to planes.
fn planes(image: &RgbImage) -> Vec<u8> {
    (0..3).flat_map(|c| image.pixels().map(move |p| p[c])).collect()
}

#[test]
fn shrinking_is_the_mean_over_each_pixels_area() {
    let dir = tempfile::tempdir().unwrap();
    let image = picture(128, 140, 7);
    image.save(dir.path().join("a.png")).unwrap();
    let (left, top, side, size) = (14, 20, 100, 64);
    let settings = Settings { size, crop: Crop::Square { x: left, y: top, side } };
    let images = load(dir.path(), &settings).unwrap();
    // Every source pixel cut into 16×16 parts, in f64: 100·16/64 = 25 parts a pixel.
    for (x, y) in [(0, 0), (1, 5), (31, 32), (63, 63), (40, 2)] {
        for c in 0..3 {
            let mut sum = 0.0;
            for (py, px) in (0..25).flat_map(|py| (0..25).map(move |px| (py, px))) {
                let (sx, sy) = (left + (x * 25 + px) / 16, top + (y * 25 + py) / 16);
                sum += f64::from(image[(sx, sy)][c]);
            }
            let value = images.image(0)[(c * size + y as usize) * size + x as usize];
            assert!(
                (f64::from(value) - sum / 625.0).abs() <= 0.502,
                "{value} for {} at {x}, {y}",
                sum / 625.0
            );
        }
    }
    // The editor's own crop of the same square; it takes bilinear samples, so it is a little softer.
    let photo = Photo::new(128, 140, Channels::Rgb, Samples::U8(image.into_raw())).unwrap();
    let frame = Frame { cx: 64.0, cy: 70.0, side: 100.0, angle: 0.0 };
    let editors = crop(&photo, &frame, size).unwrap();
    let off = |(a, b): (&u8, &f32)| (f32::from(*a) - (b + 1.0) * 127.5).abs();
    let mean = images.image(0).iter().zip(&editors).map(off).sum::<f32>() / editors.len() as f32;
    assert!(mean < 1.0, "{mean} of 255 off the editor's crop");
}

#[test]
fn fine_patterns_do_not_alias() {
    let dir = tempfile::tempdir().unwrap();
    let board = RgbImage::from_fn(254, 254, |x, y| Rgb([if (x + y) % 2 == 0 { 0 } else { 255 }; 3]));
    board.save(dir.path().join("a.png")).unwrap();
    let images = load(dir.path(), &whole(64)).unwrap();
    let (least, most) = (images.pixels.iter().min().unwrap(), images.pixels.iter().max().unwrap());
    assert!(*least >= 112 && *most <= 143, "{least} to {most}");
}

#[test]
fn whole_is_the_square_in_the_middle_and_small_images_are_enlarged_twice_at_most() {
    let dir = tempfile::tempdir().unwrap();
    let image = RgbImage::from_fn(96, 32, |x, _| Rgb([if (32..64).contains(&x) { 200 } else { 0 }; 3]));
    image.save(dir.path().join("wide.png")).unwrap();
    let images = load(dir.path(), &whole(64)).unwrap();
    assert!(images.pixels.iter().all(|v| *v == 200), "only the middle");
    let said = refused(load(dir.path(), &whole(128)));
    assert!(said.contains("wide.png") && said.contains("32 pixels a side is too small"), "{said}");
    let beyond = Settings { size: 32, crop: Crop::Square { x: 65, y: 0, side: 32 } };
    let said = refused(load(dir.path(), &beyond));
    assert!(said.contains("96×32") && said.contains("beyond"), "{said}");
    let huge = Settings { size: 32, crop: Crop::Square { x: u32::MAX, y: 0, side: 32 } };
    assert!(refused(load(dir.path(), &huge)).contains("beyond"));
}

#[test]
fn an_archive_keeps_its_order_packed_or_not() {
    let dir = tempfile::tempdir().unwrap();
    // More than two batches, in an order that sorting would change.
    let names: Vec<String> = (0..300).map(|i| format!("p/{:03}.png", (i * 7) % 300)).collect();
    let files: Vec<Vec<u8>> = (0..300)
        .map(|i| {
            let mut file = std::io::Cursor::new(Vec::new());
            let color = Rgb([(i % 256) as u8, (i / 256) as u8, 9]);
            DynamicImage::from(RgbImage::from_pixel(32, 32, color))
                .write_to(&mut file, image::ImageFormat::Png)
                .unwrap();
            file.into_inner()
        })
        .collect();
    let mut entries: Vec<_> = names.iter().map(String::as_str).zip(files.iter().map(Vec::as_slice)).collect();
    entries.insert(5, ("p/labels.csv", b"x,y"));
    entries.insert(9, ("p/bad.png", b"x"));
    let archive = tar(&entries);
    let plain = dir.path().join("a.tar");
    fs::write(&plain, &archive).unwrap();
    let mut seen = Vec::new();
    let images = read(&plain, &whole(32), &mut |done, of| {
        seen.push((done, of));
        true
    })
    .unwrap();
    assert_eq!(images.names, names);
    assert!((0..300).all(|i| at(images.image(i), 32, 3, 3) == [(i % 256) as u8, (i / 256) as u8, 9]));
    assert_eq!(images.skipped.len(), 1);
    assert_eq!((seen.first(), seen.last()), (Some(&(0, None)), Some(&(301, None))));
    assert_eq!(images.split(50), (0..50, 50..300));
    assert_eq!(images.split(1000), (0..300, 300..300));

    let packed = dir.path().join("a.tar.gz");
    let mut gz =
        flate2::write::GzEncoder::new(fs::File::create(&packed).unwrap(), flate2::Compression::fast());
    gz.write_all(&archive).unwrap();
    gz.finish().unwrap();
    assert_eq!(load(&packed, &whole(32)).unwrap(), images);

    // Cut off within a file, and within a header; a boundary between two can't be told from an end.
    for end in [archive.len() / 2 / 512 * 512 + 100, 700, 512 * 3 + 100] {
        fs::write(&plain, &archive[..end]).unwrap();
        let said = refused(load(&plain, &whole(32)));
        assert!(said.contains("cut off") && said.contains("copy it again"), "{end}: {said}");
    }
    let bytes = fs::read(&packed).unwrap();
    fs::write(&packed, &bytes[..bytes.len() / 2]).unwrap();
    let said = refused(load(&packed, &whole(32)));
    assert!(said.contains("cut off"), "{said}");
    fs::write(&plain, "x".repeat(2000)).unwrap();
    assert!(refused(load(&plain, &whole(32))).contains("damaged"));
}

#[test]
fn nothing_to_read_is_an_error_with_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let said = refused(load(dir.path(), &whole(64)));
    assert!(said.starts_with("there is no image in "), "{said}");
    fs::write(dir.path().join("a.jpg"), "x").unwrap();
    let said = refused(load(dir.path(), &whole(64)));
    assert!(said.contains("none of the 1 images") && said.contains("a.jpg"), "{said}");
    assert!(refused(load(&dir.path().join("missing.tar"), &whole(64))).contains("can't be read"));
    assert!(refused(load(&dir.path().join("a.jpg"), &whole(64))).contains("give a folder"));
    let said = refused(load(dir.path(), &whole(48)));
    assert!(said.contains("48 pixels") && said.contains("32, 64 and 128"), "{said}");
    let none = Settings { size: 64, crop: Crop::Square { x: 0, y: 0, side: 0 } };
    assert!(refused(load(dir.path(), &none)).contains("side is 0"));
}

#[test]
fn reading_ends_when_progress_says_so() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..3 {
        picture(32, 32, i).save(dir.path().join(format!("{i}.png"))).unwrap();
    }
    let mut calls = 0;
    let error = read(dir.path(), &whole(32), &mut |_, _| {
        calls += 1;
        calls < 2
    })
    .unwrap_err();
    assert_eq!((error.kind(), calls), (ErrorKind::Cancelled, 2));
}

#[cfg(unix)]
#[test]
fn links_in_circles_and_pipes_do_not_hang() {
    let dir = tempfile::tempdir().unwrap();
    picture(32, 32, 1).save(dir.path().join("a.png")).unwrap();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("loop")).unwrap();
    std::os::unix::fs::symlink(dir.path().join("a.png"), dir.path().join("b.png")).unwrap();
    std::os::unix::fs::symlink("nowhere", dir.path().join("c.png")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(dir.path().join("d.png")).status();
    let pipe = usize::from(made.is_ok_and(|s| s.success()));
    let images = load(dir.path(), &whole(32)).unwrap();
    assert_eq!(images.names, ["a.png", "b.png"]);
    assert_eq!(images.skipped.len(), 2 + pipe, "{:?}", images.skipped);
}
