//! Markdown that people wrote (CommonMark with tables and strikethrough), as HTML that is safe in a page.
//!
//! Raw HTML is shown as text and pictures become links, so all elements come from this module. Only links to pages and
//! mail addresses stay links.

use askama::filters::{Html, escape};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// The schemes of addresses that a link may have.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// The text as HTML.
///
/// ```
/// use peerage_pages::markdown::markdown;
/// assert_eq!(markdown("**Open** policy"), "<p><strong>Open</strong> policy</p>\n");
/// assert_eq!(markdown("[x](javascript:alert(1))"), "<p>x</p>\n");
/// assert_eq!(markdown("<b>x</b>"), "<p>&lt;b&gt;x&lt;/b&gt;</p>\n");
/// ```
pub fn markdown(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    // Whether each open link is shown: an end says nothing of its address.
    let mut links: Vec<bool> = Vec::new();
    let events = Parser::new_ext(text, options).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        // The page has headings of its own above these.
        Event::Start(Tag::Heading { .. }) => Some(Event::Start(heading())),
        Event::End(TagEnd::Heading(_)) => Some(Event::End(TagEnd::Heading(HeadingLevel::H3))),
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            let start = link(&dest_url);
            links.push(start.is_some());
            start
        }
        Event::End(TagEnd::Link | TagEnd::Image) => {
            let is_shown = links.pop().unwrap_or(false);
            is_shown.then(|| Event::InlineHtml("</a>".into()))
        }
        // A block of HTML, whose text follows.
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        other => Some(other),
    });
    let mut shown = String::with_capacity(text.len() + text.len() / 4);
    html::push_html(&mut shown, events);
    shown
}

fn heading() -> Tag<'static> {
    Tag::Heading { level: HeadingLevel::H3, id: None, classes: Vec::new(), attrs: Vec::new() }
}

fn link(address: &CowStr<'_>) -> Option<Event<'static>> {
    let starts = |scheme: &str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    if !SCHEMES.into_iter().any(starts) {
        return None;
    }
    let address = escape(&**address, Html).ok()?;
    Some(Event::InlineHtml(format!("<a href=\"{address}\" rel=\"nofollow noopener\">").into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_note_becomes_an_element_of_its_own_choice() {
        for hostile in [
            "<script>alert(1)</script>",
            "x <img src=x onerror=alert(1)> y",
            "![x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html,<script>)",
            "[x](//evil.example)",
            "<svg/onload=alert(1)>",
            "<details open ontoggle=alert(1)>",
            "[a\"onclick=\"x](https://a.example/\"onclick=\"x)",
            "[x]: javascript:alert(1)\n\n[x]",
            "<javascript:alert(1)>",
        ] {
            let shown = markdown(hostile);
            for element in ["<script", "<img", "<svg", "<details", "href=\"j", "href=\"d", "href=\"/", "/\"onclick"] {
                assert!(!shown.to_lowercase().contains(element), "{hostile}: {shown}");
            }
        }
    }

    #[test]
    fn pictures_become_links_and_headings_stay_below_those_of_the_page() {
        let shown =
            markdown("# Route servers\n\n![logo](https://a.example/l.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
        assert!(shown.contains("<h3>Route servers</h3>"), "{shown}");
        assert!(shown.contains("<a href=\"https://a.example/l.png\" rel=\"nofollow noopener\">logo</a>"), "{shown}");
        assert!(shown.contains("<table>"), "{shown}");
    }
}
