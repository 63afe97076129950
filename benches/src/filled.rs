//! Databases for measurements, and the key that may change them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

/// The text of the key for the measurements. It has PeeringDB's format, which only an import of accounts can create.
pub const KEY: &str = "benchkey.0123456789abcdefghijABCDEFGHIJ01";

/// Returns the path of a database that does not exist.
pub fn fresh_database(scratch: &Path, name: &str) -> PathBuf {
    let database = scratch.join(format!("bench-{name}.db"));
    for suffix in ["", "-wal", "-shm", ".key"] {
        // Left over from an earlier run, or missing.
        let _ = std::fs::remove_file(format!("{}{suffix}", database.display()));
    }
    database
}

/// Writes a file of accounts for `peerage import --accounts`, in which organization 1 has the key and may change its own
/// objects.
///
/// # Errors
/// The file cannot be written.
pub fn accounts_with_key(scratch: &Path) -> Result<PathBuf> {
    let accounts = scratch.join("bench-accounts.json");
    let file = json!({"users": [], "keys": [{
        "identity": "bench", "kind": "org", "org_id": 1, "email": "bench@example.com", "status": "active",
        "grants": {"peeringdb.organization.1": 15}, "key": KEY,
    }]});
    std::fs::write(&accounts, file.to_string()).context("writing the accounts")?;
    Ok(accounts)
}
