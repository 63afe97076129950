//! The clock and chance, handed in by whoever starts the server.

use peerage_access::records::SigningAlgorithm;
use peerage_registry::event::EventSalt;
use peerage_registry::moment::Moment;
use zeroize::Zeroizing;

/// A clock and a source of random bytes.
pub trait Environment: Send + Sync {
    /// The current time.
    fn now(&self) -> Moment;

    /// Fills with random bytes that nobody can guess.
    fn fill(&self, bytes: &mut [u8]);

    /// A new key for signing, as PEM of PKCS #8: RSA of 2048 bits, or P-256. None if the system gives none. It takes a
    /// part of a second.
    fn signing_key(&self, way: SigningAlgorithm) -> Option<Zeroizing<String>>;

    fn salt(&self) -> EventSalt {
        let mut salt = EventSalt::default();
        self.fill(&mut salt);
        salt
    }
}
