//! What an operator may set: by flag, by environment, in one TOML file, in this order of precedence.
//!
//! Each setting is one entry below. Its key in the file is the name of the field; the flag, the environment variable, the
//! lines of `--help` and `--print-config` and the row in docs/settings.md follow from the entry (see [`table`]).

pub mod flags;
mod print;
#[cfg(test)]
mod reference;
mod resolve;
mod table;
pub mod variables;

pub use print::masked;
pub use resolve::in_data_directory;
pub use table::Setting;

use std::net::SocketAddr;
use std::sync::LazyLock;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use table::{Entry, Value, settings};

/// The server's own defaults.
const LIMITS: peerage_server::Limits = peerage_server::Limits::DEFAULT;

settings! {
    /// All settings, with the defaults for what nobody set.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Config {
        /// Address and port to listen on.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8300)), "ADDRESS:PORT";
        /// Where the registry is kept: the path of an SQLite file, which is made if it is missing, or
        /// `postgres://user:password@host/name`.
        database: String = String::new(), "PATH|URL", common, unset("peerage/registry.db in your data directory");
        /// Address under which clients reach the server, such as <https://registry.example>; stands in answers that
        /// link.
        public_url: String = String::new(), "URL", unset("taken from each request");
        /// Path under which the files for sync clients lie (`net-0.json` …); `/` puts them at the root.
        dump_path: String = peerage_server::DUMP_PATH.to_owned(), "PATH";
        /// Networks of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, with commas between
        /// them.
        trusted_proxies: Vec<IpNet> = Vec::new(), "CIDR", unset("none");
        /// Mail address for people who need help; stands in messages.
        support_email: String = peerage_server::SUPPORT_EMAIL.to_owned(), "ADDRESS";
        /// Bytes for whole answers that are kept, until the registry changes, to be given again; 0 keeps none.
        answer_cache_bytes: u64 = peerage_server::ANSWER_CACHE_BYTES, "BYTES", rare;
        /// File with the secret under which API keys are stored; it is made if it is missing. All nodes of one registry
        /// need the same.
        server_key_file: String = String::new(), "FILE", common, rare,
            unset("the database's path with `.key` after it, or peerage/server.key in your data directory");
        /// Id of the organization that receives suggested networks and facilities.
        suggestion_org: u32 = peerage_access::people::SUGGESTION_ORG, "ID", rare;
        /// Whether strangers may make accounts; if not, people come by invitation alone.
        registration: bool = true, "true|false", rare;
        /// Whether a facility may say that it has no power (`available_voltage_services: ["No Power"]`). Sync clients
        /// up to peeringdb-py 2.5 cannot read such a facility and stop.
        allow_no_power: bool = false, "true|false", rare, switch;
        /// File of breached passwords, none of which is taken: SHA-1 hashes, one a line as `HASH:count`, sorted. A few
        /// hundred common ones are refused without it.
        breached_passwords: String = String::new(), "FILE", rare, unset("none");
    }
    with {
        log: Log,
        factors: Factors,
        limits: Limits,
        strangers: Strangers,
        mail: Mail,
        /// Whether the registry is the demonstration.
        #[serde(skip)]
        demo: bool,
    }
}

settings! {
    /// How the program logs.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Log in log, flags "log_", heading "Log" {
        /// Form of log lines on standard error: text, or one JSON object a line.
        format: LogFormat = LogFormat::Text, "FORMAT", common;
        /// What is logged: error, warn, info, debug or trace, also by module (`info,peerage_store=debug`).
        level: String = "info".to_owned(), "LEVEL", common;
    }
}

settings! {
    /// What everyone who signs in has to have.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Factors in factors, flags "", heading "Sign-in requirements" {
        /// Who has to have a second factor: everyone with a confirmed address, or only writers, who may change data or
        /// see what is not for everybody.
        second_factor: SecondFactor = SecondFactor::Everyone, "everyone|writers", rare;
        /// Whether people log in with a passkey, and no password lets anybody in.
        require_passkey: bool = false, "true|false", rare, switch;
        /// Whether codes of an app do not count as a second factor.
        refuse_totp: bool = false, "true|false", rare, switch;
        /// Whether a passkey needs another factor beside it.
        factor_with_passkey: bool = false, "true|false", rare, switch;
    }
}

settings! {
    /// Which external services are used.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Strangers in strangers, flags "", heading "External services" {
        /// Where the registration of AS numbers and prefixes is looked up (RDAP): by IANA's directory, at one address
        /// such as <http://rdap.example/>, or not at all, for registries that give out numbers themselves.
        rdap: String = "iana".to_owned(), "iana|off|URL";
        /// Milliseconds for one such look-up.
        rdap_timeout_ms: u64 = 10_000, "MS", rare;
        /// Whether a new exchange is approved at once when its prefix is registered to who asks and its member list has
        /// three members.
        approve_exchanges: bool = true, "true|false", rare;
        /// Whether addresses that users give may lead into private networks.
        allow_private: bool = false, "true|false", rare;
    }
}

