//! A progress line on the terminal.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a stage takes at least before the line says when it will end.
const TOLD_AFTER: Duration = Duration::from_millis(500);

/// Time between two redraws.
const REDRAW: Duration = Duration::from_millis(100);

/// The line. Silent if standard error is not a terminal. Shared between threads.
pub struct ProgressLine {
    shown: bool,
    stage: Mutex<ProgressStage>,
    pub bytes: AtomicU64,
    pub rows: AtomicU64,
}

struct ProgressStage {
    text: String,
    /// Rows of the whole stage, if that is known.
    rows_of_stage: u64,
    begun: Instant,
    drawn: Instant,
    width: usize,
}

impl ProgressLine {
    pub fn new() -> Arc<ProgressLine> {
        let now = Instant::now();
        let stage = ProgressStage { text: String::new(), rows_of_stage: 0, begun: now, drawn: now, width: 0 };
        let shown = std::io::stderr().is_terminal();
        Arc::new(ProgressLine { shown, stage: Mutex::new(stage), bytes: AtomicU64::new(0), rows: AtomicU64::new(0) })
    }

    /// Starts a stage and resets the counters.
    pub fn stage(&self, text: impl Into<String>) {
        self.stage_of(text, 0);
    }

    /// Does the same for a stage of which the number of rows is known, so that the line says how long it will take.
    pub fn stage_of(&self, text: impl Into<String>, rows: u64) {
        self.bytes.store(0, Ordering::Relaxed);
        self.rows.store(0, Ordering::Relaxed);
        let mut stage = self.lock();
        (stage.text, stage.rows_of_stage, stage.begun) = (text.into(), rows, Instant::now());
        drop(stage);
        self.draw(true);
    }

    pub fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.draw(false);
    }

    pub fn set_rows(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
        self.draw(false);
    }

    /// Clears the line.
    pub fn end(&self) {
        if self.shown {
            let stage = self.lock();
            let _ = write!(std::io::stderr(), "\r{:1$}\r", "", stage.width);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ProgressStage> {
        // A thread that panicked while drawing left nothing important behind.
        self.stage.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn draw(&self, always: bool) {
        if !self.shown {
            return;
        }
        let mut stage = self.lock();
        if !always && stage.drawn.elapsed() < REDRAW {
            return;
        }
        stage.drawn = Instant::now();
        let (rows, bytes) = (self.rows.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed));
        let mut line = stage.text.clone();
        if rows > 0 {
            line.push_str(&format!("  {} rows", grouped(rows)));
        }
        if bytes > 0 {
            line.push_str(&format!("  {} MB", grouped(bytes / 1_000_000)));
        }
        if let Some(left) = time_left(stage.begun.elapsed(), rows, stage.rows_of_stage) {
            line.push_str(&format!("  about {} s left", grouped(left.as_secs() + 1)));
        }
        let width = line.chars().count();
        // A failure to draw is not an error.
        let _ = write!(std::io::stderr(), "\r{line}{:1$}", "", stage.width.saturating_sub(width));
        let _ = std::io::stderr().flush();
        stage.width = width;
    }
}

/// How long the rest of a stage takes at the rate so far. `None` if too little of it is done to tell.
fn time_left(elapsed: Duration, rows: u64, of: u64) -> Option<Duration> {
    let is_known = rows > 0 && rows <= of && elapsed >= TOLD_AFTER;
    is_known.then(|| elapsed.mul_f64((of - rows) as f64 / rows as f64))
}

/// Formats a number with thousands separators.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{grouped, time_left};

    #[test]
    fn the_rest_takes_as_long_as_the_rate_so_far_says() {
        let second = Duration::from_secs(1);
        assert_eq!(time_left(second, 100, 500), Some(4 * second));
        assert_eq!(time_left(second, 500, 500), Some(Duration::ZERO));
        for (elapsed, rows, of) in [(second / 10, 100, 500), (second, 0, 500), (second, 100, 0)] {
            assert_eq!(time_left(elapsed, rows, of), None, "{elapsed:?} {rows} {of}");
        }
    }

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (271_292, "271,292"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
