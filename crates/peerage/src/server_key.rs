//! The server key: a file next to the database, or where the operator sets it.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use peerage_access::ServerKey;
use peerage_access::server_key::{KeyLedger, LEDGER, LedgerFault};
use peerage_store::{Store, StoreLocation};

use crate::chance::SystemRandom;
use crate::failure::usage;
use crate::settings::{Config, in_data_directory};

/// Environment variable that can contain the secret, in the format of the file.
const VARIABLE: &str = "PEERAGE_SERVER_KEY";

/// How often an update is retried because other processes change the value.
const ATTEMPTS: usize = 8;

/// Returns the path of the key.
pub fn path(config: &Config, location: &StoreLocation) -> anyhow::Result<PathBuf> {
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
        Some(store) => store.value(LEDGER).await?,
        None => None,
    };
    match (missing(config, location), store) {
        (None, Some(store)) if known.is_some() => {
            let (key, place) = read(config, location, store).await?;
            let (_, ledger) = ledger_of(store, &key, &place).await?;
            key.follow(&ledger);
            if key.is_behind() {
                return Err(usage(format!(
                    "the server key {place} has version {}, but the registry uses version {}. Copy the key from another node",
                    key.newest(),
                    key.in_use()
                )));
            }
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
    path(config, location).ok().filter(|path| !is_in_variable() && !path.exists())
}

/// Whether the key is in the environment and not in a file.
pub fn is_in_variable() -> bool {
    std::env::var(VARIABLE).is_ok_and(|text| !text.is_empty())
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
    let (key, place) = read(config, location, store).await?;
    for _ in 0..ATTEMPTS {
        let (stored, mut ledger) = ledger_of(store, &key, &place).await?;
        ledger.register(&key);
        let text = ledger.print();
        if stored.as_ref() == Some(&text) || store.swap_value(LEDGER, stored.as_deref(), &text).await? {
            key.follow(&ledger);
            return Ok(key);
        }
    }
    anyhow::bail!("other processes change the versions of the server key without a pause")
}

/// Reads the key, and says where it is. Creates it if neither it nor the registry's value exists.
async fn read(config: &Config, location: &StoreLocation, store: &Store) -> anyhow::Result<(ServerKey, String)> {
    let (text, place) = match std::env::var(VARIABLE) {
        Ok(text) if !text.is_empty() => (text.replace(',', "\n"), VARIABLE.to_owned()),
        _ => {
            let path = path(config, location)?;
            // A key created now would be wrong, and in the way of the right one.
            if !path.exists() && store.value(LEDGER).await?.is_some() {
                return Err(gone(&path));
            }
            let text = read_or_make(&path).with_context(|| format!("the server key {}", path.display()))?;
            (text, path.display().to_string())
        }
    };
    let key = ServerKey::parse(&text).map_err(|error| usage(format!("the server key {place}: {error}")))?;
    Ok((key, place))
}

/// Returns what the registry remembers of its key, as stored and as it is understood. With another server key, all API
/// keys would be refused without an explanation.
async fn ledger_of(store: &Store, key: &ServerKey, place: &str) -> anyhow::Result<(Option<String>, KeyLedger)> {
    let fault = |fault: LedgerFault| {
        let hint = if fault == LedgerFault::Foreign { ". Pass the right file as --server-key-file" } else { "" };
        usage(format!("the server key {place} {fault}{hint}"))
    };
    let stored = store.value(LEDGER).await?;
    let ledger = match stored.as_deref() {
        None => KeyLedger::first(key),
        Some(text) => match KeyLedger::read(text) {
            Some(ledger) => ledger,
            // Earlier versions stored the fingerprint of the first line.
            None if key.versions().next().is_some_and(|first| key.fingerprint(first) == text) => KeyLedger::first(key),
            None => return Err(fault(LedgerFault::Foreign)),
        },
    };
    ledger.check(key).map_err(fault)?;
    Ok((stored, ledger))
}

/// Changes what the registry remembers of its key. `change` may be called again if another process changes it meanwhile.
///
/// # Errors
/// Those of `change`, and of the store.
pub async fn change(
    store: &Store,
    mut change: impl FnMut(&mut KeyLedger) -> anyhow::Result<()>,
) -> anyhow::Result<KeyLedger> {
    for _ in 0..ATTEMPTS {
        let stored = store.value(LEDGER).await?;
        let known = stored.as_deref().and_then(KeyLedger::read);
        let mut ledger = known.context("this registry has no server key yet; the first start creates it")?;
        change(&mut ledger)?;
        if store.swap_value(LEDGER, stored.as_deref(), &ledger.print()).await? {
            return Ok(ledger);
        }
    }
    anyhow::bail!("other processes change the versions of the server key without a pause")
}

fn read_or_make(path: &Path) -> anyhow::Result<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => return Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    match create(path, 1) {
        // Another process has created it first: use that one.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            std::thread::sleep(std::time::Duration::from_millis(50));
            Ok(std::fs::read_to_string(path)?)
        }
        made => Ok(made?),
    }
}

/// Creates a file with one version. Only its owner can read it.
///
/// # Errors
/// The file exists or cannot be written.
pub fn create(path: &Path, version: u32) -> std::io::Result<String> {
    let text = format!(
        "# Secret key of this registry. Stored API keys depend on it. Back it up, separately from the database:\n\
         # without it, every API key must be replaced.\n{}",
        fresh_line(version)?
    );
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    write_new(path, &text)?;
    Ok(text)
}

/// A line with a new random secret.
fn fresh_line(version: u32) -> std::io::Result<String> {
    let secret = SystemRandom::new().map_err(std::io::Error::other)?.salt();
    Ok(ServerKey::print(version, &secret))
}

/// Adds a line with a new random secret. The file is replaced as a whole, so nobody ever reads a part of it, and keeps its
/// owner and mode.
///
/// # Errors
/// The file cannot be read or replaced.
pub fn append(path: &Path, version: u32) -> anyhow::Result<()> {
    // A link would be replaced by a file.
    let path = &std::fs::canonicalize(path)?;
    let mut text = std::fs::read_to_string(path)?;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&fresh_line(version)?);
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = write_new(&beside, &text)
        .and_then(|()| keep_owner(path, &beside))
        .and_then(|()| std::fs::rename(&beside, path));
    if let Err(error) = written {
        drop(std::fs::remove_file(&beside));
        return Err(error.into());
    }
    // The new name is on disk before the secret is used.
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(unix)]
fn keep_owner(of: &Path, to: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let (old, new) = (std::fs::metadata(of)?, std::fs::metadata(to)?);
    if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
        chown(to, Some(old.uid()), Some(old.gid()))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Writes a file that does not exist yet, and that only its owner can read.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
