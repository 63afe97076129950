//! The events whose payload an erasure removes.

use serde::{Deserialize, Serialize};

/// The events whose payload an erasure removes from the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedEvents {
    /// Events that lose their actor.
    #[serde(default)]
    pub actors: SequenceSet,
    /// Events that lose before and after.
    #[serde(default)]
    pub rows: SequenceSet,
}

impl ErasedEvents {
    /// The largest sequence number in either set, or 0 if both are empty.
    pub fn last(&self) -> u64 {
        self.actors.last().max(self.rows.last())
    }
}

/// A set of sequence numbers, stored as ranges.
///
/// ```
/// use peerage_registry::SequenceSet;
///
/// let mut erased = SequenceSet::default();
/// for sequence in [3, 4, 9, 5] {
///     erased.insert(sequence);
/// }
/// assert_eq!(erased.ranges(), [(3, 5), (9, 9)]);
/// assert!(erased.contains(4) && !erased.contains(6));
/// assert_eq!((erased.count(), erased.last()), (4, 9));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct SequenceSet {
    /// First and last number of each range, ascending, with gaps between them.
    ranges: Vec<(u64, u64)>,
}

impl SequenceSet {
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// First and last number of each range, ascending.
    pub fn ranges(&self) -> &[(u64, u64)] {
        &self.ranges
    }

    /// Number of elements.
    pub fn count(&self) -> u64 {
        self.ranges.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// The largest number, or 0 if the set is empty.
    pub fn last(&self) -> u64 {
        self.ranges.last().map_or(0, |(_, last)| *last)
    }

    pub fn contains(&self, sequence: u64) -> bool {
        let at = self.ranges.partition_point(|(_, last)| *last < sequence);
        self.ranges.get(at).is_some_and(|(first, _)| *first <= sequence)
    }

    pub fn insert(&mut self, sequence: u64) {
        match self.ranges.last_mut() {
            // Most numbers arrive in ascending order.
            Some((_, last)) if last.checked_add(1) == Some(sequence) => *last = sequence,
            Some((_, last)) if *last < sequence => self.ranges.push((sequence, sequence)),
            None => self.ranges.push((sequence, sequence)),
            Some(_) => *self = SequenceSet::from([&self.ranges[..], &[(sequence, sequence)]].concat()),
        }
    }

    /// Adds all numbers of another set.
    pub fn extend(&mut self, other: &SequenceSet) {
        *self = SequenceSet::from([&self.ranges[..], &other.ranges].concat());
    }

    /// The numbers that are not in the other set.
    #[must_use]
    pub fn without(&self, other: &SequenceSet) -> SequenceSet {
        let mut left = Vec::new();
        let mut holes = other.ranges.iter().peekable();
        for &(mut first, last) in &self.ranges {
            while holes.next_if(|(_, end)| *end < first).is_some() {}
            let mut rest = holes.clone();
            let mut is_done = false;
            while let Some(&(begin, end)) = rest.next_if(|(begin, _)| *begin <= last) {
                if begin > first {
                    left.push((first, begin - 1));
                }
                if end >= last {
                    is_done = true;
                    break;
                }
                first = end + 1;
            }
            if !is_done {
                left.push((first, last));
            }
        }
        SequenceSet { ranges: left }
    }
}

impl From<Vec<(u64, u64)>> for SequenceSet {
    fn from(mut ranges: Vec<(u64, u64)>) -> SequenceSet {
        ranges.retain(|(first, last)| first <= last);
        ranges.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => merged.push((first, last)),
            }
        }
        SequenceSet { ranges: merged }
    }
}

impl From<SequenceSet> for Vec<(u64, u64)> {
    fn from(sequences: SequenceSet) -> Vec<(u64, u64)> {
        sequences.ranges
    }
}

impl FromIterator<u64> for SequenceSet {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> SequenceSet {
        let mut sequences = SequenceSet::default();
        numbers.into_iter().for_each(|number| sequences.insert(number));
        sequences
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_are_a_set(
            one in prop::collection::vec(1_u64..60, 0..40),
            other in prop::collection::vec(1_u64..60, 0..40),
        ) {
            let set = |numbers: &[u64]| numbers.iter().copied().collect::<BTreeSet<u64>>();
            let numbers = |sequences: &SequenceSet| -> Vec<u64> {
                sequences.ranges().iter().flat_map(|(first, last)| *first..=*last).collect()
            };
            let (sequences, without): (SequenceSet, SequenceSet) = (one.iter().copied().collect(), other.iter().copied().collect());
            let (one, other) = (set(&one), set(&other));
            prop_assert_eq!(numbers(&sequences), one.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(sequences.count(), one.len() as u64);
            prop_assert_eq!(numbers(&sequences.without(&without)), one.difference(&other).copied().collect::<Vec<_>>());
            let mut both = sequences.clone();
            both.extend(&without);
            prop_assert_eq!(numbers(&both), one.union(&other).copied().collect::<Vec<_>>());
            for number in 0..62 {
                prop_assert_eq!(sequences.contains(number), one.contains(&number));
            }
        }
    }
}
