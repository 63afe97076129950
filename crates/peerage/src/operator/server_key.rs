//! `peerage server-key`: the versions of the secret with which keys and sessions are stored.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};
use peerage_access::acts::factors;
use peerage_access::server_key::{KeyLedger, LEDGER, LedgerVersion};
use peerage_access::version_uses::{VersionUses, version_uses};
use peerage_access::{AccessContext, ServerKey};
use peerage_engine::Environment;
use peerage_registry::moment::{MINUTE, Moment, SignedDuration, print_seconds};
use peerage_server::signing::{self, SigningContext};
use peerage_store::Store;
use serde_json::{Value as Json, json};

use crate::chance::SystemRandom;
use crate::failure::usage;
use crate::operator::act::{ChangeArgs, OperatorContext, OutputArgs, open_store};
use crate::operator::table;
use crate::parts::SystemEnvironment;
use crate::server_key;
use crate::store::block_on;

const EXAMPLES: &str = "\
Examples:
  peerage server-key status          list the versions and what depends on them
  peerage server-key new             add a version to the key file; then copy the
                                     file to all nodes and restart them in turn
  peerage server-key use 2           make new secrets with it, on all nodes
  peerage server-key reseal          encrypt stored seeds and signing keys again
  peerage server-key retire 1        accept nothing that was made with version 1
  peerage server-key replace --yes-all-secrets-become-invalid
                                     start with a new key, because it is lost

A running server applies each change within seconds. Only versions that a node
has read from its file when it started are known to it.

Exit status: 0 success; 1 the command was refused or failed and nothing was
changed; 2 invalid arguments.";

/// How long after a new version was taken into use nodes may still make secrets with the one before it.
const LAG: SignedDuration = MINUTE;

/// Manage the secret with which keys and sessions are stored.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum ServerKeyCommand {
    /// List the versions and what depends on each.
    Status(OutputArgs),
    /// Add a new version to the key file.
    New(OutputArgs),
    /// Make new secrets with a version that all nodes have.
    Use(UseVersion),
    /// Encrypt seeds of authenticator apps and signing keys again, with the version in use.
    Reseal(ChangeArgs),
    /// Accept no secrets of a version any more. Refused while something depends on it.
    Retire(RetireVersion),
    /// Create a new key in place of one that is lost.
    Replace(ReplaceKey),
}

#[derive(Debug, Args)]
pub struct UseVersion {
    #[arg(value_name = "VERSION")]
    version: u32,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct RetireVersion {
    #[arg(value_name = "VERSION")]
    version: u32,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct ReplaceKey {
    /// Confirm that all API keys, sessions, authenticator apps, backup codes and mailed links become invalid.
    #[arg(long, required = true)]
    yes_all_secrets_become_invalid: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl ServerKeyCommand {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            ServerKeyCommand::Status(output) => status(&output),
            ServerKeyCommand::New(output) => add(&output),
            ServerKeyCommand::Use(arguments) => arguments.run(),
            ServerKeyCommand::Reseal(writing) => reseal(&writing),
            ServerKeyCommand::Retire(arguments) => arguments.run(),
            ServerKeyCommand::Replace(arguments) => arguments.run(),
        }
    }
}

/// Counts the uses of each version.
async fn uses_of(
    context: &OperatorContext,
    ledger: &KeyLedger,
    now: Moment,
) -> anyhow::Result<BTreeMap<u32, VersionUses>> {
    let mut uses = version_uses(&context.people, ledger, now);
    for version in signing::versions(&context.store, now).await? {
        uses.entry(version).or_default().signing_keys += 1;
    }
    Ok(uses)
}

async fn ledger(store: &Store) -> anyhow::Result<KeyLedger> {
    let stored = store.value(LEDGER).await?;
    stored.as_deref().and_then(KeyLedger::read).context("the stored versions of the server key cannot be read")
}

fn standing(ledger: &KeyLedger, version: u32, known: &LedgerVersion) -> &'static str {
    match (known.retired, known.used) {
        (Some(_), _) => "retired",
        _ if version == ledger.in_use => "in use",
        (None, Some(_)) => "accepted",
        (None, None) => "not used yet",
    }
}

