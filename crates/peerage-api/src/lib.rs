//! The API: rows and changes of the thirteen resources, keys and people of organizations, exports, dump files, and the
//! document that describes them.

mod as_set;
mod change;
pub mod dumps;
mod early;
pub mod endpoints;
mod if_match;
mod index;
pub mod logo;
pub mod manage;
pub mod openapi;
mod options;
mod password_check;
pub mod paths;
pub mod picture;
mod preflight;
pub mod read;
mod recent;
pub mod requests;
pub mod tools;

use std::ops::Deref;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use peerage_edge::Node;

pub use endpoints::routes;
use recent::ResponseCache;

/// The shared state of the API's handlers.
pub struct Api {
    pub node: Arc<Node>,
    /// Cached answers.
    recent: ResponseCache,
    /// The `OpenAPI` document, as bytes.
    openapi: bytes::Bytes,
    facilities: tools::KeptFacilities,
    /// Makes the page for paths that do not exist.
    not_found: fn() -> Response<Body>,
}

impl Api {
    pub fn new(node: Arc<Node>, not_found: fn() -> Response<Body>) -> Arc<Api> {
        let settings = &node.settings;
        Arc::new(Api {
            recent: ResponseCache::new(settings.answer_cache_bytes),
            openapi: openapi::document(&settings.dump_path, settings.rules.policy.takes_no_power).to_string().into(),
            facilities: tools::KeptFacilities::default(),
            not_found,
            node,
        })
    }
}

impl Deref for Api {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}
