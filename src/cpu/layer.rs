//! Layers: which rows a product reads for each kind of layer, what happens to its sums, and how the work is shared out.

use std::marker::PhantomData;

use rayon::prelude::*;

use super::{
    kernel::{self, Isa, Rows, Sink},
    pack::Packed,
};
use crate::error::{Error, ErrorKind, Result};

/// The threads of an engine and the instruction set they use.
pub struct Team {
    isa: Isa,
    threads: usize,
    pool: Option<rayon::ThreadPool>,
    /// The process that has the pool's threads: a child of `fork` has not.
    process: u32,
}

/// The panic that a test asks for, counted in passes from now; not in the library that is shipped.
#[cfg(feature = "panic-injection")]
static PANIC_IN: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(usize::MAX);

/// Makes the engine panic inside a pass, on its own thread if it has any, after so many more passes.
#[cfg(feature = "panic-injection")]
pub fn panic_in_pass(after: usize) {
    PANIC_IN.store(after, std::sync::atomic::Ordering::SeqCst);
}

/// Fewer multiplications than this are not worth waking a second thread for (it takes some µs).
const WORTH_A_THREAD: usize = 1 << 21;

impl Team {
    /// A team of `threads`; threads beyond the caller's own are asleep when there is nothing to do.
    pub fn new(isa: Isa, threads: usize) -> Result<Self> {
        let pool = if threads > 1 {
            let made = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .thread_name(|i| format!("npe-cpu-{i}"))
                .build();
            Some(made.map_err(|e| {
                Error::new(ErrorKind::Device, format!("{threads} threads could not be started: {e}"))
                    .with_source(e)
            })?)
        } else {
            None
        };
        Ok(Self { isa, threads, pool, process: std::process::id() })
    }

    /// The pool, where its threads are.
    fn pool(&self) -> Option<&rayon::ThreadPool> {
        self.pool.as_ref().filter(|_| std::process::id() == self.process)
    }

    /// Runs a whole pass on the team's threads, so that they are woken once and not for each layer.
    pub fn enter<T: Send>(&self, pass: impl FnOnce() -> T + Send) -> T {
        #[cfg(feature = "panic-injection")]
        let pass = || {
            use std::sync::atomic::Ordering::SeqCst;
            let left = PANIC_IN.load(SeqCst);
            if left != usize::MAX && PANIC_IN.fetch_sub(1, SeqCst) == 0 {
                PANIC_IN.store(usize::MAX, SeqCst);
                panic!("a panic was asked for by a test inside a pass");
            }
            pass()
        };
        match self.pool() {
            Some(pool) => pool.install(pass),
            None => pass(),
        }
    }

    /// Computes products that do not depend on each other. The result does not depend on the number of threads: each
    /// sum is made in one piece, in the same order.
    pub fn run<S: Sink>(&self, products: &[Product<'_, S>]) {
        let cost = |p: &Product<'_, S>| {
            (p.rows.offsets.len() / p.rows.taps) * p.weights.taps * p.weights.inputs * p.weights.panels * 16
        };
        let total: usize = products.iter().map(cost).sum();
        let pieces =
            if self.pool().is_none() { 1 } else { (total / WORTH_A_THREAD).clamp(1, 4 * self.threads) };
        if pieces == 1 {
            for p in products {
                let rows = p.rows.offsets.len() / p.rows.taps;
                kernel::run(self.isa, &p.rows, p.weights, 0..rows, 0..p.weights.panels, &p.sink);
            }
            return;
        }
        let mut tasks = Vec::new();
        for (i, p) in products.iter().enumerate() {
            let rows = p.rows.offsets.len() / p.rows.taps;
            let pieces = (pieces * cost(p)).div_ceil(total).max(1);
            // Weights are read once where panels are split; rows are split where there are too few panels.
            if p.weights.panels >= 2 * pieces {
                tasks.extend(split(p.weights.panels, 2, pieces).map(|ps| (i, 0..rows, ps)));
            } else {
                tasks.extend(split(rows, 8, pieces).map(|ms| (i, ms, 0..p.weights.panels)));
            }
        }
        tasks.into_par_iter().with_max_len(1).for_each(|(i, ms, ps)| {
            let p = &products[i];
            kernel::run(self.isa, &p.rows, p.weights, ms, ps, &p.sink);
        });
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        // To end threads is to wake them, by locks that they may have held when the process was copied.
        if self.pool().is_none() {
            std::mem::forget(self.pool.take());
        }
    }
}

