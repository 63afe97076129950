//! The page of search results.

use askama::Template;

use crate::PageFrame;

/// A kind of object among the results.
#[derive(Clone, Debug)]
pub struct KindTab {
    pub label: String,
    pub count: String,
    pub address: String,
    pub is_current: bool,
}

/// A result.
#[derive(Clone, Debug)]
pub struct ResultView {
    pub id: u32,
    /// The kind in addresses.
    pub tag: &'static str,
    pub kind: String,
    pub name: String,
    pub link: String,
    /// The AS number of a network.
    pub mark: String,
    pub place: String,
    pub owner: String,
    pub size: String,
    /// Why it was found, unless its name says so.
    pub why: String,
    pub km: String,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct SearchView {
    pub text: String,
    pub results: Vec<ResultView>,
    pub total: usize,
    pub tabs: Vec<KindTab>,
    /// What the reader must know of the results.
    pub note: String,
    /// What the query has as a place and no gazetteer knows.
    pub unknown_place: Option<String>,
    pub error: String,
    pub page: usize,
    pub pages: usize,
    pub newer: Option<String>,
    pub older: Option<String>,
    pub json: String,
    pub csv: String,
}

#[derive(Template)]
#[template(path = "search.html")]
pub struct SearchPage<'a> {
    pub frame: PageFrame<'a>,
    pub search: SearchView,
}

crate::shown! { SearchPage }
