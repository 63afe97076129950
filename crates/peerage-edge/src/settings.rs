//! What an operator may set about the server. Every limit on what a stranger can grow stands here.

use std::time::Duration;

use ipnet::IpNet;
use peerage_engine::EngineRules;

/// Default of [`EdgeSettings::dump_path`].
pub const DUMP_PATH: &str = "/dumps";

/// Default of [`EdgeSettings::support_email`].
pub use peerage_engine::SUPPORT_EMAIL;

/// Default of [`EdgeSettings::answer_cache_bytes`].
pub const ANSWER_CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// Settings of the HTTP side.
#[derive(Debug, Clone)]
pub struct EdgeSettings {
    /// Address under which clients reach the server, without a slash at its end; by default it is taken from each
    /// request.
    pub public_url: Option<String>,
    /// Where people reach the registry, for mails: the same, or else where the server listens.
    pub site: String,
    /// Path under which the dump files lie, with a slash at its beginning and none at its end; empty at the root.
    pub dump_path: String,
    /// Networks of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Mail address for people who need help; stands in messages.
    pub support_email: String,
    /// Whether mails leave this server. If not, pages say so.
    pub sends_mail: bool,
    /// Bytes for answers that are kept to be given again. 0: none is kept.
    pub answer_cache_bytes: u64,
    /// Whether strangers may make accounts; else people come by invitation alone.
    pub takes_registrations: bool,
    /// What is set about decisions.
    pub rules: EngineRules,
    pub limits: EdgeLimits,
}

/// Bounds on requests and connections.
#[derive(Debug, Clone)]
pub struct EdgeLimits {
    /// Requests that one client may send a second in the long run. 0: no bound. What one client is: [`crate::client`].
    pub requests_per_second: u32,
    /// Requests that one client may send at once after a pause.
    pub requests_burst: u32,
    /// Changes a minute by one key, person or (without either) address. 0: no bound.
    pub writes_per_minute: u32,
    /// Changes a minute by all keys of one organization. 0: no bound.
    pub writes_per_minute_per_org: u32,
    /// Answers of 401 and 403 to one credential within a minute, above which it is refused; the same for the wrong
    /// credentials of one client. 0: no bound.
    pub refusals_per_minute: u32,
    /// Passwords that may be tried a minute for one account, and from one client. 0: no bound.
    pub passwords_per_minute: u32,
    /// Pages of accounts that one client may ask for a minute without being logged in. 0: no bound.
    pub pages_per_minute: u32,
    /// Mails that one client may ask for a minute without being logged in (spec/accounts.md, 14). 0: no bound.
    pub mails_per_minute: u32,
    /// Bytes of all header names and values of a request.
    pub header_bytes_max: usize,
    /// Bytes of a query string.
    pub query_bytes_max: usize,
    /// Parameters of a query string.
    pub query_params_max: usize,
    /// Bytes of a request body.
    pub body_bytes_max: usize,
    /// Time for the headers of a request to come, also the time for which an idle connection is kept.
    pub header_timeout: Duration,
    /// Time for the whole body of a request to come.
    pub body_timeout: Duration,
    /// Bytes of a body that have to come each second, after a few seconds of grace. 0: any.
    pub body_rate_min: u32,
    /// Time for which a client may leave sent bytes unread.
    pub write_timeout: Duration,
    /// Connections at one time.
    pub connections_max: usize,
    /// Connections of one client at one time; a trusted proxy is none. 0: no bound.
    pub connections_per_client: usize,
    /// Connections beside those that are kept for probes.
    pub connections_reserved: usize,
    /// Time for running requests to end when the server stops.
    pub shutdown_timeout: Duration,
}

impl EdgeLimits {
    /// What holds if an operator sets nothing.
    pub const DEFAULT: EdgeLimits = EdgeLimits {
        requests_per_second: 1_000,
        requests_burst: 10_000,
        writes_per_minute: 100,
        writes_per_minute_per_org: 1_000,
        refusals_per_minute: 10,
        passwords_per_minute: 10,
        pages_per_minute: 120,
        mails_per_minute: 2,
        header_bytes_max: 32 * 1024,
        query_bytes_max: 32 * 1024,
        query_params_max: 100,
        body_bytes_max: 2 * 1024 * 1024,
        header_timeout: Duration::from_secs(30),
        body_timeout: Duration::from_secs(30),
        body_rate_min: 100,
        write_timeout: Duration::from_mins(1),
        connections_max: 10_000,
        connections_per_client: 1_000,
        connections_reserved: 64,
        shutdown_timeout: Duration::from_secs(20),
    };
}

impl Default for EdgeLimits {
    fn default() -> EdgeLimits {
        EdgeLimits::DEFAULT
    }
}

impl Default for EdgeSettings {
    fn default() -> EdgeSettings {
        EdgeSettings {
            public_url: None,
            site: "http://127.0.0.1:8300".to_owned(),
            dump_path: DUMP_PATH.to_owned(),
            trusted_proxies: Vec::new(),
            support_email: SUPPORT_EMAIL.to_owned(),
            sends_mail: true,
            answer_cache_bytes: ANSWER_CACHE_BYTES,
            takes_registrations: true,
            rules: EngineRules::default(),
            limits: EdgeLimits::default(),
        }
    }
}
