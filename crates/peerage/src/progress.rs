//! A progress line on the terminal.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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
    drawn: Instant,
    width: usize,
}

impl ProgressLine {
    pub fn new() -> Arc<ProgressLine> {
        let stage = ProgressStage { text: String::new(), drawn: Instant::now(), width: 0 };
        let shown = std::io::stderr().is_terminal();
        Arc::new(ProgressLine { shown, stage: Mutex::new(stage), bytes: AtomicU64::new(0), rows: AtomicU64::new(0) })
    }

    /// Starts a stage and resets the counters.
    pub fn stage(&self, text: impl Into<String>) {
        self.bytes.store(0, Ordering::Relaxed);
        self.rows.store(0, Ordering::Relaxed);
        self.lock().text = text.into();
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
        let width = line.chars().count();
        // A failure to draw is not an error.
        let _ = write!(std::io::stderr(), "\r{line}{:1$}", "", stage.width.saturating_sub(width));
        let _ = std::io::stderr().flush();
        stage.width = width;
    }
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
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (271_292, "271,292"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
