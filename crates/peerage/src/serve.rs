//! `peerage serve`: the registry over HTTP.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use peerage_store::Location;
use zeroize::Zeroizing;

use crate::chance::Chance;
use crate::logging::LogQueue;
use crate::mails::Fate;
use crate::settings::flags::{Common, Serving};
use crate::settings::{Config, masked, variables};
use crate::store::{self, Making};
use crate::{demo, server_key, wiring};

const EXAMPLES: &str = "\
Examples:
  peerage serve                  an embedded database, port 8300 of this machine
  peerage serve --demo           invented content, in a file of its own
  peerage serve --listen 0.0.0.0:8300 --database /srv/peerage/registry.db
  peerage serve --database postgres://peerage@db.example/peerage
  peerage serve --print-config > peerage.toml
                                 all settings, to be changed and given to
                                 --config

Limits on what clients may send are flags, too: `peerage serve --help` lists
them. People, keys and the audit log are managed beside a running server:
`peerage help user`, `peerage help key`, `peerage help audit`. The server's own
secret (--server-key-file) is made at the first start. Back it up, apart from
the database.";

/// Answer PeeringDB's API over HTTP.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// Begin a new registry although the server key of an earlier one is there and its database file is not.
    #[arg(long)]
    new_registry: bool,
    /// Print the settings that are in force as TOML, secrets masked as ***, and end. Put the secrets back before you use
    /// it as --config.
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
            for warning in variables::warnings(std::env::vars_os()) {
                writeln!(std::io::stderr(), "peerage: warning: {warning}")?;
            }
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
        let mails = Fate::of(config, &location);
        match &mails {
            Fate::Kept(folder) if !config.demo => tracing::warn!(
                folder = %folder.display(),
                "mails are kept in a folder and not sent, since --mail is log; name a mail server with --mail smtp://…"
            ),
            Fate::Lost if !config.demo => tracing::warn!(
                "mails are neither sent nor kept: --mail is log, and neither XDG_DATA_HOME nor HOME names a folder for \
                 them; name a mail server with --mail smtp://… or a folder with --mail file:FOLDER"
            ),
            _ => {}
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.context("the system gives no threads")?.block_on(async {
            let mut chance = Chance::new()?;
            let making = if self.new_registry { Making::Anyway } else { Making::Unless };
            let store = store::open(&location, making, &mut chance).await?;
            let server_key = server_key::load(config, &location, &store).await?;
            let mut login = None;
            if config.demo {
                demo::prepare(&store, &location, config, &server_key).await?;
                login = Some((demo::with_first_password(&store).await?, demo::people_password(&server_key)));
            }
            let is_empty = store.head().await?.sequence == 0;
            let mut instance = chance.id();
            instance.truncate(8);
            let welcome = Welcome { location: &location, flags: self.flags(config), login, is_empty, mails };
            wiring::run(store, server_key, config, instance, log.lost(), |bound| announce(welcome.text(bound))).await
        })
    }

    /// The flags that lead other commands to the same registry, whatever folder they are called in.
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
        let path = location.as_ref().and_then(Location::path);
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

/// A path that is the same in whatever folder it is read.
fn whole(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// A text as one word of a shell's command.
fn shell_word(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-:@=+,".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// What a stranger is told about a server that has just started.
struct Welcome<'a> {
    location: &'a Location,
    flags: String,
    /// People of the demonstration, and the password that lets them in.
    login: Option<(Vec<String>, Zeroizing<String>)>,
    is_empty: bool,
    mails: Fate,
}

impl Welcome<'_> {
    /// What runs and what to do next. `bound`: the settings with the port that is listened on.
    fn text(&self, bound: &Config) -> String {
        let Welcome { location, flags, .. } = self;
        let url = bound.site();
        let state = match (&self.login, self.is_empty) {
            (Some(_), _) => ", a small invented registry",
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
            None => text.push_str(&format!("  fill      peerage import FOLDER{flags}     (shows at once)\n")),
        }
        match (&self.mails, bound.demo) {
            (Fate::Sent, _) => {}
            (_, true) => text.push_str("  mails     appear here and are not sent\n"),
            (Fate::Kept(folder), false) => {
                text.push_str(&format!("  mails     are kept in {} and not sent (see --mail)\n", folder.display()));
            }
            (Fate::Lost, false) => text.push_str("  mails     are neither sent nor kept (see --mail)\n"),
        }
        text.push_str(&format!("  check     peerage doctor{flags}\n  stop      Ctrl-C\n\n"));
        text
    }
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
