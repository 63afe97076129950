//! What a form has about one row: the values that a person entered, and those that the row had when the form was made.
//!
//! A save compares three versions of each field: as it was, as it was entered, and as it is now. A field that was not
//! touched takes the value of now, so that a save changes only what its person changed. A field that was also changed by
//! others is a conflict, which the person decides.

use std::collections::{BTreeMap, HashMap, HashSet};

use peerage_engine::object::{ObjectAction, ObjectChange, side_action, side_body};
use peerage_registry::Row;
use peerage_registry::rules::RequestBody;
use peerage_schema::choices::FieldChoice;
use peerage_schema::{Column, Field, FieldKind, Resource};
use serde_json::{Map, Value as Json};

use super::reference::{FoundReference, ReferenceFinder};
use super::values::{
    EnteredTexts, body_value, entered_fields, is_uncertain, preset_texts, repeated_fields, side_fields, texts_of,
};
use crate::form::WebForm;

/// Values of one row by the names of its fields.
pub type RowTexts = BTreeMap<&'static str, EnteredTexts>;

/// The fields of a form, found by name at once: forms of many rows have thousands.
pub struct FormFields<'a> {
    fields: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> FormFields<'a> {
    pub fn of(form: &'a WebForm) -> FormFields<'a> {
        let mut fields: HashMap<&str, Vec<&str>> = HashMap::new();
        for (name, text) in form.fields() {
            fields.entry(name).or_default().push(text);
        }
        FormFields { fields }
    }

    pub fn all(&self, name: &str) -> &[&'a str] {
        self.fields.get(name).map_or(&[], Vec::as_slice)
    }

    /// The names of the fields, in any order.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.fields.keys().copied()
    }

    /// The last value of a field, or an empty text.
    pub fn text(&self, name: &str) -> &'a str {
        self.all(name).last().copied().unwrap_or_default()
    }
}

/// A field that was changed by the person and by others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldConflict {
    pub field: &'static str,
    pub now: EnteredTexts,
}

/// A row of a form.
#[derive(Debug, Clone)]
pub struct RowEntry {
    pub resource: Resource,
    /// None for a new row.
    pub id: Option<u32>,
    /// Sets the names of its fields apart from those of other rows.
    pub prefix: String,
    pub entered: RowTexts,
    /// As the row was when the form was made; of a new row, what a form begins with.
    pub base: RowTexts,
    pub is_removed: bool,
    /// Whether a new row is suggested to the registry.
    pub is_suggested: bool,
    /// Keys of the body of a new row that are not fields.
    pub extras: Vec<(String, String)>,
}

/// All values of a row that forms have.
fn all_texts(resource: Resource, row: &Row) -> RowTexts {
    let fields = repeated_fields(resource).chain(side_fields(resource));
    fields.map(|(position, field)| (field.name, texts_of(field, position, row))).collect()
}

/// The name of the hidden field with the values that a row had.
pub fn base_name(prefix: &str) -> String {
    format!("{prefix}was")
}

/// The ticked items of a list in the order in which the row has them, and those that are new after them: the first item of
/// some lists has a meaning of its own. Stored items that the form cannot show stay.
fn in_stored_order(choices: &[FieldChoice], base: &[String], ticked: &[&str]) -> EnteredTexts {
    let is_shown = |item: &str| choices.iter().any(|choice| choice.value == item);
    let all: HashSet<&str> = ticked.iter().copied().collect();
    let stays = |item: &&String| all.contains(item.as_str()) || !is_shown(item);
    let mut items: EnteredTexts = base.iter().filter(stays).cloned().collect();
    let mut known: HashSet<String> = items.iter().cloned().collect();
    items.extend(ticked.iter().filter(|item| known.insert((**item).to_owned())).map(|item| (*item).to_owned()));
    items
}

/// The name of the box that removes a row.
pub fn removal_name(prefix: &str) -> String {
    format!("{prefix}remove")
}

impl RowEntry {
    /// A row as it is.
    pub fn of_row(resource: Resource, row: &Row, prefix: impl Into<String>) -> RowEntry {
        let texts = all_texts(resource, row);
        let (entered, base) = (texts.clone(), texts);
        RowEntry {
            resource,
            id: Some(row.id()),
            prefix: prefix.into(),
            entered,
            base,
            is_removed: false,
            is_suggested: false,
            extras: Vec::new(),
        }
    }

