//! Reads a body in one pass by the table: each field, in the order of the table, becomes a value in stored form or an
//! error (spec/write-api.md, 4.5, 4.6 and 5).

use peerage_schema::{
    CellPosition, Column, EmptyValue, Field, FieldIndex, FieldKind, Resource, Status, ValueStorage, WriteAccess,
};
use serde_json::Value as Json;

use super::cell::{REQUIRED, StoredCell};
use super::complaint::{ComplaintList, ComplaintPosition};
use super::request::SaveRequest;
use super::value::{ValueFault, present};
use super::{address, unique};
use crate::row::{Row, Value};
use crate::stored;

/// The values of a body.
#[derive(Debug)]
pub struct RowDraft {
    pub resource: Resource,
    /// By position; `None` if the body does not change the field.
    cells: Vec<Option<StoredCell>>,
    pub complaints: ComplaintList,
    /// Values that other rows already have.
    pub taken: Vec<TakenValue>,
}

/// A value that another row already has.
#[derive(Debug, Clone)]
pub struct TakenValue {
    pub place: ComplaintPosition,
    pub field: &'static str,
    pub said: String,
    pub holder: u32,
    /// Whether the other row is deleted: it may have to give the value up (spec/write-api.md, 6.3).
    pub is_free: bool,
}

impl RowDraft {
    pub fn get(&self, at: impl CellPosition) -> Option<&StoredCell> {
        self.cells[at.position()].as_ref()
    }

    pub fn text(&self, at: impl CellPosition) -> Option<&str> {
        self.get(at)?.as_text()
    }

    pub fn int(&self, at: impl CellPosition) -> Option<i64> {
        self.get(at)?.as_int()
    }

