//! The server key: a file next to the database, or where the operator sets it.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use peerage_access::ServerKey;
use peerage_store::{Store, StoreLocation};

use crate::chance::SystemRandom;
use crate::failure::usage;
use crate::settings::{Config, in_data_directory};

/// Environment variable that can contain the secret, in the format of the file.
const VARIABLE: &str = "PEERAGE_SERVER_KEY";

/// The name under which the store remembers the fingerprint of its key.
const FINGERPRINT: &str = "server-key";

/// Returns the path of the key.
fn path(config: &Config, location: &StoreLocation) -> anyhow::Result<PathBuf> {
    if !config.server_key_file.is_empty() {
        return Ok(PathBuf::from(&config.server_key_file));
    }
    match location.path() {
        Some(database) => Ok(beside(database)),
        None => Ok(PathBuf::from(in_data_directory("server.key")?)),
    }
}

/// Checks the key without creating it, and says where it is.
///
/// # Errors
/// Those of [`load`].
pub async fn check(config: &Config, location: &StoreLocation, store: Option<&Store>) -> anyhow::Result<String> {
    let known = match store {
        Some(store) => store.value(FINGERPRINT).await?,
        None => None,
    };
    match (missing(config, location), store) {
        (None, Some(store)) if known.is_some() => {
            load(config, location, store).await?;
            Ok("belongs to this registry".to_owned())
        }
        (None, _) => Ok("there already; the first start takes it into use".to_owned()),
        (Some(path), _) if known.is_none() => Ok(format!("{}: the first start creates it", path.display())),
        (Some(path), _) => Err(gone(&path)),
    }
}

fn gone(path: &Path) -> anyhow::Error {
    usage(format!(
        "the server key {} is missing, and this registry's API keys depend on it. Pass the right file as \
         --server-key-file, or restore it",
        path.display()
    ))
}

/// Returns the path where the key is expected, if it is not there.
pub fn missing(config: &Config, location: &StoreLocation) -> Option<PathBuf> {
    let is_in_variable = std::env::var(VARIABLE).is_ok_and(|text| !text.is_empty());
    path(config, location).ok().filter(|path| !is_in_variable && !path.exists())
}

/// Returns the default path of the key of a database file.
pub fn beside(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".key");
    PathBuf::from(path)
}

/// Reads the key, or creates it if there is none.
///
/// # Errors
/// The file cannot be read or created, is invalid, or is not the key of this registry.
pub async fn load(config: &Config, location: &StoreLocation, store: &Store) -> anyhow::Result<ServerKey> {
    let (text, place) = match std::env::var(VARIABLE) {
        Ok(text) if !text.is_empty() => (text.replace(',', "\n"), VARIABLE.to_owned()),
        _ => {
            let path = path(config, location)?;
            // A key created now would be wrong, and in the way of the right one.
            if !path.exists() && store.value(FINGERPRINT).await?.is_some() {
                return Err(gone(&path));
            }
            let text = read_or_make(&path).with_context(|| format!("the server key {}", path.display()))?;
            (text, path.display().to_string())
        }
    };
    let key = ServerKey::parse(&text).map_err(|error| usage(format!("the server key {place}: {error}")))?;
    // With another server key, all API keys would be refused without an explanation.
    let fingerprint = peerage_registry::event::hex(&key.derive("fingerprint")[..8]);
    match store.value(FINGERPRINT).await? {
        None => {
            store.swap_value(FINGERPRINT, None, &fingerprint).await?;
        }
        Some(known) if known == fingerprint => {}
        Some(_) => {
            return Err(usage(format!(
                "the server key {place} does not belong to this registry, so every API key would be refused. Pass the \
                 right file as --server-key-file"
            )));
        }
    }
    Ok(key)
}

fn read_or_make(path: &Path) -> anyhow::Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => return Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let secret = SystemRandom::new()?.salt();
    let text = format!(
        "# Secret key of this registry. Stored API keys depend on it. Back it up, separately from the database:\n\
         # without it, every API key must be replaced.\n{}",
        ServerKey::print(1, &secret)
    );
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            Ok(text)
        }
        // Another process has created it first: use that one.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            std::thread::sleep(std::time::Duration::from_millis(50));
            Ok(std::fs::read_to_string(path)?)
        }
        Err(error) => Err(error.into()),
    }
}
