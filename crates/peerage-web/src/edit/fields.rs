//! Fields of objects as inputs, made from the table of fields.

use std::collections::HashSet;

use peerage_pages::PageTexts;
use peerage_pages::edit::{EditField, EditGroup, EditInput, ProfileEntry};
use peerage_pages::parts::SelectChoice;
use peerage_registry::Snapshot;
use peerage_registry::fold::fold;
use peerage_registry::rights::Authority;
use peerage_registry::rules::EditScope;
use peerage_schema::choices::{COUNTRIES, FieldChoice, SOCIAL_SERVICES};
use peerage_schema::{Field, FieldKind, Resource};

use super::assigned::{assignable, may_assign};
use super::entry::RowEntry;
use super::reference;
use super::values::{EnteredTexts, NO, YES, entered_fields, form_fields, is_uncertain};
use crate::objects::groups_of;
use crate::visit::Visit;

/// The longest e-mail address.
const EMAIL_MAX: usize = 254;

/// Empty lines for profiles that are added.
const MORE_PROFILES: usize = 2;

/// What a person can change of a row.
#[derive(Clone, Copy)]
pub struct FieldReach<'a> {
    pub scope: &'a EditScope,
    pub authority: &'a dyn Authority,
}

/// The fields of a form for one object, in groups as the object's page has them. `reach`: None for a new object.
pub fn groups(visit: &Visit, entry: &RowEntry, reach: Option<FieldReach<'_>>, title: Option<&str>) -> Vec<EditGroup> {
    let texts = visit.texts();
    let (resource, is_new) = (entry.resource, entry.id.is_none());
    let view = |field: &'static Field| field_view(visit, entry, field, reach);
    let entered: Vec<&'static Field> = if is_new {
        entered_fields(resource, true).map(|(_, field)| field).collect()
    } else {
        form_fields(resource).map(|(_, field)| field).collect()
    };
    if let Some(title) = title {
        let fields = entered.into_iter().map(view).collect();
        return vec![EditGroup { title: texts.get(title).into_owned(), fields }];
    }
    let of_page = groups_of(resource);
    let grouped: HashSet<&str> = of_page.iter().flat_map(|(_, columns)| *columns).map(|column| column.name()).collect();
    let owner = resource.table().owner.map(peerage_schema::Column::name);
    let is_last = |field: &Field| {
        matches!(field.kind, FieldKind::Social | FieldKind::Words(_)) || field.has_lines() || Some(field.name) == owner
    };
    let part = |key: &str, is_in: &dyn Fn(&Field) -> bool| EditGroup {
        title: texts.get(key).into_owned(),
        fields: entered.iter().copied().filter(|field| is_in(field)).map(view).collect(),
    };
    let mut groups = vec![part("edit-general", &|field| !grouped.contains(field.name) && !is_last(field))];
    for (title, columns) in of_page {
        groups.push(part(title, &|field| columns.iter().any(|column| column.name() == field.name)));
    }
    groups.push(part("edit-more", &|field| !grouped.contains(field.name) && is_last(field)));
    groups.retain(|group| !group.fields.is_empty());
    groups
}

/// One field of a row.
pub fn field_view(visit: &Visit, entry: &RowEntry, field: &'static Field, reach: Option<FieldReach<'_>>) -> EditField {
    let (texts, snapshot) = (visit.texts(), &*visit.state.snapshot);
    let none = EnteredTexts::new();
    let entered = entry.entered.get(field.name).unwrap_or(&none);
    let value = entered.first().map_or("", String::as_str);
    let may = reach.is_none_or(|reach| reach.scope.allows(reach.authority, field)) && may_assign(visit, entry, field);
    let input = match assignable(visit, entry, field) {
        _ if !may => EditInput::Fixed,
        Some(choices) => EditInput::One(with_choices(choices, snapshot, field, value)),
        None => input(texts, entry.resource, field, entered),
    };
    let help = if may { texts.message(field.help) } else { texts.get("edit-no-permission").into_owned() };
    EditField {
        name: format!("{}{}", entry.prefix, field.name),
        label: texts.message(field.label),
        help: if field.help.is_empty() && may { String::new() } else { help },
        value: if may { shown_value(snapshot, field, value) } else { in_words(texts, snapshot, field, entered) },
        input,
        is_required: field.required && !matches!(field.kind, FieldKind::Bool),
        longest: longest(field),
    }
}

/// A single value as its input shows it.
fn shown_value(snapshot: &Snapshot, field: &Field, value: &str) -> String {
    match field.kind {
        FieldKind::Ref(of) if !value.is_empty() => reference::shown(snapshot, of, value),
        _ => value.to_owned(),
    }
}

/// Entered values in one line, as previews and conflicts show them.
pub fn in_words(texts: PageTexts, snapshot: &Snapshot, field: &Field, entered: &[String]) -> String {
    let choice = |choices: &[FieldChoice], value: &str| {
        choices
            .iter()
            .find(|choice| choice.value == value)
            .map_or_else(|| value.to_owned(), |one| texts.message(one.label))
    };
    match field.kind {
        FieldKind::Bool if is_uncertain(field) && entered.iter().all(String::is_empty) => String::new(),
        FieldKind::Bool => {
            texts.get(if entered.iter().all(|text| text != YES) { "object-no" } else { "object-yes" }).into_owned()
        }
        FieldKind::Choice(choices) => choice(choices, entered.first().map_or("", String::as_str)),
        FieldKind::Country => {
            entered.first().filter(|code| !code.is_empty()).map_or_else(String::new, |code| texts.country(code))
        }
        FieldKind::Choices(choices) | FieldKind::Words(choices) => {
            entered.iter().map(|value| choice(choices, value)).collect::<Vec<_>>().join(", ")
        }
        FieldKind::Social => entered.chunks(2).map(|pair| pair.join(" ")).collect::<Vec<_>>().join(", "),
        _ => shown_value(snapshot, field, entered.first().map_or("", String::as_str)),
    }
}

