//! What a person sees of a run on standard error: a bar on a terminal, a line now and then elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use npe_torch::train::run::{Event, Step};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Time between lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// Shows events.
pub struct Console {
    bar: Option<ProgressBar>,
    told: Instant,
}

impl Console {
    /// For this process's standard error.
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(1);
            if let Ok(style) = ProgressStyle::with_template("[{bar:30}] {msg}") {
                bar.set_style(style.progress_chars("=> "));
            }
            bar
        });
        Self { bar, told: Instant::now() }
    }

    /// Shows how many photos were looked at.
    pub fn looked(&mut self, done: usize, of: Option<usize>) {
        let line = match of {
            Some(of) => format!("{done} of {of} photos"),
            None => format!("{done} photos"),
        };
        if let Some(bar) = &self.bar {
            bar.set_length(of.unwrap_or(done).max(1) as u64);
            bar.set_position(done as u64);
            bar.set_message(line);
        } else if self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            eprintln!("{line}");
        }
    }

    /// Shows one.
    pub fn show(&mut self, event: &Event<'_>) {
        match (event, &self.bar) {
            (Event::Said(text), Some(bar)) => bar.suspend(|| eprintln!("{text}")),
            (Event::Said(text), None) => eprintln!("{text}"),
            (Event::Step(step), Some(bar)) => {
                bar.set_length(step.of);
                bar.set_position(step.images.min(step.of));
                bar.set_message(line(step));
            }
            (Event::Step(step), None) if self.told.elapsed() >= EVERY => {
                self.told = Instant::now();
                eprintln!("{}", line(step));
            }
            (Event::Step(_), None) => {}
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn line(step: &Step<'_>) -> String {
    let left = step.of.saturating_sub(step.images) as f64 / step.speed.max(1e-9);
    let left = match left {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 90.0 * 60.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    };
    let figures: Vec<String> = step.figures.iter().map(|(k, v)| format!("{k} {v:.4}")).collect();
    let (images, of, speed) = (step.images, step.of, step.speed);
    format!("{images} of {of} images, {speed:.0} a second, {left} left; {}", figures.join(", "))
}
