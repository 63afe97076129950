//! The queue for hashing passwords.
//!
//! Each hash needs much memory and a whole core, so only few run at a time. The queue is short, in total and per
//! client: a client that finds it full has to come back, instead of waiting behind a crowd.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use peerage_access::password;
use tokio::sync::Semaphore;

use crate::client::{ClientCounts, ClientNetwork, RequestClient};
use crate::errors::ApiError;
use peerage_engine::Environment;

/// The number of passwords that are hashed at a time.
const AT_ONCE: usize = 2;

/// The number of passwords that are being hashed or wait, in total and per client.
const PLACES_MAX: usize = 32;
const PLACES_PER_CLIENT: usize = 8;

/// How long a client that finds the queue full should wait.
const WAIT: Duration = Duration::from_secs(5);

/// The requests that wait for a password to be hashed.
pub struct HashQueue {
    turns: Arc<Semaphore>,
    places: Mutex<ClientCounts>,
}

/// A slot in the queue, which is free again when this is dropped.
pub struct HashSlot {
    queue: Arc<HashQueue>,
    client: Vec<ClientNetwork>,
}

impl Default for HashQueue {
    fn default() -> HashQueue {
        HashQueue { turns: Arc::new(Semaphore::new(AT_ONCE)), places: Mutex::default() }
    }
}

impl HashQueue {
    /// Takes a slot.
    ///
    /// # Errors
    /// The queue is full: 503 with a time to wait.
    pub fn join(self: &Arc<HashQueue>, address: IpAddr) -> Result<HashSlot, ApiError> {
        let client = RequestClient::of(address).counted();
        if !self.places().take(&client, PLACES_MAX, PLACES_PER_CLIENT) {
            return Err(ApiError::Busy { what: "passwords to check", wait: WAIT });
        }
        Ok(HashSlot { queue: Arc::clone(self), client })
    }

    fn places(&self) -> MutexGuard<'_, ClientCounts> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HashSlot {
    /// Hashes a password. Returns `None` if it is too long or the server is stopping.
    pub async fn hash(self, environment: &dyn Environment, text: String) -> Option<String> {
        let mut salt = [0; 16];
        environment.fill(&mut salt);
        self.run(move || password::hash(&text, &salt)).await.flatten()
    }

    /// Compares a password with a hash. Without a hash the work is the same.
    pub async fn verify(self, text: String, hash: Option<String>) -> bool {
        self.run(move || password::verify(&text, hash.as_deref())).await.unwrap_or(false)
    }

    /// Does work on another thread in turn. The slot is held until the work is done, even if the client has gone.
    async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let turn = Arc::clone(&self.queue.turns).acquire_owned().await.ok()?;
        let done = tokio::task::spawn_blocking(move || {
            let _held = (self, turn);
            work()
        });
        done.await.ok()
    }
}

impl Drop for HashSlot {
    fn drop(&mut self) {
        self.queue.places().give_back(&self.client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn n05_the_queue_for_hashing_is_bounded_in_sum_and_by_client() {
        let queue = Arc::new(HashQueue::default());
        let join = |text: &str| queue.join(text.parse().expect("an address"));
        let one: Vec<HashSlot> = (0..100).filter_map(|host| join(&format!("2001:db8:1:1::{host:x}")).ok()).collect();
        assert_eq!(one.len(), PLACES_PER_CLIENT, "one /64");
        let all: Vec<HashSlot> = (0..100).filter_map(|host| join(&format!("192.0.2.{host}")).ok()).collect();
        assert_eq!(one.len() + all.len(), PLACES_MAX);
        let full = join("198.51.100.1").err().expect("the queue is full").into_response();
        assert_eq!((full.status().as_u16(), &full.headers()["retry-after"]), (503, &"5".parse().expect("a value")));
        drop((one, all));
        assert!(queue.places().is_empty(), "all slots are released");
        let place = join("192.0.2.1").expect("a place");
        assert_eq!(place.run(|| 7).await, Some(7));
        assert!(queue.places().is_empty());
    }
}
