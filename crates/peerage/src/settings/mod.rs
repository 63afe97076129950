//! The operator's settings: from flags, the environment, or one TOML file, in this order of precedence.
//!
//! Each setting is one entry below. Its key in the file is the name of the field; the flag, the environment variable,
//! the lines of `--help` and `--print-config` and the row in docs/settings.md follow from the entry (see [`table`]).

pub mod flags;
mod print;
#[cfg(test)]
mod reference;
mod resolve;
#[cfg(test)]
mod sample;
mod table;
pub mod variables;

pub use print::masked;
pub use resolve::in_data_directory;
pub use table::NamedSetting;

use peerage_registry::ids::OrgId;
use peerage_server::ImportSchedule;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use table::{SettingEntry, SettingValue, settings};

/// The server's own defaults.
const LIMITS: peerage_server::EdgeLimits = peerage_server::EdgeLimits::DEFAULT;

settings! {
    /// All settings, with defaults for those that were not given.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Config {
        /// Address and port to listen on.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8300)), "ADDRESS:PORT";
        /// Address and port of a separate listener for `/healthz`, `/readyz` and `/metrics`. It needs no credentials, so only
        /// let your monitoring reach it. `/metrics` is then only there.
        admin_listen: String = String::new(), "ADDRESS:PORT", rare, unset("none");
        /// Database: the path of an SQLite file, which is created if it does not exist, or
        /// `postgres://user:password@host/name`.
        database: String = String::new(), "PATH|URL", common, unset("peerage/registry.db in your data directory");
        /// How long a change, a connection attempt or a short query waits for the database, in milliseconds. Changes that
        /// take longer are answered 503.
        database_timeout_ms: u64 = peerage_store::DEADLINE.as_millis() as u64, "MS", common, rare;
        /// Check of an SQLite file at the start: wait for it (registries with up to 10,000 events; larger ones are checked
        /// while the server answers), always in the background, or off. A damaged file is not served.
        check_at_start: StartCheck = StartCheck::Wait, "wait|background|off", common, rare;
        /// How long the database may be silent, in milliseconds, before keys and sessions are refused, because they may
        /// have been revoked meanwhile.
        stale_after_ms: u64 = peerage_engine::readiness::SILENCE_MAX.as_millis() as u64, "MS", rare;
        /// Public URL of the server, such as <https://registry.example>. It is used for links.
        public_url: String = String::new(), "URL", unset("taken from each request");
        /// Path of the dump files for sync clients (`net-0.json` …). `/` puts them at the root.
        dump_path: String = peerage_server::DUMP_PATH.to_owned(), "PATH";
        /// Networks of trusted proxies, separated by commas. Their `X-Forwarded-For` and `X-Forwarded-Proto` are used.
        trusted_proxies: Vec<IpNet> = Vec::new(), "CIDR", unset("none");
        /// Name of the registry, shown on its pages.
        registry_name: String = peerage_server::REGISTRY_NAME.to_owned(), "NAME";
        /// Folder with the operator's own pages as Markdown files: about.md, terms.md, privacy.md, imprint.md. Those that
        /// exist are linked at the foot of every page.
        pages_folder: String = String::new(), "FOLDER", rare, unset("none");
        /// Support e-mail address, shown in messages.
        support_email: String = peerage_server::SUPPORT_EMAIL.to_owned(), "ADDRESS";
        /// Size of each cache, in bytes: for complete answers of the API of up to 64 KiB, for longer ones of up to 1 MiB, and
        /// for pages of objects. All are cached until the registry changes. 0 turns the caches off.
        answer_cache_bytes: u64 = peerage_server::ANSWER_CACHE_BYTES, "BYTES", rare;
        /// Server key file. It is created if it does not exist. All nodes of a registry need the same key.
        server_key_file: String = String::new(), "FILE", common, rare,
            unset("the database's path with `.key` after it, or peerage/server.key in your data directory");
        /// ID of the organization that owns suggested networks and facilities.
        suggestion_org: OrgId = peerage_access::people::SUGGESTION_ORG, "ID", rare;
        /// Whether anyone can register. If not, people need an invitation.
        registration: bool = true, "true|false", rare;
        /// Whether a facility can have no power (`available_voltage_services: ["No Power"]`). Sync clients up to
        /// peeringdb-py 2.5 cannot read such a facility and stop.
        allow_no_power: bool = false, "true|false", rare, switch;
        /// File of breached passwords that are refused: SHA-1 hashes, one per line as `HASH:count`, sorted. Without it,
        /// only a few hundred common passwords are refused.
        breached_passwords: String = String::new(), "FILE", rare, unset("none");
    }
    with {
        log: LogConfig,
        hsts: HstsConfig,
        factors: FactorConfig,
        limits: LimitsConfig,
        strangers: ExternalConfig,
        mail: MailConfig,
        /// Whether the registry is the demo.
        #[serde(skip)]
        demo: bool,
    }
}

