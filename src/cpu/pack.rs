//! Weights packed once, in the order the kernels read them: panels of 16 outputs, `[panel][tap][input][16]`.

use half::f16;

use super::simd::Weight;

/// Weights of one product: `outputs` from `taps` × `inputs`.
pub struct Packed {
    /// Inputs per tap.
    pub inputs: usize,
    /// Taps.
    pub taps: usize,
    /// Panels of 16 outputs.
    pub panels: usize,
    /// The numbers.
    pub data: Data,
}

/// 16 weights of one input.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
pub struct Lane<T>(pub [T; 16]);

/// Packed numbers.
pub enum Data {
    /// As f32.
    F32(Vec<Lane<f32>>),
    /// As f16: half the memory to read, exact where the file's weights are f16.
    F16(Vec<Lane<f16>>),
}

impl Packed {
    /// Packs `weight(output, tap, input)`; `half` keeps them as f16.
    pub fn new(
        outputs: usize,
        taps: usize,
        inputs: usize,
        half: bool,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let panels = outputs.div_ceil(16);
        let at = |panel: usize, tap, input, lane| {
            let output = panel * 16 + lane;
            if output < outputs { weight(output, tap, input) } else { 0.0 }
        };
        let mut places = Vec::new();
        places.extend((0..panels).flat_map(|p| (0..taps).map(move |t| (p, t))));
        let rows = places.into_iter().flat_map(|(p, t)| (0..inputs).map(move |i| (p, t, i)));
        let data = if half {
            Data::F16(
                rows.map(|(p, t, i)| Lane(std::array::from_fn(|l| f16::from_f32(at(p, t, i, l))))).collect(),
            )
        } else {
            Data::F32(rows.map(|(p, t, i)| Lane(std::array::from_fn(|l| at(p, t, i, l)))).collect())
        };
        Self { inputs, taps, panels, data }
    }
}

/// The panel `p` of packed weights of type `W`.
pub fn panel<W: Weight>(lanes: &[Lane<W>], p: usize, rows: usize) -> *const W {
    lanes[p * rows..(p + 1) * rows].as_ptr().cast()
}
