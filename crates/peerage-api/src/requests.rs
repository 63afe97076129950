//! The REST API under `/api`.
//!
//! Clients depend on the order of checks (spec/write-api.md, 1): credentials, path, `Accept`, method, the form of the
//! authorization, the client's version, and then the query or change itself.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};
use axum::routing::any;
use axum::{Extension, Router};
use peerage_registry::ids::OrgId;
use peerage_registry::query::{QueryError, QueryParams, QueryWork};
use peerage_schema::Resource;
use percent_encoding::percent_decode_str;

use crate::Api;
use crate::early::{CallerLookup, early, kept_answer, remember};
use crate::endpoints::{AnswerForm, ApiEndpoint, ApiHandler};
use crate::password_check::check_password;
use crate::paths::FoundPath;
use crate::preflight::{is_preflight, preflight};
use crate::read::ReadContext;
use crate::{change, if_match, manage, options, paths};
use peerage_edge::auth;
use peerage_edge::auth::RequestIdentity;
use peerage_edge::content::{EdgeResponse, ResponseBody, takes_json};
use peerage_edge::edge::{FastPath, FastPathResult, MatchedRoute, RequestSource, is_safe};
use peerage_edge::errors::{AUTH_ID, ApiError};
use peerage_edge::heavy::HeavySlot;
use peerage_edge::prepared::{AUTH_STATUS, finish_api, prepared};
use peerage_edge::quota::QuotaLeft;
use peerage_edge::{body, caller};
use peerage_engine::live::RegistryState;
use peerage_engine::object::ObjectChange;

/// Routes the requests under `/api/`, which [`crate::paths`] matches.
pub fn routes() -> Router<Arc<Api>> {
    Router::new().route("/api/", any(handle)).route("/api/{*path}", any(handle))
}

/// Redirects from `/api` to `/api/`.
pub async fn redirect(request: Request) -> Response<Body> {
    moved(StatusCode::MOVED_PERMANENTLY, "/api/", request.uri().query()).map(Body::from)
}

/// Redirects elsewhere with the same query.
fn moved(status: StatusCode, path: &str, query: Option<&str>) -> EdgeResponse {
    let target = query.map_or(path.to_owned(), |query| format!("{path}?{query}"));
    let mut answer = Response::new(ResponseBody::Other(Body::empty()));
    *answer.status_mut() = status;
    let location = HeaderValue::from_str(&target).unwrap_or(HeaderValue::from_static("/api/"));
    answer.headers_mut().insert(header::LOCATION, location);
    answer
}

/// Whether the path belongs to the API.
pub fn is_below(path: &str) -> bool {
    path.starts_with("/api/")
}

/// Returns the path of a request with escaped characters decoded.
fn spelled(request: &Parts) -> Cow<'_, str> {
    percent_decode_str(request.uri.path()).decode_utf8_lossy()
}

/// Whether a request is answered from memory alone, as most are. Others read a body, hash a password or query the
/// store.
fn is_in_memory(request: &Parts, found: Option<&FoundPath<'_>>) -> bool {
    is_safe(&request.method)
        && !auth::shows_password(&request.headers)
        && !found.is_some_and(|found| found.path.is_managed())
        && !manage::shows_key(request)
}

async fn handle(
    State(app): State<Arc<Api>>,
    Extension(source): Extension<RequestSource>,
    request: Request,
) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    if auth::shows_password(&parts.headers) {
        let outcome = check_password(&app, &parts, source).await;
        parts.extensions.insert(outcome);
    }
    let lookup = {
        let path = spelled(&parts);
        let found = paths::find(&path);
        let is_quick = is_in_memory(&parts, found.as_ref()) || is_preflight(&parts);
        is_quick.then(|| answer(&app, &parts, source, found.as_ref(), None))
    };
    let (reply, route) = match lookup {
        Some(Ok(FastResult::Done(reply, route))) => (reply, route),
        Some(Ok(FastResult::Heavy(waiting))) => answer_later(&app, parts, source, waiting).await,
        Some(Err(refusal)) => answer_again(&app, parts, source, refusal).await,
        None => {
            if auth::is_unknown_key(&app, &app.live.full().people, &parts.headers) {
                app.credential_waiters.catch_up(&app.live, source.address).await;
            }
            let (mut reply, route) =
                slow(&app, &parts, body, source).await.unwrap_or_else(|error| (error.into_reply(), "other"));
            finish_reply(&mut reply, &parts);
            (reply, route)
        }
    };
    let mut answer = reply.map(Body::from);
    answer.extensions_mut().insert(MatchedRoute(route));
    answer
}