    pub fn flag(&self, at: impl CellPosition) -> Option<bool> {
        match self.get(at)? {
            StoredCell::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    pub fn set(&mut self, at: impl CellPosition, cell: StoredCell) {
        self.cells[at.position()] = Some(cell);
    }

    /// The resulting text: that of the body, or else the stored one.
    pub fn text_over<'a>(&'a self, before: Option<&'a Row>, at: impl CellPosition) -> &'a str {
        match self.get(at) {
            Some(cell) => cell.as_text().unwrap_or_default(),
            None => before.map_or("", |row| row.text_or_empty(at)),
        }
    }

    /// The resulting number.
    pub fn int_over(&self, before: Option<&Row>, at: impl CellPosition) -> Option<i64> {
        match self.get(at) {
            Some(cell) => cell.as_int(),
            None => before.and_then(|row| row.int(at)),
        }
    }

    pub fn complain(&mut self, column: Column, text: impl Into<String>) {
        self.complaints.complain(ComplaintPosition::of(column), column.name(), text);
    }

    /// Reports all values that other rows already have, before other errors of the field.
    pub fn complain_of_taken(&mut self) {
        for taken in std::mem::take(&mut self.taken) {
            self.complaints.say_first(taken.place, taken.field, taken.said);
        }
    }

    /// Whether nothing but deleted rows is in the way.
    pub fn is_fine(&self) -> bool {
        self.complaints.is_empty() && self.taken.iter().all(|taken| taken.is_free)
    }

    /// What the body changes: positions and values.
    pub fn changes(&self) -> Vec<(usize, StoredCell)> {
        let named = self.cells.iter().enumerate();
        named.filter_map(|(position, cell)| Some((position, cell.clone()?))).collect()
    }
}

/// For these resources, forms are flattened to one value per key before they are read, so HTML form rules do not apply.
fn is_flattened(resource: Resource) -> bool {
    matches!(resource, Resource::Net | Resource::Fac | Resource::Netixlan)
}

/// Whether the field is read from bodies at all.
fn is_read(field: &Field, creates: bool) -> bool {
    let is_writable = match field.write {
        WriteAccess::Yes | WriteAccess::Create => true,
        WriteAccess::Update => !creates,
        WriteAccess::No => false,
    };
    is_writable && field.is_stored()
}

/// Reads the body of a request. Rules across fields come later.
pub fn read(request: &SaveRequest<'_>) -> RowDraft {
    let resource = request.resource();
    let table = resource.table();
    let mut draft = RowDraft {
        resource,
        cells: vec![None; table.fields.len()],
        complaints: ComplaintList::default(),
        taken: Vec::new(),
    };
    let is_html = request.is_form && !is_flattened(resource);
    for (position, field) in table.fields.iter().enumerate() {
        if !is_read(field, request.creates()) {
            continue;
        }
        let given = request.body.get(field.name).map(|given| if request.is_form { last_of(given) } else { given });
        // A form cannot contain a list of objects, so the field is ignored.
        let given = given.filter(|_| !(request.is_form && matches!(field.kind, FieldKind::Social)));
        let given = given.filter(|given| !is_html || !is_unsaid(given, field));
        let place = ComplaintPosition::of(position);
        match given {
            None => {
                draft.cells[position] = match missing(field, is_html) {
                    Ok(cell) => cell,
                    Err(text) => {
                        draft.complaints.complain(place, field.name, text);
                        None
                    }
                }
            }
            Some(given) => match present(request, field, given) {
                Ok(cell) => {
                    if let Some(taken) = taken(request, position, field, &cell) {
                        draft.taken.push(taken);
                    }
                    if let Some(text) = doubts(field, &cell) {
                        draft.complaints.complain(place, field.name, text);
                    }
                    draft.cells[position] = Some(cell);
                }
                Err(ValueFault::Texts(texts)) => {
                    for text in texts {
                        draft.complaints.complain(place, field.name, text);
                    }
                }
                Err(ValueFault::Whole(said)) => draft.complaints.complain_json(place, field.name, said),
            },
        }
    }
    draft
}

/// If a key occurs more than once in a form, the last value counts: forms cannot contain lists.
fn last_of(given: &Json) -> &Json {
    match given {
        Json::Array(values) => values.last().unwrap_or(given),
        _ => given,
    }
}

/// Whether an empty form input counts as absent, because an empty text is not a value of the field.
fn is_unsaid(given: &Json, field: &Field) -> bool {
    let is_value = match field.kind {
        FieldKind::Choice(choices) => choices.iter().any(|choice| choice.value.is_empty()) || !field.has_default(),
        _ => field.kind.storage() == ValueStorage::Text,
    };
    given.as_str() == Some("") && !is_value && !field.required && !field.named
}

/// The value of a field that is not in the body, or `None` to leave it unchanged.
fn missing(field: &Field, is_html: bool) -> Result<Option<StoredCell>, &'static str> {
    match field.kind {
        _ if field.required || field.named => Err(REQUIRED),
        _ if field.reset => Ok(Some(preset(field))),
        // Browsers do not send unchecked checkboxes.
        FieldKind::Bool if is_html => Ok(Some(StoredCell::Bool(false))),
        _ => Ok(None),
    }
}

/// The value of a field in a new row, if the body does not contain it.
pub fn preset(field: &Field) -> StoredCell {
    match StoredCell::from_value(stored::empty(field)) {
        StoredCell::Null if field.reset && field.empty == EmptyValue::Either => StoredCell::Text(String::new()),
        cell => cell,
    }
}

/// What is wrong with a value of the right type.
fn doubts(field: &Field, cell: &StoredCell) -> Option<String> {
    let text = cell.as_text()?;
    if !field.retired.is_empty() && !text.is_empty() {
        return Some(field.retired.to_owned());
    }
    if matches!(field.kind, FieldKind::Prefix) {
        return address::check_space(text.parse().ok()?).err();
    }
    let mut letters = text.chars().zip(text.chars().skip(1));
    let has_gap = field.name == "name" && letters.any(|(one, next)| one.is_whitespace() && next.is_whitespace());
    has_gap.then(|| "Name cannot contain consecutive whitespace characters.".to_owned())
}

fn taken(request: &SaveRequest<'_>, position: usize, field: &'static Field, cell: &StoredCell) -> Option<TakenValue> {
    if field.index != FieldIndex::Unique || matches!(cell.as_value(), Value::Null) {
        return None;
    }
    // An unchanged address is not compared with imported rows, which may contain it in another form.
    let is_stored = request.before.is_some_and(|row| row.value(position, field.kind.storage()) == cell.as_value());
    if is_stored && matches!(field.kind, FieldKind::Mac) {
        return None;
    }
    let holder = unique::holder(request.state, request.resource().table().column_at(position), cell, request.id())?;
    let is_free = request.state.status(request.resource(), holder) == Some(Status::Deleted);
    Some(TakenValue {
        place: ComplaintPosition::of(position),
        field: field.name,
        said: field.taken.to_owned(),
        holder: holder.id(),
        is_free,
    })
}
