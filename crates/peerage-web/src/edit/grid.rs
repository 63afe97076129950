//! Forms with the rows of a list: several rows are added, changed and removed with one save.

use std::collections::HashSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_pages::edit::{EditField, EditForm, EditInput, GridPage, GridRow};
use peerage_pages::parts::FormErrors;
use peerage_registry::{Row, Snapshot};
use peerage_schema::tables::{fac, ixpfx, netixlan};
use peerage_schema::{Column, Field, FieldIndex, FieldKind, Resource};

use super::assigned::{assigned_field, assigned_rows};
use super::entry::{FormFields, RowEntry, base_name, removal_name};
use super::fields::field_view;
use super::reference::{FoundReference, ReferenceFinder};
use super::save::{self, EditSubmission, FormRow, SubmissionOutcome};
use super::values::{self, EnteredTexts};
use super::{
    edited_object, is_owner, is_there, is_within_reach, lan_of, may_edit_contacts, name_of, page_object, paste, read,
    row_at, whole_scope,
};
use crate::objects::lists::{self, ObjectList};
use crate::objects::words;
use crate::visit::{DraftVisit, Visit};

/// Rows of one form.
pub const ROWS_A_PAGE: usize = 100;

/// New rows of one form.
pub const NEW_ROWS_MAX: usize = 200;

/// Empty rows that a form begins with, and that it gets on request.
const BLANK_ROWS: usize = 1;
const MORE_ROWS: usize = 5;

/// A list and the object that it belongs to.
struct EditedList<'a> {
    list: &'static ObjectList,
    resource: Resource,
    object: &'a Row,
    rows: ListRows,
}

/// The rows of a form.
#[derive(Clone, Copy)]
enum ListRows {
    /// They belong to the object, which is this owner: they are added, changed and removed.
    Owned((Column, u32)),
    /// They belong to the object, and those that the person may change are changed, but none are added or removed.
    Reachable((Column, u32)),
    /// They belong to others, or stay without the object: only this field is set.
    Assigned(Column),
}

/// Whether the rows of a list belong to the object whose list it is.
fn is_owned(list: &ObjectList) -> bool {
    !Resource::ROOTS.contains(&list.of) && list.of.table().owner == Some(list.by)
}

/// Whether a list has a form of its own.
pub fn is_edited(list: &ObjectList) -> bool {
    is_owned(list) || assigned_field(list).is_some()
}

