//! Tests on the items of a list field.

use peerage_schema::choices::FieldChoice;
use peerage_schema::{Field, FieldKind};

use crate::fold::SearchNeedle;

/// The items of a list, without empty ones.
pub fn items(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// A test whether an item of a list contains one of several texts. The field's known choices are tested once, when the
/// filter is compiled.
#[derive(Debug, Clone)]
pub struct AnyItem {
    /// Whether one of the texts is empty, which matches every list.
    pub has_blank: bool,
    pub known: &'static [FieldChoice],
    /// Which of the known choices match, in their order.
    passing: Vec<bool>,
    /// For items that are not a known choice.
    pub needles: Vec<SearchNeedle>,
}

impl AnyItem {
    pub fn new(field: &Field, texts: &[&str]) -> AnyItem {
        let known = if let FieldKind::Choices(choices) = field.kind { choices } else { &[] };
        let needles: Vec<SearchNeedle> = texts.iter().map(|text| SearchNeedle::exact(text)).collect();
        let passing = known.iter().map(|choice| needles.iter().any(|needle| needle.is_in(choice.value))).collect();
        AnyItem { has_blank: needles.iter().any(SearchNeedle::is_empty), known, passing, needles }
    }

    pub fn holds_for(&self, item: &str) -> bool {
        match self.known.iter().position(|choice| choice.value == item) {
            Some(at) => self.passing[at],
            None => self.needles.iter().any(|needle| needle.is_in(item)),
        }
    }
}
