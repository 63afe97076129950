//! Encryption of small secrets that must be readable again, such as the seeds of authenticator apps.
//!
//! ChaCha20-Poly1305 (RFC 8439). The key is derived from the server key for this one purpose. The associated data
//! contain the kind of record and its owner, so that a secret of one account cannot be used in another.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use peerage_registry::ids::UserId;
use zeroize::Zeroizing;

use crate::server_key::ServerKey;

const PURPOSE: &str = "seal small secrets";

/// Size of the nonce of each encryption. It must never repeat.
pub const NONCE_BYTES: usize = 12;

/// The owner of a secret: the kind of record, and the owner's id.
#[derive(Debug, Clone, Copy)]
pub struct SecretOwner {
    pub kind: &'static str,
    pub user: UserId,
}

impl SecretOwner {
    fn text(self) -> String {
        format!("{} {}", self.kind, self.user)
    }
}

/// An encrypted secret as stored: hexadecimal of nonce and ciphertext, and the version of the server key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptedSecret {
    pub text: String,
    pub version: u32,
}

/// Encrypts with the current version of the server key.
///
/// ```
/// use peerage_access::ServerKey;
/// use peerage_access::sealing::{NONCE_BYTES, SecretOwner, open, seal};
///
/// let server_key = ServerKey::parse(&ServerKey::print(1, &[7; 32])).expect("a valid line");
/// let owner = SecretOwner { kind: "factor", user: "1".parse().expect("an id") };
/// let sealed = seal(&server_key, owner, b"seed", &[9; NONCE_BYTES]);
/// let opened = open(&server_key, owner, &sealed.text, sealed.version).expect("unchanged");
/// assert_eq!(*opened, b"seed");
///
/// let other = SecretOwner { kind: "factor", user: "2".parse().expect("an id") };
/// assert!(open(&server_key, other, &sealed.text, sealed.version).is_none());
/// ```
pub fn seal(server_key: &ServerKey, owner: SecretOwner, secret: &[u8], nonce: &[u8; NONCE_BYTES]) -> EncryptedSecret {
    let version = server_key.current();
    let key = Zeroizing::new(server_key.derive_under(version, PURPOSE).unwrap_or_default());
    let cipher = ChaCha20Poly1305::new((&*key).into());
    let aad = owner.text();
    let payload = Payload { msg: secret, aad: aad.as_bytes() };
    let sealed = cipher.encrypt(&Nonce::from(*nonce), payload).expect("a small secret is within the cipher's bounds");
    let mut bytes = nonce.to_vec();
    bytes.extend(sealed);
    EncryptedSecret { text: data_encoding::HEXLOWER.encode(&bytes), version }
}

/// Decrypts. `None` if it belongs to another owner, was changed, or its version is gone.
pub fn open(server_key: &ServerKey, owner: SecretOwner, text: &str, version: u32) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    let key = Zeroizing::new(server_key.derive_under(version, PURPOSE)?);
    let cipher = ChaCha20Poly1305::new((&*key).into());
    let aad = owner.text();
    let payload = Payload { msg: sealed, aad: aad.as_bytes() };
    cipher.decrypt(&Nonce::from(*nonce), payload).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_owner_under_its_version_and_unchanged_only() {
        let both = format!("{}{}", ServerKey::print(1, &[1; 32]), ServerKey::print(2, &[2; 32]));
        let (one, both) = (ServerKey::parse(&ServerKey::print(1, &[1; 32])), ServerKey::parse(&both));
        let (one, both) = (one.expect("sound"), both.expect("sound"));
        let owner = SecretOwner { kind: "totp", user: UserId::new(7) };
        let old = seal(&one, owner, b"seed", &[3; 12]);
        assert_eq!(open(&both, owner, &old.text, old.version).as_deref().map(Vec::as_slice), Some(&b"seed"[..]));
        let new = seal(&both, owner, b"seed", &[3; 12]);
        assert_eq!((old.version, new.version), (1, 2));
        assert_ne!(old.text, new.text);
        assert!(open(&one, owner, &new.text, new.version).is_none(), "a version that is not there");
        for (other, text, version) in [
            (SecretOwner { kind: "totp", user: UserId::new(70) }, new.text.clone(), 2),
            (SecretOwner { kind: "code", user: UserId::new(7) }, new.text.clone(), 2),
            (owner, new.text.clone(), 1),
            (owner, new.text.replace('0', "1"), 2),
            (owner, new.text[..20].to_owned(), 2),
            (owner, "no hexadecimal".to_owned(), 2),
            (owner, String::new(), 2),
        ] {
            assert!(open(&both, other, &text, version).is_none(), "{other:?} {text}");
        }
    }
}
