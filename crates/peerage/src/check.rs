//! `peerage serve --check`: everything that the server needs, before it starts.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use peerage_registry::rules::NumberRegistration;
use peerage_store::{FoundLayout, Store, StoreLocation};

use crate::chance::SystemRandom;
use crate::failure::FOUND;
use crate::mails::MailFate;
use crate::progress::grouped;
use crate::settings::{Config, masked, variables};
use crate::{breached, own_pages, parts, server_key, store};

/// The AS number that is looked up: that of a project, which stays registered.
const KNOWN_ASN: u32 = 112;

/// Free space below which a server should not start.
const FREE_BYTES_MIN: u64 = 100 << 20;

/// How long a lookup or a mail server may take.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// The result of a check.
enum CheckResult {
    Good(String),
    /// The server starts, but an operator may want to know.
    Warning(String),
    Failed(String),
}

use CheckResult::{Failed, Good, Warning};

impl CheckResult {
    fn of(result: anyhow::Result<String>) -> CheckResult {
        match result {
            Ok(text) => Good(text),
            Err(error) => Failed(format!("{error:#}")),
        }
    }
}

/// Prints a line for each check.
pub fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let location = store::location(config)?;
    let mut checks = vec![("settings", settings())];
    checks.extend(store::block_on(async {
        let (database, store) = database(&location).await;
        let key = server_key::check(config, &location, store.as_ref()).await;
        let outside = tokio::join!(mail(config, &location), rdap(config));
        Ok([("database", database), ("server key", CheckResult::of(key)), ("e-mail", outside.0), ("RDAP", outside.1)])
    })?);
    checks.push(("disk", disk(&location)));
    checks.push(("listen", listen(config)));
    checks.push(("pages", files(&config.pages_folder, own_pages::read(&config.pages_folder).map(drop))));
    checks.push(("passwords", files(&config.breached_passwords, breached::open(&config.breached_passwords).map(drop))));
    let mut out = std::io::stdout().lock();
    let mut has_failed = false;
    for (name, result) in &checks {
        let (state, text) = match result {
            Good(text) => ("ok", text),
            Warning(text) => ("warning", text),
            Failed(text) => ("FAILED", text),
        };
        has_failed |= matches!(result, Failed(_));
        writeln!(out, "{state:<8} {name:<11} {text}")?;
    }
    Ok(if has_failed { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

/// The settings could be read, or the program would have ended.
fn settings() -> CheckResult {
    let warnings: Vec<String> = variables::warnings(std::env::vars_os()).into_iter().collect();
    if warnings.is_empty() { Good("valid".to_owned()) } else { Warning(warnings.join("; ")) }
}

/// Opens the database if that does not change it.
async fn database(location: &StoreLocation) -> (CheckResult, Option<Store>) {
    let known = peerage_store::layout_version();
    match Store::layout(location).await {
        Err(error) => (Failed(error.to_string()), None),
        Ok(FoundLayout::Empty) if location.path().is_some_and(|path| server_key::beside(path).exists()) => {
            let why = "is missing or empty, but its server key exists. Restore the database, or use --new-registry";
            (Failed(format!("{location} {why}")), None)
        }
        Ok(FoundLayout::Empty) => (Good(format!("{location}: the first start creates a registry")), None),
        Ok(FoundLayout::Version(found)) if found > known => {
            let why =
                format!("{location} has table layout {found}; this program knows layouts up to {known}. Update it");
            (Failed(why), None)
        }
        Ok(FoundLayout::Readable(found)) => {
            let text = format!(
                "{location} has table layout {found} of a newer program. This program can read it, and refuses all \
                 changes. Update it"
            );
            (Warning(text), opened(location).await.ok().map(|(store, _)| store))
        }
        Ok(FoundLayout::Version(found)) if found < known => {
            let text = format!(
                "{location}: the start changes table layout {found} to {known}. Back it up with the old program first"
            );
            (Warning(text), None)
        }
        Ok(FoundLayout::Version(found)) => match opened(location).await {
            Ok((store, position)) => {
                (Good(format!("{location}: table layout {found}, log position {}", grouped(position))), Some(store))
            }
            Err(error) => (Failed(format!("{error:#}")), None),
        },
    }
}

async fn opened(location: &StoreLocation) -> anyhow::Result<(Store, u64)> {
    let store = store::open_existing(location, &mut SystemRandom::new()?).await?;
    store.check_kinds().await?;
    let position = store.head().await?.sequence;
    Ok((store, position))
}

async fn mail(config: &Config, location: &StoreLocation) -> CheckResult {
    let by = masked(&config.mail.mail);
    match (MailFate::of(config, location), parts::mailer(config)) {
        (_, Err(error)) => Failed(format!("{error:#}")),
        (MailFate::Sent, Ok(mailer)) => match tokio::time::timeout(ANSWER_MAX, mailer.check()).await {
            Ok(Ok(())) => Good(format!("{by} answers. To send one, run `peerage mail test ADDRESS`")),
            Ok(Err(error)) => Failed(error.to_string()),
            Err(_) => Failed(format!("{by} does not answer")),
        },
        (MailFate::Kept(folder), Ok(_)) => {
            Warning(format!("nothing is sent, because --mail is log; e-mails are stored in {}", folder.display()))
        }
        (MailFate::Lost, Ok(_)) => Warning("nothing is sent or stored, because --mail is log".to_owned()),
    }
}

async fn rdap(config: &Config) -> CheckResult {
    let source = &config.strangers.rdap;
    let client = match parts::rdap(config) {
        Ok(Some(client)) => client,
        Ok(None) => return Good("off: staff verify new networks".to_owned()),
        Err(error) => return Failed(format!("{error:#}")),
    };
    // Without an answer, the registry works, and new networks wait for staff.
    match tokio::time::timeout(ANSWER_MAX, client.autnum(KNOWN_ASN)).await {
        Err(_) | Ok(NumberRegistration::Unavailable) => {
            Warning(format!("{source} has not answered about AS{KNOWN_ASN}; new networks wait for staff until it does"))
        }
        Ok(NumberRegistration::Refused(why)) => Warning(format!("{source} refuses lookups: {why}")),
        Ok(_) => Good(format!("{source} answers")),
    }
}

fn disk(location: &StoreLocation) -> CheckResult {
    let Some(database) = location.path() else { return Good("the database server has the data".to_owned()) };
    let database = std::path::absolute(database).unwrap_or_else(|_| database.to_owned());
    let folder = existing(&database);
    let free = match rustix::fs::statvfs(&folder) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => return Failed(format!("{}: {error}", folder.display())),
    };
    let used = std::fs::metadata(&database).map_or(0, |found| found.len());
    let megabytes = |bytes: u64| format!("{} MB", grouped(bytes.div_ceil(1_000_000)));
    let text = format!("{} free at {}, database {}", megabytes(free), folder.display(), megabytes(used));
    if rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK).is_err() {
        Failed(format!("{} cannot be written by this user", folder.display()))
    } else if free < FREE_BYTES_MIN {
        Failed(text)
    } else if free < used {
        Warning(format!("{text}: an erasure or a migration may need space for a copy"))
    } else {
        Good(text)
    }
}

/// The innermost folder of a path that exists.
fn existing(path: &Path) -> PathBuf {
    path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("/")).to_owned()
}

fn listen(config: &Config) -> CheckResult {
    match std::net::TcpListener::bind(config.listen) {
        Ok(_) => Good(format!("{} is free", config.listen)),
        // A running server has it, which does not keep anyone from checking.
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Warning(format!("{} is in use, by a running server or another program", config.listen))
        }
        Err(error) => Failed(format!("{}: {error}", config.listen)),
    }
}

fn files(path: &str, read: anyhow::Result<()>) -> CheckResult {
    match read {
        Ok(()) if path.is_empty() => Good("none".to_owned()),
        Ok(()) => Good(path.to_owned()),
        Err(error) => Failed(format!("{error:#}")),
    }
}
