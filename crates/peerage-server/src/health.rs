//! Answers for load balancers and Prometheus.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::http::{Response, StatusCode};
use peerage_engine::readiness::{Readiness, SILENCE_MAX};

use crate::Server;
use peerage_edge::content::TEXT;

/// Says whether the process is alive.
pub async fn alive() -> Response<Body> {
    text("ok\n")
}

/// Says whether the process is alive, in PeeringDB's form.
pub async fn alive_without_body() -> Response<Body> {
    Response::new(Body::empty())
}

/// Answers 200 while no condition fails and every long-lived task is up. Otherwise answers 503, with one line for each
/// that fails. Reads are answered either way.
pub async fn ready(State(app): State<Arc<Server>>) -> Response<Body> {
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

pub async fn metrics(State(app): State<Arc<Server>>) -> Response<Body> {
    look_at_store(&app);
    app.supervisor.measure();
    let mut answer = text(app.measures.text(&app.live));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    answer
}

/// Copies what the store knows about itself. The store logs it.
fn look_at_store(app: &Server) {
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
    pub async fn readyz_names_the_conditions_that_fail_and_metrics_keep_those_that_recovered() {
        let (app, _folder) = crate::testing::app(peerage_registry::Snapshot::default()).await;
        let readiness = &app.live.readiness;
        assert_eq!(ready(State(Arc::clone(&app))).await.status(), StatusCode::OK);
        assert!(readiness.fail(Readiness::LOG_UNREADABLE, "event 7 cannot be read"));
        assert!(!readiness.fail(Readiness::LOG_UNREADABLE, "event 7 cannot be read"), "it was failing already");
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