impl<'a> EditedList<'a> {
    fn find(snapshot: &'a Snapshot, kind: &str, id: &str, key: &str) -> Option<EditedList<'a>> {
        let (resource, object) = row_at(snapshot, kind, id)?;
        let list = lists::of(resource).iter().find(|list| list.key == key && is_edited(list))?;
        let rows = match (list.by, assigned_field(list)) {
            (_, Some(field)) => ListRows::Assigned(field),
            (by, None) if by == ixpfx::IXLAN_ID => ListRows::Owned((by, lan_of(snapshot, resource, object)?.id())),
            (by, None) => ListRows::Owned((by, object.id())),
        };
        Some(EditedList { list, resource, object, rows })
    }

    /// The rows of the list that the person may read, those with the lowest IDs first.
    fn rows<'r>(&self, visit: &'r Visit) -> Vec<&'r Row> {
        let (of, snapshot, viewer) = (self.list.of, &visit.state.snapshot, visit.principal().viewer());
        let is_shown = |row: &&Row| is_there(snapshot, of, row) && snapshot.may_read(&viewer, of, row);
        let (by, owner) = match self.rows {
            ListRows::Owned(owner) | ListRows::Reachable(owner) => owner,
            ListRows::Assigned(field) => return assigned_rows(visit, field, self.object),
        };
        let is_all = matches!(self.rows, ListRows::Owned(_));
        let is_shown = |row: &&Row| is_shown(row) && (is_all || is_within_reach(visit, of, row));
        let ids = snapshot.pointing(by, owner);
        ids.iter().filter_map(|id| snapshot.row(of, *id)).filter(is_shown).collect()
    }

    /// The list as far as the person can change it.
    ///
    /// # Errors
    /// The page that says which permission is missing.
    fn within_reach(self, visit: &Visit) -> Result<EditedList<'a>, Box<Response<Body>>> {
        match (whole_scope(visit, self.resource, self.object), self.rows) {
            (Ok(()), _) => Ok(self),
            (Err(_), ListRows::Owned(owner))
                if visit.led_to_prove().is_none()
                    && self.list.of == Resource::Poc
                    && may_edit_contacts(visit, self.resource, self.object) =>
            {
                Ok(EditedList { rows: ListRows::Reachable(owner), ..self })
            }
            (Err(answer), _) => Err(answer),
        }
    }

    /// The owner of new rows, if there can be any.
    fn owner(&self) -> Option<(Column, u32)> {
        if let ListRows::Owned(owner) = self.rows { Some(owner) } else { None }
    }

    /// The fields of a new row, in the order in which the list shows them; free texts come last.
    fn fields(&self) -> Vec<&'static Field> {
        if let ListRows::Assigned(field) = self.rows {
            return vec![field.field()];
        }
        let entered = values::entered_fields(self.list.of, true).map(|(_, field)| field);
        let mut fields: Vec<&'static Field> = entered.filter(|field| !is_owner(self.list.of, field)).collect();
        let place = |field: &Field| self.list.columns.iter().position(|column| column.key == field.name);
        let is_free = |field: &Field| matches!(field.kind, FieldKind::Text { .. });
        let is_key = |field: &Field| matches!(field.kind, FieldKind::Ref(_));
        fields.sort_by_key(|field| (!is_key(field), place(field).unwrap_or(usize::MAX), is_free(field)));
        fields
    }

    /// The fields of a stored row, which are the columns of the form.
    fn stored_fields(&self) -> Vec<&'static Field> {
        let key = self.key_field().map(|field| field.name);
        let mut fields = self.fields();
        fields.retain(|field| Some(field.name) != key);
        if !matches!(self.rows, ListRows::Assigned(_)) {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let sides = values::side_fields(self.list.of).map(|(_, side)| side.name);
            let sides: Vec<&str> = sides.filter(|name| !known.contains(name)).collect();
            let later = values::form_fields(self.list.of).map(|(_, field)| field);
            fields.extend(later.filter(|field| sides.contains(&field.name)));
        }
        fields
    }

    /// The field that says what a row is about, such as the exchange of a port. Rows keep it.
    fn key_field(&self) -> Option<&'static Field> {
        if let ListRows::Assigned(_) = self.rows {
            return None;
        }
        self.fields().into_iter().find(|field| matches!(field.kind, FieldKind::Ref(_)))
    }

    /// Where a row has a page or form of its own.
    fn link(&self, snapshot: &Snapshot, id: u32) -> String {
        let of = self.list.of;
        if !matches!(self.rows, ListRows::Assigned(_)) {
            return format!("/edit/{}/{id}", of.tag());
        }
        let page = snapshot.row(of, id).map(|row| page_object(snapshot, of, row));
        page.map_or_else(String::new, |(of, row)| format!("/{}/{}", of.tag(), row.id()))
    }

    /// The key of what a person should know before.
    fn about(&self) -> Option<&'static str> {
        match self.rows {
            ListRows::Owned(_) | ListRows::Reachable(_) => None,
            ListRows::Assigned(field) if field == fac::CAMPUS_ID => Some("edit-campus-about"),
            ListRows::Assigned(_) => Some("edit-sides-about"),
        }
    }

    fn action(&self, page: usize) -> String {
        let path = format!("/edit/{}/{}/{}", self.resource.tag(), self.object.id(), self.list.key);
        if page > 1 { format!("{path}?page={page}") } else { path }
    }

    fn form_row(&self, visit: &Visit, row: &Row) -> FormRow {
        let snapshot = &visit.state.snapshot;
        FormRow {
            entry: RowEntry::of_row(self.list.of, row, row_prefix(row.id())),
            shown: self.stored_fields(),
            label: self.row_name(visit, snapshot, row.id()),
            owner: None,
        }
    }

    fn new_row(&self, visit: &Visit, at: usize) -> FormRow {
        FormRow {
            entry: RowEntry::of_new(self.list.of, format!("new-{at}-"), &[]),
            shown: self.fields(),
            label: visit.texts().with("edit-new-row", &[("row", &(at + 1))]),
            owner: self.owner(),
        }
    }

    /// What the list calls a row, and what tells it apart from others with that name.
    fn row_name(&self, visit: &Visit, snapshot: &Snapshot, id: u32) -> String {
        if Resource::ROOTS.contains(&self.list.of) {
            return snapshot.row(self.list.of, id).map(|row| name_of(self.list.of, row)).unwrap_or_default();
        }
        let mut name = words::part_name(snapshot, self.resource, self.list.of, id).shown_text();
        if let (ListRows::Assigned(_), Some(row)) = (self.rows, snapshot.row(self.list.of, id)) {
            // A network has several ports at an exchange.
            let address = row.text(netixlan::IPADDR4).or_else(|| row.text(netixlan::IPADDR6));
            name.push_str(&address.map_or_else(String::new, |address| format!(" {address}")));
        }
        if name.is_empty() { visit.texts().with("edit-row", &[("id", &id.to_string())]) } else { name }
    }
}

