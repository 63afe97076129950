//! Rows by id in pages of 64. Each page has the JSON of its rows in one piece of shared bytes.
//!
//! A listing is the concatenation of the pages' bytes: a request copies and serializes nothing. A change replaces one
//! page; snapshots still in use keep the old one.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::row::Row;
use crate::snapshot::deflate::JoinedPiece;

/// Number of rows in a page. Changing a row costs copying this many pointers and serializing one page, and each answer
/// that shows the state before the change keeps the page of that state. Larger pages send a listing in fewer writes.
pub const PAGE_ROWS: usize = 64;

/// Consecutive rows of one resource.
#[derive(Default)]
pub struct RowPage {
    rows: Vec<Option<Row>>,
    pub(super) json: OnceLock<PageJson>,
}

impl Clone for RowPage {
    /// Without the JSON: a page is cloned in order to change it.
    fn clone(&self) -> RowPage {
        RowPage { rows: self.rows.clone(), json: OnceLock::new() }
    }
}

/// The JSON of a page's rows. Live rows come first, each preceded by `", "`, so that they are one slice and pages can
/// be concatenated.
pub struct PageJson {
    pub(super) bytes: Bytes,
    /// For each slot: the start of its row in `bytes`, its cuts, and its end. Empty if there is no row.
    pub(super) marks: Vec<u32>,
    pub(super) marks_a_slot: usize,
    /// End of the live rows.
    pub(super) live_end: usize,
    /// The live rows as each class of viewers sees them, if not all of them are visible.
    pub(super) seen: [OnceLock<Bytes>; 2],
    /// The same, compressed.
    pub(super) deflated: [OnceLock<JoinedPiece>; 2],
}

impl PageJson {
    /// The number of bytes in all forms.
    pub(super) fn size(&self) -> usize {
        let seen = self.seen.iter().filter_map(OnceLock::get).map(Bytes::len);
        let deflated = self.deflated.iter().filter_map(OnceLock::get).map(JoinedPiece::size);
        self.bytes.len() + seen.sum::<usize>() + deflated.sum::<usize>()
    }

    /// Marks of a slot: begin, cuts, end.
    pub(super) fn marks(&self, slot: usize) -> &[u32] {
        &self.marks[slot * self.marks_a_slot..(slot + 1) * self.marks_a_slot]
    }
}

/// All rows of one resource.
#[derive(Clone, Default)]
pub struct RowPages {
    pages: Vec<Option<Arc<RowPage>>>,
}

impl RowPages {
    pub fn get(&self, id: u32) -> Option<&Row> {
        self.page(id)?.rows.get(id as usize % PAGE_ROWS)?.as_ref()
    }

    pub fn page(&self, id: u32) -> Option<&Arc<RowPage>> {
        self.pages.get(id as usize / PAGE_ROWS)?.as_ref()
    }

    /// Pages with their numbers, ascending.
    pub fn pages(&self) -> impl Iterator<Item = (usize, &Arc<RowPage>)> {
        self.pages.iter().enumerate().filter_map(|(number, page)| page.as_ref().map(|page| (number, page)))
    }

    /// All rows, ascending by id.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.pages().flat_map(|(_, page)| page.rows())
    }

    /// The row with the highest id. Costs no more than scanning one page.
    pub fn last(&self) -> Option<&Row> {
        self.pages.iter().rev().flatten().find_map(|page| page.rows.iter().rev().flatten().next())
    }

    /// Inserts or removes a row. Returns the previous one.
    pub fn put(&mut self, id: u32, row: Option<Row>) -> Option<Row> {
        let page = self.page_mut(id);
        std::mem::replace(&mut page.rows[id as usize % PAGE_ROWS], row)
    }

    /// Discards the JSON of the row's page.
    pub fn renew(&mut self, id: u32) {
        self.page_mut(id);
    }

    fn page_mut(&mut self, id: u32) -> &mut RowPage {
        let number = id as usize / PAGE_ROWS;
        if self.pages.len() <= number {
            self.pages.resize(number + 1, None);
        }
        let page = self.pages[number]
            .get_or_insert_with(|| Arc::new(RowPage { rows: vec![None; PAGE_ROWS], json: OnceLock::new() }));
        let page = Arc::make_mut(page);
        page.json.take();
        page
    }
}

impl RowPage {
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().flatten()
    }

    /// Rows with their slots.
    pub fn slots(&self) -> impl Iterator<Item = (usize, &Row)> {
        self.rows.iter().enumerate().filter_map(|(slot, row)| row.as_ref().map(|row| (slot, row)))
    }
}
