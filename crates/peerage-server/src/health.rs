//! What load balancers and Prometheus ask.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use axum::http::header;
use axum::routing::get;

use crate::App;
use crate::http::content::TEXT;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(|| async { text("ok\n") }))
        .route("/healthcheck", get(|| async { Response::new(Body::empty()) }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// Ready as soon as there is a snapshot: nothing optional is asked, since an answer from memory is better than none.
async fn ready(State(app): State<Arc<App>>) -> Response<Body> {
    text(format!("ready at {}\n", app.live.snapshot().head().sequence))
}

async fn metrics(State(app): State<Arc<App>>) -> Response<Body> {
    let mut answer = text(app.measures.text(&app.live.snapshot()));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    answer
}

fn text(body: impl Into<Body>) -> Response<Body> {
    let mut answer = Response::new(body.into());
    answer.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    answer
}
