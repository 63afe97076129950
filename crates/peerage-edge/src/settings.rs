//! The operator's settings for the server. Every limit on what an anonymous client can cause is here.

use std::time::Duration;

use ipnet::IpNet;
use peerage_engine::EngineRules;
use peerage_engine::readiness::SILENCE_MAX;

/// Default of [`EdgeSettings::dump_path`].
pub const DUMP_PATH: &str = "/dumps";

/// Default of [`EdgeSettings::support_email`].
pub use peerage_engine::SUPPORT_EMAIL;

/// Default of [`EdgeSettings::answer_cache_bytes`].
pub const ANSWER_CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// Default of [`EdgeSettings::registry_name`].
pub const REGISTRY_NAME: &str = "Peerage";

/// The operator's own pages, by their names in addresses and files.
pub const OWN_PAGES: [&str; 4] = ["about", "terms", "privacy", "imprint"];

/// Settings of the HTTP side.
#[derive(Debug, Clone)]
pub struct EdgeSettings {
    /// The address under which clients reach the server, without a trailing slash. By default it is taken from each
    /// request.
    pub public_url: Option<String>,
    /// The address for mails: the public URL, or the one on which the server listens if there is none.
    pub site: String,
    /// The path of the dump files, with a leading slash and no trailing one. Empty at the root.
    pub dump_path: String,
    /// Networks of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The name of the registry on its pages.
    pub registry_name: String,
    /// What every answer over TLS has as `Strict-Transport-Security`. Empty: nothing.
    pub transport_security: String,
    /// The operator's own pages: one of [`OWN_PAGES`], and its text in Markdown.
    pub own_pages: Vec<(&'static str, String)>,
    /// The mail address for people who need help. It appears in messages.
    pub support_email: String,
    /// Whether this server sends mails. If not, pages say so.
    pub sends_mail: bool,
    /// The number of bytes for cached answers. 0 disables the cache.
    pub answer_cache_bytes: u64,
    /// Whether anyone may create an account. If not, people need an invitation.
    pub takes_registrations: bool,
    /// How long the database may be silent before credentials and changes are refused.
    pub stale_after: Duration,
    /// Whether probes and metrics have a listener of their own. The metrics are only there then.
    pub has_admin_listener: bool,
    /// Settings for decisions.
    pub rules: EngineRules,
    pub limits: EdgeLimits,
}

/// Limits on requests and connections.
#[derive(Debug, Clone)]
pub struct EdgeLimits {
    /// Requests per second that one client may send on average. 0 means no limit. [`crate::client`] defines a client.
    pub requests_per_second: u32,
    /// Requests that one client may send at once after a pause.
    pub requests_burst: u32,
    /// Changes per minute by one key, person or (without either) address. 0 means no limit.
    pub writes_per_minute: u32,
    /// Changes per minute by all keys of one organization. 0 means no limit.
    pub writes_per_minute_per_org: u32,
    /// Answers of 401 and 403 within a minute above which a credential is refused, and wrong credentials above which a
    /// client is. 0 means no limit.
    pub refusals_per_minute: u32,
    /// Password attempts per minute for one account, and from one client. 0 means no limit.
    pub passwords_per_minute: u32,
    /// Account pages per minute that one client may request without a login. 0 means no limit.
    pub pages_per_minute: u32,
    /// Mails per minute that one client may request without a login (spec/accounts.md, 14). 0 means no limit.
    pub mails_per_minute: u32,
    /// Bytes of all header names and values of a request.
    pub header_bytes_max: usize,
    /// Bytes of a query string.
    pub query_bytes_max: usize,
    /// Parameters of a query string.
    pub query_params_max: usize,
    /// Bytes of a request body.
    pub body_bytes_max: usize,
    /// Timeout for the headers of a request. Idle connections are kept for the same time.
    pub header_timeout: Duration,
    /// Timeout for the whole body of a request.
    pub body_timeout: Duration,
    /// Minimum bytes per second of a body, after a few seconds of grace. 0 means no minimum.
    pub body_rate_min: u32,
    /// How long a client may leave sent bytes unread.
    pub write_timeout: Duration,
    /// The maximum number of connections.
    pub connections_max: usize,
    /// The maximum number of connections of one client. Trusted proxies are not counted. 0 means no limit.
    pub connections_per_client: usize,
    /// Additional connections that are reserved for probes.
    pub connections_reserved: usize,
    /// The memory that long answers may use of their own while they are sent, in bytes.
    pub long_answer_bytes_max: usize,
    /// Bytes of earlier states of the registry that may be kept for answers that are being sent.
    pub earlier_bytes_max: usize,
    /// How long running requests may take to end when the server stops.
    pub shutdown_timeout: Duration,
}

impl EdgeLimits {
    /// The defaults.
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
        long_answer_bytes_max: 32 * 1024 * 1024,
        earlier_bytes_max: 32 * 1024 * 1024,
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
            registry_name: REGISTRY_NAME.to_owned(),
            transport_security: String::new(),
            own_pages: Vec::new(),
            support_email: SUPPORT_EMAIL.to_owned(),
            sends_mail: true,
            answer_cache_bytes: ANSWER_CACHE_BYTES,
            takes_registrations: true,
            stale_after: SILENCE_MAX,
            has_admin_listener: false,
            rules: EngineRules::default(),
            limits: EdgeLimits::default(),
        }
    }
}
