//! Objects of an answer: a row with its relations, or some of its fields.
//!
//! They are assembled from the pieces between a row's cuts: relations are inserted, and fields that a set does not
//! repeat are left out (spec/read-api.md, 3.1).

use peerage_schema::{DisplayForm, Field, FieldKind, RelatedSet, Resource, SetRelation};

use crate::json::{push_int, push_text};
use crate::row::Row;
use crate::snapshot::json::{MARKS_MAX, list_items, push_key, push_separator, push_social};
use crate::snapshot::page::PAGE_ROWS;
use crate::snapshot::{Snapshot, layout};
use crate::viewer::Viewer;

/// How an object is expanded in an answer.
#[derive(Debug, Clone, Copy)]
pub struct ObjectExpansion {
    /// Depth to which relations are expanded; 0 or less: not at all.
    pub budget: i64,
    /// Whether single relations are expanded, which they are not in lists, at any level.
    pub singles: bool,
    /// Whether the object is the only one at its level. The reference fetches the sets of one object by an index, and
    /// those of several at once in the order of their ids.
    pub alone: bool,
    /// Fields that are left out because the object is in the set of the row that they point to.
    pub without: &'static [&'static str],
    pub sets: SetDepth,
    /// Whether missing JSON of whole pages is created, because others will need it; otherwise only that of single rows.
    pub makes_pages: bool,
}

/// Approximate size of the characters around a field's name, and of an id in a list, in bytes.
const NAME_BYTES: usize = 6;
const ID_BYTES: usize = 8;

/// Which objects show the rows that point to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetDepth {
    /// All within the depth: for reading.
    Everywhere,
    /// The object itself, but not those that it points to: for the answer to a change (spec/write-api.md, 4.2).
    AtTop,
    Nowhere,
}

impl Snapshot {
    /// Appends a row without relations, as the viewer sees it.
    pub(super) fn push_flat(
        &self,
        viewer: &Viewer,
        resource: Resource,
        row: &Row,
        without: &[&str],
        out: &mut Vec<u8>,
    ) {
        self.push_object(
            viewer,
            resource,
            row,
            ObjectExpansion {
                budget: 0,
                singles: false,
                alone: false,
                without: &[],
                sets: SetDepth::Everywhere,
                makes_pages: true,
            },
            without,
            out,
        );
    }

    /// Appends an object with its relations, to the depth that its budget allows.
    pub fn push_expanded(
        &self,
        viewer: &Viewer,
        resource: Resource,
        row: &Row,
        expansion: ObjectExpansion,
        out: &mut Vec<u8>,
    ) {
        self.push_object(viewer, resource, row, expansion, expansion.without, out);
    }

