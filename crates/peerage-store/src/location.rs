//! Where a registry is stored.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// Default of [`StoreLocation::deadline`].
pub const DEADLINE: Duration = Duration::from_secs(2);

/// A file or a server. Neither `Debug` nor `Display` nor any error shows a password.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreLocation {
    pub(crate) place: LocationKind,
    deadline: Duration,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum LocationKind {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL server.
    Server(Box<ServerAddress>),
}

/// Address of a server.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServerAddress {
    pub config: Config,
    /// Certificates to trust instead of the system's, in PEM.
    pub roots: Option<PathBuf>,
}

/// Why a location cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    #[error("the database is empty; expected the path of a file, or postgres://user@host/name")]
    Empty,
    /// Contains the scheme only: the rest may include a password.
    #[error(
        "{0}: is not supported; expected the path of a SQLite file, such as /srv/peerage/registry.db, or \
         postgres://user@host/name"
    )]
    Scheme(String),
    #[error(
        "the address of the PostgreSQL server cannot be read; expected postgres://user:password@host:port/name with \
         special letters percent-encoded, and options that PostgreSQL's own programs know"
    )]
    Unreadable,
    #[error("sslmode has an unknown value; expected disable, prefer, require, verify-ca or verify-full")]
    SslMode,
}

impl StoreLocation {
    /// A SQLite file.
    pub fn file(path: impl Into<PathBuf>) -> StoreLocation {
        StoreLocation { place: LocationKind::File(path.into()), deadline: DEADLINE }
    }

    /// The same location with another deadline.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> StoreLocation {
        StoreLocation { deadline, ..self }
    }

    /// How long a change, a connection attempt or a short query may wait for the database.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// The path of the file, or `None` for a server.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            LocationKind::File(path) => Some(path),
            LocationKind::Server(_) => None,
        }
    }
}

impl FromStr for StoreLocation {
    type Err = LocationError;

    /// Parses `postgres://…`, `postgresql://…` or the path of a file.
    ///
    /// `sslmode=prefer`, the default, uses encryption if the server offers it and trusts any certificate: like
    /// PostgreSQL's own programs, it protects against eavesdropping only. `require`, `verify-ca` and `verify-full` all
    /// mean the same: the server's certificate must be trusted and must match its name. `sslrootcert=<file>` sets the
    /// trusted authorities; without it they are the system's.
    ///
    /// ```
    /// use peerage_store::StoreLocation;
    ///
    /// let file: StoreLocation = "/srv/peerage/registry.db".parse()?;
    /// assert!(file.path().is_some());
    ///
    /// let server: StoreLocation = "postgres://peerage:secret@db.example.net/registry".parse()?;
    /// assert!(server.path().is_none());
    /// assert!(!server.to_string().contains("secret"));
    ///
    /// assert!("mysql://db.example.net/registry".parse::<StoreLocation>().is_err());
    /// # Ok::<(), peerage_store::LocationError>(())
    /// ```
    fn from_str(text: &str) -> Result<StoreLocation, LocationError> {
        if text.is_empty() {
            return Err(LocationError::Empty);
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return match foreign_scheme(text) {
                Some(scheme) => Err(LocationError::Scheme(scheme.to_owned())),
                None => Ok(StoreLocation::file(text)),
            };
        }
        // A question mark before the host is part of the password.
        let host = text.find('@').unwrap_or(0);
        let (address, options) = match text[host..].find('?') {
            Some(at) => (&text[..host + at], &text[host + at + 1..]),
            None => (text, ""),
        };
        let mut kept = Vec::new();
        let mut ssl_mode = None;
        let mut roots = None;
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("sslmode", mode)) => {
                    ssl_mode = Some(match mode {
                        "disable" => SslMode::Disable,
                        "prefer" | "allow" => SslMode::Prefer,
                        "require" | "verify-ca" | "verify-full" => SslMode::Require,
                        _ => return Err(LocationError::SslMode),
                    });
                }
                Some(("sslrootcert", "system")) => {}
                Some(("sslrootcert", path)) => {
                    roots = Some(PathBuf::from(percent_decode_str(path).decode_utf8_lossy().as_ref()));
                }
                _ => kept.push(option),
            }
        }
        let mut config = Config::from_str(&format!("{address}?{}", kept.join("&")))
            // The parser's message can quote a part of a malformed password.
            .map_err(|_| LocationError::Unreadable)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("127.0.0.1");
        }
        if let Some(mode) = ssl_mode {
            config.ssl_mode(mode);
        }
        complete(&mut config);
        let place = LocationKind::Server(Box::new(ServerAddress { config, roots }));
        Ok(StoreLocation { place, deadline: DEADLINE })
    }
}

