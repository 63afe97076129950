//! Settings as flags and environment variables.
//!
//! The name of each field is that of its key in the file, with the section before it; so the descriptions here are also
//! those that stand in a printed configuration.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use ipnet::IpNet;

use crate::settings::{LogFormat, SecondFactor};

/// Settings that every command knows.
#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// Configuration file (TOML). `peerage serve --print-config` writes one.
    #[arg(long, env = "PEERAGE_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the registry is kept: the path of an SQLite file, which is made if it is missing, or
    /// `postgres://user:password@host/name`. [default: peerage/registry.db in your data directory]
    #[arg(long, env = "PEERAGE_DATABASE", hide_env_values = true, value_name = "PATH|URL")]
    pub database: Option<String>,
    /// File with the secret under which API keys are stored; it is made if it is missing. All nodes of one registry
    /// need the same. [default: the database's path with `.key` after it, or peerage/server.key in your data directory]
    #[arg(long, env = "PEERAGE_SERVER_KEY_FILE", hide_env_values = true, value_name = "FILE", hide_short_help = true)]
    pub server_key_file: Option<String>,
    /// Use the demonstration: invented data in a file of its own, peerage/demo.db in your data directory unless
    /// --database names another. `serve --demo` makes it.
    #[arg(long)]
    pub demo: bool,
    #[command(flatten)]
    pub log: LogFlags,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Log")]
pub struct LogFlags {
    /// Form of log lines on standard error: text, or one JSON object a line. [default: text]
    #[arg(
        long,
        env = "PEERAGE_LOG_FORMAT",
        hide_env_values = true,
        value_name = "FORMAT",
        hide_possible_values = true
    )]
    pub log_format: Option<LogFormat>,
    /// What is logged: error, warn, info, debug or trace, also by module (`info,peerage_store=debug`). [default: info]
    #[arg(long, env = "PEERAGE_LOG_LEVEL", hide_env_values = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

/// Settings of the server.
#[derive(Debug, Clone, Default, Args)]
pub struct Serving {
    /// Address and port to listen on. [default: 127.0.0.1:8300]
    #[arg(long, env = "PEERAGE_LISTEN", hide_env_values = true, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Address under which clients reach the server, such as <https://registry.example>; stands in answers that
    /// link. [default: taken from each request]
    #[arg(long, env = "PEERAGE_PUBLIC_URL", hide_env_values = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// Path under which the files for sync clients lie (`net-0.json` …); `/` puts them at the root. [default: /dumps]
    #[arg(long, env = "PEERAGE_DUMP_PATH", hide_env_values = true, value_name = "PATH")]
    pub dump_path: Option<String>,
    /// Networks of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, with commas between them.
    /// [default: none]
    #[arg(long, env = "PEERAGE_TRUSTED_PROXIES", hide_env_values = true, value_name = "CIDR", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<IpNet>>,
    /// Mail address for people who need help; stands in messages. [default: support@localhost]
    #[arg(long, env = "PEERAGE_SUPPORT_EMAIL", hide_env_values = true, value_name = "ADDRESS")]
    pub support_email: Option<String>,
    /// Bytes for whole answers that are kept, until the registry changes, to be given again; 0 keeps none.
    /// [default: 8388608]
    #[arg(
        long,
        env = "PEERAGE_ANSWER_CACHE_BYTES",
        hide_env_values = true,
        value_name = "BYTES",
        hide_short_help = true
    )]
    pub answer_cache_bytes: Option<u64>,
    /// Id of the organization that receives suggested networks and facilities. [default: 20525]
    #[arg(long, env = "PEERAGE_SUGGESTION_ORG", hide_env_values = true, value_name = "ID", hide_short_help = true)]
    pub suggestion_org: Option<u32>,
    /// Whether strangers may make accounts; if not, people come by invitation alone. [default: true]
    #[arg(
        long,
        env = "PEERAGE_REGISTRATION",
        hide_env_values = true,
        value_name = "true|false",
        hide_short_help = true
    )]
    pub registration: Option<bool>,
    /// Whether a facility may say that it has no power (`available_voltage_services: ["No Power"]`). Sync clients up to
    /// peeringdb-py 2.5 cannot read such a facility and stop. [default: false]
    #[arg(
        long,
        env = "PEERAGE_ALLOW_NO_POWER",
        hide_env_values = true,
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true",
        hide_short_help = true
    )]
    pub allow_no_power: Option<bool>,
    /// File of breached passwords, none of which is taken: SHA-1 hashes, one a line as `HASH:count`, sorted. A few
    /// hundred common ones are refused without it. [default: none]
    #[arg(
        long,
        env = "PEERAGE_BREACHED_PASSWORDS",
        hide_env_values = true,
        value_name = "FILE",
        hide_short_help = true
    )]
    pub breached_passwords: Option<String>,
    #[command(flatten)]
    pub factors: FactorFlags,
    #[command(flatten)]
    pub strangers: StrangerFlags,
    #[command(flatten)]
    pub mail: MailFlags,
    #[command(flatten)]
    pub limits: LimitFlags,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What is demanded of everybody who logs in")]