    /// Estimates how many bytes [`Snapshot::push_expanded`] would append, up to about `enough`. Reads rows, but
    /// serializes nothing.
    pub fn foresee_expanded(&self, resource: Resource, row: &Row, expansion: ObjectExpansion, enough: usize) -> usize {
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
                FieldKind::One { of, via } if expansion.singles => {
                    if let Some((_, parent)) = self.parent_by_name(resource, row, via) {
                        let deeper = ObjectExpansion { budget: expansion.budget - 1, without: &[], ..expansion };
                        bytes += self.foresee_expanded(of, parent, deeper, enough - bytes);
                    }
                }
                FieldKind::Set(set) => {
                    let deeper = ObjectExpansion { budget: expansion.budget - 2, without: set.without, ..expansion };
                    let ids = match set.through {
                        SetRelation::Child(by) => self.pointing_by_name(set.of, by, row.id()),
                        SetRelation::Link { link, here, .. } => self.pointing_by_name(link, here, row.id()),
                    };
                    if expansion.budget == 1 {
                        bytes += ID_BYTES * ids.len();
                        continue;
                    }
                    for id in ids.iter() {
                        // Each member is visited, even one that is not shown.
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

    /// A member of a set, if it is live and so is shown in it.
    fn set_member(&self, set: &RelatedSet, id: u32) -> Option<&Row> {
        let (table, there) = match set.through {
            SetRelation::Child(_) => (set.of, None),
            SetRelation::Link { link, there, .. } => (link, Some(there)),
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
        expansion: ObjectExpansion,
        without: &[&str],
        out: &mut Vec<u8>,
    ) {
        let Some(page) = self.state(resource).pages.page(row.id()) else { return };
        let layout = layout::of(resource);
        // The answer to a change may need a row of a page without JSON. Only that row is serialized, not the page.
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
            // From this cut to the next, or to the end. The piece is one field if the next cut follows immediately.
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
        expansion: ObjectExpansion,
        without: &[&str],
        out: &mut Vec<u8>,
    ) {
        if expansion.budget < 1 || without.contains(&field.name) {
            return;
        }
        match field.kind {
            FieldKind::One { of, via } if expansion.singles => {
                self.push_single(viewer, (resource, row), field, (of, via), expansion, out);
            }
            FieldKind::Set(set) if expansion.sets != SetDepth::Nowhere => {
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
        expansion: ObjectExpansion,
        out: &mut Vec<u8>,
    ) {
        match self.parent_by_name(resource, row, via) {
            Some((_, parent)) if self.may_read(viewer, of, parent) => {
                push_key(out, field.name);
                let sets = if expansion.sets == SetDepth::AtTop { SetDepth::Nowhere } else { expansion.sets };
                let deeper = ObjectExpansion { budget: expansion.budget - 1, without: &[], sets, ..expansion };
                self.push_expanded(viewer, of, parent, deeper, out);
            }
            Some(_) => {}
            None => {
                push_key(out, field.name);
                out.extend_from_slice(b"null");
            }
        }
    }

    fn push_set(&self, viewer: &Viewer, row: &Row, set: &RelatedSet, expansion: ObjectExpansion, out: &mut Vec<u8>) {
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
            let deeper = ObjectExpansion { budget: expansion.budget - 2, alone, without: set.without, ..expansion };
            self.push_expanded(viewer, set.of, member, deeper, out);
        }
        out.push(b']');
    }

    /// Ids of a set's members: the live children, or the targets of the live link rows.
    ///
    /// Ascending by id (for link rows, by theirs). For an object that is alone at its level, link rows that are unique
    /// as a pair are sorted by the other half of the pair, as in the reference.
    fn set_members(&self, parent: u32, set: &RelatedSet, alone: bool) -> Vec<u32> {
        let (child, by) = match set.through {
            SetRelation::Child(by) => (set.of, by),
            SetRelation::Link { link, here, .. } => (link, here),
        };
        let rows = self.pointing_by_name(child, by, parent);
        let live = rows.iter().filter_map(|id| self.row(child, *id)).filter(|row| self.is_live(child, row));
        let table = child.table();
        let other_half =
            table.unique_pair.filter(|(first, _)| alone && *first == by).map(|(_, second)| table.column(second));
        match (set.through, other_half) {
            (SetRelation::Child(_), None) => live.map(Row::id).collect(),
            (SetRelation::Child(_), Some(other)) => {
                let mut members: Vec<(Option<i64>, u32)> = live.map(|row| (row.int(other), row.id())).collect();
                members.sort_unstable();
                members.into_iter().map(|(_, id)| id).collect()
            }
            (SetRelation::Link { there, .. }, other_half) => {
                let there = table.column(there);
                let mut members: Vec<u32> = live.filter_map(|row| row.int(there)).map(|id| id as u32).collect();
                if other_half.is_some() {
                    members.sort_unstable();
                }
                members
            }
        }
    }

    /// Appends an object with some of its fields, in the order given. The first `requested_count` were requested;
    /// the others are always shown.
    #[expect(clippy::too_many_arguments, reason = "what to show of what to whom, all of it independent")]
    pub fn push_fields(
        &self,
        viewer: &Viewer,
        resource: Resource,
        row: &Row,
        positions: &[usize],
        requested_count: usize,
        expansion: ObjectExpansion,
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
                // The website is among the entries only if both were requested.
                let is_alone = field.shown == DisplayForm::WithWebsite
                    && !positions[..requested_count].iter().any(|other| fields[*other].name == "website");
                if field.shown == DisplayForm::OrOrganization && at >= requested_count {
                    // As in the reference: a website that was not requested is the organization's.
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
