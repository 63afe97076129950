//! Answers from the cache, before anything else is looked at: most requests come again.

use axum::http::Method;
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;

use crate::Api;
use crate::requests::{finish_reply, mark};
use peerage_edge::auth;
use peerage_edge::auth::RequestIdentity;
use peerage_edge::content::{EdgeResponse, ResponseBody};
use peerage_edge::edge::RequestSource;
use peerage_edge::errors::ApiError;
use peerage_edge::prepared::prepared;
use peerage_engine::RegistryState;

/// The caller, or the cached answer to the same request of theirs.
pub enum CallerLookup {
    Now(RequestIdentity),
    Before(EdgeResponse, &'static str),
}

/// Returns the cached answer to a request, or the holder of a key. Most requests come again, so this is done before their
/// paths are looked at.
///
/// # Errors
/// The key has used up its limit.
pub fn early(app: &Api, request: &Parts, source: RequestSource) -> Result<Option<CallerLookup>, ApiError> {
    let state = app.live.state();
    if let Some((reply, route)) = kept_answer(app, &state, request, source) {
        return Ok(Some(CallerLookup::Before(reply, route)));
    }
    if request.method != Method::GET || !auth::shows_key(&request.headers) {
        return Ok(None);
    }
    // Whether a key is refused first, or the path, is decided later.
    let Ok(identity) = auth::identify(app, &state, request, source) else { return Ok(None) };
    remember(app, &state, request, source, identity).map(Some)
}

/// Returns the cached answer to a plain request of an anonymous caller, unless the client still reads too many others.
pub fn kept_answer(
    app: &Api,
    state: &RegistryState,
    request: &Parts,
    source: RequestSource,
) -> Option<(EdgeResponse, &'static str)> {
    let kept = app.recent.get(request, state.snapshot.head())?;
    let answer = prepared(ResponseBody::Whole(kept.body), kept.validator.as_ref());
    let mut answer = app.heavy.hold_short(source.address, answer).ok()?;
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(kept.allow));
    Some((answer, kept.route))
}

/// Returns the cached answer to the same request of the same key, or the caller.
///
/// # Errors
/// The key has used up its limit.
pub fn remember(
    app: &Api,
    state: &RegistryState,
    request: &Parts,
    source: RequestSource,
    identity: RequestIdentity,
) -> Result<CallerLookup, ApiError> {
    let Some(key) = identity.principal.key() else { return Ok(CallerLookup::Now(identity)) };
    let kept = app.recent.get_for(request, key.id.get(), state.snapshot.head());
    let Some(kept) = kept else { return Ok(CallerLookup::Now(identity)) };
    let whole = prepared(ResponseBody::Whole(kept.body), kept.validator.as_ref());
    let Ok(mut answer) = app.heavy.hold_short(source.address, whole) else { return Ok(CallerLookup::Now(identity)) };
    let left = auth::count(app, &identity, request, source)?;
    mark(&mut answer, &identity, kept.allow, left);
    finish_reply(&mut answer, request);
    Ok(CallerLookup::Before(answer, kept.route))
}
