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

/// A section of a guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuideSection {
    /// 2 or more.
    pub level: u8,
    /// Its name in addresses.
    pub id: String,
    pub title: String,
    /// Its text without marks, for the search.
    pub text: String,
}

/// A guide of the documentation.
#[derive(Clone, Debug)]
pub struct RenderedGuide {
    pub title: String,
    pub html: String,
    pub sections: Vec<GuideSection>,
}

/// A guide as HTML. `link` says where an address of a link leads, or that it leads nowhere here.
pub fn guide(text: &str, link: impl Fn(&str) -> Option<String>) -> RenderedGuide {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut writer = GuideWriter {
        link,
        events: Vec::new(),
        links: Vec::new(),
        open: None,
        title: String::new(),
        sections: Vec::new(),
    };
    for event in parser {
        writer.take(event);
    }
    let mut shown = String::with_capacity(text.len() * 2);
    html::push_html(&mut shown, writer.events.into_iter());
    RenderedGuide { title: writer.title, html: shown, sections: writer.sections }
}

struct GuideWriter<'a, L: Fn(&str) -> Option<String>> {
    link: L,
    events: Vec<Event<'a>>,
    links: Vec<bool>,
    /// The level of the heading that is open, its text and what is in it.
    open: Option<(u8, String, Vec<Event<'a>>)>,
    title: String,
    sections: Vec<GuideSection>,
}

impl<'a, L: Fn(&str) -> Option<String>> GuideWriter<'a, L> {
    fn put(&mut self, event: Event<'a>) {
        match &mut self.open {
            Some((_, _, within)) => within.push(event),
            None => self.events.push(event),
        }
    }

    fn put_html(&mut self, html: String) {
        self.put(Event::InlineHtml(html.into()));
    }

    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => self.open = Some((level as u8, String::new(), Vec::new())),
            Event::End(TagEnd::Heading(_)) => self.end_heading(),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let to = (self.link)(&dest_url).and_then(|to| Some(escape(&*to, Html).ok()?.to_string()));
                self.links.push(to.is_some());
                if let Some(to) = to {
                    self.put_html(format!("<a href=\"{to}\">"));
                }
            }
            Event::End(TagEnd::Link) => {
                if self.links.pop() == Some(true) {
                    self.put_html("</a>".to_owned());
                }
            }
            // Pictures stay in the repository; their descriptions say what they show.
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            Event::Html(text) | Event::InlineHtml(text) => self.put(Event::Text(text)),
            Event::Start(Tag::HtmlBlock) => self.put(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => self.put(Event::End(TagEnd::Paragraph)),
            // What is wider than the page is scrolled within, also with the keyboard.
            Event::Start(Tag::Table(columns)) => {
                self.put_html("<div class=\"wide\" tabindex=\"0\">".to_owned());
                self.put(Event::Start(Tag::Table(columns)));
            }
            Event::End(TagEnd::Table) => {
                self.put(Event::End(TagEnd::Table));
                self.put_html("</div>".to_owned());
            }
            Event::Start(Tag::CodeBlock(_)) => self.put_html("<pre tabindex=\"0\"><code>".to_owned()),
            Event::End(TagEnd::CodeBlock) => self.put_html("</code></pre>\n".to_owned()),
            Event::Text(text) => {
                self.note(&text);
                self.put(Event::Text(text));
            }
            Event::Code(text) => {
                self.note(&text);
                self.put(Event::Code(text));
            }
            other => {
                self.note(" ");
                self.put(other);
            }
        }
    }

    /// Keeps text for the heading that is open, or for the search.
    fn note(&mut self, text: &str) {
        match (&mut self.open, self.sections.last_mut()) {
            (Some((_, title, _)), _) => title.push_str(text),
            (None, Some(section)) => section.text.push_str(text),
            (None, None) => {}
        }
    }

    fn end_heading(&mut self) {
        let Some((level, title, within)) = self.open.take() else { return };
        let title = title.trim().to_owned();
        if level == 1 && self.title.is_empty() {
            // The page shows it as its own; what follows belongs to the top.
            self.title.clone_from(&title);
            self.sections.push(GuideSection { level: 1, id: "main".to_owned(), title, text: String::new() });
            return;
        }
        let id = slug(&title);
        self.put_html(format!("<h{level} id=\"{id}\">"));
        self.events.extend(within);
        self.put_html(format!("</h{level}>\n"));
        self.sections.push(GuideSection { level, id, title, text: String::new() });
    }
}

/// The name of a heading in addresses: lower case, with hyphens for blanks, as code hosts make it.
fn slug(title: &str) -> String {
    let letters = title.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        letter if letter.is_alphanumeric() => Some(letter.to_ascii_lowercase()),
        _ => None,
    });
    letters.collect()
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
    fn a_guide_has_sections_and_links_that_lead_somewhere() {
        let text = "# Keys\n\nIntro.\n\n## Make a key\n\nSee [mirror](mirror.md#start) and [other](other.txt).\n\n```sh\ncurl <x>\n```\n";
        let guide = guide(text, |to| to.strip_prefix("mirror.md").map(|rest| format!("/docs/mirror{rest}")));
        assert_eq!(guide.title, "Keys");
        assert!(!guide.html.contains("<h1"), "{}", guide.html);
        assert!(guide.html.contains("<h2 id=\"make-a-key\">Make a key</h2>"), "{}", guide.html);
        assert!(guide.html.contains("<a href=\"/docs/mirror#start\">mirror</a> and other."), "{}", guide.html);
        assert!(guide.html.contains("<pre tabindex=\"0\"><code>curl &lt;x&gt;"), "{}", guide.html);
        let found: Vec<_> = guide.sections.iter().map(|section| (section.level, section.id.as_str())).collect();
        assert_eq!(found, [(1, "main"), (2, "make-a-key")]);
        assert!(guide.sections[1].text.contains("curl"));
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
