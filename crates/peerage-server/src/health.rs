//! What load balancers and Prometheus ask.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::http::{Response, StatusCode};
use axum::routing::get;

use crate::App;
use crate::http::content::TEXT;

/// Why a node is not ready: conditions by name, each with a reason for people. The node is ready while none fails.
///
/// A name is a label of the metric `peerage_not_ready`, so there are few of them and they never change.
#[derive(Debug, Default)]
pub struct Readiness {
    /// The reason while the condition fails; none once it has recovered.
    conditions: Mutex<BTreeMap<&'static str, Option<String>>>,
}

impl Readiness {
    /// The log has another history than the one that this node shows.
    pub const LOG_FORKED: &str = "log_forked";
    /// An event or a record cannot be read: nothing is written until it can.
    pub const LOG_UNREADABLE: &str = "log_unreadable";
    /// The log cannot be followed: what this node shows may be out of date.
    pub const LOG_NOT_FOLLOWED: &str = "log_not_followed";
    /// An event cannot be read by whoever sends mails, which wait.
    pub const MAIL_UNREADABLE: &str = "mail_unreadable";
    /// The database has not answered for some seconds: what this node shows may be out of date.
    pub const STORE_SILENT: &str = "store_silent";
    /// Nothing can be written: the database is gone, another one is in its place, or its disk takes nothing.
    pub const STORE_NOT_WRITABLE: &str = "store_not_writable";

    /// Marks a condition as failing. Returns whether that is news: callers log once, not on every attempt.
    pub fn fail(&self, name: &'static str, reason: impl Into<String>) -> bool {
        let reason = Some(reason.into());
        let mut conditions = self.conditions();
        let known = conditions.entry(name).or_default();
        let is_news = *known != reason;
        *known = reason;
        is_news
    }

    /// Marks a condition as recovered. Returns whether it was failing.
    pub fn recover(&self, name: &'static str) -> bool {
        self.conditions().get_mut(name).is_some_and(|reason| reason.take().is_some())
    }

    /// The reason why a condition fails, if it does.
    pub fn reason(&self, name: &str) -> Option<String> {
        self.conditions().get(name).cloned().flatten()
    }

    /// Whether any of these conditions fails.
    pub fn is_failing(&self, names: &[&str]) -> bool {
        let conditions = self.conditions();
        names.iter().any(|name| conditions.get(name).is_some_and(Option::is_some))
    }

    /// Every condition that has ever failed, with its reason if it fails now.
    pub fn all(&self) -> Vec<(&'static str, Option<String>)> {
        self.conditions().iter().map(|(name, reason)| (*name, reason.clone())).collect()
    }

    fn conditions(&self) -> MutexGuard<'_, BTreeMap<&'static str, Option<String>>> {
        self.conditions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(|| async { text("ok\n") }))
        .route("/healthcheck", get(|| async { Response::new(Body::empty()) }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// 200 while no condition fails and every long-lived task is up; 503 with one line for each that does not. Reads are
/// answered either way.
async fn ready(State(app): State<Arc<App>>) -> Response<Body> {
    look_at_store(&app);
    let at = app.live.snapshot().head().sequence;
    let down = app.supervisor.down().into_iter().map(|(task, why)| format!("task {task}: {why}\n"));
    let conditions = app.live.readiness.all().into_iter();
    let failing: String =
        down.chain(conditions.filter_map(|(name, reason)| Some(format!("{name}: {}\n", reason?)))).collect();
    if failing.is_empty() {
        return text(format!("ready at {at}\n"));
    }
    let mut answer = text(format!("not ready at {at}\n{failing}"));
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer
}

async fn metrics(State(app): State<Arc<App>>) -> Response<Body> {
    look_at_store(&app);
    app.supervisor.measure();
    let mut answer = text(app.measures.text(&app.live));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    answer
}

/// How long the store may fail, or say nothing, before the node is not ready.
pub const SILENCE_MAX: Duration = Duration::from_secs(5);

/// Takes over what the store knows about itself; it is logged there.
fn look_at_store(app: &App) {
    match app.store.trouble() {
        Some(why) => drop(app.live.readiness.fail(Readiness::STORE_NOT_WRITABLE, why)),
        None => drop(app.live.readiness.recover(Readiness::STORE_NOT_WRITABLE)),
    }
    if app.store.silence() > SILENCE_MAX {
        let why = "the database has not answered for more than 5 seconds; what this node shows may be out of date";
        app.live.readiness.fail(Readiness::STORE_SILENT, why);
    } else {
        app.live.readiness.recover(Readiness::STORE_SILENT);
    }
}

fn text(body: impl Into<Body>) -> Response<Body> {
    let mut answer = Response::new(body.into());
    answer.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn readyz_names_the_conditions_that_fail_and_metrics_keep_those_that_recovered() {
        let (app, _folder) = crate::testing::app(peerage_registry::Snapshot::default()).await;
        let readiness = &app.live.readiness;
        assert_eq!(ready(State(Arc::clone(&app))).await.status(), StatusCode::OK);
        assert!(readiness.fail(Readiness::LOG_UNREADABLE, "event 7 cannot be read"));
        assert!(!readiness.fail(Readiness::LOG_UNREADABLE, "event 7 cannot be read"), "no news");
        let answer = ready(State(Arc::clone(&app))).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = axum::body::to_bytes(answer.into_body(), 1000).await.expect("a body");
        assert_eq!(&*body, b"not ready at 0\nlog_unreadable: event 7 cannot be read\n");
        assert!(app.measures.text(&app.live).contains("peerage_not_ready{condition=\"log_unreadable\"} 1\n"));
        assert!(readiness.recover(Readiness::LOG_UNREADABLE) && !readiness.recover(Readiness::LOG_UNREADABLE));
        assert_eq!(ready(State(Arc::clone(&app))).await.status(), StatusCode::OK);
        assert!(app.measures.text(&app.live).contains("peerage_not_ready{condition=\"log_unreadable\"} 0\n"));
    }
}
