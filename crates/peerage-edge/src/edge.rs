//! The outermost layer of each request: finds the client, applies limits, catches panics, and measures.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Request, Response};
use axum::middleware::map_response;
use futures_util::FutureExt;
use futures_util::future::{Either, Ready, ready};
use hyper::body::Incoming;
use peerage_traces::{ServerRequest, Span};
use tower::{Layer, ServiceExt};
use tower_http::compression::{CompressionLayer, CompressionLevel};

use crate::Node;
use crate::arrival::TimedBody;
use crate::auth;
use crate::client::RequestClient;
use crate::connection::Connection;
use crate::connections::ConnectionSlots;
use crate::content::{EdgeResponse, ResponseBody, mark_encoding};
use crate::cookies;
use crate::cookies::CookieName;
use crate::errors::{ApiError, WrongCredential};
use crate::forwarded;
use crate::framing;
use crate::guard;
use crate::heavy::MadeWhileSent;
use crate::logged_path::logged;
use crate::measure::ServerMetrics;
use crate::path::with_single_slashes;
use crate::path_patterns::PathPatterns;
use crate::position;
use crate::position::WantedPosition;
use crate::prepared::{REQUEST_ID, finish, keep_from_shared_caches};
use crate::quota::CredentialHash;
use crate::request_id;
use crate::route::route;
use crate::sending::{LongAnswer, LongAnswers, compress_in_pool, mark_long};
use crate::settings::EdgeSettings;
use crate::survey::HeaderSurvey;

/// How old data can be, in seconds: in answers of a node that has lost contact with its database, and always at `/readyz`.
pub const DATA_AGE: HeaderName = HeaderName::from_static("peerage-data-age");

/// When to try again a request that a node without contact to its database refused.
const STALE_RETRY: Duration = Duration::from_secs(5);

/// The origin of a request, for handlers.
#[derive(Debug, Clone, Copy)]
pub struct RequestSource {
    pub address: IpAddr,
    /// `http` or `https`, as the client used it with the nearest trusted proxy.
    pub scheme: &'static str,
}

impl RequestSource {
    /// Returns the address by which the client reaches this server: `http://host`, without a trailing slash.
    pub fn base_url(&self, settings: &EdgeSettings, parts: &Parts) -> String {
        settings.public_url.clone().unwrap_or_else(|| {
            let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
            let host = host.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str));
            format!("{}://{}", self.scheme, host.unwrap_or("localhost"))
        })
    }
}

/// The ID under which a request is logged, for handlers.
#[derive(Debug, Clone)]
pub struct RequestId(pub HeaderValue);

