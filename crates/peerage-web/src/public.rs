//! Public pages: home, API documentation, not found.

use axum::body::Body;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Method, Response, StatusCode};
use peerage_pages::{ApiFacts, ComposedRequest, PageFrame, PageTexts};
use peerage_registry::Row;
use peerage_registry::query::FilterOperator;
use peerage_schema::Resource;

use crate::examples;
use crate::visit::{POLICY, Visit};
use peerage_edge::bounds::RouteBounds;
use peerage_edge::content::{HTML, TEXT};
use peerage_edge::edge::MatchedRoute;
use peerage_edge::endpoint::{Endpoint, EndpointAccess};

pub async fn docs(visit: Visit) -> Response<Body> {
    let frame = visit.frame_without_forms("docs-title");
    let language = frame.texts.tag();
    let settings = &visit.app.settings;
    let limits = &settings.limits;
    let facts = ApiFacts {
        version: peerage_edge::VERSION,
        dump_path: &settings.dump_path,
        operators: FilterOperator::suffixes().collect(),
        filters: visit.app.links.special_filters,
        limits: vec![
            ("Requests per second, for one address or one IPv6 /64", limits.requests_per_second as usize),
            ("Pages per minute, for one address or one IPv6 /64", limits.pages_per_minute as usize),
            ("Changes per minute, for one key, person or address", limits.writes_per_minute as usize),
            ("Changes per minute, for one organization", limits.writes_per_minute_per_org as usize),
        ],
        request: composed_request(&visit),
    };
    visit.public_page("docs", StatusCode::OK, language, peerage_pages::api_docs(frame, facts))
}

/// The request that the address of the page describes. Without one, it is one for the first network.
fn composed_request(visit: &Visit) -> ComposedRequest {
    let kind = visit.query("kind");
    let resource = kind.as_deref().and_then(Resource::from_tag).unwrap_or(Resource::Net);
    let id: Option<u32> = match (visit.query("id"), kind) {
        (Some(id), _) => id.trim().parse().ok(),
        (None, Some(_)) => None,
        (None, None) => {
            let snapshot = &visit.state.snapshot;
            snapshot.rows(resource).find(|row| snapshot.is_live(resource, row)).map(Row::id)
        }
    };
    let id = id.map(|id| id.to_string()).unwrap_or_default();
    let params: String = visit.query("with").unwrap_or_default().chars().take(PARAMS_MAX).collect();
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(form_urlencoded::parse(params.trim_start_matches('?').as_bytes()));
    let encoded = encoded.finish();
    let mut path = format!("/api/{}", resource.tag());
    if !id.is_empty() {
        path.push_str(&format!("/{id}"));
    }
    if !encoded.is_empty() {
        path.push_str(&format!("?{encoded}"));
    }
    let examples = examples::of(&format!("{}{path}", visit.app.settings.site));
    ComposedRequest { tag: resource.tag(), id, params, path, examples }
}

/// Characters of the parameters of a composed request.
const PARAMS_MAX: usize = 1_000;

pub fn style() -> Response<Body> {
    file(peerage_pages::STYLE, "text/css; charset=utf-8")
}

pub fn script() -> Response<Body> {
    file(peerage_pages::SCRIPT, "text/javascript; charset=utf-8")
}

pub fn keys_script() -> Response<Body> {
    file(peerage_pages::KEYS_SCRIPT, "text/javascript; charset=utf-8")
}

/// The rules for crawlers: pages of objects may be read, searches and forms not.
pub async fn robots(visit: Visit) -> Response<Body> {
    let closed = [
        "/api/",
        "/search",
        "/advanced_search",
        "/compare",
        "/register",
        "/account/",
        "/reset-password",
        "/*?at=",
        "/*/history",
    ];
    let mut text = "User-agent: *\n".to_owned();
    for path in closed {
        text.push_str(&format!("Disallow: {path}\n"));
    }
    text.push_str(&format!("Sitemap: {}/sitemap.xml\n", visit.app.settings.site));
    let mut answer = Response::new(Body::from(text));
    answer.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    answer.extensions_mut().insert(MatchedRoute("file"));
    answer
}

/// Serves a file that is compiled in. Its address contains a hash of its content, so it may be cached for long.
fn file(text: &'static str, kind: &'static str) -> Response<Body> {
    let mut answer = Response::new(Body::from(text));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    answer.headers_mut().insert(header::CACHE_CONTROL, kept);
    answer.extensions_mut().insert(MatchedRoute("file"));
    answer
}

/// The row for all paths without their own row in a table.
pub static ANY_OTHER: Endpoint = Endpoint {
    method: Method::GET,
    path: "/{*path}",
    access: EndpointAccess::Anyone,
    bounds: RouteBounds::NOTHING_SENT,
    about: "Answer that the page does not exist",
};

/// Answers paths without an endpoint.
#[expect(clippy::unused_async, reason = "axum requires handlers to be async")]
pub async fn fallback(visit: Visit) -> Response<Body> {
    let frame = visit.frame_without_forms("missing-title");
    let language = frame.texts.tag();
    visit.public_page("not found", StatusCode::NOT_FOUND, language, peerage_pages::not_found(frame))
}

/// Returns the page for objects that do not exist.
pub fn not_found() -> Response<Body> {
    let frame = PageFrame::new(PageTexts::english(), "/");
    let mut answer = Response::new(Body::from(peerage_pages::not_found(frame)));
    *answer.status_mut() = StatusCode::NOT_FOUND;
    answer.headers_mut().insert(header::CONTENT_TYPE, HTML);
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CONTENT_LANGUAGE, "en"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer.extensions_mut().insert(MatchedRoute("not found"));
    answer
}