pub struct FactorFlags {
    /// Who has to have a second factor: everyone with a confirmed address, or only writers, who may change data or see
    /// what is not for everybody. [default: everyone]
    #[arg(
        long = "second-factor",
        env = "PEERAGE_SECOND_FACTOR",
        hide_env_values = true,
        value_name = "everyone|writers",
        hide_possible_values = true,
        hide_short_help = true
    )]
    pub factors_second_factor: Option<SecondFactor>,
    /// Whether people log in with a passkey, and no password lets anybody in. [default: false]
    #[arg(
        long = "require-passkey",
        env = "PEERAGE_REQUIRE_PASSKEY",
        hide_env_values = true,
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true",
        hide_short_help = true
    )]
    pub factors_require_passkey: Option<bool>,
    /// Whether codes of an app do not count as a second factor. [default: false]
    #[arg(
        long = "refuse-totp",
        env = "PEERAGE_REFUSE_TOTP",
        hide_env_values = true,
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true",
        hide_short_help = true
    )]
    pub factors_refuse_totp: Option<bool>,
    /// Whether a passkey needs another factor beside it. [default: false]
    #[arg(
        long = "factor-with-passkey",
        env = "PEERAGE_FACTOR_WITH_PASSKEY",
        hide_env_values = true,
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true",
        hide_short_help = true
    )]
    pub factors_factor_with_passkey: Option<bool>,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Who is asked outside")]
pub struct StrangerFlags {
    /// Where the registration of AS numbers and prefixes is looked up (RDAP): by IANA's directory, at one address such
    /// as <http://rdap.example/>, or not at all, for registries that give out numbers themselves. [default: iana]
    #[arg(long = "rdap", env = "PEERAGE_RDAP", hide_env_values = true, value_name = "iana|off|URL")]
    pub strangers_rdap: Option<String>,
    /// Milliseconds for one such look-up. [default: 10000]
    #[arg(
        long = "rdap-timeout-ms",
        env = "PEERAGE_RDAP_TIMEOUT_MS",
        hide_env_values = true,
        value_name = "MS",
        hide_short_help = true
    )]
    pub strangers_rdap_timeout_ms: Option<u64>,
    /// Whether a new exchange is approved at once when its prefix is registered to who asks and its member list has
    /// three members. [default: true]
    #[arg(
        long = "approve-exchanges",
        env = "PEERAGE_APPROVE_EXCHANGES",
        hide_env_values = true,
        value_name = "true|false",
        hide_short_help = true
    )]
    pub strangers_approve_exchanges: Option<bool>,
    /// Whether addresses that users give may lead into private networks. [default: false]
    #[arg(
        long = "allow-private",
        env = "PEERAGE_ALLOW_PRIVATE",
        hide_env_values = true,
        value_name = "true|false",
        hide_short_help = true
    )]
    pub strangers_allow_private: Option<bool>,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Mail")]
pub struct MailFlags {
    /// How mails leave: `smtp://user:password@host`, `smtps://…`, `smtp+starttls://…`, or `file:FOLDER`. `log` sends
    /// nothing: it keeps the latest 100 in a folder beside the database. [default: log]
    #[arg(long = "mail", env = "PEERAGE_MAIL", hide_env_values = true, value_name = "WAY")]
    pub mail_mail: Option<String>,
    /// Sender of mails. [default: peerage@localhost]
    #[arg(long = "mail-from", env = "PEERAGE_MAIL_FROM", hide_env_values = true, value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// Name of the sender. [default: Peerage]
    #[arg(
        long = "mail-name",
        env = "PEERAGE_MAIL_NAME",
        hide_env_values = true,
        value_name = "NAME",
        hide_short_help = true
    )]
    pub mail_name: Option<String>,
    /// Certificates (PEM) that are trusted beside the system's when mails leave. [default: none]
    #[arg(
        long = "mail-ca-file",
        env = "PEERAGE_MAIL_CA_FILE",
        hide_env_values = true,
        value_name = "FILE",
        hide_short_help = true
    )]
    pub mail_ca_file: Option<String>,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Limits on what clients may send")]
