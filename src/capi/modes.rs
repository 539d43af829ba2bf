//! Modes of floating point. Inside of an export they are the defaults, which Rust's code takes for granted: compilers compute lanes that
//! nobody asked for, so a host that traps on what is no number would die of one, and with its rounding, or small numbers flushed to
//! zero, a picture would be another. The host's come back when the call returns, and around its callbacks.

use std::cell::Cell;

/// Rounding, traps and flushing of this thread, and on x86-64 what has been inexact, invalid or the like so far.
#[derive(Clone, Copy)]
struct Modes(u64);

#[cfg(target_arch = "x86_64")]
impl Modes {
    const DEFAULT: Self = Self(0x1f80);

    fn of_thread() -> Self {
        let mut control = 0u32;
        // SAFETY: writes the register into an integer of this function's.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &mut control, options(nostack, preserves_flags)) };
        Self(control.into())
    }

    fn set(self) {
        let control = self.0 as u32;
        // SAFETY: a value that the register had, or its default, so no reserved bit is set.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &control, options(nostack)) };
    }
}

#[cfg(target_arch = "aarch64")]
impl Modes {
    const DEFAULT: Self = Self(0);

    fn of_thread() -> Self {
        let control;
        // SAFETY: reads a register that is every program's to read.
        unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nostack, preserves_flags)) };
        Self(control)
    }

    fn set(self) {
        // SAFETY: a value that the register had, or its default.
        unsafe { std::arch::asm!("msr fpcr, {}", in(reg) self.0, options(nostack, preserves_flags)) };
    }
}

/// Elsewhere modes stay what they are.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
impl Modes {
    const DEFAULT: Self = Self(0);

    fn of_thread() -> Self {
        Self::DEFAULT
    }

    fn set(self) {}
}

thread_local! {
    /// The modes of the host that made the innermost call on this thread.
    static HOST: Cell<Modes> = const { Cell::new(Modes::DEFAULT) };
}

/// Sets the default modes, until it is dropped.
pub(super) struct Defaults {
    outer: Modes,
}

impl Defaults {
    pub fn new() -> Self {
        let host = Modes::of_thread();
        Modes::DEFAULT.set();
        Self { outer: HOST.try_with(|h| h.replace(host)).unwrap_or(Modes::DEFAULT) }
    }
}

impl Drop for Defaults {
    fn drop(&mut self) {
        HOST.try_with(|h| h.replace(self.outer)).unwrap_or(Modes::DEFAULT).set();
    }
}

/// Makes a call of the host's from inside of an export, in the host's modes.
pub(super) fn of_host<T>(call: impl FnOnce() -> T) -> T {
    let inside = Modes::of_thread();
    HOST.try_with(Cell::get).unwrap_or(Modes::DEFAULT).set();
    let answer = call();
    // What it changed is to stay: the modes are its own.
    let _ = HOST.try_with(|h| h.set(Modes::of_thread()));
    inside.set();
    answer
}