settings! {
    /// How the program logs.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LogConfig in log, flags "log_", heading "Log" {
        /// Log format on standard error: text, or JSON with one object per line.
        format: LogFormat = LogFormat::Text, "FORMAT", common;
        /// Log level: error, warn, info, debug or trace, also for single modules (`info,peerage_store=debug`).
        level: String = "info".to_owned(), "LEVEL", common;
    }
}

settings! {
    /// HTTP Strict Transport Security (HSTS): browsers that have seen an answer over HTTPS use nothing else for this host.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct HstsConfig in hsts, flags "hsts_", heading "HTTPS only" {
        /// How long browsers use HTTPS only, in seconds, counted from the last answer over HTTPS. 0: the header
        /// `Strict-Transport-Security` is not sent.
        max_age: u64 = 63_072_000, "SECONDS", rare;
        /// Whether this also applies to all hosts below the name of this one.
        subdomains: bool = true, "true|false", rare;
        /// Whether the host may be added to the lists in browsers. It can hardly be removed again. Needs subdomains, and a
        /// `max_age` of at least a year.
        preload: bool = false, "true|false", rare, switch;
    }
}

settings! {
    /// Requirements for everyone who signs in.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct FactorConfig in factors, flags "", heading "Sign-in requirements" {
        /// Who needs a second factor: everyone with a confirmed address, or only writers, who can change data or see
        /// data that is not public.
        second_factor: SecondFactor = SecondFactor::Everyone, "everyone|writers", rare;
        /// Whether people must log in with a passkey. Passwords are then not accepted.
        require_passkey: bool = false, "true|false", rare, switch;
        /// Whether codes from authenticator apps are refused as a second factor.
        refuse_totp: bool = false, "true|false", rare, switch;
        /// Whether another factor is required in addition to a passkey.
        factor_with_passkey: bool = false, "true|false", rare, switch;
    }
}

settings! {
    /// External services.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ExternalConfig in strangers, flags "", heading "External services" {
        /// RDAP service for AS numbers and prefixes: IANA's directory, one address such as <http://rdap.example/>, or
        /// off, for registries that assign numbers themselves.
        rdap: String = "iana".to_owned(), "iana|off|URL";
        /// Timeout of an RDAP lookup in milliseconds.
        rdap_timeout_ms: u64 = 10_000, "MS", rare;
        /// Whether a new exchange is approved automatically if its prefix is registered to the caller and its member
        /// list has three members.
        approve_exchanges: bool = true, "true|false", rare;
        /// Which member lists of exchanges are imported: none (for mirrors, whose rows come from elsewhere), those that an
        /// exchange requests, or also all that exchanges let be imported, once a day.
        member_lists: ListImports = ListImports::Requested, "off|requested|daily";
        /// Time between the request for an import and its start in milliseconds, and between two imports of one exchange.
        member_lists_delay_ms: u64 = 60_000, "MS", rare;
        /// Whether addresses that users enter may point to private networks.
        allow_private: bool = false, "true|false", rare;
    }
}

settings! {
    /// How e-mails are sent.
    #[derive(Clone, PartialEq, Eq)]
    pub struct MailConfig in mail, flags "mail_", heading "Mail" {
        /// How e-mails are sent: `smtp://user:password@host`, `smtps://…`, `smtp+starttls://…`, or `file:FOLDER`. `log`
        /// sends nothing and stores the latest 100 in a folder next to the database.
        #[serde(alias = "way")]
        mail: String = "log".to_owned(), "WAY";
        /// Sender address of e-mails.
        from: String = "peerage@localhost".to_owned(), "ADDRESS";
        /// Sender name of e-mails.
        name: String = "Peerage".to_owned(), "NAME", rare;
        /// Certificates (PEM) to trust in addition to the system's when e-mails are sent.
        ca_file: String = String::new(), "FILE", rare, unset("none");
    }
}