/// The result of a request within the work that other requests may wait for.
enum FastResult {
    Done(EdgeResponse, &'static str),
    Heavy(Box<HeavyRequest>),
}

/// Answers the API's requests that need no router.
pub struct ApiFastPath(pub Arc<Api>);

impl FastPath for ApiFastPath {
    fn is_below(&self, path: &str) -> bool {
        is_below(path)
    }

    fn answer(&self, request: Parts, source: RequestSource) -> Result<FastPathResult, Box<Parts>> {
        let lookup = match early(&self.0, &request, source) {
            Ok(Some(CallerLookup::Before(reply, route))) => return Ok(FastPathResult::Now(reply, route)),
            Err(refusal) => Some(Err(refusal)),
            Ok(caller) => {
                let path = spelled(&request);
                let found = paths::find(&path);
                let is_quick = is_in_memory(&request, found.as_ref());
                is_quick.then(|| answer(&self.0, &request, source, found.as_ref(), caller))
            }
        };
        match lookup {
            None => Err(Box::new(request)),
            Some(Ok(FastResult::Done(reply, route))) => Ok(FastPathResult::Now(reply, route)),
            Some(Ok(FastResult::Heavy(waiting))) => {
                let api = Arc::clone(&self.0);
                Ok(FastPathResult::Later(Box::pin(async move { answer_later(&api, request, source, waiting).await })))
            }
            Some(Err(refusal)) => {
                let api = Arc::clone(&self.0);
                Ok(FastPathResult::Later(Box::pin(async move { answer_again(&api, request, source, refusal).await })))
            }
        }
    }
}

/// A request that was counted and allowed, but not answered yet.
struct HeavyRequest {
    state: Arc<RegistryState>,
    identity: RequestIdentity,
    left: Option<QuotaLeft>,
}

/// Answers a request below `/api/` from memory, if that is quick. `caller` is who [`early`] has found.
///
/// # Errors
/// The credentials are refused.
fn answer(
    app: &Api,
    request: &Parts,
    source: RequestSource,
    found: Option<&FoundPath<'_>>,
    caller: Option<CallerLookup>,
) -> Result<FastResult, ApiError> {
    let state = app.live.state();
    let caller = match caller {
        Some(caller) => caller,
        None if is_preflight(request) => {
            let mut answer = preflight();
            finish_reply(&mut answer, request);
            CallerLookup::Before(answer, "other")
        }
        None => match kept_answer(app, &state, request, source) {
            Some((answer, route)) => CallerLookup::Before(answer, route),
            None => remember(app, &state, request, source, auth::identify(app, &state, request, source)?)?,
        },
    };
    let identity = match caller {
        CallerLookup::Before(answer, route) => return Ok(FastResult::Done(answer, route)),
        CallerLookup::Now(identity) => identity,
    };
    let (mut answer, route) = match answer_light(app, &state, request, source, &identity, found) {
        LightResult::Done(reply, route) => (reply, route),
        LightResult::Heavy(left) => {
            let state = Arc::clone(&state);
            return Ok(FastResult::Heavy(Box::new(HeavyRequest { state, identity, left })));
        }
    };
    finish_reply(&mut answer, request);
    Ok(FastResult::Done(answer, route))
}

/// Answers a request whose credentials were refused. If it shows a key that this node does not know, the node catches up
/// first and looks once more.
async fn answer_again(
    app: &Arc<Api>,
    request: Parts,
    source: RequestSource,
    refusal: ApiError,
) -> (EdgeResponse, &'static str) {
    let mut result = Err(refusal);
    if auth::is_unknown_key(app, &app.live.full().people, &request.headers) {
        app.credential_waiters.catch_up(&app.live, source.address).await;
        let path = spelled(&request);
        result = answer(app, &request, source, paths::find(&path).as_ref(), None);
    }
    match result {
        Ok(FastResult::Done(reply, route)) => (reply, route),
        Ok(FastResult::Heavy(waiting)) => answer_later(app, request, source, waiting).await,
        Err(refusal) => {
            let mut reply = refusal.into_reply();
            finish_reply(&mut reply, &request);
            (reply, "other")
        }
    }
}

/// Answers a request that takes longer, in turn and on another thread.
async fn answer_later(
    app: &Arc<Api>,
    request: Parts,
    source: RequestSource,
    waiting: Box<HeavyRequest>,
) -> (EdgeResponse, &'static str) {
    let working = Arc::clone(app);
    let work = move |place: HeavySlot| {
        let HeavyRequest { state, identity, left } = *waiting;
        let (mut reply, route) = answer_fully(&working, &state, &request, source, &identity, left);
        finish_reply(&mut reply, &request);
        (place.hold_reply(reply), route)
    };
    app.heavy.run_holding(source.address, work).await.unwrap_or_else(|error| (error.into_reply(), "other"))
}

pub fn finish_reply(answer: &mut EdgeResponse, request: &Parts) {
    let origin = request.headers.get(header::ORIGIN);
    let is_readable = matches!(request.method, Method::GET | Method::OPTIONS);
    let headers = answer.headers_mut();
    if let Some(origin) = origin.filter(|_| is_readable) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    finish_api(headers, request);
}

/// The result of a request within the work that other requests may wait for.
enum LightResult {
    Done(EdgeResponse, &'static str),
    Heavy(Option<QuotaLeft>),
}

fn answer_light(
    app: &Api,
    state: &RegistryState,
    request: &Parts,
    source: RequestSource,
    identity: &RequestIdentity,
    found: Option<&FoundPath<'_>>,
) -> LightResult {
    let (mut is_heavy, mut counted) = (false, None);
    let (reply, route) = answered(found, identity, None, |found, left| {
        *left = auth::count(app, identity, request, source)?;
        counted = *left;
        let outcome = respond(app, state, request, source, identity, found, QueryWork::light());
        is_heavy = matches!(outcome, Err(ApiError::Query(QueryError::TooMuchWork)));
        outcome
    });
    if is_heavy {
        return LightResult::Heavy(counted);
    }
    match app.heavy.hold_short(source.address, reply) {
        Ok(reply) => LightResult::Done(reply, route),
        Err(_) => LightResult::Heavy(counted),
    }
}

/// Answers with the full work that a request may cost. The request was counted before.
fn answer_fully(
    app: &Api,
    state: &RegistryState,
    request: &Parts,
    source: RequestSource,
    identity: &RequestIdentity,
    left: Option<QuotaLeft>,
) -> (EdgeResponse, &'static str) {
    let path = spelled(request);
    answered(paths::find(&path).as_ref(), identity, left, |found, _| {
        respond(app, state, request, source, identity, found, QueryWork::full(&state.snapshot))
    })
}

/// Returns the answer that `respond` gives to a path, with the headers that all answers have.
fn answered(
    found: Option<&FoundPath<'_>>,
    identity: &RequestIdentity,
    mut left: Option<QuotaLeft>,
    respond: impl FnOnce(&FoundPath<'_>, &mut Option<QuotaLeft>) -> Result<EdgeResponse, ApiError>,
) -> (EdgeResponse, &'static str) {
    let Some(found) = found else { return (ApiError::NotFound.into_reply(), "not found") };
    let mut answer = respond(found, &mut left).unwrap_or_else(ApiError::into_reply);
    mark(&mut answer, identity, found.allow(), left);
    (answer, found.path.measure())
}

fn respond(
    app: &Api,
    state: &RegistryState,
    request: &Parts,
    source: RequestSource,
    identity: &RequestIdentity,
    found: &FoundPath<'_>,
    work: QueryWork,
) -> Result<EdgeResponse, ApiError> {
    let allow = found.allow();
    admit(request, identity, found, allow)?;
    let viewer = identity.principal.viewer();
    let context = ReadContext::new(app, state, request, &viewer, source, identity, work);
    if request.method == Method::OPTIONS {
        return Ok(options::describe(&found.title()));
    }
    let Some(ApiEndpoint { handler: ApiHandler::Read(handler), .. }) = found.path.endpoint(&request.method) else {
        return Err(ApiError::MethodNotAllowed("GET".to_owned()));
    };
    handler(&context, &found.values).inspect(|answer| context.keep(answer, allow, found.path.measure()))
}

/// Adds the headers of answers to identified callers.
pub fn mark(answer: &mut EdgeResponse, identity: &RequestIdentity, allow: &'static str, left: Option<QuotaLeft>) {
    let headers = answer.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static(allow));
    if let Some(id) = identity.auth_id() {
        headers.insert(AUTH_ID, id);
    }
    if identity.is_logged_in() {
        headers.insert(AUTH_STATUS, HeaderValue::from_static("authenticated"));
    }
    if let Some(left) = left {
        headers.insert(header::HeaderName::from_static("x-ratelimit-limit"), left.limit.into());
        headers.insert(header::HeaderName::from_static("x-ratelimit-remaining"), left.remaining.into());
    }
}

/// Checks what comes before the query: format, `Accept`, method, the form of the authorization, the client.
fn admit(request: &Parts, identity: &RequestIdentity, found: &FoundPath<'_>, allow: &str) -> Result<(), ApiError> {
    if found.values.is_other_format() || (found.takes_format() && asks_for_another_format(request)) {
        return Err(ApiError::NotFound);
    }
    let answer = found.path.answer();
    if !takes_json(&request.headers) && answer != AnswerForm::Events {
        return Err(ApiError::NotAcceptable);
    }
    let method = &request.method;
    if !allow.split(", ").any(|allowed| allowed == method.as_str()) {
        return Err(if is_safe(method) || !matches!(answer, AnswerForm::AsSets | AnswerForm::AsSet) {
            ApiError::MethodNotAllowed(method.as_str().to_owned())
        } else if identity.is_logged_in() {
            ApiError::NotYours { is_logged_in: true }
        } else {
            ApiError::CredentialsMissing
        });
    }
    auth::check_form(&request.headers, identity)?;
    auth::check_client(&request.headers)
}

/// Answers requests that need a body, the store or external services.
async fn slow(
    app: &Arc<Api>,
    request: &Parts,
    body: Body,
    source: RequestSource,
) -> Result<(EdgeResponse, &'static str), ApiError> {
    let state = app.live.full();
    let identity = auth::identify(app, &state, request, source)?;
    let path = spelled(request);
    let Some(found) = paths::find(&path) else { return Ok((ApiError::NotFound.into_reply(), "not found")) };
    // Safe methods change nothing on any path: an OPTIONS of an action does not run it.
    if is_safe(&request.method) && !found.path.is_managed() {
        return Ok(match answer_light(app, &state, request, source, &identity, Some(&found)) {
            LightResult::Done(reply, route) => (reply, route),
            LightResult::Heavy(left) => {
                let waiting = Box::new(HeavyRequest { state, identity, left });
                answer_later(app, request.clone(), source, waiting).await
            }
        });
    }
    let allow = found.allow();
    let mut left = None;
    let result = perform(app, &state, request, body, source, &identity, &found, &mut left).await;
    let mut answer = result.unwrap_or_else(ApiError::into_reply);
    mark(&mut answer, &identity, allow, left);
    Ok((answer, found.path.measure()))
}

#[expect(clippy::too_many_arguments, reason = "everything that is known of one request")]
async fn perform(
    app: &Arc<Api>,
    state: &Arc<RegistryState>,
    request: &Parts,
    body: Body,
    source: RequestSource,
    identity: &RequestIdentity,
    found: &FoundPath<'_>,
    left: &mut Option<QuotaLeft>,
) -> Result<EdgeResponse, ApiError> {
    *left = auth::count(app, identity, request, source)?;
    if !is_safe(&request.method) {
        let writes = app.count_write(&identity.principal, source)?;
        *left = left.or(writes);
    }
    admit(request, identity, found, found.allow())?;
    let row = found.path.endpoint(&request.method);
    if found.path.is_managed() {
        return manage::answer(app, state, found, row, request, body, identity, source).await;
    }
    if identity.principal.is_anonymous() {
        return Err(ApiError::CredentialsMissing);
    }
    if request.method == Method::PATCH {
        return Err(ApiError::Forbidden);
    }
    let (resource, action) = match row.map(|row| &row.handler) {
        Some(ApiHandler::Change(change)) => change(&found.values)?,
        Some(ApiHandler::Logo) => {
            let (kind, id) = (found.values.text("kind"), found.values.id());
            return manage::logos::answer(app, kind, id, request, body, identity, source).await;
        }
        _ => return Err(ApiError::MethodNotAllowed(request.method.as_str().to_owned())),
    };
    let bytes = if action.takes_body() { body::collect(app, body).await? } else { bytes::Bytes::new() };
    let caller = caller::of(identity, &state.people, request, source);
    let caller = caller::with_retry(caller, request, &bytes)?;
    let body = if action.takes_body() {
        body::read(app, request, &bytes).await?
    } else {
        peerage_registry::rules::RequestBody::default()
    };
    let object = action.id().and_then(|id| id.parse().ok()).map(|id| (resource, id));
    let required = if_match::required(app, state, request, object).await?;
    let change = ObjectChange { resource, action, body };
    let change_request = change::ChangeRequest { change, required, caller, is_logged_in: identity.is_logged_in() };
    change::make(app, change_request, request).await
}

/// Redirects to the caller's own object: the first live one of their organization, or the default for callers without
/// one.
pub fn own(context: &ReadContext<'_>, resource: Resource) -> Result<EdgeResponse, ApiError> {
    let snapshot = &context.state.snapshot;
    let org = context.own_organization().map(OrgId::get);
    let first_live = |org| {
        let rows = snapshot.pointing(resource.table().columns.org_id?, org);
        rows.iter().copied().find(|id| snapshot.row(resource, *id).is_some_and(|row| snapshot.is_live(resource, row)))
    };
    let owned = org.and_then(|org| if resource == Resource::Org { Some(org) } else { first_live(org) });
    let id = owned.or(resource.table().own_default).ok_or(ApiError::NotFound)?;
    let is_live = snapshot.row(resource, id).is_some_and(|row| snapshot.is_live(resource, row));
    let path = format!("/api/{}/{id}", resource.tag());
    if is_live { Ok(moved(StatusCode::FOUND, &path, context.request.uri.query())) } else { Err(ApiError::NotFound) }
}

/// Whether the request names a format other than JSON.
fn asks_for_another_format(request: &Parts) -> bool {
    let query = request.uri.query().filter(|query| query.contains("format"));
    query.is_some_and(|query| QueryParams::parse(query).last("format").is_some_and(|format| format != "json"))
}

/// A JSON answer without a validator.
pub fn json(body: impl Into<ResponseBody>) -> EdgeResponse {
    prepared(body.into(), None)
}
