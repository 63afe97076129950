//! The clock and the random source. All other code gets times and random bytes as arguments.

use std::time::SystemTime;

use anyhow::Context;
use peerage_registry::event::EventSalt;
use peerage_registry::moment::Moment;

/// Random bytes fetched at a time: an import needs a quarter of a million salts.
const CHUNK_BYTES: usize = 4096;

/// Random bytes of the operating system.
pub struct SystemRandom {
    chunk: [u8; CHUNK_BYTES],
    /// Bytes of the chunk that have been used.
    used: usize,
}

impl SystemRandom {
    /// # Errors
    /// The system has no random source.
    pub fn new() -> anyhow::Result<SystemRandom> {
        let mut chance = SystemRandom { chunk: [0; CHUNK_BYTES], used: 0 };
        chance.refill()?;
        Ok(chance)
    }

    fn refill(&mut self) -> anyhow::Result<()> {
        getrandom::fill(&mut self.chunk).context("the system's random source cannot be read")?;
        self.used = 0;
        Ok(())
    }

    /// Returns random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        const { assert!(N <= CHUNK_BYTES) };
        if self.used + N > CHUNK_BYTES {
            self.refill().expect("a random source that worked keeps working");
        }
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.chunk[self.used..self.used + N]);
        self.used += N;
        bytes
    }

    /// Returns the salt of an event.
    pub fn salt(&mut self) -> EventSalt {
        self.bytes()
    }

    /// Returns sixteen random bytes as text, for IDs of runs and databases.
    pub fn id(&mut self) -> String {
        peerage_registry::event::hex(&self.bytes::<16>())
    }
}

/// Returns the current time.
pub fn now() -> Moment {
    SystemTime::now().into()
}
