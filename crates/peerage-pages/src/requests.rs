//! The page on which people follow their requests.

use askama::Template;

use crate::PageFrame;
use crate::manage::OwnRequestView;
use crate::parts::SimilarView;

/// A check of a pending object, with its result.
#[derive(Clone, Debug)]
pub struct CheckView {
    /// In English, as the catalogue of messages has it.
    pub label: String,
    pub text: String,
    /// Whether it speaks against approval.
    pub is_doubt: bool,
}

/// An object that the reader created and that had to be approved.
#[derive(Clone, Debug)]
pub struct RequestedObjectView {
    /// Distinguishes it on the page.
    pub id: String,
    pub name: String,
    pub kind: String,
    /// Its page, once it is public.
    pub page: Option<String>,
    /// Its form, while it is pending and the reader can change it.
    pub form: Option<String>,
    pub requested: String,
    pub state: String,
    pub mood: &'static str,
    /// Why it was refused.
    pub reason: String,
    /// What happens next.
    pub next: String,
    pub checks: Vec<CheckView>,
    pub similar: Vec<SimilarView>,
}

#[derive(Template)]
#[template(path = "joining/requests.html")]
pub struct RequestsPage<'a> {
    pub frame: PageFrame<'a>,
    /// Requests to join an organization or to own one.
    pub claims: Vec<OwnRequestView>,
    pub objects: Vec<RequestedObjectView>,
    /// What can be suggested: text and address.
    pub suggestions: Vec<(String, String)>,
}

crate::shown! { RequestsPage }
