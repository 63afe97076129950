//! The list of pages for search engines (sitemaps.org).

use askama::Template;

/// An index of parts, or one part.
#[derive(Template)]
#[template(path = "sitemap.xml")]
pub struct SitemapFile {
    /// Absolute addresses of the parts; empty in a part.
    pub parts: Vec<String>,
    /// Absolute addresses of pages, and when they changed.
    pub pages: Vec<(String, String)>,
}

impl SitemapFile {
    pub fn show(&self) -> String {
        crate::render(self)
    }
}
