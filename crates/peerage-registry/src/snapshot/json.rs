//! The JSON of rows and pages.
//!
//! A row's JSON is created once, when the row changes. `expand` assembles deeper objects from the pieces between a
//! row's cuts.

use peerage_schema::choices::{RIR_OK, RIR_OK_STATES};
use peerage_schema::tables::{ix, ixlan, ixpfx, net, org, poc};
use peerage_schema::{DisplayForm, Field, FieldKind, Resource, Status};

use crate::ids::OrgId;
use crate::json::{push_degrees, push_int, push_moment, push_text, push_value};
use crate::row::{Row, Value};
use crate::snapshot::layout;
use crate::snapshot::page::{PAGE_ROWS, PageJson, RowPage};
use crate::snapshot::shared::SharedBytes;
use crate::snapshot::{Snapshot, text_unless_deleted};
use crate::viewer::{Viewer, Visibility};

/// Separator between the rows of a listing.
pub const SEPARATOR: &[u8] = b", ";

/// Maximum number of cuts of a row, including its start and end.
pub(super) const MARKS_MAX: usize = 32;

/// The row's own website, or an empty text.
fn own_website(resource: Resource, row: &Row) -> &str {
    resource.table().columns.website.map_or("", |website| row.text_or_empty(website))
}

impl Snapshot {
    /// The page's JSON, created on first use.
    pub(super) fn page_json<'a>(&self, resource: Resource, page: &'a RowPage) -> &'a PageJson {
        page.json.get_or_init(|| {
            let layout = layout::of(resource);
            let marks_a_slot = layout.cuts.len() + 2;
            let mut json = Vec::with_capacity(page.rows().map(Row::size).sum::<usize>() * 3 / 2);
            let mut marks = vec![0_u32; marks_a_slot * PAGE_ROWS];
            let mut encode = |json: &mut Vec<u8>, slot: usize, row: &Row| {
                let marks = &mut marks[slot * marks_a_slot..(slot + 1) * marks_a_slot];
                self.push_row(resource, row, json, marks);
            };
            let (live, rest): (Vec<_>, Vec<_>) = page
                .slots()
                .partition(|(_, row)| row.text(resource.table().columns.status) == Some(Status::Live.text()));
            for (slot, row) in live {
                json.extend_from_slice(SEPARATOR);
                encode(&mut json, slot, row);
            }
            let live_end = json.len();
            for (slot, row) in rest {
                encode(&mut json, slot, row);
            }
            PageJson {
                bytes: self.shared.share(json),
                marks,
                marks_a_slot,
                live_end,
                seen: Default::default(),
                deflated: Default::default(),
            }
        })
    }

    /// Appends a row with all its flat fields, and records the positions of its cuts.
    pub(super) fn push_row(&self, resource: Resource, row: &Row, out: &mut Vec<u8>, marks: &mut [u32]) {
        let layout = layout::of(resource);
        let fields = resource.table().fields;
        marks[0] = out.len() as u32;
        let mut cut = 0;
        out.push(b'{');
        for position in &layout.flat {
            while layout.cuts.get(cut).is_some_and(|at| at <= position) {
                marks[cut + 1] = out.len() as u32;
                cut += 1;
            }
            if out.last() != Some(&b'{') {
                out.extend_from_slice(b", ");
            }
            self.push_member(resource, &fields[*position], *position, row, out);
        }
        while cut < layout.cuts.len() {
            marks[cut + 1] = out.len() as u32;
            cut += 1;
        }
        out.push(b'}');
        marks[cut + 1] = out.len() as u32;
    }

    /// Appends `"name": value`.
    pub(super) fn push_member(&self, resource: Resource, field: &Field, position: usize, row: &Row, out: &mut Vec<u8>) {
        push_text(out, field.name);
        out.extend_from_slice(b": ");
        self.push_shown(resource, field, position, row, out);
    }

    /// Appends the shown value of a field.
    fn push_shown(&self, resource: Resource, field: &Field, position: usize, row: &Row, out: &mut Vec<u8>) {
        let table = resource.table();
        match field.shown {
            DisplayForm::OrOrganization => push_text(out, self.website(resource, row)),
            DisplayForm::Sorted => {
                let mut items: Vec<&str> = list_items(row.text_or_empty(position)).collect();
                items.sort_unstable();
                push_list(out, items.into_iter());
            }
            DisplayForm::InChoiceOrder => {
                let stored: Vec<&str> = list_items(row.text_or_empty(position)).collect();
                let FieldKind::Choices(choices) = field.kind else { return push_list(out, stored.into_iter()) };
                let known = choices.iter().map(|choice| choice.value).filter(|value| stored.contains(value));
                let other = stored.iter().copied().filter(|item| choices.iter().all(|choice| choice.value != *item));
                push_list(out, known.chain(other));
            }
            DisplayForm::FirstOf(list) => {
                push_text(out, list_items(row.text_or_empty(table.column(list))).next().unwrap_or_default());
            }
            DisplayForm::WithWebsite => push_social(out, row.text_or_empty(position), own_website(resource, row)),
            DisplayForm::RirOk => match row.text(position) {
                Some(state) if RIR_OK_STATES.contains(&state) => push_text(out, RIR_OK),
                _ => out.extend_from_slice(b"null"),
            },
            DisplayForm::HasPrefix(protocol) => push_flag(out, self.has_prefix(row.id(), protocol)),
            DisplayForm::Always(text) => push_text(out, text),
            DisplayForm::AlwaysFalse => push_flag(out, false),
            DisplayForm::BlankWhenDeleted => {
                push_cell(out, field, text_unless_deleted(row, position, table.columns.status));
            }
            DisplayForm::AsStored | DisplayForm::ToWhoMaySee | DisplayForm::Never => {
                push_cell(out, field, row.value(position, field.kind.storage()));
            }
        }
    }

    /// The row's own website, or its organization's.
    fn website<'a>(&'a self, resource: Resource, row: &'a Row) -> &'a str {
        let own = own_website(resource, row);
        if own.is_empty() { self.organization_website(resource, row) } else { own }
    }

    pub(super) fn organization_website(&self, resource: Resource, row: &Row) -> &str {
        let organization = resource.table().columns.org_id.and_then(|via| self.parent(row, via));
        organization.map_or("", |(_, row)| row.text_or_empty(org::WEBSITE))
    }

    /// Whether the exchange has a live prefix of the address family.
    pub(crate) fn has_prefix(&self, ix: u32, protocol: &str) -> bool {
        self.pointing(ixlan::IX_ID, ix).iter().any(|lan| {
            let prefixes = self.pointing(ixpfx::IXLAN_ID, *lan);
            prefixes
                .iter()
                .filter_map(|id| self.row(Resource::Ixpfx, *id))
                .any(|row| self.is_live(Resource::Ixpfx, row) && row.text(ixpfx::PROTOCOL) == Some(protocol))
        })
    }

    /// Whether the viewer can see the row at all: contacts are not public.
    pub fn may_read(&self, viewer: &Viewer, resource: Resource, row: &Row) -> bool {
        if resource != Resource::Poc {
            return true;
        }
        let visible = Visibility::from_text(row.text_or_empty(poc::VISIBLE));
        let net = row.int(poc::NET_ID).unwrap_or(0) as u32;
        let org = self.row(Resource::Net, net).and_then(|net| net.int(net::ORG_ID));
        viewer.may_read_contact(OrgId::new(org.unwrap_or(0) as u32), net, visible)
    }

    /// Whether the viewer can see the restricted field, the address of a member list.
    pub fn may_read_restricted(&self, viewer: &Viewer, resource: Resource, row: &Row) -> bool {
        if layout::of(resource).restricted.is_none() {
            return true;
        }
        let visible = Visibility::from_text(row.text_or_empty(ixlan::IXF_IXP_MEMBER_LIST_URL_VISIBLE));
        let ix = row.int(ixlan::IX_ID).unwrap_or(0) as u32;
        let org = self.row(Resource::Ix, ix).and_then(|ix| ix.int(ix::ORG_ID));
        viewer.may_read_member_list(OrgId::new(org.unwrap_or(0) as u32), ix, visible)
    }

    /// Whether all viewers see all rows of the resource in the same way.
    pub fn is_public(resource: Resource) -> bool {
        resource != Resource::Poc && layout::of(resource).restricted.is_none()
    }

    /// The bytes of pages that earlier snapshots had and this one has not: answers in progress use them. Costs a look at
    /// each page.
    pub fn earlier_bytes(&self) -> usize {
        let own = Resource::ALL.into_iter().flat_map(|resource| self.state(resource).pages.groups());
        let own = own.map(|group| group.size()).sum();
        let replaced: usize = self.replaced.iter().map(SharedBytes::count).sum();
        replaced + self.shared.count().saturating_sub(own)
    }

    /// Whether the JSON of all these rows already exists. Cheap for consecutive rows of one page.
    pub fn rows_are_made(&self, resource: Resource, ids: &[u32]) -> bool {
        let in_one_page = |one: &u32, next: &u32| *one as usize / PAGE_ROWS == *next as usize / PAGE_ROWS;
        let mut first_of_each = ids.chunk_by(in_one_page).filter_map(|rows| rows.first());
        let pages = &self.state(resource).pages;
        first_of_each.all(|id| pages.page(*id).is_none_or(|page| page.json.get().is_some()))
    }

    /// The bytes of all these rows with separators between them, as far as everyone may see them, if their JSON already
    /// exists and `most` is not exceeded.
    pub fn made_bytes(&self, resource: Resource, ids: &[u32], most: usize) -> Option<usize> {
        let pages = &self.state(resource).pages;
        let mut bytes = 0;
        for id in ids {
            let marks = pages.page(*id)?.json.get()?.marks(*id as usize % PAGE_ROWS);
            let row = (marks.last()? - marks.first()?) as usize;
            bytes += row + SEPARATOR.len();
            if bytes > most {
                return None;
            }
        }
        Some(bytes)
    }
}

