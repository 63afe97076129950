//! Pages that find objects by filters, and that compare them.

use askama::Template;

use crate::PageFrame;
use crate::object::ObjectTable;
use crate::parts::{PageTab, SelectChoice};

/// How a filter is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterInput {
    /// One line of text.
    Text,
    /// A whole number.
    Number,
    /// Names of objects, one a line.
    Lines,
    /// Several of a list.
    Several,
    /// One of a short list, or none.
    One,
    /// Set or not.
    Tick,
}

/// A filter of the form.
#[derive(Clone, Debug)]
pub struct FilterField {
    /// The parameter of the API.
    pub name: &'static str,
    pub label: String,
    /// Empty: none.
    pub help: String,
    pub input: FilterInput,
    pub value: String,
    pub choices: Vec<SelectChoice>,
    pub error: Option<String>,
    /// What an ambiguous name can mean: names, and the addresses that choose them.
    pub meanings: Vec<(String, String)>,
}

impl FilterField {
    pub fn is_set(&self) -> bool {
        !self.value.is_empty() || self.chosen() > 0
    }

    /// How many choices are chosen.
    pub fn chosen(&self) -> usize {
        self.choices.iter().filter(|choice| choice.is_chosen && !choice.value.is_empty()).count()
    }

    /// The value in one line, with the labels of chosen choices.
    pub fn shown(&self) -> String {
        let chosen = self.choices.iter().filter(|choice| choice.is_chosen && !choice.value.is_empty());
        let labels = chosen.map(|choice| choice.label.as_str());
        let is_text = matches!(self.input, FilterInput::Text | FilterInput::Number | FilterInput::Lines);
        let lines = self.value.lines().filter(|line| is_text && !line.is_empty());
        lines.chain(labels).collect::<Vec<_>>().join(", ")
    }

    pub fn is_number(&self) -> bool {
        self.input == FilterInput::Number
    }

    pub fn is_lines(&self) -> bool {
        self.input == FilterInput::Lines
    }

    pub fn is_several(&self) -> bool {
        self.input == FilterInput::Several
    }

    pub fn is_one(&self) -> bool {
        self.input == FilterInput::One
    }

    pub fn is_tick(&self) -> bool {
        self.input == FilterInput::Tick
    }
}

/// Filters that belong together.
#[derive(Clone, Debug)]
pub struct FilterGroup {
    pub title: String,
    pub fields: Vec<FilterField>,
    pub is_open: bool,
}

/// A program that sends a request.
#[derive(Clone, Debug)]
pub struct RequestExample {
    /// Its name in addresses within the page.
    pub key: &'static str,
    pub language: &'static str,
    pub code: String,
}

#[derive(Template)]
#[template(path = "find/advanced.html")]
pub struct AdvancedPage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    /// The kind that is searched, as the API names it.
    pub tag: &'static str,
    pub groups: Vec<FilterGroup>,
    /// The filters in use: what they say, and the address without each.
    pub active: Vec<(String, String)>,
    /// What the form keeps: names and values.
    pub kept: Vec<(String, String)>,
    pub columns: Vec<SelectChoice>,
    /// What is wrong as a whole.
    pub error: Option<String>,
    /// `None`: the filters could not be understood.
    pub table: Option<ObjectTable>,
    pub examples: Vec<RequestExample>,
    pub text: String,
    /// The CSV with values that a spreadsheet could take for formulas.
    pub raw: String,
    /// The places of the results.
    pub geojson: String,
    pub kmz: String,
}

/// One of the compared objects.
#[derive(Clone, Debug)]
pub struct ComparedObject {
    pub name: String,
    pub link: String,
    /// The address of the comparison without it.
    pub without: String,
}

/// The nearest places of two networks that meet nowhere.
#[derive(Clone, Debug)]
pub struct NearestPlaces {
    /// Names and addresses of the two places.
    pub one: (String, String),
    pub other: (String, String),
    /// Names of the networks that are there.
    pub of: (String, String),
    pub km: String,
}

#[derive(Template)]
#[template(path = "find/compare.html")]
pub struct ComparePage<'a> {
    pub frame: PageFrame<'a>,
    pub tabs: Vec<PageTab>,
    /// What can be compared here, in one sentence.
    pub about: String,
    /// The fields of the form.
    pub fields: Vec<FilterField>,
    /// What the form keeps: names and values.
    pub kept: Vec<(String, String)>,
    pub error: Option<String>,
    /// Items that name nothing in the registry.
    pub unknown: String,
    pub objects: Vec<ComparedObject>,
    /// Which rows are shown, and how: links as tabs.
    pub shows: Vec<PageTab>,
    pub views: Vec<PageTab>,
    /// The filter over the rows.
    pub filter: String,
    /// What the filter keeps.
    pub filter_kept: Vec<(String, String)>,
    pub has_filter: bool,
    pub tables: Vec<ObjectTable>,
    pub nearest: Option<NearestPlaces>,
    /// What is said about the whole, above the tables.
    pub note: String,
}

crate::shown! { AdvancedPage ComparePage }
