//! The fields of the form, filled with what was asked for.

use peerage_pages::PageTexts;
use peerage_pages::find::{FilterField, FilterGroup, FilterInput};
use peerage_pages::parts::SelectChoice;
use peerage_registry::ids::OrgId;
use peerage_schema::choices::{COUNTRIES, FieldChoice};
use peerage_schema::{Column, FieldKind, Resource};

use super::columns;
use super::filters::{self, FilterLabel, FilterSpec, FilterValues};
use super::question::SearchQuestion;
use crate::frame::organization_name;
use crate::named;
use crate::visit::Visit;

/// Objects of one filter that are shown by name. More are shown as IDs.
const NAMED_MAX: usize = 50;

/// Characters of a filter's value in the list of filters in use.
const SHOWN_MAX: usize = 80;

/// Organizations of the reader that a filter offers.
const OWN_MAX: usize = 20;

/// The choice of an undisclosed value. Rows have it as this text or as an empty one, so both are asked for.
const UNDISCLOSED: &str = ",Not Disclosed";

/// The sections of the form. `fault`: a filter that cannot be used, and why.
pub fn groups(visit: &Visit, question: &SearchQuestion, fault: Option<(&str, &str)>) -> Vec<FilterGroup> {
    let texts = visit.texts();
    let mut groups = Vec::new();
    for (title, specs) in filters::of(question.resource) {
        let fields: Vec<FilterField> = specs.iter().map(|spec| field(visit, question, spec, fault)).collect();
        let is_open = groups.is_empty() || fields.iter().any(|field| field.is_set() || field.error.is_some());
        groups.push(FilterGroup { title: texts.get(title).into_owned(), fields, is_open });
    }
    groups
}

/// The filters in use: what they say, and the address without each.
pub fn active(question: &SearchQuestion, groups: &[FilterGroup]) -> Vec<(String, String)> {
    let first_page = question.address().with("page", "");
    let set = groups.iter().flat_map(|group| &group.fields).filter(|field| field.is_set());
    let shown = set.map(|field| {
        let text = match field.input {
            FilterInput::Tick => field.label.clone(),
            _ => format!("{}: {}", field.label, shortened(&field.shown())),
        };
        (text, first_page.with(field.name, "").text())
    });
    let others =
        question.others().map(|pair| (format!("{}={}", pair.0, shortened(&pair.1)), question.without(pair).text()));
    shown.chain(others).collect()
}

/// A value that is short enough to stand beside others.
fn shortened(text: &str) -> String {
    let end = text.char_indices().nth(SHOWN_MAX).map(|(end, _)| end);
    end.map_or_else(|| text.to_owned(), |end| format!("{}…", &text[..end]))
}

/// The columns as choices.
pub fn column_choices(texts: PageTexts, question: &SearchQuestion) -> Vec<SelectChoice> {
    let chosen = columns::chosen(question.resource, &question.cols);
    // The first column names the row and cannot be left out.
    let all = columns::all(question.resource).skip(1);
    let choice = |column: Column| {
        SelectChoice::new(column.name(), texts.message(column.field().label), chosen.contains(&column))
    };
    all.map(choice).collect()
}

fn field(visit: &Visit, question: &SearchQuestion, spec: &FilterSpec, fault: Option<(&str, &str)>) -> FilterField {
    let (texts, snapshot) = (visit.texts(), &visit.state.snapshot);
    let value = question.value(spec.name);
    let trouble = question.troubles.iter().find(|trouble| trouble.name == spec.name);
    let fault = fault.filter(|(name, _)| *name == spec.name).map(|(_, text)| text.to_owned());
    let target = spec.input.target();
    let meanings = trouble.into_iter().flat_map(|trouble| &trouble.meanings).filter_map(|(id, value)| {
        let name = named::shown(snapshot, target?, *id);
        Some((name, question.address().with("page", "").with(spec.name, value).text()))
    });
    let (input, choices) = entry(visit, spec, value);
    FilterField {
        name: spec.name,
        label: match spec.label {
            FilterLabel::Field(column) => texts.message(column.field().label),
            FilterLabel::Text(key) => texts.get(key).into_owned(),
        },
        help: if spec.help.is_empty() { String::new() } else { texts.get(spec.help).into_owned() },
        input,
        value: match target {
            Some(target) if trouble.is_none() => names(visit, target, value, &choices),
            _ => value.to_owned(),
        },
        choices,
        error: trouble.map(|trouble| trouble.text.clone()).or(fault),
        meanings: meanings.collect(),
    }
}

