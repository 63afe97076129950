//! The server's own secret, with which keys are hashed (spec/keys.md, 2).
//!
//! A copy of the database alone grants no access: only an HMAC of each key is stored, with a secret that is kept
//! elsewhere. The secret has versions, so that it can be replaced: new secrets are made with the version that the
//! registry uses, and older ones are checked with theirs. Which version that is, the nodes of a registry agree on in a
//! [`KeyLedger`].

mod ledger;

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwap;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use ledger::{KeyLedger, LedgerFault, LedgerVersion};

/// HMAC-SHA-256 of a secret.
pub type SecretHash = [u8; 32];

/// The name of the value in which the nodes of a registry share its [`KeyLedger`].
pub const LEDGER: &str = "server-key";

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
    /// Shared by all clones.
    standing: Arc<ArcSwap<VersionStanding>>,
}

/// What the registry has decided about versions.
#[derive(Debug, Default)]
struct VersionStanding {
    /// The version with which new secrets are made. The file may not have it.
    in_use: u32,
    retired: BTreeSet<u32>,
    /// Whether the file lacks a version of the registry that is not retired.
    is_incomplete: bool,
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
        let Some((newest, _)) = versions.last() else { return Err(ServerKeyError::Empty) };
        let standing = VersionStanding { in_use: *newest, retired: BTreeSet::new(), is_incomplete: false };
        Ok(ServerKey { versions, standing: Arc::new(ArcSwap::from_pointee(standing)) })
    }

    /// Follows what the nodes of the registry have agreed on. This applies to all clones.
    pub fn follow(&self, ledger: &KeyLedger) {
        let retired = ledger.versions.iter().filter(|(_, known)| known.retired.is_some()).map(|(version, _)| *version);
        let mut live = ledger.versions.iter().filter(|(_, known)| known.retired.is_none());
        let is_incomplete = live.any(|(version, _)| !self.has(*version));
        let standing = VersionStanding { in_use: ledger.in_use, retired: retired.collect(), is_incomplete };
        self.standing.store(Arc::new(standing));
    }

    /// Whether the registry has a version that the file lacks. Otherwise no credential needs another node.
    pub fn is_incomplete(&self) -> bool {
        self.standing.load().is_incomplete
    }

    /// A line for [`ServerKey::parse`].
    pub fn print(version: u32, secret: &[u8; 32]) -> String {
        format!("{version} {}\n", data_encoding::HEXLOWER.encode(secret))
    }

    /// The versions in the file, ascending.
    pub fn versions(&self) -> impl Iterator<Item = u32> {
        self.versions.iter().map(|(version, _)| *version)
    }

    /// The highest version in the file.
    pub fn newest(&self) -> u32 {
        self.versions.last().map_or(0, |(version, _)| *version)
    }

    /// The version that the registry uses for new secrets, whether or not the file has it.
    pub fn in_use(&self) -> u32 {
        self.standing.load().in_use
    }

    /// The version with which this node makes new secrets: the one in use, or the highest one below it in the file.
    pub fn current(&self) -> u32 {
        let standing = self.standing.load();
        let usable = self.versions().filter(|version| !standing.retired.contains(version));
        usable.filter(|version| *version <= standing.in_use).last().unwrap_or_else(|| self.newest())
    }

    /// Whether a secret that was made with this version cannot be checked, because the file does not have the version.
    /// Secrets of retired versions can be checked: they are wrong.
    pub fn lacks(&self, version: u32) -> bool {
        !self.has(version) && !self.standing.load().retired.contains(&version)
    }

    /// Whether the file does not have the version that the registry uses.
    pub fn is_behind(&self) -> bool {
        self.lacks(self.in_use())
    }

    fn has(&self, version: u32) -> bool {
        self.versions.iter().any(|(known, _)| *known == version)
    }

    fn is_usable(&self, version: u32) -> bool {
        self.has(version) && !self.standing.load().retired.contains(&version)
    }

    /// The hash of a secret, with the current version.
    pub fn stamp(&self, text: &str) -> SecretHash {
        self.stamped(text).1
    }

    /// The current version, and the hash of a secret with it.
    pub fn stamped(&self, text: &str) -> (u32, SecretHash) {
        let version = self.current();
        (version, self.stamp_under(version, text))
    }

    /// For an unknown version, the hash with the newest one: the work is the same, and it matches nothing.
    fn stamp_under(&self, version: u32, text: &str) -> SecretHash {
        let found = self.versions.iter().rev().find(|(known, _)| *known == version).or(self.versions.last());
        let Some((_, keyed)) = found else { return [0; 32] };
        keyed.clone().chain_update(text.as_bytes()).finalize().into_bytes().into()
    }

    /// Whether a text has the stored hash, in constant time.
    pub fn matches(&self, version: u32, stored: &SecretHash, text: &str) -> bool {
        let is_usable = self.is_usable(version);
        bool::from(self.stamp_under(version, text).ct_eq(stored)) && is_usable
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
            let is_usable = self.is_usable(version);
            bool::from(own.ct_eq(stamp)) && is_usable
        };
        let mut found = None;
        let mut count = 0;
        let mut last = self.current();
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

    /// A tag that later proves that a text was created here: 32 hexadecimal digits, with the current version.
    pub fn tag(&self, text: &str) -> String {
        data_encoding::HEXLOWER.encode(&self.stamp(&format!("tag {text}"))[..16])
    }

    /// Whether a text was created here, with any version that is not retired.
    pub fn has_tagged(&self, text: &str, tag: &str) -> bool {
        let text = format!("tag {text}");
        self.usable().fold(false, |found, version| {
            let own = self.stamp_under(version, &text);
            found | bool::from(data_encoding::HEXLOWER.encode(&own[..16]).as_bytes().ct_eq(tag.as_bytes()))
        })
    }

    fn usable(&self) -> impl Iterator<Item = u32> {
        let standing = self.standing.load_full();
        self.versions().filter(move |version| !standing.retired.contains(version))
    }

    /// A secret for another purpose, derived from one version; `None` if that version is gone or retired.
    pub fn derive_under(&self, version: u32, purpose: &str) -> Option<[u8; 32]> {
        self.is_usable(version).then(|| Sha256::digest(self.stamp_under(version, purpose)).into())
    }

    /// A secret for another purpose, which reveals nothing about this one. It changes when another version is taken into
    /// use: check what was made from it with [`ServerKey::has_derived`].
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        Sha256::digest(self.stamp_under(self.current(), purpose)).into()
    }

    /// Whether the secret for a purpose is the right one under any version that is not retired. Asks about each of them.
    pub fn has_derived(&self, purpose: &str, is_right: impl Fn(&[u8; 32]) -> bool) -> bool {
        self.usable().fold(false, |found, version| {
            let derived: [u8; 32] = Sha256::digest(self.stamp_under(version, purpose)).into();
            found | is_right(&derived)
        })
    }

    /// A name for something that only the server can make, and that grants nothing. It stays the same until its version is
    /// retired: it is made with the first one.
    pub fn lasting(&self, purpose: &str) -> [u8; 32] {
        let first = self.usable().next().unwrap_or_else(|| self.newest());
        Sha256::digest(self.stamp_under(first, purpose)).into()
    }

    /// The name by which nodes notice that they have different secrets as the same version.
    pub fn fingerprint(&self, version: u32) -> String {
        let bytes: [u8; 32] = Sha256::digest(self.stamp_under(version, "fingerprint")).into();
        data_encoding::HEXLOWER.encode(&bytes[..8])
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
    use peerage_registry::moment::Moment;

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

    fn versions(numbers: &[u8]) -> ServerKey {
        let lines: String = numbers.iter().map(|number| ServerKey::print(u32::from(*number), &[*number; 32])).collect();
        ServerKey::parse(&lines).expect("sound")
    }

    #[test]
    fn i16_01_a_new_version_makes_nothing_before_the_registry_uses_it() {
        let (one, both) = (versions(&[1]), versions(&[1, 2]));
        let mut ledger = KeyLedger::first(&one);
        ledger.register(&both);
        both.follow(&ledger);
        assert_eq!((both.newest(), both.current(), both.is_behind()), (2, 1, false));
        let clone = both.clone();
        let (link, name) = (both.derive("link"), both.lasting("name"));
        ledger.take_into_use(2, Moment::from_seconds(7));
        both.follow(&ledger);
        assert_eq!((clone.current(), clone.stamped("x").0), (2, 2), "all clones follow");
        assert_ne!(clone.derive("link"), link);
        assert!(
            clone.has_derived("link", |bytes| *bytes == link) && !clone.has_derived("other", |bytes| *bytes == link)
        );
        assert_eq!(clone.lasting("name"), name);
        one.follow(&ledger);
        assert!(one.is_behind() && one.lacks(2) && !one.lacks(1));
        assert_eq!(one.current(), 1, "what it makes can be checked by the others");
    }

    #[test]
    fn i16_01_nothing_that_was_made_with_a_retired_version_is_accepted() {
        let (one, both) = (versions(&[1]), versions(&[1, 2]));
        let (stamp, tag, link) = (one.stamp("secret"), one.tag("text"), one.derive("link"));
        let mut ledger = KeyLedger::first(&one);
        ledger.register(&both);
        ledger.take_into_use(2, Moment::EPOCH);
        ledger.retire(1, Moment::EPOCH);
        both.follow(&ledger);
        assert!(!both.matches(1, &stamp, "secret") && both.find(std::iter::once((1, &stamp)), "secret").is_none());
        assert!(!both.has_tagged("text", &tag) && !both.has_derived("link", |bytes| *bytes == link));
        assert_eq!(both.derive_under(1, "seal"), None);
        assert_ne!(both.lasting("name"), one.lasting("name"));
        assert!(!both.lacks(1), "it is known to be wrong");
        let without = versions(&[2]);
        without.follow(&ledger);
        assert!(!without.lacks(1) && !without.is_behind(), "its line can be removed");
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
