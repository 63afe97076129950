//! Indexes: which rows point to a row, and which rows have a value.

use std::ops::Deref;
use std::sync::Arc;

use imbl::OrdMap;

use crate::fold::fold;
use crate::row::{Row, Value};
use peerage_schema::Column;

/// Ids of rows, ascending. Most lists have one id, which needs no allocation.
#[derive(Debug, Clone, Default)]
pub enum Ids {
    #[default]
    None,
    One(u32),
    Many(Arc<Vec<u32>>),
}

impl Deref for Ids {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match self {
            Ids::None => &[],
            Ids::One(id) => std::slice::from_ref(id),
            Ids::Many(ids) => ids,
        }
    }
}

impl FromIterator<u32> for Ids {
    /// The ids must be ascending.
    fn from_iter<I: IntoIterator<Item = u32>>(ids: I) -> Ids {
        let mut ids = ids.into_iter();
        match (ids.next(), ids.next()) {
            (None, _) => Ids::None,
            (Some(id), None) => Ids::One(id),
            (Some(first), Some(second)) => {
                let mut many = vec![first, second];
                many.extend(ids);
                many.shrink_to_fit();
                Ids::Many(Arc::new(many))
            }
        }
    }
}

impl From<Vec<u32>> for Ids {
    /// The ids must be ascending.
    fn from(ids: Vec<u32>) -> Ids {
        match ids[..] {
            [] => Ids::None,
            [id] => Ids::One(id),
            _ => Ids::Many(Arc::new(ids)),
        }
    }
}

impl Ids {
    /// A copy with another id, if it is not already there.
    fn with(&self, id: u32) -> Ids {
        match self.binary_search(&id) {
            Ok(_) => self.clone(),
            Err(at) => self[..at].iter().copied().chain([id]).chain(self[at..].iter().copied()).collect(),
        }
    }

    fn without(&self, id: u32) -> Ids {
        self.iter().copied().filter(|other| *other != id).collect()
    }
}

/// For each parent id, the rows that point to it. Ids are dense, so a paged array is better than a tree.
#[derive(Clone, Default)]
pub struct Pointers {
    pages: Vec<Option<Arc<Vec<Ids>>>>,
}

const POINTERS_A_PAGE: usize = 256;

impl Pointers {
    pub fn get(&self, parent: u32) -> Ids {
        let page = self.pages.get(parent as usize / POINTERS_A_PAGE).and_then(Option::as_ref);
        page.map(|page| page[parent as usize % POINTERS_A_PAGE].clone()).unwrap_or_default()
    }

    fn slot(&mut self, parent: u32) -> &mut Ids {
        let number = parent as usize / POINTERS_A_PAGE;
        if self.pages.len() <= number {
            self.pages.resize(number + 1, None);
        }
        let page = self.pages[number].get_or_insert_with(|| Arc::new(vec![Ids::None; POINTERS_A_PAGE]));
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
pub enum Key {
    Int(i64),
    Text(Box<str>),
}

impl Key {
    /// Returns `None` for null and for the empty text, which are too common to index.
    pub fn of(row: &Row, column: Column) -> Option<Key> {
        match row.value(column, column.field().kind.storage()) {
            Value::Int(number) => Some(Key::Int(number)),
            Value::Text(text) if !text.is_empty() => Some(Key::text(&fold(text))),
            _ => None,
        }
    }

    /// The text must already be folded.
    pub fn text(folded: &str) -> Key {
        Key::Text(folded.trim_end_matches(' ').into())
    }
}

/// For each value of a field, the rows that have it.
#[derive(Clone, Default)]
pub struct Values {
    map: OrdMap<Key, Ids>,
}

impl Values {
    pub fn get(&self, key: &Key) -> Ids {
        self.map.get(key).cloned().unwrap_or_default()
    }

    /// Rows whose folded text starts with `prefix`.
    pub fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Ids> {
        let from = Key::Text(prefix.into());
        self.map
            .range(from..)
            .take_while(move |(key, _)| matches!(key, Key::Text(text) if text.starts_with(prefix)))
            .map(|(_, ids)| ids)
    }

    pub fn insert(&mut self, key: Key, id: u32) {
        let ids = self.get(&key).with(id);
        self.map.insert(key, ids);
    }

    pub fn remove(&mut self, key: &Key, id: u32) {
        let Some(ids) = self.map.get(key) else { return };
        let rest = ids.without(id);
        if rest.is_empty() {
            self.map.remove(key);
        } else {
            self.map.insert(key.clone(), rest);
        }
    }

    /// Fills an empty index with pairs in any order.
    pub fn fill(&mut self, mut pairs: Vec<(Key, u32)>) {
        pairs.sort_unstable();
        self.map = pairs
            .chunk_by(|a, b| a.0 == b.0)
            .map(|group| (group[0].0.clone(), group.iter().map(|pair| pair.1).collect::<Ids>()))
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_keep_ids_ascending_and_forget_what_is_removed() {
        let mut filled = Pointers::default();
        filled.fill(vec![(700, 9), (700, 3), (1, 5)]);
        let mut grown = Pointers::default();
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
        let mut values = Values::default();
        values.fill(vec![
            (Key::text("alpha"), 2),
            (Key::text("alpha"), 1),
            (Key::text("alps"), 3),
            (Key::text("beta"), 4),
        ]);
        assert_eq!(*values.get(&Key::text("alpha ")), [1, 2]);
        let found: Vec<u32> = values.starting_with("alp").flat_map(|ids| ids.iter().copied()).collect();
        assert_eq!(found, [1, 2, 3]);
        values.remove(&Key::text("alps"), 3);
        assert!(values.get(&Key::text("alps")).is_empty());
    }
}
