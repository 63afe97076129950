//! The frame of every page: title, who is logged in, a message about the last action.

use std::borrow::Cow;
use std::fmt::Display;

use crate::texts::{PageTexts, TextArgument};

/// The color theme. It is chosen by the reader and kept in a cookie, so that the first paint is right without a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Follows the reader's system.
    #[default]
    Auto,
    Light,
    Dark,
    /// Black and white, with lines instead of shades.
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

    /// Returns the theme with this name, or `auto` if there is none.
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
    /// Sets apart what the script keeps for different people.
    pub id: String,
    pub name: String,
    /// Whether the person sees the staff pages.
    pub is_staff: bool,
    /// Identifier and name of each organization of theirs.
    pub organizations: Vec<(u32, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Success.
    Done,
    /// Information.
    Info,
    /// A warning.
    Warning,
    /// An error.
    Failed,
}

impl NoticeKind {
    /// CSS class.
    pub fn class(self) -> &'static str {
        match self {
            NoticeKind::Done => "done",
            NoticeKind::Info => "info",
            NoticeKind::Warning => "warning",
            NoticeKind::Failed => "failed",
        }
    }

    /// Shown before the text, because screen readers do not announce colors.
    pub fn key(self) -> &'static str {
        match self {
            NoticeKind::Done => "notice-done",
            NoticeKind::Info => "notice-info",
            NoticeKind::Warning => "notice-warning",
            NoticeKind::Failed => "notice-failed",
        }
    }
}

/// A message above the page's content.
#[derive(Clone, Debug)]
pub struct PageNotice {
    pub kind: NoticeKind,
    /// The key of the text.
    pub key: String,
    pub text: String,
}

/// The frame of a page. Each page's template struct has it as the field `frame`, and its template extends
/// `layout.html`.
#[derive(Clone, Debug)]
pub struct PageFrame<'a> {
    pub texts: PageTexts,
    pub theme: Theme,
    /// Path and query of the request: the small forms of the footer lead back to it.
    pub path: &'a str,
    /// Title of the page, without the product's name.
    pub title: Cow<'a, str>,
    pub person: Option<PersonView>,
    /// The CSRF token. Goes into every form; empty if the page has no form.
    pub csrf: &'a str,
    pub notice: Option<PageNotice>,
    /// Whether a recovery of the reader's account is in progress. If so, each page offers to stop it.
    pub is_recovering: bool,
    /// The name of the registry.
    pub registry: &'a str,
    /// The operator's own pages: names in addresses, and texts.
    pub own_pages: &'a [(&'static str, String)],
    /// What the search box of the header contains.
    pub search: Cow<'a, str>,
}

impl<'a> PageFrame<'a> {
    /// Returns the frame for an anonymous user, with the system's theme and without a message.
    pub fn new(texts: PageTexts, path: &'a str) -> PageFrame<'a> {
        PageFrame {
            texts,
            theme: Theme::Auto,
            path,
            title: Cow::Borrowed(""),
            person: None,
            csrf: "",
            notice: None,
            is_recovering: false,
            registry: "Peerage",
            own_pages: &[],
            search: Cow::Borrowed(""),
        }
    }

    /// Sets the title to the text with this key.
    pub fn titled(mut self, key: &str) -> PageFrame<'a> {
        self.title = self.texts.get(key);
        self
    }

    /// Sets the title to this text, for pages named by data.
    pub fn named(mut self, title: impl Into<Cow<'a, str>>) -> PageFrame<'a> {
        self.title = title.into();
        self
    }

    /// Addresses and titles of the operator's own pages. There is always one about the registry.
    pub fn own_links(&self) -> Vec<(&'static str, Cow<'static, str>)> {
        let has = |name: &str| self.own_pages.iter().any(|(known, _)| *known == name);
        let all = [
            ("/about", "about", "own-about"),
            ("/terms", "terms", "own-terms"),
            ("/privacy", "privacy", "own-privacy"),
            ("/imprint", "imprint", "own-imprint"),
        ];
        let shown = all.into_iter().filter(|(_, name, _)| *name == "about" || has(name));
        shown.map(|(path, _, key)| (path, self.text(key))).collect()
    }

    /// What can be typed into the search box, and the keys of the texts that say what it finds.
    pub fn search_examples(&self) -> [(&'static str, &'static str); 10] {
        [
            ("AS63500", "search-example-asn"),
            ("zurich", "search-example-name"),
            ("11.250.4.13", "search-example-address"),
            ("ix in frankfurt", "search-example-in"),
            ("fac near amsterdam, 50 km", "search-example-near"),
            ("near 47.37,8.54, 20 km", "search-example-point"),
            ("\"glacier exchange\"", "search-example-phrase"),
            ("cloud -edge", "search-example-without"),
            ("city:ashburn", "search-example-field"),
            ("RIPE::AS-63500", "search-example-set"),
        ]
    }

    /// The shortcuts of the script, and the key of what each does.
    pub fn shortcuts(&self) -> [(&'static str, &'static str); 13] {
        [
            ("/", "shortcut-find"),
            ("g h", "shortcut-home"),
            ("g n", "shortcut-net"),
            ("g i", "shortcut-ix"),
            ("g f", "shortcut-fac"),
            ("g o", "shortcut-org"),
            ("j", "shortcut-next"),
            ("k", "shortcut-before"),
            ("c", "shortcut-compare"),
            (".", "shortcut-copy"),
            ("e", "shortcut-edit"),
            ("s", "shortcut-save"),
            ("Escape", "shortcut-cancel"),
        ]
    }

    /// Returns the text with this key: in templates, `{{ frame.text("login-title") }}`.
    pub fn text(&self, key: &str) -> Cow<'static, str> {
        self.texts.get(key)
    }

