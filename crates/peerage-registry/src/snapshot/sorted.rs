//! A sorted map in pages that snapshots share.
//!
//! A tree that is filled with sorted entries one after the other has half-empty nodes. These pages are full when they are
//! filled at once, which makes the indexes of a registry half as large, and faster to build.

use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

/// The maximum number of entries in a page. A change copies one page, and the list of pages.
const PAGE_MAX: usize = 128;

type SortedPage<K, V> = Arc<Vec<(K, V)>>;

/// A map that is cheap to clone.
#[derive(Clone)]
pub struct SortedMap<K, V> {
    /// In ascending order; none is empty.
    pages: Arc<Vec<SortedPage<K, V>>>,
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> SortedMap<K, V> {
        SortedMap { pages: Arc::default() }
    }
}

/// The place of an entry, or where it would be: the number of its page, and its number there.
type EntryPlace = (usize, usize);

impl<K: Ord + Clone, V: Clone> SortedMap<K, V> {
    /// Makes a map of entries with ascending keys, each of them once.
    pub fn from_sorted(entries: impl IntoIterator<Item = (K, V)>) -> SortedMap<K, V> {
        let mut entries = entries.into_iter();
        let mut pages = Vec::new();
        loop {
            let mut page: Vec<(K, V)> = entries.by_ref().take(PAGE_MAX).collect();
            if page.is_empty() {
                pages.shrink_to_fit();
                return SortedMap { pages: Arc::new(pages) };
            }
            page.shrink_to_fit();
            pages.push(Arc::new(page));
        }
    }

    /// Returns the first place whose key is not less than this one, or greater than it if `is_after`.
    fn place(&self, key: &K, is_after: bool) -> EntryPlace {
        let comes_before = |other: &K| if is_after { other <= key } else { other < key };
        let begins_before = |page: &SortedPage<K, V>| page.first().is_some_and(|(first, _)| comes_before(first));
        let page = self.pages.partition_point(begins_before).saturating_sub(1);
        (page, self.pages.get(page).map_or(0, |page| page.partition_point(|(key, _)| comes_before(key))))
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        let (page, at) = self.place(key, false);
        // The place is at the end of a page if the key begins the next one.
        let entry = self.pages.get(page).and_then(|entries| entries.get(at));
        let entry = entry.or_else(|| self.pages.get(page + 1).and_then(|entries| entries.first()));
        entry.filter(|(found, _)| found == key).map(|(_, value)| value)
    }

    /// Inserts an entry, or replaces the value of its key.
    pub fn insert(&mut self, key: K, value: V) {
        let (number, at) = self.place(&key, true);
        let pages = Arc::make_mut(&mut self.pages);
        let Some(page) = pages.get_mut(number) else { return pages.push(Arc::new(vec![(key, value)])) };
        let entries = Arc::make_mut(page);
        if let Some(known) = at.checked_sub(1).and_then(|before| entries.get_mut(before)).filter(|known| known.0 == key)
        {
            known.1 = value;
            return;
        }
        entries.insert(at, (key, value));
        if entries.len() > PAGE_MAX {
            // Most new entries are the last, for which full pages can stay full.
            let rest = entries.split_off(if at == PAGE_MAX { PAGE_MAX } else { PAGE_MAX / 2 });
            pages.insert(number + 1, Arc::new(rest));
        }
    }

    pub fn remove(&mut self, key: &K) {
        let (number, at) = self.place(key, true);
        let Some(at) = at.checked_sub(1) else { return };
        if self.pages.get(number).and_then(|page| page.get(at)).is_none_or(|(found, _)| found != key) {
            return;
        }
        let pages = Arc::make_mut(&mut self.pages);
        let entries = Arc::make_mut(&mut pages[number]);
        entries.remove(at);
        let left = entries.len();
        if left == 0 {
            pages.remove(number);
        } else if number > 0 && pages[number - 1].len() + left <= PAGE_MAX / 2 {
            let rest = pages.remove(number);
            Arc::make_mut(&mut pages[number - 1]).extend(rest.iter().cloned());
        }
    }

