//! Answers for load balancers and Prometheus.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::http::{Method, Response, StatusCode};
use peerage_edge::errors::ApiError;
use peerage_edge::measure::StoreState;
use peerage_engine::readiness::Readiness;
use peerage_registry::moment::SignedDuration;

use crate::Server;
use peerage_edge::content::TEXT;
use peerage_edge::edge::DATA_AGE;

/// Says whether the process is alive.
pub async fn alive() -> Response<Body> {
    text("ok\n")
}

/// Says whether the process is alive, in PeeringDB's form.
pub async fn alive_without_body() -> Response<Body> {
    Response::new(Body::empty())
}

/// Answers 200 while no condition fails and every long-lived task is up. Otherwise answers 503, with one line for each
/// that fails. Reads are answered either way. Warnings do not keep a node from being ready.
pub async fn ready(State(app): State<Arc<Server>>) -> Response<Body> {
    readiness(&app)
}

/// Returns the answer of `/readyz`.
pub fn readiness(app: &Server) -> Response<Body> {
    look_at_store(app);
    let at = app.live.snapshot().head().sequence;
    let down = app.supervisor.down().into_iter().map(|(task, why)| format!("task {task}: {why}\n"));
    let conditions = app.live.readiness.all().into_iter();
    let failing: String =
        down.chain(conditions.filter_map(|(name, reason)| Some(format!("{name}: {}\n", reason?)))).collect();
    let warnings = app.live.readiness.warnings().into_iter();
    let warnings = warnings.fold(String::new(), |text, (name, reason)| text + &format!("warning {name}: {reason}\n"));
    let silence = app.store.silence();
    // Scripts compare the whole body of a ready node.
    let mut answer = if failing.is_empty() {
        text(format!("ready at {at}\n{warnings}"))
    } else {
        let age = silence.as_secs_f64();
        let mut answer = text(format!("not ready at {at}\n{failing}database answered {age:.1} s ago\n{warnings}"));
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        answer
    };
    answer.headers_mut().insert(DATA_AGE, header::HeaderValue::from(silence.as_secs()));
    answer
}

/// Answers with the metrics, unless they have a listener of their own.
pub async fn metrics(State(app): State<Arc<Server>>) -> Response<Body> {
    if app.settings.has_admin_listener {
        return ApiError::NotFound.into_response();
    }
    measurements(&app)
}

/// Returns the answer of `/metrics`.
pub fn measurements(app: &Server) -> Response<Body> {
    look_at_store(app);
    app.supervisor.measure();
    app.measures.waits("changes", app.engine.waiting_changes());
    let known = StoreState {
        silence: app.store.silence(),
        skew: skew(app).unwrap_or_default(),
        head: app.store.watch().borrow().sequence,
        server_key: [app.server_key.newest(), app.server_key.in_use()],
    };
    let mut answer = text(app.measures.text(&app.live, &known));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    answer
}

/// Answers a request to the listener of probes.
pub fn of_operator(app: &Server, method: &Method, path: &str) -> Response<Body> {
    match path {
        _ if !matches!(*method, Method::GET | Method::HEAD) => {
            ApiError::MethodNotAllowed(method.to_string()).into_response()
        }
        "/healthz" => text("ok\n"),
        "/healthcheck" => Response::new(Body::empty()),
        "/readyz" => readiness(app),
        "/metrics" => measurements(app),
        _ => ApiError::NotFound.into_response(),
    }
}

/// Answers a request to a node that waits for its database.
pub fn of_waiting(path: &str, why: &str) -> Response<Body> {
    let mut answer = match path {
        "/healthz" => return text("ok\n"),
        "/healthcheck" => return Response::new(Body::empty()),
        "/readyz" => text(format!("not ready\nstarting: {why}\n")),
        _ => ApiError::Starting.into_response(),
    };
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer
}

/// How often to check the database's state, so that the log tells it even if nobody probes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks at the rest for each look at the table layout.
const LOOKS_A_LAYOUT: u32 = 5;

