//! Pages for people: where they are, what the API is, what does not exist.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::routing::get;
use peerage_registry::query::Operator;
use peerage_schema::Resource;

use crate::App;
use crate::http::content::{HTML, TEXT};
use crate::http::edge::Route;
use crate::openapi;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(home))
        .route("/apidocs/", get(docs))
        .route("/apidocs", get(docs))
        .route("/static/style.css", get(style))
        .route("/robots.txt", get(|| async { plain("User-agent: *\nDisallow: /api/\n") }))
}

async fn home(State(app): State<Arc<App>>) -> Response<Body> {
    let snapshot = app.live.snapshot();
    let counts = Resource::ALL.map(|resource| (resource, snapshot.count_live(resource)));
    page("home", StatusCode::OK, peerage_pages::home(&counts, crate::VERSION, &app.settings.dump_path))
}

async fn docs(State(app): State<Arc<App>>) -> Response<Body> {
    page("docs", StatusCode::OK, docs_text(&app))
}

fn docs_text(app: &App) -> String {
    let operators = Operator::suffixes().collect();
    peerage_pages::api_docs(crate::VERSION, &app.settings.dump_path, operators, openapi::special_filters)
}

async fn style() -> Response<Body> {
    let mut answer = Response::new(Body::from(peerage_pages::STYLE));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    answer
}

/// A path that leads nowhere.
pub async fn fallback() -> Response<Body> {
    not_found()
}

/// The page that says so.
pub fn not_found() -> Response<Body> {
    page("not found", StatusCode::NOT_FOUND, peerage_pages::not_found())
}

/// Pages load the style sheet of their own server and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; \
                          frame-ancestors 'none'";

fn page(route: &'static str, status: StatusCode, body: String) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HTML);
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CONTENT_LANGUAGE, "en"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer.extensions_mut().insert(Route(route));
    answer
}

fn plain(text: &'static str) -> Response<Body> {
    let mut answer = Response::new(Body::from(text));
    answer.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    answer
}
