//! When the database last answered its watcher.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A query is abandoned after the watcher has waited this long as well.
const PATIENCE: Duration = Duration::from_secs(3);

const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Time of the last answer.
#[derive(Debug)]
pub struct ConnectionPulse {
    answered: Mutex<Instant>,
}

impl ConnectionPulse {
    pub fn new() -> ConnectionPulse {
        ConnectionPulse { answered: Mutex::new(Instant::now()) }
    }

    /// Records an answer.
    pub fn beat(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Time since the last answer.
    pub fn silence(&self) -> Duration {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Waits for an answer up to `limit`, or until the database no longer answers the watcher. Returns `None` in both
    /// cases.
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
