//! The metrics for Prometheus at `/metrics`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use peerage_access::key_string::KeyKind;
use peerage_engine::readiness::Readiness;
use peerage_engine::{EngineMeasures, Supervisor};
use peerage_registry::moment::SignedDuration;

use crate::process::ProcessMetrics;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    /// The route, never the path, because a path may contain anything.
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResourceLabels {
    resource: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConditionLabels {
    condition: &'static str,
}

/// Successful reads over one route.
struct CommonRoute {
    route: &'static str,
    count: Counter,
    durations: Histogram,
}

/// What the store knows when the metrics are read.
pub struct StoreState {
    /// Time since the database's last answer.
    pub silence: Duration,
    /// How far the machine's clock is ahead of the database's.
    pub skew: SignedDuration,
    /// The last event in the log, as far as it is known.
    pub head: u64,
    /// The highest version of this node's server key, and the version that the registry uses.
    pub server_key: [u32; 2],
}

/// Kinds of credentials, and what became of them.
pub const CREDENTIALS: [(&str, &str); 4] =
    [("key", "refused"), ("password", "accepted"), ("password", "refused"), ("other", "refused")];

/// What becomes of an e-mail: it is sent, refused for good, or tried again later.
pub const MAIL_OUTCOMES: [&str; 3] = ["sent", "refused", "postponed"];

/// What a request concerns that is about no resource.
const OTHER: &str = "other";

/// A metric with fractions.
type Seconds = Gauge<f64, AtomicU64>;

/// Counters of the server.
pub struct ServerMetrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    /// The most common outcomes, found without a search.
    common: [CommonRoute; 2],
    throttled: Counter,
    panics: Counter,
    pub connections: Gauge<i64, AtomicI64>,
    /// Connections that were closed at once.
    pub connections_refused: Counter,
    /// Long answers that were cut off.
    pub answers_cut: Counter,
    head: Gauge<i64, AtomicI64>,
    lag: Gauge<i64, AtomicI64>,
    database_age: Seconds,
    clock_skew: Seconds,
    server_key: [Gauge<i64, AtomicI64>; 2],
    rows: Family<ResourceLabels, Gauge>,
    not_ready: Family<ConditionLabels, Gauge>,
    /// The log's own counter, and the metric that shows it.
    lost_log_lines: Arc<AtomicU64>,
    log_lines_lost: Counter,
    forks: Counter,
    waiting: Family<QueueLabels, Gauge>,
    credentials: Family<CredentialLabels, Counter>,
    keyed: Family<KeyedLabels, Counter>,
    mails: Family<OutcomeLabels, Counter>,
    process: ProcessMetrics,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabels {
    queue: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CredentialLabels {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KeyedLabels {
    /// A resource, or `other`.
    resource: &'static str,
    /// The class of the key, never the key.
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// Registers what identifies the program.
fn register_build(registry: &mut Registry) {
    registry.register(
        "build",
        "The running program",
        Info::new(
            [("version", crate::VERSION), ("layout", &*peerage_store::layout_version().to_string())]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
        ),
    );
}

/// Counters by what was checked, used or sent.
struct CheckedCounts {
    waiting: Family<QueueLabels, Gauge>,
    credentials: Family<CredentialLabels, Counter>,
    keyed: Family<KeyedLabels, Counter>,
    mails: Family<OutcomeLabels, Counter>,
}

impl CheckedCounts {
    /// Registers them. Those with few labels have the value zero from the start, because alerts compare it.
    fn new(registry: &mut Registry) -> CheckedCounts {
        let (waiting, credentials, keyed, mails) =
            (Family::default(), Family::default(), Family::default(), Family::default());
        registry.register("queue_length", "Requests and tasks that wait, by queue", waiting.clone());
        registry.register("credentials", "Credentials that were checked, by kind", credentials.clone());
        registry.register("key_requests", "Requests with a valid key, by resource and class of key", keyed.clone());
        registry.register("mails", "E-mails, by what became of them", mails.clone());
        for (kind, outcome) in CREDENTIALS {
            drop(credentials.get_or_create_owned(&CredentialLabels { kind, outcome }));
        }
        for kind in [KeyKind::User, KeyKind::Org, KeyKind::Role] {
            drop(keyed.get_or_create_owned(&KeyedLabels { resource: OTHER, class: kind.word() }));
        }
        for outcome in MAIL_OUTCOMES {
            drop(mails.get_or_create_owned(&OutcomeLabels { outcome }));
        }
        CheckedCounts { waiting, credentials, keyed, mails }
    }
}

/// Registers counters of connections that the server closes: those that are too many, and those of slow readers.
fn register_closed(registry: &mut Registry) -> [Counter; 2] {
    let counters: [Counter; 2] = Default::default();
    let help = "Connections closed at once because there were too many";
    registry.register("http_connections_refused", help, counters[0].clone());
    let help = "Long answers cut off because their clients read slowly";
    registry.register("http_answers_cut", help, counters[1].clone());
    counters
}

fn histogram() -> Histogram {
    Histogram::new([0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0])
}

impl ServerMetrics {
    pub fn new(supervisor: &Supervisor, engine: &EngineMeasures, lost_log_lines: Arc<AtomicU64>) -> ServerMetrics {
        let mut registry = Registry::with_prefix("peerage");
        let requests = Family::default();
        let durations = Family::new_with_constructor(histogram as fn() -> Histogram);
        let (throttled, panics) = (Counter::default(), Counter::default());
        let (connections, head, rows) = (Gauge::default(), Gauge::default(), Family::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time until the answer's headers",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register("http_throttled", "Requests refused because a client sent too many", throttled.clone());
        registry.register("panics", "Requests that ended with an internal error", panics.clone());
        registry.register("http_connections", "Connections open now", connections.clone());
        let [connections_refused, answers_cut] = register_closed(&mut registry);
        registry.register("log_position", "Last event that this node has seen", head.clone());
        let lag = Gauge::default();
        registry.register("log_lag_events", "Events of the log that this node has not applied yet", lag.clone());
        let (database_age, clock_skew) = (Seconds::default(), Seconds::default());
        let seconds = |registry: &mut Registry, name: &str, help: &str, gauge: &Seconds| {
            registry.register_with_unit(name, help, Unit::Seconds, gauge.clone());
        };
        seconds(&mut registry, "database_age", "Time since the database last answered", &database_age);
        let help = "How far the machine's clock is ahead of the database's";
        seconds(&mut registry, "clock_skew", help, &clock_skew);
        let server_key: [Gauge<i64, AtomicI64>; 2] = Default::default();
        let help = "Highest version in this node's server key";
        registry.register("server_key_version", help, server_key[0].clone());
        let help = "Version of the server key that the registry uses";
        registry.register("server_key_version_in_use", help, server_key[1].clone());
        supervisor.register(&mut registry);
        engine.register(&mut registry);
        register_build(&mut registry);
        let CheckedCounts { waiting, credentials, keyed, mails } = CheckedCounts::new(&mut registry);
        let process = ProcessMetrics::new(&mut registry);
        let log_lines_lost = Counter::default();
        registry.register("log_lines_lost", "Log lines that could not be written", log_lines_lost.clone());
        registry.register("rows", "Rows with status ok", rows.clone());
        let (not_ready, forks) = (Family::default(), Counter::default());
        registry.register("log_forks", "Times that the database had a different history from this node", forks.clone());
        registry.register("not_ready", "1 while a condition keeps the node from being ready", not_ready.clone());
        let common = ["object", "list"].map(|route| CommonRoute {
            route,
            count: requests.get_or_create_owned(&RequestLabels { route, method: "GET", status: 200 }),
            durations: durations.get_or_create_owned(&RouteLabels { route }),
        });
        ServerMetrics {
            registry,
            requests,
            durations,
            common,
            throttled,
            panics,
            connections,
            connections_refused,
            answers_cut,
            head,
            lag,
            database_age,
            clock_skew,
            server_key,
            rows,
            not_ready,
            lost_log_lines,
            log_lines_lost,
            forks,
            waiting,
            credentials,
            keyed,
            mails,
            process,
        }
    }

    pub fn answered(&self, route: &'static str, method: &axum::http::Method, status: u16, took: Duration) {
        let took = took.as_secs_f64();
        let common = self.common.iter().find(|common| common.route == route);
        if let Some(common) = common.filter(|_| status == 200 && *method == axum::http::Method::GET) {
            common.count.inc();
            common.durations.observe(took);
            return;
        }
        let method = match *method {
            axum::http::Method::GET => "GET",
            axum::http::Method::HEAD => "HEAD",
            axum::http::Method::OPTIONS => "OPTIONS",
            axum::http::Method::POST => "POST",
            axum::http::Method::PUT => "PUT",
            axum::http::Method::PATCH => "PATCH",
            axum::http::Method::DELETE => "DELETE",
            _ => "other",
        };
        self.requests.get_or_create(&RequestLabels { route, method, status }).inc();
        self.durations.get_or_create(&RouteLabels { route }).observe(took);
    }

    /// Counts a credential that was checked: a pair of [`CREDENTIALS`].
    pub fn checked(&self, kind: &'static str, is_right: bool) {
        let outcome = if is_right { "accepted" } else { "refused" };
        self.credentials.get_or_create(&CredentialLabels { kind, outcome }).inc();
    }

    /// Counts a request with a key.
    pub fn used(&self, path: &str, kind: KeyKind) {
        let class = kind.word();
        let tag = path.strip_prefix("/api/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let resource = peerage_schema::Resource::from_tag(tag).map_or(OTHER, peerage_schema::Resource::tag);
        self.keyed.get_or_create(&KeyedLabels { resource, class }).inc();
    }

    /// Counts an e-mail by one of [`MAIL_OUTCOMES`].
    pub fn mailed(&self, outcome: &'static str) {
        self.mails.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// Sets how many wait in a queue.
    pub fn waits(&self, queue: &'static str, length: usize) {
        self.waiting.get_or_create(&QueueLabels { queue }).set(length as i64);
    }

    pub fn throttled(&self) {
        self.throttled.inc();
    }

    pub fn panicked(&self) {
        self.panics.inc();
    }

    /// Returns the text for Prometheus.
    pub fn text(&self, live: &peerage_engine::LiveRegistry, store: &StoreState) -> String {
        let snapshot = live.snapshot();
        self.log_lines_lost.inner().store(self.lost_log_lines.load(Ordering::Relaxed), Ordering::Relaxed);
        let head = snapshot.head().sequence;
        self.head.set(head as i64);
        self.lag.set(store.head.saturating_sub(head) as i64);
        self.database_age.set(store.silence.as_secs_f64());
        self.clock_skew.set(store.skew.as_secs_f64());
        for (gauge, version) in self.server_key.iter().zip(store.server_key) {
            gauge.set(version.into());
        }
        for resource in peerage_schema::Resource::ALL {
            let labels = ResourceLabels { resource: resource.tag() };
            self.rows.get_or_create(&labels).set(snapshot.count_live(resource) as i64);
        }
        self.forks.inner().store(live.state().timeline, Ordering::Relaxed);
        for condition in Readiness::CONDITIONS {
            let is_failing = live.readiness.is_failing(&[condition]);
            self.not_ready.get_or_create(&ConditionLabels { condition }).set(is_failing.into());
        }
        self.process.measure();
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
