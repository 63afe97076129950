//! The JSON of rows and pages.
//!
//! A row's JSON is created once, when the row changes. `expand` assembles deeper objects from the pieces between a
//! row's cuts.

use std::sync::Arc;

use bytes::Bytes;
use peerage_schema::choices::{RIR_OK, RIR_OK_STATES};
use peerage_schema::tables::{ix, ixlan, ixpfx, net, org, poc};
use peerage_schema::{DisplayForm, Field, FieldKind, Resource, Status};

use crate::ids::OrgId;
use crate::json::{push_degrees, push_int, push_moment, push_text, push_value};
use crate::row::{Row, Value};
use crate::snapshot::deflate::{DeflatedGroup, DeflatedPage, DeflatedPiece};
use crate::snapshot::layout;
use crate::snapshot::page::{PAGE_ROWS, PageGroup, PageJson, RowPage, lock};
use crate::snapshot::shared::SharedBytes;
use crate::snapshot::{Snapshot, text_unless_deleted};
use crate::viewer::{Viewer, ViewerClass, Visibility};

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

    /// The live rows of a page as a class of viewers sees them, each preceded by `", "`.
    pub fn page_frame(&self, resource: Resource, page: &RowPage, class: ViewerClass) -> Bytes {
        let json = self.page_json(resource, page);
        if Snapshot::is_public(resource) {
            return json.bytes.slice(..json.live_end);
        }
        let viewer = match class {
            ViewerClass::Anonymous => Viewer::Anonymous,
            ViewerClass::Verified => Viewer::Verified,
        };
        let seen = json.seen[class as usize].get_or_init(|| {
            let mut out = Vec::new();
            for row in page.rows().filter(|row| self.is_live(resource, row) && self.may_read(&viewer, resource, row)) {
                out.extend_from_slice(SEPARATOR);
                self.push_flat(&viewer, resource, row, &[], &mut out);
            }
            self.shared.share(out)
        });
        seen.clone()
    }

    /// Whether the page's bytes already exist.
    pub fn page_is_made(&self, resource: Resource, page: &RowPage, class: ViewerClass) -> bool {
        let is_public = Snapshot::is_public(resource);
        page.json.get().is_some_and(|json| is_public || json.seen[class as usize].get().is_some())
    }

    /// Whether the deflated bytes of the pages already exist.
    pub fn group_is_made(&self, resource: Resource, group: PageGroup<'_>, class: ViewerClass) -> bool {
        group.deflated[form_slot(resource, class)].get().is_some()
    }

    /// The bytes of pages that earlier snapshots had and this one has not: answers in progress use them. Costs a look at
    /// each page.
    pub fn earlier_bytes(&self) -> usize {
        let own = Resource::ALL.into_iter().flat_map(|resource| self.groups(resource));
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

    /// The pages' frames, deflated. Created on first use, which takes some milliseconds for each page that no earlier
    /// snapshot had.
    pub fn group_deflated<'a>(
        &self,
        resource: Resource,
        group: PageGroup<'a>,
        class: ViewerClass,
    ) -> &'a DeflatedGroup {
        let form = form_slot(resource, class);
        group.deflated[form].get_or_init(|| {
            let (mut holders, mut pieces) = (Vec::new(), Vec::new());
            for page in group.pages() {
                let frame = self.page_frame(resource, page, class);
                let Some(rows) = frame.strip_prefix(SEPARATOR) else { continue };
                let holder = &self.page_json(resource, page).deflated[form];
                let held = lock(holder).as_ref().map(DeflatedPage::piece);
                pieces.push(held.unwrap_or_else(|| DeflatedPiece::new(rows)));
                holders.push(holder);
            }
            let (joined, in_group) = DeflatedGroup::new(SEPARATOR, &pieces, |bytes| self.shared.share(bytes));
            for (holder, page) in holders.into_iter().zip(in_group) {
                *lock(holder) = Some(page);
            }
            Arc::new(joined)
        })
    }
}

/// Where the forms of a resource for a class of viewers are kept: all viewers share those of a public resource.
fn form_slot(resource: Resource, class: ViewerClass) -> usize {
    if Snapshot::is_public(resource) { 0 } else { class as usize }
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

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::event::LogHead;
    use crate::query::ListingPages;
    use crate::snapshot::SnapshotLoader;
    use crate::stored;

    #[test]
    fn compressed_listings_share_what_a_change_leaves() {
        let mut loader = SnapshotLoader::default();
        for id in 1..=2_000 {
            let row = format!(r#"{{"id": {id}, "name": "Example {id}", "status": "ok"}}"#);
            loader.push(Resource::Org, stored::from_json(Resource::Org, &row).expect("a row"));
        }
        let snapshot = Arc::new(loader.finish(LogHead::EMPTY));
        let gzip = |snapshot: &Arc<Snapshot>| {
            let pages = ListingPages::new(Arc::clone(snapshot), Resource::Org, ViewerClass::Anonymous, &Map::new());
            let is_made = pages.is_made(true);
            (is_made, pages.gzip_frames(), pages.frames())
        };
        let inflated = |frames: &[Bytes]| {
            let mut text = Vec::new();
            let bytes = frames.concat();
            std::io::copy(&mut flate2::bufread::GzDecoder::new(&bytes[..]), &mut text).expect("valid gzip");
            text
        };
        let (is_made, first, pages) = gzip(&snapshot);
        assert!(!is_made && gzip(&snapshot).0, "made once");
        assert_eq!(inflated(&first), pages.concat());
        assert!(first.len() <= pages.len() / 4, "{} frames of {}", first.len(), pages.len());
        assert_eq!(snapshot.earlier_bytes(), 0);

        let mut changed = Snapshot::clone(&snapshot);
        Arc::make_mut(&mut changed.states[Resource::Org.index()]).pages.renew(1_000);
        let changed = Arc::new(changed);
        let (is_made, second, plain) = gzip(&changed);
        assert!(!is_made, "one page is new");
        assert_eq!(inflated(&second), plain.concat());
        let same = first.iter().zip(&second).filter(|(one, other)| one.as_ptr() == other.as_ptr()).count();
        assert!(same + 4 >= first.len(), "{same} of {}", first.len());
        assert!(changed.earlier_bytes() > 0, "the earlier group is still used");
        drop((snapshot, first, pages));
        assert_eq!(changed.earlier_bytes(), 0);
    }
}
