use super::super::test_photos::{CHANNELS, DEPTHS, noisy};
use super::*;

const RGB16: PixelFormat = PixelFormat { channels: Channels::Rgb, depth: Depth::U16 };

#[test]
fn strided_unaligned_buffers_come_and_go_unchanged() {
    for (channels, depth) in CHANNELS.into_iter().flat_map(|c| DEPTHS.map(|d| (c, d))) {
        let format = PixelFormat { channels, depth };
        let photo = noisy(13, 9, format, 5);
        let stride = 13 * format.bytes() + 7;
        // One byte in, so that no row of more than 8 bits is aligned; the last row has no padding.
        let mut bytes = vec![0xa5; 1 + stride * 8 + 13 * format.bytes()];
        let mut out = PixelsMut { data: &mut bytes[1..], width: 13, height: 9, stride, format };
        photo.write_rect(Rect::whole(&photo), &mut out).unwrap();
        assert!((0..8).all(|y| bytes[1 + y * stride + 13 * format.bytes()..][..7] == [0xa5; 7]));
        let back = Photo::from_pixels(PixelsRef { data: &bytes[1..], width: 13, height: 9, stride, format })
            .unwrap();
        assert_eq!(back, photo);
    }
}

#[test]
fn a_rectangle_is_written_from_its_place() {
    let photo = super::super::test_photos::photo(20, 10, RGB16, |_, x, y| f64::from(x + 20 * y) / 65535.0);
    let mut bytes = [0; 2 * 3 * 6];
    let mut out = PixelsMut { data: &mut bytes, width: 2, height: 3, stride: 12, format: RGB16 };
    photo.write_rect(Rect { x: 5, y: 6, width: 2, height: 3 }, &mut out).unwrap();
    let first: Vec<u16> = bytes.chunks(6).map(|p| u16::from_ne_bytes([p[0], p[1]])).collect();
    assert_eq!(first, [125, 126, 145, 146, 165, 166]);
}

#[test]
fn wrong_buffers_get_sentences() {
    let data = [0; 600];
    let good = PixelsRef { data: &data, width: 10, height: 10, stride: 60, format: RGB16 };
    let said = |p: PixelsRef<'_>| Photo::from_pixels(p).unwrap_err().to_string();
    assert!(Photo::from_pixels(good).is_ok());
    assert_eq!(
        said(PixelsRef { stride: 59, ..good }),
        "the row stride is 59 bytes; 10 pixels of 6 bytes need at least 60"
    );
    assert_eq!(
        said(PixelsRef { data: &data[..599], ..good }),
        "the pixel buffer has 599 bytes; 10 rows with a stride of 60 need at least 600"
    );
    assert!(said(PixelsRef { stride: usize::MAX, ..good }).contains("more than this machine can address"));
    assert!(said(PixelsRef { width: 1 << 20, ..good }).contains("at most 32768 a side"));
    let nan = [0xff; 8 * 8 * 4];
    let grey = PixelFormat { channels: Channels::Grey, depth: Depth::F32 };
    let floats = PixelsRef { data: &nan, width: 8, height: 8, stride: 32, format: grey };
    assert!(said(floats).contains("not a finite number"));

    let photo = Photo::from_pixels(good).unwrap();
    let rect = Rect { x: 0, y: 0, width: 4, height: 4 };
    let mut bytes = [0u8; 96];
    let mut write = |width, stride, format, length: usize| {
        let mut out = PixelsMut { data: &mut bytes[..length], width, height: 4, stride, format };
        photo.write_rect(rect, &mut out).unwrap_err().to_string()
    };
    assert!(write(5, 30, RGB16, 96).contains("the output is 5×4 pixels, the rectangle 4×4"));
    assert!(write(4, 23, RGB16, 96).contains("need at least 24"));
    assert!(write(4, 24, RGB16, 95).contains("need at least 96"));
    assert!(write(4, 24, grey, 96).contains("the output's pixels are Grey of F32"));
}

#[test]
fn too_little_memory_gets_a_sentence() {
    let error = super::super::room_for::<f32>(usize::MAX >> 4).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::OutOfMemory);
    let mebibytes = (usize::MAX >> 22) + 1;
    let text = format!("there is not enough memory for a photo of {mebibytes} MiB; give a smaller one");
    assert_eq!(error.to_string(), text);
    assert!(super::super::room_for::<f32>(1000).unwrap().capacity() >= 1000);
}
