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
