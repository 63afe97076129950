//! Named values that nodes share outside of the log, such as leases and cursors.

use crate::error::StoreError;

/// Names that are reserved for the store.
const OWN: [&str; 3] = ["id", SCRUB, crate::migrate::READABLE_SINCE];

/// Set from the moment payload was erased until no trace of it is left in the file.
pub const SCRUB: &str = "scrub";

/// Checks that a value can be set.
///
/// # Errors
/// [`StoreError::Unsupported`].
pub fn check(name: &str, value: &str) -> Result<(), StoreError> {
    if OWN.contains(&name) {
        return Err(StoreError::Unsupported("this value of the registry is the store's own"));
    }
    if name.contains('\0') || value.contains('\0') {
        return Err(StoreError::Unsupported("a value of the registry cannot hold the character U+0000"));
    }
    Ok(())
}

/// Maximum size of the stored state of a ceremony, in bytes.
pub const CEREMONY_BYTES_MAX: usize = 64 * 1024;

/// Checks that a ceremony can be stored.
///
/// # Errors
/// [`StoreError::Unsupported`].
pub fn check_ceremony(id: &str, body: &str) -> Result<(), StoreError> {
    if id.contains('\0') || body.contains('\0') {
        return Err(StoreError::Unsupported("a ceremony cannot hold the character U+0000"));
    }
    if id.len() + body.len() > CEREMONY_BYTES_MAX {
        return Err(StoreError::Unsupported("a ceremony is too long"));
    }
    Ok(())
}

/// Checks that both engines can store a key's usage.
///
/// # Errors
/// [`StoreError::Unsupported`].
pub fn check_use(body: &str) -> Result<(), StoreError> {
    if body.contains('\0') {
        return Err(StoreError::Unsupported("a note of use cannot hold the character U+0000"));
    }
    Ok(())
}
