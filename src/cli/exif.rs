//! What an edited photo's EXIF must not say any more.

/// Removes the thumbnail: it shows the face as it was before the edit. Its bytes are cleared too, and nothing else is
/// touched. EXIF that can't be understood is left alone.
pub fn remove_thumbnail(exif: &mut [u8]) {
    let big = match exif.get(..2) {
        Some(b"MM") => true,
        Some(b"II") => false,
        _ => return,
    };
    let number = |exif: &[u8], at: usize, bytes: usize| -> Option<usize> {
        let field = exif.get(at..at.checked_add(bytes)?)?;
        let fold = |n: usize, b: &u8| n << 8 | usize::from(*b);
        Some(if big { field.iter().fold(0, fold) } else { field.iter().rev().fold(0, fold) })
    };
    // A directory is a count, entries of 12 bytes (tag, type, count, value), and where the next one is; the thumbnail is the
    // second directory's.
    let entries = |exif: &[u8], at: usize| Some((at + 2, number(exif, at, 2)?));
    let Some((next_at, second)) = (|| {
        let (first, count) = entries(exif, number(exif, 4, 4)?)?;
        let next_at = first + 12 * count;
        Some((next_at, number(exif, next_at, 4)?))
    })() else {
        return;
    };
    if second == 0 {
        return;
    }
    let (mut from, mut length) = (None, None);
    if let Some((start, count)) = entries(exif, second) {
        for at in (0..count).map(|n| start + 12 * n) {
            match number(exif, at, 2) {
                Some(0x0201) => from = number(exif, at + 8, 4),
                Some(0x0202) => length = number(exif, at + 8, 4),
                _ => {}
            }
        }
    }
    if let (Some(from), Some(length)) = (from, length)
        && let Some(thumbnail) = exif.get_mut(from..from.saturating_add(length))
    {
        thumbnail.fill(0);
    }
    exif[next_at..next_at + 4].fill(0);
}

#[cfg(test)]
mod tests {
    use super::remove_thumbnail;

    /// One entry in the first directory, a JPEG thumbnail of 3 bytes in the second.
    fn sample() -> Vec<u8> {
        let mut e = b"MM\0*\0\0\0\x08".to_vec();
        e.extend(b"\0\x01\x01\x31\0\x02\0\0\0\x04npe\0\0\0\0\x1a");
        e.extend(b"\0\x02\x02\x01\0\x04\0\0\0\x01\0\0\0\x38\x02\x02\0\x04\0\0\0\x01\0\0\0\x03\0\0\0\0");
        e.extend([0xff, 0xd8, 0xff]);
        e
    }

    #[test]
    fn the_thumbnail_is_gone_and_the_rest_is_not() {
        let before = sample();
        assert_eq!(&before[0x38..], [0xff, 0xd8, 0xff]);
        let mut after = before.clone();
        remove_thumbnail(&mut after);
        assert_eq!(&after[0x38..], [0; 3]);
        assert_eq!(after[22..26], [0; 4]);
        assert_eq!(after[..22], before[..22]);
    }

    #[test]
    fn damaged_exif_is_left_alone_without_a_panic() {
        let whole = sample();
        for end in 0..whole.len() {
            let mut cut = whole[..end].to_vec();
            remove_thumbnail(&mut cut);
            assert_eq!(cut.len(), end);
        }
        for at in 0..whole.len() {
            let mut wild = whole.clone();
            wild[at] = 0xff;
            remove_thumbnail(&mut wild);
        }
    }
}
