//! When the database last answered its watcher.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A query is abandoned after the watcher has waited this long as well.
const PATIENCE: Duration = Duration::from_secs(3);

const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Time of the last answer. Every request reads it.
#[derive(Debug)]
pub struct ConnectionPulse {
    begun: Instant,
    /// Microseconds from `begun` to the last answer.
    answered: AtomicU64,
}

impl ConnectionPulse {
    pub fn new() -> ConnectionPulse {
        ConnectionPulse { begun: Instant::now(), answered: AtomicU64::new(0) }
    }

    /// Records an answer.
    pub fn beat(&self) {
        self.answered.store(self.begun.elapsed().as_micros() as u64, Ordering::Relaxed);
    }

    /// Time since the last answer.
    pub fn silence(&self) -> Duration {
        self.begun.elapsed().saturating_sub(Duration::from_micros(self.answered.load(Ordering::Relaxed)))
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
