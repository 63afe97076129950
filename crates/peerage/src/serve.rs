//! `peerage serve`: the registry over HTTP.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use peerage_store::StoreLocation;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::chance::{SystemRandom, now};
use crate::logging::LogQueue;
use crate::mails::MailFate;
use crate::settings::flags::{CommonFlags, ServerFlags};
use crate::settings::{Config, LogFormat, masked, variables};
use crate::start_check::RunningCheck;
use crate::store::{self, KeyCreation};
use crate::wiring::OpenedRegistry;
use crate::{check, demo, server_key, wiring};

const EXAMPLES: &str = "\
Examples:
  peerage serve                  use an SQLite file and port 8300 on localhost
  peerage serve --demo           use sample data in a separate file
  peerage serve --listen 0.0.0.0:8300 --database /srv/peerage/registry.db
  peerage serve --database postgres://peerage@db.example/peerage
  peerage serve --check          check what the server needs, without starting it
  peerage serve --print-config > peerage.toml
                                 write all settings to a file for --config

`peerage serve --help` lists all flags, including the limits for clients. You can
manage people, keys and the audit log while the server runs: see `peerage help
user`, `peerage help key` and `peerage help audit`. The server key
(--server-key-file) is created at the first start. Back it up separately from the
database.";

/// Run the server: API, web pages and sign-in.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// Create a new registry although the database file is missing and the server key of an earlier registry exists.
    #[arg(long)]
    new_registry: bool,
    /// Print the effective settings as TOML and exit. Secrets are masked as ***: fill them in before you use the file as
    /// --config.
    #[arg(long)]
    print_config: bool,
    /// Check what the server needs, and exit: settings, database, server key, e-mail, RDAP, disk space and files. Changes
    /// nothing, and can run beside a server. Exit status: 0 if it can start; 1 if not.
    #[arg(long, conflicts_with_all = ["print_config", "new_registry"])]
    check: bool,
    #[command(flatten)]
    common: CommonFlags,
    #[command(flatten)]
    serving: ServerFlags,
}

impl ServeArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::resolve(&self.common, &self.serving)?;
        if self.print_config {
            for warning in variables::warnings(std::env::vars_os()) {
                writeln!(std::io::stderr(), "peerage: warning: {warning}")?;
            }
            write!(std::io::stdout(), "{}", config.print()?)?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.check {
            crate::logging::start(&config.log)?;
            return check::run(&config);
        }
        let log = crate::logging::start_for_server(&config.log)?;
        let outcome = self.serve(&config, &log);
        log.flush();
        outcome.map(|()| ExitCode::SUCCESS)
    }

    fn serve(&self, config: &Config, log: &LogQueue) -> anyhow::Result<()> {
        let location = store::location(config)?;
        let mails = MailFate::of(config, &location);
        match &mails {
            MailFate::Kept(folder) if !config.demo => tracing::warn!(
                folder = %folder.display(),
                "e-mails are stored in a folder and not sent, because --mail is log; set a mail server with --mail smtp://…"
            ),
            MailFate::Lost if !config.demo => tracing::warn!(
                "e-mails are neither sent nor stored, because --mail is log and neither XDG_DATA_HOME nor HOME is set; set \
                 a mail server with --mail smtp://… or a folder with --mail file:FOLDER"
            ),
            _ => {}
        }
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
        let served = runtime.block_on(async {
            let bound = wiring::bind(config)?;
            let (stop, open) = (CancellationToken::new(), async || self.open(config, &location).await);
            let Some((opened, login)) = wiring::open_when_reachable(&bound, &stop, open).await? else { return Ok(()) };
            let is_empty = opened.snapshot.head().sequence == 0;
            let mut instance = SystemRandom::new()?.id();
            instance.truncate(8);
            let welcome = WelcomeMessage { location: &location, flags: self.flags(config), login, is_empty, mails };
            let said = |bound: &Config| match config.log.format {
                LogFormat::Text => welcome.text(bound),
                LogFormat::Json => welcome.json(bound),
            };
            #[cfg(feature = "opentelemetry")]
            let traces = crate::traces::start(&instance);
            let ended = wiring::run(bound, opened, stop, instance, log.lost(), |bound| announce(said(bound))).await;
            #[cfg(feature = "opentelemetry")]
            crate::traces::stop(traces).await;
            ended
        });
        // Something that still waits for the database must not keep the program from ending.
        runtime.shutdown_timeout(UNFINISHED_MAX);
        served
    }

    /// Opens and loads the registry. For the demo, also returns its accounts and their password.
    async fn open(
        &self,
        config: &Config,
        location: &StoreLocation,
    ) -> anyhow::Result<(OpenedRegistry, Option<DemoLogin>)> {
        let making = if self.new_registry { KeyCreation::Anyway } else { KeyCreation::Unless };
        let store = store::open(location, making, &mut SystemRandom::new()?).await?;
        let server_key = server_key::load(config, location, &store).await?;
        let mut login = None;
        if config.demo {
            demo::prepare(&store, location, config, &server_key).await?;
            login = Some((demo::with_first_password(&store).await?, demo::people_password(&server_key)));
        }
        // Before the rows are read, so that nobody repairs them beside this node.
        peerage_server::note_running(&store, store.database_time().unwrap_or_else(now)).await;
        let (snapshot, people) = peerage_engine::load(&store).await.context("cannot read the registry")?;
        let check = RunningCheck::start(&store, config.check_at_start);
        let check = check.wait(config.check_at_start, snapshot.head().sequence).await?;
        Ok((OpenedRegistry { store, server_key, snapshot, people, check }, login))
    }

    /// Returns the flags with which other commands find the same registry from any folder.
    fn flags(&self, config: &Config) -> String {
        let mut flags = String::new();
        if config.demo {
            flags.push_str(" --demo");
        }
        if let Some(file) = &self.common.config {
            flags.push_str(&format!(" --config {}", shell_word(&whole(file))));
        }
        // A relative path in the file is relative to where the program was started.
        let location = store::location(config).ok();
        let path = location.as_ref().and_then(StoreLocation::path);
        if self.common.settings.has("database") || path.is_some_and(Path::is_relative) {
            let database = path.map_or_else(|| masked(&config.database), whole);
            flags.push_str(&format!(" --database {}", shell_word(&database)));
        }
        let key = Path::new(&config.server_key_file);
        let is_named = !config.server_key_file.is_empty();
        if is_named && (self.common.settings.has("server_key_file") || key.is_relative()) {
            flags.push_str(&format!(" --server-key-file {}", shell_word(&whole(key))));
        }
        flags
    }
}