/// Schemes of other programs' database addresses. Without `//`, any other word can be the start of a file name.
const DATABASE_SCHEMES: [&str; 10] =
    ["postgres", "postgresql", "postgre", "pg", "mysql", "mariadb", "sqlite", "sqlite3", "file", "jdbc"];

/// The scheme of a text, if it is an address rather than the path of a file.
fn foreign_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let mut letters = scheme.bytes();
    let is_scheme = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'+' | b'-' | b'.'));
    let is_known = DATABASE_SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    (is_scheme && (rest.starts_with("//") || is_known)).then_some(scheme)
}

/// Sets the timeouts that keep a dead server from blocking us, unless the address sets them.
fn complete(config: &mut Config) {
    if config.get_application_name().is_none() {
        config.application_name("peerage");
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(10));
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_idle(config.get_keepalives_idle().min(Duration::from_secs(5)));
        config.keepalives_interval(Duration::from_secs(2));
        config.keepalives_retries(3);
    }
    // If the address lists several hosts, use the primary.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
}

impl ServerAddress {
    /// The address of each host by itself, so that a host that accepts connections but does not answer does not keep us
    /// from trying the next.
    pub fn hosts(&self) -> Vec<Config> {
        let config = &self.config;
        let count = config.get_hosts().len().max(config.get_hostaddrs().len());
        (0..count).map(|at| only_host(config, at)).collect()
    }
}

/// Copies an address with one of its hosts.
fn only_host(all: &Config, at: usize) -> Config {
    let mut one = Config::new();
    if let Some(user) = all.get_user() {
        one.user(user);
    }
    if let Some(password) = all.get_password() {
        one.password(password);
    }
    if let Some(name) = all.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = all.get_options() {
        one.options(options);
    }
    if let Some(name) = all.get_application_name() {
        one.application_name(name);
    }
    match all.get_hosts().get(at) {
        Some(Host::Tcp(name)) => drop(one.host(name)),
        #[cfg(unix)]
        Some(Host::Unix(path)) => drop(one.host_path(path)),
        None => {}
    }
    if let Some(address) = all.get_hostaddrs().get(at) {
        one.hostaddr(*address);
    }
    let ports = all.get_ports();
    if let Some(port) = ports.get(at).or(ports.first()) {
        one.port(*port);
    }
    if let Some(limit) = all.get_connect_timeout() {
        one.connect_timeout(*limit);
    }
    if let Some(limit) = all.get_tcp_user_timeout() {
        one.tcp_user_timeout(*limit);
    }
    one.keepalives(all.get_keepalives()).keepalives_idle(all.get_keepalives_idle());
    if let Some(interval) = all.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = all.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.ssl_mode(all.get_ssl_mode())
        .ssl_negotiation(all.get_ssl_negotiation())
        .channel_binding(all.get_channel_binding())
        .target_session_attrs(all.get_target_session_attrs());
    one
}

impl std::fmt::Display for StoreLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let server = match &self.place {
            LocationKind::File(path) => return path.display().fmt(f),
            LocationKind::Server(server) => &server.config,
        };
        f.write_str("postgres://")?;
        if let Some(user) = server.get_user() {
            write!(f, "{user}@")?;
        }
        let ports = server.get_ports();
        for (at, host) in server.get_hosts().iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            match host {
                Host::Tcp(name) => f.write_str(name)?,
                #[cfg(unix)]
                Host::Unix(path) => path.display().fmt(f)?,
            }
            if let Some(port) = ports.get(at).or(ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", server.get_dbname().unwrap_or_default())
    }
}

