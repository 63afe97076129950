//! What is read beside the REST API: option lists, the quick search and exports (spec/read-api.md, 12).
//!
//! Everything is answered from the snapshot, as an anonymous caller sees it.

mod connectivity;
mod data;
mod export;
mod formats;
mod json;
mod kmz;
mod member_list;
mod quick_search;

#[cfg(test)]
mod world;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{self, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::middleware::map_response;
use axum::routing::get;
use peerage_registry::Viewer;
use peerage_registry::query::Params;

use crate::App;
use crate::api::Asked;
use crate::errors::ApiError;
use crate::http::content::JSON_EARLY;
use crate::http::edge::Route;

/// Routes with the name under which each is measured. Any method but GET and HEAD is refused.
pub fn routes() -> Router<Arc<App>> {
    let data = Router::new()
        .route("/data/countries", get(data::countries))
        .route("/data/countries_b", get(data::countries_or_none))
        .route("/data/enum/{name}", get(data::choices))
        .route("/data/locales", get(data::locales))
        .route("/data/sponsors", get(data::sponsors))
        .route("/data/asns", get(data::asns))
        .route("/data/my_organizations", get(data::my_organizations))
        .route("/data/organizations", get(data::organizations))
        .route("/data/campus_facilities", get(data::campus_facilities));
    let search = Router::new().route("/api_search", get(quick_search::answer));
    let export = Router::new()
        .route("/export/ix/{id}/ixp-member-list", get(member_list::of_exchange))
        .route("/export/ixlan/{id}/ixp-member-list", get(member_list::of_lan))
        .route("/export/advanced-search/{tag}/{format}", get(export::advanced_search))
        .route("/export/kmz/", get(export::all_facilities));
    named(data, "data").merge(named(search, "quick search")).merge(named(export, "export"))
}

fn named(routes: Router<Arc<App>>, name: &'static str) -> Router<Arc<App>> {
    let name = move |mut answer: Response<Body>| async move {
        answer.extensions_mut().insert(Route(name));
        answer
    };
    routes.method_not_allowed_fallback(refuse).route_layer(map_response(name))
}

async fn refuse(request: Request) -> Response<Body> {
    ApiError::MethodNotAllowed(request.method().to_string()).into_response()
}

/// The parameters of a request, bounded in number.
fn params(app: &App, request: &Request) -> Result<Params, ApiError> {
    Asked { app, request, viewer: &Viewer::Anonymous, base_url: "" }.params()
}

/// Runs what takes longer than other requests should wait for. A panic goes on as if it had happened here.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done),
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(ApiError::Internal),
        },
    }
}

/// A body with its type.
fn typed(body: impl Into<Body>, kind: HeaderValue) -> Response<Body> {
    let mut answer = Response::new(body.into());
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

/// JSON as the reference's pages send it: the bare type.
fn json_answer(body: impl Into<Body>) -> Response<Body> {
    typed(body, JSON_EARLY)
}

/// A status and nothing else.
fn empty(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

fn cached(mut answer: Response<Body>, control: &'static str) -> Response<Body> {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
    answer
}

/// The answer, offered as a file.
fn attached(mut answer: Response<Body>, disposition: &'static str) -> Response<Body> {
    answer.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    answer
}
