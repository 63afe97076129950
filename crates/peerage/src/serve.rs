//! `peerage serve`: the registry over HTTP.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use peerage_registry::dump::Mode;
use peerage_store::{Location, Store};
use zeroize::Zeroizing;

use crate::chance::Chance;
use crate::logging::LogQueue;
use crate::progress::Progress;
use crate::settings::Config;
use crate::settings::flags::{Common, Serving};
use crate::store::{self, Import, Making};
use crate::{demo, server_key, wiring};

const EXAMPLES: &str = "\
Examples:
  peerage serve                  an embedded database, port 8300 of this machine
  peerage serve --demo           the same, with invented content
  peerage serve --listen 0.0.0.0:8300 --database /srv/peerage/registry.db
  peerage serve --database postgres://peerage@db.example/peerage
  peerage serve --print-config > peerage.toml
                                 all settings, to be changed and given to
                                 --config

Limits on what clients may send are flags, too: `peerage serve --help` lists
them. People, keys and the audit trail are seen to beside a running server:
`peerage help user`, `peerage help key`, `peerage help audit`. The server's own
secret (--server-key-file) is made at the first start; keep it apart from
backups.";

/// Answer PeeringDB's API over HTTP.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// Fill an empty registry with invented content that makes every page and endpoint interesting.
    #[arg(long)]
    demo: bool,
    /// Begin a new registry although the server key of an earlier one is there and its database file is not.
    #[arg(long)]
    new_registry: bool,
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
        let log = crate::logging::start_for_server(&config.log)?;
        let outcome = self.serve(&config, &log);
        log.flush();
        outcome.map(|()| ExitCode::SUCCESS)
    }

    fn serve(&self, config: &Config, log: &LogQueue) -> anyhow::Result<()> {
        let location = store::location(config)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.context("the system gives no threads")?.block_on(async {
            let mut chance = Chance::new()?;
            let making = if self.new_registry { Making::Anyway } else { Making::Unless };
            let store = store::open(&location, making, &mut chance).await?;
            let demo = match self.demo {
                true if fill(&store).await? => {
                    Demo::Filled(demo::people(store.clone(), location.clone(), config.clone()).await?)
                }
                true => Demo::Kept,
                false => Demo::None,
            };
            let is_empty = store.head().await?.sequence == 0;
            let mut instance = chance.id();
            instance.truncate(8);
            let server_key = server_key::load(config, &location, &store).await?;
            wiring::run(store, server_key, config, instance, log.lost(), |address| {
                announce(self.welcome(config, address, &location, &demo, is_empty));
            })
            .await
        })
    }

    /// Says to a stranger what runs and what to do next.
    fn welcome(
        &self,
        config: &Config,
        address: SocketAddr,
        location: &Location,
        demo: &Demo,
        is_empty: bool,
    ) -> String {
        // Whoever listens on all addresses is asked on this one.
        let local = if address.ip().is_unspecified() {
            SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()))
        } else {
            address
        };
        let url = if config.public_url.is_empty() { format!("http://{local}") } else { config.public_url.clone() };
        let database = if self.common.database.is_some() { format!(" --database '{location}'") } else { String::new() };
        let state = match (demo, is_empty) {
            (Demo::Filled(_), _) => ", filled with a small invented registry",
            (Demo::Kept, _) => ", which holds rows already, so --demo changed nothing",
            (Demo::None, true) => ", empty",
            (Demo::None, false) => "",
        };
        let mut text = format!(
            "Peerage answers at {url}/\n\n  \
             data      {location}{state}\n  \
             ask       curl -s '{url}/api/net?limit=2&pretty'\n"
        );
        if let Demo::Filled(password) = demo {
            text.push_str(&format!(
                "  log in    {url}/account/login/\n            \
                 as ann (sees to organization 1), ben (belongs to it) or sam (staff);\n            \
                 their password is {}, and each sets up a second factor first\n",
                password.as_str()
            ));
        }
        if matches!(demo, Demo::None) {
            text.push_str(&format!("  fill      peerage import FOLDER{database}     (shows at once)\n"));
        }
        text.push_str(&format!("  check     peerage doctor{database}\n  stop      Ctrl-C\n\n"));
        text
    }
}

/// What became of `--demo`.
enum Demo {
    /// It was not asked for.
    None,
    /// The registry holds rows already.
    Kept,
    /// It is there, with people of this password.
    Filled(Zeroizing<String>),
}

/// Puts the demonstration into a registry that nothing was ever written to; whether it did.
async fn fill(store: &Store) -> anyhow::Result<bool> {
    let batch = Arc::new(demo::batch().context("the demonstration cannot be read")?);
    let import = Import {
        batch,
        mode: Mode::Merge,
        strict: true,
        only_into_empty: true,
        obeys_rules: false,
        accounts: None,
        command: "serve --demo",
    };
    let progress = Progress::new();
    let imported = store::import(store, &import, &progress).await?;
    progress.end();
    Ok(imported.applied)
}

/// Writes to standard output from a thread of its own: an output that nobody reads must not keep the server from
/// answering.
fn announce(text: String) {
    // Whoever closed the output does not want to read it.
    let write = move || {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    };
    // Without a thread for it nothing is said; the log has the address, too.
    let _ = std::thread::Builder::new().name("announce".to_owned()).spawn(write);
}
