//! Buffers of activations: rows of channels, each row padded to a multiple of 16 floats, the first row all zero.

/// One cache line of floats.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// Channels of a row, padded so that kernels store whole vectors.
pub fn padded(channels: usize) -> usize {
    channels.next_multiple_of(16)
}

/// `[1 + rows][padded(channels)]` floats, 64-byte aligned. Row −1 (the first) is zero and stays so: what lies outside of
/// an image is read there.
#[derive(Clone)]
pub struct Buffer {
    lines: Vec<Line>,
    stride: usize,
}

impl Buffer {
    /// All zero.
    pub fn new(rows: usize, channels: usize) -> Self {
        let stride = padded(channels);
        Self { lines: vec![Line([0.0; 16]); (1 + rows) * stride / 16], stride }
    }

    /// Floats per row.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// All floats, the zero row first.
    pub fn all(&self) -> &[f32] {
        // SAFETY: a Line is exactly 16 floats without padding (repr(C), 64 bytes).
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * 16) }
    }

    /// The rows after the zero row.
    pub fn rows(&self) -> &[f32] {
        &self.all()[self.stride..]
    }

    /// The rows after the zero row.
    pub fn rows_mut(&mut self) -> &mut [f32] {
        let (length, stride) = (self.lines.len() * 16, self.stride);
        // SAFETY: as in `all`; the borrow is exclusive.
        let all: &mut [f32] =
            unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), length) };
        &mut all[stride..]
    }
}
