//! Pages of the documentation.

use askama::Template;

use crate::PageFrame;
use crate::markdown::RenderedGuide;

/// A guide in the list.
#[derive(Clone, Debug)]
pub struct GuideLink {
    pub address: String,
    pub title: String,
    pub is_current: bool,
}

/// A section that a search found.
#[derive(Clone, Debug)]
pub struct FoundSection {
    pub address: String,
    /// Of the guide.
    pub guide: String,
    pub title: String,
    /// Text around the words.
    pub excerpt: String,
}

/// One guide.
#[derive(Template)]
#[template(path = "guides/show.html")]
pub struct GuidePage<'a> {
    pub frame: PageFrame<'a>,
    pub tasks: Vec<GuideLink>,
    pub tables: Vec<GuideLink>,
    pub guide: &'a RenderedGuide,
}

/// All guides, or those sections that have the words of a search.
#[derive(Template)]
#[template(path = "guides/index.html")]
pub struct GuidesPage<'a> {
    pub frame: PageFrame<'a>,
    pub tasks: Vec<GuideLink>,
    pub tables: Vec<GuideLink>,
    /// What was searched for.
    pub text: String,
    pub found: Vec<FoundSection>,
}

/// A page of the operator.
#[derive(Template)]
#[template(path = "guides/own.html")]
pub struct OwnPage<'a> {
    pub frame: PageFrame<'a>,
    pub html: String,
    /// Whether it is the page about the registry, which also says what runs it.
    pub is_about: bool,
    pub version: &'a str,
    pub support: &'a str,
}

crate::shown! { GuidePage GuidesPage OwnPage }
