//! The clock and the random source. Everything else gets moments and random bytes handed in.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;

/// Random bytes fetched from the system at a time: an import asks for a quarter of a million salts.
const CHUNK_BYTES: usize = 4096;

/// Random bytes of the operating system.
pub struct Chance {
    chunk: [u8; CHUNK_BYTES],
    /// Bytes of the chunk that are given away.
    used: usize,
}

impl Chance {
    /// # Errors
    /// The system has no random source.
    pub fn new() -> anyhow::Result<Chance> {
        let mut chance = Chance { chunk: [0; CHUNK_BYTES], used: 0 };
        chance.refill()?;
        Ok(chance)
    }

    fn refill(&mut self) -> anyhow::Result<()> {
        getrandom::fill(&mut self.chunk).context("the system's random source cannot be read")?;
        self.used = 0;
        Ok(())
    }

    /// Sixteen random bytes.
    pub fn salt(&mut self) -> [u8; 16] {
        if self.used + 16 > CHUNK_BYTES {
            self.refill().expect("a random source that worked goes on working");
        }
        let mut salt = [0; 16];
        salt.copy_from_slice(&self.chunk[self.used..self.used + 16]);
        self.used += 16;
        salt
    }

    /// Sixteen random bytes as text: for ids of runs and databases.
    pub fn id(&mut self) -> String {
        peerage_registry::event::hex(&self.salt())
    }
}

/// Now, in microseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