fn status(output: &OutputArgs) -> anyhow::Result<()> {
    let rows = block_on(async {
        let context = OperatorContext::open(&output.common).await?;
        let key = context.server_key().await?;
        let ledger = ledger(&context.store).await?;
        let mut uses = uses_of(&context, &ledger, context.now).await?;
        context.store.settle().await;
        let rows = ledger.versions.iter().map(|(version, known)| {
            let uses = uses.remove(version).unwrap_or_default();
            let mut row = json!({
                "version": version,
                "state": standing(&ledger, *version, known),
                "in_file": key.versions().any(|own| own == *version),
                "used_since": known.used.filter(|at| *at > Moment::EPOCH).map(print_seconds),
                "retired": known.retired.map(print_seconds),
                "total": uses.total(),
            });
            row["uses"] = json!(uses);
            row["depends"] = Json::from(words(&uses));
            row
        });
        Ok(rows.collect::<Vec<Json>>())
    })?;
    let columns = [
        ("version", "version"),
        ("state", "state"),
        ("in file", "in_file"),
        ("used since", "used_since"),
        ("uses", "total"),
    ];
    if output.json {
        return table::value(&Json::Array(rows));
    }
    let needed = rows.iter().filter(|row| row["total"] != 0);
    let depends: Vec<String> = needed
        .map(|row| format!("version {}: {}", table::cell(&row["version"]), table::cell(&row["depends"])))
        .collect();
    table::rows(false, rows, &columns)?;
    if depends.is_empty() { Ok(()) } else { table::text(&format!("\n{}\n", depends.join("\n"))) }
}

/// Says what depends on a version.
fn words(uses: &VersionUses) -> String {
    let counts = uses.named().into_iter().filter(|(_, count)| *count > 0);
    counts.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

fn add(output: &OutputArgs) -> anyhow::Result<()> {
    let row = block_on(async {
        let (store, location, config, progress) = open_store(&output.common).await?;
        progress.end();
        let key = server_key::load(&config, &location, &store).await?;
        if server_key::is_in_variable() {
            return Err(usage("the server key is in an environment variable. Add a line there"));
        }
        if key.is_behind() {
            return Err(usage("this key file is older than that of another node. Copy it from there first"));
        }
        let highest = ledger(&store).await?.versions.keys().copied().max().unwrap_or_default();
        let version = highest.max(key.newest()).checked_add(1).context("there are no more versions")?;
        let path = server_key::path(&config, &location)?;
        server_key::append(&path, version).with_context(|| format!("the server key {}", path.display()))?;
        // Registers the new version, so that no node takes another secret for it.
        server_key::load(&config, &location, &store).await?;
        store.settle().await;
        Ok(json!({"version": version, "file": path.display().to_string()}))
    })?;
    table::one(output.json, &row)?;
    if output.json {
        return Ok(());
    }
    table::text(&format!(
        "\nNothing uses version {0} yet. Copy the file to all nodes, restart them one after the other, and then run\n\
         `peerage server-key use {0}`.\n",
        table::cell(&row["version"])
    ))
}

impl UseVersion {
    fn run(self) -> anyhow::Result<()> {
        let version = self.version;
        let row = block_on(async {
            let (store, location, config, progress) = open_store(&self.output.common).await?;
            progress.end();
            let key = server_key::load(&config, &location, &store).await?;
            let now = SystemEnvironment::new(store.clone())?.now();
            anyhow::ensure!(
                key.versions().any(|own| own == version),
                "version {version} is not in this key file. `peerage server-key new` adds one"
            );
            let ledger = server_key::change(&store, |ledger| {
                let known = ledger.versions.get(&version).context("the version is unknown")?;
                anyhow::ensure!(known.retired.is_none(), "version {version} is retired");
                if ledger.in_use != version {
                    ledger.take_into_use(version, now);
                }
                Ok(())
            })
            .await?;
            store.settle().await;
            Ok(json!({"in_use": ledger.in_use}))
        })?;
        table::one(self.output.json, &row)
    }
}

fn reseal(writing: &ChangeArgs) -> anyhow::Result<()> {
    let row = block_on(async {
        let mut context = OperatorContext::open(&writing.output.common).await?;
        let key = context.server_key().await?;
        refuse_behind(&key)?;
        let own = key.clone();
        let decide = move |act_context: &AccessContext<'_>, chance: &mut SystemRandom| {
            let (unreadable, steps) = factors::reseal(act_context, &own, || chance.bytes())?;
            Ok(((unreadable.len(), steps.len()), steps))
        };
        let (unreadable, apps) = context.act("server-key reseal", writing, decide).await?;
        let environment: Arc<dyn Environment> = Arc::new(SystemEnvironment::new(context.store.clone())?);
        let around = SigningContext { store: &context.store, server_key: &key, environment: &environment };
        let signing_keys = if writing.dry_run { 0 } else { signing::reseal(around).await? };
        context.store.settle().await;
        Ok(json!({
            "version": key.current(),
            "authenticator_apps": apps,
            "signing_keys": signing_keys,
            "unreadable_apps": unreadable,
        }))
    })?;
    table::one(writing.output.json, &row)
}

