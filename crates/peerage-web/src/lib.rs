//! Pages on which people look things up, log in, and manage their accounts and organizations.
//!
//! Each handler takes a [`visit::Visit`]: the request, its person, and a form that one of our pages sent. Handlers
//! parse, call one act of `peerage-access` through the engine, and redirect with a message about the result.

pub mod account;
pub mod address;
mod advanced;
pub mod commit;
mod compare;
mod edit;
pub mod endpoints;
mod examples;
pub mod form;
pub mod frame;
mod guides;
mod home;
mod joining;
pub mod log_in;
pub mod manage;
mod map;
mod member_lists;
mod named;
mod objects;
mod org_admin;
pub mod outcome;
mod page_cache;
mod page_form;
pub mod passwords;
mod places;
mod proposals;
pub mod public;
mod renumber;
mod requests;
mod search;
mod similar;
mod sitemap;
mod sites;
mod staff;
mod statistics;
mod table;
mod undo;
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

/// The shared state of the pages.
pub struct WebPages {
    pub node: Arc<Node>,
    /// Counts of failed attempts.
    pub locks: Mutex<AttemptLocks>,
    /// This site's identity for security keys. `None` if they do not work at its address.
    pub relying: Option<RelyingParty>,
    /// Breached passwords, which are refused, if there is a list.
    pub stolen: Option<Arc<dyn BreachedPasswords>>,
    /// Ceremonies that wait for their second half.
    pub pending: PendingCeremonies,
    /// Rendered pages for everyone.
    pub pages: page_cache::PageCache,
    /// What the statistics and the home page count.
    figures: statistics::FiguresCache,
    pub links: WebLinks,
}

/// What pages need from other parts of the server.
#[derive(Clone, Copy)]
pub struct WebLinks {
    /// Lets the forms of a page redirect to the site to which its person will continue.
    pub may_go_on: fn(&Visit, Response<Body>, &str) -> Response<Body>,
    /// The filters of a resource that are not fields of it, with their descriptions.
    pub special_filters: fn(Resource) -> &'static [(&'static str, &'static str)],
}

impl WebPages {
    pub fn new(node: Arc<Node>, stolen: Option<Arc<dyn BreachedPasswords>>, links: WebLinks) -> Arc<WebPages> {
        Arc::new(WebPages {
            locks: Mutex::default(),
            relying: RelyingParty::new(&node.settings.site, "Peerage"),
            stolen,
            pending: PendingCeremonies::default(),
            figures: statistics::FiguresCache::default(),
            links,
            pages: page_cache::PageCache::new(node.settings.answer_cache_bytes),
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
