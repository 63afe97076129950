//! The page of an object: what it is, its facts, and its lists as tables. One model for HTML, text and CSV.

mod plain;

use std::borrow::Cow;

use askama::Template;
use serde_json::{Value as Json, json};

use crate::PageFrame;
use crate::markdown::markdown;
use crate::statistics::ChartPicture;
pub use plain::{plain, plain_table};

/// How a value is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CellKind {
    #[default]
    Text,
    /// Addresses, prefixes, AS-SETs: fixed width, and copied by a click.
    Code,
    /// Aligned at the end.
    Number,
    /// A moment, as the API has it.
    Time,
    /// Lines that a person wrote.
    Prose,
    /// The code of a country, until it is translated.
    Country,
}

/// What a cell is sorted by.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    #[default]
    Nothing,
    Number(i64),
    Text(String),
}

/// A value on the page: a fact, or a cell of a table.
#[derive(Clone, Debug, Default)]
pub struct ObjectCell {
    pub text: String,
    /// The value as files have it; none: the text.
    pub raw: Option<String>,
    pub link: Option<String>,
    pub kind: CellKind,
    /// A state beside the text, and its class.
    pub badge: Option<(String, &'static str)>,
    /// How it compares with the largest of its column, in steps from 1 to 10; 0 shows nothing.
    pub bar: u8,
    pub sort: SortKey,
}

impl ObjectCell {
    pub fn text(text: impl Into<String>) -> ObjectCell {
        let text = text.into();
        ObjectCell { sort: SortKey::Text(text.to_lowercase()), text, ..ObjectCell::default() }
    }

    pub fn code(text: impl Into<String>) -> ObjectCell {
        ObjectCell { kind: CellKind::Code, ..ObjectCell::text(text) }
    }

    pub fn number(number: i64) -> ObjectCell {
        let (text, sort) = (number.to_string(), SortKey::Number(number));
        ObjectCell { text, sort, kind: CellKind::Number, ..ObjectCell::default() }
    }

    pub fn linked(mut self, link: impl Into<String>) -> ObjectCell {
        self.link = Some(link.into());
        self
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.badge.is_none()
    }

    /// What the cell says, in one line of plain text.
    pub fn shown_text(&self) -> String {
        match (&self.badge, self.link.as_deref().filter(|link| link.starts_with("http"))) {
            (Some((badge, _)), _) if self.text.is_empty() => badge.clone(),
            (_, Some(link)) => link.to_owned(),
            _ => self.text.clone(),
        }
    }

    /// The value in files.
    pub fn plain(&self) -> &str {
        self.raw.as_deref().unwrap_or(&self.text)
    }

    /// Whether the state beside the text stands out; yes and no are plain words.
    pub fn is_badge(&self) -> bool {
        !matches!(self.badge, Some((_, "yes" | "no")))
    }

    pub fn is_code(&self) -> bool {
        self.kind == CellKind::Code
    }

    pub fn is_time(&self) -> bool {
        self.kind == CellKind::Time
    }

    pub fn is_prose(&self) -> bool {
        self.kind == CellKind::Prose
    }

