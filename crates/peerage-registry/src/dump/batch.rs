//! Rows that have been read and are to be planned.

use std::collections::BTreeSet;
use std::sync::Arc;

use peerage_schema::Resource;

use crate::dump::cells::{DumpCells, RowShape};
use crate::dump::complaint::RowComplaint;
use crate::dump::convert::{ConvertedRow, convert};
use crate::row::Row;

/// A row of a document, with every cell in stored form.
#[derive(Debug, Clone)]
pub(super) struct IncomingRow {
    pub row: Row,
    /// One bit for each field: whether the document has it.
    pub named: u64,
    /// Whether the values are taken literally, see [`super::push_row`].
    pub exact: bool,
    pub place: SourcePosition,
}

/// Where a row was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SourcePosition {
    /// Index into the batch's files.
    pub file: u32,
    /// Number of the row in its list, counted from 1.
    pub row: u32,
}

/// Rows of any number of documents. Filled by [`DumpBatch::read`], evaluated by [`super::plan`].
///
/// Cost: the memory that the rows take in a snapshot without their JSON, about two thirds of the documents' size.
#[derive(Debug, Default)]
pub struct DumpBatch {
    pub(super) files: Vec<Arc<str>>,
    pub(super) rows: [Vec<IncomingRow>; Resource::COUNT],
    pub(super) read: [u64; Resource::COUNT],
    pub(super) complaints: Vec<RowComplaint>,
    /// Kinds with at least one list, even an empty one.
    pub(super) named: [bool; Resource::COUNT],
    /// Ids of rows that were refused.
    pub(super) refused: [Vec<u32>; Resource::COUNT],
    /// Rows without a readable id.
    pub(super) nameless: [u64; Resource::COUNT],
    /// Top-level keys that are not the name of a kind.
    pub(super) unknown: BTreeSet<String>,
}

impl DumpBatch {
    pub fn new() -> DumpBatch {
        DumpBatch::default()
    }

    /// Number of rows read, including refused ones.
    pub fn rows_read(&self) -> u64 {
        self.read.iter().sum()
    }

    /// Top-level keys of documents that are not the name of a kind and were ignored.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(String::as_str)
    }

    /// Whether a document was written by an export, which contains more than listings show.
    pub(super) fn is_export(&self) -> bool {
        self.rows.iter().flatten().any(|incoming| incoming.exact)
    }

    /// Appends the rows of another batch, as if they had been read after those of this one.
    pub fn append(&mut self, other: DumpBatch) {
        let files = self.files.len() as u32;
        self.files.extend(other.files);
        for (rows, others) in self.rows.iter_mut().zip(other.rows) {
            rows.extend(others.into_iter().map(|mut incoming| {
                incoming.place.file += files;
                incoming
            }));
        }
        for (read, others) in self.read.iter_mut().zip(other.read) {
            *read += others;
        }
        for kind in 0..self.named.len() {
            self.named[kind] |= other.named[kind];
            self.refused[kind].extend(&other.refused[kind]);
            self.nameless[kind] += other.nameless[kind];
        }
        self.complaints.extend(other.complaints);
        self.unknown.extend(other.unknown);
    }

    /// Adds one item of a list.
    pub(super) fn take(&mut self, resource: Resource, shape: RowShape, cells: &DumpCells, place: SourcePosition) {
        match shape {
            // Some programs write null into lists. The reference ignores it, too.
            RowShape::Null => return,
            RowShape::Other => {
                self.read[resource.index()] += 1;
                self.nameless[resource.index()] += 1;
                self.complain(resource, place, None, "", "is not an object".into(), String::new(), true);
                return;
            }
            RowShape::Row => self.read[resource.index()] += 1,
        }
        let ConvertedRow { id, row, named, exact, problems } = convert(cells);
        for problem in problems {
            let reason = problem.reason.into_owned();
            self.complain(resource, place, id, problem.field, reason, problem.value, problem.refused);
        }
        match (row, id) {
            (Some(row), _) => self.rows[resource.index()].push(IncomingRow { row, named, exact, place }),
            (None, Some(id)) => self.refused[resource.index()].push(id),
            (None, None) => self.nameless[resource.index()] += 1,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one complaint")]
    fn complain(
        &mut self,
        resource: Resource,
        place: SourcePosition,
        id: Option<u32>,
        field: &'static str,
        reason: String,
        value: String,
        refused: bool,
    ) {
        let file = Arc::clone(&self.files[place.file as usize]);
        let kind = resource.tag();
        self.complaints.push(RowComplaint { file, kind, row: place.row, id, field, reason, value, refused });
    }
}