/// Returns an absolute path.
fn whole(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// Quotes a text as one word of a shell command.
fn shell_word(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-:@=+,".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// How long the program waits at its end for work that blocks a thread.
const UNFINISHED_MAX: Duration = Duration::from_secs(1);

/// The accounts of the demo and their password.
type DemoLogin = (Vec<String>, Zeroizing<String>);

/// The message that a server prints when it has started.
struct WelcomeMessage<'a> {
    location: &'a StoreLocation,
    flags: String,
    login: Option<DemoLogin>,
    is_empty: bool,
    mails: MailFate,
}

impl WelcomeMessage<'_> {
    /// The same as one JSON object on a line, without advice.
    fn json(&self, bound: &Config) -> String {
        let place = self.location.path().map_or_else(|| self.location.to_string(), whole);
        let mut message = json!({
            "message": "started",
            "version": env!("CARGO_PKG_VERSION"),
            "url": format!("{}/", bound.site()),
            "data": place,
            "is_empty": self.is_empty,
            "stop": "Ctrl-C",
        });
        if let Some((people, password)) = &self.login {
            message["demo_logins"] = json!(people);
            message["demo_password"] = json!(password.as_str());
        }
        format!("{message}\n")
    }

    /// Returns what runs and what to do next. `bound` has the port that the server listens on.
    fn text(&self, bound: &Config) -> String {
        let WelcomeMessage { location, flags, .. } = self;
        let url = bound.site();
        let state = match (&self.login, self.is_empty) {
            (Some(_), _) => " with sample data",
            (None, true) => ", empty",
            (None, false) => "",
        };
        let place = location.path().map_or_else(|| location.to_string(), whole);
        let mut text = format!(
            "Peerage answers at {url}/\n\n  \
             data      {place}{state}\n  \
             ask       curl -s '{url}/api/net?limit=2&pretty'\n"
        );
        match &self.login {
            Some((people, _)) if people.is_empty() => text.push_str(&format!(
                "  log in    {url}/account/login/\n            \
                 everybody has changed the first password\n"
            )),
            Some((people, password)) => text.push_str(&format!(
                "  log in    {url}/account/login/\n            \
                 as {};\n            \
                 their password is {}, and each sets up a second factor first\n",
                people.join(", "),
                password.as_str()
            )),
            None => text.push_str(&format!("  fill      peerage import FOLDER{flags}     (takes effect at once)\n")),
        }
        match (&self.mails, bound.demo) {
            (MailFate::Sent, _) => {}
            (_, true) => text.push_str("  e-mails   are shown here and not sent\n"),
            (MailFate::Kept(folder), false) => {
                text.push_str(&format!("  e-mails   are stored in {} and not sent (see --mail)\n", folder.display()));
            }
            (MailFate::Lost, false) => text.push_str("  e-mails   are neither sent nor stored (see --mail)\n"),
        }
        text.push_str(&format!("  check     peerage doctor{flags}\n  stop      Ctrl-C\n\n"));
        text
    }
}

/// Writes to standard output from its own thread, so that an output that nobody reads cannot block the server.
fn announce(text: String) {
    // A closed output is not an error: nobody wants to read it.
    let write = move || {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    };
    // If there is no thread for it, nothing is printed. The log has the address, too.
    let _ = std::thread::Builder::new().name("announce".to_owned()).spawn(write);
}