/// The page of a long list, from 1.
fn page_of(visit: &Visit) -> usize {
    visit.query("page").and_then(|page| page.parse().ok()).filter(|page| *page > 0).unwrap_or(1)
}

fn stored_rows(visit: &Visit, list: &EditedList<'_>, page: usize) -> Vec<FormRow> {
    let rows = list.rows(visit);
    let start = (page - 1).saturating_mul(ROWS_A_PAGE);
    rows.into_iter().skip(start).take(ROWS_A_PAGE).map(|row| list.form_row(visit, row)).collect()
}

pub async fn show(Path((kind, id, key)): Path<(String, String, String)>, visit: Visit) -> Response<Body> {
    let Some(list) = EditedList::find(&visit.state.snapshot, &kind, &id, &key) else {
        return crate::public::not_found();
    };
    let list = match list.within_reach(&visit) {
        Ok(list) => list,
        Err(answer) => return *answer,
    };
    let mut rows = stored_rows(&visit, &list, page_of(&visit));
    let blank = if list.owner().is_some() { BLANK_ROWS } else { 0 };
    rows.extend((0..blank).map(|at| list.new_row(&visit, at)));
    page(&visit, &list, &rows, FormErrors::none(), StatusCode::OK, "")
}

fn page(
    visit: &Visit,
    list: &EditedList<'_>,
    rows: &[FormRow],
    errors: FormErrors,
    status: StatusCode,
    pasted: &str,
) -> Response<Body> {
    let (texts, snapshot) = (visit.texts(), &*visit.state.snapshot);
    let (number, total) = (page_of(visit), list.rows(visit).len());
    let object = edited_object(visit, list.resource, list.object, list.list.key);
    let key = list.key_field();
    let columns = list.stored_fields();
    let of_new: Vec<&str> = list.fields().iter().map(|field| field.name).collect();
    let of_row = |row: &FormRow| {
        let is_new = row.entry.id.is_none();
        let view = |field: &'static Field| {
            let view = field_view(visit, &row.entry, field, None);
            if is_new && !of_new.contains(&field.name) {
                return EditField { input: EditInput::Fixed, value: String::new(), ..view };
            }
            view
        };
        GridRow {
            prefix: row.entry.prefix.clone(),
            label: row.label.clone(),
            name: row.label.clone(),
            link: row.entry.id.map_or_else(String::new, |id| list.link(snapshot, id)),
            key: key.filter(|_| is_new).map(view),
            is_new,
            is_removed: row.entry.is_removed,
            fields: columns.iter().copied().map(view).map(compact).collect(),
        }
    };
    let news = rows.iter().filter(|row| row.entry.id.is_none()).count();
    let mut kept: Vec<(String, String)> = rows.iter().filter_map(|row| row.entry.base_field()).collect();
    kept.push(("once".to_owned(), save::once(visit)));
    kept.push(("new".to_owned(), news.to_string()));
    let title = texts.get(list.list.title).into_owned();
    let paste_columns: Vec<String> = list.fields().iter().map(|field| texts.message(field.label)).collect();
    let frame = visit.frame("edit-preview-title");
    let named = texts.with("edit-list-title", &[("name", &object.name), ("list", &title)]);
    let to_page = |page: usize| list.action(page);
    let page = GridPage {
        form: EditForm {
            object,
            action: list.action(number),
            kept,
            note: visit.form.text("note").to_owned(),
            about: list.about().map(|key| texts.get(key).into_owned()).unwrap_or_default(),
            errors,
            is_sent: visit.is_sent(),
        },
        title,
        can_add: list.owner().is_some(),
        first: key.map_or_else(|| texts.get("edit-first").into_owned(), |key| texts.message(key.label)),
        columns: columns.iter().map(|field| texts.message(field.label)).collect(),
        rows: rows.iter().map(of_row).collect(),
        paste_about: texts.with("edit-paste-about", &[("columns", &paste_columns.join(", "))]),
        pasted: pasted.to_owned(),
        newer: (number > 1).then(|| to_page(number - 1)),
        older: (number.saturating_mul(ROWS_A_PAGE) < total).then(|| to_page(number + 1)),
        frame: frame.named(named),
    };
    visit.page("edit", status, page.language(), page.show())
}