/// Watches the database's state until the node stops.
pub async fn watch_store(app: Arc<Server>) {
    for look in 0_u32.. {
        look_at_store(&app);
        if look.is_multiple_of(LOOKS_A_LAYOUT) {
            look_at_layout(&app).await;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Says whether a newer program has changed the tables, before a change is refused for it.
async fn look_at_layout(app: &Server) {
    // A database that does not answer is told elsewhere.
    let Ok(outdated) = app.store.outdated().await else { return };
    let why = outdated.map(|error| error.to_string());
    let told = why.clone();
    if app.live.readiness.warn(Readiness::LAYOUT_NEWER, why) {
        if let Some(why) = told {
            tracing::error!("{why}");
        } else {
            tracing::info!("the table layout is again one that this program can write");
        }
    }
}

/// Copies what the store knows about itself.
fn look_at_store(app: &Server) {
    let readiness = &app.live.readiness;
    match app.store.trouble() {
        Some(why) => drop(readiness.fail(Readiness::STORE_NOT_WRITABLE, why)),
        None => drop(readiness.recover(Readiness::STORE_NOT_WRITABLE)),
    }
    if app.staleness().is_some() {
        let limit_s = app.settings.stale_after.as_secs_f64();
        let why = format!(
            "the database has not answered for more than {limit_s} seconds; what this node shows may be out of date"
        );
        if readiness.fail(Readiness::STORE_SILENT, why) {
            tracing::error!(limit_s, "the database does not answer; credentials and changes are refused until it does");
        }
    } else if readiness.recover(Readiness::STORE_SILENT) {
        tracing::info!("the database answers again; credentials and changes are accepted");
    }
    let ahead = app.live.snapshot().ahead_of(app.environment.now());
    let words = ahead.map(|ahead| {
        let minutes = ahead.as_secs() / 60;
        format!("the newest event in the log is {minutes} minutes in the future, so changes get later times than the clock has")
    });
    let told = words.clone();
    if readiness.warn(Readiness::LOG_AHEAD, words) {
        if let Some(why) = told {
            tracing::warn!("{why}");
        } else {
            tracing::info!("the newest event in the log is no longer in the future");
        }
    }
    let skew = skew(app).filter(|skew| skew.as_micros().abs() > SKEW_MAX.as_micros());
    let words = skew.map(|skew| {
        let side = if skew > SignedDuration::ZERO { "ahead of" } else { "behind" };
        let seconds = skew.as_secs().unsigned_abs();
        format!("this machine's clock is {seconds} seconds {side} the database's, which counts; synchronize both")
    });
    let told = words.clone();
    if readiness.warn(Readiness::CLOCK_SKEWED, words) {
        if let Some(why) = told {
            tracing::warn!("{why}");
        } else {
            tracing::info!("this machine's clock agrees with the database's again");
        }
    }
}

/// How far the machine's clock may differ from the database's before the node warns.
const SKEW_MAX: SignedDuration = SignedDuration::from_secs(2);

/// Returns how far the machine's clock is ahead of the database's. Nodes on SQLite have the machine's clock only.
fn skew(app: &Server) -> Option<SignedDuration> {
    Some(app.environment.own_time() - app.store.database_time()?)
}

fn text(body: impl Into<Body>) -> Response<Body> {
    let mut answer = Response::new(body.into());
    answer.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn metrics_text(app: &Server) -> String {
        let body = axum::body::to_bytes(measurements(app).into_body(), 1 << 20).await.expect("a body");
        String::from_utf8(body.to_vec()).expect("text")
    }

    #[tokio::test]
    async fn a_warning_is_told_and_keeps_the_node_ready() {
        let (app, _folder) = crate::testing::app(peerage_registry::Snapshot::default()).await;
        let warn = |reason: Option<&str>| app.live.readiness.warn(Readiness::CLOCK_SKEWED, reason.map(str::to_owned));
        assert!(warn(Some("7 seconds")) && !warn(Some("8 seconds")), "the seconds change, the warning stays");
        let warnings = app.live.readiness.warnings();
        assert_eq!(warnings, [(Readiness::CLOCK_SKEWED, "8 seconds".to_owned())]);
        // The next look finds that SQLite has no clock of its own.
        assert_eq!(readiness(&app).status(), StatusCode::OK);
        assert!(!warn(None));
    }

    #[tokio::test]
    pub async fn readyz_names_the_conditions_that_fail_and_metrics_keep_those_that_recovered() {
        let (app, _folder) = crate::testing::app(peerage_registry::Snapshot::default()).await;
        let readiness = &app.live.readiness;
        assert_eq!(ready(State(Arc::clone(&app))).await.status(), StatusCode::OK);
        assert!(readiness.fail(Readiness::LOG_UNREADABLE, "event 7 cannot be read"));
        assert!(!readiness.fail(Readiness::LOG_UNREADABLE, "event 7 cannot be read"), "it was failing already");
        let answer = ready(State(Arc::clone(&app))).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = axum::body::to_bytes(answer.into_body(), 1000).await.expect("a body");
        let body = String::from_utf8(body.to_vec()).expect("text");
        assert!(
            body.starts_with("not ready at 0\nlog_unreadable: event 7 cannot be read\ndatabase answered "),
            "{body}"
        );
        assert!(metrics_text(&app).await.contains("peerage_not_ready{condition=\"log_unreadable\"} 1\n"));
        assert!(readiness.recover(Readiness::LOG_UNREADABLE) && !readiness.recover(Readiness::LOG_UNREADABLE));
        assert_eq!(ready(State(Arc::clone(&app))).await.status(), StatusCode::OK);
        assert!(metrics_text(&app).await.contains("peerage_not_ready{condition=\"log_unreadable\"} 0\n"));
    }
}
