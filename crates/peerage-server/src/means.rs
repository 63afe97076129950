//! The clock and chance, handed in by whoever starts the server.

use peerage_registry::event::Salt;
use peerage_registry::moment::Micros;

/// A clock and a source of random bytes.
pub trait Means: Send + Sync {
    /// Microseconds since 1970, UTC.
    fn now(&self) -> Micros;

    /// Fills with random bytes that nobody can guess.
    fn fill(&self, bytes: &mut [u8]);

    fn salt(&self) -> Salt {
        let mut salt = Salt::default();
        self.fill(&mut salt);
        salt
    }
}
