//! Pages where people look things up, log in, and manage their accounts and organizations.
//!
//! Each handler takes a [`visit::Visit`]: the request with who is there, and a form that was sent by a page of ours.
//! Handlers parse, call one act of `peerage-access` through the engine, and lead on with a word about what was done.

pub mod account;
pub mod address;
pub mod commit;
pub mod endpoints;
pub mod form;
pub mod frame;
mod joining;
pub mod log_in;
pub mod manage;
mod org_admin;
pub mod outcome;
pub mod passwords;
pub mod public;
mod staff;
pub mod visit;

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Response;
use peerage_access::factors::webauthn::Relying;
use peerage_access::locks::Locks;
use peerage_edge::Node;
use peerage_schema::Resource;

pub use endpoints::routes;
use log_in::PendingCeremonies;
use passwords::Stolen;
use visit::Visit;

/// What pages stand on.
pub struct Web {
    pub node: Arc<Node>,
    /// How often was guessed, and failed.
    pub locks: Mutex<Locks>,
    /// What security keys know this site by; none: they do not work at its address.
    pub relying: Option<Relying>,
    /// Passwords that are refused because others have lost them, where there is a list.
    pub stolen: Option<Arc<dyn Stolen>>,
    /// What was begun and waits for its second half.
    pub pending: PendingCeremonies,
    pub links: Links,
}

/// What pages need of other parts of the server.
#[derive(Clone, Copy)]
pub struct Links {
    /// Lets the forms of a page lead to a site that the page's person is on the way to.
    pub may_go_on: fn(&Visit, Response<Body>, &str) -> Response<Body>,
    /// The filters of a resource that are no fields of it, with what they mean.
    pub special_filters: fn(Resource) -> &'static [(&'static str, &'static str)],
}

impl Web {
    pub fn new(node: Arc<Node>, stolen: Option<Arc<dyn Stolen>>, links: Links) -> Arc<Web> {
        Arc::new(Web {
            locks: Mutex::default(),
            relying: Relying::new(&node.settings.site, "Peerage"),
            stolen,
            pending: PendingCeremonies::default(),
            links,
            node,
        })
    }
}

impl Deref for Web {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}
