//! A progress bar on a terminal's standard error, and only for work that lasts.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Shorter work shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);
const TICKS: f32 = 1000.0;

/// A bar that any thread may move. Gone when dropped.
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
    shown: AtomicBool,
}

impl Progress {
    /// A bar of this many parts (photos, strokes), hidden at first.
    pub fn new(what: &str, parts: usize) -> Self {
        let bar =
            ProgressBar::with_draw_target(Some((parts as f32 * TICKS) as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {percent}% {eta}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what.to_owned());
        Self { bar, started: Instant::now(), shown: AtomicBool::new(false) }
    }

    /// This share of one part was done since the last call.
    pub fn add(&self, share: f32) {
        if self.started.elapsed() > PATIENCE
            && !self.shown.swap(true, Ordering::Relaxed)
            && std::io::stderr().is_terminal()
        {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc((share * TICKS) as u64);
    }

    /// Says something on standard error without tearing the bar.
    pub fn say(&self, text: &str) {
        self.bar.suspend(|| eprintln!("npe: {text}"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
