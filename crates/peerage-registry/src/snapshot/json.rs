//! The JSON of rows, pages and expanded objects.
//!
//! A row's JSON is made once, when it changes. Deeper objects are put together from the pieces between a row's cuts:
//! relations are spliced in, what a set does not repeat is left out (spec/read-api.md, 3.1).

use bytes::Bytes;
use peerage_schema::choices::{RIR_OK, RIR_OK_STATES};
use peerage_schema::tables::{ix, ixlan, ixpfx, net, org, poc};
use peerage_schema::{Field, Kind, Resource, Set, Shown, Status, Storage, Through};

use crate::json::{push_degrees, push_int, push_moment, push_text, push_value};
use crate::row::{Row, Value};
use crate::snapshot::deflate::Joined;
use crate::snapshot::layout;
use crate::snapshot::page::{PAGE_ROWS, Page, PageJson};
use crate::snapshot::{Snapshot, text_unless_deleted};
use crate::viewer::{Class, Viewer, Visibility};

/// What stands between the rows of a listing.
pub const SEPARATOR: &[u8] = b", ";

/// How an object is put into an answer.
#[derive(Debug, Clone, Copy)]
pub struct Expansion {
    /// How deep relations are shown; 0 or less shows none.
    pub budget: i64,
    /// Whether single relations are shown: not in lists, at any level.
    pub singles: bool,
    /// Whether the object stands alone at its level. The reference fetches the sets of one object by an index, and
    /// those of several at once in the order of their ids.
    pub alone: bool,
    /// Fields that are left out, because the object stands in the set of what they point to.
    pub without: &'static [&'static str],
    pub sets: Sets,
    /// Whether the JSON of whole pages is made where it is missing, because others will ask for it; otherwise that of the
    /// rows alone.
    pub makes_pages: bool,
}

/// Bytes around a field's name, and of an id in a list.
const NAME_BYTES: usize = 6;
const ID_BYTES: usize = 8;

/// Cuts of a row, with its begin and its end, at most.
pub(super) const MARKS_MAX: usize = 32;

/// Which objects show the rows that point to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sets {
    /// All that the budget pays for: answers to reading.
    Everywhere,
    /// The object itself and not what it points to: answers to a change (spec/write-api.md, 4.2).
    AtTop,
    Nowhere,
}

/// The website that the row itself names; empty without one.
fn own_website(resource: Resource, row: &Row) -> &str {
    resource.table().columns.website.map_or("", |website| row.text_or_empty(website))
}