pub struct LimitFlags {
    /// Requests a second from one client in the long run: one IPv4 address, or one /64 of IPv6; 0 means no limit. [default: 1000]
    #[arg(
        long = "requests-per-second",
        env = "PEERAGE_REQUESTS_PER_SECOND",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_requests_per_second: Option<u32>,
    /// Requests from one client at once, after a pause. [default: 10000]
    #[arg(
        long = "requests-burst",
        env = "PEERAGE_REQUESTS_BURST",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_requests_burst: Option<u32>,
    /// Changes a minute by one key or person; 0 means no limit. [default: 100]
    #[arg(
        long = "writes-per-minute",
        env = "PEERAGE_WRITES_PER_MINUTE",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_writes_per_minute: Option<u32>,
    /// Changes a minute by all keys of one organization; 0 means no limit. [default: 1000]
    #[arg(
        long = "writes-per-minute-per-org",
        env = "PEERAGE_WRITES_PER_MINUTE_PER_ORG",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_writes_per_minute_per_org: Option<u32>,
    /// Answers of 401 and 403 to one credential within a minute, after which it is refused for the rest of the minute;
    /// the same for the wrong credentials of one client. 0 means no limit. [default: 10]
    #[arg(
        long = "refusals-per-minute",
        env = "PEERAGE_REFUSALS_PER_MINUTE",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_refusals_per_minute: Option<u32>,
    /// Passwords that may be tried a minute for one account, and from one client; 0 means no limit. [default: 10]
    #[arg(
        long = "passwords-per-minute",
        env = "PEERAGE_PASSWORDS_PER_MINUTE",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_passwords_per_minute: Option<u32>,
    /// Pages of accounts that one client may ask for a minute without being logged in; 0 means no limit. [default: 120]
    #[arg(
        long = "pages-per-minute",
        env = "PEERAGE_PAGES_PER_MINUTE",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_pages_per_minute: Option<u32>,
    /// Mails that one client may ask for a minute without being logged in; 0 means no limit. [default: 2]
    #[arg(
        long = "mails-per-minute",
        env = "PEERAGE_MAILS_PER_MINUTE",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_mails_per_minute: Option<u32>,
    /// Bytes of all headers of a request. [default: 32768]
    #[arg(
        long = "header-bytes",
        env = "PEERAGE_HEADER_BYTES",
        hide_env_values = true,
        value_name = "BYTES",
        hide_short_help = true
    )]
    pub limits_header_bytes: Option<usize>,
    /// Bytes of a query string. [default: 32768]
    #[arg(
        long = "query-bytes",
        env = "PEERAGE_QUERY_BYTES",
        hide_env_values = true,
        value_name = "BYTES",
        hide_short_help = true
    )]
    pub limits_query_bytes: Option<usize>,
    /// Parameters of a query string. [default: 100]
    #[arg(
        long = "query-params",
        env = "PEERAGE_QUERY_PARAMS",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_query_params: Option<usize>,
    /// Bytes of a request body. [default: 2097152]
    #[arg(
        long = "body-bytes",
        env = "PEERAGE_BODY_BYTES",
        hide_env_values = true,
        value_name = "BYTES",
        hide_short_help = true
    )]
    pub limits_body_bytes: Option<usize>,
    /// Milliseconds for the headers of a request to come; an idle connection is closed after the same time.
    /// [default: 30000]
    #[arg(
        long = "header-timeout-ms",
        env = "PEERAGE_HEADER_TIMEOUT_MS",
        hide_env_values = true,
        value_name = "MS",
        hide_short_help = true
    )]
    pub limits_header_timeout_ms: Option<u64>,
    /// Milliseconds for the whole body of a request to come. [default: 30000]
    #[arg(
        long = "body-timeout-ms",
        env = "PEERAGE_BODY_TIMEOUT_MS",
        hide_env_values = true,
        value_name = "MS",
        hide_short_help = true
    )]
    pub limits_body_timeout_ms: Option<u64>,
    /// Bytes of a request body that have to come each second, after five seconds of grace; 0 means no limit.
    /// [default: 100]
    #[arg(
        long = "body-bytes-per-second",
        env = "PEERAGE_BODY_BYTES_PER_SECOND",
        hide_env_values = true,
        value_name = "BYTES",
        hide_short_help = true
    )]
    pub limits_body_bytes_per_second: Option<u32>,
    /// Milliseconds for which a client may leave sent bytes unread. [default: 60000]
    #[arg(
        long = "write-timeout-ms",
        env = "PEERAGE_WRITE_TIMEOUT_MS",
        hide_env_values = true,
        value_name = "MS",
        hide_short_help = true
    )]
    pub limits_write_timeout_ms: Option<u64>,
    /// Milliseconds for running requests to end when the server stops. [default: 20000]
    #[arg(
        long = "shutdown-timeout-ms",
        env = "PEERAGE_SHUTDOWN_TIMEOUT_MS",
        hide_env_values = true,
        value_name = "MS",
        hide_short_help = true
    )]
    pub limits_shutdown_timeout_ms: Option<u64>,
    /// Connections at one time. [default: 10000]
    #[arg(
        long = "connections",
        env = "PEERAGE_CONNECTIONS",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_connections: Option<usize>,
    /// Connections of one client at one time, of which trusted proxies are none; 0 means no limit. [default: 1000]
    #[arg(
        long = "connections-per-client",
        env = "PEERAGE_CONNECTIONS_PER_CLIENT",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_connections_per_client: Option<usize>,
    /// Connections beyond these limits that are kept for /healthz, /readyz and /metrics. [default: 64]
    #[arg(
        long = "connections-reserved",
        env = "PEERAGE_CONNECTIONS_RESERVED",
        hide_env_values = true,
        value_name = "N",
        hide_short_help = true
    )]
    pub limits_connections_reserved: Option<usize>,
}
