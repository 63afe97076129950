//! Rows by id in pages of 256, each with its rows' JSON in one piece of shared bytes.
//!
//! A listing is the concatenation of the pages' bytes: nothing is copied and nothing is serialised for a request. A
//! change replaces one page; snapshots that are still read keep the old one.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::row::Row;
use crate::snapshot::deflate::Joined;

/// Rows a page. A changed row costs copying this many pointers and the JSON of one page.
pub const PAGE_ROWS: usize = 256;

/// Neighbouring rows of one resource.
#[derive(Default)]
pub struct Page {
    rows: Vec<Option<Row>>,
    pub(super) json: OnceLock<PageJson>,
}

impl Clone for Page {
    /// The JSON stays behind: a page is cloned to be changed.
    fn clone(&self) -> Page {
        Page { rows: self.rows.clone(), json: OnceLock::new() }
    }
}

/// The JSON of a page's rows. Live rows come first, each with `", "` before it, so that they are one slice and pages
/// follow each other.
pub struct PageJson {
    pub(super) bytes: Bytes,
    /// For each slot, where its row begins in `bytes`, where its cuts lie and where it ends; empty without a row.
    pub(super) marks: Vec<u32>,
    pub(super) marks_a_slot: usize,
    /// End of the live rows.
    pub(super) live_end: usize,
    /// The live rows as each shared class sees them, where that is not all of them.
    pub(super) seen: [OnceLock<Bytes>; 2],
    /// The same, compressed.
    pub(super) deflated: [OnceLock<Joined>; 2],
}

impl PageJson {
    /// Marks of a slot: begin, cuts, end.
    pub(super) fn marks(&self, slot: usize) -> &[u32] {
        &self.marks[slot * self.marks_a_slot..(slot + 1) * self.marks_a_slot]
    }
}

/// All rows of one resource.
#[derive(Clone, Default)]
pub struct Pages {
    pages: Vec<Option<Arc<Page>>>,
}

impl Pages {
    pub fn get(&self, id: u32) -> Option<&Row> {
        self.page(id)?.rows.get(id as usize % PAGE_ROWS)?.as_ref()
    }

    pub fn page(&self, id: u32) -> Option<&Arc<Page>> {
        self.pages.get(id as usize / PAGE_ROWS)?.as_ref()
    }

    /// Pages with their numbers, ascending.
    pub fn pages(&self) -> impl Iterator<Item = (usize, &Arc<Page>)> {
        self.pages.iter().enumerate().filter_map(|(number, page)| page.as_ref().map(|page| (number, page)))
    }

    /// All rows, ascending by id.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.pages().flat_map(|(_, page)| page.rows())
    }

    /// The row with the highest id. Costs no more than the page that it stands in.
    pub fn last(&self) -> Option<&Row> {
        self.pages.iter().rev().flatten().find_map(|page| page.rows.iter().rev().flatten().next())
    }

    /// Puts a row in, or takes it out; gives the one that was there.
    pub fn put(&mut self, id: u32, row: Option<Row>) -> Option<Row> {
        let page = self.page_mut(id);
        std::mem::replace(&mut page.rows[id as usize % PAGE_ROWS], row)
    }

    /// Makes the JSON of the row's page be made anew.
    pub fn renew(&mut self, id: u32) {
        self.page_mut(id);
    }

    fn page_mut(&mut self, id: u32) -> &mut Page {
        let number = id as usize / PAGE_ROWS;
        if self.pages.len() <= number {
            self.pages.resize(number + 1, None);
        }
        let page = self.pages[number]
            .get_or_insert_with(|| Arc::new(Page { rows: vec![None; PAGE_ROWS], json: OnceLock::new() }));
        let page = Arc::make_mut(page);
        page.json.take();
        page
    }
}

impl Page {
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().flatten()
    }

    /// Rows with their slots.
    pub fn slots(&self) -> impl Iterator<Item = (usize, &Row)> {
        self.rows.iter().enumerate().filter_map(|(slot, row)| row.as_ref().map(|row| (slot, row)))
    }
}
