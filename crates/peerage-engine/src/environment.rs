//! The clock and the random source, which the caller that starts the server passes in.

use peerage_access::records::SigningAlgorithm;
use peerage_registry::event::EventSalt;
use peerage_registry::moment::Moment;
use zeroize::Zeroizing;

/// A clock and a source of random bytes.
pub trait Environment: Send + Sync {
    /// Returns the current time, by the clock that all nodes of the registry share.
    fn now(&self) -> Moment;

    /// Returns the time of the machine's own clock, to compare it.
    fn own_time(&self) -> Moment {
        self.now()
    }

    /// Fills a buffer with random bytes that nobody can guess.
    fn fill(&self, bytes: &mut [u8]);

    /// Makes a new signing key, as PEM of PKCS #8: 2048-bit RSA, or P-256. Returns `None` if the system cannot make
    /// one. This takes a fraction of a second.
    fn signing_key(&self, way: SigningAlgorithm) -> Option<Zeroizing<String>>;

    fn salt(&self) -> EventSalt {
        let mut salt = EventSalt::default();
        self.fill(&mut salt);
        salt
    }
}