/// `0..n` in at most `pieces` ranges whose bounds are multiples of `grain`.
fn split(n: usize, grain: usize, pieces: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let units = n.div_ceil(grain);
    let pieces = pieces.min(units).max(1);
    (0..pieces).map(move |i| (units * i / pieces * grain).min(n)..(units * (i + 1) / pieces * grain).min(n))
}

/// One product and where its sums go.
pub struct Product<'a, S> {
    /// What is read.
    pub rows: Rows<'a>,
    /// What it is multiplied with.
    pub weights: &'a Packed,
    /// What is done with the sums.
    pub sink: S,
}

/// Output shared by the threads of one product.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    start: *mut f32,
    length: usize,
    life: PhantomData<&'a mut [f32]>,
}

// SAFETY: a Sink gets each (m, output) once, and every m has its own offset, so no two threads touch the same float.
unsafe impl Sync for Shared<'_> {}
// SAFETY: see above; the pointer is to plain floats.
unsafe impl Send for Shared<'_> {}

impl<'a> Shared<'a> {
    /// Shares a slice for the time of a product.
    pub fn new(all: &'a mut [f32]) -> Self {
        Self { start: all.as_mut_ptr(), length: all.len(), life: PhantomData }
    }

    /// # Safety
    /// No other live slice may overlap `at..at + length`.
    #[allow(clippy::mut_from_ref)]
    unsafe fn stretch(&self, at: usize, length: usize) -> &mut [f32] {
        assert!(at + length <= self.length, "a sum outside of the output");
        // SAFETY: inside the slice that `new` borrowed; unaliased by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(at), length) }
    }
}

/// What is done to a sum.
#[derive(Clone, Copy)]
pub enum Activation {
    /// Nothing.
    Linear,
    /// max(x, 0)
    Relu,
    /// x, or 0.2·x below 0
    LeakyRelu,
    /// x, or eˣ − 1 below 0
    Elu,
}

/// Adds the bias, applies the activation, writes to `out[offsets[m] + output]`.
pub struct Activate<'a> {
    /// The output.
    pub out: Shared<'a>,
    /// Where row m begins.
    pub offsets: &'a [u32],
    /// One per output, padded to 16.
    pub bias: &'a [f32],
    /// See [`Activation`].
    pub activation: Activation,
}

impl Sink for Activate<'_> {
    #[inline(always)]
    fn put(&self, m: usize, first: usize, sums: &[f32]) {
        // SAFETY: offsets of different rows are a whole row apart, and each stretch of a row comes once.
        let out = unsafe { self.out.stretch(self.offsets[m] as usize + first, sums.len()) };
        let bias = &self.bias[first..first + sums.len()];
        let values = out.iter_mut().zip(sums.iter().zip(bias).map(|(s, b)| s + b));
        match self.activation {
            Activation::Linear => values.for_each(|(o, v)| *o = v),
            Activation::Relu => values.for_each(|(o, v)| *o = if v > 0.0 { v } else { 0.0 }),
            Activation::LeakyRelu => values.for_each(|(o, v)| *o = if v > 0.0 { v } else { 0.2 * v }),
            Activation::Elu => values.for_each(|(o, v)| *o = if v > 0.0 { v } else { v.exp_m1() }),
        }
    }
}

/// The gradient behind a ReLU: passes where the activation was positive. Same layout as the activations.
pub struct Mask<'a> {
    /// The gradient.
    pub out: Shared<'a>,
    /// Where row m begins, in gradient and activations.
    pub offsets: &'a [u32],
    /// The activations.
    pub active: &'a [f32],
}

impl Sink for Mask<'_> {
    #[inline(always)]
    fn put(&self, m: usize, first: usize, sums: &[f32]) {
        let at = self.offsets[m] as usize + first;
        // SAFETY: offsets of different rows are a whole row apart, and each stretch of a row comes once.
        let out = unsafe { self.out.stretch(at, sums.len()) };
        let active = &self.active[at..at + sums.len()];
        for ((o, s), a) in out.iter_mut().zip(sums).zip(active) {
            *o = if *a > 0.0 { *s } else { 0.0 };
        }
    }
}

