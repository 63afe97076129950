//! What an operator may set: by flag, by environment, in one TOML file, in this order of precedence.
//!
//! The file's keys are the fields of [`Config`]; flags and variables are those of [`flags`], which also hold the
//! one description of each setting that `--help` and `--print-config` show.

// Its docs are the texts of `--help`, where brackets hold defaults.
#[allow(rustdoc::broken_intra_doc_links)]
pub mod flags;
mod print;
mod resolve;
pub mod variables;

pub use print::masked;
pub use resolve::in_data_directory;

use std::net::SocketAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// All settings, with the defaults for what nobody set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub listen: SocketAddr,
    /// A path or a `postgres://` address; empty means the file in the user's data directory.
    pub database: String,
    pub public_url: String,
    pub dump_path: String,
    pub trusted_proxies: Vec<IpNet>,
    pub support_email: String,
    pub answer_cache_bytes: u64,
    /// File with the server's own secret; empty means beside the database.
    pub server_key_file: String,
    /// The organization that receives suggestions.
    pub suggestion_org: u32,
    pub registration: bool,
    /// Whether a facility may say that it has no power.
    pub allow_no_power: bool,
    /// Sorted hashes of passwords that are refused; empty: only those that are built in.
    pub breached_passwords: String,
    pub log: Log,
    pub factors: Factors,
    pub limits: Limits,
    pub strangers: Strangers,
    pub mail: Mail,
    /// Whether the registry is the demonstration.
    #[serde(skip)]
    pub demo: bool,
}

/// What is demanded of everybody who logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Factors {
    pub second_factor: SecondFactor,
    pub require_passkey: bool,
    pub refuse_totp: bool,
    pub factor_with_passkey: bool,
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

/// Who is asked outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Strangers {
    /// `iana`, `off`, or the base address of one RDAP service.
    pub rdap: String,
    pub rdap_timeout_ms: u64,
    /// Whether new exchanges are approved by registration and member list.
    pub approve_exchanges: bool,
    /// Whether addresses that users give may lead into private networks.
    pub allow_private: bool,
}

/// How mails leave.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// `log`, `file:<folder>`, `smtp://…`, `smtps://…` or `smtp+starttls://…`.
    #[serde(alias = "way")]
    pub mail: String,
    pub from: String,
    pub name: String,
    /// Certificates to trust beside the system's; empty: none.
    pub ca_file: String,
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// Bounds on what strangers may send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    #[serde(alias = "requests_per_second_per_address")]
    pub requests_per_second: u32,
    #[serde(alias = "burst_per_address")]
    pub requests_burst: u32,
    pub writes_per_minute: u32,
    pub writes_per_minute_per_org: u32,
    pub refusals_per_minute: u32,
    pub passwords_per_minute: u32,
    pub pages_per_minute: u32,
    pub mails_per_minute: u32,
    pub header_bytes: usize,
    pub query_bytes: usize,
    pub query_params: usize,
    pub body_bytes: usize,
    pub header_timeout_ms: u64,
    pub body_timeout_ms: u64,
    pub body_bytes_per_second: u32,
    pub write_timeout_ms: u64,
    pub shutdown_timeout_ms: u64,
    pub connections: usize,
    pub connections_per_client: usize,
    pub connections_reserved: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8300)),
            database: String::new(),
            public_url: String::new(),
            dump_path: "/dumps".to_owned(),
            trusted_proxies: Vec::new(),
            support_email: "support@localhost".to_owned(),
            answer_cache_bytes: 8 * 1024 * 1024,
            server_key_file: String::new(),
            suggestion_org: 20_525,
            registration: true,
            allow_no_power: false,
            breached_passwords: String::new(),
            log: Log::default(),
            factors: Factors::default(),
            limits: Limits::default(),
            strangers: Strangers::default(),
            mail: Mail::default(),
            demo: false,
        }
    }
}

impl Default for Factors {
    fn default() -> Factors {
        Factors {
            second_factor: SecondFactor::Everyone,
            require_passkey: false,
            refuse_totp: false,
            factor_with_passkey: false,
        }
    }
}

impl Default for Strangers {
    fn default() -> Strangers {
        Strangers { rdap: "iana".to_owned(), rdap_timeout_ms: 10_000, approve_exchanges: true, allow_private: false }
    }
}

impl Default for Mail {
    fn default() -> Mail {
        Mail {
            mail: "log".to_owned(),
            from: "peerage@localhost".to_owned(),
            name: "Peerage".to_owned(),
            ca_file: String::new(),
        }
    }
}

impl Default for Log {
    fn default() -> Log {
        Log { format: LogFormat::Text, level: "info".to_owned() }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            requests_per_second: 1_000,
            requests_burst: 10_000,
            writes_per_minute: 100,
            writes_per_minute_per_org: 1_000,
            refusals_per_minute: 10,
            passwords_per_minute: 10,
            pages_per_minute: 120,
            mails_per_minute: 2,
            header_bytes: 32 * 1024,
            query_bytes: 32 * 1024,
            query_params: 100,
            body_bytes: 2 * 1024 * 1024,
            header_timeout_ms: 30_000,
            body_timeout_ms: 30_000,
            body_bytes_per_second: 100,
            write_timeout_ms: 60_000,
            shutdown_timeout_ms: 20_000,
            connections: 10_000,
            connections_per_client: 1_000,
            connections_reserved: 64,
        }
    }
}