    /// Whether the link leads to another site.
    pub fn leads_away(&self) -> bool {
        self.link.as_ref().is_some_and(|link| !link.starts_with('/'))
    }
}

/// A speed in Mbit/s as engineers write it: `400G`, `2.5G`, `100M`.
///
/// ```
/// assert_eq!(peerage_pages::object::speed(400_000), "400G");
/// assert_eq!(peerage_pages::object::speed(2_500), "2.5G");
/// assert_eq!(peerage_pages::object::speed(1_430_000), "1.43T");
/// assert_eq!(peerage_pages::object::speed(0), "");
/// ```
pub fn speed(mbit: i64) -> String {
    let (unit, size) = match mbit {
        ..=0 => return String::new(),
        1..=999 => ("M", 1),
        1_000..=999_999 => ("G", 1_000),
        _ => ("T", 1_000_000),
    };
    let text = format!("{:.2}", mbit as f64 / f64::from(size));
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct ObjectColumn {
    /// Its name in addresses and in files.
    pub key: Cow<'static, str>,
    pub label: String,
    pub is_number: bool,
    /// The address that sorts by it.
    pub link: String,
    /// `ascending`, `descending`, or nothing if the table is sorted by another column.
    pub order: &'static str,
}

/// A list of an object, or one page of it.
#[derive(Clone, Debug)]
pub struct ObjectTable {
    /// Its name in addresses.
    pub key: &'static str,
    pub title: String,
    pub columns: Vec<ObjectColumn>,
    pub rows: Vec<Vec<ObjectCell>>,
    /// Rows that fit the filter, and all rows.
    pub count: usize,
    pub total: usize,
    pub filter: String,
    pub page: usize,
    pub pages: usize,
    pub newer: Option<String>,
    pub older: Option<String>,
    /// The same rows as a file, and from the API; empty if the API does not show them.
    pub csv: String,
    pub api: String,
    /// What the form of the filter keeps: names and values.
    pub kept: Vec<(&'static str, String)>,
    /// Why some rows are missing, and who could show them.
    pub note: String,
}

impl ObjectTable {
    pub fn has_filter(&self) -> bool {
        self.total > FILTER_FROM || !self.filter.is_empty()
    }

    /// The class of a column's cells.
    pub fn class(&self, at: &usize) -> &'static str {
        match self.columns.get(*at) {
            Some(column) if column.key == "speed" => "number speed",
            Some(column) if column.is_number => "number",
            _ => "",
        }
    }

    /// Whether it takes the whole width of a wide screen.
    pub fn is_large(&self) -> bool {
        self.columns.len() > 5
    }

    pub fn label(&self, at: &usize) -> &str {
        self.columns.get(*at).map_or("", |column| &column.label)
    }
}

/// Rows from which a table can be filtered.
const FILTER_FROM: usize = 8;

/// Facts that belong together.
#[derive(Clone, Debug)]
pub struct FactGroup {
    pub title: String,
    pub facts: Vec<(String, ObjectCell)>,
}

/// A number that sums an object up.
#[derive(Clone, Debug)]
pub struct ObjectFigure {
    pub label: String,
    pub value: String,
    /// What qualifies it, in small letters.
    pub aside: String,
}

/// Where an object is, on a small map.
#[derive(Clone, Debug)]
pub struct ObjectPlaces {
    pub svg: String,
    /// How many facilities, in how many countries.
    pub about: String,
    /// The map of the world around the places.
    pub map: String,
    pub geojson: String,
    pub kmz: String,
}

/// Where the same page is in another form.
#[derive(Clone, Debug)]
pub struct ObjectForms {
    pub text: String,
    pub json: String,
    /// The request to the API that returns the object.
    pub api: String,
    /// Where programs that send it are shown.
    pub examples: String,
    /// The address of the page without parameters, absolute.
    pub canonical: String,
}

/// What the page of an object says, in the reader's language.
#[derive(Clone, Debug)]
pub struct ObjectView {
    /// Names and addresses of what the object is part of.
    pub crumbs: Vec<(String, Option<String>)>,
    pub name: String,
    /// What people copy: the AS number.
    pub mark: Option<String>,
    pub badges: Vec<(String, &'static str)>,
    /// What else is known at a glance, below the title.
    pub line: Vec<(String, ObjectCell)>,
    pub figures: Vec<ObjectFigure>,
    pub tables: Vec<ObjectTable>,
    pub groups: Vec<FactGroup>,
    /// None if no place is known.
    pub places: Option<ObjectPlaces>,
    /// Small charts of its ports.
    pub charts: Vec<ChartPicture>,
    /// As their author wrote them, in Markdown.
    pub notes: String,
    /// The address of its picture.
    pub logo: Option<String>,
    /// What the reader can do here: labels and addresses.
    pub actions: Vec<(String, String)>,
    pub forms: ObjectForms,
    /// One sentence about it, for links in other places.
    pub about: String,
    /// The type at schema.org.
    pub schema_type: &'static str,
    pub updated: String,
    /// If the page shows the object as it was: at which time.
    pub as_of: Option<String>,
    /// Path of the page.
    pub path: String,
}

impl ObjectView {
    /// The object for search engines (JSON-LD). `<` is escaped, so that no name ends the element.
    pub fn linked_data(&self) -> String {
        let links: Vec<&str> = self.line.iter().filter_map(|(_, cell)| cell.link.as_deref()).collect();
        let away = links.into_iter().filter(|link| link.starts_with("http")).collect::<Vec<_>>();
        let data: Json = json!({
            "@context": "https://schema.org",
            "@type": self.schema_type,
            "name": self.name,
            "description": self.about,
            "url": self.forms.canonical,
            "sameAs": away,
            "dateModified": self.updated,
        });
        data.to_string().replace('<', "\\u003c")
    }

    /// The notes as HTML.
    pub fn notes_shown(&self) -> String {
        markdown(&self.notes)
    }

    pub fn table(&self, key: &str) -> Option<&ObjectTable> {
        self.tables.iter().find(|table| table.key == key)
    }
}

#[derive(Template)]
#[template(path = "object/show.html")]
pub struct ObjectPage<'a> {
    pub frame: PageFrame<'a>,
    pub object: ObjectView,
}

/// The page of an object that was deleted.
#[derive(Template)]
#[template(path = "object/gone.html")]
pub struct GonePage<'a> {
    pub frame: PageFrame<'a>,
    /// Its last name.
    pub name: String,
    /// When it was deleted.
    pub at: String,
    /// Its organization: name and address.
    pub owner: Option<(String, String)>,
}

/// A field of a change.
#[derive(Clone, Debug)]
pub struct FieldChange {
    /// Its name in the API.
    pub key: &'static str,
    pub label: String,
    /// Empty: it had no value.
    pub before: String,
    pub after: String,
    /// Both as the registry stores them.
    pub values: [serde_json::Value; 2],
}

/// A change of an object.
#[derive(Clone, Debug)]
pub struct ChangeView {
    /// Position in the log.
    pub sequence: u64,
    /// To the second, as the API has it.
    pub time: String,
    /// To the microsecond.
    pub exact: String,
    /// The word of the API: `create`, `update` …
    pub action: &'static str,
    pub what: String,
    /// Whether it is the first that the reader may know of the row.
    pub is_first: bool,
    /// The row of a list that changed. `None`: the object itself.
    pub part: Option<ChangedPart>,
    /// Who did it, as far as the reader may know.
    pub who: String,
    /// Public id of the key, for those who may know.
    pub key: String,
    /// Why, as whoever did it wrote, for those who may know.
    pub note: String,
    /// Whether its content was erased on legal request.
    pub is_erased: bool,
    pub fields: Vec<FieldChange>,
    /// How the reader can undo it.
    pub undo: Option<UndoLink>,
}

/// The way to undo a change.
#[derive(Clone, Debug)]
pub struct UndoLink {
    pub path: String,
    /// The key of its text.
    pub key: &'static str,
}

/// A row of one of an object's lists, for its history.
#[derive(Clone, Debug)]
pub struct ChangedPart {
    pub tag: &'static str,
    pub id: u32,
    pub kind: String,
    /// What the list names it by.
    pub cell: ObjectCell,
}

#[derive(Template)]
#[template(path = "object/history.html")]
pub struct HistoryPage<'a> {
    pub frame: PageFrame<'a>,
    pub name: String,
    /// Path of the object's page.
    pub path: String,
    pub changes: Vec<ChangeView>,
    pub older: Option<String>,
    /// Address of the feed.
    pub feed: String,
}

/// The changes of an object as a feed (RFC 4287).
#[derive(Template)]
#[template(path = "object/feed.xml")]
pub struct HistoryFeed<'a> {
    pub frame: PageFrame<'a>,
    pub name: String,
    /// Absolute address of the object's page.
    pub canonical: String,
    /// Absolute address of the feed.
    pub feed: String,
    pub updated: String,
    pub changes: Vec<ChangeView>,
}

crate::shown! { ObjectPage GonePage HistoryPage HistoryFeed }
