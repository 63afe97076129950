//! `peerage serve`: the registry over HTTP.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use peerage_registry::dump::Mode;
use peerage_store::{Location, Store};

use crate::chance::Chance;
use crate::progress::Progress;
use crate::settings::Config;
use crate::settings::flags::{Common, Serving};
use crate::store::{self, Import};
use crate::{demo, wiring};

const EXAMPLES: &str = "\
Examples:
  peerage serve                                     an embedded database, port 8300 of this machine
  peerage serve --demo                              the same, with invented content
  peerage serve --listen 0.0.0.0:80 --database /srv/registry.db
  peerage serve --database postgres://peerage@db.example/peerage
  peerage serve --print-config > peerage.toml       all settings, to be changed and given to --config";

/// Answer PeeringDB's read API over HTTP.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// Fill an empty registry with invented content that makes every page and endpoint interesting.
    #[arg(long)]
    demo: bool,
    /// Print the settings that are in force as TOML, secrets masked, and end.
    #[arg(long)]
    print_config: bool,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    serving: Serving,
}

impl ServeArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::resolve(&self.common, &self.serving)?;
        if self.print_config {
            write!(std::io::stdout(), "{}", config.print()?)?;
            return Ok(ExitCode::SUCCESS);
        }
        crate::logging::start(&config.log)?;
        let location = store::location(&config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.context("the system gives no threads")?.block_on(async {
            let mut chance = Chance::new()?;
            let store = store::open(&location, &mut chance).await?;
            let demo = if self.demo { Some(fill(&store).await?) } else { None };
            let is_empty = store.head().await?.sequence == 0;
            let mut instance = chance.id();
            instance.truncate(8);
            wiring::run(store, &config, instance, |address| announce(address, &location, demo, is_empty)).await
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Puts the demonstration into a registry that nothing was ever written to; whether it did.
async fn fill(store: &Store) -> anyhow::Result<bool> {
    if store.head().await?.sequence > 0 {
        return Ok(false);
    }
    let batch = Arc::new(demo::batch().context("the demonstration cannot be read")?);
    let import = Import { batch, mode: Mode::Merge, strict: true, command: "serve --demo" };
    Ok(store::import(store, &import, &Progress::new()).await?.applied)
}

/// Says to a stranger what runs and what to do next.
fn announce(address: SocketAddr, location: &Location, demo: Option<bool>, is_empty: bool) {
    let mut text = format!("Peerage answers at http://{address}/\n  data   {location}\n");
    match demo {
        Some(true) => text.push_str("  filled with a small invented registry\n"),
        Some(false) => text.push_str("  holds rows already, so --demo changed nothing\n"),
        None => {}
    }
    text.push_str(&format!("\nTry:\n  curl 'http://{address}/api/net?limit=2&pretty'\n"));
    if is_empty {
        text.push_str(&format!(
            "\nThe registry is empty. Take one over while this runs:\n  peerage import FOLDER --database '{location}'\n"
        ));
    }
    text.push_str("\nCtrl-C stops it.\n");
    // Whoever closed the output does not want to read it.
    let _ = std::io::stdout().lock().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush());
}