pub(super) fn push_separator(out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.extend_from_slice(b", ");
    }
}

pub(super) fn push_key(out: &mut Vec<u8>, name: &str) {
    push_separator(out);
    push_text(out, name);
    out.extend_from_slice(b": ");
}

fn push_flag(out: &mut Vec<u8>, flag: bool) {
    out.extend_from_slice(if flag { b"true" } else { b"false" });
}

fn push_cell(out: &mut Vec<u8>, field: &Field, value: Value<'_>) {
    match (value, &field.kind) {
        (Value::Null, _) => out.extend_from_slice(b"null"),
        (Value::Bool(flag), _) => push_flag(out, flag),
        (Value::Int(millionths), FieldKind::Degrees) => push_degrees(out, millionths),
        (Value::Int(number), _) => push_int(out, number),
        (Value::Time(time), _) => push_moment(out, time),
        (Value::Text(text), FieldKind::Choices(_)) => push_list(out, list_items(text)),
        (Value::Text(text), FieldKind::Words(_) | FieldKind::Social) => push_json(out, text),
        (Value::Text(text), _) => push_text(out, text),
    }
}

/// Items of a list that is stored with commas.
pub(crate) fn list_items(stored: &str) -> impl Iterator<Item = &str> {
    stored.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn push_list<'a>(out: &mut Vec<u8>, items: impl Iterator<Item = &'a str>) {
    out.push(b'[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.extend_from_slice(b", ");
        }
        push_text(out, item);
    }
    out.push(b']');
}

