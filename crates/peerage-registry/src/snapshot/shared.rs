//! Counts the bytes of pages' JSON, including those that only answers in progress still use.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Makes bytes that are counted until nobody uses them any more. Clones share the counter.
#[derive(Clone, Default)]
pub(super) struct SharedBytes(Arc<AtomicUsize>);

struct CountedBytes {
    bytes: Vec<u8>,
    counter: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for CountedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for CountedBytes {
    fn drop(&mut self) {
        self.counter.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

impl SharedBytes {
    /// Shares bytes, without the memory that they do not use.
    pub fn share(&self, mut bytes: Vec<u8>) -> Bytes {
        bytes.shrink_to_fit();
        self.0.fetch_add(bytes.len(), Ordering::Relaxed);
        Bytes::from_owner(CountedBytes { bytes, counter: Arc::clone(&self.0) })
    }

    /// The number of bytes that are in use.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