fn refuse_behind(key: &ServerKey) -> anyhow::Result<()> {
    if key.is_behind() {
        return Err(usage(format!(
            "this key file has no version {}, which the registry uses. Copy the key from another node first",
            key.in_use()
        )));
    }
    Ok(())
}

impl RetireVersion {
    fn run(self) -> anyhow::Result<()> {
        let version = self.version;
        let row = block_on(async {
            let context = OperatorContext::open(&self.output.common).await?;
            refuse_behind(&context.server_key().await?)?;
            let now = context.now;
            let seen = ledger(&context.store).await?;
            let uses = uses_of(&context, &seen, now).await?.remove(&version).unwrap_or_default();
            server_key::change(&context.store, |ledger| {
                let known = ledger.versions.get(&version).with_context(|| format!("there is no version {version}"))?;
                anyhow::ensure!(known.retired.is_none(), "version {version} is retired already");
                anyhow::ensure!(
                    ledger.in_use != version,
                    "version {version} is in use. Take another one into use first: `peerage server-key use VERSION`"
                );
                let since = ledger.versions.get(&ledger.in_use).and_then(|known| known.used).unwrap_or_default();
                anyhow::ensure!(
                    since + LAG <= now,
                    "version {} has been in use for less than a minute, so nodes may still use another one. Try again \
                     in a minute",
                    ledger.in_use
                );
                anyhow::ensure!(uses.total() == 0, "version {version} is still needed by {}", words(&uses));
                ledger.retire(version, now);
                Ok(())
            })
            .await?;
            context.store.settle().await;
            Ok(json!({"retired": version}))
        })?;
        table::one(self.output.json, &row)?;
        if self.output.json {
            return Ok(());
        }
        table::text("\nYou can remove its line from the key files.\n")
    }
}

impl ReplaceKey {
    fn run(self) -> anyhow::Result<()> {
        debug_assert!(self.yes_all_secrets_become_invalid, "required");
        let row = block_on(async {
            let (store, location, config, progress) = open_store(&self.output.common).await?;
            progress.end();
            if server_key::is_in_variable() {
                return Err(usage("the server key is in an environment variable. Unset it first"));
            }
            let path = server_key::path(&config, &location)?;
            let version = replace(&store, &path).await?;
            signing::forget(&store).await?;
            store.settle().await;
            Ok(json!({"version": version, "file": path.display().to_string()}))
        })?;
        table::one(self.output.json, &row)?;
        if self.output.json {
            return Ok(());
        }
        table::text(
            "\nAll API keys, sessions, authenticator apps, backup codes and mailed links are invalid now. Passwords and\n\
             passkeys are not. Copy the file to all nodes and to a safe place, and start the nodes.\n",
        )
    }
}

/// Creates a key whose version the registry has never had, and retires all others.
async fn replace(store: &Store, path: &Path) -> anyhow::Result<u32> {
    if path.exists() {
        return Err(usage(format!(
            "the server key {} exists. If it is the wrong one, move it away first. If it has leaked, add a version \
             instead: `peerage server-key new`",
            path.display()
        )));
    }
    let stored =
        store.value(LEDGER).await?.context("this registry has no server key yet; the first start creates it")?;
    let mut ledger = KeyLedger::of_stored(&stored);
    let now = SystemEnvironment::new(store.clone())?.now();
    let version = ledger.versions.keys().max().copied().unwrap_or_default().checked_add(1);
    let version = version.context("there are no more versions")?;
    for known in ledger.versions.values_mut() {
        known.retired.get_or_insert(now);
    }
    let text = server_key::create(path, version).with_context(|| format!("the server key {}", path.display()))?;
    let key = ServerKey::parse(&text)?;
    ledger.register(&key);
    ledger.take_into_use(version, now);
    if !store.swap_value(LEDGER, Some(&stored), &ledger.print()).await? {
        std::fs::remove_file(path)?;
        anyhow::bail!("another process has changed the versions of the server key meanwhile. Nothing was changed");
    }
    Ok(version)
}
