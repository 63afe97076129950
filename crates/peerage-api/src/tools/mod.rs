//! Reads outside of the REST API: option lists, the quick search and exports (spec/read-api.md, 12).
//!
//! Everything is answered from the snapshot, as an anonymous caller sees it.

mod connectivity;
pub mod data;
pub mod export;
mod formats;
mod json;
mod kmz;
pub mod member_list;
pub mod quick_search;

#[cfg(test)]
mod world;

pub use connectivity::ASNS_MAX as CONNECTIVITY_ASNS_MAX;
pub use export::KeptFacilities;
pub use quick_search::{FOUND_MAX, HITS_MAX, api_search};

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::http::{Method, Response, StatusCode, Uri};
use axum::middleware::map_response;
use peerage_registry::query::QueryParams;

use crate::Api;
use peerage_edge::content::JSON_EARLY;
use peerage_edge::edge::MatchedRoute;
use peerage_edge::errors::ApiError;

/// Counts the requests of some routes under a name, and refuses any method but `GET` and `HEAD`.
pub fn named(routes: Router<Arc<Api>>, name: &'static str) -> Router<Arc<Api>> {
    let name = move |mut answer: Response<Body>| async move {
        answer.extensions_mut().insert(MatchedRoute(name));
        answer
    };
    routes.method_not_allowed_fallback(refuse).route_layer(map_response(name))
}

async fn refuse(method: Method) -> Response<Body> {
    ApiError::MethodNotAllowed(method.to_string()).into_response()
}

/// Reads the parameters of a request, limited in number.
fn params(app: &Api, uri: &Uri) -> Result<QueryParams, ApiError> {
    let params = QueryParams::parse(uri.query().unwrap_or_default());
    let max = app.settings.limits.query_params_max;
    if params.len() > max {
        return Err(ApiError::BadRequest(format!("Too many parameters; at most {max} are allowed.")));
    }
    Ok(params)
}

/// Makes an answer of a body and its type.
fn typed(body: impl Into<Body>, kind: HeaderValue) -> Response<Body> {
    let mut answer = Response::new(body.into());
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

/// Makes JSON as the reference server's pages send it: with the bare type.
fn json_answer(body: impl Into<Body>) -> Response<Body> {
    typed(body, JSON_EARLY)
}

/// Makes an answer of only a status.
fn empty(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

fn cached(mut answer: Response<Body>, control: &'static str) -> Response<Body> {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
    answer
}

/// Offers the answer as a file.
fn attached(mut answer: Response<Body>, disposition: &'static str) -> Response<Body> {
    answer.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    answer
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use http_body_util::BodyExt;
    use peerage_registry::Snapshot;
    use tower::ServiceExt;

    use super::*;

    async fn ask(method: Method, path: &str, known: Option<HeaderValue>) -> Response<Body> {
        let (node, _folder) = peerage_edge::testing::node(Snapshot::clone(&world::small())).await;
        let api = crate::Api::new(node, || empty(StatusCode::NOT_FOUND));
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        let source = peerage_edge::edge::RequestSource { address: [192, 0, 2, 1].into(), scheme: "http" };
        request.extensions_mut().insert(source);
        if let Some(known) = known {
            request.headers_mut().insert(header::IF_NONE_MATCH, known);
        }
        let Ok(answer) = crate::routes().with_state(api).oneshot(request).await;
        answer
    }

    fn header<'a>(answer: &'a Response<Body>, name: &str) -> &'a str {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    #[tokio::test]
    async fn every_route_answers_with_its_type() {
        let (json, csv) = ("application/json", "text/csv; charset=utf-8");
        let map = "application/vnd.google-earth.kmz";
        for (path, status, kind, cache) in [
            ("/data/countries", 200, json, "public, max-age=900, s-maxage=900"),
            ("/data/countries_b", 200, json, "public, max-age=900, s-maxage=900"),
            ("/data/enum/Traffic", 200, json, "public, max-age=900, s-maxage=900"),
            ("/data/enum/nothing", 404, "application/json; charset=utf-8", ""),
            ("/data/locales", 200, json, "public, max-age=900, s-maxage=900"),
            ("/data/sponsors", 200, json, ""),
            ("/data/asns?id=1", 200, json, "s-maxage=10"),
            ("/data/asns?id=x", 200, json, "s-maxage=10"),
            ("/data/my_organizations", 200, json, ""),
            ("/data/organizations", 403, json, ""),
            ("/data/campus_facilities", 200, json, ""),
            ("/api_search?q=alpha", 200, json, ""),
            ("/api_search", 400, "", ""),
            ("/api_search?q=+", 400, "", ""),
            ("/export/ix/4/ixp-member-list?pretty", 200, json, ""),
            ("/export/ixlan/99999999999/ixp-member-list", 200, json, ""),
            ("/export/ix/x/ixp-member-list", 404, "application/json; charset=utf-8", ""),
            ("/export/advanced-search/net/json", 200, json, ""),
            ("/export/advanced-search/ix/json-pretty", 200, json, ""),
            ("/export/advanced-search/asn_connectivity/csv?asn_list=64500", 200, csv, ""),
            ("/export/advanced-search/campus/kmz", 200, map, ""),
            ("/export/advanced-search/poc/csv", 400, "application/json; charset=utf-8", ""),
            ("/export/kmz/", 200, map, ""),
        ] {
            let answer = ask(Method::GET, path, None).await;
            let found = (answer.status().as_u16(), header(&answer, "content-type"), header(&answer, "cache-control"));
            assert_eq!(found, (status, kind, cache), "{path}");
            let head = ask(Method::HEAD, path, None).await;
            assert_eq!(head.status(), answer.status(), "{path}");
        }
    }

    #[tokio::test]
    async fn nothing_is_written_here() {
        for path in ["/data/countries", "/api_search?q=x", "/export/kmz/", "/export/advanced-search/net/csv"] {
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
                let answer = ask(method, path, None).await;
                assert_eq!((answer.status().as_u16(), header(&answer, "allow")), (405, "GET,HEAD"), "{path}");
            }
        }
    }

    #[tokio::test]
    async fn a_file_has_its_name_and_a_known_map_is_not_sent_again() {
        let answer = ask(Method::GET, "/export/advanced-search/org/csv?name=Alpha+Org", None).await;
        assert_eq!(header(&answer, "content-disposition"), "attachment; filename=\"advanced_search_export.csv\"");
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(body, "Name,Country,City\r\nAlpha Org,DE,Köln\r\n".as_bytes());

        let map = ask(Method::GET, "/export/kmz/", None).await;
        assert_eq!(header(&map, "last-modified"), "Tue, 02 Jan 2024 03:04:05 GMT");
        let etag = map.headers().get(header::ETAG).cloned();
        assert!(etag.is_some());
        assert_eq!(ask(Method::GET, "/export/kmz/", etag).await.status(), StatusCode::NOT_MODIFIED);
    }
}
