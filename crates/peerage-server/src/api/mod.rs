//! The REST API under `/api`.
//!
//! The order in which a request is judged is part of what clients see (spec/write-api.md, 1): credentials, path,
//! `Accept`, method, the form of the authorization, the client's version, and only then the question.

mod as_set;
mod index;
mod options;
mod read;
mod recent;

pub use read::Asked;
pub use recent::Recent;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};
use axum::routing::any;
use axum::{Extension, Router};
use peerage_registry::Viewer;
use peerage_registry::query::Params;
use peerage_schema::Resource;
use percent_encoding::percent_decode_str;

use crate::App;
use crate::auth;
use crate::errors::ApiError;
use crate::http::content::{Content, Reply, takes_json};
use crate::http::edge::{Route, Source, is_safe};
use crate::http::prepared::{finish_api, prepared};
use crate::live::State as Current;
use crate::pages;

/// What a path below `/api/` names.
enum Target<'a> {
    Index,
    List(Resource),
    Object(Resource, &'a str),
    /// As a list or an object, with a suffix that is unknown: `/api/net.xml`.
    UnknownFormat(Resource, Depth),
    AsSets,
    AsSet(&'a str),
    Own(Resource),
    Search,
    OpenApi,
    Asset(&'a str, &'a str),
}

/// Where a path ends.
enum Depth {
    List,
    Object,
}

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api", any(redirect)).route("/api/", any(handle)).route("/api/{*path}", any(handle))
}

async fn redirect(request: Request) -> Response<Body> {
    moved(StatusCode::MOVED_PERMANENTLY, "/api/", request.uri().query()).map(Body::from)
}

/// Leads elsewhere with the same query.
fn moved(status: StatusCode, path: &str, query: Option<&str>) -> Reply {
    let target = query.map_or(path.to_owned(), |query| format!("{path}?{query}"));
    let mut answer = Response::new(Content::Other(Body::empty()));
    *answer.status_mut() = status;
    let location = HeaderValue::from_str(&target).unwrap_or(HeaderValue::from_static("/api/"));
    answer.headers_mut().insert(header::LOCATION, location);
    answer
}

/// Whether the path is one of the API's.
pub fn is_below(path: &str) -> bool {
    path.starts_with("/api/")
}

async fn handle(State(app): State<Arc<App>>, Extension(source): Extension<Source>, request: Request) -> Response<Body> {
    let (parts, _) = request.into_parts();
    let (reply, route) = answer(&app, &parts, source);
    let mut answer = reply.map(Body::from);
    answer.extensions_mut().insert(Route(route));
    answer
}

/// Answers a request below `/api/`, and names the route for measures. No body is read: nothing here takes one.
pub fn answer(app: &App, request: &Parts, source: Source) -> (Reply, &'static str) {
    let state = app.live.state();
    let sequence = state.snapshot.head().sequence;
    if let Some(kept) = app.recent.get(request, sequence) {
        let mut answer = prepared(Content::Whole(kept.body), state.validator(&Viewer::Anonymous));
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(kept.allow));
        return (answer, kept.route);
    }
    let (mut answer, route) = judge(app, &state, request, source).unwrap_or_else(|error| (error.into_reply(), "other"));
    let origin = request.headers.get(header::ORIGIN);
    let is_readable = matches!(request.method, Method::GET | Method::OPTIONS);
    let headers = answer.headers_mut();
    if let Some(origin) = origin.filter(|_| is_readable) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    finish_api(headers, request);
    (answer, route)
}

fn judge(app: &App, state: &Current, request: &Parts, source: Source) -> Result<(Reply, &'static str), ApiError> {
    let path = request.uri.path().strip_prefix("/api/").unwrap_or_default();
    if is_preflight(request) {
        return Ok((preflight(), "other"));
    }
    let identity = auth::identify(&request.headers)?;
    // A path means what it spells, escaped or not.
    let path = &percent_decode_str(path).decode_utf8_lossy();
    let Some(target) = find(path) else { return Ok((pages::not_found().map(Content::Other), "not found")) };
    let (allow, route) = methods_of(&target);
    let result = (|| {
        let takes_format = matches!(target, Target::Index | Target::List(_) | Target::Object(..));
        if matches!(target, Target::UnknownFormat(..)) || (takes_format && asks_for_another_format(request)) {
            return Err(ApiError::NotFound);
        }
        if !takes_json(&request.headers) {
            return Err(ApiError::NotAcceptable);
        }
        let method = &request.method;
        if !allow.split(", ").any(|allowed| allowed == method.as_str()) {
            return Err(if is_safe(method) || !matches!(target, Target::AsSets | Target::AsSet(_)) {
                ApiError::MethodNotAllowed(method.as_str().to_owned())
            } else {
                ApiError::CredentialsMissing
            });
        }
        auth::check_form(&request.headers, &identity)?;
        auth::check_client(&request.headers)?;
        if !is_safe(method) {
            return Err(ApiError::CredentialsMissing);
        }
        let viewer = identity.viewer();
        let asked = Asked::new(app, state, request, &viewer, source);
        if *method == Method::OPTIONS {
            return Ok(options::describe(&target_name(&target)));
        }
        match target {
            Target::Index => Ok(index::answer(&asked, &**path == ".json")),
            Target::List(resource) => asked.list(resource),
            Target::Object(resource, id) => asked.object(resource, id),
            Target::AsSets => asked.as_sets(),
            Target::AsSet(asn) => asked.as_set(asn),
            Target::Own(resource) => own(&asked, resource),
            Target::UnknownFormat(..) => Err(ApiError::NotFound),
            Target::Search => Err(ApiError::KeyMissing),
            Target::OpenApi => Ok(asked.openapi()),
            Target::Asset(kind, id) => asked.asset(kind, id),
        }
        .inspect(|answer| asked.keep(answer, allow, route))
    })();
    let mut answer = result.unwrap_or_else(ApiError::into_reply);
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
    Ok((answer, route))
}

