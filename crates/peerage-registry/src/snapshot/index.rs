//! Indexes: which rows point to a row, and which rows have a value.

use std::ops::Deref;
use std::sync::Arc;

use crate::fold::fold;
use crate::row::{Row, Value};
use crate::snapshot::sorted::SortedMap;
use peerage_schema::Column;

/// Ids of rows, ascending. Most lists have one id, which needs no allocation.
#[derive(Debug, Clone, Default)]
pub enum IdList {
    #[default]
    None,
    One(u32),
    Many(Arc<Vec<u32>>),
}

impl Deref for IdList {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match self {
            IdList::None => &[],
            IdList::One(id) => std::slice::from_ref(id),
            IdList::Many(ids) => ids,
        }
    }
}

impl FromIterator<u32> for IdList {
    /// The ids must be ascending.
    fn from_iter<I: IntoIterator<Item = u32>>(ids: I) -> IdList {
        let mut ids = ids.into_iter();
        match (ids.next(), ids.next()) {
            (None, _) => IdList::None,
            (Some(id), None) => IdList::One(id),
            (Some(first), Some(second)) => {
                let mut many = vec![first, second];
                many.extend(ids);
                many.shrink_to_fit();
                IdList::Many(Arc::new(many))
            }
        }
    }
}

impl From<Vec<u32>> for IdList {
    /// The ids must be ascending.
    fn from(ids: Vec<u32>) -> IdList {
        match ids[..] {
            [] => IdList::None,
            [id] => IdList::One(id),
            _ => IdList::Many(Arc::new(ids)),
        }
    }
}

impl IdList {
    /// A copy with another id, if it is not already there.
    fn with(&self, id: u32) -> IdList {
        match self.binary_search(&id) {
            Ok(_) => self.clone(),
            Err(at) => self[..at].iter().copied().chain([id]).chain(self[at..].iter().copied()).collect(),
        }
    }

    fn without(&self, id: u32) -> IdList {
        self.iter().copied().filter(|other| *other != id).collect()
    }
}

/// For each parent id, the rows that point to it. Ids are dense, so a paged array is better than a tree.
#[derive(Clone, Default)]
pub struct PointerIndex {
    pages: Vec<Option<Arc<Vec<IdList>>>>,
}

const POINTERS_A_PAGE: usize = 256;

impl PointerIndex {
    pub fn get(&self, parent: u32) -> IdList {
        let page = self.pages.get(parent as usize / POINTERS_A_PAGE).and_then(Option::as_ref);
        page.map(|page| page[parent as usize % POINTERS_A_PAGE].clone()).unwrap_or_default()
    }

    fn slot(&mut self, parent: u32) -> &mut IdList {
        let number = parent as usize / POINTERS_A_PAGE;
        if self.pages.len() <= number {
            self.pages.resize(number + 1, None);
        }
        let page = self.pages[number].get_or_insert_with(|| Arc::new(vec![IdList::None; POINTERS_A_PAGE]));
        &mut Arc::make_mut(page)[parent as usize % POINTERS_A_PAGE]
    }

    pub fn insert(&mut self, parent: u32, id: u32) {
        let slot = self.slot(parent);
        *slot = slot.with(id);
    }

    pub fn remove(&mut self, parent: u32, id: u32) {
        let slot = self.slot(parent);
        *slot = slot.without(id);
    }

    /// Fills an empty index with pairs of parent and id, in any order.
    pub fn fill(&mut self, mut pairs: Vec<(u32, u32)>) {
        pairs.sort_unstable();
        for group in pairs.chunk_by(|a, b| a.0 == b.0) {
            *self.slot(group[0].0) = group.iter().map(|pair| pair.1).collect();
        }
    }
}

/// A value in an index. Texts are folded, without spaces at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexKey {
    Int(i64),
    Text(Box<str>),
}

impl IndexKey {
    /// Returns `None` for null and for the empty text, which are too common to index.
    pub fn of(row: &Row, column: Column) -> Option<IndexKey> {
        match row.value(column, column.field().kind.storage()) {
            Value::Int(number) => Some(IndexKey::Int(number)),
            Value::Text(text) if !text.is_empty() => Some(IndexKey::text(&fold(text))),
            _ => None,
        }
    }

    /// The text must already be folded.
    pub fn text(folded: &str) -> IndexKey {
        IndexKey::Text(folded.trim_end_matches(' ').into())
    }
}

/// For each value of a field, the rows that have it.
#[derive(Clone, Default)]
pub struct ValueIndex {
    map: SortedMap<IndexKey, IdList>,
}

impl ValueIndex {
    pub fn get(&self, key: &IndexKey) -> IdList {
        self.map.get(key).cloned().unwrap_or_default()
    }

    /// Rows whose folded text starts with `prefix`.
    pub fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a IdList> {
        let from = IndexKey::Text(prefix.into());
        self.map
            .range(from..)
            .take_while(move |(key, _)| matches!(key, IndexKey::Text(text) if text.starts_with(prefix)))
            .map(|(_, ids)| ids)
    }

    /// Rows whose number is in the range, ascending by number.
    pub fn numbers(&self, from: i64, to: i64) -> impl Iterator<Item = u32> {
        let range = (from <= to).then(|| self.map.range(IndexKey::Int(from)..=IndexKey::Int(to)));
        range.into_iter().flatten().flat_map(|(_, ids)| ids.iter().copied())
    }

    pub fn insert(&mut self, key: IndexKey, id: u32) {
        let ids = self.get(&key).with(id);
        self.map.insert(key, ids);
    }

    pub fn remove(&mut self, key: &IndexKey, id: u32) {
        let Some(ids) = self.map.get(key) else { return };
        let rest = ids.without(id);
        if rest.is_empty() {
            self.map.remove(key);
        } else {
            self.map.insert(key.clone(), rest);
        }
    }

    /// Fills an empty index with pairs in any order.
    pub fn fill(&mut self, mut pairs: Vec<(IndexKey, u32)>) {
        pairs.sort_unstable();
        let groups = pairs.chunk_by(|a, b| a.0 == b.0);
        let entries = groups.map(|group| (group[0].0.clone(), group.iter().map(|pair| pair.1).collect()));
        self.map = SortedMap::from_sorted(entries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_keep_ids_ascending_and_forget_what_is_removed() {
        let mut filled = PointerIndex::default();
        filled.fill(vec![(700, 9), (700, 3), (1, 5)]);
        let mut grown = PointerIndex::default();
        for (parent, id) in [(1, 5), (700, 9), (700, 3), (700, 3)] {
            grown.insert(parent, id);
        }
        for index in [&mut filled, &mut grown] {
            assert_eq!(*index.get(700), [3, 9]);
            assert_eq!(index.get(1).len(), 1);
            index.remove(700, 3);
            assert_eq!(*index.get(700), [9]);
            assert!(index.get(2).is_empty());
        }
    }

    #[test]
    fn values_are_found_by_key_and_by_beginning() {
        let mut values = ValueIndex::default();
        values.fill(vec![
            (IndexKey::text("alpha"), 2),
            (IndexKey::text("alpha"), 1),
            (IndexKey::text("alps"), 3),
            (IndexKey::text("beta"), 4),
        ]);
        assert_eq!(*values.get(&IndexKey::text("alpha ")), [1, 2]);
        let found: Vec<u32> = values.starting_with("alp").flat_map(|ids| ids.iter().copied()).collect();
        assert_eq!(found, [1, 2, 3]);
        values.remove(&IndexKey::text("alps"), 3);
        assert!(values.get(&IndexKey::text("alps")).is_empty());
    }
}