settings! {
    /// How mails leave.
    #[derive(Clone, PartialEq, Eq)]
    pub struct Mail in mail, flags "mail_", heading "Mail" {
        /// How mails leave: `smtp://user:password@host`, `smtps://…`, `smtp+starttls://…`, or `file:FOLDER`. `log`
        /// sends nothing: it keeps the latest 100 in a folder beside the database.
        #[serde(alias = "way")]
        mail: String = "log".to_owned(), "WAY";
        /// Sender of mails.
        from: String = "peerage@localhost".to_owned(), "ADDRESS";
        /// Name of the sender.
        name: String = "Peerage".to_owned(), "NAME", rare;
        /// Certificates (PEM) that are trusted beside the system's when mails leave.
        ca_file: String = String::new(), "FILE", rare, unset("none");
    }
}

settings! {
    /// Limits on what clients may send.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Limits in limits, flags "", heading "Limits on what clients may send" {
        /// Requests a second from one client in the long run: one IPv4 address, or one /64 of IPv6; 0 means no limit.
        #[serde(alias = "requests_per_second_per_address")]
        requests_per_second: u32 = LIMITS.requests_per_second, "N", rare;
        /// Requests from one client at once, after a pause.
        #[serde(alias = "burst_per_address")]
        requests_burst: u32 = LIMITS.requests_burst, "N", rare;
        /// Changes a minute by one key or person; 0 means no limit.
        writes_per_minute: u32 = LIMITS.writes_per_minute, "N", rare;
        /// Changes a minute by all keys of one organization; 0 means no limit.
        writes_per_minute_per_org: u32 = LIMITS.writes_per_minute_per_org, "N", rare;
        /// Answers of 401 and 403 to one credential within a minute, after which it is refused for the rest of the
        /// minute; the same for the wrong credentials of one client. 0 means no limit.
        refusals_per_minute: u32 = LIMITS.refusals_per_minute, "N", rare;
        /// Passwords that may be tried a minute for one account, and from one client; 0 means no limit.
        passwords_per_minute: u32 = LIMITS.passwords_per_minute, "N", rare;
        /// Pages of accounts that one client may ask for a minute without being logged in; 0 means no limit.
        pages_per_minute: u32 = LIMITS.pages_per_minute, "N", rare;
        /// Mails that one client may ask for a minute without being logged in; 0 means no limit.
        mails_per_minute: u32 = LIMITS.mails_per_minute, "N", rare;
        /// Bytes of all headers of a request.
        header_bytes: usize = LIMITS.header_bytes_max, "BYTES", rare;
        /// Bytes of a query string.
        query_bytes: usize = LIMITS.query_bytes_max, "BYTES", rare;
        /// Parameters of a query string.
        query_params: usize = LIMITS.query_params_max, "N", rare;
        /// Bytes of a request body.
        body_bytes: usize = LIMITS.body_bytes_max, "BYTES", rare;
        /// Milliseconds for the headers of a request to come; an idle connection is closed after the same time.
        header_timeout_ms: u64 = LIMITS.header_timeout.as_millis() as u64, "MS", rare;
        /// Milliseconds for the whole body of a request to come.
        body_timeout_ms: u64 = LIMITS.body_timeout.as_millis() as u64, "MS", rare;
        /// Bytes of a request body that have to come each second, after five seconds of grace; 0 means no limit.
        body_bytes_per_second: u32 = LIMITS.body_rate_min, "BYTES", rare;
        /// Milliseconds for which a client may leave sent bytes unread.
        write_timeout_ms: u64 = LIMITS.write_timeout.as_millis() as u64, "MS", rare;
        /// Milliseconds for running requests to end when the server stops.
        shutdown_timeout_ms: u64 = LIMITS.shutdown_timeout.as_millis() as u64, "MS", rare;
        /// Connections at one time.
        connections: usize = LIMITS.connections_max, "N", rare;
        /// Connections of one client at one time, of which trusted proxies are none; 0 means no limit.
        connections_per_client: usize = LIMITS.connections_per_client, "N", rare;
        /// Connections beyond these limits that are kept for /healthz, /readyz and /metrics.
        connections_reserved: usize = LIMITS.connections_reserved, "N", rare;
    }
}

/// Who has to have a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactor {
    /// Whoever can set one up.
    Everyone,
    /// Whoever may change data, or sees what is not for everybody.
    Writers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Mail {
    /// Whether mails leave, and are not only logged.
    pub fn is_sent(&self) -> bool {
        self.mail != "log"
    }
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address of the mail server may hold a password.
        write!(f, "Mail(from {})", self.from)
    }
}

/// All settings, in the order of `--help`.
pub fn all() -> &'static [Setting] {
    static ALL: LazyLock<Vec<Setting>> = LazyLock::new(|| {
        let sections =
            [Config::ENTRIES, Log::ENTRIES, Factors::ENTRIES, Strangers::ENTRIES, Mail::ENTRIES, Limits::ENTRIES];
        sections.into_iter().flatten().map(Setting::new).collect()
    });
    &ALL
}
