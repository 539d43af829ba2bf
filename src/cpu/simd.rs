//! What the kernels need of a processor: sixteen numbers side by side, chosen at run time.

use half::f16;

/// A number type weights are kept in.
pub trait Weight: Copy + Send + Sync + 'static {
    /// Loads 16 of them as f32.
    ///
    /// # Safety
    /// 16 values must be readable at `p`, and the processor must have what `S` needs.
    unsafe fn load<S: Simd>(p: *const Self) -> S::Row;
}

impl Weight for f32 {
    #[inline(always)]
    unsafe fn load<S: Simd>(p: *const Self) -> S::Row {
        // SAFETY: passed on to the caller.
        unsafe { S::load(p) }
    }
}

impl Weight for f16 {
    #[inline(always)]
    unsafe fn load<S: Simd>(p: *const Self) -> S::Row {
        // SAFETY: passed on to the caller.
        unsafe { S::load_f16(p) }
    }
}

/// An instruction set. Its functions are only sound on a processor that has it; the kernels' entry points see to that.
///
/// # Safety
/// Every function needs the instruction set; loads and stores need 16 values at `p`.
#[allow(clippy::missing_safety_doc)]
pub trait Simd: Copy {
    /// 16 floats.
    type Row: Copy;
    /// One float in every lane.
    type Splat: Copy;
    unsafe fn zero() -> Self::Row;
    unsafe fn splat(v: f32) -> Self::Splat;
    unsafe fn load(p: *const f32) -> Self::Row;
    unsafe fn load_f16(p: *const f16) -> Self::Row;
    /// `acc + a·b`, fused where the processor can.
    unsafe fn fma(acc: Self::Row, a: Self::Splat, b: Self::Row) -> Self::Row;
    unsafe fn store(p: *mut f32, v: Self::Row);
}

/// Plain Rust; the compiler makes of it what the target has (SSE2, NEON, …).
#[derive(Clone, Copy)]
pub struct Portable;

impl Simd for Portable {
    type Row = [f32; 16];
    type Splat = f32;
    #[inline(always)]
    unsafe fn zero() -> [f32; 16] {
        [0.0; 16]
    }
    #[inline(always)]
    unsafe fn splat(v: f32) -> f32 {
        v
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> [f32; 16] {
        // SAFETY: 16 values are readable at p.
        unsafe { p.cast::<[f32; 16]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn load_f16(p: *const f16) -> [f32; 16] {
        // SAFETY: 16 values are readable at p.
        let half = unsafe { p.cast::<[u16; 16]>().read_unaligned() };
        half.map(widen)
    }
    #[inline(always)]
    unsafe fn fma(mut acc: [f32; 16], a: f32, b: [f32; 16]) -> [f32; 16] {
        for i in 0..16 {
            acc[i] += a * b[i];
        }
        acc
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: [f32; 16]) {
        // SAFETY: 16 values are writable at p.
        unsafe { p.cast::<[f32; 16]>().write_unaligned(v) }
    }
}

/// A finite half as a float without branches, so that the compiler makes vector code of it: the exponent is moved by a
/// multiplication, which is exact for subnormals too.
#[inline(always)]
fn widen(half: u16) -> f32 {
    let magnitude = f32::from_bits(u32::from(half & 0x7fff) << 13) * f32::from_bits(0x7780_0000);
    f32::from_bits(magnitude.to_bits() | (u32::from(half & 0x8000) << 16))
}

#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use half::f16;

    use super::Simd;

    /// AVX-512F.
    #[derive(Clone, Copy)]
    pub struct Avx512;

    // SAFETY of all below: the caller promises the instruction set, and 16 values at p.
    impl Simd for Avx512 {
        type Row = __m512;
        type Splat = __m512;
        #[inline(always)]
        unsafe fn zero() -> __m512 {
            // SAFETY: the caller has AVX-512F.
            unsafe { _mm512_setzero_ps() }
        }
        #[inline(always)]
        unsafe fn splat(v: f32) -> __m512 {
            // SAFETY: the caller has AVX-512F.
            unsafe { _mm512_set1_ps(v) }
        }
        #[inline(always)]
        unsafe fn load(p: *const f32) -> __m512 {
            // SAFETY: the caller has AVX-512F and 16 values at p.
            unsafe { _mm512_loadu_ps(p) }
        }
        #[inline(always)]
        unsafe fn load_f16(p: *const f16) -> __m512 {
            // SAFETY: the caller has AVX-512F and 16 values (32 bytes) at p.
            unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(p.cast())) }
        }
        #[inline(always)]
        unsafe fn fma(acc: __m512, a: __m512, b: __m512) -> __m512 {
            // SAFETY: the caller has AVX-512F.
            unsafe { _mm512_fmadd_ps(a, b, acc) }
        }
        #[inline(always)]
        unsafe fn store(p: *mut f32, v: __m512) {
            // SAFETY: the caller has AVX-512F and room for 16 values at p.
            unsafe { _mm512_storeu_ps(p, v) }
        }
    }

    /// AVX2 with FMA and F16C.
    #[derive(Clone, Copy)]
    pub struct Avx2;

    impl Simd for Avx2 {
        type Row = [__m256; 2];
        type Splat = __m256;
        #[inline(always)]
        unsafe fn zero() -> [__m256; 2] {
            // SAFETY: the caller has AVX.
            unsafe { [_mm256_setzero_ps(); 2] }
        }
        #[inline(always)]
        unsafe fn splat(v: f32) -> __m256 {
            // SAFETY: the caller has AVX.
            unsafe { _mm256_set1_ps(v) }
        }
        #[inline(always)]
        unsafe fn load(p: *const f32) -> [__m256; 2] {
            // SAFETY: the caller has AVX and 16 values at p.
            unsafe { [_mm256_loadu_ps(p), _mm256_loadu_ps(p.add(8))] }
        }
        #[inline(always)]
        unsafe fn load_f16(p: *const f16) -> [__m256; 2] {
            // SAFETY: the caller has F16C and 16 values (32 bytes) at p.
            unsafe {
                [
                    _mm256_cvtph_ps(_mm_loadu_si128(p.cast())),
                    _mm256_cvtph_ps(_mm_loadu_si128(p.add(8).cast())),
                ]
            }
        }
        #[inline(always)]
        unsafe fn fma(acc: [__m256; 2], a: __m256, b: [__m256; 2]) -> [__m256; 2] {
            // SAFETY: the caller has FMA.
            unsafe { [_mm256_fmadd_ps(a, b[0], acc[0]), _mm256_fmadd_ps(a, b[1], acc[1])] }
        }
        #[inline(always)]
        unsafe fn store(p: *mut f32, v: [__m256; 2]) {
            // SAFETY: the caller has AVX and room for 16 values at p.
            unsafe {
                _mm256_storeu_ps(p, v[0]);
                _mm256_storeu_ps(p.add(8), v[1]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widening_is_exact_for_every_finite_half() {
        for bits in 0..=u16::MAX {
            let half = f16::from_bits(bits);
            if half.is_finite() {
                assert_eq!(widen(bits).to_bits(), half.to_f32().to_bits(), "{half}");
            }
        }
    }
}
