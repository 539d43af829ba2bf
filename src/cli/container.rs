//! What photo files say about themselves that decoders do not tell: whether they are whole, and what else they hold.

use image::codecs::jpeg::{PixelDensity, PixelDensityUnit};

/// What a JPEG file's segments say.
#[derive(Debug, Default, PartialEq)]
pub struct Jpeg {
    /// Whether the end marker follows the picture: a file cut off in transfer has none, and decodes to grey.
    pub whole: bool,
    /// The density of its JFIF header.
    pub density: Option<PixelDensity>,
    /// Whether it holds a comment.
    pub comment: bool,
}

/// Walks a JPEG file's segments (ITU-T T.81, annex B) up to its picture's end. What follows that does not count.
pub fn jpeg(bytes: &[u8]) -> Jpeg {
    let mut found = Jpeg::default();
    let mut at = 2;
    // Markers are found by looking for them: entropy-coded data, fill bytes and strays between segments are passed over.
    while let Some(step) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| *b == 0xff)) {
        at += step + 1;
        let Some(&marker) = bytes.get(at) else { break };
        match marker {
            // A fill byte: the next byte may be the marker.
            0xff => continue,
            // Stuffing, and markers that stand alone.
            0x00 | 0x01 | 0xd0..=0xd8 => at += 1,
            0xd9 => {
                found.whole = true;
                break;
            }
            _ => {
                let Some(&[high, low]) = bytes.get(at + 1..at + 3) else { break };
                let end = at + 1 + usize::from(u16::from_be_bytes([high, low]));
                let body = bytes.get(at + 3..end).unwrap_or_default();
                match marker {
                    0xe0 if found.density.is_none() => found.density = density(body),
                    0xfe => found.comment = true,
                    _ => {}
                }
                at = end.max(at + 1);
            }
        }
    }
    found
}

fn density(jfif: &[u8]) -> Option<PixelDensity> {
    let &[unit, x1, x0, y1, y0] = jfif.strip_prefix(b"JFIF\0")?.get(2..7)? else { return None };
    let unit = match unit {
        0 => PixelDensityUnit::PixelAspectRatio,
        1 => PixelDensityUnit::Inches,
        2 => PixelDensityUnit::Centimeters,
        _ => return None,
    };
    let density = (u16::from_be_bytes([x1, x0]), u16::from_be_bytes([y1, y0]));
    (density.0 > 0 && density.1 > 0).then_some(PixelDensity { density, unit })
}

/// Whether the start of a PNG or WebP file says that it is animated.
pub fn animated(start: &[u8]) -> bool {
    if start.starts_with(b"RIFF") {
        // An extended file's flags: the second bit is for animation.
        return start.get(8..16) == Some(b"WEBPVP8X") && start.get(20).is_some_and(|flags| flags & 2 != 0);
    }
    // Animated PNG has an acTL chunk before the picture.
    let mut at = 8_usize;
    while let Some(&[a, b, c, d, ref name @ ..]) = start.get(at..at.saturating_add(8)) {
        match name {
            b"acTL" => return true,
            b"IDAT" => return false,
            _ => at = at.saturating_add(12).saturating_add(u32::from_be_bytes([a, b, c, d]) as usize),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageEncoder;

    fn sample() -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut file);
        // An end marker in a thumbnail is not the photo's.
        encoder.set_exif_metadata(b"MM\0*\xff\xd8\xff\xd9".to_vec()).unwrap();
        encoder.set_pixel_density(PixelDensity::dpi(300));
        let pixels: Vec<u8> = (0..48 * 48 * 3_u32).map(|i| (i * i % 251) as u8).collect();
        encoder.write_image(&pixels, 48, 48, image::ExtendedColorType::Rgb8).unwrap();
        file
    }

    #[test]
    fn a_jpeg_is_whole_only_with_its_end() {
        let file = sample();
        for end in 0..file.len() {
            assert!(!jpeg(&file[..end]).whole, "{end} of {}", file.len());
        }
        let found = jpeg(&[&file[..], b"\0\0padding"].concat());
        assert_eq!(found, Jpeg { whole: true, density: Some(PixelDensity::dpi(300)), comment: false });
        let comment = [&file[..2], b"\xff\xff\xfe\0\x04hi", &file[2..]].concat();
        assert!(jpeg(&comment).comment && jpeg(&comment).whole);
    }

    #[test]
    fn animation_is_seen() {
        let webp = |flags| [&b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0"[..], &[flags, 0, 0, 0]].concat();
        assert!(animated(&webp(2)) && !animated(&webp(0x3d)));
        let png = |chunk: &[u8]| [&b"\x89PNG\r\n\x1a\n\0\0\0\x02tEXthiCRC0"[..], chunk].concat();
        assert!(animated(&png(b"\0\0\0\x08acTL")));
        assert!(!animated(&png(b"\0\0\0\0IDATCRC0\0\0\0\x08acTL")));
        assert!(!animated(&png(b"\xff\xff\xff\xfftEXt")) && !animated(b"\x89PNG"));
    }
}
