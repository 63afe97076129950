//! What every page shows around its own matter: title, who is logged in, a word about what was just done.

use std::borrow::Cow;
use std::fmt::Display;

use crate::texts::{Filling, Texts};

/// How the pages are coloured. Chosen by the reader and kept in a cookie, so that the first paint is right without a
/// script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the reader's system is set.
    #[default]
    Auto,
    Light,
    Dark,
    /// Black and white, lines and no shades.
    Contrast,
}

impl Theme {
    pub const ALL: [Theme; 4] = [Theme::Auto, Theme::Light, Theme::Dark, Theme::Contrast];

    /// The word of the cookie, the form and the style sheet.
    pub fn word(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::Contrast => "contrast",
        }
    }

    /// The theme of a word; one that we do not know is `auto`.
    pub fn named(word: &str) -> Theme {
        Theme::ALL.into_iter().find(|theme| theme.word() == word).unwrap_or_default()
    }

    /// The key of its name.
    fn key(self) -> &'static str {
        match self {
            Theme::Auto => "theme-auto",
            Theme::Light => "theme-light",
            Theme::Dark => "theme-dark",
            Theme::Contrast => "theme-contrast",
        }
    }
}

/// Who is logged in, as the header shows it.
#[derive(Clone, Debug, Default)]
pub struct PersonView {
    pub name: String,
    pub is_staff: bool,
    /// Identifier and name of each organization of theirs.
    pub organizations: Vec<(u32, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// It worked.
    Done,
    /// Good to know.
    Info,
    /// Look at this soon.
    Warning,
    /// It did not work.
    Failed,
}

impl NoticeKind {
    /// The class of its colours.
    pub fn class(self) -> &'static str {
        match self {
            NoticeKind::Done => "done",
            NoticeKind::Info => "info",
            NoticeKind::Warning => "warning",
            NoticeKind::Failed => "failed",
        }
    }

    /// Read out before the text, since a colour is not heard.
    pub fn key(self) -> &'static str {
        match self {
            NoticeKind::Done => "notice-done",
            NoticeKind::Info => "notice-info",
            NoticeKind::Warning => "notice-warning",
            NoticeKind::Failed => "notice-failed",
        }
    }
}

/// A word above the page's own matter.
#[derive(Clone, Debug)]
pub struct Notice {
    pub kind: NoticeKind,
    pub text: String,
}

/// Around every page. Each page's template struct has it as the field `frame`, and its template extends `layout.html`.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    pub texts: Texts,
    pub theme: Theme,
    /// The path that was asked, with its question: where the small forms of the footer lead back to.
    pub path: &'a str,
    /// What the page is, without the product's name.
    pub title: Cow<'a, str>,
    pub person: Option<PersonView>,
    /// What proves that a form comes from our page. Goes into every form; empty where no form needs it.
    pub csrf: &'a str,
    pub notice: Option<Notice>,
    /// Whether somebody is getting back into the reader's account without its second factor: each page offers to stop it.
    pub is_recovering: bool,
}

impl<'a> Frame<'a> {
    /// A frame for a stranger, in the system's colours and with nothing to tell.
    pub fn new(texts: Texts, path: &'a str) -> Frame<'a> {
        let title = Cow::Borrowed("");
        Frame { texts, theme: Theme::Auto, path, title, person: None, csrf: "", notice: None, is_recovering: false }
    }

    /// The same frame with the title under this key.
    pub fn titled(mut self, key: &str) -> Frame<'a> {
        self.title = self.texts.get(key);
        self
    }

    /// The same frame with this title, for pages named by data.
    pub fn named(mut self, title: impl Into<Cow<'a, str>>) -> Frame<'a> {
        self.title = title.into();
        self
    }

    /// What stands under a key: in templates, `{{ frame.text("login-title") }}`.
    pub fn text(&self, key: &str) -> Cow<'static, str> {
        self.texts.get(key)
    }

    /// As [`Frame::text`], with places filled: `{{ frame.text_with("keys-of", [("name", &name)]) }}`.
    pub fn text_with(&self, key: &str, filled: &[(&'static str, &dyn Filling)]) -> String {
        self.texts.with(key, filled)
    }

    /// A moment as people read it, in the one form that all pages have: `2026-11-21 18:07 UTC`. None if the text is none
    /// of the form that programs read.
    pub fn moment(&self, text: &str) -> Option<String> {
        let shape = text.as_bytes();
        let is_moment = shape.len() >= 20 && shape[4] == b'-' && shape[10] == b'T' && text.ends_with('Z');
        let (day, time) = (text.get(..10)?, text.get(11..16)?);
        is_moment.then(|| format!("{day} {time} UTC"))
    }

    /// The day of a moment, by UTC: `2026-11-21`.
    pub fn day(&self, text: &str) -> Option<String> {
        self.moment(text).and_then(|moment| moment.get(..10).map(str::to_owned))
    }

    /// The languages to choose from: tag, own name, whether it is this page's.
    pub fn languages(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let current = self.texts.tag();
        Texts::offered().map(move |(tag, name)| (tag, name, tag == current))
    }

    /// The themes to choose from: word, name, whether it is this page's.
    pub fn themes(&self) -> impl Iterator<Item = (&'static str, Cow<'static, str>, bool)> + '_ {
        Theme::ALL.into_iter().map(|theme| (theme.word(), self.texts.get(theme.key()), theme == self.theme))
    }

    pub fn csrf_field(&self) -> &'static str {
        CSRF_FIELD
    }

    /// Where the style sheet is, with a mark of its version.
    pub fn style_address(&self) -> Asset {
        STYLE_ADDRESS
    }

    /// Where the script is, with a mark of its version.
    pub fn script_address(&self) -> Asset {
        SCRIPT_ADDRESS
    }

    /// Where the script for security keys is; the pages that ask for one load it.
    pub fn keys_script_address(&self) -> Asset {
        KEYS_SCRIPT_ADDRESS
    }

    /// Whether a link of the header leads to where the reader is.
    pub fn is_at(&self, path: &str) -> bool {
        self.path.split('?').next() == Some(path)
    }
}

/// The field of every form that changes something: what proves that our page has sent it. The reference's name.
pub const CSRF_FIELD: &str = "csrfmiddlewaretoken";

/// An address of ours with what makes it new when its content changes, so that it may be kept for long.
pub struct Asset {
    path: &'static str,
    hash: u64,
}

impl Asset {
    /// FNV-1a, 64 bits: tells versions of one file apart, and is worked out while compiling.
    const fn new(path: &'static str, content: &str) -> Asset {
        let bytes = content.as_bytes();
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        Asset { path, hash }
    }
}

impl Display for Asset {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{}?v={:016x}", self.path, self.hash)
    }
}

/// The style sheet of all pages.
pub const STYLE: &str = include_str!("../static/style.css");
/// What makes pages handier where scripts run. No page needs it.
pub const SCRIPT: &str = include_str!("../static/peerage.js");
/// What asks a browser for security keys and passkeys, which only a script can.
pub const KEYS_SCRIPT: &str = include_str!("../static/webauthn.js");

const STYLE_ADDRESS: Asset = Asset::new("/static/style.css", STYLE);
const SCRIPT_ADDRESS: Asset = Asset::new("/static/peerage.js", SCRIPT);
const KEYS_SCRIPT_ADDRESS: Asset = Asset::new("/static/webauthn.js", KEYS_SCRIPT);
