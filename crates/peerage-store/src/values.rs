//! Values by name that nodes share beside the log: leases, cursors.

use crate::error::StoreError;

/// Names that are the store's own.
const OWN: [&str; 2] = ["id", SCRUB];

/// Stands there from the moment in which payload was erased until no trace of it is left in the file.
pub const SCRUB: &str = "scrub";

/// Looks whether a value may be set.
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

/// Bytes of what a ceremony keeps, at most.
pub const CEREMONY_BYTES_MAX: usize = 64 * 1024;

/// Looks whether a ceremony can be kept.
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

/// Looks whether both engines can keep a note of how a key was used.
///
/// # Errors
/// [`StoreError::Unsupported`].
pub fn check_use(body: &str) -> Result<(), StoreError> {
    if body.contains('\0') {
        return Err(StoreError::Unsupported("a note of use cannot hold the character U+0000"));
    }
    Ok(())
}