/// A field in a table has no room for long help.
fn compact(mut field: EditField) -> EditField {
    if let EditInput::Line { kind, .. } = &mut field.input
        && *kind == "url"
    {
        *kind = "text";
    }
    field
}

pub async fn take(
    Path((kind, id, key)): Path<(String, String, String)>,
    DraftVisit(mut visit): DraftVisit,
) -> Response<Body> {
    let state = Arc::clone(&visit.state);
    let Some(list) = EditedList::find(&state.snapshot, &kind, &id, &key) else { return crate::public::not_found() };
    let list = match list.within_reach(&visit) {
        Ok(list) => list,
        Err(answer) => return *answer,
    };
    let (rows, errors) = sent_rows(&visit, &list);
    let step = visit.form.text("step").to_owned();
    match step.as_str() {
        "more" | "paste" if list.owner().is_none() => {}
        "more" => {
            let mut rows = rows;
            let news = rows.iter().filter(|row| row.entry.id.is_none()).count();
            let more = (news..NEW_ROWS_MAX).take(MORE_ROWS);
            rows.extend(more.map(|at| list.new_row(&visit, at)).collect::<Vec<_>>());
            return page(&visit, &list, &rows, FormErrors::none(), StatusCode::OK, "");
        }
        "paste" => return pasted(&visit, &list, rows),
        _ => {}
    }
    let object = edited_object(&visit, list.resource, list.object, list.list.key);
    let news = rows.iter().filter(|row| row.entry.id.is_none()).count();
    let sent = EditSubmission {
        rows,
        errors,
        object,
        action: list.action(page_of(&visit)),
        page_of: list.resource,
        kept: vec![("new".to_owned(), news.to_string())],
    };
    let done = format!("{}#{}", sent.object.path, list.list.key);
    match save::take(&mut visit, sent).await {
        SubmissionOutcome::Answer(answer) => answer,
        SubmissionOutcome::Saved(_) => visit.go_telling(&done, "told-edit-saved"),
        SubmissionOutcome::Again(rows, errors, status) => {
            // A preview keeps only the rows that change: the others are shown again as they are.
            let rows = with_others(&visit, &list, rows);
            page(&visit, &list, &rows, errors, status, "")
        }
    }
}

/// The rows of the page, with what the form has about them.
fn sent_rows(visit: &Visit, list: &EditedList<'_>) -> (Vec<FormRow>, FormErrors) {
    let form = FormFields::of(&visit.form);
    // The rows that the form had, wherever they are in the list by now.
    let has = |row: &&Row| !form.text(&base_name(&row_prefix(row.id()))).is_empty();
    let found: Vec<&Row> = list.rows(visit).into_iter().filter(has).take(ROWS_A_PAGE).collect();
    let mut rows: Vec<FormRow> = found.iter().map(|row| list.form_row(visit, row)).collect();
    let known: HashSet<u32> = found.iter().map(|row| row.id()).collect();
    let is_gone = |id: &u32| !known.contains(id) && form.text(&removal_name(&row_prefix(*id))).is_empty();
    let gone = form.names().filter_map(row_of_base).filter(is_gone).count();
    let is_owned = list.owner().is_some();
    let news = visit.form.number::<usize>("new").filter(|_| is_owned).unwrap_or(0).min(NEW_ROWS_MAX);
    rows.extend((0..news).map(|at| list.new_row(visit, at)));
    let (mut rows, errors) = read(visit, rows);
    for row in &mut rows {
        row.entry.is_removed &= is_owned;
    }
    let errors = if gone > 0 { errors.whole(visit.texts().get("edit-gone")) } else { errors };
    (rows, errors)
}

