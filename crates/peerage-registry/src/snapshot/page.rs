//! Rows by id in pages of 64. Each page has the JSON of its rows in one piece of shared bytes.
//!
//! A listing is the concatenation of the pages' bytes: a request copies and serializes nothing. A change replaces one
//! page; snapshots still in use keep the old one.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;

use crate::row::Row;
use crate::snapshot::deflate::{DeflatedListing, DeflatedRows};

/// Number of rows in a page. Changing a row costs copying this many pointers and serializing one page, and each answer
/// that shows the state before the change keeps the page of that state. Larger pages send a listing in fewer writes.
pub const PAGE_ROWS: usize = 64;

/// Number of pages whose compressed bytes lie in one buffer.
const GROUP_PAGES: usize = 8;

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
    pub(super) deflated: [Mutex<Option<Arc<DeflatedRows>>>; 2],
}

impl PageJson {
    /// The number of bytes, not counting compressed ones.
    fn size(&self) -> usize {
        let seen = self.seen.iter().filter_map(OnceLock::get).map(Bytes::len);
        self.bytes.len() + seen.sum::<usize>()
    }

    /// Marks of a slot: begin, cuts, end.
    pub(super) fn marks(&self, slot: usize) -> &[u32] {
        &self.marks[slot * self.marks_a_slot..(slot + 1) * self.marks_a_slot]
    }
}

/// The compressed pages of a group as each class of viewers sees them.
type GroupForms = [OnceLock<Arc<DeflatedRows>>; 2];

/// The chunks of the full listing as each class of viewers sees it, which all answers share.
#[derive(Default)]
pub(super) struct ListingForms {
    pub(super) plain: [OnceLock<Arc<[Bytes]>>; 2],
    /// Replaced once groups were joined.
    pub(super) deflated: [Mutex<Option<DeflatedListing>>; 2],
}

/// All rows of one resource.
#[derive(Default)]
pub struct RowPages {
    pages: Vec<Option<Arc<RowPage>>>,
    /// One for each [`GROUP_PAGES`] of `pages`.
    groups: Vec<GroupForms>,
    pub(super) listing: ListingForms,
}

impl Clone for RowPages {
    /// Without the listing: pages are cloned in order to change one.
    fn clone(&self) -> RowPages {
        RowPages { pages: self.pages.clone(), groups: self.groups.clone(), listing: ListingForms::default() }
    }
}

/// Neighbouring pages that are compressed into one buffer.
#[derive(Clone, Copy)]
pub struct PageGroup<'a> {
    pages: &'a [Option<Arc<RowPage>>],
    pub(super) deflated: &'a GroupForms,
}

impl<'a> PageGroup<'a> {
    pub fn pages(&self) -> impl Iterator<Item = &'a Arc<RowPage>> {
        self.pages.iter().flatten()
    }

    /// The number of bytes of the pages' JSON in all forms. Bytes that two pages share count once.
    pub(super) fn size(&self) -> usize {
        let made = || self.pages().filter_map(|page| page.json.get());
        let plain: usize = made().map(PageJson::size).sum();
        let deflated = self.deflated.iter().enumerate().map(|(class, group)| {
            if let Some(group) = group.get() {
                return group.buffer().len();
            }
            // A page was replaced. The others still lie in the buffer of the group that they were in.
            let mut buffers = Vec::with_capacity(GROUP_PAGES);
            for json in made() {
                let page = lock(&json.deflated[class]);
                buffers.extend(page.as_ref().map(|page| (page.buffer().as_ptr(), page.buffer().len())));
            }
            buffers.sort_unstable();
            buffers.dedup();
            buffers.iter().map(|(_, length)| length).sum()
        });
        plain + deflated.sum::<usize>()
    }
}

/// Locks a value that is valid after every step, even if a thread ends in between.
pub(super) fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Groups of pages, ascending.
    pub fn groups(&self) -> impl Iterator<Item = PageGroup<'_>> {
        let pages = self.pages.chunks(GROUP_PAGES).zip(&self.groups);
        pages.map(|(pages, deflated)| PageGroup { pages, deflated })
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
            self.groups.resize(number / GROUP_PAGES + 1, GroupForms::default());
        }
        self.groups[number / GROUP_PAGES] = GroupForms::default();
        self.listing = ListingForms::default();
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