/// How a filter is entered, and its choices.
fn entry(visit: &Visit, spec: &FilterSpec, value: &str) -> (FilterInput, Vec<SelectChoice>) {
    let texts = visit.texts();
    match spec.input {
        FilterValues::Text | FilterValues::Asn | FilterValues::Object(_) => (FilterInput::Text, Vec::new()),
        FilterValues::Number => (FilterInput::Number, Vec::new()),
        FilterValues::Tick => (FilterInput::Tick, Vec::new()),
        FilterValues::Objects(_) => (FilterInput::Lines, Vec::new()),
        FilterValues::Organizations => (FilterInput::Lines, own_organizations(visit, value)),
        FilterValues::YesNo => {
            let choices = [("", "advanced-any"), ("1", "object-yes"), ("0", "object-no")];
            let choice = |(of, key)| SelectChoice::new(of, texts.get(key), of == value);
            (FilterInput::One, choices.map(choice).to_vec())
        }
        FilterValues::One(column) => {
            let any = SelectChoice::new("", texts.get("advanced-any"), value.is_empty());
            let each = choices_of(column)
                .iter()
                .map(|choice| SelectChoice::new(choice.value, texts.message(choice.label), choice.value == value));
            (FilterInput::One, std::iter::once(any).chain(each).collect())
        }
        FilterValues::Several(column) => (FilterInput::Several, several(texts, choices_of(column), value)),
        FilterValues::Countries => (FilterInput::Several, several(texts, COUNTRIES, value)),
    }
}

fn several(texts: PageTexts, choices: &[FieldChoice], value: &str) -> Vec<SelectChoice> {
    let chosen: Vec<&str> = if value.is_empty() { Vec::new() } else { value.split(',').collect() };
    let has_undisclosed = choices.iter().any(|choice| choice.value.is_empty());
    let shown = choices.iter().filter(|choice| !has_undisclosed || format!(",{}", choice.value) != UNDISCLOSED);
    shown
        .map(|choice| match choice.value {
            "" => SelectChoice::new(UNDISCLOSED, texts.message(choice.label), chosen.contains(&"")),
            of => SelectChoice::new(of, texts.message(choice.label), chosen.contains(&of)),
        })
        .collect()
}

fn choices_of(column: Column) -> &'static [FieldChoice] {
    match column.field().kind {
        FieldKind::Choice(choices) | FieldKind::Choices(choices) => choices,
        _ => &[],
    }
}

/// The reader's organizations, which the form offers below its field.
fn own_organizations(visit: &Visit, value: &str) -> Vec<SelectChoice> {
    let Some((user, _)) = visit.person() else { return Vec::new() };
    let choice = |org: OrgId| {
        let id = org.to_string();
        let is_chosen = value.split(',').any(|item| item == id);
        SelectChoice::new(id, organization_name(&visit.state.snapshot, org), is_chosen)
    };
    visit.state.people.memberships_of(user.id).take(OWN_MAX).map(|member| choice(member.org)).collect()
}

/// The names of the objects in a list of IDs, one a line, without those that are choices.
fn names(visit: &Visit, target: Resource, value: &str, choices: &[SelectChoice]) -> String {
    if value.split(',').count() > NAMED_MAX {
        return value.to_owned();
    }
    let is_choice = |item: &str| choices.iter().any(|choice| choice.value == item);
    let items = value.split(',').filter(|item| !item.is_empty() && !is_choice(item));
    let name = |item: &str| {
        item.parse().map_or_else(|_| item.to_owned(), |id| named::shown(&visit.state.snapshot, target, id))
    };
    items.map(name).collect::<Vec<_>>().join("\n")
}