impl Snapshot {
    /// The page's JSON, made now if it was not yet.
    pub(super) fn page_json<'a>(&self, resource: Resource, page: &'a Page) -> &'a PageJson {
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
            json.shrink_to_fit();
            PageJson {
                bytes: json.into(),
                marks,
                marks_a_slot,
                live_end,
                seen: Default::default(),
                deflated: Default::default(),
            }
        })
    }

    /// Appends a row with all its flat fields and notes where its cuts lie.
    fn push_row(&self, resource: Resource, row: &Row, out: &mut Vec<u8>, marks: &mut [u32]) {
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
    fn push_member(&self, resource: Resource, field: &Field, position: usize, row: &Row, out: &mut Vec<u8>) {
        push_text(out, field.name);
        out.extend_from_slice(b": ");
        self.push_shown(resource, field, position, row, out);
    }

    /// Appends the shown value of a field.
    fn push_shown(&self, resource: Resource, field: &Field, position: usize, row: &Row, out: &mut Vec<u8>) {
        let table = resource.table();
        match field.shown {
            Shown::OrOrganization => push_text(out, self.website(resource, row)),
            Shown::Sorted => {
                let mut items: Vec<&str> = list_items(row.text_or_empty(position)).collect();
                items.sort_unstable();
                push_list(out, items.into_iter());
            }
            Shown::InChoiceOrder => {
                let stored: Vec<&str> = list_items(row.text_or_empty(position)).collect();
                let Kind::Choices(choices) = field.kind else { return push_list(out, stored.into_iter()) };
                let known = choices.iter().map(|choice| choice.value).filter(|value| stored.contains(value));
                let other = stored.iter().copied().filter(|item| choices.iter().all(|choice| choice.value != *item));
                push_list(out, known.chain(other));
            }
            Shown::FirstOf(list) => {
                push_text(out, list_items(row.text_or_empty(table.column(list))).next().unwrap_or_default());
            }
            Shown::WithWebsite => push_social(out, row.text_or_empty(position), own_website(resource, row)),
            Shown::RirOk => match row.text(position) {
                Some(state) if RIR_OK_STATES.contains(&state) => push_text(out, RIR_OK),
                _ => out.extend_from_slice(b"null"),
            },
            Shown::HasPrefix(protocol) => push_flag(out, self.has_prefix(row.id(), protocol)),
            Shown::Always(text) => push_text(out, text),
            Shown::AlwaysFalse => push_flag(out, false),
            Shown::BlankWhenDeleted => {
                push_cell(out, field, text_unless_deleted(row, position, table.columns.status));
            }
            Shown::AsStored | Shown::ToWhoMaySee | Shown::Never => {
                push_cell(out, field, row.value(position, field.kind.storage()));
            }
        }
    }

    /// The row's own website, or else its organization's.
    fn website<'a>(&'a self, resource: Resource, row: &'a Row) -> &'a str {
        let own = own_website(resource, row);
        if own.is_empty() { self.organization_website(resource, row) } else { own }
    }

    fn organization_website(&self, resource: Resource, row: &Row) -> &str {
        let organization = resource.table().columns.org_id.and_then(|via| self.parent(row, via));
        organization.map_or("", |(_, row)| row.text_or_empty(org::WEBSITE))
    }

    /// Whether the exchange has a live prefix of the family.
    pub(crate) fn has_prefix(&self, ix: u32, protocol: &str) -> bool {
        self.pointing(ixlan::IX_ID, ix).iter().any(|lan| {
            let prefixes = self.pointing(ixpfx::IXLAN_ID, *lan);
            prefixes
                .iter()
                .filter_map(|id| self.row(Resource::Ixpfx, *id))
                .any(|row| self.is_live(Resource::Ixpfx, row) && row.text(ixpfx::PROTOCOL) == Some(protocol))
        })
    }

    /// Whether the viewer may see the row at all: contacts are not everybody's.
    pub fn may_read(&self, viewer: &Viewer, resource: Resource, row: &Row) -> bool {
        if resource != Resource::Poc {
            return true;
        }
        let visible = Visibility::from_text(row.text_or_empty(poc::VISIBLE));
        let net = row.int(poc::NET_ID).unwrap_or(0) as u32;
        let org = self.row(Resource::Net, net).and_then(|net| net.int(net::ORG_ID));
        viewer.may_read_contact(org.unwrap_or(0) as u32, net, visible)
    }

    /// Whether the viewer may see the field that not everybody sees, the address of a member list.
    pub fn may_read_restricted(&self, viewer: &Viewer, resource: Resource, row: &Row) -> bool {
        if layout::of(resource).restricted.is_none() {
            return true;
        }
        let visible = Visibility::from_text(row.text_or_empty(ixlan::IXF_IXP_MEMBER_LIST_URL_VISIBLE));
        let ix = row.int(ixlan::IX_ID).unwrap_or(0) as u32;
        let org = self.row(Resource::Ix, ix).and_then(|ix| ix.int(ix::ORG_ID));
        viewer.may_read_member_list(org.unwrap_or(0) as u32, ix, visible)
    }

    /// Whether all viewers see all rows of the resource alike.
    pub fn is_public(resource: Resource) -> bool {
        resource != Resource::Poc && layout::of(resource).restricted.is_none()
    }

    /// The live rows of a page as a shared class sees them, each with `", "` before it.
    pub fn page_frame(&self, resource: Resource, page: &Page, class: Class) -> Bytes {
        let json = self.page_json(resource, page);
        if Snapshot::is_public(resource) {
            return json.bytes.slice(..json.live_end);
        }
        let viewer = match class {
            Class::Anonymous => Viewer::Anonymous,
            Class::Verified => Viewer::Verified,
        };
        let seen = json.seen[class as usize].get_or_init(|| {
            let mut out = Vec::new();
            for row in page.rows().filter(|row| self.is_live(resource, row) && self.may_read(&viewer, resource, row)) {
                out.extend_from_slice(SEPARATOR);
                self.push_flat(&viewer, resource, row, &[], &mut out);
            }
            out.shrink_to_fit();
            out.into()
        });
        seen.clone()
    }

    /// Whether the page's frame is there already, or its deflated form.
    pub fn page_is_made(&self, resource: Resource, page: &Page, class: Class, deflated: bool) -> bool {
        let is_public = Snapshot::is_public(resource);
        let slot = if is_public { 0 } else { class as usize };
        page.json.get().is_some_and(|json| {
            if deflated { json.deflated[slot].get().is_some() } else { is_public || json.seen[slot].get().is_some() }
        })
    }

    /// Whether the JSON of all these rows is there already. Asking for rows of one page one after the other is cheap.
    pub fn rows_are_made(&self, resource: Resource, ids: &[u32]) -> bool {
        let in_one_page = |one: &u32, next: &u32| *one as usize / PAGE_ROWS == *next as usize / PAGE_ROWS;
        let mut first_of_each = ids.chunk_by(in_one_page).filter_map(|rows| rows.first());
        let pages = &self.state(resource).pages;
        first_of_each.all(|id| pages.page(*id).is_none_or(|page| page.json.get().is_some()))
    }

    /// The same, deflated; made now if it was not yet, which takes some milliseconds.
    pub fn page_deflated<'a>(&self, resource: Resource, page: &'a Page, class: Class) -> &'a Joined {
        let class_slot = if Snapshot::is_public(resource) { 0 } else { class as usize };
        self.page_json(resource, page).deflated[class_slot].get_or_init(|| {
            let frame = self.page_frame(resource, page, class);
            let rows = frame.strip_prefix(SEPARATOR).unwrap_or_default();
            Joined::new(SEPARATOR, rows)
        })
    }

    /// Appends a row without relations, as the viewer sees it.
    fn push_flat(&self, viewer: &Viewer, resource: Resource, row: &Row, without: &[&str], out: &mut Vec<u8>) {
        self.push_object(
            viewer,
            resource,
            row,
            Expansion {
                budget: 0,
                singles: false,
                alone: false,
                without: &[],
                sets: Sets::Everywhere,
                makes_pages: true,
            },
            without,
            out,
        );
    }

    /// Appends an object with the relations that its budget pays for.
    pub fn push_expanded(
        &self,
        viewer: &Viewer,
        resource: Resource,
        row: &Row,
        expansion: Expansion,
        out: &mut Vec<u8>,
    ) {
        self.push_object(viewer, resource, row, expansion, expansion.without, out);
    }

    /// About how many bytes [`Snapshot::push_expanded`] appends, counted until they are more than `enough`. Looks at rows
    /// and makes nothing.
    pub fn foresee_expanded(&self, resource: Resource, row: &Row, expansion: Expansion, enough: usize) -> usize {
        let names = |fields: &[Field]| -> usize { fields.iter().map(|field| field.name.len() + NAME_BYTES).sum() };
        let mut bytes = names(resource.table().fields) + row.size();
        if expansion.budget < 1 {
            return bytes;
        }
        for field in resource.table().fields.iter().filter(|field| !expansion.without.contains(&field.name)) {
            if bytes > enough {
                break;
            }
            match field.kind {
                Kind::One { of, via } if expansion.singles => {
                    if let Some((_, parent)) = self.parent_by_name(resource, row, via) {
                        let deeper = Expansion { budget: expansion.budget - 1, without: &[], ..expansion };
                        bytes += self.foresee_expanded(of, parent, deeper, enough - bytes);
                    }
                }
                Kind::Set(set) => {
                    let deeper = Expansion { budget: expansion.budget - 2, without: set.without, ..expansion };
                    let ids = match set.through {
                        Through::Child(by) => self.pointing_by_name(set.of, by, row.id()),
                        Through::Link { link, here, .. } => self.pointing_by_name(link, here, row.id()),
                    };
                    if expansion.budget == 1 {
                        bytes += ID_BYTES * ids.len();
                        continue;
                    }
                    for id in ids.iter() {
                        // Each is looked at, also one that is not shown.
                        bytes += ID_BYTES;
                        if bytes > enough {
                            break;
                        }
                        if let Some(member) = self.set_member(&set, *id) {
                            bytes += self.foresee_expanded(set.of, member, deeper, enough - bytes);
                        }
                    }
                }
                _ => {}
            }
        }
        bytes
    }

    /// What a live row that makes up a set shows in it.
    fn set_member(&self, set: &Set, id: u32) -> Option<&Row> {
        let (table, there) = match set.through {
            Through::Child(_) => (set.of, None),
            Through::Link { link, there, .. } => (link, Some(there)),
        };
        let row = self.row(table, id).filter(|row| self.is_live(table, row))?;
        match there {
            Some(there) => self.row(set.of, row.int(table.table().column(there))? as u32),
            None => Some(row),
        }
    }

    fn push_object(
        &self,
        viewer: &Viewer,
        resource: Resource,
        row: &Row,
        expansion: Expansion,
        without: &[&str],
        out: &mut Vec<u8>,
    ) {
        let Some(page) = self.state(resource).pages.page(row.id()) else { return };
        let layout = layout::of(resource);
        // The answer to a change shows a row of a page that nobody has asked for yet: one row is made, not all of it.
        let (mut alone, mut marks_alone) = (Vec::new(), [0_u32; MARKS_MAX]);
        let (bytes, marks): (&[u8], &[u32]) = if let Some(json) = page.json.get() {
            (&json.bytes, json.marks(row.id() as usize % PAGE_ROWS))
        } else if expansion.makes_pages {
            let json = self.page_json(resource, page);
            (&json.bytes, json.marks(row.id() as usize % PAGE_ROWS))
        } else {
            let marks = &mut marks_alone[..layout.cuts.len() + 2];
            self.push_row(resource, row, &mut alone, marks);
            (&alone, marks)
        };
        let hidden = layout.restricted.filter(|_| !self.may_read_restricted(viewer, resource, row));
        if expansion.budget <= 0 && without.is_empty() && hidden.is_none() {
            out.extend_from_slice(&bytes[marks[0] as usize..marks[marks.len() - 1] as usize]);
            return;
        }
        let fields = resource.table().fields;
        out.extend_from_slice(&bytes[marks[0] as usize..marks[1] as usize]);
        for (cut, position) in layout.cuts.iter().enumerate() {
            let field = fields.get(*position);
            if let Some(field) = field {
                self.push_relation(viewer, resource, row, field, expansion, without, out);
            }
            // From this cut to the next, or to the end. The piece is one field if the next cut follows at once.
            let left_out = field.is_some_and(|field| {
                !field.kind.is_relation() && (without.contains(&field.name) || hidden == Some(*position))
            });
            if !left_out {
                out.extend_from_slice(&bytes[marks[cut + 1] as usize..marks[cut + 2] as usize]);
            }
        }
        if layout.cuts.is_empty() {
            out.extend_from_slice(&bytes[marks[1] as usize..marks[marks.len() - 1] as usize]);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one recursive step, all of its state")]
    fn push_relation(
        &self,
        viewer: &Viewer,
        resource: Resource,
        row: &Row,
        field: &Field,
        expansion: Expansion,
        without: &[&str],
        out: &mut Vec<u8>,
    ) {
        if expansion.budget < 1 || without.contains(&field.name) {
            return;
        }
        match field.kind {
            Kind::One { of, via } if expansion.singles => {
                self.push_single(viewer, (resource, row), field, (of, via), expansion, out);
            }
            Kind::Set(set) if expansion.sets != Sets::Nowhere => {
                push_key(out, field.name);
                self.push_set(viewer, row, &set, expansion, out);
            }
            _ => {}
        }
    }

    fn push_single(
        &self,
        viewer: &Viewer,
        (resource, row): (Resource, &Row),
        field: &Field,
        (of, via): (Resource, &str),
        expansion: Expansion,
        out: &mut Vec<u8>,
    ) {
        match self.parent_by_name(resource, row, via) {
            Some((_, parent)) if self.may_read(viewer, of, parent) => {
                push_key(out, field.name);
                let sets = if expansion.sets == Sets::AtTop { Sets::Nowhere } else { expansion.sets };
                let deeper = Expansion { budget: expansion.budget - 1, without: &[], sets, ..expansion };
                self.push_expanded(viewer, of, parent, deeper, out);
            }
            Some(_) => {}
            None => {
                push_key(out, field.name);
                out.extend_from_slice(b"null");
            }
        }
    }

    fn push_set(&self, viewer: &Viewer, row: &Row, set: &Set, expansion: Expansion, out: &mut Vec<u8>) {
        out.push(b'[');
        let mut is_first = true;
        let members = self.set_members(row.id(), set, expansion.alone);
        let alone = expansion.alone && members.len() == 1;
        for id in members {
            if expansion.budget == 1 {
                if !std::mem::take(&mut is_first) {
                    out.extend_from_slice(b", ");
                }
                push_int(out, i64::from(id));
                continue;
            }
            let Some(member) = self.row(set.of, id).filter(|member| self.may_read(viewer, set.of, member)) else {
                continue;
            };
            if !std::mem::take(&mut is_first) {
                out.extend_from_slice(b", ");
            }
            let deeper = Expansion { budget: expansion.budget - 2, alone, without: set.without, ..expansion };
            self.push_expanded(viewer, set.of, member, deeper, out);
        }
        out.push(b']');
    }

    /// Ids of a set's members: the live children, or what the live link rows lead to.
    ///
    /// Ascending by id, of link rows where there are some. Under an object that stands alone, what is unique as a pair
    /// comes by the other half of the pair, as in the reference.
    fn set_members(&self, parent: u32, set: &Set, alone: bool) -> Vec<u32> {
        let (child, by) = match set.through {
            Through::Child(by) => (set.of, by),
            Through::Link { link, here, .. } => (link, here),
        };
        let rows = self.pointing_by_name(child, by, parent);
        let live = rows.iter().filter_map(|id| self.row(child, *id)).filter(|row| self.is_live(child, row));
        let table = child.table();
        let other_half =
            table.unique_pair.filter(|(first, _)| alone && *first == by).map(|(_, second)| table.column(second));
        match (set.through, other_half) {
            (Through::Child(_), None) => live.map(Row::id).collect(),
            (Through::Child(_), Some(other)) => {
                let mut members: Vec<(Option<i64>, u32)> = live.map(|row| (row.int(other), row.id())).collect();
                members.sort_unstable();
                members.into_iter().map(|(_, id)| id).collect()
            }
            (Through::Link { there, .. }, other_half) => {
                let there = table.column(there);
                let mut members: Vec<u32> = live.filter_map(|row| row.int(there)).map(|id| id as u32).collect();
                if other_half.is_some() {
                    members.sort_unstable();
                }
                members
            }
        }
    }

    /// Appends an object with some of its fields, in the order given; the first `asked` of them were asked for.
    #[expect(clippy::too_many_arguments, reason = "what to show of what to whom, all of it independent")]
    pub fn push_fields(
        &self,
        viewer: &Viewer,
        resource: Resource,
        row: &Row,
        positions: &[usize],
        asked: usize,
        expansion: Expansion,
        out: &mut Vec<u8>,
    ) {
        let fields = resource.table().fields;
        let restricted = layout::of(resource).restricted;
        out.push(b'{');
        for (at, position) in positions.iter().enumerate() {
            let field = &fields[*position];
            if field.kind.is_relation() {
                self.push_relation(viewer, resource, row, field, expansion, expansion.without, out);
                continue;
            }
            let is_hidden = restricted == Some(*position) && !self.may_read_restricted(viewer, resource, row);
            if !is_hidden {
                push_separator(out);
                // The website stands among the entries only where both were asked for.
                let is_alone = field.shown == Shown::WithWebsite
                    && !positions[..asked].iter().any(|other| fields[*other].name == "website");
                if field.shown == Shown::OrOrganization && at >= asked {
                    // As in the reference: a website that nobody asked for is the organization's.
                    push_text(out, field.name);
                    out.extend_from_slice(b": ");
                    push_text(out, self.organization_website(resource, row));
                } else if is_alone {
                    push_text(out, field.name);
                    out.extend_from_slice(b": ");
                    push_social(out, row.text_or_empty(*position), "");
                } else {
                    self.push_member(resource, field, *position, row, out);
                }
            }
        }
        out.push(b'}');
    }

    /// Whether a list field has items.
    pub fn has_items(&self, row: &Row, position: usize) -> bool {
        list_items(row.text_or_empty(position)).next().is_some()
    }
}

fn push_separator(out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.extend_from_slice(b", ");
    }
}

fn push_key(out: &mut Vec<u8>, name: &str) {
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
        (Value::Int(number), kind) => match kind.storage() {
            Storage::Degrees => push_degrees(out, number),
            Storage::Time => push_moment(out, number),
            _ => push_int(out, number),
        },
        (Value::Text(text), Kind::Choices(_)) => push_list(out, list_items(text)),
        (Value::Text(text), Kind::Words(_) | Kind::Social) => push_json(out, text),
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

/// Stored JSON text with the writer's separators and escapes. Broken text, which only SQL by hand can bring, is `[]`.
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

/// The entries, the row's own website among them: in the place of an entry `website`, or at the end
/// (spec/read-api.md, 1.0).
fn push_social(out: &mut Vec<u8>, stored: &str, website: &str) {
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