/// Reformats stored JSON with the separators and escapes of answers. Invalid JSON, which only manual SQL can cause, is
/// `[]`.
fn push_json(out: &mut Vec<u8>, stored: &str) {
    match serde_json::from_str(stored) {
        Ok(value) => push_value(out, &value),
        Err(_) => out.extend_from_slice(b"[]"),
    }
}

#[derive(serde::Deserialize)]
struct SocialEntry {
    service: String,
    identifier: String,
}

/// The entries with the row's own website: in place of an entry `website`, or at the end (spec/read-api.md, 1.0).
pub(super) fn push_social(out: &mut Vec<u8>, stored: &str, website: &str) {
    let mut entries: Vec<SocialEntry> = serde_json::from_str(stored).unwrap_or_default();
    if !website.is_empty() {
        match entries.iter_mut().find(|entry| entry.service == "website") {
            Some(entry) => website.clone_into(&mut entry.identifier),
            None => entries.push(SocialEntry { service: "website".to_owned(), identifier: website.to_owned() }),
        }
    }
    out.push(b'[');
    for (at, entry) in entries.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(b"{\"service\": ");
        push_text(out, &entry.service);
        out.extend_from_slice(b", \"identifier\": ");
        push_text(out, &entry.identifier);
        out.push(b'}');
    }
    out.push(b']');
}
