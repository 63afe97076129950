//! The server's own secret, with which keys are hashed (spec/keys.md, 2).
//!
//! A copy of the database alone grants no access: only an HMAC of each key is stored, with a secret that is kept
//! elsewhere. The secret has versions, so that it can be replaced: new keys are hashed with the newest version, older
//! ones are checked with theirs.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// HMAC-SHA-256 of a secret.
pub type SecretHash = [u8; 32];

/// Secrets of a key or an application that are accepted at a time: one, and the one that it replaces.
pub const SECRETS_MAX: usize = 2;

/// The versions of the secret. `Debug` shows no secret.
///
/// ```
/// use peerage_access::ServerKey;
///
/// let server_key = ServerKey::parse(&ServerKey::print(1, &[7; 32])).expect("a valid line");
/// let stored = server_key.stamp("secret");
/// assert!(server_key.matches(1, &stored, "secret"));
/// assert!(!server_key.matches(1, &stored, "Secret"));
/// ```
#[derive(Clone)]
pub struct ServerKey {
    /// Ascending by version, never empty. The HMACs are already keyed, which saves two blocks of hashing in each check.
    versions: Vec<(u32, Hmac<Sha256>)>,
}

/// Why a file of server keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerKeyError {
    #[error("line {0}: expected a version and 64 hexadecimal digits, such as `1 0f3c…`")]
    Malformed(usize),
    #[error("version {0} stands there twice")]
    Doubled(u32),
    #[error("it holds no key")]
    Empty,
}

impl ServerKey {
    /// Parses lines of `<version> <64 hexadecimal digits>`. Empty lines and those that start with `#` are ignored.
    ///
    /// # Errors
    /// Names the invalid line, and never shows its content.
    pub fn parse(text: &str) -> Result<ServerKey, ServerKeyError> {
        let mut versions: Vec<(u32, Hmac<Sha256>)> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let malformed = ServerKeyError::Malformed(at + 1);
            let (version, secret) = line.split_once(char::is_whitespace).ok_or_else(|| malformed.clone())?;
            let version: u32 = version.parse().map_err(|_| malformed.clone())?;
            let secret = data_encoding::HEXLOWER_PERMISSIVE.decode(secret.trim().as_bytes()).ok();
            let secret = secret.filter(|secret| secret.len() == 32).ok_or(malformed)?;
            if versions.iter().any(|(known, _)| *known == version) {
                return Err(ServerKeyError::Doubled(version));
            }
            versions.push((version, keyed(&secret)));
        }
        versions.sort_by_key(|(version, _)| *version);
        if versions.is_empty() { Err(ServerKeyError::Empty) } else { Ok(ServerKey { versions }) }
    }

    /// A line for [`ServerKey::parse`].
    pub fn print(version: u32, secret: &[u8; 32]) -> String {
        format!("{version} {}\n", data_encoding::HEXLOWER.encode(secret))
    }

    /// The version with which new secrets are hashed.
    pub fn newest(&self) -> u32 {
        self.versions.last().map_or(0, |(version, _)| *version)
    }

    /// The hash of a secret, with the newest version.
    pub fn stamp(&self, text: &str) -> SecretHash {
        self.stamp_under(self.newest(), text)
    }

    /// For an unknown version, the hash with the newest one: the work is the same, and it matches nothing.
    fn stamp_under(&self, version: u32, text: &str) -> SecretHash {
        let found = self.versions.iter().rev().find(|(known, _)| *known == version).or(self.versions.last());
        let Some((_, keyed)) = found else { return [0; 32] };
        keyed.clone().chain_update(text.as_bytes()).finalize().into_bytes().into()
    }

    /// Whether a text has the stored hash, in constant time.
    pub fn matches(&self, version: u32, stored: &SecretHash, text: &str) -> bool {
        let is_known = self.versions.iter().any(|(known, _)| *known == version);
        bool::from(self.stamp_under(version, text).ct_eq(stored)) && is_known
    }

    /// Which of some stored hashes a text has. The work is the same whether one matches, none does or there are none: one
    /// HMAC for each version among them, and as many comparisons as a key has secrets at most.
    pub fn find<'a>(&self, stored: impl Iterator<Item = (u32, &'a SecretHash)>, text: &str) -> Option<&'a SecretHash> {
        let mut made: Option<(u32, SecretHash)> = None;
        let mut compare = |version: u32, stamp: &SecretHash| {
            let own = match made {
                Some((of, own)) if of == version => own,
                _ => self.stamp_under(version, text),
            };
            made = Some((version, own));
            let is_known = self.versions.iter().any(|(known, _)| *known == version);
            bool::from(own.ct_eq(stamp)) && is_known
        };
        let mut found = None;
        let mut count = 0;
        let mut last = self.newest();
        for (version, stamp) in stored {
            if compare(version, stamp) {
                found = Some(stamp);
            }
            (count, last) = (count + 1, version);
        }
        for _ in count..SECRETS_MAX {
            std::hint::black_box(compare(last, std::hint::black_box(&[0; 32])));
        }
        found
    }

    /// A tag that later proves that a text was created here: 32 hexadecimal digits, with the newest version.
    pub fn tag(&self, text: &str) -> String {
        data_encoding::HEXLOWER.encode(&self.stamp(&format!("tag {text}"))[..16])
    }

    /// Whether a text was created here, with any known version.
    pub fn has_tagged(&self, text: &str, tag: &str) -> bool {
        let text = format!("tag {text}");
        let own = self.versions.iter().map(|(version, _)| self.stamp_under(*version, &text));
        own.fold(false, |found, own| {
            found | bool::from(data_encoding::HEXLOWER.encode(&own[..16]).as_bytes().ct_eq(tag.as_bytes()))
        })
    }

    /// A secret for another purpose, derived from one version; `None` if that version is gone.
    pub fn derive_under(&self, version: u32, purpose: &str) -> Option<[u8; 32]> {
        let is_known = self.versions.iter().any(|(known, _)| *known == version);
        is_known.then(|| Sha256::digest(self.stamp_under(version, purpose)).into())
    }

    /// A secret for another purpose, which reveals nothing about this one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        Sha256::digest(self.stamp_under(self.versions.first().map_or(0, |(version, _)| *version), purpose)).into()
    }
}

fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("HMAC takes keys of every length")
}

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServerKey({} versions)", self.versions.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_and_the_newest_version_stamps() {
        let text = format!("# keys\n{}\n{}", ServerKey::print(2, &[2; 32]), ServerKey::print(1, &[1; 32]));
        let key = ServerKey::parse(&text).expect("sound");
        assert_eq!(key.newest(), 2);
        let stamp = key.stamp("secret");
        assert!(key.matches(2, &stamp, "secret"));
        assert!(!key.matches(2, &stamp, "Secret"));
        assert!(!key.matches(1, &stamp, "secret"));
        assert!(!key.matches(3, &stamp, "secret"), "a version that is gone");
        let old = ServerKey::parse(&ServerKey::print(2, &[2; 32])).expect("sound");
        assert!(old.matches(2, &stamp, "secret"), "the same version in another file");
        assert_eq!(format!("{key:?}"), "ServerKey(2 versions)");
    }

    #[test]
    fn a_tag_is_known_again_while_its_version_is_there() {
        let old = ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("sound");
        let tag = old.tag("text");
        assert_eq!(tag.len(), 32);
        let both = format!("{}{}", ServerKey::print(1, &[1; 32]), ServerKey::print(2, &[2; 32]));
        let both = ServerKey::parse(&both).expect("sound");
        assert!(both.has_tagged("text", &tag) && !both.has_tagged("texT", &tag) && !both.has_tagged("text", ""));
        let other = ServerKey::parse(&ServerKey::print(2, &[2; 32])).expect("sound");
        assert!(!other.has_tagged("text", &tag));
    }

    #[test]
    fn a_stamp_is_hmac_sha_256() {
        // RFC 4231, test case 2, with its key padded to 32 bytes, which makes no difference.
        let mut secret = [0; 32];
        secret[..4].copy_from_slice(b"Jefe");
        let key = ServerKey::parse(&ServerKey::print(1, &secret)).expect("sound");
        let stamp = key.stamp("what do ya want for nothing?");
        let hex = data_encoding::HEXLOWER.encode(&stamp);
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn nonsense_is_refused_without_showing_it() {
        for (text, error) in [
            ("", ServerKeyError::Empty),
            ("1 abc", ServerKeyError::Malformed(1)),
            ("\nx", ServerKeyError::Malformed(2)),
        ] {
            assert_eq!(ServerKey::parse(text).expect_err("nonsense"), error);
        }
        let twice = ServerKey::print(1, &[1; 32]).repeat(2);
        assert_eq!(ServerKey::parse(&twice).expect_err("twice"), ServerKeyError::Doubled(1));
    }
}