    /// A new row, with some values.
    pub fn of_new(resource: Resource, prefix: impl Into<String>, known: &[(Column, String)]) -> RowEntry {
        let base: RowTexts =
            entered_fields(resource, true).map(|(_, field)| (field.name, preset_texts(field))).collect();
        let mut entered = base.clone();
        for (column, text) in known {
            entered.insert(column.name(), vec![text.clone()]);
        }
        RowEntry {
            resource,
            id: None,
            prefix: prefix.into(),
            entered,
            base,
            is_removed: false,
            is_suggested: false,
            extras: Vec::new(),
        }
    }

    /// A row as a form has it. `shown`: the fields that the form shows; the others keep their values. The second result
    /// is what could not be found: names of fields and texts.
    pub fn read(
        form: &FormFields<'_>,
        mut entry: RowEntry,
        shown: &[&'static Field],
        finder: &mut ReferenceFinder<'_>,
    ) -> (RowEntry, Vec<(&'static str, String)>) {
        let mut unknown = Vec::new();
        if entry.id.is_some()
            && let Ok(base) =
                serde_json::from_str::<BTreeMap<String, EnteredTexts>>(form.text(&base_name(&entry.prefix)))
        {
            for (name, texts) in base {
                if let Some((known, of_row)) = entry.base.iter_mut().find(|(known, _)| **known == name) {
                    entry.entered.insert(known, texts.clone());
                    *of_row = texts;
                }
            }
        }
        // A form of ours says what its row was. In any other, what is missing is not unticked but unsaid.
        let is_ours = entry.id.is_none() || !form.text(&base_name(&entry.prefix)).is_empty();
        for field in shown {
            let name = format!("{}{}", entry.prefix, field.name);
            let texts: EnteredTexts = match field.kind {
                FieldKind::Social if !is_ours && form.all(&format!("{name}.service")).is_empty() => continue,
                _ if !is_ours && !matches!(field.kind, FieldKind::Social) && form.all(&name).is_empty() => continue,
                FieldKind::Social => {
                    let (services, identifiers) =
                        (form.all(&format!("{name}.service")), form.all(&format!("{name}.identifier")));
                    let pairs = services.iter().zip(identifiers).filter(|(_, text)| !text.trim().is_empty());
                    pairs.flat_map(|(service, identifier)| [*service, *identifier]).map(str::to_owned).collect()
                }
                FieldKind::Bool if !is_uncertain(field) => {
                    form.all(&name).iter().map(|text| (*text).to_owned()).collect()
                }
                FieldKind::Choices(choices) | FieldKind::Words(choices) => {
                    in_stored_order(choices, entry.base.get(field.name).map_or(&[], Vec::as_slice), form.all(&name))
                }
                _ if form.all(&name).is_empty() => continue,
                // Null looks like an empty text in a form, and stays null if nothing is entered.
                _ if form.text(&name).is_empty() && entry.base.get(field.name).is_some_and(Vec::is_empty) => Vec::new(),
                FieldKind::Ref(of) => match finder.find(of, form.text(&name)) {
                    FoundReference::Id(text) => vec![text],
                    FoundReference::Not(why) => {
                        unknown.push((field.name, why));
                        vec![form.text(&name).to_owned()]
                    }
                },
                _ => {
                    let text = form.text(&name).replace("\r\n", "\n");
                    // Browsers end lines in a way of their own: a text that differs only in that is the stored one.
                    let base = entry.base.get(field.name).and_then(|base| base.first());
                    let is_same = base.is_some_and(|base| base.replace("\r\n", "\n") == text);
                    vec![base.filter(|_| is_same).cloned().unwrap_or(text)]
                }
            };
            entry.entered.insert(field.name, texts);
        }
        entry.is_removed = entry.id.is_some() && !form.text(&removal_name(&entry.prefix)).is_empty();
        (entry, unknown)
    }

    /// The hidden field that keeps the values that the row had: its name and value.
    pub fn base_field(&self) -> Option<(String, String)> {
        self.id.map(|_| (base_name(&self.prefix), serde_json::to_string(&self.base).unwrap_or_default()))
    }

    /// Whether the person changed a field.
    pub fn is_touched(&self, name: &str) -> bool {
        self.base.get(name).is_none_or(|base| self.entered.get(name).is_some_and(|entered| entered != base))
    }

    /// Whether the person changed anything.
    pub fn is_changed(&self) -> bool {
        self.is_removed || self.entered.keys().any(|name| self.is_touched(name))
    }

    /// Takes what others changed in the meantime, and returns the fields that both changed, to different values. After
    /// that, the row of now is the one that the form is compared with.
    pub fn follow(&mut self, row: &Row) -> Vec<FieldConflict> {
        let mut conflicts = Vec::new();
        for (name, now) in all_texts(self.resource, row) {
            let Some(base) = self.base.get(name) else { continue };
            let entered = self.entered.get(name).unwrap_or(base);
            // 10G and 10000 are the same.
            let field = self.resource.table().field(name);
            let is_same = |one: &[String], other: &[String]| {
                let value = |texts| field.map(|field| body_value(self.resource, field, texts));
                one == other || value(one) == value(other)
            };
            if now != *base && entered != base && !is_same(entered, &now) {
                conflicts.push(FieldConflict { field: name, now: now.clone() });
            } else if entered == base {
                self.entered.insert(name, now.clone());
            }
            self.base.insert(name, now);
        }
        conflicts
    }

    /// The changes of the row: of itself, and of a port's sides. `owner`: of a new row.
    pub fn changes(&self, owner: Option<(Column, u32)>) -> Vec<ObjectChange> {
        let is_kept = self.id.is_some() && !self.is_removed;
        let sides = side_fields(self.resource).filter(|(_, field)| is_kept && self.is_touched(field.name));
        let of_sides = sides.filter_map(|(at, field)| {
            let action = side_action(self.resource, at)?(self.id?.to_string());
            let body = side_body(body_value(self.resource, field, self.entered.get(field.name)?));
            Some(ObjectChange { resource: self.resource, action, body })
        });
        self.change(owner).into_iter().chain(of_sides).collect()
    }

    /// The change of the row itself.
    fn change(&self, owner: Option<(Column, u32)>) -> Option<ObjectChange> {
        let sides: Vec<&str> = side_fields(self.resource).map(|(_, field)| field.name).collect();
        let is_touched = self.entered.keys().any(|name| !sides.contains(name) && self.is_touched(name));
        if !self.is_removed && !is_touched {
            return None;
        }
        let (resource, id) = (self.resource, self.id.map(|id| id.to_string()));
        let action = match id {
            Some(id) if self.is_removed => ObjectAction::Delete(id),
            Some(id) => ObjectAction::Update(id),
            None if self.is_suggested => ObjectAction::Suggest,
            None => ObjectAction::Create,
        };
        let mut values: Map<String, Json> = Map::new();
        if !self.is_removed {
            let given = repeated_fields(resource).filter_map(|(_, field)| Some((field, self.entered.get(field.name)?)));
            values.extend(given.map(|(field, texts)| (field.name.to_owned(), body_value(resource, field, texts))));
            values.extend(self.extras.iter().map(|(name, text)| (name.clone(), Json::from(text.as_str()))));
            values.extend(owner.map(|(column, id)| (column.name().to_owned(), Json::from(id))));
        }
        Some(ObjectChange { resource, action, body: RequestBody { values, is_form: false } })
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::{LogHead, SnapshotLoader, stored};
    use peerage_schema::tables::net;

    use super::*;

    fn row(aka: &str, notes: &str) -> Row {
        let text = format!(
            r#"{{"id": 1, "org_id": 2, "asn": 64500, "name": "Net", "aka": "{aka}", "notes": "{notes}", "status": "ok"}}"#
        );
        stored::from_json(Resource::Net, &text).expect("a row")
    }

    fn text(entry: &RowEntry, column: Column) -> &str {
        &entry.entered[column.name()][0]
    }

    fn edited(entry: &mut RowEntry, column: Column, text: &str) {
        entry.entered.insert(column.name(), vec![text.to_owned()]);
    }

    #[test]
    fn an_untouched_form_changes_nothing() {
        let mut entry = RowEntry::of_row(Resource::Net, &row("a", "b"), "");
        assert!(!entry.is_changed() && entry.change(None).is_none());
        assert_eq!(entry.follow(&row("c", "d")), []);
        assert!(entry.change(None).is_none());
    }

    #[test]
    fn untouched_fields_follow_others_and_touched_ones_are_kept() {
        let mut entry = RowEntry::of_row(Resource::Net, &row("a", "b"), "");
        edited(&mut entry, net::AKA, "mine");
        assert_eq!(entry.follow(&row("a", "theirs")), []);
        assert_eq!((text(&entry, net::AKA), text(&entry, net::NOTES)), ("mine", "theirs"));
        let change = entry.change(None).expect("a change");
        assert!(matches!(&change.action, ObjectAction::Update(id) if id == "1"));
        assert_eq!((&change.body.values["aka"], &change.body.values["notes"]), (&"mine".into(), &"theirs".into()));
    }

    #[test]
    fn a_field_that_both_changed_is_a_conflict_once() {
        let mut entry = RowEntry::of_row(Resource::Net, &row("a", "b"), "");
        edited(&mut entry, net::AKA, "mine");
        let conflict = FieldConflict { field: net::AKA.name(), now: vec!["theirs".to_owned()] };
        assert_eq!(entry.follow(&row("theirs", "b")), [conflict]);
        assert_eq!(entry.follow(&row("theirs", "b")), [], "the person has seen it");
        assert_eq!(text(&entry, net::AKA), "mine");
        let mut same = RowEntry::of_row(Resource::Net, &row("a", "b"), "");
        edited(&mut same, net::AKA, "theirs");
        assert_eq!(same.follow(&row("theirs", "b")), [], "both entered the same");
        assert!(same.change(None).is_none());
    }

    #[test]
    fn what_a_form_made_by_hand_does_not_say_stays() {
        let snapshot = SnapshotLoader::default().finish(LogHead::EMPTY);
        let mut finder = ReferenceFinder::new(&snapshot);
        let text = r#"{"id": 1, "org_id": 2, "asn": 64500, "name": "Net", "policy_ratio": true, "info_types": "NSP",
            "status": "ok"}"#;
        let row = stored::from_json(Resource::Net, text).expect("a row");
        let shown: Vec<&Field> = entered_fields(Resource::Net, false).map(|(_, field)| field).collect();
        let mut read = |fields: Vec<(String, String)>| {
            let form = WebForm::of_fields(fields);
            let entry = RowEntry::of_row(Resource::Net, &row, "");
            RowEntry::read(&FormFields::of(&form), entry, &shown, &mut finder).0
        };
        let by_hand = read(vec![("aka".to_owned(), "x".to_owned())]);
        assert_eq!((by_hand.entered["policy_ratio"].len(), by_hand.entered["info_types"].len()), (1, 1));
        let was = RowEntry::of_row(Resource::Net, &row, "").base_field().expect("a field");
        let ours = read(vec![was, ("aka".to_owned(), "x".to_owned())]);
        assert_eq!((ours.entered["policy_ratio"].len(), ours.entered["info_types"].len()), (0, 0), "all unticked");
    }

    #[test]
    fn lists_keep_their_order_and_texts_their_ends_of_lines() {
        let snapshot = SnapshotLoader::default().finish(LogHead::EMPTY);
        let mut finder = ReferenceFinder::new(&snapshot);
        let text = r#"{"id": 1, "org_id": 2, "asn": 64500, "name": "Net", "info_types": "Old,Content,NSP",
            "notes": "a\r\nb", "status": "ok"}"#;
        let row = stored::from_json(Resource::Net, text).expect("a row");
        let shown = [net::INFO_TYPES.field(), net::NOTES.field()];
        let mut read = |ticked: &[&str]| {
            let entry = RowEntry::of_row(Resource::Net, &row, "");
            let mut fields = vec![entry.base_field().expect("a field"), ("notes".to_owned(), "a\r\nb".to_owned())];
            fields.extend(ticked.iter().map(|item| ("info_types".to_owned(), (*item).to_owned())));
            let form = WebForm::of_fields(fields);
            RowEntry::read(&FormFields::of(&form), entry, &shown, &mut finder).0
        };
        assert!(!read(&["NSP", "Content"]).is_changed(), "browsers send items in the order of the form");
        assert_eq!(read(&["NSP", "Enterprise"]).entered["info_types"], ["Old", "NSP", "Enterprise"]);
    }

    #[test]
    fn a_form_is_read_as_it_was_made() {
        let snapshot = {
            let mut loader = SnapshotLoader::default();
            loader.push(Resource::Net, row("a", "b"));
            loader.finish(LogHead::EMPTY)
        };
        let mut finder = ReferenceFinder::new(&snapshot);
        let entry = RowEntry::of_row(Resource::Net, &row("a", "b"), "x-");
        let (name, value) = entry.base_field().expect("a field");
        assert_eq!(name, "x-was");
        let form = WebForm::of_fields(vec![(name, value), ("x-aka".to_owned(), "mine".to_owned())]);
        let shown = [net::AKA.field(), net::POLICY_RATIO.field()];
        // Others have changed it in the meantime.
        let now = RowEntry::of_row(Resource::Net, &row("theirs", "b"), "x-");
        let (mut read, unknown) = RowEntry::read(&FormFields::of(&form), now, &shown, &mut finder);
        assert_eq!((text(&read, net::AKA), unknown.len(), read.is_removed), ("mine", 0, false));
        assert_eq!(read.follow(&row("theirs", "b")).len(), 1);
        let form = WebForm::of_fields(vec![(removal_name("x-"), "yes".to_owned())]);
        let (read, _) = RowEntry::read(&FormFields::of(&form), entry, &[], &mut finder);
        let change = read.change(None).expect("a change");
        assert!(matches!(change.action, ObjectAction::Delete(_)) && change.body.values.is_empty());
    }
}