/// The prefix of the fields of a stored row.
fn row_prefix(id: u32) -> String {
    format!("row-{id}-")
}

/// The ID of the row whose earlier values a field of the form keeps.
fn row_of_base(name: &str) -> Option<u32> {
    let id = name.strip_prefix("row-")?.split('-').next()?.parse().ok()?;
    (name == base_name(&row_prefix(id))).then_some(id)
}

/// The rows of a form together with those that it did not have, and at least one empty row.
fn with_others(visit: &Visit, list: &EditedList<'_>, rows: Vec<FormRow>) -> Vec<FormRow> {
    let (sent, mut news): (Vec<FormRow>, Vec<FormRow>) = rows.into_iter().partition(|row| row.entry.id.is_some());
    let mut all = stored_rows(visit, list, page_of(visit));
    for row in sent {
        match all.iter_mut().find(|known| known.entry.id == row.entry.id) {
            Some(known) => *known = row,
            // It is on another page of the list by now.
            None => all.push(row),
        }
    }
    if news.is_empty() && list.owner().is_some() {
        news.push(list.new_row(visit, 0));
    }
    all.extend(news);
    all
}

/// Adds pasted rows to the form. A row that has the address or the object of a row of the list changes that one.
fn pasted(visit: &Visit, list: &EditedList<'_>, mut rows: Vec<FormRow>) -> Response<Body> {
    let text = visit.form.text("pasted");
    let again = |rows: &[FormRow], why: String| {
        let errors = FormErrors::none().on("pasted", why);
        page(visit, list, rows, errors, StatusCode::BAD_REQUEST, text)
    };
    rows.retain(|row| row.entry.id.is_some() || row.entry.is_changed());
    // Without the empty ones, the new rows are counted anew.
    let mut news = 0;
    for row in rows.iter_mut().filter(|row| row.entry.id.is_none()) {
        let FormRow { entry, label, .. } = list.new_row(visit, news);
        (row.entry.prefix, row.label) = (entry.prefix, label);
        news += 1;
    }
    let read = match paste::read(visit.texts(), &list.fields(), text, NEW_ROWS_MAX.saturating_sub(news)) {
        Ok(read) => read,
        Err(why) => return again(&rows, why),
    };
    let mut finder = ReferenceFinder::new(&visit.state.snapshot);
    let mut next = news;
    for row in read {
        let mut cells: Vec<(&'static Field, EnteredTexts)> = Vec::new();
        for (field, texts) in row {
            let text = texts.first().cloned().unwrap_or_default();
            match field.kind {
                FieldKind::Ref(of) => match finder.find(of, &text) {
                    FoundReference::Id(id) => cells.push((field, vec![id])),
                    FoundReference::Not(why) => return again(&rows, format!("{text}: {why}")),
                },
                _ => cells.push((field, texts)),
            }
        }
        let known = rows.iter_mut().find(|row| row.entry.id.is_some() && is_same(&row.entry, &cells));
        if let Some(row) = known {
            let shown: Vec<&str> = row.shown.iter().map(|field| field.name).collect();
            let set = cells.into_iter().filter(|(field, _)| shown.contains(&field.name));
            row.entry.entered.extend(set.map(|(field, texts)| (field.name, texts)));
        } else {
            let mut row = list.new_row(visit, next);
            next += 1;
            row.entry.entered.extend(cells.into_iter().map(|(field, texts)| (field.name, texts)));
            rows.push(row);
        }
    }
    let rows = with_others(visit, list, rows);
    page(visit, list, &rows, FormErrors::none(), StatusCode::OK, "")
}

/// Whether pasted values are about a row: they have a value that no two rows have, or all that sets its pair apart.
fn is_same(entry: &RowEntry, cells: &[(&'static Field, EnteredTexts)]) -> bool {
    let pair = entry.resource.table().unique_pair;
    cells.iter().any(|(field, texts)| {
        let is_unique = matches!(field.index, FieldIndex::Unique | FieldIndex::UniqueLive)
            || pair.is_some_and(|(one, other)| field.name == one || field.name == other);
        let given = values::body_value(entry.resource, field, texts);
        let stored = entry.base.get(field.name).map(|texts| values::body_value(entry.resource, field, texts));
        is_unique && given != "" && !given.is_null() && Some(given) == stored
    })
}