settings! {
    /// Limits on what clients may send.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LimitsConfig in limits, flags "", heading "Limits on what clients may send" {
        /// Requests per second from one client in the long run: one IPv4 address, or one /64 of IPv6. 0 means no limit.
        #[serde(alias = "requests_per_second_per_address")]
        requests_per_second: u32 = LIMITS.requests_per_second, "N", rare;
        /// Requests from one client at once, after a pause.
        #[serde(alias = "burst_per_address")]
        requests_burst: u32 = LIMITS.requests_burst, "N", rare;
        /// Changes per minute by one key or person. 0 means no limit.
        writes_per_minute: u32 = LIMITS.writes_per_minute, "N", rare;
        /// Changes per minute by all keys of one organization. 0 means no limit.
        writes_per_minute_per_org: u32 = LIMITS.writes_per_minute_per_org, "N", rare;
        /// Answers of 401 and 403 to one credential per minute. Beyond that, it is refused for the rest of the minute.
        /// The same limit applies to the wrong credentials of one client. 0 means no limit.
        refusals_per_minute: u32 = LIMITS.refusals_per_minute, "N", rare;
        /// Password attempts per minute for one account and from one client. 0 means no limit.
        passwords_per_minute: u32 = LIMITS.passwords_per_minute, "N", rare;
        /// Account pages per minute for one client without a session. 0 means no limit.
        pages_per_minute: u32 = LIMITS.pages_per_minute, "N", rare;
        /// E-mails that one client without a session can request per minute. 0 means no limit.
        mails_per_minute: u32 = LIMITS.mails_per_minute, "N", rare;
        /// Maximum size of all headers of a request in bytes.
        header_bytes: usize = LIMITS.header_bytes_max, "BYTES", rare;
        /// Maximum size of a query string in bytes.
        query_bytes: usize = LIMITS.query_bytes_max, "BYTES", rare;
        /// Maximum number of query parameters.
        query_params: usize = LIMITS.query_params_max, "N", rare;
        /// Maximum size of a request body in bytes.
        body_bytes: usize = LIMITS.body_bytes_max, "BYTES", rare;
        /// Timeout for the headers of a request in milliseconds. Idle connections are closed after the same time.
        header_timeout_ms: u64 = LIMITS.header_timeout.as_millis() as u64, "MS", rare;
        /// Timeout for the complete body of a request in milliseconds.
        body_timeout_ms: u64 = LIMITS.body_timeout.as_millis() as u64, "MS", rare;
        /// Minimum speed of a request body in bytes per second, after five seconds. 0 means no limit.
        body_bytes_per_second: u32 = LIMITS.body_rate_min, "BYTES", rare;
        /// Time in milliseconds for which a client can leave sent bytes unread.
        write_timeout_ms: u64 = LIMITS.write_timeout.as_millis() as u64, "MS", rare;
        /// Time in milliseconds for running requests to finish when the server stops.
        shutdown_timeout_ms: u64 = LIMITS.shutdown_timeout.as_millis() as u64, "MS", rare;
        /// Maximum number of connections.
        connections: usize = LIMITS.connections_max, "N", rare;
        /// Maximum number of connections of one client. Trusted proxies do not count as clients. 0 means no limit.
        connections_per_client: usize = LIMITS.connections_per_client, "N", rare;
        /// Additional connections reserved for /healthz, /readyz and /metrics.
        connections_reserved: usize = LIMITS.connections_reserved, "N", rare;
        /// Memory in bytes that long answers may use while they are sent, such as for compression. Above it, the slowest
        /// connection of the client that uses most is closed.
        long_answer_bytes: usize = LIMITS.long_answer_bytes_max, "BYTES", rare;
        /// Bytes of earlier states of the registry that may be kept for answers that are being sent. Above it, connections
        /// that read the earliest state are closed.
        earlier_state_bytes: usize = LIMITS.earlier_bytes_max, "BYTES", rare;
    }
}

/// Which member lists are imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ListImports {
    Off,
    Requested,
    Daily,
}

impl ExternalConfig {
    pub fn import_schedule(&self) -> ImportSchedule {
        let delay = Duration::from_millis(self.member_lists_delay_ms);
        match self.member_lists {
            ListImports::Off => ImportSchedule::Off,
            ListImports::Requested => ImportSchedule::Requested { delay },
            ListImports::Daily => ImportSchedule::Daily { delay },
        }
    }
}

/// When an SQLite file is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum StartCheck {
    /// Before the first answer, if that takes no longer than a few seconds.
    Wait,
    /// While the server answers.
    Background,
    Off,
}

/// Who needs a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactor {
    /// Everyone who can set one up.
    Everyone,
    /// People who can change data or see data that is not public.
    Writers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl MailConfig {
    /// Whether e-mails are sent instead of only logged.
    pub fn is_sent(&self) -> bool {
        self.mail != "log"
    }
}

impl std::fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address of the mail server may contain a password.
        write!(f, "Mail(from {})", self.from)
    }
}

/// Returns all settings, in the order of `--help`.
pub fn all() -> &'static [NamedSetting] {
    static ALL: LazyLock<Vec<NamedSetting>> = LazyLock::new(|| {
        let sections = [
            Config::ENTRIES,
            LogConfig::ENTRIES,
            HstsConfig::ENTRIES,
            FactorConfig::ENTRIES,
            ExternalConfig::ENTRIES,
            MailConfig::ENTRIES,
            LimitsConfig::ENTRIES,
        ];
        sections.into_iter().flatten().map(NamedSetting::new).collect()
    });
    &ALL
}
