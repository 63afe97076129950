//! The files that mirrors fetch first: `/<resource>-<depth>.json`, as an anonymous caller sees them (spec/read-api.md,
//! 9.4).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Response};
use peerage_registry::Viewer;
use peerage_registry::query::{self, ListQuery, QueryError, QueryParams, QueryWork};
use peerage_schema::Resource;

use crate::Api;
use crate::read::ReadContext;
use peerage_edge::auth::RequestIdentity;
use peerage_edge::content::EdgeResponse;
use peerage_edge::edge::{MatchedRoute, RequestSource};
use peerage_edge::errors::ApiError;
use peerage_edge::heavy::HeavySlot;
use peerage_engine::live::RegistryState;

/// Answers with a dump file. Returns a request for any other file: if the dump files are at the root, it is for
/// something else.
pub async fn answer(app: Arc<Api>, file: &str, request: Request) -> Result<Response<Body>, Request> {
    let Some((resource, depth)) = parse(file) else { return Err(request) };
    let Some(&source) = request.extensions().get::<RequestSource>() else {
        return Ok(ApiError::Internal.into_response());
    };
    Ok(answer_file(&app, (resource, depth), request, source).await)
}

async fn answer_file(
    app: &Arc<Api>,
    (resource, depth): (Resource, u8),
    request: Request,
    source: RequestSource,
) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::MethodNotAllowed(request.method().to_string()).into_response();
    }
    let state = app.live.full();
    let (request, _) = request.into_parts();
    let light = listed(app, &state, &request, source, (resource, depth), QueryWork::light());
    // A long one is made in the pool, too, if there is no slot to hold it until it is sent.
    let too_much = || ApiError::Query(QueryError::TooMuchWork);
    let light = light.and_then(|reply| app.heavy.hold_short(source.address, reply).map_err(|_| too_much()));
    let outcome = match light {
        Err(ApiError::Query(QueryError::TooMuchWork)) => {
            let working = Arc::clone(app);
            let work = move |place: HeavySlot| {
                let full = QueryWork::full(&state.snapshot);
                listed(&working, &state, &request, source, (resource, depth), full).map(|reply| place.hold_reply(reply))
            };
            app.heavy.run_holding(source.address, work).await.flatten()
        }
        outcome => outcome,
    };
    let mut answer = outcome.map_or_else(ApiError::into_response, |reply| reply.map(Body::from));
    // A mirror asks again with the validator, so no cache may treat an old file as fresh.
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    answer.extensions_mut().insert(MatchedRoute("dump"));
    answer
}

/// Returns the listing that a file contains.
fn listed(
    app: &Api,
    state: &RegistryState,
    request: &Parts,
    source: RequestSource,
    (resource, depth): (Resource, u8),
    work: QueryWork,
) -> Result<EdgeResponse, ApiError> {
    let params = QueryParams::parse(&format!("depth={depth}"));
    let viewer = Viewer::Anonymous;
    let nobody = RequestIdentity::anonymous(app, false);
    let wanted = ReadContext::new(app, state, request, &viewer, source, &nobody, work);
    let snapshot = &state.snapshot;
    let ask = ListQuery { snapshot, viewer: &viewer, resource, params: &params, url: "", work: wanted.work() };
    wanted.render(query::dump(&ask, app.environment.now())?)
}

/// Parses a name such as `net-0.json`, with a depth from 0 to 3.
fn parse(file: &str) -> Option<(Resource, u8)> {
    let (tag, depth) = file.strip_suffix(".json")?.rsplit_once('-')?;
    let depth = ["0", "1", "2", "3"].iter().position(|known| *known == depth)? as u8;
    Some((Resource::from_tag(tag)?, depth))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_thirteen_resources_in_four_depths_have_files() {
        assert_eq!(parse("net-0.json"), Some((Resource::Net, 0)));
        assert_eq!(parse("netixlan-3.json"), Some((Resource::Netixlan, 3)));
        for bad in [
            "net-4.json",
            "net.json",
            "net-0.xml",
            "foo-0.json",
            "net--1.json",
            "net-00.json",
            "net-+1.json",
            "-0.json",
            "../net-0.json",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