/// The route that answered, for metrics. The router's handlers set it.
#[derive(Debug, Clone, Copy)]
pub struct MatchedRoute(pub &'static str);

/// Answers requests that need no router and no body, which most requests are.
pub trait FastPath: Send + Sync {
    /// Whether this handles a path.
    fn is_below(&self, path: &str) -> bool;

    /// Answers a request for such a path if that is possible from memory, and returns the request otherwise.
    fn answer(&self, request: Parts, source: RequestSource) -> Result<FastPathResult, Box<Parts>>;
}

/// The result of a request on the fast path: an answer with the route's name for metrics, or a request that would take
/// too long there.
pub enum FastPathResult {
    Now(EdgeResponse, &'static str),
    Later(Pin<Box<dyn Future<Output = (EdgeResponse, &'static str)> + Send>>),
}

/// Everything that surrounds the router.
pub struct Edge {
    app: Arc<Node>,
    fast: Arc<dyn FastPath>,
    patterns: PathPatterns,
    plain: axum::Router,
    compressing: tower_http::compression::Compression<axum::Router>,
    pub places: Arc<ConnectionSlots>,
    /// The number of the next connection.
    connections: AtomicU64,
    /// `Strict-Transport-Security` of every answer over TLS.
    transport_security: Option<HeaderValue>,
    /// The prefix of every request ID of this process.
    instance: String,
}

/// An answer that is ready or is being made.
pub type PendingResponse = Either<Ready<EdgeResponse>, Pin<Box<dyn Future<Output = EdgeResponse> + Send>>>;

/// What is kept of a request until its answer is sent.
struct RequestTrace {
    begun: Instant,
    request_id: HeaderValue,
    method: Method,
    source: RequestSource,
    path: Option<String>,
    /// The kind of the credential, for metrics.
    kind: &'static str,
    /// The credential of the request. Refusals are counted for it.
    credential: Option<CredentialHash>,
    survey: HeaderSurvey,
    /// Whether the connection is closed after this request.
    closes: bool,
    span: Span,
}

impl Edge {
    /// Makes the edge. `instance` is random and begins the request IDs of this process.
    pub fn new(
        app: Arc<Node>,
        fast: Arc<dyn FastPath>,
        router: axum::Router,
        patterns: PathPatterns,
        instance: String,
    ) -> Edge {
        let layer = CompressionLayer::new().quality(CompressionLevel::Fastest);
        Edge {
            compressing: layer.layer(router.clone().layer(map_response(mark_long))),
            plain: router,
            places: ConnectionSlots::new(&app.settings.limits, &app.settings.trusted_proxies),
            connections: AtomicU64::new(0),
            transport_security: {
                let text = &app.settings.transport_security;
                (!text.is_empty()).then(|| HeaderValue::from_str(text).ok()).flatten()
            },
            app,
            fast,
            patterns,
            instance,
        }
    }

    /// Returns a number that no other connection of this process has.
    pub fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the long answers that are being sent.
    pub fn long_answers(&self) -> Arc<LongAnswers> {
        Arc::clone(&self.app.long_answers)
    }

    pub fn measures(&self) -> &ServerMetrics {
        &self.app.measures
    }

    /// Answers a request, at once if the answer is in memory, as most are. A panic is answered with 500 and ends
    /// nothing else.
    pub fn answer(self: &Arc<Self>, request: Request<Incoming>, connection: &Connection) -> PendingResponse {
        let begun = Instant::now();
        let (mut parts, body) = request.into_parts();
        if let Some(uri) = with_single_slashes(&parts.uri) {
            parts.uri = uri;
        }
        let source = forwarded::source(&self.app.settings.trusted_proxies, &parts.headers, connection.peer);
        let survey = HeaderSurvey::of(&parts.headers);
        let shown = if survey.authorizations > 0 { auth::shown(&parts.headers) } else { ("other", None) };
        let request_id = request_id::of(&self.instance, &parts.headers, survey, connection);
        let trace = RequestTrace {
            begun,
            span: self.span(&parts, connection.peer.ip(), source, &request_id),
            request_id,
            method: parts.method.clone(),
            source,
            // Only needed for the log, which skips reads at its default level.
            path: tracing::enabled!(tracing::Level::DEBUG).then(|| logged(&self.patterns, parts.uri.path())),
            kind: shown.0,
            credential: if survey.may_have_credential() { self.presented(&parts, source, shown.1) } else { None },
            survey,
            closes: connection.is_reserve,
        };
        if let Some(error) = self.refuse(&parts, &trace) {
            return Either::Left(ready(self.finish(trace, error.into_reply(), "refused")));
        }
        if !survey.has_position && !survey.has_cookie {
            return self.answer_current(trace, parts, body);
        }
        let is_secure = cookies::is_secure(&self.app.settings, source);
        let wanted = match WantedPosition::of(&parts.headers, &self.app.server_key, is_secure) {
            Ok(wanted) => wanted.filter(|wanted| !wanted.is_reached(&self.app.live)),
            Err(error) => return Either::Left(ready(self.finish(trace, error.into_reply(), "refused"))),
        };
        let Some(wanted) = wanted else { return self.answer_current(trace, parts, body) };
        let edge = Arc::clone(self);
        Either::Right(Box::pin(async move {
            let ready = trace.span.within(edge.app.waiters.wait(&edge.app.live, wanted, source.address)).await;
            match ready {
                Ok(()) => edge.answer_current(trace, parts, body).await,
                Err(error) => edge.finish(trace, error.into_reply(), "refused"),
            }
        }))
    }

    /// Answers from the state that this node has.
    fn answer_current(self: &Arc<Self>, trace: RequestTrace, parts: Parts, body: Incoming) -> PendingResponse {
        let source = trace.source;
        let is_below = self.fast.is_below(parts.uri.path());
        let mut parts = parts;
        if is_below && !trace.survey.has_accept_encoding {
            // This is the handler that the router would call, without the cost of routing. Most requests take this
            // path.
            let handler = AssertUnwindSafe(|| {
                let _entered = trace.span.handle().enter();
                self.fast.answer(parts, source)
            });
            let answer = std::panic::catch_unwind(handler).unwrap_or_else(|panic| {
                Ok(FastPathResult::Now(self.panicked(panic.as_ref()).map(ResponseBody::Other), "other"))
            });
            match answer {
                Ok(FastPathResult::Now(reply, route)) => return Either::Left(ready(self.finish(trace, reply, route))),
                Ok(FastPathResult::Later(waiting)) => {
                    let edge = Arc::clone(self);
                    return Either::Right(Box::pin(async move {
                        let worked = trace.span.within(AssertUnwindSafe(waiting).catch_unwind()).await;
                        let (reply, route) = worked
                            .unwrap_or_else(|panic| (edge.panicked(panic.as_ref()).map(ResponseBody::Other), "other"));
                        edge.finish(trace, reply, route)
                    }));
                }
                Err(returned) => parts = *returned,
            }
        }
        // Programs that send no cookies get none.
        let keeps_cookies = trace.survey.has_cookie || !is_below;
        let to_browser = keeps_cookies.then(|| cookies::is_secure(&self.app.settings, source));
        let mut request = Request::from_parts(parts, Body::new(TimedBody::new(body, &self.app.settings.limits)));
        request.extensions_mut().insert(source);
        request.extensions_mut().insert(RequestId(trace.request_id.clone()));
        let edge = Arc::clone(self);
        Either::Right(Box::pin(async move {
            let (mut answer, written) = trace.span.within(peerage_engine::written::observed(edge.route(request))).await;
            if let Some(head) = written {
                position::announce(answer.headers_mut(), &edge.app.server_key, head, to_browser);
            }
            let route = answer.extensions().get::<MatchedRoute>().map_or("other", |route| route.0);
            edge.finish(trace, answer.map(ResponseBody::Other), route)
        }))
    }

    /// Adds to each answer what all answers have, and measures it.
    fn finish(&self, trace: RequestTrace, mut answer: EdgeResponse, route: &'static str) -> EdgeResponse {
        if matches!(answer.status().as_u16(), 401 | 403) {
            answer = self.count_refusal(&trace, answer);
        }
        let headers = answer.headers_mut();
        mark_encoding(headers);
        if trace.survey.has_position && is_safe(&trace.method) {
            keep_from_shared_caches(headers);
        }
        finish(headers);
        if let Some(security) = &self.transport_security
            && cookies::is_secure(&self.app.settings, trace.source)
        {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, security.clone());
        }
        if let Some(age) = self.app.staleness() {
            headers.insert(DATA_AGE, HeaderValue::from(age.as_secs()));
        }
        let (status, took) = (answer.status().as_u16(), trace.begun.elapsed());
        self.app.measures.answered(route, &trace.method, status, took);
        trace.span.answered(status);
        if let Some(path) = trace.path {
            let request_id = trace.request_id.to_str().unwrap_or_default();
            let (method, client, duration_us) = (trace.method, trace.source.address, took.as_micros() as u64);
            tracing::debug!(request.id = request_id, %method, path, status, duration_us, %client, "answered");
        }
        answer.headers_mut().insert(REQUEST_ID, trace.request_id);
        if trace.closes {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let is_made_later = answer.extensions_mut().remove::<MadeWhileSent>().is_some();
        let Some(long) = answer.extensions_mut().get_mut::<LongAnswer>() else { return answer };
        long.client = Some(RequestClient::of(trace.source.address).own());
        let heavy = &self.app.heavy;
        let paced =
            |body: Body| if is_made_later { heavy.piecewise(trace.source.address, body) } else { heavy.paced(body) };
        answer.map(|content| ResponseBody::Other(paced(content.into())))
    }

    /// Counts a refusal for the credential that was sent, and a wrong credential also for its client. A client that has
    /// guessed too often gets that error instead of the refusal; callers with a valid credential are not affected.
    fn count_refusal(&self, trace: &RequestTrace, answer: EdgeResponse) -> EdgeResponse {
        let Some(credential) = trace.credential else { return answer };
        let (refusals, now) = (&self.app.quotas.refusals, Instant::now());
        if answer.extensions().get::<WrongCredential>().is_none() {
            refusals.note(credential, now);
            return answer;
        }
        self.app.measures.checked(trace.kind, false);
        match refusals.check_guess(trace.source.address, now) {
            Ok(()) => {
                // Who guesses more often is counted, and fills no log.
                let (request_id, client) = (trace.request_id.to_str().unwrap_or_default(), trace.source.address);
                tracing::info!(request.id = request_id, %client, kind = trace.kind, "credentials refused");
                refusals.note_guess(trace.source.address, credential, now);
                answer
            }
            Err(wait) => {
                self.app.measures.throttled();
                ApiError::RefusedTooOften { wait }.into_reply()
            }
        }
    }

    /// Begins the span of a request. Anyone can send `traceparent`, so it only counts from a trusted proxy.
    fn span(&self, parts: &Parts, peer: IpAddr, source: RequestSource, id: &HeaderValue) -> Span {
        if !peerage_traces::is_on() {
            return Span::none();
        }
        let is_trusted = forwarded::is_proxy(&self.app.settings.trusted_proxies, peer);
        let sent = parts.headers.get("traceparent").filter(|_| is_trusted);
        Span::server(ServerRequest {
            method: parts.method.as_str(),
            route: route(&self.patterns, parts.uri.path()),
            scheme: source.scheme,
            id: id.to_str().unwrap_or_default(),
            traceparent: sent.and_then(|sent| sent.to_str().ok()),
        })
    }

    /// Returns the credential of a request: `shown` is the one in its header. The session of a browser does not count if another site's page sent the
    /// request, because that page must not cause limits for the person.
    fn presented(&self, request: &Parts, source: RequestSource, shown: Option<&[u8]>) -> Option<CredentialHash> {
        let refusals = &self.app.quotas.refusals;
        let headers = &request.headers;
        if let Some(shown) = shown {
            return Some(refusals.presented(shown));
        }
        if !headers.contains_key(header::COOKIE) {
            return None;
        }
        let settings = &self.app.settings;
        let session = cookies::read(headers, CookieName::Session, cookies::is_secure(settings, source))?;
        let is_from_here = guard::comes_from_here(headers, settings.public_url.as_deref());
        is_from_here.then(|| refusals.presented(session.as_bytes()))
    }

    /// Whether a request has any credential, even one that does not count.
    fn has_credential(&self, request: &Parts, source: RequestSource) -> bool {
        let headers = &request.headers;
        let is_secure = cookies::is_secure(&self.app.settings, source);
        headers.contains_key(header::AUTHORIZATION)
            || (headers.contains_key(header::COOKIE)
                && cookies::read(headers, CookieName::Session, is_secure).is_some())
    }

    /// Whether a credential cannot be checked, because this node's server key is older than that of another node.
    fn needs_other_version(&self, request: &Parts, source: RequestSource) -> bool {
        auth::needs_other_version(&self.app, &self.app.live.full().people, &request.headers, source)
    }

    async fn route(&self, request: Request<Body>) -> Response<Body> {
        let wants_encoding = request.headers().contains_key(header::ACCEPT_ENCODING);
        let answered = if wants_encoding {
            let service = self.compressing.clone();
            AssertUnwindSafe(async move {
                service.oneshot(request).await.map(|answer| compress_in_pool(answer.map(Body::new)))
            })
            .catch_unwind()
            .await
        } else {
            AssertUnwindSafe(self.plain.clone().oneshot(request)).catch_unwind().await
        };
        match answered {
            Ok(Ok(answer)) => answer,
            Ok(Err(never)) => match never {},
            Err(panic) => self.panicked(panic.as_ref()),
        }
    }

    fn panicked(&self, panic: &(dyn std::any::Any + Send)) -> Response<Body> {
        self.app.measures.panicked();
        // A formatted text may contain data of the request. The panic hook logs the location.
        let what =
            panic.downcast_ref::<&str>().copied().unwrap_or("details withheld: they may hold data of the request");
        tracing::error!(panic = what, "internal error: a request panicked");
        ApiError::Internal.into_response()
    }

    /// Refuses a request that is too large, or one too many. Probes always pass.
    fn refuse(&self, request: &Parts, trace: &RequestTrace) -> Option<ApiError> {
        let limits = &self.app.settings.limits;
        if request.uri.query().is_some_and(|query| query.len() > limits.query_bytes_max) {
            return Some(ApiError::UriTooLong { max: limits.query_bytes_max });
        }
        if trace.survey.bytes > limits.header_bytes_max {
            return Some(ApiError::HeadersTooLarge { max: limits.header_bytes_max });
        }
        if let Some(error) = framing::fault(request, &trace.survey) {
            return Some(error);
        }
        // Whichever of the two was used, it might not be the one that was meant.
        if trace.survey.authorizations > 1 {
            return Some(ApiError::BadRequestEarly("More than one Authorization header was sent. Send only one."));
        }
        if matches!(request.uri.path(), "/healthz" | "/readyz" | "/healthcheck" | "/metrics") {
            return None;
        }
        if trace.closes {
            return Some(ApiError::Busy { what: "connections", wait: Duration::from_secs(5) });
        }
        if self.app.live.readiness.is_damaged() {
            return Some(ApiError::Damaged);
        }
        let has_credential = trace.survey.may_have_credential() && self.has_credential(request, trace.source);
        let is_read = is_safe(&request.method);
        if (!is_read || has_credential) && !self.app.is_current() {
            return Some(ApiError::Stale { wait: STALE_RETRY });
        }
        if (!is_read && self.app.server_key.is_behind())
            || (has_credential
                && self.app.server_key.is_incomplete()
                && self.needs_other_version(request, trace.source))
        {
            return Some(ApiError::OldServerKey);
        }
        let refused = trace.credential.map_or(Ok(()), |shown| self.app.quotas.refusals.check(shown, trace.begun));
        if let Err(wait) = refused {
            self.app.measures.throttled();
            return Some(ApiError::RefusedTooOften { wait });
        }
        self.app.quotas.requests.check(trace.source.address).err().map(|wait| {
            self.app.measures.throttled();
            ApiError::Throttled { wait }
        })
    }
}

/// Whether the method changes nothing.
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}