    /// Returns the entries in a range, ascending.
    pub fn range(&self, range: impl RangeBounds<K>) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        let first = match range.start_bound() {
            Bound::Included(key) => self.place(key, false),
            Bound::Excluded(key) => self.place(key, true),
            Bound::Unbounded => (0, 0),
        };
        let end = match range.end_bound() {
            Bound::Included(key) => self.place(key, true),
            Bound::Excluded(key) => self.place(key, false),
            Bound::Unbounded => (self.pages.len(), 0),
        };
        let pages = self.pages.iter().enumerate().take(end.0 + 1).skip(first.0);
        pages.flat_map(move |(number, page)| {
            let to = if number == end.0 { end.1 } else { page.len() };
            let from = if number == first.0 { first.1.min(to) } else { 0 };
            page[from..to].iter().map(|(key, value)| (key, value))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum MapStep {
        Insert(u16, u8),
        Remove(u16),
        /// From a key on, as many keys.
        RemoveMany(u16, u16),
    }

    fn step() -> impl Strategy<Value = MapStep> {
        prop_oneof![
            4 => (0..2_000_u16, any::<u8>()).prop_map(|(key, value)| MapStep::Insert(key, value)),
            2 => (0..2_000_u16).prop_map(MapStep::Remove),
            1 => (0..2_000_u16, 0..400_u16).prop_map(|(key, count)| MapStep::RemoveMany(key, count)),
        ]
    }

    fn same(map: &SortedMap<u16, u8>, model: &BTreeMap<u16, u8>, range: (Bound<u16>, Bound<u16>)) {
        let found: Vec<(u16, u8)> = map.range(range).map(|(key, value)| (*key, *value)).collect();
        let all = model.iter().filter(|(key, _)| range.contains(key));
        assert_eq!(found, all.map(|(key, value)| (*key, *value)).collect::<Vec<_>>(), "{range:?}");
        let backwards: Vec<u16> = map.range(range).rev().map(|(key, _)| *key).collect();
        assert!(backwards.iter().rev().eq(found.iter().map(|(key, _)| key)));
    }

    proptest! {
        #[test]
        fn it_is_the_map_of_the_standard_library(
            filled in 0..1_500_u16, steps in proptest::collection::vec(step(), 0..300), ends in any::<[(u16, u8); 6]>(),
        ) {
            let mut model: BTreeMap<u16, u8> = (0..filled).map(|key| (key, key as u8)).collect();
            let mut map = SortedMap::from_sorted(model.clone());
            let before = (map.clone(), model.clone());
            for step in steps {
                match step {
                    MapStep::Insert(key, value) => {
                        model.insert(key, value);
                        map.insert(key, value);
                    }
                    MapStep::Remove(key) => {
                        model.remove(&key);
                        map.remove(&key);
                    }
                    MapStep::RemoveMany(first, count) => (first..first + count).for_each(|key| {
                        model.remove(&key);
                        map.remove(&key);
                    }),
                }
            }
            for (map, model) in [(&map, &model), (&before.0, &before.1)] {
                assert!(map.pages.iter().all(|page| !page.is_empty() && page.len() <= PAGE_MAX));
                for key in 0..2_000 {
                    assert_eq!(map.get(&key), model.get(&key), "{key}");
                }
                same(map, model, (Bound::Unbounded, Bound::Unbounded));
                for ((one, one_kind), (other, other_kind)) in ends.iter().zip(ends.iter().skip(1)) {
                    let bound = |key: u16, kind: u8| match kind % 3 {
                        0 => Bound::Unbounded,
                        1 => Bound::Included(key % 2_000),
                        _ => Bound::Excluded(key % 2_000),
                    };
                    same(map, model, (bound(*one, *one_kind), bound(*other, *other_kind)));
                }
            }
        }
    }

    #[test]
    fn ascending_entries_fill_pages() {
        let mut map = SortedMap::default();
        (0..10 * PAGE_MAX).for_each(|key| map.insert(key, ()));
        assert_eq!(map.pages.len(), 10);
        (0..10 * PAGE_MAX).filter(|key| key % 8 != 0).for_each(|key| map.remove(&key));
        assert!(map.pages.len() <= 5, "{} pages for {} entries", map.pages.len(), 10 * PAGE_MAX / 8);
    }
}