impl std::fmt::Debug for StoreLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Location({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn display_text(text: &str) -> String {
        let location: StoreLocation = text.parse().expect("a location");
        assert!(!format!("{location:?} {location:#?}").contains("secret"));
        location.to_string()
    }

    #[test]
    fn a_password_is_never_shown() {
        let text = "postgres://registry:secret@db.example.net:6543/peerage?sslmode=require&connect_timeout=3";
        assert_eq!(display_text(text), "postgres://registry@db.example.net:6543/peerage");
        assert_eq!(
            display_text("postgresql:///peerage?host=/run/postgresql&user=a"),
            "postgres://a@/run/postgresql/peerage"
        );
        assert_eq!(display_text("postgres://u:secret?sslmode=x@h/d?sslmode=disable"), "postgres://u@h:5432/d");
        assert_eq!(display_text("postgres://a,b:5433/c"), "postgres://a:5432,b:5433/c");
        for wrong in ["postgres://u:secret@h:port/d", "postgres://u:secret@h/d?secret", "postgres://u:p@h/d?secret=1"] {
            let error = wrong.parse::<StoreLocation>().expect_err("no location");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }

    #[test]
    fn every_host_of_an_address_has_an_address_of_its_own() {
        let text = "postgres://u:secret@a:5433,b,[2001:db8::1]:5435/d?application_name=x&sslmode=require";
        let Ok(StoreLocation { place: LocationKind::Server(server), .. }) = text.parse() else {
            panic!("{text} is a server");
        };
        let hosts = server.hosts();
        let found: Vec<_> = hosts.iter().map(|host| (host.get_hosts().to_vec(), host.get_ports().to_vec())).collect();
        let named = |name: &str, port| (vec![Host::Tcp(name.to_owned())], vec![port]);
        assert_eq!(found, [named("a", 5433), named("b", 5432), named("2001:db8::1", 5435)]);
        for host in hosts {
            assert_eq!((host.get_user(), host.get_password()), (Some("u"), Some(b"secret".as_slice())));
            assert_eq!((host.get_dbname(), host.get_application_name()), (Some("d"), Some("x")));
            assert_eq!(host.get_ssl_mode(), SslMode::Require);
            assert_eq!(host.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        }
    }

    #[test]
    fn tls_is_asked_for_by_the_words_that_other_programs_know() {
        let server = |text: &str| match text.parse::<StoreLocation>().map(|location| location.place) {
            Ok(LocationKind::Server(server)) => Ok(*server),
            Ok(LocationKind::File(_)) => panic!("{text} is a server"),
            Err(error) => Err(error),
        };
        let strict = server("postgres://h/d?sslmode=verify-full&sslrootcert=/etc/my%20ca.pem").expect("a server");
        assert_eq!(strict.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(strict.roots.as_deref(), Some(Path::new("/etc/my ca.pem")));
        assert_eq!(server("postgres://h/d").expect("a server").config.get_ssl_mode(), SslMode::Prefer);
        assert_eq!(server("postgres://h/d?sslmode=maybe").err(), Some(LocationError::SslMode));
    }

    #[test]
    fn i12_10_an_address_of_another_kind_is_no_file() {
        for (text, scheme) in [
            ("mysql://root:secret@host/db", "mysql"),
            ("postgre://u:secret@h/d", "postgre"),
            ("Postgres://u:secret@h/d", "Postgres"),
            ("postgres:u:secret@h/d", "postgres"),
            ("sqlite:registry.db", "sqlite"),
            ("sqlite:///srv/registry.db", "sqlite"),
            ("file:registry.db", "file"),
            ("jdbc:postgresql://h/d?password=secret", "jdbc"),
            ("x+y://h", "x+y"),
        ] {
            let error = text.parse::<StoreLocation>().expect_err(text);
            assert_eq!(error, LocationError::Scheme(scheme.to_owned()));
            assert!(error.to_string().contains("postgres://user@host/name"), "{error}");
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
        for path in ["my:registry.db", "./mysql:registry.db", "a/b://c", "C:/registry.db", "1://x"] {
            assert_eq!(display_text(path), path);
        }
    }

    #[test]
    fn anything_else_is_a_file() {
        assert_eq!(display_text("data/registry.db"), "data/registry.db");
        assert_eq!("".parse::<StoreLocation>(), Err(LocationError::Empty));
    }
}
