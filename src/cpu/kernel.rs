//! The one kernel: an indirect matrix product. Row m of the result sums, over taps t, the row of the input that
//! `rows[m][t]` points at times the weights of that tap. Dense layers, convolutions, and both directions of
//! deconvolutions are such products; nothing is copied into matrices, and nothing is scattered.

use half::f16;

use super::{
    pack::{self, Data, Lane, Packed},
    simd::{Portable, Simd, Weight},
};

/// An instruction set that this processor has: [`Isa::available`] and [`Isa::best`] are the only ways to one, and kernels
/// take that as proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Isa(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// Plain Rust.
    Portable,
    /// AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512F.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// Every one this processor has, the best last.
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut all = vec![Self(Set::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("f16c")
            {
                all.push(Self(Set::Avx2));
            }
            if is_x86_feature_detected!("avx512f") {
                all.push(Self(Set::Avx512));
            }
        }
        all
    }

    /// The best this processor has.
    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self(Set::Portable))
    }

    /// Its name for a person.
    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Portable => "plain Rust kernels",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "AVX-512",
        }
    }
}

/// Where a product reads: offsets in floats of input rows, `[m][tap]`. Offset 0 is a row of zeros.
pub struct Rows<'a> {
    /// The input.
    pub input: &'a [f32],
    /// `[m][tap]`
    pub offsets: &'a [u32],
    /// Taps per row.
    pub taps: usize,
}

/// What is done with a finished stretch of a row: `(m, first output, sums)`.
pub trait Sink: Sync {
    /// Takes `sums` of row `m`, outputs `first..first + sums.len()`, a multiple of 16. Each (m, output) comes once.
    fn put(&self, m: usize, first: usize, sums: &[f32]);
}

/// Computes rows `ms` and panels `ps` of a product.
pub fn run(
    isa: Isa,
    rows: &Rows<'_>,
    weights: &Packed,
    ms: std::ops::Range<usize>,
    ps: std::ops::Range<usize>,
    sink: &impl Sink,
) {
    assert_eq!(rows.taps, weights.taps);
    assert!(rows.offsets.len() >= ms.end * rows.taps && ps.end <= weights.panels);
    let last = rows.offsets[ms.start * rows.taps..ms.end * rows.taps].iter().max().copied().unwrap_or(0);
    assert!(last as usize + weights.inputs <= rows.input.len(), "a row outside of the input");
    match &weights.data {
        Data::F32(lanes) => run_typed(isa, rows, weights, lanes, ms, ps, sink),
        Data::F16(lanes) => run_typed::<f16, _>(isa, rows, weights, lanes, ms, ps, sink),
    }
}

fn run_typed<W: Weight, K: Sink>(
    isa: Isa,
    rows: &Rows<'_>,
    weights: &Packed,
    lanes: &[Lane<W>],
    ms: std::ops::Range<usize>,
    ps: std::ops::Range<usize>,
    sink: &K,
) {
    let job = Job { rows, weights, lanes, ms, ps, sink };
    match isa.0 {
        // SAFETY: `run` has checked that all offsets lie inside the input; Portable needs no features.
        Set::Portable => unsafe { job.run::<Portable, 4, 1>() },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above; an `Isa` of AVX2 is only made where the processor has AVX2, FMA and F16C.
        Set::Avx2 => unsafe { x86::avx2(job) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above; an `Isa` of AVX-512 is only made where the processor has AVX-512F.
        Set::Avx512 => unsafe { x86::avx512(job) },
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{
        super::simd::{Avx2, Avx512},
        Job, Sink, Weight,
    };

    #[target_feature(enable = "avx2,fma,f16c")]
    pub unsafe fn avx2<W: Weight, K: Sink>(job: Job<'_, W, K>) {
        // SAFETY: passed on to the caller.
        unsafe { job.run::<Avx2, 6, 1>() }
    }

    #[target_feature(enable = "avx512f")]
    pub unsafe fn avx512<W: Weight, K: Sink>(job: Job<'_, W, K>) {
        // SAFETY: passed on to the caller.
        unsafe { job.run::<Avx512, 8, 2>() }
    }
}

struct Job<'a, W, K> {
    rows: &'a Rows<'a>,
    weights: &'a Packed,
    lanes: &'a [Lane<W>],
    ms: std::ops::Range<usize>,
    ps: std::ops::Range<usize>,
    sink: &'a K,
}

impl<W: Weight, K: Sink> Job<'_, W, K> {
    /// In tiles of MR rows and NP panels.
    #[inline(always)]
    unsafe fn run<S: Simd, const MR: usize, const NP: usize>(&self) {
        let mut p = self.ps.start;
        while p < self.ps.end {
            // SAFETY: passed on to the caller.
            unsafe {
                if p + NP <= self.ps.end {
                    self.column::<S, MR, NP>(p);
                    p += NP;
                } else {
                    self.column::<S, MR, 1>(p);
                    p += 1;
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn column<S: Simd, const MR: usize, const NP: usize>(&self, p: usize) {
        let mut m = self.ms.start;
        while m < self.ms.end {
            let count = MR.min(self.ms.end - m);
            // SAFETY: passed on to the caller.
            unsafe {
                match count {
                    1 => self.tile::<S, 1, NP>(m, p, 1),
                    _ => self.tile::<S, MR, NP>(m, p, count),
                }
            }
            m += count;
        }
    }

    /// `count` of MR rows from `m`, panels `p..p + NP`. What is missing of MR repeats the last row.
    #[inline(always)]
    unsafe fn tile<S: Simd, const MR: usize, const NP: usize>(&self, m: usize, p: usize, count: usize) {
        let (taps, inputs) = (self.rows.taps, self.weights.inputs);
        let base = self.rows.input.as_ptr();
        let panels: [*const W; NP] = std::array::from_fn(|i| pack::panel(self.lanes, p + i, taps * inputs));
        // SAFETY: the offsets are inside the input, and a panel has taps × inputs × 16 weights; the instruction set is
        // the caller's promise.
        unsafe {
            let mut acc = [[S::zero(); NP]; MR];
            for t in 0..taps {
                let a: [*const f32; MR] = std::array::from_fn(|r| {
                    let m = m + r.min(count - 1);
                    base.add(*self.rows.offsets.get_unchecked(m * taps + t) as usize)
                });
                // A tap that lies outside of the image for the whole tile adds nothing.
                if a.iter().all(|a| *a == base) {
                    continue;
                }
                let b: [*const W; NP] = std::array::from_fn(|i| panels[i].add(t * inputs * 16));
                for k in 0..inputs {
                    let w: [S::Row; NP] = std::array::from_fn(|i| W::load::<S>(b[i].add(k * 16)));
                    for r in 0..MR {
                        let v = S::splat(*a[r].add(k));
                        for i in 0..NP {
                            acc[r][i] = S::fma(acc[r][i], v, w[i]);
                        }
                    }
                }
            }
            let mut sums = [[[0.0f32; 16]; NP]; MR];
            for r in 0..MR {
                for i in 0..NP {
                    S::store(sums[r][i].as_mut_ptr(), acc[r][i]);
                }
            }
            for (r, sums) in sums.iter().enumerate().take(count) {
                self.sink.put(m + r, p * 16, sums.as_flattened());
            }
        }
    }
}
