//! Resampling a square to the network's size, as the editor does it (`npe::photo::crop`): each pixel is the mean of what it covers,
//! so a network sees in training what it will see in the editor. Calls nobody.

/// A square of interleaved RGB pixels. It lies inside the image.
pub struct Part<'a> {
    /// The image.
    pub pixels: &'a [u8],
    /// Bytes from the start of a row to the start of the next.
    pub stride: usize,
    /// The square's left edge in pixels.
    pub x: usize,
    /// Its top edge.
    pub y: usize,
    /// Its side.
    pub side: usize,
}

/// The square at `size` pixels a side, as planes `[3][size][size]`. Shrunk by the mean over the area of each pixel, the partly covered ones
/// weighed by their share; enlarged by bilinear interpolation; exact where the size stays.
pub fn resample(part: &Part<'_>, size: usize) -> Vec<u8> {
    let side = part.side;
    let taps: Vec<_> = (0..size).map(|i| weights(i, side, size)).collect();
    // Rows first: shrunk to `[side][3][size]`, of which only what the columns need is kept in the cache.
    let mut narrow = vec![0.0_f32; side * 3 * size];
    for (y, out) in narrow.chunks_exact_mut(3 * size).enumerate() {
        let row = &part.pixels[(part.y + y) * part.stride + 3 * part.x..][..3 * side];
        for (i, (first, weights)) in taps.iter().enumerate() {
            let mut sum = [0.0; 3];
            for (pixel, w) in row[3 * first..].chunks_exact(3).zip(weights) {
                for c in 0..3 {
                    sum[c] += f32::from(pixel[c]) * w;
                }
            }
            for c in 0..3 {
                out[c * size + i] = sum[c];
            }
        }
    }
    let mut out = vec![0; 3 * size * size];
    let mut line = vec![0.0_f32; 3 * size];
    for (j, (first, weights)) in taps.iter().enumerate() {
        line.fill(0.0);
        for (row, w) in narrow[first * 3 * size..].chunks_exact(3 * size).zip(weights) {
            line.iter_mut().zip(row).for_each(|(sum, v)| *sum += v * w);
        }
        for (i, v) in line.iter().enumerate() {
            // The cast saturates.
            out[(i / size * size + j) * size + i % size] = (v + 0.5) as u8;
        }
    }
    out
}

/// The first source pixel and the weights from there on for pixel `i` of `size` along a side; they add up to 1.
fn weights(i: usize, side: usize, size: usize) -> (usize, Vec<f32>) {
    if side < size {
        let centre = (i as f64 + 0.5) * side as f64 / size as f64 - 0.5;
        let first = (centre.max(0.0) as usize).min(side - 1);
        let t = (centre - first as f64).clamp(0.0, 1.0);
        if first + 1 == side || t == 0.0 {
            return (first, vec![1.0]);
        }
        return (first, vec![(1.0 - t) as f32, t as f32]);
    }
    // In parts of 1/size of a source pixel all edges are whole numbers.
    let (start, end) = (i * side, (i + 1) * side);
    let (first, last) = (start / size, end.div_ceil(size));
    let covered = |p: usize| end.min((p + 1) * size) - start.max(p * size);
    (first, (first..last).map(|p| covered(p) as f32 / side as f32).collect())
}