/// A rectangle of pixels, half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First row, row after the last.
    pub y: (usize, usize),
    /// First column, column after the last.
    pub x: (usize, usize),
}

impl Area {
    /// All of a square.
    pub fn square(side: usize) -> Self {
        Self { y: (0, side), x: (0, side) }
    }

    /// The pixels, row by row, as (y, x).
    pub fn pixels(self) -> impl Iterator<Item = (usize, usize)> {
        (self.y.0..self.y.1).flat_map(move |y| (self.x.0..self.x.1).map(move |x| (y, x)))
    }

    /// The input pixels of a deconvolution that reach this area of its output: pixel i reaches 2i − 2 to 2i + 2.
    pub fn before_deconv(self, side: usize) -> Self {
        let back =
            |(from, to): (usize, usize)| (from.saturating_sub(2).div_ceil(2), (to.div_ceil(2) + 1).min(side));
        Self { y: back(self.y), x: back(self.x) }
    }

    /// The offset of pixel (y, x) of an image of this side in a buffer of this stride; the zero row if the pixel is
    /// outside of the area.
    pub fn offset(self, y: isize, x: isize, side: usize, stride: usize) -> u32 {
        let inside = |v: isize, (from, to): (usize, usize)| v >= from as isize && v < to as isize;
        if inside(y, self.y) && inside(x, self.x) {
            ((1 + y as usize * side + x as usize) * stride) as u32
        } else {
            0
        }
    }
}

/// Rows of a 5×5 convolution of stride 2 for output pixels `outputs`, reading `area` of an image of `side` pixels. It is the
/// way back of a deconvolution too.
pub fn conv_rows(outputs: Area, area: Area, side: usize, stride: usize) -> Vec<u32> {
    (outputs.pixels())
        .flat_map(|(y, x)| {
            (0..25).map(move |tap| {
                let (ky, kx) = (tap / 5, tap % 5);
                area.offset((2 * y + ky) as isize - 2, (2 * x + kx) as isize - 2, side, stride)
            })
        })
        .collect()
}

/// The taps (ky, kx) of a deconvolution that reach output pixels of parity (py, px): 9, 6, 6 or 4 of 25.
pub fn deconv_taps(py: usize, px: usize) -> Vec<(usize, usize)> {
    let along = |parity: usize| (parity..5).step_by(2);
    along(py).flat_map(|ky| along(px).map(move |kx| (ky, kx))).collect()
}

/// Rows of a deconvolution for output pixels (2y + py, 2x + px), reading a whole image of `side` pixels.
pub fn deconv_rows(py: usize, px: usize, side: usize, stride: usize) -> Vec<u32> {
    let all = Area::square(side);
    let taps = deconv_taps(py, px);
    (all.pixels())
        .flat_map(|(y, x)| {
            taps.iter().map(move |(ky, kx)| {
                // Output o = 2i + k − 2, so i = (o + 2 − k)/2.
                let back =
                    |o: usize, parity: usize, k: usize| ((2 * o + parity + 2) as isize - k as isize) / 2;
                all.offset(back(y, py, *ky), back(x, px, *kx), side, stride)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_before_a_deconvolution_is_what_reaches_it() {
        for side in [4, 8] {
            for from in 0..2 * side {
                for to in from + 1..=2 * side {
                    let reaches = |i: usize| (0..5).any(|k| (from + 2..to + 2).contains(&(2 * i + k)));
                    let expected: Vec<usize> = (0..side).filter(|i| reaches(*i)).collect();
                    let area = Area { y: (from, to), x: (0, 2 * side) }.before_deconv(side);
                    assert_eq!(expected, (area.y.0..area.y.1).collect::<Vec<_>>(), "{from}..{to} of {side}");
                }
            }
        }
    }

    #[test]
    fn pieces_cover_everything_once() {
        for n in [1, 7, 8, 64, 100] {
            for pieces in 1..9 {
                let all: Vec<usize> = split(n, 8, pieces).flatten().collect();
                assert_eq!(all, (0..n).collect::<Vec<_>>());
            }
        }
    }
}
