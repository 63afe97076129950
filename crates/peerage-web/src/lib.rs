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
use peerage_access::factors::webauthn::RelyingParty;
use peerage_access::locks::AttemptLocks;
use peerage_edge::Node;
use peerage_schema::Resource;

pub use endpoints::routes;
use log_in::PendingCeremonies;
use passwords::BreachedPasswords;
use visit::Visit;

/// What pages stand on.
pub struct WebPages {
    pub node: Arc<Node>,
    /// How often was guessed, and failed.
    pub locks: Mutex<AttemptLocks>,
    /// What security keys know this site by; none: they do not work at its address.
    pub relying: Option<RelyingParty>,
    /// Passwords that are refused because others have lost them, where there is a list.
    pub stolen: Option<Arc<dyn BreachedPasswords>>,
    /// What was begun and waits for its second half.
    pub pending: PendingCeremonies,
    pub links: WebLinks,
}

/// What pages need of other parts of the server.
#[derive(Clone, Copy)]
pub struct WebLinks {
    /// Lets the forms of a page lead to a site that the page's person is on the way to.
    pub may_go_on: fn(&Visit, Response<Body>, &str) -> Response<Body>,
    /// The filters of a resource that are no fields of it, with what they mean.
    pub special_filters: fn(Resource) -> &'static [(&'static str, &'static str)],
}

impl WebPages {
    pub fn new(node: Arc<Node>, stolen: Option<Arc<dyn BreachedPasswords>>, links: WebLinks) -> Arc<WebPages> {
        Arc::new(WebPages {
            locks: Mutex::default(),
            relying: RelyingParty::new(&node.settings.site, "Peerage"),
            stolen,
            pending: PendingCeremonies::default(),
            links,
            node,
        })
    }
}

impl Deref for WebPages {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}
