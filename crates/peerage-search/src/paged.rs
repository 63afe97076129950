//! A table by dense ids, in shared pages.

use std::sync::Arc;

const PAGE: usize = 256;

/// Entries by id. A change copies one page and the list of pages.
#[derive(Debug, Clone)]
pub struct PagedTable<T> {
    pages: Arc<Vec<Option<Arc<Vec<T>>>>>,
}

impl<T> Default for PagedTable<T> {
    fn default() -> PagedTable<T> {
        PagedTable { pages: Arc::new(Vec::new()) }
    }
}

impl<T: Clone + Default> PagedTable<T> {
    pub fn get(&self, id: u32) -> Option<&T> {
        self.pages.get(id as usize / PAGE)?.as_ref()?.get(id as usize % PAGE)
    }

    pub fn slot(&mut self, id: u32) -> &mut T {
        let number = id as usize / PAGE;
        let pages = Arc::make_mut(&mut self.pages);
        if pages.len() <= number {
            pages.resize(number + 1, None);
        }
        let page = pages[number].get_or_insert_with(|| Arc::new(vec![T::default(); PAGE]));
        &mut Arc::make_mut(page)[id as usize % PAGE]
    }

    /// All ids are below this.
    pub fn end(&self) -> u32 {
        (self.pages.len() * PAGE) as u32
    }
}