/// What the path names; none for a path that no route has, a trailing slash among them.
fn find(path: &str) -> Option<Target<'_>> {
    if path.is_empty() || path == ".json" {
        return Some(Target::Index);
    }
    if matches!(path, "schema" | "openapi.json") {
        return Some(Target::OpenApi);
    }
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match (first, rest) {
        ("as_set" | "as_set.json", None) => return Some(Target::AsSets),
        ("as_set", Some(asn)) if !asn.is_empty() && !asn.contains('/') => {
            return Some(Target::AsSet(asn.strip_suffix(".json").unwrap_or(asn)));
        }
        ("asset", Some(rest)) => {
            let mut parts = rest.strip_suffix('/').unwrap_or(rest).split('/');
            return match (parts.next(), parts.next(), parts.next(), parts.next()) {
                (Some(kind), Some(id), Some("logo"), None) => Some(Target::Asset(kind, id)),
                _ => None,
            };
        }
        _ => {}
    }
    let named = |name: &'_ str| -> Option<(Resource, bool)> {
        let (name, format) = name.split_once('.').map_or((name, None), |(name, format)| (name, Some(format)));
        Resource::from_tag(name).map(|resource| (resource, format.is_none_or(|format| format == "json")))
    };
    match (named(first), rest) {
        (Some((resource, false)), None) => Some(Target::UnknownFormat(resource, Depth::List)),
        (Some((resource, true)), None) => Some(Target::List(resource)),
        (Some((resource, _)), Some(rest)) if !first.contains('.') => {
            if rest.starts_with("self") && resource.table().own_default.is_some() {
                return Some(Target::Own(resource));
            }
            if rest.is_empty() || rest.contains('/') {
                return path.contains("search").then_some(Target::Search);
            }
            match rest.split_once('.') {
                None => Some(Target::Object(resource, rest)),
                Some((id, "json")) => Some(Target::Object(resource, id)),
                Some(_) => Some(Target::UnknownFormat(resource, Depth::Object)),
            }
        }
        _ => path.contains("search").then_some(Target::Search),
    }
}

/// The caller's own object. Nobody is known, so it is the one that everybody without one gets.
fn own(asked: &Asked<'_>, resource: Resource) -> Result<Reply, ApiError> {
    let snapshot = &asked.state.snapshot;
    let id = resource.table().own_default.ok_or(ApiError::NotFound)?;
    let is_live = snapshot.row(resource, id).is_some_and(|row| snapshot.is_live(resource, row));
    let path = format!("/api/{}/{id}", resource.tag());
    if is_live { Ok(moved(StatusCode::FOUND, &path, asked.request.uri.query())) } else { Err(ApiError::NotFound) }
}

/// Whether the question names a format that is not JSON.
fn asks_for_another_format(request: &Parts) -> bool {
    let query = request.uri.query().filter(|query| query.contains("format"));
    query.is_some_and(|query| Params::parse(query).last("format").is_some_and(|format| format != "json"))
}

fn methods_of(target: &Target<'_>) -> (&'static str, &'static str) {
    match target {
        Target::Index | Target::OpenApi => ("GET, HEAD, OPTIONS", "index"),
        Target::List(resource) | Target::UnknownFormat(resource, Depth::List) => {
            (resource.table().list_methods, "list")
        }
        Target::Object(resource, _) | Target::UnknownFormat(resource, Depth::Object) => {
            (resource.table().object_methods, "object")
        }
        Target::AsSets | Target::AsSet(_) => ("GET", "as_set"),
        Target::Own(_) => ("GET, HEAD, OPTIONS", "self"),
        Target::Search => ("GET, HEAD, OPTIONS", "search"),
        Target::Asset(..) => ("GET, HEAD, OPTIONS", "asset"),
    }
}

fn target_name(target: &Target<'_>) -> String {
    match target {
        Target::List(resource) => format!("{} List", resource.table().title),
        Target::Object(resource, _) => format!("{} Instance", resource.table().title),
        _ => "Api Root".to_owned(),
    }
}

/// Browsers ask before they send a request of another origin.
fn is_preflight(request: &Parts) -> bool {
    request.method == Method::OPTIONS && request.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight() -> Reply {
    let mut answer = Response::new(Content::Other(Body::empty()));
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, OPTIONS"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("accept, authorization, content-type, user-agent, x-csrftoken, x-requested-with"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    answer
}

/// A JSON answer without a validator.
fn json(body: impl Into<Content>) -> Reply {
    prepared(body.into(), None)
}
