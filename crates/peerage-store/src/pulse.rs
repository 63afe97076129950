//! When the database last answered its watcher.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A question is given up when it and the watcher have waited this long.
const PATIENCE: Duration = Duration::from_secs(3);

const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The moment of the last answer.
#[derive(Debug)]
pub struct Pulse {
    answered: Mutex<Instant>,
}

impl Pulse {
    pub fn new() -> Pulse {
        Pulse { answered: Mutex::new(Instant::now()) }
    }

    /// Notes an answer.
    pub fn beat(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// How long ago the last answer was.
    pub fn silence(&self) -> Duration {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Waits for an answer at most for so long, and not once the database answers nobody. None: given up.
    pub async fn wait<T>(&self, limit: Duration, answer: impl Future<Output = T>) -> Option<T> {
        let begun = Instant::now();
        let gives_up = async {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let waited = begun.elapsed();
                if waited >= limit || (waited >= PATIENCE && self.silence() >= PATIENCE) {
                    return;
                }
            }
        };
        tokio::select! {
            biased;
            answer = answer => Some(answer),
            () = gives_up => None,
        }
    }
}
