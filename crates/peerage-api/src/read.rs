//! Reads: lists, objects, searches and other answers from the snapshot.

use std::cell::Cell;

use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use peerage_engine::RegistryState;
use peerage_registry::ids::OrgId;
use peerage_registry::query::{self, ListQuery, QueryParams, QueryResponse, QueryWork};
use peerage_registry::{ListingFrames, Viewer};
use peerage_schema::Resource;

use crate::Api;
use crate::recent::CachedResponse;
use peerage_edge::auth::RequestIdentity;
use peerage_edge::content::{EdgeResponse, ResponseBody, SharedPieces, StreamedBody, matching_etag, takes_gzip};
use peerage_edge::edge::RequestSource;
use peerage_edge::errors::ApiError;
use peerage_edge::heavy::MadeWhileSent;
use peerage_edge::prepared::{etag, mark_position, prepared};
use peerage_edge::sending::LongAnswer;

/// A request that was checked and may be answered.
pub struct ReadContext<'a> {
    pub app: &'a Api,
    /// The one state from which the whole answer is made.
    pub state: &'a RegistryState,
    pub request: &'a Parts,
    pub viewer: &'a Viewer,
    pub source: RequestSource,
    identity: &'a RequestIdentity,
    /// What the request may cost on this thread.
    work: QueryWork,
    /// Whether the answer depends on the address by which the client reaches this server.
    knows_base_url: Cell<bool>,
}

impl<'a> ReadContext<'a> {
    pub fn new(
        app: &'a Api,
        state: &'a RegistryState,
        request: &'a Parts,
        viewer: &'a Viewer,
        source: RequestSource,
        identity: &'a RequestIdentity,
        work: QueryWork,
    ) -> ReadContext<'a> {
        ReadContext { app, state, request, viewer, source, identity, work, knows_base_url: Cell::new(false) }
    }

    /// Returns the caller's organization: a key's own, or the first that a person belongs to.
    pub fn own_organization(&self) -> Option<OrgId> {
        let principal = &self.identity.principal;
        let of_key = principal.key().and_then(|key| key.org);
        let of_user = || self.state.people.memberships_of(principal.user()?).next().map(|member| member.org);
        of_key.or_else(of_user)
    }

    /// Returns for whom answers are cached: 0 is everyone without credentials, other numbers are keys. `None` means no
    /// cache.
    fn kept_for(&self) -> Option<u32> {
        let principal = &self.identity.principal;
        if principal.is_anonymous() { Some(0) } else { principal.key().map(|key| key.id.get()) }
    }

    /// The search that keys may use (spec/read-api.md, 12).
    pub fn search(&self) -> Result<EdgeResponse, ApiError> {
        if self.identity.principal.is_anonymous() {
            return Err(ApiError::KeyMissing);
        }
        let query = self.request.uri.query().unwrap_or_default();
        Ok(crate::tools::api_search(&self.state.snapshot, query, &self.work)?)
    }

    /// Returns what the request may cost on this thread.
    pub fn work(&self) -> &QueryWork {
        &self.work
    }

    /// Returns the address by which the client reaches this server.
    pub fn base_url(&self) -> String {
        self.knows_base_url.set(true);
        self.source.base_url(&self.app.settings, self.request)
    }

    /// Reads the query string.
    pub fn params(&self) -> Result<QueryParams, ApiError> {
        let query = self.request.uri.query().unwrap_or_default();
        let params = QueryParams::parse(query);
        let max = self.app.settings.limits.query_params_max;
        if params.len() > max {
            return Err(ApiError::BadRequest(format!("Too many parameters; at most {max} are allowed.")));
        }
        Ok(params)
    }

    pub fn list(&self, resource: Resource) -> Result<EdgeResponse, ApiError> {
        let params = self.params()?;
        let path = self.request.uri.path();
        let url = if params.has("page") { format!("{}{path}", self.base_url()) } else { String::new() };
        let ask = ListQuery {
            snapshot: &self.state.snapshot,
            viewer: self.viewer,
            resource,
            params: &params,
            url: &url,
            work: &self.work,
        };
        self.render(query::list(&ask)?)
    }

    pub fn object(&self, resource: Resource, id: &str) -> Result<EdgeResponse, ApiError> {
        let params = self.params()?;
        let ask = ListQuery {
            snapshot: &self.state.snapshot,
            viewer: self.viewer,
            resource,
            params: &params,
            url: "",
            work: &self.work,
        };
        let mut answer = self.render(query::object(&ask, id)?)?;
        mark_position(&mut answer, self.state);
        Ok(answer)
    }

    /// Caches an answer that depends only on path and query.
    pub fn keep(&self, answer: &EdgeResponse, allow: &'static str, route: &'static str) {
        if let ResponseBody::Whole(body) = answer.body()
            && let Some(who) = self.kept_for().filter(|_| !self.knows_base_url.get())
            && answer.status() == StatusCode::OK
        {
            let head = self.state.snapshot.head();
            let validator = answer.headers().get(header::ETAG).cloned();
            let kept = CachedResponse { head, body: body.clone(), validator, allow, route };
            self.app.recent.put(self.request, who, &kept);
        }
    }

    /// Returns the answer's bytes, or 304 if the client has them already.
    ///
    /// # Errors
    /// Making them takes longer than other requests should wait for.
    pub fn render(&self, answer: QueryResponse) -> Result<EdgeResponse, ApiError> {
        let headers = &self.request.headers;
        let validator = etag(self.state, self.viewer);
        if let Some(held) = validator.as_ref().and_then(|validator| matching_etag(headers, validator)) {
            let mut answer = Response::new(ResponseBody::from(Bytes::new()));
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            answer.headers_mut().insert(header::ETAG, held);
            return Ok(answer);
        }
        let is_made_later = matches!(&answer.body, query::QueryBody::Listing(listing) if !listing.copies_rows());
        if let query::QueryBody::Pages(pages) = &answer.body
            && !pages.is_made(takes_gzip(headers))
        {
            self.work.admit_bytes(usize::MAX)?;
        }
        let of_pieces = |pieces: ListingFrames| {
            let (body, unsent) = SharedPieces::body(pieces);
            (ResponseBody::Other(body), Some((0, Some(unsent))))
        };
        let mut encoding = None;
        let (content, used) = match answer.body {
            query::QueryBody::Whole(bytes) => (ResponseBody::Whole(bytes), None),
            query::QueryBody::Pages(pages) if takes_gzip(headers) => {
                encoding = Some(HeaderValue::from_static("gzip"));
                of_pieces(pages.gzip_frames())
            }
            query::QueryBody::Pages(pages) => of_pieces(pages.frames()),
            query::QueryBody::Listing(listing) => {
                let own_bytes = listing.own_bytes();
                (ResponseBody::Other(StreamedBody::body(listing)), Some((own_bytes, None)))
            }
        };
        let mut answer = prepared(content, validator.as_ref());
        if let Some((own_bytes, unsent)) = used {
            let state = Some(self.state.number());
            answer.extensions_mut().insert(LongAnswer { own_bytes, unsent, state, client: None });
        }
        if let Some(encoding) = encoding {
            answer.headers_mut().insert(header::CONTENT_ENCODING, encoding);
        }
        if is_made_later {
            answer.extensions_mut().insert(MadeWhileSent);
        }
        Ok(answer)
    }
}
