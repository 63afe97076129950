//! What was read and waits to be planned.

use std::collections::BTreeSet;
use std::sync::Arc;

use peerage_schema::Resource;

use crate::dump::cells::{Cells, Shape};
use crate::dump::complaint::Complaint;
use crate::dump::convert::{Converted, convert};
use crate::row::Row;

/// A row as a document gives it, every cell in stored form.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    pub row: Row,
    /// One bit a field: whether the document names it.
    pub named: u64,
    /// Taken to the letter.
    pub exact: bool,
    pub place: Place,
}

/// Where a row was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Index into the batch's files.
    pub file: u32,
    /// Number of the row in its list, from 1.
    pub row: u32,
}

/// Rows of any number of documents. Filled by [`Batch::read`], judged by [`super::plan`].
///
/// Cost: what the rows take in a snapshot, without their JSON; about two thirds of the documents' size.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) files: Vec<Arc<str>>,
    pub(super) rows: [Vec<Incoming>; Resource::COUNT],
    pub(super) read: [u64; Resource::COUNT],
    pub(super) complaints: Vec<Complaint>,
    /// Kinds of which a list was read, if an empty one.
    pub(super) named: [bool; Resource::COUNT],
    /// Ids of rows that were refused.
    pub(super) refused: [Vec<u32>; Resource::COUNT],
    /// Rows without a readable id.
    pub(super) nameless: [u64; Resource::COUNT],
    /// Top-level keys that name no kind of ours.
    pub(super) unknown: BTreeSet<String>,
}

impl Batch {
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Number of rows that were read, refused ones included.
    pub fn rows_read(&self) -> u64 {
        self.read.iter().sum()
    }

    /// Top-level keys of documents that name no kind and were passed over.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(String::as_str)
    }

    /// Whether an export was read, which holds more than lists show.
    pub(super) fn is_export(&self) -> bool {
        self.rows.iter().flatten().any(|incoming| incoming.exact)
    }

    /// Adds what another batch has read, as if it had been read after this one.
    pub fn append(&mut self, other: Batch) {
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

    /// Takes one item of a list.
    pub(super) fn take(&mut self, resource: Resource, shape: Shape, cells: &Cells, place: Place) {
        match shape {
            // Writers of lists leave such holes; the reference drops them too.
            Shape::Null => return,
            Shape::Other => {
                self.read[resource.index()] += 1;
                self.nameless[resource.index()] += 1;
                self.complain(resource, place, None, "", "is not an object".into(), String::new(), true);
                return;
            }
            Shape::Row => self.read[resource.index()] += 1,
        }
        let Converted { id, row, named, exact, problems } = convert(cells);
        for problem in problems {
            let reason = problem.reason.into_owned();
            self.complain(resource, place, id, problem.field, reason, problem.value, problem.refused);
        }
        match (row, id) {
            (Some(row), _) => self.rows[resource.index()].push(Incoming { row, named, exact, place }),
            (None, Some(id)) => self.refused[resource.index()].push(id),
            (None, None) => self.nameless[resource.index()] += 1,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one complaint")]
    fn complain(
        &mut self,
        resource: Resource,
        place: Place,
        id: Option<u32>,
        field: &'static str,
        reason: String,
        value: String,
        refused: bool,
    ) {
        let file = Arc::clone(&self.files[place.file as usize]);
        let kind = resource.tag();
        self.complaints.push(Complaint { file, kind, row: place.row, id, field, reason, value, refused });
    }
}