fn input(texts: PageTexts, resource: Resource, field: &Field, entered: &[String]) -> EditInput {
    let value = entered.first().map_or("", String::as_str);
    let line = |kind| EditInput::Line { kind, is_code: false };
    let code = EditInput::Line { kind: "text", is_code: true };
    match field.kind {
        FieldKind::Bool if is_uncertain(field) => {
            let choices = [("", "edit-unknown"), (YES, "object-yes"), (NO, "object-no")];
            EditInput::One(choices.map(|(of, key)| SelectChoice::new(of, texts.get(key), of == value)).to_vec())
        }
        FieldKind::Bool => EditInput::Tick,
        FieldKind::Choice(choices) => EditInput::One(choices_of(texts, field, choices, value)),
        FieldKind::Country => EditInput::One(countries(texts, field, value)),
        FieldKind::NumberChoice(numbers) => {
            let choice = |number: &i64| {
                let text = number.to_string();
                let is_chosen = text == value;
                SelectChoice::new(text.clone(), text, is_chosen)
            };
            let mut all = numbers.iter().map(choice).collect();
            with_present(&mut all, value);
            EditInput::One(all)
        }
        FieldKind::Choices(choices) | FieldKind::Words(choices) => {
            let choice = |one: &FieldChoice| {
                SelectChoice::new(one.value, texts.message(one.label), entered.iter().any(|value| value == one.value))
            };
            EditInput::Several(choices.iter().map(choice).collect())
        }
        FieldKind::Ref(of) => EditInput::Reference(reference::named_kind(of).tag()),
        FieldKind::Social => EditInput::Profiles(profiles(texts, entered)),
        FieldKind::Url { any_scheme: false, .. } => line("url"),
        FieldKind::Email => line("email"),
        FieldKind::Phone { .. } => line("tel"),
        FieldKind::Text { .. } if field.has_lines() => EditInput::Lines,
        FieldKind::Asn | FieldKind::Mac | FieldKind::Ip4 | FieldKind::Ip6 | FieldKind::Prefix => code,
        FieldKind::Text { .. } if field.name == "irr_as_set" && resource == Resource::Net => code,
        _ => line("text"),
    }
}

/// The objects that a field can name, the present one and none.
fn with_choices(choices: Vec<(u32, String)>, snapshot: &Snapshot, field: &Field, value: &str) -> Vec<SelectChoice> {
    let choice = |(id, name): (u32, String)| {
        let id = id.to_string();
        let is_chosen = id == value;
        SelectChoice::new(id, name, is_chosen)
    };
    let mut all: Vec<SelectChoice> = choices.into_iter().map(choice).collect();
    if !value.is_empty() && !all.iter().any(|choice| choice.is_chosen) {
        all.insert(0, SelectChoice::new(value, shown_value(snapshot, field, value), true));
    }
    all.insert(0, SelectChoice::new("", "", value.is_empty()));
    all
}

/// The choices that can be written, and the present value.
fn choices_of(texts: PageTexts, field: &Field, choices: &[FieldChoice], value: &str) -> Vec<SelectChoice> {
    let closed = field.closed_choice.map(|(closed, _)| closed);
    let open = choices.iter().filter(|choice| Some(choice.value) != closed || choice.value == value);
    let mut all: Vec<SelectChoice> = open
        .map(|choice| SelectChoice::new(choice.value, texts.message(choice.label), choice.value == value))
        .collect();
    if !all.iter().any(|choice| choice.is_chosen) {
        // None has been chosen yet, or an imported row has a value that the registry does not know.
        all.insert(0, SelectChoice::new(value, value, true));
    }
    all
}

/// Adds a stored value that is none of the choices, since a browser would send another in its place.
fn with_present(all: &mut Vec<SelectChoice>, value: &str) {
    if !value.is_empty() && !all.iter().any(|choice| choice.is_chosen) {
        all.insert(0, SelectChoice::new(value, value, true));
    }
}

fn countries(texts: PageTexts, field: &Field, value: &str) -> Vec<SelectChoice> {
    let mut all: Vec<SelectChoice> = COUNTRIES
        .iter()
        .filter(|country| !country.value.is_empty())
        .map(|country| SelectChoice::new(country.value, texts.country(country.value), country.value == value))
        .collect();
    all.sort_by_cached_key(|choice| fold(&choice.label).into_owned());
    with_present(&mut all, value);
    if !all.iter().any(|choice| choice.is_chosen) || !field.required {
        all.insert(0, SelectChoice::new("", "", value.is_empty()));
    }
    all
}

fn profiles(texts: PageTexts, entered: &[String]) -> Vec<ProfileEntry> {
    let entry = |service: &str, identifier: &str| ProfileEntry {
        services: SOCIAL_SERVICES
            .iter()
            .map(|choice| SelectChoice::new(choice.value, texts.message(choice.label), choice.value == service))
            .collect(),
        identifier: identifier.to_owned(),
    };
    let known = entered.chunks(2).map(|pair| entry(&pair[0], pair.get(1).map_or("", String::as_str)));
    known.chain((0..MORE_PROFILES).map(|_| entry("", ""))).collect()
}

/// The longest text of a field in characters; 0: no bound.
fn longest(field: &Field) -> usize {
    match field.kind {
        FieldKind::Text { max } | FieldKind::Url { max, .. } | FieldKind::Phone { max } => max as usize,
        FieldKind::Email => EMAIL_MAX,
        _ => 0,
    }
}
