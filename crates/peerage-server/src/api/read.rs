//! Lists, objects and what else is read.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use peerage_registry::query::{self, Answer, Ask, Params};
use peerage_registry::{Snapshot, Viewer};
use peerage_schema::Resource;

use crate::App;
use crate::api::json;
use crate::errors::ApiError;
use crate::http::content::{Pieces, Stream, is_known, takes_gzip};
use crate::http::edge::Source;

/// A request that was judged and may be answered.
pub struct Asked<'a> {
    pub app: &'a App,
    pub request: &'a Parts,
    pub viewer: &'a Viewer,
    pub source: Source,
}

impl Asked<'_> {
    /// The address by which the client calls us.
    pub fn base_url(&self) -> String {
        self.source.base_url(&self.app.settings, self.request)
    }

    /// Reads the query string; `format` other than JSON is unknown.
    pub fn params(&self) -> Result<Params, ApiError> {
        let query = self.request.uri.query().unwrap_or_default();
        let params = Params::parse(query);
        let max = self.app.settings.limits.query_params_max;
        if params.len() > max {
            return Err(ApiError::BadRequest(format!("Too many parameters; at most {max} are taken.")));
        }
        if params.last("format").is_some_and(|format| format != "json") {
            return Err(ApiError::NotFound);
        }
        Ok(params)
    }

    pub fn list(&self, resource: Resource) -> Result<Response<Body>, ApiError> {
        let params = self.params()?;
        let snapshot = self.app.live.snapshot();
        let path = self.request.uri.path();
        let url = if params.has("page") { format!("{}{path}", self.base_url()) } else { String::new() };
        let ask = Ask { snapshot: &snapshot, viewer: self.viewer, resource, params: &params, url: &url };
        let answer = query::list(&ask)?;
        Ok(self.render(&snapshot, answer))
    }

    pub fn object(&self, resource: Resource, id: &str) -> Result<Response<Body>, ApiError> {
        let params = self.params()?;
        let snapshot = self.app.live.snapshot();
        let ask = Ask { snapshot: &snapshot, viewer: self.viewer, resource, params: &params, url: "" };
        let answer = query::object(&ask, id)?;
        Ok(self.render(&snapshot, answer))
    }

    /// The answer's bytes, or word that the client has them already.
    pub fn render(&self, snapshot: &Arc<Snapshot>, answer: Answer) -> Response<Body> {
        let etag = self.etag(snapshot);
        let headers = &self.request.headers;
        if etag.as_ref().is_some_and(|etag| is_known(headers, etag)) {
            let mut answer = Response::new(Body::empty());
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            insert_etag(&mut answer, etag);
            return answer;
        }
        let mut answer = match answer.body {
            query::Body::Whole(bytes) => json(bytes),
            query::Body::Pages(pages) if takes_gzip(headers) => {
                let mut answer = json(Pieces::body(pages.gzip_frames()));
                answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                answer
            }
            query::Body::Pages(pages) => json(Pieces::body(pages.frames())),
            query::Body::Listing(listing) => json(Stream::body(listing)),
        };
        insert_etag(&mut answer, etag);
        answer
    }

    /// A validator from the position in the log: equal position, equal bytes. Answers for one viewer alone have none.
    fn etag(&self, snapshot: &Snapshot) -> Option<String> {
        let class = self.viewer.class()?;
        Some(format!("\"{}-{}-{}\"", snapshot.head().sequence, self.app.live.epoch, class as u8))
    }
}

fn insert_etag(answer: &mut Response<Body>, etag: Option<String>) {
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        answer.headers_mut().insert(header::ETAG, etag);
    }
}
