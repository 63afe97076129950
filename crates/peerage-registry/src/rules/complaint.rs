//! Collects the errors in a body: for all fields at once, in the order of the table.

use peerage_schema::CellPosition;
use serde_json::{Map, Value as Json, json};

use super::{BodyComplaints, WriteRefusal};

/// Key of errors that do not belong to a single field.
pub const ALL_FIELDS: &str = "non_field_errors";

/// Position of an error among the others. Between the positions of two fields there is room for one more, for a key
/// that is not in any table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComplaintPosition(usize);

impl ComplaintPosition {
    pub fn of(at: impl CellPosition) -> ComplaintPosition {
        ComplaintPosition(at.position() * 2)
    }

    pub fn after(at: impl CellPosition) -> ComplaintPosition {
        ComplaintPosition(at.position() * 2 + 1)
    }
}

#[derive(Debug)]
struct FieldComplaint {
    place: ComplaintPosition,
    field: &'static str,
    said: Json,
}

/// Errors of fields, as they are found.
#[derive(Debug, Default)]
pub struct ComplaintList {
    list: Vec<FieldComplaint>,
}

impl ComplaintList {
    /// Adds an error to those of the field.
    pub fn complain(&mut self, place: ComplaintPosition, field: &'static str, text: impl Into<String>) {
        let text = Json::String(text.into());
        match self.list.iter_mut().find(|complaint| complaint.field == field) {
            Some(FieldComplaint { said: Json::Array(texts), .. }) => texts.push(text),
            _ => self.complain_json(place, field, Json::Array(vec![text])),
        }
    }

    /// Inserts an error before those of the field.
    pub fn say_first(&mut self, place: ComplaintPosition, field: &'static str, text: impl Into<String>) {
        let text = Json::String(text.into());
        match self.list.iter_mut().find(|complaint| complaint.field == field) {
            Some(FieldComplaint { said: Json::Array(texts), .. }) => texts.insert(0, text),
            _ => self.complain_json(place, field, Json::Array(vec![text])),
        }
    }

    /// Sets an error that is not a list of texts.
    pub fn complain_json(&mut self, place: ComplaintPosition, field: &'static str, said: Json) {
        self.list.push(FieldComplaint { place, field, said });
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Converts the errors to a refusal.
    pub fn refusal(mut self) -> WriteRefusal {
        self.list.sort_by_key(|complaint| complaint.place);
        let fields = self.list.into_iter().map(|complaint| (complaint.field.to_owned(), complaint.said));
        invalid(fields.collect())
    }
}

fn invalid(fields: Map<String, Json>) -> WriteRefusal {
    WriteRefusal::Invalid(BodyComplaints { fields, concerns_caller: false })
}

/// A refusal with one field's error.
pub fn refuse(field: &str, text: impl Into<String>) -> WriteRefusal {
    refuse_both(&[field], text)
}

/// A refusal with the same error for several fields.
pub fn refuse_both(fields: &[&str], text: impl Into<String>) -> WriteRefusal {
    let text = json!([text.into()]);
    invalid(fields.iter().map(|field| ((*field).to_owned(), text.clone())).collect())
}

/// A refusal with a bare text instead of a list, because the check comes after those of the fields (spec/write-api.md,
/// 4.1).
pub fn refuse_bare(field: &str, text: impl Into<String>) -> WriteRefusal {
    invalid(Map::from_iter([(field.to_owned(), Json::String(text.into()))]))
}

/// A refusal with an error about several fields together.
pub fn refuse_together(text: impl Into<String>) -> WriteRefusal {
    refuse(ALL_FIELDS, text)
}
