//! Ascending lists of numbers that share what does not change.

use std::sync::Arc;

/// Numbers in one piece. A change copies this many at most.
const CHUNK_MAX: usize = 512;

/// An ascending list without duplicates. Most words occur once, which takes no allocation.
#[derive(Debug, Clone, Default)]
pub enum PostingList {
    #[default]
    Empty,
    One(u32),
    Few(Arc<[u32]>),
    /// Pieces of at most [`CHUNK_MAX`] numbers, none of them empty.
    Many(Arc<Vec<Arc<[u32]>>>),
}

impl PostingList {
    /// The numbers must be ascending and without duplicates.
    pub fn from_sorted(numbers: &[u32]) -> PostingList {
        match numbers {
            [] => PostingList::Empty,
            [number] => PostingList::One(*number),
            _ if numbers.len() <= CHUNK_MAX => PostingList::Few(numbers.into()),
            _ => PostingList::Many(Arc::new(numbers.chunks(CHUNK_MAX * 3 / 4).map(Arc::from).collect())),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            PostingList::Empty => 0,
            PostingList::One(_) => 1,
            PostingList::Few(numbers) => numbers.len(),
            PostingList::Many(chunks) => chunks.iter().map(|chunk| chunk.len()).sum(),
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, PostingList::Empty)
    }

    /// The pieces in order.
    pub fn chunks(&self) -> impl Iterator<Item = &[u32]> {
        let (one, many): (&[u32], &[Arc<[u32]>]) = match self {
            PostingList::Empty => (&[], &[]),
            PostingList::One(number) => (std::slice::from_ref(number), &[]),
            PostingList::Few(numbers) => (numbers, &[]),
            PostingList::Many(chunks) => (&[], chunks),
        };
        std::iter::once(one).chain(many.iter().map(|chunk| &**chunk)).filter(|chunk| !chunk.is_empty())
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.chunks().flatten().copied()
    }

    /// The pieces of the numbers in `from..=to`.
    pub fn range(&self, from: u32, to: u32) -> impl Iterator<Item = &[u32]> {
        self.chunks().filter(move |chunk| chunk[chunk.len() - 1] >= from && chunk[0] <= to).map(move |chunk| {
            let start = chunk.partition_point(|number| *number < from);
            let end = chunk.partition_point(|number| *number <= to);
            &chunk[start..end]
        })
    }

    pub fn insert(&mut self, number: u32) {
        match self {
            PostingList::Empty => *self = PostingList::One(number),
            PostingList::One(other) if *other == number => {}
            PostingList::One(other) => {
                *self = PostingList::Few(Arc::new([number.min(*other), number.max(*other)]));
            }
            PostingList::Few(numbers) => {
                let Err(at) = numbers.binary_search(&number) else { return };
                *self = PostingList::from_sorted(&with(numbers, at, number));
            }
            PostingList::Many(chunks) => {
                let chunks = Arc::make_mut(chunks);
                let at = chunks.partition_point(|chunk| chunk[chunk.len() - 1] < number).min(chunks.len() - 1);
                let Err(within) = chunks[at].binary_search(&number) else { return };
                let grown = with(&chunks[at], within, number);
                if grown.len() <= CHUNK_MAX {
                    chunks[at] = grown.into();
                } else {
                    let (low, high) = grown.split_at(grown.len() / 2);
                    chunks[at] = low.into();
                    chunks.insert(at + 1, high.into());
                }
            }
        }
    }

    pub fn remove(&mut self, number: u32) {
        match self {
            PostingList::One(other) if *other == number => *self = PostingList::Empty,
            PostingList::Empty | PostingList::One(_) => {}
            PostingList::Few(numbers) => {
                if let Ok(at) = numbers.binary_search(&number) {
                    *self = PostingList::from_sorted(&without(numbers, at));
                }
            }
            PostingList::Many(chunks) => {
                let at = chunks.partition_point(|chunk| chunk[chunk.len() - 1] < number);
                let Some(Ok(within)) = chunks.get(at).map(|chunk| chunk.binary_search(&number)) else { return };
                let rest = without(&chunks[at], within);
                let chunks = Arc::make_mut(chunks);
                if rest.is_empty() {
                    chunks.remove(at);
                } else {
                    chunks[at] = rest.into();
                }
                if chunks.len() == 1 {
                    *self = PostingList::from_sorted(&chunks[0].clone());
                } else if chunks.is_empty() {
                    *self = PostingList::Empty;
                }
            }
        }
    }
}

fn with(numbers: &[u32], at: usize, number: u32) -> Vec<u32> {
    let mut grown = Vec::with_capacity(numbers.len() + 1);
    grown.extend_from_slice(&numbers[..at]);
    grown.push(number);
    grown.extend_from_slice(&numbers[at..]);
    grown
}

fn without(numbers: &[u32], at: usize) -> Vec<u32> {
    let mut rest = numbers.to_vec();
    rest.remove(at);
    rest
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn it_is_a_sorted_set(
            first in proptest::collection::btree_set(0u32..4000, 0..2500),
            changes in proptest::collection::vec((0u32..4000, any::<bool>()), 0..300),
        ) {
            let mut expected: BTreeSet<u32> = first.clone();
            let mut list = PostingList::from_sorted(&first.into_iter().collect::<Vec<_>>());
            let kept = list.clone();
            let before: Vec<u32> = kept.iter().collect();
            for (number, is_put) in changes {
                if is_put {
                    list.insert(number);
                    expected.insert(number);
                } else {
                    list.remove(number);
                    expected.remove(&number);
                }
            }
            prop_assert_eq!(list.iter().collect::<Vec<_>>(), expected.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(list.len(), expected.len());
            prop_assert_eq!(list.is_empty(), expected.is_empty());
            let within: Vec<u32> = list.range(1000, 2000).flatten().copied().collect();
            prop_assert_eq!(within, expected.range(1000..=2000).copied().collect::<Vec<_>>());
            prop_assert_eq!(kept.iter().collect::<Vec<_>>(), before, "a clone keeps what it had");
        }
    }
}