    /// Does the same as [`PageFrame::text`], with placeholders filled: `{{ frame.text_with("keys-of", [("name",
    /// &name)]) }}`.
    pub fn text_with(&self, key: &str, filled: &[(&'static str, &dyn TextArgument)]) -> String {
        self.texts.with(key, filled)
    }

    /// Formats a time for people, the same on all pages: `2026-11-21 18:07 UTC`. `None` if the text is not a time.
    pub fn moment(&self, text: &str) -> Option<String> {
        let shape = text.as_bytes();
        let is_moment = shape.len() >= 20 && shape[4] == b'-' && shape[10] == b'T' && text.ends_with('Z');
        let (day, time) = (text.get(..10)?, text.get(11..16)?);
        is_moment.then(|| format!("{day} {time} UTC"))
    }

    /// Returns the UTC date of a time: `2026-11-21`.
    pub fn day(&self, text: &str) -> Option<String> {
        self.moment(text).and_then(|moment| moment.get(..10).map(str::to_owned))
    }

    /// The available languages: tag, own name, whether it is this page's.
    pub fn languages(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let current = self.texts.tag();
        PageTexts::offered().map(move |(tag, name)| (tag, name, tag == current))
    }

    /// The available themes: value, name, whether it is this page's.
    pub fn themes(&self) -> impl Iterator<Item = (&'static str, Cow<'static, str>, bool)> + '_ {
        Theme::ALL.into_iter().map(|theme| (theme.word(), self.texts.get(theme.key()), theme == self.theme))
    }

    pub fn csrf_field(&self) -> &'static str {
        CSRF_FIELD
    }

    /// Address of the style sheet, with its version.
    pub fn style_address(&self) -> StaticAsset {
        STYLE_ADDRESS
    }

    /// Address of the script, with its version.
    pub fn script_address(&self) -> StaticAsset {
        SCRIPT_ADDRESS
    }

    /// Address of the script for security keys. Only pages that ask for one load it.
    pub fn keys_script_address(&self) -> StaticAsset {
        KEYS_SCRIPT_ADDRESS
    }

    /// Whether a link of the header leads to the current page.
    pub fn is_at(&self, path: &str) -> bool {
        self.path.split('?').next() == Some(path)
    }
}

/// The CSRF field of every form that changes something. The name is PeeringDB's.
pub const CSRF_FIELD: &str = "csrfmiddlewaretoken";

/// The address of a static file with its version, so that it can be cached for long.
pub struct StaticAsset {
    path: &'static str,
    hash: u64,
}

impl StaticAsset {
    /// FNV-1a, 64 bits, computed at compile time. It only has to distinguish versions of one file.
    const fn new(path: &'static str, content: &str) -> StaticAsset {
        let bytes = content.as_bytes();
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        StaticAsset { path, hash }
    }
}

impl Display for StaticAsset {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{}?v={:016x}", self.path, self.hash)
    }
}

/// The style sheet of all pages.
pub const STYLE: &str = concat!(include_str!("../static/style.css"), include_str!("../../peerage-charts/charts.css"));
/// Makes pages more convenient if scripts are allowed. No page needs it.
pub const SCRIPT: &str = concat!(
    include_str!("../static/peerage.js"),
    include_str!("../static/forms.js"),
    include_str!("../static/shortcuts.js")
);
/// Asks the browser for security keys and passkeys, which only a script can do.
pub const KEYS_SCRIPT: &str = include_str!("../static/webauthn.js");

const STYLE_ADDRESS: StaticAsset = StaticAsset::new("/static/style.css", STYLE);
const SCRIPT_ADDRESS: StaticAsset = StaticAsset::new("/static/peerage.js", SCRIPT);
const KEYS_SCRIPT_ADDRESS: StaticAsset = StaticAsset::new("/static/webauthn.js", KEYS_SCRIPT);
