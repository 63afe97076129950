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
use prometheus_client::registry::{Registry, Unit};

use peerage_engine::Supervisor;

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
    head: Gauge<i64, AtomicI64>,
    rows: Family<ResourceLabels, Gauge>,
    not_ready: Family<ConditionLabels, Gauge>,
    /// The log's own counter, and the metric that shows it.
    lost_log_lines: Arc<AtomicU64>,
    log_lines_lost: Counter,
    forks: Counter,
}

fn histogram() -> Histogram {
    Histogram::new([0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0])
}

impl ServerMetrics {
    pub fn new(supervisor: &Supervisor, lost_log_lines: Arc<AtomicU64>) -> ServerMetrics {
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
        let connections_refused = Counter::default();
        registry.register(
            "http_connections_refused",
            "Connections closed at once because there were too many",
            connections_refused.clone(),
        );
        registry.register("log_position", "Last event that this node has seen", head.clone());
        supervisor.register(&mut registry);
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
            head,
            rows,
            not_ready,
            lost_log_lines,
            log_lines_lost,
            forks,
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

    pub fn throttled(&self) {
        self.throttled.inc();
    }

    pub fn panicked(&self) {
        self.panics.inc();
    }

    /// Returns the text for Prometheus.
    pub fn text(&self, live: &peerage_engine::LiveRegistry) -> String {
        let snapshot = live.snapshot();
        self.log_lines_lost.inner().store(self.lost_log_lines.load(Ordering::Relaxed), Ordering::Relaxed);
        self.head.set(snapshot.head().sequence as i64);
        for resource in peerage_schema::Resource::ALL {
            let labels = ResourceLabels { resource: resource.tag() };
            self.rows.get_or_create(&labels).set(snapshot.count_live(resource) as i64);
        }
        self.forks.inner().store(live.state().timeline, Ordering::Relaxed);
        for (condition, reason) in live.readiness.all() {
            self.not_ready.get_or_create(&ConditionLabels { condition }).set(reason.is_some().into());
        }
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
