//! `/docs/`: the documentation of the repository, as it was when the program was built.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_pages::guides::{FoundSection, GuideLink, GuidePage, GuidesPage, OwnPage};
use peerage_pages::markdown::{RenderedGuide, guide};
use peerage_registry::fold::fold;

use crate::visit::Visit;

macro_rules! guides {
    ($($name:literal),+) => {
        [$(($name, include_str!(concat!("../../../docs/", $name, ".md")))),+]
    };
}

/// Guides by task, then tables to look things up in: names in addresses and texts.
static TEXTS: [(&str, &str); 16] = guides!(
    "api",
    "writing",
    "keys",
    "organizations",
    "accounts",
    "sign-in",
    "mirror",
    "import",
    "operations",
    "differences",
    "endpoints",
    "bounds",
    "settings",
    "mails",
    "staff",
    "attributions"
);

/// Number of those that are tables.
const TABLES: usize = 6;

/// Sections that a search shows, and the longest text that is searched for, in characters.
pub const FOUND_MAX: usize = 30;
const QUERY_MAX: usize = 100;
/// Characters around the first word that a search shows.
const EXCERPT: usize = 160;

static GUIDES: LazyLock<Vec<(&'static str, RenderedGuide)>> =
    LazyLock::new(|| TEXTS.iter().map(|(name, text)| (*name, guide(text, link))).collect());

/// Where a link of a guide leads.
fn link(to: &str) -> Option<String> {
    if to.starts_with("https://") || to.starts_with("http://") || to.starts_with('#') || to.starts_with('/') {
        return Some(to.to_owned());
    }
    let (file, place) = to.split_once('#').map_or((to, String::new()), |(file, place)| (file, format!("#{place}")));
    let name = file.strip_suffix(".md")?;
    TEXTS.iter().any(|(known, _)| *known == name).then(|| format!("/docs/{name}{place}"))
}

fn links(current: &str) -> (Vec<GuideLink>, Vec<GuideLink>) {
    let each = GUIDES.iter().map(|(name, guide)| GuideLink {
        address: format!("/docs/{name}"),
        title: guide.title.clone(),
        is_current: *name == current,
    });
    let mut tasks: Vec<GuideLink> = each.collect();
    let tables = tasks.split_off(tasks.len() - TABLES);
    (tasks, tables)
}

pub async fn index(visit: Visit) -> Response<Body> {
    let text: String = visit.query("q").unwrap_or_default().trim().chars().take(QUERY_MAX).collect();
    let (tasks, tables) = links("");
    let found = if text.is_empty() { Vec::new() } else { search(&text) };
    let page = GuidesPage { frame: visit.frame_without_forms("guides-title"), tasks, tables, text, found };
    visit.public_page("guides", StatusCode::OK, page.language(), page.show())
}

pub async fn show(Path(name): Path<String>, visit: Visit) -> Response<Body> {
    let name = name.strip_suffix(".md").unwrap_or(&name);
    let Some((name, guide)) = GUIDES.iter().find(|(known, _)| *known == name) else {
        return crate::objects::missing(&visit);
    };
    let (tasks, tables) = links(name);
    let frame = visit.frame_without_forms("guides-title").named(guide.title.as_str());
    let page = GuidePage { frame, tasks, tables, guide };
    visit.public_page("guide", StatusCode::OK, page.language(), page.show())
}

/// A page of the operator: from a file, but the one about the registry exists without one.
pub fn own(visit: &Visit, name: &'static str) -> Response<Body> {
    let settings = &visit.app.settings;
    let text = settings.own_pages.iter().find(|(known, _)| *known == name).map(|(_, text)| text);
    let is_about = name == "about";
    if text.is_none() && !is_about {
        return crate::objects::missing(visit);
    }
    let own = text.map(|text| guide(text, |to| Some(to.to_owned()).filter(|to| !to.contains(':') || is_page(to))));
    let key = match name {
        "terms" => "own-terms",
        "privacy" => "own-privacy",
        "imprint" => "own-imprint",
        _ => "own-about",
    };
    let mut frame = visit.frame_without_forms(key);
    if let Some(title) = own.as_ref().map(|own| own.title.clone()).filter(|title| !title.is_empty()) {
        frame = frame.named(title);
    }
    let html = own.map(|own| own.html).unwrap_or_default();
    let page = OwnPage { frame, html, is_about, version: peerage_edge::VERSION, support: &settings.support_email };
    visit.public_page("own page", StatusCode::OK, page.language(), page.show())
}

fn is_page(to: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| to.starts_with(scheme))
}

/// The sections that have all words, those with one in the title first.
fn search(text: &str) -> Vec<FoundSection> {
    let text = fold(text).into_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    for (name, guide) in GUIDES.iter() {
        for section in &guide.sections {
            let (title, body) = (fold(&section.title), fold(&section.text));
            if !words.iter().all(|word| title.contains(word) || body.contains(word)) {
                continue;
            }
            let in_title = words.iter().filter(|word| title.contains(**word)).count();
            found.push((
                in_title,
                FoundSection {
                    address: format!("/docs/{name}#{}", section.id),
                    guide: guide.title.clone(),
                    title: section.title.clone(),
                    excerpt: excerpt(&section.text, &words),
                },
            ));
        }
    }
    // Stable, so that guides keep their order.
    found.sort_by_key(|(in_title, _)| std::cmp::Reverse(*in_title));
    found.into_iter().take(FOUND_MAX).map(|(_, section)| section).collect()
}

/// The text around the first of the words.
fn excerpt(text: &str, words: &[&str]) -> String {
    let plain: Vec<&str> = text.split_whitespace().collect();
    let at = plain.iter().position(|part| words.iter().any(|word| fold(part).contains(word))).unwrap_or(0);
    let shown: String = plain.iter().skip(at.saturating_sub(6)).take(40).copied().collect::<Vec<_>>().join(" ");
    shown.chars().take(EXCERPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guide_has_a_title_and_links_that_lead_somewhere() {
        for (name, guide) in GUIDES.iter() {
            assert!(!guide.title.is_empty(), "{name}");
            for to in guide.html.split("href=\"/docs/").skip(1).map(|part| part.split('"').next().unwrap_or_default()) {
                let (file, place) = to.split_once('#').unwrap_or((to, ""));
                let there = GUIDES.iter().find(|(known, _)| *known == file);
                let (_, there) = there.unwrap_or_else(|| panic!("{name} links {to}"));
                let is_there = place.is_empty() || there.sections.iter().any(|section| section.id == place);
                assert!(is_there, "{name} links {to}, which {file} does not have");
            }
        }
    }

    #[test]
    fn the_search_finds_sections_by_their_words() {
        assert!(search("backup codes").iter().any(|section| section.address.starts_with("/docs/accounts")));
        assert!(search("qqqq zzzz").is_empty());
        assert!(search("key").len() <= FOUND_MAX);
    }
}
