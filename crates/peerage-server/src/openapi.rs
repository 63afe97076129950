//! The OpenAPI document, made from the field tables.

use axum::body::Body;
use axum::http::Response;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Value as Json, json};

use crate::api::Asked;
use crate::http::content::JSON;

impl Asked<'_> {
    pub fn openapi(&self) -> Response<Body> {
        let mut answer = Response::new(Body::from(self.app.openapi.clone()));
        answer.headers_mut().insert(CONTENT_TYPE, JSON);
        answer
    }
}

/// The whole document.
pub fn document() -> Json {
    json!({"openapi": "3.1.0", "info": {"title": "Peerage API", "version": crate::VERSION}, "paths": {}})
}
